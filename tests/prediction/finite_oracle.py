"""The finite system at astronomical dimensions, on long numbers: what a limit in polynomial scaling must equal.

Levels of the sphere are written down from the degrees, and the recorded equations at finite size are solved by
bisection; nothing of the dominant balance is used.
"""

import math
from fractions import Fraction

import asymptotics as asy
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.program import Spectrum
from asymptotics.models.library import stored_charts
from asymptotics.prediction.problems import coordinates, problem

ARITHMETIC = Multiprecision(60)
CONTEXT = ARITHMETIC.context
COMPONENTS = ("test", "bias", "variance", "train", "norm", "norm_per_feature")


def multiplicity(d, k):
    """Harmonics of one degree in a dimension that fits no double."""

    def choose(top, bottom):
        if bottom < 0:
            return CONTEXT.mpf(0)
        return math.prod((top - i for i in range(bottom)), start=CONTEXT.mpf(1)) / math.factorial(bottom)

    return choose(d + k - 1, k) - choose(d + k - 3, k - 2)


def _power(d, kappa):
    kappa = Fraction(kappa)
    return d ** (CONTEXT.mpf(kappa.numerator) / kappa.denominator)


def finite_risk(model, regime, ridge, decades=200):
    """Components at ``d = 10**decades``; a ridge of zero is one far below every power that occurs."""
    number, d = ARITHMETIC.convert, CONTEXT.mpf(10) ** decades
    sizes = {
        name: math.inf if kappa == math.inf else number(Fraction(theta)) * _power(d, kappa)
        for name, kappa, theta in (("n", regime.kappa2, regime.theta2), ("p", regime.kappa1, regime.theta1))
    }
    wide, tall = stored_charts("random-features", "general")
    chart = wide if sizes["n"] <= sizes["p"] else tall
    endless = frozenset(name for name, size in sizes.items() if size == math.inf)
    given = {name: size for name, size in sizes.items() if name not in endless}
    per_sample = "n" in endless
    little = CONTEXT.mpf(10) ** (-40 * decades)
    inputs = coordinates(chart, per_sample, endless)(
        {**given, "lam_n" if per_sample else "lam": number(Fraction(ridge)) or little}, ARITHMETIC
    )
    powers, target = dict(model.activation.powers), dict(model.target.powers)
    last = max(*powers, *target)
    counts = [multiplicity(d, k) for k in range(last + 1)]
    levels = Spectrum(
        ARITHMETIC.array([number(Fraction(powers.get(k, 0))) / count for k, count in enumerate(counts)]),
        {
            "T": ARITHMETIC.array(counts),
            "B": ARITHMETIC.array([number(Fraction(target.get(k, 0))) for k in range(last + 1)]),
        },
        {"T": number(Fraction(model.activation.tail)), "B": number(Fraction(0))},
    )
    master = problem(chart).master
    inputs |= {"noise": number(Fraction(model.noise))}
    nu = _root(lambda nu: problem(chart).residual({**inputs, master: nu}, ARITHMETIC, levels), decades)
    found = problem(chart).observables({**inputs, master: nu}, ARITHMETIC, levels)
    return {name: found[name] for name in COMPONENTS}


def _root(sides, decades):
    """Bisection in the logarithm, then Newton steps that stay in the bracket."""
    low, high = CONTEXT.mpf(10) ** (-90 * decades), CONTEXT.mpf(10) ** decades
    nu = CONTEXT.sqrt(low * high)
    for step in range(800):
        out = sides(nu)
        excess = out["left"] - out["right"]
        low, high = (nu, high) if excess > 0 else (low, nu)
        newton = nu * (1 + excess / out["slope"])
        if step > 60 and abs(newton / nu - 1) < CONTEXT.mpf(10) ** -50:
            return newton
        nu = newton if step > 60 and low < newton < high else CONTEXT.sqrt(low * high)
    raise AssertionError("no root")


def disagreement(model, regime, ridge, decades=200):
    """Components of a limit that differ from the finite system by more than a power of its dimension explains."""
    limit = asy.predict(model, regime, ridge, digits=25)
    double = asy.predict(model, regime, ridge)
    finite = finite_risk(model, regime, ridge, decades)
    near = CONTEXT.mpf(10) ** (-decades / 150)
    wrong = []
    for name in COMPONENTS:
        if name == "norm_per_feature" and regime.kappa1 == math.inf:
            continue
        value, want = getattr(limit, name), finite[name]
        if CONTEXT.isinf(value):
            right = want > 1 / near
        else:
            right = abs(want) < near if value == 0 else abs(want / value - 1) < near
        same = getattr(double, name) == float(value) or abs(getattr(double, name) / float(value) - 1) < 1e-11
        if not (right and same):
            wrong.append((name, CONTEXT.nstr(want, 12), CONTEXT.nstr(value, 12), getattr(double, name)))
    return wrong
