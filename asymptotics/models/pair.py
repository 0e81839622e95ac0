r"""The population pair: degrees of freedom and minimum of a ridge without samples, for any stack of layers.

For unnormalised features :math:`\varphi` with covariance :math:`\Omega` and a noiseless target :math:`f`

.. math:: df(\kappa) = \operatorname{Tr}\Omega(\Omega+\kappa)^{-1}, \qquad
          R(\kappa) = \min_b\; E(f - \varphi\cdot b)^2 + \kappa\|b\|^2 .

A learner asks a model for these two functions only. Each is carried in two parts that are sums of positive terms, so
that nothing is ever subtracted: :math:`df = df_2 + \mathtt{partial}` with
:math:`\mathtt{partial} = -\kappa\, df'`, and :math:`R = \mathtt{error} + \mathtt{penalty}` with
:math:`\mathtt{penalty} = \kappa R'` (the term :math:`\kappa\|b\|^2` of the minimum) and ``error`` the error of the
minimizer.

Models are layers on a given spectrum. A layer is an *open* system: its parameters include the pair of what lies
below, and its unknown is the effective ridge there. Stacking puts each pair into the next layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, combine_averages
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
from asymptotics.errors import DerivationError, InputError

KAPPA, INNER, SIZE = symbol("kappa"), symbol("kappa_in"), symbol("d")
"""Effective ridge on the features, the one on what lies below a layer, and the size of that."""

PAIR = {
    "df": "degrees of freedom",
    "objective": "minimum R of the population ridge",
    "df2": "trace of the square of Omega/(Omega + kappa)",
    "partial": "fall of df with the logarithm of kappa: df - df2",
    "error": "error of the minimizer",
    "penalty": "growth of R with the logarithm of kappa: kappa times the squared norm of the minimizer",
}
"""The pair and the two parts of each, and what they are."""

MEANINGS = {
    KAPPA: "effective ridge on the features",
    INNER: "effective ridge on what lies below",
    SIZE: "size of what lies below",
    symbol("p"): "number of features",
    symbol("mu1sq"): "squared linear constant: weights have this over d as their variance",
    symbol("mu_starsq"): "variance of the part of a feature that is not linear",
}
"""Meanings of symbols; those of a group or a layer carry its number."""


def meaning_of(parameter: sp.Symbol) -> str:
    """What a parameter of a layer means, whatever number it carries."""
    stem = parameter.name.removesuffix("_in")
    if stem in PAIR and stem != parameter.name:
        return f"{PAIR[stem]}, of what lies below"
    return MEANINGS.get(parameter) or MEANINGS.get(symbol(re.sub(r"(_[0-9]+)+\Z", "", parameter.name)), "")


def below(name: str) -> sp.Symbol:
    """Symbol of a quantity of the pair below a layer.

    Examples
    --------
    >>> below("df2")
    df2_in
    """
    return symbol(f"{name}_in")


WHOLE = {
    below("df2"): below("df") - below("partial"),
    below("error"): below("objective") - below("penalty"),
}
"""Parts of the pair below a layer, in the pair and the other parts."""


def pair_observables(values: Mapping[str, sp.Expr]) -> tuple[Observable, ...]:
    """The quantities of :data:`PAIR` as observables of a system."""
    return tuple(Observable(name, values[name], meaning) for name, meaning in PAIR.items())


@dataclass(frozen=True)
class Layer:
    """A map from the pair of what lies below to the pair of the features, as an open system.

    Attributes
    ----------
    system : FixedPointSystem
        Unknown :data:`INNER`; parameters :data:`KAPPA`, :data:`SIZE`, those of the layer, and the quantities of
        :data:`PAIR` below it; observables as :func:`pair_observables` gives them.
    widths : tuple of sympy.Expr
        Numbers of features, one for each group.
    """

    system: FixedPointSystem
    widths: tuple[sp.Expr, ...]

    @property
    def digest(self) -> str:
        """Digest of the derived rule."""
        return self.system.digest

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> Layer:
        """The layer with values for some of its parameters.

        Raises
        ------
        InputError
            If something is no parameter of the layer.
        """
        for name in values:
            if name not in self.system.parameter_symbols():
                known = ", ".join(map(str, self.system.parameter_symbols()))
                raise InputError("values", str(name), f"parameters of the layer: {known}")
        widths = tuple(width.xreplace(dict(values)) for width in self.widths)
        return Layer(rewritten(self.system, values), widths)


@dataclass(frozen=True)
class PopulationRidge:
    """The pair of a model: a spectrum, and layers on it.

    Attributes
    ----------
    base : FixedPointSystem
        The pair of a given spectrum in :data:`KAPPA`.
    layers : tuple of Layer
        From the inputs outwards.

    Examples
    --------
    >>> from asymptotics.models.pair_layers import features, spectrum
    >>> for equation in spectrum().through(features()).system.equations:
    ...     print(equation)
    kappa_0*mu1sq*p/(d*h) = 1
    """

    base: FixedPointSystem
    layers: tuple[Layer, ...] = ()

    def through(self, layer: Layer) -> PopulationRidge:
        """The pair of the features that a layer makes of these ones."""
        return replace(self, layers=(*self.layers, layer))

    @property
    def system(self) -> FixedPointSystem:
        """The pair as a system in the parameter :data:`KAPPA`: one unknown and one equation a layer."""
        return self._stack[0]

    @property
    def levels(self) -> tuple[Mapping[str, sp.Expr], ...]:
        """Symbols of ``kappa`` and of the quantities of :data:`PAIR` below each layer, from the spectrum outwards."""
        return self._stack[1]

    @cached_property
    def _stack(self) -> tuple[FixedPointSystem, tuple[Mapping[str, sp.Expr], ...]]:
        return _stacked(self.base, self.layers)

    @property
    def width(self) -> sp.Expr:
        """Number of features of the outermost layer; one where there is none (features are then not scaled)."""
        if not self.layers:
            return sp.S.One
        return sum(
            (w.xreplace(suffixed(self.layers, len(self.layers))) for w in self.layers[-1].widths), sp.S.Zero
        )

    def captured(self) -> sp.Expr:
        """Share of the power of the target in one level of the inputs that is captured, in the eigenvalue there.

        The minimum is linear in these powers: what it weighs one with is the share that is missed. It is also the
        overlap of the target with the predictor in that level, per power.

        Raises
        ------
        DerivationError
            If the minimum is not one sum over the target.

        Examples
        --------
        >>> from asymptotics.models.pair_layers import features, spectrum
        >>> spectrum().through(features()).captured()
        s/(kappa_0 + s)
        """
        minimum = combine_averages(self.system.expand(self.system.observable("objective")))
        if not isinstance(minimum, SpectralAverage):
            raise DerivationError(f"{self.system.name}: the minimum {minimum} is not one sum over the target")
        return sp.cancel(1 - minimum.function)

    @property
    def digest(self) -> str:
        """Digest of the system."""
        return self.system.digest


def rewritten(system: FixedPointSystem, rule: Mapping[sp.Symbol, sp.Expr]) -> FixedPointSystem:
    """A system with expressions in the places of parameters, and other names for unknowns and definitions.

    Parameters whose symbols disappear are dropped; new symbols become parameters without a meaning.

    Parameters
    ----------
    system : FixedPointSystem
    rule : mapping symbol -> Expr
        What stands in the place of a symbol; unknowns and definitions may only get other names.
    """
    rule = dict(rule)

    def written(expression: sp.Expr) -> sp.Expr:
        return expression.xreplace(rule)

    unknowns = tuple(Unknown(written(u.symbol), u.meaning) for u in system.unknowns)
    definitions = tuple(
        Definition(written(d.symbol), written(d.expression), d.meaning) for d in system.definitions
    )
    equations = tuple(Equation(written(e.left), written(e.right), e.meaning) for e in system.equations)
    observables = tuple(Observable(o.name, written(o.expression), o.meaning) for o in system.observables)
    inside = [*(d.expression for d in definitions), *(e.residual for e in equations)]
    used = {s for e in (*inside, *(o.expression for o in observables)) for s in e.free_symbols}
    own = {u.symbol for u in unknowns} | {d.symbol for d in definitions}
    meanings = {q.symbol: q.meaning for q in system.parameters}
    meanings |= {rule[s]: text for s, text in meanings.items() if s in rule and rule[s].is_Symbol}
    parameters = tuple(Parameter(s, meanings.get(s, "")) for s in sorted(used - own, key=lambda s: s.name))
    return replace(
        system, parameters=parameters, unknowns=unknowns, definitions=definitions, equations=equations,
        observables=observables, domain=system.domain.replace(rule),
    )  # fmt: skip


def joined(
    name: str, inner: FixedPointSystem, outer: FixedPointSystem, known: Mapping[sp.Symbol, sp.Expr]
) -> FixedPointSystem:
    """Two open systems as one: expressions of the inner one in the places of parameters of the outer one.

    Parameters
    ----------
    name : str
    inner, outer : FixedPointSystem
        With different names for everything but what they share.
    known : mapping symbol -> expression
        Parameters of the outer system in terms of the inner one.

    Returns
    -------
    FixedPointSystem
        With the observables of the outer system, and the assumptions of both.
    """
    upper = rewritten(outer, known)
    unknowns = (*inner.unknowns, *upper.unknowns)
    equations = (*inner.equations, *upper.equations)
    definitions = (*inner.definitions, *upper.definitions)
    taken = {u.symbol for u in unknowns} | {d.symbol for d in definitions}
    meanings = {q.symbol: q.meaning for q in (*upper.parameters, *inner.parameters) if q.symbol not in taken}
    uniqueness = "; ".join(dict.fromkeys(filter(None, (inner.domain.uniqueness, upper.domain.uniqueness))))
    history = replace(
        inner.provenance.then(f"{outer.name} on {inner.name}"),
        assumptions=tuple(dict.fromkeys((*inner.provenance.assumptions, *upper.provenance.assumptions))),
        references=tuple(dict.fromkeys((*inner.provenance.references, *upper.provenance.references))),
    )
    found = FixedPointSystem(
        name=name,
        parameters=tuple(Parameter(s, meanings[s]) for s in sorted(meanings, key=lambda s: s.name)),
        unknowns=unknowns,
        equations=equations,
        observables=upper.observables,
        definitions=definitions,
        measures=tuple(dict.fromkeys((*inner.measures, *upper.measures))),
        domain=Domain((), uniqueness),
        provenance=history,
    )
    return positive_domain(found)


def suffixed(layers: tuple[Layer, ...], number: int) -> dict[sp.Symbol, sp.Expr]:
    """New names for what belongs to one layer, if there are several: a number after each.

    Parameters
    ----------
    layers : tuple of Layer
        All layers, from the inputs up.
    number : int
        Of the layer, from 1.
    """
    if len(layers) == 1:
        return {}
    system = layers[number - 1].system
    shared = {KAPPA, INNER, SIZE, *map(below, PAIR)}
    own = [*system.parameter_symbols(), *(d.symbol for d in system.definitions)]
    return {s: symbol(f"{s.name}_{number}") for s in own if s not in shared}


def _stacked(
    base: FixedPointSystem, layers: tuple[Layer, ...]
) -> tuple[FixedPointSystem, tuple[Mapping[str, sp.Expr], ...]]:
    """The open systems of a stack, joined from the spectrum outwards, and the pair below each layer."""
    found, size, levels = base, sp.sympify(SIZE, strict=True), []
    for number, layer in enumerate(layers, 1):
        inner, outer = symbol(f"kappa_{number - 1}"), symbol(f"kappa_{number}")
        names = suffixed(layers, number)
        known = {INNER: inner, SIZE: size, KAPPA: KAPPA if number == len(layers) else outer, **names}
        lower = found if number > 1 else rewritten(found, {KAPPA: inner})
        lower, values = named_pair(lower, f"_{number - 1}")
        levels.append({"kappa": inner, **values})
        known |= {below(name): value for name, value in values.items()}
        title = f"pair.layers{len(layers)}" if number == len(layers) else f"pair.level{number}"
        found = joined(title, lower, layer.system, known)
        size = sum((w.xreplace(names) for w in layer.widths), sp.S.Zero)
    return found, tuple(levels)


def named_pair(system: FixedPointSystem, suffix: str) -> tuple[FixedPointSystem, dict[str, sp.Expr]]:
    """A pair with its quantities under names, where they are not names already.

    Parameters
    ----------
    system : FixedPointSystem
    suffix : str
        What follows ``df``, ``objective``, ... in the names.

    Returns
    -------
    system : FixedPointSystem
        With a definition for each name.
    values : dict
        Symbol of each quantity of :data:`PAIR`.
    """
    values: dict[str, sp.Expr] = {}
    definitions = list(system.definitions)
    for name, meaning in PAIR.items():
        value = system.observable(name)
        if not value.is_Symbol:
            definitions.append(Definition(symbol(f"{name}{suffix}"), value, meaning))
            value = definitions[-1].symbol
        values[name] = value
    return replace(system, definitions=tuple(definitions)), values


def pruned(system: FixedPointSystem) -> FixedPointSystem:
    """The system without the definitions that neither equations nor observables use."""
    parts = [*(e.residual for e in system.equations), *(o.expression for o in system.observables)]
    used = {s for part in parts for s in part.free_symbols}
    kept: list[Definition] = []
    for definition in reversed(system.definitions):
        if definition.symbol in used:
            used |= definition.expression.free_symbols
            kept.append(definition)
    return replace(system, definitions=tuple(reversed(kept)))


def positive_domain(system: FixedPointSystem) -> FixedPointSystem:
    """The system on the domain where every unknown is positive."""
    conditions = tuple(Condition(u.symbol) for u in system.unknowns)
    return replace(system, domain=Domain(conditions, system.domain.uniqueness))
