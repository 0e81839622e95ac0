r"""Two predictors on a given spectrum: what they miss together, and what label noise does to both.

The cross-risk of two predictors is :math:`(Q + \sigma^2\Upsilon)/(1 - \Upsilon)`: Q is the overlap of their errors with
independent data, :math:`\Upsilon` the feedback through samples that they share. Both have a part that is there with
independent features, and one more through features that they share. What is shared enters by the overlaps
:math:`\omega_n = n_{12}/(n_1n_2)` and :math:`\omega_p = p_{12}/(p_1p_2)`, in the places of one over the sizes
(derived in ``derivations/ensembles.py``).
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, HALF, INV_N, INV_P, LEFT, ONE, OTHER, cross_forms
from asymptotics.errors import DerivationError
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.components import RiskValues

PARTS = ("missed", "missed_more", "feedback", "feedback_more", "rest", "rest_more")
"""Q with independent features and what sharing them adds; the same of the feedback; one minus the feedback with
independent features, and with shared ones."""

_SAMPLES_APART = {INV_N: sp.S.Zero, GAMMA[0]: sp.S.One}
_FEATURES_APART = {INV_P: sp.S.Zero, ETA[1]: sp.S.One}


@cache
def part_forms() -> dict[str, sp.Expr]:
    """The quantities of :data:`PARTS`, free of subtractions.

    Raises
    ------
    DerivationError
        If one has a term with a minus sign.

    Examples
    --------
    >>> for name, form in part_forms().items():
    ...     print(name, "=", form)
    missed = left
    missed_more = half*inv_p*one/(eta_b + inv_p*one)
    feedback = both*inv_n
    feedback_more = inv_n*inv_p*one*other/(eta_b + inv_p*one)
    rest = gamma_a + inv_n*other
    rest_more = (eta_b*gamma_a + eta_b*inv_n*other + gamma_a*inv_p*one)/(eta_b + inv_p*one)
    """
    forms = cross_forms()
    denominator, above = forms["denominator"], RiskValues.of(forms)
    bias, variance = above.bias / denominator, above.variance / denominator
    slack = {GAMMA[0]: 1 - INV_N * (BOTH + OTHER)}

    def feedback(per_noise: sp.Expr) -> sp.Expr:
        return sp.factor(sp.cancel((per_noise / (1 + per_noise)).xreplace(slack)))

    shared, apart = bias.xreplace(_SAMPLES_APART), bias.xreplace(_SAMPLES_APART | _FEATURES_APART)
    all_feedback, data_feedback = feedback(variance), feedback(variance.xreplace(_FEATURES_APART))
    width = denominator.xreplace(_SAMPLES_APART)
    found = {
        "missed": sp.cancel(apart),
        "missed_more": sp.factor(sp.cancel(shared - apart)),
        "feedback": data_feedback,
        "feedback_more": sp.factor(sp.cancel(all_feedback - data_feedback)),
        "rest": denominator.xreplace(_FEATURES_APART),
        "rest_more": denominator / width,
    }
    for name, feed in (("rest", data_feedback), ("rest_more", all_feedback)):
        if sp.cancel((found[name] - 1 + feed).xreplace(slack)) != 0:
            raise DerivationError(f"{name} is not one minus the feedback")
    for name, form in found.items():
        parts = (sp.expand(part) for part in sp.fraction(sp.together(form)))
        if any(term.could_extract_minus_sign() for part in parts for term in sp.Add.make_args(part)):
            raise DerivationError(f"{name} has a term that is subtracted: {form}")
    return found


@cache
def part_program() -> Program:
    """The forms lowered: for real and complex numbers, digits and balls."""
    names = (GAMMA[0], ETA[1], INV_N, INV_P, BOTH, ONE, OTHER, LEFT, HALF)
    return lower(part_forms(), [s.name for s in names])
