"""Numbers behind features on inputs with a covariance: products of harmonics, and what a test law makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.program import Spectrum
from asymptotics.models.inputs import Level, aligned, mean_variance
from asymptotics.models.measures import STEP, TAIL, Numbers, SpectralMeasure
from asymptotics.models.network_levels import DoublesOfLists
from asymptotics.models.product_levels import Multi, counted, most_degrees, shares

_NEGLIGIBLE, _SMALLEST = 1e-17, 1e-19
SPARE = 24
_VISIBLE = 1e-3
_MOST_TIMES = 3
_MARGIN = 16


@dataclass
class _Table:
    """Levels of equal eigenvalue: lists of equal length, and what lies at eigenvalues too small to resolve."""

    eigenvalues: list[Any] = field(default_factory=list)
    weights: dict[str, list[Any]] = field(default_factory=dict)
    tails: dict[str, Any] = field(default_factory=dict)

    def add(self, eigenvalue: Any, **weights: Any) -> None:
        self.eigenvalues.append(eigenvalue)
        for name, value in weights.items():
            self.weights.setdefault(name, []).append(value)


@dataclass(frozen=True)
class InputLevels(SpectralMeasure):
    """Levels of features on inputs with a covariance.

    Attributes
    ----------
    model : OnInputs
    d : int or math.inf
        Infinite in proportion, where levels have shares of the directions.
    """

    model: Any
    d: int | float

    @property
    def levels(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Levels of the training law and of the test law."""
        model = self.model
        tested = model.inputs if model.tested is None else model.tested
        return aligned(model.inputs, tested, self.d)

    @property
    def dimension(self) -> int | float:
        """Dimension in whose zonal polynomials functions are expanded."""
        return self.d if self.model.inputs.law == "sphere" else math.inf

    def doubles(self, size: float) -> Numbers:
        """Levels in double precision."""
        return _doubles(self)

    @property
    def truncated(self) -> bool:  # type: ignore[override]
        """Whether there are degrees that are not told apart."""
        return self.d != math.inf

    def in_digits(self, degrees: int, arithmetic: Multiprecision) -> Numbers:
        """Levels of a precision.

        Raises
        ------
        PrecisionError
            If degrees that are not resolved would be seen in these digits.
        """
        return self._numbers(self._top(arithmetic.digits), arithmetic)

    def in_balls(self, degrees: int, arithmetic: Balls) -> Numbers:
        """Proved levels.

        Raises
        ------
        PrecisionError
            If there are infinitely many at finite size, or another law of the test inputs.
        """
        if self.model.tested is not None:
            raise PrecisionError("nothing is proved under another law of the test inputs", "ask for digits=")
        found = self._numbers(self._top(None), arithmetic, certified=True)
        assert found.spectrum is not None
        if self.d != math.inf and not found.spectrum.tails["T"] == 0:
            raise PrecisionError(
                "the spectrum has a tail of which no bound is used", "leave out certified=True"
            )
        return Numbers({**found.scalars, TAIL: arithmetic.convert(0)}, found.spectrum, found.trace)

    def rank(self, degrees: int) -> int | float | Fraction:
        """Number of positive eigenvalues; infinite with a tail."""
        return _doubles(self).rank

    @property
    def power(self) -> float:
        """Mean squared norm of the features."""
        return float(self._expansion(1, None).total)

    @property
    def spread(self) -> float:
        """Standard deviation of the squared length of an input, over its mean; zero on spheres."""
        if self.model.inputs.law == "sphere":
            return 0.0
        pairs = zip(level_weights(self.levels[0]), self.levels[0], strict=True)
        return math.sqrt(2 * sum(float(weight) ** 2 / float(level.count) for weight, level in pairs))

    @property
    def most_samples(self) -> float:
        """Effective number of functions in the first degree that is not told apart; infinite where nothing is in it."""
        top, (own, _) = self._top(None), self.levels
        rest = self._expansion(top, None)
        beyond = float(rest.tail) > _VISIBLE * float(rest.total) or self.model.target.above(top) > 0
        if not beyond:
            return math.inf
        pairs = zip(level_weights(own), own, strict=True)
        overlap = sum(float(weight) ** 2 / float(level.count) for weight, level in pairs)
        return float(overlap ** -(top + 1) / math.factorial(top + 1))

    def _expansion(
        self, degrees: int, digits: int | None, certified: bool = False, test: bool = False
    ) -> Any:
        variance = mean_variance(self.levels[int(test)])
        return self.model.powers(variance, self.dimension, degrees, digits, certified)

    def _top(self, digits: int | None) -> int:
        """Largest degree that is told apart."""
        if self.d == math.inf:
            return 1
        levels, target = len(self.levels[0]), self.model.target.largest_degree
        least = _NEGLIGIBLE if digits is None else 10.0 ** -(digits + _MARGIN)
        for times in (1,) if digits is None else (1, _MOST_TIMES):
            most = most_degrees(levels, times)
            found = self._expansion(most, digits)
            small = (k for k in range(1, most + 1) if found.above(k) <= found.total * least)
            top = next(small, most if digits is None else None)
            if top is not None:
                return min(max(top, target), most)
        reached = max(int(-math.log10(float(found.tail / found.total))) - _MARGIN, 1)
        raise PrecisionError(
            f"degrees above {most}, which are not told apart, would be seen in so many digits",
            f"ask for at most {reached} digits, or for Proportional",
        )

    def _numbers(self, top: int, arithmetic: Any, certified: bool = False) -> Numbers:
        model, convert = self.model, arithmetic.convert
        own, tested = self.levels
        expansion = self._expansion(top, arithmetic.digits, certified)
        exact = recurrence_numbers(arithmetic, certified)
        masses = self._masses(expansion.powers, [exact(w) for w in level_weights(own)], arithmetic)
        parts, beyond = self._target(top, own)
        table = _Table(tails={"T": convert(expansion.tail), "B": convert(beyond)})
        law = None if model.tested is None else _TestLaw(self, own, tested, top, arithmetic, masses)
        if law is not None:
            law.require(parts)
        least = expansion.total * _SMALLEST if arithmetic.digits is None else convert(Fraction(0))
        for multi in sorted({**masses, **parts}):
            if multi == () and self.d == math.inf:
                continue
            count, mass = self._count(multi, own), masses.get(multi, convert(Fraction(0)))
            if mass <= least and not parts.get(multi):
                table.tails["T"] += mass
                continue
            if not count:
                advice = "a level of one direction has none of degree two on its sphere: take law='gaussian'"
                raise InputError("target", str(model.target), "a target of harmonics that exist", advice)
            power = convert(parts.get(multi, Fraction(0)))
            more = {} if law is None else law.weights(multi, mass, convert(count), power)
            table.add(mass / convert(count), T=convert(count), B=power, **more)
        constant = parts.get((), Fraction(0)) if self.d == math.inf else Fraction(0)
        if constant and expansion.powers[0] == 0:
            table.tails["B"] += convert(constant)
        if law is not None:
            table.tails |= law.tails(top, constant, expansion.powers[0] != 0)
        weights = {name: arithmetic.array(column) for name, column in table.weights.items()}
        spectrum = Spectrum(arithmetic.array(table.eigenvalues), weights, table.tails)
        constants = {"noise": convert(Fraction(model.noise))}
        total = sum((spectrum.eigenvalues * weights["T"]).tolist(), table.tails["T"])
        rank = (
            math.inf
            if table.tails["T"] > 0
            else sum(
                float(self._count(m, own)) for m in masses if masses[m] > 0 and (m or self.d != math.inf)
            )
        )
        return Numbers(constants, spectrum, total, rank)

    def _masses(self, powers: Sequence[Any], weights: Sequence[Any], arithmetic: Any) -> dict[Multi, Any]:
        """Power of every multi-degree: that of a degree, by its shares."""
        found: dict[Multi, Any] = {}
        counts = self._counts(self.levels[0])
        d = 1 if self.d == math.inf else int(self.d)
        law = "gaussian" if self.dimension == math.inf else "sphere"
        for power, part in zip(powers, shares(weights, counts, d, len(powers) - 1, law), strict=True):
            if power != 0:
                given = arithmetic.convert(power)
                for multi, share in part.items():
                    term = given * arithmetic.convert(share)
                    found[multi] = found[multi] + term if multi in found else term
        return found

    def _counts(self, levels: Sequence[Level]) -> tuple[int, ...]:
        return tuple(1 if self.d == math.inf else int(level.count) for level in levels)

    def _count(self, multi: Multi, levels: Sequence[Level]) -> Fraction:
        if self.d == math.inf:
            return levels[multi[0][0]].count if multi else Fraction(0)
        return Fraction(counted(multi, self._counts(levels), self.model.inputs.law))

    def _target(self, top: int, levels: Sequence[Level]) -> tuple[dict[Multi, Fraction], Fraction]:
        """Power of the target in every multi-degree up to a degree, and above."""
        return target_parts(self.model.target, levels, top)


