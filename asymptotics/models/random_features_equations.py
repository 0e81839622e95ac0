r"""Random-features ridge regression: the program, and the coordinates in which its equations are solved.

Features :math:`Z_{ij} = \sigma(\langle\theta_j, x_i\rangle/\sqrt d)/\sqrt p` are replaced by their Gaussian
equivalent :math:`Z = A B` in the eigenbasis of the kernel operator (assumed, with its reference); everything
else is derived. With :math:`T = \operatorname{Tr} S(S+\nu)^{-1}` the unknowns are the effective ridge
:math:`\nu` and the slacks :math:`c = n - T`, :math:`h = p - T`. Two charts cover all sizes: the *wide* one
(:math:`n \le p`) is regular up to and including :math:`p = \infty`, the *tall* one (:math:`p \le n`) up to and
including :math:`n = \infty`, both including ridge zero.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.equations.domain import Condition
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Unknown
from asymptotics.models.components import NORM_PER_FEATURE, Component
from asymptotics.models.coordinates import (
    ETA,
    FEATURES,
    GAP,
    INV_N,
    INV_P,
    LAM,
    LAM_N,
    NOISE,
    NU,
    SAMPLES,
    C,
    H,
    as_chart,
    degrees_of_freedom,
    described,
    regular_form,
    with_meanings,
)
from asymptotics.models.coordinates import slack_form as change_to_slacks
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
from asymptotics.transforms.limits.growth import polynomial_levels
from asymptotics.transforms.limits.take_limit import take_limit

_UNIQUE = (
    "c*h = lam*p/nu with h - c = p - n fixed, so c and h decrease in nu, and so does T: the left side of each "
    "size equation decreases in nu from above the size to zero"
)

_EQUIVALENCE = (
    "Gaussian equivalence: the features may be replaced by Gaussian ones with the same covariance in the "
    "eigenbasis of the kernel operator [MeiMontanari2022, HuLuMisiakiewicz2024, Defilippis2024]"
)


def program() -> QuadraticProgram:
    r"""Random-features ridge regression as a quadratic program over random matrices.

    With ``u = B a - S^{-1/2} beta`` the error of the predictor in the eigenbasis and ``r = A u - epsilon`` the
    residual on the samples, the energy is ``t |r|^2 + lam |a|^2 + q u'Su``; at ``t = 1``, ``q = 0`` its slopes
    are the training error, the squared norm and the test error.

    Examples
    --------
    >>> print(program().pencil().size)
    5
    """
    n, p, spectrum = Dimension("n"), Dimension("p"), SpectralDimension("D")
    S = SpectralMatrix(spectrum)
    A = GaussianMatrix("A", n, spectrum, column_covariance="s")
    B = GaussianMatrix("B", spectrum, p, variance=1 / p.size)
    a, u, r = Variable("a", p), Variable("u", spectrum), Variable("r", n)
    beta = DeterministicVector("beta", spectrum)
    epsilon = GaussianVector("epsilon", n, variance=NOISE)
    t, q = symbol("t"), symbol("q")
    return QuadraticProgram(
        energy=t * norm2(r) + LAM * norm2(a) + q * norm2(u, S),
        constraints={u: B @ a - S ** sp.Rational(-1, 2) @ beta, r: A @ u - epsilon},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size, "norm": slope(LAM) / n.size},
        name="random-features",
    )


@cache
def equivalent() -> FixedPointSystem:
    """The deterministic equivalent of :func:`program`, as the engine returns it (unknowns ``nu``, ``c``)."""
    system = program().deterministic_equivalent().renamed({symbol("tau_r_dual"): C})
    history = replace(
        system.provenance,
        assumptions=(_EQUIVALENCE, *system.provenance.assumptions),
        references=("MeiMontanari2022", "HuLuMisiakiewicz2024", "Defilippis2024"),
    )
    return replace(system, provenance=history, parameters=described(system.parameter_symbols()))


def proportional() -> FixedPointSystem:
    """Limit of :func:`equivalent` for ``p = psi1 d``, ``n = psi2 d`` and the harmonic spectrum of the sphere."""
    growth = {symbol("n"): (symbol("psi2"), 1), symbol("p"): (symbol("psi1"), 1)}
    limit = take_limit(equivalent(), growth, polynomial_levels(1), name="random-features.proportional")
    return with_meanings(limit.system)


def slack_form(
    system: FixedPointSystem, samples: str = "n", features: str = "p", more: tuple[Component, ...] = ()
) -> FixedPointSystem:
    """Coordinates ``nu, c, h`` with ``c = n - T`` and ``h = p - T``: every observable free of subtractions.

    Parameters
    ----------
    system : FixedPointSystem
        In unknowns ``nu`` and ``c``: :func:`equivalent`, or a limit of it.
    samples, features : str
        Names of the two sizes.
    more : tuple of Component
        Observables of the system that are kept besides.

    Raises
    ------
    CertificateError
        If the new equations do not imply the old ones, or an observable is not subtraction-free.
    """
    n, p, trace = symbol(samples), symbol(features), degrees_of_freedom(system)
    extra = {NORM_PER_FEATURE: system.observable("norm") * n / p}
    extra |= {component: system.observable(component.name) for component in more}
    on_shell = {LAM: C * H * NU / (H + trace), n: C + trace, p: H + trace}
    return change_to_slacks(
        system, {n: C, p: H}, Equation(C * H * NU, LAM * p, "ridge"), on_shell, extra, _UNIQUE
    )


def wide_chart(system: FixedPointSystem, samples: str = "n", features: str = "p") -> Chart:
    """The slack form for ``n <= p``, in ``1/p`` and ``gap = 1 - n/p``: regular at ``1/p = 0``.

    The unknown ``h`` becomes ``eta/inv_p`` with ``eta = inv_p*c + gap``.

    Parameters
    ----------
    system : FixedPointSystem
        In the slack form.
    samples : str
        Name of that size.
    features : str
        Name of that size.
    """
    n, p, trace = symbol(samples), symbol(features), degrees_of_freedom(system)
    form = regular_form(
        system,
        "wide",
        coordinates={H: ETA / INV_P, p: 1 / INV_P},
        parameters=(n, INV_P, GAP, LAM),
        unknown=Unknown(C, "smaller size minus T"),
        equations=(Equation(C * NU * ETA, LAM, "ridge"), Equation(C + trace, n, "size")),
        on_shell={LAM: C * NU * (INV_P * C + GAP), GAP: 1 - n * INV_P, n: C + trace},
        definitions=(Definition(ETA, INV_P * C + GAP, "1 - T/p"),),
    )
    gap = (FEATURES - SAMPLES) / FEATURES
    return as_chart(
        form,
        {n: SAMPLES, INV_P: 1 / FEATURES, GAP: gap, LAM: RIDGE},
        slack=SAMPLES,
        serves=(Condition(FEATURES - SAMPLES, "as many features as samples, or more", strict=False),),
        sensitivity=(1 - GAP) / (ETA + C * INV_P),
    )


def tall_chart(system: FixedPointSystem, samples: str = "n", features: str = "p") -> Chart:
    """The slack form for ``p <= n``, in ``1/n``, ``gap = 1 - p/n`` and ``lam/n``: regular at ``1/n = 0``.

    The unknown ``c`` becomes ``eta/inv_n`` with ``eta = inv_n*h + gap``.

    Parameters
    ----------
    system : FixedPointSystem
        In the slack form.
    samples : str
        Name of that size.
    features : str
        Name of that size.
    """
    n, p, trace = symbol(samples), symbol(features), degrees_of_freedom(system)
    form = regular_form(
        system,
        "tall",
        coordinates={C: ETA / INV_N, n: 1 / INV_N, LAM: LAM_N / INV_N},
        parameters=(p, INV_N, GAP, LAM_N),
        unknown=Unknown(H, "smaller size minus T"),
        equations=(Equation(H * NU * ETA, LAM_N * p, "ridge"), Equation(H + trace, p, "size")),
        on_shell={LAM_N: H * NU * (INV_N * H + GAP) / p, GAP: 1 - p * INV_N, p: H + trace},
        definitions=(Definition(ETA, INV_N * H + GAP, "1 - T/n"),),
    )
    gap = (SAMPLES - FEATURES) / SAMPLES
    return as_chart(
        form,
        {p: FEATURES, INV_N: 1 / SAMPLES, GAP: gap, LAM_N: RIDGE / SAMPLES},
        slack=FEATURES,
        serves=(Condition(SAMPLES - FEATURES, "as many samples as features, or more", strict=False),),
        vanishing=LAM_N,
        sensitivity=(1 - GAP) / (ETA + H * INV_N),
    )


UNKNOWNS = (("tau_r_dual", (C, ETA / INV_N)),)
"""The trace that :func:`equivalent` calls ``c``, as the charts have it."""

RECIPE = Recipe(
    "random-features",
    start={"general": equivalent, "proportional": proportional},
    slack_form=slack_form,
    sizes={"general": ("n", "p"), "proportional": ("psi2", "psi1")},
    charts={"wide": wide_chart, "tall": tall_chart},
    theorems={"general": "random-features", "proportional": "proportional-random-features"},
)
