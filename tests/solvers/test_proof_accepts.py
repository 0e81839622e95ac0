"""What a proof at a point accepts: domains, digits of every unknown, and how often the precision rises."""

import math
from fractions import Fraction

import pytest

from asymptotics.equations.naming import symbol
from asymptotics.errors import PrecisionError
from asymptotics.lowering.balls import interval
from asymptotics.solvers import proof
from asymptotics.solvers.accuracy import Proved
from asymptotics.solvers.given import given_numbers
from tests.solvers.systems import LAM, X, Y, own
from tests.solvers.test_acceptance import triangle

B = symbol("b")


def proved(problem, inputs, guess, digits=10):
    return proof.solve_proved(problem, given_numbers(inputs), Proved(digits), guess)


@pytest.mark.parametrize(
    ("condition", "ridge", "holds"),
    [
        (X - 3, 1, False),
        (X - 3, 3, True),
        (LAM - 1, 1, False),
        (X - Fraction(3, 2), 1, True),
        (X - LAM - 1, 1, False),
    ],
)
def test_conditions_of_the_domain_have_to_be_certain_at_the_solution(condition, ridge, holds):
    """``x = lam + 1``; a condition that is zero, exactly or to rounding, does not hold."""
    problem = own([X - LAM - 1], ["x"], {"x": (LAM**0, Fraction(1))}, conditions=(condition,))
    if holds:
        assert proved(problem, {"lam": ridge}, [ridge + 1.0]).unknowns["x"].contains(ridge + 1)
    else:
        with pytest.raises(PrecisionError, match="not certainly positive"):
            proved(problem, {"lam": ridge}, [ridge + 1.0])


@pytest.mark.parametrize("order", [("x", "y"), ("y", "x")])
@pytest.mark.parametrize(("digits", "reached"), [(4, True), (5, False), (6, False)])
def test_every_unknown_has_the_digits(order, digits, reached):
    """``x = lam`` is known exactly, and ``y = b`` to four digits and a half."""
    start = {"x": (LAM**0, Fraction(1)), "y": (LAM**0, Fraction(0))}
    problem = own([X - LAM, Y - B], order, {name: start[name] for name in order}, parameters=("lam", "b"))
    wide = Fraction(10) ** -5 * 2
    inputs, guess = (
        {"lam": 2, "b": interval(1 - wide, 1 + wide)},
        [{"x": 2.0, "y": 1.0}[name] for name in order],
    )
    if reached:
        assert proved(problem, inputs, guess, digits).unknowns["y"].contains(1 + wide)
    else:
        with pytest.raises(PrecisionError, match=f"{digits} digits were not reached"):
            proved(problem, inputs, guess, digits)


@pytest.mark.parametrize(("k", "digits"), [(1, 1), (1, 50), (1000, 20), (10**5, 10)])
def test_one_precision_is_enough_where_the_condition_is_known(monkeypatch, k, digits):
    """Six digits more than are asked for, and those that the conditioning ``k + 2`` costs."""
    asked = []
    attempt = proof._attempt

    def counted(problem, given, accuracy, values, arithmetic, observables):
        found, short = attempt(problem, given, accuracy, values, arithmetic, observables)
        asked.append((arithmetic.digits, short))
        return found, short

    monkeypatch.setattr(proof, "_attempt", counted)
    assert proved(triangle(k), {"lam": "1/3"}, [1 / 3, 1.0], digits).unknowns["y"].contains(1)
    ((working, short),) = asked
    assert working == digits + 6 + math.ceil(math.log10(k + 2)) and short <= 0
