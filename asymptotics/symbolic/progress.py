"""What a derivation is doing: a line on the terminal once it takes long, or a call for every step.

>>> seen = []
>>> with reporting(seen.append, "example"):
...     report("eliminating", traces=14)
>>> print(str(seen[0]).rpartition(" ... ")[0])
example: 14 traces, eliminating
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

PATIENCE = 2.0
"""Seconds after which a line appears on a terminal."""


@dataclass(frozen=True)
class Step:
    """Where a derivation is.

    Attributes
    ----------
    name : str
        Of the program.
    doing : str
    traces : int
        Traces of the Dyson equation; zero before it is known.
    seconds : float
        Since the derivation began.
    """

    name: str
    doing: str
    traces: int
    seconds: float

    def __str__(self) -> str:
        known = f"{self.traces} traces, " if self.traces else ""
        return f"{self.name}: {known}{self.doing} ... {self.seconds:.0f} s"


Progress = Callable[[Step], object]


@dataclass
class _Reporter:
    name: str
    call: Progress
    start: float
    traces: int = 0


_CURRENT: ContextVar[_Reporter | None] = ContextVar("reporter", default=None)


class _Line:
    """One line on a terminal, rewritten in place and wiped at the end."""

    width = 0

    def __call__(self, step: Step) -> None:
        if step.seconds >= PATIENCE:
            text = str(step)
            sys.stderr.write(f"\r{text.ljust(self.width)}")
            sys.stderr.flush()
            self.width = len(text)

    def wipe(self) -> None:
        """Remove the line."""
        if self.width:
            sys.stderr.write(f"\r{' ' * self.width}\r")
            sys.stderr.flush()


@contextmanager
def reporting(progress: Progress | None, name: str) -> Iterator[None]:
    """Within this, :func:`report` calls ``progress``; by default it writes a line if stderr is a terminal.

    Parameters
    ----------
    progress : callable of a Step, optional
    name : str
        What is derived.
    """
    line = _Line()
    if progress is None and sys.stderr is not None and sys.stderr.isatty():
        progress = line
    token = _CURRENT.set(None if progress is None else _Reporter(name, progress, time.monotonic()))
    try:
        yield
    finally:
        _CURRENT.reset(token)
        line.wipe()


def report(doing: str, traces: int | None = None) -> None:
    """Say what is being done now; nothing happens outside of :func:`reporting`.

    Parameters
    ----------
    doing : str
        What is done, in words.
    traces : int, optional
        How many are left.
    """
    reporter = _CURRENT.get()
    if reporter is not None:
        reporter.traces = reporter.traces if traces is None else traces
        seconds = time.monotonic() - reporter.start
        reporter.call(Step(reporter.name, doing, reporter.traces, seconds))
