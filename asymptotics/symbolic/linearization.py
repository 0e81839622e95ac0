r"""Self-adjoint linearization: a rational expression as a corner of the inverse of an affine pencil.

Every rule is a Schur complement, read as the stationary value of a quadratic form. With
:math:`\Phi(v) = \tfrac12 v^\top L v`,

.. math::
   x^\top A B\, y &= \operatorname{stat}_{t,m}\; x^\top A t + m^\top (B y - t), \\
   x^\top S^{-1} y &= \operatorname{stat}_{t,m}\; x^\top t + m^\top (y - S t), \\
   \tfrac12 \gamma\, x^\top C^\top M C\, x &= \operatorname{stat}_{m}\; m^\top C x
       - \tfrac{1}{2\gamma}\, m^\top M^{-1} m .

The last rule keeps symmetric expressions small: one block for :math:`C^\top C`, none for an inverse in the
middle. No noncommutative algebra is done by a general system; see ``docs/theory/linearization.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.expressions import Expression, Operand
from asymptotics.symbolic.pencil import Block, Pencil, Placement
from asymptotics.symbolic.words import Diagonal, Factor, Group, Letter

Word = tuple[Factor, ...]


@dataclass(frozen=True)
class Linearization:
    """A pencil with the corner of its inverse that is the expression.

    Attributes
    ----------
    expression : Expression
    pencil : Pencil
    row, column : int
        Block of the inverse.
    coefficient : sympy.Expr
        ``expression = coefficient * pencil^-1 [row, column]``.
    """

    expression: Expression
    pencil: Pencil
    row: int
    column: int
    coefficient: sp.Expr

    def __str__(self) -> str:
        names = [block.name for block in self.pencil.blocks]
        corner = f"{self.coefficient} * inverse[{names[self.row]},{names[self.column]}]"
        return f"{self.expression}\n  = {corner} of\n{self.pencil}"


@dataclass
class _Form:
    """The quadratic form while it is being written down."""

    blocks: list[Block] = field(default_factory=list)
    entries: dict[tuple[int, int], sp.Expr] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    solved: dict[tuple[Word, int], int] = field(default_factory=dict)

    def block(self, dimension: AnyDimension, sign: int) -> int:
        """A new variable of the form."""
        self.blocks.append(Block(f"x{len(self.blocks)}", dimension, sign))
        return len(self.blocks) - 1

    def add(self, i: int, k: int, value: sp.Expr) -> None:
        """Add ``v_i' value v_k`` to the form."""
        key = (min(i, k), max(i, k))
        total = self.entries.get(key, sp.S.Zero) + (2 if i == k else 1) * value
        self.entries[key] = sp.cancel(total)

    def bilinear(self, i: int, scale: sp.Expr, body: Expression, k: int) -> None:
        """Add ``scale * v_i' body v_k``."""
        for term in body.terms:
            self.word(i, scale * term.coefficient, term.factors, k)

    def word(self, i: int, scale: sp.Expr, word: Word, k: int) -> None:
        """Add ``scale * v_i' word v_k``."""
        start, stop = _core(word)
        left, right = _functions(word[:start]), _functions(word[stop:])
        first = word[start] if start < stop else None
        if first is None:
            self.add(i, k, scale * left * right)
        elif isinstance(first, Letter) and stop == start + 1:
            self.place(i, scale * left, first, right, k)
        elif isinstance(first, Group) and not first.inverse and stop == start + 1:
            for term in first.body.terms:
                self.word(i, scale * term.coefficient, (*word[:start], *term.factors, *word[stop:]), k)
        else:
            head = start if _is_inverse(first) else start + 1
            while isinstance(word[head], Diagonal):
                head += 1
            self.word(i, scale, word[:head], self.image(word[head:], k))

    def place(self, i: int, left: sp.Expr, letter: Letter, right: sp.Expr, k: int) -> None:
        """Add ``v_i' left letter right v_k``."""
        if letter.transposed:
            self.placements.append(Placement(letter.matrix, k, i, right, left))
        else:
            self.placements.append(Placement(letter.matrix, i, k, left, right))

    def image(self, word: Word, k: int) -> int:
        """A variable that equals ``word v_k``, with the multiplier that makes it so."""
        if (word, k) in self.solved:
            return self.solved[word, k]
        dimension = word[0].shape[0]
        sign = self.blocks[k].sign
        variable, multiplier = self.block(dimension, sign), self.block(dimension, -sign)
        self.solved[word, k] = variable
        if _is_inverse(word[0]):
            self.bilinear(multiplier, sp.S.NegativeOne, word[0].body, variable)  # type: ignore[union-attr]
            self.word(multiplier, sp.S.One, word[1:], k)
        else:
            self.add(multiplier, variable, sp.S.NegativeOne)
            self.word(multiplier, sp.S.One, word, k)
        return variable

    def quadratic(self, k: int, scale: sp.Expr, body: Expression) -> None:
        """Add ``scale/2 * v_k' body v_k`` for a symmetric body."""
        waiting = {term.factors: term for term in body.terms}
        while waiting:
            term = waiting.pop(next(iter(waiting)))
            mirror = term.transpose().factors
            if mirror == term.factors:
                self.congruence(k, scale * term.coefficient, term.factors)
            elif mirror in waiting and waiting[mirror].coefficient == term.coefficient:
                waiting.pop(mirror)
                self.word(k, scale * term.coefficient, term.factors, k)
            else:
                raise DerivationError(f"{body} is not symmetric as written: no partner for {term}")

    def congruence(self, k: int, scale: sp.Expr, word: Word) -> None:
        """Add ``scale/2 * v_k' word v_k`` for a palindromic word."""
        half = len(word) // 2
        center, outer = word[half : len(word) - half], word[len(word) - half :]
        middle = center[0] if center else None
        if outer and (_is_inverse(outer[0]) or (isinstance(middle, Group) and not middle.inverse)):
            k, outer = self.image(outer, k), ()
        if not outer and not isinstance(middle, Group):
            self.add(k, k, scale * (middle.function if isinstance(middle, Diagonal) else 1) / 2)
        elif not outer and not middle.inverse:  # type: ignore[union-attr]
            self.quadratic(k, scale, middle.body)  # type: ignore[union-attr]
        else:
            dimension = outer[0].shape[0] if outer else self.blocks[k].dimension
            multiplier = self.block(dimension, 1 if scale.could_extract_minus_sign() else -1)
            self.word(multiplier, sp.S.One, outer, k)
            if isinstance(middle, Group):
                self.quadratic(multiplier, -1 / scale, middle.body)
            else:
                function = middle.function if isinstance(middle, Diagonal) else sp.S.One
                self.add(multiplier, multiplier, -1 / (2 * scale * function))

    def coupling(self, root: int) -> tuple[int, sp.Expr] | None:
        """The one block the root is tied to by a constant, if that is all there is in its row."""
        if any(root in (p.row, p.column) for p in self.placements):
            return None
        row = {pair: value for pair, value in self.entries.items() if root in pair and value != 0}
        if len(row) != 1 or (root, root) in row:
            return None
        ((pair, value),) = row.items()
        other = pair[0] if pair[1] == root else pair[1]
        return (other, value) if value.is_number else None

    def pencil(self, dropped: set[int], order: Sequence[int]) -> tuple[Pencil, dict[int, int]]:
        """The pencil on the blocks kept, and where each block went."""
        kept = [i for i in order if i not in dropped]
        where = {old: new for new, old in enumerate(kept)}
        blocks = tuple(
            Block(f"x{new}", self.blocks[old].dimension, self.blocks[old].sign) for old, new in where.items()
        )
        entries = {
            tuple(sorted((where[i], where[k]))): value
            for (i, k), value in self.entries.items()
            if i in where and k in where and value != 0
        }
        placements = tuple(
            Placement(p.matrix, where[p.row], where[p.column], p.left, p.right) for p in self.placements
        )
        return Pencil(blocks, dict(sorted(entries.items())), placements), where  # type: ignore[arg-type]


