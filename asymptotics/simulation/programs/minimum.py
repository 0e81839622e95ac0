"""The minimum of a convex quadratic energy for several right-hand sides, accurate at every ridge and in its limit.

Normal equations are solved where their condition number is harmless; otherwise the energy is written as a sum of
squares and solved by least squares, which does not square the condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.learning.spectral import SAFE_RECIPROCAL_CONDITION
from asymptotics.simulation.programs.elimination import Affine
from asymptotics.symbolic.matrices import Variable

Array = NDArray[np.float64]

UNBOUNDED = 1e-8
"""A negative eigenvalue above this share of the largest one is no rounding: there is no minimum."""


@dataclass(frozen=True, eq=False)
class Form:
    """A bilinear form ``sum_i weight_i left_i right_i`` of two variables.

    Attributes
    ----------
    left, right : Variable
    weight : float or ndarray, shape (size,)
    """

    left: Variable
    right: Variable
    weight: Array | float

    def products(self, values: Mapping[Variable, Array]) -> Array:
        """The form of every pair of columns, made symmetric, ``(given, given)``."""
        weight = self.weight[:, None] if np.ndim(self.weight) else self.weight  # type: ignore[index]
        found: Array = values[self.left].T @ (weight * values[self.right])
        return (found + found.T) / 2


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each free variable stands in the vector of all of them.

    Attributes
    ----------
    places : mapping of Variable to slice
    size : int
    """

    places: Mapping[Variable, slice]
    size: int

    @classmethod
    def of(cls, sizes: Mapping[Variable, int]) -> Layout:
        """The layout of variables of given sizes, in their order."""
        places, start = {}, 0
        for variable, size in sizes.items():
            places[variable] = slice(start, start + size)
            start += size
        return cls(places, start)

    def matrix(self, function: Affine) -> Array:
        """The matrix ``(rows, size)`` of an affine function."""
        matrix = np.zeros((len(function.offset), self.size))
        for variable, block in function.blocks.items():
            if block.ndim == 1:
                matrix[np.arange(len(block)), np.arange(len(block)) + self.places[variable].start] = block
            else:
                matrix[:, self.places[variable]] = block
        return matrix

    def split(self, solution: Array) -> dict[Variable, Array]:
        """The values of every variable."""
        return {variable: solution[place] for variable, place in self.places.items()}


class QuadraticPart:
    r"""A quadratic function :math:`f^T H f + 2 g^T f` of the free variables: forms that share one coefficient.

    Parameters
    ----------
    forms : sequence of Form
    functions : mapping of Variable to Affine
    layout : Layout
    """

    def __init__(self, forms: Sequence[Form], functions: Mapping[Variable, Affine], layout: Layout) -> None:
        self.forms, self.functions, self.layout = forms, functions, layout
        count = next(iter(functions.values())).offset.shape[1]
        self.hessian = np.zeros((layout.size, layout.size))
        self.gradient = np.zeros((layout.size, count))
        for form in forms:
            if form.left == form.right:
                self._add_square(functions[form.left], form.weight)
            else:
                self._add_product(functions[form.left], functions[form.right], form.weight)

    def _add_square(self, function: Affine, weight: Array | float) -> None:
        """Add the form of a variable with itself, every pair of blocks once; diagonal blocks stay cheap."""
        places, weighted = self.layout.places, function.scaled(weight)
        images = list(weighted.blocks.items())
        for number, (one, block) in enumerate(function.blocks.items()):
            self.gradient[places[one]] += _transposed(block, weighted.offset)
            for two, image in images[number:]:
                product = _product(block, image)
                self._add_block(places[one], places[two], product)
                if two != one:
                    self._add_block(places[two], places[one], product.T)

    def _add_product(self, left: Affine, right: Affine, weight: Array | float) -> None:
        """Add the form of two variables."""
        places, weighted, other = self.layout.places, right.scaled(weight), left.scaled(weight)
        for one, block in left.blocks.items():
            self.gradient[places[one]] += _transposed(block, weighted.offset) / 2
            for two, image in weighted.blocks.items():
                product = _product(block, image) / 2
                self._add_block(places[one], places[two], product)
                self._add_block(places[two], places[one], product.T)
        for one, block in right.blocks.items():
            self.gradient[places[one]] += _transposed(block, other.offset) / 2

    def _add_block(self, rows: slice, columns: slice, product: Array) -> None:
        target = self.hessian[rows, columns]
        if product.ndim == 1:
            index = np.arange(len(product))
            target[index, index] += product
        else:
            target += product

    @cached_property
    def squares(self) -> tuple[Array, Array] | None:
        """The part as ``|D f + d|^2`` up to a constant, or None where it is no sum of squares of variables."""
        rows, offsets = [np.zeros((0, self.layout.size))], [np.zeros((0, self.gradient.shape[1]))]
        for form in self.forms:
            if form.left != form.right or np.any(np.asarray(form.weight) < 0):
                return None
            root = self.functions[form.left].scaled(np.sqrt(form.weight))
            rows.append(self.layout.matrix(root))
            offsets.append(root.offset)
        return np.concatenate(rows), np.concatenate(offsets)


