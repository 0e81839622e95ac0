"""What accepts a result refuses one that is slightly wrong: optima, cells, equal traces, condition numbers, guesses."""

import math
from fractions import Fraction
from types import SimpleNamespace

import pytest
import sympy as sp

from asymptotics.analysis import search
from asymptotics.errors import CertificateError, DerivationError, PrecisionError, SolverError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.solvers.accuracy import Digits, Doubles
from asymptotics.solvers.solve import solve
from asymptotics.symbolic import dyson, linearize
from asymptotics.transforms.limits.cells import Cell, IntegerForm
from asymptotics.transforms.limits.growth import Exponent
from asymptotics.transforms.limits.uniqueness import _Branch, _require
from tests.solvers.systems import LAM, X, Y, own
from tests.symbolic.support import X as DATA
from tests.symbolic.support import n, z


def moved(root, sign=1, radius=0):
    """Slopes ``sign (x - root)`` in numbers, and in balls that are wider than they say by a radius."""

    def number(measure, x, name, digits):
        return Multiprecision(digits).convert(sign * (x - Fraction(root)))

    def ball(measure, x, name, digits):
        arithmetic = Balls(digits)
        with arithmetic.precision():
            centre = arithmetic.convert(sign * (x - Fraction(root)))
            return arithmetic.widened(centre, arithmetic.convert(radius))

    return number, ball


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("proved", "radius", "holds"),
    [
        (1, 0, True),
        (1, Fraction(1, 10**11), True),
        (1, Fraction(1, 10**9), False),
        (2, 0, False),
        ("1/2", 0, False),
    ],
)
def test_an_optimum_is_where_slopes_in_balls_have_two_signs(monkeypatch, sign, proved, radius, holds):
    """Slopes in numbers vanish at one; those in balls there, elsewhere, or nowhere for certain."""
    monkeypatch.setattr(search, "slope_at", moved(1, sign)[0])
    monkeypatch.setattr(search, "certified_slope", moved(proved, sign, radius)[1])
    task = search.Task(None, "lam", lambda x: x, None, None)
    assert task.solve(0.5, 2.0, None, False) == 1.0
    if holds:
        found = task.solve(0.5, 2.0, 10, True)
        assert found.contains(1) and 1e-11 < float(found.rad) < 1.1e-10
    else:
        with pytest.raises(PrecisionError, match="change of sign of the slope"):
            task.solve(0.5, 2.0, 10, True)


@pytest.mark.parametrize(
    ("equal", "above", "unique"),
    [
        ((-2, 1), None, True),
        (None, (-2, 1), False),
        (None, (2, -1), False),
        ((-3, 1), None, False),
        (None, None, False),
    ],
)
def test_a_balance_is_unique_if_its_exponent_can_be_neither_larger_nor_smaller(equal, above, unique):
    """One exponent that has to be two: what a possible choice of leading terms leaves of it."""
    name = sp.Symbol("exponent")
    forms = [
        frozenset({IntegerForm(given[0], ((name, given[1]),))} if given else ()) for given in (equal, above)
    ]
    leaf = _Branch(tuple(forms[0]), forms[1], frozenset())
    found = SimpleNamespace(exponents=[Exponent.of(2)])
    if unique:
        _require(leaf, [name], found, Cell((), ()))
    else:
        with pytest.raises(CertificateError, match="is not 2"):
            _require(leaf, [name], found, Cell((), ()))


@pytest.mark.parametrize("together", [False, True])
def test_traces_that_a_search_takes_for_equal_are_compared(monkeypatch, together):
    pencil = linearize(DATA @ (DATA.T @ DATA / n + z).inv()).pencil
    assert len(dyson.dyson_equation(pencil).unknowns) == 2
    if together:
        monkeypatch.setattr(dyson, "equal_classes", lambda pencil, terms, scales: [list(scales)])
        with pytest.raises(DerivationError, match="are not equal"):
            dyson.dyson_equation(pencil)
    else:
        assert dyson.dyson_equation(pencil).unknowns


def triangle(k):
    """``x y = lam`` and ``x^k y^(k+1) = lam^k``, solved by ``x = lam`` and ``y = 1``."""
    start = {"x": (LAM**0, Fraction(1)), "y": (LAM**0, Fraction(0))}
    return own([X * Y - LAM, X**k * Y ** (k + 1) - LAM**k], ["x", "y"], start)


@pytest.mark.parametrize("k", [1, 10, 1000])
def test_the_condition_number_is_the_norm_of_the_inverse_of_the_slopes(k):
    """In the logarithms ``[[1, 1], [k, k + 1]]``, with the inverse ``[[k + 1, -1], [-k, 1]]``: k + 2."""
    found = solve(triangle(k), {"lam": "1/2"}, Digits(20), guess=[0.5, 1.0])
    assert found.value == [0.5, 1.0] and found.condition == pytest.approx(k + 2, rel=1e-12)
    assert f"{math.log10(k + 2):.1f} digits lost" in str(found.evidence)
    if k < 1000:
        in_doubles = solve(triangle(k), {"lam": 0.5}, Doubles())
        assert in_doubles.condition[0] == pytest.approx(k + 2, rel=1e-12)


@pytest.mark.parametrize(("guess", "near"), [([0.5, 1.4], True), ([0.5, 3.0], False), ([0.1, 1.0], False)])
def test_the_solution_is_the_one_near_the_guess(guess, near):
    """A first step that is longer than one in a logarithm leads somewhere else."""
    if near:
        assert solve(triangle(1), {"lam": "1/2"}, Digits(20), guess=guess).value == [0.5, 1.0]
    else:
        with pytest.raises(SolverError, match="leaves the guess"):
            solve(triangle(1), {"lam": "1/2"}, Digits(20), guess=guess)
