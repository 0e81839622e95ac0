"""The theory of kernel ridge regression."""

from __future__ import annotations

from functools import partial

from asymptotics.models.components import RISK
from asymptotics.models.kernel_ridge_equations import equivalent, program
from asymptotics.models.library import stored_charts
from asymptotics.models.theory import Size, Theory

__all__ = ["KERNEL_RIDGE"]

KERNEL_RIDGE = Theory(
    "kernel-ridge",
    program,
    sizes=(Size("n", "samples"), Size("p", "features", only_infinite=True)),
    finite=partial(stored_charts, "kernel-ridge", "general"),
    limit=partial(stored_charts, "kernel-ridge", "proportional"),
    equivalent=equivalent,
    observables=RISK,
)
