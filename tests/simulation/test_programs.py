"""Programs are simulated from their own random matrices: the same laws as theory, and exact linear algebra.

Statistical tests ask for 4 standard errors plus 2 to 4 % for finite size, at fixed seeds: over the 26 comparisons here
the false-alarm rate is below 26 * 6.4e-5 = 0.2 %.
"""

import pickle
import time

import numpy as np
import pytest
from scipy.optimize import brentq

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError, ShapeError, SimulationError
from asymptotics.models.random_features_equations import program as random_features
from asymptotics.simulation.design.execution import run_task
from asymptotics.simulation.programs import setting as setting_module
from asymptotics.simulation.programs.experiment import ProgramTask
from asymptotics.simulation.programs.setting import DrawnSpectrum, ProgramSetting
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    SpectralDimension,
    SpectralMatrix,
    Variable,
    inner,
    norm2,
    replicate,
    slope,
)

n, d = Dimension("n"), Dimension("d")
t, q, lam, noise = (symbol(name) for name in ("t", "q", "lam", "noise"))
X = GaussianMatrix("X", n, d)
epsilon = GaussianVector("epsilon", n, variance=noise)


def draws(setting, ridges, trials, seed=0):
    return ProgramTask(setting, tuple(ridges), (1,), seed, 0, trials).run()


def assert_near(found, theory, allowance):
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(mean - theory) <= 4 * error + allowance * np.abs(theory) + 1e-9), (
        mean,
        theory,
        error,
    )


def ridge_program():
    a, u, r = Variable("a", d), Variable("u", d), Variable("r", n)
    beta = DeterministicVector("beta", d, measure="F1sq")
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a) + q * norm2(u),
        constraints={u: a - beta, r: X @ u - epsilon},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size, "norm": slope(lam)},
    )


def two_groups():
    """The program of the tutorial."""
    p1, p2 = Dimension("p1"), Dimension("p2")
    W1, W2 = (GaussianMatrix(f"W{p.name}", d, p, variance=1 / d.size) for p in (p1, p2))
    O1, O2 = (GaussianMatrix(f"O{p.name}", n, p) for p in (p1, p2))
    a1, a2, u, r = Variable("a1", p1), Variable("a2", p2), Variable("u", d), Variable("r", n)
    mu1, mu2, star1, star2 = (symbol(name) for name in ("mu1", "mu2", "star1", "star2"))
    beta = DeterministicVector("beta", d, measure="F1sq")
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a1) + lam * norm2(a2)
        + q * (norm2(u) + star1**2 * norm2(a1) + star2**2 * norm2(a2)),
        constraints={
            u: mu1 * (W1 @ a1) + mu2 * (W2 @ a2) - beta,
            r: X @ u + star1 * (O1 @ a1) + star2 * (O2 @ a2) - epsilon,
        },
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size},
    )  # fmt: skip


D, E = SpectralDimension("D", companions=("g",)), SpectralDimension("E", "v", "V")


def two_penalties():
    """Two groups of inputs with penalties of their own; the error under another covariance is declared."""
    X1, X2 = (
        GaussianMatrix("X1", n, D, column_covariance="s"),
        GaussianMatrix("X2", n, E, column_covariance="v"),
    )
    a1, a2 = Variable("a1", D), Variable("a2", E)
    u1, u2, r = Variable("u1", D), Variable("u2", E), Variable("r", n)
    first, second = DeterministicVector("first", D, "B"), DeterministicVector("second", E, "C")
    ratio, other = symbol("ratio"), symbol("other")
    return QuadraticProgram(
        energy=t * norm2(r) + lam * norm2(a1) + lam * ratio * norm2(a2)
        + q * (norm2(u1, SpectralMatrix(D)) + norm2(u2, SpectralMatrix(E)))
        + other * norm2(u1, SpectralMatrix(D, "g")),
        constraints={u1: a1 - first, u2: a2 - second, r: X1 @ u1 + X2 @ u2 - epsilon},
        sources={t: 1, q: 0, other: 0},
        observables={"test": slope(q), "train": slope(t) / n.size, "other": slope(other)},
    )  # fmt: skip


def test_ridge_regression_has_its_closed_form():
    """Hastie et al.: the risk at gamma = 1/2 in the effective ridge, and its two parts."""
    setting = ProgramSetting(ridge_program(), {"n": 120, "d": 60}, {"noise": 0.5}, {}, {"F1sq": 2.0})
    nu = max(np.roots([1, 1 - 0.5 - 0.2, -0.2]))  # nu (1 - gamma/(1 + nu)) = lam/n
    below = (1 + nu) ** 2 - 0.5
    found = draws(setting, [24.0], 200)[:, 0]
    assert_near(found[:, :3], [(2 * nu**2 + 0.25) / below, 2 * nu**2 / below, 0.25 / below], 0.02)


