"""Exponents of data, and whether their error bars cover."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError

CASES = (
    (1.5, 2.0, 0.0),
    (1.5, 2.0, 0.1),
    (1.25, 1.6, 0.05),
    (2.0, 2.5, 0.1),
    (1.5, 3.0, 0.05),
    (3.0, 2.5, 0.1),
)


def rows_of(decay, target, noise, seed, rows=250, levels=12_000):
    generator = np.random.default_rng(seed)
    k = np.arange(1, levels + 1.0)
    features = generator.standard_normal((rows, levels))
    labels = features @ (k ** (-target / 2) * generator.choice([-1, 1], levels))
    return (features * k**-decay) @ features.T, labels + np.sqrt(noise) * generator.standard_normal(rows)


def test_exponents_of_a_power_law():
    found = asy.estimate_exponents(*rows_of(1.5, 2.0, 0.1, seed=0))
    assert abs(found.decay - 1.5) < 2 * found.decay_error < 0.2
    assert abs(found.target_decay - 2) < 2 * found.target_error < 0.6
    assert found.noise == pytest.approx(0.1, abs=0.05) and not found.saturated
    assert "+-" in str(found)


def test_the_population_is_read_backwards_off_the_derived_equations():
    """Trace of the inverse, degrees of freedom and training error give back the effective ridge and the error."""
    k = np.arange(1, 2001.0)
    model, n, ridge = asy.SpectralRidge(k**-1.5, k**-2.0, noise=0.1), 100, np.geomspace(1e-3, 10, 9)
    risk = asy.predict(model, asy.FiniteSize(n=n), ridge=ridge)
    trace = (n - risk.degrees_of_freedom) / ridge
    assert 1 / trace == pytest.approx(risk.effective_ridge, rel=1e-12)
    generalized = risk.train / (1 - risk.degrees_of_freedom / n) ** 2
    assert generalized == pytest.approx(risk.test + 0.1, rel=1e-12)
    kappa = risk.effective_ridge[:, None]
    second, error = (
        np.sum((k**-1.5 / (k**-1.5 + kappa)) ** 2, 1),
        np.sum(k**-2.0 * (kappa / (k**-1.5 + kappa)) ** 2, 1),
    )
    assert (1 - second / n) * generalized == pytest.approx(error + 0.1, rel=1e-12)


def test_what_is_no_power_law_has_a_large_error():
    """An exponential spectrum: its decay changes by more than one over the window."""
    generator = np.random.default_rng(0)
    features = generator.standard_normal((200, 400))
    kernel = (features * np.exp(-0.15 * np.arange(400))) @ features.T
    assert asy.estimate_exponents(kernel, features[:, 0]).decay_error > 1


@pytest.mark.slow
@pytest.mark.statistical
@pytest.mark.parametrize("case", CASES)
def test_two_errors_cover_nine_of_ten(case):
    """Twenty fixed seeds of each law: at least 18 within two errors, for both exponents."""
    found = [asy.estimate_exponents(*rows_of(*case, seed=seed)) for seed in range(20)]
    assert sum(abs(one.decay - case[0]) < 2 * one.decay_error for one in found) >= 18
    assert sum(abs(one.target_decay - case[1]) < 2 * one.target_error for one in found) >= 18


def test_what_exponents_refuse():
    kernel, labels = rows_of(1.5, 2.0, 0.1, 0, rows=70, levels=500)
    for groups in (1, 9, 2.5, True):
        with pytest.raises(InputError, match="groups"):
            asy.estimate_exponents(kernel, labels, groups=groups)
    with pytest.raises(InputError, match="64 rows"):
        asy.estimate_exponents(kernel[:60, :60], labels[:60])
    with pytest.raises(InputError, match="eigenvalues"):
        asy.estimate_exponents(np.outer(labels, labels), labels)