def _transposed(block: Array, vectors: Array) -> Array:
    return block[:, None] * vectors if block.ndim == 1 else block.T @ vectors


def _product(block: Array, image: Array) -> Array:
    """``block^T image``, either of them diagonal or not; both diagonal stay so."""
    if block.ndim == 1:
        return block * image if image.ndim == 1 else block[:, None] * image
    return block.T * image if image.ndim == 1 else block.T @ image


def minimize(
    parts: Sequence[QuadraticPart], coefficients: Sequence[float], vanishing: QuadraticPart | None = None
) -> Array:
    """The minimiser ``(size, given)`` of a sum of parts.

    Parameters
    ----------
    parts : sequence of QuadraticPart
    coefficients : sequence of float
    vanishing : QuadraticPart, optional
        What decides between several minimisers: the energy whose coefficient tends to zero.

    Returns
    -------
    ndarray
        Among several minimisers that of the vanishing part, and then the one of least norm.

    Raises
    ------
    SimulationError
        If the energy has no minimum.
    """
    used = [(part, c) for part, c in zip(parts, coefficients, strict=True) if c != 0]
    hessian = sum((c * part.hessian for part, c in used), np.zeros_like(parts[0].hessian))
    gradient = sum((c * part.gradient for part, c in used), np.zeros_like(parts[0].gradient))
    solution = _positive_definite(hessian, gradient)
    if solution is not None:
        return solution
    design, offset = _squares(used, hessian, gradient)
    if vanishing is None:
        return _least_squares(design, offset)[0]
    solution, null = _least_squares(design, offset, with_null=True)
    if null.shape[1] == 0:
        return solution
    design, offset = _squares([(vanishing, 1.0)], vanishing.hessian, vanishing.gradient)
    return solution + null @ _least_squares(design @ null, offset + design @ solution)[0]


def _positive_definite(hessian: Array, gradient: Array) -> Array | None:
    """The solution of normal equations, or None where they are not harmless."""
    try:
        factor, lower = scipy.linalg.cho_factor(hessian, lower=True, check_finite=False)
    except scipy.linalg.LinAlgError:
        return None
    norm = float(np.abs(hessian).sum(axis=0).max())
    if (
        not scipy.linalg.get_lapack_funcs("pocon", (factor,))(factor, norm, uplo="L")[0]
        >= SAFE_RECIPROCAL_CONDITION
    ):
        return None
    solution: Array = scipy.linalg.cho_solve((factor, lower), -gradient, check_finite=False)
    return solution


def _squares(
    used: Sequence[tuple[QuadraticPart, float]], hessian: Array, gradient: Array
) -> tuple[Array, Array]:
    """An energy as ``|D f + d|^2`` up to a constant."""
    known = [(part.squares, c) for part, c in used]
    if all(c > 0 and squares is not None for squares, c in known):
        scaled = [(np.sqrt(c) * s[0], np.sqrt(c) * s[1]) for s, c in known if s is not None]
        return np.concatenate([d for d, _ in scaled]), np.concatenate([o for _, o in scaled])
    values, axes = scipy.linalg.eigh(hessian, driver="evd", check_finite=False)
    largest = np.abs(values).max(initial=0.0)
    kept = values > len(values) * np.finfo(float).eps * largest
    outside = gradient - axes[:, kept] @ (axes[:, kept].T @ gradient)
    if values[0] < -UNBOUNDED * largest or np.abs(outside).max() > 1e-6 * np.abs(gradient).max(initial=0.0):
        raise SimulationError("the energy of the program has no minimum: it is not convex at these constants")
    roots = np.sqrt(values[kept])
    return roots[:, None] * axes[:, kept].T, (axes[:, kept].T @ gradient) / roots[:, None]


def _least_squares(design: Array, offset: Array, with_null: bool = False) -> tuple[Array, Array]:
    """The minimiser of ``|D f + d|^2`` of least norm, and a basis of the directions it does not see."""
    try:
        left, values, right = scipy.linalg.svd(design, full_matrices=with_null, check_finite=False)
    except scipy.linalg.LinAlgError:
        left, values, right = scipy.linalg.svd(
            design, full_matrices=with_null, check_finite=False, lapack_driver="gesvd"
        )
    floor = max(design.shape) * np.finfo(float).eps * values.max(initial=0.0)
    rank = int(np.sum(values > floor))
    solution = -right[:rank].T @ ((left[:, :rank].T @ offset) / values[:rank, None])
    return solution, right[rank:].T
