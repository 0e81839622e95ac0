"""Expansion of rational expressions into words, graded by number of letters or by powers of a ridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.symbolic.expressions import Expression
from asymptotics.symbolic.words import Diagonal, Factor, Group, Letter, deterministic_part

Word = tuple[Factor, ...]
Words = dict[Word, sp.Expr]


@dataclass(frozen=True)
class Expansion:
    """Expansion of expressions into words by degree, up to an order.

    Parameters
    ----------
    order : int
    ridge : sympy.Symbol, optional
        Without it a random letter has degree 1, and inverses are expanded around their deterministic part. With
        it every inverse has degree at least 1 and is expanded around the ridge it contains.
    """

    order: int
    ridge: sp.Symbol | None = None

    def expression(self, body: Expression) -> list[Words]:
        """Words of an expression by degree.

        Raises
        ------
        DerivationError
            If an inverse has no expansion of this kind.
        """
        total = self._nothing()
        for term in body.terms:
            part = self._unit(term.coefficient)
            for factor in term.factors:
                part = self._product(part, self._factor(factor))
            for grade, words in enumerate(part):
                _accumulate(total[grade], words)
        return total

    def _factor(self, factor: Factor) -> list[Words]:
        if isinstance(factor, Group):
            return self._inverse(factor.body) if factor.inverse else self.expression(factor.body)
        degree = 1 if isinstance(factor, Letter) and self.ridge is None else 0
        result = self._nothing()
        if degree <= self.order:
            result[degree] = {(factor,): sp.S.One}
        return result

    def _nothing(self) -> list[Words]:
        return [{} for _ in range(self.order + 1)]

    def _unit(self, value: sp.Expr, word: Word = ()) -> list[Words]:
        return [{word: value} if grade == 0 else {} for grade in range(self.order + 1)]

    def _product(self, left: Sequence[Words], right: Sequence[Words]) -> list[Words]:
        result = self._nothing()
        for i, first in enumerate(left):
            for k, second in enumerate(right[: self.order + 1 - i]):
                for a, x in first.items():
                    for b, y in second.items():
                        _accumulate(result[i + k], {joined(a, b): x * y})
        return result

    def _inverse(self, body: Expression) -> list[Words]:
        """The geometric series ``front - front rest front + ...``."""
        front, rest = self._around_mean(body) if self.ridge is None else self._around_ridge(body)
        step = [{w: -v for w, v in words.items()} for words in self._product(front, self.expression(rest))]
        if any(value != 0 for value in step[0].values()):
            raise DerivationError(f"the inverse of {body} has no expansion of this kind")
        total = [dict(words) for words in front]
        power = front
        for _ in range(self.order):
            power = self._product(step, power)
            for grade, words in enumerate(power):
                _accumulate(total[grade], words)
        return total

    def _around_mean(self, body: Expression) -> tuple[list[Words], Expression]:
        mean = [t for t in body.terms if all(isinstance(factor, Diagonal) for factor in t.factors)]
        rest = tuple(t for t in body.terms if t not in mean)
        value = sum((deterministic_part(t) for t in mean), sp.S.Zero)
        if value == 0:
            raise DerivationError(f"{body} has no deterministic part to expand around")
        if getattr(body.rows, "eigenvalues", ()):
            front = self._unit(sp.S.One, (Diagonal(body.rows, 1 / value),))  # type: ignore[arg-type]
        else:
            front = self._unit(1 / value)
        return front, Expression(rest, body.rows, body.columns)

    def _around_ridge(self, body: Expression) -> tuple[list[Words], Expression]:
        assert self.ridge is not None
        scale = sum((t.coefficient.coeff(self.ridge, 1) for t in body.terms if not t.factors), sp.S.Zero)
        rest = body - scale * self.ridge if scale != 0 else body
        if scale == 0 or any(t.coefficient.has(self.ridge) for t in rest.terms):
            raise DerivationError(f"{body} does not contain the ridge {self.ridge} once")
        front = self._nothing()
        if self.order >= 1:
            front[1] = {(): 1 / scale}
        return front, rest


def joined(left: Word, right: Word) -> Word:
    """Two words one after the other, functions of one spectrum multiplied up."""
    if left and right and isinstance(left[-1], Diagonal) and isinstance(right[0], Diagonal):
        function = sp.cancel(left[-1].function * right[0].function)
        return (*left[:-1], Diagonal(right[0].dimension, function), *right[1:])
    return (*left, *right)


def _accumulate(total: Words, words: Mapping[Word, sp.Expr]) -> None:
    for word, value in words.items():
        total[word] = total.get(word, sp.S.Zero) + value
