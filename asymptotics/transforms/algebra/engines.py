"""What makes polynomial rings, and the normal forms in which every engine answers.

An engine is an argument of the verbs that compute with polynomials: ``flint_adapter.Flint()``, which is the default, or
``sympy_adapter.Sympy()``, to have a result confirmed by other code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Protocol

import sympy as sp
from sympy.polys.orderings import grevlex, lex

from asymptotics.transforms.algebra.polynomials import Element, Ring


class Engine(Protocol):
    """A way to compute with polynomials: it makes rings."""

    def ring(self, symbols: Sequence[sp.Symbol], order: str = "lex") -> Ring:
        """Ring of polynomials in the symbols.

        Parameters
        ----------
        symbols : sequence of sympy.Symbol
        order : {"lex", "grevlex"}
            Of the monomials.
        """
        ...


def arranged(
    ring: Ring, f: Element, factors: Iterable[tuple[Element, int]]
) -> tuple[Fraction, tuple[tuple[Element, int], ...]]:
    """Factors made primitive and sorted by size, then by their terms; and the constant that is left.

    Parameters
    ----------
    ring : Ring
    f : Element
    factors : iterable of (Element, int)
        Irreducible factors of ``f`` with their powers.
    """
    parts = [(ring.normalized(factor)[1], power) for factor, power in factors if ring.occurring(factor)]
    parts.sort(key=lambda part: (len(ring.terms(part[0])), ring.terms(part[0]), part[1]))
    constant = ring.leading(f)[1]
    for factor, power in parts:
        constant /= ring.leading(factor)[1] ** power
    return constant, tuple(parts)


def basis_order(ring: Ring, basis: Iterable[Element]) -> tuple[Element, ...]:
    """The members of a basis, primitive, greatest first.

    Parameters
    ----------
    ring : Ring
    basis : iterable of Element
    """
    unique = {ring.terms(part): part for part in (ring.normalized(f)[1] for f in basis)}
    keys = {"lex": lex, "grevlex": grevlex}[ring.order]
    return tuple(unique[t] for t in sorted(unique, key=lambda t: keys(t[0][0]), reverse=True))
