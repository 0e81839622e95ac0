r"""Ridge regression on random features whose constants have a law: pair of the layer, completed by the samples.

One chart, in inverse sizes and the ridge per sample, is regular up to infinitely many samples and features. Groups of
features, random biases and random scales are laws; a group of a larger ridge has smaller constants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.chart import DEGREES_OF_FREEDOM, RIDGE, Chart, Orders
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, FixedPointSystem, Observable, Unknown
from asymptotics.models.components import NORM_PER_FEATURE
from asymptotics.models.coordinates import (
    ETA,
    INV_N,
    INV_P,
    LAM,
    LAM_N,
    NOISE,
    NU,
    SAMPLES,
    C,
    at_coordinates,
)
from asymptotics.models.feature_groups_equations import groups_chart
from asymptotics.models.pair import KAPPA, SIZE, positive_domain, pruned
from asymptotics.models.pair_law import LAW, LINEAR, REST, WIDTH, features_of_law
from asymptotics.models.pair_layers import spectrum
from asymptotics.models.pair_learners import ridge
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

_KEPT = ("test", "bias", "variance", "train", "norm")


def program() -> QuadraticProgram:
    r"""Ridge regression on features of which every one has its own constants.

    With ``u = W v - beta`` the error in the eigenbasis of the inputs, ``W`` of variances ``s_i m_j/(dp)``, and
    ``r = X u + E v - epsilon`` the residual on the samples, where what is not linear is noise of its own, the energy is
    ``t |r|^2 + lam |v|^2`` with ``q`` times the mean square at a fresh input.

    Examples
    --------
    >>> sorted(program().observables)
    ['norm', 'test', 'train']
    """
    inputs, samples = SpectralDimension("D"), Dimension("n")
    features = SpectralDimension("P", LINEAR.name, LAW.name, companions=(REST.name,))
    u, v, r = Variable("u", inputs), Variable("v", features), Variable("r", samples)
    t, q, beyond = symbol("t"), symbol("q"), SpectralMatrix(features, REST.name)
    each = sp.S.One / WIDTH
    W = GaussianMatrix("W", inputs, features, each / SIZE, row_covariance="s", column_covariance=LINEAR.name)
    E = GaussianMatrix("E", samples, features, each, column_covariance=REST.name)
    output = (
        GaussianMatrix("X", samples, inputs) @ u + E @ v - GaussianVector("epsilon", samples, variance=NOISE)
    )
    return QuadraticProgram(
        t * norm2(r) + LAM * norm2(v) + q * norm2(u) + q * each * norm2(v, beyond),
        {u: W @ v - DeterministicVector("beta", inputs), r: output}, {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / samples.size, "norm": slope(LAM) / samples.size}, "feature-law",
    )  # fmt: skip


@cache
def equivalent() -> FixedPointSystem:
    """Ridge regression on features with a law, in the effective ridge per feature.

    Returns
    -------
    FixedPointSystem
        Unknowns ``nu`` and ``kappa_0``; observables free of subtractions.

    Examples
    --------
    >>> print(*equivalent().equations, sep="; ")
    A011 + A020 + A110 = df_0; c + df = n
    """
    system = ridge(spectrum().through(features_of_law()))
    kept = tuple(o for o in system.observables if o.name in _KEPT)
    each = Observable(
        NORM_PER_FEATURE.name, system.observable("norm") * SAMPLES / WIDTH, NORM_PER_FEATURE.meaning
    )
    system = replace(system, observables=(*kept, each))
    (relation,) = (e for e in system.equations if e.left == C * KAPPA)
    system = replace(
        system,
        name="feature-law",
        unknowns=tuple(u for u in system.unknowns if u.symbol != C),
        equations=tuple(e for e in system.equations if e is not relation),
        definitions=(Definition(C, relation.right / KAPPA, "n - df"), *system.definitions),
    )
    own = {KAPPA: Unknown(NU, "effective ridge per feature")}
    unknowns = tuple(own.get(u.symbol, u) for u in system.unknowns)
    return positive_domain(at_coordinates(pruned(system), {KAPPA: WIDTH * NU}, unknowns=unknowns))


def proportional() -> FixedPointSystem:
    """The limit of :func:`equivalent` for ``p = psi1 d``, ``n = psi2 d``: sizes are per dimension."""
    rule = {WIDTH: symbol("psi1"), SAMPLES: symbol("psi2"), SIZE: sp.S.One}
    return positive_domain(replace(at_coordinates(equivalent(), rule), name="feature-law.proportional"))


def inverse_chart(system: FixedPointSystem, samples: str = "n", width: str = "p") -> Chart:
    """The system in inverse sizes and the ridge per sample: regular where sizes are infinite.

    Parameters
    ----------
    system : FixedPointSystem
        As `equivalent` gives it.
    samples, width : str
        Names of its sizes.
    """
    rule = {symbol(width): 1 / INV_P, symbol(samples): 1 / INV_N, LAM: LAM_N / INV_N, C: ETA / INV_N}
    form = at_coordinates(system, rule, restated={C: Definition(ETA, LAM_N / NU, "1 - df/n")})
    history = system.provenance.then("chart in inverse sizes and the ridge per sample")
    form = positive_domain(replace(form, name=f"{system.name}.inverse", provenance=history))
    coordinates = {INV_N: 1 / SAMPLES, LAM_N: RIDGE / SAMPLES, INV_P: 1 / WIDTH}
    readings = {DEGREES_OF_FREEDOM: symbol("df")}
    return Chart(form, coordinates, SAMPLES, SAMPLES, (), LAM_N, _start(form), readings=readings)


def _start(form: FixedPointSystem) -> Orders:
    """Leading orders at infinite ridge, where features act as infinitely many do."""
    endless = pruned(at_coordinates(replace(form, observables=()), {INV_P: sp.S.Zero}))
    written = tuple(replace(d, expression=_in_front(d.expression)) for d in endless.definitions)
    return at_infinite_ridge(replace(endless, definitions=written), (LAM_N.name,))


def _in_front(expression: sp.Expr) -> sp.Expr:
    """Averages with what does not depend on what is averaged in front of them."""
    rule: dict[sp.Expr, sp.Expr] = {}
    for average in averages_in(expression):
        front, rest = average.function.as_independent(*average.letters, as_Add=False)
        rule[average] = front * SpectralAverage(rest, average.letters, average.measure)
    return expression.xreplace(rule)


def of_groups(count: int) -> Callable[..., Chart]:
    """The chart of so many groups with every degree of them; of the system nothing is used."""
    return lambda system, *sizes: groups_chart(count)


RECIPE = Recipe(
    "feature-law",
    start={"general": equivalent, "proportional": proportional},
    slack_form=lambda system, *sizes: system,
    sizes={"general": ("n", "p"), "proportional": ("psi2", "psi1")},
    charts={"inverse": inverse_chart, **{f"groups{count}": of_groups(count) for count in (1, 2, 3)}},
    theorems={"general": "feature-law", "proportional": "feature-law"},
    singular=False,
)
