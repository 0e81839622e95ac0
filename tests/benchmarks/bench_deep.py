"""Random features of one to six layers, against the recipe of eigenvalues: ``python -m tests.benchmarks.bench_deep``.

Each gate is printed with what was measured; the exit code is 1 if one is missed. Times are CPU times, best of several,
caches warm. The recipe draws weights at a thousand inputs, builds the covariance of the last layer and diagonalizes it
(1000 x 1000); its errors are those of one draw.
"""

import sys
import time

import numpy as np

import asymptotics as asy
from asymptotics.models import deep_equations as deep
from tests.oracles import deep_chain

WIDTHS = ("6/5", 2, "3/2", 1, "17/10", 2)
RIDGE, NOISE, SAMPLES = 0.05, 0.2, 1.5


def best_time(function, runs=7):
    """CPU seconds of the fastest run, and what it returned."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def model_of(depth):
    """So many layers of ``tanh(2x)``."""
    layers = [asy.Layer("tanh(2*x)", width=width) for width in WIDTHS[:depth]]
    return asy.DeepRandomFeaturesRidge(layers, target={1: 1}, noise="1/5")


def recipe(depth, size=1000):
    """Seconds and test error of one point by eigenvalues of one draw."""
    widths = [eval_fraction(width) for width in WIDTHS[:depth]]
    d = round(size / widths[-1])
    constants, square = [], 1.0
    for width in widths:
        _, linear, rest, square = deep_chain.constants(lambda x: np.tanh(2 * x), np.sqrt(square))
        constants.append((linear, rest, round(width * d)))
    generator = np.random.default_rng(0)
    return best_time(
        lambda: deep_chain.recursion(constants, d, round(SAMPLES * d), RIDGE, NOISE, generator), runs=1
    )


def eval_fraction(width):
    """A width as a number."""
    above, _, below = str(width).partition("/")
    return float(above) / float(below or 1)


def derivation_time(depth):
    """CPU seconds to compose a chart of a depth from the rules of its layers."""
    kinds = (deep.GAUSSIAN,) * depth
    deep.features()

    def fresh():
        deep.inverse_chart.cache_clear()
        deep.equivalent.cache_clear()
        return deep.inverse_chart(kinds)

    return best_time(fresh, runs=3)[0]


def main():
    """Print every gate; 1 if one is missed."""
    missed = 0

    def gate(text, value, most):
        nonlocal missed
        missed += not value <= most
        print(f"{'ok  ' if value <= most else 'MISS'} {text}: {value:.3g} (at most {most:g})")

    regime, point = asy.Proportional(psi2=np.linspace(0.5, 4, 100)), asy.Proportional(psi2="3/2")
    for depth in range(1, 7):
        model = model_of(depth)
        asy.predict(model, regime, ridge=RIDGE)
        seconds, _ = best_time(lambda model=model: asy.predict(model, regime, ridge=RIDGE))
        gate(f"{depth} layers, 100 points, ms", 1e3 * seconds, 20)
        asy.predict(model, point, ridge="1/20", digits=40)
        in_digits, exact = best_time(lambda model=model: asy.predict(model, point, ridge="1/20", digits=40))
        gate(f"{depth} layers, 40 digits, ms", 1e3 * in_digits, 50)
        double = asy.predict(model, point, ridge="1/20").test
        gate(f"{depth} layers, relative error of doubles", abs(double - float(exact.test)) / double, 1e-13)
        theirs, drawn = recipe(depth)
        gate(f"{depth} layers, time a point over that of the recipe", seconds / 100 / theirs, 0.1)
        print(f"     the recipe: {theirs:.2f} s a point, {drawn:.4f} for {double:.4f}")
    times = [derivation_time(depth) for depth in (2, 4, 6)]
    gate("derivation of six layers over that of two", times[2] / times[0], 4)
    print("     derivation of 2, 4, 6 layers, s:", *(f"{seconds:.2f}" for seconds in times))
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
