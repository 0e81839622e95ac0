"""Constants of a model in the limit of infinite dimension: proportional, and in polynomial scaling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.lowering.balls import Balls
from asymptotics.models.measures import STEP, TAIL, Numbers, SpectralMeasure


def exact_powers(model: Any, degrees: int) -> tuple[list[Fraction], Fraction]:
    """Powers per degree, and the total above, of an activation that is given by its coefficients.

    Parameters
    ----------
    model : Model
        With coefficients that are given.
    degrees : int
        The largest.

    Raises
    ------
    InputError
        If it is not.
    """
    activation = getattr(model, "activation", None)
    if activation is None or activation.formula is not None or activation.rule is not None:
        raise InputError("digits", None, "given, unless the activation is given by its coefficients")
    powers = dict(activation.powers)
    values = [Fraction(powers.get(k, 0)) for k in range(max([degrees, *powers]) + 1)]
    return values, Fraction(activation.tail)


class _Expanded(SpectralMeasure):
    """Scalars read off the expansion of a model at infinite dimension."""

    model: Any
    last: int

    def scalars(self, powers: Any, tail: Any, convert: Any) -> dict[str, Any]:
        """Inputs of the programs, noise not included."""
        raise NotImplementedError

    def trace(self, scalars: Any) -> Any:
        """Sum of the powers that samples or features can resolve."""
        raise NotImplementedError

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Scalars of a precision."""
        expansion = self.model.expand(math.inf, self.last, arithmetic.digits)
        return self._assembled(expansion.powers, expansion.tail, arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved scalars; there is no tail of levels."""
        expansion = self.model.expand_certified(math.inf, self.last, arithmetic.digits)
        data = self._assembled(expansion.powers, expansion.tail, arithmetic)
        return Numbers({**data.scalars, TAIL: arithmetic.convert(0)}, None, data.trace)

    def certain_rank(self, data: Numbers) -> bool:
        """Whether there certainly is no nonlinear rest."""
        return bool(data.scalars["mu_starsq"] == 0)

    def _assembled(self, powers: Any, tail: Any, arithmetic: Any) -> Numbers:
        scalars = self.scalars(powers, tail, arithmetic.convert)
        noise = arithmetic.convert(Fraction(self.model.noise))
        return Numbers({**scalars, "noise": noise}, None, self.trace(scalars))

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        return float(self.model.expand(math.inf, 1).total)


@dataclass(frozen=True)
class LimitMeasure(_Expanded):
    """Linear part and nonlinear rest of an activation or kernel and of the target, in the proportional limit.

    Attributes
    ----------
    model : object
        With ``target``, ``noise``, ``expand``, ``expand_certified``.
    """

    model: Any
    last: ClassVar[int] = 1  # type: ignore[misc]

    def scalars(self, powers: Any, tail: Any, convert: Any) -> dict[str, Any]:
        """``mu1sq``, ``mu_starsq``, ``F1sq``, ``F_starsq``.

        Parameters
        ----------
        powers : sequence
            By degree.
        tail : number
            Of higher degrees.
        convert : callable
            To the numbers wanted.
        """
        target = self.model.target
        # A constant in the target is learned for nothing, unless the activation has no constant: then it is noise.
        constant = Fraction(target.power(0)) if powers[0] == 0 else Fraction(0)
        return {
            "mu1sq": convert(powers[1]),
            "mu_starsq": convert(tail),
            "F1sq": convert(Fraction(target.power(1))),
            "F_starsq": convert(Fraction(target.above(1)) + constant),
        }

    def trace(self, scalars: Any) -> Any:
        """Power of everything but the constant."""
        return scalars["mu1sq"] + scalars["mu_starsq"]

    def doubles(self, size: float) -> Numbers:
        """The same in double precision."""
        expansion, target = self.model.expand(math.inf, 1), self.model.target
        linear, tail = float(expansion.powers[1]), float(expansion.tail)
        constant = 0.0 if expansion.powers[0] > 0 else float(target.power(0))
        scalars = {
            "mu1sq": linear,
            "mu_starsq": tail,
            "F1sq": float(target.power(1)),
            "F_starsq": float(target.above(1)) + constant,
            "noise": double("noise", self.model.noise),
        }
        rank = math.inf if tail > 0 else (1.0 if linear > 0 else 0.0)
        return Numbers(scalars, None, linear + tail, rank)

    def exactly(self, arithmetic: Any, degrees: int) -> Numbers:
        """Scalars from coefficients that are given exactly."""
        values, tail = exact_powers(self.model, 1)
        return self._assembled(values[:2], tail + sum(values[2:], Fraction(0)), arithmetic)

    def first_degrees(self, size: float) -> int:
        """The linear part."""
        return 1

    def rank(self, degrees: int) -> int | float | Fraction:
        """In units of the dimension: one, or infinite where the activation is not linear."""
        return _limit_rank(self.model)


@lru_cache(maxsize=256)
def _limit_rank(model: Any) -> int | float:
    expansion = model.expand(math.inf, 1, STEP)
    if expansion.tail != 0:
        return math.inf
    return 1 if expansion.powers[1] != 0 else 0


@dataclass(frozen=True)
class ScalingMeasure(_Expanded):
    """Powers of activation or kernel and of the target degree by degree, in polynomial scaling.

    Attributes
    ----------
    model : object
        With ``target``, ``noise``, ``expand``, ``expand_certified``.
    last : int
        Highest degree that is resolved.
    partly_learned, unlearned : tuple of int
        Degrees that are partly learned, and that act as noise.
    """

    model: Any
    last: int
    partly_learned: tuple[int, ...]
    unlearned: tuple[int, ...]

    def scalars(self, powers: Any, tail: Any, convert: Any) -> dict[str, Any]:
        """``mu{k}sq``, ``F{k}sq`` per degree, ``mu_starsq``, ``F_starsq`` above."""
        target, degrees = self.model.target, range(self.last + 1)
        found = {f"mu{k}sq": convert(powers[k]) for k in degrees}
        found |= {f"F{k}sq": convert(Fraction(target.power(k))) for k in degrees}
        return {**found, "mu_starsq": convert(tail), "F_starsq": convert(Fraction(target.above(self.last)))}

    def trace(self, scalars: Any) -> Any:
        """Power of everything that is not learned entirely."""
        degrees = (*self.unlearned, *self.partly_learned)
        return sum((scalars[f"mu{k}sq"] for k in degrees), scalars["mu_starsq"])

    def doubles(self, size: float) -> Numbers:
        """The same in double precision."""
        expansion, target = self.model.expand(math.inf, self.last), self.model.target
        scalars = {f"mu{k}sq": float(power) for k, power in enumerate(expansion.powers)}
        scalars |= {f"F{k}sq": float(target.power(k)) for k in range(self.last + 1)}
        scalars |= {"mu_starsq": float(expansion.tail), "F_starsq": float(target.above(self.last))}
        rest = scalars["mu_starsq"] + sum(scalars[f"mu{k}sq"] for k in self.unlearned)
        trace = rest + sum(scalars[f"mu{k}sq"] for k in self.partly_learned)
        rank = math.inf if rest > 0 else sum(1 / math.factorial(k) for k in self.partly_learned)
        return Numbers({**scalars, "noise": double("noise", self.model.noise)}, None, trace, rank)

    def first_degrees(self, size: float) -> int:
        """All that are resolved."""
        return self.last

    def rank(self, degrees: int) -> int | float | Fraction:
        """In the units of the smaller size."""
        expansion = self.model.expand(math.inf, self.last, STEP)
        powers = expansion.powers
        if expansion.tail != 0 or any(powers[k] != 0 for k in self.unlearned):
            return math.inf
        present = [k for k in self.partly_learned if powers[k] != 0]
        return sum((Fraction(1, math.factorial(k)) for k in present), Fraction(0))
