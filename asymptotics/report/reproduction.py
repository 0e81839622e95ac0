"""``reproduce``: the whole story in one folder, each panel derived, predicted, simulated, compared and drawn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.equations.records import write_record
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import CertificateError
from asymptotics.models.derive import derive
from asymptotics.models.library import stored_system
from asymptotics.models.quantities import PSI1, P
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.recipes import recipe_of
from asymptotics.models.regimes import FiniteSize, Proportional
from asymptotics.prediction.predict import predict
from asymptotics.prediction.risk import Risk
from asymptotics.printing import Printed
from asymptotics.report.canvas import new_axes, styled
from asymptotics.report.comparison import Comparison, compare
from asymptotics.report.folders import save_closed, workers_of, writable
from asymptotics.report.latex import document
from asymptotics.report.plots import plot
from asymptotics.report.story import PANELS, Panel, Scale
from asymptotics.simulation import simulate
from asymptotics.simulation.design.options import as_seed

Say = Callable[[str], None]


@dataclass(frozen=True)
class Reproduction:
    """The double-descent experiment of the report.

    Attributes
    ----------
    d, n : int
        Input dimension and samples of the simulation.
    features : tuple of int
        Numbers of features that are simulated.
    noise : str
        Label-noise variance.
    ridge : float
    trials : int
    seed : int, SeedSequence or Generator
    """

    d: int = 100
    n: int = 300
    features: tuple[int, ...] = (30, 60, 110, 170, 220, 260, 300, 340, 400, 550, 800, 1300, 2400)
    noise: str = "0.2"
    ridge: float = 3e-3
    trials: int = 100
    seed: int = 20261123

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", as_seed(self.seed))

    def model(self) -> RandomFeaturesRidge:
        """ReLU features and a linear target of unit power."""
        return RandomFeaturesRidge("relu", target={1: 1}, noise=self.noise)


@dataclass(frozen=True, repr=False)
class Report(Printed):
    """What ``reproduce`` made.

    Attributes
    ----------
    folder : Path
    files : tuple of Path
    comparison : Comparison
        Of the double-descent curve: simulation against the prediction at the same finite size.
    panels : tuple of Panel
        Staircase, training time, benefits and limits of linearization.
    seconds : float
    """

    folder: Path
    files: tuple[Path, ...]
    comparison: Comparison
    panels: tuple[Panel, ...]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether theory and simulation agree, in every panel."""
        return self.comparison.agrees and all(panel.agrees for panel in self.panels)

    def __str__(self) -> str:
        verdict = "agree" if self.agrees else "DISAGREE"
        names = ", ".join(path.name for path in self.files)
        return f"theory and simulation {verdict}; {self.folder}: {names} ({self.seconds:.0f} s)"


def reproduce(
    folder: str | Path = "asymptotics-report", experiment: Reproduction | None = None, *, workers: int = 2,
    say: Say | None = None,
) -> Report:  # fmt: skip
    """Double descent, staircase, training time, what linearization is worth: derived, predicted, simulated, compared.

    Parameters
    ----------
    folder : path
        Created if absent; files in it with the report's names are overwritten.
    experiment : Reproduction, optional
    workers : int
        Worker processes of the simulation (1: in this process).
    say : callable, optional
        Told what is being done, one line at a time.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        If the folder cannot be written.
    CertificateError
        If what is derived is not what is recorded.

    References
    ----------
    docs/tutorial/first_curve.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> from asymptotics.report.reproduction import Reproduction
    >>> small = Reproduction(d=20, n=40, features=(20, 60), trials=3)
    >>> report = asy.reproduce("small-report", small, workers=1)  # doctest: +SKIP
    >>> print(report.folder / "report.md")  # doctest: +SKIP
    small-report/report.md
    """
    start = time.perf_counter()
    experiment = experiment or Reproduction()
    say = say or (lambda line: None)
    target = writable(folder, "report.md")
    say("deriving the equations from the model's definition")
    system = _derive_checked()
    say(f"predicting the curve: ReLU, n/d = {experiment.n / experiment.d:g}, ridge {experiment.ridge:g}")
    limit, exact = predictions(experiment)
    say(
        f"simulating {len(experiment.features)} points at d = {experiment.d}, {experiment.trials} replicates each"
    )
    estimate = _simulate(experiment, workers)
    at_points = predict(experiment.model(), _sizes(experiment), ridge=experiment.ridge)
    comparison = compare(at_points, estimate)
    panels = _panels(target, experiment, workers, say)
    say("writing the report")
    files = _write(target, experiment, system, limit, exact, estimate, comparison, panels)
    return Report(target, files, comparison, panels, time.perf_counter() - start)


