"""Members with weights on the samples: against other routes to the same number, simulation, and what is refused.

Seeds are fixed. Agreement with simulation means within 3 standard errors plus 2 %: for a normal law and exact theory a
number is outside by chance at a rate below 0.3 %.
"""

import json
import math
from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

import asymptotics as asy
from asymptotics import Ensemble, equivalent_ridge, generalized_cross_validation
from asymptotics.ensembles.weight_laws import poisson
from asymptotics.errors import InputError
from asymptotics.simulation import plan_campaign
from tests.models.own_models import TwoPenalties

INF = math.inf
HALF = {0: "1/2", 2: "1/2"}
SPREAD = {"1/10": "1/2", 1: "1/4", 4: "1/4"}
RF = asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.5}, noise=0.3)
KERNEL = asy.KernelRidge("exp(t)", target={1: 1, 2: 0.5}, noise=0.3)
K = np.arange(1.0, 201.0)
SPECTRAL = asy.SpectralRidge(K**-1.0, K**-2.2, noise=0.3, tail=0.2)
PSI = asy.Proportional(psi1=np.array([[0.3], [1.0], [3.0]]), psi2=1.5)
RIDGES = np.array([0.0, 1e-6, 0.1, 10.0])
RF_SIZES, KERNEL_SIZES = asy.FiniteSize(d=40, n=120, p=80), asy.FiniteSize(d=40, n=120)


def same(one, two, rtol=1e-14, names=None):
    for name in names or [name for name in one.values if name in two.values]:
        np.testing.assert_allclose(one.values[name], two.values[name], rtol=rtol, atol=1e-30, err_msg=name)
    np.testing.assert_allclose(one.effective_ridge, two.effective_ridge, rtol=rtol, atol=1e-30)
    np.testing.assert_allclose(one.degrees_of_freedom, two.degrees_of_freedom, rtol=rtol)


# -- other routes to the same numbers ----------------------------------------------------------------------


@pytest.mark.parametrize("weight", [1, 1000, "1/1000"])
@pytest.mark.parametrize("members, share", [(1, "both"), (3, "data"), (INF, "data")])
def test_equal_weights_are_a_scale_of_the_ridge(weight, members, share):
    plain = asy.predict(RF, PSI, RIDGES, ensemble=Ensemble(members, share))
    scaled = RIDGES * float(Fraction(weight))
    same(asy.predict(RF, PSI, scaled, ensemble=Ensemble(members, share, weights={weight: 1})), plain)


@pytest.mark.parametrize("members", [1, 5, INF])
def test_weights_of_zero_and_one_are_random_parts_of_the_samples(members):
    parts = asy.predict(RF, PSI, RIDGES, ensemble=Ensemble(members, "both", samples="1/2"))
    law = Ensemble(members, "both", weights={0: "1/2", 1: "1/2"})
    same(asy.predict(RF, PSI, RIDGES, ensemble=law), parts, 1e-13, ("test", "bias", "variance", "train"))
    per_sample = asy.predict(RF, PSI, ridge_per_sample=0.1, ensemble=law)
    half = asy.predict(RF, PSI, ridge_per_sample=0.1, ensemble=Ensemble(members, "both", samples="1/2"))
    np.testing.assert_allclose(per_sample.test, half.test, rtol=1e-13)


@pytest.mark.parametrize("draws", [1, 1.5])
def test_the_bootstrap_is_the_poisson_law(draws):
    law = poisson(draws)
    finite = {0: law.none} | dict(zip(law.values, law.chances, strict=True))
    drawn = asy.predict(
        RF, PSI, [0.0, 0.1], ensemble=Ensemble(3, "both", samples=Fraction(draws), bootstrap=True)
    )
    same(asy.predict(RF, PSI, [0.0, 0.1], ensemble=Ensemble(3, "both", weights=finite)), drawn, 1e-13)


