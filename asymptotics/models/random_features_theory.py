"""The theory of random features: of one activation, and of a spectrum that is given."""

from __future__ import annotations

from functools import partial

from asymptotics.models.components import RISK
from asymptotics.models.library import stored_charts
from asymptotics.models.random_features_equations import UNKNOWNS, equivalent, program
from asymptotics.models.theory import Size, Theory

__all__ = ["RANDOM_FEATURES"]

RANDOM_FEATURES = Theory(
    "random-features",
    program,
    sizes=(Size("n", "samples"), Size("p", "features")),
    features="p",
    finite=partial(stored_charts, "random-features", "general"),
    limit=partial(stored_charts, "random-features", "proportional"),
    equivalent=equivalent,
    observables=RISK,
    unknowns=UNKNOWNS,
)
