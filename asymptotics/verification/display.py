"""LaTeX of the objects that derivations produce: nothing is retyped, everything is printed from the object."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, letters_of
from asymptotics.equations.printing import latex_name
from asymptotics.equations.system import Equation, FixedPointSystem
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.expressions import Expression
from asymptotics.symbolic.linearization import Linearization
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    LinearForm,
    LinearTerm,
)
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.programs import QuadraticProgram


def _name(text: str) -> str:
    """LaTeX of a plain name; multipliers with a hat."""
    if text.endswith("_dual"):
        return rf"\hat{{{_name(text.removesuffix('_dual'))}}}"
    return symbol_of(sp.Symbol(text))


_WORD = re.compile(r"([A-Za-z][a-z]+?)([0-9]*)((?:_[a-z0-9]+)*)\Z")
_SQUARE = re.compile(r"(mu|F)_?(star|[0-9]+)sq((?:_[a-z0-9]+)+)\Z")
_GREEK = {"lam", "noise", "gap", "eta", "nu", "mu", "tau", "kappa", "gamma", "zeta", "phi", "psi", "chi", "omega",
          "Upsilon", "epsilon", "beta", "theta", "delta", "alpha", "sigma", "rho", "xi", "Delta"}  # fmt: skip
_DUAL = re.compile(r"_\{(\w) dual\}")


def symbol_of(symbol: sp.Symbol) -> str:
    r"""LaTeX of a symbol: words upright, Greek letters as such, multipliers with a hat.

    Examples
    --------
    >>> symbol_of(sp.Symbol("df_in")), symbol_of(sp.Symbol("kappa_0"))
    ('\\mathrm{df}_{\\mathrm{in}}', '\\kappa_{0}')
    >>> symbol_of(sp.Symbol("mu_starsq_2"))
    '\\mu_{\\star,2}^{2}'
    """
    square = _SQUARE.match(symbol.name)
    if square:
        marks = [part if part.isdigit() else rf"\mathrm{{{part}}}" for part in square[3].split("_")[1:]]
        inside = ",".join([{"star": r"\star"}.get(square[2], square[2]), *marks])
        return rf"{latex_name(sp.Symbol(square[1]))}_{{{inside}}}^{{2}}"
    word = _WORD.match(symbol.name)
    if word is None or (word[1] in _GREEK and not word[3].endswith("_in")):
        return _DUAL.sub(r"_{\\hat{\1}}", latex_name(symbol))
    if symbol.name.endswith("sq") or symbol.name in ("inv_p", "inv_n"):
        return latex_name(symbol)
    base = latex_name(sp.Symbol(word[1])) if word[1] in _GREEK else rf"\mathrm{{{word[1]}}}"
    below = [word[2], *word[3].split("_")]
    inside = ",".join(
        part if part.isdigit() or len(part) == 1 else rf"\mathrm{{{part}}}" for part in below if part
    )
    return f"{base}_{{{inside}}}" if inside else base


def latex_of(expression: sp.Expr) -> str:
    """LaTeX of an expression; traces named after a multiplier carry its hat."""
    names = {s: symbol_of(s) for s in sp.sympify(expression, strict=True).atoms(sp.Symbol)}
    return sp.latex(expression, symbol_names=names)


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
    shown = [o for o in value.observables if "." not in o.name]  # a dot: a part of another observable
    names, forms = common_denominators([o.expression for o in shown])
    lines = [rf"{symbol_of(d.symbol)} &:= {latex_of(d.expression)}" for d in value.definitions]
    lines += [line for equation in value.equations for line in display(equation)]
    conditions = [condition.expression for condition in value.domain.conditions]
    alone = ", ".join(latex_of(e) for e in conditions if e.is_Symbol)
    lines += [f"{latex_of(e)} &> 0" for e in conditions if not e.is_Symbol] + (
        [f"{alone} &> 0"] if alone else []
    )
    lines += [rf"{symbol_of(name)} &:= {latex_of(factor)}" for name, factor in names.items()]
    for observable, form in zip(shown, forms, strict=True):
        lines.append(rf"{_name(observable.name)} &= {latex_of(form)}")
    return tuple(lines)


_LONG = 4
"""Operations above which a denominator that is used again gets a name."""


def common_denominators(
    expressions: Sequence[sp.Expr],
) -> tuple[dict[sp.Symbol, sp.Expr], list[sp.Expr]]:
    r"""Expressions with names for the long denominators that occur more than once.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
        Sums of fractions.

    Returns
    -------
    names : dict
        From ``Delta``, or ``Delta_1``, ``Delta_2``, ..., to what it stands for.
    forms : list of sympy.Expr
        Equal to the expressions once the names are written out; fractions with one denominator are one.

    Examples
    --------
    >>> from sympy.abc import a, b, c, n
    >>> common_denominators([a / (n * (n - a * b - a**2 * c)), b / (n - a * b - a**2 * c)])
    ({Delta: a**2*c + a*b - n}, [-a/(Delta*n), -b/Delta])
    """
    tables = [_fractions(expression) for expression in expressions]
    counts: dict[sp.Expr, int] = {}
    for table in tables:
        for factor in {f for factors in table for f, _ in factors if sp.count_ops(f) > _LONG}:
            counts[factor] = counts.get(factor, 0) + 1
    chosen = [factor for factor, count in counts.items() if count > 1]
    letters = ["Delta"] if len(chosen) == 1 else [f"Delta_{k}" for k in range(1, len(chosen) + 1)]
    names = {factor: sp.Symbol(letter) for factor, letter in zip(chosen, letters, strict=True)}
    forms = []
    for expression, table in zip(expressions, tables, strict=True):
        if not any(f in names for factors in table for f, _ in factors):
            forms.append(expression)
            continue
        parts = [sp.factor_terms(top) / sp.Mul(*(names.get(f, f) ** power for f, power in factors))
                 for factors, top in table.items()]  # fmt: skip
        forms.append(sp.Add(*parts))
    return {name: factor for factor, name in names.items()}, forms


def _fractions(expression: sp.Expr) -> dict[tuple[tuple[sp.Expr, int], ...], sp.Expr]:
    """Numerators of the terms of a sum by their factored denominators; averages are not looked into."""
    table: dict[tuple[tuple[sp.Expr, int], ...], sp.Expr] = {}
    for term in sp.Add.make_args(expression):
        top, bottom = sp.fraction(term)
        if bottom.atoms(SpectralAverage):
            constant, factors = sp.S.One, [(bottom, 1)]
        else:
            constant, factors = sp.factor_list(bottom)
        key = tuple((factor, int(power)) for factor, power in factors)
        table[key] = table.get(key, sp.S.Zero) + top / constant
    return table


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


def meanings(value: Any) -> dict[str, str]:
    """LaTeX of the symbols that a result introduces, with what they mean; symbols without a meaning are left out."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        return {name: text for item in reversed(value) for name, text in meanings(item).items()}
    if isinstance(value, FixedPointSystem):
        return _of_system(value)
    return _of_program(value) if isinstance(value, QuadraticProgram) else {}


