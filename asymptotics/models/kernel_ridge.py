"""Kernel ridge regression with a dot-product kernel, as a user declares it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.functions.exact import shown
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.functions.expansions.kernels_certified import expand_kernel_certified
from asymptotics.functions.expansions.second_moments import expand_squares
from asymptotics.functions.kernels import as_kernel, expand_kernel
from asymptotics.functions.symmetries import read_symmetry
from asymptotics.models.classes import ByLabels, ClassifyingModel
from asymptotics.models.fluctuations import SphereTerms
from asymptotics.models.inputs import Inputs, read_inputs, require_inputs
from asymptotics.models.invariance import AveragedDegrees, pose_averaged
from asymptotics.models.kernel_ridge_theory import KERNEL_RIDGE
from asymptotics.models.on_inputs import KernelOnInputs, pose
from asymptotics.models.polynomial_equations import Degrees
from asymptotics.models.posed import Posed
from asymptotics.models.sphere_levels import SphereLevels


@dataclass(frozen=True)
class KernelRidge(ClassifyingModel):
    r"""Ridge regression with the kernel :math:`h(\langle x, x'\rangle/d)` on the sphere of radius :math:`\sqrt d`.

    The estimator minimizes :math:`\sum_i (y_i - f(x_i))^2 + \lambda\|f\|_h^2`. Random features with
    infinitely many features are kernel ridge regression with their own kernel.

    Parameters
    ----------
    kernel : str or Kernel
        A formula in ``t`` such as ``"exp(t)"``, a name (``"ntk-relu"``, ``"arccos1"``, ...), or a ``Kernel``.
    target : mapping, Target, "sign" or SignTarget
        Degree k to the power :math:`F_k^2`; ``"sign"`` and :class:`~asymptotics.functions.labels.SignTarget`: labels
        :math:`\pm1`, and ``test`` is the excess over their linear part.
    noise : number or array
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``. Beside classes: none.
    inputs : Inputs, optional
        Their law, where it is not the sphere.
    invariance : str, mapping or list, optional
        Symmetry over which the kernel is averaged: ``"cyclic"`` shifts, ``{degree: multiplicity}`` of the invariant
        harmonics, or permutations of the coordinates that generate a group. The target is invariant too.

    Raises
    ------
    InputError
        If a value is not of this kind, or the kernel is not positive definite.

    References
    ----------
    docs/theory/kernel_ridge.md; Xiao2022, HuLuMisiakiewicz2024.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.KernelRidge("exp(t)", target={1: 1}, noise="0.1")
    >>> round(asy.predict(model, asy.FiniteSize(d=60, n=120), ridge=0.1).test, 4)
    0.2006
    """

    kernel: Any
    target: Any
    noise: Any = 0
    inputs: Any = None
    invariance: Any = None

    theory: ClassVar[ByLabels] = ByLabels(KERNEL_RIDGE)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", as_kernel(self.kernel))
        self.read_labels()
        if self.inputs is not None:
            object.__setattr__(self, "inputs", read_inputs(self.inputs))
            self.require_numbers("inputs")
        if self.invariance is not None:
            object.__setattr__(self, "invariance", read_symmetry(self.invariance))
            self.require_numbers("invariance")
            if self.inputs is not None:
                raise InputError(
                    "invariance", str(self.invariance), "None beside inputs with a law of their own"
                )

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the powers of the target are known."""
        return float(self.target.digits_known)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """On inputs with a covariance their levels answer; averaged over a group, those of invariant harmonics."""
        if self.invariance is not None:
            return tuple(pose_averaged(replace(self, invariance=None), self.invariance, regime))
        if self.inputs is None:
            return super().posed(regime, shape)
        return pose(KernelOnInputs(self, self.inputs), regime, shape)

    def tested_on(self, test_inputs: Any) -> KernelOnInputs:
        """The same with the error under another law of the test inputs."""
        if self.invariance is not None:
            raise InputError("test_inputs", test_inputs, "None for a kernel averaged over a group")
        tested = require_inputs("test_inputs", test_inputs)
        self.require_numbers("test_inputs")
        return KernelOnInputs(self, self.inputs or Inputs.isotropic(), tested)

    def setting(self) -> Any:
        """What is simulated."""
        if self.invariance is None:
            return super().setting()
        return AveragedDegrees(replace(self, invariance=None), self.invariance)

    def degrees(self, most: int) -> Degrees:
        """Which degrees act; averaged over a group, on fewer harmonics."""
        return super().degrees(most) if self.invariance is None else self.setting().degrees(most)

    def _require_sphere(self) -> None:
        if self.invariance is not None:
            advice = "this question is about all harmonics of a degree"
            raise InputError("invariance", str(self.invariance), "None here", advice)
        if self.inputs is not None:
            advice = "this question is about degrees on the sphere"
            raise InputError("inputs", self.inputs, "None here", advice)

    @property
    def function_text(self) -> str:
        """The kernel."""
        return f"kernel {self.kernel}"

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """The kernel's diagonal, degree by degree, in dimension ``d``: eigenvalue times multiplicity."""
        self._require_sphere()
        return expand_kernel(self.kernel, d, degrees, digits)

    def expand_certified(self, d: Any, degrees: int, digits: int) -> Expansion:
        """The same as balls that are proved to contain them."""
        self._require_sphere()
        return expand_kernel_certified(self.kernel, d, degrees, digits)

    def expand_squares(self, d: int, degrees: int, digits: int) -> Expansion | None:
        """Squared eigenvalues times multiplicities, if the kernel itself is known."""
        law = self.kernel.law
        return None if law is None else expand_squares(law, d, degrees, digits)

    def fluctuations(self, d: int | None, size: float) -> SphereTerms:
        """Points on the sphere: fixed norms and fourth cumulants."""
        assert d is not None
        self._require_sphere()
        return SphereTerms(d, SphereLevels(self, d).degrees(size), "A")

    def __repr__(self) -> str:
        more = "" if self.inputs is None else f", inputs={self.inputs}"
        more += "" if self.invariance is None else f", invariance={str(self.invariance)!r}"
        return f"KernelRidge({str(self.kernel)!r}, {self.target.text}, noise={shown(self.noise_text)}{more})"

    def __str__(self) -> str:
        more = "" if self.inputs is None else f", {self.inputs}"
        more += "" if self.invariance is None else f", averaged over a group ({self.invariance})"
        labels = f"target {self.target.text}, noise {shown(self.noise_text)}"
        return f"kernel ridge, kernel {self.kernel}, {labels}{more}"
