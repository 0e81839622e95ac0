import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asymptotics.errors import InputError
from asymptotics.report.judgement import calibrate, extrapolate, holm, normal_score, pool


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.001, 0.5))
def test_holm_is_between_bonferroni_and_no_correction(values, rate):
    p_values = np.array(values)
    rejected = holm(p_values, rate)
    assert (rejected >= (p_values <= rate / len(p_values))).all()
    assert (rejected <= (p_values <= rate)).all()
    if rejected.any() and not rejected.all():
        assert p_values[rejected].max() <= p_values[~rejected].min()


@given(st.floats(-30, 30), st.integers(1, 200))
def test_normal_score_keeps_the_tail_probability(t, degrees):
    assert stats.norm.sf(abs(normal_score(t, degrees))) == pytest.approx(
        stats.t.sf(abs(t), degrees), rel=1e-6
    )


def test_pool():
    assert pool(np.array([1.0, -2.0])).chi_squared == 5
    assert pool(np.array([1.0, -2.0])).p_value == pytest.approx(np.exp(-2.5))
    assert pool(np.array([])).p_value == 1


@given(st.integers(0, 10**6), st.sampled_from([1, 2]))
def test_extrapolation_recovers_polynomials(seed, order):
    generator = np.random.default_rng(seed)
    d = np.array([8.0, 11.0, 16.0, 40.0, 90.0])
    truth = generator.standard_normal(order + 1)
    values = sum(c / d**k for k, c in enumerate(truth))
    fit = extrapolate(d, values, np.full(5, 0.01), order=order)
    assert [fit.limit, *fit.coefficients] == pytest.approx(truth, abs=1e-9)
    assert fit.degrees_of_freedom == 4 - order and fit.chi_squared < 1e-12 and fit.p_value > 0.999


@pytest.mark.statistical
@pytest.mark.parametrize("order", [1, 2])
def test_standard_errors_of_the_extrapolation(order):
    """z-scores of 2000 fits are standard normal, p-values uniform: Kolmogorov-Smirnov at rate 1e-3 each."""
    generator = np.random.default_rng(order)
    d, error = np.array([10.0, 15.0, 25.0, 60.0]), np.array([0.02, 0.01, 0.01, 0.02])
    fits = [
        extrapolate(d, 0.3 / d + error * generator.standard_normal(4), error, order=order)
        for _ in range(2000)
    ]
    assert stats.kstest([fit.z for fit in fits], "norm").pvalue > 1e-3
    assert stats.kstest([fit.p_value for fit in fits], "uniform").pvalue > 1e-3


def test_extrapolation_prints_and_checks_its_input():
    fit = extrapolate(np.array([10, 20, 30]), np.array([0.3, 0.2, 0.1]), np.array([0.1, 0.1, 0.1]), order=2)
    assert fit.p_value == 1 and "in 1/d^2" in str(fit) and "standard errors" in str(fit)
    with pytest.raises(InputError, match="different sizes"):
        extrapolate(np.array([10, 10]), np.zeros(2), np.ones(2))
    with pytest.raises(InputError, match="different sizes"):
        extrapolate(np.array([10, 20]), np.zeros(2), np.ones(2), order=2)
    with pytest.raises(InputError, match="standard_error"):
        extrapolate(np.array([10, 20]), np.zeros(2), np.array([1.0, 0.0]))


def test_calibration():
    normal = calibrate(stats.norm.ppf((np.arange(99) + 0.5) / 99))
    assert normal.scores == pytest.approx(normal.expected)
    assert normal.p_value > 0.99 and "within 1, 2, 3 standard errors: 6" in str(normal)
    assert calibrate(np.full(50, 2.0)).p_value < 1e-6
    for scores in ([], [1.0, np.nan]):
        with pytest.raises(InputError, match="scores"):
            calibrate(np.array(scores))


def test_envelope_of_order_statistics():
    """Against the direct probability of at least i of m uniform numbers below u."""
    calibration = calibrate(np.linspace(-1, 1, 7))
    for level in (0.5, 0.95):
        lower, upper = map(stats.norm.cdf, calibration.envelope(level))
        rank = np.arange(1, 8)
        assert stats.binom.sf(rank - 1, 7, lower) == pytest.approx(np.full(7, (1 - level) / 2))
        assert stats.binom.sf(rank - 1, 7, upper) == pytest.approx(np.full(7, (1 + level) / 2))
    for level in (0, 1, 95):
        with pytest.raises(InputError, match="level"):
            calibration.envelope(level)
