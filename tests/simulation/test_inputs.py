import json
import math
import pickle
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, ShapeError, SimulationError
from asymptotics.simulation import campaign_status, plan_campaign, read_store, simulate
from asymptotics.simulation.laws.data import DataMatrix, sample_values
from asymptotics.simulation.laws.inputs import GaussianInputs
from asymptotics.simulation.laws.laws import GAUSSIAN, SPHERE
from asymptotics.simulation.laws.sampling import sample_target
from asymptotics.simulation.laws.streams import replicate_streams
from asymptotics.simulation.learning.feature_maps import DeepFeatures

NAMES = ("test", "bias", "variance", "train", "norm")


def model(target=None, noise=0.1, **parts):
    parts = parts or {"activation": np.tanh}
    return Namespace(target=Namespace(powers=target or {1: 1.0, 2: 0.3}), noise=noise, **parts)


def sizes(d, n, p=None):
    return Namespace(d=d, n=n, p=p) if p else Namespace(d=d, n=n)


def half_and_half(d):
    return np.repeat([1.0, 10.0], d // 2)


def power_law(d):
    return np.arange(1.0, d + 1) ** -1.0


def matrix(rows=60, d=6, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, d))


class TestGaussianInputs:
    @pytest.mark.statistical
    @pytest.mark.parametrize("spectrum", [half_and_half, power_law])
    def test_gaussian_equivalence(self, spectrum, fixed_point):
        """Eigenvalues mu_1^2 s_i/d and a bulk, against 4 standard errors plus 4/d, relatively.

        Without finite-size effects the false-alarm rate of the 10 comparisons together would be 6e-4. The isotropic
        theory is off by a quarter.
        """
        d, n, p, ridge = 80, 120, 200, 0.1
        inputs = GaussianInputs(spectrum)
        estimate = simulate(model({1: 1.0}), sizes(d, n, p), ridge, trials=80, inputs=inputs, seed=1)
        s = inputs.spectrum(d)
        mu, total = GAUSSIAN.expand(np.tanh, d, 1)
        theory = fixed_point(np.ones(d), mu[1] ** 2 * s / d, total - mu[1] ** 2, s / d, 0.1, n, p, ridge)
        isotropic = fixed_point(
            np.array([d]), mu[1:] ** 2 / d, total - mu[1] ** 2, np.ones(1), 0.1, n, p, ridge
        )
        for name in NAMES:
            statistic, expected = getattr(estimate, name), getattr(theory, name)
            tolerance = 4 * statistic.standard_error + 4 / d * expected
            assert abs(statistic.mean - expected) < tolerance, name
        assert isotropic.test > 1.25 * theory.test

    def test_equal_variances_are_standard_gaussian_inputs(self):
        arguments = (model({1: 1.0, 3: 0.5}), sizes(8, 20, 15), 0.1)
        equal = simulate(*arguments, trials=3, inputs=GaussianInputs(np.full(8, 7.0)))
        standard = simulate(*arguments, trials=3, inputs="gaussian")
        for name in NAMES:
            assert getattr(equal, name).draws == pytest.approx(getattr(standard, name).draws, rel=1e-12)

    def test_power_of_a_target_is_exact_by_quadrature(self):
        inputs = GaussianInputs([1.0, 5.0, 30.0])
        nodes, weights = np.polynomial.hermite_e.hermegauss(8)
        points = np.array(np.meshgrid(nodes, nodes, nodes)).reshape(3, -1).T * np.sqrt(inputs.spectrum(3))
        mass = np.einsum("i,j,k->ijk", weights, weights, weights).ravel() / weights.sum() ** 3
        target = sample_target({0: 0.5, 1: 1.0, 2: 2.0, 3: 0.25}, inputs, 3, np.random.default_rng(0))
        assert mass @ target(points) ** 2 == pytest.approx(3.75, rel=1e-10)
        assert target.power == pytest.approx(3.75, rel=1e-10)

    @pytest.mark.statistical
    def test_points_have_the_variances(self):
        """Within 5 standard errors, the relative one being sqrt(2/N): rate 2e-6."""
        inputs = GaussianInputs(power_law)
        points = inputs.sample(20_000, 4, np.random.default_rng(0))
        assert (points**2).mean(axis=0) == pytest.approx(inputs.spectrum(4), rel=5 * math.sqrt(2 / 20_000))

    def test_functions_of_d_serve_grids_workers_and_stores(self, tmp_path, pool):
        arguments = dict(regime=sizes([6, 10], 12, 9), ridge=0.1, trials=10, inputs=GaussianInputs(power_law))
        serial = simulate(model(), **arguments)
        stored = simulate(model(), **arguments, executor=pool, store=tmp_path / "runs.sqlite")
        assert np.array_equal(serial.test.draws, stored.test.draws)
        assert campaign_status(tmp_path / "runs.sqlite").complete
        assert len(read_store(tmp_path / "runs.sqlite")) == 2
        described = json.loads(json.dumps(stored.provenance["inputs"]))
        assert described["law"] == "gaussian"
        assert described["variances"]["6"] == pytest.approx(power_law(6) / power_law(6).mean(), rel=1e-11)
        assert serial.provenance["weights"] == "gaussian" and "exact_test_error_sizes" in serial.provenance
        assert simulate(model(), **{**arguments, "regime": sizes(6, 12, 9)}).trials == 10

    def test_identity_is_that_of_the_values(self):
        def digests(inputs, d=6):
            campaign = plan_campaign(model(), sizes(d, 12, 9), 0.1, trials=2, inputs=inputs)
            return [campaign.digest(entry) for entry in campaign.configurations]

        given = digests(GaussianInputs(power_law(6)))
        assert digests(GaussianInputs(power_law)) == given == digests(GaussianInputs(3 * power_law(6)))
        assert digests(GaussianInputs(power_law), [6, 10])[0] == given[0]
        assert digests(GaussianInputs(half_and_half)) != given

    @pytest.mark.parametrize(
        ("variances", "error"),
        [
            ([1.0, 0.0], InputError),
            ([1.0, -1.0], InputError),
            ([1.0, math.nan], InputError),
            ([1.0, math.inf], InputError),
            ([], InputError),
            ("many", InputError),
            ([[1.0, 2.0]], ShapeError),
            (1.0, ShapeError),
        ],
    )
    def test_bad_variances(self, variances, error):
        with pytest.raises(error, match="variances"):
            GaussianInputs(variances)

    def test_requests_that_make_no_sense(self):
        arguments = (model(), sizes(6, 12, 9), 0.1)
        for options, match in [
            ({"inputs": GaussianInputs([1.0, 2.0])}, "2, the number of variances"),
            ({"inputs": GaussianInputs(lambda d: -power_law(d))}, "positive finite"),
            (
                {"inputs": GaussianInputs(power_law), "test_error": "exact"},
                "isotropic inputs and spherical weights",
            ),
            (
                {"inputs": GaussianInputs(power_law), "labels": "averaged"},
                "isotropic inputs and spherical weights",
            ),
            ({"inputs": GaussianInputs(power_law), "weights": "hypercube"}, "'gaussian', 'sphere'"),
            ({"inputs": GaussianInputs(power_law), "surrogate_degree": 1}, "surrogate"),
            ({"inputs": power_law(6)}, "GaussianInputs or a DataMatrix"),
        ]:
            with pytest.raises(InputError, match=match):
                simulate(*arguments, trials=2, **options)

    def test_printing(self):
        assert repr(GaussianInputs([1, 2, 4])) == "GaussianInputs(3 variances from 0.428571 to 1.71429)"
        assert repr(GaussianInputs(power_law)) == "GaussianInputs(power_law)"
        assert asy.GaussianInputs is GaussianInputs and asy.DataMatrix is DataMatrix


