r"""The spectrum of a dot-product kernel on Gaussian inputs with a covariance: products of Hermite polynomials.

Let inputs have principal variances :math:`\gamma_i` of sum one, so that :math:`t = \langle x, x'\rangle` is the
argument of a kernel :math:`h(t)`. At a fixed :math:`x'`, :math:`t` is Gaussian in :math:`x`, and the part of
:math:`h(t)` of Hermite degree :math:`\ell` in :math:`x` is
:math:`\frac{1}{\ell!}E h^{(\ell)}\,{:}t^\ell{:}`, where

.. math::

    {:}t^\ell{:} = \sum_{|\alpha|=\ell} \ell!\,\prod_i \gamma_i^{\alpha_i}\,
    \mathrm{He}_\alpha(z)\,\mathrm{He}_\alpha(z')

to leading order in the effective dimension :math:`1/\sum\gamma_i^2`, with orthonormal products
:math:`\mathrm{He}_\alpha` of Hermite polynomials of the principal coordinates. So these are the eigenfunctions, with
eigenvalues :math:`c_\ell\prod_i\gamma_i^{\alpha_i}`; the constants are those that give every degree its part of
:math:`h(1)`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.exact import number
from asymptotics.functions.kernels import expand_kernel
from asymptotics.models.pool import doubles

Array = NDArray[np.float64]

_LEAST = 3
"""Effective dimensions below this are refused: no degree is a small part of the next."""


@dataclass(frozen=True, eq=False)
class Products:
    """Products of principal variances of one degree, the largest ones.

    Attributes
    ----------
    indices : ndarray of int, shape (levels, degree)
        Principal directions, largest variance first; a direction may occur several times.
    values : ndarray, shape (levels,)
    """

    indices: NDArray[np.int64]
    values: Array

    def next(self, variances: Array, most: int) -> Products:
        """Those of the degree above, not more than ``most``.

        Parameters
        ----------
        variances : ndarray, shape (size,)
            Of the principal directions, largest first.
        most : int
            How many products to keep.
        """
        size, count = variances.size, len(self.values)
        last = self.indices[:, -1] if self.indices.shape[1] else np.zeros(count, dtype=np.int64)
        times = size - last
        row = np.repeat(np.arange(count), times)
        new = np.arange(row.size) - np.repeat(np.cumsum(times) - times, times) + last[row]
        values = self.values[row] * variances[new]
        kept = np.argsort(-values, kind="stable")[:most]
        return Products(np.column_stack([self.indices[row[kept]], new[kept]]), values[kept])


def read_variances(variances: Any) -> Array:
    """Principal variances, largest first, of sum one.

    Raises
    ------
    InputError
        If they are no positive numbers, or their effective dimension is below three.
    """
    given = doubles("variances", variances)
    if given.ndim != 1 or not given.size or not (np.isfinite(given).all() and (given > 0).all()):
        raise InputError("variances", variances, "a list of positive finite numbers")
    shares = np.sort(given)[::-1] / given.sum()
    effective = 1 / np.sum(shares**2)
    if effective < _LEAST:
        advice = "this spectrum is that of many directions; from_kernel_matrix takes any kernel"
        raise InputError("variances", variances, f"an effective dimension of {_LEAST} or more", advice)
    return shares


def product_levels(
    kernel: Any, variances: Any, target: Mapping[Any, Any], degrees: int, levels: int
) -> dict[str, Any]:
    """Eigenvalues and powers for ``SpectralRidge``, with what is not resolved as tails.

    Parameters
    ----------
    kernel : str or Kernel
    variances : array_like
    target : mapping
        From a degree, or a tuple of principal directions counted from 0, to a power.
    degrees, levels : int
        Largest degree that is resolved, and how many products of each degree.

    Raises
    ------
    InputError
        If a key of the target is no degree and no tuple of directions, or a number is not in its range.
    """
    shares = read_variances(variances)
    for name, value in (("degrees", degrees), ("levels", levels)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(name, value, "a positive integer")
    expansion = expand_kernel(kernel, round(1 / np.sum(shares**2)), int(degrees))
    powers = _read_target(target, shares.size)
    products = Products(np.zeros((1, 0), dtype=np.int64), np.ones(1))
    eigenvalues, along = [], []
    for degree in range(degrees + 1):
        if degree:
            products = products.next(shares, int(levels))
        whole = _complete(shares, degree)
        eigenvalues.append(float(expansion.powers[degree]) * products.values / whole)
        spread = powers.pop(degree, 0.0) * products.values / whole
        for indices in [key for key in powers if isinstance(key, tuple) and len(key) == degree]:
            place = np.flatnonzero((products.indices == np.array(indices, dtype=np.int64)).all(axis=1))
            if place.size:
                spread[place[0]] += powers.pop(indices)
        along.append(spread)
    found, target_found = np.concatenate(eigenvalues), np.concatenate(along)
    whole_target = sum(_read_target(target, shares.size).values())
    return {
        "eigenvalues": found,
        "target": target_found,
        "tail": max(float(expansion.total) - math.fsum(found), 0.0),
        "target_tail": max(whole_target - math.fsum(target_found), 0.0),
    }


def _complete(shares: Array, degree: int) -> float:
    """Sum of all products of a degree: from power sums, by Newton's identities."""
    sums = [float(np.sum(shares ** (k + 1))) for k in range(degree)]
    found = [1.0]
    for k in range(1, degree + 1):
        found.append(math.fsum(found[k - j - 1] * sums[j] for j in range(k)) / k)
    return found[degree]


