"""The reference campaign: theory against simulation over many models, regimes and sizes, within a time budget.

Every family is one model at growing sizes, at a fixed ratio of n and p to powers of d. Theory at finite size leaves
corrections in powers of 1/d. So each family is asked two things: whether a polynomial in 1/d that vanishes at
1/d = 0 explains the difference at every size, and whether the difference extrapolates to zero.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.prediction.predict import predict
from asymptotics.report.budget import Cost, allocate, proportions
from asymptotics.report.comparison import COMPARED, Comparison, compare
from asymptotics.report.explained import corrected_risk, explained
from asymptotics.report.extrapolation import Correction, Extrapolation, correct, extrapolate
from asymptotics.report.families import REFERENCE_FAMILIES, Family
from asymptotics.report.reference_report import FamilyResult, ReferenceReport
from asymptotics.simulation import (
    Campaign,
    Estimate,
    campaign_status,
    collect_campaign,
    draw_campaign,
    plan_campaign,
    run_campaign,
)
from asymptotics.simulation.design.options import SeedLike, as_seed

FEWEST_TRIALS, MOST_TRIALS = 16, 20_000
BLOCK = 8
"""Replicates are added in blocks of as many: the unit of work of the simulation."""

ORDER = 2
"""Highest power of 1/d in extrapolations and corrections."""


@dataclass(frozen=True, eq=False)
class _Cell:
    """One configuration: what is to be compared, and how far its simulation is."""

    family: Family
    d: int
    risk: Any
    campaign: Campaign
    corrected: Any = None
    apart: str = ""
    estimate: Estimate | None = None
    seconds: float = 0.0

    @property
    def cost(self) -> Cost:
        """What the pilot says."""
        assert self.estimate is not None
        spread = float(self.estimate.test.standard_deviation) / float(self.risk.test)
        return Cost(self.d, max(self.seconds, 1e-6), max(spread, 1e-12), self.estimate.trials)


def reference_campaign(
    seconds: float = 120.0,
    *,
    families: Sequence[Family] = REFERENCE_FAMILIES,
    seed: SeedLike = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
    false_alarm_rate: float = 0.001,
    say: Callable[[str], None] | None = None,
) -> ReferenceReport:
    """Compare theory with simulation over a designed set of configurations.

    Parameters
    ----------
    seconds : float, default 120
        Time budget. It sets the number of replicates, which go where they make the extrapolated test errors
        best known; the draws themselves do not depend on it. A configuration gets 16 replicates at least: the
        report says if the budget is too small for that.
    families : sequence of Family
        What to compare: `asymptotics.report.families.REFERENCE_FAMILIES` by default, or its part
        ``SMALL_FAMILIES``, or your own.
    seed : int, SeedSequence, Generator or None, default 0
        Seed of the simulations; each family derives its own from it.
    executor : concurrent.futures.Executor, optional
        Where to run predictions and replicates.
    store : path-like, optional
        SQLite file to keep replicates in; those that are there already are used, and the budget adds to them.
    false_alarm_rate : float, default 0.001
        Of the verdict, by Holm's procedure over all families, sizes and observables.
    say : callable, optional
        Told what is being done, one line at a time.

    Returns
    -------
    ReferenceReport
        Prints as tables; ``agrees``, ``failures``, ``rows()``, ``to_csv()``, ``to_json()``. A folder with page
        and figure is written by `asymptotics.report.reference_pages.write_report`.

    Raises
    ------
    InputError
        When the budget is not positive, there is no family, the rate is not between 0 and 1, or theory is not
        finite.

    References
    ----------
    docs/howto/reference_campaign.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> from asymptotics.report.families import Family
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> family = Family(model, samples=(2, 1), features=(3, 1), ridge=0.1, sizes=(8, 12, 24))
    >>> report = asy.reference_campaign(0.3, families=[family])
    >>> report.agrees, report.configurations
    (True, 3)
    """
    if not (np.isfinite(seconds) and seconds > 0):
        raise InputError("seconds", seconds, "a positive number")
    if not 0 < false_alarm_rate < 1:
        raise InputError("false_alarm_rate", false_alarm_rate, "a number between 0 and 1")
    if not families or len(set(map(str, families))) < len(families):
        raise InputError("families", [str(family) for family in families], "different families, at least one")
    start = time.monotonic()
    say = say or (lambda line: None)
    seed = as_seed(seed)
    cells = _plan(families, seed, executor, say)
    cells = _run_pilots(cells, executor, store, say)
    needed = time.monotonic() - start
    cells = _run_rest(cells, start + seconds, executor, store, say)
    results = tuple(
        _judge_family(family, list(members)) for family, members in groupby(cells, lambda cell: cell.family)
    )
    took = time.monotonic() - start
    return ReferenceReport(results, seed, seconds, needed, took, false_alarm_rate)


def _plan(
    families: Sequence[Family], seed: int, executor: Executor | None, say: Callable[[str], None]
) -> list[_Cell]:
    """Predict every configuration and write down its simulation."""
    asked = [(family, d, family.seed(seed)) for family in families for d in family.sizes]
    say(f"predicting {len(asked)} configurations of {len(families)} families")
    answers = (map if executor is None else executor.map)(_prepare, *zip(*asked, strict=True))
    cells = [_Cell(family, d, *answer) for (family, d, _), answer in zip(asked, answers, strict=True)]
    for cell in cells:
        if not np.isfinite(cell.risk.test):
            raise InputError("families", str(cell.family), "families whose risk is finite")
    return cells


def _prepare(family: Family, d: int, seed: int) -> tuple[Any, Campaign, Any, str]:
    """Predictions and simulation of one configuration: all expand the activation, which takes a while."""
    regime = family.regime(d)
    labels = "drawn" if family.inputs == "gaussian" else "averaged"  # Gaussian inputs cannot be averaged over
    campaign = plan_campaign(
        family.model,
        regime,
        family.ridge,
        trials=FEWEST_TRIALS,
        seed=seed,
        inputs=family.inputs,
        labels=labels,
    )
    return predict(family.model, regime, ridge=family.ridge), campaign, *corrected_risk(family, d)


def _run_pilots(cells: list[_Cell], executor: Any, store: Any, say: Callable[[str], None]) -> list[_Cell]:
    """Draw the fewest replicates everywhere, and measure what one costs."""
    say(f"drawing {FEWEST_TRIALS} replicates everywhere")
    if executor is not None:  # workers are started and loaded before anything is measured
        draw_campaign(cells[0].campaign, executor=executor, progress=False)
    done = []
    for cell in cells:
        stored = 0
        if store is not None and Path(store).exists():
            ((_, _, stored, _),) = campaign_status(store, cell.campaign).configurations
        begin = time.monotonic()
        estimate = _draw(cell, stored + FEWEST_TRIALS, executor, store)
        cost = (time.monotonic() - begin) / FEWEST_TRIALS
        done.append(replace(cell, estimate=estimate, seconds=cost))
    return done


def _run_rest(
    cells: list[_Cell], end: float, executor: Any, store: Any, say: Callable[[str], None]
) -> list[_Cell]:
    """Spend the time that is left where it tells most about the limits."""
    wanted: list[float] = []
    for family, members in groupby(cells, lambda cell: cell.family):
        shares = proportions([cell.cost for cell in members], ORDER)
        wanted += (np.sqrt(family.weight) * shares).tolist()
    result: list[_Cell] = []
    for number, cell in enumerate(cells):
        if number == 0 or cell.family is not cells[number - 1].family:
            say(f"{max(end - time.monotonic(), 0.0):.0f} s left: {cell.family}")
        left = [later.cost for later in cells[number:]]
        trials = allocate(left, np.array(wanted[number:]), end - time.monotonic(), MOST_TRIALS)[0]
        added = (trials - left[0].done) // BLOCK * BLOCK
        if added:
            cell = replace(cell, estimate=_draw(cell, left[0].done + added, executor, store))
        result.append(cell)
    return result


def _draw(cell: _Cell, trials: int, executor: Executor | None, store: Any) -> Estimate:
    """Return the estimate with at least as many replicates, drawing only those that are missing."""
    campaign = replace(cell.campaign, trials=trials)
    if store is None:
        return draw_campaign(campaign, executor=executor, progress=False, before=cell.estimate)
    run_campaign(campaign, store, executor=executor, progress=False)
    return collect_campaign(campaign, store)


def _judge_family(family: Family, cells: Sequence[_Cell]) -> FamilyResult:
    """Compare every size, and fit the differences of every observable that is not zero."""
    comparisons = tuple(compare(cell.risk, cell.estimate) for cell in cells if cell.estimate is not None)
    limits: dict[str, Extrapolation] = {}
    corrections: dict[str, Correction] = {}
    for name in COMPARED:
        numbers = _relative_differences(name, comparisons)
        if numbers is not None:
            trials = [entry.estimate.trials for entry in comparisons]
            limits[name] = extrapolate(family.sizes, *numbers, order=ORDER, trials=trials)
            corrections[name] = correct(family.sizes, *numbers, order=ORDER, trials=trials)
    equations = tuple(dict.fromkeys(getattr(cell.risk, "made_by", {}).get("equations", "") for cell in cells))
    corrected = [cell.corrected for cell in cells if cell.estimate is not None]
    found = {name: explained(family, comparisons, corrected, name, ORDER) for name in limits}
    orders = {name: entry for name, entry in found.items() if entry is not None}
    return FamilyResult(family, comparisons, limits, corrections, equations, orders, cells[0].apart)


def _relative_differences(name: str, comparisons: Sequence[Comparison]) -> tuple[Any, Any] | None:
    """Differences and standard errors relative to theory at every size; None where either vanishes."""
    if any(name not in entry.observables for entry in comparisons):
        return None
    cells = [entry.observables[name] for entry in comparisons]
    theory = np.array([float(cell.theory) for cell in cells])
    error = np.array([float(cell.standard_error) for cell in cells])
    if not ((theory > 0).all() and (error > 0).all()):
        return None
    return np.array([float(cell.difference) for cell in cells]) / theory, error / theory
