"""Lines that differ in an index only, printed once with a letter for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol

_INDEXED = re.compile(r"(.*[A-Za-z_])([1-9][0-9]*)\Z")


@dataclass(frozen=True)
class Line:
    """A definition or an equation between two expressions, perhaps for several values of an index.

    Attributes
    ----------
    left, right : sympy.Expr
    defines : bool
        Whether the left side is a name for the right one.
    index : str
        Letter of the index; empty if there is none.
    values : tuple of int
        Values of the index.
    """

    left: sp.Expr
    right: sp.Expr
    defines: bool = False
    index: str = ""
    values: tuple[int, ...] = ()

    @property
    def operations(self) -> int:
        """Operations on both sides."""
        return int(sp.count_ops(self.left) + sp.count_ops(self.right))

    def symbols(self) -> set[sp.Symbol]:
        """Symbols on both sides."""
        return self.left.free_symbols | self.right.free_symbols


def families(lines: Sequence[Line], fixed: Iterable[sp.Symbol] = ()) -> tuple[Line, ...]:
    """The lines, those that differ in an index only as one; definitions stay before their use.

    Parameters
    ----------
    lines : sequence of Line
        Each uses definitions before it.
    fixed : iterable of sympy.Symbol
        Symbols whose last digits are no index.

    Examples
    --------
    >>> a1, a2, p1, p2, t = map(symbol, ["a1", "a2", "p1", "p2", "t"])
    >>> lines = families([Line(a1 * t, p1), Line(a2 * t, p2), Line(a1 + a2, t)])
    >>> [(str(line.left), line.values) for line in lines]
    [('a_k*t', (1, 2)), ('a1 + a2', ())]
    """
    fixed = set(fixed)
    names = {s.name for line in lines for s in line.symbols()}
    letter = next(k for k in "kjilmh" if not any(name.endswith(f"_{k}") for name in names))
    groups: dict[tuple[int, Line], list[tuple[int, Line]]] = {}
    for line, depth in zip(lines, _depths(lines), strict=True):
        index, pattern = _pattern(line, letter, fixed)
        groups.setdefault((depth, pattern), []).append((index, line))
    found = [
        (
            depth,
            replace(pattern, values=tuple(sorted(i for i, _ in members))) if members[1:] else members[0][1],
        )
        for (depth, pattern), members in groups.items()
    ]
    return tuple(line for _, line in sorted(found, key=lambda pair: pair[0]))


def indices_of(symbols: Iterable[sp.Symbol]) -> dict[int, list[sp.Symbol]]:
    """The last digits of symbols, with those that have them.

    Examples
    --------
    >>> indices_of([symbol("mu2"), symbol("nu"), symbol("T01")])
    {2: [mu2]}
    """
    found: dict[int, list[sp.Symbol]] = {}
    for s in symbols:
        match = _INDEXED.match(s.name)
        if match is not None:
            found.setdefault(int(match[2]), []).append(s)
    return found


def _depths(lines: Sequence[Line]) -> list[int]:
    """How many definitions deep each line is; equations come last."""
    depth: dict[sp.Basic, int] = {}
    found = []
    for line in lines:
        below = max((depth.get(s, 0) for s in line.right.free_symbols), default=0)
        if line.defines:
            depth[line.left] = below + 1
        found.append(below + 1 if line.defines else len(lines) + 1)
    return found


def _pattern(line: Line, letter: str, fixed: set[sp.Symbol]) -> tuple[int, Line]:
    """The index that all indexed symbols of a line have in common, and the line with a letter for it."""
    found = indices_of(line.symbols() - fixed)
    if len(found) != 1 or any(e.has(SpectralAverage) for e in (line.left, line.right)):
        return 0, line
    ((index, symbols),) = found.items()
    rule = {s: symbol(f"{s.name.removesuffix(str(index)).removesuffix('_')}_{letter}") for s in symbols}
    return index, Line(line.left.xreplace(rule), line.right.xreplace(rule), line.defines, letter)
