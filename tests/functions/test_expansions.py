import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from asymptotics.errors import InputError
from asymptotics.functions.activation_catalogue import ACTIVATION_NAMES
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity, recurrence
from asymptotics.functions.kernels import Kernel

NAMES = [*ACTIVATION_NAMES, "he1", "he4", "max(x,0) - x/3", "abs(sin(x))", "relu(x - 1)**2"]


def density(d):
    if d == math.inf:
        return lambda t: np.exp(-t * t / 2) / np.sqrt(2 * np.pi), 14.0
    constant = np.exp(special.gammaln(d / 2) - special.gammaln((d - 1) / 2)) / np.sqrt(np.pi * d)
    return lambda t: constant * np.maximum(1 - t * t / d, 0) ** ((d - 3) / 2), np.sqrt(d)


def polynomial(d, k, t):
    """Orthonormal polynomial by SciPy's Gegenbauer or Hermite functions, apart from the package's recurrence."""
    if d == math.inf:
        return special.eval_hermitenorm(k, t) / math.sqrt(math.factorial(k))
    alpha = (d - 2) / 2
    at_one = special.eval_gegenbauer(k, alpha, 1.0)
    return special.eval_gegenbauer(k, alpha, t / np.sqrt(d)) / at_one * math.sqrt(multiplicity(d, k))


@pytest.mark.parametrize("d", [math.inf, 3, 4, 30])
@pytest.mark.parametrize("name", NAMES)
def test_against_quadrature_of_the_definition(name, d):
    """Every power and the total against SciPy's quad on the definition."""
    sigma = as_activation(name)
    weight, end = density(d)
    kinks = [float(k) for k in sigma.kinks if abs(float(k)) < end]
    if name == "abs(sin(x))":
        kinks = [k * math.pi for k in range(-4, 5) if abs(k * math.pi) < end]
    result = expand(name, d, 6)
    breaks = sorted({-end, *kinks, 0.0, end})

    def mean(function):
        return sum(
            integrate.quad(lambda t: function(t) * weight(t), a, b, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
            for a, b in itertools.pairwise(breaks)
        )

    total = mean(lambda t: float(sigma(t)) ** 2)
    assert result.total == pytest.approx(total, rel=1e-10)
    for k in (0, 1, 2, 5):
        coefficient = mean(lambda t, k=k: float(sigma(t)) * polynomial(d, k, t))
        assert result.powers[k] == pytest.approx(coefficient**2, rel=1e-9, abs=1e-11 * total)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(NAMES), st.sampled_from([2, 3, 5, 14, 100, 10**4, 10**8, math.inf]), st.integers(0, 30)
)
def test_parseval_and_nesting(name, d, degrees):
    """Powers and tail add up, are nonnegative, and do not depend on how many degrees are resolved."""
    one, two = expand(name, d, degrees), expand(name, d, degrees + 3)
    assert math.isclose(math.fsum([*one.powers, one.tail]), one.total, rel_tol=1e-15)
    assert all(p >= 0 for p in one.powers) and one.tail >= 0
    assert one.powers == two.powers[: degrees + 1] and one.total == two.total
    assert math.isclose(two.above(degrees), one.tail, rel_tol=3e-15)
    for k, reason in one.zeros:
        assert reason and (one.tail if k == -1 else one.powers[k]) == 0
    assert {k for k, p in enumerate(one.powers) if p == 0} <= {k for k, _ in one.zeros}


@pytest.mark.parametrize("d", [math.inf, 3, 60, 10**6])
@pytest.mark.parametrize(
    "name", ["erf", "heaviside", "tanh", "softplus", "gelu", "relu", "exponential", "softsign"]
)
def test_float_is_the_rounding_of_fifty_digits(name, d):
    coarse, fine = expand(name, d, 30), expand(name, d, 30, digits=50)
    for a, b in zip(
        [*coarse.powers, coarse.tail, coarse.total], [*fine.powers, fine.tail, fine.total], strict=True
    ):
        assert a == float(b)


