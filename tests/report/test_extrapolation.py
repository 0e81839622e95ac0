"""Fits in powers of 1/d: what they recover, and that their scores are what they are called."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asymptotics.errors import InputError
from asymptotics.report.extrapolation import correct, extrapolate


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


@given(st.integers(0, 10**6), st.sampled_from([1, 2]))
def test_corrections_recover_polynomials_without_a_constant(seed, order):
    generator = np.random.default_rng(seed)
    d = np.array([8.0, 11.0, 16.0, 40.0, 90.0])
    truth = generator.standard_normal(order)
    values = sum(c / d**k for k, c in enumerate(truth, 1))
    fit = correct(d, values, np.full(5, 0.01), order=order)
    assert fit.coefficients == pytest.approx(truth, abs=1e-9)
    assert fit.explained == pytest.approx(values, abs=1e-12) and np.abs(fit.residuals).max() < 1e-12
    assert fit.degrees_of_freedom == 5 - order and fit.p_value > 0.999 and "chi-squared" in str(fit)


def test_what_corrections_do_not_explain_is_left():
    """A constant difference is no correction: it stays at the largest sizes, in standard errors."""
    d = np.array([10.0, 20.0, 40.0, 80.0])
    fit = correct(d, np.full(4, 0.05), np.full(4, 0.001))
    assert fit.chi_squared > 100 and fit.scores[-1] > 10
    assert np.add(fit.explained, fit.residuals) == pytest.approx(np.full(4, 0.05))
    assert extrapolate(d, np.full(4, 0.05), np.full(4, 0.001), order=2).limit == pytest.approx(0.05)


def test_as_many_sizes_as_corrections_leave_nothing_to_test():
    fit = correct([10, 20], [0.3, 0.1], [0.01, 0.01], order=2)
    assert fit.scores == (0.0, 0.0) and fit.degrees_of_freedom == 0 and fit.p_value == 1
    with pytest.raises(InputError, match="at least 2 different sizes"):
        correct([10], [0.3], [0.01])


@pytest.mark.statistical
def test_scores_of_residuals():
    """Every residual's scores over 2000 fits are standard normal: Kolmogorov-Smirnov at rate 1e-3 each of 4."""
    generator = np.random.default_rng(5)
    d, error = np.array([10.0, 15.0, 25.0, 60.0]), np.array([0.02, 0.01, 0.01, 0.003])
    noise = error * generator.standard_normal((2000, 4))
    scores = np.array([correct(d, 0.3 / d - 1 / d**2 + row, error).scores for row in noise])
    assert all(stats.kstest(column, "norm").pvalue > 1e-3 for column in scores.T)


@pytest.mark.statistical
def test_scores_with_estimated_errors():
    """With 16 replicates per size, 4000 fits: scores beyond 3.29 in at most 4 of 1000, and z in more.

    Known errors would give 1 of 1000; a rate of 2.5 of 1000 (the weights are estimated too) exceeds the bound
    with probability 1e-3.
    """
    generator = np.random.default_rng(6)
    d, trials = np.array([16.0, 28.0, 56.0, 112.0]), np.full(4, 16)
    draws = np.array([4, 2, 1, 0.5])[:, None] * generator.standard_normal((4000, 4, 16))
    errors = draws.std(axis=2, ddof=1) / 4
    fits = [extrapolate(d, y, e, order=2, trials=trials) for y, e in zip(draws.mean(axis=2), errors)]
    far = np.mean([abs(fit.score) > 3.29 for fit in fits])
    assert far <= 0.004 < np.mean([abs(fit.z) > 3.0 for fit in fits])
    assert all(15 <= fit.freedom <= 60 for fit in fits)
