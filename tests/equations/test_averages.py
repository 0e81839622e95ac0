import pytest
import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in, combine_averages
from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError

S, NU, T, B = (symbol(name) for name in ("s", "nu", "T", "B"))


def average(function, measure=T):
    return SpectralAverage(function, S, measure)


def test_the_eigenvalue_is_bound():
    node = average(S / (S + NU))
    assert node.free_symbols == {NU}
    assert node.subs(S, 3) == node
    assert node.subs(T, B) == node
    assert node.subs(NU, 2) == average(S / (S + 2))


def test_zero_averages_to_zero():
    assert average(sp.S.Zero) == 0
    assert average(S / (S + NU)).diff(symbol("x")) == 0


def test_derivative_goes_inside():
    assert average(S / (S + NU)).diff(NU) == average(-S / (S + NU) ** 2)
    assert sp.diff(average(S / (S + NU)) ** 2, NU) == 2 * average(S / (S + NU)) * average(-S / (S + NU) ** 2)


def test_strings_are_refused():
    with pytest.raises(sp.SympifyError):
        SpectralAverage("s", S, T)


def test_averages_are_found_in_a_fixed_order():
    first, second = average(S / (S + NU)), average(S, B)
    found = averages_in(first * second + 1, second**2)
    assert set(found) == {first, second}
    assert found == averages_in(second, first)


def test_linear_combinations_merge_and_cancel():
    x, y = average(S / (S + NU)), average(NU / (S + NU))
    assert combine_averages(x + y) == average(sp.S.One)
    assert combine_averages(x - x) == 0
    assert combine_averages(2 * x + 3) == 3 + average(2 * S / (S + NU))
    assert combine_averages(x * y) == x * y  # a product of traces is no trace
    assert combine_averages(x + average(S, B)) == x + average(S, B)


def test_printing():
    assert str(average(S / (S + NU))) == "T[s/(nu + s)]"
    assert sp.latex(average(S)) == r"\left\langle s \right\rangle_{T}"


@pytest.mark.parametrize("name", ["", "1x", "a b", "a-b", "__import__('os')", "x^3", 3, None])
def test_names_of_symbols(name):
    with pytest.raises(InputError, match=r"^name = "):
        symbol(name)


def test_equal_names_are_equal_symbols():
    assert symbol("nu") is not None and symbol("nu") == symbol("nu") and symbol("nu").is_positive
