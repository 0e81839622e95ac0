"""What a command that is stopped says: one line, what is kept and how to go on, and its exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after SIGINT and after SIGTERM: 128 and the number of the signal, as shells have it."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, as a scheduler sends it before it kills: it stops a command as Ctrl-C does."""


def _terminated(number: int, frame: Any) -> None:
    raise Terminated


@contextmanager
def stoppable(kept: Callable[[], str]) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into one line on standard error and an exit code.

    Parameters
    ----------
    kept : callable
        Says what is kept and how to go on, when it is asked.

    Raises
    ------
    click.exceptions.Exit
        With `INTERRUPTED` or `TERMINATED`.

    Examples
    --------
    >>> with stoppable(lambda: "nothing is kept"):
    ...     pass
    """
    told = threading.current_thread() is threading.main_thread()  # no other thread is told of signals
    before = signal.signal(signal.SIGTERM, _terminated) if told else None
    code = INTERRUPTED
    try:
        yield
        return
    except Terminated:
        code = TERMINATED
    except KeyboardInterrupt:
        pass
    finally:
        if told:
            signal.signal(signal.SIGTERM, before)
    click.echo(f"stopped: {kept()}", err=True)
    raise click.exceptions.Exit(code)


def kept_by(store: str | None, campaign: Any) -> Callable[[], str]:
    """What a simulation keeps, in words: all finished blocks in its store, or nothing."""
    from asymptotics.simulation import campaign_status

    def words() -> str:
        if store is None or not Path(store).exists():
            return "nothing is kept; --store FILE keeps every finished block"
        done = str(campaign_status(store, campaign)).splitlines()[0]
        return f"{store} keeps {done}; the same command goes on there"

    return words