def _read_target(target: Any, directions: int) -> dict[Any, float]:
    if not isinstance(target, Mapping):
        raise InputError("target", target, "a mapping from degrees, or tuples of directions, to powers")
    found: dict[Any, float] = {}
    for key, value in target.items():
        several = key if isinstance(key, tuple) else (key,)
        whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 0 for k in several)
        if not whole or (isinstance(key, tuple) and any(k >= directions for k in several)):
            raise InputError("target", key, f"a degree, or a tuple of directions from 0 to {directions - 1}")
        name = tuple(sorted(int(k) for k in key)) if isinstance(key, tuple) else int(key)
        found[name] = found.get(name, 0.0) + float(number("target", value, minimum=0))
    return found


@dataclass(frozen=True, eq=False)
class HermiteFit:
    """Principal variances of inputs, and the power of labels along products of Hermite polynomials.

    Attributes
    ----------
    variances : ndarray
    target : mapping
        Powers of products that stand out of the noise.
    rest : float
        Mean square of what is left of the labels.
    """

    variances: Array
    target: Mapping[tuple[int, ...], float]
    rest: float


def fit_products(points: Any, labels: Any, degrees: int, levels: int) -> HermiteFit:
    """What labels are made of, along products of Hermite polynomials of the principal coordinates of the points.

    Products whose coefficient is beyond what the largest of as many estimates of zero reaches are fitted together, so
    that labels do not get more power than they have; all else is the rest.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Inputs, as rows.
    labels : ndarray, shape (n,)
    degrees : int
        Highest degree of the products.
    levels : int
        Most products of one degree.

    Raises
    ------
    ShapeError
        If there is not one label per row, or the points are no matrix.
    InputError
        If numbers are not finite.
    """
    x, y = doubles("points", points), doubles("labels", labels)
    if x.ndim != 2 or min(x.shape) < 2 or not np.isfinite(x).all():
        raise ShapeError("points", x.shape, "a matrix of finite numbers, rows and columns two or more")
    if y.shape != x.shape[:1] or not np.isfinite(y).all():
        raise ShapeError("labels", y.shape, f"{len(x)} finite numbers, one per row")
    centered = x - x.mean(axis=0)
    _, singular, directions = np.linalg.svd(centered, full_matrices=False)
    seen = singular > 1e-6 * singular[0]
    variances = singular[seen] ** 2 / len(x)
    z = centered @ directions[seen].T / np.sqrt(variances)
    hermite = [np.ones_like(z), z]
    for k in range(2, degrees + 1):
        hermite.append((z * hermite[k - 1] - math.sqrt(k - 1) * hermite[k - 2]) / math.sqrt(k))
    products, shares = Products(np.zeros((1, 0), dtype=np.int64), np.ones(1)), variances / variances.sum()
    columns: dict[tuple[int, ...], Array] = {}
    for degree in range(degrees + 1):
        if degree:
            products = products.next(shares, levels)
        bar = 2 * math.log(max(len(products.values), 2)) + 2
        for indices in products.indices.tolist():
            own, counts = np.unique(indices, return_counts=True)
            parts = [hermite[c][:, i] for i, c in zip(own, counts, strict=True)]
            column = np.prod(parts, axis=0) * np.ones(len(y))
            values = y * column
            if values.mean() ** 2 > bar * values.var(ddof=1) / len(y) and len(columns) < len(y) // 4:
                columns[tuple(indices)] = column
    return _joint(y, columns, variances)


def _joint(y: Array, columns: dict[tuple[int, ...], Array], variances: Array) -> HermiteFit:
    """Powers by one regression on the products that stand out, which are correlated where inputs are not Gaussian."""
    whole, found = float(np.mean(y**2)), dict[tuple[int, ...], float]()
    if columns:
        design = np.stack(list(columns.values()), axis=1)
        coefficients = np.linalg.lstsq(design, y)[0]
        missed = float(np.mean((y - design @ coefficients) ** 2)) * len(y) / (len(y) - len(columns))
        shares = max(whole - missed, 0.0) * coefficients**2 / np.sum(coefficients**2)
        found = dict(zip(columns, shares.tolist(), strict=True))
    return HermiteFit(variances, found, max(whole - math.fsum(found.values()), 0.0))
