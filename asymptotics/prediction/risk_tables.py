"""Tables of a risk: as text, LaTeX, and HTML with a small curve."""

from __future__ import annotations

import html as escaping
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.equations.printing import latex_name
from asymptotics.models.components import heading_of, label_of
from asymptotics.prediction.risk_text import shown
from asymptotics.solvers.solution import Status

__all__ = ["brief", "heading", "html_page", "latex_table", "page", "span", "text_table", "word"]

_PRINTED = 40
"""Points that are printed one by one; of more, only the span."""

_SHOWN = 12
"""Points of a table in a notebook; of more, only the spans."""


def word(status: Any) -> str:
    """A status in words.

    Examples
    --------
    >>> word(5)
    'slow_limit'
    """
    return str(Status(int(status)))


def brief(value: Any) -> str:
    """A number to seven digits, of many digits or a ball as it is.

    Examples
    --------
    >>> brief(1 / 3)
    '0.3333333'
    """
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def span(value: Any) -> str:
    """Smallest and largest finite value."""
    numbers = np.asarray(value, dtype=float)
    finite = numbers[np.isfinite(numbers)]
    return f"{finite.min():.6g} .. {finite.max():.6g}" if finite.size else "no finite value"


def heading(risk: Any) -> str:
    """Model and sizes in one line."""
    sizes = [
        f"{name} = {brief(np.ravel(value)[0].item()) if np.unique(value).size == 1 else span(value)}"
        for name, value in ((n, np.asarray(v, dtype=float)) for n, v in risk.parameters.items())
        if np.size(value)
    ]
    said = (risk.made_by.get("model", ""), ", ".join(sizes), risk.made_by.get("note", ""))
    return "; ".join(filter(None, said))


def _columns(risk: Any) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """Rows, names of the parameters that vary not, and of the other columns."""
    rows = risk.rows()
    fixed = [name for name in risk.parameters if len({row[name] for row in rows}) == 1 and len(rows) > 1]
    return rows, fixed, [name for name in (rows[0] if rows else {}) if name not in fixed]


def text_table(risk: Any) -> str:
    """Every point in one line; parameters that do not vary are said once."""
    rows, fixed, names = _columns(risk)
    cells = [[heading_of(name) for name in names]]
    cells += [[brief(row[name]) for name in names] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    head = [", ".join(f"{name} = {brief(rows[0][name])}" for name in fixed)] if fixed else []
    return "\n".join([*head, *("  ".join(c.rjust(w) for c, w in zip(line, widths)) for line in cells)])


def page(risk: Any) -> str:
    """A risk as it prints: one point line by line, some as a table, of more the spans; with the caution there is."""
    if risk.shape == ():
        lines = [f"{name:>16} = {shown(value)}" for name, value in risk.values.items()]
        lines.append(f"{'status':>16} = {risk.statuses}")
    elif 0 < np.prod(risk.shape) <= _PRINTED:
        lines = [text_table(risk)]
    else:
        names, counts = np.unique(risk.statuses, return_counts=True)
        tally = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
        spans = [f"{name:>16}: {span(value)}" for name, value in risk.values.items()]
        lines = [f"Risk of shape {risk.shape}: {tally}", *spans]
    return "\n".join([*lines, *_cautioned(risk)])


def _cautioned(risk: Any) -> list[str]:
    """The caution as a line, where some point has it."""
    marked = risk.caution and np.any(np.asarray(risk.status) == Status.UNTRUSTED)
    return [f"untrusted: {risk.caution}"] if marked else []


def latex_table(risk: Any, components: Sequence[str], digits: int) -> str:
    """A ``tabular`` with one line per point.

    Parameters
    ----------
    risk : Risk
        Of any shape.
    components : sequence of str
        Columns.
    digits : int
        Significant ones.
    """
    rows, fixed, _ = _columns(risk)
    names = [name for name in risk.parameters if name not in fixed]
    heads = [f"${_symbol(name)}$" for name in names] + [_latex_label(name) for name in components]
    lines = [" & ".join(_latex_number(row[n], digits) for n in (*names, *components)) for row in rows]
    said = ", ".join(f"{name} = {brief(rows[0][name])}" for name in fixed)
    return "\n".join([
        "; ".join(filter(None, [f"% {risk.made_by.get('model', '')}", said, *_cautioned(risk)])),
        rf"\begin{{tabular}}{{{'r' * len(heads)}}}", r"\toprule", " & ".join(heads) + r" \\", r"\midrule",
        *(line + r" \\" for line in lines), r"\bottomrule", r"\end{tabular}", "",
    ])  # fmt: skip


def _symbol(name: str) -> str:
    return latex_name(sp.Symbol({"ridge": "lam", "ridge_per_sample": "lam_n"}.get(name, name)))


def _latex_label(name: str) -> str:
    return label_of(name).replace("_", r"\_") if "$" not in label_of(name) else label_of(name)


def _latex_number(value: Any, digits: int) -> str:
    number = float(value)
    if not np.isfinite(number):
        return {np.inf: r"$\infty$", -np.inf: r"$-\infty$"}.get(number, "--")
    mantissa, _, exponent = f"{number:.{digits}g}".partition("e")
    return rf"${mantissa}\times 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


def html_page(risk: Any) -> str:
    """A table with model and sizes above it, and a small curve where there is one axis."""
    said = [heading(risk), *_cautioned(risk)]
    head = f"<div><b>Risk</b> &mdash; {escaping.escape('; '.join(said))}</div>"
    if risk.shape and int(np.prod(risk.shape)) > _SHOWN:
        counts = {word(s): int(np.sum(np.asarray(risk.status) == s)) for s in np.unique(risk.status)}
        rows = [
            {"component": label_of(name), "from .. to": span(value)} for name, value in risk.values.items()
        ]
        note = (
            f"<div>shape {risk.shape}: " + ", ".join(f"{n} {name}" for name, n in counts.items()) + "</div>"
        )
        return head + _curve(risk) + _html_table(rows, list(rows[0])) + note
    table, _, names = _columns(risk)
    return head + _curve(risk) + _html_table(table, names)


def _html_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escaping.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", [brief(row[name]) for name in names]) for row in rows)
    return f"<table><thead>{line('th', names)}</thead><tbody>{body}</tbody></table>"


def _curve(risk: Any, width: int = 220, height: int = 60) -> str:
    """The first component along the axis, as a line without axes."""
    if len(risk.shape) != 1 or risk.shape[0] < 3:
        return ""
    x = np.asarray(risk.parameters.get(risk.dims[0], np.arange(risk.shape[0])), dtype=float)
    y = np.asarray(next(iter(risk.values.values())), dtype=float)
    ok = np.isfinite(x) & np.isfinite(y)
    x, y = x[ok], y[ok]
    if x.size < 3 or x.min() == x.max():
        return ""
    x = np.log(x) if x.min() > 0 and x.max() > 20 * x.min() else x
    top = max(y.max(), 0.0) - min(y.min(), 0.0) or 1.0
    order = np.argsort(x)
    across = 2 + (width - 4) * (x[order] - x.min()) / (x.max() - x.min())
    down = 2 + (height - 4) * (1 - (y[order] - min(y.min(), 0.0)) / top)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down))
    line = f'<polyline points="{points}" fill="none" stroke="#0072B2" stroke-width="1.5"/>'
    title = f"<title>{escaping.escape(f'{label_of(next(iter(risk.values)))} against {risk.dims[0]}')}</title>"
    return f'<svg width="{width}" height="{height}" role="img">{title}{line}</svg>'
