import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError, ShapeError, SimulationError
from asymptotics.simulation import draw_campaign, plan_campaign, simulate
from asymptotics.simulation.estimates.estimate import OBSERVABLES
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.laws.sampling import sample_target
from asymptotics.simulation.laws.streams import replicate_streams
from asymptotics.simulation.learning.experiment import Experiment, Task, run_replicate
from asymptotics.simulation.learning.fits import features
from asymptotics.simulation.learning.learners import RandomFeatures
from asymptotics.simulation.learning.nesting import Member


def sizes(d, n, p):
    return Namespace(d=d, n=n, p=p)


def silu(x):
    return x / (1 + np.exp(-x))


def draws(estimate):
    return np.stack([getattr(estimate, name).draws for name in OBSERVABLES])


# name, activation, target, d, n, p, ridge
CONFIGURATIONS = [
    ("tanh, n < p", np.tanh, {1: 1.0}, 30, 45, 90, 0.1),
    ("tanh, n > p", np.tanh, {1: 1.0, 3: 0.2}, 30, 90, 45, 0.1),
    ("tanh, n = p", np.tanh, {1: 0.5, 2: 0.5}, 30, 60, 60, 0.3),
    ("silu, all degrees", silu, {0: 0.3, 1: 1.0, 2: 0.5}, 25, 75, 50, 0.05),
    ("silu, quadratic samples", silu, {1: 0.5, 2: 1.0}, 14, 150, 120, 0.02),
    ("cos", np.cos, {0: 0.2, 2: 1.0}, 14, 120, 200, 0.02),
]


@pytest.mark.statistical
@pytest.mark.parametrize("case", CONFIGURATIONS, ids=[case[0] for case in CONFIGURATIONS])
def test_simulation_agrees_with_the_deterministic_equivalent(case, toy, equivalent):
    """Every observable within 4 standard errors plus a finite-size allowance.

    The allowance is 3 % for test, bias, variance and 6 % for train and norm. Without finite-size effects the
    false-alarm rate of the 30 comparisons together would be 30 * 6.3e-5 = 0.2 %.
    """
    _, activation, target, d, n, p, ridge = case
    estimate = simulate(toy(activation, target, 0.1), sizes(d, n, p), ridge=ridge, trials=100, seed=1)
    theory = equivalent(activation, target, 0.1, d, n, p, ridge)
    for name, allowance in [
        ("test", 0.03),
        ("bias", 0.03),
        ("variance", 0.03),
        ("train", 0.06),
        ("norm", 0.06),
    ]:
        statistic, expected = getattr(estimate, name), getattr(theory, name)
        tolerance = 4 * statistic.standard_error + allowance * expected
        assert abs(statistic.mean - expected) < tolerance, name


def test_replicate_satisfies_the_definition(toy):
    """Recompute one replicate by hand with NumPy from the same streams."""
    d, n, p, ridge = 6, 15, 11, 0.2
    experiment = Experiment(RandomFeatures(np.tanh), ((1, 1.0), (2, 0.5)), 0.3, test_samples=40)
    result = run_replicate(Task(experiment, d, (Member(n, p, (ridge,)),), (d, n, p), seed=4), replicate=2)[0]
    streams = replicate_streams(4, (d, n, p), 2)
    x, theta = SPHERE.sample(n, d, streams.inputs), SPHERE.sample(p, d, streams.weights)
    target = sample_target({1: 1.0, 2: 0.5}, SPHERE, d, streams.target)
    noise = math.sqrt(0.3) * streams.noise.standard_normal(n)
    fresh = SPHERE.sample(40, d, streams.test_inputs)
    z = np.array([[math.tanh(t @ u / math.sqrt(d)) / math.sqrt(p) for t in theta] for u in x])
    z_fresh = np.array([[math.tanh(t @ u / math.sqrt(d)) / math.sqrt(p) for t in theta] for u in fresh])
    augmented = np.vstack([z, math.sqrt(ridge) * np.eye(p)])
    f, v, both = (np.linalg.lstsq(augmented, np.r_[y, np.zeros(p)], rcond=None)[0]
                  for y in (target(x), noise, target(x) + noise))  # fmt: skip
    expected = [
        np.mean((target(fresh) - z_fresh @ both) ** 2),
        np.mean((target(fresh) - z_fresh @ f) ** 2),
        np.mean((z_fresh @ v) ** 2),
        np.mean((target(x) + noise - z @ both) ** 2),
        both @ both / n,
        np.mean(target(x) ** 2),
        np.mean(noise**2),
        np.mean(target(x) * noise),
    ]
    assert result == pytest.approx(expected, rel=1e-10)


