r"""Exhaustive search for the exponents at which every one of many equations keeps two leading terms.

An equation is a sum of terms whose exponents are affine in those of the unknowns. At every step the equation with the
fewest pairs of possible leaders is taken, each pair is one linear equation, and terms whose exponents have become
equal are put together. Branches are cut as soon as the inequalities contradict each other on an interval; what
survives is checked exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.cells import IntegerForm, feasible
from asymptotics.transforms.limits.growth import Exponent

Number = Fraction | int
Affine = tuple[Number, ...]
"""Coefficients of the unknown exponents, and the constant in the last place."""

Signed = tuple[Affine, int]
"""Exponent and sign of a term; the sign 0 stands for one that is not known."""


@dataclass(frozen=True)
class SearchRegion:
    """Where exponents are looked for: forms that vanish there and forms that are positive."""

    equal: tuple[Affine, ...] = ()
    positive: tuple[Affine, ...] = ()


@dataclass(frozen=True)
class Found:
    """Exponents at which every equation balances.

    Attributes
    ----------
    exponents : tuple of Fraction
    free : int
        Dimension of the set of such exponents around this point; zero for an isolated one.
    """

    exponents: tuple[Fraction, ...]
    free: int


Rows = Mapping[int, Affine]
"""Exponents solved for: position -> affine form in the others."""


def plain(value: Number) -> Number:
    """The same number, as an integer if it is one: arithmetic with those is much faster."""
    return int(value) if value.denominator == 1 else value


def minus(a: Affine, b: Affine) -> Affine:
    """Difference of two forms.

    Parameters
    ----------
    a, b : tuple of number
    """
    return tuple(x - y for x, y in zip(a, b, strict=True))


def solved(equal: Iterable[Affine]) -> Rows | None:
    """Forms that vanish, solved for some of the exponents; nothing if they contradict each other."""
    rows: Rows | None = {}
    for form in equal:
        rows = None if rows is None else _with(rows, form)
    return rows


def reduced(form: Affine, rows: Rows) -> Affine:
    """A form with the exponents that are solved for put in.

    Parameters
    ----------
    form : tuple of number
    rows : mapping int -> tuple of number
        Exponents solved for, by position.
    """
    for position, value in rows.items():
        factor = form[position]
        if factor:
            changed = [x + factor * y for x, y in zip(form, value, strict=True)]
            changed[position] = 0
            form = tuple(changed)
    return form


def _with(rows: Rows, form: Affine) -> Rows | None:
    """Rows with one more vanishing form; nothing if it contradicts them."""
    form = reduced(form, rows)
    position = next((i for i, c in enumerate(form[:-1]) if c), None)
    if position is None:
        return rows if form[-1] == 0 else None
    pivot = form[position]
    value = tuple(0 if i == position or not c else plain(Fraction(-c, pivot)) for i, c in enumerate(form))
    new = {k: reduced(row, {position: value}) for k, row in rows.items()}
    new[position] = value
    return new


def _slope_free(form: Affine) -> bool:
    return not any(form[:-1])


@dataclass(frozen=True)
class _Node:
    """What has been decided so far."""

    rows: Rows
    weak: frozenset[Affine]
    strict: frozenset[Affine]
    left: tuple[int, ...]

    def key(self) -> tuple[object, ...]:
        return tuple(sorted(self.rows.items())), self.left

    def narrowed(self, equality: Affine | None, weak: Iterable[Affine], done: int) -> _Node | None:
        """The node with one equation decided; nothing if that is impossible."""
        rows = self.rows if equality is None else _with(self.rows, equality)
        if rows is None:
            return None
        new = {k: row for k, row in rows.items() if k not in self.rows}
        forms = {reduced(f, new) for f in (*self.weak, *weak)}
        node = _Node(
            rows,
            frozenset(f for f in forms if f[-1] < 0 or not _slope_free(f)),
            frozenset(reduced(f, new) for f in self.strict),
            tuple(i for i in self.left if i != done),
        )
        return node if node.possible() else None

    def possible(self) -> bool:
        """Whether no inequality is violated on the intervals that they leave."""
        if any(f[-1] < 0 for f in self.weak if _slope_free(f)):
            return False
        if any(f[-1] <= 0 for f in self.strict if _slope_free(f)):
            return False
        return _intervals([f for f in (*self.weak, *self.strict) if not _slope_free(f)])


def _intervals(forms: Sequence[Affine], passes: int = 3) -> bool:
    """Whether propagation of bounds finds no contradiction."""
    low: dict[int, Number] = {}
    high: dict[int, Number] = {}
    sparse = [([(i, c) for i, c in enumerate(f[:-1]) if c], f[-1]) for f in forms]
    for _ in range(passes):
        changed = False
        for terms, constant in sparse:
            tops = {i: (high if c > 0 else low).get(i) for i, c in terms}
            open_ends = [i for i, _ in terms if tops[i] is None]
            if len(open_ends) > 1:
                continue
            for i, c in terms:
                if open_ends and open_ends != [i]:
                    continue
                rest = constant + sum(b * tops[k] for k, b in terms if k != i)  # type: ignore[operator,misc]
                bound = plain(Fraction(-rest, c))
                table = low if c > 0 else high
                known = table.get(i)
                if known is None or (bound > known if c > 0 else bound < known):
                    table[i] = bound
                    changed = True
                if i in low and i in high and low[i] > high[i]:
                    return False
        if not changed:
            return True
    return True


def _classes(equation: Sequence[Signed], rows: Rows) -> list[tuple[Affine, set[int], int]]:
    """Exponents of an equation that may lead, the signs that occur there, and how many terms do."""
    table: dict[Affine, list[int]] = {}
    for form, sign in equation:
        table.setdefault(reduced(form, rows), []).append(sign)
    top: dict[Affine, Number] = {}
    for form in table:
        slopes = form[:-1]
        top[slopes] = max(top.get(slopes, form[-1]), form[-1])
    return [(f, set(signs), len(signs)) for f, signs in table.items() if f[-1] == top[f[:-1]]]


def _alone(signs: set[int], count: int) -> bool:
    return count > 1 and signs not in ({1}, {-1})


def _choices(classes: Sequence[tuple[Affine, set[int], int]]) -> list[tuple[Affine, Affine | None]]:
    """Leaders: an exponent at which terms of opposite sign stand already, or two that are to be equal."""
    alone: list[tuple[Affine, Affine | None]] = [
        (f, None) for f, signs, count in classes if _alone(signs, count)
    ]
    pairs: list[tuple[Affine, Affine | None]] = [
        (first, minus(first, second))
        for i, (first, signs, _) in enumerate(classes)
        for second, others, _ in classes[i + 1 :]
        if (signs | others) not in ({1}, {-1})
    ]
    return alone + pairs


def search(equations: Sequence[Sequence[Signed]], place: SearchRegion, size: int) -> list[Found]:
    """All exponents in a place at which every equation keeps two terms that may cancel.

    Parameters
    ----------
    equations : sequence of sequences of (exponent, sign)
    place : SearchRegion
    size : int
        Number of unknowns.

    Returns
    -------
    list of Found
        Distinct points; where a set of higher dimension is possible, one of its points.
    """
    rows = solved(place.equal)
    if rows is None:
        return []
    strict = frozenset(reduced(f, rows) for f in place.positive)
    start = _Node(rows, frozenset(), strict, tuple(range(len(equations))))
    found: dict[tuple[Fraction, ...], Found] = {}
    for node in _leaves(equations, start, set()) if start.possible() else ():
        point = _inside(node, size)
        if point is None:
            continue
        free = size - len(node.rows)
        known = found.get(point)
        if known is None or known.free > free:
            found[point] = Found(point, free)
    return list(found.values())


def _leaves(equations: Sequence[Sequence[Signed]], node: _Node, seen: set[object]) -> Iterator[_Node]:
    if node.key() in seen:
        return
    seen.add(node.key())
    if not node.left:
        yield node
        return
    options = []
    for number in node.left:
        classes = _classes(equations[number], node.rows)
        choices = _choices(classes)
        options.append((len(choices), number, classes, choices))
        if len(choices) <= 1:
            break
    _, number, classes, choices = min(options, key=lambda option: option[:2])
    for leader, equality in choices:
        below = (minus(leader, form) for form, _, _ in classes if form != leader)
        narrowed = node.narrowed(equality, below, number)
        if narrowed is not None:
            yield from _leaves(equations, narrowed, seen)


def _inside(node: _Node, size: int) -> tuple[Fraction, ...] | None:
    """A point that satisfies everything, exactly; nothing if there is none."""
    names = [sp.Symbol(f"x{i:03}") for i in range(size)]
    free = [i for i in range(size) if i not in node.rows]
    fixed: dict[int, Affine] = dict(node.rows)
    weak, strict = set(node.weak), set(node.strict)
    if not _feasible(strict, weak, names):
        return None
    for i in free:
        for value in _candidates([*weak, *strict], i):
            row = (0,) * size + (value,)
            trial = {i: row}
            more = [{reduced(f, trial) for f in forms} for forms in (weak, strict)]
            if _feasible(more[1], more[0], names):
                fixed = {k: reduced(r, trial) for k, r in fixed.items()} | trial
                weak, strict = more
                break
        else:
            raise DerivationError("a set of exponents is possible, of which no point was found")
    return tuple(Fraction(fixed[i][-1]) for i in range(size))


def _candidates(forms: Iterable[Affine], position: int) -> list[Fraction]:
    """Values to try for a free exponent: between and beyond the bounds the inequalities of it alone give."""
    bounds = {Fraction(-f[-1], f[position]) for f in forms if f[position] and sum(map(bool, f[:-1])) == 1}
    edges = sorted(bounds)
    if not edges:
        return [Fraction(v) for v in (0, 1, -1, 2, -2)]
    middle = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    return [*middle, edges[0] - 1, edges[-1] + 1, *edges]


def _feasible(strict: Iterable[Affine], weak: Iterable[Affine], names: Sequence[sp.Symbol]) -> bool:
    def form(affine: Affine) -> IntegerForm:
        slopes = tuple((s, Fraction(c)) for s, c in zip(names, affine[:-1], strict=True) if c)
        return IntegerForm.of(Exponent(Fraction(affine[-1]), slopes))

    return feasible([form(f) for f in strict], [form(f) for f in weak])
