"""Plots say what is drawn: axes, labels, points where the theory and the simulation put them."""

import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import asymptotics as asy
from asymptotics.errors import InputError, MissingExtraError, ShapeError
from asymptotics.report import axes as labels
from asymptotics.report import canvas, styled_figure
from asymptotics.report.canvas import save_figure
from asymptotics.report.plots import plot_map

pyplot = pytest.importorskip("matplotlib.pyplot")
pyplot.switch_backend("agg")

MODEL = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.2)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def curve():
    return asy.predict(MODEL, asy.Proportional(np.geomspace(0.1, 30, 61), 3), ridge=1e-3)


def test_lines_are_the_components(curve):
    axes = asy.plot(curve, "psi1")
    drawn = {line.get_label(): line for line in axes.get_lines()}
    for name, label in [("test", "test error"), ("bias", "bias"), ("variance", "variance")]:
        assert drawn[label].get_xdata() == pytest.approx(curve.parameters["psi1"])
        assert drawn[label].get_ydata() == pytest.approx(getattr(curve, name))
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == labels.LABELS["psi1"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["test error", "bias", "variance"]


def test_interpolation_threshold_is_marked(curve):
    assert any(list(line.get_xdata()) == [3, 3] for line in asy.plot(curve, "psi1").get_lines())


def test_one_component_names_the_axis(curve):
    assert asy.plot(curve, "psi1", components=["train"]).get_ylabel() == "training error"


@pytest.mark.parametrize("precision", [{"digits": 20}, {"certified": True}])
def test_other_numbers_are_drawn_too(precision):
    sizes = asy.Proportional([1.0, 2.0, 4.0], 3)
    exact = asy.predict(MODEL, sizes, ridge="0.1", **precision)
    expected = asy.predict(MODEL, sizes, ridge="0.1").test
    assert asy.plot(exact, "psi1").get_lines()[0].get_ydata() == pytest.approx(expected)


def test_infinite_values_leave_a_gap():
    risk = asy.predict(MODEL, asy.Proportional([1.0, 2.0, 3.0, 4.0], 3), ridge=0)
    line = asy.plot(risk, "psi1").get_lines()[0]
    assert np.isnan(line.get_ydata()).tolist() == [False, False, True, False]


def test_simulation_is_drawn_at_its_ratios(curve):
    sizes = asy.FiniteSize(20, 60, [20, 60, 120])
    estimate = asy.simulate(MODEL, sizes, ridge=1e-3, trials=8, seed=0, progress=False)
    axes = asy.plot(curve, "psi1", components=["test"], simulation=estimate)
    (bars,) = axes.containers
    points, _, (segments,) = bars
    assert points.get_xdata() == pytest.approx([1, 3, 6])
    assert points.get_ydata() == pytest.approx(estimate.test.mean)
    ends = [(low[1], high[1]) for low, high in segments.get_segments()]
    expected = np.stack([estimate.test.mean - 2 * estimate.test.standard_error,
                         estimate.test.mean + 2 * estimate.test.standard_error], axis=1)  # fmt: skip
    assert np.array(ends) == pytest.approx(expected)
    assert r"simulation $\pm 2$ s.e." in [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.fixture(scope="module")
def grid():
    sizes = asy.Proportional(np.geomspace(0.1, 30, 61), 3)
    return asy.predict(MODEL, sizes, ridge=np.array([[1e-3], [0.1], [1.0]]))


def test_a_grid_is_a_line_per_row(grid):
    axes = asy.plot(grid, "psi1")
    lines = axes.get_lines()[:3]
    for line, row in zip(lines, grid.test):
        assert line.get_ydata() == pytest.approx(row)
    assert [line.get_label() for line in lines] == [
        rf"$\lambda$ = {value}" for value in ("0.001", "0.1", "1")
    ]
    assert len({tuple(line.get_color()) for line in lines}) == 3
    columns = asy.plot(grid, "ridge").get_lines()
    assert len(columns) == 61 and columns[7].get_ydata() == pytest.approx(grid.test[:, 7])
    assert columns[0].axes.figure.axes[-1].get_ylabel() == labels.LABELS["psi1"]


def test_simulation_of_a_grid_is_on_its_rows(grid):
    estimate = asy.simulate(
        MODEL, asy.FiniteSize(20, 60, [[20], [120]]), ridge=[0.1, 1.0], trials=4, progress=False
    )
    bars = asy.plot(grid, "psi1", simulation=estimate).containers
    assert [len(one[0].get_xdata()) for one in bars] == [0, 2, 2]
    assert bars[2][0].get_ydata() == pytest.approx(estimate.test.mean[:, 1])


def test_map_has_contours_and_says_what_is_clipped(grid):
    axes = plot_map(grid, "psi1", "ridge", largest=1.0)
    mesh = axes.collections[0]
    assert np.asarray(mesh.get_array()).reshape(3, 61) == pytest.approx(np.minimum(grid.test, 1.0))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    bar = axes.figure.axes[-1]
    assert bar.get_ylabel() == "test error (above 1 clipped)"
    assert plot_map(grid, "psi1", "ridge").figure.axes[-1].get_ylabel() == "test error"


def test_options_of_lines_pass_through(curve):
    given = {"color": "black", "linestyle": ":", "linewidth": 0.7, "marker": "x"}
    (line,) = asy.plot(curve, "psi1", components="test", **given).get_lines()[:1]
    assert [getattr(line, f"get_{name}")() for name in given] == list(given.values())


def test_excess_risk_is_only_what_is_part_of_it(curve):
    assert asy.plot(curve, "psi1").get_ylabel() == "excess risk"
    assert asy.plot(curve, "psi1", components=["test", "train"]).get_ylabel() == "test error, training error"
    line = asy.plot(curve, components=["prediction"]).get_lines()[0]
    assert line.get_ydata() == pytest.approx(curve.test + 0.2)


def test_empty_axes_get_labels_scales_and_legend(curve):
    _, axes = pyplot.subplots()
    fresh = asy.plot(curve, "psi1")
    asy.plot(curve, "psi1", ax=axes)
    for what in ("get_xlabel", "get_ylabel", "get_xscale", "get_yscale"):
        assert getattr(axes, what)() == getattr(fresh, what)()
    assert axes.get_legend() is not None


def test_no_label_between_powers_of_ten_and_few_within_one(curve):
    axes = asy.plot(curve, "psi1")
    axes.figure.canvas.draw()
    assert {text.get_text() for text in axes.get_xticklabels(minor=True)} == {""}
    short = asy.predict(MODEL, asy.Proportional(np.geomspace(0.5, 12, 9), 3), ridge=0.1)
    axes = asy.plot(short)
    axes.figure.canvas.draw()
    low, high = axes.get_xlim()
    shown = [t.get_text() for t in axes.get_xticklabels() if low <= t.get_position()[0] <= high]
    assert shown == ["0.5", "1", "2", "5", "10"]


def fonts(path):
    """Names of the fonts of a PDF, read from its bytes, and whether one is of Type 3."""
    data = path.read_bytes()
    names = re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", data)
    return {name.decode() for name in names}, b"/Subtype /Type3" in data


@pytest.mark.parametrize("how", ["own savefig", "save_figure", "pyplot"])
def test_saved_figures_embed_the_style_s_fonts(curve, tmp_path, how):
    axes, path = asy.plot(curve, "psi1"), tmp_path / "curve.pdf"
    if how == "own savefig":
        axes.figure.savefig(path)
    elif how == "pyplot":
        pyplot.savefig(path)
    else:
        assert save_figure(axes, path) == path
    names, type3 = fonts(path)
    assert not type3
    assert {name.partition("-")[0] for name in names} == {"STIXGeneral"}
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", path.read_bytes())
    assert float(box[1]) == pytest.approx(72 * 3.4)


def test_a_figure_of_one_s_own_is_saved_without_type_3(curve, tmp_path):
    figure, axes = pyplot.subplots()
    asy.plot(curve, "psi1", ax=axes)
    figure.savefig(tmp_path / "plain.pdf")
    save_figure(figure, tmp_path / "ours.pdf", width=5, height=3)
    assert [fonts(tmp_path / name)[1] for name in ("plain.pdf", "ours.pdf")] == [True, False]
    assert figure.get_size_inches().tolist() == [5, 3]
    for arguments, options in (
        ((3, "a.pdf"), {}),
        ((figure, "a.nothing"), {}),
        ((figure, "a.pdf"), {"width": 0}),
    ):
        with pytest.raises(InputError):
            save_figure(*arguments, **options)


def test_settings_are_the_user_s_before_and_after(curve):
    before = dict(pyplot.rcParams)
    asy.plot(curve, "psi1")
    assert dict(pyplot.rcParams) == before
    pyplot.rcParams["interactive"] = False
    with styled_figure.applied({"font.size": 4.0}):
        pyplot.rcParams["interactive"] = True  # as a backend does that is loaded with the first figure
    assert pyplot.rcParams["interactive"] is True
    pyplot.rcParams.update(before)


def test_a_style_that_the_user_chose_is_used_alone(curve):
    with pyplot.style.context("dark_background"):
        axes = asy.plot(curve, "psi1")
        colors = pyplot.rcParams["axes.prop_cycle"].by_key()["color"]
    assert [line.get_color() for line in axes.get_lines()[:3]] == colors[:3]
    assert axes.figure.get_facecolor()[:3] == (0, 0, 0)
    assert axes.xaxis.label.get_fontfamily() == ["sans-serif"]
    with pyplot.style.context("asymptotics.report.paper"):
        named = asy.plot(curve, "psi1")
    ours = asy.plot(curve, "psi1")
    for one in (named, ours):
        assert one.xaxis.label.get_fontfamily()[0] == "STIXGeneral"
    assert [line.get_color() for line in named.get_lines()] == [line.get_color() for line in ours.get_lines()]


def test_colors_are_told_apart_under_every_color_deficiency():
    """Simulated after Machado, Oliveira and Fernandes 2009 (full deficiency), distances in CIELAB."""
    kinds = {
        "none": np.eye(3),
        "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.052]],
        "deuteranopia": [[0.3673, 0.8606, -0.228], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
        "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
    }  # fmt: skip
    cycle = mpl.rc_params_from_file(canvas.STYLE, use_default_template=False)["axes.prop_cycle"].by_key()
    linear = np.array([to_rgb(color) for color in cycle["color"]])
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.072175],
            [0.0193339, 0.119192, 0.9503041],
        ]
    )
    for name, matrix in kinds.items():
        xyz = np.clip(linear @ np.transpose(matrix), 0, 1) @ to_xyz.T / [0.95047, 1, 1.08883]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
        apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(len(lab), 1)]
        assert apart.min() > 9, name
    assert len({str(dashes) for dashes in cycle["linestyle"]}) == len(cycle["color"])


