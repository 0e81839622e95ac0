r"""Tangent features and the trace of a quadratic target, for infinitely many Gaussian inputs.

A neuron with direction ``w`` adds ``a'x sigma'(w'x)`` to the function. Where ``a`` is orthogonal to ``w`` its part of
degree two has squared strength ``across`` and everything above costs ``cost_across``; along ``w`` the feature is a
function of ``w'x`` alone, of strength ``along`` and ``cost_along``. On the identity, as a quadratic form, the errors of
all rows are of the same law, and so are the coefficients along the neurons: two numbers at which the energy is
stationary.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Observable, Unknown
from asymptotics.models.components import TEST
from asymptotics.models.coordinates import FEATURES, LAM, described, require_implied
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.dimensions import Dimension
from asymptotics.symbolic.matrices import DeterministicVector, GaussianMatrix, Variable
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.changes.rewriting import require_subtraction_free, restate

ACROSS, ALONG = symbol("across"), symbol("along")
COST_ACROSS, COST_ALONG = symbol("cost_across"), symbol("cost_along")
LEFT, SHARE = symbol("left"), symbol("share")
_MEANINGS = {
    ACROSS: "squared strength of degree two across the direction of a neuron",
    ALONG: "squared strength of degree two along the direction of a neuron",
    COST_ACROSS: "power above degree two across the direction of a neuron",
    COST_ALONG: "power above degree two along the direction of a neuron",
}
_ASSUMED = "coefficients along the directions of the neurons concentrate around their mean"


def program() -> QuadraticProgram:
    r"""One row of the coefficients, where features along the neurons have a share ``share W W'`` of the target.

    With ``u = W a + share W W' beta - beta``, the energy is ``|u|^2 + lam |a|^2``.

    Examples
    --------
    >>> program().pencil().size
    7
    """
    d, p = Dimension("d"), Dimension("p")
    W = GaussianMatrix("W", d, p, variance=ACROSS / d.size)
    a, b, g, u = Variable("a", p), Variable("b", p), Variable("g", d), Variable("u", d)
    form = W @ a + SHARE * (W @ b) - g
    return QuadraticProgram(
        norm2(u) + LAM * norm2(a), {g: DeterministicVector("beta", d), b: W.T @ g, u: form}, name="lazy-trace"
    )


def equivalent() -> FixedPointSystem:
    """The error on the trace, relative to it, where the energy is stationary in both shares.

    What features along the neurons add to the target, and what keeps the other coefficients across, are shares of the
    same form: of their sum the engine has the energy of a row. Sizes are in units of the dimension; ``left`` is what
    linear random features of the same strength and cost leave of a target.

    Raises
    ------
    CertificateError
        If the new coordinates do not solve the engine's equation, or the error is not free of subtractions.

    Examples
    --------
    >>> system = equivalent()
    >>> print(*system.equations)
    across*left*p = (1 - left)*(across*left + cost_across)
    >>> print(system.observable("test"))
    (along*left + cost_along)/(along*left + along*p + cost_along)
    """
    system = program().deterministic_equivalent()
    (trace,) = system.unknown_symbols()
    units = {symbol("d"): sp.S.One, symbol("B"): sp.S.One, LAM: COST_ACROSS, trace: ACROSS * LEFT}
    cost = ACROSS * LEFT * (FEATURES / (1 - LEFT) - 1)
    require_implied(system, units, {COST_ACROSS: cost}, "lazy-trace")
    row = sp.Poly(sp.expand(system.observable("minimum").xreplace(units)), SHARE)
    alone, linear, square = (row.coeff_monomial(SHARE**k) / ACROSS**k for k in range(3))
    # In the share x along the neurons, at cost p x^2 cost_along/along, and y, at -p y^2 cost_across/across, it is
    # stationary where x + y = k (linear + 2 square (x + y)).
    k = (ACROSS / COST_ACROSS - ALONG / COST_ALONG) / (2 * FEATURES)
    total = alone + k * linear**2 / (2 * (1 - 2 * k * square))
    found = restate(total.xreplace({COST_ACROSS: cost}), {})
    test = require_subtraction_free(found, TEST.name)
    return replace(
        system,
        parameters=described((FEATURES, *_MEANINGS), _MEANINGS),
        unknowns=(Unknown(LEFT, "what linear features leave of a target"),),
        equations=(Equation(ACROSS * LEFT * FEATURES, (1 - LEFT) * (COST_ACROSS + ACROSS * LEFT), "size"),),
        observables=(Observable(TEST.name, test, "error on the trace, relative to it"),),
        domain=Domain(
            (Condition(LEFT), Condition(1 - LEFT)), "p falls in left, from infinity at zero to zero at one"
        ),
        provenance=replace(
            system.provenance.then("stationary in both shares; sizes in units of the dimension"),
            assumptions=(_ASSUMED, *system.provenance.assumptions),
        ),
    )


RECIPE = Recipe(
    "lazy-trace",
    start={"general": equivalent},
    slack_form=lambda system, *sizes: system,
    sizes={"general": ()},
    charts={},
    theorems={"general": "lazy-training"},
    singular=False,
)
