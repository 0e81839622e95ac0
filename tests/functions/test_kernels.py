import math
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from asymptotics.errors import InputError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.expansions.kernel_spectra import _gegenbauer, _large_dimension
from asymptotics.functions.formulas.enclosures import working_precision
from asymptotics.functions.kernel_catalogue import KERNEL_NAMES
from asymptotics.functions.kernels import Kernel, as_kernel, expand_kernel

NAMES = [
    *KERNEL_NAMES,
    "gaussian-0.5",
    "laplace-2",
    "ntk-relu-3",
    "ntk-erf-2",
    "polynomial-5",
    "exp(t)*(1 + t**2)",
    "1/(2 - t)",
]


def relu_layer(u):
    angle = np.arccos(np.clip(u, -1, 1))
    return (np.sqrt(np.maximum(1 - u * u, 0)) + u * (np.pi - angle)) / np.pi, 1 - angle / np.pi


ORACLES = {
    "exponential": np.exp,
    "polynomial-5": lambda t: (1 + t) ** 5,
    "gaussian-0.5": lambda t: np.exp(-(2 - 2 * t) / (2 * 0.5**2)),
    "laplace-2": lambda t: np.exp(-np.sqrt(np.maximum(2 - 2 * t, 0)) / 2),
    "arccos0": lambda t: relu_layer(t)[1],
    "arccos1": lambda t: relu_layer(t)[0],
    "ntk-relu": lambda t: t * relu_layer(t)[1] + relu_layer(t)[0],
}


@pytest.mark.parametrize("name", ORACLES)
def test_values(name):
    t = np.linspace(-1, 1, 21).reshape(3, 7)
    np.testing.assert_allclose(as_kernel(name)(t), ORACLES[name](t), rtol=1e-12, atol=1e-14)


def test_tangent_kernels_against_their_definition():
    """Two hidden layers: gradients with respect to all weights, by Gaussian integrals of the layers (quadrature)."""

    def pair_mean(function, variance, covariance):
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        a, b = np.meshgrid(nodes, nodes)
        u = np.sqrt(variance) * a
        v = covariance / np.sqrt(variance) * a + np.sqrt(max(variance - covariance**2 / variance, 0)) * b
        return (np.outer(weights, weights) * function(u) * function(v)).sum() / weights.sum() ** 2

    for t in (-0.3, 0.4, 0.8):
        tangent = covariance = t
        variance = 1.0
        for _ in range(2):
            slope = pair_mean(lambda u: 2 / np.sqrt(np.pi) * np.exp(-u * u), variance, covariance)
            following = pair_mean(special.erf, variance, covariance)
            variance, covariance = pair_mean(special.erf, variance, variance), following
            tangent = tangent * slope + following
        assert as_kernel("ntk-erf-2")(t) == pytest.approx(tangent, rel=1e-9)
    assert as_kernel("ntk-relu-7")(1.0) == pytest.approx(8) and as_kernel("ntk-relu-7")(
        1 + 1e-12
    ) == pytest.approx(8)
    value, slope = relu_layer(0.3)
    two = (0.3 * slope + value) * relu_layer(value)[1] + relu_layer(value)[0]
    assert as_kernel("ntk-relu-2")(0.3) == pytest.approx(two, rel=1e-14)


@pytest.mark.parametrize("d", [3, 4, 30])
@pytest.mark.parametrize("name", NAMES)
def test_against_quadrature_of_the_definition(name, d):
    h = as_kernel(name)
    result = expand_kernel(name, d, 6)
    alpha = (d - 2) / 2
    constant = math.exp(special.gammaln(d / 2) - special.gammaln((d - 1) / 2)) / math.sqrt(math.pi)
    for k in (0, 1, 2, 5):
        at_one = special.eval_gegenbauer(k, alpha, 1.0)

        def integrand(angle, k=k, at_one=at_one):
            t = math.cos(angle)
            return (
                float(h(t))
                * special.eval_gegenbauer(k, alpha, t)
                / at_one
                * math.sin(angle) ** (d - 2)
                * constant
            )

        value, _ = integrate.quad(integrand, 0, math.pi, epsabs=1e-14, epsrel=1e-12, limit=300)
        assert result.powers[k] == pytest.approx(
            multiplicity(d, k) * value, rel=1e-8, abs=1e-9 * result.total
        )
        assert result.eigenvalue(k) == pytest.approx(
            value, rel=1e-8, abs=1e-9 * result.total / multiplicity(d, k)
        )


