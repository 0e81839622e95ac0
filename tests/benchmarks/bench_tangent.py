"""Curves of linearized networks: ``python -m tests.benchmarks.bench_tangent``.

Each gate is printed with what was measured; the exit code is 1 if one is missed. Times are CPU times, best of seven,
caches warm; beside them the ratio to a curve of plain random features in the same run, which does not depend on the
machine. A curve of 100 points takes 10 ms; a point that has a quadrature of its own, or hundreds of products of
harmonics, 1 ms.
"""

import math
import sys
import time
import warnings

import numpy as np

import asymptotics as asy
from asymptotics.solvers.solution import Status

TARGET = {1: 1, 2: "0.3"}
CURVE, POINT = 10.0, 1.0


def best_time(function, runs=7):
    """CPU milliseconds of the fastest run, and what it returned."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        result = function()
        times.append(time.process_time() - begin)
    return 1e3 * min(times), result


def network(activation="relu", **options):
    return asy.NeuralTangentRidge(activation, TARGET, "0.2", **options)


def curves():
    """Name, question and whether every point has numbers of its own."""
    along = {
        "proportional, along n": asy.Proportional(2.0, np.geomspace(0.1, 20, 100)),
        "proportional, along p": asy.Proportional(np.geomspace(0.1, 20, 100), 3.0),
        "d = 100, along n": asy.FiniteSize(d=100, n=np.arange(410, 1210, 8), p=120),
        "d = 100, along p": asy.FiniteSize(d=100, n=500, p=np.arange(31, 131)),
        "kernel": asy.FiniteSize(d=100, n=np.arange(100, 200)),
    }
    for layers in ("first", "both"):
        for law in ("signs", "gaussian"):
            for start in ("zero", "random"):
                model = network(layers=layers, second_layer=law, output=start)
                for name, regime in along.items():
                    yield f"{layers}, {law}, {start}: {name}", (model, regime, 0.1), False
    few, two = {"d": 100, "n": 150}, {"d": 60, "n": 900}
    yield "few neurons, along n", (network(), asy.FiniteSize(d=100, n=np.arange(100, 200), p=20), 0.1), False
    yield "few neurons, ridges", (network(), asy.FiniteSize(**few, p=20), np.geomspace(1e-8, 10, 100)), False
    yield (
        "few neurons, along p",
        (network(), asy.FiniteSize(**few, p=np.tile(np.arange(2, 27), 4)), 0.1),
        True,
    )
    yield (
        "given weights, along n",
        (network(), asy.FiniteSize(d=60, n=np.arange(600, 1600, 10), p=40), 0.1),
        False,
    )
    yield "given weights, along p", (network(), asy.FiniteSize(**two, p=np.arange(31, 131)), 0.1), True
    square = network("x**2/2")
    yield "quadratic, ridges", (square, asy.FiniteSize(**two, p=50), np.geomspace(1e-3, 10, 100)), True
    yield "quadratic, along p", (square, asy.FiniteSize(**two, p=np.arange(31, 131)), 1e-3), True
    spiked = network(inputs=asy.Inputs.spiked(["4"], [2]))
    yield "spikes, along n", (spiked, asy.FiniteSize(d=40, n=np.arange(100, 200), p=60), 0.1), True


def limits():
    """What is asked in another way: endless samples, the line of degree two, the staircase."""
    model, kernel = network(), asy.KernelRidge("t**2", {2: 1})
    endless = asy.FiniteSize(d=100, n=math.inf, p=np.arange(31, 131))
    line = asy.Polynomial(1, 2, theta1=np.linspace(0.1, 3, 100), theta2=1.0)
    steps = np.linspace(0.5, 1.5, 100)
    for layers, own in (("first", True), ("both", False)):
        one = network(layers=layers)
        yield (
            f"{layers}: endless samples, along p",
            lambda one=one: asy.predict(one, endless, ridge_per_sample=1e-3),
            own,
        )
    yield "degree two in the limit, along p", lambda: asy.predict(model, line, 0.1), True
    yield (
        "staircase along neurons",
        (lambda: asy.staircase(kernel, kappa=steps, d=[200], along="neurons", ridge=1e-3)),
        True,
    )


def digits(question):
    """Digits in which doubles agree with thirty of them, where these are known."""
    plain = asy.predict(*question)
    exact = asy.predict(*question, digits=30 if not question[0].gaussian else 14)
    gap = np.abs(np.asarray(plain.test) / np.array([float(x) for x in np.ravel(exact.test)]) - 1)
    return -math.log10(max(float(gap.max()), 1e-17))


def main():
    warnings.simplefilter("ignore")
    features = asy.RandomFeaturesRidge("relu", TARGET, "0.2")
    plain = asy.FiniteSize(d=100, n=np.arange(410, 1210, 8), p=1200)
    asy.predict(features, plain, 0.1)
    unit, _ = best_time(lambda: asy.predict(features, plain, 0.1))
    print(f"random features, 100 points: {unit:.2f} ms")
    asked = [(name, lambda q=q: asy.predict(*q), own) for name, q, own in curves()]
    missed = 0
    for name, ask, own in [*asked, *limits()]:
        ask()
        spent, risk = best_time(ask)
        lost = int(np.isin(risk.status, (Status.NOT_CONVERGED, Status.OUT_OF_RANGE)).sum())
        bound = 100 * POINT if own else CURVE
        good = spent <= bound and not lost
        missed += not good
        print(
            f"{'ok    ' if good else 'MISSED'} {name:52} {spent:8.2f} ms <= {bound:3.0f}, ratio {spent / unit:5.1f}"
        )
    sizes = asy.FiniteSize(d=30, n=[130, 140], p=40)
    for name, options, least in (
        ("both layers", {"layers": "both"}, 14), ("Gaussian second layer", {"second_layer": "gaussian"}, 13),
    ):  # fmt: skip
        found = digits((network(**options), sizes, 0.1))
        missed += found < least
        print(f"{'ok    ' if found >= least else 'MISSED'} {name:52} {found:8.1f} digits >= {least}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
