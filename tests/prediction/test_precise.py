"""``digits=``: mpmath numbers with every digit right, at any precision, without touching a global one."""

import json
import math
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.models.library import stored_charts
from asymptotics.models.limit_measures import LimitMeasure
from asymptotics.prediction.precise import evaluate_precisely
from tests.oracles import checkpoints, mei_montanari
from tests.prediction.domain import COMPONENTS, relative_error

UNIT = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)


def published(psi1, psi2, lambda_bar, digits):
    """Bias and variance by bisection on the published pair of equations."""
    context = mpmath.MPContext()
    context.dps = digits + 15
    star = mei_montanari.relu_mu_star_squared(context)
    zeta2 = context.mpf("0.25") / star
    arguments = [context.mpf(v.numerator) / v.denominator for v in (psi1, psi2, lambda_bar)]
    chi = mei_montanari.fixed_point(*arguments, zeta2, context)
    # B and V by their rational functions; the ratio E/E0 carries 1 and zeta^2 as units of power.
    return mei_montanari.bias_and_variance(chi, *arguments[:2], zeta2)


@pytest.mark.parametrize("row", checkpoints.MEI_MONTANARI, ids=str)
def test_published_equations_to_30_digits(row):
    psi1, psi2, lambda_bar = (Fraction(str(value)) for value in row[:3])
    bias, variance = published(psi1, psi2, lambda_bar, 30)
    star = asy.expand("relu", degrees=1, digits=60).tail
    exact = Fraction(int(star.man) * 2 ** max(int(star.exp), 0), 2 ** max(-int(star.exp), 0))
    ridge = lambda_bar * psi2 * exact
    risk = asy.predict(UNIT, asy.Proportional(psi1, psi2), ridge=ridge, digits=35)
    assert relative_error(risk.bias, bias) < 1e-30
    assert relative_error(risk.variance, variance) < 1e-30


@pytest.mark.parametrize("digits", [10, 50, 200, 1000, 2000])
@pytest.mark.parametrize(
    "regime",
    [asy.Proportional("2", "2.0000001"), asy.Proportional("1/3", "0.7"), asy.Proportional(2, math.inf)],
)
def test_every_digit_is_right(regime, digits):
    ridge = {"ridge_per_sample": 0} if regime.psi2 == math.inf else {"ridge": "1e-30"}
    risk = asy.predict(UNIT, regime, **ridge, digits=digits)
    more = asy.predict(UNIT, regime, **ridge, digits=digits + 30)
    for name in COMPONENTS:
        short, long = getattr(risk, name), getattr(more, name)
        assert str(short) == mpmath.libmp.to_str(long._mpf_, digits), name
        assert len(str(short).replace(".", "").lstrip("0")) <= digits or "e" in str(short)


def test_checkpoint_next_to_the_threshold():
    """(psi1, psi2, ridge) = (2, 2.0000001, 1e-30), as decimals and as the doubles closest to them."""
    decimal = asy.predict(UNIT, asy.Proportional("2", "2.0000001"), ridge="1e-30", digits=40)
    floats = asy.predict(UNIT, asy.Proportional(2.0, 2.0000001), ridge=1e-30, digits=40)
    double = asy.predict(UNIT, asy.Proportional(2.0, 2.0000001), ridge=1e-30)
    # The variance of a ridgeless fit with fewer features than samples is noise/(psi2/psi1 - 1).
    assert relative_error(decimal.variance, mpmath.mpf(2 * 10**7)) < 1e-9
    assert 1e-10 < relative_error(floats.test, decimal.test) < 1e-8
    assert relative_error(double.test, floats.test) < 1e-14
    assert double.status == asy.Status.ILL_CONDITIONED
    assert 1e6 < double.condition < 1e8


