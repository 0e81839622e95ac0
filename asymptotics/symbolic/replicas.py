r"""Two copies of a program on shared randomness: how the errors of two predictors go together.

For every quadratic form :math:`Q(x)` that an observable of the program is the slope of, the copies are coupled by a
source times twice its polarization, :math:`2 Q(x_1, x_2)`; half the slope at zero coupling is the cross-observable.
Equal copies give back the observable itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError
from asymptotics.symbolic.matrices import GaussianMatrix, LinearForm, LinearTerm, Variable, Vector
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import Energy, EnergyTerm, QuadraticProgram


def replicate(
    program: QuadraticProgram, shared: Sequence[str], distinct: Sequence[sp.Symbol] = (), name: str = ""
) -> QuadraticProgram:
    r"""Two copies of a program, coupled by sources that are zero.

    Parameters
    ----------
    program : QuadraticProgram
    shared : sequence of str
        Names of the matrices and given vectors that both copies use; every other one is drawn anew for the
        second copy.
    distinct : sequence of sympy.Symbol
        Parameters with two values, such as the ridge: ``lam`` becomes ``lam_1`` and ``lam_2``.
    name : str, optional

    Returns
    -------
    QuadraticProgram
        With the observables of the program, now between the copies: ``test`` is
        :math:`E\,\langle u_1, S u_2\rangle` where it was :math:`E\,\langle u, S u\rangle`.

    Raises
    ------
    InputError
        If a shared name does not occur in the program.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.symbolic import *
    >>> n, d = Dimension("n"), SpectralDimension("D")
    >>> X = GaussianMatrix("X", n, d, column_covariance="s")
    >>> a, r, theta = Variable("a", d), Variable("r", n), DeterministicVector("theta", d)
    >>> u, q, lam = Variable("u", d), symbol("q"), symbol("lam")
    >>> ridge = QuadraticProgram(
    ...     norm2(r) + lam * norm2(a) + q * norm2(u, SpectralMatrix(d)),
    ...     {u: a - theta, r: X @ u}, {q: 0}, {"test": slope(q)}, "ridge",
    ... )
    >>> system = replicate(ridge, shared=["X", "theta"], distinct=[lam]).deterministic_equivalent()
    >>> system.unknown_symbols()
    (nu_1, nu_2)
    """
    known = {m.name for m in matrices_of(program)} | {v.name for v in _given(program)}
    for item in shared:
        if item not in known:
            raise InputError("shared", item, f"names of the program: {', '.join(sorted(known))}")
    copies = [_copy(program, number, set(shared), distinct) for number in (1, 2)]
    energy = copies[0].energy + copies[1].energy
    sources: dict[sp.Symbol, Any] = {}
    observables = {}
    for label, wanted in program.observables.items():
        coupling = symbol(f"{wanted.source.name}_cross")
        if coupling not in sources:
            sources[coupling] = 0
            energy = energy + _polarized(program, wanted.source, coupling)
        observables[label] = slope(coupling) * (wanted.factor / 2)
    constraints = {**copies[0].constraints, **copies[1].constraints}
    return QuadraticProgram(
        energy, constraints, sources, observables, name or f"two copies of {program.name}"
    )


def matrices_of(program: QuadraticProgram) -> tuple[GaussianMatrix, ...]:
    """The distinct random matrices of a program, in order of appearance."""
    terms = (t for form in program.constraints.values() for t in form.terms)
    return tuple(dict.fromkeys(t.matrix for t in terms if t.matrix is not None))


def _given(program: QuadraticProgram) -> tuple[Vector, ...]:
    terms = (t for form in program.constraints.values() for t in form.terms)
    return tuple(dict.fromkeys(t.vector for t in terms if not isinstance(t.vector, Variable)))


def _base(program: QuadraticProgram) -> dict[sp.Symbol, sp.Expr]:
    return {source: sp.sympify(value, strict=True) for source, value in program.sources.items()}


def _copy(
    program: QuadraticProgram, number: int, shared: set[str], distinct: Sequence[sp.Symbol]
) -> QuadraticProgram:
    """One copy, at the base point of the sources."""
    rule = {**_base(program), **{s: symbol(f"{s.name}_{number}") for s in distinct}}

    def vector(item: Vector) -> Any:
        if isinstance(item, Variable):
            return _of_copy(item, number)
        return item if item.name in shared else replace(item, name=f"{item.name}{number}")

    def matrix(item: GaussianMatrix | None) -> GaussianMatrix | None:
        if item is None:
            return None
        return replace(
            item,
            name=item.name if item.name in shared else f"{item.name}{number}",
            variance=item.variance.xreplace(rule),
            row_covariance=item.row_covariance.xreplace(rule),
            column_covariance=item.column_covariance.xreplace(rule),
        )

    def term(item: LinearTerm) -> LinearTerm:
        coefficient = item.coefficient.xreplace(rule)
        return replace(item, vector=vector(item.vector), matrix=matrix(item.matrix), coefficient=coefficient)

    energy = [
        EnergyTerm(t.coefficient.xreplace(rule), vector(t.left), vector(t.right), t.weight)
        for t in program.energy.terms
    ]
    constraints = {
        _of_copy(variable, number): LinearForm(tuple(map(term, form.terms)))
        for variable, form in program.constraints.items()
    }
    return QuadraticProgram(Energy(tuple(t for t in energy if t.coefficient != 0)), constraints)


def _of_copy(variable: Variable, number: int) -> Variable:
    return Variable(f"{variable.name}{number}", variable.dimension)


def _polarized(program: QuadraticProgram, source: sp.Symbol, coupling: sp.Symbol) -> Energy:
    """Twice the polarization of the quadratic form that a source multiplies, times a coupling."""
    terms = []
    for t in program.energy.terms:
        factor = sp.diff(t.coefficient, source).xreplace(_base(program))
        if factor != 0:
            for first, second in ((t.left, t.right), (t.right, t.left)):
                terms.append(EnergyTerm(coupling * factor, _of_copy(first, 1), _of_copy(second, 2), t.weight))
    if not terms:
        raise InputError("observables", str(source), "slopes in coefficients that occur in the energy")
    return Energy(tuple(terms))