@pytest.mark.parametrize("d", [2, 3, 17, 10**4, 10**6, 10**9, math.inf])
@pytest.mark.parametrize("kernel, activation", [("arccos1", "relu"), ("arccos0", "heaviside")])
def test_arc_cosine_kernels_are_those_of_their_features(kernel, activation, d):
    """E sigma sigma' over features is half the arc-cosine kernel, in every dimension; no formula is shared."""
    one, two = expand_kernel(kernel, d, 30), expand(activation, d, 30)
    np.testing.assert_allclose(one.powers, 2 * np.array(two.powers), rtol=1e-15)
    assert one.tail == pytest.approx(2 * two.tail, rel=1e-14) and one.total == 2 * two.total


def test_dual_kernel_of_erf():
    one, two = expand_kernel("2*asin(2*t/3)/pi", math.inf, 25), expand("erf", math.inf, 25)
    np.testing.assert_allclose(one.powers, two.powers, rtol=1e-15)
    assert one.tail == pytest.approx(two.tail, rel=1e-14)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from([2, 3, 9, 100, 10**5, 10**10, math.inf]), st.integers(0, 20))
def test_parts_add_up(name, d, degrees):
    e, more = expand_kernel(name, d, degrees), expand_kernel(name, d, degrees + 2)
    assert math.isclose(math.fsum([*e.powers, e.tail]), e.total, rel_tol=1e-15)
    assert e.total == pytest.approx(float(as_kernel(name)(1.0)), rel=1e-14)
    assert min(e.powers) >= 0 and e.tail >= 0 and e.powers == more.powers[: degrees + 1]
    assert math.isclose(more.above(degrees), e.tail, rel_tol=1e-14)
    assert {k for k, p in enumerate(e.powers) if p == 0} <= {k for k, _ in e.zeros}


@pytest.mark.parametrize("name", ["laplace", "ntk-relu-2", "exponential", "ntk-erf", "polynomial-3"])
@pytest.mark.parametrize("d", [3, 60, 10**5, math.inf])
def test_float_is_the_rounding_of_fifty_digits(name, d):
    coarse, fine = expand_kernel(name, d, 12), expand_kernel(name, d, 12, digits=50)
    assert all(
        a == float(b) for a, b in zip([*coarse.powers, coarse.tail], [*fine.powers, fine.tail], strict=True)
    )
    finer = expand_kernel(name, d, 12, digits=400)
    with mpmath.workdps(420):
        for a, b in zip([*fine.powers, fine.tail], [*finer.powers, finer.tail], strict=True):
            assert abs(a - b) <= abs(b) * mpmath.mpf(10) ** -50


@pytest.mark.parametrize("name", ["laplace", "ntk-relu-3", "exp(t)", "gaussian-0.3"])
def test_two_routes_in_large_dimension(name):
    """Regrouped Taylor coefficients and quadrature against the weight give the same powers."""
    kernel, d = as_kernel(name), 5000
    by_quadrature = _gegenbauer(kernel.law, d, 8)
    one, _ = by_quadrature(200)
    two, _ = _large_dimension(kernel.law, d, 8, by_quadrature)(200)
    with working_precision(300):
        for a, b in zip(one, two, strict=True):
            assert abs(a - b) < 1e-55 * abs(b)


def test_polynomials_are_exact():
    e = expand_kernel("(1 + t)**2", 4, 3)
    assert e.powers == (1.25, 2.0, 0.75, 0.0) and e.tail == 0  # t^2 = 1/d + (1 - 1/d) Q_2
    assert expand_kernel("t**2/2 + t/2", 2, 2).powers == (0.25, 0.5, 0.25)
    assert expand_kernel("t**4", math.inf, 3).tail == 1.0


