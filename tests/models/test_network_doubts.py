"""Training errors of tangent features where single neurons matter: flagged, beside what is not, and simulated."""

import pytest

import asymptotics as asy
from asymptotics.models.network_doubts import SINGLE_NEURONS
from asymptotics.solvers.solution import Status

PAIRS = [
    ("exp(x/2)", {}, (60, 300, 60), 0.01, True),
    ("exp(x/2)", {}, (60, 300, 60), 0.3, False),
    ("exp(x/2)", {}, (60, 300, 300), 0.01, False),
    ("exp(x/2)", {}, (60, 120, 20), 0.01, False),  # weighed by their slopes
    ("exp(x/2)", {}, (60, 300, 60), 0, False),  # nothing is left to be wrong
    ("relu", {}, (60, 300, 60), 0.01, False),
    ("relu", {"layers": "both"}, (60, 300, 60), 0.01, False),
    ("relu", {"second_layer": "gaussian"}, (60, 120, 35), 0.01, True),
    ("relu", {"second_layer": "gaussian"}, (60, 300, 120), 0.01, False),
    ("exp(x/2)", {}, (60, 600, 40), 0.01, True),  # given the weights
    ("x**2/2", {}, (60, 600, 40), 0.01, False),
]


def ask(activation, options, sizes):
    model = asy.NeuralTangentRidge(activation, {1: 1, 2: "0.3"}, "0.2", **options)
    return model, asy.FiniteSize(**dict(zip("dnp", sizes, strict=True)))


@pytest.mark.parametrize(("activation", "options", "sizes", "ridge", "flagged"), PAIRS)
def test_where_training_errors_are_flagged(activation, options, sizes, ridge, flagged):
    risk = asy.predict(*ask(activation, options, sizes), ridge)
    assert (risk.status == Status.UNTRUSTED) == (SINGLE_NEURONS in risk.caution) == flagged


def test_only_the_points_in_question_are_flagged():
    model, regime = ask("exp(x/2)", {}, (60, 300, [60, 300]))
    risk = asy.predict(model, regime, [[0.01], [0.3]])
    assert (risk.status == Status.UNTRUSTED).tolist() == [[True, False], [False, False]]
    limit = asy.predict(model, asy.Proportional(1, 5), 0.01)
    assert not limit.caution


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activation", "options", "sizes", "ridge", "flagged"), [PAIRS[k] for k in (0, 1, 5)]
)
def test_the_network_simulated(activation, options, sizes, ridge, flagged):
    """Flagged ones are off by 15 % at two standard errors; others, and all test errors, are right to 10 %."""
    model, regime = ask(activation, options, sizes)
    risk, found = asy.predict(model, regime, ridge), asy.simulate(model, regime, ridge, trials=12, seed=3)
    off = found.train.mean / risk.train - 1, 2 * found.train.standard_error / risk.train
    assert (off[0] - off[1] > 0.15) if flagged else (abs(off[0]) < 0.1 + off[1])
    assert abs(found.test.mean - risk.test) < 0.1 * risk.test
    report = asy.compare(risk, found)
    assert ("kurtosis" in str(report)) == flagged
