r"""Certificates of exact algebra: a polynomial vanishes on the solutions of equations, and why.

A certificate is a chain of identities, each obtained from earlier polynomials,

.. math:: M_k P_k = \sum_{j<k} C_{kj} P_j,

that starts at the equations and ends in the claim. Every identity is multiplied out when the certificate is made,
and again, in any engine, by :meth:`Certificate.holds_in`. Where no multiplier :math:`M_k` vanishes, neither does
the argument fail; the multipliers are at hand, with the reason why they do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from asymptotics.errors import CertificateError
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.polynomials import Element, Ring


@dataclass(frozen=True, eq=False)
class Link:
    """One identity: ``multiplier * polynomial = sum(cofactor * earlier polynomial)``.

    Attributes
    ----------
    polynomial, multiplier : Element
    parts : tuple of (int, Element)
        Number of an earlier polynomial, and its cofactor. Equations come first, then links.
    how : str
        What was done, in words.
    """

    polynomial: Element
    multiplier: Element
    parts: tuple[tuple[int, Element], ...]
    how: str = ""


@dataclass(frozen=True, eq=False)
class Certificate:
    """A chain of identities from equations to a claim, confirmed when it is made.

    Attributes
    ----------
    ring : Ring
    equations : tuple of Element
        Cleared of denominators.
    links : tuple of Link
        The last one ends in the claim.

    Raises
    ------
    CertificateError
        If an identity does not multiply out.
    """

    ring: Ring
    equations: tuple[Element, ...]
    links: tuple[Link, ...]

    def __post_init__(self) -> None:
        for number, link in enumerate(self.links, 1):
            if not _multiplies_out(self.ring, self.equations, self.links, link):
                raise CertificateError(
                    f"identity {number} of a certificate does not multiply out: {link.how}"
                )

    @property
    def claim(self) -> sp.Expr:
        """The polynomial that vanishes on the solutions."""
        return self.ring.write(self.links[-1].polynomial)

    def holds_in(self, engine: Engine) -> bool:
        """Whether every identity multiplies out in another engine."""
        other = engine.ring(self.ring.symbols, self.ring.order)

        def moved(f: Element) -> Element:
            return other.from_terms(dict(self.ring.terms(f)))

        equations = tuple(map(moved, self.equations))
        links = tuple(
            Link(moved(link.polynomial), moved(link.multiplier), tuple((j, moved(c)) for j, c in link.parts))
            for link in self.links
        )
        return all(_multiplies_out(other, equations, links, link) for link in links)

    def multipliers(self) -> tuple[sp.Expr, ...]:
        """Irreducible factors of the multipliers: what must not vanish for the claim to follow."""
        found: dict[sp.Expr, None] = {}
        for link in self.links:
            if self.ring.occurring(link.multiplier):
                for factor, _ in self.ring.factor(link.multiplier)[1]:
                    found[self.ring.write(factor)] = None
        return tuple(found)

    def used(self) -> int:
        """Number of equations that the claim rests on."""
        return len({j for link in self.links for j, _ in link.parts if j < len(self.equations)})

    def composed(self) -> Link:
        """The whole chain as one identity: ``multiplier * claim = sum(cofactor * equation)``.

        Raises
        ------
        CertificateError
            If it does not multiply out.
        """
        ring, size = self.ring, len(self.equations)
        rows: list[tuple[Element, list[Element]]] = [
            (ring.one, [ring.one if j == k else ring.zero for j in range(size)]) for k in range(size)
        ]
        for link in self.links:
            scale = ring.one
            for j, _ in link.parts:
                scale = scale * ring.exact(rows[j][0], ring.gcd(scale, rows[j][0]))
            row = [ring.zero] * size
            for j, cofactor in link.parts:
                factor = cofactor * ring.exact(scale, rows[j][0])
                row = [mine + factor * other for mine, other in zip(row, rows[j][1], strict=True)]
            rows.append(_cancelled(ring, scale * link.multiplier, row))
        scale, row = rows[-1]
        whole = Link(self.links[-1].polynomial, scale, tuple(enumerate(row)), "multiplied out")
        if not _multiplies_out(ring, self.equations, (), whole):
            raise CertificateError("a composed certificate does not multiply out")
        return whole

    def cofactors(self) -> tuple[sp.Expr, tuple[sp.Expr, ...]]:
        """Multiplier and cofactors of :meth:`composed`, as expressions."""
        whole = self.composed()
        return self.ring.write(whole.multiplier), tuple(self.ring.write(c) for _, c in whole.parts)

    def __str__(self) -> str:
        lines = [f"{number}. {link.how}" for number, link in enumerate(self.links, 1)]
        divided = ", ".join(map(str, self.multipliers()))
        return "\n".join([*lines, f"nonzero: {divided}"] if divided else lines)


def _cancelled(ring: Ring, scale: Element, row: list[Element]) -> tuple[Element, list[Element]]:
    """The same identity divided by the greatest common factor of all its polynomials."""
    common = scale
    for entry in row:
        if not ring.occurring(common):
            return scale, row
        common = ring.gcd(common, entry)
    return ring.exact(scale, common), [ring.exact(entry, common) for entry in row]


def _multiplies_out(ring: Ring, equations: Sequence[Element], links: Sequence[Link], link: Link) -> bool:
    total = ring.zero
    for j, cofactor in link.parts:
        known = equations[j] if j < len(equations) else links[j - len(equations)].polynomial
        total = total + cofactor * known
    return bool(total == link.multiplier * link.polynomial)


@dataclass
class Chain:
    """A certificate while it is being written: polynomials by number, the equations first.

    Attributes
    ----------
    ring : Ring
    equations : tuple of Element
    links : list of Link
    """

    ring: Ring
    equations: tuple[Element, ...]
    links: list[Link] = field(default_factory=list)

    def polynomial(self, number: int) -> Element:
        """The polynomial with a number."""
        size = len(self.equations)
        return self.equations[number] if number < size else self.links[number - size].polynomial

    def add(
        self, polynomial: Element, multiplier: Element, parts: Sequence[tuple[int, Element]], how: str
    ) -> int:
        """Append an identity; returns the number of its polynomial.

        Parameters
        ----------
        polynomial, multiplier : Element
            What is stated, and what it is multiplied by.
        parts : sequence of (int, Element)
            Earlier polynomials by number, each with its cofactor.
        how : str
            Where the identity comes from.
        """
        self.links.append(Link(polynomial, multiplier, tuple(parts), how))
        return len(self.equations) + len(self.links) - 1

    def certificate(self, number: int) -> Certificate:
        """The part of the chain that a polynomial rests on, ending in it."""
        size = len(self.equations)
        if number < size:
            number = self.add(self.equations[number], self.ring.one, [(number, self.ring.one)], "an equation")
        needed, waiting = set(), [number]
        while waiting:
            current = waiting.pop()
            if current >= size and current not in needed:
                needed.add(current)
                waiting += [j for j, _ in self.links[current - size].parts]
        order = sorted(needed)
        renumbered: Mapping[int, int] = {old: size + new for new, old in enumerate(order)}
        links = (self.links[old - size] for old in order)
        return Certificate(
            self.ring,
            self.equations,
            tuple(
                Link(
                    link.polynomial,
                    link.multiplier,
                    tuple((renumbered.get(j, j), c) for j, c in link.parts),
                    link.how,
                )
                for link in links
            ),
        )
