"""``predict``: the risk of a model in a regime."""

from __future__ import annotations

import textwrap
from concurrent.futures import Executor
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError, SolverError
from asymptotics.functions.exact import NumbersLike
from asymptotics.models.model import Model, as_model
from asymptotics.models.regime import Regime
from asymptotics.prediction.accuracy import Columns, read_accuracy
from asymptotics.prediction.cautions import answer_parts, doubted
from asymptotics.prediction.learners import (
    ask_averaged,
    ask_check,
    ask_elsewhere,
    ask_next_order,
    ask_parts,
    ask_trained,
    read_training,
)
from asymptotics.prediction.next_order import NextOrder
from asymptotics.prediction.requests import Request, posed, read_question, read_request
from asymptotics.prediction.risk import Risk
from asymptotics.prediction.several import each_noise
from asymptotics.solvers.solution import Status
from asymptotics.version import __version__


@each_noise
def predict(
    model: Model, regime: Regime, ridge: NumbersLike | None = None, *, ridge_per_sample: NumbersLike | None = None,
    digits: int | None = None, certified: bool = False, executor: Executor | None = None,
    training: Any = None, time: NumbersLike | None = None, time_per_sample: NumbersLike | None = None,
    ensemble: Any = None, order: int = 0, inputs: str | None = None, test_inputs: Any = None,
) -> Risk:  # fmt: skip
    r"""Asymptotically exact risk of a model.

    Parameters
    ----------
    model : Model
        ``RandomFeaturesRidge``, ``KernelRidge``, ``SpectralRidge``, or one of your own.
    regime : Proportional, Polynomial or FiniteSize
        Sizes; numbers or arrays, which broadcast against each other and the ridge.
    ridge : number or array
        :math:`\lambda` in :math:`\|y - Za\|^2 + \lambda\|a\|^2`; zero means the limit of vanishing ridge. Below zero
        the branch that continues from there, down to where it ends (status ``BELOW_EDGE``).
    ridge_per_sample : number or array
        :math:`\lambda/n` (proportional: :math:`\lambda/\psi_2`), in place of ``ridge``; the only meaningful
        one for infinitely many samples.
    digits : int, optional
        Decimal digits, all of them right; values are then mpmath numbers. None for double precision.
    certified : bool
        Whether values are balls (``.mid``, ``.rad``) with existence, uniqueness and branch of the solution
        proved; of 16 digits unless ``digits`` is given. For models of several unknowns the branch is followed from
        infinite ridge in floating point, as ``made_by["evidence"]`` then says.
    executor : concurrent.futures.Executor, optional
        Where the points of a grid in many digits, or with proofs, are computed; this process by default.
    training : GradientFlow, GradientDescent, HeavyBall, Nesterov, IteratedRidge, PrincipalComponents, SpectralFilter
        What is trained, in place of the minimizer at a ridge.
    time, time_per_sample : number or array
        Short for gradient flow from zero for this time, ``da/dt = Z'(y - Za)``; per sample: ``da/dt = Z'(y - Za)/n``.
    ensemble : int or Ensemble
        Average of so many predictors, of features or samples of their own.
    order : {0, 1}
        Terms in one over the sizes: 1 adds the first one to every component, at ``FiniteSize``. What it is made of,
        how large it is and how far to trust it say ``risk.pieces``, ``risk.correction`` and ``risk.trust``, whatever
        the order; see ``docs/howto/small_experiments.md``.
    inputs : str, optional
        Law of the inputs for order 1, ``"sphere"`` or ``"gaussian"``; leading order does not depend on it. Weights
        are on the sphere: ``simulate(..., inputs="gaussian", weights="sphere")``.
    test_inputs : Inputs, optional
        Another law of the test inputs, in the eigenbasis of the training inputs and level by level: the error under it
        is ``shifted``. A second moment that does not commute counts by its diagonal there, as far as the target points
        in isotropic directions of each level. For ridge regression.

    Returns
    -------
    Risk

    Raises
    ------
    InputError
        If a value is not what it should be; the message names it.
    PrecisionError
        If the digits asked for cannot be guaranteed.
    SolverError
        If a single point was asked for and could not be solved. In arrays such points are NaN with status
        ``NOT_CONVERGED``.

    Notes
    -----
    The equations are those of ``asymptotics.derive("random-features")``; see ``docs/theory/random_features.md``.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> round(asy.predict(model, asy.Proportional(psi1=2, psi2=3), ridge=1e-3).test, 6)
    0.836919
    """
    either = ridge_per_sample if ridge is None else ridge
    trained = read_training(training, time, time_per_sample, either)
    asked: dict[str, Any] = {"digits": digits, "certified": certified}
    if test_inputs is not None:
        if trained is not None or ensemble is not None or order:
            raise InputError("test_inputs", test_inputs, "None with training, an ensemble or order 1")
        model = as_model(model).tested_on(test_inputs)
    _require_order(order, trained, ensemble, inputs)
    if ensemble is not None:
        return ask_averaged(
            model,
            regime,
            ridge,
            ridge_per_sample=ridge_per_sample,
            ensemble=ensemble,
            training=trained,
            **asked,
        )
    origin = partial(
        ask_parts, model, regime, ridge, ridge_per_sample=ridge_per_sample, training=trained, **asked
    )
    if trained is not None:
        request, columns = ask_trained(model, regime, trained, executor=executor, **asked)
        exact = _given(request) if digits or certified else {}
        risk = _risk(request, columns, exact, {"training": str(trained)})
        return replace(risk, origin=origin)
    if order:
        request = replace(read_request(model, regime, ridge, ridge_per_sample), inputs=inputs)
        accuracy = read_accuracy(digits, certified, request.model.digits_known)
        columns, found = ask_next_order(request, accuracy=accuracy)
        law = {} if inputs is None else {"inputs": inputs}
        risk = _risk(request, columns, _given(request) if accuracy.exact else {}, law)
        return replace(risk, origin=origin, next_order=found.each(partial(_shaped, request.shape)))
    request = read_question(model, regime, ridge, ridge_per_sample, below_zero=True)
    accuracy = read_accuracy(digits, certified, request.model.digits_known)
    if request.model.answered_by:
        columns, named = ask_elsewhere(request, accuracy)
    else:
        parts = posed(request)
        for part in parts:
            read_accuracy(digits, certified, part.request.model.digits_known)
        columns = answer_parts(request, parts, accuracy, executor)
        named = {"formula": [part.formula for part in parts]}
        request = replace(request, itself=len(parts) == 1 and parts[0].request is request)
    how = {name: "; ".join(filter(None, dict.fromkeys(texts))) for name, texts in named.items() if any(texts)}
    how |= {name: str(law) for name, law in _laws(request.model, test_inputs).items() if law is not None}
    risk = _risk(request, columns, _given(request) if accuracy.exact else {}, how)
    beside = partial(ask_check, model, regime, ridge, ridge_per_sample)
    order_one = partial(_beside, model, regime, ridge, ridge_per_sample)
    return replace(risk, origin=origin, next_order=order_one, experiment=beside)