def _is_inverse(factor: Factor | None) -> bool:
    return isinstance(factor, Group) and factor.inverse


def _core(word: Word) -> tuple[int, int]:
    """Where the factors that are not functions of a spectrum start and stop."""
    places = [place for place, factor in enumerate(word) if not isinstance(factor, Diagonal)]
    return (places[0], places[-1] + 1) if places else (len(word), len(word))


def _functions(word: Word) -> sp.Expr:
    """The product of functions of a spectrum."""
    return sp.Mul(*(factor.function for factor in word if isinstance(factor, Diagonal)))


def linearize(expression: Operand) -> Linearization:
    r"""A self-adjoint pencil whose inverse has the expression in a corner.

    Parameters
    ----------
    expression : Expression
        Of shape ``(a, b)``. An expression that equals its transpose as written gets a smaller pencil.

    Returns
    -------
    Linearization

    Raises
    ------
    DerivationError
        If the expression is zero.

    Notes
    -----
    :func:`asymptotics.symbolic.substitution.represents` checks the result by substitution of random rational
    matrices.

    References
    ----------
    HeltonMaiSpeicher2018.

    Examples
    --------
    >>> from asymptotics.symbolic import Dimension, GaussianMatrix
    >>> from asymptotics.equations.naming import symbol
    >>> n, d = Dimension("n"), Dimension("d")
    >>> X = GaussianMatrix("X", n, d, variance=1 / n)
    >>> print(linearize((X.T @ X + symbol("z")).inv()))
    (X' X + z)^-1
      = 1 * inverse[x0,x0] of
          x0 |        z        X'
          x1 |        X        -1
    """
    body = expression.expression()
    if not body.terms:
        raise DerivationError("the zero expression has no linearization")
    form = _Form()
    only = body.terms[0]
    if len(body.terms) == 1 and len(only.factors) == 1 and _is_inverse(only.factors[0]):
        inner = only.factors[0].body  # type: ignore[union-attr]
        if inner.symmetric:
            root = form.block(body.rows, 1)
            form.quadratic(root, sp.S.One, inner)
            pencil, _ = form.pencil(set(), range(len(form.blocks)))
            return Linearization(body, pencil, root, root, only.coefficient)
    root = form.block(body.columns, 1)
    if body.symmetric:
        form.quadratic(root, sp.S.One, body)
        return _cornered(body, form, root, root)
    other = form.block(body.rows, -1)
    form.bilinear(other, sp.S.One, body, root)
    return _cornered(body, form, other, root)


def _cornered(body: Expression, form: _Form, row: int, column: int) -> Linearization:
    """Turn the Schur complement onto the roots into a corner of an inverse.

    A root tied to a single block by a constant is dropped: the corner is at that block. Any other root gets a
    partner tied to it by 1, and the corner is at the partner.
    """
    dropped: set[int] = set()
    places: dict[int, int] = {}
    factor: sp.Expr = sp.S.One
    for root in dict.fromkeys((row, column)):
        tie = form.coupling(root)
        if tie is None:
            places[root] = form.block(form.blocks[root].dimension, -form.blocks[root].sign)
            form.add(places[root], root, sp.S.One)
        else:
            dropped.add(root)
            places[root], value = tie
            factor *= value**2 if row == column else value
    both_or_none = row == column or len(dropped) != 1
    pencil, where = form.pencil(dropped, range(len(form.blocks)))
    return Linearization(
        body, pencil, where[places[row]], where[places[column]], -factor if both_or_none else factor
    )
