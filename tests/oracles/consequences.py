r"""Consequences of equations by another route: clearing denominators and reduction modulo equations.

A claim ``f = 0`` modulo equations ``r_1 = ... = r_m = 0`` is proved by a certificate

.. math:: M f = \sum_j q_j r_j, \qquad M \not\equiv 0 \text{ on the solutions},

found by pseudo-division along a triangular set and then multiplied out, in ``sympy.polys`` rings. The package proves by
FLINT and Groebner bases (``asymptotics.transforms.algebra.membership``); no code is shared but what makes names of
averages, so that an error of one shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.polys.fields import FracElement, FracField
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement

from asymptotics.errors import DerivationError
from asymptotics.verification.atoms import Atoms


@dataclass(frozen=True)
class Rule:
    """A member of the triangular set: ``scale * polynomial = sum(cofactors * equations)``.

    ``main`` is the variable it is solved for; ``scale`` is a product of factors that do not vanish.
    """

    polynomial: PolyElement
    main: int
    cofactors: tuple[PolyElement, ...]
    scale: PolyElement


@dataclass(frozen=True)
class Certificate:
    """``multiplier * numerator = sum(cofactors * equations) + remainder``, multiplied out and confirmed.

    Attributes
    ----------
    remainder : PolyElement
        Zero if and only if the claim is proved.
    equations : int
        Number of equations used.
    terms : int
        Number of terms of the cleared numerator.
    vacuous : bool
        Whether a denominator vanishes on a whole component of the solutions, so that nothing was proved there.
    conditions : tuple of sympy.Expr
        Factors of the multiplier that are neither of one sign for positive quantities nor declared nonzero:
        where they vanish nothing was proved.
    """

    remainder: PolyElement
    equations: int
    terms: int
    vacuous: bool = False
    conditions: tuple[sp.Expr, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the claim is proved."""
        return self.remainder == 0 and not self.vacuous and not self.conditions

    def detail(self) -> str:
        """How the claim was settled, in one line."""
        if self.vacuous:
            return "a denominator vanishes on a component of the solutions"
        if self.remainder != 0:
            shown = str(self.remainder.as_expr())
            return f"remainder {shown if len(shown) <= 160 else shown[:157] + '...'}"
        if self.conditions:
            return f"shown only where {', '.join(map(str, self.conditions))} is not zero"
        how = f"numerator of {self.terms} terms" if self.terms else "both sides have the same normal form"
        if self.equations:
            how += f", cofactors for {self.equations} equation{'s' if self.equations > 1 else ''}"
        return how


def _main_candidates(polynomial: PolyElement, preferred: Sequence[int], used: set[int]) -> list[int]:
    occurring = [i for i in range(polynomial.ring.ngens) if i not in used and polynomial.degree(i) > 0]
    chosen = [i for i in preferred if i in occurring]
    if chosen:
        return chosen[:1]

    def cost(i: int) -> tuple[int, bool, int, int]:
        lead = _leading(polynomial, i)[0]
        return (polynomial.degree(i), not _one_signed(lead), len(lead), i)

    return sorted(occurring, key=cost)[:1]


def _one_signed(polynomial: PolyElement) -> bool:
    """Whether a polynomial cannot vanish because its symbols are positive and its coefficients of one sign."""
    occurring = [s for i, s in enumerate(polynomial.ring.symbols) if polynomial.degree(i) > 0]
    signs = {coefficient > 0 for coefficient in polynomial.coeffs()}
    return len(signs) == 1 and all(symbol.is_positive for symbol in occurring)


def _split(
    polynomial: PolyElement, nonzero: Sequence[PolyElement]
) -> tuple[PolyElement, list[tuple[PolyElement, int]]]:
    """Product of the factors that cannot vanish, and the list of the other factors."""
    ring = polynomial.ring
    if _one_signed(polynomial):
        return polynomial, []
    safe, others = ring.one, []
    constant, factors = polynomial.factor_list()
    for factor, power in factors:
        if _one_signed(factor) or any(known.rem(factor) == 0 for known in nonzero):
            safe *= factor**power
        else:
            others.append((factor, power))
    return safe * constant, others


def _leading(polynomial: PolyElement, i: int) -> tuple[PolyElement, int]:
    """Leading coefficient and degree in generator ``i``."""
    degree = polynomial.degree(i)
    ring = polynomial.ring
    terms = {(*m[:i], 0, *m[i + 1 :]): c for m, c in polynomial.terms() if m[i] == degree}
    return ring.from_dict(terms), degree


