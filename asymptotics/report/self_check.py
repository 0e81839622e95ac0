"""The experiment beside a prediction, for as long as one likes to wait."""

from __future__ import annotations

import time
from typing import Any

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.models.model import as_model
from asymptotics.prediction.risk import Risk
from asymptotics.report.comparison import Comparison, compare
from asymptotics.simulation.design.simulate import simulate

_FIRST, _MOST, _TEST = 4, 1000, 2000


def check(
    risk: Risk, model: Any, regime: Any, ridge: Any, ridge_per_sample: Any, *, seconds: float, seed: Any
) -> Comparison:
    """Simulate for some seconds and compare.

    Parameters
    ----------
    risk : Risk
        What is compared; the further arguments are those it was asked with.
    model, regime, ridge, ridge_per_sample
    seconds : float
    seed : int

    Raises
    ------
    InputError
        If the seconds are no positive number, or the experiment cannot be run at these sizes.
    """
    limit = float(number("seconds", seconds))
    if not limit > 0:
        raise InputError("seconds", seconds, "a positive number")
    # A test set, since exact averages over inputs lose their digits where coefficients are enormous.
    sampled = as_model(model).asks_dimension
    given = {"ridge_per_sample": ridge_per_sample} if ridge is None else {"ridge": ridge}

    def run(trials: int) -> Any:
        how = {"trials": trials, "seed": seed, "progress": False}
        if not sampled:
            return simulate(model, regime, **given, **how)
        return simulate(model, regime, **given, **how, test_error="sampled", test_samples=_TEST)

    started = time.monotonic()
    estimate = run(_FIRST)
    took = (time.monotonic() - started) / _FIRST
    trials = min(int((limit - _FIRST * took) / took), _MOST)
    return compare(risk, run(trials) if trials > _FIRST else estimate)
