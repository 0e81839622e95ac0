"""Explicit solutions of leading equations, one unknown after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.rational_functions import RationalField
from asymptotics.errors import DerivationError

LONGEST_TIDIED = 30
"""Terms up to which monomials are taken out of a sum."""


def explicit_solution(
    forms: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]
) -> dict[sp.Symbol, sp.Expr] | None:
    """The unknowns in the parameters; nothing if the equations contradict each other.

    Parameters
    ----------
    forms : sequence of sympy.Expr
        Polynomials that vanish; more of them than unknowns are allowed.
    unknowns : sequence of sympy.Symbol
        Positive.

    Raises
    ------
    DerivationError
        If an equation is not a power of an unknown times and plus something free of it.
    """
    rules: list[tuple[sp.Symbol, sp.Expr]] = []
    left = [without_monomials(form) for form in forms]
    while left:
        left = sorted((form for form in left if form != 0), key=lambda f: (len(sp.Add.make_args(f)), str(f)))
        if any(not form.has(*unknowns) for form in left):
            return None
        step = next((s for form in left for s in [_isolated(form, unknowns)] if s is not None), None)
        if step is None:
            if not left:
                break
            raise DerivationError(f"the leading equation {left[0]} is not explicit")
        name, value = step
        rules.append(step)
        left = [without_monomials(form.xreplace({name: value})) for form in left]
    known: dict[sp.Symbol, sp.Expr] = {}
    for name, value in reversed(rules):
        known[name] = tidy(value.xreplace(known))
    return known


def without_monomials(expression: sp.Expr) -> sp.Expr:
    """Numerator of a rational expression, without common factors that are numbers, symbols or averages.

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> without_monomials(x / y - x**2)
    -x*y + 1
    """
    field = RationalField([expression])
    element = field(expression)
    if not element or field.field is None:
        return sp.S.Zero if not element else sp.S.One
    bare: sp.Expr = without_common(element.numer).as_expr()
    return bare


def without_common(numerator: Any) -> Any:
    """A polynomial of a ring without its content and the powers common to all its terms."""
    numerator = numerator.primitive()[1]
    common = tuple(map(min, zip(*numerator.monoms(), strict=True)))
    terms = {tuple(a - b for a, b in zip(m, common, strict=True)): c for m, c in numerator.terms()}
    return numerator.ring.from_dict(terms)


def _isolated(form: sp.Expr, unknowns: Sequence[sp.Symbol]) -> tuple[sp.Symbol, sp.Expr] | None:
    """An unknown that occurs in one power only and outside averages, and its value."""
    hidden = {s for average in form.atoms(SpectralAverage) for s in average.free_symbols}
    options = []
    for unknown in unknowns:
        if not form.has(unknown) or unknown in hidden:
            continue
        polynomial = sp.Poly(form, unknown)
        powers = {power for (power,) in polynomial.monoms()}
        if len(powers) == 2 and 0 in powers:
            k = max(powers)
            options.append((k, str(unknown), unknown, polynomial))
    if not options:
        return None
    k, _, unknown, polynomial = min(options, key=lambda option: option[:2])
    ratio = tidy(-polynomial.nth(0) / polynomial.nth(k))
    return unknown, ratio if k == 1 else ratio ** sp.Rational(1, k)


def tidy(value: sp.Expr) -> sp.Expr:
    """A rational expression in lowest terms; common monomials taken out where that is quick."""
    field = RationalField([value])
    above, below = sp.fraction(field.expression(field(value)))
    if above.could_extract_minus_sign():
        above, below = -above, -below
    parts = [p if len(sp.Add.make_args(p)) > LONGEST_TIDIED else sp.factor_terms(p) for p in (above, below)]
    return parts[0] / parts[1]


class ExactSample:
    """Reproducible positive values of parameters and a reproducible spectrum.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> ExactSample(1).value(symbol("n") / symbol("n"))
    1
    """

    def __init__(self, seed: int, levels: int = 3) -> None:
        self.random = Random(seed)
        self.levels = range(levels)
        self.eigenvalues: dict[sp.Symbol, list[sp.Rational]] = {}
        self.weights: dict[sp.Symbol, list[sp.Rational]] = {}
        self.known: dict[sp.Basic, sp.Expr] = {}

    def _number(self) -> sp.Rational:
        return sp.Rational(self.random.randint(1, 400), self.random.randint(1, 400))

    def value(self, expression: sp.Expr, given: Mapping[sp.Symbol, sp.Expr] | None = None) -> sp.Expr:
        """Exact value; ``given`` holds symbols that are not drawn at random.

        Parameters
        ----------
        expression : sympy.Expr
        given : mapping symbol -> sympy.Expr, optional
        """
        expression = sp.sympify(expression, strict=True)
        for name in sorted(expression.free_symbols - set(given or {}), key=str):
            self.known.setdefault(name, self._number())
        table = {**self.known, **(given or {})}
        averages = {a: self._average(a, table) for a in expression.atoms(SpectralAverage)}
        return expression.xreplace(averages).xreplace(table)

    def _average(self, average: SpectralAverage, table: Mapping[sp.Basic, sp.Expr]) -> sp.Expr:
        for name, drawn in (
            (average.measure, self.weights),
            *((s, self.eigenvalues) for s in average.letters),
        ):
            if name not in drawn:
                drawn[name] = [self._number() for _ in self.levels]
        function = average.function.xreplace(dict(table))
        points = ({s: self.eigenvalues[s][k] for s in average.letters} for k in self.levels)
        return sp.Add(
            *(w * function.xreplace(at) for w, at in zip(self.weights[average.measure], points, strict=True))
        )
