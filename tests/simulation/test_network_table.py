"""The table of linearized networks in the documentation: formulas that the package chooses, and one block for all."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from asymptotics.solvers.solution import Status

SCRIPT = Path(__file__).parents[2] / "docs" / "theory" / "tangent_agreement.py"
_spec = importlib.util.spec_from_file_location("tangent_agreement", SCRIPT)
agreement = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = agreement
_spec.loader.exec_module(agreement)


def test_the_page_has_the_numbers_of_theory():
    """After a change: ``python docs/theory/tangent_agreement.py``. Three rows are asked again here."""
    page = agreement.PAGE.read_text(encoding="utf-8")
    count = len(agreement.TABLE)
    assert page.startswith(agreement.HEAD) and f"{count} of {count} predictions agree" in page
    lines = [line for line in page.splitlines() if line.startswith("| ")][1:]
    rows = dict(zip(agreement.TABLE, lines, strict=True))
    for name in ("two neurons", "relu", "quadratic"):
        cells = [cell.strip() for cell in rows[name].strip("|").split("|")]
        risk, one = agreement.theory(name)
        found = [float(cells[4]), float(cells[5].removesuffix("off"))]
        np.testing.assert_allclose(found, [risk.test, one], atol=6e-5)
        assert cells[6] in risk.made_by["formula"]
    for name in ("two neurons", "quadratic", "both, random start", "random start, wide"):
        assert " off |" in rows[name]  # one block for all would be wrong there


@pytest.mark.slow
@pytest.mark.parametrize("name", agreement.TABLE)
def test_the_formula_that_is_chosen(name):
    """Within three standard errors and three percent; a false alarm in one of 25 runs of the whole table."""
    mean, error, risk, _ = agreement.row(name)
    assert risk.status != Status.UNTRUSTED
    assert agreement.within(mean, error, risk.test)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two neurons", "quadratic", "both, random start", "random start, wide"])
def test_one_block_for_all_fails(name):
    """What a single block of pd independent features says is off by more than that."""
    mean, error, _, naive = agreement.row(name)
    assert not agreement.within(mean, error, naive)
