"""Replicates in single precision: where it does not suffice they are computed in double, and the first is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.models.components import RISK, TESTED

Array = NDArray[np.float64]

PRECISIONS = ("double", "single")
"""Precision of features, Gram matrices and factorizations; labels, residuals and averages are always in double."""

SINGLE_PRECISION_ERROR = 1e-4
"""Relative error of every observable that single precision may cause. Measured: below 1e-5."""

VANISHING = 1e-9
"""Mean squares below this share of that of the labels, such as the train error of an interpolator, are rounding."""


SMALL = 1e-6
"""Test errors below this share of the labels' mean square feel the rounding of the features, and are done in double."""

_TESTED = {component.name for component in TESTED}
_OTHER_UNITS = {component.name for component in RISK if not component.is_error}


def measure_in_single(
    measure: Callable[[Any], Array], names: Sequence[str], power: float, *, verify: bool
) -> Array:
    """Measure one replicate in single precision, or in double precision where single does not suffice.

    Parameters
    ----------
    measure : callable
        From a precision to the observables ``(points, len(names))`` of the replicate.
    names : sequence of str
        What the columns are.
    power : float
        Mean square of the labels.
    verify : bool
        Measure in double precision too, and compare.

    Returns
    -------
    ndarray, shape (points, len(names))

    Raises
    ------
    SimulationError
        If the two differ by more than `SINGLE_PRECISION_ERROR`.

    Examples
    --------
    >>> measure_in_single(lambda dtype: np.ones((1, 1), dtype), ["test"], 1.0, verify=True).tolist()
    [[1.0]]
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # features that overflow are noticed, and not used
            values = measure(np.float32)
    except SimulationError:  # too ill-conditioned, or overflow; what fails for another reason fails again
        return measure(np.float64)
    small = values[:, [name in _TESTED for name in names]]
    if np.any((small > 0) & (small < SMALL * power)):
        return measure(np.float64)
    if verify:
        expected = measure(np.float64)
        floors = [0.0 if name in _OTHER_UNITS else VANISHING * power for name in names]
        errors = np.abs(values - expected) / np.maximum(
            np.abs(expected), np.maximum(floors, np.finfo(float).tiny)
        )
        if not errors.max(initial=0.0) <= SINGLE_PRECISION_ERROR:
            point, column = np.unravel_index(np.argmax(np.nan_to_num(errors, nan=np.inf)), errors.shape)
            raise SimulationError(
                f"in single precision {names[int(column)]} is off by {errors[point, column]:.1e} of its value, "
                f'more than {SINGLE_PRECISION_ERROR:g}; use precision="double"'
            )
    return values
