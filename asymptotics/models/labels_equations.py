r"""Ridge regression on labels of two classes: the programs, with the prediction as a variable and a source of its own.

Labels :math:`y = \pm1` have a linear part in the target; the rest of them acts like independent noise as long as
nothing but the linear part is learned. The class of an input is the sign of the prediction, and prediction and target
are jointly Gaussian: what is asked beside the risk is the mean square of the prediction, a slope in the coefficient of
its quadratic form, and its overlap with the target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem, Observable
from asymptotics.models import kernel_ridge_equations as kernels
from asymptotics.models import random_features_equations as features
from asymptotics.models.components import OVERLAP, SQUARE, TEST
from asymptotics.models.coordinates import C, described, with_meanings
from asymptotics.models.pair import rewritten
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.dimensions import SpectralDimension
from asymptotics.symbolic.matrices import SpectralMatrix, Variable
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit

_REST = (
    "the part of the labels that is not linear in the target acts like independent noise, and prediction and target "
    "are jointly Gaussian, as long as only the linear part is learned [Gerace2020, Loureiro2021]"
)

MEAN = symbol("F0sq")
"""Power of the target in degree zero."""

NAMES = {"random-features": "random-features-labels", "kernel-ridge": "kernel-ridge-labels"}
"""Names of the systems, by the name of the model for other labels."""


def program(base: QuadraticProgram) -> QuadraticProgram:
    """A program of ridge regression with the mean square of its prediction as one more slope.

    Parameters
    ----------
    base : QuadraticProgram
        With an error ``u``: the prediction, minus a target.

    Examples
    --------
    >>> sorted(program(kernels.program()).observables)
    ['norm', 'square', 'test', 'train']
    """
    error = next(v for v in base.constraints if v.name == "u")
    form = base.constraints[error]
    variables = set(base.variables())
    prediction = replace(form, terms=tuple(term for term in form.terms if term.vector in variables))
    target = replace(form, terms=tuple(term for term in form.terms if term.vector not in variables))
    value, w = replace(error, name="v"), symbol("w")
    return replace(
        base,
        energy=base.energy + w * norm2(value, SpectralMatrix(_spectral(error))),
        constraints={value: prediction, **base.constraints, error: value + target},
        sources={**base.sources, w: 0},
        observables={**base.observables, SQUARE.name: slope(w)},
        name=NAMES[base.name],
    )


def _spectral(variable: Variable) -> SpectralDimension:
    """The dimension of a variable, which has a spectrum."""
    assert isinstance(variable.dimension, SpectralDimension)
    return variable.dimension


@cache
def equivalent(
    base: Callable[[], QuadraticProgram], like: Callable[[], FixedPointSystem]
) -> FixedPointSystem:
    """The deterministic equivalent of :func:`program`, with the overlap of prediction and target.

    Parameters
    ----------
    base : callable
        The program of the model.
    like : callable
        Its deterministic equivalent, whose assumptions are kept.
    """
    other, system = like(), program(base()).deterministic_equivalent()
    dual = symbol("tau_r_dual")
    system = system.renamed({dual: C}) if dual in system.unknown_symbols() else system
    history = replace(
        system.provenance,
        assumptions=(_REST, *other.provenance.assumptions),
        references=(*other.provenance.references, "Gerace2020", "Loureiro2021"),
    )
    system = replace(system, provenance=history, parameters=described(system.parameter_symbols()))
    return replace(system, observables=(*system.observables, _overlap(system)))


def _overlap(system: FixedPointSystem) -> Observable:
    """Mean product of prediction and target: half of ``square + total - test``."""
    targets = {
        d.symbol: d.expression.function
        for d in system.definitions
        if isinstance(d.expression, SpectralAverage) and d.expression.measure == symbol("B")
    }
    difference = system.observable(SQUARE.name) - system.observable(TEST.name) + _total(targets)
    return Observable(OVERLAP.name, sp.expand(sp.cancel(difference / 2)), OVERLAP.meaning)


def _total(functions: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The power of the target: the combination of averages whose functions add up to one."""
    letters = [symbol(f"weight_{k}") for k in range(len(functions))]
    total = sum((a * f for a, f in zip(letters, functions.values(), strict=True)), sp.S.Zero)
    gap = sp.numer(sp.together(total - 1))
    variables = sorted(gap.free_symbols - set(letters), key=str)
    (found,) = sp.linsolve(sp.Poly(gap, *variables).coeffs(), letters)
    return sum((a * name for a, name in zip(found, functions, strict=True)), sp.S.Zero)


def _proportional(
    start: Callable[[], FixedPointSystem], sizes: Mapping[str, str], name: str
) -> FixedPointSystem:
    """The limit for sizes in proportion to the dimension and the harmonic spectrum of the sphere; classes are equal."""
    growth = {symbol(size): (symbol(ratio), 1) for size, ratio in sizes.items()}
    limit = take_limit(start(), growth, polynomial_levels(1), name=f"{name}.proportional").system
    return with_meanings(rewritten(limit, {MEAN: sp.S.Zero}))


def _recipe(
    recipe: Recipe, base: Callable[[], QuadraticProgram], like: Callable[[], FixedPointSystem]
) -> Recipe:
    name, start = NAMES[recipe.model], partial(equivalent, base, like)
    sizes = dict(zip(recipe.sizes["general"], recipe.sizes["proportional"], strict=True))
    return replace(
        recipe,
        model=name,
        start={"general": start, "proportional": partial(_proportional, start, sizes, name)},
        theorems=dict.fromkeys(recipe.sizes, "sign-labels"),
    )


RECIPES = (
    _recipe(features.RECIPE, features.program, features.equivalent),
    _recipe(kernels.RECIPE, kernels.program, kernels.equivalent),
)
