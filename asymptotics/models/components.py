"""Components of a risk: the one table of their names, meanings and labels."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.symbolic.matrices import DeterministicVector
from asymptotics.symbolic.programs import QuadraticProgram

__all__ = [
    "BIAS", "CLASSIFICATION_ERROR", "CLASSIFIED", "COMPARED", "ERRORS", "NAMES", "NORM", "NORM_PER_FEATURE",
    "OBJECTIVE", "OVERLAP", "RIDGE_PATH", "RISK", "SHIFTED", "SPLIT", "SQUARE", "TEST", "TESTED", "TRAIN",
    "TRAIN_LOSS", "VARIANCE", "Component", "RiskValues", "components_of", "heading_of", "label_of",
]  # fmt: skip


@dataclass(frozen=True)
class Component:
    """One component of a risk.

    Attributes
    ----------
    name : str
    meaning : str
    label : str
        On axes of figures and heads of tables; its name if empty.
    allowance : float
        Relative difference between theory and simulation that finite sizes explain, by default.
    sharp_allowance : float
        The same once the trend with the size is taken out.
    parts : tuple of str
        Observables of the system that add up to it; its own name if empty.
    is_error : bool
        Whether it is a mean square of labels; a norm of coefficients has another unit.
    heading : str
        Over columns of text, where its name is too long.
    """

    name: str
    meaning: str
    label: str = ""
    allowance: float = 0.02
    sharp_allowance: float = 0.005
    parts: tuple[str, ...] = ()
    is_error: bool = True
    heading: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.meaning}"


TEST = Component("test", "excess test error", "test error")
BIAS = Component("bias", "part of the test error due to the target", "bias")
VARIANCE = Component("variance", "part of the test error due to label noise", "variance")
TRAIN = Component("train", "mean squared training error", "training error", 0.05, 0.02)
NORM = Component(
    "norm", "squared norm of the coefficients per sample", r"$\|a\|^2/n$", 0.05, 0.01, is_error=False
)
NORM_PER_FEATURE = replace(
    NORM,
    name="norm_per_feature",
    heading="norm/feature",
    meaning="squared norm of the coefficients per feature",
    label=r"$\|a\|^2/p$",
)

SHIFTED = Component(
    "shifted", "excess test error under another law of the inputs", "shifted test error", 0.03, 0.01
)

SQUARE = Component("square", "mean square of the prediction", "mean square of the prediction")
OVERLAP = Component(
    "overlap", "mean product of the prediction and a target of unit power", "overlap with the target"
)
CLASSIFICATION_ERROR = Component(
    "classification_error",
    "share of fresh inputs whose class, the sign of the target, is not that of the prediction",
    "classification error",
    is_error=False,
    heading="errors",
)

CLASSIFIED = (SQUARE, OVERLAP, CLASSIFICATION_ERROR)
"""What is known of predictions of a class, beside the risk."""

TRAIN_LOSS = Component("train_loss", "mean loss of the samples", "training loss", 0.05, 0.02, is_error=False)
OBJECTIVE = Component(
    "objective", "minimum of loss and ridge, per sample", "objective per sample", 0.05, 0.02, is_error=False
)

SPLIT = (BIAS, VARIANCE)
"""What the test error is the sum of."""

TESTED = (TEST, *SPLIT)
"""The test error and what it is the sum of."""

RISK = (*TESTED, TRAIN, NORM, NORM_PER_FEATURE)
"""Components of ridge regression, in the order in which they are printed."""

ERRORS = tuple(component for component in RISK if component.is_error)
"""Mean squares of labels."""

_NAMED = (*RISK, *CLASSIFIED, TRAIN_LOSS, OBJECTIVE)

RIDGE_PATH = (TEST, TRAIN, NORM)
"""What a model has to declare along its ridges for all else to follow."""

_RESERVED = frozenset(
    "values noise parameters status condition effective_ridge degrees_of_freedom made_by exact".split()
)
"""Attributes of a risk that no component may hide."""

NAMES = tuple(component.name for component in RISK)

COMPARED = tuple(component for component in RISK if component is not NORM_PER_FEATURE)
"""What theory and simulation are compared in: the norm per feature is the norm in another unit."""


@dataclass(frozen=True)
class RiskValues:
    """Values of the components of a risk, of whatever kind: numbers, arrays, expressions. None where not known.

    Attributes
    ----------
    test, bias, variance, train, norm, norm_per_feature
        As :data:`RISK` says.

    Examples
    --------
    >>> RiskValues.tested(2, 1) + RiskValues.tested(1, 1)
    RiskValues(test=5, bias=3, variance=2, train=None, norm=None, norm_per_feature=None)
    >>> RiskValues(norm=6).by_features(4, 3).named()
    {'norm': 6, 'norm_per_feature': 8.0}
    """

    test: Any = None
    bias: Any = None
    variance: Any = None
    train: Any = None
    norm: Any = None
    norm_per_feature: Any = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> RiskValues:
        """Those of a table by name; what else it holds is left out."""
        return cls(**{name: values[name] for name in NAMES if name in values})

    @classmethod
    def of_system(cls, system: FixedPointSystem) -> RiskValues:
        """Expressions of the observables of a system."""
        return cls.of({observable.name: observable.expression for observable in system.observables})

    @classmethod
    def tested(cls, bias: Any, variance: Any) -> RiskValues:
        """The test error with its parts.

        Parameters
        ----------
        bias : number or array
            Of the test error.
        variance : number or array
            Of the test error.
        """
        return cls(bias + variance, bias, variance)

    def named(self) -> dict[str, Any]:
        """Those that are known, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def mapped(self, function: Callable[[Any], Any]) -> RiskValues:
        """A function of every value."""
        return RiskValues(**{name: function(value) for name, value in self.named().items()})

    def combined(self, other: RiskValues, function: Callable[[Any, Any], Any]) -> RiskValues:
        """A function of the values that both have.

        Parameters
        ----------
        other : RiskValues
            Values of which some are here too.
        function : Callable[[Any, Any], Any]
            Of two numbers.
        """
        own, its = self.named(), other.named()
        return RiskValues(**{name: function(own[name], its[name]) for name in own if name in its})

    def __add__(self, other: RiskValues) -> RiskValues:
        return self.combined(other, operator.add)

    def by_features(self, samples: Any, features: Any) -> RiskValues:
        """With the norm per feature, which is the norm per sample in another unit.

        Parameters
        ----------
        samples : number or array
            N.
        features : number or array
            P.
        """
        return replace(self, norm_per_feature=self.norm * samples / features)


