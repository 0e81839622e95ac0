r"""Noncommutative rational expressions in random and deterministic matrices, shape-checked when they are written.

An expression is a sum of terms; a term is an exact scalar times a product of factors: Gaussian letters and their
transposes, functions of a spectrum, inverses, and sums in parentheses. Sums inside a product are kept together,
because a product of sums has a smaller linearization than its expansion.

Examples
--------
>>> from asymptotics.equations.naming import symbol
>>> from asymptotics.symbolic import Dimension, GaussianMatrix, ntr
>>> n, d, z = Dimension("n"), Dimension("d"), symbol("z")
>>> X = GaussianMatrix("X", n, d)
>>> R = (X.T @ X / n + z).inv()
>>> R
(X' X/n + z)^-1
>>> ntr(R)
ntr((X' X/n + z)^-1)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.errors import InputError, ShapeError
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.scalars import exact_divisor, exact_scalar, is_scalar
from asymptotics.symbolic.words import Diagonal, Factor, Group, Letter, Shape, Term, deterministic_part


class Operand:
    """Matrix arithmetic shared by leaves and expressions: ``+ - @ .T .inv()``, scalars on either side."""

    def expression(self) -> Expression:
        """The operand as an expression."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Expression:
        mine = self.expression()
        return mine if is_zero(other) else _add(mine, _matched(other, mine))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Expression:
        mine = self.expression()
        return _add(mine, _scaled(_matched(other, mine), sp.S.NegativeOne))

    def __rsub__(self, other: Any) -> Expression:
        return (-self) + other

    def __neg__(self) -> Expression:
        return _scaled(self.expression(), sp.S.NegativeOne)

    def __mul__(self, scalar: Any) -> Expression:
        if isinstance(scalar, Operand):
            raise InputError(
                "product", f"{self} * {scalar}", "a scalar", "write A @ B for the matrix product"
            )
        return _scaled(self.expression(), exact_scalar(scalar))

    __rmul__ = __mul__

    def __truediv__(self, scalar: Any) -> Expression:
        return _scaled(self.expression(), exact_divisor(scalar))

    def __matmul__(self, other: Any) -> Any:
        if not isinstance(other, Operand):
            return NotImplemented
        return _multiply(self.expression(), other.expression())

    def __pow__(self, exponent: int) -> Expression:
        mine = self.expression()
        if not isinstance(exponent, int) or isinstance(exponent, bool):
            raise InputError("exponent", exponent, "an integer")
        _require_square(mine, "power")
        base = mine.inv() if exponent < 0 else mine
        result = identity(mine.rows).expression()
        for _ in range(abs(exponent)):
            result = _multiply(result, base)
        return result

    def inv(self) -> Expression:
        """The inverse; the operand must be square.

        Raises
        ------
        ShapeError
            If it is not square.
        """
        return _inverse(self.expression())


@dataclass(frozen=True)
class Expression(Operand):
    """A noncommutative rational expression: a sum of terms of one shape.

    Written with operators on matrices, never by its constructor.

    Attributes
    ----------
    terms : tuple of Term
    rows, columns : Dimension or SpectralDimension
    """

    terms: tuple[Term, ...]
    rows: AnyDimension
    columns: AnyDimension

    def expression(self) -> Expression:
        """The expression itself."""
        return self

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def T(self) -> Expression:
        """The transpose."""
        return _collect((term.transpose() for term in self.terms), self.columns, self.rows)

    @property
    def symmetric(self) -> bool:
        """Whether the expression equals its transpose as written (sufficient, not necessary)."""
        return self.rows == self.columns and self.T == self

    @property
    def letters(self) -> tuple[Any, ...]:
        """The distinct Gaussian matrices, sorted by name."""
        found: dict[Any, None] = {}
        for term in self.terms:
            for factor in term.factors:
                if isinstance(factor, Letter):
                    found[factor.matrix] = None
                elif isinstance(factor, Group):
                    found.update(dict.fromkeys(factor.body.letters))
        return tuple(sorted(found, key=lambda matrix: matrix.name))

    def __str__(self) -> str:
        text = " + ".join(map(str, self.terms)) or "0"
        return text.replace("+ -", "- ")

    __repr__ = __str__

    def latex(self) -> str:
        """The expression in LaTeX."""
        return " + ".join(term.latex() for term in self.terms).replace("+ -", "- ") or "0"


