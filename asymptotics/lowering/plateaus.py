r"""The master equation without cancellation on plateaus.

A trace of S(S+nu)^{-1} counts the eigenvalues above nu, up to little: between well separated levels it stays close to
that count N, and where the size is close to N as well, ``c + T - size`` loses what decides the root. Taking w - 1 = -x
in place of w = s/(s+nu) for every learned level, s > nu, and N from the size, leaves

    c + sum over unlearned levels of w  -  sum over learned levels of x  -  (size - N)

with |summands| at most twice the slope of the equation: rounding errors then move the root by a few units in the last
place, whatever the spectrum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in, combine_averages
from asymptotics.equations.system import Definition


class Balance(sp.Function):
    """``a/(a+b)`` where it is at most one half, ``-b/(a+b)`` elsewhere: the two differ by one."""

    nargs = 2


class Learned(sp.Function):
    """One where ``a > b``, zero elsewhere."""

    nargs = 2


@dataclass(frozen=True)
class BalancedLeft:
    """The left side of a master equation, ``rest + weight * count``.

    Attributes
    ----------
    rest : sympy.Expr
    count : sympy.Expr
        Number of learned eigenvalues, with multiplicity.
    weight : sympy.Expr
        What the trace is multiplied by in the equation.
    """

    rest: sp.Expr
    count: sp.Expr
    weight: sp.Expr


def balance_left(left: sp.Expr, definitions: Iterable[Definition], nu: sp.Symbol) -> BalancedLeft | None:
    """Split off the count of learned eigenvalues from the left side of a master equation.

    Parameters
    ----------
    left : sympy.Expr
        Linear in the defined averages, all with the same coefficient.
    definitions : iterable of Definition
        Of the averages.
    nu : sympy.Symbol
        The master unknown.

    Returns
    -------
    BalancedLeft or None
        None if the left side does not have this form.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> nu, s, c, T = symbol("nu"), symbol("s"), symbol("c"), symbol("T")
    >>> found = balance_left(c + T, [Definition(T, s / (s + nu))], nu)
    >>> found.rest, found.count
    (c + Balance(s, nu), Learned(s, nu))
    """
    present = [d for d in definitions if left.has(d.symbol) and d.expression.has(nu)]
    weights = {sp.diff(left, d.symbol) for d in present}
    if len(weights) != 1:
        return None
    weight = weights.pop()
    others = sp.expand(left - weight * sp.Add(*(d.symbol for d in present)))
    if any(others.has(d.symbol) or weight.has(d.symbol) for d in present):
        return None
    total = sp.Add(*(d.expression for d in present))
    pairs = _from_average(total, nu) if averages_in(total) else _from_rational(total, nu)
    if pairs is None:
        return None
    balanced, count = pairs
    return BalancedLeft(others + weight * balanced, count, weight)


def _from_average(total: sp.Expr, nu: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    node = combine_averages(total)
    if not isinstance(node, SpectralAverage):
        return None
    s, measure = node.variable, node.measure
    if sp.cancel(node.function - s / (s + nu)) != 0:
        return None
    return SpectralAverage(Balance(s, nu), s, measure), SpectralAverage(Learned(s, nu), s, measure)


def _from_rational(total: sp.Expr, nu: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Partial fractions in nu: a pole at ``-a`` is a level of eigenvalue ``a``."""
    balanced, count = sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(sp.apart(sp.together(total), nu)):
        numerator, denominator = sp.fraction(term)
        bottom = sp.Poly(denominator, nu)
        level = sp.cancel(bottom.nth(0) / bottom.LC())
        if bottom.degree() == 1 and level != 0 and not numerator.has(nu):
            multiplicity = sp.cancel(numerator / bottom.nth(0))
            balanced += multiplicity * Balance(level, nu)
            count += multiplicity * Learned(level, nu)
        else:
            balanced += term
    return balanced, count
