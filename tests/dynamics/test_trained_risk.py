import math

import numpy as np
import pytest
from routes import flow_by_real_ridges

import asymptotics as asy
from asymptotics.dynamics import general
from asymptotics.dynamics.cross import pair_identity
from asymptotics.dynamics.evaluate import _answer, pieces, read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow, IteratedRidge, PrincipalComponents, SpectralFilter
from asymptotics.dynamics.steps import GradientDescent, HeavyBall, Nesterov
from asymptotics.errors import InputError
from asymptotics.solvers.solution import Status

RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
SIZES = asy.Proportional(2, 3)
TIMES = [1e-3, 0.1, 1.0, 10.0, 1e3, 1e8]


def trained(model, regime, training):
    return trained_risk(read_trained(model, regime, training))


def test_checkpoints_of_the_flow():
    # Two independent routes and a simulation, THEORY: ReLU, p = 2 d, n = 3 d, F_1^2 = 1, noise 1/2.
    found = trained(RELU, SIZES, GradientFlow([0.3, 1, 10, 100, math.inf])).values
    test = [0.7175919602403, 0.5383938685487, 0.6442833374272, 1.4004925065187, 1.684899392845981]
    train = [1.014151617133, 0.659797831175, 0.326284472557, 0.245664363319, 0.242766599205]
    freedom = [0.0843080259, 0.1990660505, 0.4846433951, 0.6504178958, 2 / 3]
    np.testing.assert_allclose(found["test"], test, rtol=2e-13)
    np.testing.assert_allclose(found["train"], train, rtol=3e-12)
    np.testing.assert_allclose(found["degrees_of_freedom"] / 3, freedom, rtol=2e-9)
    np.testing.assert_allclose(found["norm"][1:4], [0.36028364, 2.09474525, 6.19829603], rtol=1e-8)
    np.testing.assert_allclose(found["bias"] + found["variance"], found["test"], rtol=1e-14)


@pytest.mark.parametrize(
    ("training", "test"),
    [
        (GradientDescent(2, 0.5), 0.52995277),
        (GradientDescent(20, 0.5), 0.64985020941474873),
        (HeavyBall(5, 0.5, 0.8), 0.85020585),
        (IteratedRidge(0.3, 2), 0.53864173),
        (PrincipalComponents(0.2), 0.555906043696912),
    ],
)
def test_checkpoints_of_other_methods(training, test):
    digits = len(str(test)) - 2
    assert trained(RELU, SIZES, training).values["test"][0] == pytest.approx(
        test, abs=max(0.6 * 10**-digits, 1e-14)
    )


def test_what_principal_components_leave_in_the_labels():
    # (1/n) y^T 1(x < x_c) y is linear in the filter; for a projection it is the training error.
    found = trained(RELU, SIZES, PrincipalComponents(0.2)).values["train"][0]
    assert found == pytest.approx(0.515111891816397, abs=1e-12)


def test_pairs_of_ridges_obey_generalised_cross_validation():
    assert pair_identity() == 0


