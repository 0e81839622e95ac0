"""Ensembles as a user declares them: how many predictors are averaged, and what they share."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.ensembles.weight_laws import WeightLaw, poisson, read_weights
from asymptotics.errors import InputError
from asymptotics.functions.exact import number

__all__ = ["SHARES", "Ensemble"]

SHARES = {
    "data": "samples, with features of their own",
    "features": "features, with samples of their own",
    "both": "samples and features, of which each is given a part",
    "none": "nothing",
}
"""What members may share."""


@dataclass(frozen=True)
class Ensemble:
    r"""The average of predictors that share their data, their features, both, or neither.

    Parameters
    ----------
    members : int or math.inf
        Number of predictors.
    share : {"data", "features", "both", "none"}
        What they share. Kernels have no features of their own: all of them are shared.
    samples : number
        Share of the samples that each member is given: at random out of the same ones where data are shared.
    features : number
        Share of the features that each member is given, likewise. Its features carry one over the root of their own
        number.
    bootstrap : bool
        Whether samples are drawn with replacement: ``samples`` times their number, from data that are shared.
    weights : mapping value -> probability, optional
        A finite law of nonnegative weights of the samples, drawn independently for every member and every sample of
        data that are shared; members minimize :math:`\sum_i w_i(y_i - z_i\cdot a)^2 + \lambda|a|^2`. Kept as exact
        pairs by value. A ridge per sample is per unit of the mean total weight, as a bootstrap counts draws.

    Raises
    ------
    InputError
        If a value is not of this kind; the message names it.

    References
    ----------
    docs/howto/ensembles_and_parts.md; Ruben2024, LatourelleVigeantPaquette2023.

    Examples
    --------
    >>> Ensemble(10, share="both", samples="3/5")
    Ensemble(members=10, share='both', samples=Fraction(3, 5), features=Fraction(1, 1), bootstrap=False, weights=None)
    >>> Ensemble(10, weights={0: "1/2", 2: "1/2"}).describe()["weights"]
    {'0': '1/2', '2': '1/2'}
    """

    members: Any = 10
    share: str = "data"
    samples: Any = 1
    features: Any = 1
    bootstrap: bool = False
    weights: Any = None

    def __post_init__(self) -> None:
        count = math.inf if self.members == "inf" else self.members
        real = isinstance(count, (numbers.Integral, float)) and not isinstance(count, bool)
        if not real or not (count == math.inf or (count >= 1 and int(count) == count)):
            raise InputError("members", count, "a positive integer, or math.inf")
        object.__setattr__(self, "members", math.inf if count == math.inf else int(count))
        if not isinstance(self.share, str) or self.share not in SHARES:
            raise InputError("share", self.share, f"one of {', '.join(map(repr, SHARES))}")
        if not isinstance(self.bootstrap, bool):
            raise InputError("bootstrap", self.bootstrap, "True or False")
        for name in ("samples", "features"):
            object.__setattr__(self, name, self._share(name))
        if self.bootstrap and not self.shares_data:
            raise InputError(
                "bootstrap", True, "share='data' or 'both'", "it draws again from samples that are shared"
            )
        if self.weights is not None:
            self._read_weights()

    def _read_weights(self) -> None:
        given = self.weights
        object.__setattr__(self, "weights", read_weights(given))
        for name, is_plain in (("bootstrap", not self.bootstrap), ("samples", self.samples == 1)):
            if not is_plain:
                advice = "weights of zero leave samples out, and a bootstrap has weights of its own"
                raise InputError("weights", given, f"None with {name}", advice)
        if not self.shares_data:
            advice = "members weight the samples that they share"
            raise InputError("weights", given, "None, or share='data' or 'both'", advice)

    def _share(self, name: str) -> Fraction:
        value = Fraction(number(name, getattr(self, name)))
        most = math.inf if self.bootstrap and name == "samples" else 1
        if not 0 < value <= most:
            raise InputError(
                name, getattr(self, name), "a share: more than 0, and at most 1 without bootstrap"
            )
        return value

    @property
    def shares_data(self) -> bool:
        """Whether members are trained on the same samples, or parts of them."""
        return self.share in ("data", "both")

    @property
    def shares_features(self) -> bool:
        """Whether members have the same features, or parts of them."""
        return self.share in ("features", "both")

    @property
    def whole(self) -> bool:
        """Whether each member is given all of the samples once."""
        return self.samples == 1 and not self.weighted

    @property
    def weighted(self) -> bool:
        """Whether members weight the samples, or draw them with replacement."""
        return self.bootstrap or self.weights is not None

    @property
    def weighting(self) -> tuple[str, Any]:
        """The argument that says so, and its value."""
        return ("bootstrap", self.bootstrap) if self.weights is None else ("weights", self.weights)

    @property
    def weight_law(self) -> WeightLaw:
        """The law of the weights; of a bootstrap, of the number of draws of a sample."""
        return poisson(float(self.samples)) if self.weights is None else WeightLaw.finite(self.weights)

    def describe(self) -> dict[str, Any]:
        """The ensemble as plain data."""
        found: dict[str, Any] = {
            "members": "inf" if self.members == math.inf else self.members,
            "share": self.share,
        }
        law = {} if self.weights is None else {"weights": {str(value): str(p) for value, p in self.weights}}
        return found | {
            "samples": str(self.samples),
            "features": str(self.features),
            "bootstrap": self.bootstrap,
            **law,
        }