def test_parts_and_total():
    setting = ProgramSetting(ridge_program(), {"n": 30, "d": 20}, {"noise": 0.0}, {}, {"F1sq": 2.0})
    found = draws(setting, [0.0, 3.0], 3)
    names = setting.names
    assert names[:3] == ("test", "test.beta", "test.epsilon")
    assert np.allclose(found[:, :, 0], found[:, :, 1]) and np.all(found[:, :, 2] == 0)
    assert np.allclose(found[:, 0, names.index("test")], 0, atol=1e-20)  # no noise, more samples than inputs
    assert np.allclose(found[:, 0, names.index("norm")], 2)  # the powers are exact


def test_the_same_least_squares_by_hand():
    """The published closed form of one draw, with the very matrices that the experiment used."""
    from asymptotics.simulation.programs.drawing import DrawingPlan
    from asymptotics.simulation.programs.numbers import ProgramNumbers

    setting = ProgramSetting(ridge_program(), {"n": 9, "d": 14}, {"noise": 0.5}, {}, {"F1sq": 2.0})
    matrices, vectors = DrawingPlan.of(ProgramNumbers(setting)).draw(3, (1,), 5)
    (design,), (beta, error) = matrices.values(), vectors.values()
    assert abs(error.std() - 0.7) < 0.5 and abs(beta @ beta - 2) < 1e-12
    y = design @ beta + error
    for ridge, a in (
        (0.0, np.linalg.pinv(design) @ y),
        (0.7, np.linalg.solve(design.T @ design + 0.7 * np.eye(14), design.T @ y)),
    ):
        found = ProgramTask(setting, (ridge,), (1,), 3, 5, 1).run()[0, 0]
        expected = [np.sum((a - beta) ** 2), np.mean((y - design @ a) ** 2), a @ a]
        assert np.allclose(found[::3], expected, rtol=1e-10, atol=1e-20)


@pytest.mark.parametrize(("sizes", "ridge"), [((100, 120), 2.0), ((100, 60), 0.0), ((60, 90), 0.0)])
def test_random_features_with_a_spectrum(sizes, ridge, fixed_point):
    counts, levels, powers = [20, 80, 200], [1, 0.5, 0.02], [1, 1, 0.5]
    names = {
        "test": "test",
        "bias": "test.beta",
        "variance": "test.epsilon",
        "train": "train",
        "norm": "norm",
    }
    setting = ProgramSetting(
        random_features(), {"n": sizes[0], "p": sizes[1]}, {"noise": 0.1}, {"D": DrawnSpectrum(levels, counts)},
        {"B": powers}, observables=names,
    )  # fmt: skip
    risk = fixed_point(
        np.array(counts), np.array(levels), 0.0, np.array(powers), 0.1, *sizes, max(ridge, 1e-6)
    )
    found = draws(setting, [ridge], 150)[:, 0]
    assert_near(found[:, :3], [risk.test, risk.bias, risk.variance], 0.03)
    assert_near(found[:, 3:], [risk.train, risk.norm], 0.04)


def test_two_groups_of_the_tutorial():
    """Checkpoints in units of d: test 0.88801388966496692, train 0.0960364660305522 at lam = 0.1 d."""
    size = 100
    sizes = {"n": 150, "d": size, "p1": 120, "p2": 70}
    constants = {"mu1": 0.5, "mu2": 0.8, "star1": 0.3, "star2": 0.6, "noise": 0.3}
    setting = ProgramSetting(
        two_groups(), sizes, constants, {}, {"F1sq": 1.0}, observables={"test": "test", "train": "train"}
    )
    found = draws(setting, [0.1 * size], 100)[:, 0]
    assert_near(found, [0.88801388966496692, 0.0960364660305522], 0.02)


def generalized_ridge(samples, ridge, s, penalty, beta, covariance, variance):
    """Test error, train error and error under another covariance: the penalty made isotropic, then the known form."""
    s, beta, covariance = s / penalty, beta * np.sqrt(penalty), covariance / penalty
    kappa = brentq(lambda k: k * (samples - np.sum(s / (s + k))) - ridge, 1e-9, 1e9)
    rest = samples - np.sum(s**2 / (s + kappa) ** 2)

    def error(weight):
        spread = np.sum(weight * s / (s + kappa) ** 2) / rest
        return kappa**2 * np.sum(beta**2 * (weight + s * spread) / (s + kappa) ** 2) + variance * spread

    train = (ridge / (samples * kappa)) ** 2 * (error(s) + variance)
    return error(s), train, error(covariance)


