r"""Learners, derived once for all models: what is asked of a model is its population pair.

The features enter a learner only through their covariance, so its rule is derived from one program: Gaussian features
with any spectrum. Averages over the spectrum are then written in the pair of the spectrum, which makes the rule an open
system that any pair completes.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Parameter, Unknown
from asymptotics.models import coordinates, kernel_ridge_equations
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
    pruned,
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
    extra = {"minimum": (start.observable("minimum"), "minimum of the energy")}
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
