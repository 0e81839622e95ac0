"""What balances share, each printed once: unknowns in better units, common factors, common sums.

Every step is taken where it saves operations, and the one that saves most comes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from heapq import nlargest
from itertools import combinations, permutations

import sympy as sp

from asymptotics.equations.balances import Balances, Monomial, Row, times, weight


@dataclass
class Shared:
    """Balances whose monomials, relations and unknowns are written in ``symbols``, which grow.

    Attributes
    ----------
    symbols : list of sympy.Symbol
        What exponents belong to: those of the equations, some of them in other units, then names of factors.
    rows : list of Row
        Sums of monomials, by keys that stay.
    terms : dict of Monomial to Monomial
        What each key of the rows is in the symbols.
    relations : list of Monomial
        What is one.
    units, owns : list of Monomial
        What each symbol of the equations is in the symbols, and the other way round.
    factors : list of (int, Monomial)
        Places of names, and what they stand for.
    apart : set of Monomial
        Keys whose terms keep their factors.
    """

    symbols: list[sp.Symbol]
    rows: list[Row]
    terms: dict[Monomial, Monomial]
    relations: list[Monomial]
    units: list[Monomial]
    owns: list[Monomial]
    factors: list[tuple[int, Monomial]] = field(default_factory=list)
    apart: set[Monomial] = field(default_factory=set)

    @staticmethod
    def of(balances: Balances) -> Shared:
        """Balances with short terms."""
        keys = dict.fromkeys(m for row in balances.rows for m in row)
        size = len(balances.symbols)
        one: list[Monomial] = [tuple(int(i == k) for k in range(size)) for i in range(size)]
        return Shared(
            list(balances.symbols),
            list(balances.rows),
            {key: balances.relations.short(key) for key in keys},
            list(balances.relations.given),
            one,
            list(one),
        )

    def copy(self) -> Shared:
        """The same, to be changed apart."""
        return replace(
            self,
            symbols=list(self.symbols),
            rows=list(self.rows),
            terms=dict(self.terms),
            relations=list(self.relations),
            units=list(self.units),
            owns=list(self.owns),
            factors=list(self.factors),
        )

    def everything(self) -> list[Monomial]:
        """Every monomial that is printed."""
        return [*dict.fromkeys(self.terms.values()), *self.relations]

    def length(self) -> int:
        """Operations in them; those of a relation as one in two sides."""
        sides = (_side(one) for one in self.relations)
        return sum(map(weight, dict.fromkeys(self.terms.values()))) + sum(sides)

    def change(self, rule: Callable[[Monomial], Monomial]) -> None:
        """Every monomial replaced."""
        self.terms = {key: rule(m) for key, m in self.terms.items()}
        self.relations, self.units = [rule(m) for m in self.relations], [rule(m) for m in self.units]

    def shorten(self) -> None:
        """Terms and relations times relations, where that makes them shorter."""
        for key, term in self.terms.items():
            self.terms[key] = _shortest(term, self.relations, weight)
        for place, one in enumerate(self.relations):
            others = [r for k, r in enumerate(self.relations) if k != place]
            self.relations[place] = _shortest(one, others, _side)

    def rescale(self, places: Set[int]) -> list[int]:
        """Unknowns at some places in units of other symbols, as long as that saves operations; which ones."""
        changed: list[int] = []
        while True:
            self.shorten()
            best = max(self._units(sorted(places)), default=None)
            if best is None or best[0] <= 0:
                return changed
            _, minus, other, sign = best
            self._rescale(-minus, other, sign)
            changed.append(-minus)

    def rescale_together(self, places: Set[int], unit: int) -> None:
        """Unknowns in one unit, those that together save most operations: the best of a path through all.

        Parameters
        ----------
        places : Set[int]
            Of the unknowns.
        unit : int
            Place of what measures them.
        """
        left, path = set(places), [self.copy()]
        while left:
            steps = list(self._units(sorted(left), unit))
            if not steps:
                break
            _, minus, _, sign = max(steps)
            self._rescale(-minus, unit, sign)
            left.remove(-minus)
            path.append(self.copy())
        best = min(path, key=_length)
        self.terms, self.relations, self.units, self.owns = best.terms, best.relations, best.units, best.owns

    def _rescale(self, place: int, unit: int, sign: int) -> None:
        self.change(lambda m: _moved(m, place, unit, sign))
        self.owns[place] = times(self.owns[place], self.owns[unit], sign)

    def _units(self, places: Sequence[int], unit: int | None = None) -> Iterator[tuple[int, int, int, int]]:
        """How much is saved by a place, minus it, the place of its unit and the power of that."""
        before: list[tuple[Monomial, Callable[[Monomial], int]]] = [
            (one, weight) for one in dict.fromkeys(self.terms.values())
        ]
        before += [(one, _side) for one in self.relations]
        for place in places:
            used = [(one, cost) for one, cost in before if one[place]]
            others = {i for one, _ in used for i, e in enumerate(one) if e and i != place}
            others = others if unit is None else others & {unit}
            for other in others:
                for sign in (1, -1):
                    saved = sum(cost(one) - cost(_moved(one, place, other, sign)) for one, cost in used)
                    yield saved, -place, other, sign

    def name_factors(self, name: Callable[[Monomial], sp.Symbol]) -> None:
        """Names for factors that several monomials have, as long as that saves operations."""
        while True:
            best = max(self._factors(), default=None)
            if best is None or best[0] <= 0:
                return
            self.symbols.append(name(best[1]))
            place = len(self.symbols) - 1
            self.change(lambda m, f=best[1]: _taken_out(m, f))  # type: ignore[misc]
            self.factors = [(i, _taken_out(m, best[1])) for i, m in self.factors]
            self.factors.append((place, (*best[1], 0)))

    def _factors(self) -> Iterator[tuple[int, Monomial]]:
        """How much is saved by a name for a factor, and the factor."""
        apart = {self.terms[key] for key in self.apart}
        found = [m for m in self.everything() if weight(m) and m not in apart]
        candidates = Counter(_common(a, b) for a, b in combinations(found, 2))
        for factor in nlargest(_CANDIDATES, candidates, key=lambda f: (weight(f) * candidates[f], f)):
            if not weight(factor):
                continue
            saved = sum(weight(m) - weight(_taken_out(m, factor)) for m in found)
            yield saved - weight(factor), factor


_CANDIDATES = 20
"""How many common factors are compared: those that most pairs of monomials have."""

_TRIALS = 4
"""How many first choices of a unit are tried."""


def in_good_units(shared: Shared, places: Set[int]) -> Shared:
    """The balances with unknowns at some places in the units that save most operations.

    What is a term of its own keeps its unit, and may be the unit of several others at once. A unit that saves most at
    first need not do so in the end, so that it is compared with what is found without it.

    Parameters
    ----------
    shared : Shared
        Balances with what they share.
    places : Set[int]
        Of the unknowns that may be rescaled.
    """
    bare = {m.index(1) for m in shared.terms.values() if weight(m) == 0 and sum(m) == 1} & places
    places = places - bare
    starts = [shared.copy(), *(shared.copy() for _ in bare)]
    for start, unit in zip(starts[1:], sorted(bare), strict=True):
        start.shorten()
        start.rescale_together(places, unit)
    return min((found for start in starts for found in _trials(start, places)), key=_length)


def _trials(shared: Shared, places: Set[int]) -> Iterator[Shared]:
    for _ in range(_TRIALS):
        trial = shared.copy()
        changed = trial.rescale(places)
        yield trial
        if not changed:
            return
        places = places - {changed[0]}


def _length(shared: Shared) -> int:
    """Operations once factors have names."""
    named = shared.copy()
    named.name_factors(lambda _: sp.Dummy())
    return named.length() + sum(weight(m) for _, m in named.factors)


def _moved(monomial: Monomial, place: int, other: int, sign: int) -> Monomial:
    if not monomial[place]:
        return monomial
    return tuple(e - sign * monomial[place] if i == other else e for i, e in enumerate(monomial))


def _side(one: Monomial) -> int:
    """Operations of a relation between two monomials."""
    minus = sum(e < 0 for e in one)
    return weight(one) - (0 < minus < len([e for e in one if e]))


def _shortest(monomial: Monomial, relations: Sequence[Monomial], cost: Callable[[Monomial], int]) -> Monomial:
    forms = [times(monomial, one, sign) for one in relations for sign in (1, -1)]
    best = min(forms, key=cost, default=monomial)
    return _shortest(best, relations, cost) if cost(best) < cost(monomial) else monomial


def _common(first: Monomial, second: Monomial) -> Monomial:
    pairs = zip(first, second, strict=True)
    return tuple((1 if a > 0 else -1) * min(abs(a), abs(b)) if a * b > 0 else 0 for a, b in pairs)


def _taken_out(monomial: Monomial, factor: Monomial) -> Monomial:
    """The monomial with one more symbol, which stands for a factor if it has that."""
    if _common(monomial, factor) == factor:
        return (*times(monomial, factor, -1), 1)
    return (*monomial, 0)


def common_sum(rows: Sequence[Row]) -> Row | None:
    """A sum of two or more terms that several rows have, up to its sign; None if there is none.

    Of several a long one that shares terms with few others.

    Examples
    --------
    >>> common_sum([{(1, 0): 1, (0, 1): 1, (0, 0): -1}, {(1, 0): -1, (0, 1): -1, (2, 0): 1}])
    {(1, 0): 1, (0, 1): 1}
    """
    found: list[Row] = []
    for first, second in combinations(rows, 2):
        for sign in (1, -1):
            part = {m: c for m, c in first.items() if second.get(m) == sign * c}
            parts = ({m: abs(c) for m, c in part.items() if (c > 0) == plus} for plus in (True, False))
            found += [p for p in parts if len(p) > 1 and p not in found]
    return min(found, key=lambda p: sum(bool(p.keys() & q.keys()) for q in found) - len(p), default=None)


def with_common_sums(rows: Sequence[Row]) -> tuple[list[Row], dict[Monomial, Row]]:
    """Rows with keys for the sums that several of them have, and those sums."""
    rows, sums = list(rows), dict[Monomial, Row]()
    while (part := common_sum([*rows, *sums.values()])) is not None:
        known = next((key for key, row in sums.items() if row == part), None)
        key = known or (len(sums),)
        rows = [replaced_sum(row, part, key) for row in rows]
        sums = {k: row if k == known else replaced_sum(row, part, key) for k, row in sums.items()}
        sums.setdefault(key, part)
    return rows, sums


def combined(rows: Sequence[Row]) -> list[Row]:
    """Rows that have more sums in common: each plus or minus another one, as long as that saves operations."""
    best, rows = _additions(rows), list(rows)
    while True:
        for i, k in permutations(range(len(rows)), 2):
            for sign in (1, -1):
                total = Counter(rows[i])
                for m, c in rows[k].items():
                    total[m] += sign * c
                trial = [*rows]
                trial[i] = {m: c for m, c in total.items() if c}
                cost = _additions(trial) if rows[i].keys() & rows[k].keys() else best
                if cost < best:
                    break
            else:
                continue
            break
        else:
            return rows
        best, rows = cost, trial


def _additions(rows: Sequence[Row]) -> int:
    short, sums = with_common_sums(rows)
    return sum(len(row) - 2 for row in short) + sum(len(row) - 1 for row in sums.values())


def replaced_sum(row: Row, part: Row, key: Monomial) -> Row:
    """The row with a key for a part of it, whichever its sign, or the row itself.

    Parameters
    ----------
    row : Row
        A sum, monomial to coefficient.
    part : Row
        The sum that is named.
    key : Monomial
        Its name as a monomial.
    """
    for sign in (1, -1):
        if all(row.get(m) == sign * c for m, c in part.items()):
            return {**{m: c for m, c in row.items() if m not in part}, key: sign}
    return row
