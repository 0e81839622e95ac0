"""Proofs through blocks of features: balls contain fifty digits of equations written down and solved here."""

import math
import warnings

import mpmath
import pytest

import asymptotics as asy
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.expansions.tangent import expand_tangent
from asymptotics.lowering.balls import Ball, Balls
from asymptotics.models.gaussian_squares import gaussian_squares
from asymptotics.models.layer_constants import enclosed_layers

TARGET, NOISE = {1: 1, 2: "0.3"}, "0.2"
D, N, P = 100, 150, 120
DEGREES = 120
FIFTY = asy.FiniteSize(n=N, p=P, d=D)


def gain(x, gaussian):
    """Mean of ``w/(1 + x w)``: weights one, or squares of normal variables by the error function."""
    if not gaussian:
        return 1 / (1 + x)
    inverse = 1 / (2 * x)
    return (
        1 - mpmath.sqrt(mpmath.pi * inverse) * mpmath.exp(inverse) * mpmath.erfc(mpmath.sqrt(inverse))
    ) / x


def by_hand(activation, ridge, both, gaussian, d=D, degrees=DEGREES):
    """Test and training error of blocks: gains at a given effective ridge, the outer equation, slopes by differences.

    Degrees above the last have eigenvalues below 1e-60 of the effective ridge: their sum is all there is of them.
    """
    with mpmath.workdps(110):
        ridge, noise = mpmath.mpf(ridge), mpmath.mpf(NOISE)
        counts = [mpmath.mpf(multiplicity(d, k)) for k in range(degrees + 1)]
        tangent = expand_tangent(activation, d, degrees, 100)
        blocks = [(tangent, mpmath.mpf(P * d), gaussian)]
        if both:
            blocks.append((expand(activation, d, degrees, 100), mpmath.mpf(P), False))
        levels = [[mpmath.mpf(v) / c for v, c in zip(e.powers, counts)] for e, _, _ in blocks]
        rests = [mpmath.mpf(e.tail) for e, _, _ in blocks]

        def gains(nu):
            found = [mpmath.mpf(1)] * len(blocks)
            for _ in range(4000):
                whole = [sum(g * s[k] for g, s in zip(found, levels)) for k in range(degrees + 1)]
                loads = [
                    sum(c * s[k] / (whole[k] + nu) for k, c in enumerate(counts)) + rest / nu
                    for s, rest in zip(levels, rests)
                ]
                new = [gain(a / size, law) for a, (_, size, law) in zip(loads, blocks)]
                if max(abs(x - y) for x, y in zip(found, new)) < mpmath.mpf(10) ** -100:
                    break
                found = new
            return whole, sum(g * a for g, a in zip(found, loads))

        def outer(log):
            nu = mpmath.exp(log)
            return ridge / nu + gains(nu)[1] - N

        log = mpmath.findroot(
            outer, (mpmath.mpf(-6), mpmath.mpf(-5)), solver="anderson", tol=1e-180, maxsteps=200
        )
        nu, h = mpmath.exp(log), mpmath.mpf(10) ** -25
        near = {s: gains(nu * (1 + s * h)) for s in (-2, -1, 0, 1, 2)}

        def slope(of):
            """Five points: off by the fourth power of the step."""
            return (8 * (of(near[1]) - of(near[-1])) - (of(near[2]) - of(near[-2]))) / (12 * h * nu)

        df = near[0][1]
        df2 = df + nu * slope(lambda found: found[1])
        power = {k: mpmath.mpf(value) for k, value in TARGET.items()}
        error = sum(
            b * (1 + slope(lambda found, k=k: found[0][k])) / (near[0][0][k] + nu) ** 2
            for k, b in power.items()
        )
        test = (noise + nu**2 * error) / (1 - df2 / N) - noise
        return test, (ridge / (N * nu)) ** 2 * (test + noise)


