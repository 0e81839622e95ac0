r"""Replicates until standard errors are small enough, with what this does to the mean.

Stopping when a standard error is small prefers samples whose deviation happens to be small, and where draws are skewed
to the right these have small means: to leading order the mean of N draws is off by :math:`-\gamma\sigma/N`, with the
deviation :math:`\sigma` and the skewness :math:`\gamma`, that is :math:`-\gamma/\sqrt N` standard errors. Therefore
draws go on until :math:`N \ge (\gamma/b)^2` as well, and the bias is at most the share b of the standard error.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.simulation.design.options import as_count, as_number
from asymptotics.simulation.design.planning import BLOCK, Campaign
from asymptotics.simulation.estimates.estimate import Estimate

MOST_TRIALS = 100_000
"""Replicates after which draws end in any case, with a warning, unless another number is given."""

BIAS = 0.1
"""Largest bias of a mean because of stopping, in standard errors."""

_GROWTH, _MARGIN = 4.0, 1.05


@dataclass(frozen=True)
class StoppingRule:
    """When there are enough replicates; made by `as_rule`.

    Attributes
    ----------
    errors : tuple of (str, float)
        Standard errors asked for, by observable.
    most : int
        Replicates after which draws end in any case.
    """

    errors: tuple[tuple[str, float], ...]
    most: int

    def wanted(self, estimate: Estimate) -> int:
        """The number of replicates that is drawn next, or that of the estimate where it is enough.

        Notes
        -----
        It depends on the replicates of the estimate only, so that a run that is continued looks at the same numbers of
        them and ends at the same one.
        """
        needed, done = max(self.needed(estimate).values(), default=0.0), estimate.trials
        if needed <= done:
            return done
        target = min(_MARGIN * needed, _GROWTH * done, float(self.most))
        return max(done, min(math.ceil(target / BLOCK) * BLOCK, self.most))

    def needed(self, estimate: Estimate) -> dict[str, float]:
        """Replicates that are enough everywhere, by observable, as far as those at hand tell."""
        found = {}
        for name, error in self.errors:
            statistic = estimate.statistics[name]
            spread = np.asarray(statistic.standard_error) / error
            bias = np.where(spread > 0, np.abs(statistic.skewness) / BIAS, 0.0)
            found[name] = float(np.maximum(spread**2 * statistic.trials, bias**2).max(initial=0.0))
        return found


def as_rule(until: Any, most_trials: Any, trials: int, observables: tuple[str, ...]) -> StoppingRule:
    """A stopping rule from what a user asks for.

    Parameters
    ----------
    until : number or mapping of str to number
        Standard error of the first observable, the test error, or of each that is named.
    most_trials : int or None
    trials : int
        Replicates that are drawn first.
    observables : tuple of str
        Names that are known.

    Raises
    ------
    InputError
        If an observable is unknown, a standard error is not positive, or fewer replicates are allowed than are drawn
        first.

    Examples
    --------
    >>> as_rule(0.01, None, 100, ("test", "train"))
    StoppingRule(errors=(('test', 0.01),), most=100000)
    """
    asked = until if isinstance(until, Mapping) else {observables[0]: until}
    errors = []
    for name, value in asked.items():
        if name not in observables:
            raise InputError("until", name, f"standard errors of {', '.join(observables)}")
        error = float(as_number("until", value, "a positive standard error"))
        if not (math.isfinite(error) and error > 0):
            raise InputError("until", value, "a positive standard error")
        errors.append((name, error))
    most = MOST_TRIALS if most_trials is None else as_count("most_trials", most_trials, 2)
    if most < trials:
        raise InputError("most_trials", most, f"at least the {trials} trials that are drawn first")
    return StoppingRule(tuple(errors), most)


def draw_until(
    campaign: Campaign, rule: StoppingRule, draw: Callable[[Campaign, Estimate | None], Estimate]
) -> Estimate:
    """Draw the replicates of a campaign, and more of them until a rule is content.

    Parameters
    ----------
    campaign : Campaign
        With the replicates that are drawn first.
    rule : StoppingRule
    draw : callable
        The estimate of a campaign, from that of the same one with fewer replicates.

    Returns
    -------
    Estimate
        Its provenance tells the rule.

    Warns
    -----
    UserWarning
        Where the largest number of replicates is reached before.
    """
    estimate = draw(campaign, None)
    while (wanted := rule.wanted(estimate)) > estimate.trials:
        estimate = draw(replace(campaign, trials=wanted), estimate)
    short = [name for name, needed in rule.needed(estimate).items() if needed > estimate.trials]
    if short:
        reached = {name: float(np.max(estimate.statistics[name].standard_error)) for name in short}
        told = ", ".join(f"{name} ± {error:.2g}" for name, error in reached.items())
        warnings.warn(
            f"{estimate.trials} replicates reach {told}, less than was asked for: give a larger most_trials",
            stacklevel=3,
        )
    return Estimate(
        **estimate.statistics, parameters=estimate.parameters, controls=estimate.controls,
        provenance={**estimate.provenance, "until": dict(rule.errors)},
    )  # fmt: skip