def test_infinitely_many_members_are_one_ridge_and_cross_validation_knows_them():
    many, one = (Ensemble(k, "both", features="1/2", weights=SPREAD) for k in (INF, 1))
    ridge = equivalent_ridge(RF, PSI, 0.1, many)
    answer, plain = asy.predict(RF, PSI, 0.1, ensemble=many), asy.predict(RF, PSI, ridge)
    for name in ("test", "bias", "variance", "train"):
        np.testing.assert_allclose(answer.values[name], plain.values[name], rtol=1e-11)
    np.testing.assert_allclose(
        generalized_cross_validation(RF, PSI, 0.1, many), answer.prediction, rtol=1e-12
    )
    alone = asy.predict(RF, PSI, 0.1, ensemble=one).prediction
    assert np.all(generalized_cross_validation(RF, PSI, 0.1, one) > 1.01 * alone)


def test_the_risk_of_members_is_affine_in_one_over_their_number():
    one, five, many = (
        asy.predict(KERNEL, KERNEL_SIZES, 0.1, ensemble=Ensemble(k, weights=SPREAD)) for k in (1, 5, INF)
    )
    assert one.test > five.test > many.test
    assert abs(five.test - (many.test + (one.test - many.test) / 5)) < 1e-14


# -- without ridge -----------------------------------------------------------------------------------------


def test_interpolators_do_not_see_weights():
    wide, distinct = asy.Proportional(psi1=3, psi2=1.5), asy.Proportional(psi1=3, psi2=0.75)
    weighted = asy.predict(RF, wide, 0, ensemble=Ensemble(1, weights={0: "1/2", "1/3": "1/4", 7: "1/4"}))
    assert abs(weighted.test / asy.predict(RF, distinct, 0).test - 1) < 1e-13
    below = asy.predict(RF, wide, 1e-9, ensemble=Ensemble(1, weights={0: "1/2", "1/3": "1/4", 7: "1/4"}))
    assert 0 < abs(below.test / weighted.test - 1) < 1e-6


def test_without_ridge_the_risk_diverges_where_distinct_samples_are_as_many_as_features():
    sizes = asy.Proportional(psi1=[0.74, 0.75, 0.76], psi2=1.5)
    one, many = (asy.predict(RF, sizes, 0, ensemble=Ensemble(k, "both", weights=HALF)) for k in (1, INF))
    assert one.status.words.tolist() == ["limit", "diverges", "limit"]
    assert np.isinf(one.test).tolist() == [False, True, False] and np.all(np.isfinite(many.test))
    assert np.ptp(many.test) < 0.05 * many.test[1]


@pytest.mark.parametrize("p", [5, 10, 20, INF])
@pytest.mark.parametrize("n", [10, 20])
def test_without_ridge_on_a_spectrum_of_finite_rank(n, p):
    model, sizes = (
        asy.SpectralRidge([3, 1], [1, 1], multiplicities=[5, 5], noise=0.1),
        asy.FiniteSize(n=n, p=p),
    )
    plain, once = (
        asy.predict(model, sizes, 0),
        asy.predict(model, sizes, 0, ensemble=Ensemble(1, weights={1: 1})),
    )
    same(once, plain, 1e-13)
    assert once.status == plain.status


# -- simulation --------------------------------------------------------------------------------------------

SIMULATED = {
    "features of their own": (RF, RF_SIZES, 0.1, {"weights": SPREAD}),
    "the same features": (RF, RF_SIZES, 0.1, {"share": "both", "weights": HALF}),
    "parts of features": (RF, RF_SIZES, 0.1, {"share": "both", "features": "1/2", "weights": SPREAD}),
    "kernel": (KERNEL, KERNEL_SIZES, 0.1, {"weights": SPREAD}),
    "spectrum with a tail": (SPECTRAL, asy.FiniteSize(n=100, p=150), 0.1, {"weights": HALF}),
    "least squares": (SPECTRAL, asy.FiniteSize(n=200, p=40), 0, {"share": "both", "weights": SPREAD}),
}


