"""The derived systems that ship with the package: read from records, or derived afresh.

A record is what a derivation produced, with its digest; a test derives every one again and compares.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from asymptotics.equations.records import read_record
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError

RECORDS = Path(__file__).parent / "records"

MODELS = ("random-features", "kernel-ridge")
REGIMES = ("general", "proportional")


@cache
def stored_system(model: str, regime: str = "general", chart: str = "") -> FixedPointSystem:
    """A system as recorded by its derivation.

    Parameters
    ----------
    model : {"random-features", "kernel-ridge"}
    regime : {"general", "proportional"}
        ``general``: any spectrum, any finite sizes.
    chart : str
        Coordinates; empty for the symmetric ones.

    Raises
    ------
    InputError
        If there is no such system.
    RecordError
        If the record was altered.
    """
    if model not in MODELS:
        raise InputError("model", model, f"one of {', '.join(MODELS)}")
    if regime not in REGIMES:
        raise InputError("regime", regime, f"one of {', '.join(REGIMES)}")
    return read_record(RECORDS / f"{record_name(model, regime, chart)}.json")


def record_name(model: str, regime: str = "general", chart: str = "") -> str:
    """File name of a record, without its suffix."""
    return ".".join(part for part in (model, "" if regime == "general" else regime, chart) if part)
