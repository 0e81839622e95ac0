"""What a simulation returns: draws, means and standard errors of every observable, and how they were made."""

from __future__ import annotations

import csv
import importlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, MissingExtraError
from asymptotics.models.components import NAMES, NORM_PER_FEATURE
from asymptotics.models.quantities import TRAINED, D
from asymptotics.resources import read_json
from asymptotics.simulation.estimates.controls import Control, regress
from asymptotics.simulation.estimates.statistic import Statistic
from asymptotics.simulation.estimates.tables import align, write

Array = NDArray[np.float64]

OBSERVABLES = NAMES
"""Names of the observables of an experiment with inputs, in the order in which they are printed and written."""

PATHS = tuple(quantity.name for quantity in TRAINED)
"""Parameters of training: points that differ in them only share their draws."""

PRINTED_ROWS = 12
"""A grid with more configurations than this is printed with its middle left out."""


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Estimate:
    """Monte Carlo estimate of the risk of a model at finite sizes.

    Parameters
    ----------
    parameters : mapping of str to array_like
        Sizes and ridge or time of every configuration, each of the shape of the grid.
    provenance : mapping of str to object
        Seed, laws of inputs and weights, size of the test set, powers of the target, noise, version.
    controls : mapping of str to Control
        Quantities of each replicate whose exact means are known; see `controlled`.
    **statistics : Statistic
        The observables, in the order of printing. Of an experiment with inputs and labels these are

        test
            Excess test error ``E_x (f*(x) - fhat(x))^2``.
        bias, variance
            Its parts from the target and from the label noise, from the predictors fitted to ``f*(X)`` and to the
            noise alone; ``test = bias + variance`` in expectation.
        train
            ``(1/n) |y - Z a|^2``.
        norm, norm_per_feature
            ``(1/n) |a|^2`` and ``(1/p) |a|^2``.

    Attributes
    ----------
    statistics : mapping of str to Statistic
        All observables; each is an attribute too: ``estimate.test``.
    parameters, provenance, controls : mapping

    Raises
    ------
    InputError
        If there is no observable.

    References
    ----------
    docs/theory/simulation.md.

    Examples
    --------
    >>> statistics = {name: Statistic([1.0, 3.0]) for name in OBSERVABLES}
    >>> estimate = Estimate(**statistics, parameters={"d": 5, "n": 6, "p": 7})
    >>> print(estimate)
    Monte Carlo estimate, 2 replicates: d = 5, n = 6, p = 7
    observable        mean  standard error
    test                 2             1.0
    bias                 2             1.0
    variance             2             1.0
    train                2             1.0
    norm                 2             1.0
    norm_per_feature     2             1.0
    """

    statistics: Mapping[str, Statistic]
    parameters: Mapping[str, Any]
    provenance: Mapping[str, Any]
    controls: Mapping[str, Control]

    def __init__(
        self,
        *,
        parameters: Mapping[str, Any],
        provenance: Mapping[str, Any] | None = None,
        controls: Mapping[str, Control] | None = None,
        **statistics: Statistic,
    ) -> None:
        if not statistics:
            raise InputError("statistics", statistics, "at least one observable")
        object.__setattr__(self, "statistics", MappingProxyType(statistics))
        arrays = {name: np.array(np.broadcast_to(value, self.shape)) for name, value in parameters.items()}
        for array in arrays.values():
            array.setflags(write=False)
        object.__setattr__(self, "parameters", MappingProxyType(arrays))
        object.__setattr__(self, "provenance", MappingProxyType(dict(provenance or {})))
        object.__setattr__(self, "controls", MappingProxyType(dict(controls or {})))

    def __getattr__(self, name: str) -> Statistic:
        statistics: Mapping[str, Statistic] = self.__dict__.get("statistics", {})
        if name not in statistics:
            raise AttributeError(f"this estimate has no {name}: it has {', '.join(statistics)}")
        return statistics[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.statistics]

    def __getstate__(self) -> dict[str, Any]:
        return {
            key: dict(value) if isinstance(value, Mapping) else value for key, value in self.__dict__.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, MappingProxyType(value) if isinstance(value, dict) else value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid of configurations; ``()`` for a single one."""
        return self._first.draws.shape[:-1]

    @property
    def trials(self) -> int:
        """Number of replicates per configuration."""
        return self._first.trials

    @property
    def _first(self) -> Statistic:
        return next(iter(self.statistics.values()))

    @property
    def shared(self) -> tuple[str, ...]:
        """Names of the parameters that tell draws apart: points that agree in them share their draws.

        Examples
        --------
        >>> estimate = Estimate(test=Statistic([1.0, 3.0]), parameters={"n": 6, "p1": 7, "ridge": 0.1})
        >>> estimate.shared
        ('n', 'p1')
        """
        if self.provenance.get("coupling") == "nested":
            return (D.name,)
        return tuple(name for name in self.parameters if name not in PATHS)

    def controlled(self) -> Estimate:
        """The estimate with the accidents of its labels taken out, by regression on control variates.

        The mean squares of target and noise on the training inputs, and their mean product, vary between replicates
        about means that are known exactly; what they explain of an observable is subtracted.

        Returns
        -------
        Estimate
            Draws with the same expectation (up to a bias of relative order 1/trials), spread less; the lost
            degrees of freedom are part of its standard errors.

        Raises
        ------
        InputError
            If there are fewer than 40 replicates, or the estimate has no controls.

        Notes
        -----
        The standard error of the norm falls by 1.1 to 4.4, that of the training error by 1 to 2.6, of the test
        error by 1 to 1.4, most at large ridge (``python -m tests.benchmarks.bench_coupling``). Averaged labels have
        nothing left to control.
        """
        adjusted = {name: Statistic(regress(entry.draws, self.controls)) for name, entry in self.items()}
        provenance = {**self.provenance, "controls": list(self.controls)}
        return Estimate(**adjusted, parameters=self.parameters, provenance=provenance, controls={})

    def items(self) -> list[tuple[str, Statistic]]:
        """(name, statistic) pairs in printing order."""
        return list(self.statistics.items())

    def __str__(self) -> str:
        head = f"Monte Carlo estimate, {self.trials} replicates"
        if self.shape == ():
            sizes = ", ".join(f"{name} = {value.item():.6g}" for name, value in self.parameters.items())
            lines: list[tuple[str, ...]] = [
                (name, f"{s.mean:.6g}", f"{s.standard_error:#.2g}") for name, s in self.items()
            ]
            return "\n".join([f"{head}: {sizes}", *align(("observable", "mean", "standard error"), lines)])
        names = [name for name in self.statistics if name != NORM_PER_FEATURE.name]
        indices = list(np.ndindex(self.shape))
        shown: list[Any] = indices
        if len(indices) > PRINTED_ROWS:
            shown = [*indices[: PRINTED_ROWS // 2], None, *indices[-(PRINTED_ROWS // 2) :]]
        rows: list[tuple[str, ...]] = []
        means = {name: (s.mean, s.standard_error) for name, s in self.items() if name in names}
        for index in shown:
            if index is None:
                rows.append(tuple("..." for _ in (*self.parameters, *names)))
                continue
            cells = [f"{value[index]:.6g}" for value in self.parameters.values()]
            cells += [f"{means[name][0][index]:.5g} ± {means[name][1][index]:.2g}" for name in names]
            rows.append(tuple(cells))
        return "\n".join([f"{head}, grid of shape {self.shape}", *align((*self.parameters, *names), rows)])

    __repr__ = __str__

    def to_json(self, path: str | Path | None = None, *, draws: bool = True) -> str:
        """Write parameters, means, standard errors, draws and provenance as JSON.

        Parameters
        ----------
        path : path-like, optional
            File to write.
        draws : bool, default True
            Include every replicate.

        Returns
        -------
        str
            The JSON text; an infinite parameter is the string ``"inf"``.
        """
        observables = {}
        for name, statistic in self.items():
            entry = {
                "mean": np.asarray(statistic.mean).tolist(),
                "standard_error": np.asarray(statistic.standard_error).tolist(),
            }
            if draws:
                entry["draws"] = statistic.draws.tolist()
            observables[name] = entry
        controls = {name: {"mean": c.mean, "draws": c.draws.tolist()} for name, c in self.controls.items()}
        document = {
            "format": "asymptotics.Estimate/1",
            "shape": list(self.shape),
            "trials": self.trials,
            "parameters": {name: _finite(value.tolist()) for name, value in self.parameters.items()},
            "observables": observables,
            "controls": controls if draws else {},
            "provenance": dict(self.provenance),
        }
        return write(json.dumps(document, indent=1, allow_nan=False), path)

    @classmethod
    def from_json(cls, text: str) -> Estimate:
        """Read an estimate from the text that `to_json` wrote, with its draws.

        Raises
        ------
        InputError
            If the text is something else.

        Examples
        --------
        >>> statistics = {name: Statistic([1.0, 3.0]) for name in OBSERVABLES}
        >>> estimate = Estimate(**statistics, parameters={"d": 5, "n": 6, "p": 7})
        >>> str(Estimate.from_json(estimate.to_json())) == str(estimate)
        True
        """
        try:
            document = read_json(text)
            if document["format"] != "asymptotics.Estimate/1":
                raise KeyError("format")
            grid = tuple(document["shape"])
            shape = (*grid, document["trials"])  # which lists do not tell where a grid is empty
            parameters = {
                name: np.array(value, dtype=np.float64 if "inf" in str(value) else None).reshape(grid)
                for name, value in document["parameters"].items()
            }
            draws = {
                name: Statistic(_read_draws(name, np.reshape(entry["draws"], shape)))
                for name, entry in document["observables"].items()
            }
            controls = {
                name: Control(np.array(entry["draws"], dtype=np.float64).reshape(shape), float(entry["mean"]))
                for name, entry in document["controls"].items()
            }
            return cls(**draws, parameters=parameters, provenance=document["provenance"], controls=controls)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError("text", "JSON", "an estimate written by to_json with its draws") from error

    def to_csv(self, path: str | Path | None = None, *, draws: bool = False) -> str:
        """Write a table with one row per configuration, or per replicate with ``draws=True``.

        Parameters
        ----------
        path : path-like, optional
            File to write.
        draws : bool, default False
            Write single draws instead of means and standard errors.

        Returns
        -------
        str
            The text of the table.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = list(self.parameters)
        if draws:
            writer.writerow([*names, "replicate", *self.statistics])
        else:
            errors = [column for name in self.statistics for column in (name, f"{name}_standard_error")]
            writer.writerow([*names, "trials", *errors])
        statistics = [statistic for _, statistic in self.items()]
        summaries = [(np.asarray(s.mean), np.asarray(s.standard_error)) for s in statistics]
        for index in np.ndindex(self.shape):
            head = [value[index].item() for value in self.parameters.values()]
            if draws:
                for replicate in range(self.trials):
                    writer.writerow(
                        [*head, replicate, *(s.draws[index][replicate].item() for s in statistics)]
                    )
            else:
                cells = [part[index].item() for summary in summaries for part in summary]
                writer.writerow([*head, self.trials, *cells])
        return write(text.getvalue(), path)

    def to_xarray(self) -> Any:
        """The draws as an ``xarray.Dataset``.

        Dimensions are ``grid_0, grid_1, ..., replicate``; the parameters are coordinates.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        try:
            xarray = importlib.import_module("xarray")
        except ImportError:
            raise MissingExtraError("xarray", "data") from None
        grid = tuple(f"grid_{axis}" for axis in range(len(self.shape)))
        coordinates = {name: (grid, value) for name, value in self.parameters.items()}
        return xarray.Dataset(
            {name: ((*grid, "replicate"), statistic.draws) for name, statistic in self.items()},
            coords={**coordinates, "replicate": np.arange(self.trials)},
            attrs={"provenance": json.dumps(dict(self.provenance))},
        )


def _finite(value: Any) -> Any:
    """Replace infinities in nested lists by strings, which JSON can hold."""
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def _read_draws(name: str, draws: np.ndarray) -> np.ndarray:
    """Draws of an export, which are numbers."""
    if not np.all(np.isfinite(draws)):
        raise ValueError(f"draws of {name} that are not finite")
    return draws
