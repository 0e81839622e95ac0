r"""Rows whose radius is free, such as Gaussian inputs: the leading potential averaged over it.

A row of radius r has features with coefficients :math:`\mu_\ell(r)`, and a target with coefficients of its own. The
leading potential is stationary in everything that is collective, so that to the next order its average over radii is
taken with the collective response of the sphere,

.. math:: n\,E_r \log\big(1 - G_{rr}[\eta(r) - \eta(1)]\big), \qquad
   \eta(r) = \sum_\ell B_\ell\, m_\ell(r)^T C_\ell\, m_\ell(r),

with C the covariance of predictor and target in a degree and m the coefficients of the two; a fresh input likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.functions.expansions.one_coordinate import coordinate_rule, orthonormal_polynomials
from asymptotics.next_order.jets import Jet

_NODES = 9
"""Radii of the rule: exact for polynomials of degree 17 in the square."""

_ROUNDING = 1e-9
"""Coefficients below this, relative to the function, are zero."""


def chi_squared_radii(d: int, count: int = _NODES) -> tuple[np.ndarray, np.ndarray]:
    """Radii of standard Gaussian vectors over the root of d, and their probabilities: a Gauss rule.

    Parameters
    ----------
    d : int
    count : int

    Returns
    -------
    radii, probabilities : ndarray, shape (count,)

    Examples
    --------
    >>> r, weights = chi_squared_radii(20)
    >>> (weights @ r**2).round(12).item(), (weights @ (r**2 - 1) ** 2).round(12).item()
    (1.0, 0.1)
    """
    k, alpha = np.arange(count), d / 2 - 1
    off = np.sqrt(k[1:] * (k[1:] + alpha))
    nodes, vectors = np.linalg.eigh(np.diag(2 * k + 1 + alpha) + np.diag(off, 1) + np.diag(off, -1))
    return np.sqrt(nodes * 2 / d), vectors[0] ** 2


@dataclass(frozen=True)
class RadialProfiles:
    """What rows see at each radius, relative to the sphere.

    Attributes
    ----------
    probability : ndarray, shape (radii,)
    features : ndarray, shape (radii, degrees)
        Coefficients of the features relative to those on the sphere; one where these vanish.
    target : ndarray, shape (radii, degrees)
        Those of a target of the degree.
    spill : ndarray, shape (radii, degrees)
        Power of a target of the degree in other degrees.
    rest : ndarray, shape (radii,)
        Power of the features in all other degrees, less that on the sphere.
    constant : ndarray, shape (radii,)
        Power of degree zero where there is none on the sphere.
    """

    probability: np.ndarray
    features: np.ndarray
    target: np.ndarray
    spill: np.ndarray
    rest: np.ndarray
    constant: np.ndarray


def radial_profiles(activation: Any, d: int, degrees: Any) -> RadialProfiles:
    """The profiles of Gaussian rows, for an activation and the degrees that are levels.

    Parameters
    ----------
    activation : Activation
    d : int
    degrees : sequence of int

    Examples
    --------
    >>> import asymptotics as asy
    >>> found = radial_profiles(asy.Activation.named("relu"), 20, [0, 1, 2])
    >>> (found.probability @ found.features**2).round(9).tolist()
    [1.0, 1.0, 1.0]
    """
    levels, top = list(degrees), max([*degrees, 0])
    radii, probability = chi_squared_radii(d)
    on_sphere, total = _coefficients(activation, d, top, 1.0)
    seen = [_coefficients(activation, d, top, r) for r in radii]
    there = np.abs(on_sphere[levels]) > _ROUNDING * np.sqrt(total)
    features = np.array([np.where(there, c[levels] / np.where(there, on_sphere[levels], 1.0), 1.0)
                         for c, _ in seen])  # fmt: skip
    constant = np.array([c[0] ** 2 for c, _ in seen])
    missing = 0 not in levels or not there[levels.index(0)]
    constant = np.where(missing & (constant > _ROUNDING**2 * total), constant, 0.0)
    kept = [k for k, is_there in zip(levels, there, strict=True) if is_there]
    rest = np.array([power - (c[kept] ** 2).sum() for c, power in seen]) - constant
    target, spill = _targets(d, levels, radii)
    sphere_rest = total - (on_sphere[kept] ** 2).sum()
    return RadialProfiles(probability, features, target, spill, rest - sphere_rest, constant)


def _coefficients(activation: Any, d: int, top: int, radius: float) -> tuple[np.ndarray, float]:
    """Coefficients of a function of r times a coordinate, and its power."""
    t, weights = coordinate_rule(d, [float(kink) / radius for kink in activation.kinks])
    values = np.asarray(activation(radius * t), dtype=float)
    return (orthonormal_polynomials(d, t, top) * weights) @ values, float(weights @ values**2)


def _targets(d: int, levels: list[int], radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of Hermite polynomials of unit power, at each radius: in their degree, and the power beyond."""
    t, weights = coordinate_rule(d)
    polynomials = orthonormal_polynomials(d, t, max([*levels, 0])) * weights
    target, spill = np.ones((len(radii), len(levels))), np.zeros((len(radii), len(levels)))
    for row, r in enumerate(radii):
        before, now = np.zeros_like(t), np.ones_like(t)
        for k in range(max([*levels, 0]) + 1):
            if k in levels:
                place = levels.index(k)
                target[row, place] = polynomials[k] @ now
                spill[row, place] = weights @ now**2 - target[row, place] ** 2
            before, now = now, (r * t * now - k**0.5 * before) / (k + 1) ** 0.5
    return target, spill


def seen_by_rows(profiles: RadialProfiles, radius: int, parts: tuple[Jet, Jet, Jet]) -> Jet:
    """What a row of a radius sees, less what one on the sphere does, degree by degree.

    Parameters
    ----------
    profiles : RadialProfiles
    radius : int
        Position of the radius.
    parts : tuple of Jet
        Covariance of the error of the predictor, of it with the target, and of the target, at every level.
    """
    error, cross, given = parts
    share, target = profiles.features[radius], profiles.target[radius]
    gap = share - target
    return error * (share**2 - 1) + cross * (2 * share * gap) + given * (gap**2 + profiles.spill[radius])


def logarithm(x: Jet) -> Jet:
    """The logarithm of a jet of numbers.

    Examples
    --------
    >>> x = Jet(*(np.full((1, 1), v) for v in (2.0, 1.0, 3.0, 0.0)))
    >>> logarithm(x).both.item()
    -0.75
    """
    mixed = x.both / x.value - x.direction * x.source / x.value**2
    return Jet(np.log(x.value), x.direction / x.value, x.source / x.value, mixed)
