"""Systems as programs: sides, slopes, germs; on every arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Measure, Parameter, Unknown
from asymptotics.errors import DerivationError, InputError
from asymptotics.lowering.arithmetic import Float64, Multiprecision
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.lowering.differentiation import differentiate
from asymptotics.lowering.germs import Germs
from asymptotics.lowering.lower import lower
from asymptotics.lowering.parts import equation_parts, signed_parts
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.rounding import Rounded, Rounding
from asymptotics.lowering.systems import system_problem
from asymptotics.models.library import stored_system

A, B, S, X, LAM = (symbol(name) for name in ("a", "b", "s", "x", "lam"))
T = symbol("T")
MEASURE = Measure(T, S)
POINT = {"lam": 0.1, "n": 7.0, "p": 9.0, "noise": 0.25, "nu": 0.15, "c": 2.0, "h": 4.0}


def trace(function):
    return SpectralAverage(function, S, T)


def spectrum(arithmetic=None, shift=0):
    convert = float if arithmetic is None else arithmetic.convert
    kind = float if arithmetic is None else object
    levels, counts = np.empty(3, dtype=kind), np.empty(3, dtype=kind)
    levels[:] = [convert(Fraction(1, k)) for k in (1, 5, 50)]
    counts[:] = [convert(k) for k in (1, 4, 20)]
    tail = convert(Fraction(1, 3))
    return Spectrum(levels, {"T": counts, "B": counts}, {"T": tail, "B": tail})


EXPRESSIONS = {
    "rational": (A + 2 * B) ** 3 / (A * B + 1) - B / A,
    "root": sp.sqrt(A + B**2) / B + A ** sp.Rational(3, 2),
    "average": trace(S / (S + A)) * B - trace(S**2 / (S + A * B) ** 2),
    "inverse": 1 / (1 + trace(A * S / (A + S) ** 2)),
    "constant": sp.Integer(3) + symbol("c"),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_slopes_are_those_of_small_steps(name):
    """Against differences in 60 digits, in the direction of each logarithm and of both together."""
    program = lower({"f": EXPRESSIONS[name]}, ["a", "b", "c"], (), (MEASURE,))
    with_slopes, names = differentiate(program, [["a"], ["b"], ["a", "b"]])
    arithmetic = Multiprecision(60)
    at = {"a": arithmetic.convert("0.7"), "b": arithmetic.convert("1.3"), "c": arithmetic.convert(2)}
    out = with_slopes(at, arithmetic, spectrum(arithmetic))
    step = arithmetic.convert(Fraction(1, 10**20))
    for direction, moving in enumerate((["a"], ["b"], ["a", "b"])):
        ahead, behind = (
            {k: v * arithmetic.context.exp(sign * step) if k in moving else v for k, v in at.items()}
            for sign in (1, -1)
        )
        f = [program(x, arithmetic, spectrum(arithmetic))["f"] for x in (ahead, behind)]
        slope = names["f"][direction]
        value = 0 if slope is None else out[slope]
        assert abs(value - (f[0] - f[1]) / (2 * step)) < 1e-35 * (1 + abs(value))
    assert (names["f"] == (None, None, None)) == (name == "constant")


def test_one_program_on_every_arithmetic():
    problem = system_problem(stored_system("random-features"))
    double = problem.linearize(POINT, Float64(), spectrum())
    digits = Multiprecision(40)
    exact = {name: digits.convert(Fraction(value)) for name, value in POINT.items()}
    precise = problem.linearize(exact, digits, spectrum(digits))
    balls = Balls(30)
    with balls.precision():
        ball = problem.linearize({n: balls.convert(v) for n, v in POINT.items()}, balls, spectrum(balls))
        for first, second in zip(ball.positive, precise.positive, strict=True):
            assert Ball(first, 25).contains(second)
    arrays = {name: np.full(4, value) for name, value in POINT.items()}
    many = problem.linearize(arrays, Float64(), spectrum())
    complexes = problem.linearize(POINT | {"nu": 0.15 + 0.1j}, Float64(), spectrum())
    assert complexes.positive[1].imag != 0 and np.shape(many.positive[1]) == (4,)
    for k in range(3):
        assert double.positive[k] == pytest.approx(float(precise.positive[k]), rel=1e-14)
        for one, two in zip(double.slopes[k], precise.slopes[k], strict=True):
            for a, b in zip(one, two, strict=True):
                assert (a is None) == (b is None)
                assert a is None or a == pytest.approx(float(b), rel=1e-12)


def test_parts_are_positive():
    parts, named = equation_parts(stored_system("random-features", "general", "wide"))
    assert all(above.is_positive and below.is_positive for above, below in parts)
    assert "eta" in [d.symbol.name for d in named]


def test_a_definition_of_no_clear_sign_is_written_out():
    difference = symbol("difference")
    system = FixedPointSystem(
        "own", (Parameter(A), Parameter(B)), (Unknown(X),), (Equation(X * difference, B),), (),
        (Definition(difference, A - B),),
    )  # fmt: skip
    parts, named = equation_parts(system)
    assert parts == ((A * X, B * X + B),) and named == ()


def test_averages_of_no_clear_sign_are_split():
    above, below = signed_parts(trace((S - A) / (S + A)))
    assert (above, below) == (trace(S / (A + S)), trace(A / (A + S)))
    with pytest.raises(DerivationError, match="not seen to be positive"):
        signed_parts(trace(S / (S - A)))


def test_refusals():
    system = FixedPointSystem("own", (Parameter(LAM),), (Unknown(X),), (Equation(X + LAM),))
    with pytest.raises(DerivationError, match="one sign only"):
        system_problem(system)
    good = FixedPointSystem("own", (Parameter(LAM),), (Unknown(X),), (Equation(X, LAM),))
    assert system_problem(good).ridge == ("lam",)
    with pytest.raises(InputError, match="a parameter of own"):
        system_problem(good, "ridge")
    with pytest.raises(InputError, match="leading order for each of x"):
        system_problem(good, "lam", {"y": (LAM, Fraction(1))})
    with pytest.raises(InputError, match="as many equations"):
        system_problem(FixedPointSystem("own", (Parameter(LAM),), (Unknown(X),), ()))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_rounding_errors_are_bounded(name):
    """At points where terms nearly cancel, against 60 digits; and no bound is absurdly large where nothing cancels."""
    program = lower({"f": EXPRESSIONS[name], "g": EXPRESSIONS[name] - A}, ["a", "b", "c"], (), (MEASURE,))
    digits, r = Multiprecision(60), np.random.default_rng(0)
    points = {name: 10 ** r.uniform(-2, 2, 40) for name in "abc"}
    inputs = {name: Rounded(value, 0.0) for name, value in points.items()}
    tracked = program(inputs, Rounding(), spectrum())
    for k in range(40):
        exact = program({n: digits.convert(v[k].item()) for n, v in points.items()}, digits, spectrum(digits))
        for output, value in tracked.items():
            error = abs(digits.convert(np.ravel(value.value)[k].item()) / exact[output] - 1)
            assert error <= 2 * np.ravel(value.loss())[k] + 1e-15
    if name == "root":
        assert np.all(tracked["f"].loss() < 1e-14)


@pytest.mark.parametrize("eps", [Fraction(1, 2**k) for k in (10, 17, 133)])
def test_germs_enclose_every_smaller_parameter(eps):
    """One evaluation at orders of infinite ridge holds the values at every ridge above."""
    problem = system_problem(stored_system("random-features"))
    balls, digits = Balls(30), Multiprecision(60)
    orders = {"nu": -1, "lam": -1}
    with balls.precision():
        germs = Germs(balls, balls.convert(Fraction(1, 1000)))
        given = {n: germs.of(balls.convert(v), Fraction(orders.get(n, 0))) for n, v in POINT.items()}
        out = problem.evaluate(given, germs, spectrum(germs))
        scale = digits.convert(1) / digits.convert(eps)
        point = {n: digits.convert(v) * (scale if n in orders else 1) for n, v in POINT.items()}
        exact = problem.evaluate(point, digits, spectrum(digits))
        for germ, value in zip(
            [*out.positive, *out.negative], [*exact.positive, *exact.negative], strict=True
        ):
            assert Ball(germ.ball, 25).contains(value * digits.convert(eps) ** -int(germ.order))
