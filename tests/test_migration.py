"""Exports that the version before models became values wrote: they are read back, and the same call writes them again.

Stores of that version: `tests/simulation/test_store_migration.py`.
"""

import csv
import importlib
import io
import json
import math
import sqlite3
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from flint import arb

import asymptotics as asy

FOLDER = Path(__file__).parent / "fixtures"
RELU = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/4"}, noise="0.1")
TANH = asy.RandomFeaturesRidge("tanh", target={0: 0.2, 1: 1, 3: "1/5"}, noise="1/10")
TANGENT = asy.KernelRidge("ntk-relu-2", target={1: 1, 2: 0.5}, noise=0.2)
EXP = asy.KernelRidge("exp(t)", target={1: 1}, noise=0.1)
SPECTRUM = asy.SpectralRidge([1, "1/2", "1/4"], target=[1, 1, 0], multiplicities=[1, 10, 100], noise="0.1")
LIMIT = asy.Proportional(psi1=["1/3", 2, 3, math.inf], psi2=3)

SIMULATIONS = {
    "features": (RELU, asy.FiniteSize(d=12, n=20, p=[10, 30]), {"ridge": [[1e-3], [0.1]]}),
    "nested": (TANH, asy.FiniteSize(d=8, n=[10, 15], p=12), {"ridge": 0, "coupling": "nested"}),
    "averaged": (RELU, asy.FiniteSize(d=10, n=15, p=20), {"ridge_per_sample": 0.01, "labels": "averaged"}),
    "kernel": (TANGENT, asy.FiniteSize(d=10, n=[12, 24]), {"ridge": 0.01}),
    "spectrum": (SPECTRUM, asy.FiniteSize(n=15, p=20), {"ridge": "1/10"}),
}
PREDICTIONS = {
    "double": (RELU, LIMIT, {"ridge": [["0"], ["1/1000"]]}),
    "digits": (RELU, LIMIT, {"ridge": [["0"], ["1/1000"]], "digits": 30}),
    "certified": (RELU, LIMIT, {"ridge": "1/1000", "certified": True}),
    "point": (RELU, asy.FiniteSize(d=60, n=120, p=300), {"ridge": 1e-3}),
    "population": (
        RELU,
        asy.Proportional(2, math.inf),
        {"ridge_per_sample": "1/30", "certified": True, "digits": 20},
    ),
    "kernel": (EXP, asy.FiniteSize(d=40, n=[20, 80]), {"ridge": 0.01}),
    "polynomial": (RELU, asy.Polynomial(2, "3/2", 0.5, [1, 2]), {"ridge": 0.01}),
}


def text(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def table(source):
    return list(csv.DictReader(line for line in io.StringIO(source) if not line.startswith("#")))


def same(old, new):
    """Whether two exported values stand for the same: doubles to 2 ulp, balls that overlap, decimals to a unit."""
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(same, old, new))
    if old == new or not (isinstance(old, type(new)) and isinstance(old, (float, str))):
        return old == new
    if isinstance(old, float):
        return abs(old - new) <= 2 * math.ulp(old)
    if old.startswith("["):
        return bool(arb(old).overlaps(arb(new)))
    if "/" in old + new:
        return Fraction(old) == Fraction(new)
    context = mpmath.mp.clone()
    context.dps = 60
    one, two = context.mpf(old), context.mpf(new)
    digits = len(old.split("e")[0].replace(".", "").lstrip("-0"))
    return one == two or abs(one - two) <= context.mpf(10) ** (1 - digits) * abs(one)


@pytest.mark.parametrize("name", SIMULATIONS)
def test_estimates_are_read_and_drawn_again(name):
    model, sizes, options = SIMULATIONS[name]
    old = asy.Estimate.from_json(text(f"estimate-{name}.json"))
    new = asy.simulate(model, sizes, trials=5, seed=7, progress=False, **options)
    assert list(old.statistics) == list(new.statistics) and list(old.controls) == list(new.controls)
    for observable, statistic in old.items():
        # Sums in another order; of the rounding of a cosine near one, kernels of ReLU see the root.
        assert np.allclose(statistic.draws, new.statistics[observable].draws, rtol=1e-8, atol=1e-12)
    for key, value in old.parameters.items():
        assert np.array_equal(value, new.parameters[key])
    before, after = table(text(f"estimate-{name}.csv")), table(new.to_csv())
    assert [row.keys() for row in before] == [row.keys() for row in after]
    document = json.loads(text(f"estimate-{name}.json"))["observables"]
    assert np.array_equal(old.test.mean, document["test"]["mean"])


