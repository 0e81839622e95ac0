"""What a process has once: memory, and libraries whose precision is that of the whole process."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from asymptotics.errors import InputError

LIMIT = "ASYMPTOTICS_MEMORY_GB"
"""Environment variable: gigabytes that anything may hold at once, instead of the memory of the machine."""

_UNKNOWN = 32.0

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


def memory_limit() -> float:
    """Gigabytes that anything may hold at once: the memory of the machine, or what :data:`LIMIT` says.

    Raises
    ------
    InputError
        If the variable holds no positive number.
    """
    given = os.environ.get(LIMIT)
    if given is None:
        try:
            return 1e-9 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):  # not on Windows
            return _UNKNOWN
    try:
        found = float(given)
    except ValueError:
        found = 0.0
    if not found > 0:
        raise InputError(LIMIT, given, "a positive number of gigabytes")
    return found


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
        If they are more than :func:`memory_limit`.

    Examples
    --------
    >>> require_memory(10**16, "sizes", {"n": 10**8}, "a replicate")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    asymptotics.errors.InputError: sizes = {'n': 100000000}: expected a replicate of at most ... GB, not 80000000 GB...
    """
    most, needed = memory_limit(), 8e-9 * elements
    if needed > most:
        sizes = [f"{size:.0f} GB" if size >= 10 else f"{size:.2g} GB" for size in (most, needed)]
        allowed = f"{what} of at most {sizes[0]}, not {sizes[1]}"
        raise InputError(name, value, allowed, f"{LIMIT} sets another limit")
