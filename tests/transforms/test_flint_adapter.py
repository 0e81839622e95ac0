"""The fast engine gives the answers of the slow one, on random polynomials."""

import itertools
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.subresultants import subresultants
from asymptotics.transforms.algebra.sympy_adapter import Sympy

X, Y, A = symbol("x"), symbol("y"), symbol("a")
SYMBOLS = (X, Y, A)
ENGINES = (Flint(), Sympy())

coefficients = st.integers(-4, 4).map(Fraction) | st.fractions(-2, 2, max_denominator=3)


def polynomials(degree=2, least=0):
    monomials = st.tuples(st.integers(0, degree), st.integers(0, degree), st.integers(0, 1))
    terms = st.dictionaries(monomials, coefficients.filter(bool), min_size=1, max_size=4)
    return terms.filter(lambda t: max(m[0] for m in t) >= least)


def both(order="lex"):
    return [engine.ring(SYMBOLS, order) for engine in ENGINES]


def same(values):
    fast, slow = values
    assert fast == slow


@settings(max_examples=30, deadline=None)
@given(polynomials(), polynomials())
def test_arithmetic_and_divisors_agree(f, g):
    results = []
    for ring in both():
        first, second = ring.from_terms(f), ring.from_terms(g)
        product = first * second
        assert ring.quotient(product, second) == first
        assert ring.exact(product, first) == second
        common = ring.gcd(product, second * second)
        quotient = ring.quotient(first + ring.one, second)
        results.append(
            [
                [ring.terms(h) for h in (product, common, first - second)],
                quotient is None or ring.terms(quotient),
                ring.leading(first),
                ring.normalized(first)[0],
                ring.write(product),
                [ring.degree(first, i) for i in range(3)],
                ring.occurring(first),
                ring.one_signed(first),
            ]
        )
    same(results)


@settings(max_examples=30, deadline=None)
@given(polynomials(), polynomials())
def test_factors_agree_and_multiply_out(f, g):
    results = []
    for ring in both():
        product = ring.from_terms(f) ** 2 * ring.from_terms(g)
        constant, factors = ring.factor(product)
        again = ring.constant(constant)
        for factor, power in factors:
            assert ring.normalized(factor)[0] == 1
            again = again * factor**power
        assert again == product
        results.append([constant, [(ring.terms(factor), power) for factor, power in factors]])
    same(results)


@settings(max_examples=30, deadline=None)
@given(polynomials(least=1), polynomials(least=1))
def test_resultants_and_discriminants_agree(f, g):
    results = []
    for ring in both():
        first, second = ring.from_terms(f), ring.from_terms(g)
        entry = [ring.terms(ring.resultant(first, second, 0))]
        if ring.degree(first, 0) > 1:
            entry.append(ring.terms(ring.discriminant(first, 0)))
        results.append(entry)
    same(results)


@settings(max_examples=20, deadline=None)
@given(polynomials(least=1), polynomials(least=1))
def test_last_subresultant_is_the_resultant(f, g):
    ring = Flint().ring(SYMBOLS)
    first, second = ring.from_terms(f), ring.from_terms(g)
    if ring.degree(first, 0) < ring.degree(second, 0):
        first, second = second, first
    sequence = subresultants(ring, first, second, 0)
    degrees = [ring.degree(member.polynomial, 0) for member in sequence]
    assert degrees[1:] == sorted(set(degrees[1:]), reverse=True)
    for member in sequence:
        rest = member.second(ring, first, second) * second
        assert member.first * first + rest == member.polynomial
    resultant = ring.resultant(first, second, 0)
    if degrees[-1] > 0:
        assert resultant == ring.zero
    else:
        assert ring.quotient(resultant, sequence[-1].polynomial) is not None
        assert resultant != ring.zero


@settings(max_examples=15, deadline=None)
@given(polynomials(degree=1), polynomials(degree=1))
def test_groebner_bases_agree(f, g):
    for order in ("lex", "grevlex"):
        same(
            [
                [
                    ring.terms(h)
                    for h in ring.groebner([ring.from_terms(f), ring.from_terms(g), ring.gens[0] ** 2])
                ]
                for ring in both(order)
            ]
        )