def test_numbers_print_and_compute_with_their_digits():
    dps = mpmath.mp.dps
    risk = asy.predict(UNIT, asy.Proportional(2, 3), ridge="1/10", digits=40)
    assert mpmath.mp.dps == dps
    assert isinstance(risk.test, mpmath.mpf)
    assert len(str(risk.test)) == 42
    assert str(risk.bias + risk.variance) == str(risk.test)
    assert risk.prediction - risk.test == 1
    assert str(risk.test) in str(risk)
    assert json.loads(risk.to_json())["values"]["test"] == str(risk.test)
    assert pickle.loads(pickle.dumps(risk.test)) == risk.test
    assert float(risk.test) == pytest.approx(
        asy.predict(UNIT, asy.Proportional(2, 3), ridge=0.1).test, rel=1e-15
    )


def test_arrays():
    risk = asy.predict(UNIT, asy.Proportional([[1.0], [2.0]], [1.0, 2.0, 3.0]), ridge="0.01", digits=30)
    assert risk.test.shape == (2, 3)
    one = asy.predict(UNIT, asy.Proportional(2, 3), ridge="0.01", digits=30)
    assert risk.test[1, 2] == one.test
    assert np.all(risk.status == asy.Status.SOLVED)
    assert "solved" in str(risk)


def test_arrays_of_exact_ridges():
    risk = asy.predict(UNIT, asy.Proportional(2, 3), ridge=["0.1", Fraction(1, 5), 0.25], digits=40)
    for value, ridge in zip(risk.test, ("1/10", "1/5", "1/4"), strict=True):
        assert value == asy.predict(UNIT, asy.Proportional(2, 3), ridge=ridge, digits=40).test
    double = asy.predict(UNIT, asy.Proportional(2, 3), ridge=["0.1", "0.2"])
    assert double.test == pytest.approx(risk.test[:2].astype(float), rel=1e-14)
    with pytest.raises(InputError, match="ridge"):
        asy.predict(UNIT, asy.Proportional(2, 3), ridge=["0.1", [0.2, 0.3]])


@pytest.mark.parametrize(
    "regime", [asy.FiniteSize(60, 120), asy.FiniteSize(60, 60), asy.Proportional(math.inf, 2)]
)
@pytest.mark.parametrize("ridge", [0, "1/10"])
def test_kernel_ridge(regime, ridge):
    """Random features without limit are kernel ridge regression with their own kernel."""
    kernel = asy.KernelRidge("t + t**2/2", target={1: 1, 2: 0.5}, noise="0.1")
    precise, double = asy.predict(kernel, regime, ridge, digits=30), asy.predict(kernel, regime, ridge)
    for name in COMPONENTS:
        assert relative_error(getattr(double, name), getattr(precise, name)) < 1e-14, name
    powers = asy.RandomFeaturesRidge(
        asy.Activation.from_coefficients({1: 1, 2: "1/2"}), {1: 1, 2: 0.5}, "0.1"
    )
    if isinstance(regime, asy.Proportional):
        wide = asy.predict(powers, regime, ridge, digits=30)
        assert relative_error(wide.test, precise.test) < 1e-29


def test_divergence_at_the_threshold():
    risk = asy.predict(UNIT, asy.Proportional(2, 2), ridge=0, digits=30)
    assert risk.status == asy.Status.DIVERGES
    assert risk.test == risk.norm == mpmath.inf
    assert risk.train == 0


LINEAR = asy.RandomFeaturesRidge("x", target={1: 1}, noise="1/5")


@pytest.mark.parametrize(
    ("psi1", "psi2", "test", "train"),
    [
        (
            3,
            2,
            "1/5",
            "1/10",
        ),  # more samples and features than directions: noise/(psi2 - 1), noise (1 - 1/psi2)
        (math.inf, 2, "1/5", "1/10"),
        (1, 2, "1/5", "1/10"),  # p = d: features span everything
        (2, 1, math.inf, 0),  # n = d: interpolates noise
        ("1/2", 2, "11/15", "21/40"),  # fewer features than directions: what they miss acts as noise
    ],
)
def test_linear_activation_without_ridge(psi1, psi2, test, train):
    """Linear features of full rank at ridge 0: ordinary least squares, in exact numbers."""
    for options in ({"digits": 40}, {}):
        risk = asy.predict(LINEAR, asy.Proportional(psi1, psi2), ridge=0, **options)
        tolerance = 1e-38 if options else 1e-15
        expected = mpmath.inf if test == math.inf else Fraction(test)
        assert relative_error(risk.test, _real(expected)) < tolerance
        assert relative_error(risk.train, _real(Fraction(train))) < tolerance


