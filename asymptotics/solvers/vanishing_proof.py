r"""Ridge zero with a proof: one box of germs covers every ridge from a tiny one down to zero.

Unknowns are ``eps**e * m exp(z)`` for every ridge eps in an interval that ends at zero; Krawczyk's test on germs proves
one solution in the box for each of them, so the limit of an observable lies in the ball of its germ.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.germs import Germ, Germs
from asymptotics.lowering.systems import SystemProblem
from asymptotics.solvers.accuracy import Proved
from asymptotics.solvers.contraction import Linear, aligned, contracted
from asymptotics.solvers.given import Given
from asymptotics.solvers.solution import Grade, Root, RootEvidence, Status
from asymptotics.solvers.vanishing import at_power_of_ten, require_one_ridge, ridge_scale

_SPARE, _ATTEMPTS = 10, 3
_MOST_DENOMINATOR = 12
_CLOSE, _STEP = 1e-6, 6


def vanishing_proof(problem: SystemProblem, given: Given, accuracy: Proved) -> Root:
    """Enclose the limits of unknowns and observables at one point; the ridge that is given is not read.

    Parameters
    ----------
    problem : SystemProblem
    given : callable
        From an arithmetic to inputs and spectrum.
    accuracy : Proved

    Raises
    ------
    PrecisionError
        If the test fails, as where the smaller size equals another or the rank; or digits are not reached.
    """
    scale, digits = ridge_scale(problem, given), accuracy.digits
    for attempt in range(_ATTEMPTS):
        power = (2 + 2 * attempt) * (digits + _SPARE)
        decade = scale - power
        values, exponents = _orders(problem, given, decade, digits + 2 * power)
        arithmetic = Balls(digits + 3 * power)
        with arithmetic.precision():
            out = _enclosed(problem, given, values, exponents, decade, arithmetic)
            limits = {name: _limit(germ, arithmetic) for name, germ in out.items()}
            named = [limits[o.name] for o in problem.system.observables]
            short = digits - min(arithmetic.digits_of(v) for v in named if v.is_finite())
        if short <= 0:
            return _root(problem, limits, exponents, decade, digits)
    raise PrecisionError(f"{digits} digits of the limit were not reached", "ask for fewer digits")


def _orders(
    problem: SystemProblem, given: Given, decade: int, digits: int
) -> tuple[list[Any], list[Fraction]]:
    """Unknowns at a tiny ridge, and their exponents there."""
    near, far = (at_power_of_ten(problem, given, decade - step, digits)[0] for step in (0, _STEP))
    exponents = []
    for first, second in zip(near.values, far.values, strict=True):
        decades = (near.arithmetic.logarithm(first) - far.arithmetic.logarithm(second)) / math.log(10)
        slope = decades / _STEP
        exponent = Fraction(slope).limit_denominator(_MOST_DENOMINATOR)
        if abs(slope - float(exponent)) > _CLOSE:
            raise PrecisionError("an unknown follows no simple power of the ridge", "give a positive ridge")
        exponents.append(exponent)
    return near.values, exponents


def _enclosed(
    problem: SystemProblem,
    given: Given,
    values: list[Any],
    exponents: list[Fraction],
    decade: int,
    arithmetic: Balls,
) -> dict[str, Germ]:
    """Every output of the observables on a box that holds the one solution, for all smaller ridges."""
    inputs, spectrum = given(arithmetic)
    bound = arithmetic.convert(Fraction(10) ** decade)
    germs = Germs(arithmetic, bound)
    levels = germs.spectrum(spectrum)
    fixed = {name: germs.of(value) for name, value in inputs.items()}
    fixed[require_one_ridge(problem)] = germs.power(Fraction(1))
    logarithm = arithmetic.log(bound)
    centre = [
        arithmetic.middle(arithmetic.convert(v) * arithmetic.exp(-logarithm * arithmetic.convert(e)))
        for v, e in zip(values, exponents, strict=True)
    ]

    def at(offsets: list[Any]) -> dict[str, Germ]:
        rows = zip(problem.unknowns, centre, offsets, exponents, strict=True)
        return fixed | {name: germs.of(m * arithmetic.exp(z), e) for name, m, z, e in rows}

    def linear(offsets: list[Any]) -> Linear:
        return aligned(problem.linearize(at(offsets), germs, levels), len(centre), germs)

    try:
        zero = [arithmetic.convert(0)] * len(centre)
        _, image = contracted(linear(zero), lambda offsets: ([], linear(offsets)[1]), arithmetic)
        for name, germ in problem.conditions(at(image), germs, levels).items():
            if not germ.ball > 0:
                raise PrecisionError(f"{name} is not certain in the limit")
        return problem.observables(at(image), germs, levels)
    except ZeroDivisionError as error:
        raise PrecisionError("leading orders cancel in the limit", "give a positive ridge") from error


def _limit(germ: Germ, arithmetic: Balls) -> Any:
    """The limit of a germ as its parameter vanishes."""
    if germ.order == 0 or germ.ball == 0:
        return germ.ball
    if germ.order > 0:
        return arithmetic.convert(0)
    if not (germ.ball > 0 or germ.ball < 0):
        raise PrecisionError("leading orders cancel in the limit", "give a positive ridge")
    return arithmetic.convert(math.inf if germ.ball > 0 else -math.inf)


def _root(
    problem: SystemProblem, limits: dict[str, Any], exponents: list[Fraction], decade: int, digits: int
) -> Root:
    balls = {name: Ball(value, digits) for name, value in limits.items()}
    unknowns = {name: balls.pop(name) for name in problem.unknowns}
    diverges = any(not limits[o.name].is_finite() for o in problem.system.observables)
    powers = ", ".join(f"{name} ~ ridge^{e}" for name, e in zip(problem.unknowns, exponents, strict=True))
    statement = (
        f"for every ridge up to 1e{decade} exactly one solution in a box with {powers}; limits as the ridge vanishes",
        "the branch was followed in floating point down to there",
    )
    return Root(
        list(unknowns.values()), Status.DIVERGES if diverges else Status.LIMIT, math.nan, 0, unknowns, balls,
        RootEvidence(Grade.PROVED, statement),
    )  # fmt: skip
