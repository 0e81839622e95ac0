"""Rational functions as numbers: a program run on them returns formulas."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.polys.fields import field

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.lowering.arithmetic import Objects


class RationalFunctions(Objects):
    """Arithmetic of the field of rational functions in some positive symbols.

    Parameters
    ----------
    names : sequence of str

    Examples
    --------
    >>> arithmetic = RationalFunctions(["a", "b"])
    >>> a, b = arithmetic.variable("a"), arithmetic.variable("b")
    >>> arithmetic.expression(arithmetic.sqrt(a * a + 2 * a * b + b * b) / a)
    (a + b)/a
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.field, *generators = field([symbol(name) for name in names], sp.QQ)
        self.generators = dict(zip(names, generators, strict=True))

    def variable(self, name: str) -> Any:
        """One of the symbols."""
        return self.generators[name]

    def convert(self, value: Any) -> Any:
        """A rational constant."""
        if isinstance(value, (int, Fraction)):
            value = Fraction(value)
            return self.field(sp.QQ(value.numerator, value.denominator))
        return value

    def sqrt(self, value: Any) -> Any:
        """Positive square root of the square of a rational function.

        Raises
        ------
        DerivationError
            If the root is not rational.
        """
        constant, factors = (value.numer * value.denom).sqf_list()
        root = self.field(1)
        for polynomial, power in factors:
            if power % 2:
                raise DerivationError(f"the square root of {value} is not rational")
            at_ones = polynomial.evaluate([(x, 1) for x in polynomial.ring.gens])
            root = root * self.field(polynomial if at_ones > 0 else -polynomial) ** (power // 2)
        scale = Fraction(int(constant.numerator), int(constant.denominator))
        return root * self.convert(_rational_root(scale)) / self.field(value.denom)

    def expression(self, value: Any) -> sp.Expr:
        """The formula, factored."""
        return sp.factor(value.as_expr())


def _rational_root(value: Fraction) -> Fraction:
    root = Fraction(sp.integer_nthroot(value.numerator, 2)[0], sp.integer_nthroot(value.denominator, 2)[0])
    if root * root != value:
        raise DerivationError(f"the square root of {value} is not rational")
    return root
