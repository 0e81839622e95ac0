"""Benefits and limits of linearization on one page: methods on the axis of trainable parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.targets import as_target
from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize, RealSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.predict import predict
from asymptotics.report.canvas import new_axes, styled
from asymptotics.report.comparison import Comparison, compare
from asymptotics.simulation.design.simulate import simulate as simulated
from asymptotics.simulation.learning.trained_networks import train_network
from asymptotics.solvers.solution import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Line:
    """One method along the page.

    Attributes
    ----------
    method : str
    neurons : ndarray
        Neurons, or features, at every number of parameters.
    test, train, norm : ndarray
    formula : str
        What was solved, and how far it is known to hold.
    trusted : ndarray of bool
        Where a formula is trusted.
    simulated, standard_error : ndarray
        Of the test error; not a number where nothing was simulated.
    comparison : Comparison, optional
        Of theory and simulation, where something was simulated and a formula is trusted at every point.
    """

    method: str
    neurons: np.ndarray
    test: np.ndarray
    train: np.ndarray
    norm: np.ndarray
    formula: str
    trusted: np.ndarray
    simulated: np.ndarray
    standard_error: np.ndarray
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Linearizations:
    """The page: see `linearizations`.

    Attributes
    ----------
    parameters : ndarray
        Numbers of trainable parameters.
    lines : mapping of str to Line
    polynomials : mapping of int to (int, float)
        For each degree the number of its polynomials and the test error of the best one on the samples: infinite
        where they are not fewer than the samples.
    samples, dimension : int

    Raises
    ------
    KeyError
        By indexing, if there is no line of that name.

    References
    ----------
    docs/tutorial/what_linearization_buys.md; Ghorbani2021.

    Examples
    --------
    >>> import asymptotics as asy
    >>> page = asy.linearizations("relu", {1: 1}, d=20, n=100, parameters=[50, 100, 1000], ridge=0.1)
    >>> page["random features"].test.shape, page.polynomials[0][0]
    ((3,), 1)
    """

    parameters: np.ndarray
    lines: Mapping[str, Line]
    polynomials: Mapping[int, tuple[int, float]]
    samples: int
    dimension: int

    def __getitem__(self, method: str) -> Line:
        return self.lines[method]

    def __str__(self) -> str:
        names = list(self.lines)
        head = f"{'parameters':>12} " + " ".join(f"{name:>22}" for name in names)
        rows = [
            f"{int(count):12d} " + " ".join(f"{self.lines[name].test[k]:22.5g}" for name in names)
            for k, count in enumerate(self.parameters)
        ]
        best = [
            f"best polynomial of degree {k}: {error:.5g} ({count} parameters)"
            for k, (count, error) in self.polynomials.items()
        ]
        return "\n".join([head, *rows, *best])

    __repr__ = __str__


def linearizations(
    activation: Any, target: Any, *, noise: Any = 0, d: int, n: int, parameters: Sequence[float], ridge: Any = 0.0,
    simulate: int = 0, train: int = 0, seed: int = 0,
) -> Linearizations:  # fmt: skip
    """Random features, tangent features, both, their kernels and polynomials at equal numbers of parameters.

    Parameters
    ----------
    activation : str or Activation
    target : mapping or Target
        Power per degree.
    noise : number
        Variance of the label noise.
    d, n : int
        Dimension and samples.
    parameters : sequence of number
        Trainable parameters: as many random features; ``1/d`` as many neurons for tangent features, ``1/(d + 1)`` for
        both.
    ridge : number
    simulate : int
        Replicates of the real features to simulate at every point beside the theory; none by default.
    train : int
        Steps of gradient descent of the network itself, both layers, at every point: a line of simulation only.
    seed : int

    Returns
    -------
    Linearizations

    Raises
    ------
    InputError
        If there are no parameters, or fewer than ``d + 1``.

    References
    ----------
    docs/tutorial/what_linearization_buys.md; Ghorbani2021.

    Examples
    --------
    >>> page = linearizations("relu", {1: 1, 2: 1}, noise=0.1, d=20, n=200, parameters=[500, 5000], ridge=0.01)
    >>> bool(page["both"].test[1] < page["both"].test[0])
    True
    """
    counts = np.asarray(parameters, dtype=float)
    if counts.ndim != 1 or not counts.size or not np.all(counts >= d + 1):
        raise InputError("parameters", parameters, f"a list of numbers, at least d + 1 = {d + 1}")
    options = {"target": target, "noise": noise}
    random = RandomFeaturesRidge(activation, **options)
    tangent, both = (NeuralTangentRidge(activation, **options, layers=layers) for layers in ("first", "both"))
    endless = np.full(counts.size, np.inf)
    cases = {
        "random features": (random, np.round(counts)), "tangent features": (tangent, np.round(counts / d)),
        "both": (both, np.round(counts / (d + 1))), "kernel of the last layer": (random, endless),
        "tangent kernel": (tangent, endless),
    }  # fmt: skip
    lines = {
        name: _line(name, model, np.maximum(neurons, 1), d, n, ridge, simulate, seed)
        for name, (model, neurons) in cases.items()
    }
    if train:
        lines["trained network"] = _trained(
            activation, target, noise, d, n, counts, train, max(simulate, 1), seed
        )
    return Linearizations(counts, lines, _polynomials(target, noise, d, n), n, d)


def _line(
    name: str, model: Any, neurons: np.ndarray, d: int, n: int, ridge: Any, trials: int, seed: int
) -> Line:
    risk = predict(model, RealSize(d=d, n=n, p=neurons), ridge)
    mean, error = np.full(neurons.size, np.nan), np.full(neurons.size, np.nan)
    trusted, comparison = np.asarray(risk.status) != Status.UNTRUSTED, None
    if trials and np.isfinite(neurons).all():
        sizes = FiniteSize(d=d, n=n, p=neurons.astype(int))
        found = simulated(model, sizes, ridge, trials=trials, seed=seed)
        mean, error = found.test.mean, found.test.standard_error
        comparison = compare(predict(model, sizes, ridge), found) if trusted.all() else None
    formula = risk.made_by.get("formula", "Gaussian equivalence (prediction)")
    return Line(name, neurons, risk.test, risk.train, risk.norm, formula, trusted, mean, error, comparison)


def _trained(
    activation: Any,
    target: Any,
    noise: Any,
    d: int,
    n: int,
    counts: np.ndarray,
    steps: int,
    trials: int,
    seed: int,
) -> Line:
    """The network itself, from output zero: neurons are even."""
    neurons = np.maximum(2 * np.round(counts / (2 * (d + 1))), 2)
    powers = {k: float(power) for k, power in as_target(target).powers}
    rows = []
    for p in neurons:
        paths = [
            train_network(
                activation,
                powers,
                d=d,
                n=n,
                p=int(p),
                noise=float(noise),
                steps=steps,
                checkpoints=3,
                seed=seed + k,
            )
            for k in range(trials)
        ]
        tests = np.array([path.test[-1] for path in paths])
        error = tests.std(ddof=1) / math.sqrt(trials) if trials > 1 else np.nan
        rows.append((tests.mean(), error, np.mean([path.train[-1] for path in paths])))
    test, errors, fits = np.array(rows).T
    nothing, trusted = np.full(counts.size, np.nan), np.ones(counts.size, dtype=bool)
    return Line("trained network", neurons, test, fits, nothing, "simulation only", trusted, test, errors)


def _polynomials(target: Any, noise: Any, d: int, n: int) -> dict[int, tuple[int, float]]:
    """Least squares on all polynomials of a degree, as ridge regression in a flat spectrum without ridge."""
    wanted, found, count = as_target(target), {}, 0
    for degree in range(wanted.largest_degree + 1):
        count += multiplicity(d, degree)
        inside = sum(float(wanted.power(k)) for k in range(degree + 1))
        error = math.inf
        if count < n:
            flat = SpectralRidge([1], [inside], noise, [count], target_tail=float(wanted.above(degree)))
            error = float(predict(flat, FiniteSize(n=n), ridge=0).test)
        found[degree] = (count, error)
    return found


@styled
def plot_linearizations(page: Linearizations, ax: Axes | None = None) -> Axes:
    """Draw the page: test error against trainable parameters.

    Parameters
    ----------
    page : Linearizations
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        With a line where parameters are as many as samples, and marks for the best polynomials. Points where no formula
        is trusted are open.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    References
    ----------
    docs/tutorial/what_linearization_buys.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> page = asy.linearizations("relu", {1: 1}, d=20, n=100, parameters=[50, 100, 1000], ridge=0.1)
    >>> axes = asy.plot_linearizations(page)
    >>> axes.get_ylabel()
    'test error'
    """
    axes = new_axes() if ax is None else ax
    for line in page.lines.values():
        (drawn,) = axes.plot(
            page.parameters, line.test, label=line.method, ls="-" if np.isfinite(line.neurons).all() else ":"
        )
        color = drawn.get_color()
        if not line.trusted.all():
            axes.plot(page.parameters[~line.trusted], line.test[~line.trusted], "o", mfc="none", color=color)
        if np.isfinite(line.simulated).any():
            axes.errorbar(page.parameters, line.simulated, 2 * line.standard_error, fmt=".", color=color)
    for degree, (count, error) in page.polynomials.items():
        if math.isfinite(error) and count > 1:
            axes.plot([count], [error], "k+")
            axes.annotate(
                f"degree {degree}",
                (count, error),
                textcoords="offset points",
                xytext=(4, 4),
                fontsize="small",
            )
    axes.axvline(page.samples, color="0.6", lw=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("trainable parameters")
    axes.set_ylabel("test error")
    axes.legend(fontsize="small")
    return axes
