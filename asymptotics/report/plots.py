"""Labelled plots of risks, with simulation or measurements on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.quantities import QUANTITIES
from asymptotics.prediction.risk import Risk
from asymptotics.report.axes import (
    DERIVED,
    LABELS,
    add_legend,
    is_peaked,
    is_wide,
    label_of,
    short_label,
    tidy_log_labels,
    vertical_label,
)
from asymptotics.report.canvas import load_pyplot, new_axes, styled
from asymptotics.report.measurement import Measurement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW_ROWS = 6
"""Rows of a risk that each get an entry in the legend; of more, a bar says which color is which."""

MOST_ROWS = 200

_DASHES = ("-", "--", ":", "-.")


@styled
def plot(
    risk: Risk, x: str | None = None, *, components: Sequence[str] | str | None = None, simulation: Any = None,
    ax: Axes | None = None, label: str = "", **line: Any,
) -> Axes:  # fmt: skip
    r"""Plot components of a risk against one of its parameters, with simulation as points with error bars.

    Parameters
    ----------
    risk : Risk
        Along one axis: a line per component. Over a grid: a line per row, that is per value of the other
        parameters, of the first component unless others are asked for.
    x : str, optional
        Name of the parameter: ``"psi1"``, ``"n"``, ``"ridge"``, ...; the one that varies by default.
    components : sequence of str, optional
        Any of the risk's components, and ``"prediction"``, the test error against noisy labels; by default test
        error, bias and variance.
    simulation : Estimate or Measurement, optional
        Drawn as means with two standard errors; its sizes are converted (``p/d`` for ``psi1``).
    ax : matplotlib.axes.Axes, optional
        Where to draw, in the style that it has; a new figure otherwise. Labels that it has are kept, and its
        scales are left alone if there is something in it.
    label : str, optional
        Put before the names of the components in the legend.
    **line
        Options of Matplotlib's lines: ``color``, ``linestyle``, ``linewidth``, ``marker``, ``alpha``, ...

    Returns
    -------
    matplotlib.axes.Axes
        Of a figure one journal column wide, in this package's style unless you have chosen another; :func:`save_figure`
        writes it.

    Raises
    ------
    InputError
        If the parameter or a component does not exist, the risk is a single point or none, or the simulation
        is no estimate.
    ShapeError
        If there are too many rows.
    MissingExtraError
        If matplotlib is not installed.

    References
    ----------
    docs/howto/figures.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> risk = asy.predict(model, asy.Proportional(np.geomspace(0.1, 10, 50), 3.0), ridge=1e-3)
    >>> axes = asy.plot(risk, x="psi1", color="black")
    >>> axes.get_xlabel()
    'features per dimension $\\psi_1 = p/d$'
    """
    if not isinstance(risk, Risk):
        raise InputError("risk", risk, "a Risk", "`predict` returns one")
    if simulation is not None and not hasattr(simulation, "parameters"):
        raise InputError("simulation", simulation, "an Estimate or a Measurement", "`simulate` returns one")
    x, rows = _rows(risk, x)
    names = _components(risk, components, several=len(rows) > 1)
    if isinstance(simulation, Measurement):
        simulation = simulation.with_noise(np.ravel(risk.noise)[0])
    empty = ax is None or not ax.has_data()
    ax = new_axes() if ax is None else ax
    _draw(ax, risk, x, rows, names, simulation, label, line)
    if simulation is not None:
        ax.plot([], [], "o", color="0.3", label=_points_label(simulation))
    _decorate(ax, risk, x, names, empty)
    if label or len(ax.get_legend_handles_labels()[1]) > 1:
        add_legend(ax)
    return ax


@styled
def plot_map(
    risk: Risk, x: str, y: str, *, component: str | None = None, ax: Axes | None = None, largest: float | None = None,
    contours: int = 6, **mesh: Any,
) -> Axes:  # fmt: skip
    r"""Draw one component of a risk over two of its parameters: color, contours, and a bar with the scale.

    Parameters
    ----------
    risk : Risk
        On a grid of two parameters.
    x, y : str
        Their names.
    component : str, optional
        The first one by default, the test error.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    largest : float, optional
        Larger values get the last color; the bar says so.
    contours : int
        About how many lines of equal value; 0 for none.
    **mesh
        Options of Matplotlib's ``pcolormesh``, such as ``cmap``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If a parameter or the component does not exist.
    ShapeError
        If the risk is not on a grid of the two parameters.

    References
    ----------
    docs/howto/figures.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> features, ridges = np.geomspace(0.1, 10, 20), np.geomspace(1e-3, 1, 15)
    >>> risk = asy.predict(model, asy.Proportional(features[:, None], 3.0), ridge=ridges)
    >>> axes = plot_map(risk, "psi1", "ridge")
    >>> axes.get_ylabel(), axes.get_yscale()
    ('ridge $\\lambda$', 'log')
    """
    if not isinstance(risk, Risk):
        raise InputError("risk", risk, "a Risk", "`predict` returns one")
    (name,) = _components(risk, component, several=True)
    across, up, values = _grid(risk, x, y, name)
    ax = new_axes() if ax is None else ax
    draw_map(ax, across, up, values, label_of(name), largest, contours, mesh)
    for axis, parameter, where in ((ax.xaxis, x, across), (ax.yaxis, y, up)):
        axis.set_label_text(axis.get_label_text() or LABELS.get(parameter, parameter))
        if is_wide(where):
            (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)("log")
    tidy_log_labels(ax)
    return ax


def draw_map(
    ax: Axes,
    across: Any,
    up: Any,
    values: np.ndarray,
    label: str,
    largest: float | None,
    contours: int,
    mesh: Any,
) -> None:
    """Values over a rectangle, ``values[i, j]`` at ``(across[j], up[i])``, with contours and a bar.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    across : array_like, shape (m,)
        Values of the horizontal parameter.
    up : array_like, shape (k,)
        Values of the vertical one.
    values : ndarray
        Shape (k, m).
    label : str
        Of the bar.
    largest : float, optional
        Top of the color scale.
    contours : int
        Number of lines.
    mesh : mapping
        Passed to Matplotlib.
    """
    colors = load_pyplot().matplotlib.colors
    finite = values[np.isfinite(values)]
    top = largest if largest is not None else float(finite.max())
    clipped = bool(np.any(values > top))
    bottom = float(min(finite.min(), top))
    wide = is_wide(np.minimum(finite, top), 50.0)
    norm = colors.LogNorm(bottom, top) if wide else colors.Normalize(0 if bottom >= 0 else bottom, top)
    options = dict(cmap="magma_r", shading="gouraud", norm=norm, rasterized=True) | mesh
    drawn = ax.pcolormesh(across, up, np.clip(values, None, top), **options)
    if contours and finite.size and finite.min() < top:
        levels = np.geomspace(bottom, top, contours + 2) if wide else np.linspace(bottom, top, contours + 2)
        lines = ax.contour(
            across, up, np.clip(values, None, top), levels[1:-1], colors="0.35", linewidths=0.6
        )
        ax.clabel(lines, fmt=lambda value: f"{value:.2g}", fontsize="x-small")
    bar = ax.figure.colorbar(drawn, ax=ax, extend="max" if clipped else "neither")
    bar.set_label(f"{label} (above {top:.3g} clipped)" if clipped else label)
    bar.outline.set_linewidth(0.5)


def _components(
    risk: Risk, given: Any, several: bool, usual: Sequence[str] = ("test", "bias", "variance")
) -> list[str]:
    """Names of the components to draw."""
    if given is None:
        names = [name for name in usual if name in risk.components] or list(risk.components)
        return names[:1] if several else names
    names = [given] if isinstance(given, str) else list(given)
    allowed = [*risk.components, *(name for name in DERIVED if hasattr(risk, name))]
    for name in names:
        if name not in allowed:
            raise InputError("components", name, f"any of {', '.join(allowed)}")
    return names


def _floats(risk: Risk, name: str) -> np.ndarray:
    """A component as doubles, whatever numbers it was computed in; infinities leave gaps."""
    values = np.asarray(getattr(risk, name), dtype=float).ravel()
    return np.where(np.isfinite(values), values, np.nan)


def _flat(risk: Risk, name: str) -> np.ndarray:
    """A parameter at every point."""
    return np.broadcast_to(np.asarray(risk.parameters[name], dtype=float), risk.shape).ravel()


def _rows(risk: Risk, x: str | None) -> tuple[str, list[tuple[dict[str, float], np.ndarray]]]:
    """The parameter on the horizontal axis, and the rows: what the others are there, and which points, in order."""
    if x is not None and x not in risk.parameters:
        raise InputError("x", x, f"a parameter of the risk: {', '.join(risk.parameters)}")
    if risk.shape == ():
        raise InputError(
            "risk", "a single point", "a risk along an axis", f"give {x or 'a size'} as an array"
        )
    if np.prod(risk.shape) == 0:
        raise InputError("risk", "an empty grid", "a risk along an axis")
    varying = [name for name in risk.parameters if np.unique(_flat(risk, name)).size > 1]
    if x is None and len(varying) != 1:
        raise InputError(
            "x", None, f"the parameter on the horizontal axis: {', '.join(varying or risk.parameters)}"
        )
    x = x or varying[0]
    where = _flat(risk, x)
    if np.unique(where).size == where.size:
        return x, [({}, np.argsort(where))]
    others = [name for name in varying if name != x]
    values = np.stack([_flat(risk, name) for name in others], axis=1) if others else np.zeros((where.size, 0))
    keys, group = np.unique(values, axis=0, return_inverse=True)
    if len(keys) > MOST_ROWS:
        raise ShapeError(
            "risk", risk.shape, f"at most {MOST_ROWS} rows", "select some with .sel, or use plot_map"
        )
    order = np.argsort(where, kind="stable")
    rows = [
        (dict(zip(others, key)), order[group.ravel()[order] == number]) for number, key in enumerate(keys)
    ]
    return x, rows


def _grid(risk: Risk, x: str, y: str, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    for parameter, which in ((x, "x"), (y, "y")):
        if parameter not in risk.parameters:
            raise InputError(which, parameter, f"a parameter of the risk: {', '.join(risk.parameters)}")
    across, column = np.unique(_flat(risk, x), return_inverse=True)
    up, row = np.unique(_flat(risk, y), return_inverse=True)
    size = int(np.prod(risk.shape))
    cells = np.unique(row * across.size + column).size
    if min(across.size, up.size) < 2 or not cells == size == across.size * up.size:
        raise ShapeError("risk", risk.shape, f"a grid of {x} and {y}, one point of each pair of values")
    values = np.full((up.size, across.size), np.inf)
    values[row, column] = np.asarray(getattr(risk, name), dtype=float).ravel()
    return across, up, values


def _draw(ax: Any, risk: Risk, x: str, rows: Any, names: Any, simulation: Any, label: str, line: Any) -> None:
    """Lines, and the points on them in their colors."""
    where, many = _flat(risk, x), len(rows) > FEW_ROWS
    shades = load_pyplot().get_cmap("viridis")(np.linspace(0.9, 0.05, len(rows))) if len(rows) > 1 else [None]
    for number, name in enumerate(names):
        values = _floats(risk, name)
        for row, ((fixed, points), shade) in enumerate(zip(rows, shades, strict=True)):
            dashes = _DASHES[
                (row if len(names) == 1 and not many else number) % len(_DASHES)
            ]  # not by color alone
            own = {} if shade is None else {"color": shade, "linestyle": dashes}
            what = label_of(name) if len(names) > 1 or not fixed else ""
            said = ", ".join(f"{short_label(key)} = {value:.4g}" for key, value in fixed.items())
            text = " ".join(filter(None, (label, what, said)))
            drawn = {"label": "_" if many else text, "zorder": 2 + 0.01 * number, **own, **line}
            (curve,) = ax.plot(where[points], values[points], **drawn)
            if simulation is not None:
                _points(ax, simulation, x, name, fixed, curve.get_color())
        if many and len(names) > 1:
            ax.plot([], [], color="0.3", linestyle=_DASHES[number % len(_DASHES)], label=label_of(name))
    if many:
        _shade_bar(ax, rows)


def _shade_bar(ax: Any, rows: Any) -> None:
    """A bar that says which color is which row."""
    pyplot = load_pyplot()
    (key, *_), values = rows[0][0], [next(iter(fixed.values())) for fixed, _ in rows]
    norm = (pyplot.matplotlib.colors.LogNorm if is_wide(values) else pyplot.Normalize)(
        min(values), max(values)
    )
    reversed_part = pyplot.get_cmap("viridis")(np.linspace(0.9, 0.05, 256))
    colors = pyplot.matplotlib.colors.ListedColormap(reversed_part)
    bar = ax.figure.colorbar(pyplot.cm.ScalarMappable(norm, colors), ax=ax)
    bar.set_label(LABELS.get(key, key))


def _points(ax: Any, simulation: Any, x: str, name: str, fixed: Any, color: Any) -> None:
    """Means with two standard errors; of a row of a grid, those at the row's values."""
    statistic = getattr(simulation, name, None)
    if statistic is None:
        return
    shape = np.shape(statistic.mean)
    chosen = np.ones(shape, dtype=bool)
    for key, value in fixed.items():
        chosen &= np.isclose(np.broadcast_to(_parameter(simulation, key), shape), value, rtol=1e-6)
    where = np.broadcast_to(_parameter(simulation, x), shape)[chosen]
    mean, error = (np.asarray(part)[chosen] for part in (statistic.mean, statistic.standard_error))
    ax.errorbar(
        where, mean, yerr=2 * error, fmt="o", color=color, markersize=3, elinewidth=0.9, capsize=1.5, zorder=9
    )


