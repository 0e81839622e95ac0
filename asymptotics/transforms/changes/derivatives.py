r"""Derivatives along the solution of a system, by implicit differentiation, exactly.

With residuals :math:`F(u, d, \theta) = 0` in unknowns :math:`u` and definitions :math:`d`, the rates
:math:`u' = \mathrm{d}u/\mathrm{d}\theta` solve :math:`J u' = -\partial F/\partial\theta`, where :math:`J` is the
Jacobian along the definitions. Nothing is written out: derivatives of definitions become definitions themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.response import solve_linear
from asymptotics.equations.system import Definition, FixedPointSystem, Observable
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.arguments import named_symbol, require_system


@dataclass(frozen=True)
class Differentiation:
    """A system with the derivatives of its observables in one parameter.

    Attributes
    ----------
    system : FixedPointSystem
        The original one, with more definitions and observables.
    parameter : sympy.Symbol
    rates : tuple of (sympy.Symbol, sympy.Symbol)
        Each unknown, and the definition that is its derivative.
    jacobian : tuple of tuple of sympy.Expr
        Of the residuals in the unknowns, along the definitions.
    """

    system: FixedPointSystem
    parameter: sp.Symbol
    rates: tuple[tuple[sp.Symbol, sp.Symbol], ...]
    jacobian: tuple[tuple[sp.Expr, ...], ...]


@dataclass
class _Tape:
    """Definitions in order, and the definition that is the derivative of each in a symbol, where not zero."""

    system: FixedPointSystem
    definitions: list[Definition]
    slopes: dict[tuple[sp.Symbol, sp.Symbol], sp.Symbol] = field(default_factory=dict)

    def slope(self, expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
        """Derivative of an expression in a parameter or unknown, along the definitions, unknowns held fixed."""
        total = _tidy(sp.diff(expression, variable))
        for definition in self.system.definitions:
            inner = self.slopes.get((definition.symbol, variable))
            if inner is not None and expression.has(definition.symbol):
                total += sp.diff(expression, definition.symbol) * inner
        return total

    def define(self, base: sp.Symbol, variable: sp.Symbol, value: sp.Expr, how: str = "") -> sp.Symbol:
        """Define the derivative of a symbol, unless the system has just that definition.

        Raises
        ------
        InputError
            If the system uses the name for something else.
        """
        name = symbol(f"{base.name}_d{variable.name}")
        known = {d.symbol: d.expression for d in self.definitions}
        if name in {*self.system.parameter_symbols(), *self.system.unknown_symbols()} or (
            name in known and known[name] != value
        ):
            raise InputError("parameter", variable.name, f"one for which {name} is not yet something else")
        if name not in known:
            self.definitions.append(Definition(name, value, f"derivative of {base} in {variable}{how}"))
        return name

    def differentiate_definitions(self, variables: Iterable[sp.Symbol]) -> None:
        """Add the derivative of every definition in every variable."""
        for variable in variables:
            for definition in self.system.definitions:
                slope = self.slope(definition.expression, variable)
                if slope != 0:
                    name = self.define(definition.symbol, variable, slope)
                    self.slopes[definition.symbol, variable] = name


def _tidy(expression: sp.Expr) -> sp.Expr:
    """In lowest terms and factored; with averages, the averaged functions are."""
    averages = averages_in(expression)
    if not averages and expression.free_symbols:
        ring = Flint().ring(sorted(expression.free_symbols, key=lambda s: s.name))
        return ring.write_rational(ring.rational(expression))
    rule = {
        average: SpectralAverage(sp.factor(sp.cancel(average.function)), average.variable, average.measure)
        for average in averages
    }
    return expression.xreplace(rule)


def differentiate(system: FixedPointSystem, parameter: sp.Symbol | str) -> Differentiation:
    """Differentiate every observable in a parameter, along the solution.

    Parameters
    ----------
    system : FixedPointSystem
        As many equations as unknowns; averages may stay.
    parameter : sympy.Symbol or str

    Returns
    -------
    Differentiation
        In its system, observable ``test`` has the companion ``test_dlam`` if the parameter is ``lam``. Symbols of
        derivatives are made like all others; nothing is claimed about their signs.

    Raises
    ------
    InputError
        If the system has no such parameter, or a name is taken.
    DerivationError
        If the system is not square.
    CertificateError
        If the rates do not solve the linearized equations.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> from asymptotics.equations.system import Equation, Parameter, Unknown
    >>> x, a = symbol("x"), symbol("a")
    >>> system = FixedPointSystem(
    ...     "root", (Parameter(a),), (Unknown(x),), (Equation(x**2, a),), (Observable("cube", x**3),)
    ... )
    >>> found = differentiate(system, "a").system
    >>> print(found.definitions[0], found.observables[1], sep="; ")
    x_da := 1/(2*x); cube_da = 3*x**2*x_da

    A system of the library:

    >>> import asymptotics as asy
    >>> found = differentiate(asy.derive("kernel-ridge"), "n").system
    >>> [o.name for o in found.observables[5:]]
    ['test_dn', 'bias_dn', 'variance_dn', 'train_dn', 'norm_dn']
    """
    parameters = require_system(system).parameter_symbols()
    theta, unknowns = (
        named_symbol(parameter, parameters, "parameter", "a parameter"),
        system.unknown_symbols(),
    )
    residuals = [equation.residual for equation in system.equations]
    if len(residuals) != len(unknowns):
        raise DerivationError(
            f"{system.name} has {len(residuals)} equations for {len(unknowns)} unknowns; it must be square"
        )
    tape = _Tape(system, list(system.definitions))
    tape.differentiate_definitions([theta, *unknowns])
    jacobian = [[tape.slope(residual, u) for u in unknowns] for residual in residuals]
    right = [-tape.slope(residual, theta) for residual in residuals]
    solved = _solved(jacobian, right)
    rates = {
        u: tape.define(u, theta, value, " along the solution")
        for u, value in zip(unknowns, solved, strict=True)
    }
    new = replace(
        system,
        name=f"{system.name}.d{theta}",
        definitions=tuple(tape.definitions),
        observables=(*system.observables, *_observables(tape, theta, rates)),
        provenance=system.provenance.then(f"differentiated in {theta} along the solution"),
    )
    return Differentiation(new, theta, tuple(rates.items()), tuple(map(tuple, jacobian)))


def _observables(tape: _Tape, theta: sp.Symbol, rates: Mapping[sp.Symbol, sp.Symbol]) -> list[Observable]:
    """The derivative of each observable, along definitions and unknowns."""
    found, present = [], {observable.name for observable in tape.system.observables}
    for observable in tape.system.observables:
        name = f"{observable.name}_d{theta}"
        if name in present:
            continue
        total = tape.slope(observable.expression, theta)
        for u, rate in rates.items():
            total += tape.slope(observable.expression, u) * rate
        meaning = f"derivative in {theta} of: {observable.meaning or observable.name}"
        found.append(Observable(name, total, meaning))
    return found


def _solved(jacobian: list[list[sp.Expr]], right: list[sp.Expr]) -> list[sp.Expr]:
    """Solution of the linearized equations, factored, and confirmed by multiplying back."""
    averages = averages_in(*right, *(entry for row in jacobian for entry in row))
    names = {average: sp.Dummy(f"average{number}") for number, average in enumerate(averages)}
    matrix = [[entry.xreplace(names) for entry in row] for row in jacobian]
    column = [entry.xreplace(names) for entry in right]
    symbols = {s for e in (*column, *(entry for row in matrix for entry in row)) for s in e.free_symbols}
    ring = Flint().ring(sorted(symbols, key=lambda s: (s.name, sp.default_sort_key(s))) or [sp.Symbol("one")])
    try:
        solution = [ring.rational(value) for value in solve_linear(matrix, column)]
    except DMNonInvertibleMatrixError as error:
        raise DerivationError(
            "the linearized equations are singular: the solution is not isolated"
        ) from error
    for row, target in zip(matrix, column, strict=True):
        total = ring.rational(-target)
        for entry, value in zip(row, solution, strict=True):
            top, bottom = ring.rational(entry)
            numerator = total[0] * bottom * value[1] + top * value[0] * total[1]
            total = ring.lowest(numerator, total[1] * bottom * value[1])
        if total[0] != ring.zero:
            raise CertificateError("the rates of the unknowns do not solve the linearized equations")
    back = {name: average for average, name in names.items()}
    return [ring.write_rational(value).xreplace(back) for value in solution]
