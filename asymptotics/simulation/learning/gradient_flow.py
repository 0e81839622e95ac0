"""Gradient flow: an integrator with step control whose accuracy is measured, and the exact flow of a linear model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import DOP853

from asymptotics.errors import InputError

__all__ = ["Flow", "integrate", "linear_flow"]

Array = np.ndarray

_MOST_STEPS = 20_000
_COARSER = 10.0


@dataclass(frozen=True)
class Flow:
    """A flow at some times.

    Attributes
    ----------
    states : ndarray, shape (k, m)
        At the times.
    steps : ndarray of int, shape (k,)
        Steps that were accepted so far.
    coarse : ndarray, shape (k, m)
        The same at ten times the tolerance: how far both are apart says how accurate the states are.
    """

    states: Array
    steps: Array
    coarse: Array


def integrate(
    rate: Callable[[Array], Array],
    start: Array,
    times: Array | Sequence[float],
    tolerance: float,
    scale: float = 1.0,
) -> Flow:
    """Follow ``dy/dt = rate(y)``, by the pair of Dormand and Prince of order eight with step control.

    Parameters
    ----------
    rate : callable
        From a state to its slope.
    start : ndarray, shape (m,)
    times : sequence of float
        Increasing, from zero.
    tolerance : float
        Of the error of a step, relative to every entry where it is larger than the scale, and to the scale elsewhere.
    scale : float
        Of entries.

    Raises
    ------
    InputError
        If steps become too many, or values infinite.

    Examples
    --------
    >>> flow = integrate(lambda y: -y, np.ones(1), [0.0, 1.0], 1e-10)
    >>> bool(abs(flow.states[1, 0] - np.exp(-1)) < 1e-9)
    True
    """
    fine, steps = _followed(rate, start, times, tolerance, scale)
    return Flow(fine, steps, _followed(rate, start, times, _COARSER * tolerance, scale)[0])


def _followed(
    rate: Callable[[Array], Array],
    start: Array,
    times: Array | Sequence[float],
    tolerance: float,
    scale: float,
) -> tuple[Array, Array]:
    """States at the times; a step that passes one is read off by the interpolation of the method, of order seven."""
    solver = DOP853(
        lambda _, y: rate(y), 0.0, start, float(times[-1]), rtol=tolerance, atol=tolerance * scale
    )
    states, counts, steps = [start], [0], 0
    for time in times[1:]:
        while solver.t < time:
            message = solver.step()
            steps += 1
            if message is not None or steps > _MOST_STEPS or not np.isfinite(solver.y).all():
                advice = "at the kinks of an activation the slope jumps: ask for less, or for small steps"
                raise InputError("tolerance", tolerance, "one of fewer steps, or a shorter time", advice)
        states.append(solver.y if solver.t == time else solver.dense_output()(time))
        counts.append(steps)
    return np.array(states), np.array(counts)


def linear_flow(kernel: Array, missing: Array, times: Array | Sequence[float]) -> Array:
    """What a linear model has learned: the flow ``df/dt = K (y - f)`` in closed form.

    Parameters
    ----------
    kernel : ndarray, shape (m, n)
        Of all points with the samples, which are the first n.
    missing : ndarray, shape (n,)
        Labels less the function at the start.
    times : sequence of float

    Returns
    -------
    ndarray, shape (k, m)

    Examples
    --------
    >>> found = linear_flow(np.array([[2.0]]), np.ones(1), [0.0, 1.0])
    >>> bool(abs(found[1, 0] - (1 - np.exp(-2))) < 1e-15)
    True
    """
    samples = kernel[: kernel.shape[1]]
    values, vectors = np.linalg.eigh((samples + samples.T) / 2)
    along = vectors.T @ missing
    learned = np.empty((len(times), kernel.shape[0]))
    for k, time in enumerate(times):
        exponent = np.maximum(values, 0.0) * time
        # (1 - exp(-v t))/v, which is t where v is zero
        share = (
            np.divide(-np.expm1(-exponent), exponent, out=np.ones_like(exponent), where=exponent > 0) * time
        )
        learned[k] = kernel @ (vectors @ (share * along))
    return learned
