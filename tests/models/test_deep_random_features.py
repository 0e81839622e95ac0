"""Random features of several layers: numbers by two routes, refusals, limits, and the simulation of the definition."""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import system_problem
from asymptotics.models.deep_equations import inverse_chart
from asymptotics.solvers.solution import Status
from asymptotics.solvers.solve import solve
from tests.oracles import deep_chain

SIZES = asy.Proportional(psi2="3/2")
TANH2 = ("tanh(2*x)", lambda x: np.tanh(2 * x))
TANH = ("tanh", np.tanh)


def model_of(*layers, noise="1/5", **options):
    """Layers from (activation, width) or (activation, width, weights)."""
    read = [asy.Layer(*layer[:2], **({"weights": layer[2]} if len(layer) > 2 else {})) for layer in layers]
    return asy.DeepRandomFeaturesRidge(read, target={1: 1}, noise=noise, **options)


def gaussian_chain(*layers):
    """The layers of the oracle from (sigma, width), each at the radius below it."""
    found, radius = [], 1.0
    for sigma, width in layers:
        _, linear, rest, square = deep_chain.constants(sigma, radius)
        found.append(("gaussian", width, (linear, rest)))
        radius = math.sqrt(square)
    return found


CASES = {
    "two layers": ((TANH2, 1.2), (TANH, 2.0)),
    "a bottleneck": ((TANH, 0.5), (TANH, 2.0)),
    "three layers": ((TANH2, 1.2), (TANH, 2.0), (TANH2, 0.7)),
}
KNOWN = {
    "two layers": (0.7256103149026607, 0.20559384841957),
    "a bottleneck": (0.82676205527283, 0.45034613610017),
}


@pytest.mark.parametrize("name", CASES)
def test_walking_up_gives_the_same_numbers(name):
    layers = CASES[name]
    model = model_of(*((activation[0], str(width)) for activation, width in layers))
    found = asy.predict(model, SIZES, ridge="1/20")
    expected = deep_chain.risk(
        gaussian_chain(*((activation[1], width) for activation, width in layers)),
        1.5,
        0.05,
        0.2,
    )
    assert (found.test, found.train) == pytest.approx(tuple(map(float, expected)), rel=1e-8)
    if name in KNOWN:
        assert (found.test, found.train) == pytest.approx(KNOWN[name], rel=1e-13)


def test_digits_of_two_layers():
    model = model_of(("tanh(2*x)", "6/5"), ("tanh", 2))
    found = asy.predict(model, SIZES, ridge="1/20", digits=40)
    more = asy.predict(model, SIZES, ridge="1/20", digits=55)
    assert mp.nstr(found.test, 13) == "0.7256103149027"
    assert abs(found.test - more.test) < mp.mpf(10) ** -39 * more.test
    assert (found.bias + found.variance) == pytest.approx(found.test)


def test_every_digit_of_a_chain_with_exact_constants():
    """``x + x^3/10`` at inputs of mean square q: slope ``1 + 3q/10``, mean square ``q + 6q^2/10 + 15q^3/100``."""
    model = model_of(("x + x**3/10", "6/5"), ("x + x**3/10", 2))
    with mp.workdps(60):
        square, constants = mp.mpf(1), []
        for _ in range(2):
            slope, total = 1 + 3 * square / 10, square + 6 * square**2 / 10 + 15 * square**3 / 100
            constants.append((slope**2, total - square * slope**2))
            square = total

        def up(k):
            df, size = 1 / (1 + k), mp.mpf(1)
            for (linear, rest), width in zip(constants, (mp.mpf(6) / 5, mp.mpf(2)), strict=True):
                k, size = linear * k * (width - df) / size - rest, width
                df = (k * df + rest * width) / (k + rest)
            return k, df

        n, lam, noise = mp.mpf(3) / 2, mp.mpf(1) / 20, mp.mpf(1) / 5
        low, high = mp.mpf("1e-3"), mp.mpf(100)
        for _ in range(220):
            k0 = (low + high) / 2
            k, df = up(k0)
            low, high = (k0, high) if k <= 0 or n - 2 * lam / k < df else (low, k0)
        k, df = up(k0)
        per, moved = mp.diff(lambda x: up(x)[0], k0), mp.diff(lambda x: up(x)[1], k0)
        error = k0 / (1 + k0) - k / (1 + k0) ** 2 / per
        test = n * (error + noise) / (n - df - k * moved / per) - noise
        found = asy.predict(model, SIZES, ridge="1/20", digits=36).test
        assert abs(found - test) < mp.mpf(10) ** -35 * test


