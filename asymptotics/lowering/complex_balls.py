"""Complex balls: rectangles of two real balls, for proofs at complex ridges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import acb, acb_mat, arb
from mpmath.libmp import from_man_exp

from asymptotics.lowering.balls import Balls


class ComplexBalls(Balls):
    """Arithmetic of complex balls; real ones may stand beside them.

    Parameters
    ----------
    digits : int
        Working precision in decimal digits, in force inside :meth:`precision`.

    Examples
    --------
    >>> arithmetic = ComplexBalls(20)
    >>> with arithmetic.precision():
    ...     root = arithmetic.sqrt(arithmetic.number(0, 2))
    >>> print(root.str(10))
    1.000000000 + 1.000000000j
    """

    def number(self, real: Any, imaginary: Any = 0) -> Any:
        """A complex ball from two exactly given numbers, or two real balls."""
        return acb(self.convert(real), self.convert(imaginary))

    def sqrt(self, value: Any) -> Any:
        """Principal square root."""
        return value.sqrt()

    def conjugate(self, value: Any) -> Any:
        """Complex conjugate."""
        return value.conjugate() if isinstance(value, acb) else value

    def modulus(self, value: Any) -> Any:
        """An upper bound of the modulus."""
        return value.abs_upper()

    def box(self, centre: Any, radius: Any) -> Any:
        """The square around a midpoint with half its side given.

        Parameters
        ----------
        centre : number
            Complex.
        radius : number
            Half the side.
        """
        return acb(arb(centre.real.mid(), radius.upper()), arb(centre.imag.mid(), radius.upper()))

    def approximate(self, value: Any, context: Any) -> Any:
        """The midpoint as an mpmath number.

        Parameters
        ----------
        value : complex ball
            Any.
        context : mpmath context
            Of the precision.
        """
        parts = (
            from_man_exp(*(int(part) for part in x.mid().man_exp()), context.prec, "n")
            for x in (value.real, value.imag)
        )
        return context.make_mpc(tuple(parts))

    def products(self, left: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Sums of products of the rows of one table with those of another.

        Parameters
        ----------
        left : sequence of Sequence[Any]
            Rows of numbers.
        right : sequence of Sequence[Any]
            Rows of numbers.

        Examples
        --------
        >>> ComplexBalls(10).products([[1, 2]], [[3, 4], [0, 1]])
        [[11.0000000000000, 2.00000000000000]]
        """
        return (
            acb_mat([list(row) for row in left]) * acb_mat([list(row) for row in right]).transpose()
        ).table()
