"""A comparison as a page for notebooks: the table, and the verdict in color."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["comparison_page"]

MOST_ROWS = 15

_COLORS = {True: "#2e7d32", False: "#b71c1c"}


def comparison_page(
    rows: Sequence[Mapping[str, Any]], sizes: Sequence[str], verdict: Sequence[str], agrees: bool
) -> str:
    """HTML of rows and verdict; of many rows those with the largest differences.

    Parameters
    ----------
    rows : sequence of Mapping[str, Any]
        One for each observable and configuration.
    sizes : sequence of str
        Names of the columns of sizes.
    verdict : sequence of str
        Lines below the table.
    agrees : bool
        Colors the verdict.

    Examples
    --------
    >>> row = {"n": 5, "observable": "test", "theory": 1.0, "simulation": 1.1, "standard_error": 0.1,
    ...        "standard_errors": 1.0, "percent": 10.0, "agrees": True}
    >>> page = comparison_page([row], ["n"], ["agrees: none of 1", "(allowance)"], True)
    >>> "agrees" in page, page.count("<tr>")
    (True, 2)
    """
    shown = (
        sorted(rows, key=lambda row: -abs(row["standard_errors"]))[:MOST_ROWS]
        if len(rows) > MOST_ROWS
        else rows
    )
    heads = (*sizes, "observable", "theory", "measured", "s.e.", "in s.e.", "in %", "")
    body = "".join(_line("td", _cells(row, sizes)) for row in shown)
    left_out = f"<div>{len(shown)} largest of {len(rows)} differences</div>" if len(shown) < len(rows) else ""
    first, *rest = (escape(line) for line in verdict)
    said = f'<div style="color:{_COLORS[agrees]};font-weight:bold">{first}</div>'
    notes = "".join(f"<div>{line}</div>" for line in rest)
    return f"<table><thead>{_line('th', heads)}</thead><tbody>{body}</tbody></table>{left_out}{said}{notes}"


def _cells(row: Mapping[str, Any], sizes: Sequence[str]) -> list[str]:
    numbers = [f"{row[name]:.6g}" for name in (*sizes,)] + [row["observable"], f"{row['theory']:.6g}"]
    numbers += [f"{row['simulation']:.6g}", f"{row['standard_error']:.2g}"]
    return [
        *numbers,
        f"{row['standard_errors']:+.1f}",
        f"{row['percent']:+.2f}",
        "" if row["agrees"] else "DISAGREES",
    ]


def _line(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
