"""Systems as JSON files: exact, readable, checked against their own digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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

FORMAT = "asymptotics-system-1"


def record_text(system: FixedPointSystem) -> str:
    """The record of a system: its mathematics, its history, its digest."""
    history = system.provenance
    data = {
        "format": FORMAT,
        "digest": system.digest,
        "system": system_data(system),
        "provenance": {
            "derivation": history.derivation,
            "steps": list(history.steps),
            "assumptions": list(history.assumptions),
            "references": list(history.references),
        },
    }
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_record(system: FixedPointSystem, path: Path) -> None:
    """Write the record of a system to ``path``."""
    Path(path).write_text(record_text(system), encoding="utf-8")


def read_record(path: Path) -> FixedPointSystem:
    """Read a system from its record.

    Raises
    ------
    RecordError
        If the file is missing or malformed, or its digest is not that of its contents.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise RecordError(f"no record at {path}") from error
    return system_from_text(text)


def system_from_text(text: str) -> FixedPointSystem:
    """The system a record text holds, with its digest verified."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise RecordError(f"record format {data['format']!r} is not {FORMAT!r}")
        system = _system(data["system"], data["provenance"])
        claimed = data["digest"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"malformed record: {error}") from error
    if system.digest != claimed:
        raise RecordError(
            f"{system.name}: digest {system.digest[:12]} is not the recorded {str(claimed)[:12]}"
        )
    return system


def _system(data: dict[str, Any], history: dict[str, Any]) -> FixedPointSystem:
    domain = data["domain"]
    return FixedPointSystem(
        name=data["name"],
        parameters=tuple(Parameter(symbol(name), meaning) for name, meaning in data["parameters"]),
        unknowns=tuple(Unknown(symbol(name), meaning) for name, meaning in data["unknowns"]),
        measures=tuple(
            Measure(symbol(n), symbol(v), meaning, kind) for n, v, meaning, kind in data["measures"]
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
