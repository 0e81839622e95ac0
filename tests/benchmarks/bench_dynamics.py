"""Time a trained prediction takes: ``python -m tests.benchmarks.bench_dynamics``.

CPU seconds on one thread; exit code 1 if a gate is missed.
"""

import sys
import time

import numpy as np
import threadpoolctl

import asymptotics as asy
from asymptotics.dynamics.ask import ask
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.dynamics.optimum import best_filter, optimal_time
from asymptotics.dynamics.steps import GradientDescent

RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
LEVELS = np.arange(1, 1001)
POWER_LAW = asy.SpectralRidge(LEVELS**-1.5, LEVELS**-2.2, noise=0.1)
SIZES, TIMES = asy.Proportional(2, 3), np.geomspace(1e-3, 1e8, 200)


def cpu(work, repeats=3):
    """Least CPU time of several runs, in seconds."""
    best = np.inf
    for _ in range(repeats):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def gates():
    """Name, seconds, and the most they may be."""
    widths = asy.Proportional(np.geomspace(0.1, 10, 100)[:, None], 3)
    spectrum = asy.FiniteSize(n=100, p=150)
    ask(RELU, SIZES, GradientFlow(1.0))
    ask(POWER_LAW, spectrum, GradientFlow(1.0))
    yield "proportional flow, a time", cpu(lambda: ask(RELU, SIZES, GradientFlow(TIMES))) / 200, 0.5e-3
    yield "proportional flow, one call", cpu(lambda: ask(RELU, SIZES, GradientFlow(1.0))), 50e-3
    yield "200 times x 100 widths", cpu(lambda: ask(RELU, widths, GradientFlow(TIMES)), 2), 2.0
    yield "1000 levels, a time", cpu(lambda: ask(POWER_LAW, spectrum, GradientFlow(TIMES))) / 200, 5e-3
    yield (
        "descent, a number of steps",
        cpu(lambda: ask(RELU, SIZES, GradientDescent(10 ** np.arange(9), 0.5))) / 9,
        5e-3,
    )
    yield "best time", cpu(lambda: optimal_time(RELU, SIZES), 2), 1.0
    yield "best filter", cpu(lambda: best_filter(RELU, SIZES), 2), 0.5


def main():
    """Print every line; one if a gate is missed."""
    missed = 0
    with threadpoolctl.threadpool_limits(1):
        for name, seconds, most in gates():
            missed += seconds > most
            print(
                f"{name:>30}: {1e3 * seconds:9.3f} ms (at most {1e3 * most:g}){' MISSED' if seconds > most else ''}"
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
