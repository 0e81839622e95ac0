"""Risk: the answer of the theory, with the parameters it is for and how it was made."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.errors import InputError, MissingExtraError
from asymptotics.functions.exact import exact_number, exact_text
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Ball
from asymptotics.solvers.solution import Status

_PRINTED = 40
"""Points that are printed one by one; of more, only the span."""


@dataclass(frozen=True, eq=False)
class Risk:
    """Deterministic equivalents of the risk and its parts.

    Every value is a float where all parameters are scalars, and an array of their common shape otherwise. Two
    risks are equal if everything is that is exported: parameters, values, status, and how they were made.

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
    status : ndarray of int
        :class:`~asymptotics.solvers.solution.Status` at every point.
    condition : float or ndarray
        Relative change of the effective ridge per relative change of the smaller size, plus that of the slacks per
        relative change of either size: what a rounding of the sizes is multiplied by.
    effective_ridge, degrees_of_freedom : float or ndarray
        The fixed point and the trace of S(S + nu)^{-1}.
    made_by : mapping
        Version, equation digests, model and regime.
    exact : mapping
        Parameters and noise as fractions, where digits or a proof were asked for; empty in double precision.
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

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        message = f"a risk has no {name!r}"
        raise AttributeError(f"{message}; its components are {', '.join(values)}" if values else message)

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

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every component."""
        return np.shape(self.status)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Risk) and self.shape == other.shape and self.to_dict() == other.to_dict()

    def __str__(self) -> str:
        if self.shape == ():
            lines = [f"{name:>16} = {_show(value)}" for name, value in self.values.items()]
            lines.append(f"{'status':>16} = {Status(int(self.status)).name.lower()}")
            return "\n".join(lines)
        if 0 < np.prod(self.shape) <= _PRINTED:
            return self._table()
        counts = {s.name.lower(): int(np.sum(self.status == s)) for s in Status if np.any(self.status == s)}
        tally = ", ".join(f"{count} {name}" for name, count in counts.items())
        spans = [f"{name:>16}: {_span(value)}" for name, value in self.values.items()]
        return "\n".join([f"Risk of shape {self.shape}: {tally}", *spans])

    def __repr__(self) -> str:
        return f"<Risk\n{self}>"

    def _table(self) -> str:
        """Every point in one line; parameters that do not vary are said once."""
        rows = self.rows()
        fixed = [name for name in self.parameters if len({row[name] for row in rows}) == 1 and len(rows) > 1]
        names = [name for name in rows[0] if name not in fixed]
        cells = [[name if name != "norm_per_feature" else "norm/feature" for name in names]]
        for row in rows:
            state = Status(int(row["status"])).name.lower()
            cells.append([state if name == "status" else _brief(row[name]) for name in names])
        widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
        head = [", ".join(f"{name} = {_brief(rows[0][name])}" for name in fixed)] if fixed else []
        body = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in cells]
        return "\n".join([*head, *body])

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per point: parameters, components, status; ready for a table of any kind."""
        columns: dict[str, Any] = {**self.parameters, **self.values, "status": self.status}
        flat = {name: np.broadcast_to(value, self.shape).ravel() for name, value in columns.items()}
        size = int(np.prod(self.shape))
        return [{name: _item(value[i]) for name, value in flat.items()} for i in range(size)]

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
            for row in rows:
                writer.writerow({**row, "status": Status(int(row["status"])).name.lower()})

    def to_dict(self) -> dict[str, Any]:
        """Parameters, values and how they were made, ready for JSON."""
        return {
            "made_by": dict(self.made_by),
            "noise": _plain(self.exact.get("noise", self.noise)),
            "parameters": {k: _nested(self.exact.get(k, v)) for k, v in self.parameters.items()},
            "values": {name: _nested(value) for name, value in self.values.items()},
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
            data = json.loads(source)
            exactly = any(isinstance(v, str) for v in _leaves(data["values"]) if v not in _ENDLESS)
            read = _Reader(data["values"]) if exactly else _double
            values = {name: _shaped(value, read) for name, value in data["values"].items()}
            status = np.array(data["status"], dtype=np.int8)
            given = {name: _shaped(value, _exactly) for name, value in data["parameters"].items()}
            missing = np.full(status.shape, np.nan) if status.shape else math.nan
            return cls(
                values=values,
                noise=_Reader(data["values"]).number(data["noise"]) if exactly else _double(data["noise"]),
                parameters={name: _shaped(value, _double) for name, value in data["parameters"].items()},
                status=status,
                condition=missing,
                effective_ridge=missing,
                degrees_of_freedom=missing,
                made_by=dict(data["made_by"]),
                exact={**given, "noise": _exactly(data["noise"])} if exactly else {},
            )
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError("text", "JSON", "what Risk.to_json wrote", str(error)) from error

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` with one variable per component.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        try:
            import xarray
        except ImportError as error:
            raise MissingExtraError("xarray", "data") from error
        axes = [f"axis_{i}" for i in range(len(self.shape))]
        columns = {**self.values, "status": self.status, **self.parameters}
        variables = {
            k: (axes, np.broadcast_to(np.asarray(v, dtype=float), self.shape)) for k, v in columns.items()
        }
        attributes = {k: str(v) for k, v in self.made_by.items()}
        return xarray.Dataset(variables, attrs=attributes)


_ENDLESS = ("inf", "+inf", "-inf", "nan")


def _leaves(data: Any) -> Iterator[Any]:
    """Every number of a nested export."""
    if isinstance(data, (dict, list)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _leaves(item)
    else:
        yield data


def _shaped(data: Any, read: Callable[[Any], Any]) -> Any:
    """A number, or an array of the numbers of nested lists."""
    if not isinstance(data, list):
        return read(data)
    numbers = [read(leaf) for leaf in _leaves(data)]
    kind = float if all(isinstance(value, float) for value in numbers) else object
    result = np.empty(len(numbers), dtype=kind)
    result[:] = numbers
    return result.reshape(np.shape(data))


def _double(value: Any) -> float:
    return float(Fraction(value)) if isinstance(value, str) and value not in _ENDLESS else float(value)


def _exactly(value: Any) -> Any:
    return float(value) if value in _ENDLESS else exact_number("parameter", value)


class _Reader:
    """Reads numbers of many digits or balls; how many digits is seen from the longest."""

    def __init__(self, values: Any) -> None:
        texts = [leaf for leaf in _leaves(values) if isinstance(leaf, str) and leaf not in _ENDLESS]
        self.proved = any("+/-" in text for text in texts)
        mantissas = [text.strip("[]").partition(" ")[0].partition("e")[0] for text in texts]
        self.digits = max((len(m.replace(".", "").lstrip("-+0")) for m in mantissas), default=1)

    def __call__(self, value: Any) -> Any:
        """An mpmath number, or a ball."""
        return Ball.read(str(value), self.digits) if self.proved else self.number(value)

    def number(self, value: Any) -> Any:
        """An mpmath number."""
        arithmetic = Multiprecision(self.digits)
        return arithmetic.context.mpf(value) if value in _ENDLESS else arithmetic.convert(str(value))


def _show(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _brief(value: Any) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _span(value: Any) -> str:
    numbers = np.asarray(value, dtype=float)
    finite = numbers[np.isfinite(numbers)]
    return f"{finite.min():.6g} .. {finite.max():.6g}" if finite.size else "no finite value"


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, (np.floating, np.integer, float, int)):
        number = value.item() if isinstance(value, np.generic) else value
        return number if np.isfinite(number) else str(number)
    return str(value)


def _nested(value: Any) -> Any:
    array = np.asarray(value)
    return _plain(value) if array.ndim == 0 else [_nested(item) for item in array]
