"""What a process has once: memory, and libraries whose precision is that of the whole process."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from asymptotics.errors import InputError

MOST_ELEMENTS = 2**32
"""Numbers in double precision that anything may hold at once."""

_LOCK = threading.RLock()


def _unlock() -> None:
    """A forked child has one thread, which holds nothing."""
    global _LOCK
    _LOCK = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)


def read_json(text: str | bytes) -> Any:
    """JSON from outside, of which nothing is known.

    Raises
    ------
    ValueError
        If it is none, or nested so deeply that Python cannot read it.

    Examples
    --------
    >>> read_json('{"a": [1]}')
    {'a': [1]}
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


class Exclusively:
    """A context that one thread at a time is in; the thread that is in it may enter it again.

    For libraries that keep their precision for the whole process, as FLINT's Python interface does.

    Parameters
    ----------
    enter : callable
        Makes the context, once no other thread is in one.
    *arguments
        What it is called with.

    Examples
    --------
    >>> from contextlib import nullcontext
    >>> with Exclusively(nullcontext, 3) as value:
    ...     print(value)
    3
    """

    __slots__ = ("_arguments", "_enter", "_inner", "_lock")

    def __init__(self, enter: Callable[..., AbstractContextManager[Any]], *arguments: Any) -> None:
        self._enter, self._arguments = enter, arguments

    def __enter__(self) -> Any:
        self._lock = _LOCK
        self._lock.acquire()
        try:
            self._inner = self._enter(*self._arguments)
            return self._inner.__enter__()
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, *error: Any) -> bool | None:
        try:
            return self._inner.__exit__(*error)
        finally:
            self._lock.release()


def require_memory(elements: float, name: str, value: Any, what: str) -> None:
    """Check before any work that what it needs fits into memory.

    Parameters
    ----------
    elements : float
        Numbers in double precision that are held at once, estimated from below.
    name : str
        The argument that says how many.
    value : object
        Its value.
    what : str
        What holds them.

    Raises
    ------
    InputError
        If they are more than :data:`MOST_ELEMENTS`, 34 GB.

    Examples
    --------
    >>> require_memory(10**10, "sizes", {"n": 10**5}, "a replicate")
    Traceback (most recent call last):
    asymptotics.errors.InputError: sizes = {'n': 100000}: expected a replicate of at most 34 GB, not 80 GB
    """
    if elements > MOST_ELEMENTS:
        most, needed = 8e-9 * MOST_ELEMENTS, 8e-9 * elements
        raise InputError(name, value, f"{what} of at most {most:.0f} GB, not {needed:.0f} GB")
