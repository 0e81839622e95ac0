"""A given spectrum under another law of the test inputs: every level has another variance there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.lowering.program import Spectrum
from asymptotics.models.given_levels import GivenLevels
from asymptotics.models.inputs import Inputs, require_inputs
from asymptotics.models.measures import Numbers
from asymptotics.models.model import Equations, Model
from asymptotics.models.on_inputs import FEATURES_SHIFTED
from asymptotics.models.theory import Theory

__all__ = ["TestedSpectrum", "variance_ratios"]


def variance_ratios(eigenvalues: Any, tested: Inputs) -> list[Fraction]:
    """Variance of each level under a test law over that in training; one where features do not see it.

    Parameters
    ----------
    eigenvalues : sequence of number
    tested : Inputs
        With a variance for each, in their order.

    Raises
    ------
    InputError
        If their numbers differ.
    """
    require_inputs("test_inputs", tested)
    if not tested.relative or len(tested.variances) != len(eigenvalues):
        allowed = f"Inputs.spectrum of {len(eigenvalues)} variances, one for each level of the spectrum"
        raise InputError("test_inputs", tested, allowed)
    pairs = zip(tested.variances, eigenvalues, strict=True)
    return [Fraction(test) / Fraction(own) if own else Fraction(1) for test, own in pairs]


@dataclass(frozen=True)
class TestedSpectrum(Model):
    """Ridge regression in a spectrum, with the error under a law in which levels have other variances.

    Attributes
    ----------
    source : SpectralRidge
    tested : Inputs
        Its variances are those of the levels, in their order.
    """

    source: Any
    tested: Inputs

    theory: ClassVar[Theory] = FEATURES_SHIFTED
    has_dimension: ClassVar[bool | None] = False

    def __post_init__(self) -> None:
        variance_ratios(self.source.eigenvalues, self.tested)

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the source."""
        return self.source.noise

    def measure(self, d: int | float | None) -> TestedLevels:
        """The levels, and what the test law weighs them with."""
        return TestedLevels(self.source, self.tested)

    def finite(self, d: int | None) -> Equations:
        """Equations at finite size, where eigenfunctions are counted."""
        self.source.finite(d)
        return super().finite(d)

    def limit(self) -> Equations:
        """Equations in proportion: multiplicities are shares of the dimension."""
        return Equations(self.theory.at_finite_size(), self.measure(None))

    def __str__(self) -> str:
        return f"{self.source}, tested on {self.tested}"


@dataclass(frozen=True)
class TestedLevels(GivenLevels):
    """Levels that are given, weighed with ratios of variances.

    Attributes
    ----------
    tested : Inputs
    """

    tested: Inputs

    def doubles(self, size: float) -> Numbers:
        """Levels in double precision."""
        ratios = [
            double("test_inputs", ratio) for ratio in variance_ratios(self.model.eigenvalues, self.tested)
        ]
        return self._weighed(super().doubles(size), ratios)

    def in_digits(self, degrees: int, arithmetic: Any) -> Numbers:
        """Levels of a precision."""
        ratios = [arithmetic.convert(ratio) for ratio in variance_ratios(self.model.eigenvalues, self.tested)]
        return self._weighed(super().in_digits(degrees, arithmetic), arithmetic.array(ratios))

    def _weighed(self, data: Numbers, ratios: Any) -> Numbers:
        spectrum = data.spectrum
        assert spectrum is not None
        trace, target = (spectrum.weights[name] for name in "TB")
        nothing = target * 0
        weights = {
            **spectrum.weights,
            "T_gain2": trace * ratios,
            "B_gain2": target * ratios,
            "B_gain_drift": nothing,
            "B_drift2": nothing,
        }
        none = spectrum.tails["B"] * 0
        tails = {
            **spectrum.tails,
            "T_gain2": spectrum.tails["T"],
            "B_gain2": none,
            "B_gain_drift": none,
            "B_drift2": spectrum.tails["B"],
        }
        return replace(data, spectrum=Spectrum(spectrum.eigenvalues, weights, tails))
