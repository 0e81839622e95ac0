import math
from dataclasses import dataclass
from types import SimpleNamespace as Namespace
from typing import Any, ClassVar

import numpy as np
import pytest

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import campaign_status, plan_campaign, simulate
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.laws.population import expand
from asymptotics.simulation.learning.feature_maps import DeepFeatures, TangentFeatures
from asymptotics.simulation.learning.fits import Fit, Learner, features
from asymptotics.simulation.learning.learners import MappedFeatures, RandomFeatures

NAMES = ("test", "bias", "variance", "train", "norm")


def agree(first, second, count=4.5, names=NAMES):
    """Whether two estimates differ by at most some standard errors in every observable."""
    scores = [
        (getattr(first, name).mean - getattr(second, name).mean)
        / np.hypot(getattr(first, name).standard_error, getattr(second, name).standard_error)
        for name in names
    ]
    return bool(np.all(np.abs(scores) < count))


def model(target=None, noise=0.1, **parts):
    return Namespace(target=Namespace(powers=target or {1: 1.0, 2: 0.3}), noise=noise, **parts)


def silu(x):
    return x / (1 + np.exp(-x))


def kernel(t):
    return np.exp(t)


class TestKernels:
    sizes = Namespace(d=14, n=60, p=math.inf)

    @pytest.mark.statistical
    def test_theory_of_kernel_ridge_regression(self, equivalent):
        """Within 4 standard errors plus 3 % (6 % train and norm): without bias, rate 6e-5 per observable."""
        estimate = simulate(model(kernel=kernel), self.sizes, 0.3, trials=100, labels="averaged")
        theory = equivalent(None, {1: 1.0, 2: 0.3}, 0.1, 14, 60, math.inf, 0.3, kernel=kernel)
        for name in NAMES:
            statistic, expected = getattr(estimate, name), getattr(theory, name)
            allowance = 0.06 if name in ("train", "norm") else 0.03
            assert abs(statistic.mean - expected) < 4 * statistic.standard_error + allowance * expected, name

    @pytest.mark.statistical
    def test_exact_and_sampled_test_errors_agree(self):
        """Five comparisons at 4.5 standard errors: rate 3e-5."""
        exact = simulate(model(kernel=kernel), self.sizes, 0.3, trials=100, test_error="exact")
        sampled = simulate(model(kernel=kernel), self.sizes, 0.3, trials=100, test_samples=1000, seed=1)
        assert agree(exact, sampled)
        assert exact.provenance["kernel"] == "kernel" and exact.parameters["p"] == math.inf
        assert not exact.norm_per_feature.draws.any()

    @pytest.mark.statistical
    def test_many_random_features_approach_their_kernel(self):
        """The kernel of the features; a difference of order 1/p is below 4 %. Rate as above."""
        series = expand(silu, SPHERE, 10)
        wide = simulate(
            model(activation=silu), Namespace(d=10, n=30, p=900), 0.2, trials=30, labels="averaged"
        )
        limit = simulate(
            model(kernel=series.kernel), Namespace(d=10, n=30), 0.2, trials=40, seed=1, labels="averaged"
        )
        for name in NAMES:
            first, second = getattr(wide, name), getattr(limit, name)
            error = np.hypot(first.standard_error, second.standard_error)
            assert abs(first.mean - second.mean) < 4 * error + 0.04 * second.mean, name

    def test_the_minimum_is_train_plus_ridge_times_norm(self):
        """(1/n) (|y - f|^2 + ridge |f|^2) = (ridge/n) y^T (K + ridge)^(-1) y, and never above the zero function."""
        estimate = simulate(model(kernel=kernel), self.sizes, [0.01, 0.1, 1.0], trials=3)
        minimum = estimate.train.draws + np.array([[0.01], [0.1], [1.0]]) * estimate.norm.draws
        assert (np.diff(minimum, axis=0) > 0).all()

    def test_kernels_have_no_number_of_features(self):
        with pytest.raises(InputError, match="p = 30"):
            simulate(model(kernel=kernel), Namespace(d=14, n=60, p=30), 0.3)
        with pytest.raises(InputError, match="kernel"):
            simulate(model(kernel="exp"), self.sizes, 0.3)
        with pytest.raises(InputError, match="no weights"):
            simulate(model(kernel=kernel), self.sizes, 0.3, inputs="gaussian", weights="sphere")


