r"""Averages at a fixed spectrum as sums of powers of the unknowns, on each side of every denominator.

Where a pole :math:`\nu` grows, :math:`1/(s+\nu)` is a series in :math:`s/\nu` and the average a sum of moments;
where it vanishes, a series in :math:`\nu/s` and a sum of inverse moments over the positive eigenvalues; in between the
average stays as it is. Nothing is assumed about the eigenvalues but that they are positive; what lies at zero or
accumulates there is declared (``tails``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, letters_of
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.exponent_search import Affine, Rows, SearchRegion, minus, plain, reduced

ORDERS = 3
"""Terms carried of every series; beyond them a bound is known."""


@dataclass(frozen=True)
class Scales:
    """Which symbols have an exponent.

    Attributes
    ----------
    unknowns : tuple of sympy.Symbol
    growth : mapping parameter -> Fraction
        Exponents of the parameters that grow or vanish.
    """

    unknowns: tuple[sp.Symbol, ...]
    growth: Mapping[sp.Symbol, Fraction]

    @property
    def zero(self) -> Affine:
        """The exponent of a constant."""
        return (0,) * (len(self.unknowns) + 1)

    def of(self, name: sp.Symbol, power: int = 1) -> Affine:
        """Exponent of a power of a symbol.

        Parameters
        ----------
        name : sympy.Symbol
        power : int
        """
        form = list(self.zero)
        if name in self.unknowns:
            form[self.unknowns.index(name)] = int(power)
        elif name in self.growth:
            form[-1] = plain(self.growth[name] * int(power))
        return tuple(form)

    def moving(self) -> tuple[sp.Symbol, ...]:
        """Every symbol that has an exponent."""
        return (*self.unknowns, *self.growth)

    def monomials(self, expression: sp.Expr) -> list[tuple[sp.Expr, Affine]]:
        """Terms of a polynomial in the moving symbols, each with its exponent."""
        names = [s for s in self.moving() if expression.has(s)]
        if not names:
            return [(expression, self.zero)]
        found = []
        for powers, coefficient in sp.Poly(expression, *names).terms():
            form, term = self.zero, coefficient
            for name, power in zip(names, powers, strict=True):
                form, term = plus(form, self.of(name, power)), term * name**power
            found.append((term, form))
        return found


def plus(a: Affine, b: Affine) -> Affine:
    """Sum of two forms.

    Parameters
    ----------
    a, b : tuple of number
    """
    return tuple(x + y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class PowerTerm:
    """One term: coefficient in the rescaled symbols, exponent, and the order of the series it comes from."""

    coefficient: sp.Expr
    exponent: Affine
    order: int = 0

    def times(self, other: PowerTerm) -> PowerTerm:
        """Product of two terms."""
        return PowerTerm(
            self.coefficient * other.coefficient,
            plus(self.exponent, other.exponent),
            self.order + other.order,
        )


@dataclass(frozen=True)
class Generator:
    """An average (or a fraction without one) that occurs in equations, as it is and as it is shown.

    Attributes
    ----------
    parts : tuple of sympy.Expr
        Fractions that are added up; each rational in the eigenvalue and the unknowns.
    shown : sympy.Expr
        What stands for it where it keeps its form.
    variable, measure : sympy.Symbol or None
        The eigenvalue (a tuple of letters for a joint law) and the measure; None for a fraction without an average.
    """

    parts: tuple[sp.Expr, ...]
    shown: sp.Expr
    variable: sp.Symbol | None = None
    measure: sp.Symbol | None = None

    @property
    def letters(self) -> tuple[sp.Symbol, ...]:
        """Every bound letter."""
        return () if self.variable is None else letters_of(self.variable)

    def average(self, function: sp.Expr) -> sp.Expr:
        """Average of a function, with what does not depend on the eigenvalue in front."""
        if self.variable is None or self.measure is None:
            return function
        outside, inside = sp.factor_terms(function).as_independent(*self.letters, as_Add=False)
        return outside * SpectralAverage(inside, self.variable, self.measure)


@dataclass(frozen=True)
class Denominator:
    """A factor of a denominator in which several powers of the unknowns are added up."""

    factor: sp.Expr
    terms: tuple[tuple[sp.Expr, Affine], ...]

    def faces(self) -> list[tuple[int, ...]]:
        """Every choice of the terms that lead."""
        count = range(len(self.terms))
        return [face for size in range(1, len(self.terms) + 1) for face in combinations(count, size)]

    def place(self, face: tuple[int, ...]) -> SearchRegion:
        """Where exactly these terms lead."""
        head = self.terms[face[0]][1]
        equal = tuple(minus(self.terms[k][1], head) for k in face[1:])
        rest = (self.terms[k][1] for k in range(len(self.terms)) if k not in face)
        return SearchRegion(equal, tuple(minus(head, form) for form in rest))

    def power(self, exponent: int, face: tuple[int, ...]) -> list[PowerTerm]:
        """Series of ``factor**(-exponent)``, one term beyond what is carried for the bound.

        Parameters
        ----------
        exponent : int
        face : tuple of int
            Positions of the terms that lead.
        """
        shape = self.terms[face[0]][1]
        lead = sp.Add(*(self.terms[k][0] for k in face))
        zero = (0,) * len(shape)
        small = [
            PowerTerm(t / lead, minus(form, shape), 1)
            for k, (t, form) in enumerate(self.terms)
            if k not in face
        ]
        first = PowerTerm(lead**-exponent, tuple(-exponent * c for c in shape))
        found, layer = [first], [PowerTerm(sp.S.One, zero)]
        for order in range(1, ORDERS + 1 if small else 1):
            layer = [old.times(new) for old in layer for new in small]
            number = sp.binomial(-exponent, order)
            found += [first.times(PowerTerm(number * t.coefficient, t.exponent, t.order)) for t in layer]
        return found


Faces = Mapping[sp.Expr, tuple[int, ...]]
"""Leading terms of each denominator, by its factor."""


@dataclass(frozen=True)
class _Fraction:
    """A rational function: numerator terms over powers of monomials and of denominators."""

    numerator: tuple[PowerTerm, ...]
    below: tuple[tuple[Denominator, int], ...]


def _split(function: sp.Expr, scales: Scales) -> _Fraction:
    numerator, denominator = sp.fraction(sp.together(function))
    scale, factors = sp.factor_list(denominator)
    front, shape, below = 1 / scale, scales.zero, []
    for factor, multiplicity in factors:
        terms, power = scales.monomials(factor), int(multiplicity)
        if len(terms) == 1:
            front, shape = front / factor**power, minus(shape, tuple(power * c for c in terms[0][1]))
        else:
            below.append((Denominator(factor, tuple(terms)), power))
    top = tuple(PowerTerm(t * front, plus(form, shape)) for t, form in scales.monomials(sp.expand(numerator)))
    return _Fraction(top, tuple(below))


def denominators(generators: Sequence[Generator], scales: Scales) -> tuple[Denominator, ...]:
    """Every denominator in which several powers of the unknowns compete.

    Parameters
    ----------
    generators : sequence of Generator
    scales : Scales
    """
    found: dict[sp.Expr, Denominator] = {}
    for generator in generators:
        for part in generator.parts:
            for denominator, _ in _split(part, scales).below:
                found.setdefault(denominator.factor, denominator)
    return tuple(found.values())


def places(found: Sequence[Denominator]) -> Iterator[tuple[Faces, SearchRegion]]:
    """Every combination of leading terms of the denominators, with the exponents for which they lead."""
    for faces in product(*(d.faces() for d in found)):
        each = [d.place(face) for d, face in zip(found, faces, strict=True)]
        equal = tuple(f for place in each for f in place.equal)
        positive = tuple(f for place in each for f in place.positive)
        yield dict(zip((d.factor for d in found), faces, strict=True)), SearchRegion(equal, positive)


def tail_symbol(measure: sp.Symbol) -> sp.Symbol:
    """What a measure holds at eigenvalues that are zero or accumulate there."""
    return symbol(f"{measure.name}_tail")


def expand_generator(
    generator: Generator, faces: Faces, scales: Scales, rows: Rows, tails: Mapping[sp.Symbol, int]
) -> list[PowerTerm]:
    """A generator as a sum of powers.

    Parameters
    ----------
    generator : Generator
    faces : mapping denominator -> positions
        Which terms of each denominator lead.
    scales : Scales
    rows : Rows
        Relations between the exponents that follow from ``faces``.
    tails : mapping measure -> int
        Measures that hold something at zero: 1 if their sum of eigenvalues is finite (a trace), 0 if their total
        weight is (a vector).

    Returns
    -------
    list of PowerTerm
        Of order up to :data:`ORDERS`; those of that order are bounds.
    """
    splits = [_split(part, scales) for part in generator.parts]
    below = [d for split in splits for d, _ in split.below]
    whole = bool(below) and all(len(faces[d.factor]) == len(d.terms) for d in below)
    terms = [t for s in splits for t in _products(s, faces)]
    shapes = {reduced(t.exponent, rows) for t in terms}
    if whole and len(shapes) == 1:
        return [PowerTerm(generator.shown, shapes.pop())]
    found = [PowerTerm(generator.average(t.coefficient), t.exponent, t.order) for t in terms]
    vanishing = any(_vanishes(d, faces, generator.variable) for d in below)
    if generator.measure in tails and vanishing and len(generator.letters) == 1:  # a joint law has no tail
        found = [_positive_part(term, generator, tails[generator.measure]) for term in found]
        found += _tail(generator, scales, tails[generator.measure])
    return _gathered(found)


def _vanishes(denominator: Denominator, faces: Faces, variable: sp.Symbol | None) -> bool:
    """Whether what is left of a denominator is zero at a zero eigenvalue."""
    lead = sp.Add(*(denominator.terms[k][0] for k in faces[denominator.factor]))
    return variable is not None and lead.xreplace(dict.fromkeys(letters_of(variable), sp.S.Zero)) == 0


def _products(split: _Fraction, faces: Faces) -> list[PowerTerm]:
    found = list(split.numerator)
    for denominator, power in split.below:
        series = denominator.power(power, faces[denominator.factor])
        found = [a.times(b) for a in found for b in series if a.order + b.order <= ORDERS]
    return found


def _positive_part(term: PowerTerm, generator: Generator, order: int) -> PowerTerm:
    """A term with averages over the positive eigenvalues only."""
    assert generator.variable is not None and generator.measure is not None
    whole = SpectralAverage(generator.variable**order, generator.variable, generator.measure)
    rule = {whole: whole - tail_symbol(generator.measure)}
    return PowerTerm(term.coefficient.xreplace(rule), term.exponent, term.order)


def _tail(generator: Generator, scales: Scales, order: int) -> list[PowerTerm]:
    """Exact contribution of what lies at zero."""
    assert generator.variable is not None and generator.measure is not None
    weight, found = tail_symbol(generator.measure), []
    for part in generator.parts:
        value = sp.cancel(part / generator.variable**order).xreplace({generator.variable: sp.S.Zero})
        if value == 0:
            continue
        split = _split(value, scales)
        if split.below or value.has(sp.zoo, sp.nan):
            raise DerivationError(
                f"{generator.shown}: the part at eigenvalue zero is not a power of the unknowns"
            )
        found += [PowerTerm(weight * t.coefficient, t.exponent) for t in split.numerator]
    return found


def _gathered(terms: Sequence[PowerTerm]) -> list[PowerTerm]:
    """Terms of equal exponent and order added up."""
    table: dict[tuple[Affine, int], list[sp.Expr]] = {}
    for term in terms:
        table.setdefault((term.exponent, term.order), []).append(term.coefficient)
    return [PowerTerm(sp.Add(*parts), form, order) for (form, order), parts in table.items()]
