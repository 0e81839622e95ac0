"""Digits and proofs of the Gaussian term; exact means."""

from fractions import Fraction

import pytest

import asymptotics as asy

SIZE = asy.FiniteSize(n=24, p=30)


def model(**changes):
    given = {"eigenvalues": ["0.05", "0.004"], "target": [1, "0.5"], "multiplicities": [20, 60], "noise": 1}
    return asy.SpectralRidge(**{**given, **changes})


def test_doubles_digits_and_balls_agree():
    plain = asy.predict(model(), SIZE, "0.01", order=1)
    digits = asy.predict(model(), SIZE, "0.01", order=1, digits=30)
    balls = asy.predict(model(), SIZE, "0.01", order=1, digits=20, certified=True)
    for name in plain.components:
        assert plain[name] == pytest.approx(float(digits[name]), rel=1e-12)
        assert balls[name].contains(digits[name])
        assert balls[name].rad < abs(balls[name].mid) * 1e-19
    assert str(digits.variance) == "2.89191313679296065813005885339"


@pytest.mark.parametrize("ridge", ["0", "0.3"])
def test_tails_and_ridge_zero_in_digits(ridge):
    tailed = model(eigenvalues=["0.05", 0], tail="0.01", target_tail=1)
    plain = asy.predict(tailed, SIZE, ridge, order=1)
    digits = asy.predict(tailed, SIZE, ridge, order=1, digits=25)
    for name in plain.components:
        assert plain[name] == pytest.approx(float(digits[name]), rel=1e-11)


def test_exact_means_are_exact():
    least = asy.SpectralRidge([2], target=[1], multiplicities=[20], noise=1)
    for n, test in ((32, Fraction(20, 11)), (10, Fraction(1, 2) + Fraction(10, 9))):
        digits = asy.predict(least, asy.FiniteSize(n=n), 0, order=1, digits=30)
        assert abs(digits.test - test.numerator / digits.test.context.mpf(test.denominator)) < 1e-29
        assert asy.predict(least, asy.FiniteSize(n=n), 0, order=1).test == pytest.approx(
            float(test), rel=1e-14
        )
    for n in (19, 20, 21):
        assert asy.predict(least, asy.FiniteSize(n=n), 0, order=1).test == float("inf")
    two = asy.SpectralRidge([2, 1], target=[1, 1], multiplicities=[10, 10], noise=1)
    over, under = (asy.predict(two, asy.FiniteSize(n=n), 0, order=1) for n in (32, 10))
    assert "all further orders" in over.pieces and over.variance == pytest.approx(20 / 11)
    assert "all further orders" not in under.pieces


def test_what_has_no_digits_is_refused():
    relu = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    for options in ({"digits": 20}, {"certified": True}):
        with pytest.raises(asy.errors.InputError, match="fourth cumulants"):
            asy.predict(relu, asy.FiniteSize(d=20, n=24, p=30), 1, order=1, **options)
    assert asy.predict(model(), SIZE, 1, order=1, certified=True).test > 0
    with pytest.raises(asy.errors.InputError, match="certified"):
        asy.predict(model(), SIZE, 0, order=1, certified=True)
    with pytest.raises(asy.errors.InputError, match="certified"):
        asy.predict(model(eigenvalues=["0.05", 0]), SIZE, 1, order=1, certified=True)


def test_eigenvalues_far_below_rounding():
    """Spectra that decay like those of analytic functions: the last levels are below 1e-300."""
    for entry in (
        asy.RandomFeaturesRidge("cos", target={0: 0.5, 1: 0.2, 2: 0.3}, noise=0.1),
        asy.KernelRidge("exp(t)", target={1: 0.5, 2: 1}, noise=0.1),
    ):
        sizes = {"p": 48} if entry.theory.features else {}
        risk = asy.predict(entry, asy.FiniteSize(d=16, n=32, **sizes), 0.1, order=1)
        assert 0 < abs(risk.correction["test"]) < 0.1 * risk.test


@pytest.mark.parametrize("entry", [asy.NeuralTangentRidge("relu", target={1: 1}, noise=0.1)])
def test_models_that_do_not_say_what_they_have_beyond_gaussian_are_refused(entry):
    risk = asy.predict(entry, asy.FiniteSize(d=20, n=30, p=25), ridge=0.1)
    with pytest.raises(asy.errors.InputError, match="beyond Gaussian"):
        _ = risk.correction
