"""Pages for people: a system as plain text and as LaTeX, printed from the objects."""

from __future__ import annotations

from typing import Any

import sympy as sp

_GREEK = {"lam": r"\lambda", "noise": r"\sigma_\varepsilon^2", "psi1": r"\psi_1", "psi2": r"\psi_2"}


def latex_name(symbol: sp.Symbol) -> str:
    """LaTeX of a symbol, in the notation of the field."""
    return _GREEK.get(symbol.name, sp.latex(symbol))


def latex_expression(expression: sp.Expr) -> str:
    """LaTeX of an expression, in the notation of the field."""
    names = {s: latex_name(s) for s in sp.sympify(expression).atoms(sp.Symbol)}
    return sp.latex(expression, symbol_names=names)


def _block(title: str, lines: list[str]) -> list[str]:
    return [title, *("  " + line for line in lines), ""] if lines else []


def text_page(system: Any) -> str:
    """The system as plain text."""
    lines = [system.name, "=" * len(system.name), ""]
    lines += _block("parameters", [str(p) for p in system.parameters])
    lines += _block("unknowns", [str(u) for u in system.unknowns])
    lines += _block(
        "spectral measures", [f"{m.symbol}[f({m.variable})]: {m.meaning}" for m in system.measures]
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
