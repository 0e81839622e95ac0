r"""The spectrum :math:`k^{-\alpha}`, :math:`k = 1, 2, \dots` without an end: infinitely many terms as a few levels.

Consecutive integers are gathered in blocks whose ends have a constant ratio; in each, a Gauss rule for sums
(:mod:`asymptotics.functions.summation`) has the accuracy asked for, whatever the effective ridge: the functions that
are averaged, :math:`k^{-b}x^i/(1+x)^j` with :math:`x = \nu k^\alpha`, are analytic around a block and vary there by a
bounded factor. What is beyond the last block enters with its exact sum (Hurwitz zeta) as a tail.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import PrecisionError
from asymptotics.functions.exact import double
from asymptotics.functions.summation import ellipse_of, evaluated, recurrence, refined, rule
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.measures import TAIL, Numbers, SpectralMeasure

_RHO = 4.0
_DOUBLE, _MARGIN = 17, 3
_POLES = 8
"""Powers of ``s`` and of ``s + nu`` in what is averaged, derivatives included, that the proved bound allows for."""
_FEW = 1
_SMALLEST = 1e-280
_LARGEST = 1e280
_MOST_BLOCKS = 20_000


@dataclass(frozen=True)
class PowerLawLevels(SpectralMeasure):
    r"""Eigenvalues :math:`k^{-\text{decay}}` and powers :math:`k^{-\text{target\_decay}}`, infinitely many.

    Attributes
    ----------
    decay, target_decay : Fraction or float
        Above one.
    noise : number
    """

    decay: Any
    target_decay: Any
    noise: Any
    truncated: ClassVar[bool] = True
    complex_proofs: ClassVar[bool] = False

    @property
    def gain(self) -> float:
        """Digits that a tenfold number of terms gains."""
        return float(min(2 * self.decay, self.decay + self.target_decay) - 1)

    def order(self, digits: int, poles: int = _FEW) -> int:
        """Nodes of a block.

        Parameters
        ----------
        digits : int
            Of every average.
        poles : int
            Powers of ``s`` and ``s + nu`` that are allowed for.
        """
        missing = digits + _logarithm(self, poles, 0)
        return max(math.ceil((missing / math.log10(_RHO) + 1) / 2), 2)

    def error(self, order: int) -> Fraction:
        """Proved bound on the relative error of every average, twice.

        Parameters
        ----------
        order : int
            Nodes of a block.
        """
        found = 10.0 ** max(math.ceil(_logarithm(self, _POLES, 2 * order - 1) + 0.31), -300)
        return Fraction(found)

    def doubles(self, size: float) -> Numbers:
        """Levels that matter for a smaller size up to the next power of ten, and the rest as a tail."""
        last = self._last(size)
        alpha, b = float(self.decay), float(self.target_decay)
        nodes, weights, rest = [], [], 1
        for start, count in self._blocks():
            rest = start
            if start > last:
                break
            position, share = _block(start, count, self.order(_DOUBLE))
            nodes.append(position)
            weights.append(share)
        k, weight = np.concatenate(nodes), np.concatenate(weights)
        arithmetic = Multiprecision(25)
        tails = {name: float(_beyond(decay, rest, arithmetic)) for name, decay in self._decays()}
        spectrum = Spectrum(k**-alpha, {"T": weight, "B": weight * k**-b}, tails)
        squares = math.exp((1 - 2 * alpha) * math.log(rest)) / (2 * alpha - 1)
        noise = {"noise": double("noise", self.noise)}
        return Numbers(noise, spectrum, self.power, math.inf, (math.sqrt(squares), 2))

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """That many blocks, each to the precision, and the exact rest."""
        spectrum = self._levels(degrees, arithmetic, self.order(arithmetic.digits + _MARGIN), _precise)
        return self._numbers(spectrum, arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """The same with proved nodes, weights that hold the error of the rules, and a bound for the tail."""
        order = self.order(arithmetic.digits + _MARGIN, _POLES)
        error = arithmetic.convert(self.error(order))
        around = 1 + (-error).union(error)

        def enclosed(count: int, nodes: int, numbers: Any) -> tuple[Any, Any]:
            positions, shares = _proved(count, nodes, numbers.digits)
            return positions, [share * around for share in shares]

        data = self._numbers(self._levels(degrees, arithmetic, order, enclosed), arithmetic)
        start, _ = _blocks_of(self.decay)[degrees]
        largest = _power(start, self.decay, arithmetic)
        return Numbers({**data.scalars, TAIL: arithmetic.to(largest)}, data.spectrum, data.trace)

    def rank(self, degrees: int) -> float:
        """Infinite."""
        return math.inf

    @property
    def power(self) -> float:
        """Sum of all eigenvalues: the value of zeta at the decay."""
        return float(Multiprecision(20).context.zeta(Multiprecision(20).convert(Fraction(self.decay))))

    def decays(self) -> tuple[Fraction, Fraction]:
        """Both exponents; a float stands for the decimal it prints."""
        alpha, b = (Fraction(repr(x)) if isinstance(x, float) else x for x in (self.decay, self.target_decay))
        return alpha, b

    def resolution(self, sizes: np.ndarray) -> np.ndarray:
        """Powers of ten."""
        with np.errstate(divide="ignore"):
            return np.ceil(np.log10(np.clip(sizes, 1.0, _LARGEST)) - 1e-9).astype(int)

    def first_degrees(self, size: float) -> int:
        """Blocks that suffice for doubles."""
        return self._count(self._last(size))

    def enough_degrees(self, start: int, digits: int, scale: int, ridge: int) -> int:
        """Blocks after which the rest, whose eigenvalues stand for zero, is below the digits.

        Raises
        ------
        PrecisionError
            If there would be more than 20000.
        """
        terms = (digits + _MARGIN) / self.gain - ridge / float(self.decay)
        return max(start, self._count(10 ** max(math.ceil(terms), 1)))

    def more_degrees(self, degrees: int) -> int:
        """Some more, for a narrower tail."""
        return min(degrees + degrees // 4 + 2, _MOST_BLOCKS)

    def _last(self, size: float) -> int:
        decade = int(self.resolution(np.array(size)))
        if decade >= math.log10(_LARGEST):
            decade = 10**6
        wanted = decade + math.ceil((_DOUBLE + 1) / self.gain)
        most = math.floor(-math.log10(_SMALLEST) / float(max(self.decay, self.target_decay, Fraction(1))))
        return int(10 ** min(wanted, most))

    def _count(self, last: int) -> int:
        for count, (start, _) in enumerate(_blocks_of(self.decay)):
            if start > last:
                return count
        advice = "ask for fewer digits, or take a faster decay"
        raise PrecisionError(f"the spectrum k^(-{self.decay}) decays too slowly for so many digits", advice)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        return iter(_blocks_of(self.decay))

    def _decays(self) -> tuple[tuple[str, Any], tuple[str, Any]]:
        return ("T", self.decay), ("B", self.target_decay)

    def _levels(self, degrees: int, arithmetic: Any, order: int, rule_of: Any) -> Spectrum:
        alpha, b = self.decay, self.target_decay
        levels: list[tuple[Any, Any, Any]] = []
        blocks = _blocks_of(alpha)
        for start, count in blocks[:degrees]:
            if count <= order:
                points = [(arithmetic.convert(k), arithmetic.convert(1)) for k in range(start, start + count)]
            else:
                middle, half = (arithmetic.convert(Fraction(x, 2)) for x in (2 * start + count - 1, count))
                whole = arithmetic.convert(count)
                rows = zip(*rule_of(count, order, arithmetic), strict=True)
                points = [(middle + half * u, whole * share) for u, share in rows]
            for k, weight in points:
                levels.append((_power(k, alpha, arithmetic), weight, weight * _power(k, b, arithmetic)))
        values, counts, powers = (arithmetic.array(row) for row in zip(*levels, strict=True))
        rest = blocks[degrees][0]
        tails = {name: _beyond(decay, rest, arithmetic) for name, decay in self._decays()}
        return Spectrum(values, {"T": counts, "B": powers}, tails)

    def _numbers(self, spectrum: Spectrum, arithmetic: Any) -> Numbers:
        noise = {"noise": arithmetic.convert(Fraction(self.noise))}
        return Numbers(noise, spectrum, _beyond(self.decay, 1, arithmetic))


@lru_cache(maxsize=64)
def _blocks_of(decay: Any) -> tuple[tuple[int, int], ...]:
    """Start and number of terms of every block, up to enormous ones."""
    ratio = Fraction(ellipse_of(float(decay), _RHO)).limit_denominator(1000)
    found: list[tuple[int, int]] = []
    start = 1
    while len(found) < _MOST_BLOCKS and start < 10**4000:
        after = start * ratio.numerator // ratio.denominator + 1
        found.append((start, after - start))
        start = after
    return tuple(found)


def _logarithm(law: PowerLawLevels, poles: int, degree: int) -> float:
    """Common logarithm of a bound on the relative error of a block for a rule exact to a degree."""
    ratio = ellipse_of(float(law.decay), _RHO)
    middle, half = (1 + ratio) / 2, (ratio - 1) / 2
    reach = half * (_RHO + 1 / _RHO) / 2
    spread = math.log10((middle + reach) / (middle - reach))
    slope = float(law.target_decay) + poles * float(law.decay)
    most = math.log10(4 / (_RHO - 1)) + poles / 2 * math.log10(2) + slope * spread
    return most - degree * math.log10(_RHO)


def _block(start: int, count: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a block in double precision."""
    if count <= order:
        return np.arange(start, start + count, dtype=float), np.ones(count)
    nodes, shares = rule(count, order)
    return (start + (count - 1) / 2) + count / 2 * nodes, count * shares