def _panels(target: Path, experiment: Reproduction, workers: int, say: Say) -> tuple[Panel, ...]:
    """The panels beside the curve."""
    found = []
    with workers_of(workers) as executor:
        scale = Scale(experiment.d, max(6, experiment.trials // 2), experiment.seed, executor)
        for name, make in PANELS.items():
            say(f"predicting and simulating {name}")
            found.append(make(target, scale))
    return tuple(found)


def _derive_checked() -> FixedPointSystem:
    """Derive the proportional system and its charts afresh; they must be the recorded ones."""
    for chart in ("", *recipe_of("random-features").charts):
        fresh, stored = derive("random-features", "proportional", chart), stored_system(
            "random-features", "proportional", chart
        )  # fmt: skip
        if fresh.digest != stored.digest:
            raise CertificateError(
                f"{fresh.name}: derived digest {fresh.digest[:12]} is not the recorded one"
            )
    return derive("random-features", "proportional")


def _sizes(experiment: Reproduction) -> FiniteSize:
    return FiniteSize(d=experiment.d, n=experiment.n, p=np.array(experiment.features))


def predictions(experiment: Reproduction) -> tuple[Risk, Risk]:
    """The limit curve, and the curve at the dimension of the simulation."""
    first, last = experiment.features[0] / 1.5, experiment.features[-1] * 1.5
    p = np.unique(np.round(np.geomspace(first, last, 240)))
    psi1 = np.union1d(np.geomspace(first, last, 400), [experiment.n]) / experiment.d
    model = experiment.model()
    limit = predict(model, Proportional(psi1, experiment.n / experiment.d), ridge=experiment.ridge)
    return limit, predict(model, FiniteSize(experiment.d, experiment.n, p), ridge=experiment.ridge)


def _simulate(experiment: Reproduction, workers: int) -> Any:
    given: dict[str, Any] = {"ridge": experiment.ridge, "trials": experiment.trials, "seed": experiment.seed}
    with workers_of(workers) as executor:
        return simulate(experiment.model(), _sizes(experiment), executor=executor, **given)


def _write(
    target: Path, experiment: Reproduction, system: FixedPointSystem, limit: Risk, exact: Risk, estimate: Any,
    comparison: Comparison, panels: tuple[Panel, ...],
) -> tuple[Path, ...]:  # fmt: skip
    paths = {name: target / name for name in (
        "curve.pdf", "curve.png", "curve.csv", "curve-finite.csv", "simulation.csv", "simulation.json",
        "comparison.csv", "equations.tex", "equations.json", "report.md",
    )}  # fmt: skip
    save_closed(curve_figure(limit, exact, estimate, experiment), target, "curve")
    limit.to_csv(paths["curve.csv"])
    exact.to_csv(paths["curve-finite.csv"])
    estimate.to_csv(paths["simulation.csv"])
    estimate.to_json(paths["simulation.json"])
    comparison.to_csv(paths["comparison.csv"])
    paths["equations.tex"].write_text(document(system), encoding="utf-8")
    write_record(system, paths["equations.json"])
    paths["report.md"].write_text(_page(experiment, system, limit, comparison, panels), encoding="utf-8")
    return (*paths.values(), *(path for panel in panels for path in panel.files))


@styled
def curve_figure(limit: Risk, exact: Risk, estimate: Any, experiment: Reproduction) -> Any:
    """The figure of the report: limit, prediction at finite dimension, and the simulation on them.

    Parameters
    ----------
    limit : Risk
        Along the curve, d infinite.
    exact : Risk
        Along the curve, at the dimension of the simulation.
    estimate : Estimate
        At some points.
    experiment : Reproduction
        Its sizes.
    """
    ax = new_axes(4.6, 2.8)
    plot(limit, PSI1.name, ax=ax, simulation=estimate)
    where = np.asarray(exact.parameters[P.name]) / experiment.d
    ax.plot(
        where, exact.test, color="0.2", linestyle="--", linewidth=0.8, label=f"test, $d = {experiment.d}$"
    )
    ax.set_title(rf"ReLU, $n/d = {experiment.n / experiment.d:g}$, $\lambda = {experiment.ridge:g}$")
    ax.legend(loc="upper right")
    return ax.figure


def _page(
    experiment: Reproduction,
    system: FixedPointSystem,
    limit: Risk,
    comparison: Comparison,
    panels: tuple[Panel, ...],
) -> str:
    peak = int(np.nanargmax(limit.test))
    psi1 = float(np.asarray(limit.parameters[PSI1.name])[peak])
    verdict = "agree" if comparison.agrees else "**disagree**"
    return f"""# Linearized networks in high dimension

## Double descent

ReLU features, a linear target of unit power, label-noise variance {experiment.noise}, ridge
{experiment.ridge:g} in the sum-of-squares loss, {experiment.n / experiment.d:g} samples per input dimension.

![test error, bias and variance against features per dimension](curve.png)

Solid: the limit of infinite dimension. Dashed: the deterministic equivalent at d = {experiment.d}. Points:
simulation from the model's definition ({experiment.trials} replicates, seed {experiment.seed}), two standard
errors. The limit curve peaks at p/d = {psi1:.3g} (n/d = {experiment.n / experiment.d:g}) with test error
{float(limit.test[peak]):.4g}, and at the right end comes down to {float(limit.test[-1]):.4g}.

### Theory and simulation {verdict}

The table compares the simulation with the prediction at the same d, n and p.

{comparison.to_markdown()}

{chr(10).join(panel.markdown() for panel in panels)}
{_equations(system)}
## Files

- `curve.pdf`, `curve.png`: the figure
- `curve.csv`: the limit curve; `curve-finite.csv`: the curve at d = {experiment.d}
- `simulation.csv`, `simulation.json`: estimates with standard errors, and every draw
- `staircase`, `training-time`, `linearization` (`.pdf`, `.png`): the other panels
- `comparison.csv`: theory, simulation, difference in percent and in standard errors
- `derivation.html`, `appendix.tex`, `references.bib` (from the command line): the derivation to read and to print, and
  what to cite
- `verification.txt` (from the command line): every step of the proof that these equations are the published ones

Statuses of the {math.prod(limit.shape)} curve points: {str(limit).splitlines()[0]}.
"""


def _equations(system: FixedPointSystem) -> str:
    """The equations on the page, how they were made, and what is assumed."""
    assumptions = "\n".join(f"- {line}" for line in system.provenance.assumptions)
    steps = "\n".join(f"{number}. {line}" for number, line in enumerate(system.provenance.steps, 1))
    return f"""## The equations

Derived when this report was made; digest `{system.digest}`, equal to the recorded one. In LaTeX:
`equations.tex`; exactly, for programs: `equations.json`.

```text
{system}```

How they were made:

{steps}

Assumed, not proved here:

{assumptions}
"""
