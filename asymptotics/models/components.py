"""Components of a risk: the one table of their names, meanings and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from asymptotics.errors import InputError
from asymptotics.symbolic.matrices import DeterministicVector
from asymptotics.symbolic.programs import QuadraticProgram

__all__ = ["COMPARED", "NAMES", "RISK", "Component", "components_of", "label_of"]


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
    """

    name: str
    meaning: str
    label: str = ""
    allowance: float = 0.02
    sharp_allowance: float = 0.005
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.meaning}"


_BIAS = Component("bias", "part of the test error due to the target", "bias")
_VARIANCE = Component("variance", "part of the test error due to label noise", "variance")

RISK = (
    Component("test", "excess test error", "test error"),
    _BIAS,
    _VARIANCE,
    Component("train", "mean squared training error", "training error", 0.05, 0.02),
    Component("norm", "squared norm of the coefficients per sample", r"$\|a\|^2/n$", 0.05, 0.01),
    Component("norm_per_feature", "squared norm of the coefficients per feature", r"$\|a\|^2/p$", 0.05, 0.01),
)
"""Components of ridge regression, in the order in which they are printed."""

_RESERVED = frozenset(
    "values noise parameters status condition effective_ridge degrees_of_freedom made_by exact".split()
)
"""Attributes of a risk that no component may hide."""

NAMES = tuple(component.name for component in RISK)

COMPARED = tuple(component for component in RISK if component.name != "norm_per_feature")
"""What theory and simulation are compared in: the norm per feature is the norm in another unit."""


def label_of(name: str) -> str:
    """Label of a component, of the table or of a user's own."""
    table = {component.name: component.label for component in RISK}
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
        if name == "test":
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
    for component, fixed in ((_BIAS, True), (_VARIANCE, False)):
        parts = tuple(f"test.{name}" for name, is_fixed in vectors.items() if is_fixed is fixed)
        if parts:
            result.append(replace(component, parts=parts))
    return result
