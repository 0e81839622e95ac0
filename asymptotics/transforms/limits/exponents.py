"""Exponents of the unknowns of a system: its equations written out over levels, and balanced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import sympy as sp

from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.balance import BalanceTerm, ConsistentExponents, Interval, balances
from asymptotics.transforms.limits.contributions import Contributions, contributions, regions, shapes
from asymptotics.transforms.limits.growth import ZERO, PowerSum, SeparatedLevels


@dataclass(frozen=True)
class ScaledProblem:
    """The system with the growth of its parameters, ready to be balanced."""

    system: FixedPointSystem
    growth: Mapping[sp.Symbol, PowerSum]
    levels: SeparatedLevels
    unknowns: tuple[sp.Symbol, ...]
    residuals: tuple[sp.Expr, ...]
    consequences: tuple[sp.Expr, ...]
    positive: tuple[sp.Expr, ...]

    def expanded(
        self, residual: sp.Expr, table: Mapping[sp.Symbol, Sequence[BalanceTerm]]
    ) -> list[BalanceTerm]:
        """Terms of an equation with every definition written out over levels.

        Parameters
        ----------
        residual : sympy.Expr
            Polynomial in unknowns, parameters and definitions.
        table : mapping symbol -> sequence of BalanceTerm
            Each definition.
        """
        symbols = sorted(residual.free_symbols, key=lambda s: s.name)
        found: list[BalanceTerm] = []
        for powers, number in sp.Poly(residual, *symbols).terms():
            parts = [BalanceTerm(number, ZERO, (Fraction(0),) * len(self.unknowns))]
            for name, power in zip(symbols, powers, strict=True):
                for _ in range(power):
                    parts = [part.times(factor) for part in parts for factor in self._factor(name, table)]
            found += parts
        return found

    def _factor(
        self, name: sp.Symbol, table: Mapping[sp.Symbol, Sequence[BalanceTerm]]
    ) -> Sequence[BalanceTerm]:
        if name in table:
            return table[name]
        vector = tuple(Fraction(int(name == u)) for u in self.unknowns)
        if name in self.unknowns:
            return [BalanceTerm(name, ZERO, vector)]
        grown = self.growth.get(name)
        if grown is None:
            return [BalanceTerm(name, ZERO, vector)]
        return [BalanceTerm(grown.coefficient, grown.exponent, vector)]


def scaled_problem(
    system: FixedPointSystem,
    growth: Mapping[sp.Symbol, PowerSum],
    levels: SeparatedLevels,
    conditions: Sequence[sp.Expr],
) -> ScaledProblem:
    """Clear the equations of denominators.

    Parameters
    ----------
    system : FixedPointSystem
    growth : mapping symbol -> PowerSum
        Parameters that grow or shrink.
    levels : SeparatedLevels
    conditions : sequence of sympy.Expr
        What is known to be positive.
    """
    residuals = tuple(sp.fraction(sp.cancel(e.residual))[0] for e in system.equations)
    defined = [d.symbol for d in system.definitions]
    consequences = _consequences(residuals, defined)
    unknowns = system.unknown_symbols()
    return ScaledProblem(system, growth, levels, unknowns, residuals, consequences, tuple(conditions))


def _consequences(residuals: Sequence[sp.Expr], defined: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """Equations with an average eliminated: they decide the balance where averages cancel."""
    found: list[sp.Expr] = []
    for i, source in enumerate(residuals):
        for name in defined:
            if not source.has(name):
                continue
            polynomial = sp.Poly(source, name)
            if polynomial.degree() != 1 or not polynomial.nth(1).is_number:
                continue
            value = -polynomial.nth(0) / polynomial.nth(1)
            for k, target in enumerate(residuals):
                if k != i and target.has(name):
                    reduced = sp.expand(target.xreplace({name: value}))
                    if not reduced.has(*defined):
                        found.append(reduced)
            break
    return tuple(found)


def averages_by_level(
    problem: ScaledProblem, region: Mapping[int, Interval], corrected: bool = True
) -> dict[sp.Symbol, Contributions]:
    """Contributions of every level to every definition.

    Parameters
    ----------
    problem : ScaledProblem
    region : mapping int -> Interval
        Where the exponent of each pole lies.
    corrected : bool
        Whether the next order of each level is kept.
    """
    return {
        definition.symbol: contributions(
            definition.expression, problem.levels, problem.unknowns, region, corrected
        )  # type: ignore[arg-type]
        for definition in problem.system.definitions
    }


def poles_of(problem: ScaledProblem) -> list[int]:
    """Positions of the unknowns that are poles of an average."""
    found: set[sp.Symbol] = set()
    for definition in problem.system.definitions:
        for shape in shapes(definition.expression, problem.unknowns):  # type: ignore[arg-type]
            found |= set(shape.poles)
    return sorted(problem.unknowns.index(pole) for pole in found)


def unique_balance(problem: ScaledProblem) -> ConsistentExponents:
    """The one consistent choice of exponents, by exhaustive search over regions and pairs of terms."""
    found: list[ConsistentExponents] = []
    poles = poles_of(problem)
    for combination in product(*(regions(pole, problem.levels) for pole in poles)):
        averages = averages_by_level(problem, dict(zip(poles, combination, strict=True)), corrected=False)
        table = {name: average.terms for name, average in averages.items()}
        equations = [problem.expanded(r, table) for r in (*problem.residuals, *problem.consequences)]
        found += balances(equations, problem.unknowns, combination, problem.positive)
    if not found:
        raise DerivationError(
            "no balance of leading terms is consistent: declare more levels of the spectrum, or a tail"
        )
    if len(found) > 1 or found[0].free:
        shown = "; ".join(", ".join(map(str, s.exponents)) for s in found)
        raise DerivationError(
            f"{len(found)} balances are consistent (exponents {shown}): state in `conditions` which "
            "combination of the coefficients is positive"
        )
    return found[0]