@pytest.mark.parametrize("members", [1, 5])
@pytest.mark.parametrize("name", SIMULATED)
def test_simulation_agrees(name, members):
    model, sizes, ridge, given = SIMULATED[name]
    ensemble = Ensemble(members, **given)
    risk = asy.predict(model, sizes, ridge, ensemble=ensemble)
    estimate = asy.simulate(model, sizes, ridge, ensemble=ensemble, trials=60, seed=21)
    compared = [name for name in estimate.statistics if name in risk.values]
    assert set(compared) == {"test", "bias", "variance", "train"}
    for observable in compared:
        found, theory = estimate.statistics[observable], risk.values[observable]
        assert abs(found.mean - theory) <= 3 * found.standard_error + 0.02 * theory, observable
    judged = asy.compare(risk, estimate)
    assert judged.agrees and judged.notes == ()


def test_compare_tells_weights_apart():
    spread, half = (Ensemble(2, weights=law) for law in (SPREAD, HALF))
    estimate = asy.simulate(KERNEL, KERNEL_SIZES, 0.1, ensemble=spread, trials=40, seed=22)
    wrong = asy.compare(asy.predict(KERNEL, KERNEL_SIZES, 0.1, ensemble=half), estimate)
    assert not wrong.agrees and "1/10" in wrong.notes[0]
    digests = {
        campaign.digest(campaign.configurations[0])
        for e in (spread, half, Ensemble(2))
        for campaign in [plan_campaign(KERNEL, KERNEL_SIZES, 0.1, ensemble=e, trials=3)]
    }
    assert len(digests) == 3


@pytest.mark.parametrize("model, sizes", [(RF, RF_SIZES), (KERNEL, KERNEL_SIZES)])
def test_drawn_members_minimize_the_weighted_squares(model, sizes):
    one, four = (
        asy.simulate(
            model, sizes, 0.1 * w, ensemble=Ensemble(1, weights={w: 1}), trials=3, test_error="exact"
        )
        for w in (1, 4)
    )
    np.testing.assert_allclose(four.test.draws, one.test.draws, rtol=1e-10)


def test_a_member_without_samples_predicts_zero():
    rare = Ensemble(1, weights={0: "999/1000", 1: "1/1000"})
    estimate = asy.simulate(
        KERNEL, asy.FiniteSize(d=10, n=5), 0.1, ensemble=rare, trials=5, test_error="exact"
    )
    assert np.all(np.abs(estimate.test.draws / 1.5 - 1) < 0.5)


# -- declarations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"weights": {-1: "1/2", 1: "1/2"}}, {"weights": {0: "-1/2", 1: "3/2"}}, {"weights": {0: "1/2", 1: "1/4"}},
        {"weights": {0: 0.5, 1: 0.51}}, {"weights": {0: 1}}, {"weights": {}}, {"weights": 2}, {"weights": "both"},
        {"weights": {1: "1/2", "1": "1/2"}}, {"weights": {INF: 1}}, {"weights": [1, 2]},
        {"weights": HALF, "bootstrap": True}, {"weights": HALF, "samples": "1/2"},
        {"weights": HALF, "share": "features"}, {"weights": HALF, "share": "none"},
    ],
)  # fmt: skip
def test_bad_weights_are_refused(given):
    with pytest.raises(InputError, match="weights"):
        Ensemble(**given)


def test_good_weights_are_not():
    assert Ensemble(weights={0.0: 0.1, 1: 0.2, 2: 0.7}).weighted  # floats that sum to one up to rounding
    assert (
        Ensemble(weights={0: 0, 1: 1}).weights == ((1, 1),) and Ensemble(share="both", weights=HALF).weighted
    )
    assert Ensemble(weights={2: "1/2", 0: "1/2"}) == Ensemble(weights=HALF)
    assert hash(Ensemble(weights=HALF)) == hash(Ensemble(weights=HALF)) and not Ensemble().weighted


