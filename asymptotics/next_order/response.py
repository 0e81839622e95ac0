r"""How a mean inverse and the Jacobian of its fixed-point map respond to sources: what every correction is read off.

At a solved point, with :math:`D_\epsilon = L_\epsilon - \eta'(Q_\epsilon)` the change of the pencil along a direction,

.. math:: G_\epsilon = -G D_\epsilon G, \qquad
   G_{\epsilon\sigma} = G D_\epsilon G D_\sigma G + G D_\sigma G D_\epsilon G - G D_{\epsilon\sigma} G,

and the overlaps move as the equation of the fixed point says, with the one matrix :math:`1 - T` in all orders. Matrices
are kept block by block, only those that do not vanish.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.next_order.jets import Jet, inverse_of, log_determinant
from asymptotics.next_order.loop import Blocks, LoweredLoop, Site, Solved

Table = dict[int, Blocks]


@dataclass(frozen=True)
class Local:
    """One dimension at solved points.

    Attributes
    ----------
    site : Site
    weights : ndarray, shape (points or 1, levels)
    mean : Blocks
        The mean inverse.
    read, push, form, source : mapping number -> Blocks
    pushed : mapping number -> Blocks
        The mean inverse on both sides of what an overlap pushes.
    """

    site: Site
    weights: Any
    mean: Blocks
    read: Table
    push: Table
    form: Table
    source: Table
    pushed: Table

    @staticmethod
    def of(lowered: LoweredLoop, site: Site, at: Solved) -> Local:
        """A dimension, before overlaps have their units.

        Parameters
        ----------
        lowered : LoweredLoop
            The Dyson map as programs.
        site : Site
            A dimension.
        at : Solved
            Solved points.
        """
        found: dict[str, Table] = {"inverse": {}, "read": {}, "push": {}, "form": {}, "source": {}}
        for (kind, number), blocks in site.matrices(at).items():
            found[kind][number] = blocks
        for number, share in enumerate(lowered.form_weights(at)):
            if number in found["form"]:
                found["form"][number] = _scaled(found["form"][number], share)
        mean = found.pop("inverse")[0]
        return Local(site, site.weights(at), mean, **found, pushed={})

    def in_units(self, units: list[Any]) -> Local:
        """The same with overlaps in units."""
        read = {k: _scaled(blocks, 1 / units[k][:, None]) for k, blocks in self.read.items()}
        push = {k: _scaled(blocks, units[k][:, None]) for k, blocks in self.push.items()}
        pushed = {k: sandwich(self.mean, blocks, self.mean) for k, blocks in push.items()}
        return Local(self.site, self.weights, self.mean, read, push, self.form, self.source, pushed)

    def total(self, values: Any) -> Any:
        """Sum over levels, each with its weight."""
        if len(self.weights) == 1:
            return values @ self.weights[0]
        return (values * self.weights).sum(axis=-1)

    def reading(self, number: int, blocks: Blocks) -> Any:
        """What an overlap reads of a matrix.

        Parameters
        ----------
        number : int
            Of the overlap.
        blocks : Blocks
            Of a matrix.
        """
        found: Any = 0
        for (k, i), factor in self.read.get(number, {}).items():
            if (i, k) in blocks:
                found = found + self.total(factor * blocks[i, k])
        return found


def _scaled(blocks: Blocks, factor: Any) -> Blocks:
    return {pair: value * factor for pair, value in blocks.items()}


def _added(first: Blocks, second: Blocks) -> Blocks:
    return {
        pair: first[pair] + second[pair] if pair in first and pair in second else (first | second)[pair]
        for pair in first | second
    }


def sandwich(left: Blocks, middle: Blocks, right: Blocks) -> Blocks:
    """The product of three matrices.

    Parameters
    ----------
    left : Blocks
        Blocks of a matrix at points and levels.
    middle : Blocks
        Of the same shape.
    right : Blocks
        Of the same shape.
    """
    found: Blocks = {}
    for (a, b), value in middle.items():
        for (i, c), first in left.items():
            if c != a:
                continue
            front = first * value
            for (e, k), second in right.items():
                if e == b:
                    term = front * second
                    found[i, k] = found[i, k] + term if (i, k) in found else term
    return found


@dataclass(frozen=True)
class Response:
    """Solved points with the response to every direction and source.

    Attributes
    ----------
    lowered : LoweredLoop
    at : Solved
    locals : tuple of Local
    inverses : tuple of dict
        For every dimension the blocks of the mean inverse, jets of shape (directions, sources, points, levels).
    step : Jet
        The matrix ``T`` over all overlaps, in units of the overlaps: shape (directions, sources, points, n, n).
    """

    lowered: LoweredLoop
    at: Solved
    locals: tuple[Local, ...]
    inverses: tuple[dict[tuple[int, int], Jet], ...]
    step: Jet

    def block(self, i: int, k: int) -> Jet:
        """One block of the mean inverse.

        Parameters
        ----------
        i : int
            Row.
        k : int
            Column.
        """
        return next(jets[i, k] for jets in self.inverses if (i, k) in jets)

    def local(self, block: int) -> Local:
        """The dimension of a block."""
        return next(local for local in self.locals if block in local.site.indices)

    def potential(self) -> Jet:
        """Slopes of the one-loop potential, shape (directions, sources, points)."""
        even, odd = (self._log_determinant(kind) for kind in (False, True))
        total = even if odd is None else odd if even is None else even - odd
        assert total is not None
        return total.each(lambda part: part / 2)

    def determinant(self) -> Any:
        """Size of the determinant of the Jacobian, over overlaps that are even in places; at every point."""
        chosen = [k for k, overlap in enumerate(self.lowered.loop.overlaps) if not overlap.odd]
        step = self.step.at(*np.ix_(chosen, chosen)).value[0, 0]
        return np.abs(np.linalg.det(np.eye(len(chosen)) - step))

    def _log_determinant(self, odd: bool) -> Jet | None:
        chosen = [k for k, overlap in enumerate(self.lowered.loop.overlaps) if overlap.odd == odd]
        if not chosen:
            return None
        step = self.step.at(*np.ix_(chosen, chosen))
        unit = np.eye(len(chosen), dtype=int)
        return log_determinant(Jet(unit - step.value, -step.direction, -step.source, -step.both), inverse_of)

    def round_trip(self, matrix: str) -> Jet:
        """An overlap on the rows of a matrix, passed to its columns and back: shape (directions, sources, points)."""
        a, b = (k for k, o in enumerate(self.lowered.loop.overlaps) if o.matrix.name == matrix)
        return self.step.at(a, b) * self.step.at(b, a)


def respond(lowered: LoweredLoop, at: Solved) -> Response:
    """The response at solved points.

    Parameters
    ----------
    lowered : LoweredLoop
        The Dyson map as programs.
    at : Solved
        Solved points.
    """
    parts = [Local.of(lowered, site, at) for site in lowered.sites]
    units = _units(lowered, parts, at)
    locals_ = [part.in_units(units) for part in parts]
    motion = _Motion(lowered, locals_, at)
    inverses = motion.inverses()
    return Response(lowered, at, tuple(locals_), tuple(inverses), motion.step(inverses))


def _units(lowered: LoweredLoop, parts: list[Local], at: Solved) -> list[Any]:
    """Overlaps in units of their mean, or of those of the vectors they join."""
    overlaps, means = lowered.loop.overlaps, {}
    for number, overlap in enumerate(overlaps):
        if overlap.places[0] == overlap.places[1]:
            read = sum(part.reading(number, part.mean) for part in parts)
            means[overlap.matrix, overlap.rows, overlap.places[0]] = abs(read + 0 * _ones(at))
    found = []
    for overlap in overlaps:
        first, second = (means[overlap.matrix, overlap.rows, place] for place in overlap.places)
        unit = first if overlap.places[0] == overlap.places[1] else _roots(first * second)
        found.append(np.where(unit == 0, _ones(at), unit))
    return found


def _ones(at: Solved) -> Any:
    return np.array([at.arithmetic.convert(1)] * at.points)


def _roots(values: Any) -> Any:
    return np.sqrt(values) if values.dtype != object else np.ones(values.shape, dtype=int)


@dataclass(frozen=True)
class _Motion:
    """The linear systems of the response."""

    lowered: LoweredLoop
    locals: list[Local]
    at: Solved

    @property
    def _count(self) -> int:
        return len(self.lowered.loop.overlaps)

    def inverses(self) -> list[dict[tuple[int, int], Jet]]:
        """The mean inverse in every dimension, with its slopes."""
        back = inverse_of(np.eye(self._count, dtype=int) - self._steps())
        forms, sources = len(self.lowered.loop.potentials), len(self.lowered.loop.sources)
        along = [self._stacked([p.form for p in self.locals], n, k, forms) for n, k in self._numbered()]
        across = [self._stacked([p.source for p in self.locals], n, k, sources) for n, k in self._numbered()]
        first = self._moved(along, back)
        second = self._moved(across, back)
        both = self._second(first, second, back)
        found = []
        for local, (_, a), (_, b), c in zip(self.locals, first, second, both, strict=True):
            jets, zero = {}, 0 * next(iter(local.mean.values()))
            for pair in {**local.mean, **a, **b, **c}:
                value = local.mean.get(pair, zero)
                parts = a.get(pair, zero[None]), b.get(pair, zero[None]), c.get(pair, zero[None, None])
                jets[pair] = Jet(value[None, None], parts[0][:, None], parts[1][None], parts[2])
            found.append(jets)
        return found

    def _numbered(self) -> Iterable[tuple[int, Local]]:
        return enumerate(self.locals)

    def _steps(self) -> Any:
        """The matrix T."""
        found = np.zeros((self.at.points, self._count, self._count), dtype=self._kind)
        for local in self.locals:
            for y, blocks in local.pushed.items():
                for x in local.read:
                    found[:, x, y] = found[:, x, y] + local.reading(x, blocks)
        return found

    @property
    def _kind(self) -> Any:
        return next(iter(self.locals[0].mean.values())).dtype

    def _stacked(self, tables: list[Table], place: int, local: Local, count: int) -> Blocks:
        """Changes of the pencil with every direction or source on the first axis."""
        pairs = {pair for blocks in tables[place].values() for pair in blocks}
        found: Blocks = {}
        for pair in pairs:
            rows = [tables[place].get(number, {}).get(pair) for number in range(count)]
            zero = next(0 * row for row in rows if row is not None)
            found[pair] = np.stack([zero if row is None else row for row in rows])
        return found

    def _moved(self, changes: list[Blocks], back: Any) -> list[tuple[Blocks, Blocks]]:
        """Changes of the pencil less those of its self-energy, and of the mean inverse."""
        parts = [
            _scaled(sandwich(local.mean, change, local.mean), -1)
            for local, change in zip(self.locals, changes, strict=True)
        ]
        moves = self._solved(back, parts)
        found = []
        for local, change, part in zip(self.locals, changes, parts, strict=True):
            pencil = change
            for number, blocks in local.push.items():
                pencil = _added(pencil, _scaled(blocks, -moves[..., number, None]))
            found.append((pencil, self._pushed(local, part, moves)))
        return found

    def _pushed(self, local: Local, part: Blocks, moves: Any) -> Blocks:
        for number, blocks in local.pushed.items():
            part = _added(part, _scaled(blocks, moves[..., number, None]))
        return part

    def _second(self, first: list[Any], second: list[Any], back: Any) -> list[Blocks]:
        """Mixed changes of the mean inverse."""
        parts = []
        for local, (_, along), (change, _) in zip(self.locals, first, second, strict=True):
            left = {pair: value[:, None] for pair, value in along.items()}
            part = _scaled(sandwich(left, {p: v[None] for p, v in change.items()}, local.mean), -1)
            parts.append(_added(part, {(k, i): value for (i, k), value in part.items()}))
        moves = self._solved(back, parts)
        return [self._pushed(local, part, moves) for local, part in zip(self.locals, parts, strict=True)]

    def _solved(self, back: Any, parts: list[Blocks]) -> Any:
        """How overlaps move with changes of the mean inverse at fixed overlaps: shape (..., points, overlaps)."""
        lead = next(value.shape[:-1] for part in parts for value in part.values())
        right = np.zeros((*lead, self._count), dtype=self._kind)
        for local, part in zip(self.locals, parts, strict=True):
            for number in local.read:
                right[..., number] = right[..., number] + local.reading(number, part)
        return (back @ right[..., None])[..., 0]

    def step(self, inverses: list[dict[tuple[int, int], Jet]]) -> Jet:
        """The matrix T with its slopes."""
        forms, sources = len(self.lowered.loop.potentials), len(self.lowered.loop.sources)
        shape = (self.at.points, self._count, self._count)
        leads = ((1, 1), (forms, 1), (1, sources), (forms, sources))
        total = [np.zeros((*lead, *shape), dtype=self._kind) for lead in leads]
        for local, jets in zip(self.locals, inverses, strict=True):
            for (x, y), (i, a, b, k), factor in _pairs(local):
                if (i, a) in jets and (b, k) in jets:
                    product = jets[i, a] * jets[b, k] * factor
                    for whole, part in zip(total, product.each(local.total).parts(), strict=True):
                        whole[..., x, y] += part
        return Jet(*total)


def _pairs(local: Local) -> Iterator[tuple[tuple[int, int], tuple[int, int, int, int], Any]]:
    """Overlaps read and pushed, the blocks of the mean inverse between them, and what stands in front."""
    for x, read in local.read.items():
        for y, push in local.push.items():
            for (k, i), weight in read.items():
                for (a, b), factor in push.items():
                    yield (x, y), (i, a, b, k), weight * factor