@dataclass(frozen=True)
class NormalizedTrace:
    """The trace of a square expression divided by its dimension; made by :func:`ntr`."""

    argument: Expression

    def __str__(self) -> str:
        return f"ntr({self.argument})"

    __repr__ = __str__

    def latex(self) -> str:
        """The normalized trace in LaTeX."""
        return rf"\mathrm{{ntr}}\left({self.argument.latex()}\right)"

    def _alone(self, *_: Any) -> Any:
        raise InputError("trace", str(self), "a trace by itself", "add and scale inside: ntr(2 * X + Y)")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __neg__ = _alone


def ntr(argument: Operand) -> NormalizedTrace:
    """The normalized trace of a square matrix or expression.

    Raises
    ------
    ShapeError
        If it is not square.
    InputError
        If it is no matrix or expression.
    """
    if not hasattr(argument, "expression"):
        raise InputError("trace", argument, "a matrix or an expression of matrices")
    _require_square(expression := argument.expression(), "trace")
    return NormalizedTrace(expression)


def identity(dimension: AnyDimension) -> Expression:
    """The identity matrix of a dimension."""
    return Expression((Term(sp.S.One, ()),), dimension, dimension)


def letter(matrix: Any, transposed: bool = False) -> Expression:
    """A Gaussian matrix or its transpose as an expression.

    Parameters
    ----------
    matrix : GaussianMatrix
        With dimensions for rows and columns.
    transposed : bool
        Whether the transpose is meant.
    """
    factor = Letter(matrix, transposed)
    return Expression((Term(sp.S.One, (factor,)),), *factor.shape)


def diagonal(dimension: AnyDimension, function: sp.Expr) -> Expression:
    """A function of the spectrum of a dimension as an expression.

    Parameters
    ----------
    dimension : Dimension or SpectralDimension
        Rows and columns.
    function : Expr
        Of the eigenvalue; a constant is a multiple of the identity.
    """
    return _collect([_term(sp.S.One, [_spectral(dimension, function)])], dimension, dimension)


def product(factors: Iterable[Factor]) -> Expression:
    """The product of factors as an expression."""
    word = tuple(factors)
    return _collect([_term(sp.S.One, word)], word[0].shape[0], word[-1].shape[1])


def _spectral(dimension: AnyDimension, function: sp.Expr) -> Any:
    return Diagonal(dimension, function) if isinstance(dimension, SpectralDimension) else function


def is_zero(value: Any) -> bool:
    """Whether a value is the number zero, with which Python's ``sum`` starts."""
    return isinstance(value, int) and value == 0


def _require_square(expression: Expression, what: str) -> None:
    if expression.rows != expression.columns:
        raise ShapeError(what, str(expression), f"a square matrix, not {_shape_text(expression)}")


def _shape_text(expression: Expression) -> str:
    return f"{expression.rows.name} x {expression.columns.name}"


def _matched(value: Any, like: Expression) -> Expression:
    """The other side of a sum: a scalar stands for a multiple of the identity."""
    if is_scalar(value):
        _require_square(like, "sum with a scalar")
        return _scaled(identity(like.rows), exact_scalar(value))
    if not isinstance(value, Operand):
        raise InputError("sum", value, "a matrix, an expression or an exact scalar")
    other = value.expression()
    if other.shape != like.shape:
        text = f"({like}) + ({other})"
        raise ShapeError("sum", text, f"equal shapes, not {_shape_text(like)} and {_shape_text(other)}")
    return other


def _term(coefficient: sp.Expr, factors: Iterable[Any]) -> Term:
    """A term in normal form: scalars in front, neighbors simplified."""
    word: list[Factor] = []
    for factor in factors:
        if isinstance(factor, sp.Expr):
            coefficient = coefficient * factor
        elif isinstance(factor, Diagonal):
            previous = word[-1] if word else None
            if isinstance(previous, Diagonal):
                word.pop()
                factor = Diagonal(factor.dimension, previous.function * factor.function)
            bound = factor.dimension.eigenvalues
            front, function = sp.cancel(factor.function).as_independent(*bound, as_Add=False)
            coefficient = coefficient * front
            if function != 1:
                word.append(Diagonal(factor.dimension, function))
        elif word and _cancels(word[-1], factor):
            word.pop()
        else:
            word.append(factor)
    return Term(sp.cancel(coefficient), tuple(word))


