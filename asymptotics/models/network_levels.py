"""Numbers behind the blocks of a linearized network: levels of both kernels, and the law of the second layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.gaussian_squares import gaussian_squares
from asymptotics.models.measures import TAIL, Numbers, SpectralMeasure
from asymptotics.models.sphere_levels import MOST_DEGREES, SIMPLE_DEGREES, degrees_needed
from asymptotics.models.unresolved import enclosed_tail, require_unseen

_MOST_OF_LAW = 100
"""Digits up to which averages over a Gaussian second layer are enclosed."""

Level = tuple[Any, Any, Any, Any]
"""Eigenvalues of the random and the tangent features, multiplicity, power of the target."""


class DoublesOfLists(Float64):
    """Double precision with lists as arrays."""

    digits = None

    def array(self, values: Any) -> np.ndarray:
        """An array of the entries."""
        return np.array(values, dtype=float)


@dataclass(frozen=True)
class NetworkLevels(SpectralMeasure):
    """Levels of the kernels of a two-layer network, on the sphere or in the limit.

    Attributes
    ----------
    network : object
        With ``target``, ``noise``, ``random`` and ``tangent`` (expansions from ``d``, degrees, digits and whether they
        are to be certified; no random one where that block is not trained), ``start`` (variance of the coefficients
        that training starts from), ``begun`` (powers of a start that is not trained), ``gaussian`` (second layer).
    d : int or math.inf
    """

    network: Any
    d: int | float

    @property
    def unending(self) -> bool:  # type: ignore[override]
        """Whether the spectrum does not end."""
        return self.d != math.inf and any(
            e.tail > 0 for e in self._expansions(1, None, False) if e is not None
        )

    def doubles(self, size: float) -> Numbers:
        """Levels that matter for sizes up to some power of the dimension times ``size``."""
        degrees = 1 if self.d == math.inf else degrees_needed(int(self.d), size * float(self.d) ** 2)
        return self._numbers(degrees, DoublesOfLists())

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Levels of a precision."""
        return self._numbers(degrees, arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved levels, and what bounds the eigenvalues in the tail.

        Raises
        ------
        PrecisionError
            If a Gaussian second layer takes too many digits: much fewer tangent features than samples, at small ridge.
        """
        if self.network.gaussian and arithmetic.digits > _MOST_OF_LAW:
            raise PrecisionError(
                f"averages over a Gaussian second layer are not enclosed to {arithmetic.digits} digits",
                "ask for fewer digits, take a larger ridge, or leave out certified=True",
            )
        found = self._numbers(degrees, arithmetic, certified=True)
        if self.d == math.inf:
            return Numbers({**found.scalars, TAIL: arithmetic.convert(0)}, found.spectrum, found.trace)
        letters = {"rest_f": "s", "rest_t": "m"}
        rests = {name: (letters[name], found.scalars[name]) for name in letters if name in found.scalars}
        return enclosed_tail(found, rests, multiplicity(int(self.d), degrees + 1), arithmetic)

    def require_digits(self, degrees: int, digits: int) -> None:
        """Check that degrees that are not resolved are not seen."""
        if self.d != math.inf:
            tails = (e.tail for e in self._expansions(degrees, None, False) if e is not None)
            require_unseen(tails, int(self.d), degrees, digits)

    def first_degrees(self, size: float) -> int:
        """Degrees up to a multiplicity far above all sizes."""
        if self.d == math.inf:
            return 1
        degree = max(self.network.target.largest_degree, 1)
        while degree < SIMPLE_DEGREES and multiplicity(int(self.d), degree + 1) < 1e40:
            degree += 1
        return min(degree, MOST_DEGREES)

    def rank(self, degrees: int) -> int | float | Fraction:
        """Infinite: limits of vanishing ridge are found from the equations."""
        return math.inf

    @property
    def power(self) -> float:
        """Mean squared norm of all features."""
        return float(sum(float(e.total) for e in self._expansions(1, None, False) if e is not None))

    def _expansions(self, degrees: int, digits: int | None, certified: bool) -> list[Expansion | None]:
        network = self.network
        return [part(self.d, degrees, digits, certified) for part in (network.random, network.tangent)]

    def _numbers(self, degrees: int, arithmetic: Any, certified: bool = False) -> Numbers:
        random, tangent = self._expansions(degrees, arithmetic.digits, certified)
        convert, zero = arithmetic.convert, arithmetic.convert(Fraction(0))
        make = self._limit if self.d == math.inf else self._sphere
        begun = self.network.begun(self.d, max(degrees, 1), arithmetic.digits, certified)
        levels, rests = make(random, tangent, begun, degrees, arithmetic)
        noise = convert(Fraction(self.network.noise))
        scalars = {"noise": noise, "rest_t": rests[1]}
        one = convert(Fraction(1))
        law = gaussian_squares(arithmetic) if self.network.gaussian else ([one], [one])
        columns: dict[str, list[Any]] = {
            name: [level[k] for level in levels] for k, name in enumerate("smTB")
        }
        columns |= dict(zip("wA", law, strict=True))
        if random is None:
            del columns["s"]
        else:
            scalars |= {"rest_f": rests[0], "start": convert(Fraction(self.network.start))}
        arrays = {name: arithmetic.array(column) for name, column in columns.items()}
        weights = {name: arrays.pop(name) for name in ("T", "B", "A")}
        trace = sum((float(e.total) for e in (random, tangent) if e is not None), 0.0)
        spectrum = Spectrum(arrays, weights, dict.fromkeys(weights, zero))
        return Numbers(scalars, spectrum, convert(Fraction(trace)))

    def _sphere(
        self, random: Any, tangent: Any, begun: Any, degrees: int, arithmetic: Any
    ) -> tuple[list[Level], tuple[Any, Any]]:
        """Levels degree by degree, and what lies beyond: the target there is a level without eigenvalue."""
        network, convert = self.network, arithmetic.convert
        zero = convert(Fraction(0))
        levels: list[Level] = []
        for k in range(degrees + 1):
            count = convert(multiplicity(int(self.d), k))
            s = zero if random is None else convert(random.powers[k]) / count
            m = convert(tangent.powers[k]) / count
            power = convert(Fraction(network.target.power(k)))
            power = power if begun is None else power + convert(begun.powers[k])
            if s != 0 or m != 0 or power != 0:
                levels.append((s, m, count, power))
        beyond = convert(Fraction(network.target.above(degrees)))
        beyond = beyond if begun is None else beyond + convert(begun.tail)
        levels.append((zero, zero, zero, beyond))
        return levels, (zero if random is None else convert(random.tail), convert(tangent.tail))

    def _limit(
        self, random: Any, tangent: Any, begun: Any, degrees: int, arithmetic: Any
    ) -> tuple[list[Level], tuple[Any, Any]]:
        """The linear level, in units of the dimension; the constant, which tangent features learn as slowly as it."""
        network, convert = self.network, arithmetic.convert
        zero = convert(Fraction(0))
        powers = [network.target.power(0), network.target.power(1), network.target.above(1)]
        target = [convert(Fraction(power)) for power in powers]
        if begun is not None:
            more = (*begun.powers[:2], begun.tail)
            target = [power + convert(value) for power, value in zip(target, more, strict=True)]
        linear = zero if random is None else convert(random.powers[1])
        levels: list[Level] = [
            (linear, convert(tangent.powers[1]), convert(Fraction(1)), target[1]),
            (zero, zero, zero, target[2]),
        ]
        if random is None or random.powers[0] == 0:
            certified = isinstance(arithmetic, Balls)
            second = network.tangent(self.d, 2, arithmetic.digits, certified).powers[2]
            levels.append((zero, convert(second), zero, target[0]))
        return levels, (zero if random is None else convert(random.tail), convert(tangent.tail))
