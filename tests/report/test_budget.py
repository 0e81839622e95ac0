"""Dividing a time budget: against brute force, and within its bounds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.report.budget import Cost, allocate, proportions
from asymptotics.report.extrapolation import extrapolate


def limit_error(costs, replicates, order):
    d = [cost.d for cost in costs]
    errors = [cost.spread / np.sqrt(count) for cost, count in zip(costs, replicates)]
    return extrapolate(d, np.zeros(len(d)), errors, order=order).limit_standard_error


@pytest.mark.parametrize("order", [1, 2])
def test_proportions_are_close_to_the_best_at_equal_time(order):
    """Against every division of the time in steps of a tenth; what is kept for every size costs little."""
    costs = [Cost(d, 1e-6 * d**2, 1 / d, 16) for d in (16, 28, 56, 112)]
    seconds = np.array([cost.seconds for cost in costs])
    shares = proportions(costs, order)
    found = limit_error(costs, shares / (shares @ seconds), order)
    divisions = (np.array(parts) for parts in itertools.product(range(1, 10), repeat=4) if sum(parts) == 12)
    best = min(limit_error(costs, parts / 12 / seconds, order) for parts in divisions)
    assert found < 1.1 * best


@given(
    st.lists(st.tuples(st.floats(1e-4, 1), st.integers(16, 500), st.floats(1e-6, 1)), min_size=1, max_size=8),
    st.floats(-10, 1000),
)
def test_allocation_spends_the_time_and_no_more(rows, seconds):
    costs = [Cost(10, price, 1.0, done) for price, done, _ in rows]
    trials = np.array(allocate(costs, np.array([wanted for *_, wanted in rows]), seconds, most=1000))
    done, price = np.array([done for _, done, _ in rows]), np.array([price for price, *_ in rows])
    assert (trials >= done).all() and (trials <= 1000).all()
    spent = price @ (trials - done)
    assert spent <= max(seconds, 0) + 1e-9
    unsaturated = trials < 999
    if seconds > 0 and unsaturated.all():
        assert spent > 0.99 * seconds - price.sum() - 1e-9
