"""Theories: a learning problem written once, its sizes, and the charts in which its equations are solved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import sympy as sp

from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.errors import InputError
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.components import Component, components_of
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

Charts = tuple[Chart, ...]


@dataclass(frozen=True)
class Size:
    """A size of a learning problem.

    Attributes
    ----------
    name : str
        As in the program, and as users spell it at finite size.
    meaning : str
    only_infinite : bool
        Whether the problem is a limit in which this size is infinite, as the features of a kernel are.
    """

    name: str
    meaning: str = ""
    only_infinite: bool = False


@dataclass(frozen=True)
class Theory:
    """The equations of a learning problem.

    Parameters
    ----------
    name : str
    program : callable
        Returns the :class:`~asymptotics.symbolic.programs.QuadraticProgram`: the only place where it is written.
    sizes : tuple of Size or str
        Every dimension of the program without a spectrum, by the names it has there.
    samples : str
        The size that counts samples.
    features : str
        The size that counts features, if there is one; empty otherwise.
    ridge : str
        The coefficient of the energy that is the ridge.
    assumes : tuple of str
        What is taken from the literature, each with its reference.
    finite, limit : callable, optional
        Charts at finite size and in the proportional limit, where they are recorded. Without them the program's
        deterministic equivalent is derived when it is first needed, and serves at finite size as well as in
        proportion, with sizes in units of the dimension.
    equivalent : callable, optional
        The system whose polynomial limits are taken.
    observables : tuple of Component, optional
        Components of the risk; those that the program declares by default.
    unknowns : tuple of (name, tuple of sympy.Expr)
        Unknowns of the program's system in the names of its charts, where those are recorded in coordinates of their
        own: in each chart the first expression counts whose symbols it has.

    Raises
    ------
    InputError
        If sizes repeat, one is named that is not there, or the program is no function.

    References
    ----------
    docs/howto/own_models.md, docs/theory/dyson.md.

    Examples
    --------
    >>> from asymptotics.models.kernel_ridge_equations import program
    >>> theory = Theory("kernel-ridge", program, sizes=("n",))
    >>> [component.name for component in theory.components]
    ['test', 'bias', 'variance', 'train', 'norm']
    """

    name: str
    program: Callable[[], QuadraticProgram]
    sizes: tuple[Any, ...]
    samples: str = "n"
    features: str = ""
    ridge: str = "lam"
    assumes: tuple[str, ...] = ()
    finite: Callable[[], Charts] | None = None
    limit: Callable[[], Charts] | None = None
    equivalent: Callable[[], FixedPointSystem] | None = None
    observables: tuple[Component, ...] = ()
    unknowns: tuple[tuple[str, tuple[sp.Expr, ...]], ...] = ()

    def __post_init__(self) -> None:
        sizes = tuple(Size(size) if isinstance(size, str) else size for size in self.sizes)
        object.__setattr__(self, "sizes", sizes)
        names = [size.name for size in sizes]
        if not names or len(set(names)) < len(names):
            raise InputError("sizes", self.sizes, "different names of the program's dimensions, at least one")
        if not callable(self.program):
            raise InputError("program", self.program, "a function that returns the QuadraticProgram")
        for name, value in (("samples", self.samples), ("features", self.features or names[0])):
            if value not in names:
                raise InputError(name, value, f"one of the sizes {', '.join(names)}")

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Components of the risk."""
        return self.observables or components_of(self.written())

    def written(self) -> QuadraticProgram:
        """The program.

        Raises
        ------
        InputError
            If the function that should return it returns something else.
        """
        program = self.program()
        if not isinstance(program, QuadraticProgram):
            raise InputError(
                "program", program, f"a QuadraticProgram from the function of theory {self.name}"
            )
        return program

    def unknowns_from(self, values: Mapping[str, Any], arithmetic: Any) -> dict[str, Any]:
        """Unknowns of the program's system from inputs and outputs of a chart.

        Parameters
        ----------
        values : mapping of str to number
            Inputs and outputs of a chart.
        arithmetic : arithmetic
            In which they are numbers.
        """
        found = {}
        for name, expressions in self.unknowns:
            chosen = next(e for e in expressions if {s.name for s in e.free_symbols} <= set(values))
            found[name] = _value_program(chosen)(values, arithmetic)["value"]
        return found

    def at_finite_size(self) -> Charts:
        """Charts at finite size."""
        return self.finite() if self.finite is not None else derived_charts(self)

    def in_proportion(self) -> Charts:
        """Charts of the proportional limit, sizes in units of the dimension."""
        return self.limit() if self.limit is not None else self.at_finite_size()

    def only_infinite(self) -> tuple[str, ...]:
        """Sizes that are always infinite."""
        return tuple(size.name for size in self.sizes if size.only_infinite)

    def __repr__(self) -> str:
        return f"<Theory {self.name}: sizes {', '.join(size.name for size in self.sizes)}>"


@cache
def _value_program(expression: sp.Expr) -> Program:
    return lower({"value": expression}, sorted(s.name for s in expression.free_symbols))


@cache
def derived_charts(theory: Theory) -> Charts:
    """The deterministic equivalent of a theory's program, with the components of the risk as its observables.

    Raises
    ------
    DerivationError
        If the equations cannot be derived.
    InputError
        If the program has no coefficient with the name of the ridge, or lacks a size.
    """
    system = theory.written().deterministic_equivalent()
    names = {parameter.name for parameter in system.parameter_symbols()}
    if theory.ridge not in names:
        raise InputError("ridge", theory.ridge, f"a parameter of the program: {', '.join(sorted(names))}")
    table = {o.name: o.expression for o in system.observables}
    observables = tuple(
        Observable(c.name, sp.Add(*(table[part] for part in c.parts or (c.name,))), c.meaning)
        for c in theory.components
    )
    sizes = [symbol(size.name) for size in theory.sizes]
    unused = [size.name for size in sizes if size.name not in names]
    if unused:
        allowed = f"parameters of the equations: {', '.join(sorted(names))}"
        raise InputError("sizes", unused[0], allowed)
    coordinates: dict[sp.Symbol, sp.Expr] = {size: size for size in sizes}
    coordinates[symbol(theory.ridge)] = RIDGE
    samples, ridge = symbol(theory.samples), symbol(theory.ridge)
    start = at_infinite_ridge(system, (ridge.name,))
    return (Chart(replace(system, observables=observables), coordinates, samples, samples, (), ridge, start),)