class TestSurrogates:
    @pytest.mark.statistical
    def test_surrogate_features_are_equivalent(self):
        """Within 4.5 standard errors plus 2 %: rate below 1e-4 if the models were equal."""
        regime = Namespace(d=40, n=80, p=120)
        real = simulate(model({1: 1.0}, activation=silu), regime, 0.05, trials=40, labels="averaged")
        surrogate = simulate(
            model({1: 1.0}, activation=silu),
            regime,
            0.05,
            trials=40,
            labels="averaged",
            surrogate_degree=2,
            seed=1,
        )
        for name in NAMES:
            first, second = getattr(real, name), getattr(surrogate, name)
            error = np.hypot(first.standard_error, second.standard_error)
            assert abs(first.mean - second.mean) < 4.5 * error + 0.02 * second.mean, name
        assert surrogate.provenance["options"] == {"surrogate_degree": 2}

    @pytest.mark.statistical
    def test_exact_and_sampled_test_errors_agree(self):
        """Fresh noise for fresh inputs; 5 comparisons at 4.5 standard errors: rate 3e-5."""
        options = {"surrogate_degree": 1, "trials": 150}
        arguments = (model(activation=silu), Namespace(d=12, n=30, p=25), 0.05)
        exact = simulate(*arguments, test_error="exact", **options)
        assert agree(exact, simulate(*arguments, test_samples=500, seed=1, **options))

    def test_a_polynomial_is_its_own_surrogate(self):
        arguments = (model(activation=lambda x: x + x**2), Namespace(d=12, n=30, p=25), 0.05)
        real = simulate(*arguments, trials=3, test_error="exact")
        surrogate = simulate(*arguments, trials=3, surrogate_degree=2)
        for name in NAMES:
            assert getattr(surrogate, name).draws == pytest.approx(getattr(real, name).draws, rel=1e-8)


class TestEnsembles:
    regime = Namespace(d=12, n=40, p=30)

    @pytest.mark.statistical
    def test_risk_is_affine_in_one_over_the_number_of_members(self):
        """R_K = R_inf + (R_1 - R_inf)/K exactly: R_2 from R_1 and R_4 within 5 standard errors (rate 1e-6)."""
        estimates = [
            simulate(model(activation=silu), self.regime, 0.02, trials=200, labels="averaged", ensemble=k)
            for k in (1, 2, 4)
        ]
        one, two, four = (estimate.test for estimate in estimates)
        predicted = one.mean / 3 + 2 * four.mean / 3
        error = math.hypot(one.standard_error / 3, 2 * four.standard_error / 3, two.standard_error)
        assert abs(two.mean - predicted) < 5 * error
        assert four.mean < two.mean < one.mean

    @pytest.mark.statistical
    def test_norm_is_that_of_a_member(self):
        """Mean of members' norms: equal in expectation for every K, within 5 standard errors."""
        single = simulate(model(activation=silu), self.regime, 0.02, trials=100, labels="averaged")
        triple = simulate(
            model(activation=silu), self.regime, 0.02, trials=100, labels="averaged", ensemble=3
        )
        assert agree(single, triple, 5, names=["norm"])

    def test_options_that_do_not_apply(self):
        for options, name in [
            ({"ensemble": 0}, "ensemble"),
            ({"ensemble": 2, "surrogate_degree": 1}, "ensemble"),
            ({"surrogate_degree": -1}, "surrogate_degree"),
            ({"surrogate_degree": 1, "inputs": "gaussian"}, "inputs"),
        ]:
            with pytest.raises(InputError) as caught:
                simulate(model(activation=silu), self.regime, 0.1, trials=2, **options)
            assert caught.value.name == name
        with pytest.raises(InputError, match="ensemble"):
            simulate(model(kernel=kernel), Namespace(d=12, n=40), 0.1, trials=2, ensemble=2)


