"""Ridge regression on random features, or with a kernel, of which the spectrum is given."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.exact import double, number, number_or_array, shown
from asymptotics.models.given_levels import GivenLevels
from asymptotics.models.inputs import require_inputs
from asymptotics.models.least_squares import exact_least_squares
from asymptotics.models.model import Equations
from asymptotics.models.pool import Leverage, MeasuredSpectrum
from asymptotics.models.power_law import PowerLawRidge
from asymptotics.models.random_features_theory import RANDOM_FEATURES
from asymptotics.models.sizes import is_array
from asymptotics.models.spectra_of_data import SpectraOfData
from asymptotics.models.tested_spectrum import TestedSpectrum
from asymptotics.models.theory import Theory

__all__ = ["SpectralRidge"]

Number = Fraction | float


@dataclass(frozen=True)
class SpectralRidge(MeasuredSpectrum, SpectraOfData):
    r"""Ridge regression on random features of a given spectrum.

    Features are :math:`z_j(x) = \frac1{\sqrt p}\sum_k \sqrt{\xi_k}\,g_{jk}\,\psi_k(x)` with orthonormal
    :math:`\psi_k` and independent standard Gaussian g; for infinitely many features this is regression with the
    kernel :math:`\sum_k\xi_k\psi_k(x)\psi_k(x')`. Labels are :math:`\sum_k f_k\psi_k(x) + \varepsilon`.

    Parameters
    ----------
    eigenvalues : array_like of number
        :math:`\xi_k \ge 0`, one per level, in any order.
    target : array_like of number
        Power of the target in each level: :math:`f_k^2`, summed over the level if it is multiple.
    noise : number or array, default 0
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``.
    multiplicities : int or array_like of int, default 1
        How many eigenfunctions each level has. In ``Proportional`` they are shares of the dimension, and may be any
        positive numbers: sizes are then ``p = psi1 d``, ``n = psi2 d``.
    tail : number, default 0
        Sum of eigenvalues too small to be learned at any size of interest; they act as an additional ridge.
    target_tail : number, default 0
        Power of the target along these; it acts as noise.
    points : int, optional
        How many points the spectrum was measured on, where it comes from a matrix: more than a quarter as many samples
        are not trusted, since a spectrum that is measured ends where the true one goes on.
    leverage : Leverage, optional
        How unequal the leverage of those points is.
    caution : str, optional
        Why answers are not to be trusted, where that is known of the spectrum.

    Raises
    ------
    InputError
        If a number is negative, not finite, or there is no positive eigenvalue and no tail; if a sum exceeds the
        range of doubles.
    ShapeError
        If the lengths differ.

    Notes
    -----
    That the eigenfunctions may be replaced by independent Gaussian variables is assumed; for Gaussian covariates it
    is the model itself. Sizes are ``FiniteSize(n=..., p=...)``, or ``Proportional(psi1, psi2)`` in any unit of the
    dimension: there is no input dimension.

    At ridge zero values are limits of large sizes taken before the ridge vanishes: where n = p = rank, minimum-norm
    least squares at exactly these sizes would interpolate, which these values do not show.

    References
    ----------
    docs/howto/spectra_and_data.md; Defilippis2024, Atanasov2024.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = SpectralRidge([1, "1/2", "1/4"], target=[1, 1, 0], multiplicities=[1, 10, 100], noise="0.1")
    >>> round(asy.predict(model, asy.FiniteSize(n=40, p=60), ridge=0.1).test, 6)
    2.298012
    """

    eigenvalues: Any
    target: Any
    noise: Any = 0
    multiplicities: Any = 1
    tail: Any = 0
    target_tail: Any = 0
    points: int | None = field(default=None, compare=False, repr=False)
    leverage: Leverage | None = field(default=None, compare=False, repr=False)
    caution: str = field(default="", compare=False, repr=False)

    theory: ClassVar[Theory] = RANDOM_FEATURES
    has_dimension: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        levels = _numbers("eigenvalues", self.eigenvalues)
        powers = _numbers("target", self.target)
        several = is_array(self.multiplicities)
        given = self.multiplicities if several else [self.multiplicities]
        counts = _numbers("multiplicities", given)
        counts = counts if several else counts * len(levels)
        for name, values in (("target", powers), ("multiplicities", counts)):
            if len(values) != len(levels):
                raise ShapeError(name, f"{len(values)} numbers", f"{len(levels)}, one per eigenvalue")
        if min(counts) <= 0:
            raise InputError("multiplicities", self.multiplicities, "positive integers, or positive shares")
        object.__setattr__(self, "eigenvalues", levels)
        object.__setattr__(self, "target", powers)
        whole = tuple(int(count) if count == int(count) else count for count in counts)
        object.__setattr__(self, "multiplicities", whole)
        object.__setattr__(self, "noise", number_or_array("noise", self.noise, minimum=0))
        for name in ("tail", "target_tail"):
            object.__setattr__(self, name, number(name, getattr(self, name), minimum=0))
        if not any(levels) and self.tail == 0:
            raise InputError("eigenvalues", self.eigenvalues, "at least one positive number")
        for name in ("multiplicities", "eigenvalues", "target", "noise", "tail", "target_tail"):
            self._require_finite_sum(name)

    def _require_finite_sum(self, name: str) -> None:
        """Sums, at least, fit into doubles; what is too small for one can be asked with ``digits=``."""
        given = getattr(self, name)
        total = self.total if name == "eigenvalues" else _sum(np.ravel(np.array(given, dtype=object)))
        if total == math.inf:
            raise InputError(name, given, "numbers whose sum is at most 1.8e308", "change the unit")

    @classmethod
    def power_law(
        cls, *positional: Any, decay: Any = None, target_decay: Any = None, noise: Any = 0,
        levels: int | None = None,
    ) -> Any:  # fmt: skip
        r"""Eigenvalues :math:`k^{-\text{decay}}` and powers :math:`k^{-\text{target\_decay}}`, k = 1, 2, ...

        In the conventions of source and capacity, decay is :math:`\alpha` and target_decay is :math:`1 + 2\alpha r`.

        Parameters
        ----------
        decay, target_decay : number
            Exponents.
        noise : number or array, default 0
            Variance of the label noise.
        levels : int, optional
            Where the spectrum ends. Without it there are infinitely many levels, and sums are those of the infinite
            series.

        Returns
        -------
        SpectralRidge or PowerLawRidge
            The second one without ``levels``.

        Raises
        ------
        InputError
            If arguments are given by position, an exponent is missing, or levels is no positive integer.

        Examples
        --------
        >>> SpectralRidge.power_law(decay=1, target_decay=2, levels=3).eigenvalues
        (1.0, 0.5, 0.3333333333333333)
        >>> SpectralRidge.power_law(decay="3/2", target_decay=2)
        ridge regression in the spectrum k^(-3/2), target k^(-2), k = 1, 2, ..., noise 0
        """
        if positional:
            advice = (
                "the order of arguments has changed: write power_law(decay=, target_decay=, noise=, levels=)"
            )
            raise InputError("power_law", positional, "keywords only", advice)
        if decay is None or target_decay is None:
            raise InputError("decay", decay, "given, with target_decay", "power_law(decay=, target_decay=)")
        if levels is None:
            return PowerLawRidge(decay, target_decay, noise)
        if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or levels < 1:
            raise InputError("levels", levels, "a positive integer")
        k = np.arange(1, levels + 1, dtype=float)
        return cls(
            k ** -float(number("decay", decay)), k ** -float(number("target_decay", target_decay)), noise
        )

    def tested_on(self, test_inputs: Any) -> TestedSpectrum:
        """The same with the error under a law in which the levels have other variances."""
        return TestedSpectrum(self, require_inputs("test_inputs", test_inputs))

    def setting(self) -> SpectralRidge:
        """What is simulated: Gaussian values of the eigenfunctions."""
        return self

    def measure(self, d: int | float | None) -> GivenLevels:
        """The levels that are given."""
        return GivenLevels(self)

    def finite(self, d: int | None) -> Equations:
        """Equations at finite size, where eigenfunctions are counted."""
        if not all(isinstance(count, int) for count in self.multiplicities):
            advice = "shares of the dimension are for Proportional"
            raise InputError("multiplicities", self.multiplicities, "positive integers here", advice)
        return super().finite(d)

    def exactly_known(self, sizes: Mapping[str, Any], ridge: Any) -> Mapping[str, Any]:
        """Least squares: without a ridge, and with infinitely many features.

        Parameters
        ----------
        sizes : mapping of str to number
            By name.
        ridge : number or array
            As read.
        """
        if self.tail or self.target_tail or ridge or sizes["p"] != math.inf or sizes["n"] == math.inf:
            return {}
        n = sizes["n"]
        as_given = Fraction if isinstance(n, Fraction) else float
        rows = zip(self.eigenvalues, self.multiplicities, self.target, strict=True)
        levels = [(as_given(s), int(count), as_given(power)) for s, count, power in rows]
        return exact_least_squares(levels, as_given(self.noise), n)

    def limit(self) -> Equations:
        """Equations in proportion: multiplicities are shares of the dimension."""
        return Equations(self.theory.at_finite_size(), self.measure(None))

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Eigenvalues, multiplicities and powers in double precision."""
        return tuple(  # type: ignore[return-value]
            np.array(values, dtype=float)
            if set(map(type, values)) <= {float, int}
            else np.array([double(name, value) for value in values])
            for name, values in (
                (name, getattr(self, name)) for name in ("eigenvalues", "multiplicities", "target")
            )
        )

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, field.name) for field in fields(self) if field.compare))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def total(self) -> float:
        """Sum of all eigenvalues: the mean squared norm of the features."""
        levels = zip(self.eigenvalues, self.multiplicities, strict=True)
        return _sum([self.tail, *(value * count for value, count in levels)])

    @cached_property
    def rank(self) -> float:
        """Number of positive eigenvalues; infinite with a tail."""
        if self.tail > 0:
            return math.inf
        return sum(count for value, count in zip(self.eigenvalues, self.multiplicities, strict=True) if value)

    def __str__(self) -> str:
        levels = f"{len(self.eigenvalues)} levels of total {self.total:.6g}"
        return f"ridge regression in a spectrum of {levels}, noise {shown(self.noise)}"

    __repr__ = __str__


def _numbers(name: str, values: Any) -> tuple[Number, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) != 1:
        raise InputError(name, values, "a list of numbers")
    entries = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if not entries:
        raise InputError(name, values, "at least one number")
    if set(map(type, entries)) == {float}:  # long spectra are read at once
        array = np.array(entries)
        if array.min() >= 0 and array.max() < math.inf:
            return tuple(entries)
    return tuple(number(name, entry, minimum=0) for entry in entries)


def _sum(values: Iterable[Number]) -> float:
    """A sum in double precision; infinite if it exceeds that."""
    try:
        return math.fsum(map(float, values))
    except OverflowError:
        return math.inf
