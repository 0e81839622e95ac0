"""Theory beside a user's own rows: right for Gaussian ones, flagged and wrong for heavy tails, refused elsewhere."""

import json
import warnings

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.errors import InputError

D, ROWS = 30, 2000
VARIANCES = np.linspace(0.4, 1.6, D)
MODEL = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.2)
KERNEL = asy.KernelRidge("exp(t)", {1: 1}, noise=0.0)
SIZES = asy.FiniteSize(d=D, n=60, p=50)


def rows(kind):
    generator = np.random.default_rng(3)
    points = generator.standard_normal((ROWS, D)) * np.sqrt(VARIANCES)
    return points * np.sqrt(generator.exponential(size=(ROWS, 1))) if kind == "heavy" else points


def judged(kind):
    """The comparison at a false-alarm rate of one percent, and what was warned of."""
    data = asy.DataMatrix(rows(kind)).standardized()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        risk = asy.predict(asy.on_data(MODEL, data), SIZES, ridge=0.1)
    estimate = asy.simulate(MODEL, SIZES, ridge=0.1, trials=200, seed=1, inputs=data)
    return asy.compare(risk, estimate), [str(one.message) for one in told]


def test_gaussian_rows_agree_and_heavy_tails_are_flagged_and_do_not():
    found, told = judged("gaussian")
    assert found.agrees and not told
    assert "inputs are rows of data, those of theory gaussian inputs, variances" in str(found)
    heavy, told = judged("heavy")
    assert not heavy.agrees
    assert len(told) == 1 and "tails are heavy" in told[0]


def test_the_population_is_the_covariance_that_is_known():
    """Estimated from 2000 rows, the risk is that of the known covariance to about d over the number of rows."""
    data = asy.DataMatrix(rows("gaussian"))
    known = asy.Inputs.spectrum(VARIANCES[::-1].tolist())
    risks = [
        asy.predict(model, SIZES, ridge=0.1).test
        for model in (
            asy.on_data(MODEL, data),
            asy.RandomFeaturesRidge("tanh", {1: 1}, noise=0.2, inputs=known),
        )
    ]
    assert risks[0] == pytest.approx(risks[1], rel=0.02)


def test_labelled_rows_of_a_kernel_are_a_held_out_problem():
    points = rows("gaussian")[:300]
    labels = points[:, 0] + 0.3 * np.random.default_rng(0).standard_normal(300)
    data = asy.DataMatrix(points, labels).standardized()
    risk = asy.predict(asy.on_data(KERNEL, data), asy.FiniteSize(n=60), ridge=1)
    estimate = asy.simulate(
        KERNEL, asy.FiniteSize(d=D, n=60), ridge=1, trials=100, inputs=data, test_error="sampled"
    )
    assert risk.test == pytest.approx(estimate.test.mean, rel=0.06)


def test_what_is_refused_and_what_is_warned_of():
    points = rows("gaussian")
    labels = points[:, 0]
    for model, data, message in (
        (MODEL, asy.DataMatrix(points + 1), "rows with a mean of zero"),
        (MODEL, asy.DataMatrix(points, labels), "from_features"),
        (asy.KernelRidge("arccos1", {1: 1}), asy.DataMatrix(points, labels), "put the rows on the sphere"),
        (asy.on_data(MODEL, asy.DataMatrix(points)), asy.DataMatrix(points), "None in a model"),
        (asy.SpectralRidge([1], target=[1]), asy.DataMatrix(points), "inputs can be given to"),
    ):
        with pytest.raises(InputError, match=message):
            asy.on_data(model, data)
    with pytest.warns(UserWarning, match="too few"):
        asy.on_data(MODEL, asy.DataMatrix(points[:100]).standardized())


def test_on_the_command_line(tmp_path):
    path = tmp_path / "own.npz"
    asy.DataMatrix(rows("gaussian")).saved(path)
    request = ["--activation", "tanh", "--noise", "0.2", "--inputs", str(path), "--standardize"]
    sizes = ["--d", str(D), "--n", "60", "--p", "50", "--ridge", "0.1"]

    def run(*arguments):
        return CliRunner().invoke(main, list(arguments))

    predicted = run("predict", *request, *sizes, "--json")
    data = asy.DataMatrix.load(path).standardized()
    expected = asy.predict(asy.on_data(MODEL, data), SIZES, ridge=0.1).test
    assert json.loads(predicted.stdout)["values"]["test"] == pytest.approx(expected, rel=1e-12)
    compared = run("compare", *request, *sizes, "--trials", "100")
    assert compared.exit_code == 0 and f"{expected:.5g}"[:6] in compared.stdout
    for arguments, message in (
        (["predict", *sizes, "--standardize"], "nothing without --inputs FILE.npz"),
        (["predict", *request, *sizes, "--order", "1"], "order"),
        (["predict", "--inputs", str(tmp_path / "no.npz"), *sizes], "no.npz"),
        (["predict", *request, "--d", "29", *sizes[2:]], "30, the number of columns of the data"),
    ):
        refused = run(*arguments)
        assert refused.exit_code == 2 and message in refused.stderr and refused.stderr.count("\n") == 1

    labelled = tmp_path / "labelled.npz"
    points = rows("gaussian")[:300]
    asy.DataMatrix(points, points[:, 0]).saved(labelled)
    kernel = ["--kernel", "exp(t)", "--inputs", str(labelled), "--standardize"]
    found = run("predict", *kernel, "--d", str(D), "--n", "60", "--ridge", "1", "--json")
    assert found.exit_code == 0 and 0 < json.loads(found.stdout)["values"]["test"] < 1
    refused = run("predict", *kernel, "--psi2", "3", "--ridge", "1")
    assert refused.exit_code == 2 and "labelled rows are all there are" in refused.stderr
    assert run("predict", *request, "--psi1", "2", "--psi2", "3", "--ridge", "1").exit_code == 0


def test_a_target_that_no_harmonic_has_on_spheres_of_one_direction_is_refused():
    inputs = asy.Inputs.from_data(rows("gaussian")[:, :3], law="sphere")
    kernel, two = asy.KernelRidge("exp(t)", {1: 1}, inputs=inputs), {1: 1, 2: 0.5}
    assert 0 < asy.predict(kernel, asy.FiniteSize(d=3, n=30), ridge=0.1).test < 1
    with pytest.raises(InputError, match="a level of one direction has none of degree two"):
        asy.predict(asy.KernelRidge("exp(t)", two, inputs=inputs), asy.FiniteSize(d=3, n=30), ridge=0.1)
