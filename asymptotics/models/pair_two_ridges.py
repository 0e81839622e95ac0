r"""Two ridges at once, for all models: the cross-risk is made of divided differences of the pair.

Two copies of ridge regression on the same data, with ridges of their own, have averages with one pole at each effective
ridge. In partial fractions these are the pair at one ridge and at the other. Copies whose outer layers are
drawn independently share what lies below: there the same divided differences are taken, at the ridges below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, FixedPointSystem, Observable, Parameter
from asymptotics.errors import DerivationError, InputError
from asymptotics.models import kernel_ridge_equations
from asymptotics.models.coordinates import LAM, NOISE
from asymptotics.models.pair import KAPPA, PopulationRidge, joined, pruned, rewritten
from asymptotics.models.pair_learners import SAMPLES, with_samples
from asymptotics.symbolic.replicas import replicate

MARKS = ("a", "b")
"""What the names of the two copies end with."""

SHARED = {
    "kappa": "effective ridge where the copies part",
    "df": "degrees of freedom",
    "objective": "minimum R",
}


def copied(name: str) -> tuple[sp.Symbol, sp.Symbol]:
    """Symbols of a quantity in the two copies.

    Examples
    --------
    >>> copied("df")
    (df_a, df_b)
    """
    first, second = (symbol(f"{name}_{mark}") for mark in MARKS)
    return first, second


@cache
def cross_rule() -> FixedPointSystem:
    r"""Cross-risk of two ridge predictors on the same data, as an open system in the pair that they share.

    Returns
    -------
    FixedPointSystem
        No unknowns; parameters ``kappa_a``, ``df_a``, ``objective_a`` and the same for ``b``; observable ``test``.
        At equal ridges the divided differences are derivatives, and it is the test error of one predictor.

    Raises
    ------
    DerivationError
        If an average is no divided difference of the pair.

    Examples
    --------
    >>> rule = cross_rule()
    >>> for definition in rule.definitions:
    ...     print(definition)
    df_cross := (df_a*kappa_a - df_b*kappa_b)/(kappa_a - kappa_b)
    error_cross := (kappa_a*objective_b - kappa_b*objective_a)/(kappa_a - kappa_b)
    >>> rule.observable("test")
    (df_cross*noise + error_cross*n)/(-df_cross + n)
    """
    program = kernel_ridge_equations.program()
    program = replace(program, observables={"test": program.observables["test"]})
    system = replicate(program, shared=["A", "beta", "epsilon"], distinct=[LAM]).deterministic_equivalent()
    poles = (symbol("nu_1"), symbol("nu_2"))
    kappas = copied("kappa")
    cross = system.observable("test")
    definitions, rule = [], dict(zip(poles, kappas, strict=True))
    for definition in system.definitions:
        if not cross.has(definition.symbol):
            continue
        value, trace = divided_difference(definition.expression, poles)
        scale = sp.S.One if trace else kappas[0] * kappas[1]
        name = symbol("df_cross" if trace else "error_cross")
        definitions.append(Definition(name, sp.factor(scale * value), "divided difference of the pair"))
        rule[definition.symbol] = name / scale
    meanings = {copy: text for name, text in SHARED.items() for copy in copied(name)}
    meanings |= {SAMPLES: "samples", NOISE: "label-noise variance"}
    return FixedPointSystem(
        name="pair.cross",
        parameters=tuple(Parameter(s, text) for s, text in sorted(meanings.items(), key=str)),
        unknowns=(),
        equations=(),
        definitions=tuple(sorted(definitions, key=lambda d: d.symbol.name)),
        observables=(
            Observable("test", sp.factor(cross.xreplace(rule)), "cross-risk of the two predictors"),
        ),
        provenance=system.provenance.then("averages with two poles in partial fractions"),
    )


def divided_difference(average: SpectralAverage, poles: Sequence[sp.Symbol]) -> tuple[sp.Expr, bool]:
    r"""An average with two simple poles, in the pair at each of them.

    A trace is a combination of :math:`\operatorname{Tr} s/(s+\nu) = df(\nu)`, a target sum one of
    :math:`\sum\beta^2/(s+\nu) = R(\nu)/\nu`: the coefficients are residues.

    Parameters
    ----------
    average : SpectralAverage
    poles : sequence of sympy.Symbol
        The two effective ridges.

    Returns
    -------
    value : sympy.Expr
        In ``kappa``, ``df`` and ``objective`` of the two copies.
    trace : bool
        Whether it is a trace; a target sum otherwise.

    Raises
    ------
    DerivationError
        If the average has another part.
    """
    s, trace = average.variable, average.measure == symbol("T")
    function = sp.cancel(average.function / s) if trace else average.function
    freedom, minima = copied("df"), copied("objective")
    values = freedom if trace else tuple(r / k for r, k in zip(minima, copied("kappa"), strict=True))
    total, rest = sp.S.Zero, function
    names = dict(zip(poles, copied("kappa"), strict=True))
    for pole, value in zip(poles, values, strict=True):
        residue = sp.cancel(function * (s + pole)).xreplace({s: -pole})
        rest -= residue / (s + pole)
        total += residue.xreplace(names) * value
    if sp.cancel(rest) != 0:
        raise DerivationError(f"{average} is not a divided difference of the pair")
    return sp.cancel(total), trace


def two_ridges(pair: PopulationRidge, independent: int = 0) -> FixedPointSystem:
    """Two ridge predictors on the same data, with ridges ``lam_a`` and ``lam_b``.

    Parameters
    ----------
    pair : PopulationRidge
    independent : int
        Number of outer layers that the copies draw independently; what lies below is shared.

    Returns
    -------
    FixedPointSystem
        Both copies of the pair with their sample equations, and the cross-risk ``test``.

    Raises
    ------
    InputError
        If there are not so many layers.

    Examples
    --------
    >>> from asymptotics.models.pair_layers import spectrum
    >>> print(*two_ridges(spectrum()).equations, sep="; ")
    c_a*kappa_a = lam_a; c_a + df_a = n; c_b*kappa_b = lam_b; c_b + df_b = n
    """
    depth = len(pair.layers)
    if not 0 <= independent <= depth:
        raise InputError("independent", independent, f"a number of layers, at most {depth}")
    one, values = with_samples(pair)
    parting = {"kappa": KAPPA, **values} if independent == 0 else pair.levels[depth - independent]
    own = {LAM, *one.unknown_symbols(), *(d.symbol for d in one.definitions)}
    copies: list[FixedPointSystem] = []
    rule: dict[sp.Symbol, sp.Expr] = {}
    for mark in MARKS:
        names = {s: symbol(f"{s.name}_{mark}") for s in own}
        copies.append(rewritten(one, names))
        rule |= {symbol(f"{name}_{mark}"): parting[name].xreplace(names) for name in SHARED}
    name = f"{pair.system.name}.two-ridges"
    return pruned(joined(name, joined(name, copies[0], copies[1], {}), cross_rule(), rule))
