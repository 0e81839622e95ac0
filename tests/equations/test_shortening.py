"""Shortest forms: equal modulo the equations, and short."""

from __future__ import annotations

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.shortening import shorten

x, n, t, lam, p = map(symbol, ["x", "n", "t", "lam", "p"])


def test_a_parameter_is_written_back_where_its_value_is_a_factor():
    assert shorten([(x + t) ** 2 * p / (n + p)], [n - x - t], [t]) == (n**2 * p / (n + p),)


def test_equal_forms_become_equal():
    residuals = [n - x - t, lam * p - t * x]
    first, second = shorten([lam / n, t * x / (p * (x + t))], residuals, [t])
    assert sp.cancel(first - second) == 0


def test_what_vanishes_becomes_zero():
    assert shorten([(n - x) ** 2 - t**2], [n - x - t], [t]) == (sp.S.Zero,)


def test_without_equations_nothing_happens():
    assert shorten([x / (x + 1)], [], []) == (x / (x + 1),)


def test_fixed_symbols_are_not_solved_for():
    (short,) = shorten([x * t], [x - t**2], [t], fixed=[x])
    assert short == x * t
