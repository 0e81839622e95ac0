r"""Tangent features of a few neurons, where samples are about as many as inputs have dimensions.

A sample sees the inputs through the slopes :math:`s_1, \dots, s_p` of the neurons at it: through their mean ``g``, with
square ``s``, and their variance ``v`` over the neurons. Samples of different slopes are weighed differently, which
independent features would not know. In the direction of the mean there are ``d`` coefficients, in the others
``M = d(p-1)``; of the target the linear part lies in the first.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, FixedPointSystem, Observable
from asymptotics.models.coordinates import LAM, NOISE, SAMPLES, described, ordered
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import GaussianMatrix, GaussianVector, SpectralMatrix, Variable
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.limits.infinite_ridge import at_infinite_ridge

LETTERS = ("s", "v", "g")
"""Square of the mean of the slopes of all neurons at a sample, their variance, and the mean."""

_SIZE, SIGNAL = symbol("d"), symbol("signal")
_LINEAR, _REST = symbol("F1sq"), symbol("F_starsq")
_POWERS = {name: symbol(f"power_{name}") for name in ("s", "g", "1")}
_ASSUMED = "slopes of the neurons are independent of the inputs given their own projections, and exchangeable"


def program() -> QuadraticProgram:
    r"""The part of the learning problem that is orthogonal to the target.

    With ``r = S^{1/2}X a + V^{1/2}G b - e`` the energy is ``t|r|^2 + lam(|a|^2 + |b|^2)`` and ``q`` times the mean
    square at a fresh input. The labels ``e`` have variance ``power_1 + power_g g + power_s s`` at a sample of mean
    slope ``g``: what is left of the target where the predictor has a share of its linear part.

    Examples
    --------
    >>> program().pencil().size
    4
    """
    rows = SpectralDimension("rows", LETTERS[0], "R", companions=LETTERS[1:])
    along, across = Dimension(_SIZE.name), Dimension("M")
    a, b, r = Variable("a", along), Variable("b", across), Variable("r", rows)
    X = GaussianMatrix("X", rows, along, 1 / along.size, row_covariance="s")
    G = GaussianMatrix("G", rows, across, 1 / across.size, row_covariance="v")
    labels = {name: GaussianVector(f"e_{name}", rows, power) for name, power in _POWERS.items()}
    half = sp.Rational(1, 2)
    form = X @ a + G @ b - SpectralMatrix(rows) ** half @ labels["s"]
    form = form - SpectralMatrix(rows, "g") ** half @ labels["g"] - labels["1"]
    t, q = symbol("t"), symbol("q")
    fresh = symbol("mean_s") / along.size * norm2(a) + symbol("mean_v") / across.size * norm2(b)
    return QuadraticProgram(
        t * norm2(r) + LAM * norm2(a) + LAM * norm2(b) + q * fresh, {r: form}, {t: 1, q: 0},
        {"test": slope(q), "train": slope(t), "norm": slope(LAM)}, "few-neurons",
    )  # fmt: skip


@cache
def equivalent() -> FixedPointSystem:
    """Ridge regression on the tangent features of a few neurons.

    The predictor takes the share of the linear part of the target that minimizes the energy; by the envelope theorem
    errors are slopes at that share.

    Examples
    --------
    >>> print(*equivalent().equations, sep="; ")
    R011 + R020 + R110 + lam*tau_a = d; R002 + R011 + R101 + lam*tau_b = M
    """
    system = program().deterministic_equivalent()
    whole = {a: SAMPLES * a for d in system.definitions for a in averages_in(d.expression)}
    minimum = sp.expand(system.observable("minimum"))
    parts = {name: minimum.coeff(power) for name, power in _POWERS.items()}
    share = parts["g"] / (parts["s"] + LAM * _SIZE)
    powers = {
        _POWERS["s"]: SIGNAL**2 * _LINEAR, _POWERS["g"]: -2 * SIGNAL * _LINEAR, _POWERS["1"]: _LINEAR + _REST + NOISE,
    }  # fmt: skip
    definitions = [Definition(d.symbol, d.expression.xreplace(whole), d.meaning) for d in system.definitions]
    definitions.append(Definition(SIGNAL, share, "share of the linear part of the target"))
    definitions += [
        Definition(name, value, "variance of what is left of the target") for name, value in powers.items()
    ]
    observables, ready = _observables(system), ordered(tuple(definitions))
    own = {d.symbol for d in ready} | set(system.unknown_symbols())
    inside = [*(e.residual for e in system.equations), *(d.expression for d in ready)]
    inside += [o.expression for o in observables]
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=lambda s: s.name)
    return replace(
        system, name="few-neurons", definitions=ready, observables=observables, parameters=described(names, _MEANINGS),
        provenance=replace(system.provenance, assumptions=(_ASSUMED, *system.provenance.assumptions)),
    )  # fmt: skip


_MEANINGS = {
    _SIZE: "dimension of the inputs",
    symbol("M"): "coefficients across the mean of the neurons",
    symbol("mean_s"): "mean of s",
    symbol("mean_v"): "mean of v",
    symbol("mean_g"): "mean of g",
    _LINEAR: "power of the linear part of the target",
    _REST: "power of the rest of the target",
}


def _observables(system: FixedPointSystem) -> tuple[Observable, ...]:
    """Errors, where the labels have the variance that the share of the target leaves."""

    def of(name: str, part: str) -> sp.Expr:
        return system.observable(f"{name}.e_{part}")

    noisy = NOISE / _POWERS["1"]
    left = _LINEAR * (SIGNAL**2 * symbol("mean_s") - 2 * SIGNAL * symbol("mean_g") + 1) + _REST
    bias = left + of("test", "s") + of("test", "g") + (1 - noisy) * of("test", "1")
    variance = noisy * of("test", "1")
    train = sp.Add(*(of("train", part) for part in _POWERS)) / SAMPLES
    norm = (sp.Add(*(of("norm", part) for part in _POWERS)) + SIGNAL**2 * _LINEAR * _SIZE) / SAMPLES
    table = {"test": bias + variance, "bias": bias, "variance": variance, "train": train, "norm": norm}
    return tuple(Observable(name, value) for name, value in table.items())


@cache
def chart() -> Chart:
    """The system in the number of samples and the ridge."""
    system = equivalent()
    start = at_infinite_ridge(replace(system, observables=()), (LAM.name,))
    return Chart(system, {SAMPLES: SAMPLES, LAM: RIDGE}, SAMPLES, SAMPLES, (), LAM, start, unique=True)
