import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from asymptotics.errors import SimulationError
from asymptotics.simulation.learning.least_squares import KernelProblem, RidgeProblem
from asymptotics.simulation.learning.spectral import Training

SHAPES = [(30, 12), (12, 30), (20, 20), (1, 5), (5, 1)]


@given(shape=st.sampled_from(SHAPES), exponent=st.floats(-12, 4), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_solution_is_stationary(shape, exponent, seed):
    generator = np.random.default_rng(seed)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 2))
    ridge = 10.0**exponent
    solution = RidgeProblem(features).solve_path(labels, [ridge])[0]
    gradient = features.T @ (features @ solution - labels) + ridge * solution
    scale = np.linalg.norm(features, 2) ** 2 * np.linalg.norm(solution) + np.linalg.norm(features.T @ labels)
    assert np.linalg.norm(gradient) < 1e-12 * scale


@pytest.mark.parametrize("shape", SHAPES)
def test_zero_ridge_is_minimum_norm_least_squares(shape):
    generator = np.random.default_rng(1)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 1))
    expected = np.linalg.pinv(features) @ labels
    assert RidgeProblem(features).solve_path(labels, [0.0])[0] == pytest.approx(expected, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("shape", [(30, 25), (25, 30), (25, 25)])
def test_rank_deficient_features(shape):
    generator = np.random.default_rng(2)
    features = generator.standard_normal((shape[0], 7)) @ generator.standard_normal((7, shape[1]))
    labels = generator.standard_normal((shape[0], 1))
    solution = RidgeProblem(features).solve_path(labels, [0.0])[0]
    assert solution == pytest.approx(np.linalg.pinv(features, rcond=1e-12) @ labels, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (30, 30)])
@pytest.mark.parametrize("ridge", [0.0, 1e-14, 1e-9, 1e-3])
def test_ill_conditioned_features_keep_their_digits(shape, ridge):
    """Singular values from 1 to 1e-7: their squares are out of reach of normal equations at tiny ridge."""
    generator = np.random.default_rng(3)
    size = min(shape)
    left, _ = np.linalg.qr(generator.standard_normal((shape[0], size)))
    right, _ = np.linalg.qr(generator.standard_normal((shape[1], size)))
    values = np.logspace(0, -7, size)
    labels = generator.standard_normal((shape[0], 1))
    expected = right @ ((values / (values**2 + ridge))[:, None] * (left.T @ labels))
    solution = RidgeProblem(left * values @ right.T).solve_path(labels, [ridge])[0]
    assert np.linalg.norm(solution - expected) < 1e-6 * np.linalg.norm(expected)


def test_zero_features_give_zero():
    assert not RidgeProblem(np.zeros((4, 3))).solve_path(np.ones((4, 1)), [0.0]).any()


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (30, 30)])
@pytest.mark.parametrize("count", [3, 40])
def test_a_path_of_ridges_equals_single_solves(shape, count):
    generator = np.random.default_rng(4)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 2))
    features[:, 0] = 1e6 * features[:, 1]  # so that the smallest ridges are out of reach of normal equations
    ridges = [0.0, *np.logspace(-12, 4, count - 1)]
    path = RidgeProblem(features).solve_path(labels, ridges)
    assert path.shape == (count, shape[1], 2)
    for ridge, solution in zip(ridges, path, strict=True):
        left, values, right = np.linalg.svd(features, full_matrices=False)
        keep = values > 1e-12 * values[0]
        weights = np.where(keep, values / (values**2 + ridge), 0.0)
        single = right.T @ (weights[:, None] * (left.T @ labels))
        assert np.linalg.norm(solution - single) < 1e-6 * np.linalg.norm(single)


def test_a_long_path_does_not_decompose_singular_values_without_need(monkeypatch):
    generator = np.random.default_rng(5)
    monkeypatch.setattr("asymptotics.simulation.learning.least_squares.decompose_singular", None)
    problem = RidgeProblem(generator.standard_normal((20, 30)))
    assert np.isfinite(problem.solve_path(generator.standard_normal((20, 1)), np.logspace(-8, 1, 30))).all()


