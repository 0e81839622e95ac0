"""Normal equations: one symmetric positive definite system for a whole path of ridges or times.

In double precision they are solved directly, and what is too ill-conditioned is left to the caller. In single
precision they are only factorized: solutions are refined with residuals in double precision, and what is too
ill-conditioned for that is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.learning.spectral import (
    SAFE_RECIPROCAL_CONDITION,
    Training,
    harmless,
    without_rounding,
)
from asymptotics.simulation.learning.streaming import Real

Array = NDArray[np.float64]
Factorize = Callable[[float], Real | None]
Operator = Callable[[Real], Real]

LONG_PATH = 12
"""From this number of ridges on, one eigendecomposition is cheaper than as many Cholesky factorizations."""

REFINEMENTS = 2
"""Steps of iterative refinement in single precision; each multiplies the error by that of a solution without it."""

SINGLE_RECIPROCAL_CONDITION = 1e-6
"""Where these steps are trusted: the error without them is below 1e-2 there, and with them below 1e-6."""

LARGEST_SINGLE_RIDGE = 1e30
"""A larger ridge, or its inverse, may leave the range of single precision."""

SINGLE_KERNEL_CONDITION = 1e-3
"""The same for a kernel matrix, whose own rounding errors of relative size 1e-7 no refinement removes."""


def solve_gram(
    gram: Array,
    right_sides: Array,
    parameters: Sequence[Any],
    training: Training,
    factorize: Factorize | None = None,
) -> tuple[Array, NDArray[np.bool_]]:
    """Apply the filter of a training method, as a function of a Gram matrix, to right-hand sides.

    Parameters
    ----------
    gram : ndarray, shape (m, m)
        Symmetric, positive semidefinite.
    right_sides : ndarray, shape (m, r)
        Vectors as columns.
    parameters : sequence
        Ridges, times, or what else training has.
    training : Training
        The filter g.
    factorize : callable, optional
        Gives the lower Cholesky factor of ``gram + ridge``, or None where there is none.

    Returns
    -------
    solutions : ndarray, shape (len(parameters), m, r)
    safe : ndarray of bool, shape (len(parameters),)
        False where the condition number is too large for the digits to be trusted; the solution is then zero.
    """
    solutions = np.zeros((len(parameters), *right_sides.shape))
    safe = np.zeros(len(parameters), dtype=bool)
    if training.method == "ridge" and len(parameters) < LONG_PATH:
        factors = _trusted_factors(gram, parameters, factorize, SAFE_RECIPROCAL_CONDITION)
        for position, factor in enumerate(factors):
            if factor is not None:
                solutions[position] = scipy.linalg.cho_solve((factor, True), right_sides, check_finite=False)
                safe[position] = True
        return solutions, safe
    values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    if training.method == "ridge":
        shifted = values[[0, -1]] + np.asarray(parameters)[:, None]
        safe = harmless(shifted[:, 0], shifted[:, 1])
        filters = [training.filter(values, parameters[int(i)]) for i in np.flatnonzero(safe)]
    else:
        values = without_rounding(values)
        whole = [training.filter(values, point) for point in parameters]
        safe = np.array([_bounded(values, one) for one in whole], dtype=bool)
        filters = [whole[int(i)] for i in np.flatnonzero(safe)]
    projected = vectors.T @ right_sides
    if filters:
        weighted = np.stack(filters, axis=1)[:, :, None] * projected[:, None, :]  # (m, safe, r)
        found = vectors @ weighted.reshape(len(values), -1)
        solutions[safe] = found.reshape(weighted.shape).transpose(1, 0, 2)
    return solutions, safe


def _bounded(values: Array, filtered: Array) -> bool:
    """Whether eigenvalues at rounding level stay harmless: where training has not come to invert them."""
    return bool(
        harmless(values[:1], values[-1:])[0]
        or np.abs(filtered).max(initial=0.0) * values[-1] * SAFE_RECIPROCAL_CONDITION <= 1
    )


def solve_refined(
    gram: Real,
    multiply: Operator,
    right_sides: Array,
    ridges: Sequence[float],
    least: float,
    factorize: Factorize | None = None,
) -> Array:
    """Solve ``(gram + ridge) x = y`` with factors in single precision and residuals in double precision.

    Parameters
    ----------
    gram : ndarray of float32, shape (m, m)
        Symmetric, positive semidefinite; rounded.
    multiply : callable
        Its product with vectors ``(m, k)`` in double precision, without the rounding.
    right_sides : ndarray, shape (m, r)
        Vectors y as columns.
    ridges : sequence of float
        Nonnegative.
    least : float
        Least reciprocal condition number.
    factorize : callable, optional
        Gives the lower Cholesky factor of ``gram + ridge``, or None where there is none.

    Returns
    -------
    ndarray, shape (len(ridges), m, r)

    Raises
    ------
    SimulationError
        If the reciprocal condition number is smaller.

    Examples
    --------
    >>> gram = np.array([[0.3, 0.1], [0.1, 0.2]])
    >>> x = solve_refined(gram.astype(np.float32), lambda v: gram @ v, gram @ np.ones((2, 1)), [0.0], 1e-3)
    >>> bool(np.abs(x - 1).max() < 1e-14)
    True
    """
    approximate = _approximate_inverse(gram, ridges, least, factorize)
    shifts = np.asarray(ridges)[:, None, None]
    solution = np.zeros((len(ridges), *right_sides.shape))
    solution += approximate(solution + right_sides)
    for _ in range(REFINEMENTS):
        solution += approximate(right_sides - shifts * solution - on_stack(multiply, solution))
    return solution


def _approximate_inverse(
    gram: Real, ridges: Sequence[float], least: float, factorize: Factorize | None
) -> Operator:
    """The inverse of ``gram + ridge``, every ridge on vectors ``(len(ridges), m, r)`` of its own."""
    refusal = SimulationError(
        "the least-squares problem is too ill-conditioned for single precision; use double precision"
    )
    if max(ridges) > LARGEST_SINGLE_RIDGE:
        raise refusal
    if len(ridges) < LONG_PATH:
        factors = list(_trusted_factors(gram, ridges, factorize, least))
        if any(factor is None for factor in factors):
            raise refusal
        return lambda stack: np.stack(
            [
                scipy.linalg.cho_solve((factor, True), vectors.astype(gram.dtype), check_finite=False)
                for factor, vectors in zip(factors, stack, strict=True)
            ]
        )
    values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    if not harmless(values[0] + min(ridges), values[-1] + min(ridges), least):
        raise refusal
    inverse = (1.0 / (values + np.asarray(ridges)[:, None])).astype(gram.dtype)[:, :, None]
    return lambda stack: on_stack(
        lambda v: vectors @ v, inverse * on_stack(lambda v: vectors.T @ v, stack.astype(gram.dtype))
    )


def on_stack(operator: Operator, stack: Real) -> Real:
    """Apply an operator on vectors ``(m, k)`` to a stack of them ``(count, m, r)``, all at once.

    Parameters
    ----------
    operator : Operator
        On vectors, shape (m, k).
    stack : Real
        Shape (count, m, r).
    """
    count, size, columns = stack.shape
    flat = operator(stack.transpose(1, 0, 2).reshape(size, -1))
    return flat.reshape(-1, count, columns).transpose(1, 0, 2)


def cholesky(gram: Real, ridge: float) -> Real | None:
    """A matrix with the Cholesky factor of ``gram + ridge`` in its lower triangle, or None without one.

    Parameters
    ----------
    gram : Real
        Symmetric, shape (m, m).
    ridge : float
        Added to the diagonal.
    """
    matrix = gram.copy()
    matrix.flat[:: len(matrix) + 1] += ridge
    try:  # transposed, the symmetric matrix is in the order of LAPACK and is not copied again
        return scipy.linalg.cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)[0]
    except scipy.linalg.LinAlgError:
        return None


def _trusted_factors(
    gram: Real, ridges: Sequence[float], factorize: Factorize | None, least: float
) -> Iterator[Real | None]:
    """Yield the Cholesky factor of ``gram + ridge``, or None where its reciprocal condition number is too small."""
    norm = float(np.abs(gram).sum(axis=0).max())
    for ridge in ridges:
        factor = cholesky(gram, ridge) if factorize is None else factorize(float(ridge))
        if factor is not None:
            estimate = scipy.linalg.get_lapack_funcs("pocon", (factor,))
            if not estimate(factor, norm + ridge, uplo="L")[0] >= least:
                factor = None
        yield factor
