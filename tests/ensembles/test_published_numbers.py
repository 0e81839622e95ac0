"""Ensembles, bags and parts against published numbers and against each other, to the digits of doubles."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.equivalent import equivalent_ridge, generalized_cross_validation
from asymptotics.ensembles.evaluate import predict_ensemble
from asymptotics.ensembles.parts import NAMES, parts
from tests.oracles import ruben

INF = math.inf
K = np.arange(1.0, 1001.0)
POWER_LAW = asy.SpectralRidge(K**-1.5, K**-2.2, noise=0.01)
SIZES = asy.FiniteSize(n=100, p=150)
RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
PSI = asy.Proportional(psi1=2, psi2=3)
BAGS = Ensemble(INF, share="both", samples="3/5")


def close(one, two, digits=13):
    return abs(one - two) <= 10.0**-digits * max(abs(one), abs(two))


def lam_bar(value):
    """A ridge of the mean loss over the power of the part that is not linear, in the unit of the package."""
    return value * 3 * float(RELU.expand(INF, 1).tail)


def test_parts_of_a_power_law():
    # Computed independently from the published formulas (arXiv:2412.05418, appendix) in 40 digits.
    known = (
        0.01068370232496615, 0.009410433198334304, 0.003705383292748948, 0.00922568380944663, 0.003468257706965538,
        0.002966986589660792,
    )  # fmt: skip
    found = parts(POWER_LAW, SIZES, 0.1)
    assert tuple(found) == tuple(NAMES)
    assert all(close(value, other) for value, other in zip(found.values(), known, strict=True))
    assert close(sum(found.values()), 0.03946044692212236)


def test_parts_of_relu_in_proportion():
    known = (
        ruben.BIAS_SQUARED, ruben.FEATURES, ruben.DATA, ruben.FEATURES_AND_DATA, ruben.DATA_AND_NOISE,
        ruben.FEATURES_DATA_AND_NOISE,
    )  # fmt: skip
    found = parts(RELU, PSI, lam_bar(0.01))
    assert all(close(value, float(other), 12) for value, other in zip(found.values(), known, strict=True))


def test_infinitely_many_members():
    many = Ensemble(INF)
    assert close(predict_ensemble(POWER_LAW, SIZES, 0.1, ensemble=many).test, 0.01785734332468063)
    assert close(predict_ensemble(RELU, PSI, lam_bar(0.01), ensemble=many).test, 0.3105139970271804, 12)


def test_bags():
    one, many = (
        predict_ensemble(POWER_LAW, SIZES, 0.01, ensemble=Ensemble(k, share="both", samples=0.6))
        for k in (1, INF)
    )
    assert close(one.test, 0.05895776942611253)
    assert close(many.test, 0.03743782203751094)
    ridge = equivalent_ridge(POWER_LAW, SIZES, 0.01, BAGS)
    assert close(ridge, 0.1774380217811266)
    assert close(asy.predict(POWER_LAW, SIZES, ridge).test, many.test)


@pytest.mark.parametrize(
    "ensemble",
    [BAGS, Ensemble(INF, share="both", samples="7/10", features="4/5", bootstrap=True),
     Ensemble(INF, share="both", features=0.5)],
)  # fmt: skip
def test_infinitely_many_bags_are_one_ridge(ensemble):
    ridge = equivalent_ridge(POWER_LAW, SIZES, 0.01, ensemble)
    one, many = (
        asy.predict(POWER_LAW, SIZES, ridge),
        predict_ensemble(POWER_LAW, SIZES, 0.01, ensemble=ensemble),
    )
    assert all(
        close(getattr(one, name), getattr(many, name), 11) for name in ("test", "bias", "variance", "train")
    )


def test_bags_of_rows_and_columns_and_the_bootstrap():
    """Computed independently and simulated: .3729(63), .1385(41), .4273(62), .1806(49). Trace and target are one."""
    k = K[:300]
    spectrum, target = k**-1.2, k**-1.5
    model = asy.SpectralRidge(spectrum / spectrum.sum(), target / target.sum(), noise=0.3)
    for given, known in (
        ({"samples": "3/5", "features": "1/2"}, (0.3676978, 0.1408709)),
        ({"bootstrap": True}, (0.4241, 0.1844)),
    ):
        for members, value in zip((1, INF), known, strict=True):
            ensemble = Ensemble(members, share="both", **given)
            found = predict_ensemble(model, asy.FiniteSize(n=400, p=600), 0.02, ensemble=ensemble).test
            assert found == pytest.approx(value, abs=0.6 * 10.0 ** -len(str(value)[2:]))


def test_other_limits_of_one_predictor():
    wide, endless = asy.FiniteSize(n=100, p=INF), asy.FiniteSize(n=INF, p=150)
    for share, regime in (("data", wide), ("features", endless)):
        ensemble = Ensemble(INF, share=share)
        ridge = equivalent_ridge(POWER_LAW, SIZES, 0.01, ensemble)
        given = {"ridge": ridge} if share == "data" else {"ridge_per_sample": ridge}
        many = predict_ensemble(POWER_LAW, SIZES, 0.01, ensemble=ensemble)
        assert close(asy.predict(POWER_LAW, regime, **given).test, many.test, 11)


def test_where_cross_validation_is_exact():
    def gap(ensemble):
        estimate = generalized_cross_validation(POWER_LAW, SIZES, 0.01, ensemble)
        return estimate - predict_ensemble(POWER_LAW, SIZES, 0.01, ensemble=ensemble).prediction

    exact = (
        1,
        3,
        INF,
        BAGS,
        Ensemble(INF, share="both", bootstrap=True),
        Ensemble(INF, share="data", samples=0.6),
    )
    assert all(abs(gap(e if isinstance(e, Ensemble) else Ensemble(e))) < 1e-14 for e in exact)
    assert gap(Ensemble(1, share="both", samples=0.6)) > 0.08
    assert gap(Ensemble(3, share="both", bootstrap=True)) > 0.03


def test_one_member_is_the_plain_risk():
    plain = asy.predict(POWER_LAW, SIZES, [0.0, 0.1])
    for share in ("data", "features", "both", "none"):
        one = predict_ensemble(POWER_LAW, SIZES, [0.0, 0.1], ensemble=Ensemble(1, share=share))
        for name, value in one.values.items():
            np.testing.assert_array_equal(value, plain.values[name])


def test_members_that_share_everything_are_the_plain_risk():
    plain = asy.predict(POWER_LAW, SIZES, 0.1)
    same = predict_ensemble(POWER_LAW, SIZES, 0.1, ensemble=Ensemble(7, share="both"))
    assert all(close(same.values[name], plain.values[name]) for name in same.values)


def test_members_that_share_nothing_have_the_squared_bias_in_common():
    many = predict_ensemble(POWER_LAW, SIZES, 0.1, ensemble=Ensemble(INF, share="none"))
    assert close(many.test, parts(POWER_LAW, SIZES, 0.1)["bias2"])
