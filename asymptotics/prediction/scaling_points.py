"""Polynomial scaling point by point: the limits of double precision, for any number of digits and for proofs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from asymptotics.equations.system import FixedPointSystem
from asymptotics.lowering.scalar import ScalarProblem, scalar_problem
from asymptotics.models.regimes import Polynomial
from asymptotics.prediction.plans import Piece, derived_limit, plan, unseen_degrees
from asymptotics.prediction.points import Point, exact_rows, locate
from asymptotics.prediction.requests import Request

_NAMES = ("theta2", "theta1")


@dataclass(frozen=True)
class ScaledModel:
    """A model seen in a polynomial limit: which of its degrees are partly learned, and which act as noise.

    Attributes
    ----------
    model : RandomFeaturesRidge or KernelRidge
    last : int
        Highest degree that is resolved.
    partly_learned, unlearned : tuple of int
        Degrees that are partly learned, and that act as noise.
    """

    model: Any
    last: int
    partly_learned: tuple[int, ...]
    unlearned: tuple[int, ...]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.model, name)

    def limit_scalars(self, powers: Any, tail: Any, arithmetic: Any) -> dict[str, Any]:
        """Inputs of the limit's programs."""
        target, convert = self.model.target, arithmetic.convert
        scalars = {f"mu{k}sq": convert(powers[k]) for k in range(self.last + 1)}
        scalars |= {f"F{k}sq": convert(Fraction(target.power(k))) for k in range(self.last + 1)}
        return {**scalars, "mu_starsq": convert(tail), "F_starsq": convert(Fraction(target.above(self.last)))}

    def limit_rank(self, powers: Any, tail: Any) -> Fraction | float:
        """Rank of the spectrum in the units of the smaller size."""
        if tail != 0 or any(powers[k] != 0 for k in self.unlearned):
            return math.inf
        return sum(
            (Fraction(1, math.factorial(k)) for k in self.partly_learned if powers[k] != 0), Fraction(0)
        )


@cache
def ball_version(system: FixedPointSystem, tail: str) -> ScalarProblem:
    """A system reduced with the eigenvalue of the spectrum's tail as an input."""
    return scalar_problem(system, tail=tail)


def scaled_points(
    model: Any, regime: Polynomial, request: Request
) -> Iterator[tuple[int, Point, Piece, ScaledModel]]:
    """Every point of a request in polynomial scaling, with its place, the piece that answers it and its model."""
    limit, problems = derived_limit(model.family, regime.kappa1, regime.kappa2, unseen_degrees(model, regime))
    scaled = ScaledModel(model, limit.last, tuple(limit.regime.partly_learned), tuple(limit.regime.noise))
    charts = {id(value): name for name, value in problems.items()}
    rows = list(exact_rows(_NAMES, request))
    for piece in plan(model, regime, request):
        chart = charts[id(piece.problem)]
        for place in piece.where.tolist():
            n, p, lam, lam_n = rows[place]
            if chart == "sample_limited":
                point = Point(chart, {_NAMES[0]: n, "lam": lam}, n, lam, None)
            elif chart == "feature_limited":
                point = Point(chart, {_NAMES[1]: p, _NAMES[0]: n}, p, lam, None)
            else:
                point = locate("random-features", _NAMES, n, p, lam, lam_n, None)
            yield place, point, piece, scaled
