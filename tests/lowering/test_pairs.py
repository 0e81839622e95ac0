"""Pairs of doubles: thirty digits for long spectra, the same answers as a multiple precision."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.pairs import Pairs
from asymptotics.models import given_levels, measures


def exact(pairs, k):
    return Fraction(float(pairs.high[k])) + Fraction(float(np.broadcast_to(pairs.low, pairs.high.shape)[k]))


def test_operations_have_thirty_digits():
    generator = np.random.default_rng(0)
    a, b = ([Fraction(int(x), 10**17) for x in generator.integers(-(10**18), 10**18, 60)] for _ in range(2))
    first, second = Pairs.of(a), Pairs.of(b)
    table = {"+": first + second, "-": first - second, "*": first * second, "/": first / second}
    for k in range(60):
        x, y = a[k], b[k]
        for sign, expected in {"+": x + y, "-": x - y, "*": x * y, "/": x / y}.items():
            scale = max(abs(expected), abs(x) if sign in "+-" else 0)
            assert abs(exact(table[sign], k) - expected) < scale * Fraction(1, 10**30), (sign, k)


def test_points_of_a_precision_mix_with_levels():
    arithmetic = Multiprecision(36)
    nu = arithmetic.convert(Fraction(1, 3))
    levels = Pairs.of([1.0, 0.5, Fraction(1, 7)])
    found = arithmetic.sum_levels(levels / (levels + arithmetic.lift(nu)))
    expected = sum(s / (s + Fraction(1, 3)) for s in (Fraction(1), Fraction(1, 2), Fraction(1, 7)))
    assert abs(found - arithmetic.convert(expected)) < mpmath.mpf(10) ** -30
    assert arithmetic.sum_levels(arithmetic.lift(nu) - levels) + sum([1.5, 1 / 7]) == pytest.approx(
        1, rel=1e-14
    )


def test_long_spectra_have_the_digits_asked_for(monkeypatch):
    """The same point with and without pairs, to 20 digits; and where numbers are too large for them."""
    k = np.arange(1, 301.0)
    model = asy.SpectralRidge(k**-1.5, k**-2.0, noise=0.1)
    sizes = asy.FiniteSize(n=50, p=80)
    quick = asy.predict(model, sizes, ridge="0.01", digits=20).test
    far = asy.predict(model, asy.FiniteSize(n=50), ridge=Fraction(1, 10**200), digits=15).test
    monkeypatch.setattr(given_levels, "_MANY", 10**9)
    for cache in (measures._in_pairs, given_levels._rows_in_pairs, measures._read_off, measures._in_digits):
        cache.cache_clear()
    slow = asy.predict(model, sizes, ridge="0.01", digits=30).test
    assert abs(quick - slow) < abs(slow) * mpmath.mpf(10) ** -20
    assert (
        abs(far - asy.predict(model, asy.FiniteSize(n=50), ridge=Fraction(1, 10**200), digits=15).test)
        < 1e-14 * far
    )
    for cache in (measures._in_pairs, given_levels._rows_in_pairs, measures._read_off, measures._in_digits):
        cache.cache_clear()


def test_equal_models_share_their_rows():
    k = np.arange(1, 301.0)
    first, second = (asy.SpectralRidge(k**-1.5, k**-2.0) for _ in range(2))
    assert first == second and hash(first) == hash(second) and first is not second
    found = [asy.predict(model, asy.FiniteSize(n=20), ridge=1, digits=18).test for model in (first, second)]
    assert found[0] == found[1]


def test_ten_thousand_levels():
    """Building, and the best ridge: values of the multiple precision, and no level one by one."""
    k = np.arange(1, 10_001.0)
    model = asy.SpectralRidge(k**-1.5, k**-2.0, noise=0.1)
    best = asy.optimal_ridge(model, asy.FiniteSize(n=100))
    assert best.value == pytest.approx(0.3539489620142765, rel=4e-16) and best.interior
