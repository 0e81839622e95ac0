"""Trained risk of any chart to any number of digits: its programs on divided differences of mpmath numbers."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from asymptotics.dynamics.contours import Contour
from asymptotics.dynamics.differences import Difference, Differences
from asymptotics.dynamics.general import BEYOND, pair_values, require_path
from asymptotics.dynamics.precise import SCALE, real_share
from asymptotics.dynamics.training import Training
from asymptotics.equations.chart import Chart
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.systems import SystemProblem
from asymptotics.models.components import RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.models.measures import SpectralMeasure
from asymptotics.prediction.general import general_problem
from asymptotics.prediction.problems import coordinates, ridge_name
from asymptotics.solvers.accuracy import Digits
from asymptotics.solvers.solve import solve

Values = dict[str, Any]


@dataclass(frozen=True)
class GeneralPoint:
    """One point of a chart of any kind, with sizes and parameters of the training exact.

    Attributes
    ----------
    measure : SpectralMeasure
    chart : Chart
    sizes : dict
        Finite sizes by name.
    samples : Fraction or float
    training : Training
    values : dict
        Parameters of the training.
    """

    measure: SpectralMeasure
    chart: Chart
    sizes: dict[str, Fraction]
    samples: Fraction | float
    training: Training
    values: dict[str, Fraction]

    def sums(self, count: int, digits: int) -> Values:
        """Components of the risk on a contour with that many nodes, at a working precision."""
        require_path(self.chart)
        self.measure.require_digits(0, digits)
        arithmetic = Multiprecision(digits)
        given = {name: arithmetic.convert(value) for name, value in self.values.items()}
        nodes = self.training.contour(given, count, arithmetic.context)
        problem = general_problem(self.chart)
        solutions = [self._solved(problem, ridge, digits, arithmetic) for ridge in nodes.ridges]
        scale = max(abs(s["untrained"]) for s in solutions)
        return self._summed(problem, nodes, solutions, arithmetic) | {SCALE: scale}

    def _inputs(self, problem: SystemProblem, ridge: Any, arithmetic: Any) -> tuple[Values, Any]:
        convert: Any = arithmetic.convert if isinstance(arithmetic, Multiprecision) else float
        if isinstance(arithmetic, Multiprecision):
            data = self.measure.numbers(0, arithmetic)
        else:
            data, ridge = self.measure.doubles(1.0), complex(ridge)
        program = coordinates(self.chart, self.training.per_sample)
        sizes = {name: convert(value) for name, value in self.sizes.items()}
        found = program({**sizes, ridge_name(self.training.per_sample): ridge}, arithmetic)
        whole = {**data.scalars, **found}
        return {name: whole[name] for name in whole if name in problem.parameters}, data.spectrum

    def _solved(self, problem: SystemProblem, ridge: Any, digits: int, arithmetic: Multiprecision) -> Values:
        """Inputs, unknowns, observables and the slack at one node."""

        def given(kind: Any) -> tuple[Values, Any]:
            return self._inputs(problem, ridge if isinstance(kind, Multiprecision) else complex(ridge), kind)

        root = solve(problem, given, Digits(digits))
        context = arithmetic.context
        inputs, spectrum = self._inputs(problem, ridge, arithmetic)
        unknowns = {name: context.mpc(value) for name, value in root.unknowns.items()}
        out = problem.observables({**inputs, **unknowns}, arithmetic, spectrum)
        known = RiskValues.of(out)
        untrained = known.test + inputs[NOISE.name]
        slack = context.sqrt(known.train / untrained)
        inside = (
            ridge
            if self.training.per_sample or self.samples == math.inf
            else ridge / arithmetic.convert(self.samples)
        )
        slack = slack if (slack / context.sqrt(inside)).real >= 0 else -slack
        scale = self.samples if self.training.per_sample and self.samples != math.inf else Fraction(1)
        return {
            "inputs": inputs,
            "unknowns": unknowns,
            "slack": slack,
            "untrained": untrained,
            "ridge": ridge * arithmetic.convert(scale),
        }

    def _summed(
        self, problem: SystemProblem, nodes: Contour, solutions: list[Values], arithmetic: Multiprecision
    ) -> Values:
        context, total = arithmetic.context, []
        _, spectrum = self._inputs(problem, nodes.ridges[0], arithmetic)
        for i in range(len(solutions)):
            for j in range(i, len(solutions)):
                for mate in (_same, context.conj):
                    share = nodes.weights[i] * mate(nodes.weights[j]) / (2 if i == j else 1)
                    found = _pair(problem, solutions[i], solutions[j], mate, arithmetic, spectrum)
                    total.append(found.mapped(partial(real_share, share)))
        whole = reduce(operator.add, total)
        risk = replace(whole, variance=whole.test - whole.bias)
        slacks = (weight * (1 - s["slack"]) for weight, s in zip(nodes.weights, solutions, strict=True))
        freedom = context.fsum(x.real for x in slacks)
        endless = self.samples == math.inf
        freedom = context.nan if endless else freedom * arithmetic.convert(self.samples)
        return {**risk.named(), "degrees_of_freedom": freedom}


def _same(value: Any) -> Any:
    return value


def _pair(
    problem: SystemProblem, one: Values, two: Values, mate: Any, arithmetic: Multiprecision, spectrum: Any
) -> RiskValues:
    """Test, bias, train and norm of one pair of nodes."""
    values = _differences(problem, one, two, mate, arithmetic, spectrum)
    own = (one["inputs"][problem.ridge[0]], mate(two["inputs"][problem.ridge[0]]))
    noise = one["inputs"][NOISE.name]

    def at_noise(label: Any) -> RiskValues:
        out = problem.observables({**values, NOISE.name: label}, Differences(arithmetic), spectrum)
        return RiskValues.of(out)

    below = one["slack"] * mate(two["slack"])
    return pair_values(at_noise, (noise, arithmetic.convert(0)), own, one["ridge"], below)


def _differences(
    problem: SystemProblem, one: Values, two: Values, mate: Any, arithmetic: Multiprecision, spectrum: Any
) -> Values:
    """Every input and unknown with its divided difference in the ridge."""
    names = (*problem.unknowns, *problem.ridge)
    first, second = {**one["inputs"], **one["unknowns"]}, {**two["inputs"], **two["unknowns"]}
    seeded = dict(first)
    if max(abs(values[problem.ridge[0]]) for values in (first, second)) > BEYOND:
        # Nothing is made of differences where one is the zero predictor.
        none = {name: Difference(first[name], mate(second[name]), (None,)) for name in names}
        return seeded | none
    for k, name in enumerate(names):
        unit = tuple(arithmetic.convert(1) if k == column else None for column in range(len(names)))
        seeded[name] = Difference(first[name], mate(second[name]), unit)
    sides = problem.evaluate(seeded, Differences(arithmetic), spectrum)
    context, size = arithmetic.context, len(problem.unknowns)
    matrix, right = context.matrix(size, size), context.matrix(size, 1)
    for row, (above, below) in enumerate(zip(sides.positive, sides.negative, strict=True)):
        slopes = [0] * len(names)
        for side, sign in ((above, 1), (below, -1)):
            if isinstance(side, Difference):
                slopes = [
                    x + (0 if s is None else sign * s) for x, s in zip(slopes, side.slopes, strict=True)
                ]
        for column in range(size):
            matrix[row, column] = slopes[column]
        right[row] = -sum(slopes[size:])
    moved = context.lu_solve(matrix, right)
    for k, name in enumerate(names):
        slope = moved[k] if k < size else arithmetic.convert(1)
        seeded[name] = Difference(first[name], mate(second[name]), (slope,))
    return seeded