def relu_chain(nodes=48):
    """A ReLU on a ReLU: neurons of the second layer have random biases, by nodes of their law."""
    mean, linear, rest, square = deep_chain.relu_constants(1.0, 0.0)
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    radius = math.sqrt(square - mean**2)
    _, above, over, _ = deep_chain.relu_constants(radius, mean * z)
    law = (w / w.sum(), above, over)
    return [("gaussian", 1.2, (linear, rest)), ("law", 2.0, law)]


def test_a_mean_is_random_biases_above_it():
    model = model_of(("relu", "6/5"), ("relu", 2))
    found = asy.predict(model, SIZES, ridge="1/20")
    assert (found.test, found.train) == pytest.approx((0.8594387543, 0.3034673294), abs=2e-10)
    expected = deep_chain.risk(relu_chain(), 1.5, 0.05, 0.2)
    assert (found.test, found.train) == pytest.approx(tuple(map(float, expected)), rel=1e-6)
    # One constant for all neurons, at the whole mean square of the layer below, is another model: .864(8) is simulated.
    _, linear, rest, square = deep_chain.relu_constants(1.0, 0.0)
    _, above, over, _ = deep_chain.relu_constants(math.sqrt(square), 0.0)
    chain = [("gaussian", 1.2, (linear, rest)), ("gaussian", 2.0, (above, over))]
    wrong = tuple(map(float, deep_chain.risk(chain, 1.5, 0.05, 0.2)))
    assert wrong == pytest.approx((0.9257, 0.2535), abs=5e-5)
    assert wrong[0] - found.test > 0.06
    digits = asy.predict(model, SIZES, ridge="1/20", digits=10)
    assert float(digits.test) == pytest.approx(found.test, rel=1e-10)
    with pytest.raises(InputError, match="at most 12"):
        asy.predict(model, SIZES, ridge="1/20", digits=30)


ORTHOGONAL = {"4/5": (0.76863758323339, 0.30999030374775), "3/2": (0.5038, 0.1203)}


@pytest.mark.parametrize("width", ORTHOGONAL)
def test_orthogonal_weights_are_a_kernel_of_few_levels(width):
    found = asy.predict(model_of(("tanh(2*x)", width, "orthogonal"), noise=".3"), SIZES, ridge=".1")
    p = float(Fraction(width))
    linear, rest = 0.532137468943083, 0.103123765313857
    seen, share = (linear, p) if p <= 1 else (linear * p, 1.0)
    share *= seen / (seen + rest)
    spectrum = asy.SpectralRidge(
        eigenvalues=[(seen + rest) / p, rest / p],
        multiplicities=[min(p, 1.0), max(p - 1.0, 1e-12)],
        target=[share, 0],
        noise=0.3 + 1 - share,
    )
    other = asy.predict(spectrum, asy.Proportional(psi2=1.5), ridge=0.1)
    assert found.test == pytest.approx(float(other.test) + 1 - share, rel=1e-9)
    assert found.train == pytest.approx(float(other.train), rel=1e-9)
    assert (found.test, found.train) == pytest.approx(ORTHOGONAL[width], abs=1e-4 if p > 1 else 1e-13)


def test_arrays_cross_from_narrow_to_wide():
    model = model_of(("tanh(2*x)", None, "orthogonal"), ("tanh", 2))
    widths = np.array([0.5, 0.999999, 1.0, 1.000001, 2.0])
    found = asy.predict(model, asy.Proportional(psi2=1.5, p1=widths), ridge=0.1)
    single = [asy.predict(model, asy.Proportional(psi2=1.5, p1=w), ridge=0.1).test for w in widths]
    assert found.test == pytest.approx(single, rel=1e-13)
    assert np.ptp(found.test[1:4]) < 1e-5 and found.test[0] > found.test[2] > found.test[4]


