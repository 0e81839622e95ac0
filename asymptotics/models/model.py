"""Models: what theory, simulation and reports ask of a learning problem with its numbers."""

from __future__ import annotations

import math
from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.equations.chart import Chart
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.models.components import Component
from asymptotics.models.fluctuations import SphereTerms
from asymptotics.models.limit_measures import LimitMeasure, ScalingMeasure
from asymptotics.models.measures import STEP, SpectralMeasure
from asymptotics.models.polynomial_equations import Degrees, levels_to_know, polynomial_limit
from asymptotics.models.posed import Posed
from asymptotics.models.sphere_levels import SphereLevels
from asymptotics.models.theory import Theory

__all__ = ["DegreeModel", "Equations", "Model", "as_model"]

_SLOW = -0.25  # limits approached more slowly than this power of the dimension are marked


@dataclass(frozen=True)
class Equations:
    """What answers a question: the charts that share the sizes among them, and the numbers they average over.

    Attributes
    ----------
    charts : tuple of Chart
    measure : SpectralMeasure
    vanishing : frozenset of str
        Components whose limit is zero here.
    slow : bool
        Whether the limit is approached so slowly that finite sizes look different.
    """

    charts: tuple[Chart, ...]
    measure: SpectralMeasure
    vanishing: frozenset[str] = field(default_factory=frozenset)
    slow: bool = False


