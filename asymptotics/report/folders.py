"""What reports in folders have in common: the folder, the workers, and figures as files."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from asymptotics.errors import InputError
from asymptotics.report.canvas import load_pyplot
from asymptotics.simulation import process_pool

__all__ = ["save_closed", "workers_of", "writable"]


def writable(folder: str | Path, probe: str) -> Path:
    """A folder that can be written, made if absent.

    Parameters
    ----------
    folder : path
    probe : str
        A file that will be written there.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / probe).touch()
    except OSError as error:
        allowed = "a folder that can be written"
        raise InputError("folder", str(folder), allowed, str(error.strerror)) from error
    return target


def workers_of(workers: int) -> AbstractContextManager[Any]:
    """A pool of worker processes; None for one worker, which is this process."""
    return nullcontext() if workers == 1 else process_pool(workers)


def save_closed(figure: Any, folder: Path, name: str, dpi: int = 220) -> tuple[Path, Path]:
    """A figure as PDF and PNG, closed afterwards.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    folder : Path
    name : str
        Of the files, without suffix.
    dpi : int
        Of the PNG.

    Returns
    -------
    tuple of Path
    """
    paths = (folder / f"{name}.pdf", folder / f"{name}.png")
    figure.savefig(paths[0])
    figure.savefig(paths[1], dpi=dpi)
    load_pyplot().close(figure)
    return paths
