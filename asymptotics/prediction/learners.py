"""Doors to the rooms above: what answers where more than one ridge predictor is asked for.

Those rooms stand on this one; they are loaded when something of theirs is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from asymptotics.prediction.accuracy import Accuracy, Columns
from asymptotics.prediction.next_order import NextOrder
from asymptotics.prediction.requests import Request
from asymptotics.prediction.risk import Risk


def read_training(training: Any, time: Any, time_per_sample: Any, ridge: Any) -> Any:
    """The training that is asked for; None for ridge regression.

    Parameters
    ----------
    training : Training or None
        As a training of its own.
    time, time_per_sample : float, sequence or None
        As a time of gradient flow, in units of the loss or of the loss per sample.
    ridge : float, sequence or None
        What is given as the ridge: nothing, where training is asked for.

    Raises
    ------
    InputError
        If more than one is asked for, or a ridge beside it.
    """
    if training is None and time is None and time_per_sample is None:
        return None
    return import_module("asymptotics.dynamics.ask").read_training(training, time, time_per_sample, ridge)


def ask_trained(model: Any, regime: Any, training: Any, **options: Any) -> tuple[Request, Columns]:
    """What :mod:`asymptotics.dynamics` answers.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes.
    training : Training
        How it learns.
    """
    request, columns = import_module("asymptotics.dynamics.ask").ask(model, regime, training, **options)
    return request, columns


def ask_parts(model: Any, regime: Any, ridge: Any, **options: Any) -> Mapping[str, Any]:
    """What :mod:`asymptotics.ensembles` says of the parts of a test error.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes.
    ridge : number or array
        As read.
    """
    found: Mapping[str, Any] = import_module("asymptotics.ensembles.ask").ask_parts(
        model, regime, ridge, **options
    )
    return found


def ask_elsewhere(request: Request, accuracy: Accuracy) -> tuple[Columns, dict[str, list[str]]]:
    """What the room answers that the model names.

    Parameters
    ----------
    request : Request
    accuracy : Accuracy
    """
    columns, how = import_module(f"asymptotics.{request.model.answered_by}").answer(request, accuracy)
    return columns, how


def ask_averaged(model: Any, regime: Any, ridge: Any, **options: Any) -> Risk:
    """What :mod:`asymptotics.ensembles` answers.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes.
    ridge : number or array
        As read.
    """
    risk: Risk = import_module("asymptotics.ensembles.ask").ask(model, regime, ridge, **options)
    return risk


def ask_next_order(request: Request, **options: Any) -> tuple[Columns, NextOrder]:
    """What :mod:`asymptotics.next_order` answers."""
    columns, order = import_module("asymptotics.next_order.ask").ask(request, **options)
    return columns, order


def ask_check(model: Any, regime: Any, ridge: Any, ridge_per_sample: Any, risk: Risk, **options: Any) -> Any:
    """What :mod:`asymptotics.report` says after an experiment beside a risk.

    Parameters
    ----------
    model : Model
        What learns.
    regime : Regime
        Sizes.
    ridge : number or array
        As the user gave it.
    ridge_per_sample : number or array
        In its place.
    risk : Risk
        What was answered.
    """
    beside = import_module("asymptotics.report.self_check").check
    return beside(risk, model, regime, ridge, ridge_per_sample, **options)
