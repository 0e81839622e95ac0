"""Replicates until a standard error is reached: how many, what that does to the mean, and stores."""

import math
from types import SimpleNamespace as Namespace

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.errors import InputError
from asymptotics.simulation import campaign_status
from asymptotics.simulation.design.stopping import BIAS, StoppingRule, as_rule

SIZES = Namespace(d=6, n=[8, 12], p=5)
ASKED = {"ridge": 0.1, "trials": 40, "seed": 2, "until": {"test": 0.04, "train": 0.008}}


def test_the_standard_errors_are_reached_with_few_replicates_too_many(toy):
    estimate = asy.simulate(toy(), SIZES, **ASKED)
    reached = {name: estimate.statistics[name].standard_error.max() for name in ("test", "train")}
    assert reached["test"] <= 0.04 and reached["train"] <= 0.008
    assert max(reached["test"] / 0.04, reached["train"] / 0.008) > 0.8
    assert estimate.provenance["until"] == ASKED["until"]
    plain = asy.simulate(toy(), SIZES, 0.1, trials=estimate.trials, seed=2)
    assert np.array_equal(plain.test.draws, estimate.test.draws)


def test_what_is_reached_already_draws_nothing_more(toy):
    assert asy.simulate(toy(), SIZES, **ASKED | {"until": 10.0, "trials": 400}).trials == 400


def test_stores_take_up_the_rule_where_it_was_and_ignore_what_is_there_beyond(toy, tmp_path):
    once = asy.simulate(toy(), SIZES, **ASKED)
    begun, beyond = tmp_path / "begun.sqlite", tmp_path / "beyond.sqlite"
    asy.simulate(toy(), SIZES, 0.1, trials=100, seed=2, store=begun)
    asy.simulate(toy(), SIZES, 0.1, trials=once.trials + 30, seed=2, store=beyond)
    for path in (begun, beyond):
        assert np.array_equal(asy.simulate(toy(), SIZES, **ASKED, store=path).test.draws, once.test.draws)
    assert campaign_status(begun).done == 2 * once.trials


def test_the_largest_number_of_replicates_is_told(toy):
    with pytest.warns(UserWarning, match=r"88 replicates reach test ± .* larger most_trials"):
        estimate = asy.simulate(toy(), SIZES, **ASKED | {"until": 1e-6}, most_trials=88)
    assert estimate.trials == 88


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"until": 0}, "until"),
        ({"until": math.nan}, "until"),
        ({"until": {"tset": 0.1}}, "until"),
        ({"until": 0.1, "most_trials": 10}, "most_trials"),
        ({"until": None, "most_trials": 1000}, "most_trials"),
    ],
)
def test_rules_that_are_refused(toy, options, name):
    with pytest.raises(InputError) as caught:
        asy.simulate(toy(), SIZES, **ASKED | options)
    assert caught.value.name == name


def stopped_mean(rule, draws):
    """The mean of one sequence of draws at the number at which a rule stops."""
    count = 40
    while True:
        statistic = asy.simulation.Statistic(draws[:count])
        wanted = rule.wanted(Namespace(statistics={"test": statistic}, trials=count))
        if wanted == count:
            return statistic.mean
        count = wanted


def test_the_bias_of_stopping_is_a_tenth_of_a_standard_error(monkeypatch):
    """Exponential draws, of skewness 2. The measured bias has the standard error 0.018."""
    draws = np.random.default_rng(0).exponential(size=(3000, 6000))
    rule = as_rule(0.1, 6000, 40, ("test",))
    careful = np.mean(np.array([stopped_mean(rule, row) for row in draws]) - 1) / 0.1
    monkeypatch.setattr("asymptotics.simulation.design.stopping.BIAS", math.inf)
    careless = np.mean(np.array([stopped_mean(rule, row) for row in draws]) - 1) / 0.1
    assert abs(careful) < BIAS < abs(careless)


@pytest.mark.filterwarnings("default")
def test_the_command_line(tmp_path):
    given = ["--activation", "tanh", "--target", "1:1", "--noise", "0.1", "--d", "6", "--n", "8", "--p", "5",
             "--ridge", "0.1", "--trials", "40"]  # fmt: skip

    def run(*more):
        return CliRunner().invoke(main, ["simulate", *given, *more])

    first = run("--until", "0.02", "--store", str(tmp_path / "runs.sqlite"))
    assert first.exit_code == 0 and first.stdout == run("--until", "test=0.02").stdout
    assert int(first.stdout.split(",")[1].split()[0]) > 40
    for more in (
        ["--until", "x"],
        ["--until", "0.1", "--shard", "1/2", "--store", "a"],
        ["--most-trials", "50"],
    ):
        refused = run(*more)
        assert refused.exit_code == 2 and len(refused.stderr.splitlines()) == 1
    warned = run("--until", "1e-6", "--most-trials", "48")
    assert warned.exit_code == 0 and warned.stderr.startswith("warning: 48 replicates reach test ± ")


def test_a_rule_never_asks_for_fewer():
    rule = StoppingRule((("test", 0.1),), 100)
    statistic = asy.simulation.Statistic(np.random.default_rng(0).standard_normal(300))
    assert rule.wanted(Namespace(statistics={"test": statistic}, trials=300)) == 300
