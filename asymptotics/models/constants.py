"""Numbers of a model of one's own: constants, what activations and targets contribute, and a spectrum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.exact import number
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.targets import Target, as_target
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import TAIL, Numbers, SpectralMeasure

__all__ = ["Constants"]


def _is_number(text: str) -> bool:
    try:
        number("value", text)
    except InputError:
        return False
    return True


def _column(name: str, values: Any) -> tuple[Fraction | float, ...]:
    """One column of levels."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(name, values, "a sequence of numbers, one per level")
    found = tuple(number(name, entry, minimum=0) for entry in values)
    if not found:
        raise InputError(name, values, "at least one level")
    return found


def _is_letter(name: str) -> bool:
    """Whether a column of levels holds eigenvalues or companions; measures begin with a capital."""
    return not name[:1].isupper()


class _Doubles(Float64):
    """Double precision with levels as arrays."""

    def array(self, values: Any) -> np.ndarray:
        return np.array(values, dtype=float)


@dataclass(frozen=True, init=False)
class Constants(SpectralMeasure):
    r"""Numbers behind the equations of a model of one's own.

    Parameters
    ----------
    d : int or math.inf, optional
        Input dimension in which activations are expanded; infinite by default.
    levels : mapping, optional
        For a program over a spectrum: sequences of one length under the names of the eigenvalue's letters (``"s"``),
        of the multiplicities (``"T"``), and of the power of a deterministic vector per level (``"B"``, its measure).
    **values : number, Activation or its name, Target or mapping
        Parameters of the program by name. An activation under the name ``f`` gives :math:`\mu_1` as ``f_mu1``,
        :math:`\mu_\star` as ``f_star``, and the squares as ``f_mu1sq`` and ``f_starsq``, with :math:`\mu_1` positive
        and the constant left out; a target gives ``F1sq`` and ``F_starsq``, its powers in degree one and above.

    Raises
    ------
    InputError
        If a value is none of these.
    ShapeError
        If levels have different lengths.

    References
    ----------
    docs/howto/own_models.md.

    Examples
    --------
    >>> Constants(noise="0.1", mu1="1/2").doubles(1.0).scalars
    {'noise': 0.1, 'mu1': 0.5}
    >>> sorted(Constants(first="relu", target={1: 1}).doubles(1.0).scalars)
    ['F1sq', 'F_starsq', 'first_mu1', 'first_mu1sq', 'first_star', 'first_starsq']
    """

    d: int | float
    values: tuple[tuple[str, Fraction | float], ...]
    activations: tuple[tuple[str, Activation], ...]
    target: Target | None
    levels: tuple[tuple[str, tuple[Fraction | float, ...]], ...]

    def __init__(self, d: Any = math.inf, *, levels: Mapping[str, Any] | None = None, **values: Any) -> None:
        plain, functions, target = [], [], None
        for name, value in values.items():
            if isinstance(value, (Target, Mapping)):
                if target is not None:
                    raise InputError(name, value, "one target")
                target = as_target(value)
            elif isinstance(value, Activation) or (isinstance(value, str) and not _is_number(value)):
                functions.append((name, as_activation(value)))
            else:
                plain.append((name, number(name, value, minimum=0)))
        read = {name: _column(name, column) for name, column in (levels or {}).items()}
        if len({len(column) for column in read.values()}) > 1:
            shown = ", ".join(f"{name}: {len(column)}" for name, column in read.items())
            raise ShapeError("levels", shown, "sequences of one length")
        if levels is not None and ("T" not in read or not any(_is_letter(name) for name in read)):
            raise InputError(
                "levels", sorted(read), "an eigenvalue's letter and multiplicities 'T' among them"
            )
        for name, value in (
            ("d", math.inf if d is None else d), ("values", tuple(plain)), ("activations", tuple(functions)),
            ("target", target), ("levels", tuple(read.items())),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def doubles(self, size: float) -> Numbers:
        """Numbers in double precision."""
        arithmetic = _Doubles()
        parts = {name: expand(activation, self.d, 1) for name, activation in self.activations}
        return self._assembled(parts, arithmetic)

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Numbers of a precision.

        Parameters
        ----------
        degrees : int
            Not used: there are no degrees.
        arithmetic : arithmetic
            Numbers of a precision.
        """
        parts = {name: expand(a, self.d, 1, arithmetic.digits) for name, a in self.activations}
        return self._assembled(parts, arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved numbers; there is no tail."""
        parts = {name: expand_certified(a, self.d, 1, arithmetic.digits) for name, a in self.activations}
        data = self._assembled(parts, arithmetic)
        return Numbers({**data.scalars, TAIL: arithmetic.convert(0)}, data.spectrum, data.trace)

    def _assembled(self, parts: Mapping[str, Any], arithmetic: Any) -> Numbers:
        scalars = {name: arithmetic.convert(Fraction(value)) for name, value in self.values}
        for name, expansion in parts.items():
            squares = {
                "mu1": arithmetic.convert(expansion.powers[1]),
                "star": arithmetic.convert(expansion.tail),
            }
            for part, square in squares.items():
                scalars[f"{name}_{part}sq"] = square
                scalars[f"{name}_{part}"] = arithmetic.sqrt(square)
        if self.target is not None:
            scalars["F1sq"] = arithmetic.convert(Fraction(self.target.power(1)))
            scalars["F_starsq"] = arithmetic.convert(Fraction(self.target.above(1)))
        return Numbers(scalars, self._spectrum(arithmetic), arithmetic.convert(1))

    def _spectrum(self, arithmetic: Any) -> Spectrum | None:
        if not self.levels:
            return None
        columns = {name: arithmetic.array([Fraction(v) for v in column]) for name, column in self.levels}
        letters = {name: column for name, column in columns.items() if _is_letter(name)}
        given = {name: column for name, column in columns.items() if name not in letters}
        further = list(letters)[1:]
        # A trace or vector weighed with a companion is what it is made of, level by level.
        weighed = {f"{w}_{g}": given[w] * letters[g] for w in given if "_" not in w for g in further}
        weights = {**weighed, **given}
        eigenvalues = next(iter(letters.values())) if len(letters) == 1 else letters
        zero = arithmetic.convert(0)
        return Spectrum(eigenvalues, weights, dict.fromkeys(weights, zero))

    def rank(self, degrees: int) -> int | float | Fraction:
        """Not used: singular points of an own model are found from its equations."""
        return math.inf

    @property
    def power(self) -> float:
        """One: the unit of a ridge is the user's."""
        return 1.0
