import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import eval_gegenbauer, eval_hermitenorm, roots_gegenbauer

from asymptotics.simulation.laws.laws import GAUSSIAN, SPHERE
from asymptotics.simulation.laws.sampling import sample_target
from asymptotics.simulation.laws.streams import replicate_streams


@given(d=st.integers(3, 200), degree=st.integers(0, 12), cosine=st.floats(-1, 1))
def test_zonal_polynomial_on_the_sphere_is_the_normalized_gegenbauer_polynomial(d, degree, cosine):
    value = SPHERE.zonal_polynomial(d, degree, np.array([math.sqrt(d) * cosine]))[0]
    alpha = (d - 2) / 2
    expected = eval_gegenbauer(degree, alpha, cosine) / eval_gegenbauer(degree, alpha, 1.0)
    assert value == pytest.approx(expected, abs=1e-10)


@given(degree=st.integers(0, 12), x=st.floats(-5, 5))
def test_zonal_polynomial_for_gaussian_inputs_is_the_normalized_hermite_polynomial(degree, x):
    value = GAUSSIAN.zonal_polynomial(7, degree, np.array([x]))[0]
    assert value == pytest.approx(eval_hermitenorm(degree, x) / math.sqrt(math.factorial(degree)), abs=1e-8)


def test_zonal_polynomial_in_the_plane_is_chebyshev():
    angle = np.linspace(0, math.pi, 9)
    value = SPHERE.zonal_polynomial(2, 5, math.sqrt(2) * np.cos(angle))
    assert value == pytest.approx(np.cos(5 * angle), abs=1e-12)


@pytest.mark.parametrize("d", [3, 10, 50])
@pytest.mark.parametrize("degree", [0, 1, 2, 5])
def test_multiplicity_is_the_inverse_squared_norm(d, degree):
    t, w = roots_gegenbauer(60, (d - 2) / 2)
    squared_norm = w @ SPHERE.zonal_polynomial(d, degree, math.sqrt(d) * t) ** 2 / w.sum()
    assert SPHERE.multiplicity(d, degree) * squared_norm == pytest.approx(1, rel=1e-11)


@pytest.mark.parametrize("law", [SPHERE, GAUSSIAN])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_power_of_a_target_is_exact_by_quadrature_over_random_rotations(law, degree):
    """The norm of the sampled polynomial, by solving for it from the values at many points.

    A polynomial of degree at most 3 in 3 variables squared is integrated exactly by a product rule:
    Gauss-Hermite for Gaussian inputs; on the sphere the same integral divided by E|x|^(2k) of a Gaussian, by
    homogeneity of harmonics.
    """
    d, power = 3, 2.5
    target = sample_target({degree: power}, law, d, np.random.default_rng(degree))
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    points = np.array(np.meshgrid(nodes, nodes, nodes)).reshape(3, -1).T
    mass = np.einsum("i,j,k->ijk", weights, weights, weights).ravel()
    if law == GAUSSIAN:
        assert mass @ target(points) ** 2 == pytest.approx(power, rel=1e-10)
        return
    radius = np.linalg.norm(points, axis=1)
    values = target(points * (math.sqrt(d) / radius)[:, None]) * radius**degree
    moment = math.prod(d + 2 * i for i in range(degree))
    assert mass @ values**2 / moment == pytest.approx(power, rel=1e-10)


def test_degrees_of_a_target_add_up():
    """Orthogonality of degrees: the mean square over many points is the sum of the powers.

    False-alarm rate below 1e-6 (five standard errors).
    """
    generator = np.random.default_rng(5)
    target = sample_target({0: 0.5, 1: 1.0, 2: 0.25, 4: 0.125}, SPHERE, 8, generator)
    squares = target(SPHERE.sample(200_000, 8, generator)) ** 2
    assert squares.mean() == pytest.approx(1.875, abs=5 * squares.std() / math.sqrt(200_000))


def test_points_have_the_stated_law():
    generator = np.random.default_rng(0)
    sphere = SPHERE.sample(500, 12, generator)
    assert np.linalg.norm(sphere, axis=1) == pytest.approx(math.sqrt(12))
    gaussian = GAUSSIAN.sample(500, 12, generator)
    assert (gaussian**2).sum(axis=1).mean() == pytest.approx(12, rel=0.1)
    assert np.linalg.norm(gaussian, axis=1).std() > 0.3


def test_streams_are_separate_and_reproducible():
    first, again = replicate_streams(3, (5, 6, 7), 2), replicate_streams(3, (5, 6, 7), 2)
    names = ["inputs", "weights", "target", "noise", "test_inputs"]
    draws = [getattr(first, name).standard_normal() for name in names]
    assert draws == [getattr(again, name).standard_normal() for name in names]
    others = [replicate_streams(*key).inputs.standard_normal() for key in
              [(4, (5, 6, 7), 2), (3, (5, 7, 6), 2), (3, (5, 6, 7), 1)]]  # fmt: skip
    assert len({*draws, *others}) == 8
