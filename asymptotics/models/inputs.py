"""Inputs of a learning problem: a covariance, by its levels of equal variance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.exact import number

__all__ = ["Inputs", "Level", "aligned", "mean_variance", "read_inputs", "require_inputs"]

Number = Fraction | float
LAWS = ("gaussian", "sphere")
_LEVEL = 1e-12
_WHOLE = 1e-9


@dataclass(frozen=True)
class Level:
    """Directions of equal variance.

    Attributes
    ----------
    variance : Fraction
        Of one coordinate.
    count : Fraction
        Number of directions at finite dimension; their share in the limit.
    """

    variance: Fraction
    count: Fraction


@dataclass(frozen=True)
class Inputs:
    r"""The law of inputs with a covariance, in its eigenbasis.

    Made by :meth:`isotropic`, :meth:`spectrum`, :meth:`power_law`, :meth:`spiked` and :meth:`from_data`. Features see
    :math:`\langle\theta, x\rangle/\sqrt d` with isotropic weights, kernels :math:`\langle x, x'\rangle/d`: both see the
    mean variance as the scale of their argument.

    Attributes
    ----------
    variances, multiplicities : tuple of number
        Level by level; multiplicities are relative.
    law : {"gaussian", "sphere"}
        Gaussian, or every level uniform on the sphere of its radius.
    counts : tuple of int
        For spikes: how many directions each has in every dimension; the last level has the rest.
    decay : number or None
        Exponent of a power law, whose levels depend on the dimension.
    scaled : bool
        Whether variances are scaled to mean one.

    Raises
    ------
    InputError
        If the law is none of these. The makers say which variances are allowed.

    Notes
    -----
    What is computed from it stands in docs/howto/inputs.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> inputs = asy.Inputs.spectrum(["0.4", "1.6"], multiplicities=[1, 1])
    >>> [(str(level.variance), str(level.count)) for level in inputs.levels(200)]
    [('2/5', '100'), ('8/5', '100')]
    """

    variances: tuple[Number, ...] = (Fraction(1),)
    multiplicities: tuple[Number, ...] = (Fraction(1),)
    law: str = "gaussian"
    counts: tuple[int, ...] = ()
    decay: Number | None = None
    scaled: bool = False

    def __post_init__(self) -> None:
        if self.law not in LAWS:
            raise InputError("law", self.law, " or ".join(map(repr, LAWS)))

    @classmethod
    def isotropic(cls, variance: Any = 1, law: str = "sphere") -> Inputs:
        """The same variance in every direction.

        Parameters
        ----------
        variance : number
        law : {"sphere", "gaussian"}
        """
        return cls((_positive("variance", variance),), law=law)

    @classmethod
    def spectrum(cls, variances: Any, multiplicities: Any = None, law: str = "gaussian") -> Inputs:
        """Eigenvalues of the covariance, used as they are.

        Parameters
        ----------
        variances : sequence of number
            One for each level; one for each direction if there are as many as dimensions.
        multiplicities : sequence of number, optional
            How many directions have each variance, relative to each other: ``[1, 1]`` are halves.
        law : {"gaussian", "sphere"}

        Raises
        ------
        InputError
            If a variance or a multiplicity is not positive and finite.
        ShapeError
            If what is given is not a list, or the lengths differ.
        """
        read = _list("variances", variances)
        counts = (
            [Fraction(1)] * len(read) if multiplicities is None else _list("multiplicities", multiplicities)
        )
        if len(counts) != len(read):
            raise ShapeError("multiplicities", f"{len(counts)} numbers", f"{len(read)}, one per variance")
        return cls(tuple(read), tuple(counts), law)

    @classmethod
    def power_law(cls, decay: Any, law: str = "gaussian") -> Inputs:
        r"""Variances :math:`i^{-\text{decay}}`, i = 1 to d, scaled to mean one.

        Parameters
        ----------
        decay : number
            Not negative.
        law : {"gaussian", "sphere"}
        """
        return cls(law=law, decay=number("decay", decay, minimum=0), scaled=True)

    @classmethod
    def spiked(cls, spikes: Any, multiplicities: Any = 1, bulk: Any = 1, law: str = "sphere") -> Inputs:
        """A few directions of larger variance, scaled to mean one.

        Parameters
        ----------
        spikes : number or sequence of number
            Variances of the spikes: the signal strengths, in units of the bulk.
        multiplicities : number or sequence of number
            Directions of each spike: whole numbers count them in every dimension, numbers below one are shares of it.
        bulk : number
            Variance of all other directions.
        law : {"sphere", "gaussian"}

        Raises
        ------
        InputError
            If a variance is not positive, or shares and counts are mixed.

        Examples
        --------
        >>> inputs = Inputs.spiked(16, multiplicities=10)
        >>> [str(level.count) for level in inputs.levels(100)], inputs.effective_dimension(100)
        (['10', '90'], 15.625)
        """
        read = _list("spikes", spikes if np.ndim(spikes) else [spikes])
        given = multiplicities if np.ndim(multiplicities) else [multiplicities] * len(read)
        many = _list("multiplicities", given)
        if len(many) != len(read):
            raise ShapeError("multiplicities", f"{len(many)} numbers", f"{len(read)}, one per spike")
        levels = (*read, _positive("bulk", bulk))
        if all(m >= 1 and m == int(m) for m in many):
            return cls(levels, (), law, counts=tuple(int(m) for m in many), scaled=True)
        if any(m >= 1 for m in many) or sum(many) >= 1:
            raise InputError(
                "multiplicities", multiplicities, "whole numbers, or shares whose sum is below one"
            )
        return cls(levels, (*many, 1 - sum(many)), law, scaled=True)

    @classmethod
    def from_data(cls, points: Any, law: str = "gaussian") -> Inputs:
        """Inputs with the covariance of the rows of a matrix, as it is; see :meth:`standardized`.

        Parameters
        ----------
        points : array_like, shape (N, d)
            More rows than columns.
        law : {"gaussian", "sphere"}

        Raises
        ------
        ShapeError
            If they are no matrix of more rows than columns.
        InputError
            If a number is not finite, or the covariance is not positive definite.
        """
        try:
            rows = np.asarray(points, dtype=float)
        except (TypeError, ValueError):
            raise InputError("points", points, "a matrix of real numbers") from None
        if rows.ndim != 2 or rows.shape[0] <= rows.shape[1]:
            raise ShapeError("points", rows.shape, "a matrix of more rows than columns")
        if not np.isfinite(rows).all():
            raise InputError("points", points, "finite numbers")
        values = np.linalg.eigvalsh(np.atleast_2d(np.cov(rows, rowvar=False, bias=True)))[::-1]
        if not values[-1] > _LEVEL * values[0]:
            advice = "leave out constant columns, and those that others determine"
            raise InputError("points", float(values[-1]), "a covariance without vanishing eigenvalue", advice)
        return cls.spectrum(values.tolist(), law=law)

    def standardized(self) -> Inputs:
        """The same, scaled to mean variance one."""
        return replace(self, scaled=True)

    @property
    def is_isotropic(self) -> bool:
        """Whether all directions are alike."""
        return len(set(self.variances)) == 1 and not self.decay

    @property
    def relative(self) -> bool:
        """Whether levels have a share of all directions, whatever the dimension."""
        return not self.counts and not self.decay

    def levels(self, d: int | float) -> tuple[Level, ...]:
        """The levels in a dimension, with whole numbers of directions; in infinite dimension with their shares.

        Parameters
        ----------
        d : int or math.inf

        Raises
        ------
        InputError
            If there are none of that dimension.
        """
        if d == math.inf:
            return self._scaled(self._shares())
        found = self._counted(int(d))
        if any(level.count < 1 or level.count != int(level.count) for level in found):
            shares = " : ".join(str(m) for m in self.multiplicities[:6])
            allowed = f"one in which {len(found)} levels of multiplicities {shares} have whole numbers of directions"
            raise InputError("d", d, allowed)
        return self._scaled(found)

    def _shares(self) -> list[Level]:
        if not self.relative:
            advice = "give shares below one, Inputs.spectrum with multiplicities, or ask at FiniteSize"
            raise InputError("inputs", self, "inputs with a limit in proportion", advice)
        total = sum((Fraction(m) for m in self.multiplicities), Fraction(0))
        pairs = zip(self.variances, self.multiplicities, strict=True)
        return [Level(Fraction(s), Fraction(m) / total) for s, m in pairs]

    def _counted(self, d: int) -> list[Level]:
        if self.decay:
            exponent = -float(self.decay)
            return [Level(Fraction(float(i) ** exponent), Fraction(1)) for i in range(1, d + 1)]
        if self.counts:
            rest = d - sum(self.counts)
            pairs = zip(self.variances, (*self.counts, rest), strict=True)
            return [Level(Fraction(s), Fraction(m)) for s, m in pairs]
        return [Level(level.variance, _whole(level.count * d)) for level in self._shares()]

    def _scaled(self, levels: Sequence[Level]) -> tuple[Level, ...]:
        if not self.scaled:
            return tuple(levels)
        mean = mean_variance(levels)
        return tuple(Level(level.variance / mean, level.count) for level in levels)

    def effective_dimension(self, d: int) -> float:
        """Trace of the covariance over its largest eigenvalue: what a power of the dimension is replaced by.

        Parameters
        ----------
        d : int
        """
        levels = self.levels(d)
        total = sum(level.variance * level.count for level in levels)
        return float(total / max(level.variance for level in levels))

    def __str__(self) -> str:
        if self.decay is not None:
            return f"{self.law} inputs, variances i^-{self.decay}"
        if self.is_isotropic:
            return f"isotropic {self.law} inputs of variance {self.variances[0]}"
        shown = ", ".join(f"{float(s):.4g}" for s in self.variances[:4])
        more = "" if len(self.variances) <= 4 else f", ... ({len(self.variances)} levels)"
        return f"{self.law} inputs, variances {shown}{more}"

    __repr__ = __str__


def require_inputs(name: str, value: Any) -> Inputs:
    """Inputs as a value.

    Parameters
    ----------
    name : str
        What an error calls them.
    value : object
        What is given.

    Raises
    ------
    InputError
        If they are none.
    """
    if isinstance(value, Inputs):
        return value
    allowed = "asy.Inputs.isotropic(), .spectrum([...]), .power_law(...), .spiked(...) or .from_data(X)"
    raise InputError(name, value, allowed)


def read_inputs(value: Any) -> Inputs | None:
    """Inputs of a model; None where they are on the sphere of radius root d, as they are by default.

    Raises
    ------
    InputError
        If they are none.
    """
    found = require_inputs("inputs", value)
    one = len(found.variances) == 1 and found.decay is None
    plain = one and found.law == "sphere" and (found.scaled or found.variances[0] == 1)
    return None if plain else found


def mean_variance(levels: Iterable[Level]) -> Fraction:
    """Mean variance of a coordinate."""
    levels = tuple(levels)
    return sum((v.variance * v.count for v in levels), Fraction(0)) / sum(
        (v.count for v in levels), Fraction(0)
    )


def aligned(inputs: Inputs, tested: Inputs, d: int | float) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Levels of two laws with the same directions in each.

    Parameters
    ----------
    inputs, tested : Inputs
        In the same eigenbasis, level by level; one that is isotropic takes the levels of the other.
    d : int or math.inf

    Raises
    ------
    InputError
        If their levels do not have the same directions.
    """
    own = inputs.levels(d)
    try:
        other = tested.levels(d)
    except InputError as error:
        raise InputError("test_inputs", tested, f"{len(own)} levels in this dimension", str(error)) from error
    if len(own) == 1:
        own = tuple(Level(own[0].variance, level.count) for level in other)
    if len(other) == 1:
        other = tuple(Level(other[0].variance, level.count) for level in own)
    if [level.count for level in own] != [level.count for level in other]:
        counts = ", ".join(str(level.count) for level in own[:6])
        advice = "levels are compared one by one, in the eigenbasis of the training inputs"
        raise InputError("test_inputs", tested, f"{len(own)} levels of multiplicities {counts}", advice)
    return own, other


def _whole(value: Fraction) -> Fraction:
    """A count; shares given as floats are whole up to rounding."""
    near = round(value)
    return Fraction(near) if abs(value - near) <= _WHOLE * max(near, 1) else value


def _positive(name: str, value: Any) -> Number:
    found = number(name, value)
    if not found > 0:
        raise InputError(name, value, "a positive finite number")
    return found


def _list(name: str, values: Any) -> list[Number]:
    if isinstance(values, str) or not isinstance(values, Iterable) or np.ndim(values) != 1:  # type: ignore[arg-type]
        raise ShapeError(name, np.shape(values), "a list of numbers")
    entries = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if not entries:
        raise InputError(name, values, "at least one number")
    return [_positive(name, entry) for entry in entries]
