"""Draw a figure of the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asymptotics.papers.entry import Curve, Entry
from asymptotics.report.canvas import new_axes, styled

__all__ = ["drawn"]


@styled
def drawn(entry: Entry, curves: Sequence[Curve], estimates: Mapping[str, Any]) -> Any:
    """The figure: lines, or stacked areas, and the simulation as means with two standard errors.

    Parameters
    ----------
    entry : Entry
    curves : sequence of Curve
    estimates : mapping of str to Estimate
        By the labels of the curves that have an experiment.

    Returns
    -------
    matplotlib.figure.Figure
    """
    axes = new_axes(4.2, 2.8)
    if entry.stacked:
        lines = [c for c in curves if c.experiment is None]
        axes.stackplot(
            np.asarray(lines[0].x), *(c.y for c in lines), labels=[c.label for c in lines], alpha=0.85
        )
    else:
        for curve in curves:
            axes.plot(np.asarray(curve.x), np.asarray(curve.y), label=curve.label)
    colors = ["0.1"] * len(curves) if entry.stacked else [line.get_color() for line in axes.get_lines()]
    for curve, color in zip(curves, colors, strict=True):
        if curve.experiment is None:
            continue
        found = getattr(estimates[curve.label], curve.component)
        axes.errorbar(
            np.ravel(curve.experiment.x), np.ravel(found.mean), 2 * np.ravel(found.standard_error), fmt="o", ms=3,
            color=color, elinewidth=0.8, label=curve.label if entry.stacked else None,
        )  # fmt: skip
    axes.set_xscale("log" if "x" in entry.log else "linear")
    axes.set_yscale("log" if "y" in entry.log else "linear")
    if "y" not in entry.log:
        axes.set_ylim(0, entry.top)
    axes.set_xlabel(entry.xlabel)
    axes.set_ylabel(entry.ylabel)
    axes.set_title(entry.title, fontsize="small")
    axes.legend(fontsize="x-small")
    return axes.figure
