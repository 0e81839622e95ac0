"""Measurements: numbers of an experiment of one's own, in this package's convention."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.components import BIAS, ERRORS, NAMES, NORM, TEST, TRAIN, VARIANCE
from asymptotics.models.quantities import N, P
from asymptotics.models.regimes import FiniteSize
from asymptotics.report.convention import Convention

__all__ = ["Measurement", "Summary"]

_ERROR = "_standard_error"
_PREDICTION = "prediction"
"""The test error against noisy labels."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Mean and standard error of one component at every point, and how many runs they are of.

    Attributes
    ----------
    mean, standard_error : ndarray
    trials : float
        Infinite where standard errors were given: they are taken as known.
    """

    mean: Any
    standard_error: Any
    trials: float = math.inf

    skewness: ClassVar[float] = 0.0
    """Unknown of a table of means."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Errors that somebody measured, converted to this package's convention.

    ``compare`` judges it, and ``plot`` draws it, as a simulation.

    Parameters
    ----------
    parameters : mapping of str to array_like
        Sizes and ridge: ``d``, ``n``, ``p``, ``ridge``, and others of the model; ``p`` is left out for kernels.
    means : mapping of str to array_like
        Any components of a risk; ``"prediction"`` is the test error against noisy labels, and so is ``"test"`` if the
        convention says that its labels are noisy.
    standard_errors : mapping of str to array_like, optional
        Missing ones are zero: then only the allowance of ``compare`` is left.
    convention : Convention
        Of the numbers given.
    trials : float
        Runs that each mean is of, for the judgement of few runs.
    title : str
        What its points are called in a legend.

    Raises
    ------
    InputError
        If there is no component, or shapes do not fit.

    References
    ----------
    docs/howto/compare_with_an_experiment.md.

    Examples
    --------
    >>> own = Convention(loss="mean", features="plain", labels="noisy")
    >>> data = Measurement({"d": 20, "n": 40, "p": [20, 80], "ridge": 0.01}, {"test": [1.1, 0.7]}, convention=own)
    >>> data.ridge.tolist(), list(data.statistics)
    ([0.02, 0.005], ['prediction'])
    """

    parameters: Mapping[str, Any]
    statistics: Mapping[str, Summary]
    convention: Convention
    title: str = "measured"

    def __init__(
        self, parameters: Mapping[str, Any], means: Mapping[str, Any],
        standard_errors: Mapping[str, Any] | None = None, *, convention: Convention | None = None,
        trials: float = math.inf, title: str = "measured",
    ) -> None:  # fmt: skip
        own, errors = convention or Convention(), dict(standard_errors or {})
        if not means:
            raise InputError("means", {}, f"at least one of {', '.join((*NAMES, 'prediction'))}")
        try:
            shape = np.broadcast_shapes(
                *(np.shape(v) for v in (*parameters.values(), *means.values(), *errors.values()))
            )
        except ValueError:
            raise InputError(
                "parameters", {k: np.shape(v) for k, v in parameters.items()}, "shapes that fit"
            ) from None
        sizes = {
            name: _whole(name, np.broadcast_to(np.asarray(v, dtype=float), shape))
            for name, v in parameters.items()
        }
        if "ridge" in sizes:
            sizes["ridge"] = np.asarray(
                own.ridge(sizes["ridge"], n=sizes.get(N.name), p=sizes.get(P.name, math.inf))
            )
        found = {}
        for name, mean in means.items():
            factor = own.error_factor if name in (_PREDICTION, *(error.name for error in ERRORS)) else 1.0
            value, error = (
                np.broadcast_to(factor * np.asarray(v, dtype=float), shape)
                for v in (mean, errors.get(name, 0.0))
            )
            noisy = name == TEST.name and own.labels == "noisy"
            found[_PREDICTION if noisy else name] = Summary(value, error, trials)
        object.__setattr__(self, "parameters", MappingProxyType(sizes))
        object.__setattr__(self, "statistics", MappingProxyType(found))
        object.__setattr__(self, "convention", own)
        object.__setattr__(self, "title", title)

    def __getattr__(self, name: str) -> Any:
        statistics: Mapping[str, Summary] = self.__dict__.get("statistics", {})
        if name not in statistics:
            raise AttributeError(f"this measurement has no {name}: it has {', '.join(statistics)}")
        return statistics[name]

    @classmethod
    def from_csv(
        cls, path: str | Path, *, convention: Convention | None = None,
        columns: Mapping[str, str] | None = None, title: str = "measured",
    ) -> Measurement:  # fmt: skip
        """Read a table: columns named as sizes, ridge and components, and ``<component>_standard_error``.

        Parameters
        ----------
        path : path-like
            With a line of names; lines that start with ``#`` are skipped. Without standard errors, rows of equal sizes
            are runs of one experiment: their mean and standard error are taken.
        convention : Convention, optional
        columns : mapping of str to str, optional
            Names of columns here by those of the file, such as ``{"width": "p", "mse": "test"}``; what is mapped to
            ``""`` is left out, and so are ``trials``, ``seed``, ``replicate``, ``status``.
        title : str
            What its points are called in a legend.

        Returns
        -------
        Measurement
            Of one axis, points in the order of the file.

        Raises
        ------
        InputError
            If the file cannot be read, has no column of a component, or a cell that is no number.
        """
        table = _read_table(path, dict(columns or {}))
        components = [n for n in table if n in (*NAMES, "prediction")]
        if not components:
            allowed = f"a column named {', '.join((*NAMES, 'prediction'))}"
            raise InputError("columns", list(table), allowed, "columns={'mse': 'test'} renames one")
        errors = {n: table[n + _ERROR] for n in components if n + _ERROR in table}
        parameters = {n: v for n, v in table.items() if n not in components and not n.endswith(_ERROR)}
        means: dict[str, Any] = {n: table[n] for n in components}
        trials = math.inf
        if not errors:
            parameters, means, errors, trials = _runs(parameters, means)
        return cls(parameters, means, errors, convention=convention, trials=trials, title=title)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid."""
        return np.shape(next(iter(self.statistics.values())).mean)

    @property
    def trials(self) -> float:
        """Runs that each mean is of; infinite where standard errors are taken as known."""
        return next(iter(self.statistics.values())).trials

    @property
    def provenance(self) -> dict[str, Any]:
        """What is known of how the numbers were made."""
        return {"convention": str(self.convention)}

    @property
    def ridge(self) -> Any:
        """The ridge in this package's convention, for ``predict``."""
        return self.parameters["ridge"]

    @property
    def regime(self) -> FiniteSize:
        """The sizes, for ``predict``."""
        return FiniteSize(**{name: value for name, value in self.parameters.items() if name != "ridge"})

    @property
    def label(self) -> str:
        """What its points are called in a legend."""
        known = any(np.any(one.standard_error) for one in self.statistics.values())
        return rf"{self.title} $\pm 2$ s.e." if known else self.title

    def with_noise(self, noise: Any) -> Measurement:
        """Besides the error against noisy labels that against the function, and the other way round.

        Parameters
        ----------
        noise : float or ndarray
            Variance of the labels' noise.

        Returns
        -------
        Measurement
            In this package's convention.
        """
        means = {name: one.mean for name, one in self.statistics.items()}
        errors = {name: one.standard_error for name, one in self.statistics.items()}
        for name, other, sign in ((TEST.name, _PREDICTION, -1.0), (_PREDICTION, TEST.name, 1.0)):
            if name not in self.statistics and other in self.statistics:
                means[name] = self.statistics[other].mean + sign * np.asarray(noise, dtype=float)
                errors[name] = self.statistics[other].standard_error
        clean = Convention(intercept=self.convention.intercept)
        return Measurement(
            self.parameters, means, errors, convention=clean, trials=self.trials, title=self.title
        )

    def without_intercept(self, model: Any) -> Measurement:
        r"""The same experiment as theory, which fits no constant, has to be asked about it.

        Parameters
        ----------
        model : Model
            That theory is asked for.

        Returns
        -------
        Measurement
            Of one sample less, if the model sees no constant; the same numbers otherwise.

        Raises
        ------
        InputError
            If the model cannot say whether it sees a constant, or its target has one that nothing but the intercept
            fits.

        Notes
        -----
        Fitting a constant without penalty is fitting what is left of labels and features after their means are
        taken off. For features that are Gaussian (as theory takes them to be, given the weights) what is left of
        ``n`` samples are ``n - 1`` samples, independent of the means. The constant is then the mean of ``n`` errors
        against noisy labels, so that it adds a share of ``1/n`` of the prediction error of that fit: errors against
        noisy labels are ``1 + 1/n`` times those of ``n - 1`` samples without a constant. A model that sees constants
        itself spends the same degree of freedom on them; its penalty on it changes errors by ``O(1/(dn))``,
        relatively.
        """
        if not self.convention.intercept:
            return self
        blind = 0 in model.unseen_degrees(0)
        if blind and model.target.power(0):
            advice = "the intercept fits a constant that theory would count as not learned"
            raise InputError("target", model.target, "one without a constant", advice)
        data = self.with_noise(float(model.noise))
        if not blind:
            return data._changed(data.parameters, {})
        n = np.asarray(self.parameters[N.name], dtype=float)
        noise, more, fewer = float(model.noise) / n, 1 + 1 / n, n / (n - 1)
        rules = {
            TEST.name: (noise, more), VARIANCE.name: (noise, more), BIAS.name: (0.0, more), _PREDICTION: (0.0, more),
            TRAIN.name: (0.0, 1 / fewer), NORM.name: (0.0, 1 / fewer),
        }  # fmt: skip
        return data._changed({**self.parameters, N.name: n - 1}, rules)

    def _changed(self, parameters: Mapping[str, Any], rules: Mapping[str, tuple[Any, Any]]) -> Measurement:
        """With numbers less an offset, over a factor; in this package's convention."""
        means, errors = {}, {}
        for name, one in self.statistics.items():
            offset, factor = rules.get(name, (0.0, 1.0))
            means[name], errors[name] = (one.mean - offset) / factor, one.standard_error / factor
        return Measurement(parameters, means, errors, trials=self.trials, title=self.title)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} = {_span(value)}" for name, value in self.parameters.items())
        values = ", ".join(f"{name} {_span(one.mean)}" for name, one in self.statistics.items())
        return f"<Measurement of {int(np.prod(self.shape))} points: {sizes}; {values}; convention: {self.convention}>"


