"""Random-features ridge regression as a user declares it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.exact import number_or_array, shown
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.functions.expansions.second_moments import expand_feature_squares
from asymptotics.functions.targets import Target, as_target
from asymptotics.models.components import RISK
from asymptotics.models.fluctuations import SphereTerms
from asymptotics.models.library import stored_charts
from asymptotics.models.model import DegreeModel
from asymptotics.models.random_features_equations import UNKNOWNS, equivalent, program
from asymptotics.models.sphere_levels import SphereLevels
from asymptotics.models.theory import Size, Theory

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


@dataclass(frozen=True)
class RandomFeaturesRidge(DegreeModel):
    r"""Ridge regression on random features :math:`\sigma(\langle\theta_j, x\rangle/\sqrt d)/\sqrt p`.

    Inputs and weights are uniform on the sphere of radius :math:`\sqrt d`; labels are
    :math:`f_\star(x) + \varepsilon`; the estimator minimizes :math:`\|y - Za\|^2 + \lambda\|a\|^2`.

    Parameters
    ----------
    activation : str or Activation
        A name, a formula string such as ``"max(x,0) - x/3"``, or an :class:`Activation`.
    target : mapping or Target
        Degree k to the power :math:`F_k^2`, the squared L2 norm of the degree-k part.
    noise : number or array
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``.

    Raises
    ------
    InputError
        If a value is not of this kind; the message names it.

    References
    ----------
    docs/theory/random_features.md; MeiMontanari2022, Defilippis2024.

    Examples
    --------
    >>> model = RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> model.noise
    Fraction(1, 10)
    """

    activation: Any
    target: Any
    noise: Any = 0

    theory: ClassVar[Theory] = RANDOM_FEATURES

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", as_activation(self.activation))
        object.__setattr__(self, "target", as_target(self.target))
        object.__setattr__(self, "noise", number_or_array("noise", self.noise, minimum=0))

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the powers of the activation can be had."""
        known: float = self.activation.digits_known
        return known

    @property
    def function_text(self) -> str:
        """The activation."""
        return str(self.activation)

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """Squared norms of the activation's parts, degree by degree, in dimension ``d``."""
        return expand(self.activation, d, degrees, digits)

    def expand_certified(self, d: Any, degrees: int, digits: int) -> Expansion:
        """The same as balls that are proved to contain them."""
        return expand_certified(self.activation, d, degrees, digits)

    def expand_squares(self, d: int, degrees: int, digits: int) -> Expansion | None:
        """Squared eigenvalues times multiplicities, if the kernel of the features is known."""
        formula = self.activation.formula
        return None if formula is None else expand_feature_squares(formula.node, d, degrees, digits)

    def fluctuations(self, d: int | None, size: float) -> SphereTerms:
        """Points on the sphere: fixed norms and fourth cumulants."""
        assert d is not None
        degrees, laws = SphereLevels(self, d).degrees(size), ("sphere", "gaussian")
        return SphereTerms(d, degrees, "A", "B", self.activation, laws)

    def __repr__(self) -> str:
        powers = ", ".join(f"{k}: {power}" for k, power in self.target.powers)
        return f"RandomFeaturesRidge({str(self.activation)!r}, {{{powers}}}, noise={shown(self.noise)})"

    def __str__(self) -> str:
        powers = ", ".join(f"{k}: {power}" for k, power in self.target.powers)
        return f"random-features ridge, activation {self.activation}, target {{{powers}}}, noise {shown(self.noise)}"


__all__ = ["Activation", "RandomFeaturesRidge", "Target"]
