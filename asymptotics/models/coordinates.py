"""Coordinates shared by the ridge models: symbols and their meanings, slack forms, charts.

A slack form replaces a size by its *slack*, the size minus the degrees of freedom ``T``; a chart divides by
the larger size. Every change is checked: the new equations must imply the old ones identically, and every
observable must come out free of subtractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.chart import DEGREES_OF_FREEDOM, RIDGE, SENSITIVITY, SLOPE, Chart
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
from asymptotics.errors import CertificateError
from asymptotics.models.components import BIAS, CLASSIFIED, NORM, TEST, TRAIN, VARIANCE, Component
from asymptotics.transforms.changes.rewriting import require_subtraction_free, restate, vanishes
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

SAMPLES, FEATURES = symbol("n"), symbol("p")
"""The sizes of the models of this room, in whatever unit a regime measures them."""

LAM, NOISE = RIDGE, symbol("noise")
NU, C, H, ETA = symbol("nu"), symbol("c"), symbol("h"), symbol("eta")
GAP, INV_P, INV_N, LAM_N = symbol("gap"), symbol("inv_p"), symbol("inv_n"), symbol("lam_n")

_MEANINGS = {
    LAM: "ridge",
    NOISE: "label-noise variance",
    symbol("n"): "samples",
    symbol("p"): "features",
    symbol("psi1"): "features per input dimension",
    symbol("psi2"): "samples per input dimension",
    INV_P: "one over the features, zero for the kernel limit",
    INV_N: "one over the samples, zero for the population limit",
    GAP: "one minus the ratio of the smaller size to the larger",
    LAM_N: "ridge per sample",
}

SOURCES = {BIAS: "test.beta", VARIANCE: "test.epsilon", TRAIN: "train", NORM: "norm"}
"""Components, and the observables that they are of a program whose target is beta and whose noise is epsilon."""


def degrees_of_freedom(system: FixedPointSystem) -> sp.Expr:
    """The trace T of S(S+nu)^{-1}, in the averages that the system defines (a limit may have dropped one)."""
    defined = {definition.symbol for definition in system.definitions}
    return sp.Add(*(s for s in (symbol("T02"), symbol("T11")) if s in defined))


def described(
    symbols: Iterable[sp.Symbol], meanings: Mapping[sp.Symbol, str] | None = None
) -> tuple[Parameter, ...]:
    """Parameters with their meanings.

    Parameters
    ----------
    symbols : iterable of Symbol
        In the order the system lists them.
    meanings : mapping symbol -> str, optional
        Of symbols that models do not share; shared ones mean the same everywhere.
    """
    table = {**(meanings or {}), **_MEANINGS}
    return tuple(Parameter(s, table.get(s, "")) for s in symbols)


def with_meanings(system: FixedPointSystem) -> FixedPointSystem:
    """The system with its parameters described."""
    meanings = {p.symbol: p.meaning for p in system.parameters}
    return replace(system, parameters=described(meanings, meanings))


def require_implied(
    system: FixedPointSystem,
    coordinates: Mapping[sp.Symbol, sp.Expr],
    on_shell: Mapping[sp.Symbol, sp.Expr],
    name: str,
) -> None:
    """Check that the equations of a system hold once new ones do.

    Parameters
    ----------
    system : FixedPointSystem
    coordinates : mapping
        Old symbols in terms of the new ones, applied together.
    on_shell : mapping
        Parameters as the new equations give them, applied in order.

    Raises
    ------
    CertificateError
        If some old equation does not vanish identically.
    """
    for equation in system.equations:
        residual = equation.residual.xreplace(dict(coordinates))
        for target, value in on_shell.items():
            residual = residual.subs(target, value)
        if not vanishes(residual, {}):
            raise CertificateError(f"{equation} does not follow from the equations of the {name}")


def subtraction_free(
    values: Mapping[str, sp.Expr], meanings: Mapping[str, str], rule: Mapping[sp.Symbol, sp.Expr],
    restore: Mapping[sp.Expr, sp.Symbol] | None = None,
) -> tuple[Observable, ...]:  # fmt: skip
    """Observables in new coordinates, each certified free of subtractions; ``test`` is bias plus variance.

    Parameters
    ----------
    values : mapping name -> Expr
        Bias, variance and whatever else is observed, in the old symbols.
    meanings : mapping name -> str
    rule : mapping symbol -> Expr
        Old symbols in terms of the new ones.
    restore : mapping polynomial -> symbol, optional
        Abbreviations put back after the change.

    Raises
    ------
    CertificateError
        If a value is not free of subtractions in the new coordinates.
    """
    found = {name: restate(value, rule, restore) for name, value in values.items()}
    for name, value in found.items():
        require_subtraction_free(value, name)
    test = Observable(TEST.name, found[BIAS.name] + found[VARIANCE.name], TEST.meaning)
    return (test, *(Observable(name, value, meanings[name]) for name, value in found.items()))


def slack_form(
    system: FixedPointSystem, slacks: Mapping[sp.Symbol, sp.Symbol], ridge: Equation,
    on_shell: Mapping[sp.Symbol, sp.Expr], extra: Mapping[Component, sp.Expr], uniqueness: str,
) -> FixedPointSystem:  # fmt: skip
    """A system in the effective ridge and the slacks of its sizes.

    Parameters
    ----------
    system : FixedPointSystem
    slacks : mapping size -> slack
    ridge : Equation
        The equation that contains the ridge, in the new coordinates.
    on_shell : mapping
        Parameters as the new equations give them, applied in order.
    extra : mapping Component -> expression
        Observables beyond bias, variance, train and norm.
    uniqueness : str
        Why the domain holds one solution.

    Raises
    ------
    CertificateError
        If the new equations do not imply the old ones, or an observable is not subtraction-free.
    """
    require_implied(system, {}, on_shell, "slack form")
    given = {**{component: system.observable(source) for component, source in SOURCES.items()}, **extra}
    has = {observable.name for observable in system.observables}
    given |= {
        component: system.observable(component.name) for component in CLASSIFIED if component.name in has
    }
    values = {component.name: value for component, value in given.items()}
    meanings = {component.name: component.meaning for component in given}
    trace = degrees_of_freedom(system)
    restore = {slack + trace: size for size, slack in slacks.items()}
    unknowns = (Unknown(NU, "effective ridge"), *(Unknown(c, f"{size} - T") for size, c in slacks.items()))
    return replace(
        system,
        unknowns=unknowns,
        equations=(ridge, *(Equation(slack + trace, size, "size") for size, slack in slacks.items())),
        observables=subtraction_free(values, meanings, on_shell, restore),
        domain=Domain(tuple(Condition(u.symbol) for u in unknowns), uniqueness),
        provenance=system.provenance.then(
            f"slack coordinates {', '.join(f'{c} = {size} - T' for size, c in slacks.items())}; no subtraction is left"
        ),
    )


def as_chart(
    system: FixedPointSystem, coordinates: Mapping[sp.Symbol, sp.Expr], slack: sp.Symbol,
    serves: tuple[Condition, ...] = (), vanishing: sp.Symbol | None = RIDGE,
    sensitivity: sp.Expr = sp.S.Zero,
) -> Chart:  # fmt: skip
    """A system with the way into its coordinates.

    Parameters
    ----------
    system : FixedPointSystem
    coordinates, slack, serves, vanishing
        As for :class:`~asymptotics.equations.chart.Chart`.
    sensitivity : sympy.Expr
        Relative change of the larger slack per relative change of a size.
    """
    readings = {DEGREES_OF_FREEDOM: degrees_of_freedom(system), SENSITIVITY: sensitivity}
    if any(definition.symbol == symbol("T11") for definition in system.definitions):
        readings[SLOPE] = symbol("T11")
    start = {} if vanishing is None else at_infinite_ridge(system, (vanishing.name,))
    return Chart(system, coordinates, SAMPLES, slack, serves, vanishing, start, readings=readings)


def regular_form(
    system: FixedPointSystem, name: str, coordinates: Mapping[sp.Symbol, sp.Expr],
    parameters: Sequence[sp.Symbol], unknown: Unknown, equations: tuple[Equation, ...],
    on_shell: Mapping[sp.Symbol, sp.Expr], definitions: tuple[Definition, ...] = (),
) -> FixedPointSystem:  # fmt: skip
    """A slack form in coordinates that stay regular when the larger size is infinite.

    Parameters
    ----------
    system : FixedPointSystem
        A slack form.
    name : str
    coordinates : mapping
        Old symbols in terms of the new ones.
    parameters : sequence of Symbol
        New parameters, before those of spectrum and noise, which stay.
    unknown : Unknown
        The one beside the effective ridge.
    equations : tuple of Equation
    on_shell : mapping
        Parameters as the new equations give them, applied in order; expands ``definitions`` first.
    definitions : tuple of Definition

    Raises
    ------
    CertificateError
        If the new equations do not imply the old ones, or an observable is not subtraction-free.
    """
    shell = {**{d.symbol: d.expression for d in definitions}, **on_shell}
    require_implied(system, coordinates, shell, f"{name} chart")
    values = {o.name: o.expression for o in system.observables if o.name != TEST.name}
    meanings = {o.name: o.meaning for o in system.observables}
    inside = {s for d in system.definitions for s in d.expression.free_symbols}
    kept = {q.symbol: q.meaning for q in system.parameters if q.symbol == NOISE or q.symbol in inside}
    return replace(
        system,
        name=f"{system.name}.{name}",
        parameters=described((*parameters, *kept), kept),
        unknowns=(Unknown(NU, "effective ridge"), unknown),
        equations=equations,
        observables=subtraction_free(values, meanings, coordinates),
        definitions=(*system.definitions, *definitions),
        domain=replace(system.domain, conditions=(Condition(NU), Condition(unknown.symbol))),
        provenance=system.provenance.then(f"{name} chart: coordinates {', '.join(map(str, parameters))}"),
    )


def ordered(definitions: tuple[Definition, ...]) -> tuple[Definition, ...]:
    """Definitions such that each stands after those that it uses."""
    left, found = list(definitions), []
    while left:
        names = {d.symbol for d in left}
        ready = next(d for d in left if not d.expression.free_symbols & names)
        found.append(ready)
        left.remove(ready)
    return tuple(found)


def at_coordinates(
    system: FixedPointSystem, rule: Mapping[sp.Symbol, sp.Expr],
    without: Mapping[sp.Symbol, sp.Expr] | None = None, restated: Mapping[sp.Symbol, Definition] | None = None,
    unknowns: tuple[Unknown, ...] = (),
) -> FixedPointSystem:  # fmt: skip
    """A system in other symbols, every part in lowest terms.

    Parameters
    ----------
    system : FixedPointSystem
    rule : mapping symbol -> expression
    without : mapping symbol -> value, optional
        Definitions that are replaced by a value.
    restated : mapping symbol -> Definition, optional
        Definitions that are replaced by others.
    unknowns : tuple of Unknown, optional
        Those of the new system, where the rule replaces one.
    """
    full = {**rule, **(without or {})}

    def written(expression: sp.Expr) -> sp.Expr:
        value = expression.xreplace(full)
        return expression if value == expression else _lowest(value)

    kept = [d for d in system.definitions if d.symbol not in full or d.symbol in (restated or {})]
    definitions = tuple(
        (restated or {}).get(d.symbol) or Definition(d.symbol, written(d.expression), d.meaning) for d in kept
    )
    equations = []
    for e in system.equations:
        left, right = e.left.xreplace(full), e.right.xreplace(full)
        over = (
            INV_N if any(sp.fraction(sp.together(side))[1].has(INV_N) for side in (left, right)) else sp.S.One
        )
        equations.append(
            Equation(sp.expand(sp.cancel(over * left)), sp.expand(sp.cancel(over * right)), e.meaning)
        )
    observables = tuple(Observable(o.name, written(o.expression), o.meaning) for o in system.observables)
    inside = [e.residual for e in equations]
    inside += [*(d.expression for d in definitions), *(o.expression for o in observables)]
    unknowns = unknowns or system.unknowns
    own = {u.symbol for u in unknowns} | {d.symbol for d in definitions}
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=lambda s: s.name)
    meanings = {q.symbol: q.meaning for q in system.parameters}
    meanings |= {
        s: f"one over {size}" for size, value in rule.items() for s in value.free_symbols if s not in meanings
    }
    return replace(
        system, parameters=described(names, {s: meanings.get(s, "") for s in names}), unknowns=unknowns,
        equations=tuple(equations), definitions=definitions, observables=observables,
    )  # fmt: skip


def _lowest(expression: sp.Expr) -> sp.Expr:
    """An expression, and functions in averages, in lowest terms."""
    rule = {
        a: SpectralAverage(sp.factor(sp.cancel(a.function)), a.variable, a.measure)
        for a in averages_in(expression)
    }
    return sp.factor(expression.xreplace(rule)) if not rule else expression.xreplace(rule)
