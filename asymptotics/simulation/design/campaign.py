"""Campaigns: simulations that are kept in a store, stopped and continued, split over machines, and merged.

A replicate depends only on the seed, its sizes and its number. So it does not matter who draws it, in which
order, or after how many interruptions: the stored numbers are the same, bit for bit on one machine type.

A cluster needs three lines with Dask, whose executor is one like any other (``docs/howto/clusters.md``)::

    from dask.distributed import Client
    client = Client(scheduler_file="s.json")          # or Client("host:8786"), or Client() for this machine
    simulate(model, regime, ridge, trials=1000, store="runs.sqlite", executor=client.get_executor())

Without a scheduler, job i of n runs `run_campaign` with ``shard=(i, n)`` into a store of its own, and
`merge_stores` brings them together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.errors import InputError, SimulationError
from asymptotics.models.quantities import D, N, P
from asymptotics.printing import Printed
from asymptotics.simulation.design.configurations import describe_sizes
from asymptotics.simulation.design.execution import progress_bar, run_tasks
from asymptotics.simulation.design.planning import Campaign, make_estimate
from asymptotics.simulation.design.program_plan import describe_named_sizes
from asymptotics.simulation.estimates.estimate import Estimate
from asymptotics.simulation.learning.experiment import COLUMNS
from asymptotics.simulation.store import CampaignStore, digest_of
from asymptotics.simulation.store_file import open_store

PRINTED_ROWS = 20

SIZES = (D.name, "sizes", "key", "points")
"""What of a description differs between the independent sizes of one grid."""


@dataclass(frozen=True, repr=False)
class CampaignStatus(Printed):
    """How far the configurations of a store are.

    Attributes
    ----------
    configurations : tuple of (str, dict, int, int)
        Digest, description, stored replicates, planned replicates.
    """

    configurations: tuple[tuple[str, dict[str, Any], int, int], ...]

    @property
    def done(self) -> int:
        """Stored replicates, as far as they are planned."""
        return sum(min(done, planned) for _, _, done, planned in self.configurations)

    @property
    def planned(self) -> int:
        """Planned replicates."""
        return sum(planned for *_, planned in self.configurations)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to draw."""
        return self.done == self.planned

    def __str__(self) -> str:
        lines = [f"{self.done} of {self.planned} replicates in {len(self.configurations)} configurations"]
        for digest, description, done, planned in self.configurations[:PRINTED_ROWS]:
            points = description["points"]
            model = next(iter(description["model"].values()))
            sizes = _sizes_in_words(description)
            what = f"{model}, {sizes}, {len(points)} point{'s' * (len(points) > 1)}"
            lines.append(f"  {digest[:12]}  {done:>6} / {planned:<6}  {what}")
        if len(self.configurations) > PRINTED_ROWS:
            lines.append(f"  ... and {len(self.configurations) - PRINTED_ROWS} more")
        return "\n".join(lines)

    def to_json(self) -> str:
        """The numbers as JSON, with the whole description of every configuration."""
        entries = [
            {"digest": digest, "done": done, "planned": planned, "description": description}
            for digest, description, done, planned in self.configurations
        ]
        document = {
            "format": "asymptotics.CampaignStatus/1",
            "done": self.done,
            "planned": self.planned,
            "complete": self.complete,
            "configurations": entries,
        }
        return json.dumps(document, indent=1)


