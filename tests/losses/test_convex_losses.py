"""Convex losses: digits of the stationary point, what the square loss gives back, thresholds, and refusals."""

import math

import mpmath
import numpy as np
import pytest
from scipy.optimize import linprog

import asymptotics as asy
from asymptotics.functions.losses import Absolute, Hinge, Huber, Logistic, Square
from asymptotics.losses.samples import OfClasses
from asymptotics.losses.separability import features_per_sample
from asymptotics.simulation.learning.loss_solver import duality_gap, minimize
from derivations.published import sur_candes
from tests.oracles import loureiro

SIZES = asy.Proportional(psi1=2, psi2=3)
SIGNS = asy.RandomFeaturesRidge("relu", target="sign")

# V, q, m, error, minimum per dimension: relu constants, p = 2d, n = 3d, ridge 0.1.
ROWS = {
    "square": (0.7020475906924, 0.53351463633156, 0.50018249417137, 0.25989536192623, 0.5295787088471),
    "logistic": (1.6131778146832, 1.5833159906537, 0.88314820116249, 0.25235371164897, 1.3000230218244),
    "hinge": (0.96314820435427, 1.6541733728966, 0.88246669910776, 0.25930713941751, 0.9169861858248),
}


@pytest.mark.parametrize("loss", ROWS)
def test_the_checkpoints(loss):
    risk = asy.predict(asy.WithLoss(SIGNS, loss), SIZES, ridge=0.1)
    _, q, m, error, minimum = ROWS[loss]
    assert math.isclose(risk.square, q, rel_tol=2e-13)
    assert math.isclose(risk.overlap, m, rel_tol=2e-13)
    assert math.isclose(risk.classification_error, error, rel_tol=2e-13)
    assert math.isclose(3 * risk.objective, minimum, rel_tol=2e-13)
    # The minimum is the sum of its parts: a relation that the equations do not use.
    assert math.isclose(risk.objective, risk.train_loss + 0.05 * risk.norm, rel_tol=1e-13)
    assert "assumed" in risk.made_by["evidence"]


def test_the_square_loss_is_ridge_regression():
    ridges = np.array([1e-4, 0.1, 30.0])
    for model in (
        asy.RandomFeaturesRidge("tanh", target={1: 1}, noise=0.3),
        asy.KernelRidge("exp(t)", target={1: 0.7}, noise=0.2),
    ):
        kernel = "p" not in str(asy.FiniteSize.needed(model)) and "kernel" in str(model)
        sizes = asy.FiniteSize(d=60, n=80) if kernel else asy.FiniteSize(d=60, n=80, p=70)
        one, two = (
            asy.predict(asy.WithLoss(model, "square"), sizes, ridges),
            asy.predict(model, sizes, ridges),
        )
        assert np.allclose(one.test, two.test, rtol=1e-10)
        assert np.allclose(2 * one.train_loss, two.train, rtol=1e-9)
        assert np.allclose(one.norm, two.norm, rtol=1e-9)


def test_huber_lies_between_its_limits():
    model = asy.RandomFeaturesRidge("tanh", target={1: 1}, noise=0.3)
    found = [
        asy.predict(asy.WithLoss(model, loss), SIZES, 0.1).test for loss in ("square", Huber(50), Huber(1e-3))
    ]
    assert math.isclose(found[0], found[1], rel_tol=1e-12)
    # Residuals beyond a small delta: its size over delta is the absolute loss, with the ridge over delta.
    assert math.isclose(
        found[2], asy.predict(asy.WithLoss(model, "absolute"), SIZES, 100.0).test, rel_tol=2e-3
    )


def test_any_model_with_ridge_regression_has_losses():
    """A spectrum, Gaussian features, and features in groups."""
    spectrum = asy.SpectralRidge([1, 0.5], target=[1, 1], multiplicities=[30, 60])
    groups = asy.RandomFeaturesRidge(groups=[asy.Group("relu", share=1)], target={1: 1})
    plain = asy.predict(asy.WithLoss(SIGNS, "logistic"), SIZES, 0.1)
    same = asy.predict(asy.WithLoss(groups, "logistic", labels="sign"), SIZES, 0.1)
    assert math.isclose(plain.classification_error, same.classification_error, rel_tol=1e-9)
    risk = asy.predict(asy.WithLoss(spectrum, "logistic", labels="sign"), asy.FiniteSize(n=100), 0.1)
    m, q, _ = loureiro.logistic(100, 0.1, [1, 0.5], [30, 60], [0.5, 0.5], tolerance=1e-7)
    assert math.isclose(risk.overlap, m, rel_tol=1e-6) and math.isclose(risk.square, q, rel_tol=1e-6)