def test_groebner_basis_of_a_known_ideal():
    ring = Flint().ring(SYMBOLS[:2])
    basis = ring.groebner([ring.read(X**2 + Y**2 - 1), ring.read(X - Y)])
    assert [ring.write(f) for f in basis] == [X - Y, 2 * Y**2 - 1]
    assert ring.groebner([]) == () == Sympy().ring(SYMBOLS).groebner([])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.fractions(-3, 3, max_denominator=4), min_size=1, max_size=4), st.integers(-3, 3))
def test_real_roots_are_isolated(roots, shift):
    x = sp.Symbol("t")
    product = sp.Mul(*(x - sp.Rational(r.numerator, r.denominator) for r in roots)) * (x**2 + shift)
    polynomial = sp.Poly(product, x).clear_denoms(convert=True)[1]
    expected = sorted(set(sp.real_roots(polynomial)))
    integers = [int(c) for c in reversed(polynomial.all_coeffs())]
    for engine in ENGINES:
        intervals = engine.ring([symbol("t")]).real_roots(integers)
        assert len(intervals) == len(expected)
        for (low, high), root in zip(intervals, expected, strict=True):
            low, high = (sp.Rational(v.numerator, v.denominator) for v in (low, high))
            assert low == high == root or low < root < high
            assert low == high or 0 not in (polynomial.eval(low), polynomial.eval(high))
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(intervals))


def test_constants_have_no_roots():
    for engine in ENGINES:
        assert engine.ring([X]).real_roots([3]) == ()


@settings(max_examples=20, deadline=None)
@given(polynomials(), polynomials(), polynomials())
def test_reading_a_rational_expression(f, g, h):
    ring = Flint().ring(SYMBOLS)
    parts = [ring.write(ring.from_terms(terms)) for terms in (f, g, h)]
    expression = parts[0] / parts[1] + parts[2] / (parts[1] * X) - 1
    numerator, denominator = ring.rational(expression)
    assert sp.cancel(expression - ring.write(numerator) / ring.write(denominator)) == 0
    assert ring.leading(denominator)[1] > 0
    assert ring.gcd(numerator, denominator) == ring.one
    same([[r.terms(part) for part in r.rational(expression)] for r in both()])


def test_what_cannot_be_read():
    ring = Flint().ring([X])
    s, trace = symbol("s"), symbol("T")
    zero = sp.Add(X, -X, evaluate=False)
    for expression, message in [
        (sp.sqrt(X), "not rational"),
        (sp.Float(0.5) * X, "not rational"),
        (X + Y, "not rational"),
        (SpectralAverage(s / (s + X), s, trace), "substitute a spectrum"),
        (sp.Pow(zero, -1, evaluate=False), "divides by zero"),
    ]:
        with pytest.raises(DerivationError, match=message):
            ring.rational(expression)
    with pytest.raises(DerivationError, match="not a polynomial"):
        ring.read(1 / X)
    with pytest.raises(DerivationError, match="remainder"):
        ring.exact(ring.gens[0], ring.gens[0] + 1)


def test_an_environment_stands_for_definitions():
    ring = Flint().ring([X])
    half = (ring.one, ring.constant(2))
    assert ring.write_rational(ring.rational(X / (Y + 1), {Y: half})) == 2 * X / 3


def test_pseudo_division_divides_common_factors_out():
    ring = Flint().ring([X, A])
    x, a = ring.gens
    multiplier, quotient, remainder = ring.pseudo_divide(a**2 * x**2 + 1, a * x - 1, 0)
    assert (multiplier, quotient, remainder) == (ring.one, a * x + 1, ring.constant(2))


def test_factored_writing():
    ring = Flint().ring([X, Y])
    assert ring.write_factored(ring.read(2 * X**2 - 2 * Y**2)) == 2 * ((X - Y) * (X + Y))
    assert ring.write_factored(ring.zero) == 0
