"""Figures of training time: the risk along it, where to stop, and what stopping is worth beside a ridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.analysis.optimize import optimal_ridge
from asymptotics.dynamics.optimum import best_filter
from asymptotics.errors import InputError
from asymptotics.models.components import TEST, TRAIN
from asymptotics.prediction.predict import predict
from asymptotics.report.axes import LABELS, add_legend, is_wide, tidy_log_labels, vertical_label
from asymptotics.report.canvas import new_axes, styled
from asymptotics.report.plots import plot, plot_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_best_training", "plot_stopping_map", "plot_training"]

_EVER = np.geomspace(1e-6, 1e12, 109)
_STILL, _ROOM, _FAR = 3e-3, 2.0, 50.0
_LINE, _MAP = 240, 90
_TEST = (TEST.name,)


@styled
def plot_training(
    model: Any, regime: Any, times: Any = None, *, components: Any = _TEST, simulation: Any = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Risk against the time of gradient flow, with the best stopping, the best ridge and no ridge as levels.

    Parameters
    ----------
    model : Model
    regime : Proportional or FiniteSize
        One point. For infinitely many samples times are per sample.
    times : array_like, optional
        Positive and finite; by default from where the test error starts to change to where it has stopped to.
    components : sequence of str or str
        What is drawn; the levels are those of the test error.
    simulation : Estimate, optional
        Of ``simulate(..., time=...)``: means with two standard errors.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the regime holds arrays.

    References
    ----------
    docs/howto/training_time.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
    >>> axes = asy.plot_training(model, asy.Proportional(psi1=2, psi2=3))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['gradient flow', 'best ridge', 'no ridge', 'best stopping']
    """
    clock, ridge = _units(model, regime)
    names = (components,) if isinstance(components, str) else tuple(components)
    best, none = optimal_ridge(model, regime).risk, _ask(model, regime, ridge, 0)
    if best.shape != ():
        raise InputError("regime", regime, "one point, no arrays", "plot_stopping_map shows a line of them")
    times = _window(model, regime, _LINE) if times is None else np.sort(np.asarray(times, dtype=float))
    risk = _ask(model, regime, clock, times)
    (stop,), (least,) = _least(np.log(times), np.asarray(risk.test, dtype=float)[:, None])
    ax = plot(risk, clock, components=names, simulation=simulation, ax=new_axes() if ax is None else ax)
    if len(names) == 1:
        ax.get_lines()[0].set_label("gradient flow")
    for level, label, dashes in ((best, "best ridge", "--"), (none, "no ridge", ":")):
        if float(level.test) < _FAR * least:
            ax.axhline(float(level.test), color="0.45", linestyle=dashes, linewidth=1, label=label, zorder=1)
    if np.isfinite(stop):
        ax.plot(np.exp(stop), least, "o", color="black", markersize=4, label="best stopping", zorder=8)
    ax.set_xscale("log")
    ax.set_xlim(times[0], times[-1])
    seen = np.concatenate([np.ravel(getattr(risk, name)) for name in names])
    if is_wide(seen, 8) and TRAIN.name not in names:
        ax.set_yscale("log")
        ax.set_ylim(0.8 * np.nanmin(seen), 1.25 * np.nanmax(seen))
    tidy_log_labels(ax)
    add_legend(ax)
    return ax


