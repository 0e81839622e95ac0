"""What ``predict`` asks where a predictor is trained."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from asymptotics.dynamics.digits import trained_to_digits
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.dynamics.training import Training
from asymptotics.errors import InputError
from asymptotics.prediction.accuracy import DEFAULT_DIGITS, Columns, read_accuracy
from asymptotics.prediction.requests import Request


def read_training(
    training: Any = None, time: Any = None, time_per_sample: Any = None, ridge: Any = None
) -> Training:
    """The training that is asked for: a method, or gradient flow for a time.

    Parameters
    ----------
    training : Training
        A method, if one is given.
    time : number or array
        Of gradient flow.
    time_per_sample : number or array
        Of gradient flow.
    ridge : number or array
        Beside it.

    Raises
    ------
    InputError
        If there is not exactly one, or a ridge beside it.

    Examples
    --------
    >>> read_training(time=2) == GradientFlow(2)
    True
    """
    given = [value for value in (training, time, time_per_sample) if value is not None]
    if len(given) != 1:
        raise InputError("training", training, "exactly one of training, time and time_per_sample")
    if ridge is not None:
        allowed = "left out where a predictor is trained"
        raise InputError("ridge", ridge, allowed, "GradientFlow(time, ridge=...) is a flow with weight decay")
    if training is None:
        return GradientFlow(time, time_per_sample=time_per_sample)
    if not isinstance(training, Training):
        raise InputError(
            "training", training, "GradientFlow(...), GradientDescent(...) or another training method"
        )
    return training


def ask(
    model: Any, regime: Any, training: Training, *, digits: int | None = None, certified: bool = False,
    executor: Executor | None = None,
) -> tuple[Request, Columns]:  # fmt: skip
    """The request and its answer.

    Parameters
    ----------
    model : Model
    regime : Regime
    training : Training
    digits : int, optional
        Digits on which two computations agree; for every method but a filter that is given as a function.
    certified : bool
        Whether values are balls with a proof, of 16 digits unless ``digits`` is given; for gradient flow,
        gradient descent and iterated ridge.
    executor : Executor, optional
        Where points are computed, with digits.

    Raises
    ------
    InputError
        If a value is not what it should be, or a step size is beyond the edge of stability.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
    >>> request, columns = ask(model, asy.Proportional(2, 3), GradientFlow([1, 10]))
    >>> columns.values["test"].round(6).tolist(), list(request.parameters)
    ([0.538394, 0.644283], ['psi1', 'psi2', 'time'])
    """
    asked = read_trained(model, regime, training)
    read_accuracy(digits, certified, asked.request.model.digits_known)
    if digits is None and not certified:
        return asked.answered, trained_risk(asked)
    return asked.answered, trained_to_digits(asked, digits or DEFAULT_DIGITS, executor, certified=certified)
