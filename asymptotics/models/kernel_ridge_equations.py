r"""Kernel ridge regression: the program, and the coordinates in which its equations are solved.

In the eigenbasis of the kernel operator the predictor is linear with coefficients ``b`` and the kernel norm is
their squared norm. Feature vectors are replaced by Gaussian ones of the same covariance (assumed, with its
reference). One chart, in ``1/n``, covers every number of samples including infinitely many.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.chart import RIDGE, Chart
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Unknown
from asymptotics.models.coordinates import (
    ETA,
    INV_N,
    LAM,
    LAM_N,
    NOISE,
    NU,
    SAMPLES,
    C,
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

_UNIQUE = "c = lam/nu and T both decrease in nu, so c + T decreases from infinity to zero and equals n once"

_EQUIVALENCE = (
    "Gaussian equivalence: kernel features may be replaced by Gaussian ones with the same covariance "
    "[HuLu2023, Defilippis2024]"
)


def program() -> QuadraticProgram:
    """Kernel ridge regression as a quadratic program over one random matrix.

    With ``u = b - S^{-1/2} beta`` the error in the eigenbasis and ``r = A u - epsilon`` the residual on the
    samples, the energy is ``t |r|^2 + lam |b|^2 + q u'Su``.

    Examples
    --------
    >>> len(program().pencil().blocks)
    5
    """
    n, spectrum = Dimension("n"), SpectralDimension("D")
    S = SpectralMatrix(spectrum)
    A = GaussianMatrix("A", n, spectrum, column_covariance="s")
    b, u, r = Variable("b", spectrum), Variable("u", spectrum), Variable("r", n)
    beta = DeterministicVector("beta", spectrum)
    epsilon = GaussianVector("epsilon", n, variance=NOISE)
    t, q = symbol("t"), symbol("q")
    return QuadraticProgram(
        energy=t * norm2(r) + LAM * norm2(b) + q * norm2(u, S),
        constraints={u: b - S ** sp.Rational(-1, 2) @ beta, r: A @ u - epsilon},
        sources={t: 1, q: 0},
        observables={"test": slope(q), "train": slope(t) / n.size, "norm": slope(LAM) / n.size},
        name="kernel-ridge",
    )


@cache
def equivalent() -> FixedPointSystem:
    """The deterministic equivalent of :func:`program`, as the engine returns it (one unknown, ``nu``)."""
    system = program().deterministic_equivalent()
    history = replace(
        system.provenance,
        assumptions=(_EQUIVALENCE, *system.provenance.assumptions),
        references=("HuLu2023", "Defilippis2024"),
    )
    return replace(system, provenance=history, parameters=described(system.parameter_symbols()))


def proportional() -> FixedPointSystem:
    """Limit of :func:`equivalent` for ``n = psi2 d`` and the harmonic spectrum of the sphere."""
    growth = {symbol("n"): (symbol("psi2"), 1)}
    limit = take_limit(equivalent(), growth, polynomial_levels(1), name="kernel-ridge.proportional")
    return with_meanings(limit.system)


def slack_form(system: FixedPointSystem, samples: str = "n") -> FixedPointSystem:
    """Coordinates ``nu, c`` with ``c = n - T``: every observable free of subtractions.

    Parameters
    ----------
    system : FixedPointSystem
        One equation, in the effective ridge.
    samples : str
        Name of that size.

    Raises
    ------
    CertificateError
        If the new equations do not imply the old ones, or an observable is not subtraction-free.
    """
    n, trace = symbol(samples), degrees_of_freedom(system)
    on_shell = {LAM: C * NU, n: C + trace}
    return change_to_slacks(system, {n: C}, Equation(C * NU, LAM, "ridge"), on_shell, {}, _UNIQUE)


def sample_chart(system: FixedPointSystem, samples: str = "n") -> Chart:
    """The slack form in ``1/n`` and ``lam/n``: regular for infinitely many samples.

    The unknown ``c`` becomes ``eta/inv_n``.

    Parameters
    ----------
    system : FixedPointSystem
        In the slack form.
    samples : str
        Name of that size.
    """
    n, trace = symbol(samples), degrees_of_freedom(system)
    form = regular_form(
        system,
        "samples",
        coordinates={C: ETA / INV_N, n: 1 / INV_N, LAM: LAM_N / INV_N},
        parameters=(INV_N, LAM_N),
        unknown=Unknown(ETA, "1 - T/n"),
        equations=(Equation(ETA * NU, LAM_N, "ridge"), Equation(ETA + INV_N * trace, sp.S.One, "size")),
        on_shell={LAM_N: ETA * NU, ETA: 1 - INV_N * trace},
    )
    return as_chart(form, {INV_N: 1 / SAMPLES, LAM_N: RIDGE / SAMPLES}, slack=SAMPLES, vanishing=LAM_N)


RECIPE = Recipe(
    "kernel-ridge",
    start={"general": equivalent, "proportional": proportional},
    slack_form=slack_form,
    sizes={"general": ("n",), "proportional": ("psi2",)},
    charts={"samples": sample_chart},
    theorems={"general": "ridge-covariance", "proportional": "proportional-random-features"},
)
