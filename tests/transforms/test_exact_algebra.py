"""Exact algebra piece by piece: roots and their counts, certificates that someone changed, witnesses, ideals."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy as sp

from asymptotics.errors import CertificateError, DerivationError
from asymptotics.transforms.algebra.certificates import Certificate, Chain, Link
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.irreducibility import Irreducibility, _degrees, _possible, irreducibility
from asymptotics.transforms.algebra.membership import in_ideal
from asymptotics.transforms.algebra.real_roots import (
    RealRoot,
    decimal,
    real_roots,
    sturm_chain,
    sturm_count,
    value_at,
    value_range,
)
from asymptotics.transforms.algebra.sympy_adapter import Sympy

x, y, a = sp.symbols("x y a")
ROOTS = (Fraction(-5, 2), Fraction(-1), Fraction(0), Fraction(1, 3), Fraction(7))


def product(roots):
    """Coefficients of the monic polynomial with these roots, constant first."""
    found = [Fraction(1)]
    for root in roots:
        found = [b - root * c for b, c in zip([Fraction(0), *found], [*found, Fraction(0)], strict=True)]
    return found


@pytest.mark.parametrize(
    "roots", [ROOTS, ROOTS[1:4], ROOTS[:1], (*ROOTS[:2], *ROOTS[:2]), (Fraction(1),) * 3]
)
@pytest.mark.parametrize("factor", [(1,), (-3,), (1, 0, 2), (Fraction(5, 7), 0, 0, 0, 1)])
def test_sturm_counts_distinct_roots_above_and_up_to_points(roots, factor):
    """A factor without real roots changes nothing, nor does the sign of the whole."""
    coefficients = [Fraction(0)] * (len(roots) + len(factor))
    for k, c in enumerate(product(roots)):
        for j, v in enumerate(factor):
            coefficients[k + j] += c * v
    chain, distinct = sturm_chain([*coefficients, 0]), sorted(set(roots))
    assert sturm_count(chain) == len(distinct)
    places = [Fraction(-9), *(r + s for r in ROOTS for s in (0, Fraction(1, 9))), Fraction(10)]
    for low, high in [*pairwise(sorted(places)), (places[0], places[-1])]:
        assert sturm_count(chain, low, high) == sum(low < r <= high for r in distinct)
        assert sturm_count(chain, low) == sum(low < r for r in distinct)
        assert sturm_count(chain, None, high) == sum(r <= high for r in distinct)


def test_members_of_a_chain_have_whole_coefficients_without_common_divisor():
    for member in sturm_chain([Fraction(-3, 2), Fraction(0), Fraction(9, 4), Fraction(6)]):
        assert all(c.denominator == 1 for c in member) and math.gcd(*(int(c) for c in member)) == 1
    assert sturm_chain([0, 0]) == ()


def test_values_and_their_ranges():
    """``2 - 3 x + x^3``: exact at points, and a range that holds the values on an interval; one point is itself."""
    for low, high in ((-2, -1), (-1, 2), (0, Fraction(1, 2)), (1, 1)):
        bottom, top = value_range([2, -3, 0, 1], Fraction(low), Fraction(high))
        values = [value_at([2, -3, 0, 1], low + (high - low) * Fraction(k, 8)) for k in range(9)]
        assert bottom <= min(values) and max(values) <= top and top - bottom <= 40 * (high - low)
        assert values[0] == 2 - 3 * low + low**3


@pytest.mark.parametrize("sign", [1, -1])
def test_a_root_is_refined_and_compared(sign):
    """The cube root of two, from a polynomial of either sign."""
    root = RealRoot(tuple(Fraction(sign * c) for c in (-2, 0, 0, 1)), Fraction(1), Fraction(2))
    for width in (Fraction(1, 2), Fraction(1, 1000)):
        near = root.refined(width)
        assert width / 2 <= near.high - near.low <= width and near.low**3 < 2 < near.high**3
    assert root.refined(Fraction(1)) == root
    assert root.sign([-2, 0, 0, 1]) == 0 and root.sign([0, -4, 0, 0, 2]) == 0 and root.sign([1]) == 1
    assert (
        root.sign([Fraction(-5, 4), 1]) == 1
        and root.sign([Fraction(-63, 50), 1]) == -1
        and root.sign([-1]) == -1
    )
    low, high = root.quotient((1,), (0, 1), Fraction(1, 10**9))
    assert high - low <= Fraction(1, 10**9) and (1 / high) ** 3 < 2 < (1 / low) ** 3
    assert root.quotient((0, 3), (0, 2), Fraction(1, 10)) == (Fraction(3, 2), Fraction(3, 2))
    assert root.quotient((0, 0, 0, 1), (1,), Fraction(1, 10)) == (2, 2)
    low, high = root.quotient((1, 1), (1, 0, 1), Fraction(1, 10**9))
    assert low <= Fraction(2 ** (1 / 3) + 1) / Fraction(2 ** (2 / 3) + 1) <= high or high - low < Fraction(
        1, 10**8
    )
    with pytest.raises(ZeroDivisionError, match="vanishes at the root"):
        root.quotient((1,), (-2, 0, 0, 1), Fraction(1))
    assert root.decimal(20) == "1.2599210498948731648" and root.decimal(3) == "1.26"


def test_a_negative_root_is_compared():
    """Minus the cube root of two."""
    root = RealRoot(tuple(map(Fraction, (2, 0, 0, 1))), Fraction(-2), Fraction(-1))
    assert root.sign([Fraction(5, 4), 1]) == -1 and root.sign([Fraction(63, 50), 1]) == 1
    assert root.decimal(12) == "-1.25992104989"


def test_decimals_are_rounded_once_both_ends_say_the_same():
    asked = []

    def enclosure(width):
        asked.append(width)
        return Fraction("1.05") - width / 3, Fraction("1.05") + width / 7

    assert decimal(enclosure, 2) == "1.1" and asked == [Fraction(1, 100), Fraction(1, 10**12)]
    assert decimal(lambda width: (Fraction(1, 3),) * 2, 4) == "0.3333"


def test_isolated_roots_are_all_of_them():
    found = real_roots([-1, -2, 1, 1], Flint())
    assert [round(float(root.decimal(10)), 6) for root in found] == [-1.801938, -0.445042, 1.24698]
    assert real_roots([1, 0, 1], Flint()) == ()
    (rational,) = real_roots([-2, 3, 0], Flint())
    assert rational.low == rational.high == Fraction(2, 3)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [(lambda r: r[1:], False), (lambda r: [*r, r[0]], False), (lambda r: [(r[0][0], r[1][1]), r[1]], False),
     (lambda r: r, True)],
)  # fmt: skip
def test_what_an_engine_isolates_is_counted(wrong, right):
    class Careless(Flint):
        def ring(self, symbols, order="lex"):
            ring = super().ring(symbols, order)
            complete = ring.real_roots
            ring.real_roots = lambda coefficients: wrong(list(complete(coefficients)))
            return ring

    if right:
        assert len(real_roots([-2, 0, 1], Careless())) == 2
    else:
        with pytest.raises(CertificateError, match="Sturm"):
            real_roots([-2, 0, 1], Careless())


def chain():
    """``x - 1`` and ``y - 1``, then ``x y - 1`` from both, then ``x (x y - 1)`` over x."""
    ring = Flint().ring([x, y])
    found = Chain(ring, (ring.read(x - 1), ring.read(y - 1), ring.read(x - 5)))
    first = found.add(ring.read(x * y - 1), ring.one, [(0, ring.read(y)), (1, ring.one)], "product")
    return (
        ring,
        found,
        found.add(ring.read(x * y - 1), ring.read(x), [(first, ring.read(x))], "again"),
    )


def test_certificates_are_composed_of_the_equations_and_cancelled():
    ring, found, last = chain()
    certificate = found.certificate(last)
    assert certificate.cofactors() == (1, (y, 1, 0)) and certificate.used() == 2
    assert certificate.multipliers() == (x,) and str(certificate) == "1. product\n2. again\nnonzero: x"
    assert certificate.holds_in(Sympy()) and certificate.claim == x * y - 1
    assert found.certificate(0).cofactors() == (1, (1, 0, 0)) and found.polynomial(0) == ring.read(x - 1)
    assert found.polynomial(last) == ring.read(x * y - 1)


@pytest.mark.parametrize("place", [0, 1])
def test_a_certificate_that_was_changed_is_found_out(place):
    """Every identity counts, wherever it stands: in another engine, and when they are composed."""
    ring, found, last = chain()
    certificate = found.certificate(last)
    links = list(certificate.links)
    links[place] = replace(links[place], multiplier=links[place].multiplier + ring.one)
    with pytest.raises(CertificateError, match=f"identity {place + 1} "):
        Certificate(ring, certificate.equations, tuple(links))
    object.__setattr__(certificate, "links", tuple(links))
    assert not certificate.holds_in(Sympy()) and not certificate.holds_in(Flint())
    with pytest.raises(CertificateError, match="composed"):
        certificate.composed()


def test_multipliers_of_links_are_made_common():
    """From ``x (y - 1)`` and ``y (x - 1)`` follows ``x + y - 2`` where neither x nor y is zero."""
    ring = Flint().ring([x, y])
    found = Chain(ring, (ring.read(x * (y - 1)), ring.read(y * (x - 1))))
    first = found.add(ring.read(y - 1), ring.read(x), [(0, ring.one)], "over x")
    second = found.add(ring.read(x - 1), ring.read(y), [(1, ring.one)], "over y")
    total = found.add(ring.read(x + y - 2), ring.one, [(first, ring.one), (second, ring.one)], "sum")
    certificate = found.certificate(total)
    assert certificate.cofactors() == (x * y, (y, x)) and set(certificate.multipliers()) == {x, y}
    for number, how in ((first, "over x"), (second, "over y")):
        assert [link.how for link in found.certificate(number).links] == [how]
    assert Link(ring.one, ring.one, ()).how == ""


@pytest.mark.parametrize(
    ("coefficients", "prime", "degrees"),
    [([1, 0, 1], 5, (1, 1)), ([1, 0, 1], 7, (2,)), ([5, 0, 1], 5, ()),
     ([1, -2, 1], 7, ()), ([3, 0, 0, -3], 7, (1, 1, 1)),
     ([2, 0, 0, 0, 2], 3, (2, 2)), ([1, 0, 0, -2], 5, (1, 2))],
)  # fmt: skip
def test_degrees_of_factors_modulo_primes(coefficients, prime, degrees):
    assert _degrees(coefficients, prime) == degrees


def test_degrees_that_factors_may_have():
    assert (
        _possible(4, []) == {1, 2, 3}
        and _possible(4, [(5, (2, 2))]) == {2}
        and _possible(4, [(5, (4,))]) == set()
    )
    assert _possible(4, [(5, (2, 2)), (7, (1, 3))]) == set() and _possible(1, []) == set()


@pytest.mark.parametrize(
    ("polynomial", "irreducible"),
    [(x**2 - a, True), (x**2 - a**2, False), (x**4 + 1, None), (a * x - 1, True), (x**3 - a * x + 1, True),
     (x**4 - 2 * a * x**2 + a**2 - 2, True), (x**4 + a * x + a / 3, True),
     (x**3 + a * x / 7 + a / 11, True), (sp.expand((a - 6) * (x - 1)), True)],
)  # fmt: skip
def test_witnesses_are_for_what_is_irreducible(polynomial, irreducible):
    """``x^4 + 1`` factors modulo every prime: there is no such witness."""
    ring = Flint().ring([x, a])
    witness = irreducibility(ring, ring.read(polynomial), 0)
    assert (witness is not None) == bool(irreducible)
    if witness:
        assert Irreducibility(witness.polynomial, x, witness.point, witness.patterns) == witness
        for patterns in ((), ((2, (1,) * sp.degree(polynomial, x)),)):
            if sp.degree(polynomial, x) > 1:
                with pytest.raises(CertificateError, match="does not prove"):
                    replace(witness, patterns=patterns)


def test_a_witness_is_said():
    ring = Flint().ring([x, a])
    assert str(irreducibility(ring, ring.read(a * x - 1), 0)) == "irreducible in x"
    said = "irreducible in x (at a = 6: modulo 7: factors of degree 2)"
    assert str(irreducibility(ring, ring.read(x**2 - a), 0)) == said


def test_a_witness_keeps_the_degree():
    """``a x^2 + x`` is linear at a = 0, which says nothing of it."""
    with pytest.raises(CertificateError, match="does not prove"):
        Irreducibility(a * x**2 + x, x, ((a, sp.Integer(0)),), ())
    assert Irreducibility(a * x + 1, x, ((a, sp.Integer(1)),), ())


@pytest.mark.parametrize(
    ("polynomial", "generators", "nonzero", "expected"),
    [
        (x**4 - y**2, [x**2 + y], [], (True, True, True)),
        (x, [x**2], [], (False, True, False)),
        (y / x, [x, y], [], (True, True, False)),
        (y - 1, [x * y - x], [], (False, True, False)),
        (y - 1, [x * y - x], [x], (True, True, True)),
        (x, [y, y - 1], [], (True, True, False)),
        (x - y, [x**2 - y**2], [x + y], (True, True, True)),
        (x - y, [x**2 - y**2], [], (False, True, False)),
        (sp.Integer(0), [x], [], (True, True, True)),
        (x * y - 1, [x - 1, y - 1], [], (True, True, True)),
        (x * y - 2, [x - 1, y - 1], [], (False, True, False)),
        (a**2 * y - 1, [a * x - 1, a * y - x], [a], (True, True, True)),
        (a**2 * y - 2, [a * x - 1, a * y - x], [a], (False, True, False)),
        (a**3 * y**2 - x, [a * x - 1, a * y - x, a - 1], [], (True, True, True)),
        (x**3 - x, [x * y - 1, x - y], [], (True, True, True)),
        (x**3 - y, [x * y - 1, x - y], [], (True, True, True)),
        (x**2 - y, [x * y - 1, x - y], [], (False, True, False)),
        (a * x - a, [a * (x - 1), y * (x - 1)], [], (True, True, True)),
        (x - 1, [a * (x - 1), y * (x - 1)], [], (False, True, False)),
        (x + y, [x - 1, x - 1, y + 1], [], (True, True, True)),
        (x, [y**2, x * y + 1], [], (True, True, False)),
        (a, [y**2, x * y], [a], (False, False, False)),
    ],
)
def test_membership(polynomial, generators, nonzero, expected):
    """Whether it holds, whether that is settled, and whether it says anything."""
    found = in_ideal(polynomial, generators, nonzero)
    assert (found.holds, found.decided, found.proved) == expected
    if found.holds:
        multiplier, cofactors = found.cofactors()
        total = sum(c * g for c, g in zip(cofactors, found.certificate.equations and generators, strict=True))
        assert sp.cancel(multiplier * found.certificate.claim - total) == 0
    else:
        assert found.remainder != 0 or found.conditions
        with pytest.raises(DerivationError, match="not known to be in the ideal"):
            found.cofactors()


@pytest.mark.parametrize("first", [(), (x,), (y,)])
@pytest.mark.parametrize(("below", "proved"), [(y - 1, False), (y + 1, True)])
def test_a_denominator_vanishes_wherever_generators_say_so(first, below, proved):
    """``x^2 = y`` and ``x = 1`` leave y = 1, whatever they are solved for."""
    found = in_ideal(a / below, [x**2 - y, x - 1, a], first=first)
    assert found.holds and (found.proved is proved or (proved and found.vacuous and first == (x,)))


def test_what_was_found_is_said():
    """In words: what contradicts, what is left, how much was used."""
    said = {
        in_ideal(x, [y, y - 1]): "the equations contradict each other",
        in_ideal(y / x, [x, y]): "a denominator vanishes on a component of the solutions",
        in_ideal(x, [x**2]): "remainder x",
        in_ideal(x * y - 1, [x - 1, y - 1]): "numerator of 2 terms, cofactors for 2 equations",
        in_ideal(x**2 - 1, [x - 1]): "numerator of 2 terms, cofactors for 1 equation",
        in_ideal(x - x, [x]): "both sides have the same normal form",
    }
    assert all(found.detail() == words for found, words in said.items())
    long = in_ideal(sp.expand((x + y + a + 1) ** 5), [x**9])
    assert len(long.detail()) == len("remainder ") + 160 and long.detail().endswith("...")
