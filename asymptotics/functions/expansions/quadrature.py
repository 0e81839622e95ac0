r"""Degree decomposition by adaptive Gauss-Legendre quadrature between kinks, at any precision.

With ``t = sqrt(d) sin(s/sqrt(d))`` the weight of one coordinate becomes ``cos^(d-2)(s/sqrt(d)) ds``, analytic for
every integer d, and ``exp(-s^2/2) ds`` for d = inf (where t = s). The half line ``s > 0`` is cut at the kinks of the
function and of its mirror image, then into panels. On each panel the even and odd parts are sampled at Gauss-Legendre
nodes, and all degrees are accumulated together through the three-term recurrence. A panel is accepted when the
Legendre coefficients of its integrands have decayed far enough, and bisected otherwise.

The arithmetic is that of balls, but the truncation error of the quadrature is estimated, not proved; the radius of a
result includes the tolerance. (For proofs see `asymptotics.functions.expansions.expand_certified`.)
"""

from __future__ import annotations

import logging
import math
import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.harmonics import recurrence
from asymptotics.functions.formulas.enclosures import arb, ball, working_precision

__all__ = ["NotSquareIntegrable", "decompose", "legendre_rule"]

_LOG = logging.getLogger("asymptotics")
_PATIENCE = 5.0
"""Seconds after which a quadrature says that it takes long."""
_SINGULAR_DEPTH = 24
_INTEGRABLE = 1.004
"""A mean square over a panel that does not grow by this factor as the panel doubles is taken to be infinite."""
_FLATTENED, _STEEP = 16, 8
"""Power of the variable in which an integrable singularity is approached: ``|s|**(-a)`` becomes smooth enough there."""


class NotSquareIntegrable(InputError):
    """The mean square of a function is not finite.

    Parameters
    ----------
    place : float or None
        Size of the coordinate near which its square is not integrable; None if it is so large far out.

    Examples
    --------
    >>> print(NotSquareIntegrable(1.0))
    function = 1.0: expected a function whose mean square is finite; it is not, near a coordinate of size 1
    """

    def __init__(self, place: float | None) -> None:
        where = "far out" if place is None else f"near a coordinate of size {place:.3g}"
        super().__init__("function", place, "a function whose mean square is finite", f"it is not, {where}")
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.place,)


@dataclass(frozen=True)
class _Rule:
    nodes: list[arb]
    weights: list[arb]
    tests: list[
        list[arb]
    ]  # rows that give the Legendre coefficients n-1, n-2, n//2, n//2+1 of a sampled function


