"""The table of wider models in the documentation: its theory is that of today, and an experiment stands beside it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import asymptotics as asy

SCRIPT = Path(__file__).parents[2] / "docs" / "theory" / "wider_agreement.py"
_spec = importlib.util.spec_from_file_location("wider_agreement", SCRIPT)
agreement = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = agreement
_spec.loader.exec_module(agreement)


def test_the_page_has_the_numbers_of_theory():
    """After a change: ``python docs/theory/wider_agreement.py``."""
    page = agreement.PAGE.read_text(encoding="utf-8")
    assert page.startswith(agreement.HEAD) and agreement.SPARSE in page
    lines = [line for line in page.splitlines() if line.startswith("| ") and "simulated" not in line]
    wide, few = lines[: len(agreement.ROWS)], lines[len(agreement.ROWS) :]
    assert [line.split("|")[1].strip() for line in few] == [str(count) for count in agreement.FEW]
    for line, (what, (model, sizes, ridge)) in zip(wide, agreement.ROWS.items(), strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        risk = asy.predict(model, sizes, ridge)
        assert cells[0] == what
        np.testing.assert_allclose([float(cells[1]), float(cells[3])], [risk.test, risk.train], atol=6e-5)
    assert f"{2 * len(wide)} of {2 * len(wide)} numbers are within" in page


@pytest.mark.slow
def test_an_experiment_stands_beside_it():
    """Fixed seed; sixteen numbers at three standard errors and 2 % alarm with probability 0.04 at the most."""
    lines, outside = agreement.table(trials=24)
    assert len(lines) == len(agreement.ROWS) and outside == 0
