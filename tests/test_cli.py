"""The command line: answers on stdout, talk on stderr, exit codes, and one line for whatever is wrong."""

import csv
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.equations.records import system_from_text
from asymptotics.models.library import stored_system

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
    for command in ("compare", "curve", "derive", "list", "predict", "reproduce", "simulate", "verify"):
        assert f"  {command} " in text
    assert run("--version").stdout.strip() == f"asymptotics, version {asy.__version__}"


@pytest.mark.parametrize("command", sorted(main.commands))
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
    assert half.exit_code == 0, half.stderr
    assert run("simulate", *given, "--status").exit_code == 0
    whole = answer("simulate", *given, "--json")
    alone = answer("simulate", *MODEL, *FINITE, "--trials", "40", "--json")
    assert (
        whole["observables"] == alone["observables"]
        if "observables" in whole
        else whole.keys() == alone.keys()
    )


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
    assert "random-features" in listed["models"] and "relu" in listed["activations"]
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
    (["compare", *MODEL, *LIMIT], "finite sizes"),
    (["derive", "perceptron"], "model = 'perceptron'"),
    (["derive", "--regime", "cold"], "regime = 'cold'"),
    (["verify", "riemann-hypothesis"], "riemann-hypothesis"),
    (["dance"], "dance"),
    (["--loud"], "--loud"),
]


@pytest.mark.parametrize(("arguments", "expected"), BAD, ids=[" ".join(a[:1] + a[-2:]) for a, _ in BAD])
def test_bad_input_is_one_line_and_exit_code_2(arguments, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and expected in result.stderr
    assert result.stderr.count("\n") == 1 and len(result.stderr) < 400


def test_a_mixed_installation_is_refused(monkeypatch):
    from types import SimpleNamespace

    from asymptotics.cli import group

    monkeypatch.setattr(group, "distribution", lambda name: SimpleNamespace(version="0.3.2"))
    result = run("list")
    assert result.exit_code == 2 and "fresh virtual environment" in result.stderr


def process(*arguments, seed="0"):
    environment = {**os.environ, "PYTHONHASHSEED": seed, "MPLBACKEND": "agg"}
    command = [sys.executable, "-m", "asymptotics.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["derive", "--regime", "proportional", "--json"],
        ["derive", "--chart", "wide", "--latex"],
        ["predict", *MODEL, *FINITE, "--json"],
    ],
    ids=" ".join,
)
def test_output_does_not_depend_on_the_hash_seed(arguments):
    outputs = [process(*arguments, seed=seed) for seed in ("0", "1", "12345")]
    assert [output.returncode for output in outputs] == [0, 0, 0]
    assert len({output.stdout for output in outputs}) == 1
    assert outputs[0].stdout and not outputs[0].stderr


def test_real_processes_return_the_codes():
    assert process("predict", *MODEL, *LIMIT).returncode == 0
    bad = process("predict", "--activation", "nothing", *LIMIT)
    assert (bad.returncode, bad.stdout, bad.stderr.count("\n")) == (2, "", 1)
    assert process("simulate", *MODEL, *FINITE, "--trials", "4", "--workers", "2", "--json").returncode == 0
