"""One thread of BLAS while replicates are computed: they are small, and run beside each other in processes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """A context in which BLAS uses one thread.

    Notes
    -----
    The libraries are looked for once per process: that takes milliseconds, many times a small block of replicates.

    Examples
    --------
    >>> with one_thread():
    ...     pass
    """
    return _controller().limit(limits=1)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
