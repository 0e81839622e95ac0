r"""A spectrum that is a power law, for dominant balance: the sibling of levels separated by powers.

An average of :math:`s^a\nu^u/(s+\nu)^m` is not led by single levels but by two families of powers of the pole, one
fractional and one of integers, or, where the pole exceeds every eigenvalue, by moments. Which constants stand in front
is not decided here: each is a positive symbol, with its sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.balance import BalanceTerm, ConsistentExponents, Interval, balances
from asymptotics.transforms.limits.contributions import Shape, shapes
from asymptotics.transforms.limits.exponents import ScaledProblem
from asymptotics.transforms.limits.growth import ZERO

_CONSTANT = Fraction(0)
_LEADING = 2
"""Integer powers that take part in the balance; those after them are smaller."""

Expansion = Callable[[sp.Symbol, int, int, bool, int], tuple[Sequence[Any], Fraction]]
"""Terms of a sum, and the power of the first that is left out: of a measure, powers of x and 1 + x, whether the pole is
large, number of integer powers."""


@dataclass(frozen=True)
class PowerLaw:
    """A power law, through the expansions of its sums.

    Attributes
    ----------
    expansion : callable
        Terms with ``power`` and ``sign``, see :class:`asymptotics.functions.power_sums.SumTerm`.
    """

    expansion: Expansion

    def terms_of(
        self, average: SpectralAverage, unknowns: tuple[sp.Symbol, ...], large: bool, count: int = _LEADING
    ) -> list[tuple[Shape, sp.Symbol, Fraction, Any]]:
        """An average as powers of its pole: the shape it comes from, the pole, its power, the term.

        Parameters
        ----------
        average : SpectralAverage
        unknowns : tuple of sympy.Symbol
        large : bool
            Whether the pole exceeds every eigenvalue.
        count : int
            Integer powers.
        """
        return self.expanded(average, unknowns, large, count)[0]

    def expanded(
        self, average: SpectralAverage, unknowns: tuple[sp.Symbol, ...], large: bool, count: int
    ) -> tuple[list[tuple[Shape, sp.Symbol, Fraction, Any]], list[Fraction]]:
        """The same, and for each shape the power of the pole from which on terms are left out.

        Parameters
        ----------
        average, unknowns, large, count
            As for :meth:`terms_of`.
        """
        found, rest = [], []
        for shape in shapes(average, unknowns):
            if len(shape.poles) != 1:
                raise DerivationError(f"{average} has several poles: no power law is known for it")
            ((pole, multiple),) = shape.poles.items()
            multiple = int(multiple)
            whole = int(sum(shape.unknown_powers.values())) + int(shape.power) - multiple
            if any(power and name != pole for name, power in shape.unknown_powers.items()):
                raise DerivationError(f"{average} holds another unknown than its pole")
            terms, unknown = self.expansion(
                average.measure, multiple - int(shape.power), multiple, large, count
            )
            found += [(shape, pole, term.power + whole, term) for term in terms]
            rest.append(unknown + whole)
        return found, rest

    def contributions(
        self, average: SpectralAverage, unknowns: tuple[sp.Symbol, ...], large: bool
    ) -> list[BalanceTerm]:
        """Terms of an average in a balance; the constant of each is a positive symbol with the term's text.

        Parameters
        ----------
        average, unknowns, large
            As for :meth:`terms_of`.
        """
        found = []
        for shape, pole, power, term in self.terms_of(average, unknowns, large):
            vector = tuple(power if u == pole else _CONSTANT for u in unknowns)
            constant = term.sign * sp.Symbol(f"[{term}]", positive=True)
            rational = sp.Rational(power.numerator, power.denominator)
            coefficient = shape.coefficient * constant * pole**rational
            found.append(BalanceTerm(coefficient, ZERO, vector, str(term)))
        return found


def unique_balance(
    problem: ScaledProblem, averages: Mapping[sp.Symbol, SpectralAverage], law: PowerLaw, pole: sp.Symbol
) -> tuple[ConsistentExponents, bool, list[list[BalanceTerm]]]:
    """The one consistent choice of exponents, whether the pole is large, and every term that was weighed.

    Parameters
    ----------
    problem : ScaledProblem
        Its residuals in parameters, unknowns and averages; the spectrum is the law.
    averages : mapping symbol -> SpectralAverage
    law : PowerLaw
    pole : sympy.Symbol
        The unknown that is the pole of every average.

    Raises
    ------
    DerivationError
        If no choice, or more than one, is consistent: that the pole neither vanishes nor grows, for instance.
    """
    place = problem.unknowns.index(pole)
    found = []
    for large in (False, True):
        region = (Interval(place, ZERO, None) if large else Interval(place, None, ZERO),)
        table = {
            name: law.contributions(average, problem.unknowns, large) for name, average in averages.items()
        }
        equations = [problem.expanded(residual, table) for residual in problem.residuals]
        for solution in balances(equations, problem.unknowns, region, problem.positive):
            found.append((solution, large, equations))
    if len(found) != 1 or found[0][0].free:
        reason = "the effective ridge stays of order one: no power of the eigenvalues leads there"
        several = f"{len(found)} balances of the leading terms are consistent"
        raise DerivationError(reason if not found else several)
    return found[0]
