import math

import mpmath
import pytest

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import Activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.expand_certified import OfCoordinate, expand_certified
from asymptotics.functions.expansions.rigorous_quadrature import integrate
from asymptotics.functions.formulas.enclosures import arb, working_precision
from asymptotics.functions.formulas.grammar import parse_formula

NAMES = ["tanh", "relu", "erf", "gelu", "softplus", "elu", "hard_tanh", "softsign", "relu(x-1)**2",
         "exp(-x**2)", "x/sqrt(1+x**2)",
         "tanh(10*x)", "sin(x)*tanh(x-1)", "leaky_relu(x - 1/3)", "exp(x/3)*sigmoid(x)", "abs(x**2 - 2)"]  # fmt: skip


def contains(enclosure, value, slack):
    return abs(enclosure - arb(value)) <= arb(slack) or enclosure.contains(arb(value))


@pytest.mark.parametrize("d", [math.inf, 2, 3, 60, 65, 10**6])
@pytest.mark.parametrize("name", NAMES)
def test_balls_contain_the_other_route(name, d):
    """Rigorous balls contain the values of the unproved route at twice the digits, and are as narrow as promised."""
    certified, plain = expand_certified(name, d, 6, digits=25), expand(name, d, 6, digits=60)
    with working_precision(300):
        assert certified.total.rel_accuracy_bits() > 70
        for k, (ball_, value) in enumerate(
            zip([*certified.powers, certified.tail], [*plain.powers, plain.tail], strict=True)
        ):
            text = mpmath.nstr(value, 60, strip_zeros=False)
            if value == 0:
                assert ball_.contains(0) and abs(ball_) < certified.total * arb(10) ** -70, k
            else:
                assert (ball_ - arb(text)).contains(0) or abs(ball_ - arb(text)) < arb(10) ** -58 * arb(
                    text
                ), k
                assert ball_.rel_accuracy_bits() >= 25 * math.log2(10), k


@pytest.mark.parametrize("text", ["relu(x)", "sign(x)", "erf(x)", "x**3 - x", "sin(2*x)"])
def test_integration_contains_closed_forms(text):
    """The rigorous quadrature, run where it is not needed, contains the closed form."""
    coefficients, total = integrate(OfCoordinate(parse_formula(text).node), math.inf, 5, 120)
    exact = expand_certified(text, math.inf, 5, 50)
    with working_precision(250):
        assert total.overlaps(exact.total) and total.rel_accuracy_bits() > 110
        for one, two in zip(coefficients, exact.powers, strict=True):
            assert (one * one).overlaps(two)


def test_kinks_without_exact_places():
    e = expand_certified("abs(sin(x))", 3, 2, digits=12)
    assert e.tail.rel_accuracy_bits() >= 12 * math.log2(10)
    assert float(e.tail.mid()) == pytest.approx(expand("abs(sin(x))", 3, 2).tail, rel=1e-12)


def test_roots():
    e = expand_certified("sqrt(abs(x))", math.inf, 2, digits=10)
    assert float(e.powers[2].mid()) == pytest.approx(expand("sqrt(abs(x))", math.inf, 2).powers[2], rel=1e-10)


def test_accidental_zero_is_a_tiny_ball():
    e = expand_certified("heaviside(x - 1)", math.inf, 4, digits=10)
    assert e.powers[3].contains(0) and abs(e.powers[3]) < 1e-28 and 3 not in dict(e.zeros)


def test_given_coefficients():
    e = expand_certified(Activation.from_coefficients({1: "1/3", 4: 0.5}, tail="0.1"), 7, 2, digits=30)
    with working_precision(150):
        assert e.powers[1].overlaps(arb(1) / 3) and e.tail.overlaps(arb(6) / 10) and e.powers[2].is_zero()


def test_refusals():
    for name in ("exp(x**2)", "1/x", "log(abs(x))"):
        with pytest.raises(PrecisionError):
            expand_certified(name, digits=8)
    with pytest.raises(InputError):
        expand_certified("relu", digits=0)
    with pytest.raises(InputError):
        expand_certified("relu", d=1)
