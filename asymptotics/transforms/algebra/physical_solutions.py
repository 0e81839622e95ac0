"""The physical branch at exact parameters: how many solutions lie in the domain, and where.

At rational values of the parameters everything is decided exactly: elimination leaves one polynomial in one unknown,
its real roots are isolated and counted by Sturm's theorem, and the sign of every condition of the domain at every
root is found by exact interval arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import sympy as sp

from asymptotics.equations.domain import Condition
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, InputError
from asymptotics.printing import Printed
from asymptotics.transforms.algebra.elimination import Elimination, eliminate
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.polynomials import Element, Ring
from asymptotics.transforms.algebra.real_roots import Coefficients, RealRoot, decimal, real_roots
from asymptotics.transforms.algebra.triangular import ContradictionError
from asymptotics.transforms.arguments import require_system


@dataclass(frozen=True, eq=False, repr=False)
class PhysicalSolution(Printed):
    """A solution in the domain, at exact parameters.

    Attributes
    ----------
    elimination : Elimination
        The polynomial of the kept unknown, and the others in terms of it.
    root : RealRoot
        The kept unknown.
    """

    elimination: Elimination
    root: RealRoot

    @property
    def unknown(self) -> sp.Symbol:
        """The unknown that was kept."""
        return self.elimination.unknown

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """Isolating interval of the kept unknown: it holds no other solution."""
        return self.root.low, self.root.high

    def enclosure(
        self, expression: sp.Expr | str, width: Fraction | None = None
    ) -> tuple[Fraction, Fraction]:
        """Rational interval that contains an unknown, an observable or an expression at the solution.

        Parameters
        ----------
        expression : sympy.Expr or str
            An expression in the symbols of the system, or the name of an observable or unknown.
        width : Fraction, optional
            Greatest width; ``10**-15`` by default.

        Raises
        ------
        InputError
            If there is no such observable, or it needs a parameter without a value.
        """
        width = Fraction(1, 10**15) if width is None else width
        low, high = self.root.quotient(*self._parts(expression), width / 2)
        if low == high:
            return low, high
        grid = 1
        while Fraction(4, grid) > width:  # round outward to few decimals
            grid *= 10
        return Fraction(floor(low * grid), grid), Fraction(ceil(high * grid), grid)

    def decimal(self, expression: sp.Expr | str, digits: int = 15) -> str:
        """The value at the solution, rounded correctly to so many significant digits.

        Parameters
        ----------
        expression : sympy.Expr or str
            As for :meth:`enclosure`.
        digits : int
        """
        parts = self._parts(expression)
        return decimal(lambda width: self.root.quotient(*parts, width), digits)

    def _parts(self, expression: sp.Expr | str) -> tuple[Coefficients, Coefficients]:
        system = self.elimination.algebra.system
        if isinstance(expression, str):
            named = {s.name: s for s in system.unknown_symbols()}
            known = {**{o.name: o.expression for o in system.observables}, **named}
            if expression not in known:
                raise InputError("expression", expression, f"one of {', '.join(known)}")
            expression = known[expression]
        return _univariate(self.elimination, expression)

    def __str__(self) -> str:
        values = [f"{u} = {self.decimal(u)}" for u in self.elimination.algebra.system.unknown_symbols()]
        return ", ".join(values)


@dataclass(frozen=True, eq=False, repr=False)
class PhysicalSolutions(Printed):
    """Every real root of the eliminated polynomial at exact parameters, and those in the domain.

    Attributes
    ----------
    physical : tuple of PhysicalSolution
        The solutions in the domain, by the value of the kept unknown.
    real : int
        Number of real roots of the polynomial.
    rejected : tuple of (RealRoot, str)
        The others, each with a condition it breaks.
    """

    physical: tuple[PhysicalSolution, ...]
    real: int
    rejected: tuple[tuple[RealRoot, str], ...]

    @property
    def count(self) -> int:
        """Number of solutions in the domain."""
        return len(self.physical)

    def __str__(self) -> str:
        lines = [f"{self.count} of {self.real} real roots in the domain"]
        lines += [str(root) for root in self.physical]
        lines += [f"not {root.decimal(6)}: {why}" for root, why in self.rejected]
        return "\n".join(lines)


def physical_solutions(
    system: FixedPointSystem, parameters: Mapping[Any, Any], engine: Engine | None = None
) -> PhysicalSolutions:
    """All solutions of a system in its domain, at exact parameters.

    Parameters
    ----------
    system : FixedPointSystem
        Without spectral averages.
    parameters : mapping
        Exact values, by symbol or name, of every parameter the equations hold.
    engine : Engine, optional
        Polynomial arithmetic; FLINT by default.

    Returns
    -------
    PhysicalSolutions

    Raises
    ------
    DerivationError
        If the other unknowns are not rational functions of any one unknown.
    InputError
        If a value is missing, not exact, or not a parameter's.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.equations.system import Equation, Parameter, Unknown
    >>> m, z, gamma = (symbol(name) for name in ("m", "z", "gamma"))
    >>> system = FixedPointSystem(
    ...     "marchenko-pastur", (Parameter(z), Parameter(gamma)), (Unknown(m),),
    ...     (Equation(m * (z + 1 / (1 + gamma * m)), 1),),
    ... )
    >>> print(physical_solutions(system, {"z": 1, "gamma": 1}))
    1 of 2 real roots in the domain
    m = 0.618033988749895
    not -1.61803: m > 0 fails

    A system of the library:

    >>> import asymptotics as asy
    >>> values = {"psi2": 3, "lam": "0.1", "noise": 0, "F1sq": 1, "F_starsq": 0, "mu1sq": 1, "mu_starsq": "0.1"}
    >>> found = physical_solutions(asy.derive("kernel-ridge", "proportional"), values)
    >>> found.count, found.real, found.physical[0].decimal("test", 20)
    (1, 2, '0.010582305279822743376')
    """
    chosen = engine or Flint()
    problem = ""
    for unknown in require_system(system).unknown_symbols():
        try:
            found = eliminate(system, unknown, parameters, engine=chosen)
        except ContradictionError:
            return PhysicalSolutions((), 0, ())
        except DerivationError as error:
            problem = str(error)
            continue
        if found.complete:
            return _sorted_roots(found, chosen)
        problem = f"the other unknowns are not rational functions of {unknown}"
    raise DerivationError(f"{system.name}: solutions cannot be counted: {problem}")


def physical_solution(
    system: FixedPointSystem, parameters: Mapping[Any, Any], engine: Engine | None = None
) -> PhysicalSolution:
    """The solution of a system in its domain, at exact parameters, proved to be the only one.

    Parameters
    ----------
    system, parameters, engine
        As for :func:`physical_solutions`.

    Returns
    -------
    PhysicalSolution

    Raises
    ------
    DerivationError
        If there is none, or more than one; otherwise as :func:`physical_solutions`.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> values = {"psi2": 3, "lam": "0.1", "noise": 0, "F1sq": 1, "F_starsq": 0, "mu1sq": 1, "mu_starsq": "0.1"}
    >>> physical_solution(asy.derive("kernel-ridge", "proportional"), values).decimal("test", 20)
    '0.010582305279822743376'
    """
    found = physical_solutions(system, parameters, engine)
    if found.count != 1:
        raise DerivationError(f"{system.name} has {found.count} solutions in its domain at these parameters")
    return found.physical[0]


def _sorted_roots(found: Elimination, engine: Engine) -> PhysicalSolutions:
    """Real roots of every factor, sorted into physical ones and others."""
    ring, conditions = found.algebra.ring, _conditions(found)
    physical, rejected, real = [], [], 0
    for factor in found.elements:
        for root in real_roots(_coefficients(ring, factor), engine):
            real += 1
            why = next((text for parts, strict, text in conditions if not _holds(root, parts, strict)), "")
            if why:
                rejected.append((root, f"{why} fails"))
            else:
                physical.append(PhysicalSolution(found, root))
    width = Fraction(1, 2**40)
    physical.sort(key=lambda entry: entry.root.refined(width).low)
    rejected.sort(key=lambda entry: entry[0].refined(width).low)
    return PhysicalSolutions(tuple(physical), real, tuple(rejected))


def _conditions(found: Elimination) -> list[tuple[tuple[Coefficients, Coefficients], bool, str]]:
    """The domain as rational functions of the kept unknown; positive unknowns are positive."""
    system = found.algebra.system
    positive = [Condition(u) for u in system.unknown_symbols() if u.is_positive]
    given = [c for c in system.domain.conditions if c not in positive]
    return [
        (_univariate(found, c.expression), c.strict, f"{c.expression} {'>' if c.strict else '>='} 0")
        for c in (*positive, *given)
    ]


def _holds(root: RealRoot, parts: tuple[Coefficients, Coefficients], strict: bool) -> bool:
    sign = root.sign(parts[0]) * root.sign(parts[1])
    if root.sign(parts[1]) == 0:
        return False
    return sign > 0 or (sign == 0 and not strict)


def _univariate(found: Elimination, expression: sp.Expr) -> tuple[Coefficients, Coefficients]:
    numerator, denominator = found.value(expression)
    return _coefficients(found.algebra.ring, numerator), _coefficients(found.algebra.ring, denominator)


def _coefficients(ring: Ring, f: Element) -> Coefficients:
    """Coefficients of a polynomial in the kept unknown alone.

    Raises
    ------
    InputError
        If a parameter without a value occurs.
    """
    missing = [ring.symbols[i].name for i in ring.occurring(f) if i]
    if missing:
        raise InputError("parameters", ", ".join(missing), "an exact value for each of these")
    values = {monomial[0]: coefficient for monomial, coefficient in ring.terms(f)}
    return tuple(values.get(k, Fraction(0)) for k in range(max(values, default=-1) + 1))