def test_limits_of_ridge_and_widths():
    layers = (("tanh(2*x)", "6/5"), ("tanh", 2))
    for psi2, limited in (("3/2", True), (3, False)):
        none = asy.predict(model_of(*layers), asy.Proportional(psi2=psi2), ridge=0)
        little = asy.predict(model_of(*layers), asy.Proportional(psi2=psi2), ridge=1e-11)
        assert none.test == pytest.approx(little.test, rel=1e-8)
        assert (none.train == 0) is limited
    wide = asy.predict(model_of(layers[0], ("tanh", math.inf)), SIZES, ridge=0.05)
    nearly = asy.predict(model_of(layers[0], ("tanh", 10**8)), SIZES, ridge=0.05)
    assert wide.test == pytest.approx(nearly.test, rel=1e-7)
    one = asy.predict(model_of(("tanh(2*x)", 2)), SIZES, ridge=0.05)
    plain = asy.RandomFeaturesRidge("tanh(2*x)", target={1: 1}, noise="1/5")
    assert one.test == pytest.approx(asy.predict(plain, asy.Proportional(2, 1.5), ridge=0.05).test, rel=1e-13)


def test_one_layer_is_certified_as_random_features_are():
    ball = asy.predict(model_of(("relu", 2)), SIZES, ridge="1/20", certified=True)
    plain = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/5")
    other = asy.predict(plain, asy.Proportional(2, "3/2"), ridge="1/20", certified=True)
    assert abs(ball.test.mid - other.test.mid) <= ball.test.rad + other.test.rad


@pytest.mark.parametrize("kinds", [("gaussian",) * 2, ("narrow", "gaussian"), ("wide", "narrow")])
def test_the_ladder_and_the_path_from_infinite_ridge_arrive_at_the_same(kinds):
    chart = inverse_chart(kinds)
    given = {
        "inv_n": 1 / np.array([0.5, 1.5, 4.0]),
        "lam_n": np.array([1e-9, 1e-2, 10.0]),
        "noise": 0.2,
        "d": 1.0,
    }
    widths = {"narrow": 0.7, "wide": 1.3, "gaussian": 2.0}
    for number, kind in enumerate(kinds, 1):
        given |= {f"inv_p{number}": 1 / widths[kind], f"mu1sq_{number}": 0.5, f"mu_starsq_{number}": 0.1}
    one = np.array([1.0])
    spectrum = Spectrum(one, {"T": one, "B": one}, {"T": 0.0, "B": 0.0})
    roots = [
        solve(system_problem(chart.system, "lam_n", chart.start, order=order), given, spectrum=spectrum)
        for order in (chart.ladder, ())
    ]
    for name in ("test", "train", "norm"):
        assert roots[0].observables[name] == pytest.approx(roots[1].observables[name], rel=1e-10)
    assert set(roots[0].status.tolist()) == {Status.SOLVED}


