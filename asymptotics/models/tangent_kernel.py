"""Two-layer networks of which the tangent kernel is given, and not the activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.models.model import DegreeModel
from asymptotics.models.network_problems import pose
from asymptotics.models.neural_tangent import NEURAL_TANGENT
from asymptotics.models.posed import Posed
from asymptotics.models.theory import Theory


@dataclass(frozen=True)
class NetworkOfKernel(DegreeModel):
    """Tangent features of neurons with second-layer signs, of which infinitely many have a given kernel.

    Attributes
    ----------
    kernel : KernelRidge
        Regression with that kernel.
    """

    kernel: Any
    theory: ClassVar[Theory] = NEURAL_TANGENT
    trains_both: ClassVar[bool] = False
    gaussian: ClassVar[bool] = False
    starts_randomly: ClassVar[bool] = False
    heaviness: ClassVar[float] = 1.0
    slope: ClassVar[None] = None

    @property
    def target(self) -> Any:  # type: ignore[override]
        """Of the kernel's model."""
        return self.kernel.target

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the kernel's model."""
        return self.kernel.noise

    @property
    def digits_known(self) -> float:
        """Of the kernel's model."""
        known: float = self.kernel.digits_known
        return known

    @property
    def function_text(self) -> str:
        """The kernel."""
        return str(self.kernel.function_text)

    def tangent(self, d: Any, degrees: int, digits: int | None = None, certified: bool = False) -> Expansion:
        """Power of the tangent features in each degree: of the kernel."""
        make = self.kernel.expand_certified if certified else self.kernel.expand
        found: Expansion = make(d, degrees, digits)
        return found

    def random(self, d: Any, degrees: int, digits: int | None = None, certified: bool = False) -> None:
        """They are not trained."""
        return

    def begun(self, d: Any, degrees: int, digits: int | None = None) -> None:
        """Training starts from zero."""
        return

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """The same as `tangent`."""
        return self.tangent(d, degrees, digits)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The equations that answer, by sizes."""
        return pose(self, regime, shape)

    def __str__(self) -> str:
        return f"tangent features of a two-layer network, {self.kernel}"