def _real(value):
    if isinstance(value, Fraction):
        context = mpmath.MPContext()
        context.dps = 60
        return context.mpf(value.numerator) / value.denominator
    return value


def test_corner_of_full_rank():
    """n = p = d without ridge: bias and norm tend to limits only if there is no noise."""
    quiet = asy.RandomFeaturesRidge("x", target={1: 1})
    risk = asy.predict(quiet, asy.Proportional(1, 1), ridge=0, digits=30)
    double = asy.predict(quiet, asy.Proportional(1, 1), ridge=0)
    assert str(risk.test) == "0." + "3" * 30
    assert double.test == pytest.approx(1 / 3, rel=1e-15)
    assert asy.predict(quiet, asy.Proportional(1, 1), ridge=1e-20).test == pytest.approx(1 / 3, rel=1e-6)


def test_numbers_beyond_doubles():
    risk = asy.predict(UNIT, asy.Proportional(2, 2), ridge="1e-900", digits=20)
    larger = asy.predict(UNIT, asy.Proportional(2, 2), ridge="1e-896", digits=20)
    assert relative_error(risk.test, larger.test * 100) < 1e-19
    assert risk.status == asy.Status.SOLVED


def test_finite_size_resolves_enough_degrees():
    """The rest of the spectrum counts: thirty degrees are right to some digits only, and more are taken."""
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: 0.5}, "0.1")
    values = [
        asy.predict(model, asy.FiniteSize(20, 90, 60), ridge="0.01", digits=digits) for digits in (15, 25, 40)
    ]
    assert relative_error(values[0].test, values[2].test) < 1e-15
    assert relative_error(values[1].test, values[2].test) < 1e-25


@pytest.mark.slow
def test_many_degrees_are_learned():
    """n = 2896 in three dimensions learns 76 degrees of erf: more than are tried at first."""
    model = asy.RandomFeaturesRidge("erf", target={1: 1}, noise="0.3")
    precise = asy.predict(model, asy.FiniteSize(3, 2896, 2897), ridge=0, digits=20)
    double = asy.predict(model, asy.FiniteSize(3, 2896, 2897), ridge=0)
    assert relative_error(double.norm, precise.norm) < 1e-13
    assert precise.effective_ridge < 1e-90


def test_too_many_digits_for_a_slow_spectrum():
    """Of an activation whose kernel has no closed form, so that the second moment of its tail is not known."""
    model = asy.RandomFeaturesRidge("heaviside(x) + x/9", target={1: 1})
    with pytest.raises(PrecisionError, match="at most") as caught:
        asy.predict(model, asy.FiniteSize(5, 40, 60), ridge="1e-3", digits=60)
    allowed = int(str(caught.value).split("at most ")[1].split()[0])
    risk = asy.predict(model, asy.FiniteSize(5, 40, 60), ridge="1e-3", digits=allowed)
    double = asy.predict(model, asy.FiniteSize(5, 40, 60), ridge=1e-3)
    assert double.status == asy.Status.ILL_CONDITIONED
    assert relative_error(double.test, risk.test) < 10.0**-allowed
    with pytest.raises(PrecisionError, match="take a larger d"):
        asy.predict(model, asy.FiniteSize(3, 4000, 6000), ridge="1e-3", digits=5)


@pytest.mark.parametrize("digits", [0, -3, 2.5, "many", True, 10**6])
def test_digits_are_checked(digits):
    with pytest.raises(InputError, match="digits"):
        asy.predict(UNIT, asy.Proportional(2, 3), ridge=1, digits=digits)


