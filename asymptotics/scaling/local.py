"""The exponent with which a curve falls, point by point."""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.components import TEST

__all__ = ["local_exponent"]

_FEWEST = 3


def local_exponent(curve: Any, x: Any = "n", *, component: str = TEST.name) -> np.ndarray:
    r"""Local exponent of a curve: :math:`d\log y/d\log x` at every point.

    Parameters
    ----------
    curve : Risk, or array_like, shape (k,)
        A line of points along which a parameter varies, or the values themselves.
    x : str or array_like, shape (k,)
        The parameter, or its values.
    component : str
        Which component of a risk.

    Returns
    -------
    ndarray, shape (k,)
        By central differences of second order in log x, one-sided at both ends.

    Raises
    ------
    InputError
        If the curve has no such parameter or component, or values are not positive.
    ShapeError
        If it is not one line of at least three points.

    References
    ----------
    docs/howto/scaling_laws.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> n = np.geomspace(1e3, 1e9, 7)
    >>> local_exponent(5 * n**-0.3, n).round(6)
    array([-0.3, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3])
    """
    if isinstance(x, str):
        known = getattr(curve, "parameters", {})
        if x not in known:
            raise InputError("x", x, f"a parameter of the curve: {', '.join(known) or 'give its values'}")
        if component not in curve.values:
            raise InputError("component", component, ", ".join(curve.values))
        x, curve = known[x], curve.values[component]
    places, values = (np.asarray(part, dtype=float) for part in (x, curve))
    if places.ndim != 1 or places.shape != values.shape or places.size < _FEWEST:
        raise ShapeError(
            "curve", f"{values.shape} at {places.shape}", f"one line of at least {_FEWEST} points"
        )
    if not ((places > 0).all() and (values > 0).all()):
        raise InputError("curve", "values that are not positive", "positive values at positive places")
    return np.gradient(np.log(values), np.log(places), edge_order=2)