def test_results_do_not_depend_on_executor(toy, pool):
    arguments = dict(ridge=[0.0, 0.1], trials=23, seed=5)
    regime = sizes(12, np.array([[20], [40]]), 30)
    serial = draws(simulate(toy(), regime, **arguments))
    assert np.array_equal(serial, draws(simulate(toy(), regime, executor=pool, **arguments)))
    with ThreadPoolExecutor(3) as threads:
        assert np.array_equal(serial, draws(simulate(toy(), regime, executor=threads, **arguments)))


def test_draws_depend_on_sizes_seed_and_replicate_only(toy):
    whole = simulate(toy(), sizes(10, [15, 25], 20), ridge=0.1, trials=6, seed=2)
    alone = simulate(toy(), sizes(10, 25, 20), ridge=0.1, trials=9, seed=2)
    assert np.array_equal(whole.test.draws[1], alone.test.draws[:6])
    other = simulate(toy(), sizes(10, 25, 20), ridge=0.1, trials=6, seed=3)
    assert not np.intersect1d(other.test.draws, alone.test.draws).size


def test_grid_broadcasts_and_ridges_share_draws(toy):
    estimate = simulate(toy(), sizes(10, [[15], [25]], 20), ridge=[0.1, "1/10", Fraction(1, 2)], trials=4)
    assert estimate.shape == (2, 3) and estimate.test.draws.shape == (2, 3, 4)
    assert estimate.test.mean.shape == (2, 3)
    assert np.array_equal(estimate.test.draws[:, 0], estimate.test.draws[:, 1])
    assert (estimate.norm.draws[:, 0] > estimate.norm.draws[:, 2]).all()
    per_sample = simulate(toy(), sizes(10, 20, 20), ridge_per_sample=0.01, trials=4)
    assert np.array_equal(per_sample.test.draws, simulate(toy(), sizes(10, 20, 20), 0.2, trials=4).test.draws)


def test_scalar_results_are_scalars_and_norms_are_consistent(toy):
    estimate = simulate(toy(), sizes(10, 15, 30), ridge=0.0, trials=5)
    assert estimate.shape == () and np.ndim(estimate.test.mean) == 0 and estimate.test.draws.shape == (5,)
    assert estimate.norm_per_feature.mean == pytest.approx(estimate.norm.mean / 2)
    assert estimate.train.mean < 1e-20
    assert estimate.provenance["activation"] == "tanh" and estimate.provenance["seed"] == 0


def test_noiseless_variance_is_zero(toy):
    estimate = simulate(toy(noise=0), sizes(10, 15, 30), ridge=0.1, trials=3)
    assert not estimate.variance.draws.any()
    assert np.array_equal(estimate.test.draws, estimate.bias.draws)


