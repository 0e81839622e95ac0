"""Factors and terms of noncommutative expressions: what a word is made of, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.printing import latex_expression
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension

Shape = tuple[AnyDimension, AnyDimension]


@dataclass(frozen=True)
class Letter:
    """A Gaussian matrix or its transpose as a factor."""

    matrix: Any
    transposed: bool = False

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        pair = (self.matrix.rows, self.matrix.columns)
        return pair[::-1] if self.transposed else pair

    def transpose(self) -> Letter:
        """The transposed factor."""
        return Letter(self.matrix, not self.transposed)

    def __str__(self) -> str:
        return f"{self.matrix.name}'" if self.transposed else self.matrix.name

    def latex(self) -> str:
        """The factor in LaTeX."""
        name = sp.latex(sp.Symbol(self.matrix.name))
        return rf"{name}^{{\top}}" if self.transposed else name


@dataclass(frozen=True)
class Diagonal:
    """A function of the spectrum of a dimension, as a diagonal factor."""

    dimension: SpectralDimension
    function: sp.Expr

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.dimension, self.dimension

    def transpose(self) -> Diagonal:
        """The factor itself: it is symmetric."""
        return self

    def __str__(self) -> str:
        text = str(self.function)
        return f"({text})" if self.function.is_Add else text

    def latex(self) -> str:
        """The factor in LaTeX."""
        text = latex_expression(self.function)
        return rf"\left({text}\right)" if self.function.is_Add else text


@dataclass(frozen=True)
class Group:
    """A sum in parentheses, or the inverse of an expression, as a factor."""

    body: Any
    inverse: bool = False

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.body.shape

    def transpose(self) -> Group:
        """The transposed factor."""
        return Group(self.body.T, self.inverse)

    def __str__(self) -> str:
        return f"({self.body})^-1" if self.inverse else f"({self.body})"

    def latex(self) -> str:
        """The factor in LaTeX."""
        return rf"\left({self.body.latex()}\right){'^{-1}' if self.inverse else ''}"


Factor = Letter | Diagonal | Group


@dataclass(frozen=True)
class Term:
    """A scalar times a product of factors; no factor at all means the identity."""

    coefficient: sp.Expr
    factors: tuple[Factor, ...]

    def transpose(self) -> Term:
        """The transposed term."""
        return Term(self.coefficient, tuple(f.transpose() for f in reversed(self.factors)))

    def __str__(self) -> str:
        if all(isinstance(factor, Diagonal) for factor in self.factors):
            return str(deterministic_part(self))
        word = " ".join(map(str, self.factors))
        numerator, denominator = sp.fraction(self.coefficient)
        sign = "-" if numerator.could_extract_minus_sign() else ""
        numerator = -numerator if sign else numerator
        below = f"/({denominator})" if denominator.is_Mul or denominator.is_Add else f"/{denominator}"
        front = "" if numerator == 1 else f"({numerator})*" if numerator.is_Add else f"{numerator}*"
        return sign + front + word + ("" if denominator == 1 else below)

    def latex(self) -> str:
        """The term in LaTeX."""
        if all(isinstance(factor, Diagonal) for factor in self.factors):
            return latex_expression(deterministic_part(self))
        word = r" ".join(factor.latex() for factor in self.factors)
        if self.coefficient == 1:
            return word
        if self.coefficient == -1:
            return f"-{word}"
        front = latex_expression(self.coefficient)
        return (rf"\left({front}\right) " if self.coefficient.is_Add else f"{front} ") + word


def deterministic_part(term: Term) -> sp.Expr:
    """The scalar and the functions of the spectrum of a term, multiplied up."""
    return sp.Mul(term.coefficient, *(f.function for f in term.factors if isinstance(f, Diagonal)))