def test_sur_and_candes():
    """Logistic regression without a ridge, p/n = 0.2, gamma^2 = 5."""
    gamma, kappa = math.sqrt(5), 0.2
    flat = asy.SpectralRidge([1], [1], multiplicities=[1])
    model = asy.WithLoss(flat, "logistic", labels=asy.SignTarget(logistic=gamma))
    risk = asy.predict(model, asy.Proportional(psi2=1 / kappa), ridge=0)
    alpha = risk.overlap / gamma
    sigma = math.sqrt((risk.square - risk.overlap**2) / kappa)
    printed = sur_candes.numbers()
    assert abs(alpha - float(printed[0])) < 5e-5 and abs(sigma - float(printed[1])) < 5e-5
    assert math.isclose(alpha, 1.499350123, rel_tol=1e-9)
    assert math.isclose(sigma, 4.743553158, rel_tol=1e-9)


def test_thresholds_of_separability():
    rows = {0.5: (0.325021779235558, 0.423782039345787, 1.17985179544625),
            1: (0.552093794663241, 0.352948978296725, 2.83327070339129),
            2: (None, 0.257505039942138, 7.76683827411457)}  # fmt: skip
    for psi1, (captured, ratio, samples) in rows.items():
        found = asy.separability_threshold(SIGNS, asy.Proportional(psi1=psi1, psi2=math.inf))
        assert captured is None or math.isclose(found.captured, captured, rel_tol=3e-14)
        assert math.isclose(found.features_per_sample, ratio, rel_tol=3e-14)
        assert math.isclose(found.samples, samples, rel_tol=3e-14)
        # The captured share is all that enters.
        assert features_per_sample(found.captured, asy.SignTarget()) == found.features_per_sample
    logistic = {1: 0.438939066883848, 2: 0.344930128404049, 5**0.5: 0.3255886108474877, 3: 0.2725216026206662}
    for gamma, ratio in logistic.items():
        assert math.isclose(features_per_sample(1.0, asy.SignTarget(logistic=gamma)), ratio, rel_tol=3e-14)
    assert math.isclose(features_per_sample(0.0, asy.SignTarget()), 0.5, rel_tol=1e-14)


def test_averages_over_a_sample_by_another_quadrature():
    context = mpmath.MPContext()
    context.dps = 20
    m, q, V = 0.9, 1.6, 1.7
    found = OfClasses(asy.SignTarget(flips=0.1), Logistic()).averages(1.0, *map(np.atleast_1d, (m, q, V)))

    def force(w):
        z = context.findroot(lambda z: z - w - V / (1 + context.exp(z)), w + V / 2)
        return (z - w) / V

    def weight(w):
        chance = 0.1 + 0.8 * context.ncdf(m / q * w / context.sqrt(1 - m * m / q))
        return 2 * chance * context.npdf(w, 0, context.sqrt(q))

    expected = context.quad(lambda w: weight(w) * force(w) ** 2, [-12, -4, -1, 0, 1, 4, 12])
    assert math.isclose(found["force2"][0], expected, rel_tol=1e-13)


def test_solvers_of_the_definition():
    generator = np.random.default_rng(3)
    features = generator.standard_normal((40, 30)) / 5
    y, gram = np.sign(generator.standard_normal(40)), features @ features.T
    for loss in (Square(), Logistic(), Hinge(), Huber(0.5), Absolute()):
        for ridge in (1e-3, 1.0):
            assert duality_gap(gram, y, ridge, loss, minimize(gram, y, ridge, loss)) < 1e-8
    expected = np.linalg.solve(gram + 0.5 * np.eye(40), y)
    assert np.allclose(minimize(gram, y, 0.5, Square()), expected)


