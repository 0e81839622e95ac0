"""Bounds on rounding errors: against the errors themselves, and not far above them."""

from fractions import Fraction

import numpy as np
import pytest

from asymptotics.lowering.rounding import Rounded, Rounding

EPS = np.finfo(float).eps
ARITHMETIC = Rounding()


def test_each_operation_carries_both_errors():
    x, y = Rounded(3.0, 0.5), Rounded(-4.0, 0.25)
    expected = {
        "x + y": (x + y, -1.0, 0.5 + 0.25 + 1.0), "x - y": (x - y, 7.0, 0.5 + 0.25 + 7.0),
        "x * y": (x * y, -12.0, 0.5 * 4 + 3 * 0.25 + 12), "x / y": (x / y, -0.75, (0.5 + 0.75 * 0.25) / 4 + 0.75),
        "x + 1": (x + 1.0, 4.0, 0.5 + 4), "1 + x": (1.0 + x, 4.0, 0.5 + 4), "1 - x": (1.0 - x, -2.0, 0.5 + 2),
        "x - 1": (x - 1.0, 2.0, 0.5 + 2), "2 * x": (2.0 * x, 6.0, 0.5 * 2 + 6), "x / 2": (x / 2.0, 1.5, 0.25 + 1.5),
        "6 / x": (6.0 / x, 2.0, 2 * 0.5 / 3 + 2),
    }  # fmt: skip
    for name, (found, value, error) in expected.items():
        assert found.value == value and found.error == pytest.approx(error, rel=1e-15), name
    root = ARITHMETIC.sqrt(Rounded(9.0, 1.2))
    assert root.value == 3.0 and root.error == pytest.approx(1.2 / 6 + 3)
    total = ARITHMETIC.sum_levels(Rounded(np.array([[1.0, -2.0]]), np.array([[0.1, 0.3]])))
    assert total.value == [-1.0] and total.error == pytest.approx([0.4 + 3.0])
    many = np.arange(24.0).reshape(2, 3, 4) - 7
    total = ARITHMETIC.sum_levels(Rounded(many, many**2))
    assert np.array_equal(total.value, many.sum(axis=2))
    assert np.array_equal(total.error, (many**2).sum(axis=2) + np.abs(many).sum(axis=2))
    lifted = ARITHMETIC.lift(Rounded(np.ones(2), np.zeros(2)))
    assert lifted.value.shape == lifted.error.shape == (2, 1)
    assert ARITHMETIC.sqrt(4.0) == 2.0 and ARITHMETIC.sum_levels(np.ones((1, 3))) == [3.0]
    assert ARITHMETIC.lift(np.ones(2)).shape == (2, 1)


def test_the_loss_is_relative_and_that_of_an_exact_zero_is_none():
    found = Rounded(np.array([2.0, -2.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0])).loss()
    assert found.tolist() == [EPS / 2, EPS / 2, 0.0, np.inf]
    assert Rounded(3.0).error == 0.0


def test_bounds_hold_on_random_expressions_and_are_no_more_than_a_hundred_times_the_error():
    rng, worst = np.random.default_rng(0), 0.0
    for _ in range(300):
        numbers = rng.uniform(0.5, 2, 4)
        a, b, c, d = (Rounded(x) for x in numbers)
        e, f, g, h = (Fraction(x) for x in numbers)
        found, exact = (a * b - c) / (d + a) - b * c, (e * f - g) / (h + e) - f * g
        error = abs(Fraction(float(found.value)) - exact)
        assert error <= EPS * found.error
        worst = max(worst, float(error) / (EPS * float(found.error)))
    assert worst > 0.01
