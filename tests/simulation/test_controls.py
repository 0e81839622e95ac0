"""Control variates: known means, smaller errors, the same expectation."""

from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.simulation import simulate
from asymptotics.simulation.estimates.controls import Control, regress
from asymptotics.simulation.estimates.estimate import OBSERVABLES, Estimate

SIZES = Namespace(d=20, n=60, p=[30, 90])


@pytest.mark.statistical
@pytest.mark.parametrize("inputs", ["sphere", "gaussian"])
def test_controls_have_the_means_they_claim(toy, inputs):
    """Three controls at two sizes within 5 standard errors: false-alarm rate below 1e-5."""
    estimate = simulate(
        toy(target={0: 0.3, 1: 1.0, 2: 0.5}, noise=0.4), SIZES, 1.0, trials=400, inputs=inputs
    )
    assert {name: control.mean for name, control in estimate.controls.items()} == {
        "signal": pytest.approx(1.8),
        "noise": 0.4,
        "overlap": 0.0,
    }
    for control in estimate.controls.values():
        error = control.draws.std(axis=-1, ddof=1) / np.sqrt(400)
        assert (np.abs(control.draws.mean(axis=-1) - control.mean) < 5 * error).all()


@pytest.mark.statistical
def test_controlled_estimates_agree_and_are_sharper(toy):
    """Against averaged labels, within 5 standard errors of both: false-alarm rate below 1e-5."""
    model = toy(noise=0.2)
    plain = simulate(model, SIZES, 1.0, trials=300, seed=1)
    controlled = plain.controlled()
    averaged = simulate(model, SIZES, 1.0, trials=300, seed=2, labels="averaged")
    for name in ("test", "bias", "variance", "train", "norm"):
        mine, exact = getattr(controlled, name), getattr(averaged, name)
        error = np.hypot(mine.standard_error, exact.standard_error)
        assert (np.abs(mine.mean - exact.mean) < 5 * error).all(), name
    assert (controlled.norm.standard_error < plain.norm.standard_error / 2).all()
    assert (controlled.train.standard_error < plain.train.standard_error / 1.15).all()


@pytest.mark.statistical
def test_standard_errors_are_honest():
    """Spread of 8000 controlled means against their standard error: relative error of the ratio is 0.8 %, so that
    the false-alarm rate is below 1e-3; leaving out the uncertainty of the coefficients makes it 1.04."""
    generator = np.random.default_rng(0)
    controls = generator.standard_normal((8000, 3, 40))
    draws = controls.sum(axis=1) + generator.standard_normal((8000, 40))
    entries = {str(i): Control(controls[:, i], 0.0) for i in range(3)}
    adjusted = regress(draws, entries)
    claimed = np.sqrt((adjusted.var(axis=-1, ddof=1) / 40).mean())
    assert adjusted.mean(axis=-1).std() / claimed == pytest.approx(1.0, abs=0.027)


def test_averaged_labels_leave_nothing_to_control(toy):
    estimate = simulate(toy(), SIZES, 0.1, trials=40, labels="averaged")
    for name in OBSERVABLES:
        np.testing.assert_allclose(getattr(estimate.controlled(), name).draws, getattr(estimate, name).draws)


def test_controls_travel_with_the_estimate(toy, tmp_path):
    estimate = simulate(toy(), SIZES, 0.1, trials=40, store=tmp_path / "runs.sqlite")
    back = Estimate.from_json(estimate.to_json())
    np.testing.assert_array_equal(back.controlled().test.draws, estimate.controlled().test.draws)
    assert estimate.controlled().provenance["controls"] == ["signal", "noise", "overlap"]


def test_too_few_replicates_and_twice(toy):
    with pytest.raises(InputError, match="at least 40"):
        simulate(toy(), SIZES, 0.1, trials=39).controlled()
    with pytest.raises(InputError, match="controls"):
        simulate(toy(), SIZES, 0.1, trials=40).controlled().controlled()