def test_simulation_and_theory_of_a_small_problem():
    """Four standard errors and four percent of each of 18: false alarms below 1 in 500 if the sizes were large."""
    sizes = asy.FiniteSize(d=60, n=120, p=90)
    for model in (SIGNS, asy.WithLoss(SIGNS, "logistic"), asy.WithLoss(SIGNS, "hinge")):
        estimate = asy.simulate(model, sizes, ridge=0.3, trials=16, seed=5)
        risk = asy.predict(model, sizes, ridge=0.3)
        for name in {*risk.components} - {"norm_per_feature"}:
            one = estimate.statistics[name]
            assert abs(one.mean - risk[name]) < 4 * one.standard_error + 0.04 * abs(risk[name]), name


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: asy.WithLoss(asy.RandomFeaturesRidge("relu", target={1: 1}), "logistic"), "two classes"),
        (
            lambda: asy.WithLoss(asy.RandomFeaturesRidge("relu", target={2: 1}), "hinge", labels="sign"),
            "sign",
        ),
        (lambda: asy.WithLoss(SIGNS, "ramp"), "not convex"),
        (lambda: asy.WithLoss(SIGNS, lambda y, z: (y - z) ** 4), "loss"),
        (lambda: asy.WithLoss(SIGNS, "hinge", labels="sign"), "labels"),
        (lambda: asy.WithLoss(asy.WithLoss(SIGNS, "hinge"), "hinge"), "ridge regression"),
        (lambda: Huber(0), "delta"),
        (lambda: asy.predict(asy.WithLoss(SIGNS, "hinge"), SIZES, 0.1, digits=20), "digits"),
        (lambda: asy.predict(asy.WithLoss(SIGNS, "hinge"), asy.Proportional(psi1=4, psi2=3), 0), "ridge"),
        (lambda: asy.predict(asy.WithLoss(SIGNS, "hinge"), SIZES, 0.1, order=1), "losses"),
        (lambda: asy.predict(asy.WithLoss(SIGNS, "hinge"), SIZES, time=1.0), "losses"),
        (lambda: asy.optimal_ridge(asy.WithLoss(SIGNS, "hinge"), SIZES), "loss"),
        (lambda: asy.derive(asy.WithLoss(SIGNS, "hinge")), "loss"),
        (lambda: asy.separability_threshold(SIGNS, SIZES), "samples"),
        (lambda: asy.separability_threshold(asy.RandomFeaturesRidge("relu", {1: 1}), SIZES), "two classes"),
        (lambda: asy.simulate(asy.WithLoss(SIGNS, "hinge"), asy.FiniteSize(d=9, n=9, p=9), 0), "ridge"),
        (lambda: asy.simulate(SIGNS, asy.FiniteSize(d=9, n=9, p=9), 0.1, labels="averaged"), "labels"),
    ],
)
def test_what_is_refused_is_named(call, named):
    with pytest.raises(asy.InputError, match=named):
        call()


@pytest.mark.slow
@pytest.mark.parametrize("loss", [None, "logistic", "hinge", "huber", "absolute"])
def test_rows_by_simulation(loss):
    """Three standard errors and two percent of each component of a row: false alarms 2 % a row, seed fixed."""
    model = SIGNS if loss is None else asy.WithLoss(SIGNS, loss)
    sizes = asy.FiniteSize(d=200, n=600, p=400)
    estimate = asy.simulate(model, sizes, ridge=0.1, trials=40, seed=1)
    risk = asy.predict(model, sizes, ridge=0.1)
    for name in {*risk.components} - {"norm_per_feature"}:
        one = estimate.statistics[name]
        assert abs(one.mean - risk[name]) < 3 * one.standard_error + 0.02 * abs(risk[name]), name


@pytest.mark.slow
def test_separable_shares_by_linear_programs():
    """Share of separable samples falls through one half at the threshold; 20 draws, d = 60."""
    d, p, trials = 60, 60, 20
    threshold = asy.separability_threshold(SIGNS, asy.Proportional(psi1=1, psi2=math.inf)).samples
    shares = []
    for ratio in (0.75, 1.25):
        n, hits = round(ratio * threshold * d), 0
        for seed in range(trials):
            generator = np.random.default_rng([7, seed])
            x = generator.standard_normal((n, d))
            weights = generator.standard_normal((d, p)) / math.sqrt(d)
            z = np.maximum(x @ weights, 0)
            z -= np.maximum(generator.standard_normal((20000, d)) @ weights, 0).mean(0)
            y = np.sign(x @ generator.standard_normal(d))
            found = linprog(
                np.zeros(p), A_ub=-y[:, None] * z, b_ub=-np.ones(n), bounds=(None, None), method="highs"
            )
            hits += found.status == 0
        shares.append(hits / trials)
    assert shares[0] >= 0.75 and shares[1] <= 0.25