def test_gaussian_inputs_are_another_law(toy):
    sphere = simulate(toy(), sizes(10, 30, 30), ridge=0.1, trials=5)
    gaussian = simulate(toy(), sizes(10, 30, 30), ridge=0.1, trials=5, inputs="gaussian")
    mixed = simulate(toy(), sizes(10, 30, 30), ridge=0.1, trials=5, weights="gaussian")
    assert len({sphere.test.mean, gaussian.test.mean, mixed.test.mean}) == 3
    assert (gaussian.provenance["inputs"], gaussian.provenance["weights"]) == ("gaussian", "gaussian")
    assert (mixed.provenance["inputs"], mixed.provenance["weights"]) == ("sphere", "gaussian")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"regime": sizes(10, math.inf, 5)}, "n"),
        ({"regime": sizes(10, 5, math.inf)}, "p"),
        ({"regime": sizes(10, 0, 5)}, "n"),
        ({"regime": sizes(10, -3, 5)}, "n"),
        ({"regime": sizes(10, 5.5, 5)}, "n"),
        ({"regime": sizes(10, math.nan, 5)}, "n"),
        ({"regime": sizes(1, 5, 5)}, "d"),
        ({"regime": sizes(10, 5, None)}, "p"),
        ({"regime": sizes(10, "many", 5)}, "n"),
        ({"regime": sizes(10, True, 5)}, "n"),
        ({"ridge": -1}, "ridge"),
        ({"ridge": math.inf}, "ridge"),
        ({"ridge": math.nan}, "ridge"),
        ({"ridge": "much"}, "ridge"),
        ({"ridge": None}, "ridge"),
        ({"ridge": [[1], [1, 2]]}, "ridge"),
        ({"ridge_per_sample": 1}, "ridge"),
        ({"trials": 1}, "trials"),
        ({"trials": 2.5}, "trials"),
        ({"seed": -1}, "seed"),
        ({"inputs": "cube"}, "inputs"),
        ({"weights": 3}, "weights"),
        ({"test_samples": 1}, "test_samples"),
    ],
)
def test_bad_arguments_are_named(change, name, toy):
    arguments = {"regime": sizes(10, 20, 30), "ridge": 0.1, "trials": 3, **change}
    with pytest.raises(InputError) as caught:
        simulate(toy(), **arguments)
    assert caught.value.name == name and "\n" not in str(caught.value)


def test_infinite_sizes_get_advice(toy):
    with pytest.raises(InputError, match="simulation needs finite sizes"):
        simulate(toy(), sizes(10, 20, math.inf), ridge=0.1)


def test_shapes_that_do_not_broadcast(toy):
    with pytest.raises(ShapeError, match="broadcast"):
        simulate(toy(), sizes(10, [1, 2], [1, 2, 3]), ridge=0.1)


def raising(x):
    raise RuntimeError("no such thing")


class CoefficientsOnly:
    function = None

    def __call__(self, x):
        raise AssertionError("must not be called")


@pytest.mark.parametrize(
    "activation", ["relu", None, CoefficientsOnly(), raising, np.sum, lambda x: x * math.nan]
)
def test_activation_must_be_a_function(activation, toy):
    with pytest.raises(InputError) as caught:
        simulate(toy(activation), sizes(10, 20, 30), ridge=0.1)
    assert caught.value.name == "activation"


@pytest.mark.parametrize(
    ("target", "noise"), [({-1: 1.0}, 0), ({1: -1.0}, 0), ({1: 1.0}, -1), ({1: 1.0}, math.inf)]
)
def test_bad_models(target, noise, toy):
    with pytest.raises(InputError):
        simulate(toy(np.tanh, target, noise), sizes(10, 20, 30), ridge=0.1)


def far_from_finite(x):
    return np.where(np.abs(x) < 2, x, np.inf)


def test_failures_inside_replicates_are_reported(toy, pool):
    with pytest.raises(SimulationError, match="not finite"):
        simulate(toy(far_from_finite), sizes(10, 50, 50), ridge=0.1, trials=3)
    with pytest.raises(SimulationError, match="entry by entry"):
        features(lambda x: x.ravel(), np.ones((2, 3)), np.ones((2, 3)), 1.0)
    with pytest.raises(SimulationError, match="cannot be sent"):
        simulate(toy(lambda x: x), sizes(5, 5, 5), ridge=0.1, trials=3, executor=pool)


def test_progress_bar_on_request(toy, capsys):
    simulate(toy(), sizes(5, 5, 5), ridge=0.1, trials=3, progress=True)
    assert "replicate" in capsys.readouterr().err
    simulate(toy(), sizes(5, 5, 5), ridge=0.1, trials=3, progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("coupling", ["independent", "nested"])
def test_drawing_more_keeps_what_is_there(toy, coupling):
    request = (toy(), sizes(8, [[10], [16]], 12), [0.0, 0.1])
    few, more = (plan_campaign(*request, trials=trials, seed=3, coupling=coupling) for trials in (5, 11))
    whole, continued = draw_campaign(more), draw_campaign(more, before=draw_campaign(few))
    assert np.array_equal(draws(whole), draws(continued))
    assert np.array_equal(whole.controls["overlap"].draws, continued.controls["overlap"].draws)
    assert np.array_equal(draws(whole), draws(simulate(*request, trials=11, seed=3, coupling=coupling)))