class TestDataMatrix:
    @pytest.mark.statistical
    @pytest.mark.parametrize(
        "parts", [{"activation": np.tanh}, {"kernel": np.exp}], ids=["features", "kernel"]
    )
    def test_rows_of_the_sphere_are_inputs_on_the_sphere(self, parts):
        """Degrees 1 and 2, whose Hermite and Gegenbauer polynomials agree: 4.5 standard errors, rate 7e-5 together."""
        data = DataMatrix(SPHERE.sample(8000, 10, np.random.default_rng(5)))
        regime = sizes(10, 30, 20 if "activation" in parts else None)
        rows = simulate(model(**parts), regime, 0.1, trials=120, inputs=data, test_samples=1500)
        sphere = simulate(model(**parts), regime, 0.1, trials=120, seed=1)
        for name in NAMES:
            first, second = getattr(rows, name), getattr(sphere, name)
            error = math.hypot(first.standard_error, second.standard_error)
            assert abs(first.mean - second.mean) < 4.5 * error, name

    @pytest.mark.parametrize("test_samples", [None, 7])
    def test_replicate_with_labels_satisfies_the_definition(self, test_samples):
        """Recomputed with NumPy from the same streams; the model needs no target."""
        x, y = matrix(), matrix(60, 2)[:, 0]
        n, p, ridge, noise = 25, 11, 0.2, 0.3
        labelled = Namespace(activation=np.tanh, noise=noise)
        data = DataMatrix(x, y)
        estimate = simulate(labelled, sizes(6, n, p), ridge, trials=2, inputs=data, test_samples=test_samples)
        streams = replicate_streams(0, (6, n, p), 1)
        rows = streams.inputs.permutation(60)
        theta = SPHERE.sample(p, 6, streams.weights)
        errors = math.sqrt(noise) * streams.noise.standard_normal(n)
        z = np.tanh(x @ theta.T / math.sqrt(6)) / math.sqrt(p)
        train, test = rows[:n], rows[n:] if test_samples is None else rows[n : n + test_samples]
        gram = z[train].T @ z[train] + ridge * np.eye(p)
        both = np.linalg.solve(gram, z[train].T @ (y[train] + errors))
        only = np.linalg.solve(gram, z[train].T @ y[train])
        expected = {
            "test": np.mean((y[test] - z[test] @ both) ** 2),
            "bias": np.mean((y[test] - z[test] @ only) ** 2),
            "variance": np.mean((z[test] @ (both - only)) ** 2),
            "train": np.mean((y[train] + errors - z[train] @ both) ** 2),
            "norm": both @ both / n,
        }
        assert {name: getattr(estimate, name).draws[1] for name in NAMES} == pytest.approx(expected, rel=1e-9)
        assert estimate.provenance["target_powers"] == {}
        assert estimate.controls["signal"].mean == pytest.approx(np.mean(y**2))

    def test_random_targets_have_their_power_over_the_rows(self):
        points = matrix(200, 5) ** 3 + 1.0
        for degree in range(5):
            values = sample_values(points, {degree: 2.5, 7: 0.0}, np.random.default_rng(degree))
            assert np.mean(values**2) == pytest.approx(2.5, rel=1e-12)
        assert np.ptp(sample_values(points, {0: 4.0}, np.random.default_rng(0))) == 0

    def test_blocks_of_projections_do_not_matter(self, monkeypatch):
        whole = sample_values(matrix(), {1: 1.0, 2: 0.5}, np.random.default_rng(0))
        monkeypatch.setattr("asymptotics.simulation.laws.data.BLOCK_ELEMENTS", 100)
        assert sample_values(matrix(), {1: 1.0, 2: 0.5}, np.random.default_rng(0)) == pytest.approx(
            whole, abs=1e-12
        )

    def test_a_degree_that_vanishes_on_the_rows(self):
        signs = np.outer(np.repeat([1.0, -1.0], 20), np.ones(4))
        with pytest.raises(SimulationError, match="degree 2 vanish"):
            simulate(model(), sizes(4, 12, 9), 0.1, trials=2, inputs=DataMatrix(signs))

    def test_training_and_test_rows_are_disjoint(self):
        data = DataMatrix(matrix())
        drawn = data.draw(25, 6, np.random.default_rng(0))
        labelled = drawn.label({1: 1.0}, np.random.default_rng(1))
        blocks = list(labelled.fresh(35, 10, np.random.default_rng(2)))
        assert [len(points) for points, _ in blocks] == [10, 10, 10, 5]
        rows = np.concatenate([drawn.points, *(points for points, _ in blocks)])
        assert np.array_equal(np.sort(rows, axis=0), np.sort(data.points, axis=0))
        assert labelled.values.shape == (25,) and labelled.fresh_inputs == 35

    def test_ridgeless_kernel_regression_of_a_polynomial_is_exact(self):
        """A quadratic kernel interpolates quadratic labels, also where <x, x'>/d leaves [-1, 1]."""
        x = matrix(40, 3)
        data = DataMatrix(x, 1 + x[:, 0] - 2 * x[:, 1] * x[:, 2])
        exact = Namespace(kernel=asy.Kernel.named("polynomial-2"), noise=0)
        estimate = simulate(exact, sizes(3, 20), 0.0, trials=3, inputs=data)
        assert estimate.test.mean < 1e-8 and estimate.train.mean < 1e-8

    def test_kernels_are_not_cut_off(self):
        arguments = (sizes(6, 20), 0.1)
        data = DataMatrix(matrix())
        assert (
            simulate(model(kernel=asy.Kernel.named("exponential")), *arguments, trials=2, inputs=data).trials
            == 2
        )
        with pytest.raises(InputError, match="finite at"):
            simulate(model(kernel=asy.Kernel.named("arccos1")), *arguments, trials=2, inputs=data)
        on_sphere = data.points * (math.sqrt(6) / np.linalg.norm(data.points, axis=1, keepdims=True))
        arccosine = model(kernel=asy.Kernel.named("arccos1"))
        assert simulate(arccosine, *arguments, trials=2, inputs=DataMatrix(on_sphere)).trials == 2
        plain = model(kernel=lambda t: 1 - np.arccos(t) / math.pi)  # has no value at 1 + rounding
        assert simulate(plain, *arguments, trials=2, inputs=DataMatrix(on_sphere)).trials == 2
        with pytest.raises(InputError, match="not on the sphere"):
            simulate(arccosine, *arguments, trials=2, inputs="gaussian")
        with pytest.raises(SimulationError, match="not finite at <x, x'>/d = -"):
            simulate(model(kernel=lambda t: np.sqrt(t + 1)), sizes(6, 20), 30.0, trials=2, inputs=data)

    def test_a_kernel_of_the_sphere_need_not_be_one_of_the_data(self):
        """The Legendre polynomial (3 t^2 - 1)/2 is positive definite on the sphere in three dimensions only."""
        legendre = Namespace(kernel=lambda t: 1.5 * t**2 - 0.5, noise=0)
        x = matrix(40, 3)
        on_sphere = x * (math.sqrt(3) / np.linalg.norm(x, axis=1, keepdims=True))
        for options in ({"ridge": 0.0}, {"time": 1.0}):
            assert simulate(
                legendre, sizes(3, 20), trials=2, inputs=DataMatrix(on_sphere, x[:, 0]), **options
            )
            with pytest.raises(SimulationError, match="not positive semidefinite on these inputs"):
                simulate(legendre, sizes(3, 20), trials=2, inputs=DataMatrix(x, x[:, 0]), **options)

    def test_ensembles_maps_nested_sizes_and_flow(self):
        data = DataMatrix(matrix(), matrix(60, 2)[:, 0])
        for parts, options in [
            ({"activation": np.tanh}, {"ridge": 0.1, "ensemble": 3}),
            ({"feature_map": DeepFeatures(np.tanh, (2.0,))}, {"ridge": 0.1, "weights": "gaussian"}),
            ({"activation": np.tanh}, {"ridge": 0.1, "coupling": "nested", "weights": "hypercube"}),
            ({"activation": np.tanh}, {"time": 2.0}),
        ]:
            estimate = simulate(model(**parts), sizes(6, [20, 30], 9), trials=3, inputs=data, **options)
            assert 0 < estimate.test.mean[0] < 3

    def test_workers_and_stores(self, tmp_path, pool):
        arguments = (model(), sizes(6, [20, 30], 9), 0.1)
        data = DataMatrix(matrix(), matrix(60, 2)[:, 1])
        assert pickle.loads(pickle.dumps(data)) == data and hash(data) == hash(
            DataMatrix(data.points, data.labels)
        )
        serial = simulate(*arguments, trials=10, inputs=data)
        stored = simulate(*arguments, trials=10, inputs=data, executor=pool, store=tmp_path / "r.sqlite")
        assert np.array_equal(serial.test.draws, stored.test.draws)
        again = simulate(
            *arguments, trials=10, inputs=DataMatrix(data.points, data.labels), store=tmp_path / "r.sqlite"
        )
        assert np.array_equal(serial.test.draws, again.test.draws)
        (kept,) = read_store(tmp_path / "r.sqlite")
        assert json.loads(kept.to_json())["provenance"]["inputs"] == {
            "law": "data", "rows": 60, "columns": 6, "labelled": True, "sha256": data.digest,
        }  # fmt: skip
        others = [
            DataMatrix(data.points),
            DataMatrix(data.points, -data.labels),
            DataMatrix(-data.points, data.labels),
        ]
        assert len({data.digest, *(other.digest for other in others)}) == 4

    def test_arrays_are_copied_and_read_only(self):
        points = matrix()
        data = DataMatrix(points)
        points[0] = 0.0
        assert data.points[0].any()
        with pytest.raises(ValueError, match="read-only"):
            data.points[0] = 0.0

    def test_standardized_rows(self):
        raw = DataMatrix(3.0 + 7.0 * matrix() * np.arange(1, 7), np.arange(60.0))
        data = raw.standardized()
        assert data.points.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-12)
        assert np.mean(data.squared_norms(6)) == pytest.approx(1.0, rel=1e-12)
        centred = raw.points - raw.points.mean(axis=0)
        assert np.ptp(data.points / centred) < 1e-12 and np.array_equal(data.labels, raw.labels)
        with pytest.raises(InputError, match=r"DataMatrix\(60 rows.*standardized"):
            simulate(model(), sizes(6, 20, 9), 0.1, trials=2, inputs=raw)
        assert simulate(model(), sizes(6, 20, 9), 0.1, trials=2, inputs=data).trials == 2

    @pytest.mark.parametrize(
        ("points", "labels", "name"),
        [
            (np.ones(5), None, "points"),
            (np.ones((5, 1)), None, "points"),
            (matrix()[:1], None, "points"),
            (np.ones((5, 3)), None, "points"),
            (np.full((5, 3), math.nan), None, "points"),
            ([["a", "b"], ["c", "d"]], None, "points"),
            (matrix(), np.ones(59), "labels"),
            (matrix(), np.ones((60, 2)), "labels"),
            (matrix(), np.full(60, math.inf), "labels"),
        ],
    )
    def test_bad_matrices(self, points, labels, name):
        with pytest.raises(InputError) as caught:
            DataMatrix(points, labels)
        assert caught.value.name == name

    @pytest.mark.parametrize(
        ("regime", "options", "name"),
        [
            (sizes(7, 20, 9), {}, "d"),
            (sizes(6, 60, 9), {}, "n"),
            (sizes(6, [20, 40], 9), {"test_samples": 21}, "test_samples"),
            (sizes(6, 20, 9), {"test_error": "exact"}, "test_error"),
            (sizes(6, 20, 9), {"labels": "averaged"}, "labels"),
            (sizes(6, 20, 9), {"surrogate_degree": 1}, "inputs"),
        ],
    )
    def test_requests_that_make_no_sense(self, regime, options, name):
        with pytest.raises(InputError) as caught:
            simulate(model(), regime, 0.1, trials=2, inputs=DataMatrix(matrix()), **options)
        assert caught.value.name == name


