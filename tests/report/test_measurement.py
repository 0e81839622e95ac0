"""Experiments of one's own: conventions are converted exactly, and the verdict is that of the converted numbers."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.functions.kernels import Kernel
from asymptotics.report.comparison import compare
from asymptotics.report.convention import (
    Convention,
    neural_tangents_scale,
    random_phase_powers,
    rbf_kernel,
)
from asymptotics.report.measurement import Measurement
from asymptotics.report.plots import plot

D, N, WIDTHS, DECAY, NOISE = 30, 60, (30, 90, 240), 1e-2, 0.3
MODEL = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=NOISE)
OWN = Convention(loss="mean", features="plain", labels="noisy")


def sphere(rng, rows):
    x = rng.standard_normal((rows, D))
    return math.sqrt(D) * x / np.linalg.norm(x, axis=1, keepdims=True)


def own_experiment(runs):
    """Rows of somebody's table: mean loss over plain features, test error against noisy labels."""
    rng, rows = np.random.default_rng(16), []
    for width in WIDTHS:
        for run in range(runs):
            beta = rng.standard_normal(D)
            beta *= math.sqrt(1 / D) * math.sqrt(D) / np.linalg.norm(beta)
            weights, train, test = sphere(rng, width), sphere(rng, N), sphere(rng, 400)
            labels, fresh = (x @ beta + math.sqrt(NOISE) * rng.standard_normal(len(x)) for x in (train, test))
            features, unseen = (np.tanh(x @ weights.T / math.sqrt(D)) for x in (train, test))
            w = np.linalg.solve(features.T @ features / N + DECAY * np.eye(width), features.T @ labels / N)
            mse, loss = np.mean((fresh - unseen @ w) ** 2), np.mean((labels - features @ w) ** 2)
            rows.append((D, N, width, DECAY, run, float(mse), float(loss)))
    return rows


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "runs.csv"
    lines = ["dim,n,width,weight decay,seed,mse,train"]
    path.write_text("\n".join([*lines, *(",".join(map(repr, row)) for row in own_experiment(60)), ""]))
    return path


NAMES = {"dim": "d", "width": "p", "weight decay": "ridge", "mse": "test"}


@pytest.mark.statistical
def test_the_converted_verdict_agrees_where_the_naive_overlay_is_far_off(table):
    """False-alarm rate of the verdict: 1 %, with a fixed seed."""
    data = Measurement.from_csv(table, convention=OWN, columns=NAMES)
    assert data.shape == (3,) and data.trials == 60
    assert data.parameters["p"].tolist() == list(WIDTHS)
    assert data.ridge == pytest.approx(N * DECAY / np.array(WIDTHS))
    risk = asy.predict(MODEL, data.regime, ridge=data.ridge)
    verdict = compare(risk, data, allowance=0.03)
    assert verdict.agrees and set(verdict.observables) == {"prediction", "train"}
    assert str(verdict).startswith("Theory against measurement")
    naive = Measurement.from_csv(table, columns=NAMES)
    overlay = compare(asy.predict(MODEL, naive.regime, ridge=naive.ridge), naive, allowance=0.03)
    assert not overlay.agrees
    assert np.abs(overlay.observables["test"].percent).max() > 34


def test_it_is_drawn_as_a_simulation_in_what_is_asked_for(table):
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    data = Measurement.from_csv(table, convention=OWN, columns=NAMES)
    risk = asy.predict(MODEL, data.regime, ridge=data.ridge)
    for component, noise in (("prediction", 0), ("test", NOISE)):
        axes = plot(risk, "p", components=[component], simulation=data)
        (bars,) = axes.containers
        assert bars[0].get_ydata() == pytest.approx(data.prediction.mean - noise)
        assert r"measured $\pm 2$ s.e." in axes.get_legend_handles_labels()[1]
    axes.figure.clf()


def test_standard_errors_and_json(tmp_path):
    path = tmp_path / "means.csv"
    path.write_text(
        "# mine\nd,n,p,ridge,test,test_standard_error\n30,60,90,0.1,0.5,0.01\n30,60,150,0.1,0.4,0.01\n"
    )
    data = Measurement.from_csv(path)
    assert data.test.standard_error.tolist() == [0.01, 0.01] and data.trials == math.inf
    risk = asy.predict(MODEL, data.regime, ridge=data.ridge)
    verdict = compare(risk, data)
    assert '"trials": null' in verdict.to_json() and verdict.pooled()["test"].degrees_of_freedom == 2
    exact = Measurement(dict(data.parameters), {"test": risk.test * 1.01})
    assert compare(risk, exact).agrees and not compare(risk, exact, allowance=0.005).agrees


def test_conventions_minimise_the_same():
    """The ridge that is converted gives the predictor of the objective that was stated, whatever that is."""
    rng = np.random.default_rng(1)
    plain, labels = rng.standard_normal((12, 7)), rng.standard_normal(12)
    scaled = plain / math.sqrt(7)
    for own, loss, penalty in [
        (Convention(features="plain"), 1, 1),
        (Convention.scikit_learn(fit_intercept=False), 1, 1),
        (Convention(features="plain", half_loss=True), 0.5, 1),
        (Convention(loss="mean", half_loss=True, half_penalty=True, features="plain"), 0.5 / 12, 0.5),
        (Convention.pytorch(), 1 / 12, 0.5),
    ]:
        alpha = 0.37
        w = np.linalg.solve(loss * plain.T @ plain + penalty * alpha * np.eye(7), loss * plain.T @ labels)
        ridge = own.ridge(alpha, n=12, p=7)
        a = np.linalg.solve(scaled.T @ scaled + ridge * np.eye(7), scaled.T @ labels)
        assert scaled @ a == pytest.approx(plain @ w, rel=1e-10), own


