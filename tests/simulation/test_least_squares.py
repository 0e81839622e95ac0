import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.simulation.least_squares import RidgeProblem

SHAPES = [(30, 12), (12, 30), (20, 20), (1, 5), (5, 1)]


@given(shape=st.sampled_from(SHAPES), exponent=st.floats(-12, 4), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_solution_is_stationary(shape, exponent, seed):
    generator = np.random.default_rng(seed)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 2))
    ridge = 10.0**exponent
    solution = RidgeProblem(features).solve(labels, ridge)
    gradient = features.T @ (features @ solution - labels) + ridge * solution
    scale = np.linalg.norm(features, 2) ** 2 * np.linalg.norm(solution) + np.linalg.norm(features.T @ labels)
    assert np.linalg.norm(gradient) < 1e-12 * scale


@pytest.mark.parametrize("shape", SHAPES)
def test_zero_ridge_is_minimum_norm_least_squares(shape):
    generator = np.random.default_rng(1)
    features, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 1))
    expected = np.linalg.pinv(features) @ labels
    assert RidgeProblem(features).solve(labels, 0.0) == pytest.approx(expected, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("shape", [(30, 25), (25, 30), (25, 25)])
def test_rank_deficient_features(shape):
    generator = np.random.default_rng(2)
    features = generator.standard_normal((shape[0], 7)) @ generator.standard_normal((7, shape[1]))
    labels = generator.standard_normal((shape[0], 1))
    solution = RidgeProblem(features).solve(labels, 0.0)
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
    solution = RidgeProblem(left * values @ right.T).solve(labels, ridge)
    assert np.linalg.norm(solution - expected) < 1e-6 * np.linalg.norm(expected)


def test_zero_features_give_zero():
    assert not RidgeProblem(np.zeros((4, 3))).solve(np.ones((4, 1)), 0.0).any()


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
        single = RidgeProblem(features)._solve_by_singular_values(labels, ridge)
        assert np.linalg.norm(solution - single) < 1e-6 * np.linalg.norm(single)


def test_a_long_path_does_not_decompose_singular_values_without_need(monkeypatch):
    generator = np.random.default_rng(5)
    problem = RidgeProblem(generator.standard_normal((20, 30)))
    monkeypatch.setattr(problem, "_solve_by_singular_values", None)
    assert np.isfinite(problem.solve_path(generator.standard_normal((20, 1)), np.logspace(-8, 1, 30))).all()
