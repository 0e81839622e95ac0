r"""Why a polynomial does not factor: a witness anyone can check.

Put rational numbers for the parameters so that the degree in the unknown stays; a factorization over the rational
functions of the parameters would survive, and it would survive modulo any prime that keeps the degree. The degrees
of the factors modulo each prime say which degrees a factor could have; if no proper degree is possible for all the
primes, there is no factor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import sympy as sp
from sympy.polys.galoistools import gf_ddf_zassenhaus, gf_from_int_poly, gf_sqf_p

from asymptotics.errors import CertificateError
from asymptotics.transforms.algebra.polynomials import Element, Ring

_PRIMES = tuple(sp.primerange(5, 400))
_POINTS = 12


@dataclass(frozen=True)
class Irreducibility:
    """A polynomial is irreducible over the rational functions of its parameters.

    Attributes
    ----------
    polynomial : sympy.Expr
    unknown : sympy.Symbol
    point : tuple of (sympy.Symbol, sympy.Rational)
        Values of the parameters.
    patterns : tuple of (int, tuple of int)
        A prime, and the degrees of the factors modulo it at the point.

    Raises
    ------
    CertificateError
        If the witness does not prove it.
    """

    polynomial: sp.Expr
    unknown: sp.Symbol
    point: tuple[tuple[sp.Symbol, sp.Rational], ...]
    patterns: tuple[tuple[int, tuple[int, ...]], ...]

    def __post_init__(self) -> None:
        special = sp.Poly(self.polynomial.xreplace(dict(self.point)), self.unknown, domain=sp.QQ)
        degree = sp.degree(self.polynomial, self.unknown)
        coefficients = [int(c) for c in special.clear_denoms(convert=True)[1].all_coeffs()]
        found = tuple((prime, _degrees(coefficients, prime)) for prime, _ in self.patterns)
        if special.degree() != degree or found != self.patterns or _possible(degree, self.patterns):
            raise CertificateError(f"the witness does not prove that {self.polynomial} is irreducible")

    def __str__(self) -> str:
        place = ", ".join(f"{s} = {v}" for s, v in self.point)
        shown = "; ".join(f"modulo {p}: factors of degree {', '.join(map(str, d))}" for p, d in self.patterns)
        return f"irreducible in {self.unknown}" + (f" (at {place}: {shown})" if shown else "")


def _degrees(coefficients: Sequence[int], prime: int) -> tuple[int, ...]:
    """Degrees of the factors modulo a prime; empty where the prime tells nothing."""
    if coefficients[0] % prime == 0:
        return ()
    reduced = gf_from_int_poly(list(coefficients), prime)
    if not gf_sqf_p(reduced, prime, sp.ZZ):
        return ()
    inverse = pow(coefficients[0], -1, prime)
    monic = [int(c) * inverse % prime for c in coefficients]
    parts = gf_ddf_zassenhaus(monic, prime, sp.ZZ)
    return tuple(sorted(d for part, d in parts for _ in range((len(part) - 1) // d)))


def _possible(degree: int, patterns: Sequence[tuple[int, tuple[int, ...]]]) -> set[int]:
    """Proper degrees a factor may have in view of the patterns."""
    left = set(range(1, degree))
    for _, pattern in patterns:
        sums = {0}
        for part in pattern:
            sums |= {part + total for total in sums}
        left &= sums
    return left


def _points(count: int) -> Iterator[list[Fraction]]:
    """Small rational points, the same ones at every call."""
    generator = Random(7)
    for _ in range(_POINTS):
        yield [Fraction(generator.randint(2, 30), generator.randint(1, 7)) for _ in range(count)]


def irreducibility(ring: Ring, f: Element, i: int) -> Irreducibility | None:
    """Witness that ``f`` is irreducible in generator ``i`` over the rational functions of the others.

    Parameters
    ----------
    ring : Ring
    f : Element
    i : int
        Number of the generator.

    Returns
    -------
    Irreducibility or None
        None if no witness was found: the polynomial may factor, or its factors modulo primes may hide that it
        does not.

    Examples
    --------
    >>> from sympy.abc import a, x
    >>> from asymptotics.transforms.algebra.flint_adapter import Flint
    >>> ring = Flint().ring([x, a])
    >>> print(irreducibility(ring, ring.read(x**2 - a), 0))
    irreducible in x (at a = 6: modulo 7: factors of degree 2)
    >>> irreducibility(ring, ring.read(x**2 - a**2), 0) is None
    True
    """
    others = [k for k in ring.occurring(f) if k != i]
    degree = ring.degree(f, i)
    for values in _points(len(others)):
        point = dict(zip(others, values, strict=True))
        coefficients = _specialized(ring, f, i, point)
        if len(coefficients) != degree + 1:
            continue
        patterns: list[tuple[int, tuple[int, ...]]] = []
        for prime in _PRIMES:
            left = _possible(degree, patterns)
            if not left:
                break
            pattern = _degrees(coefficients, prime)
            if pattern and _possible(degree, [*patterns, (prime, pattern)]) != left:
                patterns = [(prime, pattern)] if len(pattern) == 1 else [*patterns, (prime, pattern)]
        if not _possible(degree, patterns):
            place = ((ring.symbols[k], sp.Rational(v.numerator, v.denominator)) for k, v in point.items())
            return Irreducibility(ring.write(f), ring.symbols[i], tuple(place), tuple(patterns))
    return None


def _specialized(ring: Ring, f: Element, i: int, point: dict[int, Fraction]) -> list[int]:
    """Integer coefficients in generator ``i`` at a point, highest first."""
    values: dict[int, Fraction] = {}
    for monomial, coefficient in ring.terms(f):
        for k, value in point.items():
            coefficient *= value ** monomial[k]
        values[monomial[i]] = values.get(monomial[i], Fraction(0)) + coefficient
    scale = sp.ilcm(1, *(v.denominator for v in values.values()))
    highest = max((power for power, value in values.items() if value), default=-1)
    return [int(values.get(power, Fraction(0)) * scale) for power in range(highest, -1, -1)]
