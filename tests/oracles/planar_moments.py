r"""Planar Wick moments: expectations of words in Gaussian matrices, in the limit of large dimensions.

An oracle for the derivation: it shares no code with the covariance map or the Dyson equation. The first letter of a
word pairs with a later one so that no two pairs cross, which splits the word into an inside and a rest,

.. math::
   E[X\,U\,X^\top V] \to v\, R\, \operatorname{Tr}(C\, E[U])\, E[V], \qquad
   E[X^\top U\, X\, V] \to v\, C\, \operatorname{Tr}(R\, E[U])\, E[V],

for :math:`X = R^{1/2} W C^{1/2}` with entries of variance :math:`v` in :math:`W`. Pairings that cross are of lower
order in the dimensions. Everything is exact in every parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.symbolic.dimensions import AnyDimension
from asymptotics.symbolic.expressions import NormalizedTrace
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.symbolic.words import Diagonal, Letter
from tests.oracles.planar_words import Expansion, Word, joined

Paths = dict[tuple[int, Word], sp.Expr]


@dataclass
class _Planar:
    """Expectations of words, remembered."""

    known: dict[Word, sp.Expr] = field(default_factory=dict)

    def expectation(self, word: Word) -> sp.Expr:
        """The mean of a word that starts and ends in one dimension, as a function of its spectrum."""
        if not word:
            return sp.S.One
        if word not in self.known:
            self.known[word] = sp.expand(self._expectation(word))
        return self.known[word]

    def _expectation(self, word: Word) -> sp.Expr:
        first = word[0]
        if isinstance(first, Diagonal):
            return first.function * self.expectation(word[1:])
        assert isinstance(first, Letter)
        matrix, total = first.matrix, sp.S.Zero
        outer, inner, dimension = matrix.row_covariance, matrix.column_covariance, matrix.columns
        if first.transposed:
            outer, inner, dimension = inner, outer, matrix.rows
        for place in range(1, len(word)):
            inside, rest = word[1:place], word[place + 1 :]
            if word[place] == first.transpose() and _balanced(inside) and _balanced(rest):
                trace = _trace(inner * self.expectation(inside), dimension)
                total += matrix.variance * outer * trace * self.expectation(rest)
        return total


def _balanced(word: Word) -> bool:
    """Whether the letters of a word can pair up at all."""
    count: dict[Letter, int] = {}
    for factor in word:
        if isinstance(factor, Letter):
            count[factor] = count.get(factor, 0) + 1
    return all(count.get(letter.transpose(), 0) == number for letter, number in count.items())


def _trace(function: sp.Expr, dimension: AnyDimension) -> sp.Expr:
    """The trace of a function of the spectrum, term by term, scalars in front."""
    return _term_by_term(function, dimension, dimension.trace)


def _term_by_term(function: sp.Expr, dimension: AnyDimension, apply: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    total = sp.S.Zero
    letters = getattr(dimension, "eigenvalues", ())
    for term in sp.Add.make_args(sp.expand(function)):
        scalar, rest = term.as_independent(*letters, as_Add=False)
        total += scalar * _in_measure(apply(rest), letters[1:])
    return total


def _in_measure(value: sp.Expr, companions: Sequence[sp.Symbol]) -> sp.Expr:
    """An average of a monomial, with powers of companions moved into the name of its measure."""
    if not isinstance(value, SpectralAverage) or not value.function.has(*companions):
        return value
    if not value.function.is_polynomial(*companions):
        return value
    name, function = value.measure.name, value.function
    for letter in companions:
        power = sp.degree(function, letter)
        if power:
            name, function = f"{name}_{letter.name}{power if power > 1 else ''}", function / letter**power
    return SpectralAverage(function, value.variable, symbol(name))


def planar_moments(trace: NormalizedTrace, order: int, ridge: sp.Symbol | None = None) -> tuple[sp.Expr, ...]:
    r"""Coefficients of the expansion of a normalized trace, exactly, in the limit of large dimensions.

    Parameters
    ----------
    trace : NormalizedTrace
    order : int
        Number of coefficients after the first.
    ridge : sympy.Symbol, optional
        If given, every inverse must contain it once, as ``(... + c * ridge).inv()``, and coefficient ``k`` is
        that of ``ridge**-k``. Otherwise coefficient ``k`` collects the terms with ``k`` pairs of random letters,
        with inverses expanded around their deterministic part.

    Returns
    -------
    tuple of sympy.Expr
        ``order + 1`` coefficients: rational in the parameters, with the moments ``T[s**k]`` of the spectra.

    Raises
    ------
    DerivationError
        If an inverse has no expansion of the kind asked for.

    Examples
    --------
    >>> from asymptotics.symbolic import Dimension, GaussianMatrix, ntr
    >>> from asymptotics.equations.naming import symbol
    >>> n, d, z = Dimension("n"), Dimension("d"), symbol("z")
    >>> X = GaussianMatrix("X", n, d)
    >>> planar_moments(ntr(X.T @ X @ X.T @ X), 2)
    (0, 0, d*n + n**2)
    >>> planar_moments(ntr((X.T @ X + z).inv()), 2, ridge=z)
    (0, 1, -n)
    """
    body, planar = trace.argument, _Planar()
    if ridge is not None:
        grades = Expansion(order, ridge).expression(body)
    else:
        grades = Expansion(2 * order, None).expression(body)[::2]
    values = []
    for words in grades:
        total = sp.S.Zero
        for word, value in words.items():
            if _balanced(word):
                total += value * _trace(planar.expectation(word), body.rows)
        values.append(sp.cancel(total / body.rows.size))
    return tuple(values)


def planar_inverse(pencil: Pencil, row: int, column: int, order: int) -> tuple[sp.Expr, ...]:
    """The mean of one block of the inverse of a pencil, by number of pairings, from the words themselves.

    Parameters
    ----------
    pencil : Pencil
    row, column : int
        Blocks of one dimension.
    order : int

    Returns
    -------
    tuple of sympy.Expr
        Coefficient ``k``: the terms with ``k`` pairs, a function of the spectrum of the dimension.

    Raises
    ------
    DerivationError
        If the deterministic part of the pencil is singular.
    """
    start, planar = _start_blocks(pencil), _Planar()
    paths: Paths = {}
    for (i, k), value in start.items():
        if i == row:
            _extend(paths, k, (), value, pencil)
    result = [_mean(paths, column, planar)]
    for step in range(2 * order):
        following: Paths = {}
        for (place, word), value in paths.items():
            for i, k, scalar, factors in _moves(pencil):
                if i == place:
                    longer = word
                    for factor in factors:
                        longer = joined(longer, (factor,))
                    for (a, b), block in start.items():
                        if a == k:
                            _extend(following, b, longer, -value * scalar * block, pencil)
        paths = {key: value for key, value in following.items() if value != 0}
        if step % 2:
            result.append(_mean(paths, column, planar))
    return tuple(result)


def planar_slopes(program: QuadraticProgram, order: int) -> dict[str, tuple[sp.Expr, ...]]:
    """Every observable of a program by number of pairings, split by given vector.

    The minimum is computed from the words with the sources still in it, and differentiated as the polynomial or
    rational function of the sources that it then is.

    Parameters
    ----------
    program : QuadraticProgram
    order : int

    Returns
    -------
    dict str -> tuple of sympy.Expr
        For ``observable.vector`` its ``order + 1`` coefficients.

    Raises
    ------
    DerivationError
        If the deterministic part of the pencil is singular.
    """
    pencil = program.pencil()
    base = {source: sp.sympify(value, strict=True) for source, value in program.sources.items()}
    result: dict[str, tuple[sp.Expr, ...]] = {}
    for potential in program.potentials():
        total = [sp.S.Zero] * (order + 1)
        for i, k, profile in potential.pairs:
            for number, value in enumerate(planar_inverse(pencil, i, k, order)):
                total[number] -= potential.vector.quadratic(profile * value)
        for label, wanted in program.observables.items():
            slopes = (sp.diff(value, wanted.source).subs(base) for value in total)
            result[f"{label}.{potential.name}"] = tuple(
                sp.cancel(wanted.factor * _tidied(slope, pencil)) for slope in slopes
            )
    return result


def _tidied(expression: sp.Expr, pencil: Pencil) -> sp.Expr:
    """The expression with every average split term by term, averages inside others first."""
    if isinstance(expression, SpectralAverage):
        dimension = next(
            d for d in pencil.dimensions() if getattr(d, "eigenvalue", None) == expression.variable
        )
        variable, measure = expression.variable, expression.measure

        def apply(function: sp.Expr) -> sp.Expr:
            return SpectralAverage(function, variable, measure)

        return _term_by_term(_tidied(expression.function, pencil), dimension, apply)
    if not averages_in(expression):
        return expression
    return expression.func(*(_tidied(argument, pencil) for argument in expression.args))


def _extend(paths: Paths, place: int, word: Word, value: sp.Expr, pencil: Pencil) -> None:
    """Add a path; a function of the spectrum becomes a factor of its word."""
    scalar, factors = _factored(sp.cancel(value), pencil.blocks[place].dimension)
    key = (place, joined(word, factors))
    paths[key] = paths.get(key, sp.S.Zero) + scalar


def _mean(paths: Paths, column: int, planar: _Planar) -> sp.Expr:
    total = sp.S.Zero
    for (place, word), value in paths.items():
        if place == column and _balanced(word):
            total += value * planar.expectation(word)
    return sp.cancel(total)


def _start_blocks(pencil: Pencil) -> dict[tuple[int, int], sp.Expr]:
    """The inverse of the deterministic part, block by block."""
    size = pencil.size
    matrix = sp.Matrix(size, size, lambda i, k: pencil.entry(i, k))
    try:
        inverse = DomainMatrix.from_Matrix(matrix).to_field().inv().to_Matrix()
    except DMNonInvertibleMatrixError as error:
        raise DerivationError("the deterministic part is singular: nothing to expand around") from error
    return {(i, k): inverse[i, k] for i in range(size) for k in range(size) if inverse[i, k] != 0}


def _moves(pencil: Pencil) -> list[tuple[int, int, sp.Expr, Word]]:
    """Every random block, row and column, with the scalar and the word that stand in it."""
    found: list[tuple[int, int, sp.Expr, Word]] = []
    for place in pencil.random:
        front, left = _factored(place.left, pencil.blocks[place.row].dimension)
        back, right = _factored(place.right, pencil.blocks[place.column].dimension)
        letter = Letter(place.matrix)
        found.append((place.row, place.column, front * back, (*left, letter, *right)))
        found.append((place.column, place.row, front * back, (*right, letter.transpose(), *left)))
    return found


def _factored(function: sp.Expr, dimension: AnyDimension) -> tuple[sp.Expr, Word]:
    letters = getattr(dimension, "eigenvalues", ())
    scalar, rest = function.as_independent(*letters, as_Add=False)
    return scalar, (() if rest == 1 else (Diagonal(dimension, rest),))  # type: ignore[arg-type]