def _pseudo_divide(f: PolyElement, rule: Rule) -> tuple[list[PolyElement], PolyElement, PolyElement]:
    """Factors, quotient, remainder: ``product(factors) * f = quotient * rule.polynomial + remainder``."""
    ring = f.ring
    lead, degree = _leading(rule.polynomial, rule.main)
    factors, quotient = [], ring.zero
    while f != 0 and f.degree(rule.main) >= degree:
        top, height = _leading(f, rule.main)
        common = lead.gcd(top)
        first, second = lead.quo(common), top.quo(common)
        shift = second * ring.gens[rule.main] ** (height - degree)
        f = first * f - shift * rule.polynomial
        quotient = first * quotient + shift
        factors += [] if first == 1 else [first]
    return factors, quotient, f


@dataclass(frozen=True)
class Reduction:
    """``multiplier * f = sum(cofactors * equations) + scale * remainder``.

    ``divided`` are the leading coefficients in the multiplier; ``scale`` does not vanish.
    """

    remainder: PolyElement
    multiplier: PolyElement
    cofactors: tuple[PolyElement, ...]
    scale: PolyElement
    divided: tuple[PolyElement, ...] = ()

    def by(self, rule: Rule) -> Reduction:
        """Reduce further by one rule."""
        steps, quotient, remainder = _pseudo_divide(self.remainder, rule)
        if quotient == 0:
            return self
        factor = rule.scale
        for step in steps:
            factor *= step
        pairs = zip(self.cofactors, rule.cofactors, strict=True)
        cofactors = tuple(factor * mine + self.scale * quotient * theirs for mine, theirs in pairs)
        divided = tuple(dict.fromkeys((*self.divided, *steps)))
        return Reduction(remainder, factor * self.multiplier, cofactors, rule.scale * self.scale, divided)


@dataclass(frozen=True)
class Quotient:
    """A ring of polynomials modulo equations, given by a triangular set with cofactors."""

    field: FracField
    equations: tuple[PolyElement, ...]
    rules: tuple[Rule, ...]

    def reduce(self, f: PolyElement) -> Reduction:
        """Pseudo-remainder along the triangular set, with multiplier and cofactors."""
        ring = self.field.ring
        reduction = Reduction(f, ring.one, (ring.zero,) * len(self.equations), ring.one)
        for rule in self.rules:
            reduction = reduction.by(rule)
        return reduction

    def regular(self, f: PolyElement) -> bool:
        """Whether ``f`` vanishes on no whole component of the solutions (iterated resultant not zero)."""
        for rule in self.rules:
            f = _pseudo_divide(f, rule)[2]
            if f.degree(rule.main) > 0:
                main = self.field.ring.symbols[rule.main]
                eliminant = sp.resultant(f.as_expr(), rule.polynomial.as_expr(), main)
                f = self.field.ring.from_expr(sp.expand(eliminant))
        return f != 0

    def certificate(
        self,
        claim: FracElement,
        denominators: Iterable[PolyElement] = (),
        nonzero: Sequence[PolyElement] = (),
    ) -> Certificate:
        """Certificate that ``claim`` vanishes modulo the equations, confirmed by multiplying out."""
        numerator = claim.numer
        reduction = self.reduce(numerator)
        combination = reduction.scale * reduction.remainder
        for cofactor, equation in zip(reduction.cofactors, self.equations, strict=True):
            combination += cofactor * equation
        if reduction.multiplier * numerator != combination:
            raise DerivationError("a certificate does not multiply out; this is an error of the checker")
        divided = [p for p in (*reduction.divided, claim.denom, *denominators) if not p.is_ground]
        vacuous = not all(self.regular(polynomial) for polynomial in dict.fromkeys(divided))
        used = sum(1 for cofactor in reduction.cofactors if cofactor != 0)
        unknown = dict.fromkeys(f for p in reduction.divided for f, _ in _split(p, nonzero)[1])
        conditions = tuple(factor.as_expr() for factor in unknown)
        return Certificate(reduction.remainder, used, len(numerator), vacuous, conditions)


_LONGEST_FACTORED = 120


def _clearly_irreducible(polynomial: PolyElement, main: int) -> bool:
    """Whether a polynomial of degree one in its main variable has coefficients without a common factor."""
    lead, degree = _leading(polynomial, main)
    if degree != 1:
        return False
    return bool(lead.gcd(polynomial - lead * polynomial.ring.gens[main]).is_ground)


