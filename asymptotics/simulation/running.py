"""Running a simulation: replicates in blocks, on any executor, with identical results."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import threadpoolctl
from numpy.typing import NDArray
from tqdm import tqdm

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.estimate import Estimate, Statistic
from asymptotics.simulation.experiment import MEASURED, Experiment, Task, choose_series, run_task
from asymptotics.simulation.population import PopulationSeries, expand, shorten
from asymptotics.simulation.requests import (
    TEST_ERRORS,
    Grid,
    ModelLike,
    SizesLike,
    as_choice,
    as_count,
    as_experiment,
    as_grid,
)

Array = NDArray[np.float64]
Sizes = tuple[int, int, int]

BLOCKS_PER_CONFIGURATION = 20


def process_pool(workers: int | None = None) -> ProcessPoolExecutor:
    """Return a pool of worker processes that is safe with LAPACK and the same on every operating system.

    Parameters
    ----------
    workers : int, optional
        Number of processes; the number of cores by default.

    Returns
    -------
    concurrent.futures.ProcessPoolExecutor
        With the ``spawn`` start method. Workers limit BLAS to one thread each.

    Notes
    -----
    Scripts that use it need the usual ``if __name__ == "__main__":`` guard.
    """
    if workers is not None:
        workers = as_count("workers", workers, 1)
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def simulate(
    model: ModelLike,
    regime: SizesLike,
    ridge: Any = None,
    *,
    ridge_per_sample: Any = None,
    trials: int = 100,
    seed: int = 0,
    executor: Executor | None = None,
    inputs: str = "sphere",
    weights: str | None = None,
    test_error: str = "auto",
    labels: str = "drawn",
    test_samples: int | None = None,
    progress: bool | None = None,
) -> Estimate:
    r"""Simulate random-features ridge regression and measure its risk.

    Parameters
    ----------
    model : object
        With ``activation`` (vectorized function), ``target.powers`` (power :math:`F_k^2` per degree) and
        ``noise`` (label-noise variance), such as ``RandomFeaturesRidge``.
    regime : object
        With finite sizes ``d``, ``n``, ``p``, such as ``FiniteSize``; arrays broadcast with the ridge into a
        grid of configurations.
    ridge : array_like, optional
        :math:`\lambda \ge 0`; 0 means minimum-norm least squares. Values at equal sizes share their draws.
    ridge_per_sample : array_like, optional
        :math:`\lambda/n` instead.
    trials : int, default 100
        Replicates per configuration, at least 2.
    seed : int, default 0
        Nonnegative. A replicate depends only on the seed, the sizes ``(d, n, p)`` and its number.
    executor : concurrent.futures.Executor, optional
        Where blocks of replicates run: `process_pool`, a thread pool, ``Client.get_executor()`` of Dask, ...
        In the calling process by default. The results are the same, bit for bit, on one machine type.
    inputs : {"sphere", "gaussian"}, default "sphere"
        Law of x: uniform on the sphere of radius :math:`\sqrt d`, or standard Gaussian.
    weights : {"sphere", "gaussian"}, optional
        Law of theta; that of the inputs by default.
    test_error : {"auto", "exact", "sampled"}, default "auto"
        How the average over a fresh input is taken: exactly, by the series of zonal polynomials
        (`asymptotics.simulation.population`), or over a fresh test set in every replicate. ``"auto"`` is
        exact where the series converges at moderate cost; the two agree in expectation.
    labels : {"drawn", "averaged"}, default "drawn"
        With ``"averaged"`` every observable is averaged exactly over target and noise, given inputs and
        weights: the same expectation with much smaller fluctuations. Needs spherical inputs and weights and
        the exact test error.
    test_samples : int, optional
        Size of a sampled test set; by default chosen to cost about as much as the fit. With ``"auto"`` it
        asks for a sampled test error.
    progress : bool, optional
        Show a progress bar on standard error; by default only in a terminal.

    Returns
    -------
    Estimate
        ``test``, ``bias``, ``variance``, ``train``, ``norm``, ``norm_per_feature``, each with ``mean``,
        ``standard_error`` and ``draws`` ``(*grid, trials)``.

    Raises
    ------
    InputError
        When a size is not a finite positive integer, the ridge is negative or not finite, ``trials < 2``, the
        activation has no function, the exact test error is not available where asked for, or an option is
        unknown.
    SimulationError
        When the activation is not finite on the sampled inputs, or cannot be sent to the workers.

    Notes
    -----
    Inputs :math:`x_i` and weights :math:`\theta_j` are independent, :math:`Z_{ij} =
    \sigma(\langle\theta_j, x_i\rangle/\sqrt d)/\sqrt p`, :math:`y = f_\star(X) + \varepsilon`, and
    :math:`\hat a = \arg\min_a \|y - Za\|^2 + \lambda\|a\|^2`. The target is a random harmonic polynomial with
    exactly the given powers (`asymptotics.simulation.sampling.sample_target`), drawn afresh in every
    replicate. Bias and variance come from solving for the right-hand sides :math:`f_\star(X)` and
    :math:`\varepsilon` separately.

    Examples
    --------
    >>> from types import SimpleNamespace as Namespace
    >>> model = Namespace(activation=np.tanh, target=Namespace(powers={1: 1.0}), noise=0.1)
    >>> estimate = simulate(model, Namespace(d=20, n=40, p=30), ridge=0.1, trials=10)
    >>> bool(0 < estimate.train.mean < estimate.test.mean < 1)
    True
    """
    trials = as_count("trials", trials, 2)
    seed = as_count("seed", seed, 0)
    experiment = as_experiment(model, inputs, weights, test_samples, labels)
    grid = as_grid(regime, ridge, ridge_per_sample)
    groups = grid.groups()
    series = choose_test_errors(experiment, list(groups), as_choice("test_error", test_error, TEST_ERRORS))
    tasks = plan_tasks(experiment, groups, series, trials, seed)
    draws = np.empty((int(np.prod(grid.shape, dtype=int)), trials, len(MEASURED)))
    quiet = None if progress is None else not progress
    with tqdm(total=trials * len(groups), unit="replicate", disable=quiet, leave=False) as bar:
        for task, values in run_tasks(tasks, executor):
            for column, positions in enumerate(groups[task.d, task.n, task.p].values()):
                draws[positions, task.first : task.first + task.count] = values[:, column]
            bar.update(task.count)
    return assemble(experiment, grid, draws, seed, series)


def choose_test_errors(
    experiment: Experiment, sizes: list[Sizes], choice: str
) -> dict[Sizes, PopulationSeries | None]:
    """Decide for every configuration how to average over a fresh input: a series, or None for sampling.

    Raises
    ------
    InputError
        When the exact average is asked for, or needed for averaged labels, where it is not available.
    """
    spherical = experiment.weights == "sphere" and (
        experiment.inputs == "sphere" or not experiment.average_labels
    )
    must = choice == "exact" or experiment.average_labels
    if must and (not spherical or choice == "sampled"):
        name, value = ("labels", "averaged") if experiment.average_labels else ("test_error", choice)
        allowed = "spherical weights (for averaged labels also spherical inputs) and no sampled test error"
        raise InputError(name, value, allowed)
    if not spherical or choice == "sampled" or (not must and experiment.test_samples):
        return dict.fromkeys(sizes)
    result: dict[Sizes, PopulationSeries | None] = {}
    expansions: dict[int, PopulationSeries] = {}
    for d, n, p in sizes:
        if d not in expansions:
            expansions[d] = expand(experiment.activation, experiment.inputs, d, experiment.highest_degree)
        if not must:
            result[d, n, p] = choose_series(experiment, d, n, p, expansions[d])
            continue
        result[d, n, p] = shorten(expansions[d], p, experiment.highest_degree)
        if result[d, n, p] is None:
            allowed = f"a series that converges; at d = {d}, p = {p} it needs too many degrees"
            raise InputError("test_error", "exact", allowed, 'use test_error="sampled" and labels="drawn"')
    return result


def plan_tasks(
    experiment: Experiment,
    groups: dict[Sizes, dict[float, list[int]]],
    series: dict[Sizes, PopulationSeries | None],
    trials: int,
    seed: int,
) -> list[Task]:
    """Cut the replicates of every configuration into blocks, largest configurations first.

    The order lets a pool finish evenly; the results do not depend on it.
    """
    count = -(-trials // BLOCKS_PER_CONFIGURATION)
    ordered = sorted(groups, key=lambda sizes: -sizes[1] * sizes[2] * min(sizes[1:]))
    return [
        Task(experiment, *sizes, tuple(groups[sizes]), seed, first, min(count, trials - first), series[sizes])
        for sizes in ordered
        for first in range(0, trials, count)
    ]


def run_tasks(tasks: Sequence[Task], executor: Executor | None) -> Iterator[tuple[Task, Array]]:
    """Yield every task with its results, as they finish.

    Raises
    ------
    SimulationError
        When a task cannot be sent to the workers.
    """
    # The limit also holds here for the whole run: limits set by concurrent threads would undo each other.
    with threadpoolctl.threadpool_limits(limits=1):
        if executor is None:
            for task in tasks:
                yield task, run_task(task)
            return
        futures: dict[Future[Array], Task] = {executor.submit(run_task, task): task for task in tasks}
        try:
            for future in concurrent.futures.as_completed(futures):
                yield futures[future], _result(future)
        finally:
            for future in futures:
                future.cancel()


def _result(future: Future[Array]) -> Array:
    try:
        return future.result()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        if "pickle" not in str(error).lower():
            raise
        raise SimulationError(
            f"the model cannot be sent to worker processes ({error}); use an activation by name or formula, "
            "or a function defined at the top level of a module, or run without an executor"
        ) from error


def assemble(
    experiment: Experiment, grid: Grid, draws: Array, seed: int, series: dict[Sizes, PopulationSeries | None]
) -> Estimate:
    """Put draws ``(configurations, trials, observables)`` into the shape of the grid."""
    trials = draws.shape[1]
    statistics = {
        name: Statistic(draws[:, :, column].reshape((*grid.shape, trials)))
        for column, name in enumerate(MEASURED)
    }
    per_feature = statistics["norm"].draws * (grid.n / grid.p)[..., None]
    activation = getattr(experiment.activation, "name", None) or getattr(
        experiment.activation, "__name__", None
    )
    provenance = {
        "activation": activation if isinstance(activation, str) else repr(experiment.activation),
        "target_powers": {str(degree): power for degree, power in experiment.powers},
        "noise": experiment.noise,
        "inputs": experiment.inputs,
        "weights": experiment.weights,
        "labels": "averaged" if experiment.average_labels else "drawn",
        "exact_test_error_sizes": [list(sizes) for sizes, entry in series.items() if entry is not None],
        "sampled_test_error_sizes": [list(sizes) for sizes, entry in series.items() if entry is None],
        "test_samples": experiment.test_samples,
        "seed": seed,
        "trials": trials,
        "version": _version(),
    }
    return Estimate(
        **statistics,
        norm_per_feature=Statistic(per_feature),
        parameters={"d": grid.d, "n": grid.n, "p": grid.p, "ridge": grid.ridge},
        provenance=provenance,
    )


def _version() -> str:
    try:
        return version("asymptotics-rf")
    except PackageNotFoundError:
        return "uninstalled"
