"""Groups, biases and laws of weights on the command line."""

import json

import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main

SIZES = ("--noise", "0.3", "--d", "40", "--n", "30", "--p", "20", "--ridge", "0.1")
GROUPS = ("--group", "max(x, 0),share=.6", "--group", "tanh,share=.4,scale=2,ridge=4")


def run(*arguments):
    return CliRunner().invoke(main, [*arguments])


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (GROUPS, {"groups": [asy.Group("max(x, 0)", ".6"), asy.Group("tanh", ".4", 2, 4)]}),
        (("--biases", "uniform(-1, 1)"), {"activation": "relu", "biases": "uniform(-1, 1)"}),
        (("--weights", "orthogonal"), {"activation": "relu", "weights": "orthogonal"}),
    ],
    ids=["groups", "biases", "weights"],
)
def test_what_is_declared_is_predicted_and_drawn(options, fields):
    wide = asy.RandomFeaturesRidge(**fields, target={1: 1}, noise="0.3")
    sizes = asy.FiniteSize(d=40, n=30, p=20)
    result = run("predict", *options, *SIZES, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["values"]["test"] == asy.predict(wide, sizes, ridge="0.1").test
    drawn = run("simulate", *options, *SIZES, "--trials", "3", "--json")
    assert drawn.exit_code == 0, drawn.stderr
    same = json.loads(asy.simulate(wide, sizes, ridge=0.1, trials=3).to_json())
    assert json.loads(drawn.stdout)["observables"]["train"] == same["observables"]["train"]


def test_a_law_of_independent_weights_stays_an_option_of_the_experiment():
    drawn = run("simulate", "--weights", "hypercube", *SIZES, "--trials", "3", "--json")
    assert drawn.exit_code == 0, drawn.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--group", "relu"), "activation,share=S"),
        (("--group", "relu,share=.6,width=3"), "activation,share=S"),
        (("--group", "relu,share=.6"), "shares that sum to 1"),
        ((*GROUPS, "--activation", "relu"), "None beside groups"),
        (("--kernel", "exp(t)", "--weights", "orthogonal"), "a kernel has no weights"),
        (("--biases", "normal"), "normal(mean, deviation)"),
        (("--weights", "cross"), "sparse(density)"),
        (("--weights", "orthogonal", "--biases", "normal(0, 1)"), "biases with weights"),
    ],
)
def test_bad_options_are_one_line(options, said):
    result = run("predict", *options, *SIZES)
    assert result.exit_code == 2 and said in result.stderr and result.stderr.count("\n") == 1
