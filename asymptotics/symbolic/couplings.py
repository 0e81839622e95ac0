r"""Linear response of a mean inverse to a source that vanishes, such as a coupling of two copies.

Where a coupling is zero the copies do not see each other: the blocks of the mean inverse that join them vanish, and
no trace of theirs is an unknown. Their response to the coupling is linear,

.. math:: dG = -G\,(dL_0 - \eta(dG))\,G,

closed by the traces of :math:`dG` that the covariance map asks for. Solving it gives the slope of the minimum
without ever inverting the coupled pencil.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.rational_functions import RationalField
from asymptotics.symbolic.covariance import TraceTerm, covariance_terms
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.named_response import Names, solve_in_names
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.symmetry import Pair, TraceKey, key_of, nonzero_pattern


@dataclass(frozen=True)
class LinearResponse:
    """The linear system of a response: ``matrix @ traces = right``, and what is read off.

    Attributes
    ----------
    matrix : tuple of tuple
        One row for each trace of the response.
    right : tuple
    direct : tuple
        Response of each quadratic form at fixed traces.
    weights : tuple of tuple
        For each quadratic form its derivative in each trace.
    """

    matrix: tuple[tuple[sp.Expr, ...], ...]
    right: tuple[sp.Expr, ...]
    direct: tuple[sp.Expr, ...]
    weights: tuple[tuple[sp.Expr, ...], ...]

    def flat(self) -> list[sp.Expr]:
        """Every entry in one list."""
        tables = (*self.matrix, self.right, self.direct, *self.weights)
        return [entry for row in tables for entry in row]

    def with_entries(self, flat: Sequence[sp.Expr]) -> LinearResponse:
        """The same shape with other entries, in the order of :meth:`flat`."""
        stream = iter(flat)

        def row(shape: Sequence[Any]) -> tuple[sp.Expr, ...]:
            return tuple(next(stream) for _ in shape)

        matrix = tuple(row(r) for r in self.matrix)
        right, direct = row(self.right), row(self.direct)
        return LinearResponse(matrix, right, direct, tuple(row(r) for r in self.weights))

    def solve(self) -> tuple[sp.Expr, ...]:
        """The response of each quadratic form."""
        field = RationalField(self.flat())
        matrix = [[field(entry) for entry in row] for row in self.matrix]
        traces = field.solve(matrix, [field(entry) for entry in self.right])
        values = []
        for direct, weights in zip(self.direct, self.weights, strict=True):
            total = field(direct)
            for weight, trace in zip(weights, traces, strict=True):
                total = total + field(weight) * trace
            values.append(field.expression(total))
        return tuple(values)

    def solve_in_names(self, names: Names) -> tuple[sp.Expr, ...]:
        """The response of each quadratic form, with a definition for every step."""
        (traces,) = solve_in_names(self.matrix, [self.right], names)
        pairs = zip(self.direct, self.weights, strict=True)
        return tuple(
            direct + sum((names(w) * x for w, x in zip(weights, traces, strict=True)), sp.S.Zero)
            for direct, weights in pairs
        )


def coupling_sources(pencil: Pencil, sources: Mapping[sp.Symbol, Any]) -> tuple[sp.Symbol, ...]:
    """The sources that are zero and join blocks between which the mean inverse then vanishes.

    Parameters
    ----------
    pencil : Pencil
        With sources in it.
    sources : mapping of sympy.Symbol to number
        Symbol to value.
    """
    zero = [source for source, value in sources.items() if value == 0]
    quiet = at_sources(pencil, {source: sp.S.Zero for source in zero})
    pattern = nonzero_pattern(quiet, covariance_terms(quiet))
    found = []
    for source in zero:
        pairs = direction(pencil, source)
        if pairs and all(pair not in pattern for pair in pairs):
            found.append(source)
    return tuple(found)


def at_sources(pencil: Pencil, rule: Mapping[sp.Symbol, Any]) -> Pencil:
    """The pencil with sources replaced by values.

    Parameters
    ----------
    pencil : Pencil
        With sources in it.
    rule : mapping of sympy.Symbol to number
        Symbol to value.
    """
    entries = {pair: value.xreplace(dict(rule)) for pair, value in pencil.deterministic.items()}
    return Pencil(
        pencil.blocks, {pair: value for pair, value in entries.items() if value != 0}, pencil.random
    )


def direction(pencil: Pencil, source: sp.Symbol) -> dict[Pair, sp.Expr]:
    """Derivative of the deterministic part in a source.

    Parameters
    ----------
    pencil : Pencil
        With sources in it.
    source : sympy.Symbol
        A symbol.
    """
    slopes = {pair: sp.diff(value, source) for pair, value in pencil.deterministic.items()}
    return {pair: value for pair, value in slopes.items() if value != 0}


def linear_response(
    equation: DysonEquation,
    change: Mapping[Pair, sp.Expr],
    forms: Sequence[Any],
    base: Mapping[sp.Symbol, sp.Expr],
) -> LinearResponse:
    """The linear system for the response of quadratic forms of the mean inverse.

    Parameters
    ----------
    equation : DysonEquation
        Where the source vanishes.
    change : mapping (i, k) -> sympy.Expr
        Derivative of the deterministic part in the source.
    forms : sequence of Potential
        Parts of the minimum.
    base : mapping
        Values of other sources.
    """
    terms = covariance_terms(equation.pencil)
    keys = _keys(equation, terms, change)
    changes = [_symmetric(change), *(_symmetric(_of_trace(terms, key)) for key in keys)]
    responses = [_Response(equation, blocks, base) for blocks in changes]
    rows, right = [], []
    for key in keys:
        traces = [key.dimension.trace(key.weight * r.block(*key.inner)) for r in responses]
        right.append(traces[0])
        rows.append(tuple(int(key == other) - value for other, value in zip(keys, traces[1:], strict=True)))
    slopes = [[form.combine(response.block) for response in responses] for form in forms]
    return LinearResponse(
        tuple(rows), tuple(right), tuple(row[0] for row in slopes), tuple(tuple(row[1:]) for row in slopes)
    )


def _of_trace(terms: Sequence[TraceTerm], key: TraceKey) -> dict[Pair, sp.Expr]:
    """Minus the derivative of the covariance map in one trace."""
    blocks: dict[Pair, sp.Expr] = {}
    for term in terms:
        if key_of(term) == key:
            blocks[term.outer] = blocks.get(term.outer, sp.S.Zero) - term.factor * term.variance
    return blocks


def _symmetric(blocks: Mapping[Pair, sp.Expr]) -> dict[Pair, sp.Expr]:
    return {**blocks, **{(k, i): value for (i, k), value in blocks.items()}}


@dataclass(frozen=True)
class _Response:
    """``-G change G``, block by block."""

    equation: DysonEquation
    change: Mapping[Pair, sp.Expr]
    base: Mapping[sp.Symbol, sp.Expr]

    def block(self, i: int, k: int) -> sp.Expr:
        """One block of the response."""
        total = sp.S.Zero
        for (a, b), value in self.change.items():
            left, right = self.equation.entry(i, a), self.equation.entry(b, k)
            if left != 0 and right != 0:
                total -= left * value * right
        return sp.cancel(total.subs(dict(self.base))) if total != 0 else total


def _keys(
    equation: DysonEquation, terms: Sequence[TraceTerm], change: Mapping[Pair, sp.Expr]
) -> list[TraceKey]:
    """The traces that respond, in order of appearance."""
    near = {*equation.inverse, *((k, i) for i, k in equation.inverse)}
    links = {*change, *((k, i) for i, k in change)}
    while True:
        reached = {(i, k) for i, a in near for b, c in links if a == b for e, k in near if c == e}
        grown = set(links)
        for term in terms:
            if term.inner in reached or term.inner[::-1] in reached:
                grown |= {term.outer, term.outer[::-1]}
        if grown == links:
            responding = [key_of(t) for t in terms if t.inner in reached or t.inner[::-1] in reached]
            return list(dict.fromkeys(responding))
        links = grown
