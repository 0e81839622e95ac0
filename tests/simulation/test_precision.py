"""Single precision: the same numbers to the stated error, double precision where they would not be, and never less."""

from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import read_store, simulate
from asymptotics.simulation.estimates.estimate import OBSERVABLES
from asymptotics.simulation.learning.feature_maps import DeepFeatures, TangentFeatures
from asymptotics.simulation.learning.normal_equations import LONG_PATH, solve_refined
from asymptotics.simulation.learning.precision import SINGLE_PRECISION_ERROR, VANISHING, measure_in_single
from asymptotics.simulation.learning.streaming import StreamedFeatures

RIDGES = [0.0, 1e-12, 1e-8, 1e-5, 1e-3, 0.1, 10.0]
LONG = list(np.geomspace(1e-3, 1.0, LONG_PATH + 2))


def relu(x):
    return np.maximum(x, 0.0)


def draws(estimate):
    return np.stack([getattr(estimate, name).draws for name in OBSERVABLES[:5]])


def pair(model, sizes, ridge, **options):
    return [
        draws(simulate(model, sizes, ridge, trials=3, precision=precision, **options))
        for precision in ("double", "single")
    ]


def difference(double, single):
    """Largest error, relative to the observable or, where this is larger, to the vanishing share of the labels."""
    floor = np.array([1, 1, 1, 1, 0]) * VANISHING * 1.1
    return (
        np.abs(single - double) / np.maximum(np.abs(double), floor.reshape(5, *[1] * (double.ndim - 1)))
    ).max()


@pytest.mark.parametrize("sizes", [(15, 60, 90), (15, 90, 60), (15, 80, 83)], ids=str)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"test_error": "sampled"},
        {"ensemble": 2},
        {"inputs": "gaussian"},
        {"surrogate_degree": 1},
    ],
    ids=str,
)
def test_single_agrees_with_double(toy, sizes, options):
    d, n, p = sizes
    for ridges in (RIDGES, LONG):
        double, single = pair(toy(relu), Namespace(d=d, n=n, p=p), ridges, **options)
        assert difference(double, single) < 1e-5 < SINGLE_PRECISION_ERROR


@pytest.mark.parametrize("ridges", [[0.1, 3.0], LONG], ids=["short", "long"])
def test_kernels_and_feature_maps(toy, ridges):
    model = toy()
    model.kernel, model.activation = np.exp, None
    double, single = pair(model, Namespace(d=15, n=40), np.array(ridges) + 0.1)
    assert 0 < difference(double, single) < 1e-5
    for feature_map in (TangentFeatures(np.cos, np.sin), DeepFeatures(np.tanh, (2.0,))):
        model.feature_map = feature_map
        double, single = pair(model, Namespace(d=6, n=40, p=10), ridges)
        assert 0 < difference(double, single) < 1e-5


