"""Powers of tangent features: exact values, sums over degrees, and the kernel itself."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.special import eval_gegenbauer

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.tangent import (
    expand_tangent,
    expand_tangent_certified,
    rescaled,
    slope_of,
)

DIMENSIONS = [3, 10, 60, math.inf]


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("activation", ["relu", "tanh(x)", "x**3 + x**2", "exp(x/2)"])
def test_powers_and_tail_add_up_to_the_mean_square_of_the_slope(activation, d):
    for degrees in (0, 1, 5):
        found = expand_tangent(activation, d, degrees)
        assert min(found.powers) >= 0 and len(found.powers) == degrees + 1
        assert math.fsum(found.powers) + found.tail == pytest.approx(found.total, rel=1e-13)
        assert found.total == pytest.approx(expand(slope_of(activation), d, 1).total, rel=1e-13)


def test_the_limit_has_the_hermite_coefficients_of_the_slope():
    """b_{k-1}^2 = k mu_k^2; for relu 1/4 in degree one and 1/(2 pi) in degree two."""
    found, powers = expand_tangent("relu", math.inf, 4).powers, expand("relu", math.inf, 4).powers
    assert found[1:] == pytest.approx([k * powers[k] for k in range(1, 5)], rel=1e-14)
    assert found[:3] == pytest.approx([0, 1 / 4, 1 / (2 * math.pi)])


@pytest.mark.parametrize("d", [5, 40])
def test_powers_are_those_of_the_kernel_t_times_kappa(d):
    """For relu the kernel of the slope is 1/2 - acos(t)/(2 pi); sums of zonal polynomials give t times it."""
    degrees = 60
    found = expand_tangent("relu", d, degrees)
    for t in (-0.6, 0.1, 0.5):
        zonal = [
            eval_gegenbauer(k, d / 2 - 1, t) / eval_gegenbauer(k, d / 2 - 1, 1.0) for k in range(degrees + 1)
        ]
        kernel = t * (0.5 - math.acos(t) / (2 * math.pi))
        assert np.dot(found.powers, zonal) == pytest.approx(kernel, abs=2e-4 if d == 5 else 1e-10)


def test_exact_powers_in_finite_dimension():
    """sigma = x^2 in four dimensions: slope 2x, whose square 4t^2 = 1 + 3 P_2."""
    assert expand_tangent("x**2", 4, 3).powers == pytest.approx((1, 0, 3, 0))
    assert [k for k, _ in expand_tangent("x**2", 4, 3).zeros] == [1, 3]


def test_digits_and_proofs():
    many, proved = expand_tangent("tanh(x)", 10, 3, 40), expand_tangent_certified("tanh(x)", 10, 3, 40)
    half = rescaled(many, Fraction(1, 3))
    with mpmath.workdps(50):
        for k in (1, 3):
            middle = mpmath.mpf(proved.powers[k].mid().str(45, radius=False))
            assert abs(many.powers[k] - middle) < mpmath.mpf(10) ** -40
            assert proved.powers[k].rel_accuracy_bits() > 120
        assert abs(3 * half.powers[1] - many.powers[1]) < mpmath.mpf(10) ** -40


def test_slopes_of_what_has_none():
    given = Activation.from_coefficients({0: 3, 1: "1/2", 2: "1/4"})
    assert expand_tangent(given, 7, 3).powers == pytest.approx((0.5 / 7, 0.5, 0.5 * 6 / 7, 0))
    with pytest.raises(InputError, match="without a tail"):
        slope_of(Activation.from_coefficients({1: "1/2"}, tail="0.1"))
    with pytest.raises(InputError, match="a name or a formula"):
        slope_of(Activation.from_function(np.tanh))
    with pytest.raises(InputError, match="jumps"):
        slope_of("sign")
