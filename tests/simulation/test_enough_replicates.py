"""How many replicates are enough, and what control variates take out: the numbers of the formulas."""

import math
import warnings
from dataclasses import dataclass
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.simulation.design.planning import BLOCK
from asymptotics.simulation.design.stopping import BIAS, MOST_TRIALS, StoppingRule, as_rule, draw_until
from asymptotics.simulation.estimates.controls import FEWEST_TRIALS, Control, regress
from asymptotics.simulation.estimates.estimate import Estimate
from asymptotics.simulation.estimates.statistic import Statistic


def measured(error, skewness=0.0, trials=2 * BLOCK):
    """An estimate of one observable with these standard errors."""
    statistic = Namespace(standard_error=error, skewness=skewness, trials=trials)
    return Namespace(trials=trials, statistics={"test": statistic, "train": Namespace(**vars(statistic))})


@pytest.mark.parametrize(
    ("error", "skewness", "needed"),
    [(1.0, 0.0, 2 * BLOCK), (2.0, 0.0, 8 * BLOCK), (1e-3, 3.0, (3 / BIAS) ** 2), (1e-3, -3.0, (3 / BIAS) ** 2),
     (0.0, 3.0, 0.0), (np.array([0.5, 2.0]), 0.0, 8 * BLOCK), (np.empty(0), np.empty(0), 0.0)],
)  # fmt: skip
def test_replicates_that_are_enough(error, skewness, needed):
    assert BIAS == 0.1
    assert StoppingRule((("test", 1.0),), 10**6).needed(measured(error, skewness)) == {
        "test": pytest.approx(needed)
    }


@pytest.mark.parametrize(
    ("error", "most", "wanted"),
    [(1.0, 10**6, 2), (1.001, 10**6, 3), (1.25, 10**6, 4), (2.0, 10**6, 8), (1e3, 10**6, 8), (1e3, 5 * BLOCK, 5),
     (1e3, 2 * BLOCK, 2), (0.0, 10**6, 2)],
)  # fmt: skip
def test_the_next_number_of_replicates(error, most, wanted):
    """A twentieth more than needed, at most four times those at hand, in whole blocks."""
    assert StoppingRule((("test", 1.0),), most).wanted(measured(error)) == wanted * BLOCK
    assert StoppingRule((("test", 1.0),), 2 * BLOCK + 1).wanted(measured(2.0)) == 2 * BLOCK + 1
    two = StoppingRule((("test", 1.0), ("train", 0.5)), 10**6).wanted(measured(0.75))
    assert (
        two == math.ceil(1.05 * 2.25 * 2) * BLOCK
        and StoppingRule((), 10**6).wanted(measured(9.0)) == 2 * BLOCK
    )


def test_rules_are_read():
    names = ("test", "train")
    assert as_rule(0.5, None, 9, names) == StoppingRule((("test", 0.5),), MOST_TRIALS)
    assert as_rule({"train": "1/4"}, 2, 2, names) == StoppingRule((("train", 0.25),), 2)
    for until in (0, -1, math.nan, math.inf, "a", {"norm": 1}, {"train": 0}):
        with pytest.raises(InputError, match="until"):
            as_rule(until, None, 9, names)
    for most in (1, 8, 2.5):
        with pytest.raises(InputError, match="most_trials"):
            as_rule(0.5, most, 9, names)


@dataclass(frozen=True)
class Plan:
    trials: int


def drawn(campaign, before):
    """Two points, the second of twice the spread, without skewness."""
    assert before is None or before.trials < campaign.trials
    line = np.tile([1.0, 2.0], campaign.trials)[: campaign.trials]
    return Estimate(test=Statistic([line, 2 * line]), parameters={"n": [3, 4]}, provenance={"seed": 0})


def test_draws_go_on_until_the_rule_is_content():
    enough = float(drawn(Plan(64), None).test.standard_error[1])
    with warnings.catch_warnings(action="error"):
        estimate = draw_until(Plan(64), StoppingRule((("test", enough),), 10**4), drawn)
        assert (estimate.trials, estimate.provenance) == (64, {"seed": 0, "until": {"test": enough}})
        more = draw_until(Plan(64), StoppingRule((("test", enough / 3),), 10**4), drawn)
        assert 9 * 64 <= more.trials <= 10 * 64 and more.test.standard_error[1] <= enough / 3
    with pytest.warns(UserWarning, match=r"^100 replicates reach test ± 0\.1, less"):
        assert draw_until(Plan(64), StoppingRule((("test", 0.01),), 100), drawn).trials == 100


def test_what_controls_explain_is_taken_out():
    """Mean and standard error are those of least squares at the known means, with the degrees of freedom it costs."""
    generator = np.random.default_rng(0)
    trials, shape = FEWEST_TRIALS, (2, FEWEST_TRIALS)
    first, second = generator.standard_normal((2, *shape))
    draws = 5 + 2 * first - second + 0.1 * generator.standard_normal(shape)
    near = first + 1e-9 * generator.standard_normal(shape)
    for third, rank in ((first - 2 * second, 2), (near, 3)):
        controls = {
            name: Control(c + m, m)
            for name, c, m in (("a", first, 3.0), ("b", second, 0.0), ("c", third, -1.0))
        }
        found = Statistic(regress(draws, controls))
        for row in range(2):
            columns = np.stack([np.ones(trials), first[row], second[row], third[row]][: rank + 1], axis=1)
            fitted, residuals, *_ = np.linalg.lstsq(columns, draws[row], rcond=None)
            variance = residuals[0] / (trials - 1 - rank) / trials * (trials - 2) / (trials - rank - 2)
            assert found.mean[row] == pytest.approx(fitted[0], rel=1e-6)
            left = draws[row] - columns @ fitted
            assert np.corrcoef(found.draws[row], left)[0, 1] == pytest.approx(
                1
            )  # a larger draw stays a larger one
            assert found.standard_error[row] == pytest.approx(math.sqrt(variance), rel=1e-5)
    grid = regress(np.stack([draws] * 3), {"a": Control(np.stack([first] * 3), 0.0)})
    assert grid.shape == (3, *shape) and np.array_equal(grid[1], regress(draws, {"a": Control(first, 0.0)}))
    with pytest.raises(InputError, match="not yet controlled"):
        regress(draws, {})
    with pytest.raises(InputError, match="at least 40"):
        regress(draws[:, 1:], {"a": Control(first[:, 1:], 0.0)})