class TestGradientFlow:
    arguments = (model(activation=silu), Namespace(d=10, n=30, p=20))

    def test_from_zero_to_least_squares(self):
        path = simulate(*self.arguments, time=[0.0, 1.0, 1e10], trials=4)
        ridgeless = simulate(*self.arguments, ridge=0.0, trials=4)
        assert path.bias.draws[0] == pytest.approx(1.3, rel=1e-12)
        assert not path.norm.draws[0].any()
        assert path.test.draws[2] == pytest.approx(ridgeless.test.draws, rel=1e-6)
        assert (np.diff(path.train.draws, axis=0) < 0).all()
        assert path.parameters["time"].tolist() == [0.0, 1.0, 1e10] and "ridge" not in path.parameters
        assert "time" in str(path)

    def test_small_steps_of_gradient_descent(self):
        flow = simulate(*self.arguments, time=[0.5, 2.0], trials=4)
        descent = simulate(*self.arguments, time=[0.5, 2.0], step_size=1e-5, trials=4)
        coarse = simulate(*self.arguments, time=[0.5, 2.0], step_size=0.05, trials=4)
        assert descent.test.draws == pytest.approx(flow.test.draws, rel=1e-4)
        assert not np.allclose(coarse.test.draws, flow.test.draws, rtol=1e-4)
        with pytest.raises(SimulationError, match="diverges"):
            simulate(*self.arguments, time=100.0, step_size=50.0, trials=2)

    def test_kernels_flow_too(self):
        path = simulate(model(kernel=kernel), Namespace(d=10, n=30), time=[0.1, 1e9], trials=3)
        limit = simulate(model(kernel=kernel), Namespace(d=10, n=30), ridge=0.0, trials=3)
        assert path.test.draws[1] == pytest.approx(limit.test.draws, rel=1e-4)

    @pytest.mark.parametrize(
        ("options", "name"),
        [
            ({"time": -1.0}, "time"),
            ({"time": math.inf, "step_size": 0.1}, "time"),
            ({"time": 1.0, "ridge": 1.0}, "ridge"),
            ({"ridge": 1.0, "step_size": 0.1}, "step_size"),
            ({"time": 1.0, "step_size": 0.3}, "step_size"),
            ({"time": 1.0, "step_size": 0.0}, "step_size"),
            ({"time": 1.0, "step_size": "small"}, "step_size"),
        ],
    )
    def test_bad_arguments(self, options, name):
        with pytest.raises(InputError) as caught:
            simulate(*self.arguments, trials=2, **options)
        assert caught.value.name == name


def one_layer(generator, d, p):
    weights = SPHERE.sample(p, d, generator)
    return lambda points: np.tanh(points @ weights.T / math.sqrt(d)) / math.sqrt(p)


def wrong_shape(generator, d, p):
    return lambda points: points[:, 0]


