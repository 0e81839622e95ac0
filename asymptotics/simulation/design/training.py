"""The training method that a user asks for, and the parameters of its path, from what a training says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.options import MOST_STEPS, as_ridges, as_training
from asymptotics.simulation.learning.methods import Combination, Components, Filter, Flow, Iterated, Momentum
from asymptotics.simulation.learning.own_training import as_own_training
from asymptotics.simulation.learning.spectral import Training

__all__ = ["as_method"]

Path = Mapping[str, Any]


def as_method(design: Design) -> tuple[Training, Path]:
    """The training of a design, and the values of its path by name.

    Raises
    ------
    InputError
        If not exactly one of ridge, ridge_per_sample, time, time_per_sample and training is given, the training is none
        that is known here, or a number is not allowed.

    Examples
    --------
    >>> as_method(Design(ridge=0.1))
    (Training(method='ridge', step_size=0.0), {'ridge': 0.1})
    """
    name, given = design.path
    if name in ("training", "time_per_sample") and design.step_size is not None:
        raise InputError(
            "step_size", design.step_size, f"nothing beside {name}", "GradientDescent has its own"
        )
    if name == "time_per_sample":
        return Training("flow"), {name: given}
    if name != "training":
        return as_training(name, design.time, design.step_size), {name: given}
    method = "" if inspect.isclass(given) else str(getattr(given, "method", ""))
    if method in _METHODS:
        return _METHODS[method](given)
    if method and callable(getattr(given, "left", None)):
        return _filter(given)
    if callable(given) and not (method or inspect.isclass(given)):
        return as_own_training(given, design.ensemble, design.labels), {}
    allowed = f"a training method: {', '.join(_METHODS)}"
    advice = (
        "SpectralFilter(left) is any filter, by what it leaves of the labels at an eigenvalue; a function of features "
        "and labels that returns coefficients is any algorithm"
    )
    raise InputError("training", given, allowed, advice)


def _flow(given: Any) -> tuple[Training, Path]:
    path = dict(given.parameters)
    ridge = path.pop("ridge")
    if not np.any(ridge != 0):
        return Training("flow"), path
    return Flow(given.method), path | {"ridge_per_sample" if "time_per_sample" in path else "ridge": ridge}


def _steps(momentum: str) -> Callable[[Any], tuple[Training, Path]]:
    def read(given: Any) -> tuple[Training, Path]:
        path = dict(given.parameters)
        steps = as_ridges("steps", path["steps"])
        if np.any((steps != np.round(steps)) | (steps > MOST_STEPS)):
            raise InputError("steps", given.parameters["steps"], f"integers up to {MOST_STEPS:.0e}")
        found = Momentum(given.method, momentum=momentum)
        return found, {name: path[name] for name in found.names}

    return read


def _iterated(given: Any) -> tuple[Training, Path]:
    return Iterated(given.method), {name: given.parameters[name] for name in Iterated.names}


def _components(given: Any) -> tuple[Training, Path]:
    return Components(given.method), {"above": given.parameters["above"]}


def _filter(given: Any) -> tuple[Training, Path]:
    return Filter(given.method, left=given.left), {}


def _combination(given: Any) -> tuple[Training, Path]:
    ridges, weights = (
        tuple(np.asarray(part, dtype=float).tolist()) for part in (given.ridges, given.weights)
    )
    return Combination(given.method, ridges=ridges, weights=weights), {}


_METHODS: Mapping[str, Callable[[Any], tuple[Training, Path]]] = {
    "gradient flow": _flow,
    "gradient descent": _steps("none"),
    "heavy ball": _steps("before"),
    "Nesterov's method": _steps("ahead"),
    "iterated ridge": _iterated,
    "principal components": _components,
    "spectral filter": _filter,
    "combination of ridges": _combination,
}
"""By the word that a training calls itself."""