def run_campaign(
    campaign: Campaign,
    store: str | Path,
    *,
    shard: tuple[int, int] = (1, 1),
    executor: Executor | None = None,
    progress: bool | None = None,
) -> CampaignStatus:
    """Draw the replicates of a campaign that are not yet in a store, and keep them there.

    Parameters
    ----------
    campaign : Campaign
        What to simulate, from `asymptotics.simulation.design.planning.plan_campaign`.
    store : path-like
        SQLite file, created if needed. One run at a time may write to it.
    shard : (int, int), default (1, 1)
        ``(i, n)``: only the i-th of n disjoint parts, counted from 1, for job arrays with one store per job.
    executor : concurrent.futures.Executor, optional
        Where to run; the calling process by default. Only the calling process writes to the store.
    progress : bool, optional
        Show a progress bar; by default only in a terminal.

    Returns
    -------
    CampaignStatus

    Raises
    ------
    InputError
        If the shard is not (i, n) with 1 <= i <= n.
    SimulationError
        If another run is writing to the store, the file cannot be written, or a worker dies. What was
        stored before is safe; run again to continue.

    Notes
    -----
    Every finished block is committed at once. Killing a worker or the calling process loses the blocks in
    flight and nothing else, and no replicate is ever counted twice: its number is part of the primary key.
    """
    part, parts = _as_shard(shard)
    digests = {entry: campaign.digest(entry) for entry in campaign.configurations}
    with open_store(store, writing=True) as opened:
        opened.register(
            ((digests[e], campaign.describe(e)) for e in campaign.configurations), campaign.trials
        )
        done = {entry: opened.done(digests[entry]) for entry in campaign.configurations}
        tasks = campaign.tasks(lambda entry: set(range(campaign.trials)) - done[entry], (part, parts))
        left = sum(task.count for _, task in tasks)
        total = sum(task.count for _, task in campaign.tasks(shard=(part, parts)))
        with (
            progress_bar(total, progress, done=total - left) as bar,
            closing(run_tasks(tasks, executor)) as results,
        ):
            for entry, task, values in results:
                opened.write(digests[entry], range(task.first, task.first + task.count), values)
                bar.update(task.count)
    return campaign_status(store, campaign)


def collect_campaign(campaign: Campaign, store: str | Path) -> Estimate:
    """The estimate of a campaign from a store that holds all its replicates.

    Parameters
    ----------
    campaign : Campaign
        What was simulated.
    store : path-like
        The SQLite file.

    Returns
    -------
    Estimate

    Raises
    ------
    SimulationError
        If replicates are missing.
    """
    results = {}
    with open_store(store, writing=False) as opened:
        for entry in campaign.configurations:
            found = opened.read(campaign.digest(entry), len(entry.points), len(campaign.columns))
            missing = set(range(campaign.trials)) - set(found)
            if missing:
                raise SimulationError(
                    f"{store} lacks {len(missing)} of {campaign.trials} replicates at {entry}; "
                    "run the campaign again to add them"
                )
            results[entry] = np.stack([found[replicate] for replicate in range(campaign.trials)])
    return campaign.assemble(results)


def campaign_status(store: str | Path, campaign: Campaign | None = None) -> CampaignStatus:
    """How far a store is, also while a run is writing to it.

    Parameters
    ----------
    store : path-like
        The SQLite file.
    campaign : Campaign, optional
        Report on this campaign, whether or not all its configurations are in the store, instead of on
        everything.

    Returns
    -------
    CampaignStatus

    Raises
    ------
    SimulationError
        If there is no such store.
    """
    with open_store(store, writing=False) as opened:
        if campaign is None:
            return _status(opened)
        rows = [(campaign.digest(entry), campaign.describe(entry)) for entry in campaign.configurations]
        return CampaignStatus(
            tuple((digest, text, len(opened.done(digest)), campaign.trials) for digest, text in rows)
        )


def _status(opened: CampaignStore) -> CampaignStatus:
    return CampaignStatus(
        tuple(
            (digest, description, len(opened.done(digest)), trials)
            for digest, (description, trials) in opened.descriptions().items()
        )
    )


def read_store(store: str | Path) -> list[Estimate]:
    """Everything in a store, for export without the model at hand.

    Parameters
    ----------
    store : path-like
        The SQLite file.

    Returns
    -------
    list of Estimate
        One per model, kind of test error, seed and set of finished replicates (at least 2), each with a
        one-dimensional grid; nested sizes that share their draws are one of their own, and so is every size of a
        feature map, of which a store cannot tell whether it is the same map at another.
    """
    groups: dict[Any, list[tuple[dict[str, Any], np.ndarray]]] = {}
    with open_store(store, writing=False) as opened:
        for digest, (description, _) in opened.descriptions().items():
            found = opened.read(digest, len(description["points"]), len(_columns(description)))
            if len(found) < 2:
                continue
            nested = description["model"]["coupling"] == "nested"
            shared = {name: description[name] for name in description if nested or name not in SIZES}
            key = digest_of(shared), tuple(found)
            values = np.stack(list(found.values())).swapaxes(0, 1)  # (points, trials, columns)
            groups.setdefault(key, []).append((description, values))
    return [_estimate_of(group) for group in groups.values()]


