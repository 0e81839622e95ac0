"""A one-loop potential as programs: the mean inverse, its overlaps and its sources, dimension by dimension."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program, Spectrum
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.matrices import DeterministicVector
from asymptotics.symbolic.one_loop import OneLoop

Blocks = dict[tuple[int, int], Any]
"""Nonzero blocks of a matrix, each an array over points and levels."""

Place = tuple[str, int, int, int]
"""What a matrix is (``inverse``, ``read``, ``push``, ``source``, ``form``), which one, and a block of it."""


@dataclass(frozen=True)
class Levels:
    """The levels of a spectrum, its tail among them as one level of next to no eigenvalue.

    Attributes
    ----------
    letters : mapping letter -> ndarray, shape (levels,)
    weights : mapping measure -> ndarray, shape (levels,)
    """

    letters: Mapping[str, Any]
    weights: Mapping[str, Any]

    @staticmethod
    def of(spectrum: Spectrum | None, trace: Any, tiny: Any = 1e-60, letter: str = "s") -> Levels:
        """The levels of a spectrum of given trace, of which what is smaller than ``tiny`` times it does not count.

        Parameters
        ----------
        spectrum : Spectrum, optional
            Levels with numbers, if there are any.
        trace : number or array
            Of all levels together.
        tiny : number
            What is smaller in proportion is left out.
        letter : str
            Of the spectrum.
        """
        if spectrum is None:
            return Levels({}, {})
        if isinstance(spectrum.eigenvalues, Mapping):
            return Levels(spectrum.eigenvalues, spectrum.weights)
        smallest, tails, given = trace * tiny, spectrum.tails, spectrum.eigenvalues
        values, weights = np.where(given > smallest, given, smallest), dict(spectrum.weights)
        # What is smaller keeps its trace, and what vanishes its multiplicity.
        lifted = (given > 0) & (given < smallest)
        if lifted.any():
            weights["T"] = np.where(lifted, weights["T"] * (given / smallest) + tiny, weights["T"])
        if not any(tail != 0 for tail in tails.values()):
            return Levels({letter: values}, weights)
        rest = {name: tails[name] for name in weights}
        rest["T"] = max(rest["T"] / smallest, 1 + 0 * smallest)
        weights = {name: _longer(row, rest[name]) for name, row in weights.items()}
        return Levels({letter: _longer(values, smallest)}, weights)


def _longer(values: Any, value: Any) -> Any:
    return np.array([*values.tolist(), value], dtype=values.dtype)


@dataclass(frozen=True)
class Solved:
    """Solved points: sizes, parameters and traces, with the levels of the spectrum.

    Attributes
    ----------
    values : mapping name -> ndarray, shape (points, 1)
    levels : Levels
    arithmetic : Arithmetic
        Of doubles, whole arrays at once, or of objects at a single point.
    """

    values: Mapping[str, Any]
    levels: Levels
    arithmetic: Any

    @property
    def points(self) -> int:
        """Number of points."""
        return max(np.shape(value)[0] for value in self.values.values())

    def count(self, spectral: bool) -> int:
        """Number of levels in a dimension."""
        return len(next(iter(self.levels.letters.values()))) if spectral else 1

    def filled(self, value: Any, spectral: bool) -> Any:
        """An array of shape (points, levels).

        Parameters
        ----------
        value : number or array
            At points, or at points and levels.
        spectral : bool
            Whether it has levels.
        """
        shape = (self.points, self.count(spectral))
        return value if np.shape(value) == shape else np.broadcast_to(np.asarray(value), shape)

    def evaluate(self, program: Program, spectral: bool) -> dict[str, Any]:
        """Outputs of a program, which broadcast to points and levels.

        Parameters
        ----------
        program : Program
            With outputs that are wanted.
        spectral : bool
            Whether it runs over levels.
        """
        letters = self.levels.letters if spectral else {}
        if isinstance(self.arithmetic, Float64):
            return program({**self.values, **letters}, self.arithmetic)
        given = {name: value.item() for name, value in self.values.items()}
        rows = []
        for place in range(self.count(spectral)):
            row = {name: column[place] for name, column in letters.items()}
            rows.append(program({**given, **row}, self.arithmetic))
        return {name: _row([row[name] for row in rows]) for name in program.outputs}


def _row(values: list[Any]) -> Any:
    found = np.empty((1, len(values)), dtype=object)
    found[0] = values
    return found


@dataclass(frozen=True, eq=False)
class Site:
    """One dimension of a pencil, lowered.

    Attributes
    ----------
    dimension : Dimension or SpectralDimension
    indices : tuple of int
        Its block rows.
    program : Program
        Every nonzero block of every matrix here.
    places : mapping output -> Place
    """

    dimension: AnyDimension
    indices: tuple[int, ...]
    program: Program
    places: Mapping[str, Place]

    def matrices(self, at: Solved) -> dict[tuple[str, int], Blocks]:
        """Nonzero blocks of every matrix, at points and levels."""
        found = at.evaluate(self.program, self.spectral)
        matrices: dict[tuple[str, int], Blocks] = {}
        for output, (kind, number, i, k) in self.places.items():
            matrices.setdefault((kind, number), {})[i, k] = at.filled(found[output], self.spectral)
        return matrices

    @property
    def spectral(self) -> bool:
        """Whether there are levels."""
        return isinstance(self.dimension, SpectralDimension)

    def weights(self, at: Solved) -> Any:
        """Weight of every level, shape (points or 1, levels)."""
        if self.spectral:
            return np.asarray(at.levels.weights[self.dimension.measure])[None, :]  # type: ignore[union-attr]
        return np.asarray(at.values[self.dimension.name])


@dataclass(frozen=True, eq=False)
class LoweredLoop:
    """The next order of a program, ready for numbers.

    Attributes
    ----------
    loop : OneLoop
    """

    loop: OneLoop

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The dimensions of the pencil."""
        return tuple(self._site(dimension) for dimension in self.loop.equation.pencil.dimensions())

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Everything that is given: sizes, parameters and traces."""
        pencil = self.loop.equation.pencil
        letters = {s for d in pencil.dimensions() for s in getattr(d, "eigenvalues", ())}
        expressions = [*pencil.coefficients(), *(e for b in self.loop.sources.values() for e in b.values())]
        expressions += [e for p in self.loop.potentials for e in p.coefficients()]
        expressions += [o.factor for o in self.loop.observables.values()]
        expressions += [d.expression for d in self.loop.names if not averages_in(d.expression)]
        found = {s for e in expressions for s in e.free_symbols} - letters
        found |= {d.size for d in pencil.dimensions() if not isinstance(d, SpectralDimension)}
        found |= {u.symbol for u in self.loop.equation.unknowns}
        for vector in (p.vector for p in self.loop.potentials):
            if isinstance(vector, DeterministicVector) and not isinstance(
                vector.dimension, SpectralDimension
            ):
                found.add(symbol(vector.measure))
        return tuple(sorted(s.name for s in found - {d.symbol for d in self.roots}))

    @cached_property
    def roots(self) -> tuple[Definition, ...]:
        """Names of roots of sizes and parameters; those of the sizes of spectra are inputs."""
        return tuple(d for d in self.loop.names if not averages_in(d.expression))

    def _lower(self, table: Mapping[str, sp.Expr], dimension: AnyDimension) -> Program:
        letters = (s.name for s in getattr(dimension, "eigenvalues", ()))
        return lower(table, [*self.inputs, *letters], self.roots)

    def at_levels(self, expression: sp.Expr, site: Site, at: Solved) -> Any:
        """An expression in sizes, parameters and eigenvalues, at points and levels.

        Parameters
        ----------
        expression : sympy.Expr
            In sizes, parameters and eigenvalues.
        site : Site
            Dimension it belongs to.
        at : Solved
            Solved points.
        """
        program = self._level_programs.setdefault((expression, site), None)
        if program is None:
            program = self._lower({"value": expression}, site.dimension)
            self._level_programs[expression, site] = program
        return at.filled(at.evaluate(program, site.spectral)["value"], site.spectral)

    @cached_property
    def _level_programs(self) -> dict[Any, Program | None]:
        return {}

    def _site(self, dimension: AnyDimension) -> Site:
        indices = self.loop.equation.pencil.indices(dimension)
        table: dict[Place, sp.Expr] = {}
        for (i, k), entry in self.loop.equation.inverse.items():
            table |= {("inverse", 0, i, k): entry, ("inverse", 0, k, i): entry}
        for number, overlap in enumerate(self.loop.overlaps):
            table |= {("read", number, i, k): e for (i, k), e in overlap.read.items()}
            table |= {("push", overlap.partner, i, k): e for (i, k), e in overlap.push.items()}
        for number, blocks in enumerate(self.loop.sources.values()):
            table |= {("source", number, i, k): e for (i, k), e in blocks.items()}
        for number, potential in enumerate(self.loop.potentials):
            for i, k, profile in potential.pairs:
                for pair in ((i, k), (k, i)):
                    place = ("form", number, *pair)
                    table[place] = table.get(place, sp.S.Zero) + profile / 2
        chosen = {f"{number}": p for number, p in enumerate(table) if p[2] in indices and table[p] != 0}
        program = self._lower({output: table[place] for output, place in chosen.items()}, dimension)
        return Site(dimension, indices, program, chosen)

    @cached_property
    def definitions(self) -> Mapping[str, Program]:
        """Every trace of the Dyson equation, level by level, in the traces."""
        return {
            u.symbol.name: self._lower(
                {"level": u.sign * u.variance * u.weight * self.loop.equation.entry(*u.inner)}, u.dimension
            )
            for u in self.loop.equation.unknowns
        }

    def order(self, known: Iterable[str]) -> tuple[str, ...] | None:
        """The traces beyond the known ones, each explicit in those before it; None if some are not."""
        names = {u.symbol.name for u in self.loop.equation.unknowns}
        done, found = set(known) & names, list[str]()
        while True:
            ready = [n for n in names - done if not (_used(self.definitions[n]) & names - done)]
            if not ready:
                return tuple(found) if done == names else None
            found += sorted(ready)
            done |= set(ready)

    def trace(self, name: str, at: Solved) -> Any:
        """A trace by its definition in the others.

        Parameters
        ----------
        name : str
            Of the trace.
        at : Solved
            Solved points.
        """
        unknown = next(u for u in self.loop.equation.unknowns if u.symbol.name == name)
        site = next(site for site in self.sites if site.dimension == unknown.dimension)
        found = at.evaluate(self.definitions[name], site.spectral)["level"]
        return (found * site.weights(at)).sum(axis=-1)[..., None]

    def form_weights(self, at: Solved) -> list[Any]:
        """What the square of a given vector weighs at every level, relative to the multiplicities."""
        found: list[Any] = []
        for potential in self.loop.potentials:
            vector, weights = potential.vector, at.levels.weights
            if not isinstance(vector, DeterministicVector):
                found.append(1)
            elif isinstance(vector.dimension, SpectralDimension):
                shares = weights[vector.measure] / weights[vector.dimension.measure]
                found.append(shares[None, :])
            else:
                found.append(at.values[vector.measure] / at.values[vector.dimension.name])
        return found


def _used(program: Program) -> set[str]:
    return {str(i.data) for i in program.instructions if i.operation == "input"}