def _parameter(simulation: Any, name: str) -> np.ndarray:
    """A parameter of a simulation; ratios are made of its sizes."""
    parameters = {key: np.asarray(value, dtype=float) for key, value in simulation.parameters.items()}
    if name in parameters:
        return parameters[name]
    ratio = [part.name for part in QUANTITIES[name].over] if name in QUANTITIES else []
    if ratio and set(ratio) <= set(parameters):
        return parameters[ratio[0]] / parameters[ratio[1]]
    raise InputError("x", name, f"a parameter of the simulation: {', '.join(parameters)}")


def _points_label(simulation: Any) -> str:
    """What the points are, in a legend."""
    return getattr(simulation, "label", "") or r"simulation $\pm 2$ s.e."


def _decorate(ax: Axes, risk: Risk, x: str, names: Sequence[str], empty: bool) -> None:
    """Labels where there are none; scales and limits of axes that were empty."""
    ax.set_xlabel(ax.get_xlabel() or LABELS.get(x, x))
    ax.set_ylabel(ax.get_ylabel() or vertical_label(names))
    if not empty:
        return
    where = _flat(risk, x)
    if is_wide(where):
        ax.set_xscale("log")
    if is_peaked(np.concatenate([_floats(risk, name) for name in names])):
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    _mark_threshold(ax, risk, x, where)
    tidy_log_labels(ax)


def _mark_threshold(ax: Axes, risk: Risk, x: str, where: np.ndarray) -> None:
    """A thin line at the interpolation threshold n = p, where the other size is constant."""
    partner = QUANTITIES[x].partner if x in QUANTITIES else ""
    if partner not in risk.parameters:
        return
    other = np.unique(_flat(risk, partner))
    if other.size == 1 and where.min() < other[0] < where.max():
        ax.axvline(other[0], color="0.6", linewidth=0.8, linestyle=":", zorder=1)