def _laws(model: Model, test_inputs: Any) -> dict[str, Any]:
    """Laws of the inputs, where they are not the sphere."""
    return {"inputs": getattr(model, "inputs", None), "test_inputs": test_inputs}


def _require_order(order: Any, training: Any, ensemble: Any, inputs: Any) -> None:
    if inputs is not None and order == 0:
        raise InputError(
            "inputs", inputs, "None at order 0", "leading order is the same for all: take order=1"
        )
    if order not in (0, 1) or isinstance(order, bool):
        raise InputError("order", order, "0 or 1")
    if order and (training is not None or ensemble is not None):
        raise InputError(
            "order", order, "0 with training or an ensemble", "ridge regression has a next order"
        )


def _beside(*asked: Any) -> NextOrder:
    """The next order beside a risk, shaped as it is."""
    request = read_request(*asked)
    return ask_next_order(request)[1].each(partial(_shaped, request.shape))


def _shaped(shape: tuple[int, ...], flat: np.ndarray) -> Any:
    return flat.reshape(shape) if shape else flat.item(0)


def _given(request: Request) -> dict[str, Any]:
    return {**request.exact_parameters(), "noise": Fraction(request.model.noise)}


@cache
def _label(chart: Chart) -> str:
    """Name and digest of a system; the digest takes as long as a prediction."""
    return f"{chart.system.name} {chart.system.digest[:16]}"


def _never_learned(model: Model) -> dict[str, str]:
    """A note where the model has no part in the target."""
    lost = ", ".join(map(str, model.never_learned()))
    return {"note": f"no part in degree {lost} of the target, which is never learned"} if lost else {}


def _known(model: Model, columns: Columns, learner: dict[str, str]) -> list[str]:
    """Components that the answer has: a trained or averaged predictor may lack observables of one's own."""
    names = [component.name for component in model.components if component.name in columns.values]
    return [name for name in names if not learner or not np.isnan(columns.values[name].astype(float)).all()]


def _risk(request: Request, columns: Columns, given: dict[str, Any], learner: dict[str, str]) -> Risk:
    """The answer in the shape of the request."""
    columns = doubted(request, columns)
    model, regime, shape, status = request.model, request.regime, request.shape, columns.status
    shaped = partial(_shaped, shape)
    if not shape and not Status(int(status[0])).has_values:
        shown = textwrap.shorten(str(model), 120)
        raise SolverError(f"no value for {shown} in {regime}", Status(int(status[0])).advice)
    values = {name: shaped(column) for name, column in columns.values.items()}
    return Risk(
        values={name: values[name] for name in _known(model, columns, learner)},
        noise=columns.noise,
        parameters={k: v.reshape(shape) if shape else v.item() for k, v in request.parameters.items()},
        status=status.reshape(shape),
        condition=shaped(columns.condition),
        effective_ridge=values["effective_ridge"],
        degrees_of_freedom=values["degrees_of_freedom"],
        made_by={
            "package": f"asymptotics-rf {__version__}",
            "model": str(model),
            "regime": regime.label,
            **learner,
            **columns.said,
            "equations": ", ".join(dict.fromkeys(map(_label, columns.charts))),
            **_never_learned(model),
            **({"evidence": "; ".join(columns.evidence)} if columns.evidence else {}),
        },
        exact=given,
    )
