r"""What the first dropped terms do: the power at which each observable approaches its limit, and its coefficient.

Every dropped term of an equation, of an average or of an observable is a small perturbation of the limit system;
unknowns respond linearly, through the inverse Jacobian. Products of two perturbations are smaller still, by the
square of the largest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.response import adjoint, gradient
from asymptotics.transforms.limits.growth import ZERO, Exponent, PowerSum
from asymptotics.transforms.limits.leading_parts import LeadingPart, LeadingSum, Scaling
from asymptotics.transforms.limits.resolution import Resolved
from asymptotics.transforms.limits.variety import Variety


@dataclass(frozen=True)
class Source:
    """A perturbation of an equation (by number) or of the observable itself (``-1``).

    ``coefficient`` is ``None`` where only a bound on the size is known.
    """

    target: int
    exponent: Exponent
    coefficient: sp.Expr | None
    label: str


@dataclass(frozen=True)
class Approach:
    """How an observable approaches its limit.

    Attributes
    ----------
    exponent : Exponent or None
        Power of the dimension of the difference; ``None`` if nothing was dropped.
    exact : bool
        Whether the difference has exactly this power; otherwise it is an upper bound.
    sources : tuple of str
        Where the leading difference comes from.
    """

    exponent: Exponent | None
    exact: bool
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.exponent is None:
            return "equal to its limit"
        return f"difference {'of order' if self.exact else 'at most'} d^({self.exponent})"


def _determinant(rows: Sequence[Sequence[sp.Expr]]) -> sp.Expr:
    """Determinant by expansion along the first row, not simplified."""
    if not rows:
        return sp.S.One
    total = sp.S.Zero
    for column, entry in enumerate(rows[0]):
        if entry != 0:
            minor = [[*row[:column], *row[column + 1 :]] for row in rows[1:]]
            total += (-1) ** column * entry * _determinant(minor)
    return total


def _cramer(jacobian: Sequence[Sequence[sp.Expr]], slopes: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Weights ``y`` with ``y J = slopes``, as quotients of determinants (no common factors are sought)."""
    whole = _determinant(jacobian)
    replaced = ([*jacobian[:i], slopes, *jacobian[i + 1 :]] for i in range(len(slopes)))
    return [_determinant(rows) / whole for rows in replaced]


def _labels(sources: Sequence[Source]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source.label for source in sources))


