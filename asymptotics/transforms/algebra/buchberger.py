"""Whether a polynomial is in an ideal, by Buchberger's algorithm with cofactors: slow, and it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from asymptotics.transforms.algebra.certificates import Certificate, Chain
from asymptotics.transforms.algebra.polynomials import Element, Monomial, Ring

__all__ = ["divided_by_basis"]

_LARGEST_BASIS = 60
_LARGEST_POLYNOMIAL = 2000


@dataclass(frozen=True)
class Division:
    """What division by a Groebner basis leaves.

    Attributes
    ----------
    remainder : Element or None
        None if the basis grew too large.
    proof : Certificate or None
        If a multiple of the polynomial is in the ideal.
    trivial : bool
        Whether one is in the ideal, so that all polynomials are.
    """

    remainder: Element | None = None
    proof: Certificate | None = None
    trivial: bool = False


def divided_by_basis(
    ring: Ring, claim: Element, generators: Sequence[Element], multipliers: Sequence[Element] = ()
) -> Division:
    """Divide a polynomial, or else its product with one of the multipliers, by a Groebner basis of the generators.

    Parameters
    ----------
    ring : Ring
    claim : Element
    generators : sequence of Element
    multipliers : sequence of Element
        Known not to vanish.
    """
    chain = Chain(ring, tuple(generators))
    basis = [number for number, f in enumerate(generators) if f != ring.zero]
    pairs = [(a, b) for position, b in enumerate(basis) for a in basis[:position]]
    while pairs:
        pairs.sort(key=lambda pair: _pair_cost(chain, pair), reverse=True)
        a, b = pairs.pop()
        f, parts = _s_polynomial(chain, a, b)
        rest, parts = _divide(chain, f, parts, basis)
        if rest == ring.zero:
            continue
        if len(basis) >= _LARGEST_BASIS or len(ring.terms(rest)) > _LARGEST_POLYNOMIAL:
            return Division()
        content, primitive = ring.normalized(rest)
        new = chain.add(primitive, ring.constant(content), sorted(parts.items()), "an S-polynomial, reduced")
        pairs += [(old, new) for old in basis if _overlap(chain, old, new)]
        basis.append(new)
    trivial = any(not ring.occurring(chain.polynomial(number)) for number in basis)
    left: Element | None = None
    for multiplier in (ring.one, *multipliers):
        rest, parts = _divide(chain, claim * multiplier, {}, basis)
        left = rest if left is None else left
        if rest == ring.zero:
            break
    else:
        return Division(left)
    proof = sorted((number, -cofactor) for number, cofactor in parts.items())
    return Division(rest, chain.certificate(chain.add(claim, multiplier, proof, "division")), trivial)


def _monomial(ring: Ring, exponents: Monomial) -> Element:
    return ring.from_terms({exponents: Fraction(1)})


def _pair_cost(chain: Chain, pair: tuple[int, int]) -> tuple[int, Monomial, tuple[int, int]]:
    top = _least_common(*(chain.ring.leading(chain.polynomial(k))[0] for k in pair))
    return sum(top), top, pair


def _least_common(first: Monomial, second: Monomial) -> Monomial:
    return tuple(max(a, b) for a, b in zip(first, second, strict=True))


def _overlap(chain: Chain, first: int, second: int) -> bool:
    """Whether leading monomials share a variable; otherwise the S-polynomial reduces to zero."""
    tops = [chain.ring.leading(chain.polynomial(k))[0] for k in (first, second)]
    return any(a and b for a, b in zip(*tops, strict=True))


def _s_polynomial(chain: Chain, first: int, second: int) -> tuple[Element, dict[int, Element]]:
    """The combination in which leading terms cancel, and its cofactors."""
    ring = chain.ring
    tops = [ring.leading(chain.polynomial(k)) for k in (first, second)]
    common = _least_common(tops[0][0], tops[1][0])
    factors = [
        _monomial(ring, tuple(c - m for c, m in zip(common, monomial, strict=True)))
        * ring.constant(1 / coefficient)
        for monomial, coefficient in tops
    ]
    f = factors[0] * chain.polynomial(first) - factors[1] * chain.polynomial(second)
    return f, {first: factors[0], second: -factors[1]}


def _divide(
    chain: Chain, f: Element, parts: dict[int, Element], basis: Sequence[int]
) -> tuple[Element, dict[int, Element]]:
    """Remainder of ``f`` on division by the basis, with ``parts`` kept so that they still combine to it."""
    ring, parts, rest = chain.ring, dict(parts), chain.ring.zero
    tops = [(number, *ring.leading(chain.polynomial(number))) for number in basis]
    while f != ring.zero:
        monomial, coefficient = ring.leading(f)
        for number, top, lead in tops:
            shift = tuple(m - t for m, t in zip(monomial, top, strict=True))
            if min(shift) >= 0:
                factor = _monomial(ring, shift) * ring.constant(coefficient / lead)
                f = f - factor * chain.polynomial(number)
                parts[number] = parts.get(number, ring.zero) - factor
                break
        else:
            term = _monomial(ring, monomial) * ring.constant(coefficient)
            f, rest = f - term, rest + term
    return rest, parts
