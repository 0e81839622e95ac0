"""Exact substitution of rational matrices: a pencil against the problem it stands for.

The minimum of a quadratic program is computed twice at one random rational point, in small and distinct
dimensions: by substituting the constraints and solving the normal equations of the free variables, and
from the inverse of the pencil. The two computations share only the declared program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.errors import DerivationError
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.matrices import GaussianMatrix, LinearTerm, Variable, Vector
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.programs import QuadraticProgram

Rows = list[list[sp.Rational]]


@dataclass
class RationalPoint:
    """Random rational values for everything a program or pencil mentions, drawn on first use.

    Parameters
    ----------
    seed : int

    Notes
    -----
    Sizes are 2, 3, 4, ... in order of first use, so that no two dimensions agree; eigenvalues are squares
    of rationals, so that square roots of the spectrum stay rational.
    """

    seed: int
    sizes: dict[AnyDimension, int] = field(default_factory=dict)
    spectra: dict[AnyDimension, list[sp.Rational]] = field(default_factory=dict)
    matrices: dict[GaussianMatrix, Rows] = field(default_factory=dict)
    vectors: dict[Vector, list[sp.Rational]] = field(default_factory=dict)
    scalars: dict[sp.Symbol, sp.Rational] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def rational(self) -> sp.Rational:
        """A nonzero rational with small numerator and denominator."""
        draw = self._random
        return sp.Rational(draw.choice([-1, 1]) * draw.randint(1, 9), draw.randint(1, 7))

    def size(self, dimension: AnyDimension) -> int:
        """Size of a dimension at this point."""
        return self.sizes.setdefault(dimension, len(self.sizes) + 2)

    def spectrum(self, dimension: AnyDimension) -> list[sp.Rational]:
        """Eigenvalues of a spectral dimension."""
        if dimension not in self.spectra:
            self.spectra[dimension] = [self.rational() ** 2 for _ in range(self.size(dimension))]
        return self.spectra[dimension]

    def profile(self, function: sp.Expr, dimension: AnyDimension) -> list[sp.Rational]:
        """Diagonal of a function of the spectrum; parameters take their values here."""
        function = self.scalar_part(sp.sympify(function), dimension)
        if isinstance(dimension, SpectralDimension):
            roots = [{dimension.eigenvalue: value} for value in self.spectrum(dimension)]
            return [sp.nsimplify(function.xreplace(rule)) for rule in roots]
        return [function] * self.size(dimension)

    def scalar_part(self, function: sp.Expr, dimension: AnyDimension | None = None) -> sp.Expr:
        """The expression with every parameter replaced, the eigenvalue left."""
        bound = {dimension.eigenvalue} if isinstance(dimension, SpectralDimension) else set()
        for symbol in sorted(function.free_symbols - bound, key=lambda s: s.name):
            self.scalars.setdefault(symbol, abs(self.rational()))
        return function.xreplace(self.scalars)

    def matrix(self, matrix: GaussianMatrix) -> Rows:
        """A value of a random matrix, covariances included."""
        if matrix not in self.matrices:
            left = [sp.sqrt(v) for v in self.profile(matrix.row_covariance, matrix.rows)]
            right = [sp.sqrt(v) for v in self.profile(matrix.column_covariance, matrix.columns)]
            self.matrices[matrix] = [[a * self.rational() * b for b in right] for a in left]
        return self.matrices[matrix]

    def vector(self, vector: Vector) -> list[sp.Rational]:
        """A value of a given vector."""
        if vector not in self.vectors:
            self.vectors[vector] = [self.rational() for _ in range(self.size(vector.dimension))]
        return self.vectors[vector]

    def term(self, term: LinearTerm) -> Rows:
        """The matrix that a term applies to its vector."""
        right = self.profile(term.right, term.vector.dimension)
        left = self.profile(term.left, term.dimension)
        if term.matrix is None:
            size = len(right)
            core = [[right[i] if i == k else sp.S.Zero for k in range(size)] for i in range(size)]
        else:
            core = self.matrix(term.matrix)
            core = [list(row) for row in zip(*core, strict=True)] if term.transposed else core
            core = [[value * right[k] for k, value in enumerate(row)] for row in core]
        scale = self.scalar_part(term.coefficient)
        return [[scale * left[i] * value for value in row] for i, row in enumerate(core)]


def _exact(rows: Rows) -> DomainMatrix:
    return DomainMatrix([[sp.QQ.from_sympy(sp.sympify(v)) for v in row] for row in rows],
                        (len(rows), len(rows[0]) if rows else 0), sp.QQ)  # fmt: skip


def pencil_matrix(pencil: Pencil, point: RationalPoint) -> tuple[DomainMatrix, list[int]]:
    """The pencil at a point, and where each block starts."""
    starts = [0]
    for block in pencil.blocks:
        starts.append(starts[-1] + point.size(block.dimension))
    rows: Rows = [[sp.S.Zero] * starts[-1] for _ in range(starts[-1])]
    for (i, k), value in pencil.deterministic.items():
        for offset, entry in enumerate(point.profile(value, pencil.blocks[i].dimension)):
            rows[starts[i] + offset][starts[k] + offset] += entry
            if i != k:
                rows[starts[k] + offset][starts[i] + offset] += entry
    for placement in pencil.random:
        left = point.profile(placement.left, pencil.blocks[placement.row].dimension)
        right = point.profile(placement.right, pencil.blocks[placement.column].dimension)
        for a, row in enumerate(point.matrix(placement.matrix)):
            for b, value in enumerate(row):
                entry = left[a] * value * right[b]
                rows[starts[placement.row] + a][starts[placement.column] + b] += entry
                rows[starts[placement.column] + b][starts[placement.row] + a] += entry
    return _exact(rows), starts


def minimum_by_pencil(program: QuadraticProgram, point: RationalPoint) -> sp.Rational:
    """Minus the quadratic form of the inverse of the pencil in the given vectors."""
    pencil = program.pencil()
    matrix, starts = pencil_matrix(pencil, point)
    right: Rows = [[sp.S.Zero] for _ in range(starts[-1])]
    first = len(pencil.blocks) - len(program.constraints)
    for position, form in enumerate(program.constraints.values()):
        for term in form.terms:
            if isinstance(term.vector, Variable):
                continue
            values = _exact(point.term(term)) * _exact([[v] for v in point.vector(term.vector)])
            for offset, (value,) in enumerate(values.to_Matrix().tolist()):
                right[starts[first + position] + offset][0] -= value
    vector = _exact(right)
    return -(vector.transpose() * matrix.lu_solve(vector)).to_Matrix()[0, 0]


def minimum_by_elimination(program: QuadraticProgram, point: RationalPoint) -> sp.Rational:
    """The minimum after substituting the constraints, from the normal equations of the free variables."""
    free = [v for v in program.variables() if v not in program.constraints]
    widths = [point.size(v.dimension) for v in free]
    affine: dict[Variable, DomainMatrix] = {}
    for variable, width, start in zip(free, widths, _starts(widths), strict=True):
        rows = [[sp.S.Zero] * (sum(widths) + 1) for _ in range(width)]
        for i in range(width):
            rows[i][start + i] = sp.S.One
        affine[variable] = _exact(rows)
    pending = dict(program.constraints)
    while pending:
        ready = [v for v, form in pending.items() if all(_known(t.vector, affine) for t in form.terms)]
        if not ready:
            raise DerivationError("the constraints of the program define variables in a circle")
        for variable in ready:
            affine[variable] = _affine_form(pending.pop(variable).terms, affine, point, sum(widths) + 1)
    total = _exact([[sp.S.Zero] * (sum(widths) + 1) for _ in range(sum(widths) + 1)])
    for term in program.energy.terms:
        weight = point.profile(term.weight * term.coefficient, term.left.dimension)
        diagonal = [[w if i == k else sp.S.Zero for k in range(len(weight))] for i, w in enumerate(weight)]
        part = affine[term.left].transpose() * _exact(diagonal) * affine[term.right]
        total = total + part + part.transpose()
    size = sum(widths)
    quadratic, linear = total[:size, :size], total[:size, size:]
    solved = quadratic.lu_solve(linear)
    value = total[size:, size:] - linear.transpose() * solved
    return value.to_Matrix()[0, 0] / 2


def _starts(widths: list[int]) -> list[int]:
    return [sum(widths[:i]) for i in range(len(widths))]


def _known(vector: Vector, affine: Mapping[Variable, DomainMatrix]) -> bool:
    return not isinstance(vector, Variable) or vector in affine


def _affine_form(
    terms: tuple[LinearTerm, ...], affine: Mapping[Variable, DomainMatrix], point: RationalPoint, width: int
) -> DomainMatrix:
    total = None
    for term in terms:
        if isinstance(term.vector, Variable):
            inner = affine[term.vector]
        else:
            column = point.vector(term.vector)
            inner = _exact([[sp.S.Zero] * (width - 1) + [value] for value in column])
        part = _exact(point.term(term)) * inner
        total = part if total is None else total + part
    assert total is not None
    return total


def disagreements(compare: Callable[[RationalPoint], bool], trials: int, seed: int) -> list[int]:
    """Seeds of the trial points at which two exact computations differ."""
    return [seed + trial for trial in range(trials) if not compare(RationalPoint(seed + trial))]
