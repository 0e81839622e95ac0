r"""Where the test error comes from: squared bias, features, data, label noise, and their interactions.

Inclusion and exclusion over what two predictors share. With the overlap Q of their errors, the feedback
:math:`\Upsilon`, and what sharing features adds to each, every part is a sum of positive terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.ensembles.forms import PARTS
from asymptotics.ensembles.pairs import Pair, members
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.functions.exact import double
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.prediction.requests import Request, read_request

__all__ = ["NAMES", "parts", "parts_of"]

NAMES = {
    "bias2": "squared bias: what the average over everything random misses",
    "features": "variance due to random features",
    "data": "variance due to the inputs of the samples",
    "features:data": "interaction of features and inputs",
    "data:noise": "interaction of inputs and label noise",
    "features:data:noise": "interaction of features, inputs and label noise",
}
"""Parts of the test error, in the order in which they are stacked; label noise alone, or with features, has none."""

_ARITHMETIC = Float64()


@cache
def part_expressions() -> dict[str, sp.Expr]:
    """The six parts in the quantities of a pair and the noise, by inclusion and exclusion.

    Raises
    ------
    DerivationError
        If a part has a term that is subtracted.

    Examples
    --------
    >>> for name, part in part_expressions().items():
    ...     print(name, "=", part)
    bias2 = missed
    features = missed_more
    data = feedback*missed/rest
    features:data = (feedback_more*missed + missed_more*rest*(feedback + feedback_more))/(rest*rest_more)
    data:noise = feedback*noise/rest
    features:data:noise = feedback_more*noise/(rest*rest_more)
    """
    q, dq, u, du = (symbol(name) for name in PARTS[:4])
    noise = symbol("noise")
    target = {(f, d): (q + f * dq) / (1 - d * (u + f * du)) for f in (0, 1) for d in (0, 1)}
    noisy = [noise * (u + f * du) / (1 - u - f * du) for f in (0, 1)]
    raw = {
        "bias2": target[0, 0],
        "features": target[1, 0] - target[0, 0],
        "data": target[0, 1] - target[0, 0],
        "features:data": target[1, 1] - target[1, 0] - target[0, 1] + target[0, 0],
        "data:noise": noisy[0],
        "features:data:noise": noisy[1] - noisy[0],
    }
    return {name: _without_subtractions(name, value) for name, value in raw.items()}


def _without_subtractions(name: str, value: sp.Expr) -> sp.Expr:
    """A part with the differences of one and the feedbacks under their names."""
    q, dq, u, du, rest, rest_more = (symbol(part) for part in PARTS)
    names = {1 - rest: u, rest - rest_more: du, 1 - rest_more: u + du}
    known = {sp.expand(sign * factor): (sign, short) for factor, short in names.items() for sign in (1, -1)}
    above, below = sp.fraction(sp.cancel(value.xreplace({u: 1 - rest, du: rest - rest_more})))
    poly = sp.Poly(above, q, dq, symbol("noise"))
    total = sp.S.Zero
    for powers, coefficient in poly.terms():
        scale, factors = sp.factor_list(coefficient)
        for factor, power in factors:
            sign, short = known.get(sp.expand(factor), (1, factor))
            scale *= sign**power * short**power
        total += sp.Mul(scale, *(s**k for s, k in zip(poly.gens, powers, strict=True)))
    if any(t.could_extract_minus_sign() for t in sp.Add.make_args(sp.expand(total / below))):
        raise DerivationError(f"{name} has a term that is subtracted: {total / below}")
    return total / below


@cache
def part_program_of_risk() -> Program:
    """The parts lowered: in the quantities of a pair and the noise."""
    return lower(part_expressions(), [*PARTS, "noise"])


def parts_of(pair: Pair, noise: Any) -> dict[str, Any]:
    """The six parts of the risk of a predictor, from its pair.

    Parameters
    ----------
    pair : Pair
        Overlaps of two predictors.
    noise : number or array
        Variance of the label noise.
    """
    given = {name: getattr(pair, name) for name in PARTS}
    with np.errstate(all="ignore"):
        return dict(part_program_of_risk()({**given, "noise": noise}, _ARITHMETIC))


def request_parts(request: Request) -> dict[str, np.ndarray]:
    """The six parts at every point of a request; NaN where a point is not solved."""
    request.model.theory.written()  # without a program copies of it are not known
    found = members(request)
    shape = found.columns.status.shape
    values = parts_of(found.pair, double("noise", request.model.noise))
    lost = np.isnan(np.asarray(found.columns.risk.test, dtype=float))
    columns = {name: np.broadcast_to(value, shape).copy() for name, value in values.items()}
    for column in columns.values():
        column[lost] = np.nan
    return columns


def parts(model: Any, regime: Any, ridge: Any = None, *, ridge_per_sample: Any = None) -> Mapping[str, Any]:
    r"""Where the test error comes from.

    Parameters
    ----------
    model, regime, ridge, ridge_per_sample
        As in :func:`asymptotics.predict`.

    Returns
    -------
    mapping str -> float or ndarray
        The names of :data:`NAMES`; they sum to the test error.

    Raises
    ------
    InputError
        If the model cannot say what two predictors with features of their own have in common.

    Notes
    -----
    Two copies of the learning problem on shared randomness; see ``derivations/parts.py``, which compares with
    [AdlamPennington2020]_ and [dAscoli2020]_.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> found = parts(model, asy.Proportional(psi1=2, psi2=3), ridge=0.1)
    >>> round(found["features"], 5)
    0.12291
    >>> test = asy.predict(model, asy.Proportional(psi1=2, psi2=3), ridge=0.1).test
    >>> abs(sum(found.values()) - test) < 1e-14
    True
    """
    request = read_request(model, regime, ridge, ridge_per_sample)
    columns = request_parts(request)
    shape = request.shape
    return {name: value.reshape(shape) if shape else value.item() for name, value in columns.items()}
