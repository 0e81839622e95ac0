"""Trained risk to any number of digits: the same sums over pairs of ridges, on mpmath numbers.

The contour has more nodes the more digits are asked for. Nothing is taken on trust: every answer is computed on two
contours, and is given where they agree.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial, reduce
from typing import Any

import numpy as np

from asymptotics.dynamics.contours import PER_DIGIT, Contour
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
from asymptotics.dynamics.levels import LevelChart, Levels
from asymptotics.dynamics.path import Problem, solve_nodes
from asymptotics.dynamics.spectral import problem_of
from asymptotics.dynamics.training import Training
from asymptotics.errors import PrecisionError, SolverError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.components import RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.models.measures import SpectralMeasure
from asymptotics.solvers.solution import Status

_FURTHER, _ATTEMPTS, _STEPS = 12, 4, 60

SCALE = "scale"
"""Mean square of the labels, beside the values."""

Values = dict[str, Any]


@dataclass(frozen=True)
class SpectrumPoint:
    """One point: sizes and parameters of the training, exact.

    Attributes
    ----------
    measure : SpectralMeasure
    level : LevelChart
    degrees : int
        Degrees of the measure to resolve.
    samples, features : Fraction or float
        Infinite ones are floats.
    training : Training
    values : dict
        Parameters of the training, exact.
    """

    measure: SpectralMeasure
    level: LevelChart
    degrees: int
    samples: Fraction | float
    features: Fraction | float
    training: Training
    values: dict[str, Fraction]

    def levels(self, arithmetic: Multiprecision) -> Levels:
        """The spectrum in the numbers of an arithmetic."""
        return self.level.levels(self.measure.numbers(self.degrees, arithmetic), arithmetic)

    def solved(self, ridges: list[Any], arithmetic: Multiprecision) -> list[tuple[Any, Any, Any]]:
        """Effective ridges and both slacks at ridges per sample, neighbours of which are close to each other.

        Parameters
        ----------
        ridges : list[Any]
            Complex, neighbours close.
        arithmetic : Multiprecision
            Of the precision.
        """
        levels = self.levels(arithmetic)
        sizes = [_inverse(size, arithmetic) for size in (self.samples, self.features)]
        start = _start(levels, self.samples, self.features, ridges)
        return [_refined(levels, sizes, *node, arithmetic) for node in zip(ridges, start, strict=True)]

    def sums(self, count: int, digits: int) -> Values:
        """Components of the risk on a contour with that many nodes, at a working precision.

        Parameters
        ----------
        count : int
            Nodes of the contour.
        digits : int
            Working precision.
        """
        arithmetic = Multiprecision(digits)
        levels = self.levels(arithmetic)
        given = {name: arithmetic.convert(value) for name, value in self.values.items()}
        nodes = self.training.contour(given, count, arithmetic.context)
        sizes = [_inverse(size, arithmetic) for size in (self.samples, self.features)]
        scale = arithmetic.convert(1) if self.training.per_sample else sizes[0]
        per_sample = Contour([ridge * scale for ridge in nodes.ridges], nodes.weights)
        solutions = self.solved(per_sample.ridges, arithmetic)
        scale = arithmetic.context.fsum([*levels.powers, levels.power, levels.noise])
        return _summed(levels, sizes, per_sample, solutions, arithmetic) | {SCALE: scale}


def to_digits(sums: Callable[[int, int], Values], digits: int) -> Values:
    """Values that two contours agree on to that many digits.

    Parameters
    ----------
    sums : callable
        Number of nodes and working digits to values.
    digits : int
        What is smaller than the labels by more than twice as many digits is given as zero.

    Raises
    ------
    PrecisionError
        If they do not agree.
    """
    wanted = digits + 3
    for _ in range(_ATTEMPTS):
        count = 2 * math.ceil(PER_DIGIT * wanted / 2)
        working = math.ceil(2.2 * wanted) + 12
        first, second = sums(count, working), sums(count + _FURTHER, working + 16)
        context, floor = Multiprecision(digits).context, second.pop(SCALE) / 10 ** (2 * digits)
        first.pop(SCALE)
        lost = max(
            _lost(second[name] - value, abs(second[name]), digits, floor) for name, value in first.items()
        )
        if lost <= 0:
            return {
                name: context.mpf(value) if not abs(value) < floor else context.mpf(0)
                for name, value in second.items()
            }
        wanted += math.ceil(lost) + 2
    raise PrecisionError(
        f"{digits} digits of the trained risk could not be confirmed", "ask for fewer digits"
    )


def _lost(difference: Any, value: Any, digits: int, floor: Any) -> float:
    """Digits that are missing."""
    if difference == 0 or value < floor or difference != difference:
        return 0.0
    return float(math.log10(abs(difference / value))) + digits + 1


def _inverse(size: Fraction | float, arithmetic: Multiprecision) -> Any:
    return arithmetic.convert(0 if size == math.inf else 1 / Fraction(size))


def _start(levels: Levels, samples: Any, features: Any, ridges: list[Any]) -> np.ndarray:
    """Effective ridges in double precision."""
    columns = [
        np.array([float(x) for x in part])
        for part in (levels.eigenvalues, levels.multiplicities, levels.powers)
    ]
    plain = Levels(columns[0], columns[1], columns[2], levels.trace, levels.power, levels.noise)
    problem: Problem = problem_of(plain, np.array([float(samples)]), np.array([float(features)]))
    found = solve_nodes(problem, np.array([[complex(ridge) for ridge in ridges]]))
    if found.status[0] != Status.SOLVED:
        raise SolverError("no solution was found at a complex ridge", Status.NOT_CONVERGED.advice)
    small = np.where(samples <= features, found.gamma, found.eta)
    return np.stack([found.nu[0], small[0]], axis=1)


def _refined(
    levels: Levels, sizes: list[Any], ridge: Any, start: Any, arithmetic: Multiprecision
) -> tuple[Any, Any, Any]:
    """Effective ridge and both slacks, by Newton's method in their logarithms."""
    context = arithmetic.context
    large, small = sorted(sizes)
    ratio = large / small if small else context.mpf(0)
    gap = 1 - ratio
    nu, u = context.mpc(complex(start[0])), context.mpc(complex(start[1]))
    for step in range(_STEPS):
        freedom, slope = _freedom(levels, nu)
        w = u * ratio + gap
        first = ridge / (nu * u * w) - 1
        second = freedom * small + u - 1
        b, c = 1 + u * ratio / w, slope * small
        dy = (c * first - second) / (u + b * c)
        dx = first - b * dy
        nu, u = nu * (1 + dx), u * (1 + dy)
        size = max(abs(dx), abs(dy))
        if step > 2 and size < context.eps * 1e6:
            break
        if size**2 < context.eps / 1e6:
            break
    else:
        raise PrecisionError("a solution at a complex ridge could not be refined", "ask for fewer digits")
    slacks = (u, u * ratio + gap) if sizes[0] >= sizes[1] else (u * ratio + gap, u)
    return nu, *slacks


