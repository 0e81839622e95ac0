"""Whether a polynomial vanishes wherever given ones do, with cofactors.

First by pseudo-division along a triangular set, which is fast and may need a multiplier; if that leaves a remainder
or a multiplier that might vanish, by Buchberger's algorithm with cofactors, which decides the ideal itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.algebraic import Nonvanishing
from asymptotics.transforms.algebra.certificates import Certificate, Chain
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.polynomials import Element, Monomial, Ring

_LARGEST_BASIS = 60
_LARGEST_POLYNOMIAL = 2000


@dataclass(frozen=True, eq=False)
class Membership:
    """Verdict on ``multiplier * polynomial = sum(cofactors * generators)``.

    Attributes
    ----------
    holds : bool
        Whether the polynomial vanishes wherever the generators do and nothing declared nonzero does.
    decided : bool
        Whether that is settled; if not, ``holds`` is False and the limits of the search were met.
    certificate : Certificate or None
        The identities that prove it.
    """

    holds: bool
    decided: bool
    certificate: Certificate | None = None

    def cofactors(self) -> tuple[sp.Expr, tuple[sp.Expr, ...]]:
        """Multiplier, and one cofactor for each generator.

        Raises
        ------
        DerivationError
            If there is no certificate.
        """
        if self.certificate is None:
            raise DerivationError("the polynomial is not known to be in the ideal; there are no cofactors")
        return self.certificate.cofactors()


def in_ideal(
    polynomial: sp.Expr,
    generators: Sequence[sp.Expr],
    nonzero: Sequence[sp.Expr] = (),
    engine: Engine | None = None,
) -> Membership:
    """Decide whether a polynomial vanishes wherever the generators do, with cofactors as proof.

    Parameters
    ----------
    polynomial : sympy.Expr
        Rational; only its numerator counts.
    generators : sequence of sympy.Expr
        Rational; their denominators are taken not to vanish.
    nonzero : sequence of sympy.Expr
        What is known not to vanish, besides sums of positive terms.
    engine : Engine, optional
        FLINT by default.

    Returns
    -------
    Membership

    Raises
    ------
    DerivationError
        If an expression is not rational in its symbols.

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> found = in_ideal(x**4 - y**2, [x**2 + y])
    >>> found.holds, found.cofactors()
    (True, (1, (x**2 - y,)))
    >>> in_ideal(x, [x**2]).holds
    False
    """
    chosen = engine or Flint()
    parts = [sp.sympify(e, strict=True) for e in (polynomial, *generators, *nonzero)]
    symbols = sorted({s for e in parts for s in e.free_symbols}, key=lambda s: s.name)
    if not symbols:
        symbols = [sp.Symbol("one")]
    for method in (_by_pseudo_division, _by_buchberger):
        ring = chosen.ring(symbols, "lex" if method is _by_pseudo_division else "grevlex")
        claim = ring.normalized(ring.rational(parts[0])[0])[1]
        pairs = [ring.rational(e) for e in parts[1 : 1 + len(generators)]]
        declared = [(f, "declared nonzero") for e in parts[1 + len(generators) :] for f in ring.rational(e)]
        known = Nonvanishing.of(ring, [*((d, "a denominator") for _, d in pairs), *declared])
        found = method(known, claim, tuple(n for n, _ in pairs))
        if found.holds:
            break
    return found


@dataclass(frozen=True, eq=False)
class _Rule:
    """A member of the triangular set: its number in the chain, and the variable it is solved for."""

    number: int
    main: int


def _reduce(chain: Chain, number: int, rules: Sequence[_Rule]) -> int:
    """Number of the pseudo-remainder of a polynomial along the rules."""
    ring = chain.ring
    for rule in rules:
        f, g = chain.polynomial(number), chain.polynomial(rule.number)
        multiplier, quotient, rest = ring.pseudo_divide(f, g, rule.main)
        if quotient != ring.zero:
            parts = [(number, multiplier), (rule.number, -quotient)]
            number = chain.add(rest, ring.one, parts, f"reduced in {ring.symbols[rule.main]}")
    return number


def _by_pseudo_division(known: Nonvanishing, claim: Element, generators: tuple[Element, ...]) -> Membership:
    """Along a triangular set made of the generators in their order, each reduced by those before it."""
    ring = known.ring
    chain = Chain(ring, generators)
    rules: list[_Rule] = []
    for start in range(len(generators)):
        number = _reduce(chain, start, rules)
        f = chain.polynomial(number)
        if f == ring.zero:
            continue
        core, safe, _ = known.split(f)
        if not ring.occurring(core):  # the generators vanish nowhere together: anything holds there
            last = chain.add(claim, safe, [(number, claim)], f"generator {start + 1} cannot vanish")
            return Membership(True, True, chain.certificate(last))
        mains = [i for i in ring.occurring(core) if i not in {rule.main for rule in rules}]
        if not mains:
            return Membership(False, False)
        number = chain.add(core, safe, [(number, ring.one)], f"generator {start + 1}")
        rules.append(_Rule(number, min(mains, key=lambda i: _cost(known, core, i))))
    return _prove(known, chain, claim, _ordered(chain, rules))


def _cost(known: Nonvanishing, f: Element, i: int) -> tuple[int, bool, int, int]:
    ring = known.ring
    lead = ring.coefficients(f, i)[ring.degree(f, i)]
    unsafe = bool(ring.occurring(known.split(lead)[0]))
    return ring.degree(f, i), unsafe, len(ring.terms(lead)), i


def _ordered(chain: Chain, rules: Sequence[_Rule]) -> list[_Rule]:
    """Order in which reduction by one rule does not undo the reduction by an earlier one."""
    remaining, ordered = list(rules), []
    while remaining:
        free = [
            rule
            for rule in remaining
            if all(
                o is rule or chain.ring.degree(chain.polynomial(o.number), rule.main) <= 0 for o in remaining
            )
        ]
        ordered.append((free or remaining)[0])
        remaining.remove(ordered[-1])
    return ordered


def _prove(known: Nonvanishing, chain: Chain, claim: Element, rules: Sequence[_Rule]) -> Membership:
    """Divide the claim by the rules; if nothing is left, the quotients are the proof."""
    ring = known.ring
    scale, rest, parts = ring.one, claim, dict[int, Element]()
    for rule in rules:
        multiplier, quotient, rest = ring.pseudo_divide(rest, chain.polynomial(rule.number), rule.main)
        scale = scale * multiplier
        parts = {number: cofactor * multiplier for number, cofactor in parts.items()}
        parts[rule.number] = parts.get(rule.number, ring.zero) + quotient
    if rest != ring.zero or ring.occurring(known.split(scale)[0]):
        return Membership(False, False)
    used = [(number, cofactor) for number, cofactor in sorted(parts.items()) if cofactor != ring.zero]
    return Membership(True, True, chain.certificate(chain.add(claim, scale, used, "pseudo-division")))


def _by_buchberger(known: Nonvanishing, claim: Element, generators: tuple[Element, ...]) -> Membership:
    """By a Groebner basis of the generators, each member with its cofactors."""
    ring = known.ring
    chain = Chain(ring, generators)
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
            return Membership(False, False)
        content, primitive = ring.normalized(rest)
        new = chain.add(primitive, ring.constant(content), sorted(parts.items()), "an S-polynomial, reduced")
        pairs += [(old, new) for old in basis if _overlap(chain, old, new)]
        basis.append(new)
    rest, parts = _divide(chain, claim, {}, basis)
    if rest != ring.zero:
        return Membership(False, True)
    proof = sorted((number, -cofactor) for number, cofactor in parts.items())
    return Membership(True, True, chain.certificate(chain.add(claim, ring.one, proof, "division")))


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