def test_scikit_learn_itself():
    linear = pytest.importorskip("sklearn.linear_model", reason="extra bench")
    rng = np.random.default_rng(2)
    plain, labels = rng.standard_normal((20, 5)), rng.standard_normal(20)
    own = Convention.scikit_learn(fit_intercept=False)
    theirs = linear.Ridge(alpha=0.4, fit_intercept=False).fit(plain, labels).predict(plain)
    scaled = plain / math.sqrt(5)
    a = np.linalg.solve(scaled.T @ scaled + own.ridge(0.4, n=20, p=5) * np.eye(5), scaled.T @ labels)
    assert scaled @ a == pytest.approx(theirs)


def test_an_intercept_is_said_and_halves_are_doubled():
    data = Measurement(
        {"d": 30, "n": 60, "p": 90, "ridge": 1.0}, {"test": 0.2}, convention=Convention.scikit_learn()
    )
    risk = asy.predict(MODEL, data.regime, ridge=data.ridge)
    assert "intercept" in compare(risk, data).notes[0]
    halves = Measurement({"d": 30}, {"test": 0.2, "norm": 3}, convention=Convention(half_error=True))
    assert float(halves.test.mean) == 0.4 and float(halves.norm.mean) == 3
    assert compare(risk, Measurement(dict(data.parameters), {"test": 0.2})).notes == ()


def tangent_kernel(t, layers, W_std):
    """The recursion of stax.Dense and stax.Relu with b_std = 0, from the definitions."""
    square = W_std**2
    nngp = ntk = square * t
    norm = square
    for _ in range(layers):
        cosine = np.clip(nngp / norm, -1, 1)
        angle = np.arccos(cosine)
        slopes = (math.pi - angle) / (2 * math.pi)
        relu = norm * (np.sqrt(1 - cosine**2) + (math.pi - angle) * cosine) / (2 * math.pi)
        ntk = ntk * slopes
        nngp, norm = square * relu, square * norm / 2
        ntk = square * ntk + nngp
    return ntk


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("W_std", [1.0, math.sqrt(2), 1.3])
def test_neural_tangents_has_a_factor_per_layer(layers, W_std):
    t = np.linspace(-0.9, 0.9, 7)
    ours = np.array([float(Kernel.named(f"ntk-relu-{layers}")(value)) for value in t])
    scale = neural_tangents_scale(layers, W_std)
    assert tangent_kernel(t, layers, W_std) == pytest.approx(scale * ours)
    assert Convention(scale=scale).ridge(0.3) == pytest.approx(0.3 / scale)


def test_rbf_kernels_and_random_phases():
    rng = np.random.default_rng(0)
    x, y = sphere(rng, 2)
    assert float(rbf_kernel(0.02, D)(x @ y / D)) == pytest.approx(math.exp(-0.02 * np.sum((x - y) ** 2)))
    powers, tail = random_phase_powers(length=1.5, degrees=20)
    series = sum(power * 0.3**k for k, power in powers.items())
    assert series == pytest.approx(math.exp((0.3 - 1) / 1.5**2)) and tail < 1e-12
    expected = asy.KernelRidge("gaussian-1.5", {1: 1}).expand(math.inf, 3).powers
    assert [powers[k] for k in range(4)] == pytest.approx([float(value) for value in expected])
    for wrong in (lambda: rbf_kernel(0, 3), lambda: random_phase_powers(0)):
        with pytest.raises(InputError):
            wrong()


def test_what_cannot_be_read_is_said(tmp_path):
    path = tmp_path / "table.csv"
    for text, match in [
        ("", "at least one row"),
        ("d,n\n1,2\n", "a column named test"),
        ("d,n,test\n3,2,a\n", "numbers only"),
        ("d,n,test\n3.5,2,1\n", "whole numbers"),
        ("d,n,test\n3,2,1\n3,2,1.1\n4,2,1\n", "at least two runs"),
    ]:
        path.write_text(text)
        with pytest.raises(InputError, match=match):
            Measurement.from_csv(path)
    with pytest.raises(InputError, match="CSV file that can be read"):
        Measurement.from_csv(tmp_path / "none.csv")
    with pytest.raises(InputError, match="number of samples"):
        Measurement({"ridge": 1, "p": 3}, {"test": 1}, convention=OWN)
    with pytest.raises(InputError, match="number of features"):
        Measurement({"ridge": 1, "n": 3}, {"test": 1}, convention=OWN)
    with pytest.raises(InputError, match="shapes that fit"):
        Measurement({"d": [1, 2]}, {"test": [1, 2, 3]})
    for wrong in ({"loss": "average"}, {"scale": 0}):
        with pytest.raises(InputError):
            Convention(**wrong)
    with pytest.raises(AttributeError, match="it has test"):
        Measurement({"d": 3}, {"test": 1}).train  # noqa: B018
