"""Plans: which system answers which points, in which coordinates, with which spectrum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from asymptotics.equations.system import FixedPointSystem
from asymptotics.lowering.scalar import ScalarProblem, scalar_problem
from asymptotics.models.polynomial_equations import PolynomialLimit, polynomial_limit
from asymptotics.models.regimes import Polynomial
from asymptotics.prediction.evaluate import ChartPoints, chart_points, charts, problem
from asymptotics.prediction.regimes import unseen_degrees
from asymptotics.prediction.requests import Request
from asymptotics.prediction.spectra import SpectralData, finite_spectrum, limit_spectrum, polynomial_spectrum

_SLOW = -0.25
"""Limits approached more slowly than this power of the dimension are marked."""


@dataclass(frozen=True)
class Piece:
    """Points answered by one chart of one system.

    Attributes
    ----------
    where : ndarray of int
        Positions in the flattened request.
    problem : ScalarProblem
    points : ChartPoints
    data : SpectralData
    vanishing : frozenset of str
        Observables whose limit is zero here.
    slow : bool
        Whether the limit is approached so slowly that finite sizes look different.
    """

    where: np.ndarray
    problem: ScalarProblem
    points: ChartPoints
    data: SpectralData
    vanishing: frozenset[str] = field(default_factory=frozenset)
    slow: bool = False

    @property
    def system(self) -> FixedPointSystem:
        """The system that is solved."""
        return self.problem.system


@cache
def derived_limit(
    family: str, kappa1: Any, kappa2: Any, vanishing: tuple[int, ...]
) -> tuple[PolynomialLimit, Mapping[str, ScalarProblem]]:
    """A polynomial limit, derived, reduced and lowered; done once a process."""
    limit = polynomial_limit(family, kappa1, kappa2, vanishing)
    return limit, {name: scalar_problem(system) for name, system in limit.charts.items()}


def plan(model: Any, regime: Any, request: Request) -> list[Piece]:
    """Divide the points of a request among systems and charts."""
    if isinstance(regime, Polynomial):
        return _polynomial(model, regime, request)
    if request.dimension is None:
        groups = [(np.arange(request.samples.size), limit_spectrum(model))]
        names, name = ("psi2", "psi1"), "proportional"
    else:
        groups, names, name = _by_dimension(model, request), ("n", "p"), "general"
    pieces = []
    for where, data in groups:
        for chart, served in charts(model.family, request.samples[where], request.features[where]).items():
            chosen = where[served]
            if chosen.size:
                points = chart_points(chart, names, *(column[chosen] for column in request.columns))
                pieces.append(Piece(chosen, problem(model.family, name, chart), points, data))
    return pieces


def _by_dimension(model: Any, request: Request) -> list[tuple[np.ndarray, SpectralData]]:
    assert request.dimension is not None
    groups = []
    for d in np.unique(request.dimension):
        where = np.flatnonzero(request.dimension == d)
        largest = float(np.minimum(request.samples[where], request.features[where]).max())
        groups.append((where, finite_spectrum(model, int(d), largest)))
    return groups


def _polynomial(model: Any, regime: Polynomial, request: Request) -> list[Piece]:
    unseen = unseen_degrees(model, regime)
    limit, problems = derived_limit(model.family, regime.kappa1, regime.kappa2, unseen)
    expansion = model.expand(math.inf, limit.last)
    data = polynomial_spectrum(model, expansion, limit.regime.partly_learned, limit.regime.noise)
    shift = float(regime.kappa2) - float(regime.kappa1)
    scales = {name: float(limit.scale(name)) for name in ("train", "norm")}
    scales["norm_per_feature"] = -math.inf if math.isinf(regime.kappa1) else scales["norm"] + shift
    vanishing = frozenset(name for name, scale in scales.items() if scale < 0)
    approach = limit.regime.limit.approach["test"].exponent
    slow = approach is not None and float(approach.value) > _SLOW
    pieces = []
    for chart, chart_problem in problems.items():
        served = charts("random-features", request.samples, request.features).get(chart)
        where = np.arange(request.samples.size) if served is None else np.flatnonzero(served)
        if where.size:
            points = chart_points(chart, ("theta2", "theta1"), *(column[where] for column in request.columns))
            pieces.append(Piece(where, chart_problem, points, data, vanishing, slow))
    return pieces
