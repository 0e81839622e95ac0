"""The explorer: one file that asks for nothing, whose numbers are those of Python.

The second half needs playwright and a Chromium of the distribution's packages; it is skipped without them, and fails
where ASYMPTOTICS_REQUIRES_TOOLS is set.
"""

import json
import os
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli.group import main
from asymptotics.report.explorer.page import explore
from asymptotics.report.explorer.programs import DIMENSIONS

NAMES = ("relu", "tanh", "abs", "erf", "softplus")
ERRORS = ("test", "bias", "variance", "train")
POINTS, TEN = 1000, 10


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return explore(tmp_path_factory.mktemp("explorer") / "explorer.html", NAMES)


def test_the_page_is_one_file_that_names_no_other(page):
    text = page.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", text)
    assert all(f'"{name}"' in text for name in NAMES)


def test_every_control_has_a_label_and_every_equation_its_digest(page):
    text = page.read_text(encoding="utf-8")
    model = asy.RandomFeaturesRidge("relu", {1: 1})
    for equations in (model.limit(), model.finite(DIMENSIONS[0])):
        assert all(chart.system.digest[:16] in text for chart in equations.charts)
    assert "<math" in text and "unknown-command" not in text


def test_an_unknown_activation_is_refused(tmp_path):
    with pytest.raises(asy.InputError, match="activation"):
        explore(tmp_path / "page.html", ["nonsense"])


def test_a_path_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("asymptotics.report.explorer.page.programs", lambda names: "{}")
    good = CliRunner().invoke(main, ["explore", "--out", str(tmp_path / "page.html")])
    bad = CliRunner().invoke(main, ["explore", "--out", str(tmp_path / "no" / "page.html")])
    assert good.exit_code == 0 and bad.exit_code == 2
    assert "Traceback" not in bad.output and "no" in bad.output


@pytest.fixture(scope="module")
def opened(page):
    """The page in a headless browser, with what it asked for and complained about."""
    needed = bool(os.environ.get("ASYMPTOTICS_REQUIRES_TOOLS"))
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if program is None or sync_playwright is None:
        (pytest.fail if needed else pytest.skip)("playwright and chromium are needed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.asked, tab.complaints = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.goto(page.as_uri())
        yield tab
        browser.close()


ASK = """(points) => points.map((q) => {
  const regime = PROGRAMS.regimes[q.regime], numbers = numbersOf(regime, q.activation, q.target, q.noise);
  const sizes = { n: q.n, p: q.p };
  return { risk: predict(regime, numbers, sizes, q.ridge), parts: parts(regime, numbers, sizes, q.ridge),
           trained: q.time ? trained(regime, numbers, sizes, q.time) : null };
})"""


def drawn(count, seed, regime="limit"):
    """Points at random, ten of each model: sizes over three decades, ridges over eight, times over six."""
    rng = np.random.default_rng(seed)
    for _ in range(count // TEN):
        powers = [0.0, *rng.uniform(0, 2, 4 if regime != "limit" else 2)]
        model = {"activation": str(rng.choice(NAMES)), "target": powers, "noise": float(rng.uniform(0, 2))}
        sizes = 10 ** rng.uniform(-1, 2, (TEN, 2))
        if regime != "limit":
            sizes = np.ceil(sizes * int(regime))
        for n, p in sizes.tolist():
            ridge, time = float(10 ** rng.uniform(-6, 2)), float(10 ** rng.uniform(-2, 4))
            yield {
                "regime": regime,
                **model,
                "n": n,
                "p": p,
                "ridge": ridge,
                "time": time * (regime == "limit"),
            }


def asked(points, found, **training):
    """For each model the risk in Python at its ten points, and what the page found."""
    for i in range(0, len(points), TEN):
        some = points[i : i + TEN]
        first, column = (
            some[0],
            {name: np.array([q[name] for q in some]) for name in ("n", "p", "ridge", "time")},
        )
        target = {k: power for k, power in enumerate(first["target"]) if power}
        model = asy.RandomFeaturesRidge(first["activation"], target, noise=first["noise"])
        if first["regime"] == "limit":
            regime = asy.Proportional(psi1=column["p"], psi2=column["n"])
        else:
            regime = asy.FiniteSize(d=int(first["regime"]), n=column["n"], p=column["p"])
        given = {"time": column["time"]} if training else {"ridge": column["ridge"]}
        yield asy.predict(model, regime, **given), found[i : i + TEN], sum(first["target"]) + first["noise"]


def test_values_are_those_of_python_to_13_digits(opened):
    points = list(drawn(POINTS, seed=20))
    for risk, found, scale in asked(points, opened.evaluate(ASK, points)):
        assert np.all(risk.status == asy.Status.SOLVED)
        for name in (*ERRORS, "norm"):
            assert [one["risk"][name] for one in found] == pytest.approx(getattr(risk, name), rel=1e-13), name
        for name, part in risk.parts.items():
            assert [one["parts"][name] for one in found] == pytest.approx(part, rel=1e-13, abs=1e-14 * scale)


def test_trained_values_are_those_of_python(opened):
    points = list(drawn(100, seed=21))
    for risk, found, scale in asked(points, opened.evaluate(ASK, points), trained=True):
        for name in ERRORS:
            values = [one["trained"][name] for one in found]
            assert values == pytest.approx(getattr(risk, name), rel=1e-12, abs=1e-13 * scale)


@pytest.mark.parametrize("d", DIMENSIONS)
def test_staircases_are_those_of_python(opened, d):
    points = list(drawn(100, seed=22, regime=str(d)))
    for risk, found, _ in asked(points, opened.evaluate(ASK, points)):
        for name in ERRORS:
            assert [one["risk"][name] for one in found] == pytest.approx(getattr(risk, name), rel=1e-11)


def test_the_peak_without_ridge_is_no_number(opened):
    points = [{**next(drawn(TEN, seed=23)), "ridge": 0, "n": 2.0, "p": p} for p in (2.0, 2.5)]
    at_peak, beyond = opened.evaluate(ASK, points)
    assert at_peak["risk"] is None and beyond["risk"]["test"] > 0


def test_a_slider_moves_by_keys_and_redraws_without_asking_anything(opened):
    assert opened.complaints == []
    for view in ("parts", "staircase", "time", "descent"):
        opened.click(f"[data-view={view}]")
        before = opened.inner_html("#plot")
        opened.focus("#noise")
        opened.keyboard.press("ArrowRight")
        assert opened.inner_html("#plot") != before
        labels = opened.evaluate(
            "() => [...document.querySelectorAll('input, select')].every((one) => one.labels.length === 1)"
        )
        assert labels
    assert opened.complaints == [] and len(opened.asked) == 1


def test_the_page_fits_a_telephone(opened):
    opened.set_viewport_size({"width": 360, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_copied_call_gives_what_is_drawn(opened):
    for view in ("descent", "staircase", "time"):
        opened.click(f"[data-view={view}]")
        opened.click("#copy")
        scope: dict = {}
        exec(opened.inner_text("#python"), scope)
        there = json.loads(opened.evaluate("JSON.stringify(curvesOf())"))
        (column,) = (one["y"] for one in there["columns"] if one["name"] == "test")
        assert scope["risk"].test == pytest.approx(np.array(column), rel=1e-8)
        assert opened.inner_text("#copied") == "copied"
