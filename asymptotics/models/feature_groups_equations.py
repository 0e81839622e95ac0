r"""Groups of random features at finite dimension, every degree of them: blocks of independent features.

Group ``g`` has the eigenvalues ``s_g`` on the harmonics, with its share of the number of features in them; there is one
unknown for each group beside the effective ridge.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.chart import DEGREES_OF_FREEDOM, RIDGE, Chart, Orders
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, FixedPointSystem, Observable
from asymptotics.models.blocks import Block
from asymptotics.models.components import NORM_PER_FEATURE
from asymptotics.models.coordinates import (
    ETA,
    INV_N,
    INV_P,
    LAM,
    LAM_N,
    NU,
    SAMPLES,
    C,
    at_coordinates,
)
from asymptotics.models.neural_tangent_equations import equivalent_of
from asymptotics.models.pair import positive_domain, pruned
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

_WIDTH = symbol("p")


@cache
def equivalent(count: int) -> FixedPointSystem:
    """Ridge regression on so many groups of features, any spectrum.

    Examples
    --------
    >>> for equation in equivalent(1).equations:
    ...     print(equation)
    a_1*g_1 = T02 + T11 + g_1*rest_1/nu
    c + df = n
    """
    return equivalent_of(blocks_of(count), f"feature-groups{count}")


def blocks_of(count: int) -> tuple[Block, ...]:
    """A block for each group.

    Examples
    --------
    >>> [block.width for block in blocks_of(2)]
    ['p_1', 'p_2']
    """
    return tuple(Block(str(g), f"s_{g}", f"p_{g}") for g in range(1, count + 1))


@cache
def groups_chart(count: int) -> Chart:
    """The equations of so many groups, in inverse sizes and the ridge per sample.

    Widths of the groups are ``share_g`` of the number of features.
    """
    blocks = blocks_of(count)
    system = equivalent(count)
    rule: dict[sp.Symbol, sp.Expr] = {b.size: symbol(f"share_{b.mark}") / INV_P for b in blocks}
    rule |= {C: ETA / INV_N, SAMPLES: 1 / INV_N, LAM: LAM_N / INV_N}
    form = at_coordinates(system, rule, restated={C: Definition(ETA, LAM_N / NU, "1 - df/n")})
    each = sp.factor(form.observable("norm") * INV_P / INV_N)
    per_feature = Observable(NORM_PER_FEATURE.name, each, NORM_PER_FEATURE.meaning)
    form = positive_domain(replace(form, observables=(*form.observables, per_feature)))
    coordinates = {INV_N: 1 / SAMPLES, LAM_N: RIDGE / SAMPLES, INV_P: 1 / _WIDTH}
    readings = {DEGREES_OF_FREEDOM: symbol("df")}
    start = _start(form, blocks)
    return Chart(form, coordinates, SAMPLES, SAMPLES, (), LAM_N, start, readings=readings, unique=True)


def _start(form: FixedPointSystem, blocks: tuple[Block, ...]) -> Orders:
    """Leading orders at infinite ridge: loads vanish there, so that gains are those of infinitely many features."""
    unmoved = {b.symbol("g"): sp.S.One for b in blocks}
    bare = replace(form, observables=())
    endless = pruned(at_coordinates(bare, {INV_P: sp.S.Zero}, without=unmoved))
    return at_infinite_ridge(endless, (LAM_N.name,))
