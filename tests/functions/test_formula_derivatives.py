"""Derivatives of formulas, against differences of the formulas themselves; and what has none."""

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.functions.formulas.derivative import derivative
from asymptotics.functions.formulas.evaluation import evaluate_array
from asymptotics.functions.formulas.grammar import FUNCTIONS, parse_formula

PLACES = np.linspace(-3, 3, 41) + 0.0123
JUMPS = {"sign", "heaviside"}
INSIDE = {
    "acos": "acos(x/4)", "asin": "asin(x/4)", "log": "log(5 + x)", "sqrt": "sqrt(2 + x**2)",
    "max": "max(x, 1, 2*x)", "min": "min(x, 1)*x",
}  # fmt: skip
MORE = [
    "x**3 - 2*x/3",
    "max(x, 0) - x/3",
    "leaky_relu(x, 0.1)",
    "he1(x)",
    "he3(2*x)",
    "x**2/(1 + x**2)",
    "7",
    "exp(x/2)*sin(x)",
]


@pytest.mark.parametrize(
    "text", [*(INSIDE.get(name, f"{name}(x)") for name in sorted(set(FUNCTIONS) - JUMPS)), *MORE]
)
def test_derivative_is_the_limit_of_differences(text):
    node, step = parse_formula(text).node, 1e-6
    slopes = (evaluate_array(node, PLACES + step) - evaluate_array(node, PLACES - step)) / (2 * step)
    assert np.allclose(evaluate_array(derivative(node), PLACES), slopes, atol=1e-7)


@pytest.mark.parametrize("text", ["sign(x)", "1 + heaviside(x - 1)", "x*sign(x)"])
def test_a_jump_has_no_derivative(text):
    with pytest.raises(InputError, match="without jumps"):
        derivative(parse_formula(text).node)


def test_a_constant_jump_factor_is_none():
    assert derivative(parse_formula("sign(2)*x").node) == parse_formula("sign(2)").node