@lru_cache(maxsize=32)
def legendre_rule(count: int, bits: int) -> Any:
    """Gauss-Legendre rule on [-1, 1] with rows that measure a sampled function's Legendre coefficients.

    Parameters
    ----------
    count : int
        Number of nodes.
    bits : int
        Working precision.

    Returns
    -------
    object
        With `nodes`, `weights` and `tests`.

    Examples
    --------
    >>> with working_precision(100):
    ...     abs(sum(legendre_rule(10, 100).weights) - 2) < 1e-25
    True
    """
    with working_precision(bits + 20):
        pairs = [arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        nodes, weights = [p[0] for p in pairs], [p[1] for p in pairs]
        # Direct evaluation: the radii of a three-term recurrence would grow by a bit per degree.
        tests = []
        for j in (count - 1, count - 2, count // 2, count // 2 + 1):
            factor = arb(2 * j + 1) / 2
            tests.append([factor * w * x.legendre_p(j) for x, w in zip(nodes, weights, strict=True)])
        return _Rule(nodes, weights, tests)


@dataclass
class _Sums:
    """Running integrals over the panels accepted so far."""

    degrees: list[arb]
    total: arb = field(default_factory=arb)
    panels: int = 0


@dataclass(frozen=True)
class _Flattened:
    """A panel in a variable v from 0 to 1, with its singular end at v = 0: ``s = start + length * v**_FLATTENED``."""

    start: arb
    length: arb

    def places(self, variables: list[arb]) -> list[arb]:
        """Places on the panel."""
        return [self.start + self.length * v**_FLATTENED for v in variables]

    def speeds(self, variables: list[arb]) -> list[arb]:
        """Derivatives of the places."""
        return [_FLATTENED * abs(self.length) * v ** (_FLATTENED - 1) for v in variables]


class _Decomposition:
    """One decomposition at one precision; `run` does the work."""

    def __init__(
        self, function: Callable[[arb], arb], d: int | float, degrees: int, bits: int, kinks: Sequence[arb]
    ) -> None:
        self.function, self.d, self.degrees, self.bits = function, d, degrees, bits
        self.steps = [ball(b) for b in recurrence(d, degrees)]
        self.norms = [arb(1)]
        for step in self.steps[1:]:
            self.norms.append(self.norms[-1] * step)
        self.rule = legendre_rule(int(0.32 * bits) + 8, bits)
        if d == math.inf:
            self.root, self.end = arb(1), None
            self.mass = (2 * arb.pi()).sqrt()
        else:
            size, half = arb(int(d)), arb(int(d)) / 2
            self.root = size.sqrt()
            self.end = self.root * arb.pi() / 2
            self.mass = (size * arb.pi()).sqrt() * ((half - arb(1) / 2).lgamma() - half.lgamma()).exp()
        self.kinks = self._cuts(kinks)
        self.tolerance = arb(2) ** (-bits)
        self.scale = arb(0)
        self.sums = _Sums([arb(0)] * (degrees + 1))
        self.start: float | None = time.monotonic()

    def _tell(self) -> None:
        """Say once that it takes long."""
        if self.start is not None and time.monotonic() - self.start > _PATIENCE:
            self.start = None
            _LOG.warning(
                "%d degrees of a function at dimension %s take more than %g s, once in this process: it oscillates or "
                "has many layers",
                self.degrees, self.d, _PATIENCE,
            )  # fmt: skip

    def _cuts(self, kinks: Sequence[arb]) -> list[arb]:
        """The kinks and their mirror images in the variable s, on the open half line, increasing."""
        places = []
        for kink in kinks:
            size = abs(kink)
            if self.end is None:
                places.append(size)
            elif size < self.root:
                places.append(self.root * (size / self.root).asin())
        distinct: list[arb] = []
        for place in sorted((p.mid() for p in places if p > 0), key=float):
            # A kink and its mirror image may differ by rounding: never leave a sliver between them.
            if not distinct or place - distinct[-1] > place * arb(2) ** (-self.bits):
                distinct.append(place)
        return distinct

    def run(self) -> tuple[list[arb], arb]:
        edge, width = arb(0), arb(2)
        cuts = list(self.kinks)
        last = float(cuts[-1].mid()) if cuts else 0.0
        bulk = max(math.sqrt(2 * self.bits * math.log(2)), math.sqrt(4 * self.degrees + 2))
        growing = 0
        limit = 20 * math.sqrt(self.bits) + bulk
        while True:
            target = edge + width
            if cuts and cuts[0] < target:
                target = cuts.pop(0)
            if self.end is not None and not target < self.end:
                self.panel(edge, self.end, 0, None)
                break
            before = self.sums.total
            small = self.panel(edge, target, 0, None)
            growing = growing + 1 if self.sums.total > 2 * before else 0
            edge = target
            position = float(edge.mid())
            if small and position > bulk and (position > last or position > limit):
                break
            if position > limit or (growing > 10 and position > last + bulk + 60):
                raise NotSquareIntegrable(None)
        return self.finish()

    def finish(self) -> tuple[list[arb], arb]:
        scale = 2 / self.mass
        total = self.sums.total * scale
        slack = abs(total.mid()) * self.tolerance * 16
        values = []
        for sum_, norm in zip(self.sums.degrees, self.norms, strict=True):
            value = sum_ * scale / norm.sqrt()
            values.append(value + arb(0, slack.sqrt() * self.tolerance.sqrt()))
        return values, total + arb(0, slack)

    def panel(
        self, left: arb, right: arb, depth: int, parent: arb | None, change: _Flattened | None = None
    ) -> bool:
        """Integrate over one panel, by bisection if need be; returns whether its contribution is negligible."""
        self.sums.panels += 1
        self._tell()
        if self.sums.panels > 600 + 8 * self.bits:
            raise PrecisionError(
                "the quadrature of the function does not converge", "smooth it, or ask for fewer digits"
            )
        half, middle = (right - left) / 2, (right + left) / 2
        places = [middle + half * x for x in self.rule.nodes]
        coordinates, weights, even, odd = self.sample(places if change is None else change.places(places))
        if change is not None:
            weights = [w * speed for w, speed in zip(weights, change.speeds(places), strict=True)]
        squares = [w * (e * e + o * o) for w, e, o in zip(weights, even, odd, strict=True)]
        energy = half * _dot(self.rule.weights, squares)
        if not energy.is_finite():
            raise NotSquareIntegrable(abs(float(coordinates[0].mid())))
        weighted = (
            [w * g * e for w, g, e in zip(self.rule.weights, weights, even, strict=True)],
            [w * g * o for w, g, o in zip(self.rule.weights, weights, odd, strict=True)],
        )
        sums, largest = self.project(coordinates, weighted)
        self.scale = scale = max(self.scale, (self.sums.total + energy).mid())
        integrands = [squares]
        for polynomial, norm, part in ((largest[0], self.norms[-1], self.degrees), *self._previous(largest)):
            source = odd if part % 2 else even
            factor = 1 / norm.sqrt()
            integrands.append(
                [w * f * p * factor for w, f, p in zip(weights, source, polynomial, strict=True)]
            )
        root = scale.sqrt()
        bounds = [scale * self.tolerance, root * self.tolerance, root * self.tolerance]
        if not all(self.resolved(g, half, b) for g, b in zip(integrands, bounds, strict=False)):
            counts = depth > _SINGULAR_DEPTH and energy > scale * self.tolerance
            if change is None and counts and parent is not None:
                if energy * _INTEGRABLE > parent:
                    raise NotSquareIntegrable(abs(float(coordinates[0].mid())))
                far, near = squares[0], squares[-1]  # nodes decrease
                if near > _STEEP * far or far > _STEEP * near:
                    start, end = (left, right) if near > far else (right, left)
                    return self.panel(arb(0), arb(1), 0, None, _Flattened(start, end - start))
            if depth > 3 * self.bits:
                raise PrecisionError(
                    "the quadrature of the function does not converge", "ask for fewer digits"
                )
            first = self.panel(left, middle, depth + 1, energy, change)
            return self.panel(middle, right, depth + 1, energy, change) and first
        self.sums.total += energy
        self.sums.degrees = [total + half * s for total, s in zip(self.sums.degrees, sums, strict=True)]
        tiny = self.tolerance / 256
        return energy <= scale * tiny and all(
            half * _largest(g) <= b / 256 for g, b in zip(integrands[1:], bounds[1:], strict=False)
        )

    def _previous(self, largest: tuple[list[arb], list[arb]]) -> list[tuple[list[arb], arb, int]]:
        return [(largest[1], self.norms[-2], self.degrees - 1)] if self.degrees else []

    def sample(self, places: list[arb]) -> tuple[list[arb], list[arb], list[arb], list[arb]]:
        """Coordinates t, weights, and the even and odd part of the function at the places s."""
        if self.d == math.inf:
            coordinates = places
            weights = [(-(s * s) / 2).exp() for s in places]
        else:
            sines = [(s / self.root).sin() for s in places]
            coordinates = [self.root * u for u in sines]
            power = arb(int(self.d) - 2) / 2
            # log1p keeps the relative accuracy of log cos^2 where the angle is small.
            weights = [(power * (-(u * u)).log1p()).exp() if self.d > 2 else arb(1) for u in sines]
        right = [self.function(t) for t in coordinates]
        left = [self.function(-t) for t in coordinates]
        even = [(a + b) / 2 for a, b in zip(right, left, strict=True)]
        odd = [(a - b) / 2 for a, b in zip(right, left, strict=True)]
        return coordinates, weights, even, odd

    def project(
        self, coordinates: list[arb], weighted: tuple[list[arb], list[arb]]
    ) -> tuple[list[arb], tuple[list[arb], list[arb]]]:
        """Sums against every monic polynomial, and the last two polynomials."""
        previous = [arb(0)] * len(coordinates)
        current = [arb(1)] * len(coordinates)
        sums = [_dot(weighted[0], current)]
        for k in range(self.degrees):
            step = self.steps[k]
            if k % 8 == 7:
                # Radii grow by about a bit per step although errors do not; the guard bits cover what is dropped.
                previous, current = [p.mid() for p in previous], [p.mid() for p in current]
            following = [t * p - step * q for t, p, q in zip(coordinates, current, previous, strict=True)]
            previous, current = current, following
            sums.append(_dot(weighted[(k + 1) % 2], current))
        return sums, (current, previous)

    def resolved(self, samples: list[arb], half: arb, bound: arb) -> bool:
        """Whether Gauss-Legendre quadrature of a sampled function is accurate to `bound`.

        The error of the n-point rule is of the order of the Legendre coefficient 2n. It is below coefficient n, or,
        if the decay from n/2 to n shows that it is geometric, extrapolated as the square of coefficient n.
        """
        found = [_dot(row, samples) for row in self.rule.tests]
        if found[0].contains(0) and found[1].contains(0):
            return True  # nothing but rounding is left, and the radii carry it into the result
        coefficients = [abs(c).upper() for c in found]
        tail, middle = max(coefficients[:2]), max(coefficients[2:])
        if half * tail <= bound:
            return True
        peak = _largest(samples)
        geometric = tail * peak <= middle * middle * 2**20
        return bool(geometric and half * tail * tail <= bound * peak / 64)


def _dot(a: Sequence[arb], b: Sequence[arb]) -> arb:
    return sum(map(operator.mul, a, b), arb(0))


def _largest(values: Sequence[arb]) -> arb:
    return max(abs(v).upper() for v in values)


def decompose(
    function: Callable[[arb], arb],
    d: int | float,
    degrees: int,
    bits: int,
    kinks: Callable[[], Sequence[arb]] = tuple,
) -> tuple[list[arb], arb]:
    """Coefficients of a function of one coordinate in the orthonormal polynomials, and its mean square.

    Parameters
    ----------
    function : callable
        From a ball t to a ball, at whatever precision is current.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree K.
    bits : int
        Accuracy: errors are about ``2**-bits`` relative to the root mean square.
    kinks : callable
        Returns the places where the function is not analytic, at the current precision.

    Returns
    -------
    coefficients : list of arb
        ``E[f p_k]`` for k = 0 .. K, p_k orthonormal.
    total : arb
        ``E f^2``.

    Raises
    ------
    NotSquareIntegrable
        If the mean square is not finite; callers say of which argument.
    PrecisionError
        If the quadrature does not converge.

    Examples
    --------
    >>> values, total = decompose(lambda t: t**3, math.inf, 3, 100)
    >>> with working_precision(100):
    ...     abs(values[3] ** 2 - 6) < 1e-25, abs(total - 15) < 1e-25
    (True, True)
    """
    guard = 30 + degrees // 4 + (0 if d == math.inf else int(d).bit_length())
    with working_precision(bits + guard):
        return _Decomposition(function, d, degrees, bits, kinks()).run()