@lru_cache(maxsize=64)
def _doubles(measure: InputLevels) -> Numbers:
    return measure._numbers(measure._top(None), DoublesOfLists())


def recurrence_numbers(arithmetic: Any, certified: bool) -> Any:
    """What turns fractions into numbers for recurrences: more digits than those of an arithmetic; exact for balls.

    Parameters
    ----------
    arithmetic : Arithmetic
        Of the result.
    certified : bool
        Whether the result is proved.
    """
    if certified:
        return lambda value: value
    return float if arithmetic.digits is None else Multiprecision(arithmetic.digits + SPARE).convert


def level_weights(levels: Sequence[Level]) -> list[Fraction]:
    """Share of every level in the mean squared norm of an input."""
    total = sum((level.variance * level.count for level in levels), Fraction(0))
    return [level.variance * level.count / total for level in levels]


def target_parts(target: Any, levels: Sequence[Level], top: int) -> tuple[dict[Multi, Fraction], Fraction]:
    """Power of a target in every multi-degree up to a degree, and the power above.

    A degree that is given as a whole points in isotropic directions of the inputs.

    Parameters
    ----------
    target : Target
    levels : sequence of Level
    top : int
    """
    parts: dict[Multi, Fraction] = {}
    told = dict(getattr(target, "parts", ()))
    for multi, power in told.items():
        require_levels(multi, levels, target)
        if sum(multi) <= top:
            key = tuple((b, k) for b, k in enumerate(multi) if k)
            parts[key] = parts.get(key, Fraction(0)) + Fraction(power)
    split = {sum(multi) for multi in told}
    for degree, power in target.powers:
        if degree <= top and degree not in split and power:
            divided = shares(level_weights(levels), (1,) * len(levels), 1, degree, "gaussian")[degree]
            for key, share in divided.items():
                parts[key] = parts.get(key, Fraction(0)) + Fraction(power) * share
    return parts, Fraction(target.above(top))


