"""One method of the page of linearizations, along the numbers of trainable parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from asymptotics.analysis.optimize import optimal_ridge
from asymptotics.analysis.overlaps import overlaps
from asymptotics.functions.targets import as_target
from asymptotics.models.regimes import FiniteSize, RealSize
from asymptotics.prediction.predict import predict
from asymptotics.report.comparison import Comparison, compare
from asymptotics.simulation.design.simulate import simulate as simulated
from asymptotics.simulation.learning.trained_networks import train_network
from asymptotics.solvers.solution import Status

OPTIMAL = "optimal"
"""The word for the ridge with the least test error, point by point."""

_PLAIN, _SIMULATION = "Gaussian equivalence (prediction)", "simulation only"
_HARDLY_ANY, _ENORMOUS = 1e-8, 1e12
"""Ridges at which overlaps of a vanishing ridge, and risks of an infinite one, are shown."""


@dataclass(frozen=True)
class Line:
    """One method along the page.

    Attributes
    ----------
    method : str
    neurons : ndarray
        Neurons, or features, at every number of parameters.
    ridge : ndarray
        The one given, or the best.
    test, bias, variance, train, norm : ndarray
        Not a number where they are not known.
    overlaps : mapping of int to ndarray
        For each degree of the target how much of it is learned; not a number where no formula says so.
    formulas : tuple of str
        At every point what was solved, and how far it is known to hold.
    trusted : ndarray of bool
        Where a formula is trusted.
    simulated, standard_error : ndarray
        Of the test error; not a number where nothing was simulated.
    comparison : Comparison, optional
        Of theory and simulation, where something was simulated and a formula is trusted at every point.
    """

    method: str
    neurons: np.ndarray
    ridge: np.ndarray
    test: np.ndarray
    bias: np.ndarray
    variance: np.ndarray
    train: np.ndarray
    norm: np.ndarray
    overlaps: Mapping[int, np.ndarray]
    formulas: tuple[str, ...]
    trusted: np.ndarray
    simulated: np.ndarray
    standard_error: np.ndarray
    comparison: Comparison | None = field(default=None, compare=False)

    @property
    def formula(self) -> str:
        """All formulas of the line."""
        return "; ".join(dict.fromkeys(self.formulas))

    @property
    def grades(self) -> tuple[str, ...]:
        """How far every point is known: prediction, not trusted, or simulation."""
        words = [_SIMULATION if text == _SIMULATION else "prediction" for text in self.formulas]
        return tuple(
            word if good else "not trusted" for word, good in zip(words, self.trusted.tolist(), strict=True)
        )

    @property
    def moves(self) -> bool:
        """Whether the line depends on the number of parameters: of infinitely many all points may be the same."""
        return bool(np.isfinite(self.neurons).any() or np.unique(self.ridge).size > 1)

    def entry(self, point: int, parameters: float, degrees: Sequence[int]) -> str:
        """A row of the table: ridge, error, overlaps in degrees, marked where not trusted."""
        shares = (self.overlaps.get(k, np.full(self.test.size, np.nan))[point] for k in degrees)
        shown = " ".join(
            "        -" if np.isnan(share) else f"{share + 0.0 if abs(share) >= 5e-4 else 0.0:9.3f}"
            for share in shares
        )
        error = f"{self.test[point]:.5g}{'' if self.trusted[point] else '?'}"
        return f"{self.method:<24} {parameters:10.0f} {self.ridge[point]:9.3g} {error:>10} {shown}"

    @property
    def learned(self) -> np.ndarray:
        """The largest degree of the target of which more than half is learned: -1 if none, not a number if unknown."""
        found = np.full(self.test.size, -1.0)
        for degree in sorted(self.overlaps):
            shares = self.overlaps[degree]
            found = np.where(np.isnan(shares), np.nan, np.where(shares > 0.5, degree, found))
        return found


def theory_line(
    name: str, model: Any, neurons: np.ndarray, d: int, n: int, ridge: Any, trials: int, seed: int
) -> Line:
    """A line of theory, with simulated points beside it.

    Parameters
    ----------
    name : str
    model : Model
        With a target by degrees.
    neurons : ndarray
        Numbers of features, or of neurons; they may be infinite.
    d, n : int
        Dimension and samples.
    ridge : number, array or "optimal"
    trials : int
        Replicates; none are simulated of infinitely many features.
    seed : int
    """
    sizes = RealSize(d=d, n=n, p=neurons)
    ridges = _ridges(model, d, n, neurons, ridge)
    risk = predict(model, sizes, ridges)
    nothing = np.full(neurons.size, np.nan)
    mean, error = nothing, nothing
    trusted, comparison = np.asarray(risk.status) != Status.UNTRUSTED, None
    if trials and np.isfinite(neurons).all():
        whole = FiniteSize(d=d, n=n, p=neurons.astype(int))
        found = simulated(model, whole, ridges, trials=trials, seed=seed)
        mean, error = found.test.mean, found.test.standard_error
        comparison = compare(predict(model, whole, ridges), found) if trusted.all() else None
    formulas = np.full(neurons.size, _PLAIN, dtype=object)
    for posed in model.posed(sizes, (neurons.size,)):
        formulas[slice(None) if posed.where is None else posed.where] = posed.formula or _PLAIN
    shares = overlaps(model, sizes, np.maximum(ridges, _HARDLY_ANY))
    return Line(
        name, neurons, ridges, risk.test, risk.bias, risk.variance, risk.train, risk.norm, dict(shares),
        tuple(formulas.tolist()), trusted, mean, error, comparison,
    )  # fmt: skip


def _ridges(model: Any, d: int, n: int, neurons: np.ndarray, ridge: Any) -> np.ndarray:
    """The ridge at every point; the best one is looked for once where points are equal."""
    if not (isinstance(ridge, str) and ridge == OPTIMAL):
        return np.array(np.broadcast_to(np.asarray(ridge, dtype=float), neurons.shape))
    different, where = np.unique(neurons, return_inverse=True)
    best = optimal_ridge(model, RealSize(d=d, n=n, p=different)).value
    return np.minimum(np.asarray(best, dtype=float), _ENORMOUS)[where]


def trained_line(
    activation: Any, target: Any, noise: Any, d: int, n: int, counts: np.ndarray, steps: int, trials: int, seed: int
) -> Line:  # fmt: skip
    """The network itself, from output zero: neurons are even.

    Parameters
    ----------
    activation, target, noise
        As for the linearizations.
    d, n : int
        Dimension and samples.
    counts : ndarray
        Numbers of trainable parameters.
    steps : int
        Of gradient descent.
    trials : int
        Networks at every point.
    seed : int
    """
    neurons = np.maximum(2 * np.round(counts / (2 * (d + 1))), 2)
    powers = {k: float(power) for k, power in as_target(target).powers}
    rows, learned = [], []
    for p in neurons.astype(int).tolist():
        paths = [
            train_network(
                activation, powers, d=d, n=n, p=p, noise=float(noise), steps=steps, checkpoints=3, seed=seed + k
            )
            for k in range(trials)
        ]  # fmt: skip
        tests = np.array([path.test[-1] for path in paths])
        error = tests.std(ddof=1) / math.sqrt(trials) if trials > 1 else np.nan
        rows.append((tests.mean(), error, np.mean([path.train[-1] for path in paths])))
        learned.append([np.mean([path.overlaps[k][-1] for path in paths]) for k in powers])
    test, errors, fits = np.array(rows).T
    nothing, trusted = np.full(counts.size, np.nan), np.ones(counts.size, dtype=bool)
    shares = dict(zip(powers, np.array(learned).T, strict=True))
    said = (_SIMULATION,) * counts.size
    return Line(
        "trained network", neurons, np.zeros(counts.size), test, nothing, nothing, fits, nothing, shares, said, trusted,
        test, errors,
    )  # fmt: skip
