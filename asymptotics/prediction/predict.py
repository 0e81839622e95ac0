"""``predict``: the risk of a model in a regime."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import SolverError
from asymptotics.functions.exact import double
from asymptotics.models.regimes import Polynomial
from asymptotics.prediction.evaluate import Values, solve_chart
from asymptotics.prediction.plans import Piece, plan
from asymptotics.prediction.points import exact_parameters
from asymptotics.prediction.pointwise import evaluate_pointwise, exact_noise, read_digits
from asymptotics.prediction.requests import Request, read_request, require_doubles
from asymptotics.prediction.risk import COMPONENTS, Risk
from asymptotics.solvers.solution import Status
from asymptotics.version import __version__

_COLUMNS = (*COMPONENTS, "effective_ridge", "degrees_of_freedom")


def predict(
    model: Any, regime: Any, ridge: Any = None, *, ridge_per_sample: Any = None, digits: int | None = None,
    certified: bool = False,
) -> Risk:  # fmt: skip
    r"""Asymptotically exact risk of a model.

    Parameters
    ----------
    model : RandomFeaturesRidge, KernelRidge or SpectralRidge
    regime : Proportional, Polynomial or FiniteSize
        Sizes; numbers or arrays, which broadcast against each other and the ridge.
    ridge : number or array
        :math:`\lambda` in :math:`\|y - Za\|^2 + \lambda\|a\|^2`; zero means the limit of vanishing ridge.
    ridge_per_sample : number or array
        :math:`\lambda/n` (proportional: :math:`\lambda/\psi_2`), in place of ``ridge``; the only meaningful
        one for infinitely many samples.
    digits : int, optional
        Decimal digits, all of them right; values are then mpmath numbers. None for double precision.
    certified : bool
        Whether values are balls (``.mid``, ``.rad``) with existence, uniqueness and branch of the solution
        proved; of 16 digits unless ``digits`` is given.

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
    request = read_request(model, regime, ridge, ridge_per_sample)
    if digits is not None or certified:
        digits = read_digits(digits, certified)
        found = evaluate_pointwise(model, regime, request, digits, certified)
        given = {**exact_parameters(request), "noise": Fraction(model.noise)}
        return _risk(model, regime, request, *found, noise=exact_noise(model, digits), exact=given)
    require_doubles(request)
    size, noise = request.samples.size, double("noise", model.noise)
    columns = {name: np.full(size, np.nan) for name in _COLUMNS}
    columns["condition"] = np.full(size, np.inf)
    status = np.full(size, Status.NOT_CONVERGED, dtype=np.int8)
    pieces = plan(model, regime, request)
    for piece in pieces:
        values, status[piece.where], condition = solve_chart(piece.problem, piece.points, piece.data, noise)
        columns["condition"][piece.where] = condition
        _fill(columns, piece, values)
        if piece.slow:
            mark = piece.where[np.isin(status[piece.where], (Status.SOLVED, Status.LIMIT))]
            status[mark] = Status.SLOW_LIMIT
    return _risk(model, regime, request, columns, status, [piece.system for piece in pieces])


def _fill(columns: Values, piece: Piece, values: Values) -> None:
    """Put what a chart computed where it belongs; what a limit has lost is zero."""
    zero = np.zeros(piece.where.size)
    values["degrees_of_freedom"] = values.get("T02", zero) + values.get("T11", zero)
    values["effective_ridge"] = values["nu"]
    for name in _COLUMNS:
        lost = name in piece.vanishing or name not in values
        columns[name][piece.where] = zero if lost else values[name]


@cache
def _label(system: FixedPointSystem) -> str:
    """Name and digest of a system; the digest takes as long as a prediction."""
    return f"{system.name} {system.digest[:16]}"


def _risk(
    model: Any,
    regime: Any,
    request: Request,
    columns: Values,
    status: np.ndarray,
    systems: list[FixedPointSystem],
    noise: Any = None,
    exact: Mapping[str, Any] | None = None,
) -> Risk:
    def shaped(flat: np.ndarray) -> Any:
        return flat.reshape(request.shape) if request.shape else flat.item(0)

    if not request.shape and status[0] in (Status.NOT_CONVERGED, Status.OUT_OF_RANGE):
        raise SolverError(f"no value for {model} in {regime}", Status(int(status[0])).advice)
    made_by = {
        "package": f"asymptotics-rf {__version__}",
        "model": str(model),
        "regime": str(regime) if isinstance(regime, Polynomial) else type(regime).__name__,
        "equations": ", ".join(dict.fromkeys(map(_label, systems))),
    }
    return Risk(
        **{name: shaped(value) for name, value in columns.items()},
        noise=float(model.noise) if noise is None else noise,
        parameters={
            k: v.reshape(request.shape) if request.shape else v.item() for k, v in request.parameters.items()
        },
        status=status.reshape(request.shape),
        made_by=made_by,
        exact=exact or {},
    )
