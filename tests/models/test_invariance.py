"""Kernels and features averaged over a group: multiplicities, numbers, thresholds, the simulation of the definition."""

import itertools
import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.symmetries import Cyclic, read_symmetry

KERNEL = {"kernel": "exp(t)", "target": {2: 0.5, 3: 0.5}, "noise": "1/20"}
GROUPS = {
    "shifts of 5": [[1, 2, 3, 4, 0]],
    "shifts of 6": [[1, 2, 3, 4, 5, 0]],
    "two blocks": [[1, 0, 2, 3, 4], [0, 1, 3, 4, 2]],
    "all of 4": [[1, 0, 2, 3], [1, 2, 3, 0]],
    "a reflection": [[3, 2, 1, 0]],
}


def orbits(elements, degree):
    """Invariant polynomials of a degree, counted: monomials up to the group."""
    d, seen, count = len(elements[0]), set(), 0
    for stars in itertools.combinations_with_replacement(range(d), degree):
        powers = tuple(stars.count(i) for i in range(d))
        if powers not in seen:
            count += 1
            seen |= {tuple(powers[i] for i in g) for g in elements}
    return count


@pytest.mark.parametrize("name", GROUPS)
def test_multiplicities_by_counting_orbits_of_monomials(name):
    group = read_symmetry(GROUPS[name])
    elements = group.elements(group.dimension).tolist()
    for degree in range(7):
        fewer = orbits(elements, degree - 2) if degree > 1 else 0
        assert group.multiplicity(group.dimension, degree) == orbits(elements, degree) - fewer


def test_cyclic_multiplicities():
    assert [Cyclic().multiplicity(30, k) for k in range(6)] == [1, 1, 15, 165, 1352, 9110]
    shares = [Cyclic().multiplicity(30, k) * 30 / multiplicity(30, k) for k in range(1, 6)]
    assert shares == pytest.approx([1, 0.9698, 1.004, 1.003, 1.0000], abs=6e-4)
    group = read_symmetry([[*range(1, 12), 0]])
    assert [group.multiplicity(12, k) for k in range(9)] == [Cyclic().multiplicity(12, k) for k in range(9)]
    gram = np.zeros((40, 40))
    points = np.random.default_rng(0).standard_normal((40, 5))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    for element in Cyclic().elements(5):
        t = points @ points[:, element].T
        gram += (5 * t**2 - 1) / 4  # the zonal harmonic of degree two in five dimensions
    assert np.linalg.matrix_rank(gram, tol=1e-8) == Cyclic().multiplicity(5, 2)


@pytest.mark.parametrize(
    "n, averaged, plain", [(20, 0.8888, 1.2479), (60, 0.5276, 1.3002), (400, 0.0601, 0.9463)]
)
def test_known_risks(n, averaged, plain):
    sizes = asy.FiniteSize(30, n)
    found = asy.predict(asy.KernelRidge(**KERNEL, invariance="cyclic"), sizes, ridge=1e-3)
    assert found.test == pytest.approx(averaged, abs=6e-5)
    assert asy.predict(asy.KernelRidge(**KERNEL), sizes, ridge=1e-3).test == pytest.approx(plain, abs=6e-5)
    # The same levels as a given spectrum: eigenvalues of the plain kernel, fewer directions.
    expansion = asy.KernelRidge(**KERNEL).expand(30, 14)
    counts = [Cyclic().multiplicity(30, k) for k in range(15)]
    spectrum = asy.SpectralRidge(
        eigenvalues=[float(p) / multiplicity(30, k) for k, p in enumerate(expansion.powers)],
        multiplicities=counts,
        target=[0.5 if k in (2, 3) else 0 for k in range(15)],
        noise="1/20",
    )
    assert found.test == pytest.approx(
        float(asy.predict(spectrum, asy.FiniteSize(n=n), ridge=1e-3).test), rel=1e-10
    )


def test_digits_proofs_and_other_ways_to_say_it():
    sizes = asy.FiniteSize(30, 60)
    model = asy.KernelRidge(**KERNEL, invariance="cyclic")
    digits = asy.predict(model, sizes, ridge="1/1000", digits=25).test
    ball = asy.predict(model, sizes, ridge="1/1000", certified=True, digits=22).test
    assert abs(ball.mid - digits) <= 1.01 * ball.rad + abs(digits) * type(digits)(10) ** -22
    group = asy.KernelRidge(**KERNEL, invariance=[[*range(1, 30), 0]])
    given = asy.KernelRidge(**KERNEL, invariance={k: Cyclic().multiplicity(30, k) for k in range(16)})
    for other in (group, given):
        assert asy.predict(other, sizes, ridge=1e-3).test == pytest.approx(float(digits), rel=1e-9)
    with pytest.raises(PrecisionError):
        asy.predict(given, sizes, ridge="1/1000", digits=25)


def test_thresholds_fall_by_one_power_of_the_dimension():
    model = asy.KernelRidge(**KERNEL, invariance="cyclic")
    plain = asy.KernelRidge(**KERNEL)
    for kappa in ("3/2", 2):
        lowered = asy.atlas(math.inf, kappa, model)
        whole = asy.atlas(math.inf, asy.Polynomial(kappa2=kappa).kappa2 + 1, plain)
        assert lowered.learned == whole.learned and lowered.partly_learned == whole.partly_learned
    limit = asy.predict(model, asy.Polynomial(kappa2=2, theta2=0.7), ridge=0).test
    gaps = [
        asy.predict(model, asy.FiniteSize(d, int(0.7 * d**2)), ridge=0).test - limit
        for d in (400, 1600, 6400)
    ]
    assert gaps[0] > 3.5 * gaps[1] > 12 * gaps[2] > 0


