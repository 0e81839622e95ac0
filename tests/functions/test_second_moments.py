"""Second moments of spectra, and the kernels of homogeneous features."""

import math

import mpmath
import numpy as np
import pytest

from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.expansions.kernel_spectra import expand_law
from asymptotics.functions.expansions.second_moments import (
    expand_feature_squares,
    expand_squares,
    feature_kernel,
)
from asymptotics.functions.formulas.grammar import parse_formula
from asymptotics.functions.kernels import as_kernel, expand_kernel

HOMOGENEOUS = ["relu(x)", "heaviside(x)", "abs(x)", "leaky_relu(x, 1/5)", "sign(x)", "sqrt(2)*relu(x)",
               "max(2*x, -x)/pi", "x", "heaviside(x) + 1/3", "-relu(-x)"]  # fmt: skip


@pytest.mark.parametrize("d", [2, 5, 40])
@pytest.mark.parametrize("text", HOMOGENEOUS)
def test_kernels_of_homogeneous_features(text, d):
    """The kernel's powers are those of the activation: no formula is shared."""
    node = parse_formula(text).node
    kernel = feature_kernel(node)
    assert kernel is not None
    one, two = expand_law(kernel, text, d, 9, None), expand(text, d, 9)
    np.testing.assert_allclose(one.powers, two.powers, rtol=1e-14, atol=1e-16)
    assert one.tail == pytest.approx(two.tail, rel=1e-13, abs=1e-16)


@pytest.mark.parametrize(
    "text", ["tanh(x)", "relu(x - 1)", "relu(x) + 1", "relu(x)**2", "x**2", "relu(x) + heaviside(x)"]
)
def test_features_whose_kernel_depends_on_the_dimension(text):
    assert feature_kernel(parse_formula(text).node) is None


@pytest.mark.parametrize("name", ["laplace", "arccos0", "ntk-relu-2", "exponential"])
def test_second_moment_is_the_sum_it_stands_for(name):
    """Degrees up to 120 one by one, and what is left below the first moment times the largest eigenvalue."""
    d, cut, last = 4, 15, 120
    squares = expand_squares(as_kernel(name).law, d, cut, 30)
    powers = expand_kernel(name, d, last, digits=30)
    with mpmath.workdps(30):
        direct = sum(powers.powers[k] ** 2 / multiplicity(d, k) for k in range(cut + 1, last + 1))
        left = powers.tail**2 / multiplicity(d, last + 1)
        assert (
            direct * (1 - mpmath.mpf(10) ** -25)
            <= squares.tail
            <= (direct + left) * (1 + mpmath.mpf(10) ** -25)
        )
        assert abs(squares.powers[2] - powers.powers[2] ** 2 / multiplicity(d, 2)) < 1e-28
        assert left < direct


@pytest.mark.parametrize("text", ["relu(x)", "sign(x)", "sqrt(2)*abs(x)"])
def test_two_routes_to_the_second_moment(text):
    """Coefficients of the kernel, and squares of the powers of the features."""
    node = parse_formula(text).node
    one, two = expand_squares(feature_kernel(node), 6, 30, 40), expand_feature_squares(node, 6, 30, 40)
    with mpmath.workdps(40):
        for a, b in zip([*one.powers, one.tail], [*two.powers, two.tail], strict=True):
            assert abs(a - b) <= abs(b) * mpmath.mpf(10) ** -38


def test_mean_square_of_the_linear_kernel():
    squares = expand_squares(as_kernel("t").law, 7, 3, 20)
    assert math.isclose(squares.total, 1 / 7) and squares.tail == 0
