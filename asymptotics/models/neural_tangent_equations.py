r"""The full linearization of a two-layer network: random features and tangent features, as blocks.

Features :math:`\sigma(\langle\theta_j,x\rangle/\sqrt d)/\sqrt p` and
:math:`a_j^0\sigma'(\langle\theta_j,x\rangle/\sqrt d)\,x_i/\sqrt{pd}` are replaced by two blocks of independent Gaussian
features with the same kernels, ``p`` of them and ``N = pd``, the second with weights ``w`` of the law of the squared
second layer (assumed, with references); everything else is derived. One chart, in inverse sizes, is regular up to
infinitely many samples and neurons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

import sympy as sp

from asymptotics.equations.chart import DEGREES_OF_FREEDOM, RIDGE, Chart
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import (
    Definition,
    FixedPointSystem,
)
from asymptotics.models import few_neurons_equations
from asymptotics.models.blocks import LAW, Block, program_of
from asymptotics.models.blocks_pair import blocks_pair
from asymptotics.models.coordinates import ETA, INV_N, LAM, LAM_N, NU, SAMPLES, C, at_coordinates, ordered
from asymptotics.models.pair import KAPPA, below, joined, named_pair, positive_domain, pruned, rewritten
from asymptotics.models.pair_learners import WIDTH, ridge_rule
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

RANDOM = Block("f", "s", "p", start="start")
TANGENT = Block("t", "m", "N", law="w")
"""The two blocks: outputs of neurons, and their slopes times the inputs."""

EQUIVALENCE = (
    "Gaussian equivalence: random and tangent features may be replaced by Gaussian ones with the same kernels, and "
    "tangent features of one neuron by independent ones [AdlamPennington2020b, MontanariZhong2022]"
)
_REFERENCES = ("AdlamPennington2020b", "MontanariZhong2022")
_KEPT = ("test", "bias", "variance", "train", "norm")
_ENDLESS = symbol("inv_N")


def program() -> QuadraticProgram:
    """Ridge regression on random and tangent features as blocks, from the network's function at the start.

    Examples
    --------
    >>> [dimension.name for dimension in program().spectral_dimensions()]
    ['D', 'P_t']
    """
    return program_of((RANDOM, TANGENT), "neural-tangent")


@cache
def equivalent_of(blocks: tuple[Block, ...], name: str) -> FixedPointSystem:
    """Ridge regression on blocks: their population pair, completed by the sample equation.

    Parameters
    ----------
    blocks : tuple of Block
        Of features.
    name : str
        Of the system.

    Returns
    -------
    FixedPointSystem
        Unknowns ``nu`` and a load for every block; observables free of subtractions.
    """
    inner, values = named_pair(blocks_pair(blocks), "")
    known = {below(quantity): value for quantity, value in values.items()}
    system = rewritten(joined(name, inner, ridge_rule(), {**known, WIDTH: sp.S.One}), {KAPPA: NU})
    (ridge,) = (e for e in system.equations if e.left == C * NU)
    history = replace(
        system.provenance,
        assumptions=(EQUIVALENCE, *system.provenance.assumptions),
        references=_REFERENCES,
    )
    found = replace(
        system,
        unknowns=tuple(u for u in system.unknowns if u.symbol != C),
        equations=tuple(e for e in system.equations if e is not ridge),
        definitions=(Definition(C, ridge.right / NU, "n - df"), *system.definitions),
        observables=tuple(o for o in system.observables if o.name in _KEPT),
        provenance=history,
    )
    return positive_domain(pruned(found))


def equivalent() -> FixedPointSystem:
    """Ridge regression on random and tangent features."""
    return equivalent_of((RANDOM, TANGENT), "neural-tangent")


def proportional() -> FixedPointSystem:
    """The limit of :func:`equivalent` for ``p = psi1 d``, ``n = psi2 d``: infinitely many tangent features, whose
    load is then explicit.
    """
    system = equivalent()
    rule = {symbol("p"): symbol("psi1"), SAMPLES: symbol("psi2")}
    system = replace(rewritten(system, rule), name="neural-tangent.proportional")
    system = at_coordinates(system, {TANGENT.size: 1 / _ENDLESS})
    load, gain = TANGENT.symbol("a"), TANGENT.symbol("g")
    unmoved = {TANGENT.symbol("falls"): sp.S.Zero, TANGENT.symbol("stays"): sp.S.One, gain: sp.S.One}
    system = at_coordinates(system, {_ENDLESS: sp.S.Zero}, without=unmoved)
    (own,) = (e for e in system.equations if e.left == load)
    definitions = ordered((*system.definitions, Definition(load, own.right, own.meaning)))
    found = replace(
        system,
        unknowns=tuple(u for u in system.unknowns if u.symbol != load),
        equations=tuple(e for e in system.equations if e is not own),
        definitions=definitions,
        measures=tuple(m for m in system.measures if m.symbol.name != LAW),
        provenance=system.provenance.then("infinitely many tangent features: their gain is one"),
    )
    return positive_domain(pruned(found))


def inverse_chart(system: FixedPointSystem, samples: str = "n", *widths: str) -> Chart:
    """The system in inverse sizes and the ridge per sample: regular where sizes are infinite.

    Parameters
    ----------
    system : FixedPointSystem
    samples : str
    *widths : str
        Names of the numbers of features: random, then tangent ones.
    """
    names = zip(map(symbol, widths), (RANDOM.size, TANGENT.size), strict=False)
    return _chart(
        system, samples, {size: of for size, of in names if size in system.parameter_symbols()}, "inverse"
    )


def tangent_chart(system: FixedPointSystem, samples: str = "n", *widths: str) -> Chart:
    """The same for tangent features alone; of the system only its regime matters.

    Parameters
    ----------
    system : FixedPointSystem
        Of tangent features alone.
    samples : str
        Name of that size.
    """
    alone = equivalent_of((TANGENT,), system.name)
    sizes = {TANGENT.size: TANGENT.size}
    return _chart(rewritten(alone, {SAMPLES: symbol(samples)}), samples, sizes, "tangent")


def _chart(system: FixedPointSystem, samples: str, widths: Mapping[sp.Symbol, sp.Symbol], name: str) -> Chart:
    """A system in inverse sizes; ``widths`` are its sizes, and what they are called in coordinates."""
    inverse = {size: symbol(f"inv_{of.name}") for size, of in widths.items()}
    rule: dict[sp.Symbol, sp.Expr] = {size: 1 / value for size, value in inverse.items()}
    slack = {C: Definition(ETA, LAM_N / NU, "1 - df/n")}
    rule |= {C: ETA / INV_N, symbol(samples): 1 / INV_N, LAM: LAM_N / INV_N}
    form = at_coordinates(system, rule, restated=slack)
    form = positive_domain(
        replace(
            form, name=f"{system.name}.{name}",
            provenance=system.provenance.then("chart in inverse sizes and the ridge per sample"),
        )
    )  # fmt: skip
    coordinates = {INV_N: 1 / SAMPLES, LAM_N: RIDGE / SAMPLES}
    coordinates |= {value: 1 / widths[size] for size, value in inverse.items()}
    return Chart(
        form,
        coordinates,
        SAMPLES,
        SAMPLES,
        (),
        LAM_N,
        _start(form),
        readings={DEGREES_OF_FREEDOM: symbol("df")},
        unique=True,
    )


def _start(form: FixedPointSystem) -> dict[sp.Symbol, tuple[sp.Expr, Fraction]]:
    """Leading orders at infinite ridge: loads vanish there, so that gains are those of infinitely many features."""
    inside = {s for e in form.equations for s in form.expand(e.residual).free_symbols}
    inverse = {s: sp.S.Zero for s in (symbol(f"inv_{b.size.name}") for b in (RANDOM, TANGENT)) if s in inside}
    endless = pruned(at_coordinates(replace(form, observables=()), inverse))
    gains = {b.symbol("g") for b in (RANDOM, TANGENT)}
    ends = {d.symbol: d.expression for d in endless.definitions if d.symbol in gains}
    found = at_infinite_ridge(endless, (LAM_N.name,))
    return {u: (sp.cancel(value.xreplace(ends)), power) for u, (value, power) in found.items()}


def few_chart(system: FixedPointSystem, *sizes: str) -> Chart:
    """Tangent features of a few neurons; of the system nothing is used."""
    return few_neurons_equations.chart()


RECIPE = Recipe(
    "neural-tangent",
    start={"general": equivalent, "proportional": proportional},
    slack_form=lambda system, *sizes: system,
    sizes={"general": ("n", "p", "N"), "proportional": ("psi2", "psi1")},
    charts={"inverse": inverse_chart, "tangent": tangent_chart, "few": few_chart},
    theorems={"general": "neural-tangent", "proportional": "neural-tangent"},
    singular=False,
)
