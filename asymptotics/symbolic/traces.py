"""Normalized traces of rational expressions as the observables of a fixed-point system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.provenance import Provenance
from asymptotics.equations.shortening import shorten
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.errors import InputError
from asymptotics.symbolic.assembly import as_equation, assemble, named_averages, spectral_dimensions
from asymptotics.symbolic.dyson import DysonEquation, dyson_equation
from asymptotics.symbolic.expressions import Expression, NormalizedTrace, product
from asymptotics.symbolic.linearization import Linearization, linearize
from asymptotics.symbolic.pencil import Block, Pencil, Placement
from asymptotics.symbolic.progress import Progress, report, reporting
from asymptotics.symbolic.reduction import reduce_traces
from asymptotics.symbolic.roots import Roots
from asymptotics.symbolic.words import Term


@dataclass(frozen=True)
class _Part:
    """One term of a trace: its linearization, and where its pencil starts in the common one."""

    linearization: Linearization
    start: int

    def value(self, equation: DysonEquation) -> sp.Expr:
        """The trace of the term."""
        corner = self.linearization
        trace = equation.trace(self.start + corner.row, self.start + corner.column)
        return corner.coefficient * trace


def trace_system(
    traces: NormalizedTrace | Mapping[str, NormalizedTrace],
    name: str = "trace system",
    progress: Progress | None = None,
) -> FixedPointSystem:
    r"""The fixed-point system whose observables are normalized traces of rational expressions.

    Parameters
    ----------
    traces : NormalizedTrace, or mapping str -> NormalizedTrace
        Made by :func:`asymptotics.symbolic.ntr`; a single one becomes the observable ``trace``.
    name : str
    progress : callable of a Step, optional
        Called at every step; by default a line is written to stderr where it is a terminal, after two seconds.

    Returns
    -------
    FixedPointSystem
        With few unknowns: traces that are equal are merged, and every unknown that an equation is linear in is
        eliminated.

    Raises
    ------
    InputError
        If something else than normalized traces is given.
    DerivationError
        If an expression cannot be linearized or the equations cannot be reduced.

    Notes
    -----
    Each term of each trace is linearized in the cyclic order that needs the smallest pencil; the pencils stand side
    by side in one Dyson equation.

    Examples
    --------
    The Marchenko--Pastur law:

    >>> from asymptotics.symbolic import Dimension, GaussianMatrix, ntr
    >>> from asymptotics.equations.naming import symbol
    >>> n, d = Dimension("n"), Dimension("d")
    >>> X = GaussianMatrix("X", n, d, variance=1 / n)
    >>> system = trace_system(ntr((X.T @ X + symbol("z")).inv()))
    >>> for equation in system.equations:
    ...     print(equation)
    d*tau_x1 + n*tau_x1**2 + n*tau_x1*z - n*tau_x1 - n*z = 0
    >>> print(system.observables[0])
    trace = 1/(tau_x1 + z)
    """
    named = {"trace": traces} if isinstance(traces, NormalizedTrace) else dict(traces)
    for label, trace in named.items():
        if not isinstance(trace, NormalizedTrace):
            raise InputError(label, trace, "a normalized trace", "write ntr(expression)")
    with reporting(progress, name):
        return _derived(named, name)


def _derived(named: Mapping[str, NormalizedTrace], name: str) -> FixedPointSystem:
    report("linearization")
    pencil, parts = _side_by_side(named)
    scales = [part.linearization.coefficient for row in parts.values() for part in row]
    letters = [s for d in spectral_dimensions(pencil) for s in d.eigenvalues]
    roots = Roots.of([*pencil.coefficients(), *scales], letters)
    pencil = pencil.rewritten(roots.names)
    equation = dyson_equation(pencil)
    report("poles", traces=len(equation.unknowns))
    values = [
        sum((part.value(equation) for part in parts[label]), sp.S.Zero) / trace.argument.rows.size
        for label, trace in named.items()
    ]
    values = [value.xreplace(dict(roots.names)) for value in values]
    state = reduce_traces(equation, values, {}, differentiable=False)
    assert state is not None, "only a bound on the growth stops the reduction"
    reduced, definitions = named_averages([*state.residuals, *state.values], state.poles, pencil)
    count = len(state.residuals)
    equations = [as_equation(residual) for residual in reduced[:count]]
    residuals = [e.residual for e in equations]
    short = shorten(reduced[count:], residuals, state.unknowns, [d.symbol for d in definitions])
    observables = [
        Observable(label, form, str(trace)) for (label, trace), form in zip(named.items(), short, strict=True)
    ]
    provenance = Provenance(
        steps=(
            f"linearization of {', '.join(map(str, named.values()))}",
            f"pencil of {pencil.size} blocks",
            f"Dyson equation with {len(equation.unknowns)} distinct traces",
            f"scalar system in {', '.join(map(str, state.unknowns))}",
        ),
        assumptions=("concentration of normalized traces around their deterministic equivalents",),
    )
    system = assemble(name, equation, state, equations, observables, definitions, {}, provenance)
    return roots.restored(system)


def _side_by_side(named: Mapping[str, NormalizedTrace]) -> tuple[Pencil, dict[str, list[_Part]]]:
    """The direct sum of the pencils of all terms; equal terms share one."""
    blocks: list[Block] = []
    entries: dict[tuple[int, int], sp.Expr] = {}
    placements: list[Placement] = []
    seen: dict[Expression, _Part] = {}
    parts: dict[str, list[_Part]] = {}
    for label, trace in named.items():
        parts[label] = []
        for term in trace.argument.terms:
            best = _best_rotation(term, trace.argument)
            bare = Expression((Term(sp.S.One, best.terms[0].factors),), best.rows, best.columns)
            if bare not in seen:
                start = len(blocks)
                linearization = linearize(bare)
                own = linearization.pencil
                blocks += [Block(f"x{start + i}", b.dimension, b.sign) for i, b in enumerate(own.blocks)]
                entries.update({(start + i, start + k): v for (i, k), v in own.deterministic.items()})
                placements += [
                    Placement(p.matrix, start + p.row, start + p.column, p.left, p.right) for p in own.random
                ]
                seen[bare] = _Part(linearization, start)
            part = seen[bare]
            corner = part.linearization
            scaled = Linearization(
                best, corner.pencil, corner.row, corner.column, best.terms[0].coefficient * corner.coefficient
            )
            parts[label].append(_Part(scaled, part.start))
    return Pencil(tuple(blocks), entries, tuple(placements)), parts


def _best_rotation(term: Term, whole: Expression) -> Expression:
    """The cyclic rotation of a term with the smallest pencil; the trace is the same."""
    if not term.factors:
        return Expression((term,), whole.rows, whole.columns)
    best: tuple[int, Expression] | None = None
    for start in range(len(term.factors)):
        word = (*term.factors[start:], *term.factors[:start])
        rotated = term.coefficient * product(word)
        size = linearize(rotated).pencil.size
        if best is None or size < best[0]:
            best = size, rotated
    assert best is not None
    return best[1]
