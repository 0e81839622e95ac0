"""Regimes read sizes exactly, broadcast them, and refuse what is no size."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.errors import InputError, ShapeError
from asymptotics.models.regimes import FiniteSize, Polynomial, Proportional, RealSize
from asymptotics.models.sizes import shape_of


def test_exact_numbers_stay_exact():
    regime = Proportional("2.5", Fraction(1, 3))
    assert (regime.psi1, regime.psi2) == (Fraction(5, 2), Fraction(1, 3))
    assert Proportional(2, 3.0) == Proportional("2", 3)
    assert isinstance(Proportional(2, 3).psi1, int)


def test_equal_by_value_with_arrays_too():
    one, two = Proportional([1, 2], 3), Proportional(np.array([1.0, 2.0]), "3")
    assert one == two and hash(one) == hash(two) and one != Proportional([1, 2.5], 3)
    assert one != Proportional([[1, 2]], 3) and FiniteSize(3, 4) != RealSize(3, 4) and one != 7
    assert Polynomial(2, "3/2", [1, 2]) == Polynomial(2, 1.5, [1, 2])


def test_infinite_sizes():
    assert Proportional("inf", 1) == Proportional(math.inf, 1)
    assert Proportional(math.inf, 1).psi1 == math.inf
    assert FiniteSize(10, 20).p == math.inf
    with pytest.raises(InputError, match="use Proportional for infinite d"):
        FiniteSize(math.inf, 10)


def test_arrays_are_copied_and_frozen():
    psi1 = np.array([1.0, 2.0])
    regime = Proportional(psi1, 1)
    psi1[0] = 5
    assert regime.psi1.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        regime.psi1[0] = 3


def test_finite_sizes_are_whole_numbers():
    assert FiniteSize(10, 20.0, "30") == FiniteSize(10, 20, 30)
    for bad in ({"d": 2}, {"n": 0}, {"n": 1.5}, {"p": -1}, {"p": math.nan}, {"d": True}, {"n": [1, 2.5]}):
        (name,) = bad
        with pytest.raises(InputError, match=rf"^{name} = "):
            FiniteSize(**{"d": 10, "n": 10, "p": 10, **bad})


@given(st.lists(st.integers(1, 4), max_size=3), st.lists(st.integers(1, 4), max_size=3))
def test_shapes_broadcast_like_numpy(first, second):
    a, b = np.ones(first), np.ones(second)
    try:
        expected = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        with pytest.raises(ShapeError, match="broadcast"):
            shape_of(a=a, b=b)
    else:
        assert shape_of(a=a, b=b) == expected
