"""Theory at finite size against simulation from the model's definition.

A test error passes within 3 standard errors plus 2 % of the prediction. If theory were exact, one configuration would
fail by chance with probability 0.27 %, and any of the 12 of the default suite with probability 3 %, over seeds; the 2 %
are for corrections of finite size, and lower that further. The seed is fixed, so a result does not change by chance.
"""

import pytest

import asymptotics as asy

SEED = 31

# activation, target, noise, d, n, p, ridge, trials
FAST = [
    ("relu", {1: 1}, 0.2, 60, 120, 240, 1e-2, 300),  # n < p, both of order d
    ("relu", {1: 1, 2: 0.5}, 0.1, 50, 150, 60, 1e-2, 300),  # n > p
    ("erf", {1: 1, 3: 0.5}, 0.1, 50, 100, 100, 0.05, 300),  # n = p, degree 3 learned
    ("tanh", {1: 0.5, 2: 0.5}, 0.0, 50, 200, 100, 0.01, 300),  # degree 2 never learned
    ("abs", {2: 1}, 0.1, 16, 150, 250, 0.02, 300),  # order d^2, even
    ("sin", {1: 1, 3: 0.3}, 0.3, 40, 60, 400, 0.1, 300),
    ("heaviside", {1: 1}, 0.1, 50, 150, 250, 0.02, 300),  # heavy tail
    ("softplus", {1: 1, 2: 0.2}, 0.1, 40, 120, 60, 1e-3, 300),  # light tail
    ("gelu", {1: 0.5, 2: 1}, 0.05, 16, 280, 140, 0.01, 300),  # order d^2, n > p
    ("he2", {2: 1}, 0.1, 14, 150, 150, 0.1, 300),  # one degree only, n = p of order d^2
    ("max(x, 0) - x/3", {0: 0.5, 1: 1, 2: 0.3}, 0.1, 40, 100, 150, 0.05, 300),  # a formula
    ("relu", {1: 1, 2: 1, 3: 0.5}, 0.1, 14, 250, 400, 1e-3, 300),  # order d^2, odd degree never learned
]
SLOW = [
    ("erf", {1: 0.5, 3: 1}, 0.1, 12, 700, 1100, 1e-3, 200),  # order d^3
    ("relu", {1: 1}, 0.1, 200, 400, 800, 1e-3, 200),
    ("relu", {1: 1, 2: 1}, 0.1, 30, 900, 450, 1e-2, 200),  # order d^2
    ("silu", {1: 1, 2: 0.5}, 0.2, 100, 300, 300, 0.05, 200),
    ("cos", {0: 0.2, 2: 1}, 0.1, 24, 500, 800, 0.01, 200),
    ("leaky_relu", {1: 1}, 0.0, 80, 80, 1600, 0.0, 200),  # ridgeless
    ("sign", {1: 1, 3: 0.2}, 0.2, 100, 400, 100, 0.0, 200),  # ridgeless, n > p
    ("tanh(2*x)**2", {2: 1}, 0.1, 20, 350, 350, 0.05, 200),
]


def name_of(case):
    return f"{case[0]}, d={case[3]}, n={case[4]}, p={case[5]}"


def confront(case):
    activation, target, noise, d, n, p, ridge, trials = case
    model, sizes = asy.RandomFeaturesRidge(activation, target, noise), asy.FiniteSize(d, n, p)
    risk = asy.predict(model, sizes, ridge=ridge)
    estimate = asy.simulate(model, sizes, ridge=ridge, trials=trials, seed=SEED, progress=False)
    comparison = asy.compare(risk, estimate)
    entry = comparison.observables["test"]
    assert entry.standard_error < 0.015 * entry.theory, (
        "too few replicates for the comparison to mean anything"
    )
    assert abs(entry.difference) <= 3 * entry.standard_error + 0.02 * entry.theory, str(comparison)
    assert comparison.agrees, str(comparison)


@pytest.mark.statistical
@pytest.mark.parametrize("case", FAST, ids=name_of)
def test_simulation_agrees(case):
    confront(case)


@pytest.mark.slow
@pytest.mark.statistical
@pytest.mark.parametrize("case", SLOW, ids=name_of)
def test_larger_simulation_agrees(case):
    confront(case)


@pytest.mark.statistical
def test_a_wrong_prediction_is_found_out():
    """The same comparison refuses a theory with too little label noise, another activation, or another target."""
    sizes = asy.FiniteSize(40, 80, 120)
    model = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.3)
    estimate = asy.simulate(model, sizes, ridge=0.02, trials=100, seed=SEED, progress=False)
    assert asy.compare(asy.predict(model, sizes, ridge=0.02), estimate).agrees
    for wrong in (
        asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.2),
        asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.3),
        asy.RandomFeaturesRidge("relu", {1: 0.9, 2: 0.1}, noise=0.3),
    ):
        assert not asy.compare(asy.predict(wrong, sizes, ridge=0.02), estimate).agrees
