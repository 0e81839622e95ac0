r"""Random-features ridge regression: the program, and the coordinates in which its equations are solved.

Features :math:`Z_{ij} = \sigma(\langle\theta_j, x_i\rangle/\sqrt d)/\sqrt p` are replaced by their Gaussian
equivalent :math:`Z = A B` in the eigenbasis of the kernel operator (assumed, with its reference); everything
else is derived. With :math:`T = \operatorname{Tr} S(S+\nu)^{-1}` the unknowns are the effective ridge
:math:`\nu` and the slacks :math:`c = n - T`, :math:`h = p - T`. Two charts cover all sizes: the *wide* one
(:math:`n \le p`) is regular up to and including :math:`p = \infty`, the *tall* one (:math:`p \le n`) up to and
including :math:`n = \infty`, both including ridge zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import sympy as sp

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
from asymptotics.errors import CertificateError
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.symbolic.scalarization import slope
from asymptotics.transforms.growth import polynomial_levels
from asymptotics.transforms.limits import take_limit
from asymptotics.transforms.rewriting import require_subtraction_free, restate, vanishes

LAM, NOISE = symbol("lam"), symbol("noise")
NU, C, H, ETA = symbol("nu"), symbol("c"), symbol("h"), symbol("eta")
GAP, INV_P, INV_N, LAM_N = symbol("gap"), symbol("inv_p"), symbol("inv_n"), symbol("lam_n")

_UNIQUE = (
    "c*h = lam*p/nu with h - c = p - n fixed, so c and h decrease in nu, and so does T: the left side of each "
    "size equation decreases in nu from above the size to zero"
)


_MEANINGS = {
    LAM: "ridge",
    NOISE: "label-noise variance",
    symbol("n"): "samples",
    symbol("p"): "features",
    symbol("psi1"): "features per input dimension",
    symbol("psi2"): "samples per input dimension",
    INV_P: "one over the features, zero for the kernel limit",
    INV_N: "one over the samples, zero for the population limit",
    GAP: "one minus the ratio of the smaller size to the larger",
    LAM_N: "ridge per sample",
}

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


def equivalent() -> FixedPointSystem:
    """The deterministic equivalent of :func:`program`, as the engine returns it (unknowns ``nu``, ``c``)."""
    system = program().deterministic_equivalent().renamed({symbol("tau_r_dual"): C})
    history = system.provenance
    history = replace(
        history,
        assumptions=(_EQUIVALENCE, *history.assumptions),
        references=("MeiMontanari2022", "HuLuMisiakiewicz2024", "Defilippis2024"),
    )
    return replace(system, provenance=history, parameters=_described(p.symbol for p in system.parameters))


def _described(symbols: Iterable[sp.Symbol]) -> tuple[Parameter, ...]:
    return tuple(Parameter(s, _MEANINGS.get(s, "")) for s in symbols)


def proportional() -> FixedPointSystem:
    """Limit of :func:`equivalent` for ``p = psi1 d``, ``n = psi2 d`` and the harmonic spectrum of the sphere."""
    growth = {symbol("n"): (symbol("psi2"), 1), symbol("p"): (symbol("psi1"), 1)}
    limit = take_limit(equivalent(), growth, polynomial_levels(1), name="random-features.proportional").system
    parameters = (Parameter(p.symbol, _MEANINGS.get(p.symbol, p.meaning)) for p in limit.parameters)
    return replace(limit, parameters=tuple(parameters))


def _degrees_of_freedom() -> sp.Expr:
    """The trace T of S(S+nu)^{-1} in the averages the systems define."""
    return symbol("T02") + symbol("T11")


def slack_form(system: FixedPointSystem, samples: str = "n", features: str = "p") -> FixedPointSystem:
    """Coordinates ``nu, c, h`` with ``c = n - T`` and ``h = p - T``: every observable free of subtractions.

    Parameters
    ----------
    system : FixedPointSystem
        In unknowns ``nu`` and ``c``: :func:`equivalent`, or a limit of it.
    samples, features : str
        Names of the two sizes.

    Returns
    -------
    FixedPointSystem

    Raises
    ------
    CertificateError
        If the new equations do not imply the old ones, or an observable is not subtraction-free.
    """
    n, p, trace = symbol(samples), symbol(features), _degrees_of_freedom()
    on_shell = {n: C + trace, p: H + trace, LAM: C * H * NU / (H + trace)}
    for equation in system.equations:
        if not vanishes(equation.residual, on_shell):
            raise CertificateError(f"{equation} does not follow from the slack equations")
    restore = {C + trace: n, H + trace: p}
    return replace(
        system,
        unknowns=(Unknown(NU, "effective ridge"), Unknown(C, f"{n} - T"), Unknown(H, f"{p} - T")),
        equations=(
            Equation(C * H * NU, LAM * p, "ridge"),
            Equation(C + trace, n, "samples"),
            Equation(H + trace, p, "features"),
        ),
        observables=_observables(system, on_shell, restore, n, p),
        domain=Domain(tuple(Condition(u) for u in (NU, C, H)), _UNIQUE),
        provenance=system.provenance.then("slack coordinates c = n - T, h = p - T; no subtraction is left"),
    )


def _observables(
    system: FixedPointSystem, on_shell: Mapping[sp.Symbol, sp.Expr], restore: Mapping[sp.Expr, sp.Symbol],
    n: sp.Symbol, p: sp.Symbol,
) -> tuple[Observable, ...]:  # fmt: skip
    table = {
        "bias": (system.observable("test.beta"), "part of the test error due to the target"),
        "variance": (system.observable("test.epsilon"), "part of the test error due to label noise"),
        "train": (system.observable("train"), "mean squared training error"),
        "norm": (system.observable("norm"), "squared norm of the coefficients per sample"),
        "norm_per_feature": (
            system.observable("norm") * n / p,
            "squared norm of the coefficients per feature",
        ),
    }
    found = {name: restate(value, on_shell, restore) for name, (value, _) in table.items()}
    for name, value in found.items():
        require_subtraction_free(value, name)
    test = Observable("test", found["bias"] + found["variance"], "excess test error")
    return (test, *(Observable(name, value, table[name][1]) for name, value in found.items()))


def wide_chart(system: FixedPointSystem, samples: str = "n", features: str = "p") -> FixedPointSystem:
    """The slack form for ``n <= p``, in ``1/p`` and ``gap = 1 - n/p``: regular at ``1/p = 0``.

    The unknown ``h`` becomes ``eta/inv_p`` with ``eta = inv_p*c + gap``.
    """
    n, p, trace = symbol(samples), symbol(features), _degrees_of_freedom()
    rule = {H: ETA / INV_P, p: 1 / INV_P}
    eta = INV_P * C + GAP
    on_shell = {LAM: C * NU * eta, GAP: 1 - n * INV_P, n: C + trace}
    return _chart(
        system, "wide", rule, (n, INV_P, GAP, LAM), C, on_shell,
        (Equation(C * NU * ETA, LAM, "ridge"), Equation(C + trace, n, "samples")),
        Definition(ETA, eta, "1 - T/p"),
    )  # fmt: skip


def tall_chart(system: FixedPointSystem, samples: str = "n", features: str = "p") -> FixedPointSystem:
    """The slack form for ``p <= n``, in ``1/n``, ``gap = 1 - p/n`` and ``lam/n``: regular at ``1/n = 0``.

    The unknown ``c`` becomes ``eta/inv_n`` with ``eta = inv_n*h + gap``.
    """
    n, p, trace = symbol(samples), symbol(features), _degrees_of_freedom()
    rule = {C: ETA / INV_N, n: 1 / INV_N, LAM: LAM_N / INV_N}
    eta = INV_N * H + GAP
    on_shell = {LAM_N: H * NU * eta / p, GAP: 1 - p * INV_N, p: H + trace}
    return _chart(
        system, "tall", rule, (p, INV_N, GAP, LAM_N), H, on_shell,
        (Equation(H * NU * ETA, LAM_N * p, "ridge"), Equation(H + trace, p, "features")),
        Definition(ETA, eta, "1 - T/n"),
    )  # fmt: skip


def _chart(
    system: FixedPointSystem, name: str, rule: Mapping[sp.Symbol, sp.Expr], coordinates: tuple[sp.Symbol, ...],
    slack: sp.Symbol, on_shell: Mapping[sp.Symbol, sp.Expr], equations: tuple[Equation, ...], eta: Definition,
) -> FixedPointSystem:  # fmt: skip
    """Change coordinates; ``on_shell``, applied in order, expresses the parameters by the new equations."""
    for equation in system.equations:
        residual = equation.residual.xreplace(dict(rule)).xreplace({ETA: eta.expression})
        for target, value in on_shell.items():
            residual = residual.subs(target, value)
        if not vanishes(residual, {}):
            raise CertificateError(f"{equation} does not follow from the {name} chart")
    observables = []
    for observable in system.observables:
        if observable.name == "test":
            continue
        value = require_subtraction_free(restate(observable.expression, rule), observable.name)
        observables.append(Observable(observable.name, value, observable.meaning))
    parts = {o.name: o.expression for o in observables}
    test = Observable("test", parts["bias"] + parts["variance"], "excess test error")
    inside = {s for d in system.definitions for s in d.expression.free_symbols}
    kept = [q for q in system.parameters if q.symbol == NOISE or q.symbol in inside]
    return replace(
        system,
        name=f"{system.name}.{name}",
        parameters=(*_described(coordinates), *kept),
        unknowns=(Unknown(NU, "effective ridge"), Unknown(slack, "smaller size minus T")),
        equations=equations,
        observables=(test, *observables),
        definitions=(*system.definitions, eta),
        domain=Domain(tuple(Condition(u) for u in (NU, slack)), _UNIQUE),
        provenance=system.provenance.then(f"{name} chart: coordinates {', '.join(map(str, coordinates))}"),
    )
