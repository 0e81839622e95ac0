"""Labelled plots of risks, with simulation on them. The only file, with ``figures``, that draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from asymptotics.errors import InputError, MissingExtraError, ShapeError
from asymptotics.models.components import label_of
from asymptotics.prediction.risk import Risk
from asymptotics.simulation.estimates.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

P = ParamSpec("P")
R = TypeVar("R")

STYLE = Path(__file__).with_name("asymptotics.mplstyle")

LABELS = {
    "psi1": r"features per dimension $\psi_1 = p/d$",
    "psi2": r"samples per dimension $\psi_2 = n/d$",
    "d": r"input dimension $d$",
    "n": r"samples $n$",
    "p": r"features $p$",
    "ridge": r"ridge $\lambda$",
    "ridge_per_sample": r"ridge per sample $\lambda/n$",
    "kappa1": r"$\kappa_1 = \log p/\log d$",
    "kappa2": r"$\kappa_2 = \log n/\log d$",
    "theta1": r"$\theta_1 = p/d^{\kappa_1}$",
    "theta2": r"$\theta_2 = n/d^{\kappa_2}$",
}


def load_pyplot() -> Any:
    """Matplotlib's pyplot.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plot") from error
    return pyplot


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in the style of this package, whatever the user's own settings are."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with load_pyplot().style.context(str(STYLE)):
            return draw(*args, **kwargs)

    return inner


def new_axes(width: float = 4.2, height: float = 3.0) -> Axes:
    """Axes of a new figure of the given size in inches."""
    return load_pyplot().figure(figsize=(width, height)).add_subplot()


@styled
def plot(
    risk: Risk,
    x: str,
    *,
    components: Sequence[str] = ("test", "bias", "variance"),
    simulation: Any = None,
    ax: Axes | None = None,
    label: str = "",
) -> Axes:
    r"""Plot components of a risk against one of its parameters, with simulation as points with error bars.

    Parameters
    ----------
    risk : Risk
        Along one axis: all other parameters constant.
    x : str
        Name of the parameter: ``"psi1"``, ``"n"``, ``"ridge"``, ...
    components : sequence of str
        Any of the risk's components: test, bias, variance, train, norm, norm_per_feature.
    simulation : Estimate, optional
        Drawn as means with two standard errors; its sizes are converted (``p/d`` for ``psi1``).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    label : str, optional
        Put before the names of the components in the legend.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the parameter or a component does not exist, the risk is a single point or none, or the simulation
        is no estimate.
    ShapeError
        If more than one parameter varies.
    MissingExtraError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> risk = asy.predict(model, asy.Proportional(np.geomspace(0.1, 10, 50), 3.0), ridge=1e-3)
    >>> axes = asy.plot(risk, x="psi1")
    >>> axes.get_xlabel()
    'features per dimension $\\psi_1 = p/d$'
    """
    if not isinstance(risk, Risk):
        raise InputError("risk", risk, "a Risk", "`predict` returns one")
    if simulation is not None and not isinstance(simulation, Estimate):
        raise InputError("simulation", simulation, "an Estimate", "`simulate` returns one")
    where = _abscissa(risk, x)
    for name in components:
        if name not in risk.components:
            raise InputError("components", name, f"any of {', '.join(risk.components)}")
    fresh = ax is None
    ax = new_axes() if ax is None else ax
    order = np.argsort(where)
    for number, name in enumerate(components):
        values = _floats(risk, name)
        text = f"{label} {label_of(name)}".strip()
        (line,) = ax.plot(where[order], values[order], label=text, zorder=2 + number)
        if simulation is not None:
            _points(ax, simulation, x, name, line.get_color())
    if fresh:
        _decorate(ax, risk, x, where, components, simulation)
    ax.legend()
    return ax


def _floats(risk: Risk, name: str) -> np.ndarray:
    """A component as doubles, whatever numbers it was computed in; infinities leave gaps."""
    values = np.asarray(getattr(risk, name), dtype=float).ravel()
    return np.where(np.isfinite(values), values, np.nan)


def _abscissa(risk: Risk, x: str) -> np.ndarray:
    if x not in risk.parameters:
        raise InputError("x", x, f"a parameter of the risk: {', '.join(risk.parameters)}")
    if risk.shape == ():
        raise InputError("risk", "a single point", "a risk along an axis", f"give {x} as an array")
    values = np.asarray(risk.parameters[x], dtype=float).ravel()
    if values.size == 0:
        raise InputError("risk", "an empty grid", "a risk along an axis")
    fixed = {"psi1": "psi2", "psi2": "psi1"}
    for name, other in risk.parameters.items():
        varies = np.unique(np.asarray(other, dtype=float)).size > 1
        if name != x and varies and np.unique(values).size < values.size:
            raise ShapeError(
                "risk", risk.shape, f"one varying parameter besides {fixed.get(x, x)}; select a row first"
            )
    return values


def _points(ax: Axes, simulation: Any, x: str, name: str, color: Any) -> None:
    parameters = {key: np.asarray(value, dtype=float) for key, value in simulation.parameters.items()}
    ratios = {"psi1": ("p", "d"), "psi2": ("n", "d"), "ridge_per_sample": ("ridge", "n")}
    if x in parameters:
        where = parameters[x]
    elif x in ratios:
        where = parameters[ratios[x][0]] / parameters[ratios[x][1]]
    else:
        raise InputError("x", x, f"a parameter of the simulation: {', '.join(parameters)}")
    statistic = getattr(simulation, name)
    mean, error = np.ravel(statistic.mean), np.ravel(statistic.standard_error)
    where = np.broadcast_to(where, np.shape(statistic.mean)).ravel()
    ax.errorbar(
        where, mean, yerr=2 * error, fmt="o", color=color, markersize=3, elinewidth=0.9, capsize=1.5, zorder=9
    )


def _decorate(
    ax: Axes, risk: Risk, x: str, where: np.ndarray, components: Sequence[str], simulation: Any
) -> None:
    ax.set_xlabel(LABELS.get(x, x))
    ax.set_ylabel(label_of(components[0]) if len(components) == 1 else "excess risk")
    positive = where[where > 0]
    if positive.size == where.size and positive.max() > 20 * positive.min():
        ax.set_xscale("log")
    values = np.concatenate([_floats(risk, name) for name in components])
    values = values[np.isfinite(values) & (values > 0)]
    if values.size and values.max() > 50 * np.median(values):
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    _mark_threshold(ax, risk, x, where)
    if simulation is not None:
        ax.plot([], [], "o", color="0.3", markersize=3, label=r"simulation $\pm 2$ s.e.")


def _mark_threshold(ax: Axes, risk: Risk, x: str, where: np.ndarray) -> None:
    """A thin line at the interpolation threshold n = p, where the other size is constant."""
    partner = {"psi1": "psi2", "psi2": "psi1", "p": "n", "n": "p"}.get(x)
    if partner is None or partner not in risk.parameters:
        return
    other = np.unique(np.asarray(risk.parameters[partner], dtype=float))
    if other.size == 1 and where.min() < other[0] < where.max():
        ax.axvline(other[0], color="0.6", linewidth=0.8, linestyle=":", zorder=1)
