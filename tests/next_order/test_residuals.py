"""What is left of the differences from simulation falls like 1/d and 1/d^2, and every term is needed for it.

Simulated means are those of the figure of the documentation (``docs/figures/draw.py --simulate``), d = 10 to 160, with
labels averaged over. Rates are slopes of lines on logarithmic axes, where errors of sampling are a few percent.
"""

from pathlib import Path

import numpy as np
import pytest

import asymptotics as asy

TABLE = Path(__file__).parents[2] / "docs" / "figures" / "next_order.csv"
MODEL = asy.RandomFeaturesRidge("x + (x**2 - 1)/sqrt(2)", target={1: 1}, noise=1)


@pytest.fixture(scope="module")
def cells():
    table = np.genfromtxt(TABLE, delimiter=",", names=True)
    risks = [
        asy.predict(MODEL, asy.FiniteSize(d=int(d), n=round(1.2 * d), p=round(1.5 * d)), ridge=0.05, order=1)
        for d in table["d"]
    ]
    return table, risks


def slope(d, gaps):
    return np.polyfit(np.log(d), np.log(gaps), 1)[0]


def test_training_error_falls_by_one_power_more(cells):
    table, risks = cells
    d, simulated = table["d"], table["train"]
    leading = np.array([risk.pieces["leading"]["train"] for risk in risks])
    full = np.array([risk.train for risk in risks])
    # Rates settle with the size: leading order from above, the next from one power more.
    assert slope(d[2:], simulated[2:] / leading[2:] - 1) == pytest.approx(-0.9, abs=0.1)
    assert slope(d[1:4], np.abs(simulated / full - 1)[1:4]) == pytest.approx(-1.5, abs=0.3)
    assert slope(d[2:4], np.abs(simulated / full - 1)[2:4]) < slope(d[:2], np.abs(simulated / full - 1)[:2])
    assert (np.abs(simulated - full) < 0.4 * np.abs(simulated - leading)).all()


def test_test_error_with_the_next_order(cells):
    table, risks = cells
    leading = np.array([risk.pieces["leading"]["test"] for risk in risks])
    full = np.array([risk.test for risk in risks])
    assert (
        np.abs(table["test"] - full) < 0.35 * np.abs(table["test"] - leading) + 3 * table["test_error"]
    ).all()
    assert (np.abs(table["test"] - full) / table["test_error"])[-2:].max() < 3


@pytest.mark.parametrize("term", ["gaussian", "unlearned activation"])
def test_every_term_is_needed(cells, term):
    """Without it the training error at d = 40 is further off, by more than three standard errors."""
    table, risks = cells
    place = list(table["d"]).index(40)
    full, simulated = risks[place].train, table["train"][place]
    without = full - risks[place].pieces[term]["train"]
    assert abs(simulated - without) > abs(simulated - full) + 3 * table["train_error"][place]


def test_fixed_norms_are_needed_by_a_linear_kernel():
    """Rows on the sphere, 2000 draws, seed 7: without the term the error is off by eight percent."""
    model, size = asy.KernelRidge("t", target={1: 1}, noise=1), asy.FiniteSize(d=10, n=20)
    risk = asy.predict(model, size, ridge=0.05, order=1)
    found = asy.simulate(
        model, size, ridge=0.05, trials=2000, seed=7, labels="averaged", progress=False
    ).variance
    without = risk.variance - risk.pieces["fixed norms"]["variance"]
    assert abs(float(found.mean) - risk.variance) < 0.02 * risk.variance
    assert abs(float(found.mean) - without) > 0.05 * risk.variance
