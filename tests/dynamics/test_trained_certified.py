import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from two_groups import equal_groups

import asymptotics as asy
from asymptotics.dynamics.digits import _point, _rows, trained_to_digits
from asymptotics.dynamics.enclosed import LevelBalls, _node
from asymptotics.dynamics.evaluate import read_trained
from asymptotics.dynamics.filters import GradientFlow, IteratedRidge, PrincipalComponents
from asymptotics.dynamics.rules import rule
from asymptotics.dynamics.steps import GradientDescent, HeavyBall
from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.complex_balls import ComplexBalls

RELU = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/2"}, noise="1/2")
SIZES = asy.Proportional(2, 3)
K = np.arange(1, 31)
POWER_LAW = asy.SpectralRidge(
    [Fraction(1, int(k) ** 2) for k in K], [Fraction(1, int(k) ** 2) for k in K], noise="1/10"
)
TAILED = asy.SpectralRidge(
    [1, "1/3"], [1, "1/2"], multiplicities=[2, 20], noise="1/5", tail="1/2", target_tail="1/10"
)


@pytest.mark.parametrize(
    ("model", "regime", "training"),
    [
        (RELU, SIZES, GradientFlow(["1/1000", 10**8])),
        (RELU, asy.Proportional(3, 3), GradientFlow(10**6)),
        (RELU, asy.Proportional(math.inf, 2), GradientFlow(3, ridge="1/10")),
        (RELU, asy.Proportional(2, math.inf), GradientFlow(time_per_sample=3)),
        pytest.param(RELU, asy.FiniteSize(20, 60, 40), GradientFlow(10), marks=pytest.mark.slow),
        (RELU, SIZES, GradientDescent([1, 12], "1/2")),
        (RELU, SIZES, IteratedRidge("3/10", [1, 5])),
        pytest.param(POWER_LAW, asy.FiniteSize(n=10, p=15), GradientFlow([1, 1000]), marks=pytest.mark.slow),
        (TAILED, asy.FiniteSize(n=20, p=15), GradientFlow(5)),
        pytest.param(
            asy.KernelRidge("exp", target={1: 1}, noise="1/10"), asy.FiniteSize(10, 30), GradientFlow(1),
            marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_balls_contain_forty_digits(model, regime, training):
    asked = read_trained(model, regime, training)
    balls, exact = trained_to_digits(asked, 16, certified=True), trained_to_digits(asked, 40)
    for name, column in exact.values.items():
        for ball, value in zip(balls.values[name], column, strict=True):
            if not mpmath.isnan(value):
                assert ball.contains(value), name
                assert ball.rad <= 1e-16 * max(abs(ball.mid), mpmath.mpf("1e-16")), name


def modulus_of_losses(found, exact, points, scale):
    """How far a rule is from a filter, and that over the eigenvalue, at their largest."""
    context = mpmath.MPContext()
    context.dps = 60
    arithmetic = ComplexBalls(80)
    nodes = [
        tuple(arithmetic.approximate(x, context) for x in pair)
        for pair in zip(found.ridges, found.weights, strict=True)
    ]
    lost = []
    for x in (context.mpf(x) for x in points):
        value = sum((w * s / (s + x)).real for s, w in nodes)
        lost.append((abs(value - exact(x * scale, context)), x))
    return max(y for y, _ in lost), max(y / x for y, x in lost)


@pytest.mark.parametrize(
    ("training", "values", "exact"),
    [
        (GradientFlow(2), {"time": 2, "ridge": 0}, lambda x, c: c.exp(-2 * x)),
        (GradientFlow(2, ridge=1), {"time": 2, "ridge": 1}, lambda x, c: (1 + x * c.exp(-2 * x - 2)) / (1 + x)),
        (GradientDescent(7, "1/4"), {"steps": 7, "step_size": Fraction(1, 4)}, lambda x, c: (1 - x / 4) ** 7),
        (IteratedRidge(2, 3), {"ridge": 2, "times": 3}, lambda x, c: (2 / (2 + x)) ** 3),
        (IteratedRidge(2, 1), {"ridge": 2, "times": 1}, lambda x, c: 2 / (2 + x)),
    ],
    ids=lambda value: "" if callable(value) else str(value),
)  # fmt: skip
@pytest.mark.parametrize("digits", [8, 20])
def test_rules_lose_no_more_than_they_say(training, values, exact, digits):
    samples, arithmetic = 3, ComplexBalls(80)
    exact_values = {name: Fraction(value) for name, value in values.items()}
    with arithmetic.precision():
        found = rule(training, exact_values, samples, digits, arithmetic, lambda: arithmetic.convert(2))
        total = sum(weight.real for weight in found.weights)
        assert total.contains(1) and float(total.rad()) < 1e-50
    error, slope = modulus_of_losses(found, exact, np.geomspace(1e-6, 2, 60), samples)
    rounding = 1e-50
    assert error <= float(found.error) + rounding and slope <= float(found.slope) + rounding
    assert float(found.error) < 10.0 ** (1 - digits)


def spectrum_and_start(ridge):
    """The spectrum of one point in balls, and the solution at a complex ridge."""
    (row,) = _rows(read_trained(TAILED, asy.FiniteSize(n=20, p=15), GradientFlow(1)))
    point, arithmetic = (
        _point(read_trained(TAILED, asy.FiniteSize(n=20, p=15), GradientFlow(1)), 16, row),
        ComplexBalls(40),
    )
    zero = arithmetic.convert(0)
    data = point.measure.balls(point.degrees, 40)
    levels = point.level.levels(data, arithmetic)
    with arithmetic.precision():
        masses = [s * m for s, m in zip(levels.eigenvalues, levels.multiplicities, strict=True)]
        spectrum = LevelBalls(
            [*levels.eigenvalues, zero], [*masses, levels.trace], [*levels.powers, levels.power], levels.noise,
            (1 / arithmetic.convert(20), 1 / arithmetic.convert(15)),
        )  # fmt: skip
    return spectrum, arithmetic


def test_only_the_physical_solution_is_accepted():
    ridge = complex(-0.02, 0.05)
    spectrum, arithmetic = spectrum_and_start(ridge)
    s, m = np.array([1, 1 / 3, 0]), np.array([2, 20 / 3, 1 / 2])
    # The equation is a polynomial: all of its solutions.
    p = np.poly1d
    poles = [p([1, x]) for x in s]
    whole = poles[0] * poles[1] * poles[2]
    parts = (poles[1] * poles[2], poles[0] * poles[2], poles[0] * poles[1])
    freedom = m[0] * parts[0] + m[1] * parts[1] + m[2] * parts[2]
    roots = (p([1, 0]) * (whole - freedom / 20) * (whole - freedom / 15) - ridge * whole * whole).roots
    context = mpmath.MPContext()
    accepted = []
    for root in roots[np.abs(roots) > 1e-9]:
        with arithmetic.precision():
            try:
                accepted.append(
                    _node(spectrum, arithmetic.number(ridge.real, ridge.imag), context.mpc(root), arithmetic)
                )
            except PrecisionError as error:
                assert "branch" in str(error)
    assert len(roots) > 5 and len(accepted) == 1


def test_bounds_of_the_largest_eigenvalue():
    spectrum, arithmetic = spectrum_and_start(1)
    with arithmetic.precision():
        wide = [
            float(spectrum.top(which, arithmetic)) for which in ((), spectrum.inverse[1:], spectrum.inverse)
        ]
    assert wide[0] == pytest.approx(1, rel=1e-4) and wide[0] < wide[1] < wide[2]
    # Random matrices of the same spectrum, twenty times as large: their largest eigenvalue is a few per cent lower.
    rng = np.random.default_rng(0)
    scale = np.sqrt(np.concatenate([np.ones(40), np.full(400, 1 / 3), np.full(2000, 10 / 2000)]))
    w = rng.standard_normal((scale.size, 300)) * scale[:, None] / np.sqrt(300)
    x = rng.standard_normal((400, scale.size)) / np.sqrt(400)
    for matrix, bound in ((w, wide[1]), (x @ w, wide[2])):
        assert 0.85 < np.linalg.norm(matrix, 2) ** 2 / bound < 1


@pytest.mark.parametrize(
    ("training", "name"),
    [(PrincipalComponents(0.1), "certified"), (HeavyBall(3, 0.1, 0.2), "certified"),
     (GradientDescent(10**5, "1/4"), "steps"), (GradientDescent(3, 0.6066), None)],
)  # fmt: skip
def test_what_has_no_proof_is_refused(training, name):
    asked = read_trained(RELU, SIZES, training)
    if name is None:
        assert trained_to_digits(asked, 10, certified=True).values["test"][0].rad < 1e-9
        return
    with pytest.raises(InputError) as error:
        trained_to_digits(asked, 16, certified=True)
    assert error.value.name == name


def test_models_of_several_unknowns_are_refused():
    model, _ = equal_groups()
    asked = read_trained(model, asy.Proportional(psi2=1.5, p1=1.2, p2=0.7), GradientFlow(1))
    with pytest.raises(InputError, match="one spectrum; digits="):
        trained_to_digits(asked, 16, certified=True)


def test_the_end_of_training_is_ridge_regression():
    asked = read_trained(RELU, SIZES, GradientFlow(math.inf, ridge="1/10"))
    found = trained_to_digits(asked, 20, certified=True).values
    exact = asy.predict(RELU, SIZES, ridge="1/10", digits=30)
    assert found["test"][0].contains(exact.test) and found["norm"][0].contains(exact.norm)