@dataclass(frozen=True)
class Perturbations:
    """The limit system with everything that was dropped from it.

    Attributes
    ----------
    unknowns : tuple of sympy.Symbol
    equations : tuple of LeadingPart
    observables : mapping str -> (LeadingSum, Exponent)
        Each with the power divided out of it.
    averages : tuple of Resolved
    scaling : Scaling
    growth : mapping symbol -> PowerSum
    variety : Variety
    """

    unknowns: tuple[sp.Symbol, ...]
    equations: tuple[LeadingPart, ...]
    observables: Mapping[str, tuple[LeadingSum, Exponent]]
    averages: tuple[Resolved, ...]
    scaling: Scaling
    growth: Mapping[sp.Symbol, PowerSum]
    variety: Variety

    def defined(self) -> dict[sp.Symbol, sp.Expr]:
        """Leading part of every average."""
        return {average.symbol: average.definition.expression for average in self.averages}

    def expand(self, expression: sp.Expr) -> sp.Expr:
        """An expression in the symbols before the limit, at leading order, without definitions."""
        return self.scaling.limit(expression).xreplace(self.defined())

    def equation_sources(self) -> Iterator[Source]:
        """Perturbations of the equations."""
        for number, leading in enumerate(self.equations):
            for item in leading.terms:
                if not item.kept:
                    relative = item.exponent - leading.exponent
                    yield Source(number, relative, self._known(item.term), f"equation: {item.term}")
            kept = sp.Add(*(item.term for item in leading.terms if item.kept))
            yield from self._inside(number, kept, sp.S.One)

    def _known(self, term: sp.Expr) -> sp.Expr | None:
        """Leading value of a term, if every average in it is resolved."""
        open_ones = {average.symbol for average in self.averages if not average.resolved}
        return None if term.free_symbols & open_ones else self.expand(term)

    def _inside(self, target: int, expression: sp.Expr, factor: sp.Expr) -> Iterator[Source]:
        """Perturbations of the averages and parameters inside a leading expression."""
        for average in self.averages:
            if not expression.has(average.symbol):
                continue
            slope = self.expand(sp.diff(expression, average.symbol)) * factor
            for term, exponent in (*average.dropped, *average.corrections):
                label = f"{average.symbol}: {term.label}"
                yield Source(target, exponent - average.exponent, slope * term.coefficient, label)
            for term, exponent in average.bounds:
                yield Source(target, exponent - average.exponent, None, f"{average.symbol}: {term.label}")
        for name, growth in self.growth.items():
            for coefficient, exponent in growth.terms[1:]:
                slope = self.expand(sp.diff(expression, name)) * factor
                yield Source(target, exponent - growth.exponent, slope * coefficient, f"{name}, next")

    def observable_sources(self, name: str) -> Iterator[Source]:
        """Perturbations of an observable at fixed unknowns."""
        leading, scale = self.observables[name]
        for number, piece in enumerate(leading.pieces, 1):
            above, below = (
                self.expand(piece.numerator.coefficient),
                self.expand(piece.denominator.coefficient),
            )
            relative = piece.exponent - scale
            if relative < ZERO:
                known = self._known(piece.coefficient)
                yield Source(-1, relative, known, f"part {number}")
                continue
            parts = [(piece.numerator, 1 / below), (piece.denominator, -above / below**2)]
            for part, factor in parts:
                for item in part.terms:
                    if not item.kept:
                        value = self._known(item.term)
                        coefficient = None if value is None else value * factor
                        yield Source(-1, item.exponent - part.exponent, coefficient, f"{name}: {item.term}")
                kept = sp.Add(*(item.term for item in part.terms if item.kept))
                yield from self._inside(-1, kept, factor)

    def residuals(self) -> list[sp.Expr]:
        """Leading equations in parameters and unknowns."""
        return [self.expand(leading.coefficient) for leading in self.equations]

    def value(self, name: str) -> sp.Expr:
        """Limit of an observable in parameters and unknowns."""
        leading, scale = self.observables[name]
        return self.expand(leading.coefficient) if leading.exponent == scale else sp.S.Zero

    def approach(self, name: str) -> Approach:
        """The power of the dimension at which an observable approaches its limit."""
        leading, scale = self.observables[name]
        if leading.exponent < scale:
            known = self._known(leading.coefficient) is not None
            return Approach(leading.exponent - scale, known, ("its own leading part",))
        sources = [*self.equation_sources(), *self.observable_sources(name)]
        if not sources:
            return Approach(None, True)
        square = max((s.exponent for s in sources), key=lambda e: e.value) * 2
        samples = self._samples(name, sources)
        for top in sorted({s.exponent.value for s in sources}, reverse=True):
            layer = [s for s in sources if s.exponent.value == top]
            if top <= square.value:
                break
            active = [s for s in layer if self._acts(s, samples)]
            if any(s.coefficient is None for s in active):
                return Approach(layer[0].exponent, False, _labels(active))
            if samples is None or any(
                sum(self._effect(s, sample) for s in active) != 0 for sample in samples
            ):
                exact = samples is not None
                return Approach(layer[0].exponent, exact, _labels(active))
        return Approach(square, False, ("products of two perturbations",))

    def _samples(
        self, name: str, sources: Sequence[Source]
    ) -> list[tuple[dict[sp.Basic, sp.Expr], list[sp.Expr]]] | None:
        """Random exact solutions, with the response of the observable to each equation there."""
        if self.variety.left:
            return None
        residuals, value = self.residuals(), self.value(name)
        jacobian = gradient(residuals, self.unknowns)
        slopes = [sp.diff(value, u) for u in self.unknowns]
        symbols = set(value.free_symbols).union(*(r.free_symbols for r in residuals))
        symbols |= {
            s for source in sources if source.coefficient is not None for s in source.coefficient.free_symbols
        }
        found = []
        for point in self.variety.points(symbols, count=2):
            rows = [[sp.sympify(entry, strict=True).xreplace(point) for entry in row] for row in jacobian]
            at = [sp.sympify(entry, strict=True).xreplace(point) for entry in slopes]
            found.append((point, adjoint(rows, at)))
        return found

    @staticmethod
    def _effect(source: Source, sample: tuple[dict[sp.Basic, sp.Expr], list[sp.Expr]]) -> sp.Expr:
        point, weights = sample
        assert source.coefficient is not None
        weight = sp.S.One if source.target < 0 else -weights[source.target]
        return weight * sp.sympify(source.coefficient, strict=True).xreplace(point)

    def _acts(
        self, source: Source, samples: list[tuple[dict[sp.Basic, sp.Expr], list[sp.Expr]]] | None
    ) -> bool:
        """Whether a perturbation reaches the observable at all."""
        if samples is None:
            return True
        if source.coefficient is None:
            return source.target < 0 or any(weights[source.target] != 0 for _, weights in samples)
        return any(self._effect(source, sample) != 0 for sample in samples)

    def correction(self, name: str) -> tuple[sp.Expr, Exponent]:
        """Leading difference between an observable and its limit: coefficient and exponent.

        Raises
        ------
        ValueError
            If only a bound is known.
        """
        approach = self.approach(name)
        if approach.exponent is None or not approach.exact:
            raise ValueError(f"{name}: {approach}; its coefficient is not known")
        leading, scale = self.observables[name]
        if leading.exponent < scale:
            return self.expand(leading.coefficient), approach.exponent
        slopes = [sp.diff(self.value(name), u) for u in self.unknowns]
        weights = _cramer(gradient(self.residuals(), self.unknowns), slopes) if any(slopes) else []
        total = sp.S.Zero
        for source in (*self.equation_sources(), *self.observable_sources(name)):
            if source.exponent == approach.exponent and source.coefficient is not None:
                if source.target < 0:
                    total += source.coefficient
                elif weights:
                    total -= weights[source.target] * source.coefficient
        return total, approach.exponent