def test_points_of_the_engine_are_exact():
    """The lowest level: a point in exact coordinates."""
    from asymptotics.prediction.points import locate

    charts = stored_charts("random-features", "proportional")
    point = locate(charts, {"n": Fraction(1, 3), "p": Fraction(1, 7)}, Fraction(1))
    assert point.chart == charts[1]
    assert point.coordinates["gap"] == Fraction(4, 7)
    assert evaluate_precisely(LimitMeasure(UNIT), point, 20).status == asy.Status.SOLVED


def test_arrays_of_exact_sizes_stay_exact():
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    grid = asy.predict(model, asy.Proportional(["1/3", "0.1"], Fraction(10, 7)), ridge="0.01", digits=30)
    for psi1, value in zip(("1/3", "0.1"), grid.test, strict=True):
        alone = asy.predict(model, asy.Proportional(psi1, Fraction(10, 7)), ridge="0.01", digits=30)
        assert str(value) == str(alone.test)


@pytest.mark.parametrize("name", ["laplace", "ntk-relu-3"])
def test_slow_spectra_in_low_dimension(name):
    """The one eigenvalue that stands for all degrees above 160, against 400 degrees one by one."""
    d, last = 5, 400
    model = asy.KernelRidge(name, {1: 1, 2: "1/2"}, "0.1")
    expansion = model.expand(d, last)
    counts = [multiplicity(d, k) for k in range(last + 1)]
    target = [model.target.power(k) for k in range(last + 1)]
    eigenvalues = [float(p) / c for p, c in zip(expansion.powers, counts, strict=True)]
    levels = asy.SpectralRidge(eigenvalues, target, "0.1", multiplicities=counts, tail=expansion.tail)
    one, two = (
        asy.predict(model, asy.FiniteSize(d, 100), 0.1),
        asy.predict(levels, asy.FiniteSize(n=100), 0.1),
    )
    for component in COMPONENTS:
        assert relative_error(getattr(one, component), getattr(two, component)) < 1e-11, component
    assert one.status == asy.Status.SOLVED


def test_digits_of_slow_features():
    """Thirty digits for steps in five dimensions, where a tail without second moment gives few."""
    model = asy.RandomFeaturesRidge("heaviside(x)", {1: 1}, "0.1")
    few, more = (asy.predict(model, asy.FiniteSize(5, 40, 60), "1e-3", digits=digits) for digits in (15, 18))
    assert relative_error(few.test, more.test) < 1e-15
    assert relative_error(asy.predict(model, asy.FiniteSize(5, 40, 60), 1e-3).test, more.test) < 1e-13


@pytest.mark.slow
def test_digits_of_a_slow_spectrum():
    """Twelve digits in four dimensions, confirmed by sixteen; more than half as many again are refused."""
    model = asy.KernelRidge("laplace", {1: 1}, "0.1")
    few, more = (asy.predict(model, asy.FiniteSize(4, 20), "0.1", digits=digits) for digits in (12, 16))
    assert relative_error(few.test, more.test) < 1e-12
    with pytest.raises(PrecisionError, match="decays too slowly"):
        asy.predict(model, asy.FiniteSize(4, 20), "0.1", digits=40)


def test_bound_of_the_gathered_tail_is_half_the_largest_second_derivative():
    """Of the three functions of an eigenvalue x that the equations average, at nu = 1."""
    from asymptotics.models.sphere_levels import SECOND_ORDER

    x, step = np.linspace(1e-3, 5, 2000), 1e-3
    largest = 0.0
    for function in (lambda x: 1 / (x + 1), lambda x: 1 / (x + 1) ** 2, lambda x: x / (x + 1) ** 2):
        second = (function(x + step) - 2 * function(x) + function(x - step)) / step**2
        largest = max(largest, np.abs(second).max() / 2)
    assert largest == pytest.approx(SECOND_ORDER, rel=0.01) and largest <= SECOND_ORDER
