"""LaTeX of the objects that derivations produce: nothing is retyped, everything is printed from the object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import sympy as sp

from asymptotics.equations.printing import latex_expression, latex_name
from asymptotics.equations.system import Equation, FixedPointSystem
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.expressions import Expression
from asymptotics.symbolic.linearization import Linearization
from asymptotics.symbolic.matrices import LinearForm, LinearTerm
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.programs import QuadraticProgram


def _name(text: str) -> str:
    """LaTeX of a plain name; the Greek alphabet by sympy, words upright, multipliers with a hat."""
    if text.endswith("_dual"):
        return rf"\hat{{{_name(text.removesuffix('_dual'))}}}"
    printed = sp.latex(sp.Symbol(text))
    return (
        printed if len(text) == 1 or printed.startswith("\\") else rf"\mathrm{{{text}}}".replace("_", r"\_")
    )


_DUAL = re.compile(r"_\{(\w) dual\}")


def latex_of(expression: sp.Expr) -> str:
    """LaTeX of an expression; traces named after a multiplier carry its hat."""
    return _DUAL.sub(r"_{\\hat{\1}}", latex_expression(expression))


@singledispatch
def display(value: Any) -> tuple[str, ...]:
    """LaTeX lines of an object, without alignment marks except one ``&`` before a relation.

    Objects that have no formula give no lines.

    Examples
    --------
    >>> from sympy.abc import x
    >>> display(x**2)
    ('x^{2}',)
    """
    return ()


@display.register
def _(value: sp.Expr) -> tuple[str, ...]:
    return (latex_of(value),)


@display.register
def _(value: Equation) -> tuple[str, ...]:
    return (f"{latex_of(value.left)} &= {latex_of(value.right)}",)


@display.register
def _(value: FixedPointSystem) -> tuple[str, ...]:
    lines = [line for equation in value.equations for line in display(equation)]
    lines += [f"{latex_name(d.symbol)} &:= {latex_of(d.expression)}" for d in value.definitions]
    lines += [f"{latex_of(condition.expression)} &> 0" for condition in value.domain.conditions]
    for observable in value.observables:
        if "." in observable.name:  # a part of another observable
            continue
        name = observable.name.replace("_", r"\_")
        lines.append(rf"\mathrm{{{name}}} &= {latex_of(observable.expression)}")
    return tuple(lines)


@display.register
def _(value: Pencil) -> tuple[str, ...]:
    rows = []
    for i in range(value.size):
        cells = [latex_of(value.entry(i, k)) for k in range(value.size)]
        for placement in value.random:
            factor = latex_of(placement.left * placement.right)
            factor = {"1": "", "-1": "-"}.get(factor, factor + r"\,")
            name = _name(placement.matrix.name)
            if placement.row == i:
                cells[placement.column] = f"{factor}{name}"
            if placement.column == i:
                cells[placement.row] = rf"{factor}{name}^\top"
        rows.append(" & ".join(cells))
    body = r" \\ ".join(rows)
    return (rf"L = \begin{{pmatrix}} {body} \end{{pmatrix}}",)


@display.register
def _(value: DysonEquation) -> tuple[str, ...]:
    names = [_name(block.name) for block in value.pencil.blocks]
    lines = []
    for symbol, table in ((r"\eta", value.self_energy), ("G", value.inverse)):
        for (i, k), entry in sorted(table.items()):
            lines.append(rf"{symbol}_{{{names[i]},{names[k]}}} &= {latex_of(entry)}")
    return tuple(lines)


def _term(term: LinearTerm) -> tuple[str, str]:
    """Sign and body of one product."""
    scalar = term.coefficient * term.left
    sign = "-" if scalar.could_extract_minus_sign() else "+"
    factors = [abs_part for abs_part in (scalar if sign == "+" else -scalar,) if abs_part != 1]
    body = [latex_of(factor) for factor in factors]
    if term.matrix is not None:
        body.append(_name(term.matrix.name) + (r"^\top" if term.transposed else ""))
    body += [latex_of(term.right)] if term.right != 1 else []
    return sign, r"\,".join([*body, _name(term.vector.name)])


def _form(form: LinearForm) -> str:
    text = ""
    for sign, body in map(_term, form.terms):
        text += f" {sign} {body}" if text else (f"-{body}" if sign == "-" else body)
    return text


@display.register
def _(value: QuadraticProgram) -> tuple[str, ...]:
    terms = []
    for term in value.energy.terms:
        left, right = _name(term.left.name), _name(term.right.name)
        weight = "" if term.weight == 1 else rf"{latex_of(term.weight)}\,"
        if term.left == term.right and term.weight == 1:
            body = rf"\lVert {left} \rVert^2"
        else:
            body = rf"{left}^\top {weight}{right}"
        scale = "" if term.coefficient == 1 else rf"{latex_of(term.coefficient)}\,"
        terms.append(scale + body)
    free = [_name(v.name) for v in value.variables() if v not in value.constraints]
    lines = [rf"\min_{{{', '.join(free)}}}\; & {' + '.join(terms)}"]
    lines += [rf"& {_name(variable.name)} = {_form(form)}" for variable, form in value.constraints.items()]
    return tuple(lines)


@display.register
def _(value: Mapping) -> tuple[str, ...]:  # type: ignore[type-arg]
    return tuple(line for item in value.values() for line in display(item))


@display.register
def _(value: tuple) -> tuple[str, ...]:  # type: ignore[type-arg]
    return tuple(line for item in value for line in display(item))


@display.register
def _(value: Linearization) -> tuple[str, ...]:
    return display(value.pencil)


@display.register
def _(value: Expression) -> tuple[str, ...]:
    return (value.latex(),)
