"""Gaussian inputs at next order: their simulation, the linear case, and what is refused."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.next_order.radius import chi_squared_radii, radial_profiles

COMPONENTS = ("test", "bias", "variance", "train", "norm")
LAWS = {"inputs": "gaussian", "weights": "sphere"}
TANH = asy.RandomFeaturesRidge("tanh", target={1: 1}, noise=1)
QUADRATIC = asy.RandomFeaturesRidge("x + (x**2 - 1)/sqrt(2)", target={1: 1}, noise=1)
RELU = asy.RandomFeaturesRidge("relu", target={1: 0.5, 2: 0.5}, noise=1)
LINEAR = asy.RandomFeaturesRidge("x", target={1: 1}, noise=1)
SIZE = asy.FiniteSize(d=40, n=48, p=60)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model, ridge, trials", [(TANH, 0.05, 20000), (QUADRATIC, 0.05, 10000), (RELU, 0.1, 20000), (LINEAR, 0.1, 10000)]
)  # fmt: skip
def test_simulation(model, ridge, trials):
    """Five means within three standard errors, seed 3: false alarms in 1.3 % of drawings for each model."""
    theory = asy.predict(model, SIZE, ridge=ridge, order=1, inputs="gaussian")
    found = asy.simulate(model, SIZE, ridge=ridge, trials=trials, seed=3, progress=False, **LAWS)
    for name in COMPONENTS:
        estimate = getattr(found, name)
        assert abs(float(estimate.mean) - theory[name]) < 3 * float(estimate.standard_error), name


def test_bias_needs_the_radius():
    """2000 draws, seed 3 (false alarms 0.3 %): within 3 standard errors with the term, beyond 3 without."""
    size = asy.FiniteSize(d=20, n=24, p=30)
    theory = asy.predict(TANH, size, ridge=0.01, order=1, inputs="gaussian")
    found = asy.simulate(TANH, size, ridge=0.01, trials=2000, seed=3, progress=False, **LAWS).bias
    mean, error = float(found.mean), float(found.standard_error)
    assert abs(mean - theory.bias) < 3 * error
    assert abs(mean - (theory.bias - theory.pieces["free radius"]["bias"])) > 3 * error


@pytest.mark.parametrize(
    "activation, ridge, simulated, error, table",
    [("tanh", 0.01, 1.6050, 0.0004, 1.6042), ("relu", 0.05, 0.7500, 0.0002, 0.7523)],
)  # fmt: skip
def test_table(activation, ridge, simulated, error, table):
    """d = 20, noise part of the test error: as with a continuum of groups of rows, solved together, to the next order.

    For ReLU the order after it shows, as on the sphere.
    """
    model = asy.RandomFeaturesRidge(activation, target={1: 1}, noise=1)
    size = asy.FiniteSize(d=20, n=24, p=30)
    risk = asy.predict(model, size, ridge=ridge, order=1, inputs="gaussian")
    assert risk.variance == pytest.approx(table, abs=6e-4)
    on_sphere = asy.predict(model, size, ridge=ridge, order=1)
    assert risk.pieces["leading"] == on_sphere.pieces["leading"]
    assert abs(risk.variance - simulated) < 3 * error + 2.9e-3 * (activation == "relu")


def test_linear_features_are_gaussian_rows():
    """Infinitely many features: the free radius takes the fixed norms of the rows away, up to one over d."""
    left = []
    for d in (40, 80, 160):
        wide = asy.predict(LINEAR, asy.FiniteSize(d=d, n=int(1.5 * d)), 0.2, order=1, inputs="gaussian")
        norms, radius = (wide.pieces[term]["variance"] for term in ("fixed norms", "free radius"))
        left.append(1 + radius / norms)
    assert abs(left[2]) < 0.02
    assert left[0] / left[1] == pytest.approx(2, abs=0.2) and left[1] / left[2] == pytest.approx(2, abs=0.2)


def test_radii_and_profiles():
    r, weights = chi_squared_radii(30)
    assert weights @ r**2 == pytest.approx(1, rel=1e-13)
    assert weights @ r**8 == pytest.approx(np.prod([30 + 2 * k for k in range(4)]) / 30**4, rel=1e-12)
    square = radial_profiles(asy.Activation.named("relu"), 30, [1, 2, 4])
    # ReLU is homogeneous: every coefficient is r times that of the sphere, and Hermite targets keep their power.
    assert np.allclose(square.features, r[:, None])
    assert weights @ (square.target**2 + square.spill) == pytest.approx(np.ones(3), rel=1e-10)


def test_compare_uses_it():
    size = asy.FiniteSize(d=20, n=24, p=30)
    estimate = asy.simulate(TANH, size, ridge=0.01, trials=50, seed=1, progress=False, **LAWS)
    with_radius = asy.compare(asy.predict(TANH, size, ridge=0.01, order=1, inputs="gaussian"), estimate)
    assert with_radius.agrees and not with_radius.notes
    assert (
        "inputs are gaussian" in asy.compare(asy.predict(TANH, size, ridge=0.01, order=1), estimate).notes[0]
    )
    both = asy.simulate(TANH, size, ridge=0.01, trials=20, seed=1, progress=False, inputs="gaussian")
    theory = asy.predict(TANH, size, ridge=0.01, order=1, inputs="gaussian")
    assert "weights are gaussian" in asy.compare(theory, both).notes[0]


def test_refusals():
    def risk(model, inputs, order=1):
        return asy.predict(model, SIZE, ridge=0.1, order=order, inputs=inputs)

    assert risk(TANH, "sphere").test == risk(TANH, None).test != risk(TANH, "gaussian").test
    with pytest.raises(InputError, match=r"hypercube.*'sphere' or 'gaussian'"):
        risk(TANH, "hypercube")
    kernel = asy.KernelRidge("exp(t)", {1: 1}, 1)
    assert asy.predict(kernel, asy.FiniteSize(d=40, n=48), 0.1, order=1, inputs="sphere").test > 0
    with pytest.raises(InputError, match="inputs"):
        asy.predict(kernel, asy.FiniteSize(d=40, n=48), 0.1, order=1, inputs="gaussian")
    with pytest.raises(InputError, match=r"inputs.*order=1"):
        risk(TANH, "gaussian", order=0)
    spectral = asy.SpectralRidge([1], target=[0], multiplicities=[20], noise=1)
    with pytest.raises(InputError, match="inputs"):
        asy.predict(spectral, asy.FiniteSize(n=40), 0.1, order=1, inputs="gaussian")
    even = asy.RandomFeaturesRidge("x + (x**2 - 1)/sqrt(2)", target={1: 1, 2: 1}, noise=1)
    assert risk(even, None).test > 0 and risk(RELU, "gaussian").test > 0
    with pytest.raises(InputError, match="even degrees"):
        risk(even, "gaussian")
