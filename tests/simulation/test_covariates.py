"""Spectra that are given: Gaussian eigenfunctions against theory, and the same promises as every simulation."""

from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.simulation import plan_campaign
from asymptotics.simulation.learning.covariates import Covariates, LabelledCovariates
from asymptotics.simulation.learning.fits import Fit

SPECTRUM = asy.SpectralRidge([1.0, 0.01], [1.0, 0.5], 0.1, [20, 100], tail=0.5, target_tail=0.2)


@pytest.mark.statistical
@pytest.mark.parametrize("sizes", [asy.FiniteSize(n=150, p=[60, 300]), asy.FiniteSize(n=150)], ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"coupling": "nested", "precision": "single"}], ids=["plain", "fast"]
)
def test_theory_and_simulation_agree(sizes, options):
    """The verdict of `compare` at the default allowance: false-alarm rate 1 % per case, seed fixed."""
    estimate = asy.simulate(SPECTRUM, sizes, ridge=0.05, trials=100, seed=2, **options)
    comparison = asy.compare(asy.predict(SPECTRUM, sizes, ridge=0.05), estimate)
    assert comparison.agrees, str(comparison)


@pytest.mark.statistical
@pytest.mark.parametrize("p", [[15, 60], np.inf], ids=["features", "kernel"])
@pytest.mark.parametrize(
    "options", [{}, {"coupling": "nested"}, {"coupling": "nested", "precision": "single"}], ids=str
)
def test_exact_and_sampled_errors_agree(p, options):
    """Up to 12 differences on the same draws within 5 standard errors: false-alarm rate below 1e-4 per case."""
    sizes = asy.FiniteSize(n=[[20], [40]], p=p)
    arguments = {"ridge": 0.05, "trials": 40, "seed": 5, **options}
    exact = asy.simulate(SPECTRUM, sizes, **arguments)
    sampled = asy.simulate(SPECTRUM, sizes, test_samples=1000, **arguments)
    assert len(exact.provenance["exact_test_error_sizes"]) == exact.test.mean.size
    assert sampled.provenance["exact_test_error_sizes"] == []
    for name in ("test", "bias", "variance"):
        differences = getattr(exact, name).draws - getattr(sampled, name).draws
        error = differences.std(axis=-1, ddof=1) / np.sqrt(40)
        assert (error < 0.02 * getattr(exact, name).mean).all()
        assert (np.abs(differences.mean(axis=-1)) < 5 * error).all(), name
    for name in ("train", "norm"):
        assert np.array_equal(getattr(exact, name).draws, getattr(sampled, name).draws)


def test_exact_errors_are_sums_over_eigenfunctions():
    """One sample, one feature, no tail: every error by hand."""
    roots, label, ridge = np.sqrt([2.0, 0.5]), 3.0, 0.7
    inputs = Covariates((2.0, 0.5), (1.0, 4.0), (1, 1), 0.3, 0.2)
    target = LabelledCovariates(inputs, np.array([1.0, -2.0]), np.array([label]))
    weight = np.array([0.4, -1.1])
    for kernel in (False, True):
        scale = 1.0 if kernel else 0.5
        fit = Fit(
            np.ones((1, 1)),
            0 if kernel else 1,
            lambda fresh, _: fresh,
            np.eye(1) if kernel else None,
            centers=(roots * weight)[None],
            scale=scale,
        )
        solutions = np.array([[[ridge, -0.2]]])
        own = 0.0 if kernel else 0.3 * scale**2
        fitted, noisy = scale * ridge * roots * weight, -0.2 * scale * roots * weight
        missing = target.coordinates - fitted
        expected = [
            ((missing - noisy) ** 2).sum() + 0.2 + own * 0.5**2,
            (missing**2).sum() + 0.2 + own * ridge**2,
            (noisy**2).sum() + own * 0.2**2,
        ]
        assert target.exact_errors(fit, solutions)[0] == pytest.approx(expected, rel=1e-12)


