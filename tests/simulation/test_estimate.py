import csv
import io
import json
import pickle

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.prediction.risk import Risk
from asymptotics.simulation.estimates.estimate import OBSERVABLES, Estimate, Statistic


def make(shape=(), trials=4):
    generator = np.random.default_rng(0)
    statistics = {name: Statistic(generator.random((*shape, trials))) for name in OBSERVABLES}
    n = np.arange(np.prod(shape, dtype=int)).reshape(shape) + 5
    return Estimate(**statistics, parameters={"d": 3, "n": n, "p": 7, "ridge": 0.1}, provenance={"seed": 0})


def test_statistic():
    draws = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]])
    statistic = Statistic(draws)
    assert statistic.mean.tolist() == pytest.approx([7 / 3, 0])
    assert statistic.standard_error.tolist() == pytest.approx([np.std(draws[0], ddof=1) / np.sqrt(3), 0])
    draws[0, 0] = 9
    assert statistic.draws[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        statistic.draws[0, 0] = 9
    assert "3 replicates" in repr(statistic)
    assert repr(Statistic([1.0, 3.0])) == "Statistic(2 ± 1, 2 replicates)"


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (40,)])
def test_printing_and_export_agree_with_the_draws(shape, tmp_path):
    estimate = make(shape)
    text = str(estimate)
    assert "4 replicates" in text and len(text.splitlines()) <= 16
    document = json.loads(estimate.to_json(tmp_path / "e.json"))
    assert json.loads((tmp_path / "e.json").read_text()) == document
    assert np.array_equal(document["observables"]["test"]["draws"], estimate.test.draws)
    assert document["parameters"]["n"] == estimate.parameters["n"].tolist()
    rows = list(csv.DictReader(io.StringIO(estimate.to_csv())))
    assert len(rows) == np.prod(shape, dtype=int)
    assert [float(row["test"]) for row in rows] == np.ravel(estimate.test.mean).tolist()
    rows = list(csv.DictReader(io.StringIO(estimate.to_csv(draws=True))))
    assert [float(row["norm"]) for row in rows] == estimate.norm.draws.ravel().tolist()
    dataset = estimate.to_xarray()
    assert np.array_equal(dataset["bias"].mean("replicate"), estimate.bias.mean)
    assert np.array_equal(dataset["n"], estimate.parameters["n"])


def test_estimate_is_frozen_and_survives_pickling():
    estimate = make((2,))
    with pytest.raises(AttributeError):
        estimate.test = estimate.bias
    with pytest.raises(TypeError):
        estimate.parameters["d"] = 3
    again = pickle.loads(pickle.dumps(estimate))
    assert str(again) == str(estimate) and again.provenance["seed"] == 0


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_json_reads_back(shape):
    estimate = make(shape)
    again = Estimate.from_json(estimate.to_json())
    assert str(again) == str(estimate) and again.to_json() == estimate.to_json()
    assert again.shape == shape and np.array_equal(again.norm.draws, estimate.norm.draws)


def test_infinite_parameters_in_json():
    statistics = {name: Statistic([[1.0, 2.0]] * 2) for name in OBSERVABLES}
    estimate = Estimate(**statistics, parameters={"p": [np.inf, 3.0]})
    assert json.loads(estimate.to_json())["parameters"] == {"p": ["inf", 3.0]}
    assert Estimate.from_json(estimate.to_json()).parameters["p"].tolist() == [np.inf, 3.0]


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format": "asymptotics.Estimate/1"}', make().to_json(draws=False)]
)
def test_other_texts_are_refused(text):
    with pytest.raises(InputError, match="text"):
        Estimate.from_json(text)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("parameters", []),
        ("observables", 1.5),
        ("controls", "x"),
        ("provenance", [1]),
        ("trials", 10**30),
        ("shape", 2),
    ],
)
def test_documents_of_another_shape_are_refused_in_one_line(part, value):
    document = json.loads(make().to_json()) | {part: value}
    with pytest.raises(InputError, match="written by to_json"):
        Estimate.from_json(json.dumps(document))


def test_numbers_that_are_none_are_refused():
    document = json.loads(make().to_json())
    document["observables"]["test"]["draws"] = 10**400
    with pytest.raises(InputError, match="written by to_json"):
        Estimate.from_json(json.dumps(document))
    with pytest.raises(InputError, match=r"Risk.to_json wrote"):
        Risk.from_json(json.dumps({"format": "asymptotics.Risk/1", "shape": [10**400]}))