def _of_system(system: FixedPointSystem) -> dict[str, str]:
    named = [(q.symbol, q.meaning) for q in (*system.parameters, *system.unknowns)]
    named += [
        (d.symbol, d.meaning) for d in system.definitions if not isinstance(d.expression, SpectralAverage)
    ]
    found = {symbol_of(symbol): meaning for symbol, meaning in named if meaning}
    for measure in system.measures:
        letters = ", ".join(symbol_of(letter) for letter in letters_of(measure.variable))
        average = rf"\langle f({letters})\rangle_{{{symbol_of(measure.symbol)}}}"
        found[average] = measure.meaning
    return found


def _of_program(program: QuadraticProgram) -> dict[str, str]:
    found: dict[str, str] = {}
    for form in program.constraints.values():
        for term in form.terms:
            if term.matrix is not None:
                found[_name(term.matrix.name)] = _of_matrix(term.matrix)
            elif isinstance(term.vector, GaussianVector):
                found[_name(term.vector.name)] = (
                    f"Gaussian vector, entries of variance ${latex_of(term.vector.variance)}$"
                )
            elif isinstance(term.vector, DeterministicVector):
                found[_name(term.vector.name)] = "given vector"
    return found


def _of_matrix(matrix: GaussianMatrix) -> str:
    rows, columns = (_name(side.name) for side in (matrix.rows, matrix.columns))
    text = f"Gaussian matrix, ${rows} \\times {columns}$"
    if matrix.variance != 1:
        text += f", entries of variance ${latex_of(matrix.variance)}$"
    for side, covariance in (("rows", matrix.column_covariance), ("columns", matrix.row_covariance)):
        if covariance != 1:
            text += f", {side} of covariance ${latex_of(covariance)}$"
    return text
