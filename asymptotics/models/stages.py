r"""Stages of learning in time: gradient flow in polynomial scaling, derived from two copies with ridges of their own.

Gradient flow after a time t is the inverse Laplace transform of the ridge path in both ridges of a pair of copies, and
a time that grows like a power of the dimension is a ridge that shrinks like it. With ridges
:math:`\lambda_i = \Lambda_i d^\rho` the limit of the copies is rational in them; a factor
:math:`\Lambda/(\Lambda + a)` is :math:`e^{-a\tau}` at the time :math:`t = \tau d^{-\rho}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.components import RiskValues
from asymptotics.models.theory import Theory
from asymptotics.printing import Printed
from asymptotics.symbolic.matrices import Variable
from asymptotics.symbolic.replicas import matrices_of, replicate
from asymptotics.transforms.limits.take_limit import Limit, take_limit

__all__ = ["Stage", "learning_stage", "two_copies"]

TAU = symbol("tau")
"""Time over the power of the dimension that the stage takes."""


@dataclass(frozen=True, repr=False)
class Stage(Printed):
    """One stage of learning.

    Attributes
    ----------
    limit : Limit
        Of two copies with ridges of their own, in units of their power of the dimension.
    time : Fraction
        Exponent of the time: ``t = tau d^time``.
    values : RiskValues
        Expressions in ``tau``: test error with bias and variance, and training error.
    """

    limit: Limit
    time: Any
    values: RiskValues

    def __getattr__(self, name: str) -> Any:
        known = self.__dict__["values"].named() if "values" in self.__dict__ else {}
        if name in known:
            return known[name]
        raise AttributeError(f"no {name!r}; there is {', '.join(known)}")

    def __str__(self) -> str:
        lines = [
            f"learned at the time tau*d^({self.time}): {', '.join(self.limit.order['partly learned']) or 'nothing'}"
        ]
        return "\n".join([*lines, *(f"{name} = {value}" for name, value in self.values.named().items())])


@cache
def two_copies(theory: Theory) -> FixedPointSystem:
    """Two predictors on the same data and features, each with a ridge.

    Parameters
    ----------
    theory : Theory
        With a program.
    """
    program = theory.program()
    given = {
        term.vector.name
        for form in program.constraints.values()
        for term in form.terms
        if not isinstance(term.vector, Variable)
    }
    shared = [*(matrix.name for matrix in matrices_of(program)), *sorted(given)]
    return replicate(program, shared=shared, distinct=[symbol(theory.ridge)]).deterministic_equivalent()


def learning_stage(theory: Theory, sizes: Mapping[str, Any], time: Any, levels: Any) -> Stage:
    """What gradient flow has learned after a time that grows, or shrinks, like a power of the dimension.

    Parameters
    ----------
    theory : Theory
        Of the model, for instance ``asy.KernelRidge.theory``.
    sizes : mapping of str to (coefficient, exponent)
        Sizes by their names in the theory, as powers of the dimension.
    time : int, Fraction or str
        Exponent of the time: degree k is learned at k minus the exponent of the samples.
    levels : int or SeparatedLevels
        As for :func:`~asymptotics.transforms.limits.take_limit.take_limit`.

    Returns
    -------
    Stage

    Raises
    ------
    InputError
        If a size is not one of the theory, or an exponent not exact.
    DerivationError
        If the balance is not unique, or the limit is not rational in the ridges: where there are as many samples as
        directions of a degree that is being learned.

    References
    ----------
    docs/howto/training_time.md.

    Examples
    --------
    >>> from asymptotics.models.kernel_ridge_theory import KERNEL_RIDGE
    >>> stage = learning_stage(KERNEL_RIDGE, {"n": ("theta2", "5/2")}, "-3/2", 2)
    >>> print(stage.test)
    F1sq*exp(-2*mu1sq*tau*theta2) + F2sq + F_starsq
    """
    exponent = sp.Rational(str(time))
    copies = tuple(symbol(f"{theory.ridge}_{copy}") for copy in (1, 2))
    laplace = tuple(symbol(f"Lambda_{copy}") for copy in (1, 2))
    names = [size.name for size in theory.sizes]
    for name in sizes:
        if name not in names:
            raise InputError("sizes", name, f"one of {', '.join(names)}")
    growth = {ridge: (to, -exponent) for ridge, to in zip(copies, laplace, strict=True)} | dict(sizes)
    limit = take_limit(two_copies(theory), growth, levels)
    inside = _solved(limit.system)
    table = {o.name: o.expression for o in limit.system.observables}
    values = {}
    for component in theory.components:
        parts = component.parts or (component.name,)
        if component.is_error and all(part in table for part in parts):
            values[component.name] = _in_time(sp.Add(*(table[part] for part in parts)), inside, laplace)
    return Stage(limit, exponent, RiskValues.of(values))


def _solved(system: FixedPointSystem) -> dict[sp.Symbol, sp.Expr]:
    """Unknowns and definitions in the parameters, where the equations are linear one after another."""
    inside = {d.symbol: d.expression for d in system.definitions}
    left = {unknown: None for unknown in system.unknown_symbols()}
    equations = [equation.residual for equation in system.equations]
    while left:
        for expression in equations:
            whole = sp.fraction(sp.together(_inserted(expression, inside)))[0]
            open_ones = [unknown for unknown in left if whole.has(unknown)]
            if len(open_ones) == 1 and sp.degree(whole, open_ones[0]) == 1:
                poly = sp.Poly(whole, open_ones[0])
                inside[open_ones[0]] = sp.cancel(-poly.nth(0) / poly.nth(1))
                del left[open_ones[0]]
                break
        else:
            names = ", ".join(unknown.name for unknown in left)
            raise DerivationError(
                f"the equations of this stage for {names} are not linear: it is no sum of exponentials"
            )
    return inside


def _inserted(expression: sp.Expr, inside: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    while expression.free_symbols & inside.keys():
        expression = expression.xreplace(inside)
    return expression


def _in_time(
    expression: sp.Expr, inside: Mapping[sp.Symbol, sp.Expr], ridges: tuple[sp.Symbol, ...]
) -> sp.Expr:
    """An expression in both ridges as one in time."""
    expression = _inserted(expression, inside)
    for ridge in ridges:
        terms = sp.Add.make_args(sp.apart(sp.cancel(sp.together(expression)), ridge))
        expression = sp.Add(*(_inverted(term, ridge) for term in terms))
    return sp.expand(expression)


def _inverted(term: sp.Expr, ridge: sp.Symbol) -> sp.Expr:
    """The inverse Laplace transform of a partial fraction over its variable."""
    if not term.has(ridge):
        return term
    above, below = sp.fraction(sp.cancel(term))
    pole = sp.Poly(below, ridge)
    if pole.degree() != 1 or above.has(ridge):
        raise DerivationError(f"{term} is no simple pole in {ridge}")
    rate = sp.cancel(pole.nth(0) / pole.nth(1))
    return above / pole.nth(0) * (1 - sp.exp(-rate * TAU))
