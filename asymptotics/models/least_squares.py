r"""Exact mean risk of least squares on Gaussian rows, at any finite size.

With ``A = G S^{1/2}`` and more samples than dimensions the only moment needed is that of an inverse Wishart matrix,
which integration by parts gives in one line: from :math:`E\,G^\top G\,W^{-1} = 1` with :math:`W = G^\top G`,

.. math:: 1 = n\,c - (D + 1)\,c, \qquad E\,W^{-1} = c\,1,

the two terms of the derivative of :math:`W^{-1}` being the loop (``D``) and the twist (``1``). With fewer samples than
dimensions and all eigenvalues equal, the same holds with rows and columns exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from asymptotics.lowering.program import Spectrum

__all__ = ["exact_least_squares", "inverse_wishart"]


def inverse_wishart(rows: Any, dimension: Any) -> Any:
    """Mean of the inverse of a Wishart matrix, as a multiple of the identity; infinite where there is none.

    Parameters
    ----------
    rows, dimension : number or ndarray
        Numbers of independent standard Gaussian rows, and their dimension.

    Examples
    --------
    >>> float(inverse_wishart(32, 20)), float(inverse_wishart(21, 20))
    (0.09090909090909091, inf)
    """
    loop, twist = dimension, 1
    slope = np.asarray(rows - loop - twist, dtype=float)
    with np.errstate(divide="ignore"):
        return np.where(slope > 0, 1 / np.where(slope > 0, slope, 1), np.inf)


def exact_least_squares(levels: Spectrum, noise: float, samples: np.ndarray) -> Mapping[str, np.ndarray]:
    """Components of the mean risk at ridge zero and infinitely many features, NaN where they are not known.

    Parameters
    ----------
    levels : Spectrum
        Eigenvalues with multiplicities ``T`` and powers of the target ``B``.
    noise : float
    samples : ndarray
        Number of rows.

    Examples
    --------
    >>> spectrum = Spectrum(np.array([2.0]), {"T": np.array([20.0]), "B": np.array([1.0])}, {"T": 0.0, "B": 0.0})
    >>> exact_least_squares(spectrum, 1.0, np.array([32, 10]))["test"].round(9).tolist()
    [1.818181818, 1.611111111]
    """
    s, counts, target = np.asarray(levels.eigenvalues), levels.weights["T"], levels.weights["B"]
    size, unknown = counts.sum(), np.full(np.shape(samples), np.nan)
    if any(tail != 0 for tail in levels.tails.values()) or not np.all(s > 0):
        return {"test": unknown}
    over, equal = samples >= size, bool(np.all(s == s[0]))
    known = over | equal
    share, rank = np.minimum(samples / size, 1.0), np.minimum(samples, size)
    moment = inverse_wishart(np.maximum(samples, size), rank)
    with np.errstate(invalid="ignore"):
        variance = noise * rank * moment if noise else 0.0 * rank
        inverses = np.where(over, (counts / s).sum(), rank / s[0]) * moment
        found = {
            "bias": (1 - share) * target.sum(),
            "variance": variance,
            "train": noise * (1 - rank / samples),
            "norm": (share * (target / s).sum() + (noise * inverses if noise else 0.0)) / samples,
            "norm_per_feature": np.zeros(np.shape(samples)),
        }
    found = {"test": found["bias"] + found["variance"], **found}
    return {name: np.where(known, column, np.nan) for name, column in found.items()}
