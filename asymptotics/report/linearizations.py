"""Benefits and limits of linearization on one page: methods on the axis of trainable parameters."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.targets import as_target
from asymptotics.models.components import COMPARED, TEST
from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.regimes import FiniteSize
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.predict import predict
from asymptotics.report.canvas import new_axes, styled
from asymptotics.report.linearized_lines import OPTIMAL, Line, theory_line, trained_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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

    def rows(self) -> list[dict[str, Any]]:
        """A row for every method and number of parameters, as it stands in `to_csv`.

        Returns
        -------
        list of dict
            ``method``, ``parameters``, ``neurons``, ``ridge``, errors, ``overlap_k`` for every degree k of the target,
            ``learned`` (the largest degree more than half learned), ``formula``, ``grade``, simulated mean and error.
        """
        found = []
        for line in self.lines.values():
            columns = {
                "parameters": self.parameters, "neurons": line.neurons, "ridge": line.ridge,
                **{component.name: getattr(line, component.name) for component in COMPARED},
                **{f"overlap_{k}": shares for k, shares in line.overlaps.items()}, "learned": line.learned,
                "formula": line.formulas, "grade": line.grades, "simulated": line.simulated,
                "standard_error": line.standard_error,
            }  # fmt: skip
            found += [
                {"method": line.method, **dict(zip(columns, values, strict=True))}
                for values in zip(*columns.values(), strict=True)
            ]
        return found

    def to_csv(self, path: Any) -> None:
        """Write `rows` to a file.

        Parameters
        ----------
        path : str or Path
        """
        rows = self.rows()
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def __str__(self) -> str:
        degrees = sorted({k for line in self.lines.values() for k in line.overlaps})
        shares = " ".join(f"{f'degree {k}':>9}" for k in degrees)
        head = f"{'method':<24} {'parameters':>10} {'ridge':>9} {TEST.name:>10} {shares}  formula"
        known = list(dict.fromkeys(text for line in self.lines.values() for text in line.formulas))
        rows = [
            line.entry(k, count, degrees) + f"  [{known.index(line.formulas[k]) + 1}]"
            for line in self.lines.values()
            for k, count in enumerate(self.parameters if line.moves else [math.inf])
        ]
        best = [
            f"best polynomial of degree {k}: {error:.5g} ({count} parameters)"
            for k, (count, error) in self.polynomials.items()
        ]
        return "\n".join([head, *rows, *(f"[{k}] {text}" for k, text in enumerate(known, 1)), *best])

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
    ridge : number, array or "optimal"
        At all points, at each, or the one with the least test error, method by method and point by point.
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
        If there are no parameters, or fewer than ``d + 1``; if the ridge is none of these.

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
    ridge = _read_ridge(ridge, counts.shape)
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
        name: theory_line(name, model, np.maximum(neurons, 1), d, n, ridge, simulate, seed)
        for name, (model, neurons) in cases.items()
    }
    if train:
        trials = max(simulate, 1)
        lines["trained network"] = trained_line(activation, target, noise, d, n, counts, train, trials, seed)
    return Linearizations(counts, lines, _polynomials(target, noise, d, n), n, d)


def _read_ridge(ridge: Any, shape: tuple[int, ...]) -> Any:
    """A number, one for every point, or the word for the best."""
    if isinstance(ridge, str) and ridge == OPTIMAL:
        return ridge
    allowed = f"a number >= 0, one for every number of parameters, or {OPTIMAL!r}"
    try:
        given = np.broadcast_to(np.asarray(ridge, dtype=float), shape)
    except (TypeError, ValueError) as error:
        raise InputError("ridge", ridge, allowed) from error
    if not np.all((given >= 0) & np.isfinite(given)):
        raise InputError("ridge", ridge, allowed)
    return given


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
