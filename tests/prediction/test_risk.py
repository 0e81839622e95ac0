"""The answer as a value: printing and round trips."""

import csv
import dataclasses
import json
import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import asymptotics as asy
from asymptotics.functions.exact import exact_text
from asymptotics.models.components import NAMES as COMPONENTS
from asymptotics.solvers.solution import Status

MODEL = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")


@pytest.fixture(scope="module")
def curve():
    return asy.predict(MODEL, asy.Proportional([0.5, 1.0, 3.0, math.inf], 3), ridge=0)


@pytest.fixture(scope="module")
def point():
    return asy.predict(MODEL, asy.FiniteSize(60, 120, 300), ridge=1e-3)


def test_a_point_prints_every_component(point):
    lines = str(point).splitlines()
    assert [line.split()[0] for line in lines] == [*COMPONENTS, "status"]
    assert float(lines[0].split("=")[1]) == pytest.approx(point.test, rel=1e-14)
    assert lines[-1].endswith("solved")


def test_a_few_points_print_as_a_table(curve):
    fixed, header, *rows = str(curve).splitlines()
    assert fixed == "psi2 = 3, ridge = 0"
    assert header.split() == ["psi1", "test", "bias", "variance", "train", "norm", "norm/feature", "status"]
    assert [row.split()[-1] for row in rows] == ["limit", "limit", "diverges", "limit"]
    assert rows[2].split()[:3] == ["3", "inf", "inf"]


def test_many_points_print_their_span():
    text = str(asy.predict(MODEL, asy.Proportional(np.geomspace(0.1, 10, 500), 3), ridge=0.1))
    assert text.startswith("Risk of shape (500,): 500 solved")
    assert len(text.splitlines()) == 1 + len(COMPONENTS)


@pytest.mark.parametrize("precision", [{"digits": 20}, {"certified": True}])
def test_other_numbers_print_and_export_too(precision, tmp_path):
    many = asy.predict(MODEL, asy.Proportional(np.linspace(1, 3, 41), 3), ridge="0.1", **precision)
    plain = asy.predict(MODEL, asy.Proportional(np.linspace(1, 3, 41), 3), ridge="0.1")
    assert str(many).splitlines()[1] == str(plain).splitlines()[1]
    many.to_csv(tmp_path / "many.csv")
    assert len(many.rows()) == 41
    parameters = json.loads(many.to_json())["parameters"]
    assert {
        name: [float(Fraction(value)) for value in column] for name, column in parameters.items()
    } == json.loads(plain.to_json())["parameters"]
    assert many.to_xarray()["test"].values == pytest.approx(plain.test, rel=1e-13)


def test_csv_keeps_every_digit_and_says_how_it_was_made(curve, tmp_path):
    path = tmp_path / "curve.csv"
    curve.to_csv(path)
    lines = path.read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert any("equations: random-features.proportional.wide" in line for line in comments)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    for name in (*COMPONENTS, *curve.parameters):
        expected = np.broadcast_to(getattr(curve, name, curve.parameters.get(name)), (4,))
        assert [float(row[name]) for row in rows] == expected.tolist()
    assert [row["status"] for row in rows] == ["limit", "limit", "diverges", "limit"]


def test_json_round_trip(curve, point, tmp_path):
    text = curve.to_json(tmp_path / "curve.json")
    data = json.loads((tmp_path / "curve.json").read_text())
    assert data == json.loads(text)
    assert [float(value) for value in data["values"]["test"]] == curve.test.tolist()
    assert [float(value) for value in data["parameters"]["psi1"]] == [0.5, 1, 3, math.inf]
    assert [Status(value) for value in data["status"]] == list(curve.status)
    assert data["noise"] == 0.1
    assert {"package", "model", "regime", "equations"} <= set(data["made_by"])
    assert json.loads(point.to_json())["values"]["test"] == point.test


EXACT = [
    (asy.Proportional("1/3", ["2", "2.0000001"]), "1e-30"),
    (asy.Proportional(math.inf, 3), 0.1),
    (asy.FiniteSize(20, [30, 40], math.inf), ["0", "1/7"]),
    (asy.Polynomial(2, 2, "1/3", 0.3), "1e-3"),
]


