"""Ridge regression in a spectrum that is a power law without an end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.functions.exact import number, number_or_array, shown
from asymptotics.models.model import Equations, Model
from asymptotics.models.power_law_levels import PowerLawLevels
from asymptotics.models.random_features_theory import RANDOM_FEATURES
from asymptotics.models.theory import Theory

__all__ = ["PowerLawRidge"]

_SLOWEST, _FASTEST = 1.01, 50


@dataclass(frozen=True)
class PowerLawRidge(Model):
    r"""Ridge regression on random features, or a kernel, with eigenvalues :math:`k^{-\alpha}`, k = 1, 2, ...

    What :meth:`SpectralRidge.power_law` returns without ``levels``. Nothing is cut off: every spectral average is the
    sum of the infinite series, in doubles, to any number of digits, and proved.

    Parameters
    ----------
    decay : number
        :math:`\alpha`, from 1.01 to 50: the trace of the kernel is finite. In the conventions of source and capacity.
    target_decay : number
        Powers of the target are :math:`f_k^2 = k^{-b}`, b from 1.01 to 50; :math:`b = 1 + 2\alpha r` with source r.
    noise : number or array, default 0
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``.

    Raises
    ------
    InputError
        If an exponent is outside its range, or the noise negative.

    Examples
    --------
    >>> import math
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10", noise="1/10")
    >>> risk = asy.predict(model, asy.FiniteSize(n=[100, 10_000], p=math.inf), ridge=0)
    >>> risk.test.round(6)
    array([0.095179, 0.050727])
    """

    decay: Any
    target_decay: Any
    noise: Any = 0

    theory: ClassVar[Theory] = RANDOM_FEATURES
    has_dimension: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        for name in ("decay", "target_decay"):
            value = number(name, getattr(self, name))
            if not _SLOWEST <= value <= _FASTEST:
                allowed = f"a number from {_SLOWEST} to {_FASTEST} where there are infinitely many levels"
                raise InputError(name, value, allowed, "give levels= for a spectrum that ends")
            object.__setattr__(self, name, value)
        object.__setattr__(self, "noise", number_or_array("noise", self.noise, minimum=0))

    def measure(self, d: int | float | None) -> PowerLawLevels:
        """The infinite series."""
        return PowerLawLevels(self.decay, self.target_decay, self.noise)

    def limit(self) -> Equations:
        """Refused: there is no dimension that sizes could be proportional to.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("regime", "Proportional", "FiniteSize(n=, p=)", "a power law has no dimension")

    def setting(self) -> Any:
        """Refused: no experiment has infinitely many eigenfunctions.

        Raises
        ------
        InputError
            Always.
        """
        advice = "SpectralRidge.power_law(levels=...) ends, and is simulated"
        raise InputError("model", self, "a spectrum that ends", advice)

    def __str__(self) -> str:
        exponents = f"k^(-{self.decay}), target k^(-{self.target_decay})"
        return f"ridge regression in the spectrum {exponents}, k = 1, 2, ..., noise {shown(self.noise)}"

    __repr__ = __str__
