"""The command line: answers on stdout, talk on stderr, exit codes, and one line for whatever is wrong."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import click
import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.equations.records import system_from_text
from asymptotics.errors import MissingExtraError
from asymptotics.models.library import stored_system
from asymptotics.report.mathml import UNKNOWN

MODEL = ["--activation", "relu", "--target", "1:1,2:0.25", "--noise", "0.1"]
FINITE = ["--d", "20", "--n", "40", "--p", "60", "--ridge", "0.1"]
LIMIT = ["--psi1", "2", "--psi2", "3", "--ridge", "0.1"]


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


def answer(*arguments):
    """The JSON that a command prints, which must be all it prints on stdout."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def model():
    return asy.RandomFeaturesRidge("relu", {1: 1, 2: "0.25"}, noise="0.1")


def test_help_lists_every_command():
    text = run("--help").stdout
    for command in ("compare", "curve", "derive", "list", "predict", "reference", "reproduce", "scaling", "simulate",
                    "store", "verify"):  # fmt: skip
        assert f"  {command} " in text
    assert run("--version").stdout.strip() == f"asymptotics, version {asy.__version__}"


@pytest.mark.parametrize("command", main.list_commands(click.Context(main)))
def test_every_command_explains_itself(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert main.commands[command].help.strip().endswith(".")


def test_predict_at_finite_size_and_in_the_limit():
    risk = asy.predict(model(), asy.FiniteSize(20, 40, 60), ridge="0.1")
    assert answer("predict", *MODEL, *FINITE, "--json")["values"]["test"] == risk.test
    assert f"test = {risk.test:.15g}" in run("predict", *MODEL, *FINITE).stdout
    limit = asy.predict(model(), asy.Proportional(2, 3), ridge="0.1")
    assert answer("predict", *MODEL, *LIMIT, "--json")["values"] == limit.to_dict()["values"]


def test_predict_with_the_next_order():
    sizes = ("--d", "20", "--n", "24", "--p", "30", "--ridge", "0.05")
    given = ("--activation", "relu", "--target", "1:1", "--noise", "1", *sizes)
    leading, full = (answer("predict", *given, *more, "--json") for more in ((), ("--order", "1")))
    assert round(leading["values"]["variance"], 5) == 0.73997
    assert round(full["values"]["variance"], 5) == 0.74342
    assert "cancel" in run("predict", *given, "--order", "1").stdout
    refused = run(
        "predict", "--activation", "relu", "--psi1", "2", "--psi2", "3", "--ridge", "1", "--order", "1"
    )
    assert refused.exit_code != 0 and "FiniteSize" in refused.stderr


def test_predict_takes_infinities_lists_and_grids():
    kernel = answer("predict", *MODEL, "--psi1", "inf", "--psi2", "3", "--ridge", "0", "--json")
    assert kernel["parameters"]["psi1"] == "inf"
    grid = answer("predict", *MODEL, "--psi1", "0.1:10:5:log", "--psi2", "3", "--ridge", "0.1", "--json")
    assert grid["parameters"]["psi1"] == pytest.approx([0.1, 10**-0.5, 1, 10**0.5, 10])
    listed = answer(
        "predict", *MODEL, "--psi1", "1,2", "--psi2", "inf", "--ridge-per-sample", "0.1", "--json"
    )
    assert listed["values"]["variance"] == [0, 0]


def test_curve_writes_figure_and_table(tmp_path):
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    figure, table = tmp_path / "curve.pdf", tmp_path / "curve.csv"
    grid = ["--psi1", "0.1:10:20:log", "--psi2", "3", "--ridge", "1e-3"]
    result = run("curve", *MODEL, *grid, "--out", str(figure), "--csv", str(table))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.count("wrote ") == 2
    assert figure.read_bytes().startswith(b"%PDF")
    lines = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    assert len(list(csv.DictReader(lines))) == 20
    assert len(answer("curve", *MODEL, *grid, "--json")["values"]["test"]) == 20


def test_simulate_and_compare():
    given = [*MODEL, *FINITE, "--trials", "40", "--seed", "3"]
    estimate = asy.simulate(
        model(), asy.FiniteSize(20, 40, 60), ridge="0.1", trials=40, seed=3, progress=False
    )
    printed = answer("simulate", *given, "--json")
    assert str(estimate.test.mean)[:12] in json.dumps(printed)
    assert run("simulate", *given).stdout.startswith("Monte Carlo estimate, 40 replicates")
    given[-1] = "0"
    agreement = run("compare", *given)
    assert agreement.exit_code == 0 and "agrees" in agreement.stdout
    assert answer("compare", *given, "--json")


def test_disagreement_is_exit_code_1(monkeypatch):
    real, quiet = asy.predict, asy.RandomFeaturesRidge("relu", {1: 1})
    monkeypatch.setattr(asy, "predict", lambda model, regime, ridge: real(quiet, regime, ridge=ridge))
    result = run("compare", *MODEL, *FINITE, "--trials", "40")
    assert result.exit_code == 1
    assert "DISAGREES" in result.stdout and "Traceback" not in result.output


def test_a_stopped_campaign_goes_on(tmp_path):
    store = str(tmp_path / "runs.sqlite")
    given = [*MODEL, *FINITE, "--trials", "40", "--store", store]
    half = run("simulate", *given, "--shard", "1/2")
    assert half.exit_code == 0 and half.stdout.startswith("24 of 40 replicates in 1 configurations")
    assert run("simulate", *given, "--status").stdout == half.stdout == run("store", "status", store).stdout
    status = answer("simulate", *given, "--status", "--json")
    assert (status["done"], status["planned"], status["complete"]) == (24, 40, False)
    assert status["configurations"][0]["description"]["d"] == 20
    assert answer("store", "status", store, "--json") == status
    whole, alone = answer("simulate", *given, "--json"), answer("simulate", *given[:-2], "--json")
    assert whole["observables"] == alone["observables"]


def test_parts_are_merged_and_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = [*MODEL, "--d", "10", "--n", "20", "--p", "15,30", "--ridge", "0.1", "--trials", "24"]
    for part in "12":
        assert run("simulate", *given, "--shard", f"{part}/2", "--store", f"{part}.sqlite").exit_code == 0
    flow = ["--kernel", "exp(t)", "--d", "10", "--n", "20", "--time", "1,3", "--trials", "4"]
    assert run("simulate", *flow, "--store", "2.sqlite").exit_code == 0
    merged = answer("store", "merge", "all.sqlite", "1.sqlite", "2.sqlite", "--json")
    assert (merged["done"], merged["complete"]) == (2 * 24 + 4, True)
    result = run("store", "export", "all.sqlite", "--csv", "all.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text().splitlines()))
    features, times = [row for row in rows if row["ridge"]], [row for row in rows if row["time"]]
    alone = answer("simulate", *given, "--json")
    assert [float(row["test"]) for row in features] == alone["observables"]["test"]["mean"]
    assert [row["activation"] or row["kernel"] for row in rows] == ["relu"] * 2 + ["exp(t)"] * 2
    assert [float(row["time"]) for row in times] == [1, 3] and {row["p"] for row in times} == {"inf"}
    assert {row["target_powers"] for row in features} == {"1: 1, 2: 0.25"}
    assert run("store", "export", "all.sqlite", "--csv", "draws.csv", "--draws").exit_code == 0
    assert len((tmp_path / "draws.csv").read_text().splitlines()) == 1 + 2 * 24 + 2 * 4
    exported = answer("store", "export", "all.sqlite", "--json")
    estimates = [asy.Estimate.from_json(json.dumps(one)) for one in exported]
    assert [estimate.trials for estimate in estimates] == [24, 4]
    assert run("store", "export", "all.sqlite").stdout.count("Monte Carlo estimate") == 2


def test_options_of_the_simulation_are_passed_on(tmp_path):
    given = [*MODEL, "--d", "12", "--n", "20", "--p", "15", "--trials", "6"]
    features = asy.FiniteSize(12, 20, 15)
    cases = [
        (["--time", "0.5,2", "--step-size", "0.01"], {"time": [0.5, 2], "step_size": 0.01}),
        (["--ridge", "0.1", "--labels", "averaged"], {"ridge": 0.1, "labels": "averaged"}),
        (["--ridge", "0.1", "--inputs", "gaussian", "--weights", "sphere"],
         {"ridge": 0.1, "inputs": "gaussian", "weights": "sphere"}),
        (["--ridge", "0.1", "--test-error", "sampled", "--test-samples", "50"],
         {"ridge": 0.1, "test_error": "sampled", "test_samples": 50}),
        (["--ridge", "0.1", "--ensemble", "2"], {"ridge": 0.1, "ensemble": 2}),
        (["--ridge", "0.1", "--surrogate-degree", "1"], {"ridge": 0.1, "surrogate_degree": 1}),
        (["--ridge", "0.1,1", "--coupling", "nested"], {"ridge": [0.1, 1.0], "coupling": "nested"}),
        (["--ridge", "0.1", "--precision", "single"], {"ridge": 0.1, "precision": "single"}),
    ]  # fmt: skip
    for arguments, options in cases:
        table = tmp_path / "simulation.csv"
        assert run("simulate", *given, *arguments, "--csv", str(table)).stderr == f"wrote {table}\n"
        assert table.read_text() == asy.simulate(model(), features, **options, trials=6).to_csv()
    averaged = answer(
        "compare", *given, "--ridge", "0.1", "--labels", "averaged", "--allowance", "1", "--json"
    )
    assert averaged["provenance"]["labels"] == "averaged"


@pytest.mark.statistical
def test_reference(tmp_path):
    """The small campaign with its folder, at false-alarm rate 0.1 %; the replicates depend on the machine."""
    folder = tmp_path / "report"
    result = run("reference", "--small", "--seconds", "3", "--workers", "1", "--out", str(folder))
    assert result.exit_code == 0, result.output
    assert "24 configurations in 6 families" in result.stdout and "\nagrees: " in result.stdout
    assert result.stderr.startswith("predicting 24 configurations") and result.stderr.count("wrote ") == 4
    assert result.stdout.rstrip("\n") in (folder / "report.md").read_text()
    assert {path.name for path in folder.iterdir()} == {
        "report.md", "configurations.csv", "report.json", "calibration.png"
    }  # fmt: skip
    document = json.loads((folder / "report.json").read_text())
    assert document["agrees"] and document["made"]["configurations"] == 24


def test_reference_that_disagrees_is_exit_code_1(monkeypatch):
    from asymptotics.report import families, reference

    real, quiet = reference.predict, asy.RandomFeaturesRidge("relu", {1: 1})
    wrong = lambda model, regime, ridge: real(quiet, regime, ridge=ridge)  # noqa: E731
    monkeypatch.setattr(reference, "predict", wrong)
    monkeypatch.setattr(families, "SMALL_FAMILIES", families.SMALL_FAMILIES[:1])
    result = run("reference", "--small", "--seconds", "0.1", "--workers", "1", "--json")
    assert result.exit_code == 1
    assert not json.loads(result.stdout)["agrees"] and "Traceback" not in result.output


@pytest.mark.parametrize("regime", ["general", "proportional"])
def test_derive(regime):
    system = stored_system("random-features", regime)
    assert run("derive", "random-features", "--regime", regime).stdout == str(system)
    record = system_from_text(run("derive", "--regime", regime, "--json").stdout)
    assert record == system
    assert run("derive", "--regime", regime, "--latex").stdout.startswith(r"\documentclass")


def test_verify():
    result = run("verify", "marchenko-pastur")
    assert result.exit_code == 0
    assert "marchenko-pastur" in result.stdout
    assert answer("verify", "marchenko-pastur", "--json")


def test_list():
    listed = answer("list", "--json")
    assert "random-features" in listed["derived systems"] and "relu" in listed["activations"]
    assert "  random-features" in run("list").stdout.splitlines()


BAD = [
    (["predict", *MODEL], "psi1 = None"),
    (["predict", *MODEL, "--psi1", "2", "--psi2", "3"], "ridge = None"),
    (["predict", *MODEL, "--psi1", "-2", "--psi2", "3", "--ridge", "1"], "psi1 = '-2'"),
    (["predict", *MODEL, "--psi1", "2", "--psi2", "nan", "--ridge", "1"], "psi2 = 'nan'"),
    (["predict", *MODEL, "--psi1", "1:2", "--psi2", "3", "--ridge", "1"], "psi1 = '1:2'"),
    (["predict", *MODEL, "--psi1", "0:2:5:log", "--psi2", "3", "--ridge", "1"], "psi1 = '0:2:5:log'"),
    (["predict", *MODEL, "--psi1", "1,2", "--psi2", "1,2,3", "--ridge", "1"], "broadcast"),
    (["predict", *MODEL, "--psi1", "1", "--d", "2", "--ridge", "1"], "sizes = "),
    (["predict", *MODEL, "--d", "20", "--ridge", "1"], "give --n"),
    (["predict", *MODEL, "--d", "20", "--n", "1.5", "--ridge", "1"], "n = '1.5'"),
    (["predict", *MODEL, *LIMIT, "--ridge-per-sample", "1"], "ridge = "),
    (["predict", *MODEL, *LIMIT, "--bogus"], "--bogus"),
    (["predict", "--activation", "rellu", *LIMIT], "did you mean"),
    (["predict", "--activation", "x.__class__", *LIMIT], "attribute access"),
    (["predict", "--activation", "(lambda: 1)()", *LIMIT], "activation = "),
    (["predict", "--target", "1", *LIMIT], "target = '1'"),
    (["predict", "--target", "1:-1", *LIMIT], "target[1] = "),
    (["predict", "--target", "1:1,1:2", *LIMIT], "each degree once"),
    (["predict", "--noise", "loud", *LIMIT], "noise = 'loud'"),
    (["predict", "--target", "signs", *LIMIT], "degree:power pairs"),
    (["predict", "--target", "sign,flip=0.1", *LIMIT], "sign,flips=F"),
    (["predict", "--target", "sign,flips=0.6", *LIMIT], "a probability below 1/2"),
    (["predict", "--target", "sign", "--noise", "0.1", *LIMIT], "SignTarget(probit=...)"),
    (["predict", "--loss", "hinge", *LIMIT], "labels of two classes for the hinge loss"),
    (["predict", "--loss", "cubic", *LIMIT], "one of 'square', 'logistic'"),
    (["predict", "--loss", "huber=wide", *LIMIT], "delta = 'wide'"),
    (["predict", "--loss", "huber", "--digits", "30", *LIMIT], "None for a convex loss"),
    (["predict", "--loss", "huber", *LIMIT[:-2], "--time", "1"], "no more is known"),
    (["simulate", "--loss", "huber", *FINITE[:-1], "0"], "a positive number for a loss"),
    (["curve", *MODEL, *LIMIT], "one option given as a grid"),
    (
        ["curve", *MODEL, "--psi1", "1:2:3", "--psi2", "3", "--ridge", "1", "--out", "curve.xyz"],
        "known suffix",
    ),
    (
        ["curve", *MODEL, "--psi1", "1:2:3", "--psi2", "3", "--ridge", "1", "--x", "n", "--out", "c.pdf"],
        "x = 'n'",
    ),
    (["simulate", *MODEL, *LIMIT], "regime = Proportional"),
    (["simulate", *MODEL, *FINITE, "--trials", "many"], "many"),
    (["simulate", *MODEL, *FINITE, "--trials", "0"], "trials = 0"),
    (["simulate", *MODEL, *FINITE, "--workers", "0"], "workers = 0"),
    (["simulate", *MODEL, *FINITE, "--status"], "need --store"),
    (["simulate", *MODEL, *FINITE, "--status", "--store", "nowhere.sqlite"], "an existing store"),
    (["simulate", *MODEL, *FINITE, "--store", "a.sqlite", "--shard", "3/2"], "shard = '3/2'"),
    (["simulate", *MODEL, *FINITE, "--time", "1"], "exactly one of ridge, ridge_per_sample"),
    (["simulate", *MODEL, *FINITE, "--step-size", "1"], "step_size"),
    (["simulate", *MODEL, *FINITE, "--inputs", "torus"], "inputs = 'torus'"),
    (["simulate", *MODEL, *FINITE, "--test-samples", "many"], "many"),
    (["compare", *MODEL, *LIMIT], "finite sizes"),
    (["compare", *MODEL, *FINITE[:-2], "--time", "1", "--step-size", "0"], "step_size = '0'"),
    (["compare", *MODEL, *FINITE[:-2], "--time", "1", "--step-size", "0.3"], "every time is a multiple"),
    (["compare", *MODEL, "--data", "own.csv", "--n", "3"], "n = '3': expected a column of --data"),
    (["compare", *MODEL, *FINITE, "--noisy-labels"], "--noisy-labels is about --data"),
    (["compare", *MODEL, *FINITE, "--loss", "mean"], "--loss is about --data"),
    (["compare", *MODEL, "--data", "own.csv", "--loss", "hinge"], "loss = 'hinge'"),
    (["compare", *MODEL, "--data", "nowhere.csv"], "a CSV file that can be read"),
    (["compare", *MODEL, "--data", "nowhere.csv", "--columns", "a"], "name=name pairs"),
    (["render", "riemann-hypothesis"], "riemann-hypothesis"),
    (["render"], "NAMES"),
    (["store", "status", "nowhere.sqlite"], "nowhere.sqlite"),
    (["store", "merge", "target.sqlite"], "SOURCES"),
    (["store", "dance"], "dance"),
    (["reference", "--seconds", "0"], "seconds = 0"),
    (["reference", "--workers", "0"], "workers = 0"),
    (["reference", "--out", "/dev/null/inside"], "folder = "),
    (["derive", "perceptron"], "model = 'perceptron'"),
    (["derive", "--regime", "cold"], "regime = 'cold'"),
    (["verify", "riemann-hypothesis"], "riemann-hypothesis"),
    (["dance"], "dance"),
    (["--loud"], "--loud"),
]


@pytest.mark.parametrize(("arguments", "expected"), BAD, ids=[" ".join(a[:1] + a[-2:]) for a, _ in BAD])
def test_bad_input_is_one_line_and_exit_code_2(arguments, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text("d,n,test\n10,20,0.5\n")
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and expected in result.stderr
    assert result.stderr.count("\n") == 1 and len(result.stderr) < 600


def test_every_command_is_listed_and_found():
    context = click.Context(main)
    assert all(main.get_command(context, name).name == name for name in main.list_commands(context))
    assert sorted(main.commands) == main.list_commands(context)


def test_a_mixed_installation_is_refused(monkeypatch):
    from types import SimpleNamespace

    from asymptotics.cli import group

    monkeypatch.setattr(group, "distribution", lambda name: SimpleNamespace(version="0.3.2"))
    result = run("list")
    assert result.exit_code == 2 and "fresh virtual environment" in result.stderr


def process(*arguments):
    environment = {**os.environ, "MPLBACKEND": "agg"}
    command = [sys.executable, "-m", "asymptotics.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_real_processes_return_the_codes():
    bad = process("predict", "--activation", "nothing", *LIMIT)
    assert (bad.returncode, bad.stdout, bad.stderr.count("\n")) == (2, "", 1)
    assert process("simulate", *MODEL, *FINITE, "--trials", "4", "--workers", "2", "--json").returncode == 0


def test_several_ridges_are_curves_of_one_figure(tmp_path):
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    grid = ["--psi1", "0.1:10:12:log", "--psi2", "3", "--ridge", "0.01,0.1,1"]
    found = answer("curve", *MODEL, *grid, "--json")
    psi1, ridges = np.geomspace(0.1, 10, 12), np.array([[0.01], [0.1], [1.0]])
    expected = asy.predict(model(), asy.Proportional(psi1, 3), ridge=ridges)
    assert found["values"]["test"] == expected.test.tolist()
    for extra in ([], ["--map"], ["--components", "test,train"]):
        figure = tmp_path / "curves.png"
        result = run("curve", *MODEL, *grid, *extra, "--out", str(figure))
        assert result.exit_code == 0 and figure.read_bytes().startswith(b"\x89PNG"), result.output


def test_own_data_is_judged_and_drawn(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    risk = asy.predict(model(), asy.FiniteSize(30, 60, [45, 90]), ridge=[0.5, 0.25])
    lines = ["d,n,width,alpha,mse", *(f"30,60,{p},{alpha},{test + 0.1}" for p, alpha, test in zip(
        (45, 90), (45 * 0.5 / 60, 90 * 0.25 / 60), risk.test))]  # fmt: skip
    (tmp_path / "own.csv").write_text("\n".join(lines))
    own = ["--data", "own.csv", "--columns", "mse=test,width=p,alpha=ridge"]
    convention = ["--loss", "mean", "--plain-features", "--noisy-labels"]
    agreement = run("compare", *MODEL, *own, *convention, "--allowance", "1e-6")
    assert agreement.exit_code == 0 and "Theory against measurement" in agreement.stdout, agreement.output
    naive = run("compare", *MODEL, *own)
    assert naive.exit_code == 1 and "DISAGREES" in naive.stdout
    grid = ["--d", "30", "--n", "60", "--p", "30,45,90,120", "--ridge", "0.3"]
    drawn = run("curve", *MODEL, *grid, *own, *convention, "--out", "own.pdf")
    assert drawn.exit_code == 0 and (tmp_path / "own.pdf").exists(), drawn.output


def test_cite_render_and_info(tmp_path):
    assert run("cite").stdout.count("@") == 1 and "@software{asymptotics," in run("cite").stdout
    cited = answer("cite", *MODEL, *LIMIT, "--json")
    assert "MeiMontanari2022" in cited["keys"] and len(cited["bibtex"]) == 1 + len(cited["keys"])
    assert run("cite", *MODEL, "--psi1", "2", "--psi2", "3").stdout.count("@") == 1 + len(cited["keys"])
    named = answer("cite", "marchenko-pastur", "kernel-ridge", "Bach2024", "--json")["keys"]
    assert {"MarchenkoPastur1967", "Defilippis2024"} <= set(named) and named[-1] == "Bach2024"
    page = tmp_path / "page.html"
    assert run("render", "marchenko-pastur", "--out", str(page)).stderr == f"wrote {page}\n"
    assert page.read_text() == run("render", "marchenko-pastur").stdout
    assert run("render", "marchenko-pastur", "--markdown").stdout.startswith("# Resolvent of a sample")
    assert run("render", "marchenko-pastur", "--latex").stdout.startswith(r"\documentclass")
    facts = answer("info", "--json")
    assert facts["asymptotics"] == asy.__version__ and facts["numpy"] == np.__version__
    assert run("info").stdout.count("\n") == len(facts)


def test_list_names_everything():
    listed = answer("list", "--json")
    assert {"models", "regimes", "activations", "kernels", "input laws", "derivations"} <= set(listed)
    classes = {name: getattr(asy, name) for name in dir(asy) if isinstance(getattr(asy, name), type)}
    models = {name for name, kind in classes.items() if issubclass(kind, asy.Model) and kind is not asy.Model}
    assert {line.partition("(")[0] for line in listed["models"]} == models >= {"SpectralRidge"}
    assert {"sphere", "gaussian", "hypercube"} <= set(listed["input laws"]) and "arccos1" in listed["kernels"]


def test_a_figure_that_cannot_be_written_is_said_before_the_work(monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(asy, "predict", lambda *a, **k: pytest.fail("worked first"))
    grid = ["--psi1", "1:2:3", "--psi2", "3", "--ridge", "1"]
    for path, match in (("c.xyz", "known suffix"), ("nowhere/c.pdf", "does not exist")):
        result = run("curve", *MODEL, *grid, "--out", path)
        assert result.exit_code == 2 and match in result.stderr
    from asymptotics.report import canvas

    def absent():
        raise MissingExtraError("matplotlib", "plot")

    monkeypatch.setattr(canvas, "load_pyplot", absent)
    result = run("curve", *MODEL, *grid, "--out", "c.pdf")
    assert result.exit_code == 2 and "asymptotics-rf[plot]" in result.stderr


@pytest.mark.parametrize("stored", [True, False])
def test_a_run_that_is_interrupted_says_what_is_kept(stored, tmp_path, monkeypatch):
    import asymptotics.simulation as simulation

    store = str(tmp_path / "runs.sqlite")
    given = [*MODEL, *FINITE, "--trials", "40", *(["--store", store] if stored else [])]
    if stored:
        run("simulate", *given, "--shard", "1/2")

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "run_campaign", interrupted)
    monkeypatch.setattr(simulation, "finish_campaign", interrupted)
    result = run("simulate", *given)
    assert result.exit_code == 130 and result.stdout == "" and result.stderr.startswith("stopped: ")
    assert (f"{store} keeps 24 of 40 replicates" if stored else "nothing is kept") in result.stderr


def test_the_shell_completes_choices():
    commands = {
        name: main.get_command(click.Context(main), name) for name in ("derive", "render", "simulate")
    }
    option = {parameter.name: parameter for parameter in commands["simulate"].params}
    for name, start, expected in [("inputs", "s", ["sphere"]), ("labels", "a", ["averaged", "auto"])]:
        assert [item.value for item in option[name].shell_complete(None, start)] == expected
    assert "tanh" in [item.value for item in option["activation"].shell_complete(None, "tan")]
    assert "arccos1" in [item.value for item in option["kernel"].shell_complete(None, "arc")]
    (names,) = [p for p in commands["render"].params if p.name == "names"]
    assert "marchenko-pastur" in [item.value for item in names.shell_complete(None, "marc")]
    (regime,) = [p for p in commands["derive"].params if p.name == "regime"]
    assert [item.value for item in regime.shell_complete(None, "prop")] == ["proportional"]


def test_long_derivations_say_what_is_done_on_a_terminal(monkeypatch):
    quiet = run("verify", "marchenko-pastur")
    assert quiet.stderr == ""
    monkeypatch.setattr("asymptotics.cli.options.on_a_terminal", lambda: True)
    assert "marchenko-pastur" in run("verify", "marchenko-pastur").stderr
    assert "marchenko-pastur" in run("render", "marchenko-pastur").stderr


def test_the_package_is_a_program():
    command = [sys.executable, "-m", "asymptotics", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"asymptotics, version {asy.__version__}"


def read_page(text):
    """A page as elements; links inside it lead somewhere, and nothing is fetched from elsewhere."""
    page = ElementTree.fromstring(text.partition("\n")[2])
    anchors = {element.get("id") for element in page.iter() if element.get("id")}
    links = [element.get("href") for element in page.iter("a")]
    assert [link for link in links if link.startswith("#") and link[1:] not in anchors] == []
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(", text)
    assert UNKNOWN not in text
    return page


def test_a_rendered_page_is_for_a_reader():
    text = run("render", "marchenko-pastur").stdout
    page = read_page(text)
    titles = [element.text for element in page.iter("h2")]
    assert titles[:2] == ["Symbols", "Statement"] and titles[-1] == "References"
    numbers = [element.get("id") for element in page.iter("div") if element.get("class") == "equation"]
    assert numbers == [f"eq{k}" for k in range(1, len(numbers) + 1)] and len(numbers) > 5
    assert "statements proved exactly" in page.find("body/p[@class='verdict']").text
    folds = list(page.iter("details"))
    assert folds and all(fold.get("open") is None for fold in folds)
    assert not re.search(r"\b[0-9a-f]{16}\b", text)


@pytest.mark.slow
def test_every_derivation_renders():
    from asymptotics.cli.pages import html
    from asymptotics.verification import derivations

    page = read_page(html(()))
    assert len(list(page.iter("h1"))) == len(derivations())


def test_what_an_activation_cannot_see_is_said():
    given = ["--target", "1:1,2:0.5", *LIMIT]
    blind = run("predict", "--activation", "cos", *given)
    assert blind.exit_code == 0 and "has no part in degree 1 of the target" in blind.stderr
    assert run("predict", "--activation", "relu", *given).stderr == ""


def test_training_and_ensembles_in_theory_and_against_simulation():
    limit = asy.Proportional(2, 3)
    found = json.loads(run("predict", *MODEL, *LIMIT[:-2], "--time", "1,10", "--json").stdout)
    assert found["values"]["test"] == asy.predict(model(), limit, time=[1, 10]).test.tolist()
    found = json.loads(run("predict", *MODEL, *LIMIT, "--ensemble", "5", "--json").stdout)
    assert found["values"]["test"] == asy.predict(model(), limit, "0.1", ensemble=5).test
    for options in (
        ["--time", "1,2"],
        ["--time", "1,2", "--step-size", "1/10"],
        ["--time", "1", "--step-size", "0.1"],
        ["--ridge", "0.1", "--ensemble", "3"],
    ):
        told = run("compare", *MODEL, *FINITE[:-2], *options, "--trials", "4", "--allowance", "0.5")
        assert told.exit_code == 0 and "note" not in told.stdout, told.output


def test_help_about_a_model_of_ones_own_lists_its_options():
    file = Path(__file__).parent / "models" / "own_models.py"
    for given in (["--model", f"{file}:TwoGroups", "-h"], [f"--model={file}:TwoGroups", "--help"]):
        told = run("predict", *given).stdout
        assert "Options of TwoGroups:" in told
        assert all(f"--{name} TEXT" in told for name in ("n", "p1", "p2", "first", "variances"))
    assert "Options of" not in run("predict", "-h").stdout
    told = run("predict", "--model", "nowhere.py:Model", "-h")
    assert told.exit_code == 2 and "nowhere.py" in told.stderr and "Traceback" not in told.output


def test_scaling_laws_of_a_power_law():
    given = ("scaling", "--decay", "3/2", "--target-decay", "17/5", "--features", "3/5:3", "--ridge", "1/2:2")
    terms = answer(*given, "--json")["terms"]["bias"]
    assert [exponent for exponent, _ in terms[:2]] == ["-23/30", "-4/5"]
    assert "7.42e+15" in run(*given).stdout
    flow = answer("scaling", "--decay", "3/2", "--target-decay", "17/5", "--compute", "p*time", "--json")
    assert flow["test"][0] == "-12/17"
    refused = run("scaling", "--decay", "2", "--target-decay", "5/2", "--features", "abc")
    assert refused.exit_code == 2 and "EXPONENT" in refused.stderr


def test_classes_and_losses(tmp_path):
    signs = asy.RandomFeaturesRidge("relu", "sign")
    limit, size = asy.Proportional("2", "3"), asy.FiniteSize("20", "40", "60")
    for text, target in (("sign", "sign"), ("sign,flips=0.1", asy.SignTarget(flips="0.1"))):
        found = answer("predict", "--target", text, *LIMIT, "--json")["values"]["classification_error"]
        expected = asy.predict(asy.RandomFeaturesRidge("relu", target), limit, "0.1").classification_error
        assert found == expected
    for text, loss in (("logistic", "logistic"), ("huber=1.5", asy.Huber("1.5"))):
        one = asy.WithLoss(signs, loss)
        request = ["--target", "sign", "--loss", text]
        found = answer("predict", *request, *LIMIT, "--json")["values"]
        assert found["train_loss"] == asy.predict(one, limit, "0.1").train_loss
        found = answer("simulate", *request, *FINITE, "--trials", "3", "--json")["observables"]
        expected = asy.simulate(one, size, "0.1", trials=3).train_loss.draws
        assert found["train_loss"]["draws"] == expected.tolist()
    judged = run("compare", "--target", "sign", "--loss", "logistic", *FINITE, "--trials", "20")
    assert judged.exit_code == 0 and "classification_error" in judged.stdout
    path = tmp_path / "curve.csv"
    grid = ["--psi1", "1:3:3", "--psi2", "3", "--ridge", "0.1"]
    assert run("curve", "--target", "sign", "--loss", "hinge", *grid, "--csv", str(path)).exit_code == 0
    assert "classification_error" in path.read_text("utf-8")


def test_a_field_of_a_model_of_ones_own_may_be_called_loss(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from dataclasses import dataclass\nimport asymptotics as asy\n"
        "@dataclass(frozen=True)\nclass Own(asy.RandomFeaturesRidge):\n    loss: float = 0.0\n"
        "    def __str__(self):\n        return f'own {self.loss}'\n"
    )
    found = answer("predict", "--model", f"{path}:Own", *MODEL, "--loss", "0.5", *LIMIT, "--json")
    assert found["made_by"]["model"] == "own 0.5"