def test_data_may_travel_by_file(toy, tmp_path, pool):
    """Tasks carry the name of the file instead of its numbers; results are the same, bit for bit."""
    generator = np.random.default_rng(2)
    data = DataMatrix(generator.standard_normal((3000, 6)), generator.standard_normal(3000))
    filed = data.saved(tmp_path / "data.npz")
    assert filed == data and len(pickle.dumps(filed)) < 500 < 3000 * 7 * 8 < len(pickle.dumps(data))
    assert pickle.loads(pickle.dumps(data)) == data and DataMatrix.load(tmp_path / "data.npz") == data
    sizes = Namespace(d=6, n=20, p=15)
    alone = simulate(toy(), sizes, 0.1, trials=10, inputs=data)
    spread = simulate(toy(), sizes, 0.1, trials=10, inputs=filed, executor=pool)
    assert np.array_equal(alone.test.draws, spread.test.draws)
    assert alone.provenance["inputs"] == spread.provenance["inputs"]
    sent = pickle.dumps(filed.saved(tmp_path / "other.npz"))
    DataMatrix(2 * data.points, data.labels).saved(tmp_path / "other.npz")
    with pytest.raises(SimulationError, match="has changed"):
        pickle.loads(sent)
    with pytest.raises(InputError, match="npz"):
        DataMatrix.load(tmp_path / "missing.npz")
    with pytest.raises(InputError, match="npz"):
        data.saved(tmp_path / "data.csv")


def test_one_law_is_one_value():
    assert asy.GaussianInputs([1, 2]) == asy.GaussianInputs([2, 4]) == asy.GaussianInputs([0.3, 0.6])
    assert asy.GaussianInputs([1, 2]) != asy.GaussianInputs([2, 1])
    assert asy.GaussianInputs([1e308] * 8).spectrum(8).tolist() == [1.0] * 8


def test_a_function_that_fails_is_named():
    def variances(d):
        raise RuntimeError("no such table")

    with pytest.raises(InputError, match="no such table") as caught:
        asy.GaussianInputs(variances).spectrum(5)
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("make", [lambda z: asy.GaussianInputs(z[0]), asy.DataMatrix])
def test_complex_numbers_are_refused(make):
    with pytest.raises(InputError):
        make(np.array([[1.0 + 1j, 2.0], [3.0, 4.0]]))