class TestFeatureMaps:
    regime = Namespace(d=10, n=30, p=20)

    def test_identity_is_that_of_every_size(self, tmp_path):
        def digests(feature_map, p):
            campaign = plan_campaign(model(feature_map=feature_map), Namespace(d=6, n=10, p=p), 0.1, trials=2)
            assert campaign.plan.fingerprints.keys() == set(campaign.configurations)
            return {entry.points[0][1]: campaign.digest(entry) for entry in campaign.configurations}

        def changed(generator, d, p):
            return DeepFeatures(np.tanh if p < 15 else np.cos, (2.0,))(generator, d, p)

        changed.__name__ = "DeepFeatures"
        deep = DeepFeatures(np.tanh, (2.0,))
        assert digests(deep, [15, 7]) == digests(deep, [7, 15]) == {p: digests(deep, p)[p] for p in (7, 15)}
        other = digests(changed, [7, 15])
        assert other[7] == digests(deep, 7)[7] and other[15] != digests(deep, 15)[15]
        store = tmp_path / "runs.sqlite"
        for p in ([15, 7], [7, 15]):
            simulate(model(feature_map=deep), Namespace(d=6, n=10, p=p), 0.1, trials=2, store=store)
        assert campaign_status(store).planned == 4

    def test_a_map_that_is_random_features(self):
        mapped = simulate(model(feature_map=one_layer), self.regime, 0.1, trials=4)
        direct = simulate(model(activation=np.tanh), self.regime, 0.1, trials=4, test_error="sampled")
        for name in NAMES:
            assert getattr(mapped, name).draws == pytest.approx(getattr(direct, name).draws, rel=1e-10)

    def test_maps_go_to_workers_and_stores(self, tmp_path, pool):
        deep = model(feature_map=DeepFeatures(np.tanh, (2.0,)))
        serial = simulate(deep, self.regime, 0.1, trials=10)
        stored = simulate(deep, self.regime, 0.1, trials=10, executor=pool, store=tmp_path / "r.sqlite")
        assert np.array_equal(serial.test.draws, stored.test.draws)
        assert stored.provenance["feature_map"] == "DeepFeatures"

    def test_tangent_features_are_derivatives(self):
        generator = np.random.default_rng(0)
        d, p, step = 5, 3, 1e-6
        weights = SPHERE.sample(p, d, np.random.default_rng(1))
        features = TangentFeatures(lambda u: 1 - np.tanh(u) ** 2, np.tanh)(np.random.default_rng(1), d, p)
        points = generator.standard_normal((4, d))
        values = features(points)
        assert values[:, p * d :] == pytest.approx(np.tanh(points @ weights.T / math.sqrt(d)) / math.sqrt(p))
        for j in range(p):
            for i in range(d):
                moved = weights.copy()
                moved[j, i] += step
                change = np.tanh(points @ moved.T / math.sqrt(d)) - np.tanh(points @ weights.T / math.sqrt(d))
                slope = change.sum(axis=1) / step / math.sqrt(p)
                assert values[:, j * d + i] == pytest.approx(slope, abs=1e-6)

    def test_errors(self):
        with pytest.raises(SimulationError, match="one row of finite features per input"):
            simulate(model(feature_map=wrong_shape), self.regime, 0.1, trials=2)
        with pytest.raises(InputError, match="feature_map"):
            simulate(model(feature_map="deep"), self.regime, 0.1, trials=2)
        with pytest.raises(InputError, match="test_error"):
            simulate(model(feature_map=one_layer), self.regime, 0.1, trials=2, test_error="exact")
        with pytest.raises(InputError, match="activation"):
            simulate(model(), self.regime, 0.1, trials=2)

    def test_learners_are_plain_data(self):
        assert RandomFeatures(np.tanh) == RandomFeatures(np.tanh)
        assert MappedFeatures(one_layer).profile(3) is None


@dataclass(frozen=True)
class TwoActivations(Learner):
    """A learner of a user's own: a share of the features has another activation."""

    first: Any
    second: Any
    share: float = 0.5
    kind: ClassVar[str] = "two activations"
    function_kind: ClassVar[str] = "activations"

    @property
    def function(self):
        return self.first

    def values(self, d, p):
        t = np.linspace(-8.0, 8.0, 257)
        return np.concatenate([self.first(t), self.second(t), [self.share]])

    def draw(self, points, weights, p, generator, series):
        theta, count = weights.sample(p, points.shape[1], generator), round(self.share * p)

        def stacked(inputs, _=None):
            parts = ((self.first, theta[:count]), (self.second, theta[count:]))
            return np.hstack([features(f, inputs, w, 1 / np.sqrt(p)) for f, w in parts])

        return Fit(stacked(points), p, stacked)


def test_learners_of_ones_own():
    """With one activation twice it is random features, draw by draw; with two it has another identity."""
    sizes, target = Namespace(d=8, n=[10, 20], p=12), Namespace(powers={1: 1.0})

    def own(second):
        return Namespace(learner=TwoActivations(np.tanh, second), target=target, noise=0.1)

    request = {"ridge": 0.1, "trials": 3, "test_error": "sampled"}
    expected = simulate(Namespace(activation=np.tanh, target=target, noise=0.1), sizes, **request)
    assert np.allclose(simulate(own(np.tanh), sizes, **request).test.draws, expected.test.draws, rtol=1e-10)
    nested = simulate(own(np.sin), sizes, 0.1, trials=3, coupling="nested")
    assert nested.provenance["kind"] == "two activations" and nested.shape == (2,)
    assert (
        nested.provenance["fingerprint"]
        != simulate(own(np.cos), sizes, 0.1, trials=2).provenance["fingerprint"]
    )
    for option in ({"ensemble": 2}, {"surrogate_degree": 1}, {"test_error": "exact"}, {"labels": "averaged"}):
        with pytest.raises(InputError, match=next(iter(option))):
            simulate(own(np.sin), sizes, 0.1, trials=2, **option)
