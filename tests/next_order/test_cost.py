"""The next order of a curve costs at most three times the leading order, and so does asking for it alone."""

import time

import numpy as np
import pytest

import asymptotics as asy


@pytest.mark.slow
def test_cost_of_a_curve():
    """The best of forty runs each, taken in turns, in processor time."""
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    curve = asy.FiniteSize(d=40, n=np.arange(10, 110), p=60)
    best = {0: np.inf, 1: np.inf}
    for _ in range(40):
        for order in best:
            start = time.process_time()
            asy.predict(model, curve, 0.05, order=order)
            best[order] = min(best[order], time.process_time() - start)
    assert best[1] <= 3 * best[0]