def test_large_dimension_tends_to_taylor():
    limit = expand_kernel("laplace", math.inf, 6).powers
    gaps = [
        max(abs(a - b) for a, b in zip(expand_kernel("laplace", d, 6).powers, limit, strict=True))
        for d in (10**3, 10**5, 10**7)
    ]
    assert (
        gaps[0] < 1e-2
        and gaps[1] == pytest.approx(gaps[0] / 100, rel=0.1)
        and gaps[2] == pytest.approx(gaps[1] / 100, rel=0.1)
    )


@pytest.mark.parametrize(
    "value",
    ["1 - t", "abs(t)", "exp(-t)", "cos(t)", "log(t)", "1/(1 - t)", "-exp(t)", "max(t, 0)", "t - 0.5", "exp(x)", "rbff",
     "ntk-tanh",
     "ntk-relu-0", "ntk-relu-999", "gaussian-0", "gaussian-1/0", "polynomial", "polynomial-99", "t.real", "",
     3, None, ["exp(t)"],
     "sqrt(t)", "0*t", "tanh(t)", "t**2 - t"],
)  # fmt: skip
def test_what_is_no_kernel_is_refused(value):
    with pytest.raises(InputError, match="kernel"):
        as_kernel(value)


def test_refusals_say_why():
    with pytest.raises(InputError, match=r"part in degree 2 is -0\.23 for d = 2"):
        as_kernel("cos(t)")
    with pytest.raises(InputError, match="did you mean laplace"):
        as_kernel("laplce")


def test_positive_definite_in_low_dimension_only():
    """A Gegenbauer polynomial of three dimensions is positive definite there and not in forty."""
    kernel = Kernel.from_formula("(5*t**4*7 - 30*t**2 + 3)/8 + t**2/50 + 1/10")  # Legendre P_4 and a little
    assert min(expand_kernel(kernel, 3, 6).powers) >= 0
    with pytest.raises(InputError, match="positive definite"):
        expand_kernel(kernel, 40, 6)
    with pytest.raises(InputError, match="positive definite"):
        expand_kernel(kernel, math.inf, 6)


def test_kink_has_no_limit():
    kernel = Kernel("step", as_kernel("exp(t)").law.__class__(as_kernel_node("exp(t) + abs(t)/50"), "t"))
    with pytest.raises(InputError, match="analytic at t = 0"):
        expand_kernel(kernel, math.inf, 4)


def as_kernel_node(text):
    from asymptotics.functions.formulas.grammar import parse_formula

    return parse_formula(text, "t").node


def test_coefficients():
    kernel = Kernel.from_coefficients({1: "1/3", 2: 0.25}, tail="0.1")
    e = expand_kernel(kernel, 10, 3)
    assert (
        e.powers == (0, 1 / 3, 0.25, 0) and e.tail == 0.1 and e.zeros == ((0, "not given"), (3, "not given"))
    )
    assert expand_kernel(kernel, 10, 1, digits=30).tail == mpmath.mpf("0.25") + to_mpf(Fraction(1, 10))
    with pytest.raises(InputError, match="given by its coefficients"):
        kernel([0.5])


def to_mpf(value):
    return mpmath.mpf(value.numerator) / value.denominator


@pytest.mark.parametrize("name", NAMES)
def test_values_and_identity(name):
    kernel = as_kernel(name)
    assert (
        as_kernel(kernel) is kernel
        and pickle.loads(pickle.dumps(kernel)) == kernel
        and str(kernel) == kernel.name
        and repr(kernel) == f"<Kernel {kernel.name}>"
    )
    points = np.random.default_rng(3).normal(size=(30, 5))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    gram = kernel(points @ points.T)
    assert gram.shape == (30, 30) and np.linalg.eigvalsh(gram).min() > -1e-12 * gram.max() * 30
