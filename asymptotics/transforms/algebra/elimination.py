"""Elimination: the minimal polynomial of one unknown of a system, the way back, and a certificate.

Linear unknowns go first, then resultants; factors that no physical solution satisfies are removed by an exact
argument, and the result is multiplied out against the equations of the system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sympy as sp

from asymptotics.equations.domain import Condition
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Unknown
from asymptotics.errors import DerivationError
from asymptotics.printing import Printed
from asymptotics.transforms.algebra.algebraic import AlgebraicSystem, algebraic
from asymptotics.transforms.algebra.certificates import Certificate
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.irreducibility import Irreducibility, irreducibility
from asymptotics.transforms.algebra.polynomials import Element, Rational
from asymptotics.transforms.algebra.triangular import (
    ContradictionError,
    Removal,
    Solved,
    remove_all,
    start,
    univariate,
)


@dataclass(frozen=True)
class Removed:
    """A factor that was removed from a polynomial, and the argument for it."""

    factor: sp.Expr
    reason: str

    def __str__(self) -> str:
        return f"{self.factor}: {self.reason}"


@dataclass(frozen=True, eq=False, repr=False)
class Elimination(Printed):
    """The polynomial that one unknown of a system satisfies.

    Attributes
    ----------
    algebra : AlgebraicSystem
        The system as polynomials.
    elements : tuple of Element
        Irreducible factors that remain; one, unless the solutions fall apart.
    solved : tuple of Solved
        The other unknowns in the order of removal.
    removed : tuple of Removed
        Factors that no solution in the domain satisfies.
    certificate : Certificate
        That the polynomial vanishes at every solution in the domain.
    irreducible : Irreducibility or None
        Witness that it does not factor; None for a product, or if no witness was found.
    """

    algebra: AlgebraicSystem
    elements: tuple[Element, ...]
    solved: tuple[Solved, ...]
    removed: tuple[Removed, ...]
    certificate: Certificate
    irreducible: Irreducibility | None

    @property
    def unknown(self) -> sp.Symbol:
        """The kept unknown."""
        return self.algebra.ring.symbols[0]

    @property
    def element(self) -> Element:
        """The polynomial as an element of the ring."""
        product = self.algebra.ring.one
        for f in self.elements:
            product = product * f
        return product

    @property
    def polynomial(self) -> sp.Expr:
        """The polynomial, expanded, with coprime integer coefficients."""
        return self.algebra.ring.write(self.element)

    @property
    def factors(self) -> tuple[sp.Expr, ...]:
        """Its irreducible factors."""
        return tuple(self.algebra.ring.write(f) for f in self.elements)

    @property
    def degree(self) -> int:
        """Its degree in the kept unknown."""
        return self.algebra.ring.degree(self.element, 0)

    def coefficients(self) -> tuple[sp.Expr, ...]:
        """Coefficients in the kept unknown, factored, constant one first."""
        ring = self.algebra.ring
        parts = ring.coefficients(self.element, 0)
        return tuple(ring.write_factored(parts.get(k, ring.zero)) for k in range(self.degree + 1))

    @cached_property
    def ways(self) -> dict[sp.Symbol, Rational | None]:
        """The other unknowns as rational functions of the kept one; None where there is no such function."""
        known: dict[sp.Symbol, Rational | None] = {}
        for step in reversed(self.solved):
            value = None if step.value is None else self.composed(step.value, known)
            known[self.algebra.ring.symbols[step.position]] = value
        return {s: known[s] for s in self.algebra.ring.symbols if s in known}

    def composed(
        self, value: Rational, known: Mapping[sp.Symbol, Rational | None] | None = None
    ) -> Rational | None:
        """A rational function of all unknowns as one of the kept unknown; None if there is no such function.

        Parameters
        ----------
        value : (Element, Element)
            Numerator and denominator.
        known : mapping symbol -> rational function, optional
            What the unknowns are; the way back by default.
        """
        ring = self.algebra.ring
        numerator, denominator = value
        for s, way in (self.ways if known is None else known).items():
            i = ring.index(s)
            if ring.degree(numerator, i) <= 0 and ring.degree(denominator, i) <= 0:
                continue
            if way is None:
                return None
            top, bottom = ring.substitute(numerator, i, way), ring.substitute(denominator, i, way)
            if bottom[0] == ring.zero:
                return None
            numerator, denominator = ring.lowest(top[0] * bottom[1], top[1] * bottom[0])
        return numerator, denominator

    def way_back(self) -> dict[sp.Symbol, sp.Expr]:
        """The other unknowns as rational functions of the kept one and the parameters.

        Raises
        ------
        DerivationError
            If one of them is not known as a rational function.
        """
        missing = [s for s, value in self.ways.items() if value is None]
        if missing:
            raise DerivationError(f"{missing[0]} is not known as a rational function of {self.unknown}")
        return {s: self.algebra.ring.write_rational(v) for s, v in self.ways.items() if v is not None}

    def discriminant(self) -> sp.Expr:
        """Discriminant in the kept unknown: it vanishes where two of its values meet (phase boundaries)."""
        return self.algebra.ring.write(self.algebra.ring.discriminant(self.element, 0))

    def value(self, expression: sp.Expr) -> Rational:
        """An expression in the symbols of the system as a rational function of the kept unknown.

        Raises
        ------
        DerivationError
            If it needs an unknown that is not known as one.
        """
        value = self.composed(self.algebra.read(expression))
        if value is None:
            raise DerivationError(f"{expression} is not known as a rational function of {self.unknown}")
        return value

    @cached_property
    def complete(self) -> bool:
        """Whether every root is proved to solve all equations, with the other unknowns from the way back.

        For parameters without a value this is a statement about generic values.
        """
        return all(_verdict(self, factor) == ("", True) for factor in self.elements)

    def system(self) -> FixedPointSystem:
        """The system with one unknown and one equation; the other unknowns become definitions.

        Parameters that were given values stay parameters of the observables; the equation holds at the values.

        Raises
        ------
        DerivationError
            If one of the other unknowns is not known as a rational function.
        """
        given, back = self.algebra.system, self.way_back()
        meanings = {q.symbol: q.meaning for q in given.unknowns}
        equation = Equation(self.polynomial, sp.S.Zero, f"minimal polynomial of {self.unknown}")
        return replace(
            given,
            name=f"{given.name}.{self.unknown}",
            unknowns=(Unknown(self.unknown, meanings.get(self.unknown, "")),),
            equations=(equation,),
            definitions=(*(Definition(s, v, meanings[s]) for s, v in back.items()), *given.definitions),
            provenance=given.provenance.then(f"every unknown but {self.unknown} eliminated"),
        )

    def __str__(self) -> str:
        ring, x = self.algebra.ring, self.unknown
        powers = [1, x, *(x**k for k in range(2, self.degree + 1))]
        parts = [(c, powers[k]) for k, c in enumerate(self.coefficients()) if c != 0]
        terms = [f"({c})*{power}" if power != 1 else f"({c})" for c, power in reversed(parts)]
        lines = [f"degree {self.degree} in {x}, {len(ring.terms(self.element))} terms:"]
        lines += [f"  {' + '.join(terms)} = 0"]
        for s, value in self.ways.items():
            lines.append(f"{s} = {ring.write_rational(value) if value else 'not rational in ' + str(x)}")
        lines += [f"removed {entry}" for entry in self.removed]
        lines.append(str(self.irreducible) if self.irreducible else f"factors: {len(self.elements)}")
        return "\n".join(lines)


def eliminate(
    system: FixedPointSystem,
    keep: sp.Symbol | str,
    values: Mapping[Any, Any] | None = None,
    nonzero: Sequence[sp.Expr] = (),
    engine: Engine | None = None,
) -> Elimination:
    """Eliminate every unknown of a system but one.

    Parameters
    ----------
    system : FixedPointSystem
        Without spectral averages.
    keep : sympy.Symbol or str
        The unknown to keep, or the name of an observable.
    values : mapping, optional
        Exact values of parameters, put in before anything else.
    nonzero : sequence of sympy.Expr
        What is known not to vanish at physical solutions, besides denominators, strict conditions of the domain,
        and sums of positive terms.
    engine : Engine, optional
        Polynomial arithmetic; FLINT by default.

    Returns
    -------
    Elimination

    Raises
    ------
    DerivationError
        If the system has averages or is not rational, if it does not determine the unknown, or if no solution is in
        the domain.
    InputError
        If ``keep`` or a value is not one the system has.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.equations.system import Equation, Parameter, Unknown
    >>> m, w, z, gamma = (symbol(name) for name in ("m", "w", "z", "gamma"))
    >>> marchenko_pastur = FixedPointSystem(
    ...     "marchenko-pastur", (Parameter(z), Parameter(gamma)), (Unknown(m), Unknown(w)),
    ...     (Equation(m * (z + w), 1), Equation(w * (1 + gamma * m), 1)),
    ... )
    >>> found = eliminate(marchenko_pastur, m)
    >>> found.polynomial
    gamma*m**2*z - gamma*m + m*z + m - 1
    >>> found.way_back()
    {w: (-m*z + 1)/m}

    A system of the library:

    >>> import asymptotics as asy
    >>> found = eliminate(asy.derive("random-features", "proportional"), "nu")
    >>> found.degree, found.coefficients()[4], found.irreducible is not None
    (4, psi1*psi2, True)
    """
    algebra = algebraic(system, keep, values, nonzero, engine or Flint())
    removal = start(algebra)
    remove_all(removal, range(1, algebra.unknowns))
    number, *checks = univariate(removal)
    certificate = removal.chain.certificate(number)
    draft = Elimination(algebra, (), tuple(removal.solved), (), certificate, None)
    kept, removed = _select(draft, removal, number, checks)
    if not kept:
        raise ContradictionError(f"{system.name}: no solution of the equations is in the domain")
    return _conclude(draft, removal, number, kept, removed)


def _select(
    draft: Elimination, removal: Removal, number: int, checks: Sequence[int]
) -> tuple[list[tuple[Element, int]], list[Removed]]:
    """Factors of the last polynomial that solutions may satisfy, and those removed."""
    ring, others = removal.ring, [removal.polynomial(k) for k in checks]
    kept: list[tuple[Element, int]] = []
    removed = [Removed(factor, why) for factor, why in removal.reasons.items()]
    factors = ring.factor(removal.polynomial(number))[1]
    for factor, power in factors:
        if ring.degree(factor, 0) == 0:
            raise DerivationError(
                f"{removal.algebra.system.name}: not determined where {ring.write(factor)} = 0; declare it nonzero"
            )
        why = next((_ELSEWHERE for f in others if ring.quotient(f, factor) is None), "")
        why = why or (_verdict(draft, factor)[0] if len(factors) > 1 else "")
        if why:
            removed.append(Removed(ring.write(factor), why))
        else:
            kept.append((factor, power))
    return kept, removed


_ELSEWHERE = "another equation does not hold there"


def _verdict(draft: Elimination, factor: Element) -> tuple[str, bool]:
    """Why no physical solution satisfies a factor (empty if one may), and whether every equation was tried."""
    ring, system = draft.algebra.ring, draft.algebra.system
    if not _determined(draft, factor):
        return "", False
    for f in draft.algebra.equations:
        value = draft.composed((f, ring.one))
        if value is None or ring.quotient(value[1], factor) is not None:
            return "", False
        if ring.quotient(value[0], factor) is None:
            return _ELSEWHERE, True
    positive = (Condition(s) for s in draft.ways if s.is_positive)
    for condition in (*system.domain.conditions, *positive):
        numerator, denominator = draft.value(condition.expression)
        if condition.strict and ring.quotient(numerator, factor) is not None:
            return f"{condition.expression} = 0 there", True
        scale, _, rest = ring.pseudo_divide(numerator * denominator, factor, 0)
        if ring.one_signed(scale) and ring.one_signed(rest):
            if ring.leading(scale)[1] * ring.leading(rest)[1] < 0:
                return f"{condition.expression} < 0 there", True
    return "", True


def _determined(draft: Elimination, factor: Element) -> bool:
    """Whether the other unknowns are determined by the kept one where a factor vanishes."""
    ring = draft.algebra.ring
    for step in draft.solved:
        lead = draft.composed((step.lead, ring.one))
        way = draft.ways[ring.symbols[step.position]]
        if lead is None or way is None or any(ring.quotient(f, factor) is not None for f in (*lead, way[1])):
            return False
    return True


def _conclude(
    draft: Elimination,
    removal: Removal,
    number: int,
    kept: Sequence[tuple[Element, int]],
    removed: Sequence[Removed],
) -> Elimination:
    """Divide out the removed factors, as the last link of the certificate, and look for a witness."""
    ring = removal.ring
    claim = ring.one
    for factor, power in kept:
        claim = claim * factor**power
    divided = ring.exact(removal.polynomial(number), claim)
    last = removal.chain.add(claim, divided, [(number, ring.one)], "factors without solutions removed")
    witness = irreducibility(ring, kept[0][0], 0) if len(kept) == 1 else None
    return replace(
        draft,
        elements=tuple(factor for factor, _ in kept),
        removed=tuple(removed),
        certificate=removal.chain.certificate(last),
        irreducible=witness,
    )
