"""Trained predictors against simulations of real random features, and the table of the documentation.

Seeds are fixed. Agreement is within 3 standard errors and 2 %: for exact theory and a normal law a number is outside by
chance at a rate below 0.3 %, for the seed here none is.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError

SCRIPT = Path(__file__).parents[2] / "docs" / "theory" / "trained_agreement.py"
FEW = 12
_spec = importlib.util.spec_from_file_location("trained_agreement", SCRIPT)
agreement = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = agreement
_spec.loader.exec_module(agreement)
ROWS = {f"{row.what}: {row.method}": row for row in agreement.CONFIGURATIONS}


@pytest.mark.parametrize("name", ROWS)
def test_theory_is_where_the_simulation_is(name):
    row = ROWS[name]
    risk, estimate = row.theory(), row.simulation(FEW)
    found = {part: (float(getattr(risk, part)), estimate.statistics[part]) for part in agreement.COMPONENTS}
    assert [part for part, (known, mean) in found.items() if not agreement.agrees(known, mean)] == []
    assert asy.compare(risk, estimate).agrees


def test_every_method_is_there():
    assert len(ROWS) >= 12
    kinds = {type(row.training) for row in ROWS.values()}
    assert kinds == {asy.GradientFlow, asy.GradientDescent, asy.HeavyBall, asy.Nesterov, asy.IteratedRidge,
                     asy.PrincipalComponents, asy.SpectralFilter}  # fmt: skip


def test_the_page_has_the_numbers_of_theory():
    """After a change: ``python docs/theory/trained_agreement.py``."""
    page = agreement.PAGE.read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ") and "simulated" not in line]
    lines, parts = lines[: len(ROWS)], lines[len(ROWS) :]
    assert len(lines) == len(ROWS) and page.startswith(agreement.HEAD)
    for line, row in zip(lines, agreement.CONFIGURATIONS, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        risk = row.theory()
        assert cells[:2] == [row.what, row.method]
        np.testing.assert_allclose(
            [float(cell) for cell in cells[2::2]],
            [getattr(risk, part) for part in agreement.COMPONENTS],
            atol=1e-5,
        )
    assert "18 of 18 numbers are within" in page
    for line, (name, values) in zip(parts, agreement.parts().items(), strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[0] == name
        np.testing.assert_allclose([float(cell) for cell in cells[1::2]], values, atol=1e-5)
    assert f"{3 * len(ROWS)} of {3 * len(ROWS)} numbers are within" in page


def test_another_method_is_told_apart():
    """What agrees is not agreement with anything: one more or less of the method does not."""
    row = ROWS["tanh, p < n: heavy ball, 8 steps of 0.3, momentum 0.8"]
    estimate = row.simulation(FEW)
    for training in (asy.HeavyBall(9, 0.3, 0.8), asy.Nesterov(8, 0.3, 0.8), asy.GradientDescent(8, 0.3)):
        other = asy.predict(row.model, row.sizes, training=training)
        assert not agreement.agrees(other.train, estimate.train)
    with pytest.raises(InputError, match="steps"):
        asy.compare(asy.predict(row.model, row.sizes, training=asy.HeavyBall(9, 0.3, 0.8)), estimate)
    other = asy.predict(row.model, row.sizes, training=asy.Nesterov(8, 0.3, 0.8))
    assert asy.compare(other, estimate).notes == ("trained by heavy ball; theory is of Nesterov's method",)


def test_filters_are_one_at_zero():
    with pytest.raises(InputError, match="one at zero"):
        asy.predict(agreement.TANH, agreement.TALL, training=asy.SpectralFilter(lambda x: 1.5 / (1 + x)))


@pytest.mark.parametrize("model", [agreement.RELU, agreement.TANH], ids=["relu", "tanh"])
def test_every_threshold_has_a_number(model):
    """The last nodes of a cut are on the axis, to rounding, where the product with their mirror images has no value."""
    sizes, above = asy.Proportional(2, 3), np.geomspace(1e-3, 30, 60)
    risk = asy.predict(model, sizes, training=asy.PrincipalComponents(above))
    assert np.isfinite(risk.test).all() and np.abs(np.diff(risk.test)).max() < 0.1 * risk.test.max()
    alone = asy.predict(model, sizes, training=asy.PrincipalComponents(above[33])).test
    assert alone == pytest.approx(risk.test[33], rel=1e-12)
