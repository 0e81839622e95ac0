"""Stacked parts of the test error, as in the figures of the papers on where the variance comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.ensembles.parts import NAMES
from asymptotics.errors import InputError, ShapeError
from asymptotics.report.axes import LABELS, add_legend, is_wide, tidy_log_labels
from asymptotics.report.canvas import new_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {
    "bias2": "#4d4d4d",
    "features": "#0072b2",
    "data": "#009e73",
    "features:data": "#56b4e9",
    "data:noise": "#e69f00",
    "features:data:noise": "#d55e00",
}
"""Colors that are told apart by everyone: blue and green for what targets do, orange for what noise does."""

SHORT = {
    "bias2": "bias$^2$",
    "features": "features",
    "data": "data",
    "features:data": r"features $\times$ data",
    "data:noise": r"data $\times$ noise",
    "features:data:noise": r"features $\times$ data $\times$ noise",
}
_ROOM, _TOTAL = 1.15, "test error"


@styled
def plot_parts(
    parts: Any, x: Any, *, name: str = "", ax: Axes | None = None, top: float | None = None,
    simulation: Any = None,
) -> Axes:  # fmt: skip
    """Stack the parts of the test error along a parameter.

    Parameters
    ----------
    parts : mapping str -> ndarray, or a risk
        As :func:`asymptotics.ensembles.parts.parts` returns them for a line of points, or what has them as ``parts``.
    x : array_like or str
        The parameter that varies; its name suffices for a risk.
    name : str, optional
        Its name, for the label of the axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    top : float, optional
        Upper end of the axis; by default a little above the largest finite sum, or five times the median if there is
        a peak above that.
    simulation : Estimate, optional
        Of ``simulate_parts`` at the same points: sums of the parts with two standard errors, on the edges of the areas.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If parts are missing.
    ShapeError
        If they are not one line of points.

    References
    ----------
    docs/howto/ensembles_and_parts.md; AdlamPennington2020.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> from asymptotics.ensembles.parts import parts
    >>> model, psi1 = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1), np.geomspace(0.1, 10, 30)
    >>> axes = plot_parts(parts(model, asy.Proportional(psi1, 3.0), 1e-3), psi1, name="psi1")
    >>> len(axes.collections)
    6
    """
    if isinstance(x, str):
        if x not in getattr(parts, "parameters", {}):
            raise InputError("x", x, "values of the parameter, or its name and a risk that has it")
        name, x = name or x, np.ravel(parts.parameters[x])
    parts = getattr(parts, "parts", parts)
    missing = [part for part in NAMES if part not in parts]
    if missing:
        raise InputError("parts", sorted(parts), f"all of {', '.join(NAMES)}")
    values = np.asarray(x, dtype=float)
    columns = [np.asarray(parts[part], dtype=float) for part in NAMES]
    if values.ndim != 1 or any(column.shape != values.shape for column in columns):
        raise ShapeError(
            "parts", [np.shape(column) for column in columns], f"one line of points, as x: {values.shape}"
        )
    order = np.argsort(values)
    values, columns = values[order], [column[order] for column in columns]
    highest = _top(np.sum(columns, axis=0)) if top is None else top
    ax = new_axes() if ax is None else ax
    edges = np.minimum(np.cumsum([np.zeros_like(values), *columns], axis=0), 10 * highest)
    for part, below, above in zip(NAMES, edges, edges[1:], strict=False):
        ax.fill_between(values, below, above, color=COLORS[part], label=SHORT[part], linewidth=0)
    ax.plot(values, edges[-1], color="black", linewidth=0.8)
    if simulation is not None:
        _points(ax, values, simulation, order)
    if is_wide(values):
        ax.set_xscale("log")
        tidy_log_labels(ax)
    ax.set_xlim(values[0], values[-1])
    ax.set_ylim(0, highest)
    ax.set_xlabel(LABELS.get(name, name))
    ax.set_ylabel(_TOTAL)
    add_legend(ax)
    return ax


def _top(total: np.ndarray) -> float:
    finite = total[np.isfinite(total)]
    if not finite.size:
        raise InputError("parts", "nothing finite", "a finite test error somewhere")
    return _ROOM * float(min(finite.max(), 5 * np.median(finite)))


def _points(ax: Axes, x: np.ndarray, simulation: Any, order: np.ndarray) -> None:
    """Sums of parts by simulation, with two standard errors of each."""
    total = 0.0
    for part in NAMES:
        draws = simulation.statistics[part].draws
        if draws.shape[:-1] != x.shape:
            raise ShapeError("simulation", draws.shape[:-1], f"one line of points, as x: {x.shape}")
        total = total + draws[order]
        mean, error = total.mean(axis=-1), total.std(axis=-1, ddof=1) / np.sqrt(total.shape[-1])
        ax.errorbar(x, mean, 2 * error, fmt="o", color="black", markersize=2, linewidth=0.7)
