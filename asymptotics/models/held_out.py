"""Kernel ridge regression on rows of a pool, judged on the rows left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.models.components import TEST, TRAIN
from asymptotics.models.given_levels import GivenLevels
from asymptotics.models.held_out_equations import NULL, NULL_POWER, equivalent, program
from asymptotics.models.library import stored_charts
from asymptotics.models.model import Equations
from asymptotics.models.pool import Pool
from asymptotics.models.posed import Posed
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.models.theory import Size, Theory

HELD_OUT = Theory(
    "held-out",
    program,
    sizes=(Size("n", "samples"), Size("p", "features", only_infinite=True)),
    finite=partial(stored_charts, "held-out", "general"),
    equivalent=equivalent,
    observables=(
        replace(TEST, meaning="mean squared error on the rows left out"),
        replace(TRAIN, meaning="mean squared error on the rows drawn"),
    ),
)


class PoolLevels(GivenLevels):
    """The levels of a pool, and what its kernel does not see."""

    def scalars(self, convert: Callable[[str, Any], Any]) -> dict[str, Any]:
        """Those of every spectrum, and the directions of eigenvalue zero."""
        own = {NULL.name: self.model.null, NULL_POWER.name: self.model.null_power}
        return super().scalars(convert) | {name: convert(name, value) for name, value in own.items()}


@dataclass(frozen=True, repr=False)
class HeldOutRidge(SpectralRidge):
    r"""Ridge regression on n rows that are drawn without replacement from a pool of N, judged on the N - n others.

    What :meth:`SpectralRidge.from_kernel_matrix` makes with ``heldout=True``. Eigenvalues are those of the
    kernel matrix itself, ``target`` holds the squared coordinates of the labels along its eigenvectors; the ridge is
    that of the sum over the rows drawn.

    Parameters
    ----------
    null : int
        Directions of the pool in which the kernel matrix vanishes.
    null_power : number
        Squared norm of the labels in these.

    Notes
    -----
    ``test`` is the mean squared error on the rows left out, ``train`` that on the rows drawn; noise is in the labels.
    Assumed is that the rows drawn are asymptotically free of the kernel matrix (``asymptotics verify held-out``): it
    fails where some rows have much more leverage than others, which :meth:`universality` measures.
    """

    null: int = 0
    null_power: Any = 0

    theory: ClassVar[Theory] = HELD_OUT
    only_ridge: ClassVar[str] = "for rows drawn without replacement no more is derived"

    @property
    def rows(self) -> int:
        """Rows of the pool."""
        return int(sum(self.multiplicities)) + self.null

    def measure(self, d: int | float | None) -> PoolLevels:
        """The levels of the pool."""
        return PoolLevels(self)

    def limit(self) -> Equations:
        """Refused: a pool has a number of rows.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("regime", "Proportional", "FiniteSize(n=...)", "a pool has a number of rows")

    def setting(self) -> Any:
        """Refused: the experiment is on the rows themselves.

        Raises
        ------
        InputError
            Always.
        """
        advice = "heldout_curve(K, y, n, ridge) draws rows and measures"
        raise InputError("model", "the spectrum of a pool", "a model that draws its own inputs", advice)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The pool itself, where some rows are left.

        Raises
        ------
        InputError
            If as many rows are drawn as there are, or more.
        """
        drawn = self._drawn(regime)
        if np.any(drawn >= self.rows):
            name = regime.spelling(self.theory.samples)
            advice = "there is no row left to judge by; without heldout=True rows are drawn with replacement"
            raise InputError(name, float(drawn.max()), f"fewer than the {self.rows} rows of the pool", advice)
        return (Posed(self, regime),)

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where leverage is unequal."""
        return {} if self.leverage is None else self._unequal(ridge, values["effective_ridge"])

    def exactly_known(self, sizes: Mapping[str, Any], ridge: Any) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def __str__(self) -> str:
        return f"kernel ridge regression on rows of a pool of {self.rows}, judged on the rows left out"

    __repr__ = __str__


def held_out(pool: Pool, noise: Any) -> HeldOutRidge:
    """The model of a pool; label noise adds to the power in every direction.

    Parameters
    ----------
    pool : Pool
        Spectrum of the kernel matrix of the pool, with the labels in it.
    noise : float
        Variance of label noise beyond what the labels of the pool have.
    """
    added = float(number("noise", noise, minimum=0))
    seen = pool.eigenvalues > 0
    return HeldOutRidge(
        pool.eigenvalues[seen],
        pool.powers[seen] + added,
        null=int(np.sum(~seen)),
        null_power=float(np.sum(pool.powers[~seen] + added)),
        leverage=pool.leverage,
    )
