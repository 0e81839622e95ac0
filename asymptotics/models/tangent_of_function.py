"""The tangent kernel of a function of one's own: any program that predicts, at the parameters it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.pool import doubles

__all__ = ["tangent_features"]

Array = NDArray[np.float64]


def tangent_features(
    function: Callable[[Array], Any],
    parameters: Any,
    *,
    jvp: Callable[[Array, Array], Any] | None = None,
    directions: int | None = None,
    seed: int = 0,
) -> Array:
    r"""Derivatives of predictions in the parameters: the features of the linearization of a function of one's own.

    Parameters
    ----------
    function : callable
        From parameters, shape (p,), to the predictions at N points, shape (N,).
    parameters : array_like, shape (p,)
        Where it is linearized.
    jvp : callable, optional
        ``jvp(parameters, direction)``, the derivative of the predictions along a direction of shape (p,): what
        ``jax.jvp`` or ``torch.func.jvp`` return. Central differences in double precision without it.
    directions : int, optional
        Take so many random directions instead of all p: the kernel is then an average over them, with a relative error
        of about the root of N over their number.
    seed : int
        Of the directions.

    Returns
    -------
    ndarray, shape (N, p) or (N, directions)
        Features :math:`Z` with :math:`ZZ^\top` the tangent kernel, exactly or in the mean: for
        ``SpectralRidge.from_features(Z, labels - function(parameters), heldout=True)``.

    Raises
    ------
    InputError
        If predictions or derivatives are not finite real numbers, or the number of directions is no positive integer.
    ShapeError
        If they have not one number per point.

    Notes
    -----
    Ridge regression on these features, of the labels less the predictions at the start, is training of the linearized
    function; see ``docs/howto/real_data.md``.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 5)
    >>> found = tangent_features(lambda a: np.tanh(a[0] * x) + a[1] ** 2, [0.0, 1.0])
    >>> bool(np.allclose(found, np.stack([x, np.full(5, 2.0)], axis=1)))
    True
    """
    start = doubles("parameters", parameters)
    if start.ndim != 1 or not start.size or not np.isfinite(start).all():
        raise ShapeError("parameters", start.shape, "a vector of finite numbers")
    points = _predictions("function", function(start), None).size
    along = _differences(function, start) if jvp is None else lambda v: jvp(start, v)
    if directions is None:
        chosen, scale = np.eye(start.size), 1.0
    elif isinstance(directions, bool) or not isinstance(directions, int | np.integer) or directions < 1:
        raise InputError("directions", directions, "a positive integer, or None for all parameters")
    else:
        chosen = np.random.default_rng(seed).standard_normal((directions, start.size))
        scale = 1 / np.sqrt(directions)
    return np.stack([scale * _predictions("jvp", along(row), points) for row in chosen], axis=1)


def _predictions(name: str, values: Any, points: int | None) -> Array:
    found = doubles(name, values)
    if found.ndim != 1 or not found.size or points not in (None, found.size):
        raise ShapeError(name, found.shape, "one number per point, a vector")
    if not np.isfinite(found).all():
        raise InputError(name, values, "finite numbers")
    return found


def _differences(function: Callable[[Array], Any], start: Array) -> Callable[[Array], Array]:
    """Central differences, with the step at which rounding and curvature weigh about the same."""
    step = np.cbrt(np.finfo(float).eps) * max(1.0, float(np.abs(start).max()))

    def along(direction: Array) -> Array:
        size = step / float(np.abs(direction).max())
        up, down = (doubles("function", function(start + sign * size * direction)) for sign in (1, -1))
        return (up - down) / (2 * size)

    return along
