"""What users get prints for people: nothing of a memory address, no fields of fields, words for statuses."""

import re

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError

MODEL = asy.RandomFeaturesRidge("relu", {1: 1}, noise="0.1")
LIMIT, SIZES = asy.Proportional(2, 3), asy.FiniteSize(8, 12, 16)
GIVEN = {"psi1": 2, "psi2": 3, "lam": "1/10", "mu1sq": "1/4", "mu_starsq": "9/100", "F1sq": 1, "F_starsq": 0}
GIVEN["noise"] = "1/10"


def risk():
    return asy.predict(MODEL, LIMIT, 0.1)


def system():
    return asy.derive("random-features", "proportional")


RESULTS = {
    "activation": lambda: asy.Activation.from_function(np.tanh),
    "target": lambda: MODEL.target,
    "kernel": lambda: asy.Kernel.named("exponential"),
    "model": lambda: MODEL,
    "theory": lambda: MODEL.theory,
    "spectral": lambda: asy.SpectralRidge([1, 0.5], [1, 1], multiplicities=[2, 2]),
    "long regime": lambda: asy.Proportional(np.geomspace(0.1, 10, 50), 3),
    "limits of infinity": lambda: asy.Proportional(np.full(9, np.inf), 3),
    "risk": risk,
    "ball": lambda: asy.predict(MODEL, LIMIT, "1/10", certified=True).test,
    "status": lambda: risk().status,
    "estimate": lambda: asy.simulate(MODEL, SIZES, 0.1, trials=2, progress=False),
    "system": system,
    "atlas": lambda: asy.atlas(2, "3/2"),
    "expansion": lambda: asy.expand("relu"),
    "optimum": lambda: asy.optimal_ridge(MODEL, LIMIT),
    "gap": lambda: asy.finite_size_gap(MODEL, LIMIT, 0.1, d=[30]),
    "measurement": lambda: asy.Measurement({"d": 8, "n": 9, "p": 10, "ridge": 0.1}, {"test": 0.5}),
    "convention": lambda: asy.Convention(loss="mean"),
    "ensemble": lambda: asy.Ensemble(4, share="data"),
    "best time": lambda: asy.optimal_time(MODEL, LIMIT),
    "best filter": lambda: asy.best_filter(MODEL, LIMIT),
    "filter": lambda: asy.SpectralFilter(lambda x: 1 / (x + 1)),
    "citation": lambda: asy.cite(),
    "verdict": lambda: asy.verify("marchenko-pastur"),
    "series": lambda: asy.expand_risk(MODEL, LIMIT, small="ridge"),
    "elimination": lambda: asy.eliminate(system(), "nu"),
    "solutions": lambda: asy.physical_solutions(system(), GIVEN),
    "root": lambda: asy.solve_system(system(), GIVEN),
    "estimated": lambda: asy.estimate_risk(np.eye(6)[:, :3], np.arange(6.0), training=asy.GradientFlow(1.0)),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_print_for_people(name):
    value = RESULTS[name]()
    text = repr(value)
    assert not re.search(r" at 0x[0-9a-f]+|<[\w.]+ object|mappingproxy|array\(\[|np\.float64", text), text
    assert len(text) < 4000 and max(map(len, text.splitlines())) < 900, text
    assert re.match(r"<?[A-Z]|ok |ridge regression", text), text


def test_statuses_are_words_and_numbers():
    grid = asy.predict(MODEL, asy.Proportional([2, 3], 3), ridge=[[0.0], [0.1]])
    assert str(risk().status) == "solved" and repr(risk().status) == "Statuses('solved')"
    assert str(grid.status[0]) == "['limit' 'diverges']" and grid.status[1, 0] is asy.Status.SOLVED
    assert f"{asy.Status.SLOW_LIMIT}" == "slow_limit" and asy.Status.LIMIT == 1
    same = grid.status == asy.Status.SOLVED
    assert same.dtype == bool and type(same) is np.ndarray and same.sum() == 2
    assert np.asarray(grid.status).tolist() == [[1, 2], [0, 0]]


def test_formulas_and_verdicts_are_rich():
    formula = system()._repr_latex_()
    assert formula.startswith(r"$$\begin{aligned}") and formula.count("&=") > 5
    assert asy.atlas(2, "3/2")._repr_latex_().startswith("$$")
    page = asy.verify("marchenko-pastur")._repr_html_()
    assert "#2e7d32" in page and "all passed" in page and page.count("<details>") == 1


def test_an_activation_or_kernel_without_content_is_refused():
    for kind in (asy.Activation, asy.Kernel):
        with pytest.raises(InputError, match="make one with named"):
            kind("relu")
        assert kind.from_coefficients(powers={1: 1}, tail=0)
