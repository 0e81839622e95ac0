"""The panels of the report beside the curve: staircase, training time, and what linearization is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.models.components import TEST
from asymptotics.models.kernel_ridge import KernelRidge
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.prediction.predict import predict
from asymptotics.report.canvas import new_axes, styled
from asymptotics.report.comparison import Comparison, compare
from asymptotics.report.folders import save_closed
from asymptotics.report.linearizations import linearizations, plot_linearizations
from asymptotics.report.plots import plot
from asymptotics.simulation import simulate

__all__ = ["PANELS", "Panel", "Scale"]

_RIDGE = 1e-3


@dataclass(frozen=True)
class Scale:
    """How large the experiments of the panels are.

    Attributes
    ----------
    d : int
        Dimension of the first experiment; those of the panels are shares of it.
    trials, seed : int
    executor : Executor, optional
    """

    d: int
    trials: int
    seed: int
    executor: Any = None

    def simulated(self, model: Any, regime: FiniteSize, **asked: Any) -> Any:
        """An experiment.

        Parameters
        ----------
        model : Model
        regime : FiniteSize
        **asked
            Ridge or time.
        """
        given = {"trials": self.trials, "seed": self.seed, "executor": self.executor}
        return simulate(model, regime, **given, **asked)


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes
    ----------
    name : str
        Of its files, without suffix.
    title, caption : str
    files : tuple of Path
    comparisons : mapping of str to Comparison
        Simulation beside theory, line by line.
    """

    name: str
    title: str
    caption: str
    files: tuple[Path, ...]
    comparisons: Mapping[str, Comparison]

    @property
    def agrees(self) -> bool:
        """Whether theory and simulation agree on every line."""
        return all(comparison.agrees for comparison in self.comparisons.values())

    def markdown(self) -> str:
        """The panel on the page of the report."""
        verdicts = "".join(
            f"\n- {name}: theory and simulation {'agree' if found.agrees else '**disagree**'}"
            for name, found in self.comparisons.items()
        )
        return f"## {self.title}\n\n![{self.title}]({self.name}.png)\n\n{self.caption}\n{verdicts}\n"


@styled
def _staircase(folder: Path, scale: Scale) -> Panel:
    """Kernel ridge regression at powers of the dimension."""
    model, d = KernelRidge("exp(t)", {1: "1/3", 2: "1/3", 3: "1/3"}, noise="0.05"), max(10, scale.d // 5)
    axes, kappa = new_axes(4.6, 2.8), np.linspace(0.4, 3.6, 120)
    for dimension in (d, 10 * d, 1000 * d):
        n = np.unique(np.round(float(dimension) ** kappa))
        risk = predict(model, FiniteSize(d=dimension, n=n), ridge=_RIDGE)
        axes.plot(np.log(n) / math.log(dimension), risk.test, label=f"$d = {dimension}$")
    few = np.unique(np.round(float(d) ** np.array([0.8, 1.3, 1.7, 2.1]))).astype(int)
    estimate = scale.simulated(model, FiniteSize(d=d, n=few), ridge=_RIDGE)
    found = estimate.test
    axes.errorbar(np.log(few) / math.log(d), found.mean, 2 * found.standard_error, fmt="o", ms=3, color="0.2")
    axes.set_xlabel(r"$\log n/\log d$")
    axes.set_ylabel("test error")
    axes.legend(fontsize="small")
    comparison = compare(predict(model, FiniteSize(d=d, n=few), ridge=_RIDGE), estimate)
    caption = (
        "A kernel and a target with equal power in degrees 1, 2 and 3: with each power of the dimension in samples one "
        f"degree more is learned. Points: simulation at d = {d}."
    )
    files = save_closed(axes.figure, folder, "staircase")
    return Panel("staircase", "The staircase", caption, files, {f"d = {d}": comparison})


@styled
def _training_time(folder: Path, scale: Scale) -> Panel:
    """Gradient flow of random features."""
    model, d, comparisons = RandomFeaturesRidge("relu", {1: 1}, noise="0.5"), max(12, scale.d // 2), {}
    axes, times, few = new_axes(4.6, 2.8), np.geomspace(0.03, 1e4, 120), np.array([0.3, 3, 30])
    for width, color in ((1.5, "C0"), (6.0, "C1")):
        risk = predict(model, Proportional(width, 3), time=times)
        plot(risk, "time", components=[TEST.name], ax=axes, color=color, label=f"$p/d = {width:g}$:")
        regime = FiniteSize(d=d, n=3 * d, p=round(width * d))
        estimate = scale.simulated(model, regime, time=few)
        found = estimate.test
        axes.errorbar(few, found.mean.ravel(), 2 * found.standard_error.ravel(), fmt="o", ms=3, color=color)
        comparisons[f"p/d = {width:g}"] = compare(predict(model, regime, time=few), estimate)
    axes.set_xscale("log")
    caption = (
        "Gradient flow from zero on ReLU features, three samples per dimension, without ridge: the error falls, and "
        f"rises again with the noise that is learned last; wide models suffer less. Points: simulation at d = {d}."
    )
    files = save_closed(axes.figure, folder, "training-time")
    return Panel("training-time", "Training time", caption, files, comparisons)


@styled
def _benefits(folder: Path, scale: Scale) -> Panel:
    """Random features, tangent features, both, kernels and the trained network on one axis."""
    d = max(8, scale.d // 7)
    n, trials = 10 * d, max(4, scale.trials // 8)
    parameters = [float(d * d * share) for share in (2, 4, 16, 60)]
    page = linearizations(
        "relu", {1: "1/2", 2: "1/2"}, noise="0.1", d=d, n=n, parameters=parameters, ridge=0.05, simulate=trials,
        train=600, seed=scale.seed,
    )  # fmt: skip
    axes = plot_linearizations(page, new_axes(4.6, 3.2))
    comparisons = {name: line.comparison for name, line in page.lines.items() if line.comparison is not None}
    caption = (
        "At equal numbers of trainable parameters: random features, tangent features, both, their kernels, the best "
        "polynomials, and the network itself, which is trained. Crosses: polynomials; points: simulation at "
        f"d = {d}, n = {n}."
    )
    files = save_closed(axes.figure, folder, "linearization")
    return Panel("linearization", "Benefits and limits of linearization", caption, files, comparisons)


PANELS: Mapping[str, Callable[[Path, Scale], Panel]] = {
    "the staircase": _staircase,
    "training time": _training_time,
    "what linearization is worth": _benefits,
}
"""What makes each panel, by what is said while it is made."""
