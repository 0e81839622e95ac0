r"""Ridge regression on random features of any depth: the pair of every layer on that of the layer below.

A layer is Gaussian, orthogonal (narrow or wide), or Gaussian with constants of a law: where the layer below has a mean
every neuron has a random bias. One chart, in inverse sizes and the ridge per sample, is regular up to infinitely many
samples and neurons. There is one short equation a layer, in the effective ridges :math:`\kappa_0` of the inputs and
:math:`\nu_l` of the layers, per neuron; each is linear in the ridge that comes next, so that the solution is found by
climbing from :math:`\kappa_0`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.chart import DEGREES_OF_FREEDOM, RIDGE, Chart, Orders
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Observable, Unknown
from asymptotics.errors import InputError
from asymptotics.models.components import NORM_PER_FEATURE
from asymptotics.models.coordinates import ETA, INV_N, LAM, LAM_N, NOISE, NU, SAMPLES, C, at_coordinates
from asymptotics.models.pair import (
    INNER,
    KAPPA,
    SIZE,
    Layer,
    PopulationRidge,
    below,
    positive_domain,
    pruned,
    rewritten,
)
from asymptotics.models.pair_law import LAW, LINEAR, REST, features_of_law
from asymptotics.models.pair_layers import constants, features, spectrum
from asymptotics.models.pair_learners import ridge
from asymptotics.models.pair_orthogonal import FREE, OUTSIDE, orthogonal
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import DeterministicVector, GaussianMatrix, GaussianVector, Variable
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

GAUSSIAN, OF_LAW, NARROW, WIDE = "gaussian", "law", "narrow", "wide"

_LAYERS: Mapping[str, Callable[[], Layer]] = {
    GAUSSIAN: features,
    OF_LAW: features_of_law,
    NARROW: lambda: orthogonal(True),
    WIDE: lambda: orthogonal(False),
}
_KEPT = ("test", "bias", "variance", "train", "norm")


def mark(kinds: tuple[str, ...], number: int) -> str:
    """What the names of a layer's quantities end with: its number, if there are several.

    Parameters
    ----------
    kinds : tuple of str
        The kinds of all layers, from the inputs up.
    number : int
        Of the layer, from 1.
    """
    return f"_{number}" if len(kinds) > 1 else ""


def letters(kinds: tuple[str, ...], number: int) -> tuple[str, str, str]:
    """Names of the linear constants and of the rest of a layer's law, and of the law.

    Parameters
    ----------
    kinds : tuple of str
        The kinds of all layers, from the inputs up.
    number : int
        Of the layer, from 1.
    """
    end = mark(kinds, number)
    return f"{LINEAR.name}{end}", f"{REST.name}{end}", f"{LAW.name}{end}"


def program(kinds: tuple[str, ...] = (GAUSSIAN, GAUSSIAN)) -> QuadraticProgram:
    r"""Ridge regression on the Gaussian equivalent of a stack of Gaussian layers, layer by layer.

    With ``u_{l-1} = W_l u_l``, ``u_0 = W_1 u_1 - beta`` the error in the eigenbasis of the inputs, and
    ``r = X u_0 + sum_l Z_l u_l - epsilon`` the residual on the samples, where the part of a layer that is not linear is
    noise of its own, the energy is ``t|r|^2 + lam|u_L|^2`` and ``q`` times the mean square at a fresh input.

    Raises
    ------
    InputError
        If a layer is not Gaussian: its rule is derived from a program of its own.

    Examples
    --------
    >>> sorted(program().observables)
    ['norm', 'test', 'train']
    """
    if set(kinds) != {GAUSSIAN}:
        raise InputError("layers", kinds, "Gaussian layers for a program of all of them")
    inputs, samples = SpectralDimension("D"), Dimension("n")
    t, q = symbol("t"), symbol("q")
    u, r = Variable("u_0", inputs), Variable("r", samples)
    residual = GaussianMatrix("X", samples, inputs, row_covariance=1) @ u - GaussianVector(
        "epsilon", samples, variance=NOISE
    )
    energy, constraints, before = t * norm2(r) + q * norm2(u), {}, u
    size: sp.Expr = SIZE
    for number in range(1, len(kinds) + 1):
        end = mark(kinds, number)
        neurons = Dimension(f"p{end}")
        this = Variable(f"u_{number}", neurons)
        last = number == len(kinds)
        scale = 1 / neurons.size if last else sp.S.One
        first, rest = (symbol(f"{name}{end}") * scale for name in ("mu1sq", "mu_starsq"))
        own = {"row_covariance": "s"} if number == 1 else {}
        form = GaussianMatrix(f"W_{number}", before.dimension, neurons, first / size, **own) @ this
        constraints[before] = form - DeterministicVector("beta", inputs) if number == 1 else form
        residual = residual + GaussianMatrix(f"Z_{number}", samples, neurons, rest) @ this
        energy = energy + q * rest * norm2(this)
        before, size = this, neurons.size
    constraints[r] = residual
    return QuadraticProgram(
        energy + LAM * norm2(before), constraints, {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / samples.size, "norm": slope(LAM) / samples.size},
        f"deep{len(kinds)}",
    )  # fmt: skip


def stack(kinds: tuple[str, ...]) -> PopulationRidge:
    """The pair of a stack of layers, each with letters of its own.

    Examples
    --------
    >>> print(*stack((GAUSSIAN, WIDE)).system.equations, sep="; ")
    kappa_0*mu1sq_1*p_1/(d*h_1) = 1; kappa_1*mu1sq_2*p_2 = kappa*p_1 + mu_starsq_2*p_1
    """
    pair = spectrum()
    for number, kind in enumerate(kinds, 1):
        pair = pair.through(_lettered(_LAYERS[kind](), letters(kinds, number)))
    return pair


def _lettered(layer: Layer, names: tuple[str, str, str]) -> Layer:
    """A layer whose law has other letters, so that several laws stand side by side."""
    system = layer.system
    if not system.measures:
        return layer
    rule = dict(zip((LINEAR, REST, LAW), map(symbol, names), strict=True))
    measures = tuple(
        replace(m, symbol=m.symbol.xreplace(rule), variable=m.variable.xreplace(rule))
        for m in system.measures
    )
    both = replace(system, measures=(*system.measures, *measures))
    return replace(layer, system=replace(rewritten(both, rule), measures=measures))


@cache
def equivalent(kinds: tuple[str, ...] = (GAUSSIAN, GAUSSIAN)) -> FixedPointSystem:
    """Ridge regression on a stack of layers, in the effective ridges of the inputs and of the layers.

    Parameters
    ----------
    kinds : tuple of str
        What each layer is, from the inputs outwards.

    Examples
    --------
    >>> print(*equivalent().equations, sep="; ")
    kappa_0*mu1sq_1*p_1/(d*h_1) = 1; kappa_1*mu1sq_2*p_2/(h_2*p_1) = 1; c + df = n
    """
    pair = stack(kinds)
    system = ridge(pair)
    each = Observable(
        NORM_PER_FEATURE.name, system.observable("norm") * SAMPLES / pair.width, NORM_PER_FEATURE.meaning
    )
    (relation,) = (e for e in system.equations if e.left == C * KAPPA)
    found = replace(
        system,
        name=f"deep-random-features.{'-'.join(kinds)}",
        observables=(*(o for o in system.observables if o.name in _KEPT), each),
        unknowns=tuple(u for u in system.unknowns if u.symbol != C),
        equations=tuple(e for e in system.equations if e is not relation),
        definitions=(Definition(C, relation.right / KAPPA, "n - df"), *system.definitions),
    )
    return positive_domain(pruned(found))


@cache
def inverse_chart(kinds: tuple[str, ...]) -> Chart:
    """The system in inverse sizes and the ridge per sample: regular where sizes are infinite.

    Parameters
    ----------
    kinds : tuple of str

    Returns
    -------
    Chart
        Sizes ``n``, ``p1``, ``p2``, ...; constants of layer ``l`` end with ``_l`` if there are several layers.
    """
    system, count = equivalent(kinds), len(kinds)
    widths = {number: symbol(f"p{mark(kinds, number)}") for number in range(1, count + 1)}
    inverse = {number: symbol(f"inv_p{number}") for number in widths}
    outer = {number: KAPPA if number == count else symbol(f"kappa_{number}") for number in widths}
    per_neuron = {number: NU if number == count else symbol(f"nu_{number}") for number in widths}
    rule: dict[sp.Symbol, sp.Expr] = {widths[k]: 1 / inverse[k] for k in widths}
    rule |= {outer[k]: per_neuron[k] / inverse[k] for k in widths}
    rule |= {C: ETA / INV_N, SAMPLES: 1 / INV_N, LAM: LAM_N / INV_N}
    names = {outer[k]: Unknown(per_neuron[k], "effective ridge per neuron") for k in widths}
    unknowns = tuple(names.get(u.symbol, u) for u in system.unknowns)
    restated = {C: Definition(ETA, LAM_N / NU, "1 - df/n")}
    for number in widths:
        for of in (d for d in system.definitions if d.symbol == symbol(f"h{mark(kinds, number)}")):
            value = sp.expand(inverse[number] * of.expression.xreplace(rule))
            own = Definition(symbol(f"h_per_p{number}"), value, f"{of.meaning}, per neuron")
            restated[of.symbol], rule[of.symbol] = own, own.symbol / inverse[number]
    form = at_coordinates(system, rule, restated=restated, unknowns=unknowns)
    equations = tuple(_regular(e, tuple(inverse.values())) for e in form.equations)
    form = replace(form, equations=equations)
    history = system.provenance.then("chart in inverse sizes and the ridge per sample")
    form = positive_domain(replace(form, name=f"{system.name}.inverse", provenance=history))
    defined = {d.symbol.name for d in form.definitions}
    left = [f"{s.name}{mark(kinds, k)}" for k in widths for s in (FREE, OUTSIDE)]
    conditions = (*form.domain.conditions, *(Condition(symbol(name)) for name in left if name in defined))
    form = replace(form, domain=Domain(conditions, form.domain.uniqueness))
    coordinates = {INV_N: 1 / SAMPLES, LAM_N: RIDGE / SAMPLES}
    coordinates |= {inverse[k]: 1 / symbol(f"p{k}") for k in widths}
    readings = {DEGREES_OF_FREEDOM: symbol("df")}
    order = () if OF_LAW in kinds else tuple(u.symbol for u in form.unknowns)
    return Chart(
        form, coordinates, SAMPLES, SAMPLES, (), LAM_N, _start(kinds), readings=readings, ladder=order
    )


def _regular(equation: Equation, inverse: tuple[sp.Symbol, ...]) -> Equation:
    """An equation without inverse sizes in denominators."""
    factor = sp.S.One
    for side in (equation.left, equation.right):
        for term in sp.Add.make_args(sp.expand(side)):
            under = sp.fraction(term)[1].as_powers_dict()
            factor = sp.lcm(factor, sp.Mul(*(s ** under[s] for s in inverse if s in under)))
    return Equation(sp.expand(factor * equation.left), sp.expand(factor * equation.right), equation.meaning)


def _start(kinds: tuple[str, ...]) -> Orders:
    """Leading orders at infinite ridge, layer by layer from the outermost one."""
    found: dict[sp.Symbol, tuple[sp.Expr, Fraction]] = {NU: (sp.S.One, Fraction(1))}
    ratio = sp.S.One
    for number in range(len(kinds), 0, -1):
        per = _outward(kinds[number - 1]).xreplace(_names(kinds, number))
        ratio = sp.cancel(ratio * per)
        inner = symbol(f"nu_{number - 1}" if number > 1 else "kappa_0")
        found[inner] = (ratio * (SIZE if number == 1 else 1), Fraction(1))
    return found


def _names(kinds: tuple[str, ...], number: int) -> dict[sp.Basic, sp.Basic]:
    """New names for the constants of a layer, or for the letters of its law."""
    new = (*(f"{name}{mark(kinds, number)}" for name in ("mu1sq", "mu_starsq")), *letters(kinds, number))
    old = (*constants(1, 1)[1:], LINEAR, REST, LAW)
    return dict(zip(old, map(symbol, new), strict=True))


@cache
def _outward(kind: str) -> sp.Expr:
    """Effective ridge below a layer per direction, in units of that of the layer per neuron, at infinite ridge.

    There what lies below learns next to nothing: its degrees of freedom are a trace over the effective ridge, or zero
    where equations hold something that they are small against.
    """
    layer = _LAYERS[kind]()
    (width,) = layer.widths
    trace = symbol("trace_in") if kind == OF_LAW else sp.S.Zero
    rule = {below("df"): trace / INNER, width: 1 / symbol("inv_p"), KAPPA: NU / symbol("inv_p")}
    rule |= {below(name): trace / INNER for name in ("df2", "partial")}
    form = pruned(replace(layer.system, observables=()))
    form = replace(form, definitions=tuple(_in_front(d) for d in form.definitions))
    form = positive_domain(pruned(at_coordinates(form, rule)))
    (coefficient, power) = at_infinite_ridge(form, (NU.name,))[INNER]
    assert power == 1
    return sp.cancel(coefficient / SIZE)


def _in_front(definition: Definition) -> Definition:
    """A definition with what does not depend on what is averaged in front of averages."""
    rule: dict[sp.Expr, sp.Expr] = {}
    for average in averages_in(definition.expression):
        front, rest = average.function.as_independent(*average.letters, as_Add=False)
        rule[average] = front * SpectralAverage(rest, average.letters, average.measure)
    return replace(definition, expression=definition.expression.xreplace(rule))


RECIPE = Recipe(
    "deep-random-features",
    start={"general": equivalent},
    slack_form=lambda system, *sizes: system,
    sizes={"general": ("n", "p1", "p2")},
    charts={"inverse": lambda system, *sizes: inverse_chart((GAUSSIAN, GAUSSIAN))},
    theorems={"general": "deep-random-features"},
    singular=False,
)
"""Two Gaussian layers, recorded; other stacks are composed of the same rules when they are asked for."""
