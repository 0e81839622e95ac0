"""Derivatives of an observable along the solution of a system: implicit differentiation, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.polys.matrices import DomainMatrix


def gradient(residuals: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]) -> list[list[sp.Expr]]:
    """Jacobian of the residuals in the unknowns, as rows.

    Parameters
    ----------
    residuals : sequence of sympy.Expr
        Of the equations.
    unknowns : sequence of sympy.Symbol
        Columns of the Jacobian.
    """
    return [[sp.diff(residual, unknown) for unknown in unknowns] for residual in residuals]


def solve_linear(matrix: Sequence[Sequence[sp.Expr]], right: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Solution of a linear system over the field of rational functions.

    Parameters
    ----------
    matrix : sequence of Sequence[sympy.Expr]
        Square, rational.
    right : sequence of sympy.Expr
        One expression for each row.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> solve_linear([[a, 0], [1, 1]], [b, 0])
    [b/a, -b/a]
    """
    size = len(right)
    joined = [[*matrix[i], right[i]] for i in range(size)]
    domain_matrix = DomainMatrix.from_Matrix(sp.Matrix(joined)).to_field()
    left, last = domain_matrix[:, :size], domain_matrix[:, size:]
    return list(left.lu_solve(last).to_Matrix())


def adjoint(jacobian: Sequence[Sequence[sp.Expr]], slopes: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Sensitivity of an observable to each residual.

    With ``J`` the Jacobian of residuals and ``e`` the slopes of the observable in the unknowns, the total
    derivative of the observable in a parameter is its partial one minus ``adjoint . d(residuals)``.

    Parameters
    ----------
    jacobian : sequence of Sequence[sympy.Expr]
        Rows are residuals, columns unknowns.
    slopes : sequence of sympy.Expr
        Of the observable in each unknown.
    """
    size = len(slopes)
    transposed = [[jacobian[k][i] for k in range(size)] for i in range(size)]
    return solve_linear(transposed, slopes)
