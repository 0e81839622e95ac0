"""Exact substitution of rational matrices: a quadratic program against its pencil.

The minimum is computed twice at one random rational point, in small dimensions: by substituting the
constraints and solving the normal equations of the free variables, and from the inverse of the pencil.
The two computations share only the declared program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.errors import DerivationError
from asymptotics.symbolic.matrices import LinearTerm, Variable, Vector
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.symbolic.substitution import Sample


class ProgramSample(Sample):
    """Rational values of everything a program mentions: those of :class:`Sample`, and given vectors.

    Dimensions get the sizes 2, 3, 4, 5, ... in order of first use, so that no two agree. A random matrix is
    any rational matrix, its covariance included: what is checked is an identity, not a law.
    """

    def size(self, dimension: object) -> int:
        """Size of a dimension."""
        return self._sizes.setdefault(dimension, 2 + len(self._sizes))  # type: ignore[arg-type]

    def vector(self, vector: Vector) -> DomainMatrix:
        """A given vector, as a column."""
        if vector not in self._values:
            rows = [[sp.QQ(self._random.randint(-9, 9), 3)] for _ in range(self.size(vector.dimension))]
            self._values[vector] = DomainMatrix(rows, (len(rows), 1), sp.QQ)
        return self._values[vector]

    def term(self, term: LinearTerm) -> DomainMatrix:
        """The matrix that a term applies to its vector."""
        right = self.diagonal(term.right, term.vector.dimension)
        left = self.diagonal(term.left * term.coefficient, term.dimension)
        if term.matrix is None:
            return (left * right).to_dense()
        value = self.matrix(term.matrix)
        return (left * (value.transpose() if term.transposed else value) * right).to_dense()


def _zeros(rows: int, columns: int) -> DomainMatrix:
    return DomainMatrix.zeros((rows, columns), sp.QQ).to_dense()


def minimum_by_pencil(program: QuadraticProgram, sample: ProgramSample) -> sp.Rational:
    """Minus the quadratic form of the inverse of the pencil in the given vectors.

    Parameters
    ----------
    program : QuadraticProgram
        The learning problem.
    sample : ProgramSample
        Rational matrices and vectors.
    """
    pencil = program.pencil()
    parts = [_zeros(sample.size(block.dimension), 1) for block in pencil.blocks]
    first = len(pencil.blocks) - len(program.constraints)
    for position, form in enumerate(program.constraints.values()):
        for term in form.terms:
            if not isinstance(term.vector, Variable):
                given = sample.term(term) * sample.vector(term.vector)
                parts[first + position] = parts[first + position] - given
    vector = parts[0].vstack(*parts[1:])
    return -(vector.transpose() * sample.pencil(pencil).lu_solve(vector)).to_Matrix()[0, 0]


def minimum_by_elimination(program: QuadraticProgram, sample: ProgramSample) -> sp.Rational:
    """The minimum after substituting the constraints, from the normal equations of the free variables.

    Parameters
    ----------
    program : QuadraticProgram
        The learning problem.
    sample : ProgramSample
        Rational matrices and vectors.
    """
    free = [v for v in program.variables() if v not in program.constraints]
    widths = [sample.size(v.dimension) for v in free]
    size = sum(widths)
    affine: dict[Variable, DomainMatrix] = {}
    for position, variable in enumerate(free):
        parts = [_zeros(widths[position], width) for width in (*widths, 1)]
        parts[position] = DomainMatrix.eye(widths[position], sp.QQ).to_dense()
        affine[variable] = parts[0].hstack(*parts[1:])
    pending = dict(program.constraints)
    while pending:
        ready = [v for v, form in pending.items() if all(_known(t.vector, affine) for t in form.terms)]
        if not ready:
            raise DerivationError("the constraints of the program define variables in a circle")
        for variable in ready:
            affine[variable] = _affine_form(pending.pop(variable).terms, affine, sample, size)
    total = _zeros(size + 1, size + 1)
    for term in program.energy.terms:
        weight = sample.diagonal(term.weight * term.coefficient, term.left.dimension)
        part = affine[term.left].transpose() * weight.to_dense() * affine[term.right]
        total = total + part + part.transpose()
    quadratic, linear = total[:size, :size], total[:size, size:]
    value = total[size:, size:] - linear.transpose() * quadratic.lu_solve(linear)
    return value.to_Matrix()[0, 0] / 2


def _known(vector: Vector, affine: Mapping[Variable, DomainMatrix]) -> bool:
    return not isinstance(vector, Variable) or vector in affine


def _affine_form(
    terms: tuple[LinearTerm, ...], affine: Mapping[Variable, DomainMatrix], sample: ProgramSample, size: int
) -> DomainMatrix:
    """A linear form as a matrix in the free variables, with a last column for the given vectors."""
    parts = []
    for term in terms:
        if isinstance(term.vector, Variable):
            inner = affine[term.vector]
        else:
            given = sample.vector(term.vector)
            inner = _zeros(given.shape[0], size).hstack(given)
        parts.append(sample.term(term) * inner)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def disagreements(compare: Callable[[ProgramSample], bool], trials: int, seed: int) -> list[int]:
    """Seeds of the trial points at which two exact computations differ.

    Parameters
    ----------
    compare : Callable[[ProgramSample], bool]
        Whether two routes agree at a point.
    trials : int
        Points.
    seed : int
        Of the first point.
    """
    return [seed + trial for trial in range(trials) if not compare(ProgramSample(seed + trial))]