@pytest.mark.parametrize(
    "precision", [{"digits": 25}, {"digits": 18, "certified": True}], ids=["digits", "balls"]
)
@pytest.mark.parametrize("regime, ridge", EXACT, ids=["sizes", "wide", "finite", "polynomial"])
def test_exact_answers_are_strings_that_are_read_back(regime, ridge, precision, tmp_path):
    """From the JSON alone: the same parameters, and with them the same values."""
    model = asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/3"}, "1/7")
    risk = asy.predict(model, regime, ridge, **precision)
    data = json.loads(risk.to_json())
    leaves = np.array([*data["parameters"].values(), *data["values"].values()], dtype=object)
    assert all(isinstance(leaf, str) for leaf in np.concatenate([np.ravel(leaf) for leaf in leaves]))
    assert data["noise"] == "1/7"
    fixed = {name: getattr(regime, name) for name in ("kappa1", "kappa2") if hasattr(regime, name)}
    sizes = {name: value for name, value in data["parameters"].items() if name != "ridge"}
    again = asy.predict(
        asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/3"}, data["noise"]), type(regime)(**fixed, **sizes),
        data["parameters"]["ridge"], **precision,
    )  # fmt: skip
    assert again.to_dict() == {**data, "made_by": again.made_by}
    for name in COMPONENTS:
        texts, values = np.ravel(data["values"][name]), np.ravel(getattr(risk, name))
        for text, value in zip(texts, values, strict=True):
            if "certified" in precision:
                assert flint.arb(str(text)).contains(value.enclosure)
            else:
                assert str(value.context.mpf(str(text))) == str(value) == text
    risk.to_csv(tmp_path / "risk.csv")
    lines = [line for line in (tmp_path / "risk.csv").read_text().splitlines() if not line.startswith("#")]
    assert [row["ridge"] for row in csv.DictReader(lines)] == np.ravel(data["parameters"]["ridge"]).tolist()


@settings(max_examples=60)
@given(st.one_of(st.fractions(), st.floats(allow_nan=False, allow_infinity=False)))
def test_exact_text(value):
    assert Fraction(exact_text(value)) == Fraction(value)


@pytest.mark.parametrize("precision", [{}, {"digits": 20}, {"certified": True}])
def test_equal_if_everything_exported_is(precision):
    """Arrays, infinities, digits and balls alike; a risk is no scalar, and never an error to compare."""
    one, two = (asy.predict(MODEL, asy.Proportional([1, 2, 3], 3), 0, **precision) for _ in range(2))
    assert one is not two
    assert one == two
    assert one != asy.predict(MODEL, asy.Proportional([1, 2, 4], 3), 0, **precision)
    assert one != asy.predict(MODEL, asy.Proportional(1, 3), 0, **precision) and one != 3
    assert one != dataclasses.replace(one, status=one.status + 1)


def test_xarray(curve, point):
    xarray = pytest.importorskip("xarray")
    data = curve.to_xarray()
    assert isinstance(data, xarray.Dataset)
    assert data["test"].values.tolist() == curve.test.tolist()
    assert data["psi1"].values.tolist() == [0.5, 1, 3, math.inf]
    assert "random-features" in data.attrs["equations"]
    assert float(point.to_xarray()["train"]) == point.train


def test_rows(curve):
    rows = curve.rows()
    assert [row["psi1"] for row in rows] == [0.5, 1, 3, math.inf]
    assert rows[2]["test"] == math.inf
    assert all(set(rows[0]) == set(row) for row in rows)


def test_shown_as_printed(curve, point):
    assert repr(point) == f"<Risk\n{point}>"
    assert repr(curve) == f"<Risk\n{curve}>"


def test_frozen(point):
    with pytest.raises(AttributeError):
        point.test = 0


def test_every_status_gives_advice():
    assert all(len(status.advice) > 20 for status in Status)
