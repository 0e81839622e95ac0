"""What used to be flagged or refused although it was right."""

import math

import mpmath
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.solvers.solution import Status


@pytest.mark.parametrize("activation", ["he3", "he4", "he6", "he30"])
@pytest.mark.parametrize("d", [10, 10**3, 10**5, 10**7, 10**10])
def test_polynomials_of_high_degree_in_high_dimension(activation, d):
    """Their power lies where degrees are many; it is resolved, and nothing is lost."""
    model = asy.RandomFeaturesRidge(activation, {1: 1, 3: 0.1}, noise=0.1)
    regime, ridge = asy.FiniteSize(d=d, n=2 * d, p=3 * d), [1e-3, 1.0]
    double, digits = (
        asy.predict(model, regime, ridge=ridge),
        asy.predict(model, regime, ridge=ridge, digits=20),
    )
    assert np.all(double.status == Status.SOLVED)
    for name in ("test", "bias", "variance", "train", "norm"):
        assert getattr(double, name) == pytest.approx(getattr(digits, name).astype(float), rel=1e-14), name


def test_a_spectrum_that_is_not_resolved_stays_flagged():
    model = asy.RandomFeaturesRidge("sign", {1: 1}, noise=0.1)
    assert asy.predict(model, asy.FiniteSize(3, 10**5, 10**5), ridge=1e-3).status == Status.ILL_CONDITIONED
    assert asy.predict(model, asy.FiniteSize(30, 10**5, 10**5), ridge=1e-3).status == Status.SOLVED


@pytest.mark.parametrize("power", ["0.4", pytest.param("0.44", marks=pytest.mark.slow), "0.48"])
def test_integrable_singularities_are_integrated(power):
    """E |x|^a = 2^(a/2) Gamma((a + 1)/2) / sqrt(pi)."""
    a = -2 * mpmath.mpf(power)
    total = 2 ** (a / 2) * mpmath.gamma((a + 1) / 2) / mpmath.sqrt(mpmath.pi)
    assert asy.expand(f"abs(x)**-{power}", degrees=1).total == pytest.approx(float(total), rel=1e-13)
    odd = asy.expand(f"sign(x)*abs(x)**-{power}", d=30, degrees=1)
    assert odd.total == pytest.approx(asy.expand(f"abs(x)**-{power}", d=30, degrees=1).total, rel=1e-13)


@pytest.mark.parametrize("power", ["0.5", "0.51", "1"])
def test_singularities_that_are_not_square_integrable_are_refused(power):
    with pytest.raises(InputError, match="finite"):
        asy.expand(f"abs(x)**-{power}", degrees=1)


@pytest.mark.parametrize("d", [5, 20])
def test_a_point_is_the_same_alone_and_among_others(d):
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: 0.4}, noise=0.1)
    sizes = np.unique(np.geomspace(2, 1e6, 60).astype(int))
    for p in (300, math.inf):
        together = asy.predict(model, asy.FiniteSize(d=d, n=sizes, p=p), ridge=1e-3)
        alone = [asy.predict(model, asy.FiniteSize(d=d, n=int(n), p=p), ridge=1e-3) for n in sizes]
        assert together.test.tolist() == [risk.test for risk in alone]


@pytest.mark.parametrize("ridge", ["1e-3", "1e-6", "1e-12"])
def test_few_eigenvalues_and_little_ridge_are_solved(ridge):
    """Newton's step jumps across the root from either side, the bracket is halved; without a ridge noise 10/1121."""
    model = asy.RandomFeaturesRidge("x", {1: 1}, noise="0.1")
    kinds = ({}, {"digits": 20}, {"certified": True})
    double, digits, proof = (
        asy.predict(model, asy.FiniteSize(d=10, n=1131, p=15), ridge=ridge, **kind) for kind in kinds
    )
    assert double.status == Status.SOLVED
    assert double.test == pytest.approx(float(digits.test), rel=1e-14)
    assert proof.test.contains(digits.test)
    assert double.test == pytest.approx(0.1 * 10 / 1121, rel=1e-3)


def test_spectra_of_which_too_little_is_resolved_have_no_value():
    """A power law without a ridge: 160 degrees in three dimensions are 13,044 eigenvalues that act."""
    kernel = asy.KernelRidge("ntk-relu", {0: 0.5}, noise=0.1)
    risk = asy.predict(kernel, asy.FiniteSize(d=3, n=[10**4, 10**5, 118_000, 10**7]), ridge=0)
    assert risk.statuses.tolist() == ["ill_conditioned", *["out_of_range"] * 3]
    assert risk.test[0] == pytest.approx(0.0506, rel=1e-2) and np.isnan(risk.test[1:]).all()
    assert asy.predict(kernel, asy.FiniteSize(d=3, n=10**5), ridge=1e5).status == Status.SOLVED
