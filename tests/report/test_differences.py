"""What a difference of theory and experiment counts, number by number."""

import math

import numpy as np
import pytest
from scipy import stats

from asymptotics.report.differences import POWER, ObservableComparison, differences
from asymptotics.report.judgement import (
    calibrate,
    detectable,
    holm,
    normal_score,
    pool,
    skewness_corrected,
)
from asymptotics.simulation.estimates.statistic import Statistic

DRAWS = [1.0, 2.0, 1.0, 2.0]
"""Without skewness: mean 3/2, standard error 1/(2 sqrt(3))."""
ERROR = 1 / math.sqrt(12)


def entry(theory, draws=DRAWS, allowance=0.0, floor=0.0):
    theory = np.asarray(theory, dtype=float)
    return differences(theory, Statistic(np.broadcast_to(draws, (*theory.shape, 4))), allowance, floor)


def test_a_statistic():
    statistic = Statistic([1.0, 2.0, 3.0, 7.0, 8.0])
    assert statistic.standard_error == pytest.approx(stats.sem(statistic.draws), rel=1e-14)
    assert statistic.skewness == pytest.approx(stats.skew(statistic.draws), rel=1e-14)
    assert Statistic([[2.0, 2.0], [1.0, 3.0]]).skewness.tolist() == [0, 0]
    small = Statistic([[0.1, 0.2, 0.9], [0.1, 0.2, 0.3]])
    assert small.skewness == pytest.approx(stats.skew(small.draws, axis=-1), abs=1e-12)
    assert repr(small) == "Statistic(grid of shape (2,), 3 replicates)"
    assert repr(Statistic(np.ones((2, 3, 4)))) == "Statistic(grid of shape (2, 3), 4 replicates)"
    assert repr(Statistic([1.0, 2.0])) == "Statistic(1.5 ± 0.5, 2 replicates)"


def test_excess_is_what_the_allowance_leaves_in_standard_errors():
    found = entry([1.0, 2.0, -1.0, math.inf], allowance=0.25)
    assert found["mean"].tolist() == [1.5] * 4 and found["standard_error"] == pytest.approx([ERROR] * 4)
    assert found["z"] == pytest.approx([0.5 / ERROR, -0.5 / ERROR, 2.5 / ERROR, math.nan], nan_ok=True)
    assert found["excess"] == pytest.approx([0.25 / ERROR, 0, 2.25 / ERROR, math.nan], nan_ok=True)
    p_values = [2 * stats.t.sf(0.25 / ERROR, 3), 1, 2 * stats.t.sf(2.25 / ERROR, 3), math.nan]
    assert found["p_value"] == pytest.approx(p_values, nan_ok=True)


@pytest.mark.parametrize(("floor", "z"), [(0.5, 0), (0.499, 0.5 / ERROR)])
def test_differences_up_to_the_floor_are_rounding(floor, z):
    found = entry([1.0], floor=floor)
    assert found["z"] == pytest.approx([z]) and found["excess"] == pytest.approx([z])


def test_the_sign_of_a_difference_meets_that_of_the_skewness():
    skewed = [0.0, 0.0, 0.0, 4.0]
    low, high = (entry([theory], skewed)["p_value"][0] for theory in (0.5, 1.5))
    corrected = [float(skewness_corrected(t, stats.skew(skewed), 4)) for t in (0.5, -0.5)]
    assert [low, high] == pytest.approx([2 * stats.t.sf(abs(t), 3) for t in corrected]) and low < high
    assert (
        entry([1.0], skewed)["p_value"] == entry([0.5], skewed, allowance=1.0)["p_value"] == 1
    )  # no excess, no doubt


def test_percents():
    entries = [entry([2.0, -1.0, 1.5, 0.0]), entry([0.0], [0.0] * 4), entry([math.inf, 0.0])]
    made = [
        ObservableComparison(**one, rejected=np.zeros(1, bool), detectable=np.full(one["theory"].shape, 0.25))
        for one in entries
    ]
    assert made[0].difference.tolist() == [-0.5, 2.5, 0.0, 1.5]
    assert made[0].percent.tolist() == [-25, 250, 0, math.inf] and made[1].percent.tolist() == [0]
    assert made[0].detectable_percent == "12 to 25 %" and made[1].detectable_percent == ""


def test_halls_transformation_is_a_cube():
    """Hall's cubic is ((1 + a t/3)**3 - 1)/a + a/6."""
    for skewness, trials in ((1.5, 30), (-0.7, 4)):
        a, t = skewness * trials / (trials + 2) / math.sqrt(trials), np.array([2.0, -2.0, 0.5, 7.0])
        expected = ((1 + a * t / 3) ** 3 - 1) / a + a / 6
        assert skewness_corrected(t, skewness, trials) == pytest.approx(expected, rel=1e-12)
    assert skewness_corrected(2.0, 1.5, math.inf) == 2
    assert skewness_corrected([math.inf, -math.inf], 1.5, 4).tolist() == [math.inf, -math.inf]


@pytest.mark.parametrize(("trials", "level", "power"), [(10, 0.01, 0.95), (200, 0.05, 0.8)])
def test_what_is_said_to_be_found_is_found(trials, level, power):
    """The probability by the noncentral distribution of Student's t, of which the stated one is an approximation."""
    assert POWER == 0.95
    shift = detectable(0.5, trials, level, power) / 0.5
    edge = stats.t.ppf(1 - level / 2, trials - 1)
    assert shift == pytest.approx(edge + stats.t.ppf(power, trials - 1), rel=1e-9)
    assert stats.nct.sf(edge, trials - 1, shift) == pytest.approx(power, abs=0.03)


def test_scores_and_their_summary():
    assert normal_score(1e200, 5) == pytest.approx(stats.norm.isf(1e-300))
    assert normal_score(-2.0, 4) == pytest.approx(-stats.norm.isf(stats.t.sf(2, 4)))
    assert pool(np.array([3.0])).p_value == pytest.approx(2 * stats.norm.sf(3))
    calibration = calibrate(np.array([3.0, 0.5, 2.0, 1.0, -1.5]))
    assert str(calibration).splitlines()[:2] == [
        "5 scores: mean +1.00, standard deviation 1.52",
        "within 1, 2, 3 standard errors: 20 %, 60 %, 80 % (normal: 68, 95, 100 %)",
    ]
    for default, asked in zip(calibration.envelope(), calibration.envelope(0.95), strict=True):
        assert np.array_equal(default, asked)


def test_holm_steps_down():
    """The i-th smallest of m is compared with rate/(m - i + 1), all after the first that is kept are kept."""
    assert holm(np.array([0.01, 0.0125, 0.025, 0.05]), 0.05).all()
    assert holm(np.array([0.05, np.nan, 0.025]), 0.05).tolist() == [True, False, True]
    assert holm(np.array([0.01, 0.018, 0.0251]), 0.05).tolist() == [True, True, True]
    assert holm(np.array([0.0251, 0.017, 0.02]), 0.05).tolist() == [False, False, False]
