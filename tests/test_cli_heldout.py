"""``asymptotics heldout``: a file of data, predictions beside leave-one-out."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main


def run(*arguments):
    return CliRunner().invoke(main, ["heldout", *map(str, arguments)])


@pytest.fixture
def data(tmp_path):
    generator = np.random.default_rng(0)
    features = generator.standard_normal((120, 20))
    labels = features[:, 0] + 0.3 * generator.standard_normal(120)
    np.savez(tmp_path / "z.npz", features=features, labels=labels)
    np.savez(tmp_path / "k.npz", kernel=features @ features.T, labels=labels)
    np.savez(tmp_path / "half.npz", labels=labels)
    return tmp_path, features, labels


def test_predictions_beside_leave_one_out(data):
    folder, features, labels = data
    model = asy.SpectralRidge.from_features(features, labels, heldout=True)
    expected = asy.predict(model, asy.FiniteSize(n=[40, 80]), ridge=2).test
    for name in ("z.npz", "k.npz"):
        rows = json.loads(run("--data", folder / name, "--n", "40,80", "--ridge", 2, "--json").stdout)
        assert [row["predicted"] for row in rows] == pytest.approx(expected.tolist(), rel=1e-8)
        assert all(abs(row["leave_one_out"] / row["predicted"] - 1) < 0.4 for row in rows)
    table = run("--data", folder / "z.npz", "--n", 40, "--ridge", 2)
    assert table.exit_code == 0 and "universality" in table.stdout


def test_what_it_refuses(data):
    folder = data[0]
    for arguments, told in (
        (("--data", folder / "half.npz", "--n", 10, "--ridge", 1), "kernel or features"),
        (("--data", folder / "none.npz", "--n", 10, "--ridge", 1), "numpy.savez"),
        (("--data", folder / "z.npz", "--n", 120, "--ridge", 1), "no row left"),
        (("--data", folder / "z.npz", "--n", "ten", "--ridge", 1), "a number"),
    ):
        found = run(*arguments)
        assert found.exit_code == 2 and told in found.stderr and "Traceback" not in found.stderr
