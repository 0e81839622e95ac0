r"""Leading orders of the unknowns of a chart as its ridge vanishes, case by case, by dominant balance.

The spectrum is fixed. Its trace :math:`T(\nu) = \operatorname{Tr} S(S+\nu)^{-1}` falls from the rank at zero, where its
slope is minus the trace of the inverse: which powers of the ridge the unknowns follow depends on how the smaller size
compares with the rank, and on whether the sizes are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.chart import INVERSE_TRACE, RANK, Chart, Orders, SingularLimit
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.balanced_system import (
    Balanced,
    DominantBalance,
    balanced_system,
    leading,
    sign_of,
)
from asymptotics.transforms.limits.fixed_spectrum import Generator
from asymptotics.transforms.limits.leading_solution import explicit_solution

_S, _TRACE = sp.Symbol("s"), symbol("T")
_NAMES = {SpectralAverage(sp.S.One, _S, _TRACE): RANK, SpectralAverage(1 / _S, _S, _TRACE): INVERSE_TRACE}

_EXCESS = symbol("excess")

Rule = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class _Trace(Generator):
    """The trace, with the rank and the trace of the inverse under their names."""

    def average(self, function: sp.Expr) -> sp.Expr:
        """Average of a function."""
        return super().average(function).xreplace(_NAMES)


@dataclass(frozen=True)
class _Case:
    """One case: its signs, what parameters become in it, what is positive, and what new names stand for."""

    signs: tuple[tuple[sp.Expr, int], ...]
    rule: Rule
    positive: tuple[sp.Expr, ...] = ()
    named: Rule = field(default_factory=dict)
    infinite_rank: bool = False


def singular_limits(chart: Chart, endless: bool = True) -> tuple[SingularLimit, ...]:
    """Leading orders of the unknowns as the ridge of a chart vanishes, in every case of sizes and rank.

    Parameters
    ----------
    chart : Chart
        Its equations hold one trace of the spectrum, in one effective ridge.
    endless : bool
        Whether the rank may be infinite.

    Returns
    -------
    tuple of SingularLimit
        Signs are those of the smaller size minus the rank, and of what an input that may be zero is proportional to
        (the difference of the sizes, at the threshold); last, where the smaller size may be infinite, its inverse
        is zero.

    Raises
    ------
    DerivationError
        If some case has no balance, or more than one.

    Notes
    -----
    Exhaustive search, see :mod:`~asymptotics.transforms.limits.exponent_search`. A rank above the size may be infinite:
    that case is derived twice, for a trace that is finite at zero and for one that grows like ``1/nu``. Where no ridge
    is left in the equations and all of the spectrum is learned, the effective ridge is itself the small quantity.

    Examples
    --------
    >>> from asymptotics.models.library import stored_charts
    >>> for limit in singular_limits(stored_charts("kernel-ridge", "general")[0]):
    ...     print(limit)
    n - rank < 0: nu ~ nu * ridge^0, eta ~ 1/nu * ridge^1
    n - rank = 0: nu ~ sqrt(rank)/sqrt(inverse_trace) * ridge^1/2, eta ~ sqrt(inverse_trace)/sqrt(rank) * ridge^1/2
    n - rank > 0: nu ~ 1/(-inv_n*rank + 1) * ridge^1, eta ~ -inv_n*rank + 1 * ridge^0
    1/n = 0: nu ~ 1 * ridge^1, eta ~ 1 * ridge^0
    """
    found = []
    for possible in _cases(chart):
        case = replace(possible, infinite_rank=possible.infinite_rank and endless)
        orders = _orders(chart, case)
        if case.infinite_rank and orders != _orders(chart, replace(case, infinite_rank=False)):
            raise DerivationError(f"{chart.system.name}: the limit depends on whether the rank is finite")
        found.append(SingularLimit(case.signs, orders))
    return tuple(found)


def _cases(chart: Chart) -> Iterator[_Case]:
    """Every case of the smaller size against the rank, and of inputs that may be zero."""
    given, size = _smaller_size(chart)
    difference = chart.slack - RANK
    edges = [_edge_cases(chart, name) for name in chart.coordinates if _may_vanish(chart, name)]
    for sign in (-1, 0, 1):
        for combination in product(*edges):
            rule = {name: value for _, part in combination for name, value in part.items()}
            if sign == 0:
                rule[given] = chart.coordinates[given].xreplace({chart.slack: RANK})
            elif sign > 0 and size == given:  # in the difference itself, so that nothing is subtracted twice
                rule[given] = RANK + _EXCESS
            positive = (sign * (size - RANK),) if sign else ()
            signs = ((difference, sign), *(edge for edge, _ in combination))
            yield _Case(signs, rule, positive, {_EXCESS: size - RANK}, infinite_rank=sign < 0)
    above, below = sp.fraction(sp.together(chart.coordinates[given]))
    if chart.vanishing is not None and sp.degree(below, chart.slack) > sp.degree(above, chart.slack):
        yield _Case(((1 / chart.slack, 0),), {given: sp.S.Zero})


def _smaller_size(chart: Chart) -> tuple[sp.Symbol, sp.Expr]:
    """The input that is a function of the smaller size alone, and the size in that input."""
    for name, value in chart.coordinates.items():
        if value.free_symbols != {chart.slack}:
            continue
        above, below = sp.fraction(sp.together(value))
        image = sp.Dummy("image", positive=True)
        relation = sp.Poly(above - image * below, chart.slack)
        if relation.degree() == 1:
            return name, sp.cancel(-relation.nth(0) / relation.nth(1)).xreplace({image: name})
    raise DerivationError(f"{chart.system.name}: no input is a function of {chart.slack} alone")


def _may_vanish(chart: Chart, name: sp.Symbol) -> bool:
    """Whether an input changes sign with the sizes."""
    return name != chart.vanishing and sign_of(sp.numer(sp.together(chart.coordinates[name]))) == 0


def _edge_cases(chart: Chart, name: sp.Symbol) -> list[tuple[tuple[sp.Expr, int], Rule]]:
    """An input positive, and zero unless the chart does not serve that."""
    expression = sp.numer(sp.together(chart.coordinates[name]))
    strict = any(c.strict and sp.expand(c.expression - expression) == 0 for c in chart.serves)
    positive: tuple[tuple[sp.Expr, int], Rule] = ((expression, 1), {})
    return [positive] if strict else [positive, ((expression, 0), {name: sp.S.Zero})]


def _orders(chart: Chart, case: _Case) -> Orders:
    """The one balance of a case."""
    unknowns = chart.system.unknown_symbols()
    if chart.vanishing is None:
        return _without_ridge(unknowns, case)
    prepared = balanced_system(chart.system, {chart.vanishing: -1})
    prepared = _with_trace(prepared, chart, case.infinite_rank).where(case.rule, case.positive)
    found = [orders for balance in prepared.balances() if (orders := _solved(prepared, balance)) is not None]
    if len(found) != 1:
        where = ", ".join(f"{expression}: {sign}" for expression, sign in case.signs)
        raise DerivationError(f"{chart.system.name}: {len(found)} balances of vanishing ridge where {where}")
    shown = {chart.vanishing: sp.S.One, **case.named}
    return {u: (c.xreplace(shown), -e) for u, (c, e) in found[0].items()}


def _without_ridge(unknowns: tuple[sp.Symbol, ...], case: _Case) -> Orders:
    if len(unknowns) != 1:
        raise DerivationError("without a ridge the limit of several unknowns is not known")
    learned = case.signs[0][1] >= 0
    return {u: (sp.S.One if learned else u, Fraction(int(learned))) for u in unknowns}


def _with_trace(prepared: Balanced, chart: Chart, infinite_rank: bool) -> Balanced:
    """The averages of the equations as one trace over an unspecified spectrum."""
    used = [name for name in prepared.generators if any(e.has(name) for e in prepared.equations)]
    if not used:  # no level takes part
        return prepared
    if len(used) != 1:
        raise DerivationError(f"{chart.system.name}: the equations hold {len(used)} averages, not one trace")
    generator = prepared.generators[used[0]]
    pole = _pole(generator, prepared.scales.unknowns)
    whole = SpectralAverage(_S / (_S + pole), _S, _TRACE)
    shown = whole if infinite_rank else RANK - SpectralAverage(pole / (_S + pole), _S, _TRACE)
    trace = _Trace((_S / (_S + pole),), shown, _S, _TRACE)
    return replace(prepared, generators={used[0]: trace}, tails={_TRACE: 1} if infinite_rank else {})


def _pole(generator: Generator, unknowns: tuple[sp.Symbol, ...]) -> sp.Symbol:
    """The unknown in which a generator is the trace of a spectrum: a sum of positive multiples of a/(a + nu), 1/nu.

    Raises
    ------
    DerivationError
        If it is not.
    """
    total, s = sp.Add(*generator.parts), generator.variable
    poles = [u for u in unknowns if total.has(u)]
    if len(poles) == 1:
        nu = poles[0]
        if s is not None and sp.cancel(total - s / (s + nu)) == 0:
            return nu
        parts = [sp.fraction(part) for part in sp.Add.make_args(sp.apart(sp.cancel(total), nu))]
        linear = all(sp.degree(below, nu) == 1 and not above.has(nu) for above, below in parts)
        if s is None and linear and all(sign_of(x) == 1 for part in parts for x in part):
            return nu
    raise DerivationError(f"{generator.shown} is not the trace of a spectrum over one effective ridge")


def _solved(prepared: Balanced, balance: DominantBalance) -> Orders | None:
    """Leading orders at a balance; nothing if its leading equations contradict each other."""
    if balance.found.free:
        raise DerivationError("the leading terms of vanishing ridge do not determine the exponents")
    forms = [leading(terms, balance.found.exponents)[0] for terms in balance.terms]
    open_ones = {s for form in forms for a in form.atoms(SpectralAverage) for s in a.free_symbols}
    implicit = [u for u in prepared.scales.unknowns if u in open_ones]
    explicit = [u for u in prepared.scales.unknowns if u not in open_ones]
    determining = [form for form in forms if form.has(SpectralAverage) and not form.has(*explicit)]
    if len(determining) != len(implicit):
        raise DerivationError("the leading equations of vanishing ridge do not determine the unknowns")
    solved = explicit_solution([form for form in forms if form not in determining], explicit)
    if solved is None or set(solved) != set(explicit):
        return None
    values = {**{u: u for u in implicit}, **solved}
    exponents = dict(zip(prepared.scales.unknowns, balance.found.exponents, strict=True))
    return {u: (values[u], exponents[u]) for u in prepared.scales.unknowns}
