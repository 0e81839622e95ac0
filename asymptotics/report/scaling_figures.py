"""Figures of scaling laws: the exact risk with its asymptotes and crossovers, and the plane of exponents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.models.components import SPLIT, TEST, label_of
from asymptotics.models.regimes import FiniteSize
from asymptotics.prediction.predict import predict
from asymptotics.report.axes import add_legend, tidy_log_labels
from asymptotics.report.canvas import new_axes, styled
from asymptotics.scaling.ask import scaling_law
from asymptotics.scaling.regimes import scaling_atlas
from asymptotics.transforms.limits.polygons import area

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_scaling", "plot_scaling_atlas"]

COLORS = dict(zip((TEST.name, *(c.name for c in SPLIT)), ("black", "#0072b2", "#d55e00"), strict=True))
FILLS = ("#cfe2f3", "#d9ead3", "#fce5cd", "#ead1dc", "#fff2cc", "#d0e0e3", "#f4cccc", "#d9d2e9")
_POINTS = 60


@styled
def plot_scaling(
    model: Any,
    *,
    features: Any = math.inf,
    ridge: Any = 0,
    n: Any = None,
    terms: int = 1,
    ax: Axes | None = None,
) -> Axes:
    """The exact risk against the number of samples, with asymptotes and crossovers, on logarithmic axes.

    Parameters
    ----------
    model : PowerLawRidge
    features, ridge
        As for :func:`asymptotics.scaling_law`; "optimal" too.
    n : array_like, optional
        Numbers of samples; 100 to 10^8 by default.
    terms : int
        Number of terms of each asymptote that are drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the model is no infinite power law, or sizes or ridge are no powers.
    MissingExtraError
        If Matplotlib is not installed.

    References
    ----------
    docs/howto/scaling_laws.md; Defilippis2024.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10", noise="1/10")
    >>> axes = asy.plot_scaling(model, ridge=asy.Power("1/5"), n=[1e3, 1e5, 1e7])
    >>> len(axes.lines)
    6
    """
    law = scaling_law(model, features=features, ridge=ridge, terms=max(terms, 2))
    samples = np.rint(np.geomspace(1e2, 1e8, _POINTS) if n is None else np.asarray(n, dtype=float))
    many = math.inf if law.features is None else np.rint(law.features.at(samples))
    regularised = 0 if law.ridge is None else law.ridge.at(samples)
    risk = predict(model, FiniteSize(n=samples, p=many), ridge=regularised)
    ax = new_axes() if ax is None else ax
    # Without noise the test error is the bias.
    drawn = COLORS if all(law.asymptotes[c.name].terms for c in SPLIT) else {TEST.name: COLORS[TEST.name]}
    for name, color in drawn.items():
        asymptote = law.asymptotes[name]
        ax.loglog(samples, risk.values[name], color=color, label=f"{label_of(name)}")
        label = rf"$\propto n^{{{asymptote.exponent}}}$"
        ax.loglog(
            samples,
            np.abs(asymptote(samples, terms)),
            color=color,
            linestyle="--",
            linewidth=0.8,
            label=label,
        )
    met = law.crossovers.get(" = ".join(c.name for c in SPLIT), law.crossover)
    if met is not None and samples.min() < met < samples.max():
        ax.axvline(met, color="0.6", linewidth=0.8)
    tidy_log_labels(ax)
    ax.set_xlabel("samples $n$")
    ax.set_ylabel("risk")
    add_legend(ax)
    return ax


@styled
def plot_scaling_atlas(model: Any, *, ax: Axes | None = None) -> Axes:
    """The plane of exponents of ridge and features: one color for each law of the test error.

    Parameters
    ----------
    model : PowerLawRidge
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the model is no infinite power law.
    MissingExtraError
        If Matplotlib is not installed.

    References
    ----------
    docs/howto/scaling_laws.md; Defilippis2024, Cui2021.

    Examples
    --------
    >>> import asymptotics as asy
    >>> axes = asy.plot_scaling_atlas(asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10"))
    >>> len(axes.texts)
    3
    """
    ax = new_axes(3.4, 2.8) if ax is None else ax
    cells = [regime for regime in scaling_atlas(model) if regime.dimension == 2]
    for color, regime in zip(_repeated(len(cells)), cells, strict=True):
        largest = max(regime.corners, key=area)
        for corners in regime.corners:
            ax.fill([float(x) for x, _ in corners], [float(y) for _, y in corners], color=color, linewidth=0)
        across, up = np.mean([[float(x) for x in corner] for corner in largest], axis=0).tolist()
        form = (
            str(regime.exponents[TEST.name]).replace("*", "").replace("features", "q").replace("ridge", "e")
        )
        ax.text(across, up, f"${form}$\n{regime.limited_by}", ha="center", va="center", fontsize=6)
    ax.set_xlabel("exponent $e$ of the ridge")
    ax.set_ylabel("exponent $q$ of the features")
    ax.autoscale(tight=True)
    return ax


def _repeated(count: int) -> list[str]:
    return [FILLS[k % len(FILLS)] for k in range(count)]