def _estimate_of(group: list[tuple[dict[str, Any], np.ndarray]]) -> Estimate:
    """The estimate of descriptions that differ in their sizes, each with draws ``(points, trials, columns)``."""
    first = group[0][0]
    rows = [row for description, _ in group for row in _points(description)]
    parameters = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    draws = np.concatenate([values for _, values in group])
    sizes: dict[str, list[list[int]]] = {"exact": [], "sampled": []}
    for description, _ in group:
        names = [name for name in rows[0] if name not in _path_names(first)]
        members = dict.fromkeys(tuple(row[name] for name in names) for row in _stored_points(description))
        sizes[first["test_error"]] += [list(member) for member in members]
    provenance = {
        "numerics": first["numerics"],
        **first["model"],
        **{f"{kind}_test_error_sizes": entries for kind, entries in sizes.items()},
        "seed": first["seed"],
        "trials": draws.shape[1],
    }
    means = first["control_means"]
    observables = [name for name in _columns(first) if name not in means]
    return make_estimate(draws, observables, parameters, provenance, means)


def _columns(description: Mapping[str, Any]) -> tuple[str, ...]:
    """What a replicate of a stored configuration holds for every point."""
    return tuple(description.get("columns", COLUMNS))


def _stored_points(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Sizes and ridge or time of every point of a stored configuration, by name."""
    names = _path_names(description)
    found = []
    for *sizes, value in description["points"]:
        fixed = description.get("sizes")
        if fixed is None:
            fixed = dict(zip((D.name, N.name, P.name), (description[D.name], *sizes), strict=True))
        path = zip(names, value if isinstance(value, list) else [value], strict=True)
        found.append({**fixed, **dict(path)})
    return found


def _path_names(description: Mapping[str, Any]) -> list[str]:
    """Names of what a path is along."""
    names = description["parameter"]
    return [names] if isinstance(names, str) else list(names)


def _points(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same as shown: a store writes 0 for the number of features where none are drawn."""
    rows = _stored_points(description)
    return rows if "sizes" in description else [{**row, P.name: row[P.name] or math.inf} for row in rows]


def _sizes_in_words(description: Mapping[str, Any]) -> str:
    if "sizes" in description:
        return describe_named_sizes(description["sizes"])
    return describe_sizes(description[D.name], description["points"])


def merge_stores(target: str | Path, sources: Iterable[str | Path]) -> CampaignStatus:
    """Copy the replicates of several stores into one.

    Parameters
    ----------
    target : path-like
        SQLite file, created if needed.
    sources : iterable of path-like
        Stores to read; they are left unchanged. A replicate that is there already is not copied again.

    Returns
    -------
    CampaignStatus
        Of the target.

    Raises
    ------
    SimulationError
        If two stores hold different numbers for the same replicate, beyond the last digits in which machine
        types differ, or one is damaged; the target is then as it was before.
    """
    with open_store(target, writing=True) as opened:
        with opened.transaction():
            for source in sources:
                with open_store(source, writing=False) as other:
                    _add(opened, other)
        return _status(opened)


def _add(target: CampaignStore, source: CampaignStore) -> None:
    """Copy what is missing, and compare what is not."""
    for digest, (description, trials) in source.descriptions().items():
        shape = len(description["points"]), len(_columns(description))
        target.register([(digest, description)], trials)
        present, found = target.read(digest, *shape), source.read(digest, *shape)
        for replicate in present.keys() & found.keys():
            if not np.allclose(present[replicate], found[replicate], rtol=1e-5, atol=1e-9):
                raise SimulationError(
                    f"{source.path} and {target.path} disagree on replicate {replicate} of {digest[:12]}; "
                    "they cannot come from the same simulation"
                )
        fresh = sorted(found.keys() - present.keys())
        if fresh:
            target.write(digest, fresh, np.stack([found[replicate] for replicate in fresh]))


def _as_shard(shard: tuple[int, int]) -> tuple[int, int]:
    try:
        part, parts = shard
        valid = int(part) == part and int(parts) == parts and 1 <= part <= parts
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise InputError("shard", shard, "(i, n) with 1 <= i <= n")
    return int(part), int(parts)