def _precise(count: int, order: int, arithmetic: Any) -> tuple[Any, Any]:
    return _refined(count, order, arithmetic.digits)


@lru_cache(maxsize=4096)
def _refined(count: int, order: int, digits: int) -> tuple[Any, Any]:
    if count > 10 ** (digits + 8):  # the rule of an integral, to all digits
        count = 10 ** (digits + 8)
    return refined(count, order, Multiprecision(digits).context)


@lru_cache(maxsize=4096)
def _proved(count: int, order: int, digits: int) -> tuple[Any, Any]:
    """Balls around nodes and shares: each zero between two points where the polynomial has opposite signs.

    Raises
    ------
    PrecisionError
        If the zeros are not told apart.
    """
    spare = digits + order + 10  # the recurrence widens balls by up to (1 + sqrt 2)^(2 order)
    arithmetic = Balls(2 * spare)
    guesses, _ = _refined(count, order, spare + 6)
    nodes: list[Any] = []
    shares: list[Any] = []
    with arithmetic.precision():
        slopes = [arithmetic.convert(b) for b in recurrence(count, order)]
        one, radius = arithmetic.convert(1), arithmetic.convert(Fraction(1, 10**spare))
        for guess in guesses:
            low, high = arithmetic.convert(guess) - radius, arithmetic.convert(guess) + radius
            ends = [evaluated(end, slopes, one)[0] for end in (low, high)]
            if not (ends[0] * ends[1] < 0 and (not nodes or low > nodes[-1])):
                raise PrecisionError("the nodes of a sum are not told apart", "ask for more digits")
            nodes.append(low.union(high))
            shares.append(1 / evaluated(nodes[-1], slopes, one)[2])
    return nodes, shares


def _power(k: Any, decay: Any, arithmetic: Any) -> Any:
    """A number to minus the decay."""
    return arithmetic.convert(k) ** (-arithmetic.convert(Fraction(decay)))


def _beyond(decay: Any, start: int, arithmetic: Any) -> Any:
    """Sum of the powers from a start on: a value of Hurwitz' zeta function."""
    return arithmetic.zeta(arithmetic.convert(Fraction(decay)), arithmetic.convert(start))
