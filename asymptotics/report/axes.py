"""Labels, scales and legends of axes, from what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.models.components import TESTED
from asymptotics.models.components import label_of as component_label
from asymptotics.models.quantities import QUANTITIES
from asymptotics.report.canvas import load_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {name: quantity.label for name, quantity in QUANTITIES.items()}

DERIVED = {"prediction": "prediction error"}
"""What a risk has besides its components."""

_DECADES = 1.7
"""Axes longer than this have labels at powers of ten only."""


def label_of(name: str) -> str:
    """Label of a component, or of what is made of components.

    Examples
    --------
    >>> label_of("train"), label_of("prediction")
    ('training error', 'prediction error')
    """
    return DERIVED.get(name) or component_label(name)


def short_label(name: str) -> str:
    r"""Symbol of a parameter, for legends.

    Examples
    --------
    >>> short_label("ridge"), short_label("psi1"), short_label("p1")
    ('$\\lambda$', '$\\psi_1$', 'p1')
    """
    return QUANTITIES[name].symbol if name in QUANTITIES else name


def vertical_label(names: Sequence[str]) -> str:
    """Label of the vertical axis for several components: only what is a part of it is excess risk.

    Examples
    --------
    >>> vertical_label(["test", "bias"]), vertical_label(["train"]), vertical_label(["test", "train"])
    ('excess risk', 'training error', 'test error, training error')
    """
    if len(names) > 1 and set(names) <= {component.name for component in TESTED}:
        return "excess risk"
    return (
        ", ".join(dict.fromkeys(label_of(name) for name in names))
        if len(names) < 3
        else "components of the risk"
    )


def is_wide(values: Any, factor: float = 20.0) -> bool:
    """Whether positive values span more than a factor, so that their axis should be logarithmic.

    Parameters
    ----------
    values : array_like
        Positive.
    factor : float
        Between the largest and the smallest.
    """
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    return bool(finite.size and finite.min() > 0 and finite.max() > factor * finite.min())


def is_peaked(values: Any) -> bool:
    """Whether a few values stand out so much that a logarithmic axis shows the others better."""
    positive = np.asarray(values, dtype=float)
    positive = positive[np.isfinite(positive) & (positive > 0)]
    return bool(positive.size and positive.max() > 50 * np.median(positive))


def tidy_log_labels(ax: Axes) -> None:
    """On logarithmic axes, labels that do not overprint: powers of ten, or 1, 2, 5 where there are few of them."""
    pyplot = load_pyplot()
    for axis, scale, limits in (
        (ax.xaxis, ax.get_xscale(), ax.get_xlim()),
        (ax.yaxis, ax.get_yscale(), ax.get_ylim()),
    ):
        low, high = min(limits), max(limits)
        if scale != "log" or low <= 0:
            continue
        axis.set_minor_formatter(pyplot.NullFormatter())
        if np.log10(high / low) < _DECADES:
            axis.set_major_locator(pyplot.LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(pyplot.FuncFormatter(lambda value, _: f"{value:g}"))


def add_legend(ax: Axes, outside: bool = False) -> None:
    """A legend; above the axes, in columns, where many lines would have to make room for it.

    Parameters
    ----------
    ax : Axes
        Axes with labelled lines.
    outside : bool
        Whether it may stand above the axes.
    """
    _, labels = ax.get_legend_handles_labels()
    if not labels:
        return
    if len(labels) <= 4 and not outside:
        ax.legend()
        return
    columns = 2 if max(map(len, labels)) > 14 else 3
    ax.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, columnspacing=1.2, borderaxespad=0.2
    )
