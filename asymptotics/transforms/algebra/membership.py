"""Whether a polynomial vanishes wherever given ones do, with cofactors: the one engine that proves consequences.

First by pseudo-division along a triangular set, which is fast and may need a multiplier; if that leaves a multiplier
that might vanish, or the set is not regular, by Buchberger's algorithm with cofactors, which decides the ideal itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.algebraic import Nonvanishing
from asymptotics.transforms.algebra.buchberger import divided_by_basis
from asymptotics.transforms.algebra.certificates import Certificate, Chain
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.polynomials import Element, Rational

_SHOWN = 160


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
    remainder : sympy.Expr
        What is left of the polynomial, if it is not in the ideal.
    conditions : tuple of sympy.Expr
        Where these vanish nothing is proved: they are divided by, and not known not to vanish.
    vacuous : bool
        Whether nothing is said somewhere: a denominator vanishes on a whole component of the solutions.
    contradictory : bool
        Whether the generators vanish nowhere together, so that anything holds.
    """

    holds: bool
    decided: bool
    certificate: Certificate | None = None
    remainder: sp.Expr = sp.S.Zero
    conditions: tuple[sp.Expr, ...] = ()
    vacuous: bool = False
    contradictory: bool = False

    @property
    def proved(self) -> bool:
        """Whether it holds, and says something on every component of the solutions."""
        return self.holds and not self.vacuous and not self.contradictory

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

    def detail(self) -> str:
        """How it was settled, in one line."""
        if self.contradictory:
            return "the equations contradict each other"
        if self.vacuous:
            return "a denominator vanishes on a component of the solutions"
        if self.holds and self.certificate is not None:
            ring, claim = self.certificate.ring, self.certificate.links[-1].polynomial
            terms, used = len(ring.terms(claim)), self.certificate.used()
            how = f"numerator of {terms} terms" if terms else "both sides have the same normal form"
            return how + (f", cofactors for {used} equation{'s' if used > 1 else ''}" if used else "")
        if self.conditions:
            return f"shown only where {', '.join(map(str, self.conditions))} is not zero"
        shown = str(self.remainder)
        text = f"remainder {shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + '...'}"
        return text if self.decided else f"not decided; {text}"


def in_ideal(
    polynomial: sp.Expr,
    generators: Sequence[sp.Expr],
    nonzero: Sequence[sp.Expr] = (),
    engine: Engine | None = None,
    first: Sequence[sp.Symbol] = (),
) -> Membership:
    """Decide whether a polynomial vanishes wherever the generators do, with cofactors as proof.

    Parameters
    ----------
    polynomial : sympy.Expr
        Rational; its numerator counts, and where its denominator vanishes it says nothing.
    generators : sequence of sympy.Expr
        Rational; their denominators are taken not to vanish.
    nonzero : sequence of sympy.Expr
        What is known not to vanish, besides sums of positive terms.
    engine : Engine, optional
        FLINT by default.
    first : sequence of sympy.Symbol
        What to solve the generators for, as far as it occurs; by default what they have the lowest degree in.

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
    >>> in_ideal(y / x, [x, y]).proved
    False
    """
    chosen = engine or Flint()
    parts = [sp.sympify(e, strict=True) for e in (polynomial, *generators, *nonzero)]
    symbols = sorted({s for e in parts for s in e.free_symbols}, key=lambda s: s.name)
    if not symbols:
        symbols = [sp.Symbol("one")]
    ring = chosen.ring(symbols, "lex")
    (claim, below), *others = (ring.rational(e) for e in parts)
    pairs, declared = others[: len(generators)], others[len(generators) :]
    known = Nonvanishing.of(ring, _statements(pairs, declared))
    triangle = _Triangle.of(known, tuple(n for n, _ in pairs), [ring.index(s) for s in first if s in symbols])
    found = triangle.divided(ring.normalized(claim)[1])
    if not found.decided:
        graded = chosen.ring(symbols, "grevlex")
        top, *members = (graded.rational(e)[0] for e in parts[: 1 + len(generators)])
        safe = math.prod((graded.read(f) for f in known.factors()), start=graded.one)
        basis = divided_by_basis(graded, graded.normalized(top)[1], members, (safe, safe**2))
        if basis.proof is not None:
            found = Membership(True, True, basis.proof, contradictory=basis.trivial)
        elif basis.remainder is not None:
            rest = found.remainder or graded.write(basis.remainder)
            found = replace(found, decided=not graded.occurring(safe), remainder=rest)
    vacuous = found.vacuous or not triangle.regular([below, *(d for _, d in pairs)])
    return replace(found, vacuous=vacuous)


def _statements(pairs: Iterable[Rational], declared: Iterable[Rational]) -> list[tuple[Element, str]]:
    """What does not vanish, and why."""
    return [
        *((d, "a denominator") for _, d in pairs),
        *((f, "declared nonzero") for parts in declared for f in parts),
    ]


@dataclass(frozen=True, eq=False)
class _Rule:
    """A member of the triangular set: its number in the chain, and the variable it is solved for."""

    number: int
    main: int


