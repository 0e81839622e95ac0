"""How far a limit is from the sizes at which people run experiments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.quantities import D
from asymptotics.models.regime import as_regime
from asymptotics.prediction.predict import predict
from asymptotics.prediction.risk import Risk
from asymptotics.printing import Printed


@dataclass(frozen=True, repr=False)
class FiniteSizeGap(Printed):
    """A limit beside the deterministic equivalent at finite dimension.

    Attributes
    ----------
    limit, finite : Risk
        ``finite`` has the shape of ``limit`` with one more, last, axis for the dimensions.
    dimensions : ndarray
    """

    limit: Risk
    finite: Risk
    dimensions: np.ndarray

    def relative(self, component: str = "test") -> np.ndarray:
        """Relative difference ``(finite - limit)/limit`` of one component; NaN where the limit is zero or infinite."""
        names = self.limit.components
        if component not in names:
            raise InputError("component", component, f"one of {', '.join(names)}")
        limit = np.asarray(getattr(self.limit, component), dtype=float)[..., None]
        with np.errstate(all="ignore"):
            gap = (np.asarray(getattr(self.finite, component), dtype=float) - limit) / limit
        return np.where(np.isfinite(limit) & (limit != 0), gap, np.nan)

    def __str__(self) -> str:
        lines = [f"{D.name:>12}  largest relative gap of {', '.join(self.limit.components[:5])}"]
        for i, d in enumerate(self.dimensions):
            gaps = [np.abs(self.relative(name)[..., i]) for name in self.limit.components[:5]]
            shown = "  ".join(f"{np.nanmax(g):9.2e}" if np.any(np.isfinite(g)) else f"{'-':>9}" for g in gaps)
            lines.append(f"{int(d):>12}  {shown}")
        return "\n".join(lines)


def finite_size_gap(
    model: Any, regime: Any, ridge: Any = None, *, d: Any, ridge_per_sample: Any = None
) -> FiniteSizeGap:
    """Compare a limit with the deterministic equivalent at given dimensions.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    regime : Proportional or Polynomial
    ridge, ridge_per_sample : number or array
        As for :func:`asymptotics.predict`.
    d : int or array of int, shape (dimensions,)

    Returns
    -------
    FiniteSizeGap

    Raises
    ------
    InputError
        If the regime is not a limit, or a dimension is not an integer of at least 3.

    References
    ----------
    docs/howto/polynomial_scaling.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("erf", target={1: 1}, noise="0.1")
    >>> gap = asy.finite_size_gap(model, asy.Proportional(2, 3), ridge=0.01, d=[30, 300])
    >>> bool(abs(gap.relative()[1]) < abs(gap.relative()[0]) / 5)
    True
    """
    dimensions = np.atleast_1d(np.asarray(d))
    if dimensions.ndim != 1 or dimensions.dtype.kind not in "iu":
        raise InputError("d", d, "an integer or a list of integers")
    limit = predict(model, as_regime(regime), ridge, ridge_per_sample=ridge_per_sample)

    sizes, scale = as_regime(regime).at_dimensions(dimensions, limit.shape)

    def column(value: Any) -> Any:
        return np.broadcast_to(np.asarray(value, dtype=float), limit.shape)[..., None]

    total = None if ridge is None else column(ridge)
    per_sample = None if ridge_per_sample is None else column(ridge_per_sample) / scale
    finite = predict(model, sizes, total, ridge_per_sample=per_sample)
    return FiniteSizeGap(limit, finite, dimensions)