def test_drawing_into_given_axes_keeps_them(curve):
    figure, axes = pyplot.subplots()
    axes.set_xlabel("mine")
    assert asy.plot(curve, "psi1", ax=axes, label="ReLU") is axes
    assert axes.get_xlabel() == "mine"
    assert axes.get_lines()[0].get_label() == "ReLU test error"
    assert pyplot.get_fignums() == [figure.number]


def test_what_cannot_be_drawn_is_said(curve):
    with pytest.raises(InputError, match=r"x = 'n': expected a parameter of the risk: psi1, psi2, ridge"):
        asy.plot(curve, "n")
    for arguments, name in [((3, "psi1"), "risk"), ((curve, "psi1"), "simulation")]:
        with pytest.raises(InputError) as caught:
            asy.plot(*arguments, simulation=2)
        assert caught.value.name == name
    with pytest.raises(InputError, match=r"components = 'error'"):
        asy.plot(curve, "psi1", components=["error"])
    with pytest.raises(InputError, match="give psi1 as an array"):
        asy.plot(asy.predict(MODEL, asy.Proportional(1, 2), ridge=1), "psi1")
    with pytest.raises(InputError, match="an empty grid"):
        asy.plot(asy.predict(MODEL, asy.Proportional([], 2), ridge=1), "psi1")
    many = asy.predict(MODEL, asy.Proportional([[1.0], [2.0]], np.linspace(3, 4, 201)), ridge=1)
    with pytest.raises(ShapeError, match="at most 200 rows"):
        asy.plot(many, "psi1")
    with pytest.raises(
        InputError, match="x = None: expected the parameter on the horizontal axis: psi1, psi2"
    ):
        asy.plot(many)
    with pytest.raises(ShapeError, match="a grid of psi1 and ridge"):
        plot_map(curve, "psi1", "ridge")
    with pytest.raises(InputError, match="y = 'n'"):
        plot_map(curve, "psi1", "n")


