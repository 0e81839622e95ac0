r"""Gradient flow of the population in a power law: features times time.

The least penalised loss per sample, :math:`V(s) = \sum_k f_k^2\nu/(\xi_k + \nu)` at ridge s, is a sum of powers of s
and of the number p of features; the test error at time t is the inverse Laplace transform of :math:`V(s)/s` at 2t. A
power :math:`s^a` becomes :math:`(2t)^{-a}/\Gamma(1-a)`, nothing for a positive integer a. Where time and features limit
alike, V is no power, and its transform is inverted by the Gaver-Stehfest rule in many digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.components import NORM_PER_FEATURE, TRAIN
from asymptotics.scaling.law import FEATURE_EXPONENT, RIDGE_EXPONENT, Question
from asymptotics.scaling.minimise import least
from asymptotics.scaling.problem import Exponents, ScaledChart, chart_for, scaled_inputs
from asymptotics.scaling.scale_series import ScaleNumber, ScaleSeries
from asymptotics.scaling.solution import ScaledSolution, solve
from asymptotics.transforms.limits.growth import Exponent

__all__ = ["best_flow"]

_NODES, _DIGITS = 28, 44
_NEAR = Fraction(1, 1009)
_WIDEST = Fraction(16)
_NOTE = (
    "where two terms meet their sum is off by up to tens of percent at finite sizes: there ask "
    "predict(model, FiniteSize(n=math.inf, p=p), time_per_sample=t)"
)


@dataclass(frozen=True)
class FlowTerm:
    """A term of the test error of the flow: ``coefficient * p**features * t**exponent`` for p a power of t.

    Attributes
    ----------
    exponent : Exponent
        Of time, a linear form in the exponent of the features.
    coefficient : number
    features : Fraction
        Power of p.
    """

    exponent: Exponent
    coefficient: Any
    features: Fraction

    def at(self, share: Fraction) -> Fraction:
        """Exponent of time where p is this power of it."""
        return sum((share * v for _, v in self.exponent.slopes), self.exponent.constant)


@dataclass(frozen=True)
class Population:
    """The population at ridge ``s = constant/t`` with ``p = theta t**share``.

    Attributes
    ----------
    question : Question
    share : Fraction
    """

    question: Question
    share: Fraction

    def solved(
        self, window: Fraction, most: int, theta: Any = 1, ridge: Any = 1, symbolic: bool = False
    ) -> tuple[ScaledSolution, ScaleNumber]:
        """The solution, and the least penalised loss per sample."""
        model = self.question.model
        arithmetic = ScaleSeries(Multiprecision(_DIGITS), window, most)
        convert = arithmetic.base.convert
        forms = [Exponent.of(self.share), Exponent.of(-1)]
        if symbolic:
            forms = [
                Exponent.of(FEATURE_EXPONENT, {FEATURE_EXPONENT: self.share}),
                Exponent.of(RIDGE_EXPONENT, {RIDGE_EXPONENT: -1}),
            ]
        theory = model.theory
        features = arithmetic.monomial(convert(theta), forms[0])
        sizes = {size.name: None if size.name == theory.samples else features for size in theory.sizes}
        shrinking = arithmetic.monomial(convert(ridge), forms[1])
        chart = chart_for(theory.at_finite_size(), sizes, arithmetic)
        inputs = scaled_inputs(chart, sizes, shrinking, arithmetic, per_sample=True)
        inputs["noise"] = ScaleNumber(arithmetic, ())
        solution = solve(ScaledChart(chart, Exponents(*model.measured(None).decays()), inputs, arithmetic))
        parts = solution.observables(TRAIN.name, NORM_PER_FEATURE.name)
        loss = parts[TRAIN.name] + shrinking * features * parts[NORM_PER_FEATURE.name]
        return solution, loss

    def pole(self) -> Exponent:
        """Exponent of the effective ridge, as a form in those of features and ridge."""
        solution, _ = self.solved(Fraction(1), 1, symbolic=True)
        return solution.unknowns[solution.scaled.pole.name].lead

    def terms(self) -> list[FlowTerm]:
        """Terms of the test error of the flow, largest first; at least one.

        Raises
        ------
        DerivationError
            If none is found.
        """
        context = Multiprecision(_DIGITS).context
        window, most = Fraction(1, 16), 4
        while window <= _WIDEST:
            _, loss = self.solved(window, most, symbolic=True)
            found = []
            for exponent, value in loss.terms:
                slopes = dict(exponent.slopes)
                a, b = (slopes.get(name, Fraction(0)) for name in (RIDGE_EXPONENT, FEATURE_EXPONENT))
                if a.denominator == 1 and a > 0:
                    continue
                order = context.mpf(a.numerator) / a.denominator
                coefficient = value * context.power(2, -order) * context.rgamma(1 - order)
                form = Exponent.of(
                    -_rational(a) + _rational(b) * FEATURE_EXPONENT, {FEATURE_EXPONENT: self.share}
                )
                found.append(FlowTerm(form, coefficient, b))
            if found:
                return found
            window, most = 2 * window, most + 2
        raise DerivationError("no term of the flow was found")

    def crossing(self, theta: Any) -> Any:
        """Leading constant of the test error where time and features limit alike, by the Gaver-Stehfest rule."""
        context = Multiprecision(_DIGITS).context
        total = context.mpf(0)
        for k, weight in enumerate(_stehfest(), 1):
            _, loss = self.solved(Fraction(1), 1, theta, context.ln2 * k / 2)
            total += context.mpf(weight.numerator) / weight.denominator * loss.coefficient / k
        return total


def _rational(value: Fraction) -> Any:
    return sp.Rational(value.numerator, value.denominator)


@cache
def _stehfest() -> tuple[Fraction, ...]:
    """Weights of the rule with twenty-eight nodes [Stehfest 1970]."""
    half = _NODES // 2
    weights = []
    for k in range(1, _NODES + 1):
        total = sum(
            Fraction(
                j**half * math.factorial(2 * j),
                math.factorial(half - j) * math.factorial(j) * math.factorial(j - 1)
                * math.factorial(k - j) * math.factorial(2 * j - k),
            )
            for j in range((k + 1) // 2, min(k, half) + 1)
        )  # fmt: skip
        weights.append((-1) ** (k + half) * total)
    return tuple(weights)


def _breaks(asked: Question, low: Fraction, high: Fraction) -> list[Fraction]:
    """Exponents of the features at which the leading term of the flow changes, between two."""
    first, last = (Population(asked, q).terms()[0] for q in (low, high))
    if first.exponent.key() == last.exponent.key():
        return []
    rises = [dict(t.exponent.slopes).get(FEATURE_EXPONENT, Fraction(0)) for t in (first, last)]
    if rises[0] != rises[1]:
        meet = (last.exponent.constant - first.exponent.constant) / (rises[0] - rises[1])
        if low < meet < high and meet - low > 2 * _NEAR and high - meet > 2 * _NEAR:
            sides = [Population(asked, meet + d).terms()[0].exponent.key() for d in (-_NEAR, _NEAR)]
            if sides == [first.exponent.key(), last.exponent.key()]:
                return [meet]
    if high - low < 4 * _NEAR:
        raise DerivationError("the exponents at which the flow changes were not told apart")
    middle = (low + high) / 2 + _NEAR / 7
    return [*_breaks(asked, low, middle), *_breaks(asked, middle, high)]


def best_flow(asked: Question) -> tuple[Fraction, Fraction, list[Any], Any, str]:
    """The best power of time for the features, where features times time is what is spent.

    Returns
    -------
    rate : Fraction
        Power of the budget in the test error.
    share : Fraction
        Power of time in the features.
    constants : list
        The one of the features.
    value : number
        Constant of the test error in the budget.
    note : str

    Raises
    ------
    DerivationError
        If the constant has no inner minimum, or a power has a logarithm.
    """
    alpha, _ = asked.model.measured(None).decays()
    low, high = _NEAR / 3, alpha + 2 + _NEAR / 5
    context = Multiprecision(_DIGITS).context

    def rate_at(share: Fraction) -> Fraction:
        near = Population(asked, share + _NEAR).terms()
        return max(term.at(share) for term in near) / (1 + share)

    share = min(_breaks(asked, low, high), key=rate_at, default=None)
    if share is None:
        raise DerivationError("the best number of features is no power of the time")
    rate = rate_at(share)
    power = -context.mpf(rate.numerator) / rate.denominator
    here, beyond = Population(asked, share), Population(asked, share + _NEAR)
    structural = beyond.pole().key() != Population(asked, share - _NEAR).pole().key()
    leading = [t for t in beyond.terms() if t.at(share) == rate * (1 + share)]

    def constant(values: Sequence[Any]) -> Any:
        theta = values[0]
        if structural:
            return here.crossing(theta) * theta**power
        powers = [context.mpf(t.features.numerator) / t.features.denominator for t in leading]
        return sum(t.coefficient * theta**b for t, b in zip(leading, powers, strict=True)) * theta**power

    inner = least(constant, 1, context)
    if inner is None:
        raise DerivationError("the constant of the features has no inner minimum")
    return rate, share, inner[0], inner[1], _NOTE
