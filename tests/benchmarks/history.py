"""Benchmarks with a history: ``python -m tests.benchmarks.history`` measures and compares with what was kept.

``--keep NOTE`` appends a line of JSON to ``history.jsonl``. Times are processor time on one thread, the least of
several runs; beside seconds stands their multiple of a million additions of Python, which machines of different speed
have in common. It reports and never fails: gates stand in the other files of this folder.
"""

import argparse
import itertools
import json
import platform
import time
from datetime import date
from pathlib import Path

import numpy as np
import scipy
import sympy
import threadpoolctl

import asymptotics as asy
from asymptotics.functions.kernels import as_kernel, expand_kernel
from asymptotics.models.random_features_equations import program

FILE = Path(__file__).with_name("history.jsonl")
CHANGED = 1.5
"""Ratio to the last line from which a difference is named."""

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
POINT = asy.Proportional(2, 3)
CURVE = asy.Proportional(np.geomspace(0.1, 40, 100), 2)
GRID = asy.Proportional(np.geomspace(0.1, 40, 10**5), 2)
FRESH = itertools.count(100)
"""Numbers in formulas that were not expanded before: expansions are remembered."""
SIZES = asy.FiniteSize(d=50, n=100, p=150)


def additions():
    """The unit: a million additions."""
    total = 0
    for number in range(10**6):
        total += number
    return total


CASES = {
    "a curve of 100 points": lambda: asy.predict(MODEL, CURVE, 1e-3),
    "100,000 points": lambda: asy.predict(MODEL, GRID, 1e-3),
    "100 points at finite size, next order": lambda: asy.predict(
        MODEL, asy.FiniteSize(60, np.arange(50, 150), 90), 0.1, order=1
    ),
    "50 digits": lambda: asy.predict(MODEL, POINT, "0.001", digits=50),
    "50 digits, proved": lambda: asy.predict(MODEL, POINT, "0.001", digits=50, certified=True),
    "gradient flow, 100 points": lambda: asy.predict(MODEL, CURVE, time=10.0),
    "40 degrees of an activation": lambda: asy.expand(f"tanh(x) + {next(FRESH)}*x/1000", 10**6, 40),
    "40 degrees of a kernel": lambda: expand_kernel(as_kernel(f"exp({next(FRESH)}*t/100)"), 10**6, 40),
    "derivation of random features": lambda: program().deterministic_equivalent(),
    "ten replicates": lambda: asy.simulate(MODEL, SIZES, 1e-3, trials=10, seed=0, progress=False),
}


def best(work, runs):
    """Least processor time of some runs."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def measured(runs=5):
    """A line of the history."""
    with threadpoolctl.threadpool_limits(1):
        unit = best(additions, runs)
        seconds = {name: best(work, runs) for name, work in CASES.items()}
    versions = {m.__name__: m.__version__ for m in (np, scipy, sympy)} | {"python": platform.python_version()}
    return {
        "date": date.today().isoformat(),
        "version": asy.__version__,
        "versions": versions,
        "unit": round(unit, 5),
        "seconds": {name: float(f"{value:.3g}") for name, value in seconds.items()},
        "units": {name: float(f"{value / unit:.3g}") for name, value in seconds.items()},
    }


def history():
    """Every line that was kept, oldest first."""
    return (
        [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()] if FILE.exists() else []
    )


def compared(now, before):
    """Lines of text: what was measured, beside the last line."""
    for name, value in now["units"].items():
        old = before["units"].get(name) if before else None
        ratio = value / old if old else 1.0
        word = "" if 1 / CHANGED < ratio < CHANGED else ("  SLOWER" if ratio > 1 else "  faster")
        yield f"{name:40} {now['seconds'][name]:9.3g} s {value:9.3g} units {ratio:6.2f}{word}"


def main():
    """Measure, print, and keep if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", metavar="NOTE", help="append a line to the history, with a note")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    now, kept = measured(options.runs), history()
    print(*compared(now, kept[-1] if kept else None), sep="\n")
    if options.keep:
        with FILE.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**now, "note": options.keep}) + "\n")


if __name__ == "__main__":
    main()