def test_missing_matplotlib_says_what_to_install(monkeypatch):
    import builtins

    real = builtins.__import__

    def without_matplotlib(name, *arguments, **keywords):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(MissingExtraError, match=r"asymptotics-rf\[plot\]"):
        canvas.load_pyplot()


def test_objects_print_what_they_are():
    assert repr(asy.KernelRidge("exp(t)", {1: 1}, "0.1")) == "KernelRidge('exp(t)', {1: 1}, noise=1/10)"
    assert (
        repr(asy.atlas(1, 2)).startswith("<ScalingRegime\ncell: kappa1 - 1 = 0")
        and len(repr(asy.atlas(1, 2))) < 1000
    )


@pytest.mark.parametrize(("shown", "dashes"), [(["test"], 3), (["test", "train"], 2)])
def test_rows_are_told_apart_without_color(shown, dashes):
    model = asy.RandomFeaturesRidge("relu", {1: 1}, 0.1)
    regime = asy.Proportional(np.geomspace(0.5, 5, 9), 2)
    risk = asy.predict(model, regime, ridge=np.array([[0.001], [0.1], [1.0]]))
    lines = asy.plot(risk, x="psi1", components=shown).get_lines()
    assert len({str(line.get_linestyle()) for line in lines if len(line.get_xdata()) == 9}) == dashes
