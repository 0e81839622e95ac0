"""Risk: the answer of the theory, with the parameters it is for and how it was made."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import exact_text
from asymptotics.prediction.checked import Checked
from asymptotics.prediction.citation import Citation, cite
from asymptotics.prediction.risk_frames import dataset, frame
from asymptotics.prediction.risk_grid import dimensions, select
from asymptotics.prediction.risk_parts import RiskParts
from asymptotics.prediction.risk_tables import heading, html_page, latex_table, page
from asymptotics.prediction.risk_text import exported, read_numbers, scalar
from asymptotics.resources import read_json
from asymptotics.solvers.solution import Statuses

_DIAGNOSTICS = ("condition", "effective_ridge", "degrees_of_freedom")


@dataclass(frozen=True, eq=False)
class Risk(Checked):
    """Deterministic equivalents of the risk and its parts.

    Every value is a float where all parameters are scalars, and an array of their common shape otherwise. Two
    risks are equal if everything is that is exported: parameters, values, status, and how they were made.

    A risk is indexed and iterated over as its arrays are, ``risk[0]``, and by the values of its parameters,
    ``risk.sel(ridge=0.1)``; ``risk["test"]`` is ``risk.test``. How to export it: docs/howto/export_results.md.

    Attributes
    ----------
    values : mapping component -> float or ndarray
        Every component that the model has; each is an attribute of its own as well.
    test : float or ndarray
        Excess test error ``E (f* - fhat)^2``, without the noise of a fresh label.
    bias, variance : float or ndarray
        Parts of ``test`` due to the target and to label noise; ``test = bias + variance``.
    train : float or ndarray
        Mean squared training error ``(1/n) |y - Z a|^2``.
    norm, norm_per_feature : float or ndarray
        ``(1/n) |a|^2`` and ``(1/p) |a|^2``.
    noise : float
        Label-noise variance.
    parameters : mapping
        Sizes and ridges, by name.
    status : Statuses
        :class:`~asymptotics.solvers.solution.Status` at every point, printed as words.
    condition : float or ndarray
        Relative change of the effective ridge per relative change of the smaller size, plus that of the slacks per
        relative change of either size: what a rounding of the sizes is multiplied by.
    effective_ridge, degrees_of_freedom : float or ndarray
        The fixed point and the trace of S(S + nu)^{-1}.
    made_by : mapping
        Version, equation digests, model and regime.
    exact : mapping
        Parameters and noise as fractions, where digits or a proof were asked for; empty in double precision.
    origin : callable or None
        Computes :attr:`parts`; exports do without.
    next_order : NextOrder or callable
        What :attr:`correction`, :attr:`pieces` and :attr:`trust` are read off; exports do without.
    experiment : callable or None
        What :meth:`check` runs; exports do without.

    Raises
    ------
    AttributeError
        If a component is asked for that the model does not have; the message names those there are.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> risk = asy.predict(model, asy.Proportional([1, 2, 4], psi2=3), ridge=[[0.01], [0.1]])
    >>> risk.dims, risk.sel(ridge=0.1).test.round(4)
    (('ridge', 'psi1'), array([0.6264, 0.4022, 0.2472]))
    """

    values: Mapping[str, Any]
    noise: Any
    parameters: Mapping[str, Any]
    status: Any
    condition: Any
    effective_ridge: Any
    degrees_of_freedom: Any
    made_by: Mapping[str, Any] = field(default_factory=dict)
    exact: Mapping[str, Any] = field(default_factory=dict)
    origin: Callable[[], Mapping[str, Any]] | None = field(default=None, repr=False)
    next_order: Any = field(default=None, repr=False)
    experiment: Callable[..., Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Statuses(self.status))

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        message = f"a risk has no {name!r}"
        raise AttributeError(f"{message}; its components are {', '.join(values)}" if values else message)

    def __getstate__(self) -> dict[str, Any]:
        # Values travel to other processes, the model need not be known there.
        return {**self.__dict__, "origin": None, "next_order": None, "experiment": None}

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.values})

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components."""
        return tuple(self.values)

    @property
    def prediction(self) -> Any:
        """Error against a fresh noisy label: ``test + noise``."""
        return self.test + self.noise

    @cached_property
    def parts(self) -> Mapping[str, Any]:
        """Where the test error comes from: squared bias, features, data, label noise and what they do together.

        The parts are those of an analysis of variance and sum to ``test``.

        Raises
        ------
        InputError
            If the risk was read back, is one of an ensemble, or its model cannot say.

        Examples
        --------
        >>> import asymptotics as asy
        >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
        >>> risk = asy.predict(model, asy.Proportional(2, 3), ridge=0.1)
        >>> abs(sum(risk.parts.values()) - risk.test) < 1e-12
        True
        """
        if self.origin is None:
            raise InputError("parts", None, "a risk of one predictor", "ask predict for it once more")
        return RiskParts(self.origin())

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every component."""
        return np.shape(self.status)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Risk) and self.shape == other.shape and self.to_dict() == other.to_dict()

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes: the parameter that runs along each; ``axis_0``, ... where there is none.

        Examples
        --------
        >>> import numpy as np, asymptotics as asy
        >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
        >>> asy.predict(model, asy.Proportional(np.array([[1.0], [2.0]]), 3), ridge=np.array([0.1, 1])).dims
        ('psi1', 'ridge')
        """
        return dimensions(self.parameters, self.shape)

    @property
    def statuses(self) -> Any:
        """The status in words, at every point."""
        return self.status.words if self.shape else str(self.status)

    def __getitem__(self, index: Any) -> Any:
        """The risk at some points of the grid; with a name, that component."""
        if isinstance(index, str):
            if index not in self.values:
                raise KeyError(index)
            return self.values[index]

        def part(value: Any) -> Any:
            return scalar(np.broadcast_to(np.asarray(value), self.shape)[index])

        varying = {name for name, value in self.exact.items() if np.ndim(value) or name != "noise"}
        return Risk(
            values={name: part(value) for name, value in self.values.items()},
            noise=part(self.noise) if np.ndim(self.noise) else self.noise,
            parameters={name: part(value) for name, value in self.parameters.items()},
            status=self.status[index],
            made_by=self.made_by,
            exact={name: part(value) if name in varying else value for name, value in self.exact.items()},
            origin=self.origin and (lambda: {name: part(value) for name, value in self.parts.items()}),
            next_order=self.next_order and (lambda: self.orders.each(part)),
            **{name: part(getattr(self, name)) for name in _DIAGNOSTICS},
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a risk at a single point has no length")
        return int(self.shape[0])

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Risk]:
        return (self[k] for k in range(len(self)))

    def sel(self, *, method: str | None = None, **values: Any) -> Risk:
        """The part of the grid where parameters have given values.

        Parameters
        ----------
        method : {None, "nearest"}
            Whether the values have to be on the grid, up to rounding, or the nearest ones are taken.
        **values
            By name of the parameter: a number, a list of numbers, or a ``slice`` from the smallest to the
            largest.

        Returns
        -------
        Risk
            Without the axes of which one value was taken.

        Raises
        ------
        InputError
            If there is no such parameter or value.

        Examples
        --------
        >>> import numpy as np, asymptotics as asy
        >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
        >>> risk = asy.predict(model, asy.Proportional(np.geomspace(0.1, 10, 21), 3), ridge=np.array([[0.1], [1]]))
        >>> risk.sel(ridge=0.1).shape, risk.sel(psi1=slice(1, 5), ridge=1).shape
        ((21,), (7,))
        """
        if method not in (None, "nearest"):
            raise InputError("method", method, "None or 'nearest'")
        found = self
        for name, wanted in values.items():
            if name not in self.parameters:
                raise InputError("sel", name, f"a parameter of the risk: {', '.join(self.parameters)}")
            axis, places = select(name, found.parameters[name], found.shape, wanted, method == "nearest")
            if axis >= 0:
                found = found[(slice(None),) * axis + (places,)]
        return found

    def __str__(self) -> str:
        return page(self)

    def __repr__(self) -> str:
        return f"<Risk: {heading(self)}\n{self}>"

    def _repr_html_(self) -> str:
        return html_page(self)

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per point: parameters, components, status in a word; ready for a table of any kind."""
        columns: dict[str, Any] = {**self.parameters, **self.values, "status": self.statuses}
        flat = {name: np.broadcast_to(value, self.shape).ravel() for name, value in columns.items()}
        size = int(np.prod(self.shape))
        return [{name: scalar(value[i]) for name, value in flat.items()} for i in range(size)]

    def to_csv(self, path: str | Path) -> None:
        """Write one line per point, numbers to full precision; comment lines say how they were made.

        Numbers that are known exactly or to more digits than a double are written as in :meth:`to_json`.
        """
        rows = self.rows()
        for name in self.parameters.keys() & self.exact.keys():
            column = np.broadcast_to(self.exact[name], self.shape).ravel()
            rows = [{**row, name: exact_text(value)} for row, value in zip(rows, column, strict=True)]
        with open(path, "w", newline="", encoding="utf-8") as stream:
            for name, value in self.made_by.items():
                stream.write(f"# {name}: {value}\n")
            writer = csv.DictWriter(stream, list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)

    def to_dict(self) -> dict[str, Any]:
        """Parameters, values and how they were made, ready for JSON."""
        return {
            "made_by": dict(self.made_by),
            "noise": exported(self.exact.get("noise", self.noise)),
            "parameters": {k: exported(self.exact.get(k, v)) for k, v in self.parameters.items()},
            "values": {name: exported(value) for name, value in self.values.items()},
            "status": np.asarray(self.status).tolist(),
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """JSON text; also written to ``path`` if one is given.

        Doubles are JSON numbers, and infinities the strings ``"inf"``. Where digits or a proof were asked for, every
        number is a string: parameters and noise exactly, as a decimal or a ratio such as ``"1/3"`` that
        :func:`~asymptotics.prediction.predict.predict` reads back; values with the digits asked for, or as balls
        ``"[0.25 +/- 1e-17]"`` that ``flint.arb`` reads back.
        """
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False)
        if path is not None:
            Path(path).write_text(text + "\n", encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, text: str | Path) -> Risk:
        """The risk that :meth:`to_json` wrote, from its text or a file; of models that are not known here too.

        Doubles, mpmath numbers and balls come back as such, a ball at most a last digit of its radius wider. What
        an export does not hold (condition numbers, the effective ridge) is NaN. Nothing is imported or run.

        Raises
        ------
        InputError
            If it is no such text.
        """
        try:
            source = Path(text).read_text(encoding="utf-8") if isinstance(text, Path) else text
            data = read_json(source)
            return cls(**{**read_numbers(data), "made_by": dict(data["made_by"])})
        except (OSError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError("text", "JSON", "what Risk.to_json wrote", str(error)) from error

    def cite(self) -> Citation:
        """What to cite: the software, and the theorems that the equations rest on; prints as BibTeX."""
        return cite(self)

    def to_latex(
        self, path: str | Path | None = None, *, components: Sequence[str] | None = None, digits: int = 4
    ) -> str:
        r"""A LaTeX ``tabular`` with one line per point (package ``booktabs``), without what does not vary.

        Parameters
        ----------
        path : path-like, optional
            File to write as well.
        components : sequence of str, optional
            All of them by default.
        digits : int
            Significant digits.

        Examples
        --------
        >>> import asymptotics as asy
        >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
        >>> risk = asy.predict(model, asy.Proportional([1.0, 2.0], 3), ridge="0.1")
        >>> print(risk.to_latex(components=["test"], digits=3).rstrip())
        % random-features ridge, activation relu, target {1: 1}, noise 0.1; psi2 = 3, ridge = 0.1
        \begin{tabular}{rr}
        \toprule
        $\psi_{1}$ & test error \\
        \midrule
        $1$ & $0.626$ \\
        $2$ & $0.402$ \\
        \bottomrule
        \end{tabular}
        """
        names = list(self.values if components is None else components)
        for name in names:
            if name not in self.values:
                raise InputError("components", name, f"any of {', '.join(self.values)}")
        text = latex_table(self, names, digits)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` with one row per point: parameters, components, status in words.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        return frame(self)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset``: components over the parameters that run along the axes, all others as coordinates.

        Numbers are doubles; the status is in words; ``long_name`` and ``units`` are set.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        return dataset(self, _DIAGNOSTICS)
