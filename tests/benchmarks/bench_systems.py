"""Systems of several unknowns against root finders point by point: ``python -m tests.benchmarks.bench_systems``.

Each gate is printed with what was measured; the exit code is 1 if one is missed. Times are CPU times, best of five,
caches warm; beside them the same points solved by ``scipy.optimize.root`` one after the other, from the solution itself
as the starting point and with the lowered equations: what no choice of start can beat.
"""

import sys
import time

import numpy as np
from scipy.optimize import root

from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.program import Spectrum
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.solution import Status
from asymptotics.solvers.solve import solve
from tests.solvers.systems import CHECKPOINT, groups, random_features

POINTS, SAMPLE = 10_000, 200


def best_time(function, runs=5):
    """CPU seconds of the fastest run, and what it returned."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def group_points(count, unknowns, seed=0):
    """Random points for groups, over several orders of magnitude of sizes and ridge."""
    r = np.random.default_rng(seed)
    inputs = {"n": 10 ** r.uniform(-1, 1, count), "lam": 10 ** r.uniform(-6, 2, count)}
    inputs |= {"d": 1.0, "F1sq": 1.0, "noise": 0.3}
    for g in range(unknowns - 3):
        inputs |= {
            f"p{g + 1}": 10 ** r.uniform(-1, 1, count),
            f"mu{g + 1}": 0.5 + 0.1 * g,
            f"star{g + 1}": 0.3,
        }
    return inputs


def one_by_one(problem, inputs, solution, count=SAMPLE):
    """Seconds a point of a loop of root finders that begin at the solution."""

    def residuals(logs, at):
        values = at | dict(zip(problem.unknowns, np.exp(logs), strict=True))
        sides = problem.evaluate(values, Float64())
        return np.log(np.array(sides.positive, dtype=float) / np.array(sides.negative, dtype=float))

    points = [{n: v if np.ndim(v) == 0 else v[k] for n, v in inputs.items()} for k in range(count)]
    begin = time.process_time()
    for k, at in enumerate(points):
        root(residuals, np.log(solution[:, k]), args=(at,), method="hybr")
    return (time.process_time() - begin) / count


def arrays():
    """Seconds for many points, by number of unknowns, and the reference loop for as many."""
    rows = []
    for name, problem, inputs in (
        ("random features, 3 unknowns", random_features(), random_points(POINTS)),
        ("two groups, 5 unknowns", groups(), group_points(POINTS, 5)),
        ("nine groups, 12 unknowns", groups(9, risk=False), group_points(POINTS, 12)),
    ):
        seconds, found = best_time(lambda problem=problem, inputs=inputs: solve(problem, inputs))
        right = np.mean(np.isin(found.status, (Status.SOLVED, Status.ILL_CONDITIONED)))
        rows.append((name, seconds, one_by_one(problem, inputs, found.value) * POINTS, right))
    return rows


def random_points(count, seed=0):
    """Random points of random features."""
    r = np.random.default_rng(seed)
    inputs = {"mu1sq": 0.25, "mu_starsq": 0.09, "F1sq": 1.0, "F_starsq": 0.0, "noise": 0.5}
    inputs |= {name: 10 ** r.uniform(-1, 1, count) for name in ("psi1", "psi2")}
    return inputs | {"lam": 10 ** r.uniform(-6, 2, count)}


def main():
    """Print every gate with what was measured."""
    missed = 0

    def gate(name, measured, most, note=""):
        nonlocal missed
        missed += measured > most
        word = "ok    " if measured <= most else "MISSED"
        print(f"{word} {name:48} {measured * 1e3:9.1f} ms   gate {most * 1e3:g} ms{note}")

    for name, seconds, loop, right in arrays():
        gate(
            f"{POINTS} points: {name}",
            seconds,
            1.0,
            f"   loop of root finders {loop / seconds:6.0f} times that",
        )
        missed += right < 1
    levels = np.arange(1, 31)
    spectrum = Spectrum(1.0 / levels, {"T": np.ones(30), "B": np.ones(30)}, {"T": 0.1, "B": 0.0})
    inputs = {name: value for name, value in group_points(POINTS, 5).items() if name != "F1sq"}
    spectral = groups(spectrum=True)
    gate(
        f"{POINTS} points: two groups, 30 levels",
        best_time(lambda: solve(spectral, inputs, spectrum=spectrum))[0],
        1.5,
    )
    problem = groups()
    for accuracy, most in ((Digits(50), 0.05), (Digits(1000), 0.25), (Proved(16), 0.1), (Proved(100), 0.25)):
        gate(f"two groups, {accuracy}", best_time(lambda a=accuracy: solve(problem, CHECKPOINT, a))[0], most)
    gate(
        "two groups, branch proved",
        best_time(lambda: solve(problem, CHECKPOINT, Proved(16, branch=True)), 2)[0],
        2.0,
    )
    gate("two groups, lowered", best_time(groups, 3)[0], 0.5)
    complexes = random_points(POINTS) | {"lam": random_points(POINTS)["lam"] * np.exp(2j)}
    gate(
        f"{POINTS} complex ridges, 3 unknowns", best_time(lambda: solve(random_features(), complexes))[0], 2.0
    )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
