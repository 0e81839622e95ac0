r"""Cross-risk of two ridges for features of a given spectrum, in a form that never subtracts.

The cross-risk of every model is made of divided differences of its population pair (derived in
:mod:`asymptotics.models.pair_two_ridges`). For random features on a spectrum, and for a kernel, the averages with one
pole that stand in them are combinations of averages with two:

.. math:: \sum\frac{m s}{s+\nu_a} = \sum m\,b_a b_b + \sum m\,a_b\,b_a, \qquad
          a_i = \frac{\nu_i}{s+\nu_i},\quad b_i = \frac{s}{s+\nu_i} .

Written in these, and in the slacks :math:`\gamma = 1 - T/n` and :math:`\eta = 1 - T/p`, every difference cancels
exactly: what is left holds at equal ridges, at ridge zero, and where sizes are equal or infinite.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.components import RiskValues
from asymptotics.models.coordinates import NOISE, SAMPLES
from asymptotics.models.pair_learners import ridge_rule
from asymptotics.models.pair_two_ridges import copied, cross_rule

INV_N, INV_P = symbol("inv_n"), symbol("inv_p")
NU, GAMMA, ETA = copied("nu"), copied("gamma"), copied("eta")
BOTH, ONE, OTHER = symbol("both"), symbol("one"), symbol("other")
"""Traces of ``b_a b_b``, ``a_a b_b`` and ``b_a a_b``."""
LEFT, HALF = symbol("left"), symbol("half")
"""Powers of the target in ``a_a a_b`` and in ``b_a a_b``."""
REST = symbol("rest")
"""Power of the target in ``a_b``: the minimum at the second ridge."""

_D11, _D10, _P10, _P00 = (symbol(name) for name in ("D11", "D10", "P10", "P00"))
_X, _Y = symbol("x"), symbol("y")


def _one_pole(first: int) -> dict[str, sp.Expr]:
    """The pair of one copy in averages with the poles of both; ``kappa`` is the ridge over ``n - df``."""
    other = NU[1 - first]
    freedom = _D11 + other * _D10
    return {
        "df": freedom,
        "kappa": NU[first] * (1 - INV_P * freedom),
        "objective": NU[first] * (_P10 + other * _P00),
    }


def _substituted(expression: sp.Expr) -> sp.Expr:
    rule = {}
    for copy in (0, 1):
        for name, value in _one_pole(copy).items():
            rule[copied(name)[copy]] = value
    return sp.cancel(expression.xreplace(rule))


def _slacks(polynomial: sp.Expr) -> sp.Expr:
    """A polynomial with one minus the products of sizes and ``D11`` written as slacks plus positive terms."""
    above = sp.Poly(sp.expand(polynomial), _D11, INV_N, INV_P)
    total = sp.S.Zero
    for (power, samples, features), coefficient in above.terms():
        y = min(power, features)
        x = min(power - y, samples)
        left = _D11 ** (power - x - y) * INV_N ** (samples - x) * INV_P ** (features - y)
        total += coefficient * left * _X**x * _Y**y
    inside = {_X: 1 - GAMMA[0] - INV_N * NU[1] * _D10, _Y: 1 - ETA[1] - INV_P * NU[0] * _D10}
    return sp.expand(sp.expand(total).xreplace(inside))


@cache
def cross_forms() -> dict[str, sp.Expr]:
    """Numerators of bias, of variance per noise and of the norm, and their common denominator.

    Returns
    -------
    dict
        ``bias``, ``variance``, ``norm`` and ``denominator``; no term has a minus sign.

    Raises
    ------
    DerivationError
        If one has.

    Examples
    --------
    >>> for name, form in cross_forms().items():
    ...     print(name, "=", form)
    bias = eta_b*left + half*inv_p*one + inv_p*left*one
    variance = inv_n*(both*eta_b + both*inv_p*one + inv_p*one*other)
    norm = (gamma_a*half + inv_n*noise*other + inv_n*other*rest)/nu_b
    denominator = eta_b*gamma_a + eta_b*inv_n*other + gamma_a*inv_p*one
    """
    rule = cross_rule()
    inside = {d.symbol: _substituted(d.expression) for d in rule.definitions}
    test = sp.expand(RiskValues.of_system(rule).test)
    whole = RiskValues(bias=test.xreplace({NOISE: sp.S.Zero}), variance=sp.diff(sp.together(test), NOISE))
    found, below = {}, set()
    for name, value in whole.named().items():
        value = sp.cancel(value.xreplace(inside).xreplace({SAMPLES: 1 / INV_N}))
        above, denominator = sp.fraction(value)
        sign = sp.Poly(denominator, INV_N, INV_P).nth(0, 0)
        found[name] = sp.cancel(above / sign)
        below.add(sp.expand(denominator / sign))
    (denominator,) = below
    found |= RiskValues(norm=_norm(denominator)).named()
    per_sample = {name for name, value in found.items() if sp.cancel(value / INV_N).is_polynomial(INV_N)}
    short = {}
    for name, value in {**found, "denominator": denominator}.items():
        scale = INV_N if name in per_sample else sp.S.One
        short[name] = sp.factor(scale * _ordered(_slacks(sp.cancel(value / scale))))
    for name, value in short.items():
        if any(term.could_extract_minus_sign() for term in sp.Add.make_args(sp.expand(value))):
            raise DerivationError(f"the {name} of two ridges has a term that is subtracted: {value}")
    return short


def _ordered(expression: sp.Expr) -> sp.Expr:
    """Mixed products of ``D10`` written by one or the other average, whichever leaves no power of a ridge."""
    poly = sp.Poly(sp.expand(expression), _D10, _P10, _P00, *NU)
    total = sp.S.Zero
    for (d10, p10, p00, first, second), coefficient in poly.terms():
        term = coefficient * LEFT**p00 * HALF**p10
        first, second = first - p00, second - p00 - p10
        ones = min(d10, max(first, 0))
        others = d10 - ones
        term *= ONE**ones * OTHER**others * NU[0] ** (first - ones) * NU[1] ** (second - others)
        total += term
    return sp.factor(total.xreplace({_D11: BOTH}))


def _norm(denominator: sp.Expr) -> sp.Expr:
    r"""Numerator of :math:`(E_a-E_b)/(\lambda_a-\lambda_b)`, the product of coefficients, over the same denominator.

    The minimum :math:`E` and the ridge are those of the derived rule: ``c (R + noise)`` and ``c kappa``.
    """
    rule = ridge_rule()
    assert rule.observable("minimum") == symbol("c") * (NOISE + symbol("objective_in"))
    copies = [_one_pole(copy) for copy in (0, 1)]
    weight = [1 - INV_N * copy["df"] for copy in copies]
    minima = [w * (copy["objective"] + NOISE) for w, copy in zip(weight, copies, strict=True)]
    ridges = [w * copy["kappa"] for w, copy in zip(weight, copies, strict=True)]
    slope = sp.cancel((minima[0] - minima[1]) / (NU[0] - NU[1]))
    change = sp.cancel((ridges[0] - ridges[1]) / (NU[0] - NU[1]))
    if sp.expand(change - denominator) != 0:
        raise DerivationError("ridges of two effective ridges do not differ as the cross-risk's denominator")
    inside = NU[1] * (_P10 + NU[0] * _P00)
    with_rest = sp.expand(slope - INV_N * _D10 * inside)
    return sp.expand(with_rest + INV_N * _D10 * REST)


def pair_identity() -> sp.Expr:
    r"""Difference of both sides of generalised cross-validation for pairs of ridges; zero.

    :math:`\lambda_aE_b - \lambda_bE_a = (\lambda_a-\lambda_b)\,\frac{c_ac_b}{n}(R_{ab}+\sigma^2)`, with the minimum
    and the ridge of each copy in its population pair, for every pair at all.

    Examples
    --------
    >>> pair_identity()
    0
    """
    rule, cross = ridge_rule(), cross_rule()
    n = SAMPLES
    names = [symbol(name) for name in ("kappa", "objective_in", "c", "df_in")]
    copies = []
    for copy in (0, 1):
        kappa, minimum, freedom = (copied(name)[copy] for name in ("kappa", "objective", "df"))
        here = dict(zip(names, (kappa, minimum, n - freedom, freedom), strict=True))
        copies.append((kappa * here[symbol("c")], rule.observable("minimum").xreplace(here), n - freedom))
    (ridge_a, minimum_a, c_a), (ridge_b, minimum_b, c_b) = copies
    risk = RiskValues.of_system(cross).test.xreplace({d.symbol: d.expression for d in cross.definitions})
    left = ridge_a * minimum_b - ridge_b * minimum_a
    return sp.cancel(sp.together(left - (ridge_a - ridge_b) * c_a * c_b / n * (risk + NOISE)))


@cache
def cross_program() -> Program:
    """The numerators and the denominator of :func:`cross_forms`, lowered: for doubles, digits and balls."""
    names = (*GAMMA, *ETA, *NU, INV_N, INV_P, BOTH, ONE, OTHER, LEFT, HALF, REST, NOISE)
    return lower(cross_forms(), [s.name for s in names])


def crossed(inside: dict[sp.Symbol, Any], arithmetic: Any) -> tuple[RiskValues, Any]:
    """Numerators of bias, of variance per noise and of the norm, and their denominator, in numbers.

    Parameters
    ----------
    inside : mapping of sympy.Symbol to number
        Numbers of the symbols.
    arithmetic : arithmetic
        In which they are numbers.
    """
    found = cross_program()({key.name: value for key, value in inside.items()}, arithmetic)
    return RiskValues.of(found), found["denominator"]


def risk_of(sums: RiskValues, noise: Any, inv_n: Any, inv_p: Any) -> dict[str, Any]:
    """Components of the risk by name, from the forms summed over pairs of ridges.

    Parameters
    ----------
    sums : RiskValues
        Forms, summed over pairs of ridges.
    noise : number or array
        Variance of the label noise.
    inv_n : number or array
        1/n.
    inv_p : number or array
        1/p.
    """
    tested = RiskValues.tested(sums.bias, noise * sums.variance)
    norms = RiskValues(train=sums.train, norm=sums.norm * inv_n, norm_per_feature=sums.norm * inv_p)
    return tested.named() | norms.named()
