"""A system in few operations, for people: the same equations with what they share printed once.

Equations are written as balances (:mod:`asymptotics.equations.balances`), in units and with names that save operations
(:mod:`asymptotics.equations.sharing`). Unknowns that are explicit in others become definitions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import count
from typing import Any

import sympy as sp

from asymptotics.equations.balances import Monomial, Row, balances, expression_of, weight
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.families import indices_of
from asymptotics.equations.naming import symbol
from asymptotics.equations.sharing import Shared, combined, in_good_units, with_common_sums
from asymptotics.equations.short_forms import joined_average, joined_averages, operations, sides

Named = tuple[sp.Symbol, sp.Expr]
"""A name and what it stands for."""


_MOST_TERMS = 40
"""Terms of an equation beyond which a page has it as it is stored."""

_FACTORS = "cehjkvwxyz"
"""Names of common factors."""


@dataclass(frozen=True)
class ShortPage:
    """What is printed of a system.

    Attributes
    ----------
    unknowns : tuple of (symbol, expression)
        What is still unknown, and what it is in the unknowns of the system.
    definitions : tuple of (symbol, expression)
        What the equations use, each explicit in what stands before it.
    equations : tuple of (expression, expression)
        As many as unknowns.
    steps : tuple of (symbol, expression)
        Further definitions, which only observables use: first unknowns of the system in those of the page.
    """

    unknowns: tuple[Named, ...]
    definitions: tuple[Named, ...]
    equations: tuple[tuple[sp.Expr, sp.Expr], ...]
    steps: tuple[Named, ...]

    @property
    def operations(self) -> int:
        """Operations of definitions and equations."""
        return operations(
            [*(e for _, e in self.definitions), *(side for pair in self.equations for side in pair)]
        )

    def domain(self, domain: Domain) -> Domain:
        """The conditions in the unknowns of the page; positive ones of the system make those of the page positive."""
        rule = dict(self.steps)
        kept = [c.replace(rule) for c in domain.conditions if c.expression not in rule]
        new = [Condition(s) for s, e in self.unknowns if s != e]
        return Domain((*kept, *new), domain.uniqueness)


def short_page(system: Any) -> ShortPage:
    """The system in as few operations as its balances take; as it is stored if that is not shorter.

    Parameters
    ----------
    system : FixedPointSystem
    """
    stored = _stored(system)
    rational = all(e.residual.is_rational_function() for e in system.equations)
    terms = [len(sp.Add.make_args(sp.expand(e.residual))) for e in system.equations]
    if not terms or not rational or max(terms) > _MOST_TERMS:
        return stored
    short = _Writer(system).page()
    return stored if short is None or short.operations >= stored.operations else short


def _stored(system: Any) -> ShortPage:
    sides = tuple((e.left, e.right) for e in system.equations)
    used = _closure({s for pair in sides for e in pair for s in e.free_symbols}, _table(system))
    pairs = list(_table(system).items())
    return ShortPage(
        tuple((u, u) for u in system.unknown_symbols()),
        tuple(pair for pair in pairs if pair[0] in used),
        sides,
        tuple(pair for pair in pairs if pair[0] not in used),
    )


def _table(system: Any) -> dict[sp.Symbol, sp.Expr]:
    """Definitions, with one average for a sum of two that make one."""
    table = {d.symbol: d.expression for d in system.definitions}
    return {s: joined_average(s, e, table) or e for s, e in table.items()}


def _closure(symbols: Set[sp.Symbol], table: Mapping[sp.Symbol, sp.Expr]) -> set[sp.Symbol]:
    """The symbols and all that their definitions use."""
    found, todo = set(symbols), list(symbols)
    while todo:
        new = table.get(todo.pop(), sp.S.Zero).free_symbols - found
        found |= new
        todo += new
    return found


@dataclass
class _Writer:
    """How a page is written; names are given as it goes."""

    system: Any
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        own = [*self.system.parameter_symbols(), *self.system.unknown_symbols(), *_table(self.system)]
        self.taken = {s.name for s in own}
        self.residuals, self.averages = joined_averages(
            [e.residual for e in self.system.equations], _table(self.system)
        )
        unknowns = set(self.system.unknown_symbols())
        used = {s for r in self.residuals for s in r.free_symbols}
        order = sorted(used, key=lambda s: (s in unknowns, s.name))
        table = _table(self.system)
        self.averages |= {s: table[s] for s in _closure(set(self.averages), table) if s in table}
        fixed = {s for e in self.averages.values() for s in e.free_symbols}
        sizes = [s for s in order if s not in unknowns and s not in self.averages]
        self.shared = Shared.of(balances(self.residuals, order, sizes))
        self.free = [i for i, s in enumerate(order) if s in unknowns and s not in fixed]
        self.sizes = set(sizes)
        self.old = order
        self.sums: dict[Monomial, Row] = {}

    def name(self, label: str) -> sp.Symbol:
        """A new name."""
        while label in self.taken:
            label += "_"
        self.taken.add(label)
        return symbol(label)

    def lettered(self, letters: str) -> sp.Symbol:
        """The first letter that is free, or a number after the first one."""
        free = (letter for letter in letters if letter not in self.taken)
        numbers = (f"{letters[0]}{k}" for k in count(1))
        return self.name(next(free, "") or next(label for label in numbers if label not in self.taken))

    def page(self) -> ShortPage | None:
        """The page; None if equations and unknowns do not match."""
        self.shared = shared = in_good_units(self.shared, set(self.free))
        shared.rows = combined(shared.rows)
        explicit = self.explicit_sums()
        self.common_sums()
        self.set_apart()
        shared.name_factors(lambda _: self.lettered(_FACTORS))
        sums = self.named_sums()
        self.rename(explicit, sums)
        solved, rest = self.solved_relations({i for i in self.free if i not in explicit})
        terms = self.named_terms()
        raw: dict[sp.Symbol, sp.Expr] = dict(self.averages)
        raw |= {shared.symbols[i]: self.monomial(m) for i, m in shared.factors}
        raw |= {shared.symbols[i]: self.monomial(m) for i, m in solved.items()}
        raw |= {name: self.monomial(shared.terms[key]) for key, name in terms.items()}
        put = self.putting({**terms, **sums})
        raw |= {sums[key]: sp.Add(*(c * put(k) for k, c in row.items())) for key, row in self.sums.items()}
        equations = [sides([c * put(k) for k, c in row.items()], self.sizes) for row in shared.rows]
        equations += [self.two_sides(one) for one in rest]
        return self.assembled(raw, equations)

    def explicit_sums(self) -> dict[int, Monomial]:
        """Unknowns that are a sum of positive terms and nothing else: their equations become definitions."""
        shared, found = self.shared, dict[int, Monomial]()
        for place in self.free:
            mine = [key for key, m in shared.terms.items() if m[place]]
            alone = len(mine) == 1 and weight(shared.terms[mine[0]]) == 0
            if not alone or any(one[place] for one in shared.relations):
                continue
            key = mine[0]
            rows = [
                r for r in shared.rows if key in r and all(c * r[key] < 0 for k, c in r.items() if k != key)
            ]
            rows = [r for r in rows if abs(r[key]) == 1 and not self.uses(r, key)]
            if rows:
                row = min(rows, key=len)
                shared.rows.remove(row)
                self.sums[key] = {k: abs(c) for k, c in row.items() if k != key}
                found[place] = key
        return found

    def uses(self, row: Row, key: Monomial) -> bool:
        """Whether the rest of a row needs the sum that it would define."""
        todo, seen = [k for k in row if k != key], set[Monomial]()
        while todo:
            k = todo.pop()
            if k not in seen:
                seen.add(k)
                todo += self.sums.get(k, ())
        return key in seen

    def common_sums(self) -> None:
        """Names for sums that several rows have."""
        own = list(self.sums)
        rows = [*self.shared.rows, *({**row, key: -1} for key, row in self.sums.items())]
        rows, sums = with_common_sums(rows)
        for key, row in zip(own, rows[len(rows) - len(own) :], strict=True):
            self.sums[key] = {k: c for k, c in row.items() if k != key}
        self.shared.rows = rows[: len(rows) - len(own)]
        self.sums |= sums

    def set_apart(self) -> None:
        """Rows that are shorter as products of differences keep their factors."""
        rows = [*self.shared.rows, *self.sums.values()]
        times = Counter(key for row in rows for key in row)
        for row in self.shared.rows:
            if all(
                times[key] == 1 or weight(self.shared.terms[key]) == 0
                for key in row
                if key in self.shared.terms
            ):
                terms = [
                    c * self.monomial(self.shared.terms[key])
                    for key, c in row.items()
                    if key not in self.sums
                ]
                plain = sum(weight(self.shared.terms[key]) for key in row if key not in self.sums)
                if len(terms) == len(row) and operations(sides(terms, self.sizes)) < plain + len(row) - 2:
                    self.shared.apart |= set(row)

    def rename(self, explicit: Mapping[int, Monomial], sums: Mapping[Monomial, sp.Symbol]) -> None:
        """Names for unknowns in other units."""
        for place in self.free:
            unit = self.shared.units[place]
            if place in explicit:
                self.shared.symbols[place] = sums[explicit[place]]
            elif any(e and i != place for i, e in enumerate(unit)):
                label = self.old[place].name.removeprefix("tau_")
                self.shared.symbols[place] = self.name(f"b_{label}")

    def solved_relations(self, places: Set[int]) -> tuple[dict[int, Monomial], list[Monomial]]:
        """Relations solved for an unknown each, without a circle, and those that cannot be."""
        shared, solved, rest = self.shared, dict[int, Monomial](), list[Monomial]()
        graph = {i: {k for k, e in enumerate(m) if e} for i, m in shared.factors}
        times = Counter(i for m in shared.everything() for i, e in enumerate(m) if e)
        for one in shared.relations:
            found = []
            for place in sorted(places - set(solved)):
                if abs(one[place]) != 1:
                    continue
                value = tuple(0 if i == place else -one[place] * e for i, e in enumerate(one))
                if not _circle({**graph, place: {k for k, e in enumerate(value) if e}}):
                    found.append((weight(value), times[place], place, value))
            if not found:
                rest.append(one)
                continue
            _, _, place, value = min(found)
            solved[place] = value
            graph[place] = {k for k, e in enumerate(value) if e}
        return solved, rest

    def named_sums(self) -> dict[Monomial, sp.Symbol]:
        """Names for sums: with the index that their terms have in common, if that is free."""
        found = {}
        for key, row in self.sums.items():
            terms = [self.monomial(self.shared.terms[k]) for k in row if k not in self.sums]
            indices = {i for term in terms for i in indices_of(term.free_symbols - set(self.averages))}
            label = f"D{indices.pop()}" if len(indices) == 1 else ""
            found[key] = label
        labels = Counter(found.values())
        unique = {key: self.name(label) for key, label in found.items() if label and labels[label] == 1}
        return {key: unique.get(key) or self.lettered("D") for key in found}

    def named_terms(self) -> dict[Monomial, sp.Symbol]:
        """Names for terms of several rows."""
        rows = [*self.shared.rows, *self.sums.values()]
        times = Counter(key for row in rows for key in row)
        found: dict[Monomial, sp.Symbol] = {}
        for key, term in self.shared.terms.items():
            if times[key] > 1 and weight(term):
                squared = [self.shared.symbols[i].name for i, e in enumerate(term) if e > 1]
                label = re.sub(r"(?<=[A-Za-z])(?=[0-9]+\Z)", "_", squared[0]) if squared else ""
                found[key] = self.name(f"N_{label}") if squared else self.lettered("N")
        return found

    def monomial(self, monomial: Monomial) -> sp.Expr:
        """A monomial as an expression."""
        return expression_of(monomial, self.shared.symbols)

    def putting(self, names: Mapping[Monomial, sp.Symbol]) -> Callable[[Monomial], sp.Expr]:
        """What is written for a key of the rows."""
        return lambda key: names[key] if key in names else self.monomial(self.shared.terms[key])

    def two_sides(self, one: Monomial) -> tuple[sp.Expr, sp.Expr]:
        """A relation as an equation between monomials."""
        return self.monomial(tuple(max(e, 0) for e in one)), self.monomial(tuple(max(-e, 0) for e in one))

    def assembled(
        self, raw: Mapping[sp.Symbol, sp.Expr], equations: Sequence[tuple[sp.Expr, sp.Expr]]
    ) -> ShortPage | None:
        """The page with its definitions in order."""
        shared, old = self.shared, set(self.system.unknown_symbols())
        unknowns = [i for i, s in enumerate(self.old) if s in old and shared.symbols[i] not in raw]
        if len(unknowns) != len(equations):
            return None
        order = list(TopologicalSorter({s: e.free_symbols & set(raw) for s, e in raw.items()}).static_order())
        used = _closure({s for pair in equations for e in pair for s in e.free_symbols}, raw)
        units = {s: self.monomial(unit) for s, unit in zip(self.old, shared.units, strict=True)}
        given = {s: raw[s] for s in order if s not in used and s not in _table(self.system)}
        given |= {**{s: e for s, e in units.items() if s != e}, **_table(self.system)}
        read = _closure({s for o in self.system.observables for s in o.expression.free_symbols}, given)
        return ShortPage(
            tuple((shared.symbols[i], self.inverse(i)) for i in unknowns),
            tuple((s, raw[s]) for s in order if s in used),
            tuple(equations),
            tuple((s, e) for s, e in given.items() if s in read and s not in used),
        )

    def inverse(self, place: int) -> sp.Expr:
        """An unknown of the page in the unknowns of the system."""
        return expression_of(self.shared.owns[place], self.old)


def _circle(graph: Mapping[int, Iterable[int]]) -> bool:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return True
    return False
