"""Corrections of the next order: exact moments, known expansions, the tables of simulations they were tested with."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.random_features import RANDOM_FEATURES
from asymptotics.next_order.prepared import prepared
from asymptotics.next_order.response import respond
from tests.oracles.wick_moments import moment

LEVELS = ((1.0, 6), (0.3, 9))


def minimum_correction(n, p, ridge):
    """Correction of the mean minimum due to unit label noise, for random features in a spectrum."""
    s, m = (list(column) for column in zip(*LEVELS, strict=True))
    model = asy.SpectralRidge(s, target=[0] * len(s), multiplicities=m, noise=1)
    risk = asy.predict(model, asy.FiniteSize(n=n, p=p), ridge=ridge)
    ready, nu = prepared(RANDOM_FEATURES), risk.effective_ridge
    weight = n - sum(count * value / (value + nu) for value, count in LEVELS)
    values = {"n": n, "p": p, "lam": ridge, "noise": 1, "nu": nu, "tau_r_dual": weight}
    at, _ = ready.solved(
        {name: np.array([float(value)]) for name, value in values.items()},
        model.measure(None).doubles(1.0), Float64(), 1e-60,
    )  # fmt: skip
    names = [form.name for form in ready.lowered.loop.potentials]
    slopes = -respond(ready.lowered, at).potential().direction[:, 0, 0]
    return risk.train * n + ridge * risk.norm * n, slopes[names.index("epsilon")]


@pytest.mark.parametrize("p", [7.0, 40.0])
def test_minimum_has_the_exact_moments_of_the_next_order(p):
    """The resolvent at large ridge, term by term: planar pairings at leading order, one twist at the next."""
    n, ridge = 5.0, 1e4
    leading, correction = minimum_correction(n, p, ridge)
    series = [
        sum((-1) ** k * moment(k, n, LEVELS, p, below) / ridge**k for k in range(1, 5)) for below in (0, 1)
    ]
    assert leading == pytest.approx(n + series[0], rel=1e-12)
    assert correction == pytest.approx(series[1], rel=1e-8)


def test_moments_by_pairings():
    """The oracle: E Tr (XX')^2 = n d (n + d + 1) for X of n by d, E Tr (XX')^3 with its lowest order too."""
    n, d = 5, 3
    assert [moment(2, n, [(1, d)], below=k) for k in (0, 1)] == [n * d * (n + d), n * d]
    assert sum(moment(3, n, [(1, d)], below=k) for k in (0, 1, 2)) == n * d * (
        n**2 + d**2 + 3 * n * d + 3 * (n + d) + 4
    )


@pytest.mark.parametrize("n, size", [(20, 10), (60, 20), (32, 28), (10, 30)])
def test_least_squares_is_the_inverse_wishart_moment_to_next_order(n, size):
    model = asy.SpectralRidge([1], target=[0], multiplicities=[size], noise=1)
    risk = asy.predict(model, asy.FiniteSize(n=n), ridge=0, order=1)
    small, slack = min(n, size), abs(n - size)
    assert risk.pieces["leading"]["test"] == pytest.approx(small / slack, rel=1e-12)
    assert risk.pieces["gaussian"]["test"] == pytest.approx(small / slack**2, rel=1e-9)
    assert risk.test == pytest.approx(small / (slack - 1), rel=1e-12)


QUADRATIC = "x + (x**2 - 1)/sqrt(2)"
TABLES = [
    # activation, d, n, p, ridge; per unit of noise and of target: leading, + 1/2 log, + fixed norms, + unlearned
    ("tanh", 20, 24, 30, 0.01, (1.61213, 1.62420, 1.60876, 1.59814), (0.34906, 0.37271, 0.35202, 0.35253)),
    ("tanh", 80, 96, 120, 0.01, (1.60600, 1.60890, 1.60516, 1.60281), (0.37164, 0.37755, 0.37227, 0.37221)),
    ("relu", 20, 24, 30, 0.05, (0.73997, 0.73764, 0.73625, 0.74342), (0.68307, 0.69575, 0.67835, 0.68072)),
    ("relu", 40, 48, 60, 0.05, (0.71749, 0.71597, 0.71592, 0.71931), (0.67024, 0.67638, 0.66753, 0.66851)),
    (QUADRATIC, 20, 24, 30, 0.05, (1.85828, 1.88015, 1.87043, 1.98809), (1.36999, 1.39323, 1.38424, 1.44723)),
    ("(x**2 - 1)/sqrt(2)", 20, 24, 30, 0.05, (1.32801, 1.32914, 1.32724, 1.39867), None),
    ("x", 16, 20, 24, 0.1, (0.84098, 0.84008, 0.84168, 0.84028), (0.21006, 0.23226, 0.21073, 0.21115)),
]


@pytest.mark.parametrize("activation, d, n, p, ridge, noise, target", TABLES)
def test_tables_on_the_sphere(activation, d, n, p, ridge, noise, target):
    """Column by column; the last digit of a table made by finite differences may be off by a few."""
    model = asy.RandomFeaturesRidge(activation, target={1: 1}, noise=1)
    risk = asy.predict(model, asy.FiniteSize(d=d, n=n, p=p), ridge=ridge, order=1)
    for name, columns in {"variance": noise, "bias": target}.items():
        if columns is not None:
            parts = [table[name] for table in risk.pieces.values()]
            assert list(risk.pieces) == ["leading", "gaussian", "fixed norms", "unlearned activation"]
            assert np.cumsum(parts) == pytest.approx(columns, abs=4e-5)
            assert getattr(risk, name) == pytest.approx(columns[-1], abs=4e-5)
            assert risk.correction[name] == pytest.approx(columns[-1] - columns[0], abs=6e-5)


def test_learned_kernel_where_degree_two_is_learned():
    model = asy.RandomFeaturesRidge(QUADRATIC, target={1: 1}, noise=1)
    risk = asy.predict(model, asy.FiniteSize(d=8, n=40, p=50), ridge=0.05, order=1)
    for name, values in (
        ("variance", (1.40227, 1.40818, 1.39896, 1.41070, 1.41445)),
        ("bias", (0.07304, 0.07706, 0.07459, 0.07415, 0.07979)),
    ):
        assert np.cumsum([table[name] for table in risk.pieces.values()]) == pytest.approx(values, abs=4e-5)
    few = asy.predict(model, asy.FiniteSize(d=8, n=16, p=50), ridge=0.05, order=1)
    assert "learned kernel" in risk.pieces and "learned kernel" not in few.pieces


def test_spectra_without_a_sphere_have_the_gaussian_term_only():
    for scale, columns in (
        (1, ((2.8013, 2.8920), (0.8898, 0.9320))),
        (2, ((2.8013, 2.8466), (0.8898, 0.9109))),
    ):
        model = asy.SpectralRidge(
            [0.05 / scale, 0.004 / scale], target=[0.0, 1.0], multiplicities=[20 * scale, 60 * scale], noise=1
        )
        risk = asy.predict(model, asy.FiniteSize(n=24 * scale, p=30 * scale), ridge=0.01, order=1)
        assert list(risk.pieces) == ["leading", "gaussian"]
        assert (risk.pieces["leading"]["variance"], risk.variance) == pytest.approx(columns[0], abs=1.5e-4)


@pytest.mark.parametrize(
    "activation, ridge, n, p", [("relu", 0.05, 44, 30), ("tanh", 0.2, 24, 30), ("relu", 0, 44, 30)]
)
def test_both_charts_infinite_sizes_and_ridge_zero_are_limits(activation, ridge, n, p):
    model = asy.RandomFeaturesRidge(activation, target={1: 1}, noise=1)
    near = asy.predict(model, asy.FiniteSize(d=20, n=n, p=p), ridge=ridge + 1e-9, order=1)
    here = asy.predict(model, asy.FiniteSize(d=20, n=n, p=p), ridge=ridge, order=1)
    assert here.test == pytest.approx(near.test, rel=1e-6)
    wide = asy.predict(model, asy.FiniteSize(d=20, n=n), ridge=0.1, order=1)
    nearly = asy.predict(model, asy.FiniteSize(d=20, n=n, p=10**9), ridge=0.1, order=1)
    assert wide.test == pytest.approx(nearly.test, rel=1e-6)
    many = asy.predict(model, asy.FiniteSize(d=20, n=math.inf, p=p), ridge_per_sample=0.1, order=1)
    most = asy.predict(model, asy.FiniteSize(d=20, n=10**9, p=p), ridge_per_sample=0.1, order=1)
    assert many.test == pytest.approx(most.test, rel=1e-6)


def test_a_curve_is_its_points():
    model = asy.RandomFeaturesRidge("relu", target={1: 1, 2: 0.3}, noise="0.2")
    n = np.array([10, 60, 61, 300])
    risk = asy.predict(model, asy.FiniteSize(d=12, n=n, p=60), ridge=np.array([[0.0], [0.1]]), order=1)
    for i, ridge in enumerate((0.0, 0.1)):
        for k, samples in enumerate(n.tolist()):
            one = asy.predict(model, asy.FiniteSize(d=12, n=samples, p=60), ridge=ridge, order=1)
            for name in risk.components:
                assert risk[name][i, k] == pytest.approx(one[name], rel=1e-9)
    assert risk[1, 2].correction["test"] == pytest.approx(risk.correction["test"][1, 2])
    assert risk.sel(ridge=0.1, n=300).trust.size == pytest.approx(risk.trust.size[1, 3])


def test_the_correction_is_beside_every_risk_at_finite_size():
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    risk = asy.predict(model, asy.FiniteSize(d=20, n=24, p=30), ridge=0.05)
    corrected = asy.predict(model, asy.FiniteSize(d=20, n=24, p=30), ridge=0.05, order=1)
    for name in risk.components:
        assert risk[name] + risk.correction[name] == pytest.approx(corrected[name], rel=1e-12)
    assert "assumed" not in risk.made_by.get("evidence", "")
    assert "numerical evidence" in corrected.made_by["evidence"]


def test_refusals():
    model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    size = asy.FiniteSize(d=20, n=24, p=30)
    assert asy.predict(model, size, ridge=1, order=1).test > 0
    for regime in (asy.Proportional(2, 3), asy.Polynomial(2, 1)):
        with pytest.raises(asy.errors.InputError, match="FiniteSize"):
            asy.predict(model, regime, ridge=1, order=1)
    limit = asy.predict(model, asy.Proportional(2, 3), ridge=1)
    with pytest.raises(asy.errors.InputError, match="FiniteSize"):
        _ = limit.correction
    for options in ({"order": 2}, {"order": True}, {"order": 1, "ensemble": 3}):
        with pytest.raises(asy.errors.InputError, match="order"):
            asy.predict(model, size, ridge=1, **options)
    with pytest.raises(asy.errors.InputError, match="order"):
        asy.predict(model, size, time=1.0, order=1)
    with pytest.raises(asy.errors.InputError, match="order"):
        _ = asy.predict(model, size, time=1.0).trust
    with pytest.raises(asy.errors.InputError, match="formula"):
        given = asy.Activation.from_coefficients({1: 0.25}, tail=0.1)
        asy.predict(asy.RandomFeaturesRidge(given, target={1: 1}), size, ridge=1, order=1)


def test_advice():
    def trust(model, size, ridge):
        return asy.predict(model, size, ridge=ridge, order=1).trust

    ridge = asy.SpectralRidge([1], target=[0], multiplicities=[30], noise=1)
    assert trust(ridge, asy.FiniteSize(n=300), 0).good
    assert "order after it" in str(trust(ridge, asy.FiniteSize(n=32), 0))
    relu = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
    assert "order after it" in str(trust(relu, asy.FiniteSize(d=20, n=30, p=30), 1e-9))
    assert "order after it" not in str(trust(relu, asy.FiniteSize(d=20, n=30, p=30), 1e-1))
    assert asy.predict(relu, asy.FiniteSize(d=20, n=30, p=30), 0, order=1).train == 0
    assert "cancel" in str(trust(relu, asy.FiniteSize(d=20, n=24, p=30), 0.05))
    square = asy.RandomFeaturesRidge("(x**2 - 1)/sqrt(2)", target={2: 1}, noise=1)
    assert "sixth" in str(trust(square, asy.FiniteSize(d=20, n=24, p=30), 0.05))
    assert "sixth" not in str(trust(relu, asy.FiniteSize(d=20, n=24, p=30), 0.05))


@pytest.mark.parametrize(
    ("model", "sizes", "what"),
    [
        (asy.RandomFeaturesRidge("tanh", {1: 1}, weights="orthogonal"), {"p": 30}, "orthogonal weights"),
        (
            asy.RandomFeaturesRidge("tanh", {1: 1}, biases="normal(0, 1)"),
            {"p": 30},
            "features in groups or with biases",
        ),
        (
            asy.RandomFeaturesRidge(groups=[asy.Group("tanh", share=1)], target={1: 1}),
            {"p": 30},
            "features in groups",
        ),
        (
            asy.DeepRandomFeaturesRidge([asy.Layer("tanh", width=1)] * 2, target={1: 1}),
            {"p1": 30, "p2": 30},
            "random features of several layers",
        ),
    ],
)
def test_what_has_no_next_order_is_refused_by_name(model, sizes, what):
    (posed,) = model.posed(asy.FiniteSize(d=20, n=40, **sizes))
    with pytest.raises(
        asy.InputError, match=f"^order = 1: expected 0 for {what}; their next order is not known$"
    ):
        posed.model.fluctuations(20, 40.0)
    assert asy.RandomFeaturesRidge("tanh", {1: 1}).fluctuations(20, 40.0) is not None
