"""The derived systems that ship with the package: read from records, or derived afresh.

A record is what a derivation produced, with its digest; a test derives every one again and compares.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from asymptotics.equations.chart import Chart
from asymptotics.equations.records import read_chart, read_record
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.models.recipes import recipe_of

RECORDS = Path(__file__).parent / "records"

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
    recipe_of(model)
    if regime not in REGIMES:
        raise InputError("regime", regime, f"one of {', '.join(REGIMES)}")
    path = RECORDS / f"{record_name(model, regime, chart)}.json"
    return read_chart(path).system if chart else read_record(path)


@cache
def stored_chart(model: str, regime: str, chart: str) -> Chart:
    """One chart as recorded by its derivation; parameters are those of :func:`stored_system`.

    Parameters
    ----------
    model : str
        Its name.
    regime : str
        Its name.
    chart : str
        Name of the coordinates.
    """
    charts = recipe_of(model).charts
    if chart not in charts:
        raise InputError("chart", chart, f"one of {', '.join(charts)}")
    return read_chart(RECORDS / f"{record_name(model, regime, chart)}.json")


@cache
def stored_charts(model: str, regime: str) -> tuple[Chart, ...]:
    """The charts of a model as recorded by its derivation; parameters are those of :func:`stored_system`.

    Parameters
    ----------
    model : str
        Its name.
    regime : str
        Its name.
    """
    return tuple(stored_chart(model, regime, chart) for chart in recipe_of(model).charts)


def record_name(model: str, regime: str = "general", chart: str = "") -> str:
    """File name of a record, without its suffix.

    Parameters
    ----------
    model : str
        Its name.
    regime : str
        Its name.
    chart : str
        Name of the coordinates, if it is a chart.
    """
    return ".".join(part for part in (model, "" if regime == "general" else regime, chart) if part)
