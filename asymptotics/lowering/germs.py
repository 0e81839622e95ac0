"""Balls times powers of a small parameter: one evaluation covers a whole end of the ridge's half line.

A germ is ``eps**order * ball``, for every ``eps`` in ``(0, bound]``. Sums keep the lower order and enclose the power
of ``eps`` that is left over, so a program run on germs encloses its values for all those ``eps`` at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.lowering.arithmetic import Objects
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum


@dataclass(frozen=True, eq=False)
class Germ:
    """``eps**order * ball``.

    Attributes
    ----------
    ball : ball
    order : Fraction
    kind : Germs
    """

    ball: Any
    order: Fraction
    kind: Germs

    def __eq__(self, other: object) -> bool:
        """Whether it is exactly this constant, or the same germ; zero has any order."""
        if isinstance(other, Germ):
            return bool(self.ball == other.ball) and (self.order == other.order or bool(self.ball == 0))
        return bool(self.ball == other) and (self.order == 0 or other == 0)

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Germ) -> Germ:
        if self.ball == 0:
            return other
        if other.ball == 0:
            return self
        low = min(self.order, other.order)
        return Germ(self.kind.at(self, low) + self.kind.at(other, low), low, self.kind)

    def __sub__(self, other: Germ) -> Germ:
        return self + (-other)

    def __neg__(self) -> Germ:
        return Germ(-self.ball, self.order, self.kind)

    def __mul__(self, other: Germ) -> Germ:
        return Germ(self.ball * other.ball, self.order + other.order, self.kind)

    def __truediv__(self, other: Germ) -> Germ:
        return Germ(self.ball / other.ball, self.order - other.order, self.kind)


class Germs(Objects):
    """Arithmetic of germs.

    Parameters
    ----------
    balls : Balls
        Its precision must be in force.
    bound : ball
        Largest value of the small parameter.

    Examples
    --------
    >>> balls = Balls(10)
    >>> with balls.precision():
    ...     germs = Germs(balls, balls.convert("1/1000"))
    ...     eps = germs.power(Fraction(1))
    ...     ratio = eps / (germs.convert(1) + eps)
    >>> float(ratio.ball.lower()) > 0.998, float(ratio.ball.upper()) >= 1, ratio.order
    (True, True, Fraction(1, 1))
    """

    def __init__(self, balls: Balls, bound: Any) -> None:
        self.balls, self.bound = balls, bound
        self._powers: dict[Fraction, Any] = {}

    def convert(self, value: Any) -> Germ:
        """A constant."""
        return value if isinstance(value, Germ) else self.of(self.balls.convert(value))

    def of(self, ball: Any, order: Fraction = Fraction(0)) -> Germ:
        """A ball times a power of the small parameter."""
        return Germ(ball, order, self)

    def power(self, order: Fraction) -> Germ:
        """A power of the small parameter."""
        return self.of(self.balls.convert(1), order)

    def sqrt(self, value: Germ) -> Germ:
        """Square root."""
        return self.of(self.balls.sqrt(value.ball), value.order / 2)

    def spectrum(self, spectrum: Spectrum | None) -> Spectrum | None:
        """A spectrum of balls that does not depend on the small parameter."""
        if spectrum is None:
            return None
        rows = {name: self.array(values) for name, values in spectrum.weights.items()}
        tails = {name: self.convert(value) for name, value in spectrum.tails.items()}
        return Spectrum(spectrum.each_letter(self.array), rows, tails)

    def at(self, germ: Germ, order: Fraction) -> Any:
        """The ball of a germ divided by a power of the small parameter that is not above its order.

        Parameters
        ----------
        germ : Germ
            A ball times a power.
        order : Fraction
            Not above that of the germ.
        """
        rest = germ.order - order
        if rest == 0 or germ.ball == 0:
            return germ.ball
        if rest < 0:
            raise ZeroDivisionError(f"order {germ.order} below {order}")
        if rest not in self._powers:
            top = self.balls.root(self.bound**rest.numerator, rest.denominator)
            self._powers[rest] = self.balls.to(top)
        return germ.ball * self._powers[rest]