def _freedom(levels: Levels, nu: Any) -> tuple[Any, Any]:
    freedom = slope = levels.trace / nu
    for s, m in zip(levels.eigenvalues, levels.multiplicities, strict=True):
        learned = s / (s + nu)
        freedom += m * learned
        slope += m * learned * (1 - learned)
    return freedom, slope


def _summed(
    levels: Levels, sizes: list[Any], nodes: Contour, solutions: list[tuple[Any, Any, Any]], arithmetic: Multiprecision
) -> Values:  # fmt: skip
    """Sums over pairs of nodes and their conjugates; each pair once."""
    context, noise = arithmetic.context, levels.noise
    columns = [_columns(levels, nu) for nu, _, _ in solutions]
    total = []
    for i in range(len(solutions)):
        for j in range(i, len(solutions)):
            for mate in (_same, context.conj):
                forms, below = _pair(levels, sizes, solutions, columns, (i, j), mate, context)
                share = nodes.weights[i] * mate(nodes.weights[j]) / below
                share = share / 2 if i == j else share
                labels = forms.bias + noise * (forms.variance + below)
                forms = replace(forms, train=solutions[i][1] * mate(solutions[j][1]) * labels)
                total.append(forms.mapped(partial(real_share, share)))
    freedoms = (_freedom(levels, nu)[0] for nu, _, _ in solutions)
    freedom = sum(
        ((weight * freedom).real for weight, freedom in zip(nodes.weights, freedoms, strict=True)),
        context.mpf(0),
    )
    return {**risk_of(reduce(operator.add, total), noise, *sizes), "degrees_of_freedom": freedom}


def real_share(share: Any, value: Any) -> Any:
    """Real part of a product: what a pair of nodes adds.

    Parameters
    ----------
    share : complex number
        Weight of a node.
    value : complex number
        At its ridge.
    """
    return (share * value).real


def _same(value: Any) -> Any:
    return value


def _columns(levels: Levels, nu: Any) -> tuple[list[Any], list[Any]]:
    out = [nu / (s + nu) for s in levels.eigenvalues]
    return out, [s / (s + nu) for s in levels.eigenvalues]


def _pair(
    levels: Levels, sizes: list[Any], solutions: list[Any], columns: list[Any], pair: tuple[int, int], mate: Any,
    context: Any,
) -> tuple[RiskValues, Any]:  # fmt: skip
    """The forms of one pair of nodes."""
    (nu, gamma, _), (nu_b, _, eta_b) = solutions[pair[0]], (mate(x) for x in solutions[pair[1]])
    out, into = columns[pair[0]]
    out_b, into_b = ([mate(x) for x in column] for column in columns[pair[1]])

    def average(weights: Any, one: list[Any], two: list[Any]) -> Any:
        return context.fdot((w * x, y) for w, x, y in zip(weights, one, two, strict=True))

    m, b = levels.multiplicities, levels.powers
    inside = {
        BOTH: average(m, into, into_b), ONE: average(m, out, into_b) + levels.trace / nu_b,
        OTHER: average(m, into, out_b) + levels.trace / nu, LEFT: average(b, out, out_b) + levels.power,
        HALF: average(b, into, out_b), REST: context.fdot(zip(b, out_b, strict=True)) + levels.power,
        NU[0]: nu, NU[1]: nu_b, GAMMA[0]: gamma, ETA[1]: eta_b, INV_N: sizes[0], INV_P: sizes[1],
        NOISE: levels.noise,
    }  # fmt: skip
    return crossed(inside, Multiprecision(context.dps))
