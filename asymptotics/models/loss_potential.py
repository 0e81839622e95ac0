r"""Convex losses: one potential, whose stationary point and slopes are everything.

A model enters through its population pair alone, here the captured power :math:`S = R(\infty) - R` and the degrees of
freedom :math:`df`. With order parameters ``m`` (overlap of prediction and target), ``q`` (mean square of the
prediction), ``V`` (its variance under small changes of the problem), and their conjugates, the minimum of
:math:`\sum_i t\,\ell(y_i, z_i) + \frac\lambda2\|a\|^2` is, to leading order, the stationary value of

.. math:: m\hat m - \frac{\hat V q}2 + \frac{\hat q V}2
          - \frac12\Big[\frac{\hat m^2}{\hat V}S\Big(\frac{\lambda P}{\hat V}\Big)
          + \frac{\hat q}{\hat V}df\Big(\frac{\lambda P}{\hat V}\Big)\Big] + n\,E\,M_V .

This potential is assumed, from the replica method and Gaussian comparison. Everything else is derived from it: its six
stationarity conditions are solved one by one, and training loss and norm are its slopes in ``t`` and in the ridge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.gaussian_averages import (
    LATENT,
    PREDICTION,
    Channel,
    ChannelSlope,
    Cost,
    Envelope,
    Force,
    GaussianAverage,
    Stiffness,
    named_averages,
)
from asymptotics.equations.naming import symbol
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import DerivationError
from asymptotics.models.coordinates import LAM
from asymptotics.models.pair import KAPPA, MEANINGS, PAIR, below
from asymptotics.models.pair_learners import SAMPLES, WIDTH

OVERLAP, SQUARE, SPREAD = symbol("m"), symbol("q"), symbol("V")
OVERLAP_HAT, SQUARE_HAT, SPREAD_HAT = symbol("m_hat"), symbol("q_hat"), symbol("V_hat")
POWER, WEIGHT = symbol("rho"), symbol("t")
"""Power of the latent value that labels are made of, and a multiplier of the loss, which is one."""

CAPTURED, LEARNED = symbol("captured_in"), symbol("learned_in")
"""Captured power, and the mean square of the minimizer's prediction: captured power minus the penalty."""

_PARTS = {below("penalty"): CAPTURED - LEARNED, below("partial"): below("df") - below("df2")}

ASSUMED = (
    "the minimum of a convex loss with a ridge concentrates on the stationary value of this potential, by the replica "
    "method and Gaussian comparison [Gerace2020, Loureiro2021, Thrampoulidis2018]"
)
REFERENCES = ("Gerace2020", "Loureiro2021", "Thrampoulidis2018", "SurCandes2019", "Montanari2019")

AVERAGES = {
    "envelope": "mean Moreau envelope of a sample",
    "force2": "mean square of the force of a sample on the prediction",
    "stiffness": "mean fall of that force with the prediction",
    "pull": "mean force times the slope of the label's probability in the latent value",
    "cost": "mean loss of a sample",
}
"""What the labels and the loss enter through, and what they are."""


class Captured(sp.Function):  # type: ignore[misc]
    """Captured power of the target, in the effective ridge."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Minus the slope of the minimum: its penalty over the ridge."""
        return -below("penalty") / self.args[0]


class Freedom(sp.Function):  # type: ignore[misc]
    """Degrees of freedom, in the effective ridge."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Minus its fall over the ridge."""
        return -below("partial") / self.args[0]


@dataclass(frozen=True)
class Labels:
    """What is averaged over one sample, as a function of the Gaussian letters.

    Attributes
    ----------
    name : str
    integrand : sympy.Expr
    names : mapping integrand -> str
        Of :data:`AVERAGES`.
    """

    name: str
    integrand: sp.Expr
    names: Mapping[sp.Expr, str]


def _at(kind: type[sp.Function], argument: sp.Expr) -> sp.Expr:
    return kind(argument, SPREAD, WEIGHT)


def classes() -> Labels:
    """Labels of two classes, each with a probability that depends on the latent value; averages sum over both."""
    w, chance = PREDICTION, Channel(LATENT)
    kinds = {Envelope: "envelope", Stiffness: "stiffness", Cost: "cost"}
    names = {chance * _at(kind, w): name for kind, name in kinds.items()}
    names |= {chance * _at(Force, w) ** 2: "force2", ChannelSlope(LATENT) * _at(Force, w): "pull"}
    return Labels("classes", chance * _at(Envelope, w), names)


def numbers() -> Labels:
    """Labels that are the latent value, noise included, and a loss of the difference of prediction and label."""
    difference = PREDICTION - LATENT
    names = {_at(kind, difference): name for kind, name in
             {Envelope: "envelope", Stiffness: "stiffness", Cost: "cost"}.items()}  # fmt: skip
    return Labels("numbers", _at(Envelope, difference), {**names, _at(Force, difference) ** 2: "force2"})


def potential(labels: Labels) -> sp.Expr:
    """The potential of the module, in the six order parameters.

    Examples
    --------
    >>> sorted(map(str, potential(numbers()).free_symbols))
    ['V', 'V_hat', 'lam', 'm', 'm_hat', 'n', 'q', 'q_hat', 'rho', 't', 'width']
    """
    m, q, V, m_hat, q_hat, V_hat = OVERLAP, SQUARE, SPREAD, OVERLAP_HAT, SQUARE_HAT, SPREAD_HAT
    ridge = LAM * WIDTH / V_hat
    model = m_hat**2 / V_hat * Captured(ridge) + q_hat / V_hat * Freedom(ridge)
    sample = GaussianAverage(labels.integrand, POWER, m, q)
    return m * m_hat - V_hat * q / 2 + q_hat * V / 2 - model / 2 + SAMPLES * sample


