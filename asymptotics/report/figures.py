"""Whole figures: the staircase, the quadrant of polynomial regimes, multiple descent, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.analysis.staircase import staircase
from asymptotics.errors import InputError
from asymptotics.models.components import TEST, TRAIN, label_of
from asymptotics.models.quantities import KAPPA1, KAPPA2, N
from asymptotics.models.regimes import FiniteSize, RealSize
from asymptotics.prediction.predict import predict
from asymptotics.report.axes import add_legend, tidy_log_labels
from asymptotics.report.canvas import load_pyplot, new_axes, new_figure, styled
from asymptotics.report.judgement import Calibration
from asymptotics.report.plots import draw_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAR = 6.0
"""Scores beyond this are drawn on an axis that is logarithmic far out."""


@styled
def plot_staircase(
    model: Any, d: Sequence[int] = (30, 100, 1000, 10**5), *, largest: float = 3.6, along: str = "samples",
    ridge: Any = "1e-6", points: int = 300, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Risk against the exponent of samples (or features) at several dimensions, with the limit staircase.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    d : sequence of int
    largest : float
        Right end of the axis.
    along : {"samples", "features", "neurons"}
    ridge : number
        Per sample if along features.
    points : int
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the model has no degrees, or ``along`` is none of the named sizes.
    MissingExtraError
        If Matplotlib is not installed.

    References
    ----------
    docs/howto/polynomial_scaling.md; Ghorbani2021.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("exp(x/2)", target={1: 0.5, 2: 0.3, 3: 0.2})
    >>> axes = asy.plot_staircase(model, d=[100, 10000], points=40)
    >>> axes.get_ylabel()
    'test error'
    """
    kappa = np.linspace(0.05, largest, points)
    risk = staircase(model, kappa, list(d), ridge=ridge, along=along)
    ax = new_axes() if ax is None else ax
    shades = load_pyplot().get_cmap("viridis")(np.linspace(0.85, 0.15, len(d)))
    for row, size, shade, width in zip(risk.test, d, shades, np.linspace(0.9, 1.6, len(d)), strict=True):
        name = rf"$d = {_power_of_ten(size)}$"
        ax.plot(kappa, row, color=shade, linestyle="-", linewidth=width, label=name)
    steps = np.arange(math.ceil(largest) + 1)
    unlearned = [_above(model, int(k) + (along == "neurons")) for k in steps]
    ax.stairs(unlearned, [*steps, steps[-1] + 1], color="0.4", linestyle="--", linewidth=1, label="limit")
    ax.set_xlim(0, largest)
    ax.set_ylim(0, None)
    names = {"samples": KAPPA2.label, "features": KAPPA1.label}
    ax.set_xlabel(names.get(along, r"$\log(\mathrm{neurons})/\log d$"))
    ax.set_ylabel(TEST.label)
    add_legend(ax)
    return ax


def _above(model: Any, degree: int) -> float:
    """Power of the target that cannot be learned with exponents between ``degree`` and ``degree + 1``."""
    powers = model.expand(math.inf, max(degree, 1)).powers
    unseen = sum(float(model.target.power(k)) for k in range(degree + 1) if float(powers[k]) == 0)
    return float(model.target.above(degree)) + unseen


def _power_of_ten(value: float) -> str:
    exponent = round(math.log10(value))
    return f"10^{exponent}" if exponent >= 4 and value == 10**exponent else f"{value:g}"


