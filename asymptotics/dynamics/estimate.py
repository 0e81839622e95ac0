"""Test error of a trained predictor from its training data alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.dynamics.filters import IteratedRidge
from asymptotics.dynamics.nodes import Nodes
from asymptotics.dynamics.training import Training
from asymptotics.errors import InputError, ShapeError
from asymptotics.printing import Printed

__all__ = ["RiskEstimate", "estimate_risk"]

_RANK = 1e-13


@dataclass(frozen=True, repr=False)
class RiskEstimate(Printed):
    """What training data tell about the error on new data.

    Attributes
    ----------
    prediction : float or ndarray
        Estimate of the mean squared error on a new sample, noise of its label included, by generalised
        cross-validation of pairs of ridges.
    plain : float or ndarray
        The usual generalised cross-validation: exact for ridge regression, wrong for training that is stopped.
    train : float or ndarray
        Mean squared training error.
    degrees_of_freedom : float or ndarray

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> rng = np.random.default_rng(0)
    >>> Z, noise = rng.standard_normal((200, 100)) / 10, rng.standard_normal(200)
    >>> print(asy.estimate_risk(Z, Z @ np.ones(100) + noise, ridge=1.0))
    prediction error 1.15183 (plain GCV 1.15183, training error 0.575632)
    """

    prediction: Any
    plain: Any
    train: Any
    degrees_of_freedom: Any

    def __str__(self) -> str:
        if np.ndim(self.prediction):
            return f"RiskEstimate of shape {np.shape(self.prediction)}"
        return f"prediction error {self.prediction:.6g} (plain GCV {self.plain:.6g}, training error {self.train:.6g})"


def estimate_risk(Z: Any, y: Any, *, training: Any = None, ridge: Any = None) -> RiskEstimate:
    r"""Error on new data of a trained linear predictor, from its training data alone.

    Parameters
    ----------
    Z : array_like, shape (n, p)
        Features of the training samples, as in :math:`\|y - Za\|^2`.
    y : array_like, shape (n,)
        Labels.
    training : Training
        ``GradientFlow(...)`` or another method; parameters may be arrays.
    ridge : number or array, optional
        Ridge regression instead.

    Returns
    -------
    RiskEstimate

    Raises
    ------
    ShapeError
        If Z is no matrix, or y has another length.
    InputError
        If numbers are not finite, or not exactly one of training and ridge is given.

    Notes
    -----
    With :math:`\hat c_\lambda = (\lambda/n)\operatorname{tr}(ZZ^T+\lambda)^{-1}` the estimate is
    :math:`\frac1n\|\sum_k (w_k/\hat c_{\lambda_k})\,\lambda_k(ZZ^T+\lambda_k)^{-1}y\|^2` for a filter of nodes
    :math:`\lambda_k` and weights :math:`w_k`; see ``docs/theory/dynamics.md``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.standard_normal((200, 100)) / 10
    >>> y = Z @ rng.standard_normal(100) + rng.standard_normal(200)
    >>> one = estimate_risk(Z, y, ridge=1.0)
    >>> bool(abs(one.prediction - one.plain) < 1e-12)
    True
    """
    Z, y = _checked(Z, y)
    if (training is None) == (ridge is None):
        raise InputError("training", training, "exactly one of training and ridge")
    chosen = IteratedRidge(ridge, 1) if training is None else training
    if not isinstance(chosen, Training):
        raise InputError("training", training, "GradientFlow(...) or another training method")
    left, values, _ = np.linalg.svd(Z, full_matrices=False)
    n = y.size
    keep = values > _RANK * values.max(initial=0.0)
    x = values[keep] ** 2 / (n if chosen.per_sample else 1)
    share = (left[:, keep].T @ y) ** 2
    # What no feature reaches lies at eigenvalue zero.
    x, share = np.append(x, 0.0), np.append(share, max(float(y @ y - share.sum()), 0.0))
    counts = np.append(np.ones(x.size - 1), n - x.size + 1)
    arrays = np.broadcast_arrays(*chosen.parameters.values()) if chosen.parameters else [np.zeros(())]
    columns = {name: a.reshape(-1, 1) for name, a in zip(chosen.parameters, arrays, strict=False)}
    edge = np.full((arrays[0].size, 1), x.max())
    chosen.check_steps(columns, edge)
    table, keys = np.empty((arrays[0].size, 4)), chosen.groups(columns, edge)
    ended = chosen.converged(columns) if columns else None
    for key in np.unique(keys):
        at = np.flatnonzero(keys == key)
        nodes = chosen.nodes({name: column[at] for name, column in columns.items()}, edge[at])
        if ended is not None:
            nodes = _at_the_end(nodes, ended[at], x.max())
        table[at] = _estimates(nodes, x, share, counts, n)
    shaped = [column.reshape(arrays[0].shape)[()] for column in table.T]
    return RiskEstimate(*shaped)


def _checked(Z: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    matrix, labels = np.asarray(Z, dtype=float), np.asarray(y, dtype=float)
    if matrix.ndim != 2 or labels.shape != matrix.shape[:1]:
        raise ShapeError("y", labels.shape, f"one label for each row of Z, of shape {matrix.shape}")
    for name, value in (("Z", matrix), ("y", labels)):
        if not np.all(np.isfinite(value)):
            raise InputError(name, value[~np.isfinite(value)][0], "finite numbers")
    return matrix, labels


def _at_the_end(nodes: Nodes, ridge: np.ndarray, largest: float) -> Nodes:
    """Nodes of rows whose training has come to an end: one ridge, or next to none."""
    ended = np.isfinite(ridge)
    if not np.any(ended):
        return nodes
    single = np.maximum(ridge, 1e-11 * largest)[:, None]
    first = np.arange(nodes.ridge.shape[1]) == 0
    return Nodes(
        np.where(ended[:, None], single + 0j, nodes.ridge),
        np.where(ended[:, None], np.where(first, 1.0, 0.0), nodes.weight),
    )


def _estimates(nodes: Nodes, x: np.ndarray, share: np.ndarray, counts: np.ndarray, n: int) -> np.ndarray:
    """Both estimates, training error and degrees of freedom, in rows."""
    left = 1 / (1 + x / nodes.ridge[..., None])
    slack = np.sum(counts * left, axis=-1) / n
    corrected = np.real(np.sum((nodes.weight / slack)[..., None] * left, axis=1))
    plain = np.real(np.sum(nodes.weight[..., None] * left, axis=1))
    pair, train = (np.sum(share * filtered**2, axis=1) / n for filtered in (corrected, plain))
    freedom = np.sum(counts * (1 - plain), axis=1)
    return np.stack([pair, train / (1 - freedom / n) ** 2, train, freedom], axis=1)