def test_precision_fifty_inside_precision_two_hundred():
    for name in ("relu", "tanh", "erf", "abs(sin(x))"):
        low, high = expand(name, 7, 12, digits=50), expand(name, 7, 12, digits=200)
        with mpmath.workdps(220):
            for a, b in zip([*low.powers, low.tail], [*high.powers, high.tail], strict=True):
                assert abs(a - b) <= abs(b) * mpmath.mpf(10) ** -50


def test_digits_leave_mpmath_alone():
    before = mpmath.mp.prec
    value = expand("erf", digits=80).powers[1]
    assert mpmath.mp.prec == before
    with mpmath.workdps(90):  # Williams: E erf(u) erf(v) = (2/pi) arcsin(2 rho/3)
        assert abs(value - 4 / (3 * mpmath.pi)) < mpmath.mpf(10) ** -80


def test_published_relu_constants():
    """Mei-Montanari's mu_1 = 1/2 and mu_star^2 = 1/4 - 1/(2 pi)."""
    e = expand("relu", degrees=1)
    assert e.powers[1] == 0.25 and e.tail == pytest.approx(0.09084505690810466, rel=1e-15)
    assert e.powers[0] == 1 / (2 * math.pi)


def test_tails_keep_relative_accuracy():
    for k in (5, 30):
        mpmath_tail = mpmath.nsum(
            lambda m: (
                2
                / mpmath.pi
                * mpmath.binomial(2 * m, m)
                / 4**m
                / (2 * m + 1)
                * mpmath.mpf(2) ** (2 * m + 1)
                / 3 ** (2 * m + 1)
            ),
            [(k + 1) // 2, 200],
        )
        assert expand("erf", degrees=k).tail == pytest.approx(float(mpmath_tail), rel=1e-14)
    e = expand("heaviside", degrees=100)
    kept = sum(Fraction(math.comb(2 * m, m), 4**m * (2 * m + 1)) for m in range(50))
    with mpmath.workdps(40):  # sum over all m is arcsin(1) = pi/2
        tail = (mpmath.pi / 2 - mpmath.mpf(kept.numerator) / kept.denominator) / (2 * mpmath.pi)
    assert e.tail == pytest.approx(float(tail), rel=1e-15)
    assert (
        0
        < expand("exponential", degrees=60).tail
        == pytest.approx(
            float(mpmath.nsum(lambda k: mpmath.e / mpmath.factorial(k), [61, mpmath.inf])), rel=1e-13
        )
    )


@pytest.mark.parametrize(
    "name, zeros",
    [("relu", {3, 5, 7}), ("gelu", {3, 5, 7}), ("silu", {3, 5, 7}), ("softplus", {3, 5, 7}), ("sigmoid", {2, 4, 6}),
     ("erf", {0, 2, 4, 6}), ("cos", {1, 3, 5, 7}), ("elu", set()), ("he3", {0, 1, 2, 4, 5, 6, 7}),
     ("max(x,0) - x/2", {1, 3, 5, 7})],
)  # fmt: skip
def test_vanishing_degrees(name, zeros):
    for d in (math.inf, 20):
        found = {k for k, p in enumerate(expand(name, d, 7).powers) if p == 0}
        assert found == (zeros if d == math.inf or name != "he3" else {0, 2, 4, 5, 6, 7})


def test_accidental_zeros_are_found():
    """The third Hermite coefficient of a step at 1 is proportional to He_2(1) = 0."""
    e = expand("heaviside(x - 1)", degrees=6)
    assert e.powers[3] == 0 and e.powers[5] > 0 and "zero to" in dict(e.zeros)[3]
    assert expand("softplus(x) - softplus(-x)", degrees=8).powers[1] == 1
    assert expand("softplus(x) - softplus(-x)", degrees=8).above(1) == 0


def test_polynomials_are_exact():
    e = expand("x**2 - 1", degrees=5)
    assert e.powers == (0, 0, 2, 0, 0, 0) and e.tail == 0 and e.total == 2
    assert expand("he5", degrees=8).powers == (0, 0, 0, 0, 0, 1, 0, 0, 0)
    assert expand("he5", degrees=2).tail == 1
    assert expand("0*x", degrees=2).total == 0


def test_finite_dimension_tends_to_gaussian():
    limit = expand("relu", degrees=8)
    errors = [
        max(abs(a - b) for a, b in zip(expand("relu", d, 8).powers, limit.powers, strict=True))
        for d in (10**2, 10**4, 10**8)
    ]
    assert errors[0] < 0.01 and errors[1] < errors[0] / 50 and errors[2] < errors[1] / 5000


def test_vanishes_on_a_small_sphere():
    e = expand("relu(x - 5)", 3, 4)
    assert e.total == 0 and e.powers == (0,) * 5


def test_coefficients_do_not_depend_on_dimension():
    sigma = Activation.from_coefficients(powers={1: "1/4", 3: "0.5"}, tail="0.09")
    e = expand(sigma, 7, 5)
    assert e.powers == (0, 0.25, 0, 0.5, 0, 0) and e.tail == 0.09 and e.total == 0.84
    assert expand(sigma, degrees=2).tail == pytest.approx(0.59) and expand(sigma, degrees=2).powers == (
        0,
        0.25,
        0,
    )
    with mpmath.workdps(40):
        assert abs(expand(sigma, degrees=2, digits=30).tail - mpmath.mpf("0.59")) < mpmath.mpf(10) ** -31


@pytest.mark.parametrize(
    "arguments",
    [{"d": 1}, {"d": 2.5}, {"d": -3}, {"d": "3"}, {"d": math.nan}, {"degrees": -1}, {"degrees": 1.5}, {"degrees": True},
     {"digits": 0}, {"digits": "50"}, {"activation": "foo"}, {"activation": "exp(x**2)"}, {"activation": "1/x"}],
)  # fmt: skip
def test_bad_arguments(arguments):
    with pytest.raises(InputError):
        expand(**{"activation": "relu", **arguments})


def test_multiplicity():
    assert [multiplicity(2, k) for k in range(4)] == [1, 2, 2, 2]
    assert multiplicity(10**6, 0) == 1 and multiplicity(10**6, 1) == 10**6
    assert multiplicity(5, 3) == 30 and multiplicity(10**8, 2) == 10**8 * (10**8 + 1) // 2 - 1
    for d, k in ((math.inf, 1), (3, -1), (1, 1), (3, 1.0), (2.5, 1)):
        with pytest.raises(InputError):
            multiplicity(d, k)


def test_recurrence_is_gegenbauers():
    assert recurrence(2, 3)[1:] == [1, Fraction(1, 2), Fraction(1, 2)]
    assert recurrence(3, 2)[1:] == [1, Fraction(4, 5)]


def test_expansion_prints_and_answers():
    e = expand("relu", 10, 2)
    assert isinstance(e, Expansion) and "degree   2" in str(e) and e.eigenvalue(1) == e.power(1) / 10
    assert expand("relu", 10**300, 2).eigenvalue(2) == 0.0
    for call in (e.power, e.above):
        with pytest.raises(InputError, match="degree"):
            call(3)


@pytest.mark.parametrize("text", ["exp(x**2)", "exp(x**2/4)", "exp(exp(x))", "exp(x**3)*x"])
def test_growth_is_refused_by_name(text):
    """The argument is the activation, the value is what was given, and there is advice."""
    with pytest.raises(InputError, match="grows like exp") as caught:
        expand(text)
    assert (caught.value.name, caught.value.value) == ("activation", text)
    assert "standard Gaussian x" in caught.value.allowed and "FiniteSize" in caught.value.advice
    assert math.isfinite(expand(text, d=12).total)


@pytest.mark.parametrize("text, place", [("1/x", "0"), ("x/(x - 1)", "1"), ("1/sqrt(abs(x))", "0")])
@pytest.mark.parametrize("d", [math.inf, 12])
def test_poles_are_refused_by_name(text, place, d):
    with pytest.raises(InputError, match=rf"near \|x\| = {place}: bound it there") as caught:
        expand(text, d=d)
    assert (caught.value.name, caught.value.value) == ("activation", text)


def test_kernel_with_a_pole_is_refused_by_name():
    with pytest.raises(
        InputError, match=r"finite on all of \[-1, 1\]; it is not, near \|t\| = 0.5"
    ) as caught:
        Kernel.from_formula("1/(1/2 - t)**2")
    assert caught.value.name == "kernel"
