r"""Which traces of a mean inverse vanish, which are equal, and what sign they have.

All three are read off the formal series in the number of pairings, :math:`G = G_0 + G_0\,\eta(G)\,G` with
:math:`G_0 = L_0^{-1}`. It has one solution, so whatever the iteration preserves holds for it: blocks that stay
zero are zero, and unknowns whose definitions agree whenever the unknowns agree are equal. The searches here run
on exact rational values at random points; what they find is proved afterwards on the symbolic equations.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.symbolic.covariance import TraceTerm
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.pencil import Pencil

Pair = tuple[int, int]
Rule = Mapping[sp.Symbol, sp.Rational]
_POINTS = 3
_ORDER = 12


def nonzero_pattern(pencil: Pencil, terms: Sequence[TraceTerm]) -> frozenset[Pair]:
    """Block pairs ``i <= k`` of the mean inverse that do not vanish identically.

    The smallest pattern that holds the inverse of the deterministic part and is closed under the iteration. If
    the deterministic part is singular, zeros of its inverse are not used and the pattern may be too large.

    Parameters
    ----------
    pencil : Pencil
        Of the program.
    terms : sequence of TraceTerm
        Of its self-energy.
    """
    inverse = deterministic_inverse(pencil)
    if inverse is None:
        return _coarse_pattern(pencil, terms)
    seed = frozenset(inverse)
    pattern = set(seed)
    while True:
        energy = _both_ways({term.outer for term in terms if term.inner in pattern})
        left = {(i, b) for i, a in _both_ways(seed) for c, b in energy if a == c}
        grown = pattern | {(min(i, k), max(i, k)) for i, b in left for c, k in _both_ways(pattern) if b == c}
        if grown == pattern:
            return frozenset(pattern)
        pattern = grown


def _both_ways(pairs: set[Pair] | frozenset[Pair]) -> set[Pair]:
    return {(i, k) for i, k in pairs} | {(k, i) for i, k in pairs}


def components(indices: Sequence[int], links: set[Pair] | frozenset[Pair]) -> list[tuple[int, ...]]:
    """Connected components of block rows under the links.

    Parameters
    ----------
    indices : sequence of int
        Block rows.
    links : set[Pair] or frozenset[Pair]
        Pairs of them.
    """
    near = _both_ways(frozenset(links))
    remaining, found = list(indices), []
    while remaining:
        component, frontier = {remaining[0]}, [remaining[0]]
        while frontier:
            i = frontier.pop()
            new = [k for k in remaining if k not in component and (i, k) in near]
            component.update(new)
            frontier.extend(new)
        found.append(tuple(sorted(component)))
        remaining = [k for k in remaining if k not in component]
    return found


def deterministic_inverse(pencil: Pencil) -> dict[Pair, sp.Expr] | None:
    """Nonzero blocks ``i <= k`` of the inverse of the deterministic part; None if it is singular."""
    links = {pair for pair, value in pencil.deterministic.items() if value != 0}
    blocks: dict[Pair, sp.Expr] = {}
    for dimension in pencil.dimensions():
        for part in components(pencil.indices(dimension), links):
            rows = sp.Matrix([[pencil.entry(i, k) for k in part] for i in part])
            try:
                inverse = DomainMatrix.from_Matrix(rows).to_field().inv().to_Matrix()
            except DMNonInvertibleMatrixError:
                return None
            for a, i in enumerate(part):
                blocks.update(
                    {(i, k): inverse[a, b] for b, k in enumerate(part) if i <= k and inverse[a, b] != 0}
                )
    return blocks


def _coarse_pattern(pencil: Pencil, terms: Sequence[TraceTerm]) -> frozenset[Pair]:
    """Every pair within a component of the links, closed under the covariance map."""
    links = {pair for pair, value in pencil.deterministic.items() if value != 0}
    while True:
        pattern: set[Pair] = set()
        for dimension in pencil.dimensions():
            for part in components(pencil.indices(dimension), links):
                pattern |= {(i, k) for i in part for k in part if i <= k}
        grown = links | {term.outer for term in terms if term.inner in pattern}
        if grown == links:
            return frozenset(pattern)
        links = grown


@dataclass(frozen=True)
class TraceKey:
    """What tells one trace from another: block pair, weight, dimension."""

    inner: Pair
    weight: sp.Expr
    dimension: AnyDimension


@dataclass(frozen=True)
class _Site:
    """One dimension at one eigenvalue: its block rows and the value of the deterministic part there."""

    dimension: AnyDimension
    rule: Rule
    indices: tuple[int, ...]
    mean: DomainMatrix
    weight: sp.Rational


class _Point:
    """The Dyson equation at random rational values of every parameter and eigenvalue."""

    def __init__(self, pencil: Pencil, terms: Sequence[TraceTerm], seed: int) -> None:
        self._random = random.Random(seed)
        self.values: dict[sp.Symbol, sp.Rational] = {}
        self.levels = [level for dimension in pencil.dimensions() for level in self._levels(dimension)]
        self.sites = [self._site(pencil, *level) for level in self.levels]
        self.terms = terms
        self.factors = [
            {id(site): self.value(term.factor * term.variance, site) for site in self._at(term.outer)}
            for term in terms
        ]

    def draw(self) -> sp.Rational:
        """A random positive rational."""
        return sp.Rational(self._random.randint(2, 97), self._random.randint(2, 23))

    def _levels(self, dimension: AnyDimension) -> list[tuple[AnyDimension, Rule, sp.Rational | None]]:
        """A few eigenvalues of a dimension with their weights; a plain dimension has one level."""
        if not isinstance(dimension, SpectralDimension):
            return [(dimension, {}, None)]
        return [
            (dimension, {s: self.draw() ** 2 for s in dimension.eigenvalues}, self.draw())
            for _ in range(_POINTS)
        ]

    def _site(self, pencil: Pencil, dimension: AnyDimension, rule: Rule, weight: sp.Rational | None) -> _Site:
        indices = pencil.indices(dimension)
        rows = [[sp.QQ.from_sympy(self._value(pencil.entry(i, k), rule)) for k in indices] for i in indices]
        mean = DomainMatrix(rows, (len(indices), len(indices)), sp.QQ)
        return _Site(
            dimension, rule, indices, mean, self._value(dimension.size, {}) if weight is None else weight
        )

    def _value(self, expression: sp.Expr, rule: Rule) -> sp.Rational:
        averages = {average: self._average(average) for average in averages_in(expression)}
        expression = expression.xreplace(averages)
        names = sorted(expression.free_symbols - set(rule), key=lambda s: s.name)
        return expression.xreplace({**{s: self.values.setdefault(s, self.draw()) for s in names}, **rule})

    def value(self, expression: sp.Expr, site: _Site) -> sp.Rational:
        """Value of a function of the spectrum at a site."""
        return self._value(expression, site.rule)

    def scalar(self, expression: sp.Expr) -> sp.Rational:
        """Value of an expression in parameters and averages."""
        return self._value(expression, {})

    def _average(self, average: SpectralAverage) -> sp.Rational:
        inside = ((rule, weight) for _, rule, weight in self.levels if average.variable in rule)
        return sum((weight * self._value(average.function, rule) for rule, weight in inside), sp.S.Zero)

    def _at(self, pair: Pair) -> list[_Site]:
        return [site for site in self.sites if pair[0] in site.indices]

    def energy(self, site: _Site, traces: Mapping[TraceKey, sp.Rational]) -> DomainMatrix:
        """The covariance map at a site, from the values of the traces."""
        place = {index: position for position, index in enumerate(site.indices)}
        size = len(place)
        rows = [[sp.QQ.zero] * size for _ in range(size)]
        for term, factors in zip(self.terms, self.factors, strict=True):
            key = key_of(term)
            if term.outer[0] in place and key in traces:
                i, k = place[term.outer[0]], place[term.outer[1]]
                value = sp.QQ.from_sympy(factors[id(site)]) * traces[key]
                rows[i][k] += value
                if i != k:
                    rows[k][i] += value
        return DomainMatrix(rows, (size, size), sp.QQ)

    def trace(self, key: TraceKey, blocks: Mapping[int, DomainMatrix]) -> list[sp.Rational]:
        """Contribution of each site to a trace."""
        result = []
        for site in self._at(key.inner):
            i, k = (site.indices.index(index) for index in key.inner)
            value = blocks[id(site)][i, k].element
            result.append(sp.QQ.from_sympy(self.value(key.weight, site) * site.weight) * value)
        return result


def key_of(term: TraceTerm) -> TraceKey:
    """The trace a term of the covariance map multiplies."""
    return TraceKey(term.inner, term.weight, term.dimension)


def leading_scales(
    pencil: Pencil, terms: Sequence[TraceTerm], keys: Sequence[TraceKey]
) -> dict[TraceKey, sp.Expr]:
    """Scales at which a trace starts its series with 1, for the traces that start before second order.

    Traces that are proportional become equal. Of a trace over a spectrum only the scalar factor is taken.

    Parameters
    ----------
    pencil : Pencil
        Of the program.
    terms : sequence of TraceTerm
        Of its self-energy.
    keys : sequence of TraceKey
        Traces.
    """
    start = deterministic_inverse(pencil)
    if start is None:
        return {}
    factors = _starts(start, keys)
    if len(factors) < len(keys):
        following = _next_order(terms, start)
        factors.update({k: v for k, v in _starts(following, keys).items() if k not in factors})
    return {key: 1 / factors[key] for key in keys if key in factors}


def _starts(blocks: Mapping[Pair, sp.Expr], keys: Sequence[TraceKey]) -> dict[TraceKey, sp.Expr]:
    found: dict[TraceKey, sp.Expr] = {}
    for key in keys:
        value = sp.cancel(key.weight * blocks.get(key.inner, sp.S.Zero))
        if value == 0:
            continue
        if isinstance(key.dimension, SpectralDimension):
            numerator, denominator = sp.fraction(value)
            letters = key.dimension.eigenvalues
            value = sp.Poly(numerator, *letters).LC() / sp.Poly(denominator, *letters).LC()
        else:
            value = key.dimension.trace(value)
        found[key] = value
    return found


def _next_order(terms: Sequence[TraceTerm], start: Mapping[Pair, sp.Expr]) -> dict[Pair, sp.Expr]:
    """First order of the mean inverse in the number of pairings."""
    energy: dict[Pair, sp.Expr] = {}
    for term in terms:
        if term.inner in start:
            trace = term.dimension.trace(term.weight * start[term.inner])
            energy[term.outer] = energy.get(term.outer, sp.S.Zero) + term.factor * term.variance * trace
    both = {**start, **{(k, i): v for (i, k), v in start.items()}}
    wide = {**energy, **{(k, i): v for (i, k), v in energy.items()}}
    result: dict[Pair, sp.Expr] = {}
    for (i, a), left in both.items():
        for (b, c), middle in wide.items():
            if a != b:
                continue
            for (e, k), right in both.items():
                if c == e and i <= k:
                    result[i, k] = result.get((i, k), sp.S.Zero) + left * middle * right
    return result


def leading_signs(
    pencil: Pencil, terms: Sequence[TraceTerm], scales: Mapping[TraceKey, sp.Expr]
) -> dict[TraceKey, int]:
    """Sign of the first nonzero coefficient of each scaled trace, in the number of pairings.

    For a block whose sign is definite this is its sign everywhere on the physical branch. Traces of which no
    coefficient is found, and all of them if the deterministic part is singular, are left out.

    Parameters
    ----------
    pencil : Pencil
        Of the program.
    terms : sequence of TraceTerm
        Of its self-energy.
    scales : mapping of TraceKey to sympy.Expr
        Trace to its scale.
    """
    point = _Point(pencil, terms, seed=11)
    try:
        start = {id(site): site.mean.to_dense().inv() for site in point.sites}
    except DMNonInvertibleMatrixError:
        return {}
    factor = {key: sp.QQ.from_sympy(point.scalar(scale)) for key, scale in scales.items()}
    series = [start]
    traces = [{key: sum(point.trace(key, start)) for key in scales}]
    signs: dict[TraceKey, int] = {}
    for _ in range(_ORDER):
        new = {k: factor[k] * v for k, v in traces[-1].items() if v != 0 and k not in signs}
        signs.update({key: (1 if value > 0 else -1) for key, value in new.items()})
        if len(signs) == len(scales):
            break
        following = {}
        for site in point.sites:
            total = None
            for j in range(len(series)):
                part = point.energy(site, traces[j]) * series[len(series) - 1 - j][id(site)]
                total = part if total is None else total + part
            following[id(site)] = (start[id(site)] * total).to_dense()
        series.append(following)
        traces.append({key: sum(point.trace(key, following)) for key in scales})
    return signs


def equal_classes(
    pencil: Pencil, terms: Sequence[TraceTerm], scales: Mapping[TraceKey, sp.Expr]
) -> list[list[TraceKey]]:
    """The coarsest partition of the scaled traces that the Dyson equation preserves.

    Parameters
    ----------
    pencil : Pencil
    terms : sequence of TraceTerm
    scales : mapping
        What each trace is multiplied by before it is compared.

    Returns
    -------
    list of list of TraceKey
        Classes in order of their first member.
    """
    keys = list(scales)
    point = _Point(pencil, terms, seed=7)
    factor = {key: point.scalar(scales[key]) for key in keys}
    classes = [keys] if keys else []
    while True:
        drawn = [point.draw() for _ in classes]
        traces = {
            key: sp.QQ.from_sympy(value / factor[key])
            for value, members in zip(drawn, classes, strict=True)
            for key in members
        }
        try:
            blocks = {id(s): (s.mean - point.energy(s, traces)).to_dense().inv() for s in point.sites}
        except DMNonInvertibleMatrixError:
            return [[key] for key in keys]
        refined: dict[Hashable, list[TraceKey]] = {}
        for number, members in enumerate(classes):
            for key in members:
                parts = [sp.QQ.from_sympy(factor[key]) * value for value in point.trace(key, blocks)]
                spectral = isinstance(key.dimension, SpectralDimension)
                mark = (number, key.dimension.name if spectral else "", tuple(parts))
                refined.setdefault(mark, []).append(key)
        if len(refined) == len(classes):
            return sorted(refined.values(), key=lambda members: keys.index(members[0]))
        classes = list(refined.values())
