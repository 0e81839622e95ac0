"""A system of several unknowns as programs: sides of its equations, their slopes, observables, conditions, start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.lowering.differentiation import SlopeNames, differentiate
from asymptotics.lowering.ladder import Ladder, ladder
from asymptotics.lowering.lower import lower
from asymptotics.lowering.parts import equation_parts
from asymptotics.lowering.program import Program, Spectrum
from asymptotics.lowering.scalar import visibly_positive

Start = Mapping[Any, tuple[sp.Expr, Fraction]]
"""Leading order of each unknown (a symbol or its name): coefficient and exponent."""


@dataclass(frozen=True)
class Sides:
    """Both sides of every equation at a point, and their slopes.

    Attributes
    ----------
    positive, negative : list
        Sums of positive terms; an equation holds where they are equal.
    slopes : list of list of pair
        Slopes of both sides of an equation, in the logarithm of each unknown and then of each ridge; None for zero.
    """

    positive: list[Any]
    negative: list[Any]
    slopes: list[list[tuple[Any, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class SystemProblem:
    """A fixed-point system lowered for continuation in its ridge.

    Attributes
    ----------
    system : FixedPointSystem
    unknowns, ridge : tuple of str
        Names of the unknowns, and of the parameters that grow together on the path.
    sides, linearization, observables, conditions, certificate, start : Program
        Outputs are both sides of the equations; sides and slopes; observables, unknowns and definitions; what has to
        be positive and is not seen to be; what has to have a positive real part over the root of the first ridge;
        coefficients of the unknowns at infinite ridge. Inputs are the parameters, the unknowns (not for ``start``),
        and the eigenvalue of the tail if one was asked for.
    slopes : tuple of pair
        For each equation the names of the slopes of both sides among the outputs of ``linearization``.
    exponents : tuple of Fraction
        Of the unknowns in the ridge at infinity; empty if no start was given.
    ladder : Ladder or None
        How all unknowns follow from the first, if they do.
    unique : bool
        Whether the positive solution is the only one.
    """

    system: FixedPointSystem
    unknowns: tuple[str, ...]
    ridge: tuple[str, ...]
    sides: Program = field(repr=False)
    linearization: Program = field(repr=False)
    observables: Program = field(repr=False)
    conditions: Program = field(repr=False)
    certificate: Program = field(repr=False)
    start: Program = field(repr=False)
    slopes: tuple[tuple[SlopeNames, SlopeNames], ...] = field(repr=False)
    exponents: tuple[Fraction, ...] = ()
    ladder: Ladder | None = None
    unique: bool = False

    @property
    def way(self) -> str:
        """How it is known that a solution is the physical one, in words."""
        if self.unique:
            return "the positive solution is the only one"
        return "continued from infinite ridge, determinant and domain checked at every step"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.symbol.name for parameter in self.system.parameters)

    def evaluate(self, values: Mapping[str, Any], arithmetic: Any, spectrum: Spectrum | None = None) -> Sides:
        """Both sides of every equation, without slopes.

        Parameters
        ----------
        values : mapping name -> number or array
            Every parameter and unknown.
        arithmetic : Arithmetic
        spectrum : Spectrum, optional
            Needed if the system has averages.
        """
        out = self.sides(values, arithmetic, spectrum)
        count = range(len(self.unknowns))
        return Sides([out[f"positive {i}"] for i in count], [out[f"negative {i}"] for i in count])

    def linearize(
        self, values: Mapping[str, Any], arithmetic: Any, spectrum: Spectrum | None = None
    ) -> Sides:
        """Both sides of every equation with their slopes.

        Parameters
        ----------
        values : mapping name -> number or array
            Every parameter and unknown.
        arithmetic : Arithmetic
        spectrum : Spectrum, optional
            Needed if the system has averages.
        """
        out = self.linearization(values, arithmetic, spectrum)
        count = range(len(self.unknowns))
        return Sides(
            [out[f"positive {i}"] for i in count],
            [out[f"negative {i}"] for i in count],
            [
                [(_read(out, above), _read(out, below)) for above, below in zip(*names, strict=True)]
                for names in self.slopes
            ],
        )


def _read(out: Mapping[str, Any], name: str | None) -> Any:
    return None if name is None else out[name]


def system_problem(
    system: FixedPointSystem,
    ridge: str | Sequence[str] = "lam",
    start: Start | None = None,
    *,
    tail: str = "",
    certificate: Mapping[str, sp.Expr] | None = None,
    order: Sequence[sp.Symbol] = (),
    unique: bool = False,
) -> SystemProblem:
    r"""Lower a system of any number of unknowns, with spectral averages or without.

    Parameters
    ----------
    system : FixedPointSystem
        As many equations as unknowns.
    ridge : str or sequence of str
        The parameter, or the parameters, that go to infinity together.
    start : mapping unknown -> (coefficient, exponent), optional
        ``unknown ~ coefficient * lam**exponent`` at infinite ridge; coefficients in the other parameters, with averages
        that do not hold unknowns. With several ridges ``lam`` is the first one, and coefficients may hold their ratios.
        Without it a solution can be refined and proved, but not found.
    tail : str
        Name of the input for the eigenvalue of a spectrum's tail, see :func:`asymptotics.lowering.lower.lower`.
    certificate : mapping text -> expression, optional
        At complex ridges the solution is the physical one if all expressions have
        :math:`\operatorname{Re}[x/\sqrt\lambda] > 0`.
    order : sequence of Symbol, optional
        Unknowns in the order of a ladder.
    unique : bool
        Whether the positive solution is known to be the only one: then it is not followed from infinite ridge.

    Raises
    ------
    InputError
        If the numbers of equations and unknowns differ, a ridge is no parameter, or the start does not name every
        unknown.
    DerivationError
        If an equation cannot be written with sides that are seen to be positive.

    Examples
    --------
    >>> from asymptotics.lowering.arithmetic import Float64
    >>> from asymptotics.models.library import stored_system
    >>> problem = system_problem(stored_system("kernel-ridge", "proportional"))
    >>> problem.unknowns, problem.ridge
    (('nu', 'c'), ('lam',))
    """
    ridges = (ridge,) if isinstance(ridge, str) else tuple(ridge)
    unknowns = tuple(u.symbol.name for u in system.unknowns)
    parameters = [p.symbol.name for p in system.parameters]
    _require(system, ridges, parameters)
    parts, named = equation_parts(system)
    inputs = [*parameters, *unknowns]
    table = {f"positive {i}": above for i, (above, _) in enumerate(parts)}
    table |= {f"negative {i}": below for i, (_, below) in enumerate(parts)}
    sides = lower(table, inputs, named, system.measures, tail)
    linearization, rows = differentiate(sides, [[name] for name in (*unknowns, *ridges)])
    values: dict[str, sp.Expr] = {o.name: o.expression for o in system.observables}
    values |= {u.symbol.name: u.symbol for u in system.unknowns}
    values |= {d.symbol.name: d.symbol for d in system.definitions}
    rule = {d.symbol: d.expression for d in named}
    conditions = {
        str(c): c.expression
        for c in system.domain.conditions
        if not visibly_positive(c.expression.xreplace(rule))
    }
    coefficients, exponents = _start(system, start)

    def lowered(outputs: Mapping[str, sp.Expr]) -> Program:
        return lower(outputs, inputs, system.definitions, system.measures, tail)

    return SystemProblem(
        system, unknowns, ridges, sides, linearization, lowered(values), lowered(conditions),
        lowered(dict(certificate or {})), lower(coefficients, parameters, (), system.measures, tail),
        tuple((rows[f"positive {i}"], rows[f"negative {i}"]) for i in range(len(unknowns))), exponents,
        ladder(system, order) if order else None, unique,
    )  # fmt: skip


def _require(system: FixedPointSystem, ridges: Sequence[str], parameters: Sequence[str]) -> None:
    if len(system.equations) != len(system.unknowns):
        counts = f"{len(system.equations)} equations in {len(system.unknowns)} unknowns"
        raise InputError("system", counts, "as many equations as unknowns")
    missing = [name for name in ridges if name not in parameters]
    if missing:
        raise InputError(
            "ridge", ", ".join(missing), f"a parameter of {system.name}: {', '.join(parameters)}"
        )


def _start(system: FixedPointSystem, start: Start | None) -> tuple[dict[str, sp.Expr], tuple[Fraction, ...]]:
    if start is None:
        return {}, ()
    given = {str(getattr(name, "name", name)): order for name, order in start.items()}
    names = [unknown.symbol.name for unknown in system.unknowns]
    if set(given) != set(names):
        raise InputError("start", sorted(given), f"a leading order for each of {', '.join(names)}")
    coefficients = {name: sp.sympify(given[name][0], strict=True) for name in names}
    return coefficients, tuple(Fraction(given[name][1]) for name in names)