CASES = [
    ("relu", "0.05", True, False),
    ("relu", "1e-7", True, False),
    ("relu", "0.05", False, True),
    ("x**3/3 + x**2", "1e-4", True, True),
]


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "ridge", "both", "gaussian"), CASES)
def test_balls_contain_the_answer_to_fifty_digits(activation, ridge, both, gaussian):
    """Both layers and a Gaussian second layer, down to a small ridge; nothing of the package solves the equations."""
    exact = by_hand(activation, ridge, both, gaussian)
    options = {"layers": "both" if both else "first", "second_layer": "gaussian" if gaussian else "signs"}
    model = asy.NeuralTangentRidge(activation, TARGET, NOISE, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        balls = asy.predict(model, FIFTY, ridge, digits=24, certified=True)
    for name, value in zip(("test", "train"), exact):
        assert balls[name].contains(mpmath.nstr(value, 50)), name
        assert not balls[name].contains(mpmath.nstr(value * (1 + mpmath.mpf(10) ** -22), 50))


@pytest.mark.slow
@pytest.mark.parametrize("d", [20, 8])
def test_where_many_degrees_are_not_resolved_balls_hold_for_all_of_them(d):
    """Digits are those of balls there, and doubles agree."""
    model = asy.NeuralTangentRidge("relu", TARGET, NOISE, layers="both", second_layer="gaussian")
    size = asy.FiniteSize(n=60, p=40, d=d)
    balls = asy.predict(model, size, "0.05", digits=8, certified=True)
    values, doubles = asy.predict(model, size, "0.05", digits=8), asy.predict(model, size, "0.05")
    for name in ("test", "bias", "variance", "train", "norm"):
        assert (
            balls[name].contains(mpmath.nstr(values[name], 20)) or abs(balls[name].mid - values[name]) < 1e-8
        )
        assert float(balls[name]) == pytest.approx(float(doubles[name]), rel=2e-8)


@pytest.mark.slow
def test_groups_of_features():
    """Tails of several letters: at small ridge and without one, in a dimension of few digits."""
    groups = [asy.Group("relu", share="1/2"), asy.Group("tanh", share="1/2", ridge=2)]
    model = asy.RandomFeaturesRidge(groups=groups, target=TARGET, noise=NOISE)
    for ridge, d in (("1e-7", 10), (0, 20)):
        balls = asy.predict(model, asy.FiniteSize(n=80, p=100, d=d), ridge, digits=12, certified=True)
        doubles = asy.predict(model, asy.FiniteSize(n=80, p=100, d=d), ridge)
        assert balls.test.rad < 1e-12 * balls.test.mid
        assert float(balls.test) == pytest.approx(doubles.test, rel=1e-11)


@pytest.mark.slow
def test_several_layers():
    """Radii of layers are balls: more digits lie inside, at a small ridge too."""
    layers = [asy.Layer("erf", width=2), asy.Layer("relu", width=3)]
    model = asy.DeepRandomFeaturesRidge(layers, target=TARGET, noise=NOISE)
    for ridge in ("0.05", "1e-9"):
        balls = asy.predict(model, asy.Proportional(psi2=3), ridge, certified=True)
        values = asy.predict(model, asy.Proportional(psi2=3), ridge, digits=30)
        assert all(
            balls[name].contains(values[name]) for name in ("test", "bias", "variance", "train", "norm")
        )


def test_a_layer_with_a_mean_below_another_is_refused():
    """Its random biases are averaged over in doubles."""
    model = asy.DeepRandomFeaturesRidge([asy.Layer("relu", width=2)] * 2, target=TARGET, noise=NOISE)
    with pytest.raises(asy.PrecisionError, match="random biases that the mean of a layer gives"):
        asy.predict(model, asy.Proportional(psi2=3), "0.05", certified=True)


def test_constants_at_a_radius_that_is_a_ball():
    """A layer at the root of a ball: constants at radii inside of it lie in the balls, and these are narrow."""
    arithmetic = Balls(20)
    with arithmetic.precision():
        first, second = enclosed_layers(tuple(map(asy.Activation.named, ("erf", "tanh"))), arithmetic)
    with mpmath.workdps(40):
        third = mpmath.asin(mpmath.mpf(2) / 3) * 2 / mpmath.pi  # E erf(z)^2
        mean_square = mpmath.quad(
            lambda z: mpmath.tanh(mpmath.sqrt(third) * z) ** 2 * mpmath.npdf(z), mpmath.linspace(-14, 14, 29)
        )
    assert Ball(first.total, 18).contains(mpmath.nstr(third, 30))
    found = Ball(second.total, 17)
    assert found.contains(mpmath.nstr(mean_square, 30)) and found.rad < 1e-16


def test_both_layers_at_small_ridge():
    """Degrees that are not resolved in dimension 30: digits, which are those of balls there, and doubles agree."""
    model, size = (
        asy.NeuralTangentRidge("relu", TARGET, NOISE, layers="both"),
        asy.FiniteSize(n=60, p=40, d=30),
    )
    balls = asy.predict(model, size, "1e-8", certified=True)
    values, doubles = asy.predict(model, size, "1e-8", digits=20), asy.predict(model, size, "1e-8")
    assert all(balls[name].contains(values[name]) for name in ("test", "bias", "variance", "train", "norm"))
    assert doubles.test == pytest.approx(float(balls.test), rel=1e-12)


@pytest.mark.parametrize("x", ["1e-3", "1", "1e4"])
def test_balls_of_the_law_of_squares(x):
    """Averages by the error function lie inside, of functions of every power that the equations average."""
    arithmetic = Balls(25)
    with arithmetic.precision():
        w, weight = gaussian_squares(arithmetic)
        at = arithmetic.convert(x)
        one = arithmetic.convert(1)
        found = [
            sum((p * v / (one + at * v) for v, p in zip(w, weight)), one * 0),
            sum((p * v / (one + at * v) ** 2 for v, p in zip(w, weight)), one * 0),
            sum((p * at * v**2 / (one + at * v) ** 2 for v, p in zip(w, weight)), one * 0),
        ]
    with mpmath.workdps(60):
        at = mpmath.mpf(x)
        first = gain(at, True)
        second = first + at * mpmath.diff(lambda y: gain(y, True), at)
        exact = [first, second, first - second]
    for ball, value in zip(found, exact):
        assert Ball(ball, 30).contains(mpmath.nstr(value, 35)) and Ball(ball, 30).rad < 1e-18 * max(
            value, 1e-6
        )


def test_digits_are_refused_beyond_those_of_the_formula_that_answers():
    """Fourteen digits of the law of degree two; beside it blocks of the same network, of any number of digits."""
    model = asy.NeuralTangentRidge("relu", TARGET, NOISE)
    with pytest.raises(asy.InputError, match="at most 14"):
        asy.predict(model, asy.FiniteSize(n=400, p=20, d=20), "0.05", digits=30)
    assert math.isfinite(asy.predict(model, FIFTY, "0.05", digits=30).test)
    with pytest.raises(asy.PrecisionError, match="leave out certified=True"):
        asy.predict(model, asy.FiniteSize(n=400, p=20, d=20), "0.05", certified=True)
