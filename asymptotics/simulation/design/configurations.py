"""Which sizes of a grid with inputs share their draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from asymptotics.models.quantities import D, N, P
from asymptotics.simulation.design.options import Grid
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.learning.nesting import Member

COUPLINGS = ("independent", "nested")
"""Whether different n and p of one dimension are drawn independently or are parts of one draw."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """Sizes that share draws: one choice of n and p, or all nested ones of one dimension, each with its path.

    Attributes
    ----------
    d : int
        Dimension.
    key : tuple of int
        What, besides the seed, the draws depend on.
    positions : mapping of (int, int, float) to list of int
        For every n, p (0 where no features are drawn) and ridge or time the flat positions in the grid.
    series : PopulationSeries or None
        Expansion of the activation, where it is needed.
    exact : bool
        Whether the test error is averaged exactly, or over a sampled test set.
    """

    d: int
    key: tuple[int, ...]
    positions: Mapping[tuple[int, int, float], list[int]]
    series: PopulationSeries | None
    exact: bool

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The sizes, in the order of the results."""
        paths: dict[tuple[int, int], list[float]] = {}
        for n, p, parameter in self.positions:
            paths.setdefault((n, p), []).append(parameter)
        return tuple(Member(n, p, tuple(path)) for (n, p), path in paths.items())

    @property
    def points(self) -> list[list[float]]:
        """``[n, p, ridge or time]`` in the order of the results."""
        return [[m.n, m.p, parameter] for m in self.members for parameter in m.parameters]

    @property
    def places(self) -> list[list[int]]:
        """Flat positions in the grid of every point, in the order of the results."""
        return [self.positions[m.n, m.p, parameter] for m in self.members for parameter in m.parameters]

    @property
    def sizes(self) -> list[list[int]]:
        """``[d, n, p]`` of every choice of sizes."""
        return [[self.d, m.n, m.p] for m in self.members]

    def __str__(self) -> str:
        return describe_sizes(self.d, self.points)


def couple(
    grid: Grid, coupling: str, by_features: bool = False
) -> list[tuple[tuple[int, ...], dict[tuple[int, int, float], list[int]]]]:
    """The groups of sizes that share draws: the key of their streams, and their points with positions.

    Positions of equal sizes always share their draws, so that a whole path costs little more than one point.

    Parameters
    ----------
    grid : Grid
        All sizes and ridges or times.
    coupling : {"independent", "nested"}
        Whether sizes of one dimension are independent or parts of one draw.
    by_features : bool
        With nested sizes, whether different p are drawn separately, from the same streams.

    Returns
    -------
    list of (tuple of int, dict)
        Points are (n, p, ridge or time).
    """
    groups: dict[tuple[int, ...], tuple[tuple[int, ...], dict[tuple[int, int, float], list[int]]]] = {}
    for (d, n, p), parameter, position in grid.points():
        key = (d,) if coupling == "nested" else (d, n, p)
        _, points = groups.setdefault((*key, p) if by_features else key, (key, {}))
        points.setdefault((n, p, parameter), []).append(position)
    return list(groups.values())


def largest_sizes(d: int, points: Iterable[tuple[int, int, float]]) -> tuple[int, int, int]:
    """Sizes d, n and p of what is drawn for points that share it.

    Parameters
    ----------
    d : int
        Dimension of the inputs.
    points : iterable of (n, p, ridge)
        What is solved for on the same draws.
    """
    return d, max(n for n, _, _ in points), max(p for _, p, _ in points)


def describe_sizes(d: int, points: Iterable[Iterable[float]]) -> str:
    """Sizes in words, with the smallest and largest where there are several.

    Parameters
    ----------
    d : int
        Dimension of the inputs.
    points : iterable of (n, p, ridge)
        What is solved for on the same draws.

    Examples
    --------
    >>> describe_sizes(5, [[10, 20, 0.1], [10, 30, 0.1]])
    'd = 5, n = 10, p = 20 to 30'
    """
    words = [f"{D.name} = {d}"]
    n, p, _ = zip(*points, strict=True)
    for size, values in ((N, n), (P, p)):
        least, most = int(min(values)), int(max(values))
        words.append(f"{size.name} = {least}" if least == most else f"{size.name} = {least} to {most}")
    return ", ".join(words)
