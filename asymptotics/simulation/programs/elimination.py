"""Variables of a program as affine functions of the free ones: constraints are put into each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.simulation.programs.numbers import ProgramNumbers
from asymptotics.symbolic.matrices import GaussianMatrix, LinearTerm, Variable, Vector

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Affine:
    """A variable as a sum over free variables and given vectors.

    Attributes
    ----------
    blocks : mapping of Variable to ndarray
        Matrix in front of every free variable; a diagonal one as ``(size,)``.
    offset : ndarray, shape (size, given)
        One column for each given vector.
    """

    blocks: Mapping[Variable, Array]
    offset: Array

    def __add__(self, other: Affine) -> Affine:
        blocks = dict(self.blocks)
        for variable, block in other.blocks.items():
            blocks[variable] = _sum(blocks[variable], block) if variable in blocks else block
        return Affine(blocks, self.offset + other.offset)

    def scaled(self, factor: Any) -> Affine:
        """The function with its rows multiplied by a number or by one number each."""
        if np.ndim(factor) == 0 and factor == 1:
            return self
        column = np.asarray(factor)[:, None] if np.ndim(factor) else factor
        blocks = {v: (factor if b.ndim == 1 else column) * b for v, b in self.blocks.items()}
        return Affine(blocks, column * self.offset)

    def multiplied(self, matrix: Array) -> Affine:
        """A matrix times the function."""
        blocks = {v: matrix * b if b.ndim == 1 else matrix @ b for v, b in self.blocks.items()}
        return Affine(blocks, matrix @ self.offset)

    def at(self, solution: Mapping[Variable, Array]) -> Array:
        """Values ``(size, given)`` where the free variables have the values ``(size, given)``."""
        total = self.offset
        for variable, block in self.blocks.items():
            values = solution[variable]
            total = total + (block[:, None] * values if block.ndim == 1 else block @ values)
        return total


def _sum(first: Array, second: Array) -> Array:
    if first.ndim == second.ndim:
        return first + second
    dense, diagonal = (first, second) if first.ndim == 2 else (second, first)
    total = dense.copy()
    total.flat[:: len(total) + 1] += diagonal
    return total


@dataclass(frozen=True, eq=False)
class Composition:
    """How each variable is put together, as numbers, for all replicates.

    Attributes
    ----------
    sizes : mapping of Variable to int
        Of every variable.
    order : tuple of Variable
        Constrained variables, each after those that define it.
    terms : mapping of Variable to list of (LinearTerm, left, right)
        Terms of its constraint, with the profile in front of matrix and vector.
    given : tuple of Vector
    """

    sizes: Mapping[Variable, int]
    order: tuple[Variable, ...]
    terms: Mapping[Variable, list[tuple[LinearTerm, Any, Any]]]
    given: tuple[Vector, ...]

    @classmethod
    def of(cls, numbers: ProgramNumbers) -> Composition:
        """The elimination of the constrained variables of a program.

        Raises
        ------
        InputError
            If constraints define each other in a circle, or hold the ridge or a source.
        """
        setting = numbers.setting
        terms: dict[Variable, list[tuple[LinearTerm, Any, Any]]] = {}
        program = setting.program
        forbidden = {setting.ridge, *(source.name for source in program.sources)}
        for variable, form in program.constraints.items():
            terms[variable] = []
            for term in form.terms:
                letters = (term.coefficient * term.left * term.right).free_symbols
                held = sorted(letter.name for letter in letters if letter.name in forbidden)
                if held:
                    allowed = "constraints without the ridge and the sources: they belong into the energy"
                    raise InputError(f"constraint of {variable.name}", held[0], allowed)
                left = numbers.profile(term.coefficient * term.left, term.dimension)
                terms[variable].append((term, left, numbers.profile(term.right, term.vector.dimension)))
        sizes = {variable: setting.size(variable.dimension) for variable in program.variables()}
        return cls(sizes, _ordered(program.constraints), terms, setting.given)

    @property
    def free(self) -> tuple[Variable, ...]:
        """The variables that are minimized over."""
        return tuple(variable for variable in self.sizes if variable not in self.terms)

    def run(
        self, matrices: Mapping[GaussianMatrix, Array], vectors: Mapping[Vector, Array]
    ) -> dict[Variable, Affine]:
        """Every variable as an affine function of the free ones, for one draw.

        Parameters
        ----------
        matrices : mapping of GaussianMatrix to ndarray
            Drawn.
        vectors : mapping of Vector to ndarray
            Drawn.
        """
        count = len(self.given)
        found: dict[Vector, Affine] = {}
        for column, vector in enumerate(self.given):
            offset = np.zeros((len(vectors[vector]), count))
            offset[:, column] = vectors[vector]
            found[vector] = Affine({}, offset)
        for variable in self.free:
            size = self.sizes[variable]
            found[variable] = Affine({variable: np.ones(size)}, np.zeros((size, count)))
        for variable in self.order:
            total = Affine({}, np.zeros((self.sizes[variable], count)))
            for term, left, right in self.terms[variable]:
                part = found[term.vector].scaled(right)
                if term.matrix is not None:
                    matrix = matrices[term.matrix]
                    part = part.multiplied(matrix.T if term.transposed else matrix)
                total = total + part.scaled(left)
            found[variable] = total
        return {variable: found[variable] for variable in self.sizes}


def _ordered(constraints: Mapping[Variable, Any]) -> tuple[Variable, ...]:
    """Constrained variables, each after those that define it."""
    order: list[Variable] = []
    waiting = dict(constraints)
    while waiting:
        ready = [
            variable for variable, form in waiting.items() if not any(t.vector in waiting for t in form.terms)
        ]
        if not ready:
            names = ", ".join(variable.name for variable in waiting)
            raise InputError("constraints", names, "variables that do not define each other in a circle")
        order += ready
        for variable in ready:
            del waiting[variable]
    return tuple(order)