def slope(labels: Labels, parameter: sp.Symbol) -> sp.Expr:
    """Derivative of the potential, in the quantities of the pair and the named averages.

    Parameters
    ----------
    labels : Labels
    parameter : sympy.Symbol
        An order parameter, the ridge, or the multiplier of the loss.
    """
    found = sp.diff(potential(labels), parameter).doit()
    ridge = LAM * WIDTH / SPREAD_HAT
    known = {Captured(ridge): CAPTURED, Freedom(ridge): below("df")}
    written = named_averages(found, labels.names).xreplace(known)
    return sp.expand(written.subs(WEIGHT, 1))


@cache
def loss_rule(kind: str) -> FixedPointSystem:
    """A convex loss on any features, as an open system in their pair and in averages over one sample.

    Parameters
    ----------
    kind : {"classes", "numbers"}
        Of the labels.

    Returns
    -------
    FixedPointSystem
        Unknowns ``kappa``, ``V``, ``m``, ``q``; the conjugates are definitions. Observables ``train_loss``, ``norm``
        (per sample), ``objective`` (the minimum, per sample), ``square`` and ``overlap``.

    Raises
    ------
    DerivationError
        If a stationarity condition is not explicit in its unknown.

    Examples
    --------
    >>> rule = loss_rule("numbers")
    >>> print(*rule.definitions, rule.equations[0], sep="; ")
    V_hat := n*stiffness; m_hat := n*stiffness; q_hat := force2*n; V_hat*kappa = lam*width
    >>> print(*rule.equations[1:], sep="; ")
    V = df_in/V_hat; m = captured_in*m_hat/V_hat; q = df2_in*q_hat/V_hat**2 + learned_in*m_hat**2/V_hat**2
    """
    labels = {"classes": classes, "numbers": numbers}[kind]()
    explicit = {
        SPREAD_HAT: SQUARE, OVERLAP_HAT: OVERLAP, SQUARE_HAT: SPREAD,
        SPREAD: SQUARE_HAT, OVERLAP: OVERLAP_HAT, SQUARE: SPREAD_HAT,
    }  # fmt: skip
    conditions = {unknown: slope(labels, other).xreplace(_PARTS) for unknown, other in explicit.items()}
    solved = {unknown: _solved(condition, unknown) for unknown, condition in conditions.items()}
    conjugates = (SPREAD_HAT, OVERLAP_HAT, SQUARE_HAT)
    definitions = tuple(Definition(s, solved[s], f"conjugate of {explicit[s]}") for s in conjugates)
    equations = (
        Equation(KAPPA * SPREAD_HAT, LAM * WIDTH, "effective ridge"),
        *(Equation(s, solved[s], "stationarity") for s in (SPREAD, OVERLAP, SQUARE)),
    )
    whole = named_averages(potential(labels), labels.names)
    ridge = LAM * WIDTH / SPREAD_HAT
    minimum = whole.xreplace({Captured(ridge): CAPTURED, Freedom(ridge): below("df")})
    values = {
        "train_loss": (slope(labels, WEIGHT) / SAMPLES, "mean loss of the samples"),
        "norm": (2 * slope(labels, LAM) / SAMPLES, "squared norm of the coefficients per sample"),
        "objective": (minimum / SAMPLES, "minimum, per sample"),
        "square": (SQUARE, "mean square of the prediction"),
        "overlap": (OVERLAP, "mean product of the prediction and the latent value"),
    }
    observables = tuple(Observable(name, sp.expand(e), text) for name, (e, text) in values.items())
    unknowns = (
        Unknown(KAPPA, MEANINGS[KAPPA]), Unknown(SPREAD, "variance of a prediction under small changes"),
        Unknown(OVERLAP, values["overlap"][1]), Unknown(SQUARE, values["square"][1]),
    )  # fmt: skip
    inside = [e.residual for e in equations] + [d.expression for d in definitions]
    inside += [o.expression for o in observables]
    own = {u.symbol for u in unknowns} | {d.symbol for d in definitions}
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=str)
    return FixedPointSystem(
        name=f"pair.loss.{kind}",
        parameters=tuple(Parameter(s, _meaning(s)) for s in names),
        unknowns=unknowns,
        equations=equations,
        definitions=definitions,
        observables=observables,
        domain=Domain(
            tuple(Condition(s) for s in (KAPPA, SPREAD, SQUARE)), "the minimum of a convex function"
        ),
        provenance=Provenance(
            steps=("stationary point of the potential; observables are its slopes",),
            assumptions=(ASSUMED,),
            references=REFERENCES,
        ),
    )


def _solved(condition: sp.Expr, unknown: sp.Symbol) -> sp.Expr:
    """The unknown in which a stationarity condition is linear.

    Raises
    ------
    DerivationError
        If it is not.
    """
    rate = sp.diff(condition, unknown)
    if rate == 0 or rate.has(unknown):
        raise DerivationError(f"{condition} is not linear in {unknown}")
    return sp.expand(sp.cancel(unknown - condition / rate))


def _meaning(parameter: sp.Symbol) -> str:
    table = {
        LAM: "ridge",
        SAMPLES: "samples",
        WIDTH: "number of features: they carry one over its square root",
    }
    table |= {CAPTURED: "captured power of the latent value", POWER: "power of the latent value"}
    table |= {LEARNED: "mean square of the population minimizer"}
    table |= {below(name): meaning for name, meaning in PAIR.items()}
    table |= {symbol(name): meaning for name, meaning in AVERAGES.items()}
    return table.get(parameter, "")