def test_two_penalties_and_another_test_covariance():
    constants = {"noise": 0.3, "ratio": 4.0}
    spectra = {"D": DrawnSpectrum([1.0, 0.25], [20, 40], {"g": [0.5, 2.0]}), "E": DrawnSpectrum([0.5], [40])}
    powers = {"B": [1.0, 0.5], "C": [0.8]}
    names = {name: name for name in ("test", "train", "other")}
    setting = ProgramSetting(two_penalties(), {"n": 80}, constants, spectra, powers, observables=names)
    s, penalty = np.repeat([1.0, 0.25, 0.5], [20, 40, 40]), np.repeat([1.0, 4.0], [60, 40])
    beta = np.sqrt(np.repeat([1.0 / 20, 0.5 / 40, 0.8 / 40], [20, 40, 40]))
    theory = generalized_ridge(80, 6.0, s, penalty, beta, np.repeat([0.5, 2.0, 0.0], [20, 40, 40]), 0.3)
    assert_near(draws(setting, [6.0], 200)[:, 0], theory, 0.03)


def test_two_copies_on_shared_inputs():
    """A cross-observable of two copies that share everything is the observable, draw by draw."""
    program = ridge_program()
    twice = replicate(program, shared=["X", "beta", "epsilon"], distinct=[])
    sizes, constants, powers = {"n": 12, "d": 9}, {"noise": 0.5}, {"F1sq": 2.0}
    once = ProgramSetting(program, sizes, constants, {}, powers, observables={"test": "test"})
    copies = ProgramSetting(twice, sizes, constants, {}, powers, observables={"test": "test"})
    assert np.allclose(draws(once, [0.3], 2), draws(copies, [0.3], 2), rtol=1e-10)
    fresh = ProgramSetting(
        replicate(program, shared=["X", "beta"]),
        sizes,
        constants,
        {},
        powers,
        observables={"e": "test.epsilon1"},
    )
    assert not np.allclose(draws(fresh, [0.3], 2), draws(once, [0.3], 2))


def test_limit_of_the_ridge_chooses_by_its_own_energy():
    """The limit of small ridges, where they weigh directions differently, is not the minimum of least norm."""
    a, r = Variable("a", D), Variable("r", n)
    theta, out = DeterministicVector("theta", D), symbol("out")
    M = GaussianMatrix("M", n, D)
    u = Variable("u", D)
    program = QuadraticProgram(
        norm2(r) + lam * norm2(a, SpectralMatrix(D)) + out * norm2(a),
        {u: a - theta, r: M @ u}, {out: 0}, {"size": slope(out)},
    )  # fmt: skip
    spectrum = DrawnSpectrum([1.0, 100.0], [5, 5], {"g": [1.0, 1.0]})
    setting = ProgramSetting(
        program, {"n": 4}, {}, {"D": spectrum}, {"B": [1.0, 1.0]}, observables={"size": "size"}
    )
    limit, small, large = draws(setting, [0.0, 1e-6, 1.0], 3)[:, :, 0].T
    assert np.allclose(limit, small, rtol=1e-5) and not np.allclose(limit, large, rtol=1e-2)


def test_inner_products_of_given_vectors():
    a, u, w = Variable("a", d), Variable("u", d), Variable("w", d)
    first, second = DeterministicVector("first", d, "B"), DeterministicVector("second", d, "C")
    out = symbol("out")
    program = QuadraticProgram(
        norm2(a) + out * inner(u, w), {u: a - first, w: a - second}, {out: 0}, {"product": slope(out)}
    )
    powers = {"B": 2.0, "C": 3.0, "B_C": 1.5}
    setting = ProgramSetting(program, {"d": 6}, {}, {}, powers)
    found = draws(setting, [0.0], 4)[:, 0]
    assert setting.names[-1] == "product.first_second" and np.allclose(found, [1.5, 0, 0, 1.5])
    chance = ProgramSetting(program, {"d": 6}, {}, {}, {"B": 2.0, "C": 3.0})
    assert draws(chance, [0.0], 4)[:, 0, 0].std() > 0.1
    with pytest.raises(InputError, match="inner products that first, second can have"):
        draws(ProgramSetting(program, {"d": 6}, {}, {}, {**powers, "B_C": 2.5}), [0.0], 1)


def test_energies_without_a_minimum_are_refused():
    a, b = Variable("a", d), Variable("b", d)
    theta, out = DeterministicVector("theta", d), symbol("out")

    def setting(coupling):
        energy = norm2(a) + norm2(b) + coupling * inner(a, b) + out * norm2(b)
        u = Variable("u", d)
        program = QuadraticProgram(energy + norm2(u), {u: a - theta}, {out: 0}, {"b": slope(out)})
        return ProgramSetting(program, {"d": 3}, {}, {}, {"B": 1.0}, observables={"b": "b"})

    # min 2a^2 - 2a + b^2 + ab: a = 4/7, b = -2/7
    assert np.allclose(draws(setting(1), [0.0], 2), 4 / 49)
    with pytest.raises(SimulationError, match="not convex"):
        draws(setting(3), [0.0], 1)


