"""LaTeX of the objects that derivations produce: nothing is retyped, everything is printed from the object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, letters_of
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
from asymptotics.verification.notation import in_symbols, latex_of, name_of, symbol_of


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
    averages = _named_averages(value)
    names, forms = common_denominators([o.expression.xreplace(averages) for o in shown])
    lines = [rf"{symbol_of(d.symbol)} &:= {latex_of(d.expression)}" for d in value.definitions]
    lines += [rf"{symbol_of(name)} &:= {latex_of(average)}" for average, name in averages.items()]
    lines += [line for equation in value.equations for line in display(equation)]
    conditions = [condition.expression for condition in value.domain.conditions]
    alone = ", ".join(latex_of(e) for e in conditions if e.is_Symbol)
    lines += [f"{latex_of(e)} &> 0" for e in conditions if not e.is_Symbol] + (
        [f"{alone} &> 0"] if alone else []
    )
    lines += [rf"{symbol_of(name)} &:= {latex_of(factor)}" for name, factor in names.items()]
    for observable, form in zip(shown, forms, strict=True):
        lines += _with_numerator(name_of(observable.name), form)
    return tuple(lines)


def _named_averages(system: FixedPointSystem) -> dict[sp.Expr, sp.Symbol]:
    """Names of the averages that occur often in observables, where the system itself gives none."""
    counts = Counter(
        part
        for observable in system.observables
        for part in sp.preorder_traversal(observable.expression)
        if isinstance(part, SpectralAverage)
    )
    if sum(counts.values()) < _OFTEN:
        return {}
    often = sorted((a for a, count in counts.items() if count > 2), key=sp.default_sort_key)
    return {average: sp.Symbol(f"{average.measure}_{k}") for k, average in enumerate(often, 1)}


def _with_numerator(name: str, form: sp.Expr) -> list[str]:
    """A definition; a long numerator, which could not be broken into lines, stands before it."""
    top, bottom = sp.fraction(form) if not form.is_Add else (form, sp.S.One)
    if bottom == 1 or len(latex_of(form)) < _SPLIT:
        return [rf"{name} &= {latex_of(form)}"]
    above = rf"N_{{{name}}}"
    return [rf"{above} &:= {latex_of(sp.expand(top))}", rf"{name} &= \frac{{{above}}}{{{latex_of(bottom)}}}"]


_LONG = 4
"""Operations above which a denominator that is used again gets a name."""

_OFTEN = 20
"""Averages in the observables of a system above which they get names."""

_SPLIT = 900
"""Length of a fraction in LaTeX above which its numerator gets a name."""


def common_denominators(
    expressions: Sequence[sp.Expr], letter: str = "Delta"
) -> tuple[dict[sp.Symbol, sp.Expr], list[sp.Expr]]:
    r"""Expressions with names for the long denominators that occur more than once.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
        Sums of fractions.
    letter : str
        Of the names.

    Returns
    -------
    names : dict
        From the letter, or ``Delta_1``, ``Delta_2``, ..., to what it stands for.
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
    letters = [letter] if len(chosen) == 1 else [f"{letter}_{k}" for k in range(1, len(chosen) + 1)]
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
            name = name_of(placement.matrix.name)
            if placement.row == i:
                cells[placement.column] = f"{factor}{name}"
            if placement.column == i:
                cells[placement.row] = rf"{factor}{name}^\top"
        rows.append(" & ".join(cells))
    body = r" \\ ".join(rows)
    return (rf"L = \begin{{pmatrix}} {body} \end{{pmatrix}}",)


@display.register
def _(value: DysonEquation) -> tuple[str, ...]:
    blocks = [name_of(block.name) for block in value.pencil.blocks]
    entries = sorted(value.inverse.items())
    names, forms = common_denominators([entry for _, entry in entries], "Xi")
    lines = [
        rf"\eta_{{{blocks[i]},{blocks[k]}}} &= {latex_of(e)}"
        for (i, k), e in sorted(value.self_energy.items())
    ]
    lines += [rf"{symbol_of(name)} &:= {latex_of(factor)}" for name, factor in names.items()]
    for ((i, k), _), form in zip(entries, forms, strict=True):
        lines += _with_numerator(rf"G_{{{blocks[i]},{blocks[k]}}}", form)
    return tuple(lines)