def _cancels(left: Factor, right: Factor) -> bool:
    both = isinstance(left, Group) and isinstance(right, Group)
    return both and left.body == right.body and left.inverse != right.inverse  # type: ignore[union-attr]


def _key(term: Term) -> tuple[bool, int, str]:
    """Terms with random letters first, by length, then by their text."""
    return not term.factors, len(term.factors), " ".join(map(str, term.factors))


def _collect(terms: Iterable[Term], rows: AnyDimension, columns: AnyDimension) -> Expression:
    """A sum with equal words added up, in canonical order."""
    total: dict[tuple[Factor, ...], sp.Expr] = {}
    for term in _flattened(terms):
        total[term.factors] = total.get(term.factors, sp.S.Zero) + term.coefficient
    kept = (Term(sp.cancel(c), word) for word, c in total.items())
    return Expression(tuple(sorted((t for t in kept if t.coefficient != 0), key=_key)), rows, columns)


def _flattened(terms: Iterable[Term]) -> Iterable[Term]:
    """A term that is nothing but a sum in parentheses gives its terms."""
    for term in terms:
        only = term.factors[0] if len(term.factors) == 1 else None
        if isinstance(only, Group) and not only.inverse:
            yield from (
                Term(term.coefficient * inner.coefficient, inner.factors) for inner in only.body.terms
            )
        else:
            yield term


def _add(left: Expression, right: Expression) -> Expression:
    return _collect((*left.terms, *right.terms), left.rows, left.columns)


def _scaled(expression: Expression, scalar: sp.Expr) -> Expression:
    terms = (Term(sp.cancel(scalar * t.coefficient), t.factors) for t in expression.terms)
    return _collect(terms, expression.rows, expression.columns)


def _as_factors(expression: Expression) -> tuple[Any, ...]:
    if len(expression.terms) == 1:
        return (expression.terms[0].coefficient, *expression.terms[0].factors)
    content = _content(expression)
    return content, Group(_scaled(expression, 1 / content))


def _content(expression: Expression) -> sp.Rational:
    """The rational number to take out of a sum, so that proportional sums become equal factors."""
    numbers = [term.coefficient.as_coeff_Mul()[0] for term in expression.terms]
    content = sp.Rational(sp.igcd(*(r.p for r in numbers)), sp.ilcm(*(r.q for r in numbers)))
    return -content if all(r < 0 for r in numbers) else content


def _multiply(left: Expression, right: Expression) -> Expression:
    if left.columns != right.rows:
        text = f"({left}) @ ({right})"
        raise ShapeError(
            "product", text, f"inner dimensions to agree, not {left.columns.name} and {right.rows.name}"
        )
    if not left.terms or not right.terms:
        return Expression((), left.rows, right.columns)
    term = _term(sp.S.One, (*_as_factors(left), *_as_factors(right)))
    return _collect([term], left.rows, right.columns)


def _inverse(expression: Expression) -> Expression:
    _require_square(expression, "inverse")
    if not expression.terms:
        raise InputError("inverse", "0", "an invertible expression")
    rows = expression.rows
    first = expression.terms[0]
    if all(isinstance(factor, Diagonal) for term in expression.terms for factor in term.factors):
        return diagonal(rows, 1 / sum((deterministic_part(term) for term in expression.terms), sp.S.Zero))
    if len(expression.terms) > 1:
        content = _content(expression)
        return _collect([Term(1 / content, (Group(_scaled(expression, 1 / content), True),))], rows, rows)
    if len(first.factors) == 1 and isinstance(first.factors[0], Group):
        group = first.factors[0]
        flipped = _scaled(group.body, sp.S.One) if group.inverse else group.body.inv()
        return _scaled(flipped, 1 / first.coefficient)
    bare = Expression((Term(sp.S.One, first.factors),), rows, rows)
    return _collect([Term(1 / first.coefficient, (Group(bare, True),))], rows, rows)
