r"""Ridge regression on rows that are drawn without replacement from a pool, judged on the rows that are left out.

The pool has ``N`` rows and a kernel matrix with eigenvalues ``s``; along its eigenvectors the labels have coordinates
``beta``. Which rows are drawn is a projection ``P`` of rank ``n``, in a position that has nothing to do with the
eigenvectors: asymptotically free of the kernel matrix (assumed, with its reference). A projection in uniformly random
position is ``A'(AA')^{-1}A`` with a Gaussian matrix ``A``, which makes the learning problem a program.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.chart import RANK, RIDGE, Chart
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.models.components import TEST, TRAIN
from asymptotics.models.coordinates import LAM, NU, SAMPLES, C, as_chart, require_implied
from asymptotics.models.recipes import Recipe
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import DeterministicVector, GaussianMatrix, SpectralMatrix, Variable
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.changes.rewriting import require_subtraction_free, restate
from asymptotics.transforms.limits.singular_limits import singular_limits

NULL, NULL_POWER = symbol("null"), symbol("null_power")
"""Directions of the pool of eigenvalue zero, and the power of the labels in them."""

FREENESS = (
    "the rows that are drawn are asymptotically free of the kernel matrix of the pool, as they are of one with "
    "eigenvectors in uniformly random position [Voiculescu1991, PatilLeJeune2024]"
)

_UNIQUE = (
    "the sum of (s + lam)/(s + nu) over the pool falls in nu, from N at nu = lam to zero, and equals n once"
)
T02, T11, T20, B20 = (symbol(name) for name in ("T02", "T11", "T20", "B20"))
_MEANINGS = {TEST: "mean squared error on the rows left out", TRAIN: "mean squared error on the rows drawn"}


def program() -> QuadraticProgram:
    r"""The learning problem of a pool as a quadratic program over one random matrix.

    With ``u = S^{1/2} b - beta`` the error on the pool and ``h = u - A'c`` the part of it that no row drawn sees, the
    energy is ``t (|u|^2 - |h|^2) + lam |b|^2 + q |u|^2``: stationary in ``c``, its bracket is ``|Pu|^2``.

    Examples
    --------
    >>> program().pencil().size
    6
    """
    n, pool = Dimension("n"), SpectralDimension("D")
    A = GaussianMatrix("A", n, pool)
    b, u, h, c = *(Variable(name, pool) for name in "buh"), Variable("c", n)
    t, q = symbol("t"), symbol("q")
    labels = DeterministicVector("beta", pool)
    return QuadraticProgram(
        energy=t * norm2(u) - t * norm2(h) + LAM * norm2(b) + q * norm2(u),
        constraints={u: SpectralMatrix(pool) ** sp.Rational(1, 2) @ b - labels, h: u - A.T @ c},
        sources={t: 1, q: 0},
        observables={"pool": slope(q), "drawn": slope(t)},
        name="held-out",
    )


@cache
def equivalent() -> FixedPointSystem:
    """The deterministic equivalent of :func:`program`, as the engine returns it (one unknown, ``nu``)."""
    system = program().deterministic_equivalent()
    history = replace(
        system.provenance,
        assumptions=(FREENESS, *system.provenance.assumptions),
        references=("Voiculescu1991", "PatilLeJeune2024"),
    )
    return replace(system, provenance=history)


def slack_form(system: FixedPointSystem, samples: str = "n") -> FixedPointSystem:
    """One equation in ``nu``, with ``c = n - df`` explicit: errors are free of subtractions, null directions apart.

    The held-out error is the squared error on the pool less that on the rows drawn, per row left out.

    Parameters
    ----------
    system : FixedPointSystem
        The deterministic equivalent, in the effective ridge alone.
    samples : str
        What the number of rows drawn is called.

    Raises
    ------
    CertificateError
        If the new equations do not imply the old ones, or an error is not subtraction-free.
    """
    learned, rest = T02 + T11, T11 + T20
    on_shell = {LAM: C * NU / rest, SAMPLES: C + learned}
    require_implied(system, {}, on_shell, "slack form")
    pool, drawn = (system.observable(name) for name in ("pool", "drawn"))
    errors = {TEST: (pool - drawn) / (learned + rest - SAMPLES), TRAIN: drawn / SAMPLES}
    apart = {T20: T20 + NULL, B20: B20 + NULL_POWER}
    observables = []
    for component, value in errors.items():
        found = restate(value.xreplace({LAM: on_shell[LAM]}).xreplace({SAMPLES: on_shell[SAMPLES]}), {})
        require_subtraction_free(found, component.name)
        observables.append(Observable(component.name, found.xreplace(apart), _MEANINGS[component]))
    slack = Definition(C, LAM * rest.xreplace(apart) / NU, "n - df")
    averages = tuple(d for d in system.definitions if d.symbol in (T02, T11, T20, B20))
    return replace(
        system,
        parameters=(
            Parameter(LAM, "ridge"),
            Parameter(SAMPLES, "rows drawn"),
            Parameter(NULL, "directions of the pool of eigenvalue zero"),
            Parameter(NULL_POWER, "power of the labels in them"),
        ),
        unknowns=(Unknown(NU, "effective ridge"),),
        equations=(Equation(C + learned, SAMPLES, "size"),),
        observables=tuple(observables),
        definitions=(*averages, slack),
        domain=Domain((Condition(NU),), _UNIQUE),
        provenance=system.provenance.then(
            "errors per row; null directions counted apart; no subtraction is left"
        ),
    )


def pool_chart(system: FixedPointSystem, samples: str = "n") -> Chart:
    """The system in the number of rows drawn and the ridge; what happens as that vanishes is derived in one trace.

    Parameters
    ----------
    system : FixedPointSystem
        In the form of :func:`slack_form`.
    samples : str
        What the number of rows drawn is called.
    """
    chart = as_chart(system, {SAMPLES: SAMPLES, LAM: RIDGE}, SAMPLES)
    slack = Definition(C, LAM * (NULL + RANK - T02 - T11) / NU)
    averages = tuple(d for d in system.definitions if d.symbol in (T02, T11))
    one_trace = replace(
        system,
        definitions=(*averages, slack),
        observables=(),
        parameters=(*system.parameters, Parameter(RANK)),
    )
    return replace(chart, singular=singular_limits(replace(chart, system=one_trace), endless=False))


RECIPE = Recipe(
    "held-out",
    start={"general": equivalent},
    slack_form=slack_form,
    sizes={"general": ("n",)},
    charts={"pool": pool_chart},
    theorems={"general": "held-out"},
    singular=False,
)
