"""Limits of lazy training: printed formulas, values known otherwise, exact population risks, refusals."""

import math

import numpy as np
import pytest

import asymptotics as asy
from tests.oracles import ghorbani

RANDOM, TANGENT, TRACELESS, TRACE, NETWORK = (
    "random features", "tangent features", "traceless part", "trace part", "network",
)  # fmt: skip


def activation(coefficients):
    """The activation whose slope has these normalized Hermite coefficients."""
    return " + ".join(f"({c})*he{k + 1}(x)/sqrt({k + 1})" for k, c in enumerate(coefficients) if c)


def diagonal(rng, d):
    values = rng.normal(size=d)
    return values - values.mean() * 0.5


@pytest.mark.parametrize("rho", [0.25, 0.999, 1.0, 1.6])
def test_quadratic_activations_have_the_printed_risks(rho):
    rng = np.random.default_rng(3)
    d = 60
    target, weights = rng.normal(size=d) + 0.5, rng.uniform(0.5, 1.5, size=d)
    page = asy.lazy_limits("x**2/2", target, rho, weights=weights)
    gamma = weights / weights.sum()
    aligned = (gamma @ target) ** 2 / (gamma @ gamma) / (target @ target)
    share = target.sum() ** 2 / d / (target @ target)
    random, tangent = ghorbani.printed(rho, share, aligned, rho * d * (gamma @ gamma))
    assert page.trace_share == pytest.approx(share) and page.aligned_share == pytest.approx(aligned)
    assert page[RANDOM].risk == pytest.approx([random], rel=1e-11)
    assert page[TANGENT].risk == pytest.approx([tangent], rel=1e-10, abs=1e-12)
    squares = np.sort(target**2)[::-1]
    assert page[NETWORK].risk == pytest.approx(
        [squares[math.floor(rho * d) :].sum() / squares.sum()], abs=1e-15
    )


@pytest.mark.parametrize(
    ("rho", "traceless", "trace"),
    [(0.5, 0.425558591245673982, 0.65817), (1.0, 0.19355, 0.40175), (1.5, 0.112302418680432484, 0.26267)],
)
def test_values_of_a_slope_of_three_degrees(rho, traceless, trace):
    """Of two quadratures elsewhere, and of a linear system of two equations for the trace; printed digits."""
    page = asy.lazy_limits(activation((1, 1, 0.5)), np.eye(100), rho)
    assert page[TRACELESS].risk[0] == pytest.approx(traceless, rel=1e-10 if traceless != 0.19355 else 3e-5)
    assert page[TRACE].risk[0] == pytest.approx(trace, rel=2e-5)
    assert page[TANGENT].risk == pytest.approx(page[TRACE].risk, rel=1e-14)


def test_random_relu_features_have_their_root():
    """One neuron per dimension, isotropic weights: mu_1^2 ts s^2 + ts s - 1 = 0, and psi = s/(4 pi)."""
    page = asy.lazy_limits("relu", np.ones(100), 1)
    second = 1 / (4 * math.pi)
    rest = 0.5 - 1 / (2 * math.pi) - 0.25
    s = (-rest + math.sqrt(rest**2 + rest)) / (rest / 2)
    assert 1 / page[RANDOM].risk[0] - 1 == pytest.approx(second * s, rel=1e-12)
    assert second * s == pytest.approx(0.392352038994, rel=1e-11)


def test_degree_two_along_the_neurons_alone():
    """sigma' = h_3 has no degree two across its neurons and learns of the trace what it has along them."""
    page = asy.lazy_limits(activation((0, 0, 0, 1)), np.ones(80), [0.5, 2])
    assert page[TRACELESS].risk == pytest.approx([1, 1])
    assert page[TRACE].risk == pytest.approx([7 / 3 / (7 / 3 + rho) for rho in (0.5, 2)], rel=1e-12)


CASES = [
    ((1, 1, 0.5), 0.5),
    ((1 / 3, 0.5, 0.5, 0.6), 1.0),
    ((1 / 3, 0.5, 0.5, -0.6), 1.0),
    ((0, 1, 0, 0.3), 0.75),
]


@pytest.mark.parametrize(("b", "rho"), CASES)
def test_tangent_features_in_exact_moments(b, rho):
    """Exact population risks at d = 120: within 3 % and four deviations of two draws; without the strength along the
    neurons the trace would be off by ten per cent and more where b_3 is large. Seed fixed."""
    rng, d = np.random.default_rng(11), 120
    p = round(rho * d)
    for target, part in ((np.eye(d), TRACE), (np.diag(np.resize([1.0, -1.0], d)), TRACELESS)):
        W = [rng.normal(size=(d, p)) for _ in range(2)]
        found = [ghorbani.tangent_features(b, w / np.linalg.norm(w, axis=0), target) for w in W]
        risk = asy.lazy_limits(activation(b), target, p / d)[part].risk[0]
        assert np.mean(found) == pytest.approx(risk, rel=0.03, abs=4 * np.std(found))