def require_levels(multi: Sequence[int], levels: Sequence[Level], target: Any) -> None:
    """Check that a target given by levels has those of the inputs.

    Parameters
    ----------
    multi : sequence of int
        A multidegree of the target: one entry for each level.
    levels : sequence of Level
        Of the inputs.
    target : object
        What an error shows.

    Raises
    ------
    InputError
        If their numbers differ.
    """
    if len(multi) != len(levels):
        given = f"{len(multi)} levels in {target}"
        raise InputError("target", given, f"one entry for each of the {len(levels)} levels of the inputs")


class _TestLaw:
    """What a test law makes of levels: gains of features, drifts of the target, and what is independent of training."""

    def __init__(
        self, measure: InputLevels, own: Sequence[Level], tested: Sequence[Level], top: int, arithmetic: Any,
        masses: Mapping[Multi, Any],
    ) -> None:  # fmt: skip
        self.measure, self.arithmetic, self.top = measure, arithmetic, top
        self.ratios = [b.variance / a.variance for a, b in zip(own, tested, strict=True)]
        self.mean = sum((w * r for w, r in zip(level_weights(own), self.ratios, strict=True)), Fraction(0))
        at = [mean_variance(levels) for levels in (own, tested)]
        fine = Multiprecision(max(arithmetic.digits or 0, STEP) + SPARE)
        total = sum((level.count for level in own), Fraction(0))
        unit = fine.sqrt(fine.convert(at[0] * at[1]))
        crossed = [
            fine.sqrt(fine.convert(a.variance * b.variance)) * fine.convert(a.count / total) / unit
            for a, b in zip(own, tested, strict=True)
        ]
        dimension, convert = measure.dimension, arithmetic.convert
        joint = measure.model.crossed(at[0], at[1], dimension, top, arithmetic)
        self.crossed = measure._masses(joint, crossed, arithmetic)
        self.constant = joint[0]
        expansion = measure._expansion(top, arithmetic.digits, test=True)
        self.own = measure._masses(
            expansion.powers, [fine.convert(w) for w in level_weights(tested)], arithmetic
        )
        self.tail = convert(expansion.tail)
        zero = convert(Fraction(0))
        for multi, mass in self.own.items():
            if multi == () and measure.d == math.inf:
                continue
            known = masses.get(multi, zero)
            explained = zero if known == 0 else self.crossed.get(multi, zero) ** 2 / known
            self.tail += max(mass - explained, zero)

    def require(self, parts: Mapping[Multi, Fraction]) -> None:
        """Refuse targets whose Hermite polynomials mix under the test law."""
        if self.measure.model.inputs.law == "sphere" or self.measure.d == math.inf:
            return
        if any(k > 1 and self.ratios[b] != 1 for multi in parts for b, k in multi):
            advice = "Hermite polynomials of another variance mix degrees: take law='sphere', or Proportional"
            raise InputError("test_inputs", self.measure.model.tested, "a target of degree one here", advice)

    def scale(self, multi: Multi) -> Any:
        """What the target is multiplied by."""
        square = math.prod((self.ratios[b] ** k for b, k in multi), start=Fraction(1))
        return self.arithmetic.sqrt(self.arithmetic.convert(square))

    def weights(self, multi: Multi, mass: Any, count: Any, power: Any) -> dict[str, Any]:
        """Weights of one level under the test law."""
        zero = self.arithmetic.convert(Fraction(0))
        gain = zero if mass == 0 else self.crossed.get(multi, zero) / mass
        drift = self.scale(multi) - gain
        return {
            "T_gain2": count * gain**2,
            "B_gain2": power * gain**2,
            "B_gain_drift": power * gain * drift,
            "B_drift2": power * drift**2,
        }

    def tails(self, top: int, constant: Fraction, learned: bool) -> dict[str, Any]:
        """Power of features that is independent of training, and of targets that are not told apart."""
        model, convert = self.measure.model, self.arithmetic.convert
        zero = convert(Fraction(0))
        gaussian = model.inputs.law == "gaussian"
        rest = sum(
            (
                Fraction(power) * (_hermite_square(k, self.mean) if gaussian else self.mean**k)
                for k, power in model.target.powers
                if k > top
            ),
            Fraction(0),
        )
        drifted = convert(rest)
        if constant:
            first = self.measure._expansion(1, self.arithmetic.digits).powers[0]
            gain = self.constant / convert(first) if learned else zero
            drifted += convert(constant) * (1 - gain) ** 2
        return {"T_gain2": self.tail, "B_gain2": zero, "B_gain_drift": zero, "B_drift2": drifted}


def _hermite_square(k: int, variance: Fraction) -> Fraction:
    """Mean square of the normalized Hermite polynomial of a Gaussian variable of another variance.

    Examples
    --------
    >>> _hermite_square(2, Fraction(1)), _hermite_square(2, Fraction(2))
    (Fraction(1, 1), Fraction(9, 2))
    """
    found = Fraction(0)
    for j in range(k // 2 + 1):
        rest = k - 2 * j
        coefficient = Fraction(math.factorial(k), 2**j * math.factorial(j) * math.factorial(rest))
        found += coefficient**2 * variance**rest * (variance - 1) ** (2 * j) * math.factorial(rest)
    return found / math.factorial(k)