@dataclass(eq=False)
class _Triangle:
    """The generators in their order, each reduced by those before it and solved for a variable.

    Attributes
    ----------
    known : Nonvanishing
    chain : Chain
    rules : list of _Rule
        Such that reduction by one does not undo the reduction by an earlier one, if ``ordered``.
    ordered : bool
    empty : int or None
        Number of a polynomial that a generator reduces to and that cannot vanish.
    complete : bool
        Whether every generator found a variable of its own.
    """

    known: Nonvanishing
    chain: Chain
    rules: list[_Rule] = field(default_factory=list)
    ordered: bool = True
    empty: int | None = None
    complete: bool = True

    @staticmethod
    def of(known: Nonvanishing, generators: tuple[Element, ...], preferred: Sequence[int]) -> _Triangle:
        """From generators, and variables to solve them for."""
        ring, found = known.ring, _Triangle(known, Chain(known.ring, generators))
        for start in range(len(generators)):
            number = found._reduced(start)
            f = found.chain.polynomial(number)
            if f == ring.zero:
                continue
            core, safe, _ = known.split(f)
            if not ring.occurring(core):
                found.empty = number
                break
            mains = [i for i in ring.occurring(core) if i not in {rule.main for rule in found.rules}]
            if not mains:
                found.complete = False
                break
            chosen = [i for i in preferred if i in mains][:1]
            if not chosen:
                later = generators[start + 1 :]
                chosen = [min(mains, key=lambda i: _cost(known, core, later, i))]
            number = found.chain.add(core, safe, [(number, ring.one)], f"generator {start + 1}")
            found.rules.append(_Rule(number, chosen[0]))
        found._sort()
        return found

    def _reduced(self, number: int) -> int:
        """Number of the pseudo-remainder of a polynomial along the rules."""
        ring = self.known.ring
        for rule in self.rules:
            f, g = self.chain.polynomial(number), self.chain.polynomial(rule.number)
            multiplier, quotient, rest = ring.pseudo_divide(f, g, rule.main)
            if quotient != ring.zero:
                parts = [(number, multiplier), (rule.number, -quotient)]
                number = self.chain.add(rest, ring.one, parts, f"reduced in {ring.symbols[rule.main]}")
        return number

    def _sort(self) -> None:
        """Put the rules in an order in which none undoes what an earlier one did, if there is one."""
        remaining, done = self.rules, []
        while remaining:
            free = [r for r in remaining if all(o is r or self._degree(o, r.main) <= 0 for o in remaining)]
            self.ordered &= bool(free)
            done.append((free or remaining)[0])
            remaining = [rule for rule in remaining if rule is not done[-1]]
        self.rules = done

    def _degree(self, rule: _Rule, i: int) -> int:
        return self.known.ring.degree(self.chain.polynomial(rule.number), i)

    def divided(self, claim: Element) -> Membership:
        """Divide a claim by the rules; if nothing is left, the quotients are the proof."""
        ring, chain = self.known.ring, self.chain
        if self.empty is not None:
            multiplier = chain.polynomial(self.empty)
            last = chain.add(claim, multiplier, [(self.empty, claim)], "a generator cannot vanish")
            return Membership(True, True, chain.certificate(last), contradictory=True)
        scale, rest, parts = ring.one, claim, dict[int, Element]()
        for rule in self.rules:
            multiplier, quotient, rest = ring.pseudo_divide(rest, chain.polynomial(rule.number), rule.main)
            scale = scale * multiplier
            parts = {number: cofactor * multiplier for number, cofactor in parts.items()}
            parts[rule.number] = parts.get(rule.number, ring.zero) + quotient
        if rest != ring.zero:
            settled = self.complete and self.ordered and self.regular(self._initials())
            return Membership(False, settled, remainder=ring.write(rest))
        may = self.known.split(scale)[0]
        if ring.occurring(may) or not self.complete:
            return Membership(False, False, conditions=tuple(ring.write(f) for f, _ in ring.factor(may)[1]))
        used = [(number, cofactor) for number, cofactor in sorted(parts.items()) if cofactor != ring.zero]
        proof = chain.certificate(chain.add(claim, scale, used, "pseudo-division"))
        return Membership(True, True, proof, vacuous=not self.regular([scale]))

    def _initials(self) -> list[Element]:
        ring, found = self.known.ring, []
        for rule in self.rules:
            f = self.chain.polynomial(rule.number)
            found.append(ring.coefficients(f, rule.main)[ring.degree(f, rule.main)])
        return found

    def regular(self, polynomials: Iterable[Element]) -> bool:
        """Whether none of the polynomials vanishes on a whole component of the solutions.

        By iterated resultants. Where the rules are not the whole set, whether it is known that none vanishes.
        """
        ring = self.known.ring
        for f in polynomials:
            if not self.complete:
                if ring.occurring(self.known.split(f)[0]):
                    return False
                continue
            for rule in self.rules:
                g = self.chain.polynomial(rule.number)
                f = ring.pseudo_divide(f, g, rule.main)[2]
                if ring.degree(f, rule.main) > 0:
                    f = ring.resultant(f, g, rule.main)
            if f == ring.zero:
                return False
        return True


def _cost(
    known: Nonvanishing, f: Element, later: Sequence[Element], i: int
) -> tuple[bool, int, int, int, int]:
    """What solving for a variable costs: least where it needs no condition and occurs in few other generators."""
    ring = known.ring
    lead = ring.coefficients(f, i)[ring.degree(f, i)]
    unsafe = bool(ring.occurring(known.split(lead)[0]))
    return unsafe, ring.degree(f, i), sum(ring.degree(g, i) > 0 for g in later), len(ring.terms(lead)), i
