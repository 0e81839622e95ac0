"""A system prepared for balancing at a fixed spectrum: polynomial equations in averages, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.consequences import without_averages, without_explicit
from asymptotics.transforms.limits.exponent_search import Affine, Found, Signed, search, solved
from asymptotics.transforms.limits.fixed_spectrum import (
    ORDERS,
    Faces,
    Generator,
    PowerTerm,
    Scales,
    denominators,
    expand_generator,
    places,
)


@dataclass(frozen=True)
class Balanced:
    """Equations of a system as polynomials, with the averages that occur in them.

    Attributes
    ----------
    scales : Scales
    generators : mapping symbol -> Generator
    equations : tuple of sympy.Expr
        Of the system, then what follows from them by eliminating an average.
    given : int
        How many are those of the system.
    tails : mapping measure -> int
        See :func:`~asymptotics.transforms.limits.fixed_spectrum.expand_generator`.
    positive : tuple of sympy.Expr
        Combinations of parameters known to be positive.
    """

    scales: Scales
    generators: Mapping[sp.Symbol, Generator]
    equations: tuple[sp.Expr, ...]
    given: int
    tails: Mapping[sp.Symbol, int]
    positive: tuple[sp.Expr, ...] = ()

    def balances(self) -> Iterator[DominantBalance]:
        """Every choice of exponents that the leading terms allow."""
        generators = list(self.generators.values())
        for faces, place in places(denominators(generators, self.scales)):
            rows = solved(place.equal)
            if rows is None:
                continue
            table = {
                name: expand_generator(g, faces, self.scales, rows, self.tails)
                for name, g in self.generators.items()
            }
            terms = [self.terms(equation, table) for equation in self.equations]
            opaque = {*self.scales.unknowns, *self.generators}
            signed = [[part for t in e for part in self._signs(t, opaque)] for e in terms]
            for found in search(signed, place, len(self.scales.unknowns)):
                yield DominantBalance(found, faces, terms, table)

    def _signs(self, term: PowerTerm, moving: set[sp.Symbol]) -> list[Signed]:
        """What a term is a sum of: products of unknowns and averages with coefficients in the parameters."""
        groups: dict[sp.Expr, list[sp.Expr]] = {}
        for part in sp.Add.make_args(term.coefficient):
            fixed, free = part.as_independent(*moving, as_Add=False)
            groups.setdefault(free, []).append(fixed)
        parts = [(free, sp.Add(*fixed)) for free, fixed in groups.items()]
        return [(term.exponent, sign_of(free) * sign_of(c, self.positive)) for free, c in parts if c != 0]

    def refined(self) -> Balanced:
        """The same with more consequences: for systems whose equations cancel to leading order."""
        hidden = {s for g in self.generators.values() for part in g.parts for s in part.free_symbols}
        unknowns = [u for u in self.scales.unknowns if u not in hidden]
        more = without_explicit(self.equations[: self.given], unknowns, self.scales.moving())
        return replace(self, equations=(*self.equations, *more))

    def where(self, rule: Mapping[sp.Symbol, sp.Expr], positive: Sequence[sp.Expr] = ()) -> Balanced:
        """The same with parameters replaced, and combinations of them declared positive.

        Parameters
        ----------
        rule : mapping parameter -> expression
        positive : sequence of sympy.Expr
        """
        replaced = [e.xreplace(dict(rule)) for e in self.equations]
        field = RationalField(replaced)
        numerators = (sp.expand(field.expression(field(e)).as_numer_denom()[0]) for e in replaced)
        return replace(self, equations=tuple(numerators), positive=(*self.positive, *positive))

    def terms(self, expression: sp.Expr, table: Mapping[sp.Symbol, Sequence[PowerTerm]]) -> list[PowerTerm]:
        """A polynomial as a sum of powers, once it is known how each average is one.

        Parameters
        ----------
        expression : sympy.Expr
            Polynomial in unknowns, parameters and names of averages.
        table : mapping symbol -> sequence of PowerTerm
            Each average.
        """
        symbols = sorted(expression.free_symbols, key=lambda s: s.name)
        if not symbols:
            return [PowerTerm(expression, self.scales.zero)]
        found: dict[tuple[Affine, int], list[sp.Expr]] = {}
        for powers, number in sp.Poly(expression, *symbols).terms():
            parts = [PowerTerm(number, self.scales.zero)]
            for name, power in zip(symbols, powers, strict=True):
                for _ in range(power if name in table else 0):
                    parts = [a.times(b) for a in parts for b in table[name]]
                if name not in table and power:
                    factor = PowerTerm(name**power, self.scales.of(name, power))
                    parts = [part.times(factor) for part in parts]
            for part in parts:
                found.setdefault((part.exponent, part.order), []).append(part.coefficient)
        return _merged(found)


def _merged(found: Mapping[tuple[Affine, int], Sequence[sp.Expr]]) -> list[PowerTerm]:
    """Terms of equal exponent added up; those that cancel identically are left out."""
    table: dict[Affine, list[tuple[sp.Expr, int]]] = {}
    for (form, order), parts in found.items():
        table.setdefault(form, []).extend((part, order) for part in parts)
    terms = []
    for form, parts in table.items():
        total = sp.expand(sp.Add(*(part for part, _ in parts)))
        if total != 0:
            terms.append(PowerTerm(total, form, max(order for _, order in parts)))
    return terms


@dataclass(frozen=True)
class DominantBalance:
    """Exponents, and the equations written as sums of powers there."""

    found: Found
    faces: Faces
    terms: Sequence[Sequence[PowerTerm]]
    table: Mapping[sp.Symbol, Sequence[PowerTerm]]

    def at(self, form: Affine) -> Fraction:
        """Value of an exponent."""
        return value_at(form, self.found.exponents)


def value_at(form: Affine, exponents: Sequence[Fraction]) -> Fraction:
    """Value of an affine form.

    Parameters
    ----------
    form : tuple of number
        Coefficients of the exponents, and the constant in the last place.
    exponents : sequence of Fraction
    """
    return sum((c * x for c, x in zip(form, exponents, strict=False) if c), Fraction(form[-1]))


def leading(terms: Sequence[PowerTerm], exponents: Sequence[Fraction]) -> tuple[sp.Expr, Fraction]:
    """The part of largest exponent, those that cancel identically passed over.

    Parameters
    ----------
    terms : sequence of PowerTerm
    exponents : sequence of Fraction
        Of the unknowns.

    Returns
    -------
    coefficient : sympy.Expr
    exponent : Fraction

    Raises
    ------
    DerivationError
        If what is not carried of a series may be larger.
    """
    layers: dict[Fraction, list[PowerTerm]] = {}
    for term in terms:
        layers.setdefault(value_at(term.exponent, exponents), []).append(term)
    for value in sorted(layers, reverse=True):
        total = sp.expand(sp.Add(*(t.coefficient for t in layers[value])))
        if total != 0:
            if any(t.order >= ORDERS for t in layers[value]):
                break
            return total, value
    raise DerivationError("the leading terms cancel beyond the orders that are carried")


def sign_of(coefficient: sp.Expr, positive: Sequence[sp.Expr] = ()) -> int:
    """Sign of a coefficient in positive symbols and averages of positive functions; zero if it is not known.

    Parameters
    ----------
    coefficient : sympy.Expr
    positive : sequence of sympy.Expr
        Combinations known to be positive.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> n, p = symbol("n"), symbol("p")
    >>> sign_of(n * p + 1), sign_of(n - p), sign_of(n - p, [p - n])
    (1, 0, -1)
    """
    terms = sp.Add.make_args(sp.expand(coefficient))
    signs = {_sign_of_product(term) for term in terms}
    if signs in ({1}, {-1}):
        return signs.pop()
    for condition in positive:
        number, factors = sp.factor_list(sp.fraction(sp.cancel(coefficient / condition))[0])
        rest = [f for f, power in factors if power % 2 and _sign_of_product(f) != 1]
        if not rest:
            return 1 if number > 0 else -1
    return 0


def _sign_of_product(term: sp.Expr) -> int:
    """Sign of a term: that of its number if its symbols, and the functions averaged in it, are positive."""
    sign = 1
    for factor in sp.Mul.make_args(term):
        base = factor.as_base_exp()[0]
        if isinstance(base, SpectralAverage):
            base = base.function.xreplace({s: sp.Symbol(s.name, positive=True) for s in base.letters})
            parts = [sp.fraction(sp.together(base))[k] for k in (0, 1)]
            if any(_sign_of_sum(part) != 1 for part in parts):
                return 0
        elif base.is_number:
            sign = sign if base > 0 else -sign
        elif not base.is_Symbol and _sign_of_sum(base) != 1:
            return 0
    return sign


def _sign_of_sum(expression: sp.Expr) -> int:
    numbers = [t.as_coeff_Mul()[0] for t in sp.Add.make_args(sp.expand(expression))]
    return 1 if all(n > 0 for n in numbers) else 0


def balanced_system(
    system: FixedPointSystem,
    growth: Mapping[sp.Symbol, Any],
    *,
    tails: Mapping[sp.Symbol, int] | None = None,
    positive: Sequence[sp.Expr] = (),
) -> Balanced:
    """Write the equations of a system as polynomials in averages, unknowns and parameters.

    Parameters
    ----------
    system : FixedPointSystem
    growth : mapping parameter -> exponent
    tails : mapping measure -> int, optional
        See :class:`Balanced`.
    positive : sequence of sympy.Expr
        Combinations of parameters known to be positive.

    Raises
    ------
    DerivationError
        If an equation is not rational in the unknowns.
    """
    scales = Scales(system.unknown_symbols(), {s: Fraction(e) for s, e in growth.items()})
    generators, inline = _generators(system, scales)
    residuals = [_written(e.residual, inline, generators) for e in system.equations]
    for expression in (*inline.values(), *(o.expression for o in system.observables)):
        _named(expression, generators)
    field = RationalField(residuals)
    numerators = [sp.expand(field.expression(field(r)).as_numer_denom()[0]) for r in residuals]
    numerators, generators = _grouped(numerators, generators)
    more = without_averages(numerators, [g for g in generators if any(e.has(g) for e in numerators)])
    return Balanced(scales, generators, (*numerators, *more), len(numerators), tails or {}, tuple(positive))


def _generators(
    system: FixedPointSystem, scales: Scales
) -> tuple[dict[sp.Symbol, Generator], dict[sp.Basic, sp.Expr]]:
    """Averages by the symbols that define them, and what every other definition stands for, one level each."""
    generators: dict[sp.Symbol, Generator] = {}
    inline: dict[sp.Basic, sp.Expr] = {}
    for definition in system.definitions:
        value = sp.sympify(definition.expression, strict=True)
        if isinstance(value, SpectralAverage):
            generators[definition.symbol] = _average(value, definition.symbol)
        elif not value.has(SpectralAverage, *generators, *inline) and _is_fraction(value, scales):
            generators[definition.symbol] = Generator(sp.Add.make_args(value), definition.symbol)
        else:
            inline[definition.symbol] = value
    return generators, inline


def _average(average: SpectralAverage, shown: sp.Expr) -> Generator:
    return Generator((average.function,), shown, average.variable, average.measure)


def _is_fraction(value: sp.Expr, scales: Scales) -> bool:
    """Whether something is divided by an unknown, or by what grows."""
    below = [sp.fraction(sp.together(part))[1] for part in sp.Add.make_args(value)]
    return any(d.has(*scales.moving()) for d in below)


def _written(
    expression: sp.Expr, inline: Mapping[sp.Basic, sp.Expr], generators: dict[sp.Symbol, Generator]
) -> sp.Expr:
    """An expression with explicit definitions put in and every bare average named."""
    expression = sp.sympify(expression, strict=True)
    while used := {s: inline[s] for s in expression.free_symbols if s in inline}:
        expression = expression.xreplace(used)
    return expression.xreplace(_named(expression, generators))


def _named(expression: sp.Expr, generators: dict[sp.Symbol, Generator]) -> dict[sp.Basic, sp.Expr]:
    """The generator of every average in an expression; those that have none are added."""
    names: dict[sp.Basic, sp.Expr] = {}
    for average in averages_in(expression):
        known = next((n for n, g in generators.items() if g.shown == average), None)
        if known is None:
            known = sp.Symbol(f"average{len(generators)}", positive=True)
            generators[known] = _average(average, average)
        names[average] = known
    return names


def _grouped(
    equations: list[sp.Expr], generators: dict[sp.Symbol, Generator]
) -> tuple[list[sp.Expr], dict[sp.Symbol, Generator]]:
    """Averages over one measure that only occur as one sum, put together."""
    groups: dict[tuple[Any, ...], list[sp.Symbol]] = {}
    for name, generator in generators.items():
        slopes = tuple(sp.expand(sp.diff(e, name)) for e in equations)
        if any(s != 0 for s in slopes) and not any(s.has(*generators) for s in slopes):
            groups.setdefault((generator.variable, generator.measure, slopes), []).append(name)
    kept = dict(generators)
    for names in (group for group in groups.values() if len(group) > 1):
        head, rest = names[0], names[1:]
        parts = [part for name in names for part in generators[name].parts]
        if generators[head].variable is not None:
            parts = [sp.cancel(sp.Add(*parts))]
        shown = sp.Add(*(generators[name].shown for name in names))
        total = sp.Symbol("_".join(map(str, names)), positive=True)
        rule: dict[sp.Basic, sp.Expr] = {head: total, **dict.fromkeys(rest, sp.S.Zero)}
        equations = [e.xreplace(rule) for e in equations]
        kept[total] = Generator(tuple(parts), shown, generators[head].variable, generators[head].measure)
    return equations, kept
