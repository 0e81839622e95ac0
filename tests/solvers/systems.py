"""Systems for the tests of the solvers, written as plain fixed-point systems, with their leading orders by hand."""

from fractions import Fraction

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Equation, FixedPointSystem, Measure, Observable, Parameter, Unknown
from asymptotics.lowering.systems import system_problem
from asymptotics.models.library import stored_system

ONE, NONE = Fraction(1), Fraction(0)
LAM, N, D, NOISE, F1 = (symbol(name) for name in ("lam", "n", "d", "noise", "F1sq"))
X, Y = symbol("x"), symbol("y")


def random_features(regime="proportional", ridge="lam", **options):
    """Random features in slack coordinates: nu ~ lam/n, c ~ n, h ~ p."""
    samples, features = (symbol("psi2"), symbol("psi1")) if regime == "proportional" else (N, symbol("p"))
    start = {"nu": (1 / samples, ONE), "c": (samples, NONE), "h": (features, NONE)}
    return system_problem(stored_system("random-features", regime), ridge, start, **options)


def random_features_wide(regime="proportional", **options):
    """The chart for at least as many features as samples; the total trace is mu1sq + mu_starsq, or T[s]."""
    samples = symbol("psi2") if regime == "proportional" else N
    gain = symbol("gap") + samples * symbol("inv_p")
    start = {"nu": (1 / (samples * gain), ONE), "c": (samples, NONE)}
    return system_problem(stored_system("random-features", regime, "wide"), "lam", start, **options)


def groups_system(count=2, spectrum=False, risk=True):
    """Groups of random features on the same data, one unknown each: the effective ridges and the denominators.

    The error of the minimizer of the population follows by implicit differentiation.
    """
    mus, stars, sizes = ([symbol(f"{x}{g + 1}") for g in range(count)] for x in ("mu", "star", "p"))
    kappa, inner, c = symbol("kappa"), symbol("kappa0"), symbol("c")
    hs = [symbol(f"h{g + 1}") for g in range(count)]
    s = symbol("s")

    def trace(function):
        return SpectralAverage(function, s, symbol("T")) if spectrum else D * function.subs(s, 1)

    tau = inner * trace(s / (s + inner)) / D
    freedom = sum(p * (b**2 + a**2 * tau) / h for p, a, b, h in zip(sizes, mus, stars, hs, strict=True))
    equations = [Equation(c * kappa, LAM), Equation(c + freedom, N)]
    equations += [Equation(kappa + b**2 + a**2 * tau, h) for a, b, h in zip(mus, stars, hs, strict=True)]
    equations += [Equation(inner * sum(p * a**2 / h for p, a, h in zip(sizes, mus, hs, strict=True)), D)]
    error = SpectralAverage(inner / (s + inner), s, symbol("B")) if spectrum else F1 * inner / (1 + inner)
    observables = _risk(equations, (kappa, inner, *hs), freedom, error, c) if risk else ()
    parameters = [LAM, N, D, NOISE, *mus, *stars, *sizes] + ([] if spectrum else [F1])
    measures = (Measure(symbol("T"), s), Measure(symbol("B"), s, kind="vector")) if spectrum else ()
    return FixedPointSystem(
        "groups", tuple(map(Parameter, parameters)), tuple(map(Unknown, (kappa, inner, c, *hs))),
        tuple(equations), observables, (), measures, Domain((Condition(c),)),
    )  # fmt: skip


def _risk(equations, unknowns, freedom, error, c):
    """Test and training error from df and R, their derivatives along the equations other than the sample's."""
    kappa, *others = unknowns
    residuals = [e.residual for e in equations[2:]]
    jacobian = sp.Matrix([[sp.diff(r, u) for u in others] for r in residuals])
    moved = -jacobian.LUsolve(sp.Matrix([sp.diff(r, kappa) for r in residuals]))

    def slope(expression):
        return sp.diff(expression, kappa) + sum(
            sp.diff(expression, u) * v for u, v in zip(others, moved, strict=True)
        )

    second = freedom + kappa * slope(freedom)
    test = N * (error - kappa * slope(error) + NOISE) / (N - second) - NOISE
    return Observable("test", test), Observable("train", (c / N) ** 2 * (test + NOISE))


def groups(count=2, spectrum=False, risk=True, **options):
    """The system of groups, lowered; at infinite ridge every group has the denominator of the ridge."""
    weight = sum(symbol(f"p{g + 1}") * symbol(f"mu{g + 1}") ** 2 for g in range(count))
    start = {"kappa": (1 / N, ONE), "kappa0": (D / (N * weight), ONE), "c": (N, NONE)}
    start |= {f"h{g + 1}": (1 / N, ONE) for g in range(count)}
    return system_problem(groups_system(count, spectrum, risk), "lam", start, **options)


CHECKPOINT = {
    "mu1": "0.5", "star1": "0.3", "mu2": "0.8", "star2": "0.6", "n": "1.5", "p1": "1.2", "p2": "0.7",
    "d": 1, "lam": "0.1", "F1sq": 1, "noise": "0.3",
}  # fmt: skip
CHECKPOINT_TEST, CHECKPOINT_TRAIN = "0.88801388966496692", "0.0960364660305522"


def own(equations, unknowns, start, ridge="lam", parameters=("lam",), conditions=()):
    """A small system given by its residuals, lowered."""
    system = FixedPointSystem(
        "own", tuple(Parameter(symbol(s)) for s in parameters), tuple(Unknown(symbol(s)) for s in unknowns),
        tuple(Equation(e) for e in equations), domain=Domain(tuple(Condition(c) for c in conditions)),
    )  # fmt: skip
    return system_problem(system, ridge, start)
