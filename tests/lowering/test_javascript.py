"""Programs as JavaScript: the text; what it computes is tested in a browser by tests/report/test_explorer.py."""

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.lowering.javascript import complex_javascript, javascript
from asymptotics.lowering.lower import lower
from asymptotics.models.library import stored_chart
from asymptotics.prediction.problems import problem

A, B = symbol("a"), symbol("b")


def test_every_operation_of_a_program_is_printed():
    text = javascript(problem(stored_chart("random-features", "general", "wide")).balanced)
    assert "spectrum.weights" in text and "Float64Array" in text and "<=" in text
    assert all(word not in text for word in ("lift", "average", "undefined", "None"))


def test_constants_keep_every_digit_and_their_sign():
    text = javascript(lower({"y": A - sp.Rational(1, 3) * B, "z": sp.Integer(-2) * A}, ["a", "b"]))
    assert repr(1 / 3) in text or "3.0" in text
    assert "(-2.0)" in text


@pytest.mark.parametrize("expression", [sp.sqrt(A), sp.sqrt(A + B)])
def test_complex_programs_have_no_roots(expression):
    with pytest.raises(DerivationError, match="root"):
        complex_javascript(lower({"y": expression}, ["a", "b"]))


def test_complex_division_by_a_real_number_is_no_complex_division():
    assert "q" not in complex_javascript(lower({"y": A / 3}, ["a"]))
    assert "q" in complex_javascript(lower({"y": A / B}, ["a", "b"]))