@pytest.mark.parametrize("shape", [(20, 14), (14, 20)])
def test_gradient_flow_solves_its_differential_equation(shape):
    generator = np.random.default_rng(6)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 2))
    times = [0.0, 0.03, 0.5]
    solutions = RidgeProblem(features).solve_path(labels, times, Training("flow"))
    assert not solutions[0].any()
    for time, solution in zip(times[1:], solutions[1:], strict=True):
        exact = solve_ivp(
            lambda _, a: (features.T @ (labels - features @ a.reshape(-1, 2))).ravel(),
            (0.0, time),
            np.zeros(2 * shape[1]),
            rtol=1e-10,
            atol=1e-12,
        ).y[:, -1]
        assert solution.ravel() == pytest.approx(exact, abs=1e-8)
    late = RidgeProblem(features).solve_path(labels, [1e9], Training("flow"))[0]
    assert late == pytest.approx(np.linalg.pinv(features) @ labels, abs=1e-9)


@pytest.mark.parametrize("shape", [(20, 14), (14, 20)])
def test_gradient_descent_takes_its_steps(shape):
    generator = np.random.default_rng(7)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 1))
    step = 1.6 / np.linalg.norm(features, 2) ** 2
    solutions = RidgeProblem(features).solve_path(labels, [step, 25 * step], Training("descent", step))
    coefficients = np.zeros((shape[1], 1))
    for k in range(25):
        coefficients = coefficients - step * features.T @ (features @ coefficients - labels)
        if k == 0:
            assert solutions[0] == pytest.approx(coefficients, abs=1e-12)
    assert solutions[1] == pytest.approx(coefficients, abs=1e-10)
    with pytest.raises(SimulationError, match="diverges"):
        RidgeProblem(features).solve_path(labels, [4 * step], Training("descent", 2 * step))


@pytest.mark.parametrize("count", [1, 20])
def test_kernel_problem(count):
    generator = np.random.default_rng(8)
    factor, labels = generator.standard_normal((15, 9)), generator.standard_normal((15, 2))
    gram = factor @ factor.T
    ridges = np.logspace(-6, 2, count)
    solutions = KernelProblem(gram).solve_path(labels, ridges)
    left, values, _ = np.linalg.svd(factor, full_matrices=False)
    for ridge, solution in zip(
        ridges, solutions, strict=True
    ):  # the same predictor: null vectors do not matter
        shares = values**2 / (values**2 + ridge)
        predictions = left @ (shares[:, None] * (left.T @ labels))
        assert gram @ solution == pytest.approx(predictions, rel=1e-7, abs=1e-7)
    interpolation = KernelProblem(gram).solve_path(labels, [0.0])[0]
    assert interpolation == pytest.approx(np.linalg.pinv(gram, rcond=1e-10) @ labels, abs=1e-8)


@given(st.floats(0, 1e6), st.sampled_from([0.0, 1e-9, 1.0, 1e6]))
def test_filters_are_bounded(eigenvalue, time):
    value = Training("flow").filter(np.array([eigenvalue]), time)[0]
    assert 0 <= value <= time * (1 + 1e-12)
    assert value * eigenvalue <= 1 + 1e-12


def test_norms_of_low_rank_kernels_do_not_drown():
    """Along the null space coefficients are labels over the ridge; their rounding must not be the norm."""
    generator = np.random.default_rng(4)
    points, labels = generator.standard_normal((40, 2)), 3 * generator.standard_normal((40, 2))
    gram = points @ points.T
    ridges = [1e-2, 1e-4, 1e-6, 1e-7, 1e-10]
    solutions = KernelProblem(gram).solve_path(labels, ridges)
    norms = np.einsum("kmr,mn,knr->kr", solutions, gram, solutions)
    left, values, _ = np.linalg.svd(points, full_matrices=False)
    for ridge, found in zip(ridges, norms, strict=True):
        exact = ((values / (values**2 + ridge))[:, None] ** 2 * (left.T @ labels) ** 2).sum(axis=0)
        np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_low_rank_kernels_refuse_single_precision():
    points = np.random.default_rng(4).standard_normal((40, 2)).astype(np.float32)
    problem = KernelProblem(points @ points.T)
    with pytest.raises(SimulationError, match="double precision"):
        problem.solve_path(np.ones((40, 1)) + np.arange(40.0)[:, None], [0.2])