@styled
def plot_atlas(
    model: Any, d: int = 1000, *, largest: float = 3.5, ridge: Any = "1e-3", points: int = 140,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """The quadrant of exponents: test error at dimension ``d`` as color, critical lines and cells on it.

    Parameters
    ----------
    model : RandomFeaturesRidge
    d : int
    largest : float
        Largest exponent on both axes.
    ridge : number
    points : int
        Resolution of the grid on each axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the model has no degrees.
    MissingExtraError
        If Matplotlib is not installed.

    References
    ----------
    docs/howto/polynomial_scaling.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("exp(x/2)", target={1: 0.5, 2: 0.3, 3: 0.2}, noise=0.05)
    >>> axes = asy.plot_atlas(model, points=12)
    """
    kappa = np.linspace(0.1, largest, points)
    sizes = float(d) ** kappa
    risk = predict(model, RealSize(d, sizes[:, None], sizes[None, :]), ridge=ridge)
    ax = new_axes(3.4, 2.8) if ax is None else ax
    top = float(model.target.total) * 1.5 + float(model.noise)
    label = rf"test error, $d = {_power_of_ten(d)}$"
    draw_map(ax, kappa, kappa, risk.test, label, top, 0, dict(norm=load_pyplot().Normalize(0, top)))
    edge: dict[str, Any] = {"color": "white", "linestyle": ":", "linewidth": 1.2}
    for k in range(1, math.floor(largest) + 1):
        ax.plot([k, k], [k, largest], **edge)
        ax.plot([k, largest], [k, k], **edge)
    ax.plot([kappa[0], largest], [kappa[0], largest], color="white", linestyle="-", linewidth=1.4)
    plate: dict[str, Any] = {"facecolor": "0.2", "alpha": 0.5, "edgecolor": "none", "pad": 1.5}
    for x, y, side, text in ((0.97, 0.05, "right", "samples limit"), (0.03, 0.92, "left", "features limit")):
        ax.text(x, y, text, transform=ax.transAxes, ha=side, color="white", bbox=plate)
    ax.set_xlabel(KAPPA1.label)
    ax.set_ylabel(KAPPA2.label)
    return ax


@styled
def plot_multiple_descent(
    model: Any,
    d: int = 30,
    p: Any = 10**4,
    *,
    ridge: Any = "1e-6",
    simulation: Any = None,
    largest: float = 1e5,
    ax: Axes | None = None,
) -> Axes:
    """Test and training error against the number of samples, from ten up, with simulation if given.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    d : int
    p : int or math.inf
        Features; the error peaks where as many samples are reached.
    ridge : number
    simulation : Estimate, optional
        At the same ``d``, ``p`` and ridge, for some numbers of samples.
    largest : float
        Largest number of samples.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    References
    ----------
    docs/howto/polynomial_scaling.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("elu", target={1: 0.5, 2: 0.3, 3: 0.2}, noise=0.05)
    >>> axes = asy.plot_multiple_descent(model, d=30, p=1000, largest=1e4)
    """
    n = np.unique(np.round(np.geomspace(10, largest, 500)))
    risk = predict(model, FiniteSize(d, n, p), ridge=ridge)
    ax = new_axes() if ax is None else ax
    for component in (TEST, TRAIN):
        (line,) = ax.plot(n, risk[component.name], label=component.label)
        if simulation is not None:
            statistic = getattr(simulation, component.name)
            where = np.asarray(simulation.parameters[N.name], dtype=float)
            error = 2 * statistic.standard_error
            ax.errorbar(where, statistic.mean, yerr=error, fmt="o", color=line.get_color(), markersize=2.5)
    marks = [(float(math.comb(d + k - 1, k)), rf"$d^{k}/{k}!$" if k > 1 else "$d$") for k in (1, 2, 3, 4)]
    marks += [(float(p), "$p$")] if math.isfinite(float(p)) else []
    _mark(ax, [(mark, name) for mark, name in sorted(marks) if n[0] < mark < n[-1]], math.log(n[-1] / n[0]))
    ax.set_xscale("log")
    ax.set_ylim(0, 1.1 * float(np.quantile(risk.test, 0.99)))
    ax.set_xlabel(N.label)
    ax.set_ylabel("error")
    tidy_log_labels(ax)
    ax.legend()
    return ax


def _mark(ax: Axes, marks: Sequence[tuple[float, str]], length: float) -> None:
    """Thin lines with names above the axes; names that would overprint are raised."""
    last, raised = -math.inf, False
    for where, name in marks:
        raised = not raised and math.log(where) - last < 0.12 * length
        ax.axvline(where, color="0.7", linewidth=0.8, linestyle=":", zorder=1)
        place: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "ha": "center", "color": "0.4"}
        ax.text(where, 1.09 if raised else 1.01, name, fontsize="small", **place)
        last = math.log(where)


@styled
def plot_calibration(
    calibration: Any, *, observable: str = "test", ax: Axes | None = None, label: str = ""
) -> Axes:
    """Sorted scores against the quantiles of the normal distribution that they should have.

    Parameters
    ----------
    calibration : Calibration or ReferenceReport
        From `asymptotics.report.judgement.calibrate`; or from ``reference_campaign``, whose scores at finite
        size and after extrapolation are drawn in two colors.
    observable : str
        Of a report: test, bias, variance, train or norm. Scores of different observables are dependent.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure otherwise.
    label : str, optional
        Name of a single calibration in the legend.

    Returns
    -------
    matplotlib.axes.Axes
        With the diagonal and the band in which every single score lies with probability 95 %; the title has
        the p-value of the Kolmogorov-Smirnov (KS) test, of a report after extrapolation.

    Raises
    ------
    InputError
        If this is no calibration and no report, or the report does not have the observable.

    References
    ----------
    docs/howto/reference_campaign.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> from asymptotics.report.judgement import calibrate
    >>> axes = asy.plot_calibration(calibrate(np.array([-1.1, -0.4, 0.1, 0.3, 1.6])))
    >>> axes.get_title()
    'KS $p = 0.99$'
    """
    if isinstance(calibration, Calibration):
        series = {label: calibration}
    elif hasattr(calibration, "calibrations"):
        series = calibration.calibrations(observable)
    else:
        allowed = "a Calibration or a report of reference_campaign"
        raise InputError("calibration", calibration, allowed, "`calibrate(scores)` returns one")
    ax = new_axes(2.8, 2.8) if ax is None else ax
    for name, one in series.items():
        lower, upper = one.envelope()
        ax.fill_between(one.expected, lower, upper, color="0.5", alpha=0.2, linewidth=0)
        ax.plot(one.expected, one.scores, "o", markersize=2.5, label=name or None)
    widest = max(series.values(), key=lambda one: one.scores.size)
    ax.plot(widest.expected, widest.expected, color="0.5", linewidth=0.9)
    if np.abs(widest.scores).max() > FAR:
        ax.set_yscale("symlog", linthresh=FAR / 2, linscale=2)
    ax.set_xlabel("normal quantiles")
    ax.set_ylabel("differences in standard errors")
    subject = "" if isinstance(calibration, Calibration) else f"{label_of(observable)}: "
    ax.set_title(f"{subject}KS $p = {one.p_value:.2g}$")
    return ax


@styled
def calibration_figure(report: Any) -> Any:
    """The calibration of every observable of a report, in panels of one figure.

    Parameters
    ----------
    report : ReferenceReport

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = report.observables
    figure = new_figure(7.0, 4.6)
    panels = figure.subplots(2, 3, squeeze=False)
    for panel, name in zip(panels.flat, names, strict=False):
        plot_calibration(report, observable=name, ax=panel)
    for panel in panels.flat[len(names) :]:
        panel.set_axis_off()
    panels.flat[-1].legend(*panels.flat[0].get_legend_handles_labels(), loc="center", title="gray: 95 %")
    return figure
