import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asymptotics.errors import InputError
from asymptotics.report.judgement import calibrate, holm, normal_score, pool


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
