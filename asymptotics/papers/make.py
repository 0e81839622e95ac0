"""Make figures of the gallery: curves, simulation, numbers, files."""

from __future__ import annotations

import csv
import importlib
import pkgutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from asymptotics.errors import InputError
from asymptotics.papers import figures
from asymptotics.papers.draw import drawn
from asymptotics.papers.entry import Budget, Curve, Entry, Number
from asymptotics.prediction.citation import cite
from asymptotics.prediction.predict import predict
from asymptotics.printing import Printed
from asymptotics.report.canvas import load_pyplot
from asymptotics.report.comparison import Comparison, compare
from asymptotics.report.folders import save_closed, workers_of, writable
from asymptotics.simulation import simulate

__all__ = ["Made", "entries", "gallery"]

Say = Callable[[str], None]


@cache
def entries() -> dict[str, Entry]:
    """Every figure of the gallery, by its name, in the order of the names.

    Examples
    --------
    >>> entries()["hastie-ridgeless"].paper
    'Hastie2022'
    """
    names = sorted(module.name for module in pkgutil.iter_modules(figures.__path__))
    found = {name: importlib.import_module(f"{figures.__name__}.{name}").ENTRY for name in names}
    return {name.replace("_", "-"): entry for name, entry in found.items()}


@dataclass(frozen=True, repr=False)
class Made(Printed):
    """One figure that was made.

    Attributes
    ----------
    name : str
    entry : Entry
    numbers : tuple of Number
    comparisons : mapping of str to Comparison
        Simulation beside theory at the same sizes, by the label of the curve.
    files : tuple of Path
    seconds : float
    """

    name: str
    entry: Entry
    numbers: tuple[Number, ...]
    comparisons: dict[str, Comparison]
    files: tuple[Path, ...]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether numbers are those of the paper, and simulation agrees with theory."""
        return all(n.agrees for n in self.numbers) and all(c.agrees for c in self.comparisons.values())

    @property
    def picture(self) -> Path:
        """The PNG among the files."""
        return next(path for path in self.files if path.suffix == ".png")

    def data(self) -> dict[str, Any]:
        """As JSON data: numbers beside those of the paper, verdicts, files."""
        return {
            "paper": self.entry.paper,
            "agrees": self.agrees,
            "numbers": [{**asdict(number), "agrees": number.agrees} for number in self.numbers],
            "simulation": {label: found.agrees for label, found in self.comparisons.items()},
            "files": [str(path) for path in self.files],
            "seconds": round(self.seconds, 1),
        }

    def __str__(self) -> str:
        verdict = "agrees" if self.agrees else "DISAGREES"
        lines = [f"{self.name}: {self.entry.title} [{self.entry.paper}] {verdict} ({self.seconds:.0f} s)"]
        lines += [f"  {number}" for number in self.numbers]
        for label, found in self.comparisons.items():
            lines.append(f"  simulation, {label}: {'agrees' if found.agrees else 'DISAGREES'}")
        return "\n".join(lines)


def gallery(
    *names: str, folder: str | Path = "asymptotics-gallery", small: bool = False, workers: int = 2,
    say: Say | None = None,
) -> tuple[Made, ...]:  # fmt: skip
    """Make published figures: theory, simulation, numbers of the paper, caption and citation.

    Parameters
    ----------
    *names : str
        Which figures; all of them by default.
    folder : path
        Created if absent. For each figure ``NAME.png``, ``NAME.pdf`` and ``NAME.csv``; for all ``gallery.md`` and
        ``references.bib``.
    small : bool
        Smaller sizes and fewer replicates.
    workers : int
        Worker processes of the simulation (1: in this process).
    say : callable, optional
        Told what is being done, one line at a time.

    Returns
    -------
    tuple of Made

    Raises
    ------
    InputError
        If a name is not that of a figure, or the folder cannot be written.
    MissingExtraError
        If matplotlib is not installed.

    References
    ----------
    docs/howto/gallery.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> asy.gallery("nonsense")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    asymptotics.errors.InputError: name = 'nonsense': expected one of ...
    """
    known, say = entries(), say or (lambda line: None)
    for name in names:
        if name not in known:
            raise InputError("name", name, f"one of {', '.join(known)}")
    load_pyplot()
    target, made = writable(folder, "gallery.md"), []
    with workers_of(workers) as executor:
        for name in names or known:
            say(f"{name}: {known[name].title}")
            made.append(_make(name, known[name], target, Budget(small), executor))
    (target / "gallery.md").write_text(page(made), encoding="utf-8")
    citation = cite(*dict.fromkeys(one.entry.paper for one in made))
    (target / "references.bib").write_text(f"{citation}\n", encoding="utf-8")
    return tuple(made)


def _make(name: str, entry: Entry, target: Path, budget: Budget, executor: Any) -> Made:
    start = time.perf_counter()
    curves = tuple(entry.curves(budget))
    estimates = {c.label: _simulated(c, budget, executor) for c in curves if c.experiment is not None}
    comparisons = {
        curve.label: compare(predict(e.model, e.regime, **e.asked), estimates[curve.label])
        for curve in curves if (e := curve.experiment) is not None
    }  # fmt: skip
    paths = (*save_closed(drawn(entry, curves, estimates), target, name, 200), target / f"{name}.csv")
    _table(paths[-1], curves, estimates)
    return Made(name, entry, tuple(entry.numbers()), comparisons, paths, time.perf_counter() - start)


def _simulated(curve: Curve, budget: Budget, executor: Any) -> Any:
    experiment = curve.experiment
    assert experiment is not None
    given = {**experiment.asked, "trials": experiment.trials, "seed": budget.seed, "executor": executor}
    return simulate(experiment.model, experiment.regime, **given)


def _table(path: Path, curves: Sequence[Curve], estimates: dict[str, Any]) -> None:
    """Lines and points as they are drawn."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("curve", "kind", "x", "y", "standard_error"))
        for curve in curves:
            writer.writerows((label, "theory", repr(x), repr(y), "") for label, x, y in curve.rows())
            if curve.experiment is not None:
                found = getattr(estimates[curve.label], curve.component)
                rows = zip(curve.experiment.x, found.mean.ravel(), found.standard_error.ravel(), strict=True)
                writer.writerows(
                    (curve.label, "simulation", repr(float(x)), repr(float(y)), repr(float(e)))
                    for x, y, e in rows
                )


def page(made: Sequence[Made]) -> str:
    """The figures with captions, sources, numbers and verdicts, in Markdown."""
    lines = ["# Gallery", ""]
    for one in made:
        lines += [f"## {one.entry.title}", "", f"![{one.entry.title}]({one.name}.png)", ""]
        lines += [f"{one.entry.caption} {one.entry.figure} [{one.entry.paper}]", ""]
        lines += [f"- {number}" for number in one.numbers]
        lines += [
            f"- simulation, {label}: {'agrees' if found.agrees else '**disagrees**'}"
            for label, found in one.comparisons.items()
        ]
        lines.append("")
    return "\n".join(lines)