REFUSED = {
    "no layers": (lambda: asy.DeepRandomFeaturesRidge([], target={1: 1}), "layers", "asymptotics.Layer"),
    "no list": (lambda: asy.DeepRandomFeaturesRidge("relu", target={1: 1}), "layers", "asymptotics.Layer"),
    "a width": (lambda: asy.Layer("relu", width=-1), "width of a layer", "positive"),
    "a law": (lambda: asy.Layer("relu", width=1, weights="sparse"), "weights of a layer", "'orthogonal'"),
    "a mean below": (lambda: model_of(("relu", 1), ("tanh", 1, "orthogonal")), "weights of layer 2", "mean"),
    "no linear part": (lambda: model_of(("x**2 - 1", 1), ("tanh", 1)), "layers", "linear part"),
    "no width": (lambda: asy.predict(model_of(("tanh", None)), SIZES, ridge=1), "p1", "layer 1"),
    "psi1": (lambda: asy.predict(model_of(("tanh", 1)), asy.Proportional(2, 2), ridge=1), "psi1", "p1"),
    "p": (lambda: asy.predict(model_of(("tanh", 1)), asy.FiniteSize(50, 80, 60), ridge=1), "p", "p1"),
    "a missing p2": (
        lambda: asy.predict(model_of(("tanh", 1), ("tanh", 1)), asy.FiniteSize(50, 80, p1=60), ridge=1),
        "p2",
        "layer 2",
    ),
    "polynomial": (
        lambda: asy.predict(model_of(("tanh", 1)), asy.Polynomial(2, 2), ridge=1),
        "regime",
        "Proportional",
    ),
    "next order": (
        lambda: asy.predict(model_of(("tanh", 1)), asy.FiniteSize(50, 80, p1=60), ridge=1, order=1),
        "model",
        "next order",
    ),
    "an ensemble": (
        lambda: asy.predict(model_of(("tanh", 1), ("tanh", 1)), SIZES, ridge=1, ensemble=3),
        "model",
        "ridge regression",
    ),
    "several networks": (
        lambda: asy.simulate(
            model_of(("tanh", 1), ("tanh", 1)), asy.FiniteSize(9, 9, p1=[5, 6], p2=7), ridge=1
        ),
        "p1",
        "layer 1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_value_and_what_is_allowed(name):
    ask, value, allowed = REFUSED[name]
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.name == value and allowed in str(caught.value)


def test_a_small_experiment_agrees():
    model = model_of(("tanh(2*x)", None), ("relu", None, "orthogonal"))
    sizes = asy.FiniteSize(d=40, n=60, p1=48, p2=[30, 60])
    found, drawn = (
        asy.predict(model, sizes, ridge=0.2),
        asy.simulate(model, sizes, ridge=0.2, trials=24, seed=3),
    )
    assert set(drawn.parameters) == {"d", "n", "p1", "p2", "ridge"}
    for name in ("test", "train"):
        theory, sample = getattr(found, name), getattr(drawn, name)
        # Four standard errors, and 5 % for so small a network: false alarms at most 3e-4.
        assert np.all(np.abs(sample.mean - theory) < 4 * sample.standard_error + 0.05 * theory)
    assert "layer by layer" in found.made_by["formula"]


ROWS = {
    "tanh(2x), tanh": ([("tanh(2*x)", None), ("tanh", None)], {"p1": 240, "p2": 400}, 0.05, ".2"),
    "bottleneck": ([("tanh", None), ("tanh", None)], {"p1": 100, "p2": 400}, 0.05, ".2"),
    "relu, relu": ([("relu", None), ("relu", None)], {"p1": 240, "p2": 400}, 0.05, ".2"),
    "three relu": ([("relu", None)] * 3, {"p1": 240, "p2": 400, "p3": 300}, 0.05, ".2"),
    "orthogonal": ([("tanh(2*x)", None, "orthogonal")], {"p1": 160}, 0.1, ".3"),
    "tight frame": ([("tanh(2*x)", None, "orthogonal")], {"p1": 300}, 0.1, ".3"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_simulated_rows(name):
    layers, widths, ridge, noise = ROWS[name]
    model, sizes = model_of(*layers, noise=noise), asy.FiniteSize(d=200, n=300, **widths)
    found = asy.predict(model, sizes, ridge=ridge)
    drawn = asy.simulate(model, sizes, ridge=ridge, trials=80, seed=11, inputs="gaussian")
    for component in ("test", "train"):
        theory, sample = getattr(found, component), getattr(drawn, component)
        assert abs(sample.mean - theory) < 3 * sample.standard_error + 0.02 * theory
    if name == "relu, relu":  # one constant for all neurons is refuted
        assert 0.9257 - drawn.test.mean > 4 * drawn.test.standard_error


def test_the_recursion_of_covariances_agrees():
    """Drawn weights, one of many directions of the target: 24 draws, four standard errors (false alarms 6e-5)."""
    constants = [deep_chain.constants(sigma, 1.0)[1:3] for sigma in (np.tanh, lambda x: np.tanh(2 * x))]
    generator, d = np.random.default_rng(2), 100
    layers = [(*constants[0], 120), (*constants[1], 160)]
    draws = [deep_chain.recursion(layers, d, 150, 0.05, 0.2, generator) for _ in range(24)]
    chain = [("gaussian", width / d, (linear, rest)) for linear, rest, width in layers]
    theory = float(deep_chain.risk(chain, 1.5, 0.05, 0.2)[0])
    assert abs(np.mean(draws) - theory) < 4 * np.std(draws, ddof=1) / math.sqrt(24) + 0.01 * theory


def test_many_samples_are_flagged():
    sizes = asy.FiniteSize(d=20, n=[49, 51], p1=30)
    found = asy.predict(model_of(("tanh", None)), sizes, ridge=0.1)
    assert found.status.tolist() == [Status.SOLVED, Status.UNTRUSTED]
    assert "degrees above one" in found.made_by["caution"]