@pytest.mark.parametrize("members", [3, INF])
def test_an_ensemble_is_read_back_from_plain_data(members):
    for ensemble in (Ensemble(members, "both", "1/2"), Ensemble(members, weights=SPREAD)):
        plain = json.loads(json.dumps(ensemble.describe()))
        assert Ensemble(**plain) == ensemble == replace(ensemble)
        assert ("weights" in plain) == ensemble.weighted
    risk = asy.predict(KERNEL, KERNEL_SIZES, 0.1, ensemble=ensemble)
    assert (
        asy.predict(KERNEL, KERNEL_SIZES, 0.1, ensemble=plain) == risk == asy.Risk.from_json(risk.to_json())
    )


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda e: asy.predict(RF, RF_SIZES, "1/10", digits=20, ensemble=e), "digits"),
        (lambda e: asy.predict(RF, RF_SIZES, time=1.0, ensemble=e), "weights"),
        (lambda e: asy.predict(TwoPenalties(noise="0.1"), asy.FiniteSize(n=40, p=20), 0.1, ensemble=e), "weights"),
        (lambda e: asy.predict(RF, asy.FiniteSize(d=20, n=INF, p=30), ridge_per_sample=0.1, ensemble=e), "weights"),
    ],
)  # fmt: skip
def test_refusals(call, words):
    call(Ensemble(2))
    with pytest.raises(InputError, match=words):
        call(Ensemble(2, weights=HALF))


# -- the statement of derivations/bagging.py, solved another way --------------------------------------------


def bisected(function, low, high):
    """The zero of an increasing function, to the digits of mpmath."""
    for _ in range(130):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return low


@pytest.mark.parametrize("p, members", [(INF, 1), (INF, 5), (180, 1), (180, INF)])
def test_the_derived_statement_in_many_digits(p, members):
    with mp.workdps(30):
        spectrum, sizes, powers = [mp.mpf(3), mp.mpf(1), mp.mpf("0.25")], (40, 60, 200), (1, 0.5, 0.25)
        weights, chances = [mp.mpf(1) / 10, mp.mpf(1), mp.mpf(4)], (0.5, 0.25, 0.25)
        n, ridge, noise, one_p = 150, mp.mpf("0.75"), mp.mpf("0.25"), 0 if p == INF else mp.mpf(1) / p
        lines = list(zip(spectrum, sizes, powers, strict=True))
        law = list(zip(weights, chances, strict=True))

        def freedom(nu):
            return sum(m * s / (s + nu) for s, m, _ in lines)

        def count(t):
            return bisected(
                lambda c: 1 - n * sum(q * w / (c + w * t) for w, q in law), mp.mpf(0), mp.mpf(1000)
            )

        nu = bisected(
            lambda v: count(freedom(v)) * v * (1 - freedom(v) * one_p) - ridge, mp.mpf("1e-4"), mp.mpf(1)
        )
        t, c = freedom(nu), count(freedom(nu))
        d11, d10 = (sum(m * s**k / (s + nu) ** 2 for s, m, _ in lines) for k in (2, 1))
        shared = one_p * d10 / (1 - one_p * d11)
        missed = nu**2 * sum(b * (1 + s * shared) / (s + nu) ** 2 for s, _, b in lines)
        feedback = d11 + nu**2 * d10 * shared
        own = n * sum(q * (w / (c + w * t)) ** 2 for w, q in law)
        alone, pair = ((missed + noise) / (1 - omega * feedback) - noise for omega in (own, mp.mpf(1) / n))
        expected = float(pair + (alone - pair) / members)
    model = asy.SpectralRidge([3, 1, 0.25], powers, multiplicities=sizes, noise=0.25)
    ensemble = Ensemble(members, "both", weights=SPREAD)
    assert asy.predict(model, asy.FiniteSize(n=n, p=p), 0.75, ensemble=ensemble).test == pytest.approx(
        expected, rel=1e-14
    )
