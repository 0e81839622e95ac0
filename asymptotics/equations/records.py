"""Systems as JSON files: exact, readable, checked against their own digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from asymptotics.equations.chart import Chart, Orders, SingularLimit
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.encoding import decode, system_data
from asymptotics.equations.naming import symbol
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import RecordError
from asymptotics.resources import read_json

FORMAT, CHART_FORMAT = "asymptotics-system-1", "asymptotics-chart-1"


def record_text(recorded: FixedPointSystem | Chart) -> str:
    """The record of a system or a chart: its mathematics, its history, its digest."""
    if isinstance(recorded, Chart):
        system, data = recorded.system, {"format": CHART_FORMAT, "chart": recorded.data()}
    else:
        system, data = recorded, {"format": FORMAT, "system": system_data(recorded)}
    history = system.provenance
    data |= {
        "digest": recorded.digest,
        "provenance": {
            "derivation": history.derivation,
            "steps": list(history.steps),
            "assumptions": list(history.assumptions),
            "references": list(history.references),
        },
    }
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_record(recorded: FixedPointSystem | Chart, path: Path) -> None:
    """Write the record of a system or a chart to ``path``.

    Parameters
    ----------
    recorded : FixedPointSystem or Chart
        What is kept, with its digest.
    path : Path
        A JSON file, overwritten.
    """
    Path(path).write_text(record_text(recorded), encoding="utf-8")


def read_record(path: Path) -> FixedPointSystem:
    """Read a system from its record.

    Raises
    ------
    RecordError
        If the file is missing or malformed, or its digest is not that of its contents.
    """
    return system_from_text(_text(path))


def read_chart(path: Path) -> Chart:
    """Read a chart from its record; errors are those of :func:`read_record`."""
    return chart_from_text(_text(path))


def _text(path: Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise RecordError(f"no record at {path}") from error


def system_from_text(text: str) -> FixedPointSystem:
    """The system a record text holds, with its digest verified."""
    system: FixedPointSystem = _from_text(text, FORMAT)
    return system


def chart_from_text(text: str) -> Chart:
    """The chart a record text holds, with its digest verified."""
    chart: Chart = _from_text(text, CHART_FORMAT)
    return chart


def _from_text(text: str, wanted: str) -> Any:
    try:
        data = read_json(text)
        if data["format"] != wanted:
            raise RecordError(f"record format {str(data['format'])[:60]!r} is not {wanted!r}")
        history, claimed = data["provenance"], data["digest"]
        found = _system(data["system"], history) if wanted == FORMAT else _chart(data["chart"], history)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"malformed record: {str(error)[:200]}") from error
    if found.digest != claimed:
        name = data.get("system", data.get("chart", {}).get("system"))["name"]
        raise RecordError(
            f"{str(name)[:60]}: digest {found.digest[:12]} is not the recorded {str(claimed)[:12]}"
        )
    return found


def _chart(data: dict[str, Any], history: dict[str, Any]) -> Chart:
    vanishing = data["vanishing"]
    return Chart(
        system=_system(data["system"], history),
        coordinates={symbol(name): decode(e) for name, e in data["coordinates"].items()},
        samples=symbol(data["samples"]),
        slack=symbol(data["slack"]),
        serves=tuple(Condition(decode(e), meaning, strict) for e, meaning, strict in data["serves"]),
        vanishing=None if vanishing is None else symbol(vanishing),
        start=_orders(data["start"]),
        singular=tuple(
            SingularLimit(tuple((decode(e), int(sign)) for e, sign in signs), _orders(orders))
            for signs, orders in data["singular"]
        ),
        readings={name: decode(e) for name, e in data["readings"].items()},
        ladder=tuple(map(symbol, data.get("ladder", ()))),
        unique=bool(data.get("unique", False)),
    )


def _orders(data: Mapping[str, Any]) -> Orders:
    return {symbol(name): (decode(c), Fraction(exponent)) for name, (c, exponent) in data.items()}


def _system(data: dict[str, Any], history: dict[str, Any]) -> FixedPointSystem:
    domain = data["domain"]
    return FixedPointSystem(
        name=data["name"],
        parameters=tuple(Parameter(symbol(name), meaning) for name, meaning in data["parameters"]),
        unknowns=tuple(Unknown(symbol(name), meaning) for name, meaning in data["unknowns"]),
        measures=tuple(
            Measure(symbol(n), decode(v), meaning, kind) for n, v, meaning, kind in data["measures"]
        ),
        definitions=tuple(Definition(symbol(n), decode(e), meaning) for n, e, meaning in data["definitions"]),
        equations=tuple(Equation(decode(a), decode(b), meaning) for a, b, meaning in data["equations"]),
        observables=tuple(Observable(n, decode(e), meaning) for n, e, meaning in data["observables"]),
        domain=Domain(
            tuple(Condition(decode(e), meaning, strict) for e, meaning, strict in domain["conditions"]),
            domain["uniqueness"],
        ),
        provenance=Provenance(
            history["derivation"],
            tuple(history["steps"]),
            tuple(history["assumptions"]),
            tuple(history["references"]),
        ),
    )
