"""Poles of the mean inverse as unknowns, and averages written in them.

For each spectrum the poles of the mean inverse become unknowns themselves (the effective ridges), so that every
spectral average has the denominator ``s + nu``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.errors import DerivationError
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.pencil import Pencil


@dataclass(frozen=True)
class Reduced:
    """Equations and everything else, in the unknowns that are left.

    Attributes
    ----------
    residuals, unknowns : tuple
        As many equations as unknowns.
    values : tuple of sympy.Expr
        What was to be carried along.
    traces : tuple of sympy.Expr
        The traces of the Dyson equation in the unknowns left, positive for small variances; those that have
        grown too long to be of use are left out.
    poles : mapping eigenvalue -> tuple of symbols
    meanings : mapping symbol -> str
        What unknowns are that are neither traces nor poles.
    before : tuple of (symbol, symbol)
        Order in which pairs of unknowns are to be eliminated from linear systems; empty for short systems.
    sizes : tuple of Definition
        Names of averages that hold no unknown.
    short : bool
        Whether unknowns were kept so that equations stay short.
    """

    residuals: tuple[sp.Expr, ...]
    unknowns: tuple[sp.Symbol, ...]
    values: tuple[sp.Expr, ...]
    traces: tuple[sp.Expr, ...]
    poles: Mapping[sp.Symbol, tuple[sp.Symbol, ...]]
    meanings: Mapping[sp.Symbol, str] = field(default_factory=dict)
    before: tuple[tuple[sp.Symbol, sp.Symbol], ...] = ()
    sizes: tuple[Definition, ...] = ()
    short: bool = False


def introduce_poles(
    state: Reduced, determinants: Mapping[AnyDimension, sp.Expr], base: Mapping[sp.Symbol, sp.Expr]
) -> tuple[Reduced, frozenset[sp.Symbol]]:
    """The state with the poles of the mean inverse as unknowns, and the unknowns that are to stay.

    Parameters
    ----------
    state : Reduced
        Its traces are its unknowns.
    determinants : mapping dimension -> sympy.Expr
        Of the mean of the pencil minus its self-energy.
    base : mapping source -> value
        Where poles are looked for.

    Raises
    ------
    DerivationError
        If a pole cannot serve as an unknown.
    """
    symbols = state.unknowns
    found = _poles(determinants, set(symbols), base)
    poles: dict[sp.Symbol, tuple[sp.Symbol, ...]] = {}
    kept: set[sp.Symbol] = set()
    for number, (dimension, pole) in enumerate(found, 1):
        nu = symbol("nu" if len(found) == 1 else f"nu_{number}")
        current = pole.subs(dict(zip(symbols, state.traces, strict=True)))
        inside = [u for u in state.unknowns if current.has(u)]
        state = _replace_first(state, inside, current, nu)
        kept |= {nu, *(u for u in inside if u in state.unknowns)}
        poles[dimension.eigenvalue] = (*poles.get(dimension.eigenvalue, ()), nu)
    return Reduced(state.residuals, state.unknowns, state.values, state.traces, poles), frozenset(kept)


def _poles(
    determinants: Mapping[AnyDimension, sp.Expr],
    traces: set[sp.Symbol],
    base: Mapping[sp.Symbol, sp.Expr],
) -> list[tuple[SpectralDimension, sp.Expr]]:
    """Poles of the mean inverse in each eigenvalue, as expressions in the traces; none over a joint law."""
    found: list[tuple[SpectralDimension, sp.Expr]] = []
    for dimension, determinant in determinants.items():
        if not isinstance(dimension, SpectralDimension):
            continue
        s = dimension.eigenvalue
        numerator = sp.fraction(sp.together(determinant.subs(base)))[0]
        for factor, _ in sp.factor_list(sp.expand(numerator))[1]:
            if factor.has(s) and sp.degree(factor, s) == 1 and factor.free_symbols & traces:
                poly = sp.Poly(factor, s)
                pole = sp.cancel(poly.nth(0) / poly.nth(1))
                joint = pole.has(*dimension.eigenvalues[1:])
                if pole != 0 and not joint and (dimension, pole) not in found:
                    found.append((dimension, pole))
    return found


def _replace_first(state: Reduced, inside: Sequence[sp.Symbol], pole: sp.Expr, nu: sp.Symbol) -> Reduced:
    """Use ``nu = pole`` as an unknown in place of the first one the relation is linear in."""
    for unknown in inside:
        numerator = sp.fraction(sp.cancel(nu - pole))[0]
        if sp.degree(numerator, unknown) != 1:
            continue
        poly = sp.Poly(numerator, unknown)
        rule = {unknown: sp.cancel(-poly.nth(0) / poly.nth(1))}
        return Reduced(
            tuple(r.subs(rule) for r in state.residuals),
            tuple(nu if u == unknown else u for u in state.unknowns),
            tuple(v.subs(rule) for v in state.values),
            tuple(t.subs(rule) for t in state.traces),
            state.poles,
        )
    raise DerivationError(f"the pole {pole} is not linear in any of its unknowns")


@dataclass(frozen=True)
class AverageRules:
    """How averages are rewritten: the letters each one binds, and where sources are going to be put."""

    bound: Mapping[sp.Symbol, Sequence[sp.Symbol]]
    base: Mapping[sp.Symbol, sp.Expr]

    @staticmethod
    def of(pencil: Pencil, base: Mapping[sp.Symbol, sp.Expr]) -> AverageRules:
        """The rules for the spectra of a pencil."""
        spectra = (d for d in pencil.dimensions() if isinstance(d, SpectralDimension))
        return AverageRules({d.eigenvalue: d.eigenvalues for d in spectra}, base)

    def joint(self, expressions: Sequence[sp.Expr]) -> bool:
        """Whether companions of an eigenvalue stand in denominators where the sources are going to be put."""
        found = averages_in(*(expression.subs(self.base) for expression in expressions))
        return any(
            sp.fraction(sp.together(average.function))[1].has(*self.bound[average.variable][1:])
            for average in found
            if len(self.bound[average.variable]) > 1
        )

    def spread_all(self, expressions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]) -> list[sp.Expr]:
        """Expressions with every average spread.

        Parameters
        ----------
        expressions : sequence of sympy.Expr
            With averages in them.
        unknowns : sequence of sympy.Symbol
            That are taken out of numerators.
        """
        rule = {average: self.spread(average, unknowns) for average in averages_in(*expressions)}
        return [expression.xreplace(rule) for expression in expressions]

    def spread(self, average: SpectralAverage, unknowns: Sequence[sp.Symbol]) -> sp.Expr:
        """The average as a sum of averages, unknowns in its numerator and scalar factors taken out.

        Proportional averages become equal ones.

        Parameters
        ----------
        average : SpectralAverage
            Over a spectrum.
        unknowns : sequence of sympy.Symbol
            That are taken out of the numerator.
        """
        letters = self.bound.get(average.variable, (average.variable,))
        numerator, denominator = sp.fraction(sp.cancel(average.function))
        if not (numerator.is_polynomial(*letters) and denominator.is_polynomial(*letters)):
            return average
        inside = [u for u in unknowns if numerator.has(u)]
        if denominator.has(*inside) or not numerator.is_polynomial(*inside):
            inside = []
        below = self._leading(denominator, letters)
        total = sp.S.Zero
        parts = sp.Poly(numerator, *inside).terms() if inside else [((), numerator)]
        for powers, coefficient in parts:
            above = self._leading(coefficient, letters)
            function = sp.cancel(coefficient / above) / sp.cancel(denominator / below)
            front = sp.Mul(*(u**power for u, power in zip(inside, powers, strict=True)))
            front = front * sp.cancel(above / below)
            total += front * SpectralAverage(sp.cancel(function), average.variable, average.measure)
        return total

    def _leading(self, polynomial: sp.Expr, letters: Sequence[sp.Symbol]) -> sp.Expr:
        """The first coefficient that does not vanish where the sources are going to be put."""
        coefficients = sp.Poly(polynomial, *letters).coeffs()
        return next((c for c in coefficients if sp.expand(c.subs(self.base)) != 0), sp.S.One)