def test_sizes_and_constants_are_asked_for():
    program, sizes, powers = ridge_program(), {"n": 5, "d": 4}, {"F1sq": 1.0}
    with pytest.raises(InputError, match="d = None: expected a positive integer"):
        ProgramSetting(program, {"n": 5}, {"noise": 0.1}, {}, powers)
    with pytest.raises(InputError, match="F1sq = None: expected a number"):
        ProgramSetting(program, sizes, {"noise": 0.1})
    with pytest.raises(InputError, match="noise = None"):
        draws(ProgramSetting(program, sizes, {}, {}, powers), [0.1], 1)
    with pytest.raises(InputError, match=r"observables = .*: expected one of test, test.beta"):
        ProgramSetting(program, sizes, {"noise": 0.1}, {}, powers, observables={"risk": "tset"})
    with pytest.raises(InputError, match="a DrawnSpectrum with companions g for D"):
        ProgramSetting(two_penalties(), {"n": 5}, {}, {"D": DrawnSpectrum([1.0]), "E": DrawnSpectrum([1.0])})
    with pytest.raises(InputError, match="at most 34 GB, not 640 GB"):
        draws(ProgramSetting(program, {"n": 10**5, "d": 10**5}, {"noise": 0.1}, {}, powers), [0.1], 1)
    with pytest.raises(ShapeError, match="multiplicities"):
        DrawnSpectrum([1.0, 2.0], [3])
    assert DrawnSpectrum([1, 2], 3).size == 6


def test_circles_are_refused():
    u, v, out = Variable("u", d), Variable("v", d), symbol("out")
    beta = DeterministicVector("beta", d)
    program = QuadraticProgram(out * norm2(u), {u: v - beta, v: 1 * u}, {out: 1}, {"size": slope(out)})
    with pytest.raises(InputError, match="in a circle"):
        draws(ProgramSetting(program, {"d": 4}, {}, {}, {"B": 1.0}), [0.1], 1)


def test_draws_do_not_depend_on_blocks_or_workers(pool):
    spectrum = DrawnSpectrum([1.0, 0.1], [5, 20])
    setting = ProgramSetting(
        random_features(), {"n": 9, "p": 7}, {"noise": 0.1}, {"D": spectrum}, {"B": [1, 1]}
    )
    whole = ProgramTask(setting, (0.1, 1.0), (9, 7), 0, 0, 4)
    parts = [ProgramTask(setting, (0.1, 1.0), (9, 7), 0, first, 2) for first in (0, 2)]
    assert len(pickle.dumps(whole)) < 10_000
    far = np.concatenate(list(pool.map(run_task, parts)))
    assert np.array_equal(far, whole.run())
    other = ProgramTask(setting, (0.1, 1.0), (9, 8), 0, 0, 4).run()
    assert not np.allclose(far, other)


@pytest.mark.cpu
def test_a_hundred_trials_take_about_a_second():
    """Measured 0.4 s of processor time for three ridges at n, p = 100, 120 and 211 coordinates."""
    spectrum = DrawnSpectrum([1.0, 0.5, 0.02], [1, 10, 200])
    setting = ProgramSetting(
        random_features(), {"n": 100, "p": 120}, {"noise": 0.1}, {"D": spectrum}, {"B": [1, 1, 1]}
    )
    start = time.process_time()
    draws(setting, [0.01, 0.1, 1.0], 100)
    assert time.process_time() - start < 1.5


def test_coefficients_may_hold_traces_of_a_spectrum():
    """Its size, and its total: the same coefficient as a number."""
    a, u = Variable("a", D), Variable("u", D)
    out, theta = symbol("out"), DeterministicVector("theta", D)

    def size(coefficient):
        program = QuadraticProgram(
            norm2(u) + coefficient * norm2(a) + out * norm2(a), {u: a - theta}, {out: 0}, {"size": slope(out)}
        )
        spectrum = DrawnSpectrum([2.0, 0.5], [3, 4], {"g": [1.0, 0.0]})
        return draws(ProgramSetting(program, {}, {}, {"D": spectrum}, {"B": [1.0, 1.0]}), [0.0], 1)[0, 0, 0]

    assert size(1 / D.size) == pytest.approx(2 / (1 + 1 / 7) ** 2)
    total = D.trace(D.eigenvalue) + D.trace(D.eigenvalues[1])
    assert size(total) == pytest.approx(2 / 12**2)


def test_the_old_name_of_a_spectrum_warns():
    with pytest.warns(DeprecationWarning, match="DrawnSpectrum"):
        assert setting_module.Spectrum is DrawnSpectrum
    with pytest.raises(AttributeError, match="no attribute 'Spectre'"):
        setting_module.Spectre  # noqa: B018
