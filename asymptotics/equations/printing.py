"""Pages for people: a system as plain text and as LaTeX, printed from the objects."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp

from asymptotics.equations.averages import letters_of

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
    return sp.latex(expression, symbol_names=names)


def _block(title: str, lines: list[str]) -> list[str]:
    return [title, *("  " + line for line in lines), ""] if lines else []


def text_page(system: Any) -> str:
    """The system as plain text."""
    lines = [system.name, "=" * len(system.name), ""]
    lines += _block("parameters", [str(p) for p in system.parameters])
    lines += _block("unknowns", [str(u) for u in system.unknowns])
    lines += _block(
        "spectral measures",
        [
            f"{m.symbol}[f({', '.join(map(str, letters_of(m.variable)))})]: {m.meaning}"
            for m in system.measures
        ],
    )
    lines += _block("definitions", [str(d) for d in system.definitions])
    lines += _block("equations", [str(e) for e in system.equations])
    lines += _block("domain", str(system.domain).splitlines())
    lines += _block("observables", [str(o) for o in system.observables])
    lines += _block("how it was made", str(system.provenance).splitlines())
    return "\n".join(lines).rstrip() + "\n"


def latex_page(system: Any) -> str:
    """The system as LaTeX: definitions, equations, observables, in ``align*`` blocks."""
    definitions = [
        rf"{latex_name(d.symbol)} &:= {latex_expression(d.expression)}" for d in system.definitions
    ]
    equations = [rf"{latex_expression(e.left)} &= {latex_expression(e.right)}" for e in system.equations]
    observables = [
        rf"\mathrm{{{o.name.replace('_', chr(92) + '_')}}} &= {latex_expression(o.expression)}"
        for o in system.observables
    ]
    blocks = [block for block in (equations, definitions, observables) if block]
    body = "\n".join("\\begin{align*}\n" + " \\\\\n".join(b) + "\n\\end{align*}" for b in blocks)
    return f"% {system.name}, digest {system.digest[:16]}\n{body}\n"
