"""Ensembles whose members are trained."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.trained import trained_ensemble_columns
from asymptotics.errors import InputError
from asymptotics.models.random_features import RANDOM_FEATURES
from tests.models.own_models import TwoGroups

NOISE = 0.5
RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=NOISE)
PSI = asy.Proportional(2, 3)
D, N, P = 100, 300, 200
MU1, STAR = 0.5, np.sqrt(0.25 - 1 / (2 * np.pi))


def flow(z, y, time):
    left, values, right = np.linalg.svd(z, full_matrices=False)
    return right.T @ (-np.expm1(-time * values**2) / values * (left.T @ y))


def one_draw(rng, ensemble, time):
    """Test and training error of the average of flows on Gaussian features with the constants of the ReLU."""
    beta = rng.standard_normal(D)
    beta /= np.linalg.norm(beta)

    def samples():
        x = rng.standard_normal((N, D))
        return x, x @ beta + np.sqrt(NOISE) * rng.standard_normal(N), rng.standard_normal((N, P))

    def weights():
        return rng.standard_normal((D, P))

    shared_samples, shared_weights, p = samples(), weights(), int(ensemble.features * P)
    total, star, fits, coefficients = np.zeros(D), [], np.zeros(N), np.zeros(P)
    for _ in range(ensemble.members):
        x, y, rest = shared_samples if ensemble.shares_data else samples()
        w = shared_weights if ensemble.shares_features else weights()
        if not (ensemble.shares_data and ensemble.shares_features):
            rest = rng.standard_normal((N, P))
        rows = rng.permutation(N)[: int(ensemble.samples * N)]
        columns = rng.permutation(P)[:p]
        z = (MU1 * x @ w[:, columns] / np.sqrt(D) + STAR * rest[:, columns]) / np.sqrt(p)
        a = flow(z[rows], y[rows], time)
        total += MU1 * w[:, columns] @ a / np.sqrt(D * p) / ensemble.members
        own = np.zeros(P)
        own[columns] = a / np.sqrt(p) / ensemble.members
        coefficients += own
        star.append(own @ own)
        fits += z @ a / ensemble.members
    square = coefficients @ coefficients if ensemble.shares_features else sum(star)
    test = np.sum((beta - total) ** 2) + STAR**2 * square
    return test, np.mean((shared_samples[1] - fits) ** 2)


@pytest.mark.parametrize(
    "ensemble",
    [
        Ensemble(2, share="data"),
        Ensemble(2, share="features"),
        Ensemble(3, share="none"),
        Ensemble(3, share="both", samples="3/5", features="1/2"),
    ],
    ids=lambda e: e.share,
)
@pytest.mark.parametrize("time", [1, 30])
def test_against_random_matrices(ensemble, time):
    # 24 fixed draws: a mean is within four standard errors and 2 % (finite sizes) of theory but for 6e-5 of seeds.
    rng = np.random.default_rng(5)
    found = np.array([one_draw(rng, ensemble, time) for _ in range(24)])
    theory = asy.predict(RELU, PSI, time=time, ensemble=ensemble)
    known = [theory.test, theory.train] if ensemble.shares_data else [theory.test]
    for value, column in zip(known, found.T, strict=False):
        error = column.std(ddof=1) / np.sqrt(column.size)
        assert abs(column.mean() - value) < 4 * error + 0.02 * value


@pytest.mark.parametrize("share", ["data", "features", "both", "none"])
def test_ridge_once_and_the_end_of_training(share):
    ensemble = Ensemble(3, share=share, samples="4/5", features="3/5")
    for training, ridge in (
        (asy.IteratedRidge(0.3, 1), 0.3),
        (asy.GradientFlow(math.inf), 0),
        (asy.GradientFlow(math.inf, ridge=0.2), 0.2),
    ):
        trained = asy.predict(RELU, PSI, training=training, ensemble=ensemble)
        static = asy.predict(RELU, PSI, ridge, ensemble=ensemble)
        assert set(trained.values) == set(static.values)
        for name, value in static.values.items():
            assert trained.values[name] == pytest.approx(value, rel=1e-13), name


def test_members_by_the_identity_of_pairs():
    # R_K = R_inf + (R_1 - R_inf)/K, and one member is a predictor.
    times = [0.1, 1, 100]
    one, four, many = (asy.predict(RELU, PSI, time=times, ensemble=k) for k in (1, 4, math.inf))
    np.testing.assert_allclose(four.test, many.test + (one.test - many.test) / 4, rtol=1e-13)
    np.testing.assert_allclose(one.test, asy.predict(RELU, PSI, time=times).test, rtol=1e-14)
    static = many.train / (many.test + NOISE)
    assert np.all((static > 0) & (static < 1)) and np.all(np.diff(static) < 0)
    assert one.test.shape == (3,) and "gradient flow" in four.made_by["training"]


class ByProgram(asy.SpectralRidge):
    """The same equations, asked by their program."""

    theory = asy.Theory("by-program", RANDOM_FEATURES.program, sizes=("n", "p"), features="p")


def test_two_routes():
    k, regime = np.arange(1.0, 20.0), asy.FiniteSize(n=20, p=10)
    for ensemble in (Ensemble(3), Ensemble(3, share="none", samples="1/2")):
        one, two = (
            trained_ensemble_columns(
                read_trained(kind(k**-1.5, k**-2.2, noise=0.1), regime, asy.GradientFlow(3.0)), ensemble
            ).values
            for kind in (asy.SpectralRidge, ByProgram)
        )
        for name in ("test", "bias", "variance"):
            np.testing.assert_allclose(two[name], one[name], rtol=1e-10)


def test_kernels_of_parts_of_the_samples():
    kernel, sizes = asy.KernelRidge("exp", target={1: 1}, noise="1/10"), asy.Proportional(psi2=3)
    bags = asy.predict(kernel, sizes, time=5, ensemble=Ensemble(math.inf, share="both", samples="1/2"))
    single = trained_risk(read_trained(kernel, asy.Proportional(psi2=1.5), asy.GradientFlow(5.0))).values
    assert bags.test < single["test"][0]


@pytest.mark.slow
def test_own_model():
    first, second = (
        asy.Activation.from_coefficients(powers={1: power}, tail=tail)
        for power, tail in (("1/4", 0.09), ("0.64", 0.36))
    )
    model, sizes = TwoGroups(first, second, noise="0.3"), asy.FiniteSize(n=90, p1=72, p2=42, d=60)
    trained = asy.predict(model, sizes, training=asy.IteratedRidge(0.3, 1), ensemble=3)
    static = asy.predict(model, sizes, 0.3, ensemble=3)
    assert trained.test == pytest.approx(static.test, rel=1e-11)


@pytest.mark.parametrize(
    ("options", "name"),
    [({"digits": 20}, "digits"), ({"certified": True}, "certified"),
     ({"ensemble": Ensemble(3, share="both", bootstrap=True)}, "bootstrap")],
)  # fmt: skip
def test_refused(options, name):
    with pytest.raises(InputError) as error:
        asy.predict(RELU, PSI, time=1, **{"ensemble": 3, **options})
    assert error.value.name == name