@pytest.mark.parametrize(("name", "features"), [("relu", "relu_features"), ("x**2", "quadratic_features")])
def test_random_features_in_exact_moments(name, features):
    """Anisotropic weights, a target that is partly aligned: within 3 % plus four standard errors of eight draws."""
    rng, d, p = np.random.default_rng(5), 200, 200
    weights, target = np.linspace(0.2, 2, d), np.linspace(-0.5, 2, d)
    gamma = weights / weights.sum()
    draws = [rng.normal(size=(d, p)) * np.sqrt(gamma)[:, None] for _ in range(8)]
    found = [getattr(ghorbani, features)(w, np.diag(target)) for w in draws]
    page = asy.lazy_limits(name, np.diag(target), p / d, weights=np.diag(weights))
    error = np.std(found, ddof=1) / math.sqrt(8)
    assert abs(np.mean(found) - page[RANDOM].risk[0]) < 0.03 * page[RANDOM].risk[0] + 4 * error
    plain = asy.lazy_limits(name, target, p / d)[RANDOM].risk[0]
    assert abs(np.mean(found) - plain) > 0.05 * plain  # isotropic weights would be another answer


def test_coordinates_do_not_matter():
    rng, d = np.random.default_rng(2), 60
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    target, weights = rng.normal(size=d), rng.uniform(0.5, 2, d)
    plain = asy.lazy_limits("relu", target, [0.5, 1.5], weights=weights)
    turned = asy.lazy_limits("relu", (turn * target) @ turn.T, [0.5, 1.5], weights=(turn * weights) @ turn.T)
    for name, line in plain.lines.items():
        assert turned[name].risk == pytest.approx(line.risk, rel=1e-9)
        assert turned[name].grade == line.grade and line.formula


@pytest.mark.parametrize(
    ("name", "d", "rho", "spike", "line", "reason"),
    [
        ("relu", 60, 0.5, 1, TANGENT, ""),
        ("relu", 30, 0.5, 1, TANGENT, "less than 50"),
        ("relu", 60, 0.5, 1, RANDOM, ""),
        ("relu", 60, 0.5, 60, RANDOM, "less than 20"),
        ("relu", 60, 3, 1, RANDOM, "more neurons"),
        ("relu", 60, 3, 1, TANGENT, "more neurons"),
        ("x**2", 60, 3, 1, TANGENT, ""),
        ("he3(x) + he1(x)/10 + he2(x)", 60, 0.5, 1, TRACELESS, ""),
        ("he3(x) + he1(x)/10 + he2(x)", 60, 0.5, 1, TRACE, "degree one"),
        ("he3(x) + he1(x) + he2(x)", 60, 0.5, 1, TRACE, ""),
    ],
)
def test_where_a_limit_is_not_trusted(name, d, rho, spike, line, reason):
    page = asy.lazy_limits(name, np.linspace(0, 1, d), rho, weights=np.r_[spike, np.ones(d - 1)])
    found = page[line]
    assert (
        found.trusted.all() == (not reason)
        and reason in found.caution
        and bool(found.caution) == bool(reason)
    )
    assert ("?" in str(page)) == any(not each.trusted.all() for each in page.lines.values())


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        (("relu", [0, 0, 0, 0], 1), {}, "not zero"),
        (("relu", [[1, 2, 0], [0, 1, 0], [0, 0, 1]], 1), {}, "symmetric"),
        (("relu", np.ones((2, 3)), 1), {}, "shape|\\(d, d\\)"),
        (("relu", np.ones(4), 0), {}, "rho"),
        (("relu", np.ones(4), 1), {"weights": np.ones(5)}, "\\(4, 4\\)"),
        (("relu", np.ones(4), 1), {"weights": [1, 1, 1, -1]}, "covariance"),
        (("3", np.ones(4), 1), {}, "constant"),
        ((asy.Activation.from_coefficients({1: 1, 2: 1}), np.ones(4), 1), {}, "formula"),
        ((np.tanh, np.ones(4), 1), {}, "formula"),
    ],
)
def test_refusals(arguments, options, match):
    with pytest.raises(asy.InputError, match=match):
        asy.lazy_limits(*arguments, **options)