def triangular(
    field_: FracField,
    equations: Sequence[FracElement],
    order: Sequence[sp.Symbol],
    nonzero: Sequence[PolyElement] = (),
) -> Quotient:
    """The equations as a triangular set: each is reduced by the earlier ones and given a main variable.

    Factors that cannot vanish are taken out of each equation first.

    Parameters
    ----------
    field_ : FracField
    equations : sequence of FracElement
        Cleared of denominators here.
    order : sequence of sympy.Symbol
        Variables to eliminate first, if they occur.
    nonzero : sequence of PolyElement
        What is known not to vanish, besides sums of positive terms.

    Raises
    ------
    DerivationError
        If an equation contradicts the earlier ones. One that is a consequence of them is left out.
    """
    ring = field_.ring
    index = {symbol: i for i, symbol in enumerate(ring.symbols)}
    preferred = [index[s] for s in order if s in index]
    cleared = tuple(equation.numer for equation in equations)
    rules: list[Rule] = []
    for position, polynomial in enumerate(cleared):
        unit = tuple(ring.one if k == position else ring.zero for k in range(len(cleared)))
        reduction = Reduction(polynomial, ring.one, (ring.zero,) * len(cleared), ring.one)
        for rule in rules:
            reduction = reduction.by(rule)
        if reduction.remainder == 0:  # a consequence of the earlier ones
            continue
        mains = _main_candidates(reduction.remainder, preferred, {rule.main for rule in rules})
        if not mains:
            raise DerivationError(f"equation {position + 1} contradicts the others: {polynomial.as_expr()}")
        pairs = zip(unit, reduction.cofactors, strict=True)
        cofactors = tuple(reduction.multiplier * one - other for one, other in pairs)
        core, scale = reduction.remainder, reduction.scale
        if len(core) <= _LONGEST_FACTORED and not _clearly_irreducible(core, mains[0]):
            safe, others = _split(core, nonzero)
            if others:
                core, scale = core.quo(safe), scale * safe
        rules.append(Rule(core, mains[0], cofactors, scale))
    return Quotient(field_, cleared, _sorted_rules(rules))


def _sorted_rules(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Order in which reduction by one rule does not undo the reduction by an earlier one."""
    remaining, ordered = list(rules), []
    while remaining:
        free = [r for r in remaining if all(o is r or o.polynomial.degree(r.main) <= 0 for o in remaining)]
        chosen = free[0] if free else remaining[0]
        ordered.append(chosen)
        remaining.remove(chosen)
    return tuple(ordered)


def common_field(expressions: Iterable[sp.Expr]) -> FracField:
    """The field of rational functions in every symbol of the expressions, in a reproducible order."""
    symbols = sorted({s for e in expressions for s in e.free_symbols}, key=lambda s: s.name)
    return FracField(symbols or [sp.Symbol("one")], sp.QQ, lex)


def prove_zero(
    claim: sp.Expr,
    equations: Sequence[sp.Expr] = (),
    eliminate: Sequence[sp.Symbol] = (),
    nonzero: Sequence[sp.Expr] = (),
) -> Certificate:
    """Certificate that a rational expression vanishes modulo equations.

    Parameters
    ----------
    claim : sympy.Expr
        May hold spectral averages and radicals.
    equations : sequence of sympy.Expr
        Each is taken to be zero.
    eliminate : sequence of sympy.Symbol
        Which variable to solve each equation for (default: one it has lowest degree in).
    nonzero : sequence of sympy.Expr
        What the argument knows not to vanish, besides sums of positive terms.

    Returns
    -------
    Certificate

    Examples
    --------
    >>> from sympy.abc import a, b, c
    >>> prove_zero(a / b - c, [a - b * c]).holds
    True
    >>> prove_zero(a / b + c, [a - b * c]).holds
    False
    """
    atoms = Atoms()
    target = atoms.resolve(claim)
    resolved = [atoms.resolve(equation) for equation in equations]
    known = [atoms.resolve(expression) for expression in nonzero]
    relations = [relation for relation, _ in atoms.relations]
    roots = [root for _, root in atoms.relations]
    field_ = common_field([target, *resolved, *relations, *known])
    members = [field_.from_expr(expression) for expression in [*relations, *resolved]]
    declared = [field_.from_expr(expression).numer for expression in known]
    quotient = triangular(field_, members, [*roots, *eliminate], declared)
    denominators = [member.denom for member in members]
    return quotient.certificate(field_.from_expr(target), denominators, declared)