class Model(ABC):
    """A learning problem with its numbers: frozen, hashable, printable.

    A subclass is a frozen dataclass with a class attribute ``theory`` and a field or attribute ``noise`` that defines
    :meth:`measure`. That suffices for everything that is asked of a model.

    Attributes
    ----------
    theory : Theory
        Which equations.
    noise : number
        Variance of the label noise.
    answered_by : str
        The room of this package that answers for the model; empty where its equations are those of ridge regression.
    has_dimension : bool
        Whether sizes come with an input dimension ``d``; by default, whether it is a size of the theory.
    warns : bool
        Whether :meth:`doubts` are also warned of.
    only_ridge : str
        Why nothing but the minimizer at a ridge is known; empty where more is.

    Raises
    ------
    InputError
        By what is asked of it, if the subclass has no ``theory`` or :meth:`measure` returns no measure.

    References
    ----------
    docs/howto/own_models.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> isinstance(asy.KernelRidge("exp(t)", {1: 1}), Model)
    True
    """

    theory: ClassVar[Theory]
    noise: Any = Fraction(0)
    answered_by: ClassVar[str] = ""
    has_dimension: ClassVar[bool | None] = None
    without_next_order: ClassVar[str] = ""
    warns: ClassVar[bool] = False
    only_ridge: ClassVar[str] = ""
    read: ClassVar[tuple[Component, ...]] = ()  # that read_off computes

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the numbers behind the equations can be had."""
        return math.inf

    def measure(self, d: int | float | None) -> SpectralMeasure:
        """Numbers behind the equations.

        Parameters
        ----------
        d : int, math.inf or None
            The input dimension; infinite in a limit, None where the model has none.
        """
        raise InputError("model", type(self).__name__, "a model that defines measure(self, d)")

    def measured(self, d: int | float | None) -> SpectralMeasure:
        """What :meth:`measure` returns, if it is a measure.

        Raises
        ------
        InputError
            If it is not, or the method cannot be called with a dimension.
        """
        try:
            found = self.measure(d)
        except TypeError as error:
            raise InputError("measure", self, "a method measure(self, d)", str(error)) from error
        if not isinstance(found, SpectralMeasure):
            raise InputError("measure", found, "Constants, or another SpectralMeasure, from measure(self, d)")
        return found

    def finite(self, d: int | None) -> Equations:
        """Equations at finite size."""
        return Equations(self.theory.at_finite_size(), self.measured(d))

    def limit(self) -> Equations:
        """Equations in the proportional limit; sizes are in units of the dimension."""
        return Equations(self.theory.in_proportion(), self.measured(math.inf))

    def scaling(self, kappa1: Any, kappa2: Any) -> Equations:
        """Equations in polynomial scaling.

        Parameters
        ----------
        kappa1 : number
            Exponent of the features.
        kappa2 : number
            Exponent of the samples.

        Raises
        ------
        InputError
            If the model has no degrees, so that there is no such scaling.
        """
        raise InputError("regime", "Polynomial", "FiniteSize or Proportional", f"{self} has no degrees")

    def fluctuations(self, d: int | None, size: float) -> SphereTerms | None:
        """What the random matrices have beyond Gaussian ones, at finite size; nothing, unless a model says so.

        Parameters
        ----------
        d : int or None
            The input dimension.
        size : float
            The largest of the smaller sizes asked for.

        Raises
        ------
        InputError
            If the model is ``without_next_order``.
        """
        if what := self.without_next_order:
            raise InputError("order", 1, f"0 for {what}", "their next order is not known")
        return None

    def exactly_known(self, sizes: Mapping[str, Any], ridge: Any) -> Mapping[str, Any]:
        """Components of which the exact mean at one point is known; none by default.

        Parameters
        ----------
        sizes : mapping name -> number
            Fractions where exact values are wanted, else floats.
        ridge : number
        """
        return {}

    def unseen_degrees(self, most: int) -> tuple[int, ...]:
        """Degrees up to ``most`` that the model cannot see.

        Raises
        ------
        InputError
            If the model has no degrees.
        """
        return self.degrees(most).unseen

    def tested_on(self, test_inputs: Any) -> Model:
        """The same with the error under another law of the test inputs as one more component, ``shifted``.

        Raises
        ------
        InputError
            Unless the model knows what its features are there.
        """
        allowed = "None, but for a RandomFeaturesRidge, a KernelRidge or a SpectralRidge"
        raise InputError("test_inputs", test_inputs, allowed)

    def never_learned(self) -> tuple[int, ...]:
        """Degrees of the target that the model has no part in; none where there are no degrees.

        Examples
        --------
        >>> import asymptotics as asy
        >>> asy.RandomFeaturesRidge("cos", target={1: 1, 2: 1}).never_learned()
        (1,)
        """
        return ()

    def degrees(self, most: int) -> Degrees:
        """Which degrees act at all, those up to ``most`` one by one; an InputError if the model has none."""
        raise InputError("model", self, "a RandomFeaturesRidge or a KernelRidge", "degrees are needed here")

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The problems that answer in a regime: by default this one, everywhere.

        Parameters
        ----------
        regime : Regime
        shape : tuple of int
            Shape of the question, ridges included; problems that answer at some of its points name positions in it.
        """
        return (Posed(self, regime),)

    def sizes_known(self, regime: Any) -> Mapping[str, Any]:
        """Sizes, by the names that users give them, that the model itself knows in a regime; by default none.

        Parameters
        ----------
        regime : Regime
        """
        return {}

    def read_off(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Components that are functions of those that the equations give; none by default.

        Parameters
        ----------
        values : mapping name -> number or ndarray
            Observables of the equations, in the numbers of the answer.
        """
        return {}

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Reasons not to trust an answer, and where they hold; none by default.

        Parameters
        ----------
        sizes : mapping name -> ndarray
            By their names in the theory, and the input dimension ``d`` where it is finite.
        ridge : ndarray
        values : mapping name -> ndarray
            Components that were found, and ``effective_ridge``, in doubles.
        """
        return {}

    @property
    def asks_dimension(self) -> bool:
        """Whether sizes come with an input dimension."""
        if self.has_dimension is not None:
            return self.has_dimension
        return any(size.name == "d" for size in self.theory.sizes)

    @property
    def components(self) -> tuple[Component, ...]:
        """Components of its risk."""
        return self.theory.components

    @property
    def feature_size(self) -> str:
        """Name of the size that counts features.

        Raises
        ------
        InputError
            If there is none that can be finite.
        """
        if self.theory.only_infinite():
            raise InputError("model", self, "a model with features", "a kernel has infinitely many")
        if not self.theory.features:
            raise InputError("model", self, "a model with features", "its Theory names no size as features=")
        return self.theory.features


def noise_levels(model: Any) -> NDArray[np.object_] | None:
    """The noises of a model that has several, as an array; None for one."""
    noise = getattr(model, "noise", None)
    return np.array(noise, dtype=object) if isinstance(noise, tuple) else None


def as_model(model: Any) -> Model:
    """The model, if it is one.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(model, Model) and isinstance(getattr(model, "theory", None), Theory):
        if noise_levels(model) is not None:
            advice = "arrays of noise are for predict and for optima"
            raise InputError("noise", model.noise, "one number here", advice)
        return model
    if isinstance(model, Model):
        raise InputError("model", type(model).__name__, "a class attribute theory = asymptotics.Theory(...)")
    allowed = "a RandomFeaturesRidge, a KernelRidge or a SpectralRidge"
    raise InputError("model", model, allowed, "or a model of your own, a subclass of asymptotics.Model")


class DegreeModel(Model):
    """A model whose spectrum comes in degrees: of features or a kernel on the sphere.

    Subclasses have ``target`` and the three expansions below.
    """

    has_dimension: ClassVar[bool | None] = True
    target: Any

    def never_learned(self) -> tuple[int, ...]:
        """Degrees of the target that the model has no part in."""
        try:
            unseen = self.unseen_degrees(self.target.largest_degree) if self.target.total else ()
        except (InputError, PrecisionError):  # nothing is known in infinite dimension, or in doubles
            return ()
        return tuple(k for k in unseen if self.target.power(k))

    @property
    def function_text(self) -> str:
        """The activation or kernel, in words for tables."""
        raise NotImplementedError

    def fluctuations(self, d: int | None, size: float) -> SphereTerms | None:
        """Refused, unless the model says what points on the sphere have beyond Gaussian ones.

        Raises
        ------
        InputError
            By default.
        """
        advice = "define fluctuations(d, size) to say so"
        raise InputError(
            "order", 1, f"0 for {self}", f"its terms beyond Gaussian ones are not known: {advice}"
        )

    def setting(self) -> Any:
        """What is simulated: the features or kernel themselves, not their Gaussian equivalent."""
        return self

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Any:
        """Power of every degree in dimension ``d``: eigenvalue times multiplicity.

        Parameters
        ----------
        d : int or inf
            Dimension.
        degrees : int
            The largest.
        digits : int, optional
            Decimal digits; doubles without them.
        """
        raise NotImplementedError

    def multiplicity(self, d: int, degree: int) -> int:
        """Number of eigenfunctions of a degree: of all harmonics, unless a model has fewer."""
        return multiplicity(d, degree)

    def measure(self, d: int | float | None) -> SpectralMeasure:
        """Levels of the sphere, or the linear part and the rest in the limit."""
        return LimitMeasure(self) if d == math.inf or d is None else SphereLevels(self, int(d))

    def degrees(self, most: int) -> Degrees:
        """Which degrees act at all."""
        expansion = self.expand(math.inf, most)
        unseen = tuple(k for k, power in enumerate(expansion.powers) if float(power) == 0)
        # A difference of doubles may vanish by rounding; one of many digits does where it is exactly zero.
        endless = expansion.tail != 0 or self.expand(math.inf, most, STEP).tail != 0
        return Degrees(unseen, None if endless else max({*range(most + 1)} - {*unseen}, default=0))

    def scaling(self, kappa1: Any, kappa2: Any) -> Equations:
        """Equations in polynomial scaling, derived when they are asked for."""
        degrees = self.degrees(levels_to_know(kappa1, kappa2))
        limit = polynomial_limit(self.theory.name, kappa1, kappa2, degrees)
        regime = limit.regime
        measure = ScalingMeasure(self, limit.last, tuple(regime.partly_learned), tuple(regime.noise))
        approach = regime.limit.approach["test"].exponent
        slow = approach is not None and float(approach.value) > _SLOW
        return Equations(limit.charts, measure, limit.vanishing(), slow)
