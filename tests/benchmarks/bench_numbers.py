"""Numbers against the ways people compute them today: ``python -m tests.benchmarks.bench_numbers``.

Every reference is written here as straightforwardly as users do. The first table compares time and right digits, the
second prints each gate with what was measured; the exit code is 1 if a gate is missed. Times are CPU times, best of
several runs, caches warm.
"""

import math
import resource
import subprocess
import sys
import time
from fractions import Fraction

import flint
import mpmath
import numpy as np
import scipy.optimize

import asymptotics as asy
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.regimes import RealSize
from tests.oracles import mei_montanari

LINEAR, TAIL = 0.25, 0.25 - 1 / (2 * math.pi)
ZETA2 = LINEAR / TAIL
MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
COMPONENTS = ("test", "bias", "variance", "train", "norm")
PSI2 = 2.0
CURVE = np.geomspace(0.05 * PSI2, 20 * PSI2, 100)


def best_time(function, runs=5):
    """CPU seconds of the fastest run, and what it returned."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


# Ways people compute the curve today.


def risk_of(chi, psi1, psi2):
    bias, variance = mei_montanari.bias_and_variance(chi, psi1, psi2, ZETA2)
    return bias + 0.1 * variance


def scale(psi1, psi2, ridge):
    """sqrt(psi1 psi2 lam_bar), with lam_bar = ridge/(psi2 mu_star^2)."""
    return np.sqrt(psi1 * ridge / TAIL)


def damped_iteration(psi1, ridge, steps=100000, tolerance=1e-12):
    """The fixed point on the imaginary axis, damped by one half, all points at once."""
    s = scale(psi1, PSI2, ridge)
    b1, b2 = np.ones_like(psi1), np.ones_like(psi1)
    for _ in range(steps):
        new1 = psi1 / (s + b2 + ZETA2 * b2 / (1 + ZETA2 * b1 * b2))
        new2 = PSI2 / (s + b1 + ZETA2 * b1 / (1 + ZETA2 * b1 * b2))
        change = np.max(np.abs(new1 - b1) / b1 + np.abs(new2 - b2) / b2)
        b1, b2 = (b1 + new1) / 2, (b2 + new2) / 2
        if change < tolerance:
            break
    return risk_of(-b1 * b2, psi1, PSI2)


def complex_iteration(psi1, ridge, steps=100000, tolerance=1e-12):
    """The published iteration for nu_1, nu_2 in the upper half plane, undamped, point by point."""
    results = []
    for p in psi1:
        xi, nu1, nu2 = 1j * scale(p, PSI2, ridge), 1j, 1j
        for _ in range(steps):
            new1 = p / (-xi - nu2 - ZETA2 * nu2 / (1 - ZETA2 * nu1 * nu2))
            new2 = PSI2 / (-xi - new1 - ZETA2 * new1 / (1 - ZETA2 * new1 * nu2))
            change = abs(new1 - nu1) + abs(new2 - nu2)
            nu1, nu2 = new1, new2
            if change < tolerance:
                break
        results.append(risk_of((nu1 * nu2).real, p, PSI2))
    return np.array(results)


def trace(nu2):
    return LINEAR / (LINEAR + nu2) + TAIL / nu2


def scipy_root(psi1, ridge, logarithmic):
    """``scipy.optimize.root`` on the published pair of equations, from one, point by point."""
    results = []
    for p in psi1:

        def equations(x, p=p):
            nu1, nu2 = np.exp(x) if logarithmic else x
            return PSI2 - ridge / nu1 - trace(nu2), p - p * nu1 / nu2 - trace(nu2)

        found = scipy.optimize.root(
            equations, (0.0, 0.0) if logarithmic else (1.0, 1.0), method="hybr", tol=1e-14
        ).x
        results.append(risk_of_pair(*(np.exp(found) if logarithmic else found), p))
    return np.array(results)


def risk_of_pair(nu1, nu2, p):
    """Test error from the published equations at general spectra."""
    square = (LINEAR / (LINEAR + nu2)) ** 2
    chi = (LINEAR / (LINEAR + nu2) ** 2 + TAIL / nu2**2) / (p - square)
    upsilon = p / PSI2 * ((1 - nu1 / nu2) ** 2 + (nu1 / nu2) ** 2 * square / (p - square))
    bias = nu2**2 / (LINEAR + nu2) ** 2 * (1 + chi * LINEAR)
    return (bias + 0.1 * upsilon) / (1 - upsilon)


def mpmath_findroot(p, ridge, digits=50):
    """``mpmath.findroot`` on the same pair, started at the double-precision solution to give it a chance."""
    with mpmath.workdps(digits):
        linear = mpmath.mpf(1) / 4
        tail = linear - 1 / (2 * mpmath.pi)
        risk = asy.predict(MODEL, asy.Proportional(p, PSI2), ridge=ridge)
        nu2 = mpmath.mpf(risk.effective_ridge)
        nu1 = ridge / (PSI2 - trace(float(nu2)))

        def equations(a, b):
            t = linear / (linear + b) + tail / b
            return PSI2 - ridge / a - t, p - p * a / b - t

        return mpmath.findroot(equations, (nu1, nu2))


def flint_by_hand(p, ridge, digits=50):
    """All roots of the quartic in nu_2 as balls, and the physical one picked: what a python-flint user writes."""
    with flint.ctx.workdps(digits + 20):
        arb = flint.arb
        linear = arb(1) / 4
        tail = linear - 1 / (2 * arb.pi())
        x = flint.acb_poly([0, 1])
        top = flint.acb_poly([tail * linear, linear + tail])
        bottom = flint.acb_poly([0, linear, 1])
        n, q = arb(PSI2), arb(Fraction(p).numerator) / Fraction(p).denominator
        lam = arb(ridge)
        polynomial = (bottom * n - top) * (bottom * q - top) * x - bottom * bottom * (lam * q)
        roots = polynomial.roots(tol=arb(10) ** (-digits - 5))
        real = [r.real for r in roots if r.imag.contains(0) and r.real > 0]
        return [nu for nu in real if linear / (linear + nu) + tail / nu < min(PSI2, p)]


# Gates.


def digits_right(values, exact):
    return np.array(
        [-float(mpmath.log10(max(abs((a - e) / e), mpmath.mpf(10) ** -99))) for a, e in zip(values, exact)]
    )


LEVELS = np.arange(1, 1001, dtype=float)
POWER_LAW = asy.SpectralRidge(LEVELS**-1.5, LEVELS**-1.2, 0.1)


def solve_power_law(sizes, ridge):
    """Test error in a spectrum k^-1.5 of a thousand eigenvalues."""
    return asy.predict(POWER_LAW, RealSize(n=200.0, p=sizes), ridge=ridge).test


def exact_power_law(p, ridge):
    """The same by 40-digit bisection of the symmetric equations."""
    context = mpmath.MPContext()
    context.dps = 40
    s = [context.mpf(float(v)) for v in np.arange(1, 1001, dtype=float) ** -1.5]
    beta = [context.mpf(float(v)) for v in np.arange(1, 1001, dtype=float) ** -1.2]
    low, high = context.mpf(10) ** -30, context.mpf(10) ** 3
    for _ in range(180):
        nu = context.sqrt(low * high)
        t = sum(v / (v + nu) for v in s)
        left = (200 - t) * (p - t) * nu - context.mpf(ridge) * p
        low, high = (nu, high) if t > min(200, p) or left < 0 else (low, nu)
    c, h = 200 - t, p - t
    t02, t11 = sum((v / (v + nu)) ** 2 for v in s), sum(v * nu / (v + nu) ** 2 for v in s)
    b20 = sum(b * (nu / (v + nu)) ** 2 for b, v in zip(beta, s))
    b11 = sum(b * v * nu / (v + nu) ** 2 for b, v in zip(beta, s))
    bottom = t11 * c + t11 * h + c * h
    return (200 * (b11 * t11 + b20 * t11 + b20 * h) + 0.1 * (t02 * t11 + t02 * h + t11**2)) / bottom


def curve_table():
    """Time and digits of the test error on the curve of 100 points."""
    lines, gates = [], []
    for ridge in (1e-3, 1e-8):
        exact = asy.predict(MODEL, asy.Proportional(CURVE, PSI2), ridge=ridge, digits=30).test
        ways = {
            "ours": lambda r=ridge: asy.predict(MODEL, asy.Proportional(CURVE, PSI2), ridge=r).test,
            "damped iteration, NumPy": lambda r=ridge: damped_iteration(CURVE, r),
            "complex iteration, published": lambda r=ridge: complex_iteration(CURVE, r),
            "scipy root, raw variables": lambda r=ridge: scipy_root(CURVE, r, False),
            "scipy root, logarithms": lambda r=ridge: scipy_root(CURVE, r, True),
        }
        with np.errstate(all="ignore"):
            found = {name: best_time(way, 5 if name == "ours" else 1) for name, way in ways.items()}
        for name, (seconds, values) in found.items():
            right = digits_right(values, exact)
            lines.append(
                (
                    f"{name}, ridge {ridge:g}",
                    seconds,
                    seconds / found["ours"][0],
                    right.min(),
                    np.median(right),
                )
            )
        seconds, values = found["ours"]
        gates.append((f"100 points, ridge {ridge:g}: ms", seconds * 1e3, "<=", 5))
        gates.append((f"100 points, ridge {ridge:g}: digits", digits_right(values, exact).min(), ">=", 14))
    return lines, gates


def point_gates():
    gates = []
    ridges = [1e-3, 1e-6, 1e-8, 1e-10, 1e-12, 1e-16]
    at_peak = asy.Proportional(PSI2, PSI2)
    exact = asy.predict(MODEL, at_peak, ridge=ridges, digits=30).test
    right = digits_right(asy.predict(MODEL, at_peak, ridge=ridges).test, exact)
    gates.append(("p = n, ridge down to 1e-16: digits", right.min(), ">=", 13))
    generator = np.random.default_rng(1)
    many = 10 ** generator.uniform(-3, 3, (3, 10**6))
    seconds, _ = best_time(lambda: asy.predict(MODEL, asy.Proportional(many[0], many[1]), ridge=many[2]), 2)
    gates.append(("a million points: s", seconds, "<=", 1.5))
    sizes = np.concatenate([np.geomspace(10, 4000, 40), [200.0]])
    for ridge in (1e-3, 1e-8):
        seconds, values = best_time(lambda r=ridge: solve_power_law(sizes, r))
        gates.append(
            (f"1000 eigenvalues, ridge {ridge:g}: ms a point", seconds / sizes.size * 1e3, "<=", 0.5)
        )
        some = [0, 13, 30, 40]
        right = digits_right(values[some], [exact_power_law(sizes[i], ridge) for i in some])
        gates.append((f"1000 eigenvalues, ridge {ridge:g}: digits", right.min(), ">=", 13))
    regime, finite = asy.Proportional(3, 2), asy.FiniteSize(60, 120, 300)
    for name, where in (("proportional", regime), ("d = 60", finite)):
        seconds, _ = best_time(lambda w=where: asy.predict(MODEL, w, ridge="1e-3", digits=50), 20)
        gates.append((f"50 digits, {name}: ms", seconds * 1e3, "<=", 5))
        seconds, _ = best_time(
            lambda w=where: asy.predict(MODEL, w, ridge="1e-3", digits=50, certified=True), 20
        )
        gates.append((f"50 digits certified, {name}: ms", seconds * 1e3, "<=", 5))
    seconds, _ = best_time(lambda: asy.predict(MODEL, regime, ridge="1e-3", digits=1000))
    gates.append(("1000 digits: ms", seconds * 1e3, "<=", 200))
    gates.append(("command line, one point, cold: s", cold_start(), "<=", 1.5))
    return gates


def cold_start():
    """CPU seconds of one prediction from the command line, least of three."""
    arguments = (
        "predict --activation relu --target 1:1 --noise 0.1 --d 60 --n 120 --p 300 --ridge 1e-3".split()
    )
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "asymptotics.cli", *arguments], check=True, stdout=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def fifty_digit_table():
    """One point to fifty digits."""
    ours, value = best_time(lambda: asy.predict(MODEL, asy.Proportional(3, PSI2), ridge=1e-3, digits=50), 20)
    proved, _ = best_time(
        lambda: asy.predict(MODEL, asy.Proportional(3, PSI2), ridge=1e-3, digits=50, certified=True), 20
    )
    findroot, pair = best_time(lambda: mpmath_findroot(3, 1e-3), 5)
    hand, (nu,) = best_time(lambda: flint_by_hand(3, 1e-3), 5)
    with mpmath.workdps(50):
        assert abs(pair[1] / value.effective_ridge - 1) < mpmath.mpf(10) ** -45
    assert float(nu.mid()) == float(value.effective_ridge)
    rows = (
        ("ours: every observable", ours), ("ours, certified: every observable", proved),
        ("mpmath findroot: the fixed point alone", findroot), ("python-flint by hand: the fixed point alone", hand),
    )  # fmt: skip
    return [(name, seconds, seconds / ours, math.nan, math.nan) for name, seconds in rows]


def show(lines, gates):
    print(f"{'':48} {'time/ms':>10} {'ratio':>8} {'digits':>7} {'median':>7}")
    for name, seconds, ratio, least, median in lines:
        shown = "" if math.isnan(least) else f" {least:7.1f} {median:7.1f}"
        print(f"{name:48} {seconds * 1e3:10.3f} {ratio:8.1f}{shown}")
    print()
    missed = 0
    for name, value, relation, bound in gates:
        passed = value <= bound if relation == "<=" else value >= bound
        missed += not passed
        print(f"{'ok    ' if passed else 'MISSED'} {name:48} {value:10.3f} {relation} {bound}")
    return missed


def main():
    Float64()
    lines, gates = curve_table()
    missed = show(lines + fifty_digit_table(), gates + point_gates())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