def _span(values: Any) -> str:
    low, high = np.min(values), np.max(values)
    return f"{low:.4g}" if low == high else f"{low:.4g} .. {high:.4g}"


def _whole(name: str, values: Any) -> Any:
    """Sizes that have to be whole numbers as such."""
    if name in {size.name for size in FiniteSize.quantities} and np.all(np.isfinite(values)):
        if np.any(values != np.round(values)):
            raise InputError(name, np.asarray(values).tolist(), "whole numbers")
        return values.astype(np.int64)
    return values


def _read_table(path: str | Path, renamed: dict[str, str]) -> dict[str, Any]:
    """Columns of numbers, by their names here."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(line for line in stream if line.strip() and not line.startswith("#")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("path", str(path), "a CSV file that can be read", str(error)) from error
    if not rows:
        raise InputError("path", str(path), "a CSV file with a line of names and at least one row")
    left_out = dict.fromkeys(("trials", "seed", "replicate", "status"), "")
    table = {}
    for column in rows[0]:
        name = {**left_out, **renamed}.get((column or "").strip(), (column or "").strip())
        if name:
            try:
                table[name] = np.array([float(row[column]) for row in rows])
            except (TypeError, ValueError):
                allowed = "numbers only"
                raise InputError(
                    f"column {column!r}",
                    [r[column] for r in rows][:3],
                    allowed,
                    "columns={...: ''} leaves it out",
                ) from None
    return table


def _runs(parameters: Mapping[str, Any], means: Mapping[str, Any]) -> tuple[Any, Any, Any, float]:
    """Rows of equal sizes are runs: their means, standard errors, and the smallest number of runs."""
    keys = (
        np.stack(list(parameters.values()), axis=1)
        if parameters
        else np.zeros((len(next(iter(means.values()))), 1))
    )
    _, first, group, counts = np.unique(
        keys, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if counts.max() == 1:
        return parameters, means, {}, math.inf
    order = np.argsort(first)
    if counts.min() == 1:
        raise InputError("runs", counts[order].tolist(), "at least two runs of every point, or one of each")
    members = [np.flatnonzero(group.ravel() == number) for number in order]
    averaged = {n: np.array([v[rows].mean() for rows in members]) for n, v in means.items()}
    errors = {
        n: np.array([v[rows].std(ddof=1) / math.sqrt(len(rows)) for rows in members])
        for n, v in means.items()
    }
    return {n: v[first[order]] for n, v in parameters.items()}, averaged, errors, float(counts.min())
