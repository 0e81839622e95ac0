"""What a risk can find out about itself: the experiment beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asymptotics.errors import InputError
from asymptotics.prediction.next_order import Ordered


class Checked(Ordered):
    """A risk that can be compared with the experiment it is about."""

    experiment: Callable[..., Any] | None
    made_by: Mapping[str, Any]

    @property
    def caution(self) -> str:
        """Why points with the status ``UNTRUSTED`` are not to be trusted; empty where there are none.

        Examples
        --------
        >>> import asymptotics as asy
        >>> kernel = asy.KernelRidge("exp(2*t - 2)", target={1: 0}, noise=1)
        >>> asy.predict(kernel, asy.FiniteSize(d=5, n=60), ridge=0).caution[:56]
        'few dimensions, and a next order of 10 % and more: featu'
        """
        return str(self.made_by.get("caution", ""))

    def check(self, *, seconds: float = 10.0, seed: Any = 0) -> Any:
        """Run the experiment beside the theory for some seconds, and compare.

        Nothing in the equations tells how well features or kernels are replaced by Gaussian ones: near interpolation
        in low dimension they may be off by factors. A few replicates show it.

        Parameters
        ----------
        seconds : float
            About how long; at least four replicates are drawn.
        seed : int
            Of the replicates.

        Returns
        -------
        Comparison
            As :func:`~asymptotics.report.comparison.compare` gives it.

        Raises
        ------
        InputError
            If the risk is in a limit, was read back, is a part of another, or one of an ensemble or of training; or the
            seconds are no positive number.

        Examples
        --------
        >>> import asymptotics as asy
        >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
        >>> asy.predict(model, asy.FiniteSize(d=30, n=40, p=60), ridge=0.1).check(seconds=0.5).agrees
        True
        """
        if self.experiment is None:
            raise InputError(
                "check", None, "a risk of ridge regression at given sizes", "ask predict for it once more"
            )
        return self.experiment(self, seconds=seconds, seed=seed)
