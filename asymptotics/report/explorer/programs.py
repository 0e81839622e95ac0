"""What the explorer's page computes with: recorded equations as JavaScript, and the constants of named activations."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from asymptotics.dynamics.cross import cross_program
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.dynamics.levels import as_levels
from asymptotics.ensembles.forms import part_program
from asymptotics.ensembles.parts import part_program_of_risk
from asymptotics.equations.chart import Chart
from asymptotics.functions.activation_catalogue import ACTIVATION_NAMES
from asymptotics.lowering.javascript import complex_javascript, javascript
from asymptotics.models.random_features import RandomFeaturesRidge
from asymptotics.models.sphere_levels import SphereLevels
from asymptotics.prediction.problems import condition_program, coordinates, problem

__all__ = ["DEGREES", "DIMENSIONS", "programs"]

DIMENSIONS = (30, 100)
"""Input dimensions of the staircase."""

DEGREES = (1, 2, 3, 4)
"""Degrees of a target on the page."""

LARGEST = 3.5
"""Exponent of the dimension up to which the smaller size goes."""


def programs(activations: Iterable[str] = tuple(ACTIVATION_NAMES)) -> str:
    """The text of a JavaScript object: for each regime charts and numbers, and what is common to all.

    Parameters
    ----------
    activations : iterable of str
        Names of activations.

    Examples
    --------
    >>> text = programs(["relu"])
    >>> text.count("coordinates:"), "import" in text
    (6, False)
    """
    names = tuple(activations)
    regimes = {"limit": _limit(names)} | {str(d): _finite(names, d) for d in DIMENSIONS}
    cross = cross_program()
    parts = {
        "regimes": _object(regimes),
        "pair": javascript(part_program()),
        "parts": javascript(part_program_of_risk()),
        "cross": _object({
            "inputs": json.dumps(cross.inputs),
            "outputs": json.dumps(list(cross.outputs)),
            "run": complex_javascript(cross),
        }),
        "contour": json.dumps(_contour()),
    }  # fmt: skip
    return _object(parts)


def _object(members: dict[str, str]) -> str:
    return "{" + ",\n".join(f"{_key(name)}: {text}" for name, text in members.items()) + "}"


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _chart(chart: Chart) -> str:
    """A chart: which sizes it serves, its coordinates, its equation and what is read off it."""
    prepared, level = problem(chart), as_levels(chart)
    assert chart.vanishing is not None and level is not None
    return _object({
        "serves": "[" + ", ".join(javascript(condition_program(c)) for c in chart.serves) + "]",
        "slack": json.dumps(chart.slack.name),
        "master": json.dumps(prepared.master),
        "vanishing": json.dumps(chart.vanishing.name),
        "coordinates": javascript(coordinates(chart, per_sample=False)),
        "equation": javascript(prepared.balanced),
        "observables": javascript(prepared.observables),
        "levels": "null" if level.program is None else javascript(level.program),
        "count": json.dumps(list(range(level.count))),
    })  # fmt: skip


def _model(activation: str, *degrees: int, noise: int = 0) -> RandomFeaturesRidge:
    return RandomFeaturesRidge(activation, target=dict.fromkeys(degrees, 1), noise=noise)


def _limit(activations: tuple[str, ...]) -> str:
    """The proportional limit."""
    charts = _model(activations[0]).limit().charts
    measures = {name: _model(name).limit().measure.doubles(math.inf) for name in activations}
    base = measures[activations[0]].scalars
    unit = [_model(activations[0], k).limit().measure.doubles(math.inf).scalars for k in DEGREES]
    ofthetarget = [name for name in base if any(scalars[name] != base[name] for scalars in unit)]
    numbers = {
        name: {
            "scalars": {key: value for key, value in data.scalars.items() if key not in ofthetarget},
            "trace": data.trace,
            "rank": None if math.isinf(data.rank) else data.rank,
        }
        for name, data in measures.items()
    }
    target = {name: [0.0] + [scalars[name] for scalars in unit] for name in ofthetarget}
    return _regime(charts, numbers, target)


def _finite(activations: tuple[str, ...], d: int) -> str:
    """The levels of the sphere in one dimension."""
    charts = _model(activations[0]).finite(d).charts
    numbers = {}
    for name in activations:
        measure = SphereLevels(_model(name, *DEGREES), d)
        data, degrees = measure.doubles(float(d) ** LARGEST), measure.degrees(float(d) ** LARGEST)
        spectrum = data.spectrum
        assert spectrum is not None
        count = np.size(spectrum.eigenvalues)
        numbers[name] = {
            "scalars": dict(data.scalars),
            "trace": float(data.trace),
            "rank": None if math.isinf(data.rank) else data.rank,
            "degrees": [*degrees, *[None] * (count - len(degrees))],
            "eigenvalues": np.asarray(spectrum.eigenvalues).tolist(),
            "counts": np.asarray(spectrum.weights["T"]).tolist(),
            "tail": float(spectrum.tails["T"]),
        }
    return _regime(charts, numbers, {})


def _regime(charts: Iterable[Chart], numbers: dict[str, Any], target: dict[str, list[float]]) -> str:
    return _object({
        "charts": "[" + ",\n".join(map(_chart, charts)) + "]",
        "numbers": json.dumps(numbers),
        "target": json.dumps(target),
    })  # fmt: skip


def _contour() -> dict[str, list[list[float]]]:
    """Nodes of gradient flow at time one; at other times ridges are divided by it."""
    one = np.ones((1, 1))
    nodes = GradientFlow(time=1.0).nodes({"time": one, "ridge": 0 * one}, one)
    return {
        name: [[z.real, z.imag] for z in row[0]]
        for name, row in (("ridge", nodes.ridge), ("weight", nodes.weight))
    }
