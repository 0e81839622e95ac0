"""Parts of the test error: their sum, their limits, and models of all kinds."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.ensembles.ensemble import Ensemble
from asymptotics.ensembles.evaluate import predict_ensemble
from asymptotics.ensembles.from_pair import independent_features
from asymptotics.ensembles.parts import parts
from asymptotics.ensembles.sharing import independent_charts, owners
from asymptotics.models.pair_layers import features, spectrum
from asymptotics.models.random_features import RANDOM_FEATURES
from asymptotics.models.theory import Theory

INF = math.inf
RELU = asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.5}, noise=0.2)
KERNEL = asy.KernelRidge("exp(t)", target={1: 1, 2: 0.5}, noise=0.2)
RIDGES = np.array([0.0, 1e-8, 0.01, 1.0, 1e6])
REGIMES = (
    asy.FiniteSize(d=30, n=[[60], [300]], p=100),
    asy.Proportional(psi1=[[0.5], [2.0], [INF]], psi2=1.5),
    asy.Polynomial(kappa1=2, kappa2=2, theta1=0.5, theta2=1.0),
    asy.Polynomial(kappa1="3/2", kappa2=2, theta1=0.5, theta2=1.0),
)


def total(found):
    return sum(found.values())


@pytest.mark.parametrize("regime", REGIMES, ids=str)
def test_parts_are_positive_and_sum_to_the_test_error(regime):
    found, risk = parts(RELU, regime, RIDGES), asy.predict(RELU, regime, RIDGES)
    np.testing.assert_allclose(total(found), risk.test, rtol=1e-13)
    assert all(np.all(value >= 0) for value in found.values())
    noise = found["data:noise"] + found["features:data:noise"]
    np.testing.assert_allclose(noise, risk.variance, rtol=1e-12, atol=1e-15)


def test_parts_along_sizes():
    psi1 = np.geomspace(0.05, 50, 40)
    regime = asy.Proportional(psi1=psi1, psi2=2)
    found, risk = parts(RELU, regime, 1e-6), asy.predict(RELU, regime, 1e-6)
    np.testing.assert_allclose(total(found), risk.test, rtol=1e-13)
    # The peak at p = n belongs to interactions with the features: the rest does not know of it.
    peak = np.argmin(abs(psi1 - 2))
    assert np.argmax(found["features:data:noise"]) == peak
    assert np.all(np.diff(found["data:noise"]) >= -1e-9)


def test_kernels_have_no_part_of_features():
    for model, regime in ((KERNEL, asy.FiniteSize(d=30, n=80)), (RELU, asy.FiniteSize(d=30, n=80, p=INF))):
        found = parts(model, regime, 0.1)
        assert found["features"] == found["features:data"] == found["features:data:noise"] == 0
        assert abs(total(found) - asy.predict(model, regime, 0.1).test) < 1e-14


def test_infinitely_many_samples_leave_bias_and_features():
    regime = asy.FiniteSize(d=30, n=INF, p=50)
    found = parts(RELU, regime, ridge_per_sample=0.1)
    assert found["data"] == found["data:noise"] == 0 and found["features"] > 0
    assert abs(total(found) - asy.predict(RELU, regime, ridge_per_sample=0.1).test) < 1e-14


def test_only_interactions_with_features_diverge_where_sizes_are_equal():
    found = parts(RELU, asy.Proportional(psi1=2, psi2=2), 0)
    assert {name for name, value in found.items() if np.isinf(value)} == {
        "features:data",
        "features:data:noise",
    }


# -- any model with a program -----------------------------------------------------------------------------


def test_who_draws_what():
    table = owners(RANDOM_FEATURES.program())
    assert table == {"B": ("features",), "A": ("data",), "beta": (), "epsilon": ("data",)}
    assert set(owners(KERNEL.theory.program()).values()) == {("data",), ()}


def test_two_routes_to_independent_features():
    """A model that is asked by its programs has the parts that are read from its spectrum."""
    sizes = ("n", "p")
    by_program = Theory("by-program", RANDOM_FEATURES.program, sizes=sizes, features="p")

    class ByProgram(asy.SpectralRidge):
        theory = by_program

    k = np.arange(1.0, 30.0)
    spectral, general = (kind(k**-1.5, k**-2.2, noise=0.1) for kind in (asy.SpectralRidge, ByProgram))
    regime = asy.FiniteSize(n=20, p=[10, 30])
    one, two = parts(spectral, regime, 0.05), parts(general, regime, 0.05)
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-9)
    for ensemble in (Ensemble(3), Ensemble(4, share="both", samples=0.5), Ensemble(2, share="none")):
        one, two = (predict_ensemble(m, regime, 0.05, ensemble=ensemble) for m in (spectral, general))
        for name in ("test", "bias", "variance"):
            np.testing.assert_allclose(two.values[name], one.values[name], rtol=1e-9)


def test_the_pair_has_the_same_overlap_as_the_program():
    charts = independent_charts(Theory("again", RANDOM_FEATURES.program, sizes=("n", "p"), features="p"))
    system = independent_features(spectrum().through(features()))
    for name in ("bias", "variance"):
        derived = charts[0].system.expand(charts[0].system.observable(name))
        stacked = system.expand(system.observable(name))
        pole = {
            u: v
            for u, v in zip(system.unknown_symbols(), charts[0].system.unknown_symbols()[:1], strict=False)
        }
        assert (derived - stacked.xreplace(pole)).together().as_numer_denom()[0].expand() == 0


def random_regimes(generator):
    """Sizes over twelve decades, finite sizes, and sizes that are nearly equal."""
    wide = {name: 10 ** generator.uniform(-6, 6, 500) for name in ("psi1", "psi2")}
    yield asy.Proportional(**wide)
    yield asy.FiniteSize(d=20, **{name: generator.integers(1, 3000, 200) for name in ("n", "p")})
    yield asy.Proportional(psi1=2 + 10 ** generator.uniform(-15, 0, 300), psi2=2.0)


def test_nothing_is_lost_anywhere():
    generator = np.random.default_rng(0)
    for regime in random_regimes(generator):
        count = max(np.size(value) for value in regime.parameters(RELU).values())
        ridge = np.where(generator.random(count) < 0.2, 0, 10 ** generator.uniform(-15, 8, count))
        found, risk = parts(RELU, regime, ridge), asy.predict(RELU, regime, ridge)
        finite = np.isfinite(risk.test)
        np.testing.assert_allclose(total(found)[finite], risk.test[finite], rtol=5e-15)
        assert all(np.all(value[finite] >= 0) for value in found.values())
