"""Pages for people: a system as plain text and as LaTeX, printed from the objects."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from asymptotics.equations.averages import SpectralAverage, letters_of
from asymptotics.equations.families import Line, families
from asymptotics.equations.short_page import ShortPage, short_page

_NAMES = {
    "lam": r"\lambda",
    "lam_n": r"\lambda_n",
    "noise": r"\sigma_\varepsilon^2",
    "inv_p": r"p^{-1}",
    "inv_n": r"n^{-1}",
    "gap": r"\delta",
}
_GREEK = {"mu": r"\mu", "star": r"\star"}
_SQUARE = re.compile(r"(mu|F)_?(star|[0-9]+)sq\Z")


def latex_name(symbol: sp.Symbol) -> str:
    r"""LaTeX of a symbol, in the notation of the field.

    Examples
    --------
    >>> latex_name(sp.Symbol("mu_starsq")), latex_name(sp.Symbol("lam"))
    ('\\mu_{\\star}^{2}', '\\lambda')
    """
    square = _SQUARE.match(symbol.name)
    if square:
        letter, index = (_GREEK.get(part, part) for part in square.groups())
        return f"{letter}_{{{index}}}^{{2}}"
    return _NAMES.get(symbol.name, sp.latex(symbol))


def latex_expression(expression: sp.Expr) -> str:
    """LaTeX of an expression, in the notation of the field."""
    names = {s: latex_name(s) for s in sp.sympify(expression, strict=True).atoms(sp.Symbol)}
    return str(_Latex({"symbol_names": names}).doprint(expression))


class _Text(StrPrinter):  # type: ignore[misc]
    """Sums with what is added before what is subtracted."""

    def _as_ordered_terms(self, expr: sp.Expr, order: str | None = None) -> list[sp.Expr]:
        return _plus_first(super()._as_ordered_terms(expr, order))


class _Latex(LatexPrinter):  # type: ignore[misc]
    """Sums with what is added before what is subtracted."""

    def _as_ordered_terms(self, expr: sp.Expr, order: str | None = None) -> list[sp.Expr]:
        return _plus_first(super()._as_ordered_terms(expr, order))


def _plus_first(terms: list[sp.Expr]) -> list[sp.Expr]:
    return sorted(terms, key=lambda term: term.could_extract_minus_sign())


def _text(expression: sp.Expr) -> str:
    return str(_Text().doprint(expression))


def _block(title: str, lines: list[str]) -> list[str]:
    return [title, *("  " + line for line in lines), ""] if lines else []


def printed_lines(page: ShortPage) -> tuple[Line, ...]:
    """Definitions and equations of a page, in the order in which they are printed."""
    lines = [Line(s, e, True) for s, e in page.definitions]
    lines += [Line(left, right) for left, right in page.equations]
    averages = [s for s, e in (*page.definitions, *page.steps) if e.has(SpectralAverage)]
    return families(lines, averages)


def _line_text(line: Line) -> str:
    sides = f"{_text(line.left)} {':=' if line.defines else '='} {_text(line.right)}"
    return f"{sides}   for {line.index} = {', '.join(map(str, line.values))}" if line.values else sides


def _line_latex(line: Line) -> str:
    sides = f"{latex_expression(line.left)} &{':=' if line.defines else '='} {latex_expression(line.right)}"
    return rf"{sides} \qquad {line.index} = {', '.join(map(str, line.values))}" if line.values else sides


def text_page(system: Any) -> str:
    """The system as plain text, in few operations: see :mod:`asymptotics.equations.short_page`."""
    page = short_page(system)
    told = {u.symbol: u.meaning for u in system.unknowns}
    unknowns = [f"{s}: {told.get(e) or _text(e)}" if told.get(e, True) else str(s) for s, e in page.unknowns]
    measures = [
        f"{m.symbol}[f({', '.join(map(str, letters_of(m.variable)))})]: {m.meaning}" for m in system.measures
    ]
    printed = printed_lines(page)
    lines = [system.name, "=" * len(system.name), ""]
    lines += _block("parameters", [str(p) for p in system.parameters])
    lines += _block("unknowns", unknowns)
    lines += _block("spectral measures", measures)
    lines += _block("definitions", [_line_text(line) for line in printed if line.defines])
    lines += _block("equations", [_line_text(line) for line in printed if not line.defines])
    lines += _block("domain", str(page.domain(system.domain)).splitlines())
    lines += _block("definitions for observables", [f"{s} := {_text(e)}" for s, e in page.steps])
    lines += _block("observables", [f"{o.name} = {_text(o.expression)}" for o in system.observables])
    lines += _block("how it was made", str(system.provenance).splitlines())
    return "\n".join(lines).rstrip() + "\n"


def latex_page(system: Any) -> str:
    """The system as LaTeX: definitions, equations, observables, in ``align*`` blocks."""
    body = "\n".join("\\begin{align*}\n" + " \\\\\n".join(b) + "\n\\end{align*}" for b in _blocks(system))
    return f"% {system.name}, digest {system.digest[:16]}\n{body}\n"


def latex_display(system: Any) -> str:
    """The system as one displayed formula, for notebooks."""
    lines = [line for block in _blocks(system) for line in block]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def _blocks(system: Any) -> list[list[str]]:
    """Equations, definitions and observables, line by line."""
    page = short_page(system)
    printed = printed_lines(page)
    definitions = [_line_latex(line) for line in printed if line.defines]
    equations = [_line_latex(line) for line in printed if not line.defines]
    steps = [rf"{latex_name(s)} &:= {latex_expression(e)}" for s, e in page.steps]
    observables = [
        rf"\mathrm{{{o.name.replace('_', chr(92) + '_')}}} &= {latex_expression(o.expression)}"
        for o in system.observables
    ]
    return [block for block in (definitions, equations, steps, observables) if block]
