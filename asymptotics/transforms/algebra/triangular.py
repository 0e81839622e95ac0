"""Removing unknowns from polynomial equations one by one, every step an identity of a certificate.

An unknown that some equation is linear in goes first (fewest unknowns left in its coefficient first); otherwise
the subresultants of two equations remove one. Factors that cannot vanish are divided out on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.algebraic import AlgebraicSystem
from asymptotics.transforms.algebra.certificates import Chain
from asymptotics.transforms.algebra.polynomials import Element, Rational, Ring
from asymptotics.transforms.algebra.subresultants import subresultants


class ContradictionError(DerivationError):
    """The equations have no solution in the domain."""


@dataclass(frozen=True, eq=False)
class Solved:
    """An unknown that was removed.

    Attributes
    ----------
    position : int
        In the ring.
    value : Rational or None
        What it is in terms of unknowns not yet removed; None if that is not a rational function.
    lead : Element
        Where this does not vanish, the value is the only one possible.
    """

    position: int
    value: Rational | None
    lead: Element


@dataclass
class Removal:
    """Equations while unknowns are being removed.

    Attributes
    ----------
    algebra : AlgebraicSystem
    chain : Chain
        Every polynomial met, with the identity that gives it.
    active : list of int
        Numbers of the equations left.
    solved : list of Solved
        Unknowns removed, in order.
    reasons : dict
        Factors divided out, and why they cannot vanish.
    """

    algebra: AlgebraicSystem
    chain: Chain
    active: list[int]
    solved: list[Solved] = field(default_factory=list)
    reasons: dict[sp.Expr, str] = field(default_factory=dict)

    @property
    def ring(self) -> Ring:
        """The ring of the equations."""
        return self.algebra.ring

    def polynomial(self, number: int) -> Element:
        """The equation with a number."""
        return self.chain.polynomial(number)

    def record(
        self, f: Element, multiplier: Element, parts: Sequence[tuple[int, Element]], how: str
    ) -> int | None:
        """Add an equation without its factors that cannot vanish; None if it holds trivially.

        Parameters
        ----------
        f, multiplier : Element
            What is stated, and what it is multiplied by.
        parts : sequence of (int, Element)
            Earlier polynomials by number, each with its cofactor.
        how : str
            Where the identity comes from.

        Raises
        ------
        ContradictionError
            If it can never hold.
        """
        if f == self.ring.zero:
            return None
        core, safe, reasons = self.algebra.nonzero.split(f)
        if not self.ring.occurring(core):
            raise ContradictionError(
                f"{self.algebra.system.name}: the equations have no solution in the domain ({how} leaves a "
                "polynomial that cannot vanish)"
            )
        self.reasons |= reasons
        return self.chain.add(core, multiplier * safe, parts, how)

    def replace(self, number: int, new: int | None) -> None:
        """Put an equation in the place of another, or drop it; an equation that is there already is not added.

        Parameters
        ----------
        number : int
        new : int or None
            Numbers in the chain; None drops the equation.
        """
        known = [self.polynomial(k) for k in self.active if k != number]
        if new is None or self.polynomial(new) in known:
            self.active.remove(number)
        else:
            self.active[self.active.index(number)] = new

    def containing(self, i: int) -> list[int]:
        """Equations in which generator ``i`` occurs, simplest first."""
        found = [k for k in self.active if self.ring.degree(self.polynomial(k), i) > 0]
        return sorted(found, key=lambda k: (*self._size(self.polynomial(k), i), k))

    def _size(self, f: Element, i: int) -> tuple[int, int]:
        return self.ring.degree(f, i), len(self.ring.terms(f))


def start(algebra: AlgebraicSystem) -> Removal:
    """The equations as they are, without factors that cannot vanish."""
    removal = Removal(algebra, Chain(algebra.ring, algebra.equations), [])
    for number, f in enumerate(algebra.equations):
        new = removal.record(f, algebra.ring.one, [(number, algebra.ring.one)], f"equation {number + 1}")
        if new is not None:
            removal.active.append(new)
    return removal


def remove_all(removal: Removal, unknowns: Sequence[int]) -> None:
    """Remove the unknowns at the given positions.

    Parameters
    ----------
    removal : Removal
    unknowns : sequence of int
        Positions in the ring.
    """
    left = [i for i in unknowns]
    while left:
        present = [i for i in left if removal.containing(i)]
        if not present:
            removal.solved += [Solved(i, None, removal.ring.zero) for i in left]
            return
        linear = _linear_choice(removal, present)
        if linear is not None:
            i, number = linear
            _substitute(removal, i, number)
        else:
            i = min(present, key=lambda i: _difficulty(removal, i))
            _eliminate(removal, i)
        left.remove(i)


def _linear_choice(removal: Removal, left: Sequence[int]) -> tuple[int, int] | None:
    """Unknown and equation to solve for it, the coefficient as harmless as possible."""
    ring, choices = removal.ring, []
    for i in left:
        for number in removal.active:
            f = removal.polynomial(number)
            if ring.degree(f, i) != 1:
                continue
            lead = ring.coefficients(f, i)[1]
            unknowns = sum(1 for k in ring.occurring(lead) if k < removal.algebra.unknowns and k)
            unsafe = ring.occurring(removal.algebra.nonzero.split(lead)[0])
            choices.append((bool(unsafe), unknowns, len(ring.terms(lead)), len(ring.terms(f)), i, number))
    return min(choices)[-2:] if choices else None


def _difficulty(removal: Removal, i: int) -> tuple[int, int, int]:
    equations = removal.containing(i)
    degrees = [removal.ring.degree(removal.polynomial(k), i) for k in equations]
    return max(degrees), len(equations), i


def _substitute(removal: Removal, i: int, number: int) -> None:
    """Remove an unknown that one equation is linear in."""
    ring, f = removal.ring, removal.polynomial(number)
    for other in removal.containing(i):
        if other != number:
            multiplier, quotient, rest = ring.pseudo_divide(removal.polynomial(other), f, i)
            how = f"{ring.symbols[i]} removed by an equation linear in it"
            new = removal.record(rest, ring.one, [(other, multiplier), (number, -quotient)], how)
            removal.replace(other, new)
    removal.active.remove(number)
    removal.solved.append(_solved(ring, i, f))


def _solved(ring: Ring, i: int, f: Element) -> Solved:
    """Generator ``i`` from an equation linear in it."""
    return Solved(i, ring.linear_root(f, i), ring.coefficients(f, i)[1])


def _eliminate(removal: Removal, i: int) -> None:
    """Remove an unknown by subresultants of the simplest equation that has it with each other one."""
    ring = removal.ring
    number, *others = removal.containing(i)
    solved = Solved(i, None, ring.zero)
    for other in others:
        f, g = removal.polynomial(other), removal.polynomial(number)
        if _shared(removal, number, other):
            continue
        sequence = subresultants(ring, f, g, i)
        last = sequence[-1]
        linear = (c.polynomial for c in sequence if ring.degree(c.polynomial, i) == 1)
        if solved.value is None:
            solved = next((_solved(ring, i, c) for c in linear), solved)
        parts = [(other, last.first), (number, last.second(ring, f, g))]
        new = removal.record(last.polynomial, ring.one, parts, f"{ring.symbols[i]} removed by a resultant")
        removal.replace(other, new)
    removal.active.remove(number)
    removal.solved.append(solved)


def _shared(removal: Removal, number: int, other: int) -> bool:
    """Whether the second of two equations is a multiple of the first, and so was dropped.

    Raises
    ------
    DerivationError
        If they share another factor: the solutions then fall apart.
    """
    ring = removal.ring
    f = removal.polynomial(number)
    common = ring.gcd(f, removal.polynomial(other))
    if not ring.occurring(common):
        return False
    if ring.quotient(common, f) is None:
        raise DerivationError(
            f"{removal.algebra.system.name}: two equations share the factor {ring.write(common)}; declare it or "
            "its cofactors nonzero"
        )
    removal.active.remove(other)
    return True


def univariate(removal: Removal) -> list[int]:
    """Numbers of the equations left in the kept unknown, lowest degree first.

    Raises
    ------
    DerivationError
        If none is left, or the parameters must satisfy an equation.
    """
    ring, name = removal.ring, removal.algebra.system.name
    for number in removal.active:
        f = removal.polynomial(number)
        if ring.degree(f, 0) == 0:
            raise DerivationError(
                f"{name}: solvable only where {sp.sstr(ring.write(f))} = 0 for the parameters"
            )
    found = [k for k in removal.active if all(j == 0 or j >= removal.algebra.unknowns for j in
                                              ring.occurring(removal.polynomial(k)))]  # fmt: skip
    if not found:
        raise DerivationError(f"{name}: the equations do not determine {ring.symbols[0]}")
    return sorted(
        found,
        key=lambda k: (ring.degree(removal.polynomial(k), 0), len(ring.terms(removal.polynomial(k))), k),
    )
