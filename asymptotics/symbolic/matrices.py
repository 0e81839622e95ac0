"""Leaves: Gaussian matrices and vectors, deterministic vectors, functions of a spectrum, unknown vectors.

``A @ x`` and sums of such products are :class:`LinearForm`; shapes are checked when they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError, ShapeError
from asymptotics.symbolic.dimensions import AnyDimension, Dimension, SpectralDimension
from asymptotics.symbolic.expressions import (
    Expression,
    Operand,
    diagonal,
    is_zero,
    letter,
)
from asymptotics.symbolic.scalars import exact_divisor, exact_scalar


def _profile(value: Any, dimension: AnyDimension, name: str) -> sp.Expr:
    """A function of the spectrum of ``dimension`` given as a number, an expression or its letter."""
    if not isinstance(value, str):
        return exact_scalar(value, name)
    letters = dimension.eigenvalues if isinstance(dimension, SpectralDimension) else ()
    if value not in [eigenvalue.name for eigenvalue in letters]:
        shown = ", ".join(eigenvalue.name for eigenvalue in letters) or "no letter: it has no spectrum"
        raise InputError(
            name, value, f"a letter of the spectrum of {dimension.name} ({shown}), or an expression"
        )
    return symbol(value)


@dataclass(frozen=True)
class LinearTerm:
    """``coefficient * left(s) * matrix * right(s) * vector``; ``matrix`` may be absent."""

    vector: Vector
    coefficient: sp.Expr = sp.S.One
    matrix: GaussianMatrix | None = None
    transposed: bool = False
    left: sp.Expr = sp.S.One
    right: sp.Expr = sp.S.One

    @property
    def dimension(self) -> AnyDimension:
        """Dimension of the product."""
        if self.matrix is None:
            return self.vector.dimension
        return self.matrix.columns if self.transposed else self.matrix.rows


class _Addable:
    """Arithmetic shared by everything that can stand as a linear form: ``+ - * /`` and Python's ``sum``."""

    def _form(self) -> LinearForm:
        return LinearForm((LinearTerm(self),))  # type: ignore[arg-type]

    def __add__(self, other: Any) -> LinearForm:
        return self._form() if is_zero(other) else LinearForm((*self._form().terms, *as_form(other).terms))

    def __radd__(self, other: Any) -> LinearForm:
        return self._form() if is_zero(other) else as_form(other) + self._form()

    def __sub__(self, other: Any) -> LinearForm:
        return self._form() if is_zero(other) else self + (-as_form(other))

    def __rsub__(self, other: Any) -> LinearForm:
        return -self if is_zero(other) else as_form(other) - self._form()

    def __neg__(self) -> LinearForm:
        return -1 * self

    def __rmul__(self, scalar: Any) -> LinearForm:
        scalar = exact_scalar(scalar)
        return LinearForm(tuple(replace(t, coefficient=scalar * t.coefficient) for t in self._form().terms))

    __mul__ = __rmul__

    def __truediv__(self, scalar: Any) -> LinearForm:
        return exact_divisor(scalar) * self

    def __rtruediv__(self, other: Any) -> LinearForm:
        raise InputError("divisor", str(self), "a scalar", "a vector cannot be divided by")

    def __pow__(self, exponent: Any) -> LinearForm:
        raise InputError("power", str(self), "a scalar", "write norm2(x) for the squared norm of a variable")

    def __matmul__(self, other: Any) -> LinearForm:
        raise InputError(
            "product", str(self), "a matrix on the left", "write inner(x, y) for an inner product"
        )


@dataclass(frozen=True)
class LinearForm(_Addable):
    """A sum of products of matrices with vectors, all of one dimension."""

    terms: tuple[LinearTerm, ...]

    def __post_init__(self) -> None:
        dimensions = {term.dimension for term in self.terms}
        if len(dimensions) != 1:
            names = sorted(d.name for d in dimensions)
            raise ShapeError("sum", " + ".join(names), "terms of one dimension")

    @property
    def dimension(self) -> AnyDimension:
        """Dimension of the form."""
        return self.terms[0].dimension

    def _form(self) -> LinearForm:
        return self


@dataclass(frozen=True)
class Vector(_Addable):
    """A vector of a dimension."""

    name: str
    dimension: AnyDimension


@dataclass(frozen=True)
class Variable(Vector):
    """An unknown vector: what the energy is minimized over, or what a constraint defines."""


@dataclass(frozen=True)
class GaussianVector(Vector):
    """A random vector with independent centered Gaussian entries.

    Parameters
    ----------
    name : str
    dimension : Dimension or SpectralDimension
    variance : sympy.Expr
        Variance of one entry.
    """

    variance: sp.Expr = sp.S.One

    def __post_init__(self) -> None:
        object.__setattr__(self, "variance", exact_scalar(self.variance, "variance"))

    def quadratic(self, function: sp.Expr) -> sp.Expr:
        """Expected value of the quadratic form with matrix ``function`` times the identity."""
        return self.variance * self.dimension.trace(function)


