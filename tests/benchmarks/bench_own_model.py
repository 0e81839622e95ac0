"""A model of one's own against what people write today: ``python -m tests.benchmarks.bench_own_model``.

Two groups of random features (``tests/models/own_models.py``), isotropic and with a spectrum of thirty levels, beside
loops of ``scipy.optimize.root`` and ``mpmath.findroot`` on the same equations in the same run. CPU seconds, best of
five, one thread, equations derived before; the exit code is 1 if a gate is missed.
"""

import sys
import time
from fractions import Fraction

import mpmath
import numpy as np
import scipy.optimize
import threadpoolctl

import asymptotics as asy
from tests.benchmarks.bench_numbers import best_time
from tests.models.own_models import TwoGroups

FIRST = asy.Activation.from_coefficients(powers={1: "1/4"}, tail="0.09")
SECOND = asy.Activation.from_coefficients(powers={1: "0.64"}, tail="0.36")
LEVELS = tuple(Fraction(60, 30 + k) for k in range(1, 31))
MODELS = {
    "isotropic": TwoGroups(FIRST, SECOND, noise="0.3"),
    "30 levels": TwoGroups(FIRST, SECOND, LEVELS, (Fraction(1, 30),) * 30, "0.3"),
}
N, P1, P2, RIDGE = 1.5, np.geomspace(0.1, 10, 100), np.geomspace(0.1, 10, 100), 0.1
POINTS, LOOP = 10_000, 200
SAMPLE = [(a, b) for a in P1 for b in P2][:: POINTS // LOOP]
"""Of the points of the array, those that the loop solves."""
MU, STAR = (0.5, 0.8), (0.3, 0.6)


def equations(x, trace_of, n, p, exp):
    """Three equations in logarithms: samples, and the population of two groups."""
    kappa, inner, c = (exp(v) for v in x)
    trace = trace_of(inner)
    h = [kappa + b * b + a * a * trace for a, b in zip(MU, STAR, strict=True)]
    freedom = sum(q * (b * b + a * a * trace) / k for q, a, b, k in zip(p, MU, STAR, h, strict=True))
    gain = inner * sum(q * a * a / k for q, a, k in zip(p, MU, h, strict=True))
    return [c * kappa / RIDGE - 1, (c + freedom) / n - 1, gain - 1]


def scipy_loop(model, sizes):
    """Unknowns at some sizes, one by one, from one."""
    s = np.array([float(v) for v in model.variances])

    def trace(inner):
        return np.mean(s * inner / (s + inner))

    def at(p):
        return scipy.optimize.root(lambda x: equations(x, trace, N, p, np.exp), np.zeros(3), tol=1e-13)

    return [at(p) for p in sizes]


def array(model):
    """Risk at all points."""
    return asy.predict(model, asy.Proportional(psi2=N, p1=P1[:, None], p2=P2), ridge=RIDGE)


def moving(model, **accuracy):
    """Answers at one point after the other, never the same twice: nothing is remembered."""
    ridge = iter(Fraction(1, 10) + Fraction(1, 1000 + k) for k in range(10**6))
    sizes = asy.Proportional(psi2="1.5", p1="1.2", p2="0.7")
    return lambda: asy.predict(model, sizes, ridge=next(ridge), **accuracy)


def findroot(model, sizes, digits):
    """``mpmath.findroot`` on the same equations, from the solution in double precision."""
    with mpmath.workdps(digits):
        s = [mpmath.mpf(v.numerator) / v.denominator for v in map(Fraction, model.variances)]

        def trace(inner):
            return sum(v * inner / (v + inner) for v in s) / len(s)

        (start,) = scipy_loop(model, [sizes])
        return mpmath.findroot(lambda *x: equations(x, trace, N, sizes, mpmath.exp), tuple(start.x))


def measured(name, model):
    """Times of one model, and its gates."""
    start = time.process_time()
    asy.predict(model, asy.Proportional(psi2="1.5", p1="1.2", p2="0.7"), ridge="0.1", digits=50)
    asy.predict(model, asy.Proportional(psi2="1.5", p1="1.2", p2="0.7"), ridge="0.1", certified=True)
    first = time.process_time() - start
    whole, risk = best_time(lambda: array(model))
    loop, roots = best_time(lambda: scipy_loop(model, SAMPLE), 1)
    digits, _ = best_time(moving(model, digits=50))
    proof, _ = best_time(moving(model, certified=True))
    hand, _ = best_time(lambda: findroot(model, (1.2, 0.7), 50))
    lines = [
        ("first answers, derivation included where it was not yet", first),
        (f"{POINTS} points at once", whole),
        (f"scipy.optimize.root, {POINTS} points ({LOOP} measured)", loop * POINTS / LOOP),
        ("50 digits, one point", digits),
        ("mpmath.findroot to 50 digits, one point, unknowns only", hand),
        ("proved, one point", proof),
    ]
    gates = [
        (f"{name}: {POINTS} points, s", whole, 1.0),
        (f"{name}: 50 digits, ms a point", 1e3 * digits, 50.0),
        (f"{name}: proved, ms a point", 1e3 * proof, 100.0),
        (f"{name}: points that are not solved", float((risk.status != asy.Status.SOLVED).sum()), 0.0),
    ]
    lost = sum(not root.success for root in roots)
    return [(f"{name}: {label}", seconds) for label, seconds in lines], gates, lost


def main():
    """Print times and gates."""
    missed = 0
    with threadpoolctl.threadpool_limits(limits=1):
        for name, model in MODELS.items():
            lines, gates, lost = measured(name, model)
            for label, seconds in lines:
                print(f"{label:70s} {seconds:10.4f} s")
            print(f"{name}: points where scipy.optimize.root fails: {lost} of {LOOP}")
            for label, value, bound in gates:
                missed += value > bound
                print(f"{'MISSED' if value > bound else 'ok':6s} {label:63s} {value:10.3f} <= {bound:g}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
