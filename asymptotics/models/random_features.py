"""Random-features ridge regression as a user declares it.

With one activation the equations of random features answer. With ``inputs``, ``weights``, ``biases``, ``groups`` or
``invariance`` the row for that set of fields in the table :data:`asymptotics.models.feature_ways.WAYS` says which
problem answers and what is simulated; a combination without a row is refused when the features are declared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.exact import shown
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import expand_certified
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.functions.expansions.second_moments import expand_feature_squares
from asymptotics.functions.targets import Target
from asymptotics.models.classes import ByLabels, ClassifyingModel
from asymptotics.models.components import Component
from asymptotics.models.feature_groups import Group
from asymptotics.models.feature_law import LAW_DIGITS
from asymptotics.models.feature_ways import READ, density_of, given_fields, way_of
from asymptotics.models.fluctuations import SphereTerms
from asymptotics.models.group_blocks import GROUP_DIGITS
from asymptotics.models.inputs import Inputs, require_inputs
from asymptotics.models.on_inputs import FeaturesOnInputs
from asymptotics.models.posed import Posed
from asymptotics.models.random_features_theory import RANDOM_FEATURES
from asymptotics.models.sphere_levels import SphereLevels


@dataclass(frozen=True)
class RandomFeaturesRidge(ClassifyingModel):
    r"""Ridge regression on random features :math:`\sigma(\langle\theta_j, x\rangle/\sqrt d)/\sqrt p`.

    Inputs and weights are uniform on the sphere of radius :math:`\sqrt d`; labels are
    :math:`f_\star(x) + \varepsilon`; the estimator minimizes :math:`\|y - Za\|^2 + \lambda\|a\|^2`.

    Parameters
    ----------
    activation : str or Activation
        A name, a formula string such as ``"max(x,0) - x/3"``, or an :class:`Activation`.
    target : mapping, Target, "sign" or SignTarget
        Degree k to the power :math:`F_k^2`, the squared L2 norm of the degree-k part. ``"sign"`` and
        :class:`~asymptotics.functions.labels.SignTarget`: labels :math:`\pm1`, and ``test`` is the excess over their
        linear part.
    noise : number or array
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``. Beside classes: none.
    inputs : Inputs, optional
        Law of the inputs, where it is not the sphere.
    weights : {"sphere", "gaussian", "orthogonal"} or "sparse(density)"
        Law of the weights. Theory is the same for the first two; orthogonal ones are a tight frame where features are
        more than dimensions; sparse ones have the theory of dense ones, flagged or refused where it does not hold.
    biases : str, optional
        Law of random biases, ``"normal(mean, deviation)"`` or ``"uniform(low, high)"``: features are
        :math:`\sigma(\langle\theta_j, x\rangle/\sqrt d + b_j)`.
    groups : list of Group, optional
        Groups of features with their own activation, input scale, share and ridge, in the place of ``activation``.
    invariance : optional
        Symmetry over which features are averaged.

    Raises
    ------
    InputError
        If a value is not of this kind, or equations for a combination are not known; the message names it.

    Notes
    -----
    ``norm`` weighs coefficients as the energy does: with the ridge of their group.

    References
    ----------
    docs/theory/random_features.md; MeiMontanari2022, Defilippis2024.

    Examples
    --------
    >>> model = RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
    >>> model.noise
    Fraction(1, 10)
    >>> import asymptotics as asy
    >>> groups = [asy.Group("relu", share=".6"), asy.Group("tanh", scale=2, share=".4", ridge=4)]
    >>> model = asy.RandomFeaturesRidge(groups=groups, target={1: 1}, noise="0.3")
    >>> risk = asy.predict(model, asy.Proportional(psi1=2, psi2="3/2"), ridge="0.1")
    >>> round(risk.test, 12), round(risk.train, 12)
    (0.587959287063, 0.219611036466)
    """

    activation: Any = None
    target: Any = None
    noise: Any = 0
    inputs: Any = None
    weights: Any = "sphere"
    biases: Any = None
    groups: Any = None
    invariance: Any = None

    theory: ClassVar[ByLabels] = ByLabels(RANDOM_FEATURES)

    def __post_init__(self) -> None:
        if self.groups is None:
            object.__setattr__(self, "activation", as_activation(self.activation))
        elif self.activation is not None:
            raise InputError("activation", self.activation, "None beside groups", "each group has its own")
        self.read_labels()
        for name, read in READ.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read(getattr(self, name)))
        way_of(self)
        for name in sorted(given_fields(self)):
            self.require_numbers(name)

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the powers of the activation can be had."""
        known = float(min(self.target.digits_known, *(f.digits_known for f in self.functions)))
        known = known if self.groups is None else min(known, GROUP_DIGITS)
        return known if self.biases is None else min(known, LAW_DIGITS)

    @property
    def functions(self) -> tuple[Activation, ...]:
        """The activation, or those of the groups with their scales."""
        return (self.activation,) if self.groups is None else tuple(group.function for group in self.groups)

    @property
    def wide_groups(self) -> tuple[Group, ...] | None:
        """The groups that are drawn; None where features are drawn as those of one activation are."""
        if not {"groups", "biases", "weights"} & given_fields(self):
            return None
        return self.groups or (Group(self.activation, 1),)

    @property
    def density(self) -> float:
        """Share of the entries of a weight that are not zero."""
        return density_of(self.weights)

    @property
    def function_text(self) -> str:
        """The activation."""
        return ", ".join(map(str, (self.activation,) if self.groups is None else self.groups))

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """Squared norms of the activation's parts, degree by degree, in dimension ``d``.

        Raises
        ------
        InputError
            If there is more than one activation, or features are not plain.
        """
        self._require_plain()
        return expand(self.activation, d, degrees, digits)

    def expand_certified(self, d: Any, degrees: int, digits: int) -> Expansion:
        """The same as balls that are proved to contain them.

        Parameters
        ----------
        d : int or inf
            Dimension.
        degrees : int
            The largest.
        digits : int
            Decimal digits of the balls.
        """
        self._require_plain()
        return expand_certified(self.activation, d, degrees, digits)

    def expand_squares(self, d: int, degrees: int, digits: int) -> Expansion | None:
        """Squared eigenvalues times multiplicities, if the kernel of the features is known.

        Parameters
        ----------
        d : int
            Dimension.
        degrees : int
            The largest.
        digits : int
            Decimal digits.
        """
        self._require_plain()
        formula = self.activation.formula
        return None if formula is None else expand_feature_squares(formula.node, d, degrees, digits)

    def _require_plain(self) -> None:
        """What is known of one activation alone is asked of no others."""
        for name in sorted(given_fields(self)):
            advice = "this question is about features of one activation"
            raise InputError(name, getattr(self, name), "plain features here", advice)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The equations that answer: by :data:`~asymptotics.models.feature_ways.WAYS` where features are not plain."""
        way = way_of(self)
        return super().posed(regime, shape) if way is None else way.pose(self, regime, shape)

    def tested_on(self, test_inputs: Any) -> FeaturesOnInputs:
        """The same with the error under another law of the test inputs."""
        for name in sorted(given_fields(self) - {"inputs"}):
            raise InputError(name, getattr(self, name), "nothing with test_inputs")
        self.require_numbers("test_inputs")
        tested = require_inputs("test_inputs", test_inputs)
        return FeaturesOnInputs(self, self.inputs or Inputs.isotropic(), tested)

    @property
    def system_name(self) -> str:
        """Name of the recorded equations that answer, of weights as of others where only their levels differ."""
        way = way_of(self)
        if way is None:
            return RANDOM_FEATURES.name
        return "kernel-ridge" if self.weights == "orthogonal" else way.system

    @property
    def components(self) -> tuple[Component, ...]:
        """Components of its risk."""
        way = way_of(self)
        return super().components if way is None else way.components

    def setting(self) -> Any:
        """What is simulated."""
        way = way_of(self)
        return self if way is None else way.setting(self)

    def fluctuations(self, d: int | None, size: float) -> SphereTerms:
        """Points on the sphere: fixed norms and fourth cumulants."""
        assert d is not None
        self._require_plain()
        degrees, laws = SphereLevels(self, d).degrees(size), ("sphere", "gaussian")
        return SphereTerms(d, degrees, "A", "B", self.activation, laws)

    def __repr__(self) -> str:
        first = f"{str(self.activation)!r}, " if self.groups is None else ""
        target = f"{'' if self.groups is None else 'target='}{self.target.text}"
        return f"RandomFeaturesRidge({first}{target}, noise={shown(self.noise_text)}{self._more()})"

    def _more(self) -> str:
        """Fields that are not as they are by default."""
        texts = {
            "weights": repr(self.weights),
            "biases": f"'{self.biases}'",
            "groups": f"{[*(self.groups or ())]}",
            "invariance": f"'{self.invariance}'",
        }
        changed = [f.name for f in fields(self)[3:] if getattr(self, f.name) != f.default]
        return "".join(f", {name}={texts.get(name, repr(getattr(self, name)))}" for name in changed)

    def __str__(self) -> str:
        what = f"activation {self.activation}" if self.groups is None else "groups"
        labels = f"target {self.target.text}, noise {shown(self.noise_text)}"
        return f"random-features ridge, {what}, {labels}{self._more()}"


__all__ = ["Activation", "RandomFeaturesRidge", "Target"]