@styled
def plot_stopping_map(
    model: Any, regime: Any, times: Any = None, *, component: str = TEST.name, largest: float | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """One component of the risk over a size and the time of gradient flow, with the valley of the best stopping.

    Parameters
    ----------
    model : Model
    regime : Proportional or FiniteSize
        One of its sizes is an array.
    times : array_like, optional
        Positive and finite; by default as far as the test error changes at any of the sizes.
    component : str
        What is drawn; the valley is where the test error is least. Where training pays to the end there is none.
    largest : float, optional
        Larger values get the last color.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If not exactly one size is an array of at least two values.

    References
    ----------
    docs/howto/training_time.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")
    >>> axes = asy.plot_stopping_map(model, asy.Proportional(np.geomspace(0.3, 30, 12), 3), np.geomspace(0.1, 1e3, 9))
    >>> axes.get_ylabel(), axes.get_legend().get_texts()[0].get_text()
    ('training time $t$', 'best stopping')
    """
    clock, _ = _units(model, regime)
    size, values = _line(model, regime)
    times = _window(model, regime, _MAP) if times is None else np.sort(np.asarray(times, dtype=float))
    risk = _ask(model, regime, clock, times[:, None])
    valley, _ = _least(np.log(times), risk.test)
    ax = new_axes() if ax is None else ax
    plot_map(risk, size, clock, component=component, largest=largest, contours=0, ax=ax)
    drawn: dict[str, Any] = {"color": "white", "linewidth": 1.6, "linestyle": "-"}
    order = np.argsort(values)
    ax.plot(values[order], np.exp(valley[order]), label="best stopping", **drawn)
    ax.legend(
        loc="lower right",
        labelcolor="white",
        facecolor="0.25",
        framealpha=0.6,
        frameon=True,
        edgecolor="none",
    )
    return ax


@styled
def plot_best_training(
    model: Any, regime: Any, *, filters: bool = True, relative: bool = False, ax: Axes | None = None
) -> Axes:
    """The best test error that a ridge, stopping, and any spectral method reach, against a size.

    Parameters
    ----------
    model : Model
    regime : Proportional or FiniteSize
        One of its sizes is an array.
    filters : bool
        Whether to draw the best filter, an upper bound of what any reaches.
    relative : bool
        Whether errors are divided by that of the best ridge.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If not exactly one size is an array of at least two values.

    References
    ----------
    docs/howto/training_time.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")
    >>> axes = asy.plot_best_training(model, asy.Proportional(np.geomspace(0.5, 8, 5), 3))
    >>> [line.get_label() for line in axes.get_lines()]
    ['no ridge', 'best ridge', 'best stopping', 'best filter found']
    """
    clock, ridge = _units(model, regime)
    size, values = _line(model, regime)
    order = np.argsort(values)
    times = _window(model, regime, _LINE)
    trained = _ask(model, regime, clock, times[:, None]).test
    plain = _ask(model, regime, ridge, 0).test
    curves = {
        "no ridge": plain,
        "best ridge": optimal_ridge(model, regime).risk.test,
        "best stopping": np.fmin(_least(np.log(times), trained)[1], plain),
    }
    if filters:
        curves["best filter found"] = best_filter(model, regime).test
    if relative:
        curves = {label: curve / curves["best ridge"] for label, curve in curves.items()}
    ax = new_axes() if ax is None else ax
    for label, curve in curves.items():
        look: dict[str, Any] = (
            {"color": "0.55", "linestyle": ":", "linewidth": 1} if label == "no ridge" else {}
        )
        ax.plot(values[order], np.where(np.isfinite(curve), curve, np.nan)[order], label=label, **look)
    trained = np.array([curve for label, curve in curves.items() if label != "no ridge"])
    low, high = (np.nanmin(trained), np.nanmax(trained)) if relative else (0.0, np.nanmax(trained))
    ax.set_ylim(low - 0.05 * (high - low) * relative, high + 0.25 * (high - low))
    if is_wide(values):
        ax.set_xscale("log")
    ax.set_xlabel(LABELS.get(size, size))
    ax.set_ylabel(
        f"{vertical_label(_TEST)} over that of the best ridge" if relative else vertical_label(_TEST)
    )
    tidy_log_labels(ax)
    add_legend(ax)
    return ax


def _ask(model: Any, regime: Any, name: str, value: Any) -> Any:
    """The risk at times or ridges, in doubles."""
    given: dict[str, Any] = {name: value}
    return predict(model, regime, **given)


def _units(model: Any, regime: Any) -> tuple[str, str]:
    """What a time and a ridge are called: per sample where samples are infinite."""
    samples = regime.parameters(model)[regime.spelling(model.theory.samples)]
    endless = bool(np.all(np.isinf(np.asarray(samples, dtype=float))))
    return ("time_per_sample", "ridge_per_sample") if endless else ("time", "ridge")


def _line(model: Any, regime: Any) -> tuple[str, np.ndarray]:
    """The size that varies, and its values.

    Raises
    ------
    InputError
        If there is not exactly one.
    """
    found = {
        name: np.asarray(value, dtype=float)
        for name, value in regime.parameters(model).items()
        if np.size(value) > 1
    }
    if len(found) != 1 or next(iter(found.values())).ndim != 1:
        allowed = "one size as an array of several values, the others as numbers"
        raise InputError("regime", regime, allowed, "such as Proportional(np.geomspace(0.1, 10, 50), 3)")
    return next(iter(found.items()))


def _window(model: Any, regime: Any, points: int) -> np.ndarray:
    """Times from where the test error starts to change to where it has stopped to, at any of the sizes."""
    clock, _ = _units(model, regime)
    arrays = [np.ndim(value) for value in regime.parameters(model).values()]
    test = np.asarray(_ask(model, regime, clock, _EVER.reshape(-1, *[1] * max(arrays))).test, dtype=float)
    test = np.where(np.isfinite(test), test, np.nan).reshape(_EVER.size, -1)
    steps, near = np.abs(np.diff(np.log(test), axis=0)), test[1:] < _FAR * np.nanmin(test, axis=0)
    moving = np.flatnonzero(
        np.any((steps > _STILL) & near, axis=1)
    )  # with n = p the test error grows for ever
    low, high = (_EVER[moving[0]], _EVER[moving[-1] + 1]) if moving.size else (_EVER[0], _EVER[-1])
    return np.geomspace(low / _ROOM, high * _ROOM, points)


def _least(logarithms: np.ndarray, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Where columns are least and how small, by a parabola through three points; NaN where that is at an end."""
    table = np.where(np.isfinite(values), values, np.inf)
    place = np.argmin(table, axis=0)
    inside = (place > 0) & (place < len(table) - 1)
    middle = np.clip(place, 1, len(table) - 2)
    column = np.arange(table.shape[1])
    low, mid, high = (table[middle + shift, column] for shift in (-1, 0, 1))
    step = logarithms[1] - logarithms[0]
    with np.errstate(all="ignore"):
        shift = 0.5 * (low - high) / (low - 2 * mid + high)
        where, least = logarithms[middle] + shift * step, mid - 0.25 * (low - high) * shift
    return np.where(inside, where, np.nan), np.where(inside, least, table[place, column])
