"""What ``predict`` asks where several predictors are averaged, and what a risk is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asymptotics.ensembles.digits import parts_to_digits
from asymptotics.ensembles.evaluate import as_ensemble, predict_ensemble
from asymptotics.ensembles.in_time import trained_parts
from asymptotics.ensembles.parts import parts
from asymptotics.ensembles.trained import predict_trained_ensemble
from asymptotics.errors import InputError
from asymptotics.prediction.accuracy import read_accuracy
from asymptotics.prediction.requests import read_request
from asymptotics.prediction.risk import Risk

__all__ = ["ask", "ask_parts"]


def ask(
    model: Any, regime: Any, ridge: Any = None, *, ridge_per_sample: Any = None, ensemble: Any,
    training: Any = None, digits: int | None = None, certified: bool = False,
) -> Risk:  # fmt: skip
    """The risk of an ensemble, or why there is none.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample, ensemble, digits
        As in :func:`asymptotics.ensembles.evaluate.predict_ensemble`.
    training : Training, optional
        Of every member, instead of a ridge; in doubles.
    certified
        Refused.

    Raises
    ------
    InputError
        If a proof is asked for together with an ensemble, digits together with training, or as there.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")
    >>> risk = ask(model, asy.Proportional(psi1=2, psi2=3), "1/10", ensemble=5, digits=25)
    >>> print(risk.test)
    0.2206549250249712275664897
    """
    if certified:
        raise InputError("certified", True, "False for an ensemble", "digits= measures instead")
    if training is not None:
        if digits is not None:
            raise InputError("digits", digits, "None where members of an ensemble are trained")
        return predict_trained_ensemble(model, regime, training, as_ensemble(ensemble))
    return predict_ensemble(
        model, regime, ridge, ridge_per_sample=ridge_per_sample, ensemble=as_ensemble(ensemble), digits=digits
    )


def ask_parts(
    model: Any, regime: Any, ridge: Any = None, *, ridge_per_sample: Any = None, training: Any = None,
    digits: int | None = None, certified: bool = False,
) -> Mapping[str, Any]:  # fmt: skip
    """The parts of a test error: of ridge regression in doubles or digits, or along training.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample
        As in :func:`asymptotics.predict`.
    training : Training, optional
        Instead of a ridge.
    digits : int, optional
        For ridge regression on models of one spectrum.
    certified : bool
        Refused.

    Raises
    ------
    InputError
        If the combination does not exist, or the model cannot say what is asked.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")
    >>> found = ask_parts(model, asy.Proportional(psi1=2, psi2=3), "1/10", digits=20)
    >>> print(found["bias2"])
    0.13921421282135703084
    """
    if certified:
        raise InputError("certified", True, "False for parts", "digits= measures instead")
    if training is not None:
        if digits is not None or ridge is not None or ridge_per_sample is not None:
            raise InputError("training", training, "without ridge and digits, where parts are asked for")
        return trained_parts(model, regime, training)
    if digits is None:
        return parts(model, regime, ridge, ridge_per_sample=ridge_per_sample)
    read_accuracy(digits, False)
    request = read_request(model, regime, ridge, ridge_per_sample)
    shape = request.shape
    found = parts_to_digits(request, digits)
    return {name: value.reshape(shape) if shape else value.item() for name, value in found.items()}