@pytest.mark.parametrize("psi1", [2, 3, 5])
@pytest.mark.parametrize("time", ["1/1000", 1, 40, 10**4, 10**8])
def test_second_route(psi1, time):
    model = asy.RandomFeaturesRidge(
        asy.Activation.from_coefficients(powers={1: "1/4"}, tail="1/11"), target={1: 1, 3: "1/5"}, noise="1/2"
    )
    regime = asy.Proportional(psi1, 3)
    exact = float(flow_by_real_ridges(model, regime, 3, time))
    found = trained(model, regime, GradientFlow(time)).values["test"][0]
    assert found == pytest.approx(exact, rel=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("features", [60, 100, 180])
def test_second_route_for_a_power_law(features):
    k = np.arange(1, 401)
    model = asy.SpectralRidge((k**-1.5).tolist(), (k**-2.2).tolist(), noise="1/10")
    regime = asy.FiniteSize(n=100, p=features)
    for time in (1, 10**3, 10**6):
        exact = float(flow_by_real_ridges(model, regime, 100, time))
        found = trained(model, regime, GradientFlow(time)).values["test"][0]
        assert found == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(
    ("regime", "training"),
    [(asy.Proportional(2, 3), GradientFlow(TIMES[1:5])), (asy.Proportional(3, 2), GradientDescent([3, 40], 0.4)),
     (asy.Proportional(2, 2), GradientFlow(TIMES[1:5])), (asy.FiniteSize(30, 40, 60), GradientFlow(TIMES[1:5]))],
)  # fmt: skip
def test_spectrum_and_programs_agree(monkeypatch, regime, training):
    # One route sums over the levels of a spectrum, the other runs the chart on divided differences.
    asked = read_trained(RELU, regime, training)
    one = trained_risk(asked).values
    monkeypatch.setattr("asymptotics.dynamics.evaluate.as_levels", lambda chart: None)
    two = trained_risk(asked).values
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature", "degrees_of_freedom"):
        np.testing.assert_allclose(two[name], one[name], rtol=2e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    "regime",
    [asy.Proportional(2, 3), asy.Proportional(3, 2), asy.Proportional(math.inf, 2), asy.FiniteSize(30, 40, 60),
     asy.FiniteSize(30, 60, 40), asy.FiniteSize(30, 60)],
)  # fmt: skip
def test_long_training_is_the_ridgeless_limit(regime):
    long = trained(RELU, regime, GradientFlow([1e9, math.inf]))
    exact = asy.predict(RELU, regime, ridge=0)
    for name in ("test", "bias", "variance", "train", "norm"):
        np.testing.assert_allclose(long.values[name], getattr(exact, name), rtol=1e-11, atol=1e-12)


def test_at_equal_sizes_the_risk_grows_like_the_root_of_time():
    k = np.arange(1, 401)
    model = asy.SpectralRidge(k**-1.5, k**-2.2, noise=0.1)
    found = trained(model, asy.FiniteSize(n=50, p=50), GradientFlow([1e6, 1e8])).values["test"]
    assert found[1] / found[0] == pytest.approx(10, rel=0.05)


def test_explicit_ridge_is_reached():
    found = trained(RELU, SIZES, GradientFlow([1.0, 1e6], ridge=0.2)).values["test"]
    assert found[1] == pytest.approx(asy.predict(RELU, SIZES, ridge=0.2).test, rel=1e-12)
    once = trained(RELU, SIZES, IteratedRidge(0.2, 1)).values
    exact = asy.predict(RELU, SIZES, ridge=0.2)
    for name in ("test", "bias", "variance", "train", "norm", "norm_per_feature"):
        assert once[name][0] == pytest.approx(getattr(exact, name), rel=1e-12)


def test_methods_meet_where_they_are_the_same():
    descent = trained(RELU, SIZES, GradientDescent(30, 0.4)).values["test"][0]
    for same in (HeavyBall(30, 0.4, 0), Nesterov(30, 0.4, 0), SpectralFilter(lambda x: (1 - 0.4 * x) ** 30)):
        assert trained(RELU, SIZES, same).values["test"][0] == pytest.approx(descent, rel=1e-10)
    for power in (1, 3):  # a pole of its own order, and one that comes as a cluster
        ridge = trained(RELU, SIZES, IteratedRidge(1.0, power)).values["test"][0]
        same = trained(RELU, SIZES, SpectralFilter(lambda x, power=power: (1 + x) ** -power)).values["test"][
            0
        ]
        assert same == pytest.approx(ridge, rel=1e-9)
    flow = trained(RELU, SIZES, GradientFlow(10.0)).values["test"][0]
    assert trained(RELU, SIZES, GradientDescent(10**7, 1e-6)).values["test"][0] == pytest.approx(
        flow, rel=1e-5
    )


def test_population_flow():
    regime = asy.Proportional(2, math.inf)
    found = trained(RELU, regime, GradientFlow(time_per_sample=[0.5, 1e9]))
    assert found.values["variance"].tolist() == [0, 0]
    assert found.values["test"][1] == pytest.approx(
        asy.predict(RELU, regime, ridge_per_sample=0).test, rel=1e-12
    )
    many = trained(RELU, asy.Proportional(2, 1e7), GradientFlow(0.5e-7)).values["test"][0]
    assert found.values["test"][0] == pytest.approx(many, rel=1e-5)
    with pytest.raises(InputError, match="time_per_sample"):
        trained(RELU, regime, GradientFlow(1.0))


def test_epochs_descend_twice():
    model = asy.SpectralRidge([1, 1e-3], target=[1, 4], multiplicities=[80, 5], noise=0.2)
    found = trained(model, asy.FiniteSize(n=100, p=400), GradientFlow([2.14e-3, 2.1807, 628.4, 1e8])).values
    np.testing.assert_allclose(found["test"][:3], [4.828190464512, 18.965877455, 1.129573947], rtol=5e-8)
    assert found["test"][3] == pytest.approx(0.2 * 85 / 15, rel=1e-10)


def test_stages_in_polynomial_scaling():
    model = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/2"}, noise="1/2")
    found = trained(model, asy.Polynomial(2, "3/2"), GradientFlow([0.1, 1e6, math.inf])).values
    np.testing.assert_allclose(found["test"], 0.5)  # degrees above the samples' exponent are noise
    assert found["train"][0] > 0.9 and abs(found["train"][1]) < 1e-15
    over = trained(model, asy.Polynomial("3/2", 2), GradientFlow([0.1, 10.0])).values
    np.testing.assert_allclose(over["train"], 1.0)
    with pytest.raises(InputError, match="without steps"):
        trained(model, asy.Polynomial(2, 2), GradientDescent(3, 0.1))


def test_shapes_broadcast():
    regime = asy.Proportional(np.array([[1.0], [3.0], [4.0]]), 3)
    found = trained(RELU, regime, GradientDescent(steps=[2, 30], step_size=0.4))
    assert found.values["test"].shape == (6,) and found.status.max() == Status.SOLVED
    asked = read_trained(RELU, regime, GradientDescent(steps=[2, 30], step_size=0.4))
    assert asked.request.shape == (3, 2)
    assert set(asked.request.parameters) == {"psi1", "psi2", "steps", "step_size"}
    single = trained(RELU, asy.Proportional(4, 3), GradientDescent(30, 0.4)).values["test"][0]
    assert found.values["test"][5] == pytest.approx(single, rel=1e-13)


def test_steps_beyond_the_edge_of_the_theory():
    with pytest.raises(InputError, match=r"below 0\.606611; the spectrum of Z Z\^T ends at 3\.29701"):
        trained(RELU, SIZES, GradientDescent(3, [0.1, 0.61]))
    assert trained(RELU, SIZES, GradientDescent(3, 0.606)).status[0] == Status.SOLVED


def test_no_training_is_the_zero_predictor():
    found = trained(RELU, SIZES, GradientFlow(0)).values
    assert found["test"][0] == pytest.approx(1, rel=1e-13) and found["train"][0] == pytest.approx(
        1.5, rel=1e-13
    )
    assert abs(found["norm"][0]) < 1e-50


def test_stopping_early_beats_the_best_ridge_with_finitely_many_features():
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")
    best = asy.optimal_ridge(model, SIZES).risk.test
    stopped = trained(model, SIZES, GradientFlow(4.266)).values["test"][0]
    assert best == pytest.approx(0.39624720, abs=1e-8) and stopped == pytest.approx(0.39326452, abs=1e-8)


def test_no_stopping_beats_the_best_ridge_of_a_matching_prior():
    model = asy.KernelRidge("t", target={1: 1}, noise="1/10")
    sizes = asy.Proportional(psi2=2)
    best = asy.optimal_ridge(model, sizes).risk.test
    stopped = trained(model, sizes, GradientFlow(np.geomspace(1e-2, 1e3, 400))).values["test"]
    assert stopped.min() > best


def test_general_edge():
    (piece, _, _), *_ = pieces(read_trained(RELU, SIZES, GradientFlow(1.0)))
    sizes = {s.name: np.array([v]) for s, v in zip(piece.chart.sizes, (3.0, 2.0), strict=True)}
    found = general.general_edge(piece.chart, sizes, piece.data, np.array([3.0]))
    assert found[0] == pytest.approx(3.29700544, rel=1e-5)


def test_answer_marks_every_point():
    asked = read_trained(RELU, SIZES, GradientFlow([1.0, 2.0]))
    (piece, where, values), *_ = pieces(asked)
    _, status = _answer(asked, piece, where, values)
    assert status.tolist() == [Status.SOLVED] * 2
