"""The explorer's page: one file for a browser, with everything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from asymptotics.ensembles.parts import NAMES as PARTS
from asymptotics.functions.activation_catalogue import ACTIVATION_NAMES
from asymptotics.models.components import RISK
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.report.explorer.programs import DEGREES, DIMENSIONS, programs
from asymptotics.report.mathml import mathml
from asymptotics.version import __version__

__all__ = ["explore"]

_HERE = Path(__file__).parent


def explore(path: str | Path, activations: Iterable[str] = tuple(ACTIVATION_NAMES)) -> Path:
    """Write the explorer: a page that solves the recorded equations of random features in a browser.

    Sliders for sizes, ridge, noise, activation and target; double descent, parts, staircase and training time; the
    equations, and the call that gives the same in Python. The file asks for nothing from anywhere.

    Parameters
    ----------
    path : str or Path
        The file, an HTML page.
    activations : iterable of str
        Names of the activations to choose from; all that have one by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If a name is not that of an activation.
    OSError
        If the file cannot be written.

    Notes
    -----
    In the proportional limit values are those of :func:`asymptotics.predict` to 13 digits, away from points that it
    flags: they come from the same records, printed as JavaScript, in the same double precision; see
    ``docs/howto/explorer.md``.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> explore(folder / "explorer.html", activations=["relu"]).read_text().startswith("<!DOCTYPE html>")
    True
    """
    path = Path(path)
    path.write_text(_text(tuple(activations)), encoding="utf-8")
    return path


def _text(activations: tuple[str, ...]) -> str:
    words = {
        "components": {component.name: component.meaning for component in RISK},
        "parts": dict(PARTS),
        "degrees": DEGREES,
        "dimensions": DIMENSIONS,
    }
    return Template(_part("page.html")).substitute(
        style=_part("page.css"),
        equations=_equations(activations[0]),
        made=escape(f"Made by asymptotics {__version__} from its records: derived, proved and digested."),
        programs=programs(activations).replace("</", "<\\/"),
        words=json.dumps(words).replace("</", "<\\/"),
        solver=_part("solver.js"),
        page=_part("page.js"),
    )


def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _equations(activation: str) -> str:
    """The systems that are solved, in the proportional limit and at finite dimension."""
    model = RandomFeaturesRidge(activation, target={1: 1})
    found = []
    for regime, equations in (("limit", model.limit()), ("finite", model.finite(DIMENSIONS[0]))):
        for chart in equations.charts:
            system = chart.system
            served = ", ".join(condition.meaning for condition in chart.serves)
            rows = "".join(
                f'<span class="formula">{mathml(line, True)}</span>' for line in _lines(system.latex())
            )
            found.append(
                f'<details data-regime="{regime}"><summary>{escape(served)}: <code>{escape(system.name)}</code>, '
                f"digest <code>{system.digest[:16]}</code></summary>{rows}</details>"
            )
    return "".join(found)


def _lines(latex: str) -> list[str]:
    """Formulas of an ``align*``, one by one."""
    bodies = re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", latex, re.DOTALL)
    return [line.replace("&", "") for body in bodies for line in body.split(" \\\\\n")]
