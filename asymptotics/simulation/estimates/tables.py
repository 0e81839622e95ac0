"""Plain tables for printing, and text files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def align(header: Sequence[str], rows: Sequence[Sequence[str]], left: str = "observable") -> list[str]:
    """The lines of a table: numbers to the right, the column of names to the left.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequences of str
        Cells, as many per row as there are columns.
    left : str
        The column that is aligned to the left.

    Returns
    -------
    list of str

    Examples
    --------
    >>> align(("observable", "mean"), [("test", "1.25"), ("norm", "10")])
    ['observable  mean', 'test        1.25', 'norm          10']
    """
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [
            cell.ljust(width) if name == left else cell.rjust(width)
            for cell, width, name in zip(row, widths, header, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def write(text: str, path: str | Path | None) -> str:
    """A text, after writing it to a file if a path is given.

    Parameters
    ----------
    text : str
        What is written.
    path : str or Path, optional
        A file, overwritten.
    """
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
