"""Where blocks of replicates run: in this process, or on any executor, with identical results."""

from __future__ import annotations

import io
import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.design.configurations import Configuration
from asymptotics.simulation.design.options import as_count
from asymptotics.simulation.threads import one_thread

with warnings.catch_warnings():
    # A notebook without widgets gets the bar of a terminal, which needs no warning.
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

Array = NDArray[np.float64]

IN_NOTEBOOK = any(kind.__name__ == "tqdm_notebook" for kind in tqdm.__mro__)
"""Whether bars are widgets: they are shown although nothing is a terminal."""


class Task(Protocol):
    """A block of replicates: small frozen data that a worker can be sent, and that knows how to run."""

    @property
    def first(self) -> int:
        """First replicate of the block."""

    @property
    def count(self) -> int:
        """Number of replicates in it."""

    def run(self) -> Array:
        """The results of every replicate, ``(count, points, columns)``."""


IN_FLIGHT = 512
"""Most blocks that are handed to an executor and not finished, so that huge campaigns do not fill its queue."""


PATIENCE = 300.0
"""Seconds without a finished block after which an executor is reported, and again after as many."""


LOGGED = 10.0
"""Seconds between the lines of progress where standard error is no terminal."""


def process_pool(
    workers: int | None = None, prepare: Callable[[], object] | None = None
) -> ProcessPoolExecutor:
    """A pool of worker processes that is safe with LAPACK and the same on every operating system.

    Parameters
    ----------
    workers : int, optional
        Number of processes; the number of cores by default, and at most that, with a warning: more would only be
        in each other's way.
    prepare : callable, optional
        Called in every worker when it starts, such as ``functools.partial(load, path, digest)`` of a loader of the
        file in which a user's functions are defined.

    Returns
    -------
    concurrent.futures.ProcessPoolExecutor
        With the ``spawn`` start method. Workers limit BLAS to one thread each, and end when the process that
        started them ends, however it ends.

    Raises
    ------
    InputError
        If ``workers`` is not a positive integer.

    Notes
    -----
    Scripts that use it need the usual ``if __name__ == "__main__":`` guard.

    References
    ----------
    docs/howto/clusters.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> with asy.process_pool(workers=1) as pool:
    ...     pool.submit(abs, -3).result()
    3
    """
    if workers is not None:
        workers = as_count("workers", workers, 1)
        if workers > cores():
            warnings.warn(f"{workers} workers on {cores()} cores: {cores()} are started", stacklevel=2)
    workers = min(workers or cores(), cores())
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(prepare,))


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(prepare: Callable[[], object] | None) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C stops the process that started them, which stops them
    _end_with_parent()
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    """Make a worker exit when its parent is gone: after a kill no process is left computing for nobody."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_tasks(
    tasks: Iterable[tuple[Configuration, Task]], executor: Executor | None
) -> Generator[tuple[Configuration, Task, Array], None, None]:
    """Yield every block of work with its results, as they finish.

    Parameters
    ----------
    tasks : iterable of (Configuration, Task)
        The work.
    executor : concurrent.futures.Executor or None
        Where to do it; None is the calling process.

    Yields
    ------
    configuration : Configuration
    task : Task
    values : ndarray, shape (task.count, points, columns)

    Raises
    ------
    SimulationError
        If a task cannot be sent to the workers, a worker dies, or memory is short.

    Warns
    -----
    UserWarning
        When no block has ended for `PATIENCE` seconds.
    """
    # The limit also holds here for the whole run: limits set by concurrent threads would undo each other.
    with one_thread():
        if executor is None:
            for configuration, task in tasks:
                yield configuration, task, _told(task)
            return
        remaining = iter(tasks)
        futures: dict[Future[Array], tuple[Configuration, Task]] = {}
        try:
            while True:
                for configuration, task in itertools.islice(remaining, IN_FLIGHT - len(futures)):
                    futures[_submit(executor, task)] = (configuration, task)
                if not futures:
                    return
                for future in _finished(futures):
                    yield *futures.pop(future), _result(future)
        finally:
            for future in futures:
                future.cancel()


def run_task(task: Task) -> Array:
    """The results ``(task.count, points, columns)`` of a block of work; the function that workers execute."""
    return task.run()


def _finished(futures: Iterable[Future[Array]]) -> set[Future[Array]]:
    """The futures that have ended, of which there is at least one; waiting long for it is reported."""
    pending, start = list(futures), time.monotonic()
    while not (done := wait(pending, timeout=PATIENCE, return_when=FIRST_COMPLETED).done):
        warnings.warn(
            f"no block has ended for {time.monotonic() - start:.0f} s, {len(pending)} are with the executor: it may "
            "hang; with a store, stopping loses only these",
            stacklevel=2,
        )
    return done


def _told(task: Task) -> Array:
    try:
        return run_task(task)
    except MemoryError as error:
        raise _memory_short() from error


def _submit(executor: Executor, task: Task) -> Future[Array]:
    try:
        return executor.submit(run_task, task)
    except BrokenExecutor as error:
        raise _worker_died() from error


def _result(future: Future[Array]) -> Array:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise _worker_died() from error
    except MemoryError as error:
        raise _memory_short() from error
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        if "pickle" not in str(error).lower():
            raise
        raise SimulationError(
            f"the model or its training cannot be sent to worker processes ({error}); use an activation by name or "
            "formula, or a function defined at the top level of a module, or run without an executor"
        ) from error


def _memory_short() -> SimulationError:
    return SimulationError(
        "not enough memory for a block of replicates; with a store the finished blocks are kept: run again with fewer "
        "workers, smaller sizes, or precision='single'"
    )


def _worker_died() -> SimulationError:
    return SimulationError(
        "a worker process ended abruptly (killed, or out of memory); with a store the finished blocks are kept: "
        "run again to continue, with fewer workers if memory was short"
    )


def progress_bar(total: int, progress: bool | None, done: int = 0) -> Any:
    """A progress bar over replicates; None shows it in terminals only, True as lines of a log elsewhere.

    Parameters
    ----------
    total : int
        Number of replicates.
    progress : bool or None
        Whether to show it.
    done : int
        Replicates that are there already.
    """
    quiet = (False if IN_NOTEBOOK else None) if progress is None else not progress
    quiet = True if done >= total else quiet  # nothing is left to watch
    form: dict[str, Any] = {"total": total, "initial": done, "unit": " replicates", "disable": quiet}
    if progress and not IN_NOTEBOOK and not sys.stderr.isatty():
        return tqdm(**form, file=_Lines(), ascii=True, mininterval=LOGGED, maxinterval=LOGGED)
    return tqdm(**form, leave=False)


class _Lines(io.TextIOBase):
    """Standard error where it is a file: every state of a bar is a line of its own."""

    def write(self, text: str) -> int:
        """Write a state as a line, and nothing for what only moves the cursor."""
        line = text.strip("\r\n ")
        return sys.stderr.write(f"{line}\n") if line else 0

    def flush(self) -> None:
        """As of any file."""
        sys.stderr.flush()