def heading_of(name: str) -> str:
    """What stands over a column of text: the name of a component, or a shorter one."""
    return {component.name: component.heading for component in _NAMED}.get(name) or name


def label_of(name: str) -> str:
    """Label of a component, of the table or of a user's own."""
    table = {component.name: component.label for component in _NAMED}
    return table.get(name) or name.replace("_", " ")


def components_of(program: QuadraticProgram) -> tuple[Component, ...]:
    """Components that a program declares: its observables, and the parts of ``test`` due to target and noise.

    Examples
    --------
    >>> from asymptotics.models.kernel_ridge_equations import program
    >>> [component.name for component in components_of(program())]
    ['test', 'bias', 'variance', 'train', 'norm']
    """
    known = {component.name: component for component in RISK}
    found: list[Component] = []
    for name in program.observables:
        if not name.isidentifier() or name in _RESERVED:
            raise InputError("observables", name, "the name of a component that a Risk can have")
        found.append(known.get(name, Component(name, name.replace("_", " "))))
        if name == TEST.name:
            found += _parts(program)
    return tuple(found)


def _parts(program: QuadraticProgram) -> list[Component]:
    """Bias and variance, as sums of parts due to the vectors that are given."""
    vectors: Mapping[str, bool] = {
        term.vector.name: isinstance(term.vector, DeterministicVector)
        for form in program.constraints.values()
        for term in form.terms
        if term.vector not in program.variables()
    }
    result = []
    for component, fixed in ((BIAS, True), (VARIANCE, False)):
        parts = tuple(f"{TEST.name}.{name}" for name, is_fixed in vectors.items() if is_fixed is fixed)
        if parts:
            result.append(replace(component, parts=parts))
    return result