def test_the_definition_without_tail_by_hand():
    """Labels that features can express exactly are learned exactly from more samples than eigenfunctions."""
    model = asy.SpectralRidge([1.0, 0.5], [1.0, 2.0], 0, [3, 4])
    for sizes in (asy.FiniteSize(n=20, p=15), asy.FiniteSize(n=20)):
        estimate = asy.simulate(model, sizes, ridge=0, trials=5)
        assert np.abs(estimate.test.draws).max() < 1e-18 * 3
    signal = asy.simulate(model, asy.FiniteSize(n=2000, p=3), 1.0, trials=5).controls["signal"]
    assert signal.mean == 3.0 and signal.draws.mean() == pytest.approx(3.0, rel=0.1)


def test_results_do_not_depend_on_the_executor(tmp_path, pool):
    arguments = {"ridge": [0.01, 0.1], "trials": 11, "seed": 4}
    sizes = asy.FiniteSize(n=[[20], [30]], p=25)
    alone = asy.simulate(SPECTRUM, asy.FiniteSize(n=[[20], [30]], p=25), **arguments)
    spread = asy.simulate(SPECTRUM, sizes, executor=pool, store=tmp_path / "s.sqlite", **arguments)
    assert np.array_equal(alone.test.draws, spread.test.draws)
    assert (
        alone.provenance["inputs"]["law"] == "covariates"
        and alone.parameters["d"].tolist() == [[120] * 2] * 2
    )


def test_spectra_have_identities():
    def digest(model):
        campaign = plan_campaign(model, asy.FiniteSize(n=10, p=10), 0.1, trials=2)
        return campaign.digest(campaign.configurations[0])

    other = asy.SpectralRidge(
        [1.0, 0.01 * (1 + 1e-12)], [1.0, 0.5], 0.1, [20, 100], tail=0.5, target_tail=0.2
    )
    assert digest(SPECTRUM) != digest(other)
    assert digest(SPECTRUM) == digest(
        asy.SpectralRidge(["1", "0.01"], [1, "0.5"], "0.1", [20, 100], "0.5", "0.2")
    )


@pytest.mark.parametrize(
    ("regime", "options", "name"),
    [
        (asy.FiniteSize(5, 10, 10), {}, "regime"),
        (asy.FiniteSize(n=10, p=10), {"inputs": "gaussian"}, "inputs"),
        (asy.FiniteSize(n=10, p=10), {"inputs": np.eye(3)}, "inputs"),
        (Namespace(n=10, p="ab"), {}, "p"),
        (Namespace(n=10, p=0), {}, "p"),
        (Namespace(p=10), {}, "regime"),
        (asy.FiniteSize(n=10, p=10), {"ensemble": 2}, "ensemble"),
        (asy.FiniteSize(n=10, p=10), {"surrogate_degree": 2}, "surrogate_degree"),
        (asy.FiniteSize(n=10, p=10), {"labels": "averaged"}, "labels"),
    ],
)
def test_what_a_spectrum_cannot_do(regime, options, name):
    with pytest.raises(InputError, match=name):
        asy.simulate(SPECTRUM, regime, 0.1, trials=2, **options)


def test_too_many_eigenfunctions():
    model = asy.SpectralRidge([1.0, 1e-9], [1, 0], 0, [1, 10**7])
    with pytest.raises(InputError, match="tail"):
        asy.simulate(model, asy.FiniteSize(n=10, p=10), 0.1, trials=2)


def test_one_eigenfunction_is_a_spectrum():
    """One coordinate, twice as many labels: ridge 0 learns a target without noise."""
    model = asy.SpectralRidge([1], [1])
    for sizes in (asy.FiniteSize(n=5, p=3), asy.FiniteSize(n=5)):
        assert np.abs(asy.simulate(model, sizes, 0, trials=3).test.draws).max() < 1e-18


def test_left_out_and_infinite_features_are_one_kernel():
    alone = asy.simulate(SPECTRUM, Namespace(n=20), 0.1, trials=3)
    several = asy.simulate(SPECTRUM, asy.FiniteSize(n=[20, 10], p=[np.inf, np.inf]), 0.1, trials=3)
    assert np.array_equal(alone.test.draws, several.test.draws[0])
    assert asy.simulate(SPECTRUM, Namespace(n=20, p=[]), 0.1, trials=3).shape == (0,)
