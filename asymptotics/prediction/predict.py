"""``predict``: the risk of a model in a regime."""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.errors import InputError, SolverError
from asymptotics.models.library import MODELS, stored_system
from asymptotics.prediction.evaluate import Values, chart_points, charts, problem, solve_chart
from asymptotics.prediction.requests import Request, read_request
from asymptotics.prediction.risk import COMPONENTS, Risk
from asymptotics.prediction.spectra import SpectralData, finite_spectrum, limit_spectrum
from asymptotics.solvers.solution import Status
from asymptotics.version import __version__


def predict(model: Any, regime: Any, ridge: Any = None, *, ridge_per_sample: Any = None) -> Risk:
    r"""Asymptotically exact risk of a model.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    regime : Proportional or FiniteSize
        Sizes; numbers or arrays, which broadcast against each other and the ridge.
    ridge : number or array
        :math:`\lambda` in :math:`\|y - Za\|^2 + \lambda\|a\|^2`; zero means the limit of vanishing ridge.
    ridge_per_sample : number or array
        :math:`\lambda/n` (proportional: :math:`\lambda/\psi_2`), in place of ``ridge``; the only meaningful
        one for infinitely many samples.

    Returns
    -------
    Risk

    Raises
    ------
    InputError
        If a value is not what it should be; the message names it.
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
    0.830848
    """
    if getattr(model, "family", None) not in MODELS:
        raise InputError("model", model, "a RandomFeaturesRidge or a KernelRidge")
    request = read_request(model, regime, ridge, ridge_per_sample)
    names = ("n", "p") if request.dimension is not None else ("psi2", "psi1")
    regime_name = "general" if request.dimension is not None else "proportional"
    size = request.samples.size
    columns = {name: np.full(size, np.nan) for name in (*COMPONENTS, "effective_ridge", "degrees_of_freedom")}
    status = np.full(size, Status.NOT_CONVERGED, dtype=np.int8)
    condition = np.full(size, np.inf)
    for points, data in _groups(model, request):
        for chart, served in charts(model.family, request.samples[points], request.features[points]).items():
            chosen = points[served]
            if chosen.size:
                at = chart_points(chart, names, *(column[chosen] for column in request.columns))
                values, status[chosen], condition[chosen] = solve_chart(
                    problem(model.family, regime_name, chart), at, data, float(model.noise)
                )
                _fill(columns, chosen, values)
    return _risk(model, regime, request, columns, status, condition, regime_name)


def _groups(model: Any, request: Request) -> list[tuple[np.ndarray, SpectralData]]:
    """Points that share a spectrum."""
    if request.dimension is None:
        return [(np.arange(request.samples.size), limit_spectrum(model))]
    groups = []
    for d in np.unique(request.dimension):
        points = np.flatnonzero(request.dimension == d)
        largest = float(np.minimum(request.samples[points], request.features[points]).max())
        groups.append((points, finite_spectrum(model, int(d), largest)))
    return groups


def _fill(columns: Values, chosen: np.ndarray, values: Values) -> None:
    """Put what a chart computed where it belongs; without features there is nothing per feature."""
    values["degrees_of_freedom"] = values["T02"] + values["T11"]
    values["effective_ridge"] = values["nu"]
    values.setdefault("norm_per_feature", np.zeros(chosen.size))
    for name, column in columns.items():
        column[chosen] = values[name]


def _risk(
    model: Any, regime: Any, request: Request, columns: Values, status: np.ndarray, condition: np.ndarray,
    regime_name: str,
) -> Risk:  # fmt: skip
    def shaped(flat: np.ndarray) -> Any:
        return flat.reshape(request.shape) if request.shape else flat[0].item()

    if not request.shape and status[0] == Status.NOT_CONVERGED:
        raise SolverError(f"no root found for {model} in {regime}", Status.NOT_CONVERGED.advice)
    names = charts(model.family, request.samples, request.features)
    systems = [stored_system(model.family, regime_name, chart) for chart in names]
    made_by = {
        "package": f"asymptotics-rf {__version__}",
        "model": str(model),
        "regime": type(regime).__name__,
        "equations": ", ".join(f"{system.name} {system.digest[:16]}" for system in systems),
    }
    return Risk(
        **{name: shaped(value) for name, value in columns.items()},
        noise=float(model.noise),
        parameters={
            k: v.reshape(request.shape) if request.shape else v.item() for k, v in request.parameters.items()
        },
        status=status.reshape(request.shape),
        condition=shaped(condition),
        made_by=made_by,
    )
