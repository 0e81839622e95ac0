import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asymptotics.report.judgement import holm, normal_score, pool


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
