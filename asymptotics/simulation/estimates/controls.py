"""Control variates: quantities of a replicate with known means, and what they explain of an observable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError

Array = NDArray[np.float64]

FEWEST_TRIALS = 40
"""Below this number of replicates the regression on controls is too uncertain."""


@dataclass(frozen=True, eq=False)
class Control:
    """Draws of a quantity whose expectation is known exactly.

    Attributes
    ----------
    draws : ndarray, shape (..., trials)
        One value per replicate.
    mean : float
        The expectation.
    """

    draws: Array
    mean: float


def regress(draws: Array, controls: Mapping[str, Control]) -> Array:
    r"""Subtract from draws what controls with known means explain of them.

    Parameters
    ----------
    draws : ndarray, shape (..., trials)
        An observable.
    controls : mapping of str to Control
        Measured in the same replicates.

    Returns
    -------
    ndarray, shape (..., trials)
        :math:`y - (C - E C)\beta` with :math:`\beta` by least squares, spread about its mean so that the usual
        standard error is that of the regression; see the notes.

    Raises
    ------
    InputError
        If there are no controls, or fewer than 40 replicates.

    Notes
    -----
    For Gaussian controls, of which q are linearly independent, and T replicates, the mean has the variance

    .. math:: \frac{\sigma_e^2}T\Bigl(1 + \frac q{T-q-2}\Bigr) = \frac{\sigma_e^2}T\,\frac{T-2}{T-q-2}

    with the variance :math:`\sigma_e^2` of what the controls do not explain, whose unbiased estimate divides the
    squared residuals by T - 1 - q: the coefficients are estimated from the same draws.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> known = generator.standard_normal(100)
    >>> adjusted = regress(5.0 + known, {"known": Control(known, 0.0)})
    >>> bool(np.allclose(adjusted, 5.0))
    True
    """
    trials = draws.shape[-1]
    if not controls:
        raise InputError("estimate", "one without controls", "an estimate of simulate, not yet controlled")
    if trials < FEWEST_TRIALS:
        raise InputError("trials", trials, f"at least {FEWEST_TRIALS}", "draw more replicates")
    result = np.empty_like(draws)
    for index in np.ndindex(draws.shape[:-1]):
        columns = np.column_stack([control.draws[index] - control.mean for control in controls.values()])
        centred = columns - columns.mean(axis=0)
        coefficients, _, rank, _ = np.linalg.lstsq(centred, draws[index] - draws[index].mean(), rcond=1e-10)
        adjusted = draws[index] - columns @ coefficients
        lost = np.sqrt((trials - 1) / (trials - 1 - rank) * (trials - 2) / (trials - 2 - rank))
        result[index] = adjusted.mean() + lost * (adjusted - adjusted.mean())
    return result
