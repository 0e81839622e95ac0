r"""Learners, derived once for all models: what is asked of a model is its population pair.

The features enter a learner only through their covariance, so its rule is derived from one program: Gaussian features
with any spectrum. Averages over the spectrum are then written in the pair of the spectrum, which makes the rule an open
system that any pair completes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import InputError
from asymptotics.models import coordinates, kernel_ridge_equations
from asymptotics.models.components import Component
from asymptotics.models.coordinates import LAM, NOISE, NU, C
from asymptotics.models.pair import (
    KAPPA,
    MEANINGS,
    PAIR,
    WHOLE,
    PopulationRidge,
    below,
    joined,
    named_pair,
    positive_domain,
    pruned,
    suffixed,
)
from asymptotics.models.pair_layers import in_pair

SAMPLES, WIDTH = symbol("n"), symbol("width")

UNIQUE = "c = lam*width/kappa and df both decrease in kappa, so c + df decreases from infinity to zero"

_MEANINGS = {
    SAMPLES: "samples",
    WIDTH: "number of features: they carry one over its square root",
    LAM: "ridge",
    NOISE: "label-noise variance",
    **{below(name): meaning for name, meaning in PAIR.items()},
}


@cache
def ridge_rule() -> FixedPointSystem:
    r"""Ridge regression on features of any covariance, as an open system in their pair.

    Returns
    -------
    FixedPointSystem
        Unknowns ``kappa`` and ``c = n - df``; observables ``test``, ``bias``, ``variance``, ``train``, ``norm`` (per
        sample) and ``minimum``, free of subtractions. Features carry one over the root of ``width``.

    Examples
    --------
    >>> rule = ridge_rule()
    >>> [str(e) for e in rule.equations]
    ['c*kappa = lam*width', 'c + df_in = n']
    >>> rule.observable("bias")
    error_in*n/(c + partial_in)
    >>> rule.observable("minimum")
    c*(noise + objective_in)
    """
    start = kernel_ridge_equations.equivalent()
    extra = {Component("minimum", "minimum of the energy"): start.observable("minimum")}
    on_shell = {LAM: C * NU, SAMPLES: C + coordinates.degrees_of_freedom(start)}
    ridge_equation = Equation(C * NU, LAM, "ridge")
    slack = coordinates.slack_form(start, {SAMPLES: C}, ridge_equation, on_shell, extra, UNIQUE).expanded()
    names = {name: below(name) for name in PAIR}
    scaled = {NU: KAPPA, LAM: LAM * WIDTH}

    def written(expression: sp.Expr) -> sp.Expr:
        (value,) = in_pair([expression], NU, names)
        return value.xreplace(scaled)

    equations = tuple(
        Equation(sp.expand(written(e.left).xreplace(WHOLE)), e.right.xreplace(scaled), e.meaning)
        for e in slack.equations
    )
    values = {o.name: sp.factor(written(o.expression)) for o in slack.observables}
    values["minimum"] = sp.factor(sp.expand(values["minimum"].xreplace(WHOLE)))
    values["norm"] *= WIDTH
    observables = tuple(Observable(o.name, values[o.name], o.meaning) for o in slack.observables)
    used = {s for e in equations for s in e.residual.free_symbols}
    used |= {s for o in observables for s in o.expression.free_symbols}
    return FixedPointSystem(
        name="pair.ridge",
        parameters=tuple(Parameter(s, _MEANINGS[s]) for s in sorted(used - {KAPPA, C}, key=str)),
        unknowns=(Unknown(KAPPA, MEANINGS[KAPPA]), Unknown(C, "n - df")),
        equations=equations,
        observables=observables,
        domain=Domain((Condition(KAPPA), Condition(C)), UNIQUE),
        provenance=slack.provenance.then("averages over the spectrum written in its population pair"),
    )


def ridge(pair: PopulationRidge) -> FixedPointSystem:
    """Ridge regression on the features of a pair: its system, completed by the sample equation.

    Examples
    --------
    >>> from asymptotics.models.pair_layers import features, spectrum
    >>> system = ridge(spectrum().through(features()))
    >>> print(*system.equations, sep="; ")
    kappa_0*mu1sq*p/(d*h) = 1; c*kappa = lam*p; c + df = n
    """
    return pruned(with_samples(pair)[0])


def with_samples(pair: PopulationRidge) -> tuple[FixedPointSystem, dict[str, sp.Expr]]:
    """A pair with the sample equation, every quantity of the pair defined, and the symbols of these."""
    inner, values = named_pair(pair.system, "")
    known = {below(name): value for name, value in values.items()}
    return joined(f"{pair.system.name}.ridge", inner, ridge_rule(), {**known, WIDTH: pair.width}), values


def ridge_per_feature(pair: PopulationRidge) -> FixedPointSystem:
    """Ridge regression in effective ridges per feature and inverse widths: regular where widths are infinite.

    Each layer has ``inv_p`` (numbered if there are several layers) for one over its number of features, and a ``share``
    for each group if there are several groups; ``nu`` is the effective ridge divided by the number of features.

    Raises
    ------
    InputError
        If a width has been given a value.

    Examples
    --------
    >>> from asymptotics.models.pair_layers import features, spectrum
    >>> system = ridge_per_feature(spectrum().through(features()))
    >>> print(*system.equations, sep="; ")
    kappa_0*mu1sq/(d*eta) = 1; c*nu = lam; c + df = n
    """
    system = ridge(pair)
    rule: dict[sp.Symbol, sp.Expr] = {}
    sums: dict[sp.Symbol, tuple[sp.Symbol, sp.Expr]] = {}
    for number, layer in enumerate(pair.layers, 1):
        last = number == len(pair.layers)
        mark = f"_{number}" if len(pair.layers) > 1 else ""
        names, inverse = suffixed(pair.layers, number), symbol(f"inv_p{mark}")
        outer = KAPPA if last else symbol(f"kappa_{number}")
        rule[outer] = symbol("nu" if last else f"nu_{number}") / inverse
        for group, width in enumerate(layer.widths, 1):
            part = f"_{group}" if len(layer.widths) > 1 else ""
            if not width.is_Symbol:
                raise InputError("pair", str(width), "layers whose widths have no values yet")
            rule[width.xreplace(names)] = (symbol(f"share{part}{mark}") if part else sp.S.One) / inverse
            sums[symbol(f"h{part}{mark}")] = symbol(f"eta{part}{mark}"), inverse
    rule |= {h: eta / inverse for h, (eta, inverse) in sums.items()}
    return _scaled(system, rule, sums)


def _scaled(
    system: FixedPointSystem,
    rule: Mapping[sp.Symbol, sp.Expr],
    sums: Mapping[sp.Symbol, tuple[sp.Symbol, sp.Expr]],
) -> FixedPointSystem:
    """The system with symbols that are scaled by inverse widths; ``sums`` are the definitions among them."""

    def written(expression: sp.Expr) -> sp.Expr:
        if not expression.free_symbols & set(rule):
            return expression
        terms = sp.Add.make_args(expression)
        return sp.Add(*(sp.factor(term.xreplace(rule)) for term in terms))

    definitions = []
    for d in system.definitions:
        if d.symbol in sums:
            name, inverse = sums[d.symbol]
            definitions.append(
                Definition(name, sp.expand(inverse * written(d.expression)), f"{d.meaning}, scaled")
            )
        else:
            definitions.append(Definition(d.symbol, written(d.expression), d.meaning))
    equations = []
    for e in system.equations:
        left, right = written(e.left), written(e.right)
        common = sp.gcd(sp.fraction(left)[1], sp.fraction(right)[1])
        sides = (left, right) if common == 1 else (sp.cancel(common * left), sp.factor(common * right))
        equations.append(Equation(*sides, e.meaning))
    observables = tuple(Observable(o.name, written(o.expression), o.meaning) for o in system.observables)
    ridges = {s: value.as_numer_denom()[0] for s, value in rule.items()}
    unknowns = tuple(Unknown(ridges.get(u.symbol, u.symbol), u.meaning) for u in system.unknowns)
    new = {s for value in rule.values() for s in value.free_symbols} - {u.symbol for u in unknowns}
    new -= {d.symbol for d in definitions}
    kept = [q for q in system.parameters if q.symbol not in rule]
    added = [Parameter(s, _scale_meaning(s)) for s in sorted(new, key=str)]
    return positive_domain(
        replace(
            system, name=f"{system.name}.per-feature", parameters=(*kept, *added), unknowns=unknowns,
            equations=tuple(equations), definitions=tuple(definitions), observables=observables,
        )
    )  # fmt: skip


def _scale_meaning(parameter: sp.Symbol) -> str:
    if parameter.name.startswith("inv"):
        return "one over the number of features, zero for infinitely many"
    return "share of the features in a group"