REFUSED = {
    "a word": (lambda: asy.KernelRidge(**KERNEL, invariance="rotations"), "invariance", "'cyclic'"),
    "no permutation": (
        lambda: asy.KernelRidge(**KERNEL, invariance=[[0, 0, 1]]),
        "invariance",
        "permutations of 0 to 2",
    ),
    "no count": (lambda: asy.KernelRidge(**KERNEL, invariance={1: 0.5}), "invariance", "whole numbers"),
    "a large group": (
        lambda: asy.KernelRidge(**KERNEL, invariance=[[1, 0, *range(2, 12)], [*range(1, 12), 0]]),
        "invariance",
        "20000",
    ),
    "too many": (
        lambda: asy.predict(
            asy.KernelRidge("t", {1: 1}, invariance={1: 31}), asy.FiniteSize(30, 60), ridge=1
        ),
        "invariance[1]",
        "at most the 30 harmonics",
    ),
    "too few degrees": (
        lambda: asy.predict(
            asy.KernelRidge(**KERNEL, invariance={1: 1, 2: 15, 3: 165}), asy.FiniteSize(30, 60), ridge=1
        ),
        "invariance",
        "beyond 3",
    ),
    "another dimension": (
        lambda: asy.predict(
            asy.KernelRidge(**KERNEL, invariance=[[1, 0, 2]]), asy.FiniteSize(30, 60), ridge=1
        ),
        "d",
        "3, the number of coordinates",
    ),
    "no invariant target": (
        lambda: asy.predict(
            asy.KernelRidge("t + t**2", {1: 1}, invariance={1: 0, 2: 5}), asy.FiniteSize(30, 60), ridge=1
        ),
        "target",
        "degree 1",
    ),
    "proportional": (
        lambda: asy.predict(
            asy.KernelRidge(**KERNEL, invariance="cyclic"), asy.Proportional(psi2=2), ridge=1
        ),
        "regime",
        "another regime",
    ),
    "a ridge": (
        lambda: asy.predict(
            asy.KernelRidge(**KERNEL, invariance="cyclic"), asy.Polynomial(kappa2=2), ridge=1
        ),
        "ridge",
        "0 in polynomial scaling",
    ),
    "a fixed group in scaling": (
        lambda: asy.predict(
            asy.KernelRidge(**KERNEL, invariance=[[1, 0, 2]]), asy.Polynomial(kappa2=2), ridge=0
        ),
        "invariance",
        "'cyclic'",
    ),
    "next order": (
        lambda: asy.predict(
            asy.KernelRidge(**KERNEL, invariance="cyclic"), asy.FiniteSize(30, 60), ridge=1, order=1
        ),
        "order",
        "not known",
    ),
    "features with biases too": (
        lambda: asy.RandomFeaturesRidge("relu", {1: 1}, invariance="cyclic", biases="normal(0, 1)"),
        "biases with invariance",
        "one of",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_value_and_what_is_allowed(name):
    ask, value, allowed = REFUSED[name]
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.name == value and allowed in str(caught.value)


def test_small_experiments_agree():
    """Four standard errors and 5 %: false alarms at most 3e-4."""
    kernel = asy.KernelRidge(
        "exp(t)", {2: 1}, noise="1/20", invariance=[[1, 0, 3, 2, 5, 4], [2, 3, 4, 5, 0, 1]]
    )
    features = asy.RandomFeaturesRidge("x + (x**2-1)/2", {2: 1}, noise="1/20", invariance="cyclic")
    for model, sizes in ((kernel, asy.FiniteSize(6, 40)), (features, asy.FiniteSize(10, 40, 60))):
        found = asy.predict(model, sizes, ridge=0.05)
        drawn = asy.simulate(model, sizes, ridge=0.05, trials=32, seed=4, test_samples=500)
        for name in ("test", "train"):
            theory, sample = getattr(found, name), getattr(drawn, name)
            assert abs(sample.mean - theory) < 4 * sample.standard_error + 0.05 * theory


ROWS = [
    ("kernel", 20, None),
    ("kernel", 60, None),
    ("kernel", 400, None),
    ("features", 150, 200),
    ("features", 400, 200),
]


@pytest.mark.slow
@pytest.mark.parametrize("what, n, p", ROWS)
def test_simulated_rows(what, n, p):
    if what == "kernel":
        model, sizes = asy.KernelRidge(**KERNEL, invariance="cyclic"), asy.FiniteSize(30, n)
    else:
        activation = "x + (x**2-1)/2 + (x**3-3*x)/6"
        model = asy.RandomFeaturesRidge(activation, {2: 0.5, 3: 0.5}, noise="1/20", invariance="cyclic")
        sizes = asy.FiniteSize(30, n, p)
    found = asy.predict(model, sizes, ridge=1e-3)
    drawn = asy.simulate(model, sizes, ridge=1e-3, trials=24, seed=8)
    for name in ("test", "train"):
        theory, sample = getattr(found, name), getattr(drawn, name)
        assert abs(sample.mean - theory) < 3 * sample.standard_error + 0.02 * theory
