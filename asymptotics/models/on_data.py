"""Theory about the population of a user's own rows: their covariance, or the spectrum of their kernel matrix."""

from __future__ import annotations

import math
import warnings
from dataclasses import fields, replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.inputs import Inputs
from asymptotics.models.spectral_ridge import SpectralRidge

__all__ = ["on_data"]

OFF_CENTRE = 0.02
"""Squared length of the mean row, over the mean squared length of rows, that is not sampling: 50 rows have as much."""

FEW_ROWS = 10
"""Rows per column below which a covariance is estimated too roughly to be called known."""

LONGER = 1.5
"""Spread of squared lengths over that of Gaussian rows above which tails are heavy."""

MOST_ROWS = 10_000
"""Rows of which a kernel matrix is decomposed."""


def on_data(model: Any, data: Any) -> Any:
    r"""The model to predict with, beside ``simulate(model, ..., inputs=data)``: its population is that of your rows.

    Parameters
    ----------
    model : RandomFeaturesRidge, KernelRidge or another model with ``inputs``
        What is simulated on the rows.
    data : DataMatrix
        The rows, and a label for each if there are labels.

    Returns
    -------
    Model
        Without labels the same model with Gaussian inputs of the covariance of the rows. With labels, for a kernel, the
        held-out problem of its matrix on the rows, whose ``test`` is the error on the labels of the rows left out, at
        ``FiniteSize(n=...)`` without d.

    Raises
    ------
    InputError
        If the rows are not centred; the model has inputs or none can be given to it; there are labels and no kernel; or
        the kernel matrix is too large.

    Warns
    -----
    UserWarning
        If squared lengths of rows vary more than those of Gaussian ones with the same covariance (heavy tails), or rows
        are few per column.

    Notes
    -----
    The population is estimated, and what is said of it is assumed: that rows are as good as Gaussian with their
    covariance (universality; relative errors of order d over the number of rows besides), or that the rows drawn are
    free of the kernel matrix (``asymptotics verify held-out``). See docs/howto/real_data.md.

    Examples
    --------
    >>> import numpy as np
    >>> import asymptotics as asy
    >>> points = np.random.default_rng(0).standard_normal((600, 4)) * np.sqrt([0.4, 0.8, 1.2, 1.6])
    >>> model = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.1)
    >>> theory = on_data(model, asy.DataMatrix(points))
    >>> print(theory.inputs)
    gaussian inputs, variances 1.688, 1.246, 0.7048, 0.4084
    """
    points, labels = data.points, data.labels
    if labels is not None:
        return _on_labels(model, points, labels)
    names = {field.name for field in fields(model)}
    if "inputs" not in names:
        raise InputError("model", model, "one that inputs can be given to, such as RandomFeaturesRidge")
    if model.inputs is not None:
        raise InputError("inputs", model.inputs, "None in a model whose inputs are your rows")
    _judge(points)
    return replace(model, inputs=Inputs.from_data(points))


def _judge(points: np.ndarray) -> None:
    """Warn where rows are far from Gaussian ones in their lengths, or few.

    Raises
    ------
    InputError
        If rows are not centred.
    """
    squares = np.einsum("ij,ij->i", points, points)
    mean = points.mean(axis=0)
    if mean @ mean > OFF_CENTRE * squares.mean():
        advice = "DataMatrix(...).standardized(), on the command line --standardize, centres them"
        raise InputError("points", float(mean @ mean / squares.mean()), "rows with a mean of zero", advice)
    rows, columns = points.shape
    if rows < FEW_ROWS * columns:
        warnings.warn(
            f"{rows} rows of {columns} columns: their covariance is estimated from too few to be called known; "
            f"differences of the order of {columns / rows:.0%} are its own",
            stacklevel=4,
        )
    covariance = np.cov(points, rowvar=False, bias=True)
    gaussian = math.sqrt(2 * np.vdot(covariance, covariance)) / squares.mean()
    spread = squares.std() / squares.mean()
    if spread > LONGER * gaussian:
        warnings.warn(
            f"squared lengths of the rows vary by {spread:.0%}, those of Gaussian rows with their covariance by "
            f"{gaussian:.0%}: tails are heavy, and theory of Gaussian inputs is not to be trusted",
            stacklevel=4,
        )


def _on_labels(model: Any, points: np.ndarray, labels: np.ndarray) -> Any:
    """The held-out problem of a kernel on labelled rows."""
    kernel = getattr(model, "kernel", None)
    if kernel is None:
        advice = "given the weights, SpectralRidge.from_features(features of all rows, labels, heldout=True) is theory"
        raise InputError("labels", "given", "none for random features, or a model with a kernel", advice)
    if len(points) > MOST_ROWS:
        raise InputError("points", len(points), f"at most {MOST_ROWS} rows, of which a kernel matrix is made")
    cosines = points @ points.T / points.shape[1]
    matrix = np.asarray(kernel(np.where(np.abs(cosines) <= 1 + 1e-9, np.clip(cosines, -1, 1), cosines)))
    if not np.isfinite(matrix).all():
        advice = "it is a function on [-1, 1]: put the rows on the sphere"
        raise InputError("kernel", kernel, "a kernel that is finite at <x, x'>/d of all rows", advice)
    return SpectralRidge.from_kernel_matrix(matrix, labels, model.noise, heldout=True)