@pytest.mark.parametrize("name", PREDICTIONS)
def test_risks_are_read_and_predicted_again(name, tmp_path):
    model, regime, options = PREDICTIONS[name]
    risk = asy.predict(model, regime, **options)
    old, new = json.loads(text(f"risk-{name}.json")), json.loads(risk.to_json())
    for section in ("parameters", "values"):
        assert old[section].keys() == new[section].keys()
        assert all(same(old[section][key], new[section][key]) for key in old[section]), section
    assert same(old["noise"], new["noise"]) and old["status"] == new["status"]
    assert all(old["made_by"][key] == new["made_by"][key] for key in ("model", "regime"))
    read = asy.Risk.from_json(text(f"risk-{name}.json"))
    again = json.loads(read.to_json())
    assert all(same(old["values"][key], again["values"][key]) for key in old["values"])
    assert read.shape == risk.shape and np.array_equal(read.status, risk.status)
    risk.to_csv(tmp_path / "risk.csv")
    before, after = (
        table(text(f"risk-{name}.csv")),
        table((tmp_path / "risk.csv").read_text(encoding="utf-8")),
    )
    for one, two in zip(before, after, strict=True):
        assert one.keys() <= two.keys() and all(same(value, two[key]) for key, value in one.items())


@pytest.mark.parametrize("name", [n for n in PREDICTIONS if n not in ("polynomial", "double")])
def test_parameters_of_an_export_are_read_back_by_predict(name):
    model, regime, options = PREDICTIONS[name]
    old = json.loads(text(f"risk-{name}.json"))
    given = {key: endless(value) for key, value in old["parameters"].items()}
    ridge = {key: given.pop(key) for key in ("ridge", "ridge_per_sample") if key in given}
    kind = {key: value for key, value in options.items() if key in ("digits", "certified")}
    again = json.loads(asy.predict(model, type(regime)(**given), **ridge, **kind).to_json())
    assert all(same(old["values"][key], again["values"][key]) for key in old["values"])


def endless(value):
    return list(map(endless, value)) if isinstance(value, list) else math.inf if value == "inf" else value


def test_what_is_no_export_or_another_store_is_refused_in_one_line(tmp_path):
    with pytest.raises(asy.InputError, match=r"Risk\.to_json") as refused:
        asy.Risk.from_json(text("estimate-kernel.json"))
    assert "\n" not in str(refused.value)
    store = tmp_path / "runs.sqlite"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE about (name TEXT, value TEXT)")
        connection.execute("INSERT INTO about VALUES ('format', 'asymptotics.campaign/1')")
    connection.close()
    with pytest.raises(asy.AsymptoticsError, match="asymptotics store export") as refused:
        asy.simulate(RELU, asy.FiniteSize(d=6, n=9, p=5), 0.1, trials=2, store=store, progress=False)
    assert "\n" not in str(refused.value) and str(store) in str(refused.value)


# The public names of version 0.1.0 before models became values.
NAMES = """
Activation AsymptoticsError Curve DataMatrix Estimate FiniteSize FixedPointSystem GaussianInputs
InputError Kernel KernelRidge Polynomial PrecisionError Proportional RandomFeaturesRidge Risk
SolverError SpectralRidge Status Target atlas certify_curve compare count_local_minima derive expand
expand_risk finite_size_gap interpolation_peak is_below large_ridge_formulas local_extrema
optimal_features optimal_ridge plot plot_atlas plot_calibration plot_multiple_descent plot_staircase
predict process_pool reference_campaign reproduce simulate solve_system staircase verify
"""


def test_public_names_stay():
    assert set(NAMES.split()) <= set(asy.__all__)


DOCUMENTED = {
    "asymptotics.equations.naming": "symbol",
    "asymptotics.models.random_features_equations": "program",
    "asymptotics.report.families": "Family",
    "asymptotics.solvers.newton": "solve_system",
    "asymptotics.symbolic": (
        "DeterministicVector Dimension GaussianMatrix GaussianVector QuadraticProgram Variable linearize norm2 slope"
    ),
    "asymptotics.symbolic.dyson": "dyson_equation",
}


@pytest.mark.parametrize("module", DOCUMENTED)
def test_documented_imports_stay(module):
    found = importlib.import_module(module)
    assert all(hasattr(found, name) for name in DOCUMENTED[module].split())


def test_the_search_for_a_root_is_deprecated():
    system = asy.derive("kernel-ridge", "proportional")
    given = {"psi2": 2, "lam": 0.1, "noise": 0.1, "mu1sq": 0.25, "mu_starsq": 0.1, "F1sq": 1, "F_starsq": 0}
    root = asy.solve_system(system, given)
    with pytest.warns(DeprecationWarning, match="starts"):
        again = asy.solve_system(system, given, starts=30, seed=1)
    assert root.observables == again.observables