def _term(term: LinearTerm) -> tuple[str, str]:
    """Sign and body of one product."""
    scalar = term.coefficient * term.left
    sign = "-" if scalar.could_extract_minus_sign() else "+"
    factors = [abs_part for abs_part in (scalar if sign == "+" else -scalar,) if abs_part != 1]
    body = [latex_of(factor) for factor in factors]
    if term.matrix is not None:
        body.append(name_of(term.matrix.name) + (r"^\top" if term.transposed else ""))
    body += [latex_of(term.right)] if term.right != 1 else []
    return sign, r"\,".join([*body, name_of(term.vector.name)])


def _form(form: LinearForm) -> str:
    text = ""
    for sign, body in map(_term, form.terms):
        text += f" {sign} {body}" if text else (f"-{body}" if sign == "-" else body)
    return text


@display.register
def _(value: QuadraticProgram) -> tuple[str, ...]:
    terms = []
    for term in value.energy.terms:
        left, right = name_of(term.left.name), name_of(term.right.name)
        weight = "" if term.weight == 1 else rf"{latex_of(term.weight)}\,"
        if term.left == term.right and term.weight == 1:
            body = rf"\lVert {left} \rVert^2"
        else:
            body = rf"{left}^\top {weight}{right}"
        scale = "" if term.coefficient == 1 else rf"{latex_of(term.coefficient)}\,"
        terms.append(scale + body)
    free = [name_of(v.name) for v in value.variables() if v not in value.constraints]
    lines = [rf"\min_{{{', '.join(free)}}}\; & {' + '.join(terms)}"]
    lines += [rf"& {name_of(variable.name)} = {_form(form)}" for variable, form in value.constraints.items()]
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
    if isinstance(value, (DysonEquation, Linearization)):
        return _of_pencil(isinstance(value, DysonEquation))
    return _of_program(value) if isinstance(value, QuadraticProgram) else {}


def _of_pencil(inverted: bool) -> dict[str, str]:
    found = {"L": "matrix of the stationarity conditions", r"\hat{x}": "multiplier of the constraint on $x$"}
    if inverted:
        found |= {
            r"G_{x,y}": "block of the mean inverse of $L$",
            r"\eta_{x,y}": "block of the self-energy: what the randomness of $L$ adds to its mean",
            r"\tau_{x}": "trace of a block of $G$, with the variances of the random matrices",
        }
    return found


def _of_system(system: FixedPointSystem) -> dict[str, str]:
    named = [(q.symbol, q.meaning) for q in (*system.parameters, *system.unknowns)]
    named += [
        (d.symbol, d.meaning) for d in system.definitions if not isinstance(d.expression, SpectralAverage)
    ]
    found = {symbol_of(symbol): in_symbols(meaning) for symbol, meaning in named if meaning}
    for measure in system.measures:
        letters = ", ".join(symbol_of(letter) for letter in letters_of(measure.variable))
        average = rf"\langle f({letters})\rangle_{{{symbol_of(measure.symbol)}}}"
        found[average] = in_symbols(measure.meaning)
    return found


def _of_program(program: QuadraticProgram) -> dict[str, str]:
    found: dict[str, str] = {}
    for form in program.constraints.values():
        for term in form.terms:
            if term.matrix is not None:
                found[name_of(term.matrix.name)] = _of_matrix(term.matrix)
            elif isinstance(term.vector, GaussianVector):
                found[name_of(term.vector.name)] = (
                    f"Gaussian vector, entries of variance ${latex_of(term.vector.variance)}$"
                )
            elif isinstance(term.vector, DeterministicVector):
                found[name_of(term.vector.name)] = "given vector"
    return found


def _of_matrix(matrix: GaussianMatrix) -> str:
    rows, columns = (name_of(side.name) for side in (matrix.rows, matrix.columns))
    text = f"Gaussian matrix, ${rows} \\times {columns}$"
    if matrix.variance != 1:
        text += f", entries of variance ${latex_of(matrix.variance)}$"
    for side, covariance in (("rows", matrix.column_covariance), ("columns", matrix.row_covariance)):
        if covariance != 1:
            text += f", {side} of covariance ${latex_of(covariance)}$"
    return text
