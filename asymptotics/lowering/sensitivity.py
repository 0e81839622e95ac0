"""Total derivatives of observables along the solution of a system, lowered.

The derivative of the unknowns follows from the equations by implicit differentiation; averages are differentiated
exactly, and come out as averages with one more factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from asymptotics.equations.averages import averages_in, combine_averages
from asymptotics.equations.naming import symbol
from asymptotics.equations.normal_form import normal_form
from asymptotics.equations.response import solve_linear
from asymptotics.equations.system import Definition, FixedPointSystem
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.lowering.scalar import ScalarProblem

Dual = tuple[sp.Expr, ...]


def sensitivity(
    problem: ScalarProblem, direction: Mapping[str, sp.Expr], names: Sequence[str], tail: str = ""
) -> Program:
    """Derivatives of observables when the parameters move.

    Parameters
    ----------
    problem : ScalarProblem
    direction : mapping parameter name -> expression
        Velocity of each parameter that moves, in terms of parameters or of further inputs; ``{"lam": lam}`` is a
        derivative in the logarithm of the ridge.
    names : sequence of str
        Observables.
    tail : str
        As for :func:`asymptotics.lowering.scalar.scalar_problem`.

    Returns
    -------
    Program
        Inputs are the parameters, the master unknown and what else velocities are made of; outputs the derivatives by
        the names of the observables.
    """
    velocities = {symbol(name): sp.sympify(value, strict=True) for name, value in direction.items()}
    solver = _Implicit(problem.system, velocities, problem.master)
    outputs = {name: solver.total(problem.system.observable(name)) for name in names}
    inputs = [*(p.symbol.name for p in problem.system.parameters), problem.master]
    moving = {s.name for v in velocities.values() for s in v.free_symbols}
    inputs += sorted(moving - set(inputs))
    definitions = (*problem.definitions, *solver.definitions)
    return lower(outputs, inputs, definitions, problem.system.measures, tail)


class _Implicit:
    """Directional derivatives, linear in those of the unknowns, which the equations then determine."""

    def __init__(self, system: FixedPointSystem, direction: Mapping[sp.Symbol, sp.Expr], master: str) -> None:
        self.system, self.direction = system, direction
        self.unknowns = system.unknown_symbols()
        self.poles = {m.variable: (symbol(master),) for m in system.measures}
        self.definitions: list[Definition] = []
        self.known: dict[sp.Symbol, Dual] = {}
        count = len(self.unknowns)
        for i, unknown in enumerate(self.unknowns):
            self.known[unknown] = tuple(sp.S.One if i == j else sp.S.Zero for j in range(count + 1))
        for parameter, velocity in direction.items():
            self.known[parameter] = (*[sp.S.Zero] * count, velocity)
        for definition in system.definitions:
            self.known[definition.symbol] = self._named(
                definition.symbol.name, self._dual(definition.expression)
            )
        rows = [self._dual(equation.residual) for equation in system.equations]
        self.velocities = self._solve(rows)

    def _dual(self, expression: sp.Expr) -> Dual:
        """Partial derivatives through everything that moves: per unknown, and directly."""
        total = [sp.S.Zero] * (len(self.unknowns) + 1)
        for moving, dual in self.known.items():
            if expression.has(moving):
                slope = sp.diff(expression, moving)
                total = [value + slope * part for value, part in zip(total, dual, strict=True)]
        return tuple(total)

    def _named(self, name: str, dual: Dual) -> Dual:
        """The derivatives of a definition, as definitions of their own."""
        result = []
        for i, expression in enumerate(dual):
            if averages_in(expression):
                (expression,), extra = normal_form([combine_averages(expression)], self.poles)
                present = {d.symbol for d in self.definitions} | {d.symbol for d in self.system.definitions}
                self.definitions += [d for d in extra if d.symbol not in present]
            result.append(self._define(f"d{name}_{i}", expression))
        return tuple(result)

    def _define(self, name: str, expression: sp.Expr) -> sp.Expr:
        if not expression.free_symbols:
            return expression
        self.definitions.append(Definition(symbol(name), expression))
        return symbol(name)

    def _solve(self, rows: Sequence[Dual]) -> list[sp.Expr]:
        size = len(self.unknowns)
        named = [[self._define(f"j{i}{j}", row[j]) for j in range(size + 1)] for i, row in enumerate(rows)]
        found = solve_linear([row[:size] for row in named], [-row[size] for row in named])
        return [self._define(f"velocity{i}", value) for i, value in enumerate(found)]

    def total(self, expression: sp.Expr) -> sp.Expr:
        """Total derivative of an expression."""
        *parts, direct = self._dual(expression)
        return direct + sp.Add(*(part * v for part, v in zip(parts, self.velocities, strict=True)))
