r"""Rigorous quadrature of a function against the weight of one coordinate on the sphere.

On a panel, n-point Gauss-Legendre quadrature (n >= 2) of a function that is analytic and bounded by M on the ellipse
with foci at the panel's ends and semi-axes of sum ``rho`` times the panel's half length h, errs by at most

    (64/15) h M rho^(-2n) / (1 - rho^(-2)),

because the rule is exact to degree 2n - 1, is symmetric, and the Chebyshev coefficients are at most ``2 M rho^(-k)``
(Trefethen, Approximation Theory and Approximation Practice, theorem 19.3).

M is bounded by evaluating the function on complex balls that cover the ellipse, after every kinked function has been
replaced by the branch that holds on the panel; a ball on which the function is not analytic comes out non-finite and
the panel is bisected. The polynomials are bounded by their recurrence with absolute values and, at finite d, by

    |pi_k(sqrt(d) cos z)| <= pi_k(sqrt d) e^{k |Im z|},

since ``pi_k(sqrt(d) cos z)/pi_k(sqrt d)`` is a mean of k-th powers of numbers between ``e^{iz}`` and ``e^{-iz}`` (DLMF,
18.10.1; ``cos kz`` for d = 2). All degrees share the samples of a panel. What lies beyond the last panel is bounded by
the function's growth.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity, recurrence
from asymptotics.functions.expansions.quadrature import legendre_rule
from asymptotics.functions.formulas.bounds import Growth
from asymptotics.functions.formulas.enclosures import (
    REAL,
    acb,
    arb,
    ball,
    complex_arithmetic,
    whole_power,
    working_precision,
)
from asymptotics.functions.formulas.evaluation import FormulaArithmetic

__all__ = ["Integrand", "integrate"]

_RATIO = 2  # rho
_ACROSS, _UP = 8, 3  # boxes that cover the upper half of an ellipse


class Integrand(Protocol):
    """A function of one coordinate t; ``t = sqrt(d) sin(s/sqrt(d))``, and ``t = s`` for d = inf."""

    def __call__(self, s: Any, t: Any, arithmetic: FormulaArithmetic) -> Any:
        """Value, from the coordinate or from s, whichever serves."""

    def near(self, t: arb) -> Integrand:
        """The same function as one that is analytic between the kinks around `t`, where that can be arranged."""

    def kinks(self) -> list[arb]:
        """Coordinates at which the function is known not to be analytic."""

    def growth(self) -> Growth | None:
        """A bound on the function in the coordinate, if one is known."""


def integrate(function: Integrand, d: int | float, degrees: int, bits: int) -> tuple[list[arb], arb]:
    """Enclosures of the coefficients of degrees 0 .. K and of the mean square, by rigorous quadrature.

    Parameters
    ----------
    function : Integrand
        The function f.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree K.
    bits : int
        Accuracy aimed at, relative to the root mean square.

    Returns
    -------
    coefficients : list of arb
        ``E[f p_k]``, p_k orthonormal.
    total : arb
        ``E f^2``.

    Raises
    ------
    PrecisionError
        If the function cannot be bounded or the panels do not converge.

    Examples
    --------
    >>> from asymptotics.functions.expansions.expand_certified import OfCoordinate
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> integrate(OfCoordinate(parse_formula("x").node), math.inf, 1, 80)[0][1].contains(1)
    True
    """
    guard = 60 + 2 * degrees + (0 if d == math.inf else 2 * int(d).bit_length())
    with working_precision(bits + guard):
        return _Integration(function, d, degrees, bits).run()


@dataclass(frozen=True)
class _Panel:
    left: arb
    right: arb
    blur: arb  # uncertainty of the ends, where they are images of kinks
    depth: int


class _Integration:
    """Sums over panels of the half line s > 0, in the variables of `asymptotics.functions.expansions.quadrature`."""

    def __init__(self, function: Integrand, d: int | float, degrees: int, bits: int) -> None:
        self.function, self.d, self.degrees, self.bits = function, d, degrees, bits
        self.steps = [ball(b) for b in recurrence(d, degrees)]
        self.norms = [arb(1)]
        for step in self.steps[1:]:
            self.norms.append(self.norms[-1] * step)
        self.root = arb(1) if d == math.inf else arb(int(d)).sqrt()
        self.end = None if d == math.inf else self.root * arb.pi() / 2
        self.count = bits // 2 + degrees // 2 + 24
        self.rule = legendre_rule(self.count, bits + 40 + 2 * degrees)
        self.factor = arb(64) / 15 * whole_power(arb(_RATIO), -2 * self.count) / (1 - arb(1) / _RATIO**2)
        self.tolerance = whole_power(arb(2), -bits)
        self.sums, self.total = [arb(0)] * (degrees + 1), arb(0)
        self.scale = arb(0)

    def run(self) -> tuple[list[arb], arb]:
        if self.d == math.inf:
            mass = (2 * arb.pi()).sqrt()
        else:
            size, half = arb(int(self.d)), arb(int(self.d)) / 2
            mass = (size * arb.pi()).sqrt() * ((half - arb(1) / 2).lgamma() - half.lgamma()).exp()
        last, remainders, rest = self.horizon()
        pending = self.panels(last)[::-1]
        used = 0
        while pending:
            panel = pending.pop()
            used += 1
            if used > 2000 + 20 * self.bits:
                raise PrecisionError("the rigorous quadrature does not converge", "ask for fewer digits")
            if not self.accept(panel):
                middle = ((panel.left + panel.right) / 2).mid()
                if panel.depth > 4 * self.bits:
                    raise PrecisionError("the rigorous quadrature does not converge", "ask for fewer digits")
                pending.append(_Panel(middle, panel.right, panel.blur, panel.depth + 1))
                pending.append(_Panel(panel.left, middle, panel.blur, panel.depth + 1))
        scale = 2 / mass
        total = (self.total + _symmetric(rest)) * scale
        coefficients = []
        for sum_, norm, beyond in zip(self.sums, self.norms, remainders, strict=True):
            coefficients.append((sum_ + _symmetric(beyond)) * scale / norm.sqrt())
        return coefficients, total

    def horizon(self) -> tuple[arb, list[arb], arb]:
        """Where to stop, and bounds on what every degree (in units of its monic polynomial) and the square leave out.

        With ``|sigma| <= C (1+x)^m e^(a x)``, ``|pi_k| <= k^(k/2) (1+x)^k`` and weight at most ``exp(-g x^2/2)``, where
        ``g = (d-2)/d``, the integrand's logarithm has slope at most ``-g x/2`` from s on as soon as
        ``M/(1+s) + a <= g s/2``; what is left out is then below the bound at s times ``2/(g s)``.
        """
        end = self.end
        if end is not None and int(self.d) <= 64:
            return end, [arb(0)] * (self.degrees + 1), arb(0)
        bound = self.function.growth() or self.bound_on_sphere()
        gamma = arb(1) if self.d == math.inf else arb(int(self.d) - 2) / int(self.d)
        place = arb(2)
        while True:
            if end is not None and not place < end:
                return end, [arb(0)] * (self.degrees + 1), arb(0)
            square = self.left_out(bound.times(bound), 0, place, gamma)
            beyond = [self.left_out(bound, k, place, gamma) for k in range(self.degrees + 1)]
            # The size of the function near zero sets the scale; a rough one suffices.
            reference = self.size_estimate()
            small = square is not None and square < self.tolerance * reference
            if small and all(
                b is not None and b * b < self.tolerance * self.tolerance * reference * n
                for b, n in zip(beyond, self.norms, strict=True)
            ):
                return place, [b for b in beyond if b is not None], square if square is not None else arb(0)
            place = place + 1
            if place > 100 * math.sqrt(self.bits):
                raise PrecisionError(
                    "the activation grows too fast for a proved bound", "use a smaller dimension"
                )

    @lru_cache(maxsize=1)  # noqa: B019 - one instance lives for one call
    def size_estimate(self) -> arb:
        places = [ball(0.37 * i + 0.011) for i in range(-9, 10)]
        values = [
            self.function(s, self.coordinate(s), REAL)
            for s in places
            if self.end is None or abs(s) < self.end
        ]
        largest = max((abs(v).mid() for v in values), key=float)
        return largest * largest if largest > 0 else arb(1)

    def bound_on_sphere(self) -> Growth:
        if self.end is not None:
            value = self.function(arb(0, self.end.upper()), arb(0, self.root.upper()), REAL)
            if value.is_finite():
                return Growth(abs(value).upper(), Fraction(0), arb(0))
        raise PrecisionError(
            "no bound is known on the growth of the activation", "ask for digits= without certified"
        )

    def left_out(self, bound: Growth, degree: int, place: arb, gamma: arb) -> arb | None:
        power = ball(bound.power) + degree
        if not power / (1 + place) + bound.rate <= gamma * place / 2:
            return None
        polynomial = whole_power(arb(degree).sqrt(), degree) if degree else arb(1)
        exponent = power * (1 + place).log() + bound.rate * place - gamma * place * place / 2
        return bound.constant * polynomial * exponent.exp() * 2 / (gamma * place)

    def panels(self, last: arb) -> list[_Panel]:
        """Panels between zero, the exact kinks and their mirror images, and the end."""
        places = []
        for kink in self.function.kinks():
            size = abs(kink)
            if self.d == math.inf:
                places.append(size)
            elif size < self.root:
                places.append(self.root * (size / self.root).asin())
        distinct: list[arb] = []
        for place in sorted((p for p in places if p > 0 and p < last), key=lambda p: float(p.mid())):
            if not distinct or not place.overlaps(distinct[-1]):
                distinct.append(place)
        edges = [arb(0), *distinct, last]
        result: list[_Panel] = []
        for left, right in itertools.pairwise(edges):
            pieces = max(1, math.ceil(float((right - left).mid()) / 1.5))
            start, stop = left.mid(), right.mid()
            blur = left.rad() + right.rad()
            cuts = [start, *((start + (stop - start) * j / pieces).mid() for j in range(1, pieces)), stop]
            result.extend(_Panel(a, b, blur, 0) for a, b in itertools.pairwise(cuts))
        return result

    def accept(self, panel: _Panel) -> bool:
        """Add a panel's integrals with proved errors, unless they are too large."""
        half, middle = (panel.right - panel.left) / 2, (panel.right + panel.left) / 2
        center = self.coordinate(middle)
        sides = self.function.near(center), self.function.near(-center)
        size, squared, heights = self.bounds(sides, middle.mid(), half)
        if size is None or squared is None:
            return self.accept_small(panel, half, middle)
        error = half * self.factor + 2 * panel.blur
        squared_error = error * squared
        if not self.negligible(squared_error, [error * size * h for h in heights]):
            return False
        nodes = [middle + half * x for x in self.rule.nodes]
        coordinates = [self.coordinate(s) for s in nodes]
        weights = [half * w * self.weight(s) for w, s in zip(self.rule.weights, nodes, strict=True)]
        right = [sides[0](s, t, REAL) for s, t in zip(nodes, coordinates, strict=True)]
        left = [sides[1](-s, -t, REAL) for s, t in zip(nodes, coordinates, strict=True)]
        parts = (
            [w * (a + b) / 2 for w, a, b in zip(weights, right, left, strict=True)],
            [w * (a - b) / 2 for w, a, b in zip(weights, right, left, strict=True)],
        )
        square = sum((w * (a * a + b * b) / 2 for w, a, b in zip(weights, right, left, strict=True)), arb(0))
        self.total += square + _symmetric(squared_error)
        self.scale = self.scale.max(self.total.mid())
        self.project(coordinates, parts, [error * size * h for h in heights])
        return True

    def negligible(self, squared: arb, errors: Sequence[arb]) -> bool:
        reference = self.scale.max(self.size_estimate())
        return bool(squared <= self.tolerance * reference) and all(
            e * e <= self.tolerance * self.tolerance * reference * n
            for e, n in zip(errors, self.norms, strict=True)
        )

    def accept_small(self, panel: _Panel, half: arb, middle: arb) -> bool:
        """A panel too short to matter: the plain bound over the interval, kinks and all."""
        place = arb(middle.mid(), (half + panel.blur).upper())
        t = self.coordinate(place)
        values = abs(self.function(place, t, REAL)), abs(self.function(-place, -t, REAL))
        if not all(v.is_finite() for v in values):
            return False
        size = values[0].upper().max(values[1].upper())
        width = (2 * half + 2 * panel.blur) * self.weight_bound(place, arb(0))
        heights = self.polynomial_bounds(abs(t).upper(), arb(0))
        if not self.negligible(width * size * size, [width * size * h for h in heights]):
            return False
        self.total += _symmetric(width * size * size)
        self.sums = [s + _symmetric(width * size * h) for s, h in zip(self.sums, heights, strict=True)]
        return True

    def coordinate(self, s: Any) -> Any:
        return s if self.d == math.inf else self.root * (s / self.root).sin()

    def weight(self, s: arb) -> arb:
        if self.d == math.inf:
            return (-(s * s) / 2).exp()
        sine = (s / self.root).sin()
        return (arb(int(self.d) - 2) / 2 * (-(sine * sine)).log1p()).exp() if self.d > 2 else arb(1)

    def bounds(
        self, sides: tuple[Integrand, Integrand], middle: arb, half: arb
    ) -> tuple[arb | None, arb | None, list[arb]]:
        """Over the ellipse: bounds on weight times function, on weight times its square, and on every polynomial."""
        long, high = half * (_RATIO + arb(1) / _RATIO) / 2, half * (_RATIO - arb(1) / _RATIO) / 2
        arithmetic = complex_arithmetic(True)
        size = squared = arb(0)
        for i in range(_ACROSS):
            x = arb((middle - long + long * (2 * i + 1) / _ACROSS).mid(), (long / _ACROSS * 1.0001).upper())
            for j in range(_UP):
                y = arb((high * (2 * j + 1) / (2 * _UP)).mid(), (high / (2 * _UP) * 1.0001).upper())
                s = acb(x, y)
                t = self.coordinate(s)
                values = sides[0](s, t, arithmetic), sides[1](-s, -t, arithmetic)
                if not all(acb(v).is_finite() for v in values):
                    return None, None, []
                largest = acb(values[0]).abs_upper().max(acb(values[1]).abs_upper())
                weight = self.weight_bound(x, y)
                size, squared = size.max(weight * largest), squared.max(weight * largest * largest)
        far, up = (abs(middle) + long).upper(), high.upper()
        if self.d == math.inf:
            reach = (far * far + up * up).sqrt()
        else:  # |sin(x + iy)|^2 = sin^2 x + sinh^2 y
            sine = (far / self.root).sin() if far / self.root < 1.5 else arb(1)
            rise = (up / self.root).sinh()
            reach = self.root * (sine * sine + rise * rise).sqrt()
        return size.upper(), squared.upper(), self.polynomial_bounds(reach.upper(), up)

    def weight_bound(self, x: arb, y: arb) -> arb:
        """Largest modulus of the weight over a box: |cos(x + iy)|^2 = cos^2 x + sinh^2 y."""
        if self.d == math.inf:
            return ((y * y - x * x) / 2).exp().upper()
        cosine, rise = (x / self.root).cos(), (y / self.root).sinh()
        modulus = (cosine * cosine + rise * rise).upper()
        return (modulus.log() * (int(self.d) - 2) / 2).exp().upper() if self.d > 2 else arb(1)

    def polynomial_bounds(self, reach: arb, up: arb) -> list[arb]:
        """Bounds on every monic polynomial for ``|t| <= reach`` and ``|Im s| <= up``."""
        previous, current, result = arb(0), arb(1), [arb(1)]
        for k in range(self.degrees):
            previous, current = current, (reach * current + self.steps[k] * previous).upper()
            result.append(current)
        if self.end is None:
            return result
        rise = (up / self.root).exp()
        at_pole = [(n * multiplicity(int(self.d), k)).sqrt() for k, n in enumerate(self.norms)]
        return [
            b.min((h * whole_power(rise, k)).upper())
            for k, (b, h) in enumerate(zip(result, at_pole, strict=True))
        ]

    def project(self, coordinates: list[arb], parts: tuple[list[arb], list[arb]], errors: list[arb]) -> None:
        previous, current = [arb(0)] * len(coordinates), [arb(1)] * len(coordinates)
        for k in range(self.degrees + 1):
            value = sum((w * p for w, p in zip(parts[k % 2], current, strict=True)), arb(0))
            self.sums[k] += value + _symmetric(errors[k])
            step = self.steps[k]
            following = [t * p - step * q for t, p, q in zip(coordinates, current, previous, strict=True)]
            previous, current = current, following


def _symmetric(bound: arb) -> arb:
    return arb(0, bound.upper())
