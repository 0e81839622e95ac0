"""Training methods on drawn matrices: each against its own steps on the matrix itself, and what is refused.

Nothing here is random but the matrices, whose seeds are fixed.
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.optimum import RidgeCombination
from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import plan_campaign
from asymptotics.simulation.design.campaign import read_store
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.simulate_parts import simulate_parts
from asymptotics.simulation.design.training import as_method
from asymptotics.simulation.learning.least_squares import KernelProblem, RidgeProblem
from tests.models.own_models import TwoGroups

RF = asy.RandomFeaturesRidge("erf", target={1: 1}, noise=0.3)
SIZES = asy.FiniteSize(d=20, n=30, p=25)
STEP, BETA, STEPS = 0.2, 0.6, 37


def drawn(n, p, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)) / np.sqrt(p), rng.standard_normal((n, 2))


def descent(z, y, beta=0.0, ahead=False):
    """Coefficients after the steps, one gradient after the other."""
    now = before = np.zeros((z.shape[1], y.shape[1]))
    for _ in range(STEPS):
        moved = now + beta * (now - before)
        start = moved if ahead else now
        now, before = moved - STEP * z.T @ (z @ start - y), now
    return now


def flow(z, y, ridge=0.0, time=3.0, pieces=2000):
    """Gradient flow by the classical method of Runge and Kutta."""
    a, h = np.zeros((z.shape[1], y.shape[1])), time / pieces
    slope = lambda a: -z.T @ (z @ a - y) - ridge * a  # noqa: E731
    for _ in range(pieces):
        k1 = slope(a)
        k2 = slope(a + h / 2 * k1)
        k3 = slope(a + h / 2 * k2)
        a = a + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(a + h * k3))
    return a


def ridge_again(z, y, ridge=0.3, times=4):
    a = np.zeros((z.shape[1], y.shape[1]))
    for _ in range(times):
        a = a + np.linalg.solve(z.T @ z + ridge * np.eye(len(a)), z.T @ (y - z @ a))
    return a


def components(z, y, above=0.5):
    left, values, right = np.linalg.svd(z, full_matrices=False)
    kept = values**2 > above
    return right[kept].T @ ((left[:, kept].T @ y) / values[kept, None])


def minimum_norm(z, y):
    return np.linalg.pinv(z) @ y


METHODS = {
    "flow": (asy.GradientFlow(3.0), flow, ()),
    "flow with decay": (asy.GradientFlow(3.0, ridge=0.2), lambda z, y: flow(z, y, 0.2), ()),
    "flow to the end": (asy.GradientFlow(math.inf), minimum_norm, ()),
    "descent": (asy.GradientDescent(STEPS, STEP), descent, ()),
    "heavy ball": (asy.HeavyBall(STEPS, STEP, BETA), lambda z, y: descent(z, y, BETA), ()),
    "nesterov": (asy.Nesterov(STEPS, STEP, BETA), lambda z, y: descent(z, y, BETA, ahead=True), ()),
    "iterated ridge": (asy.IteratedRidge(0.3, 4), ridge_again, ()),
    "components": (asy.PrincipalComponents(0.5), components, ()),
    "filter": (
        asy.SpectralFilter(lambda x: (0.3 / (0.3 + x)) ** 4), ridge_again, ()),
    "combination": (
        RidgeCombination([0.3], [1.0]), lambda z, y: ridge_again(z, y, times=1), ()),
}  # fmt: skip


def point(training):
    """The method, and the values of its path as a replicate is given them."""
    method, path = as_method(Design(training=training))
    values = tuple(float(value) for value in path.values())
    return method, values[0] if len(values) == 1 else values


@pytest.mark.parametrize("n, p", [(12, 20), (20, 12), (15, 15)])
@pytest.mark.parametrize("name", METHODS)
def test_coefficients_are_those_of_the_method_itself(name, n, p):
    training, itself, _ = METHODS[name]
    z, y = drawn(n, p)
    method, value = point(training)
    expected = itself(z, y)
    found = RidgeProblem(z).solve_path(y, [value], method)[0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    kernel = KernelProblem(z @ z.T).solve_path(y, [value], method)[0]
    np.testing.assert_allclose(z.T @ kernel, expected, rtol=0, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("name", METHODS)
def test_what_is_left_is_what_is_not_learned(name):
    method, value = point(METHODS[name][0])
    x = np.array([1e-12, 1e-3, 0.2, 1.0, 3.0])
    left = method.remaining(x, value)
    np.testing.assert_allclose(1 - x * method.filter(x, value), left, rtol=0, atol=1e-12)


def test_theory_has_the_same_filters():
    """Contours around a spectrum against steps along eigenvectors: two routes to the share that is left."""
    x = np.array([0.0, 0.01, 0.7, 2.5])
    for training, _, _ in METHODS.values():
        method, value = point(training)
        if "components" in training.method or value == math.inf or isinstance(training, RidgeCombination):
            continue
        np.testing.assert_allclose(
            training.filter(x), method.remaining(x, value), atol=2e-11, err_msg=str(training)
        )


def test_repeated_samples_and_the_end_of_training():
    """Normal equations of repeated rows are singular: long training must not invert their rounding."""
    z, y = drawn(12, 20)
    twice, labels = np.concatenate([z, z]), np.concatenate([y, -y + 1])
    expected = minimum_norm(twice, labels)
    method, _ = point(asy.GradientFlow(1.0))
    found = RidgeProblem(twice).solve_path(labels, [1e12, math.inf], method)
    np.testing.assert_allclose(found, np.stack([expected] * 2), rtol=0, atol=1e-9 * np.abs(expected).max())


def test_parameters_broadcast_with_sizes():
    training = asy.HeavyBall([[5], [50]], 0.1, 0.5)
    estimate = asy.simulate(RF, asy.FiniteSize(20, 30, [10, 20, 40]), training=training, trials=3)
    assert estimate.shape == (2, 3) and set(estimate.parameters) == {
        "d",
        "n",
        "p",
        "steps",
        "step_size",
        "momentum",
    }
    assert estimate.shared == ("d", "n", "p")  # points that differ in steps share their draws
    one = asy.simulate(RF, asy.FiniteSize(20, 30, 20), training=asy.HeavyBall(50, 0.1, 0.5), trials=3)
    np.testing.assert_array_equal(estimate.test.draws[1, 1], one.test.draws)
    unrelated = asy.simulate(RF, SIZES, training=asy.SpectralFilter(lambda x: 1 / (1 + x)), trials=3)
    ridge = asy.simulate(RF, SIZES, 1.0, trials=3)
    assert unrelated.shape == ()
    np.testing.assert_allclose(unrelated.test.draws, ridge.test.draws, rtol=1e-10)


def test_a_time_is_a_flow_and_the_end_of_training_is_no_ridge():
    short, long = (
        asy.simulate(RF, SIZES, trials=3, **given)
        for given in ({"time": [1.0, math.inf]}, {"training": asy.GradientFlow([1.0, math.inf])})
    )
    np.testing.assert_array_equal(short.test.draws, long.test.draws)
    ridgeless = asy.simulate(RF, SIZES, 0.0, trials=3)
    np.testing.assert_allclose(short.test.draws[1], ridgeless.test.draws, rtol=1e-8)
    scaled = asy.simulate(RF, SIZES, training=asy.GradientFlow(time_per_sample=30.0), trials=3)
    short_form = asy.simulate(RF, SIZES, time_per_sample=30.0, trials=3)
    np.testing.assert_array_equal(short_form.test.draws, scaled.test.draws)
    assert scaled.parameters["time"] == 1.0
    np.testing.assert_allclose(scaled.test.draws, short.test.draws[0], rtol=1e-12)
    steps = asy.simulate(RF, SIZES, training=asy.GradientDescent(5, 0.2), trials=3)
    by_time = asy.simulate(RF, SIZES, time=1.0, step_size=0.2, trials=3)
    np.testing.assert_allclose(steps.test.draws, by_time.test.draws, rtol=1e-10)


def test_averaged_labels_have_the_mean_of_drawn_ones():
    training = asy.Nesterov([4, 60], 0.2, 0.6)
    averaged = asy.simulate(RF, SIZES, training=training, trials=200, labels="averaged", seed=1)
    drawn = asy.simulate(RF, SIZES, training=training, trials=200, seed=1)
    for name in ("test", "train", "norm"):
        gap = averaged.statistics[name].mean - drawn.statistics[name].mean
        error = np.hypot(averaged.statistics[name].standard_error, drawn.statistics[name].standard_error)
        assert np.all(np.abs(gap) < 4 * error), name  # six normal variables: false alarms below 1e-3


def test_a_store_keeps_the_path(tmp_path):
    store, training = tmp_path / "runs.sqlite", asy.HeavyBall([5, 50], 0.1, [0.0, 0.5])
    estimate = asy.simulate(RF, SIZES, training=training, trials=3, store=store)
    (again,) = read_store(store)
    np.testing.assert_array_equal(again.test.draws, estimate.test.draws)
    assert (
        again.parameters["momentum"].tolist() == [0.0, 0.5] and again.provenance["training"] == "heavy ball"
    )
    bags = asy.Ensemble(2, share="both", samples=0.5)
    asy.simulate(RF, SIZES, training=training, ensemble=bags, trials=3, store=store)
    simulate_parts(RF, SIZES, training=training, trials=3, store=store)
    kinds = [set(found.statistics) for found in read_store(store)]
    assert len(kinds) == 3 and {"features:data", "test"} <= set.union(*kinds)


def test_methods_are_other_draws_only_where_they_differ():
    kinds = [asy.HeavyBall(5, 0.1, 0.5), asy.Nesterov(5, 0.1, 0.5), asy.GradientDescent(5, 0.1),
             asy.SpectralFilter(np.exp), asy.SpectralFilter(np.cos), RidgeCombination([1.0], [1.0]),
             RidgeCombination([2.0], [1.0]), asy.GradientFlow(1.0), asy.GradientFlow(1.0, ridge=0.1)]  # fmt: skip
    campaigns = [plan_campaign(RF, SIZES, training=kind, trials=3) for kind in kinds]
    assert len({c.digest(c.configurations[0]) for c in campaigns}) == len(kinds)
    by_time = plan_campaign(RF, SIZES, time=1.0, trials=3)
    assert by_time.digest(by_time.configurations[0]) == campaigns[7].digest(campaigns[7].configurations[0])


def test_bags_and_parts_are_trained():
    training = asy.IteratedRidge(0.3, [1, 5])
    bags = asy.Ensemble(2, share="both", samples=0.5)
    one, many = (asy.simulate(RF, SIZES, training=training, ensemble=e, trials=4) for e in (1, bags))
    assert one.test.mean.shape == many.test.mean.shape == (2,)
    parts = simulate_parts(RF, SIZES, training=training, trials=4)
    total = sum(entry.mean for name, entry in parts.items() if name != "test")
    np.testing.assert_allclose(total, parts.test.mean, rtol=1e-12)


@pytest.mark.parametrize(
    "training, limit", [(asy.GradientDescent, 2.0), (lambda k, h: asy.HeavyBall(k, h, 0.5), 3.0),
                        (lambda k, h: asy.Nesterov(k, h, 0.5), 1.5)]
)  # fmt: skip
def test_steps_that_diverge_are_refused(training, limit):
    z, y = drawn(12, 20)
    edge = limit / np.linalg.norm(z, 2) ** 2
    method, value = point(training(10, edge * 0.999))
    RidgeProblem(z).solve_path(y, [value], method)
    method, value = point(training(10, edge * 1.001))
    with pytest.raises(SimulationError, match="smaller step_size"):
        RidgeProblem(z).solve_path(y, [value], method)


@pytest.mark.parametrize(
    "given, words",
    [({"training": asy.GradientFlow(1.0), "ridge": 0.1}, "exactly one"),
     ({"training": asy.GradientFlow(1.0), "step_size": 0.1}, "step_size"),
     ({"training": "heavy ball"}, "training"),
        ({"time_per_sample": 3, "step_size": 0.1}, "step_size"),
        ({"training": asy.HeavyBall}, "training"),
     ({"training": SimpleNamespace(method="mine")}, "SpectralFilter"),
     ({"training": asy.GradientFlow(1.0), "precision": "single"}, "precision"),
     ({"training": asy.SpectralFilter(lambda x: x[:1])}, "left"),
     ({"training": asy.SpectralFilter(lambda x: 2 / (1 + x))}, "one at zero")],
)  # fmt: skip
def test_refusals(given, words):
    with pytest.raises(InputError, match=words):
        asy.simulate(RF, SIZES, trials=2, **given)


def test_a_training_of_your_own_is_what_it_leaves():
    own = SimpleNamespace(method="mine", left=lambda x: 1 / (1 + x))
    ridge = asy.simulate(RF, SIZES, 1.0, trials=3)
    found = asy.simulate(RF, SIZES, training=own, trials=3)
    np.testing.assert_allclose(found.test.draws, ridge.test.draws, rtol=1e-10)


def test_programs_have_no_training():
    activation = asy.Activation.from_coefficients(powers={1: "1/4"}, tail="0.09")
    model = TwoGroups(activation, activation, noise="0.3")
    with pytest.raises(InputError, match="nothing for a program"):
        asy.simulate(
            model, asy.FiniteSize(n=30, p1=20, p2=20, d=20), training=asy.GradientFlow(1.0), trials=2
        )