@dataclass(frozen=True)
class DeterministicVector(Vector):
    """A fixed vector; over a spectral dimension its squared coordinates are a spectral measure.

    Parameters
    ----------
    name : str
    dimension : Dimension or SpectralDimension
    measure : str
        Letter of the measure that puts the squared coordinate on each eigenvalue
        (over a plain dimension: letter of the squared norm).
    """

    measure: str = "B"

    def quadratic(self, function: sp.Expr) -> sp.Expr:
        """Quadratic form of the vector with the diagonal matrix ``function``."""
        if isinstance(self.dimension, SpectralDimension):
            return SpectralAverage(function, self.dimension.eigenvalue, symbol(self.measure))
        return symbol(self.measure) * function


@dataclass(frozen=True)
class SpectralMatrix(Operand):
    """A deterministic matrix, diagonal in the eigenbasis of a spectral dimension.

    Parameters
    ----------
    dimension : SpectralDimension
    function : sympy.Expr or str, optional
        Function of the eigenvalues, or the letter of one (default: the eigenvalue).

    Examples
    --------
    >>> D = SpectralDimension("D")
    >>> S = SpectralMatrix(D)
    >>> (S ** sp.Rational(-1, 2)).function
    1/sqrt(s)
    """

    dimension: SpectralDimension
    function: sp.Expr | None = None

    def __post_init__(self) -> None:
        function = self.dimension.eigenvalue if self.function is None else self.function
        object.__setattr__(self, "function", _profile(function, self.dimension, "function"))

    def __pow__(self, exponent: Any) -> SpectralMatrix:  # type: ignore[override]
        return SpectralMatrix(self.dimension, self.function ** exact_scalar(exponent, "exponent"))

    @property
    def T(self) -> SpectralMatrix:
        """The matrix itself."""
        return self

    def expression(self) -> Expression:
        """The matrix as an expression."""
        return diagonal(self.dimension, self.function)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, Operand):
            return super().__matmul__(other)
        form = as_form(other)
        if form.dimension != self.dimension:
            raise ShapeError("product", f"{self.dimension.name} @ {form.dimension.name}", "equal dimensions")
        return LinearForm(tuple(_scaled(t, self.function) for t in form.terms))


def _scaled(term: LinearTerm, function: Any) -> LinearTerm:
    if term.matrix is None:
        return replace(term, right=function * term.right)
    return replace(term, left=function * term.left)


@dataclass(frozen=True)
class GaussianMatrix(Operand):
    r"""A random matrix :math:`R^{1/2} W C^{1/2}` with independent centered Gaussian entries in :math:`W`.

    Parameters
    ----------
    name : str
    rows, columns : Dimension or SpectralDimension
    variance : sympy.Expr
        Variance of an entry of :math:`W`, such as ``1/p``.
    row_covariance, column_covariance : sympy.Expr or str
        :math:`R`, :math:`C` as functions of the eigenvalue of the row or column dimension (default 1).

    Raises
    ------
    InputError
        If a covariance is not a function of the right spectrum, or holds a float.
    """

    name: str
    rows: AnyDimension
    columns: AnyDimension
    variance: sp.Expr = sp.S.One
    row_covariance: Any = 1
    column_covariance: Any = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "variance", exact_scalar(self.variance, "variance"))
        object.__setattr__(self, "row_covariance", _profile(self.row_covariance, self.rows, "row_covariance"))
        columns = _profile(self.column_covariance, self.columns, "column_covariance")
        object.__setattr__(self, "column_covariance", columns)

    @property
    def T(self) -> TransposedMatrix:
        """The transpose."""
        return TransposedMatrix(self)

    def expression(self) -> Expression:
        """The matrix as an expression."""
        return letter(self)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, Operand):
            return super().__matmul__(other)
        return _product(self, False, other)


@dataclass(frozen=True)
class TransposedMatrix(Operand):
    """The transpose of a Gaussian matrix."""

    matrix: GaussianMatrix

    @property
    def T(self) -> GaussianMatrix:
        """The matrix itself."""
        return self.matrix

    def expression(self) -> Expression:
        """The transpose as an expression."""
        return letter(self.matrix, True)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, Operand):
            return super().__matmul__(other)
        return _product(self.matrix, True, other)


def _product(matrix: GaussianMatrix, transposed: bool, other: Any) -> LinearForm:
    form = as_form(other)
    inner = matrix.rows if transposed else matrix.columns
    if form.dimension != inner:
        raise ShapeError(
            "product", f"{matrix.name} @ {form.dimension.name}", f"a vector of dimension {inner.name}"
        )
    if any(term.matrix is not None for term in form.terms):
        raise InputError(
            "product", matrix.name, "one random matrix per term", "name the inner product by a constraint"
        )
    terms = (replace(t, matrix=matrix, transposed=transposed) for t in form.terms)
    return LinearForm(tuple(terms))


def as_form(value: Any) -> LinearForm:
    """A vector or a linear form, as a linear form."""
    if isinstance(value, LinearForm):
        return value
    if isinstance(value, Vector):
        return value._form()
    raise InputError("term", value, "a vector or a sum of products of matrices with vectors")


__all__ = [
    "DeterministicVector",
    "Dimension",
    "GaussianMatrix",
    "GaussianVector",
    "LinearForm",
    "LinearTerm",
    "SpectralDimension",
    "SpectralMatrix",
    "Variable",
    "Vector",
]
