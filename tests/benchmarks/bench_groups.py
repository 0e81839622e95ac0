"""Groups of features beside a damped iteration: ``python -m tests.benchmarks.bench_groups``.

A curve in the number of samples for two, three and six groups in the proportional limit, once by
:func:`asymptotics.predict` and once as published codes do it: the fixed point by damped iteration point by point, the
risk by the inverse of the Hessian (``tests/oracles/meng_yao_cao.py``). Each gate is printed with what was measured; the
exit code is 1 if one is missed. CPU times, best of three, caches warm; digits against 25 digits.
"""

import sys
import time

import numpy as np

import asymptotics as asy
from asymptotics.functions.expansions.expand import expand
from tests.oracles import meng_yao_cao

POINTS, RIDGE, NOISE, PSI1 = 200, 0.1, 0.3, 2.0
FASTER, ERROR = 10.0, 1e-13


def best_time(function, runs=3):
    """CPU seconds of the fastest run, and what it returned."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def declared(count, noise):
    """Groups of tanh with input scales of their own."""
    groups = [asy.Group("tanh", share=f"1/{count}", scale=1 + g) for g in range(count)]
    return asy.RandomFeaturesRidge(groups=groups, target={1: 1}, noise=noise)


def main():
    """Measure and print; whether all gates are met."""
    good = True
    psi2 = np.geomspace(0.2, 20, POINTS)
    for count in (2, 3, 6):
        model = declared(count, str(NOISE))
        expansions = [constants(group) for group in model.groups]
        linear, rest = (np.sqrt([e[k] for e in expansions]) for k in (0, 1))
        widths = [PSI1 / count] * count
        regime = asy.Proportional(psi1=PSI1, psi2=psi2)
        ours, risk = best_time(lambda m=model, r=regime: asy.predict(m, r, ridge=RIDGE))
        # The ridge of the published problem is the one of features that are not scaled.
        theirs, other = best_time(
            lambda a=linear, b=rest, w=widths: [
                meng_yao_cao.excess_risk(a, b, w, n, RIDGE * PSI1, 1.0, NOISE) for n in psi2
            ],
            1,
        )
        places = range(0, POINTS, 20)
        exact = [
            float(asy.predict(model, asy.Proportional(psi1=2, psi2=psi2[k]), ridge=RIDGE, digits=25).test)
            for k in places
        ]
        errors = [
            max(abs(values[k] / e - 1) for k, e in zip(places, exact, strict=True))
            for values in (risk.test, other)
        ]
        fast, right = theirs / ours >= FASTER, errors[0] <= ERROR
        good &= fast and right
        print(
            f"{count} groups, {POINTS} points: {1e3 * ours:.1f} ms, iteration {1e3 * theirs:.0f} ms: "
            f"{theirs / ours:.0f} times ({'ok' if fast else 'MISSED'}, gate {FASTER:.0f}); "
            f"relative errors {errors[0]:.1e} ({'ok' if right else 'MISSED'}, gate {ERROR:.0e}) and {errors[1]:.1e}"
        )
    return good


def constants(group):
    """Linear and remaining power of a group."""
    found = expand(group.function, degrees=1)
    return float(found.powers[1]), float(found.tail)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
