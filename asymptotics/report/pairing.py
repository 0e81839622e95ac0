"""Whether a prediction and a simulation belong together, and what sets them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.errors import InputError, ShapeError
from asymptotics.models.quantities import D, N
from asymptotics.prediction.risk import Risk
from asymptotics.report.measurement import Measurement
from asymptotics.simulation.estimates.estimate import Estimate

Array = NDArray[np.float64]


_SHORT = {"ridge": "ridge regression", "flow": "gradient flow", "descent": "gradient descent"}
"""What simulations call their training, where it is not its whole name."""


def check_pair(risk: Any, estimate: Any) -> None:
    """Refuse what is no pair of a prediction and a simulation at the same sizes, as far as both name theirs.

    Parameters
    ----------
    risk : Risk
        A prediction.
    estimate : Estimate or Measurement
        An experiment.

    Raises
    ------
    InputError
        When the estimate is none, the risk is one, or a parameter that both name has other values.

    Examples
    --------
    >>> check_pair(0.3, 0.2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    asymptotics.errors.InputError: estimate = 0.2: expected an Estimate or a Measurement; ...
    """
    order = "theory comes first: compare(risk, estimate)"
    if not isinstance(estimate, (Estimate, Measurement)):
        allowed = "an Estimate or a Measurement"
        raise InputError("estimate", estimate, allowed, f"`simulate` returns an Estimate; {order}")
    if isinstance(risk, (Estimate, Measurement)):
        raise InputError("risk", type(risk).__name__, "a Risk", f"`predict` returns one; {order}")
    kind = "measurement" if isinstance(estimate, Measurement) else "simulation"
    table = dict(getattr(risk, "parameters", None) or {})
    if {"steps", "step_size"} <= set(table) and "steps" not in estimate.parameters:
        table["time"] = np.asarray(table["steps"]) * np.asarray(table["step_size"])
    for name, value in table.items():
        if name in estimate.parameters:
            simulated = estimate.parameters[name].astype(np.float64)
            given = broadcast(f"parameters[{name!r}]", value, estimate.shape)
            if not np.allclose(given, simulated, rtol=1e-9):
                allowed = f"that of the {kind}, {simulated.tolist()!r}"
                raise InputError(f"risk.parameters[{name!r}]", np.asarray(value).tolist(), allowed)


def differences_of_kind(risk: Any, estimate: Any) -> tuple[str, ...]:
    """Say in which respects a simulation is not of what `predict` is about; nothing for a risk of other origin.

    Parameters
    ----------
    risk : Risk
        A prediction.
    estimate : Estimate or Measurement
        An experiment.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model, sizes = asy.RandomFeaturesRidge("relu", {1: 1}), asy.FiniteSize(20, 40, 60)
    >>> estimate = asy.simulate(model, sizes, 0.1, trials=2, inputs="gaussian", weights="sphere")
    >>> differences_of_kind(asy.predict(model, sizes, 0.1), estimate)
    ('inputs are gaussian, those of theory spherical: by universality, differences O(1/d)',)
    >>> differences_of_kind(asy.predict(model, sizes, 0.1, order=1, inputs="gaussian"), estimate)
    ()
    >>> other = asy.simulate(model, sizes, 0.1, trials=2, inputs=asy.GaussianInputs(range(1, 21)))
    >>> differences_of_kind(asy.predict(model, sizes, 0.1), other)
    ('inputs are anisotropic, those of theory isotropic: another problem, see SpectralRidge',)
    """
    if isinstance(estimate, Measurement):
        fitted = "an intercept was fitted, theory has none: differences O(1/n); data.without_intercept(model) converts"
        return (fitted,) if estimate.convention.intercept else ()
    if not isinstance(risk, Risk):
        return ()
    made, notes = estimate.provenance, []
    if D.name in risk.parameters or N.name not in risk.parameters:  # else the spectrum is the theory's own
        theory = risk.made_by.get("inputs", "sphere")
        notes += _other_laws(made.get("inputs", "sphere"), made.get("weights", "sphere"), theory)
    return (*notes, *_other_learner(made, risk.made_by))


def _other_learner(made: Mapping[str, Any], predicted: Mapping[str, str]) -> list[str]:
    """Say in what the learner of a simulation differs from that of theory."""
    notes, trained = [], made.get("training", "ridge")
    simulated = _SHORT.get(trained, trained)
    theory = predicted.get("training", "ridge regression")
    if simulated != theory:
        notes.append(f"trained by {simulated}; theory is of {theory}")
    averaged = predicted.get("ensemble", "one predictor")
    members = made.get("options", {}).get("ensemble", 1)
    copies = made.get("ensemble", {}).get("parts")  # two copies of one predictor, whose parts are asked for
    drawn = {} if copies else made.get("ensemble") or (Ensemble(members).describe() if members > 1 else {})
    simulated = ", ".join(f"{name} {value}" for name, value in drawn.items()) or "one predictor"
    if {*simulated.split(", ")} != {*averaged.split(", ")}:
        told = f"mean of {members} predictors" if members > 1 else simulated
        notes.append(f"{told}; theory is of {averaged}")
    return notes


_ISOTROPIC = ("sphere", "gaussian")
"""What theory calls inputs without a covariance."""


def _other_laws(inputs: Any, weights: str, theory: str) -> list[str]:
    """Say in what inputs and weights differ from those of theory; a theory without d has a spectrum of its own."""
    if not isinstance(inputs, str) and inputs["law"] == "function":
        return _other_laws(inputs["inputs"], weights, theory)
    if not isinstance(inputs, str):
        if inputs.get("name") == theory:
            return []
        what = "rows of data" if inputs["law"] == "data" else "anisotropic"
        if theory not in _ISOTROPIC and inputs["law"] == "data":
            return [f"inputs are {what}, those of theory {theory}"]
        return [f"inputs are {what}, those of theory isotropic: another problem, see SpectralRidge"]
    laws = [("inputs", inputs, theory), ("weights", weights, "sphere")]
    other = [f"{name} are {law}" for name, law, own in laws if law != own]
    if not other:
        return []
    own = "spherical" if theory == "sphere" else f"{theory} with weights on the sphere"
    return [f"{' and '.join(other)}, those of theory {own}: by universality, differences O(1/d)"]


def broadcast(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """Return a number or array of any kind of numbers as doubles of the shape of the estimate.

    Parameters
    ----------
    name : str
        For messages.
    value : number or array
        Floats, fractions, mpmath numbers or balls.
    shape : tuple of int
        Of the estimate.

    Raises
    ------
    ShapeError
        When it does not broadcast.

    Examples
    --------
    >>> broadcast("test", 0.5, (2,)).tolist()
    [0.5, 0.5]
    """
    array = np.asarray(value)
    if array.dtype == object:
        array = np.vectorize(_as_float, otypes=[np.float64])(array)
    try:
        return np.array(np.broadcast_to(array.astype(np.float64), shape))
    except ValueError:
        raise ShapeError(
            f"risk.{name}", array.shape, f"a shape that broadcasts to {shape} of the estimate"
        ) from None


def _as_float(value: Any) -> float:
    """Return a number of any kind as a float; of an enclosure its midpoint."""
    return float(value.mid if hasattr(value, "mid") else value)
