"""What the derivations of ensembles, bags and parts notice, and what of them is evaluated."""

import pytest
import sympy as sp

from asymptotics.ensembles.forms import PARTS, part_forms
from asymptotics.ensembles.parts import part_expressions
from asymptotics.equations.naming import symbol
from asymptotics.verification import derivations
from derivations import bagging, ensembles


def run(step, **inputs):
    """Failed checks of one step."""
    found = step.run(inputs)[0].checks
    return [check.statement for check in found if not check.passed]


def step_of(name, label):
    (step,) = (step for step in derivations()[name].steps if step.name == label)
    return step


def test_they_are_found_and_build_on_each_other():
    known = derivations()
    assert {"ensembles", "bagging", "parts"} <= set(known)
    assert "ensembles" in known["bagging"].uses and "ensembles" in known["parts"].uses


def test_a_wrong_formula_is_noticed():
    right = ensembles.stated(ensembles.omega_n, ensembles.omega_p)
    wrong = ensembles.stated(ensembles.omega_n, 2 * ensembles.omega_p)
    evaluated = step_of("ensembles", "evaluated")
    assert run(evaluated, formula=right) == []
    assert run(evaluated, formula=wrong) == ["predictors that share features"]


def test_a_wrong_rule_of_bags_is_noticed():
    nus, noise, D11, B00 = ensembles.nus, ensembles.noise, ensembles.D11, ensembles.B00
    wrong = (nus[0] * nus[1] * B00 + noise) / (1 - 2 * bagging.omega_n * D11) - noise
    formula = ensembles.stated(ensembles.omega_n, ensembles.omega_p)
    assert run(step_of("bagging", "features"), rule=wrong, ensembles=formula) == ["the formula of ensembles"]


@pytest.mark.parametrize("seed", range(3))
def test_parts_sum_to_the_risk_at_random_numbers(seed):
    q, dq, u, du, rest, rest_more = (symbol(name) for name in PARTS)
    given = dict(
        zip((q, dq, u, du), map(sp.Rational, (f"{3 + seed}/7", f"1/{5 + seed}", "2/9", "1/11")), strict=True)
    )
    given |= {rest: 1 - given[u], rest_more: 1 - given[u] - given[du], symbol("noise"): sp.Rational(1, 3)}
    total = sum(part.xreplace(given) for part in part_expressions().values())
    shared = given[u] + given[du]
    assert total == (given[q] + given[dq] + shared / 3) / (1 - shared)


def test_forms_at_equal_poles_are_symmetric():
    """Which predictor comes first does not matter, although the forms name one of them."""
    form = part_forms()
    swap = {symbol("one"): symbol("other"), symbol("other"): symbol("one")}
    more = form["feedback_more"]
    numerator = sp.fraction(more)[0]
    assert numerator.xreplace(swap) == numerator
