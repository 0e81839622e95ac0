"""Differences between simulation and theory against size: what remains in the limit, and what corrections explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from asymptotics.errors import InputError
from asymptotics.report.judgement import normal_score

Array = NDArray[np.float64]

SMALLEST_SPREAD = 1e-6
"""A residual that keeps less than this share of its standard error was fitted exactly and says nothing."""


@dataclass(frozen=True)
class Extrapolation:
    """Differences between simulation and theory at several sizes, extrapolated to infinite size.

    Attributes
    ----------
    limit, limit_standard_error : float
        Value at ``1/d = 0`` of the weighted least-squares polynomial, and its standard error.
    freedom : float
        Degrees of freedom of that standard error; infinite where errors are taken as known.
    coefficients, standard_errors : tuple of float
        Coefficients of 1/d, 1/d^2, ... and their standard errors.
    chi_squared, degrees_of_freedom, p_value : float, int, float
        How well the polynomial fits; the p-value is 1 when the sizes leave nothing to test.
    """

    limit: float
    limit_standard_error: float
    freedom: float
    coefficients: tuple[float, ...]
    standard_errors: tuple[float, ...]
    chi_squared: float
    degrees_of_freedom: int
    p_value: float

    @property
    def z(self) -> float:
        """The limit in standard errors."""
        return self.limit / self.limit_standard_error

    @property
    def score(self) -> float:
        """The limit as a score that is standard normal if the true limit is zero."""
        return normal_score(self.z, self.freedom)

    def __str__(self) -> str:
        head = f"limit {self.limit:+.3g} ± {self.limit_standard_error:.2g} ({self.z:+.1f} standard errors)"
        return ", ".join([head, *_terms(self.coefficients, self.standard_errors)])


@dataclass(frozen=True)
class Correction:
    """Differences between simulation and theory at several sizes, as corrections that vanish in the limit.

    Attributes
    ----------
    coefficients, standard_errors : tuple of float
        Coefficients of 1/d, 1/d^2, ... of the weighted least-squares polynomial without a constant.
    explained, residuals : tuple of float
        Its value at every size, and what it leaves of the difference there.
    residual_standard_errors, freedoms : tuple of float
        Of the residuals: smaller than those of the differences, to which the polynomial was fitted, and 0
        where it leaves nothing to test; and their degrees of freedom.
    chi_squared, degrees_of_freedom, p_value : float, int, float
        How well the polynomial fits.
    """

    coefficients: tuple[float, ...]
    standard_errors: tuple[float, ...]
    explained: tuple[float, ...]
    residuals: tuple[float, ...]
    residual_standard_errors: tuple[float, ...]
    freedoms: tuple[float, ...]
    chi_squared: float
    degrees_of_freedom: int
    p_value: float

    @property
    def scores(self) -> tuple[float, ...]:
        """Residuals as scores that are standard normal if the corrections are all there is; 0 if nothing is tested.

        Those of one family are not independent of each other.
        """
        rows = zip(self.residuals, self.residual_standard_errors, self.freedoms, strict=True)
        return tuple(normal_score(residual / e, freedom) if e else 0.0 for residual, e, freedom in rows)

    def __str__(self) -> str:
        fit = f"chi-squared {self.chi_squared:.3g} of {self.degrees_of_freedom}"
        return ", ".join([*_terms(self.coefficients, self.standard_errors), fit])


def extrapolate(
    d: Any, difference: Any, standard_error: Any, *, order: int = 1, trials: Any = None
) -> Extrapolation:
    r"""Fit ``difference = limit + c_1/d + ... + c_order/d^order`` by weighted least squares.

    Parameters
    ----------
    d : array_like, shape (m,)
        Sizes, more than ``order`` different ones.
    difference : array_like, shape (m,)
        Relative or absolute differences between simulation and theory, independent of each other.
    standard_error : array_like, shape (m,)
        Their standard errors, positive.
    order : int, default 1
        Highest power of 1/d.
    trials : array_like, shape (m,), optional
        Replicates from which each standard error was estimated; without it they are taken as known.

    Returns
    -------
    Extrapolation

    Raises
    ------
    InputError
        When there are too few different sizes, or a standard error is not positive and finite.

    Notes
    -----
    The covariance of the coefficients is :math:`(X^T W X)^{-1}` with weights :math:`1/\mathrm{s.e.}^2`; it is
    not rescaled by the residuals. The score uses Student's t with the degrees of freedom of Welch and
    Satterthwaite; that the weights are estimated too is left out, which at 16 replicates doubles the
    probability of scores beyond 4.

    Examples
    --------
    >>> sizes = np.array([10.0, 20.0, 40.0])
    >>> fit = extrapolate(sizes, 0.5 / sizes, np.full(3, 0.01))
    >>> bool(abs(fit.limit) < 1e-12), round(fit.coefficients[0], 9)
    (True, 0.5)
    """
    fit = _fit(d, difference, standard_error, range(order + 1))
    freedom = _freedom(fit.weights[0] ** 2, trials)
    return Extrapolation(fit.values[0], fit.errors[0], freedom, fit.values[1:], fit.errors[1:], *fit.quality)


def correct(
    d: Any, difference: Any, standard_error: Any, *, order: int = 2, trials: Any = None
) -> Correction:
    """Fit ``difference = c_1/d + ... + c_order/d^order`` by weighted least squares.

    Parameters
    ----------
    d, difference, standard_error, trials
        As for `extrapolate`; at least ``order`` different sizes.
    order : int, default 2
        Highest power of 1/d.

    Returns
    -------
    Correction

    Raises
    ------
    InputError
        When there are too few different sizes, or a standard error is not positive and finite.

    Examples
    --------
    >>> sizes = np.array([10.0, 20.0, 40.0])
    >>> fit = correct(sizes, 0.5 / sizes + np.array([0.0, 0.0, 0.05]), np.full(3, 0.01), order=1)
    >>> [round(score, 1) for score in fit.scores]
    [-2.0, -0.5, 4.9]
    """
    fit = _fit(d, difference, standard_error, range(1, order + 1))
    projection = np.eye(len(fit.scaled)) - fit.design @ fit.weights
    spread = np.sqrt(np.clip(np.diag(projection), 0.0, None))
    spread[spread < SMALLEST_SPREAD] = 0.0
    residuals = projection @ fit.scaled
    error = np.asarray(standard_error, dtype=np.float64)
    freedoms = tuple(_freedom(row**2, trials) if s else math.inf for row, s in zip(projection, spread))
    explained, left, left_error = (
        tuple((column * error).tolist()) for column in (fit.scaled - residuals, residuals, spread)
    )
    return Correction(fit.values, fit.errors, explained, left, left_error, freedoms, *fit.quality)


@dataclass(frozen=True, eq=False)
class _Fit:
    """A least-squares polynomial: coefficients with errors, and how it came from differences in standard errors."""

    values: tuple[float, ...]
    errors: tuple[float, ...]
    scaled: Array
    design: Array
    weights: Array
    quality: tuple[float, int, float]


def _fit(d: Any, difference: Any, standard_error: Any, powers: Sequence[int]) -> _Fit:
    d, difference, error = (
        np.asarray(values, dtype=np.float64) for values in (d, difference, standard_error)
    )
    if not (np.isfinite(error).all() and (error > 0).all()):
        raise InputError("standard_error", standard_error, "positive finite numbers")
    if not len(powers) or powers[-1] < 1 or len(np.unique(d)) < len(powers):
        raise InputError("d", d, f"at least {len(powers)} different sizes for order {powers[-1]}")
    smallest = d.min()  # in units of the smallest size the columns are of one magnitude
    design = (smallest / d)[:, None] ** np.array(powers) / error[:, None]
    weights = np.linalg.pinv(design)
    scaled = difference / error
    values = weights @ scaled
    errors = np.sqrt((weights**2).sum(axis=1))
    chi_squared = float(((scaled - design @ values) ** 2).sum())
    freedom = len(d) - len(powers)
    p_value = float(stats.chi2.sf(chi_squared, freedom)) if freedom else 1.0
    scale = smallest ** np.array(powers)
    return _Fit(
        tuple((values * scale).tolist()), tuple((errors * scale).tolist()), scaled, design, weights,
        (chi_squared, freedom, p_value),
    )  # fmt: skip


def _freedom(contributions: Array, trials: Any) -> float:
    """Degrees of freedom of a variance that is a sum of estimated ones (Welch and Satterthwaite)."""
    if trials is None:
        return math.inf
    freedom = np.asarray(trials, dtype=np.float64) - 1
    return float(contributions.sum() ** 2 / (contributions**2 / freedom).sum())


def _terms(coefficients: Sequence[float], errors: Sequence[float]) -> list[str]:
    pairs = enumerate(zip(coefficients, errors, strict=True), 1)
    return [f"{c:+.2g} ± {e:.1g} in 1/d{'' if power == 1 else f'^{power}'}" for power, (c, e) in pairs]
