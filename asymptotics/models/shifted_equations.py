r"""Random-features ridge regression whose error is measured under another law of the inputs: program and coordinates.

In the eigenbasis of the training law the prediction has coordinates :math:`f`, the target :math:`h`. Under the test law
a feature's coordinate :math:`k` is multiplied by a *gain* :math:`g_k`, the target's by :math:`g_k + \delta_k`, with
:math:`\delta_k` the *drift*: zero wherever features and target are functions of the same inputs, linear in them, with
constants that do not depend on the law. The error under the test law is the mean square of
:math:`g(f - h) - \delta h`, one more slope of the same minimum; infinitely many features are kernel ridge regression.
What features gain that is independent of their values in training adds to the trace weighed with :math:`g^2`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.models import random_features_equations
from asymptotics.models.components import SHIFTED
from asymptotics.models.coordinates import LAM, NOISE, C, described
from asymptotics.models.random_features_equations import slack_form, tall_chart, wide_chart
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2

GAIN, DRIFT = "gain", "drift"
"""Letters of what the test law makes of a coordinate of the features, and of the target beyond that."""

_WEIGHED = symbol(f"T_{GAIN}2")


def program() -> QuadraticProgram:
    r"""Random-features ridge regression with one more source: the error under the test law.

    ``f = B a`` is the prediction in the eigenbasis, ``h`` the target, ``w = g(f - h) - drift h`` the error under the
    test law.

    Examples
    --------
    >>> sorted(program().observables)
    ['norm', 'shifted', 'test', 'train']
    """
    n, p = Dimension("n"), Dimension("p")
    spectrum = SpectralDimension("D", companions=(GAIN, DRIFT))
    S, gain, drift = (SpectralMatrix(spectrum, letter) for letter in ("s", GAIN, DRIFT))
    A = GaussianMatrix("A", n, spectrum, column_covariance="s")
    B = GaussianMatrix("B", spectrum, p, variance=1 / p.size)
    a, r = Variable("a", p), Variable("r", n)
    u, h, w = (Variable(name, spectrum) for name in "uhw")
    target = S ** sp.Rational(-1, 2) @ DeterministicVector("beta", spectrum)
    t, q, shifted = symbol("t"), symbol("q"), symbol("q_test")
    return QuadraticProgram(
        energy=t * norm2(r) + LAM * norm2(a) + q * norm2(u, S) + shifted * norm2(w, S),
        constraints={
            h: target,
            u: B @ a - target,
            w: gain @ u - drift @ h,
            r: A @ u - GaussianVector("epsilon", n, variance=NOISE),
        },
        sources={t: 1, q: 0, shifted: 0},
        observables={
            "test": slope(q),
            "train": slope(t) / n.size,
            "norm": slope(LAM) / n.size,
            SHIFTED.name: slope(shifted),
        },
        name="random-features-shifted",
    )


@cache
def equivalent() -> FixedPointSystem:
    """The deterministic equivalent of :func:`program`, as the engine returns it (unknowns ``nu``, ``c``).

    The measure of weighed traces is a trace: of eigenvalues too small to be resolved it holds their weighed sum.
    """
    system = program().deterministic_equivalent().renamed({symbol("tau_r_dual"): C})
    base = random_features_equations.equivalent().provenance
    history = replace(system.provenance, assumptions=base.assumptions, references=base.references)
    measures = tuple(replace(m, kind="trace") if m.symbol == _WEIGHED else m for m in system.measures)
    parameters = described(system.parameter_symbols())
    return replace(system, provenance=history, parameters=parameters, measures=measures)


RECIPE = Recipe(
    "random-features-shifted",
    start={"general": equivalent},
    slack_form=partial(slack_form, more=(SHIFTED,)),
    sizes={"general": ("n", "p")},
    charts={"wide": wide_chart, "tall": tall_chart},
    theorems={"general": "shifted-random-features"},
)
