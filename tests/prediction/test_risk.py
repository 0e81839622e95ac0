"""The answer as a value: printing and round trips."""

import csv
import dataclasses
import json
import math
from fractions import Fraction
from xml.etree import ElementTree

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import asymptotics as asy
from asymptotics.errors import InputError
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
    for risk in (point, curve):
        assert repr(risk).startswith("<Risk: random-features ridge") and repr(risk).endswith(f"\n{risk}>")


def test_frozen(point):
    with pytest.raises(AttributeError):
        point.test = 0


def test_every_status_gives_advice():
    assert all(len(status.advice) > 20 for status in Status)


@pytest.fixture(scope="module")
def grid():
    sizes = asy.Proportional(np.array([[0.5], [1.0], [4.0]]), 3)
    return asy.predict(MODEL, sizes, ridge=np.array([0.1, 1.0]))


def test_indices_and_names_select_points(grid, point):
    assert grid.dims == ("psi1", "ridge") and len(grid) == 3
    assert grid[1, 0].test == grid.test[1, 0] and grid[1, 0].shape == ()
    alone = asy.predict(MODEL, asy.Proportional(1.0, 3), ridge=0.1)
    assert grid[1, 0].values == pytest.approx(alone.values) and grid[1, 0].parameters == alone.parameters
    assert grid[:2].parameters["psi1"].tolist() == [[0.5, 0.5], [1.0, 1.0]]
    assert [row.test.tolist() for row in grid] == grid.test.tolist()
    assert grid[grid.test < 0.5].test.tolist() == grid.test[grid.test < 0.5].tolist()
    assert grid["test"] is grid.test
    with pytest.raises(KeyError):
        grid["error"]
    with pytest.raises(IndexError):
        grid[3]
    for wrong in (lambda: len(point), lambda: list(point)):
        with pytest.raises(TypeError, match="a single point"):
            wrong()
    assert bool(point) and bool(grid)


def test_sel_takes_values_lists_and_slices(grid):
    row = grid.sel(ridge=0.1)
    assert row.shape == (3,) and row.test.tolist() == grid.test[:, 0].tolist()
    assert grid.sel(ridge=1, psi1=4).test == grid.test[2, 1]
    assert grid.sel(psi1=slice(0.6, None)).test.tolist() == grid.test[1:].tolist()
    assert grid.sel(psi1=[4, 0.5]).test.tolist() == grid.test[[2, 0]].tolist()
    assert grid.sel(psi1=0.9, method="nearest").test.tolist() == grid.test[1].tolist()
    assert grid.sel(psi2=3).shape == (3, 2)
    for wrong, match in [
        ({"psi1": 0.9}, "nearest is 1"),
        ({"p": 3}, "a parameter of the risk"),
        ({"psi2": 4}, "nearest is 3"),
    ]:
        with pytest.raises(InputError, match=match):
            grid.sel(**wrong)
    ratio = asy.predict(
        MODEL, asy.Proportional(np.array([[1.0], [2.0]]), np.array([[1.0, 2.0], [2.0, 4.0]])), ridge=1
    )
    with pytest.raises(InputError, match="along one axis"):
        ratio.sel(psi2=2)


@pytest.mark.parametrize("precision", [{"digits": 20}, {"certified": True}])
def test_parts_of_other_numbers_stay_exact(precision):
    risk = asy.predict(MODEL, asy.Proportional(["1/3", 2], 3), ridge="0.1", **precision)
    one = risk[0]
    assert one.exact["psi1"] == Fraction(1, 3) and one.exact["noise"] == Fraction(1, 10)
    assert one == asy.predict(MODEL, asy.Proportional("1/3", 3), ridge="0.1", **precision)


def test_xarray_has_dimensions_coordinates_names_and_words(grid, curve, point):
    data = grid.to_xarray()
    assert dict(data.sizes) == {"psi1": 3, "ridge": 2}
    assert float(data["test"].sel(psi1=4, ridge=0.1)) == grid.test[2, 0]
    assert data["psi2"].shape == () and float(data["noise"]) == 0.1
    assert data["test"].attrs == {"long_name": "excess test error", "units": "1"}
    assert set(data["status"].values.ravel()) == {"solved"}
    assert curve.to_xarray()["status"].values.tolist() == ["limit", "limit", "diverges", "limit"]
    assert point.to_xarray()["test"].shape == ()
    assert grid[:0].to_xarray()["test"].shape == (0, 2)


def test_pandas_has_a_row_per_point(grid):
    frame = grid.to_pandas()
    assert list(frame.columns) == [*grid.parameters, *grid.components, "status"]
    assert frame["test"].tolist() == grid.test.ravel().tolist() and set(frame["status"]) == {"solved"}


def test_latex_tables_have_what_varies(curve, tmp_path):
    text = curve.to_latex(tmp_path / "table.tex", components=["test", "norm_per_feature"], digits=2)
    assert (tmp_path / "table.tex").read_text() == text
    body = text.splitlines()
    assert body[0].endswith("psi2 = 3, ridge = 0")
    assert body[3] == r"$\psi_{1}$ & test error & $\|a\|^2/p$ \\"
    assert body[7].startswith(r"$3$ & $\infty$") and body[8].startswith(r"$\infty$ & $0.")
    small = asy.predict(MODEL, asy.Proportional(1e-6, [1.0, 2.0]), ridge=[0.1, 1e-7]).to_latex(
        components=["norm"]
    )
    assert r"\times 10^{" in small
    with pytest.raises(InputError, match="components"):
        curve.to_latex(components=["error"])


def test_reprs_say_model_and_sizes(curve, point, grid):
    head = repr(point).splitlines()[0]
    assert head.startswith(
        "<Risk: random-features ridge, activation relu, target {1: 1}, noise 1/10; d = 60, n = 120"
    )
    assert "psi1 = 0.5 .. 4" in repr(grid)
    page = grid._repr_html_()
    assert page.count("<tr>") == 7 and "<svg" not in page
    many = asy.predict(MODEL, asy.Proportional(np.geomspace(0.1, 10, 50), 3), ridge=0.1)
    page = many._repr_html_()
    assert "50 solved" in page and page.count("<polyline") == 1
    ElementTree.fromstring(f"<div>{page.replace('&mdash;', '')}</div>")
    assert "<svg" not in curve._repr_html_()  # two finite points are no curve
    assert point._repr_html_().count("<tr>") == 2
    assert grid[:0]._repr_html_() and repr(grid[:0])


def test_statuses_are_words(curve, point):
    assert (
        curve.statuses.tolist()
        == [row["status"] for row in curve.rows()]
        == ["limit", "limit", "diverges", "limit"]
    )
    assert point.statuses == "solved"


@pytest.mark.parametrize("text", ["1e999999999", "1" * 50_000])
def test_numbers_too_long_to_be_exported_are_refused_at_once(text):
    document = {"values": {"test": text}, "status": 0, "parameters": {"n": 3}, "noise": 0.5, "made_by": {}}
    with pytest.raises(InputError, match="too long"):
        asy.Risk.from_json(json.dumps(document))
