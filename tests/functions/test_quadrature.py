import itertools
import math

import pytest

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions import quadrature
from asymptotics.functions.expansions.harmonics import recurrence
from asymptotics.functions.expansions.quadrature import decompose
from asymptotics.functions.formulas.enclosures import REAL, arb, ball, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.grammar import parse_formula


def by_integration(node, d, k, pieces):
    """Coefficient k by rigorous integration of the definition, piece by piece, sharing only the recurrence."""
    steps = [ball(b) for b in recurrence(d, k)]

    def integrand(t, _):
        previous, current, norm = 0 * t, 1 + 0 * t, arb(1)
        for j in range(k):
            previous, current = current, t * current - steps[j] * previous
            norm *= steps[j + 1]
        weight = (-t * t / 2).exp() if d == math.inf else (1 - t * t / d) ** ((d - 3) // 2)
        return evaluate(node, t, REAL_ON_COMPLEX) * current * weight / norm.sqrt()

    from flint import acb

    total = sum((acb.integral(integrand, a, b).real for a, b in itertools.pairwise(pieces)), arb(0))
    mass = sum(
        (
            acb.integral(
                lambda t, _: (-t * t / 2).exp() if d == math.inf else (1 - t * t / d) ** ((d - 3) // 2), a, b
            ).real
            for a, b in itertools.pairwise(pieces)
        ),
        arb(0),
    )
    return total / mass


class _Complex:
    """Only what the tests below need, written apart from the package."""

    def number(self, value):
        return arb(value.numerator) / value.denominator

    def pi(self):
        return arb.pi()

    def power(self, base, exponent):
        return base ** int(exponent)

    def call(self, head, value, arguments):
        u = arguments[0]
        return {
            "tanh": lambda: u.tanh(),
            "erf": lambda: u.erf(),
            "sin": lambda: u.sin(),
            "exp": lambda: u.exp(),
        }[head]()


REAL_ON_COMPLEX = _Complex()


@pytest.mark.parametrize("d", [math.inf, 3, 7, 41])
@pytest.mark.parametrize("text", ["tanh(x)", "tanh(3*x - 1)", "erf(x)*x + sin(2*x)", "exp(-x**2)"])
def test_against_rigorous_integration(text, d):
    node = parse_formula(text).node
    values, _ = decompose(lambda t: evaluate(node, t, REAL), d, 9, 130)
    with working_precision(160):
        end = arb(25) if d == math.inf else arb(d).sqrt()
        for k in (0, 1, 4, 9):
            assert abs(by_integration(node, d, k, [-end, arb(0), end]) - values[k]) < 1e-36


@pytest.mark.parametrize("text", ["1/x", "exp(x**2/4)", "exp(x**2)", "abs(x)**(-1/2)"])
def test_not_square_integrable(text):
    node = parse_formula(text).node
    with pytest.raises(InputError, match="square"):
        decompose(lambda t: evaluate(node, t, REAL), math.inf, 3, 100, lambda: [arb(0)])


def test_giving_up_is_an_error():
    node = parse_formula("sin(1000000*x)").node
    with pytest.raises(PrecisionError):
        decompose(lambda t: evaluate(node, t, REAL), 5, 1, 100)


def test_singular_but_square_integrable():
    """E |x|^(-1/2) over the Gaussian is 2^(-1/4) Gamma(1/4)/sqrt(pi)."""
    _, total = decompose(lambda t: abs(t) ** (arb(-1) / 4), math.inf, 2, 100, lambda: [arb(0)])
    with working_precision(120):
        exact = arb(2) ** (arb(-1) / 4) * (arb(1) / 4).gamma() / arb.pi().sqrt()
        assert abs(total - exact) < 1e-25


@pytest.mark.parametrize(("patience", "told"), [(-1.0, 1), (1e9, 0)])
def test_a_long_expansion_is_told_once(patience, told, monkeypatch, caplog):
    monkeypatch.setattr(quadrature, "_PATIENCE", patience)
    decompose(lambda t: t * t, 5, 2, 60)
    assert [record.name for record in caplog.records] == ["asymptotics"] * told
    assert not told or "2 degrees of a function at dimension 5" in caplog.text
