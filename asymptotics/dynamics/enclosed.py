r"""Trained risk with a proof: balls around every component, from exact parameters and enclosed spectra.

Three things are proved. That every effective ridge of the sum is there and lies in its ball (Krawczyk's test at
complex ridges). That it is the physical one: with the principal root, it is the only one at which both slacks over
:math:`\sqrt\lambda` have a positive real part (Earle, Hamilton 1970). And how far the sum is from the filter: a
difference of filters :math:`\delta` moves a predictor by a vector e with

.. math:: \|e\|^2 \le \|\Sigma\|\,(F^2+\sigma^2)\,\sup_x\delta(x)^2/x,

x an eigenvalue per sample, and the root of the test error by no more than :math:`\|e\|`; the root of the training error
by :math:`\sqrt{F^2+\sigma^2}\,\sup|\delta|`. The largest eigenvalue of the features' covariance is at most
:math:`x\,(1+\frac1p\sum\frac{s}{x-s})`, whatever x above the spectrum: outside of its support the limit has no
eigenvalues (Bai, Silverstein 1998).
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import numpy as np

from asymptotics.dynamics.cross import (
    BOTH,
    ETA,
    GAMMA,
    HALF,
    INV_N,
    INV_P,
    LEFT,
    NU,
    ONE,
    OTHER,
    REST,
    crossed,
    risk_of,
)
from asymptotics.dynamics.precise import SpectrumPoint, real_share
from asymptotics.dynamics.rules import Rule, rule
from asymptotics.errors import PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball
from asymptotics.lowering.complex_balls import ComplexBalls
from asymptotics.models.components import RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.models.measures import TAIL

_ATTEMPTS, _INFLATIONS, _SPARE = 6, 12, 8

Balls = dict[str, Any]


@dataclass(frozen=True)
class LevelBalls:
    """Levels in balls; what is not resolved is the last of them, with an eigenvalue anywhere up to a bound.

    Attributes
    ----------
    eigenvalues, masses, powers : list of ball
        Masses are eigenvalues times multiplicities.
    noise : ball
    inverse : tuple of ball
        One over the samples, and over the features.
    """

    eigenvalues: list[Any]
    masses: list[Any]
    powers: list[Any]
    noise: Any
    inverse: tuple[Any, Any]

    def top(self, which: tuple[Any, ...], arithmetic: ComplexBalls) -> Any:
        """An upper bound of the largest eigenvalue: of the features' covariance, or of the kernel matrix.

        Parameters
        ----------
        which : tuple of ball
            Ratios of sizes that widen the spectrum: one over the samples, one over the features, or both.
        arithmetic : ComplexBalls
            Turns numbers into balls.
        """
        zero, one = arithmetic.convert(0), arithmetic.convert(1)
        largest = max(
            (s.upper() for s, mass in zip(self.eigenvalues, self.masses, strict=True) if not mass == 0),
            default=zero,
        )
        unit = largest if largest > 0 else sum(self.masses)

        def bound(x: Any) -> Any:
            trace = sum(
                (m / (x - s) for s, m in zip(self.eigenvalues, self.masses, strict=True) if not m == 0), zero
            )
            value = x
            for inverse in which:
                value *= one + inverse * trace
            return value.upper()

        # The bound is convex in x: any x will do, a good one is close to the edge.
        points = [largest + unit * arithmetic.convert(float(way)) for way in np.geomspace(1e-6, 1e6, 400)]
        found = [bound(x) for x in points]
        place = min(range(len(found)), key=lambda k: float(found[k]))
        low, high = points[max(place - 1, 0)], points[min(place + 1, len(points) - 1)]
        close = [bound(low + (high - low) * k / 60) for k in range(1, 60)]
        return min([found[place], *close], key=float)


@dataclass(frozen=True)
class Node:
    """A proved solution: effective ridge, both slacks, and one over every eigenvalue plus the effective ridge."""

    nu: Any
    gamma: Any
    eta: Any
    inverse: list[Any]


def enclosed(point: SpectrumPoint, digits: int) -> dict[str, Ball]:
    """Components of the trained risk, each a ball of that relative accuracy.

    Parameters
    ----------
    point : SpectrumPoint
    digits : int
        What is smaller than the labels by more than as many digits has fewer of its own.

    Raises
    ------
    InputError
        If the method has no proved bound.
    PrecisionError
        If the accuracy is not reached.
    """
    wanted = working = digits + _SPARE
    for _ in range(_ATTEMPTS):
        values, scale, lost = _attempt(point, wanted, working)
        short = max(_missing(value, scale, digits) for value in values.values())
        if short <= 0:
            return {name: Ball(value, digits) for name, value in values.items()}
        # Either the rule is too coarse, or its balls are too wide: what is lost to either is known.
        more = math.ceil(min(short, 10.0 * digits)) + 2
        wanted, working = (wanted, working + more) if lost else (wanted + more, working + more)
        point = replace(point, degrees=point.measure.more_degrees(point.degrees)) if lost else point
    raise PrecisionError(
        f"balls of {digits} digits were not reached", "ask for fewer digits, or for digits= alone"
    )


def _missing(value: Any, scale: Any, digits: int) -> float:
    """Digits that a ball lacks."""
    if not value.is_finite():
        return float(digits)
    radius, size = float(value.rad()) / scale, abs(float(value.mid())) / scale
    return 0.0 if radius == 0 else math.log10(radius / max(size, 10.0**-digits)) + digits


def _attempt(point: SpectrumPoint, wanted: int, working: int) -> tuple[Balls, float, bool]:
    """Components with a rule of some digits, their scale, and whether balls rather than the rule are too wide."""
    if not point.measure.complex_proofs:
        raise PrecisionError("nothing is proved of this spectrum in time", "leave certified= out")
    arithmetic = ComplexBalls(2 * working)
    data = point.measure.balls(point.degrees, arithmetic.digits)
    with arithmetic.precision():
        levels = point.level.levels(data, arithmetic)
        sizes = [
            arithmetic.convert(0) if s == math.inf else 1 / arithmetic.convert(s)
            for s in (point.samples, point.features)
        ]
        masses = [s * m for s, m in zip(levels.eigenvalues, levels.multiplicities, strict=True)]
        spectrum = LevelBalls(
            [*levels.eigenvalues, data.scalars.get(TAIL, arithmetic.convert(0))], [*masses, levels.trace],
            [*levels.powers, levels.power], levels.noise, (sizes[0], sizes[1]),
        )  # fmt: skip
        covariance = spectrum.top(spectrum.inverse[1:], arithmetic)
        found = rule(
            point.training, point.values, point.samples, wanted, arithmetic,
            lambda: spectrum.top(spectrum.inverse, arithmetic),
        )  # fmt: skip
        context = Multiprecision(2 * working).context
        start = point.solved(
            [arithmetic.approximate(x, context) for x in found.ridges], Multiprecision(2 * working)
        )
        nodes = [
            _node(spectrum, ridge, nu, arithmetic)
            for ridge, (nu, _, _) in zip(found.ridges, start, strict=True)
        ]
        values = _sums(spectrum, found, nodes, arithmetic)
        small = min(point.samples, point.features)
        fewest = None if small == math.inf else arithmetic.convert(small)
        widened, label = _widened(values, spectrum, found, covariance, fewest, arithmetic)
        lost = any(2 * value.rad() > widened[name].rad() for name, value in values.items())
        return widened, float(label), lost


def _around(value: Any, radius: Any, arithmetic: ComplexBalls) -> Any:
    return value + arithmetic.widened(arithmetic.convert(0), radius)


def _widened(
    values: Balls, spectrum: LevelBalls, found: Rule, covariance: Any, fewest: Any, arithmetic: ComplexBalls
) -> tuple[Balls, Any]:
    """Sums with what the rule loses, and the mean square of the labels.

    Roots of mean squares move by no more than the root of each bound; degrees of freedom by what is lost at every
    eigenvalue, of which there are as many as the fewer of samples and features, with the sum of the spectrum.
    """
    signal = sum(spectrum.powers)
    label, both = signal + spectrum.noise, found.error * found.slope
    moved = RiskValues(
        bias=covariance * signal * both, variance=covariance * spectrum.noise * both, train=label * found.error**2,
        norm=label * spectrum.inverse[0] * both, norm_per_feature=label * spectrum.inverse[1] * both,
    )  # fmt: skip
    wide = {}
    for name, square in moved.named().items():
        most = abs(values[name]).upper()
        wide[name] = _around(values[name], 2 * arithmetic.sqrt(most * square) + square, arithmetic)
    known = RiskValues.of(wide)
    wide |= RiskValues.tested(known.bias, known.variance).named()
    freedom = sum(spectrum.masses) * found.slope
    if fewest is not None and fewest * found.error < freedom:
        freedom = fewest * found.error
    wide["degrees_of_freedom"] = _around(values["degrees_of_freedom"], freedom, arithmetic)
    return wide, label


def _node(spectrum: LevelBalls, ridge: Any, start: Any, arithmetic: ComplexBalls) -> Node:
    """The effective ridge close to a guess, by Krawczyk's test, on the physical branch.

    Raises
    ------
    PrecisionError
        If it is not proved.
    """
    inv_n, inv_p = spectrum.inverse
    centre = arithmetic.number(start.real, start.imag)

    def at(nu: Any) -> tuple[Any, Any, list[Any], Any]:
        inverse = [1 / (s + nu) for s in spectrum.eigenvalues]
        learned = [m * g for m, g in zip(spectrum.masses, inverse, strict=True)]
        freedom = sum(learned)
        fall = sum(x * g for x, g in zip(learned, inverse, strict=True))
        gamma, eta = 1 - inv_n * freedom, 1 - inv_p * freedom
        return gamma, eta, inverse, gamma * eta + nu * fall * (inv_n * eta + inv_p * gamma)

    gamma, eta, _, slope = at(centre)
    steepness = 1 / slope
    middle = arithmetic.number(steepness.real.mid(), steepness.imag.mid())
    step = middle * (centre * gamma * eta - ridge)
    radius = 2 * arithmetic.modulus(step) + arithmetic.modulus(centre) * arithmetic.convert(2) ** (
        4 - arithmetic.bits
    )
    for _ in range(_INFLATIONS):
        box = arithmetic.box(centre, radius)
        inner = centre - step + (1 - middle * at(box)[3]) * (box - centre)
        if arithmetic.strictly_inside(inner, box):
            return _physical(at(inner), inner, ridge, spectrum, arithmetic)
        radius *= 4
    raise PrecisionError("a solution at a complex ridge is not proved", "ask for more digits")


def _physical(found: Any, nu: Any, ridge: Any, spectrum: LevelBalls, arithmetic: ComplexBalls) -> Node:
    """A solution with its slacks, each of them the better known of two, if their signs are right."""
    gamma, eta, inverse, _ = found
    product, root = ridge / nu, arithmetic.sqrt(ridge)
    gamma, eta = _better(gamma, product / eta), _better(eta, product / gamma)
    for slack, one_over in zip((gamma, eta), spectrum.inverse, strict=True):
        if not (one_over == 0 or (slack / root).real > 0):
            raise PrecisionError("the branch of a complex solution is not certain", "ask for more digits")
    return Node(nu, gamma, eta, inverse)


def _better(one: Any, two: Any) -> Any:
    return two if two.is_finite() and two.rel_accuracy_bits() > one.rel_accuracy_bits() else one


def _same(value: Any) -> Any:
    return value


def _sums(spectrum: LevelBalls, found: Rule, nodes: list[Node], arithmetic: ComplexBalls) -> Balls:
    """Sums over pairs of nodes and their conjugates; each pair once."""
    total = []
    mates: tuple[Any, Any] = (_same, arithmetic.conjugate)
    for mate in mates:
        averages = _averages(spectrum, nodes, mate, arithmetic)
        for i, one in enumerate(nodes):
            for j in range(i, len(nodes)):
                other = nodes[j]
                forms, below = _forms(
                    spectrum, one, other, mate, [table[i][j] for table in averages], arithmetic
                )
                share = found.weights[i] * mate(found.weights[j]) / below / (2 if i == j else 1)
                labels = forms.bias + spectrum.noise * (forms.variance + below)
                forms = replace(forms, train=one.gamma * mate(other.gamma) * labels)
                total.append(forms.mapped(partial(real_share, share)))
    freedom = arithmetic.convert(0)
    for weight, node in zip(found.weights, nodes, strict=True):
        freedom += (weight * sum(m * g for m, g in zip(spectrum.masses, node.inverse, strict=True))).real
    values = risk_of(reduce(operator.add, total), spectrum.noise, *spectrum.inverse)
    return {**values, "degrees_of_freedom": freedom}


def _averages(
    spectrum: LevelBalls, nodes: list[Node], mate: Any, arithmetic: ComplexBalls
) -> list[list[list[Any]]]:
    """Sums over levels of ``1/((s + nu_a)(s + nu_b))`` with four weights."""
    right = [[mate(g) for g in node.inverse] for node in nodes]
    weights = (spectrum.masses, spectrum.powers)
    more = [[s * w for s, w in zip(spectrum.eigenvalues, row, strict=True)] for row in weights]
    return [
        arithmetic.products(
            [[w * g for w, g in zip(row, node.inverse, strict=True)] for node in nodes], right
        )
        for row in (*weights, *more)
    ]


def _forms(
    spectrum: LevelBalls, one: Node, other: Node, mate: Any, averages: list[Any], arithmetic: ComplexBalls
) -> tuple[RiskValues, Any]:
    """The forms of one pair of nodes, and their denominator."""
    nu, nu_b = one.nu, mate(other.nu)
    mass, power, mass_more, power_more = averages
    rest = sum(b * nu_b * mate(g) for b, g in zip(spectrum.powers, other.inverse, strict=True))
    inside = {
        BOTH: mass_more, ONE: nu * mass, OTHER: nu_b * mass, LEFT: nu * nu_b * power, HALF: nu_b * power_more,
        REST: rest, NU[0]: nu, NU[1]: nu_b, GAMMA[0]: one.gamma, ETA[1]: mate(other.eta),
        INV_N: spectrum.inverse[0], INV_P: spectrum.inverse[1], NOISE: spectrum.noise,
    }  # fmt: skip
    return crossed(inside, arithmetic)