@pytest.mark.parametrize("sizes", [(8, 20, 50), (8, 50, 20)], ids=str)
def test_streamed_and_nested(toy, sizes, monkeypatch):
    d, n, p = sizes
    double, single = pair(toy(), Namespace(d=d, n=[n, n // 2], p=p), 0.01, coupling="nested")
    assert 0 < difference(double, single) < 1e-5
    double, single = pair(toy(), Namespace(d=d, n=n, p=p), 0.01, test_error="sampled")
    monkeypatch.setattr("asymptotics.simulation.learning.learners.STREAM_ELEMENTS", 100)
    monkeypatch.setattr("asymptotics.simulation.learning.streaming.BLOCK_ELEMENTS", 150)
    _, streamed = pair(toy(), Namespace(d=d, n=n, p=p), 0.01, test_error="sampled")
    assert difference(single, streamed) < 1e-5


def test_products_of_streamed_features_keep_their_precision():
    whole = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    streamed = StreamedFeatures((2, 3), lambda rows, columns: whole[rows, columns], np.float32)
    assert streamed.gram().dtype == np.float32 and streamed.leading(2, 2, 0.5).dtype == np.float32
    assert streamed.in_double().transposed(np.ones((2, 1))).dtype == np.float64


@pytest.mark.parametrize(("activation", "ridge"), [(lambda x: x, 0.0), (lambda x: np.exp(40 * x), 1e70)])
def test_what_needs_double_precision_gets_it(toy, activation, ridge):
    """A singular Gram matrix, and features beyond the range of single precision."""
    double, single = pair(toy(activation), Namespace(d=9, n=30, p=30), [ridge], test_error="sampled")
    assert single == pytest.approx(double, rel=1e-9, abs=1e-12)


def test_kernels_need_a_larger_ridge(toy):
    model = toy()
    model.kernel, model.activation = np.exp, None
    double, single = pair(model, Namespace(d=9, n=60), [1e-4])
    assert single == pytest.approx(double, rel=1e-9)


def test_refinement_reaches_the_digits_of_its_residuals():
    generator = np.random.default_rng(0)
    basis, _ = np.linalg.qr(generator.standard_normal((30, 30)))
    gram = basis * np.geomspace(1e-4, 1.0, 30) @ basis.T
    right = generator.standard_normal((30, 2))
    for ridges in ([0.0, 1.0], [0.0, *LONG]):
        found = solve_refined(gram.astype(np.float32), lambda v: gram @ v, right, ridges, 1e-6)
        for ridge, solution in zip(ridges, found, strict=True):
            expected = np.linalg.solve(gram + ridge * np.eye(30), right)
            assert np.linalg.norm(solution - expected) < 1e-9 * np.linalg.norm(expected)
        with pytest.raises(SimulationError, match="ill-conditioned for single precision"):
            solve_refined(gram.astype(np.float32), lambda v: gram @ v, right, ridges, 1e-2)


def test_lost_digits_are_an_error(toy, monkeypatch):
    monkeypatch.setattr("asymptotics.simulation.learning.normal_equations.REFINEMENTS", 0)
    monkeypatch.setattr("asymptotics.simulation.learning.least_squares.SINGLE_RECIPROCAL_CONDITION", 0.0)
    with pytest.raises(SimulationError, match=r'in single precision \w+ is off by .* use precision="double"'):
        pair(toy(), Namespace(d=15, n=80, p=83), [1e-5])


def test_only_the_first_replicate_is_compared():
    def measure(dtype):
        return np.array([[1.0 if dtype == np.float64 else 1.01]])

    assert measure_in_single(measure, ["test"], 1.0, verify=False) == 1.01
    with pytest.raises(SimulationError, match="test is off by 1"):
        measure_in_single(measure, ["test"], 1.0, verify=True)
    with pytest.raises(SimulationError, match="norm is off by nan"):
        measure_in_single(lambda dtype: measure(dtype) * np.nan, ["norm"], 1.0, verify=True)


def test_precisions_do_not_mix_in_a_store(toy, tmp_path):
    sizes = Namespace(d=9, n=20, p=30)
    for precision in ("double", "single"):
        simulate(toy(), sizes, 0.1, trials=2, precision=precision, store=tmp_path / "runs.sqlite")
    estimates = read_store(tmp_path / "runs.sqlite")
    assert {estimate.provenance["precision"] for estimate in estimates} == {"double", "single"}


@pytest.mark.parametrize(
    "options", [{"labels": "averaged"}, {"time": 1.0, "ridge": None}, {"precision": "half"}], ids=str
)
def test_where_single_precision_does_not_apply(toy, options):
    arguments = {"ridge": 0.1, "precision": "single", **options}
    with pytest.raises(InputError, match="precision"):
        simulate(toy(), Namespace(d=9, n=20, p=30), trials=2, **arguments)


def test_tiny_errors_are_measured_in_double(toy):
    """Rounded features cannot tell test errors of 1e-10: such replicates are those of double precision."""
    model = toy(activation=lambda x: x, noise=0.0)
    sizes = Namespace(d=5, n=30, p=100)
    for ridge in (1e-4, 1e-2, 1.0):
        single, double = (simulate(model, sizes, ridge, trials=8, precision=p) for p in ("single", "double"))
        np.testing.assert_allclose(single.test.draws, double.test.draws, rtol=5e-5)
