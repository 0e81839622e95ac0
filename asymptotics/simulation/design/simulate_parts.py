"""Simulation of the parts of a test error, by two copies of the data and of the features."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from asymptotics.errors import InputError
from asymptotics.simulation.design.campaign import collect_campaign, run_campaign
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.ensemble_plan import plan_ensemble
from asymptotics.simulation.design.options import SeedLike, SizesLike, as_count, as_seed
from asymptotics.simulation.design.planning import Campaign
from asymptotics.simulation.design.simulate import draw_campaign
from asymptotics.simulation.estimates.estimate import Estimate
from asymptotics.simulation.learning.interpretation import READERS

__all__ = ["simulate_parts"]


def simulate_parts(
    model: object, regime: SizesLike, ridge: Any = None, *, trials: int = 100, seed: SeedLike = 0,
    executor: Executor | None = None, progress: bool | None = None, store: str | Path | None = None, **options: Any,
) -> Estimate:  # fmt: skip
    r"""Monte Carlo estimate of the parts of the test error.

    In every replicate two data sets and two sets of features are drawn, and the four predictors are trained. Products
    of the errors of predictors that share features, data, both or neither have the overlaps as their means; parts are
    differences of these.

    Parameters
    ----------
    model, regime, ridge, trials, seed, executor, progress, store
        As in `asymptotics.simulation.design.simulate.simulate`.
    **options
        ``ridge_per_sample``, ``time``, ``step_size``, ``inputs``, ``weights``, ``test_error``, ``test_samples``, as
        there.

    Returns
    -------
    Estimate
        ``statistics`` by the names of the parts, and ``test``, their sum.

    Raises
    ------
    InputError
        As there, or if the model is drawn from its program.

    References
    ----------
    docs/howto/ensembles_and_parts.md; AdlamPennington2020, dAscoli2020.

    Examples
    --------
    >>> from types import SimpleNamespace as Namespace
    >>> import numpy as np
    >>> model = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
    >>> estimate = simulate_parts(model, Namespace(d=10, n=20, p=15), 0.1, trials=4)
    >>> total = sum(estimate.statistics[name].mean for name in list(estimate.statistics)[:6])
    >>> bool(abs(total - estimate.test.mean) < 1e-12)
    True
    """
    design = Design.of(ridge, options)
    design.require_defaults(("ensemble",), "the parts of the test error")
    asked = getattr(model, "setting", None)
    own = asked() if callable(asked) else None
    source = model if own is None else own
    if not any(getattr(source, name, None) is not None for name in READERS):
        raise InputError("model", model, "a model that is drawn with inputs and labels, not from its program")
    plan = plan_ensemble(source, regime, design, None)
    campaign = Campaign(plan, as_count("trials", trials, 2), as_seed(seed))
    if store is not None:
        run_campaign(campaign, store, executor=executor, progress=progress)
        return collect_campaign(campaign, store)
    return draw_campaign(campaign, executor=executor, progress=progress)
