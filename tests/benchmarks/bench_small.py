"""Small replicates: what `simulate` takes for one, beside the loop that a user writes for this model alone.

Run ``python -m tests.benchmarks.bench_small``. Both draw inputs, weights, target and noise, solve, and measure test
and training error; the loop by hand has a sampled test set of the same size where `simulate` has one. Times are CPU
times of one thread, the least of several rounds in turn: other work on the machine hardly changes their ratios.
"""

from __future__ import annotations

import math
import sys
import time

import numpy as np

import asymptotics as asy
from asymptotics.simulation import plan_campaign
from asymptotics.simulation.learning.experiment import run_replicate

D, N, P, NOISE = 10, 20, 15, 0.1
TEST_INPUTS = 1000
TRIALS, ROUNDS = 256, 7
MOST_SECONDS, MOST_RATIO, MOST_SAMPLED_RATIO = 150e-6, 2.0, 2.5

SIZE, KERNEL_SIZE = asy.FiniteSize(d=D, n=N, p=P), asy.FiniteSize(d=D, n=N)
FEATURES = asy.RandomFeaturesRidge("tanh", {1: 1}, noise=NOISE)
KERNEL = asy.KernelRidge("exp(t)", {1: 1}, noise=NOISE)
TANGENT = asy.NeuralTangentRidge("tanh", {1: 1}, noise=NOISE)
SPECTRUM = asy.SpectralRidge([1, 0.5], target=[0.5, 0.5], multiplicities=[5, 5], noise=NOISE)


def sphere(generator, count):
    """Inputs or weights."""
    points = generator.standard_normal((count, D))
    return points * (math.sqrt(D) / np.linalg.norm(points, axis=1, keepdims=True))


def labels(generator, x):
    """A linear target, and its noisy values."""
    slope = generator.standard_normal(D)
    slope /= np.linalg.norm(slope)
    return slope, x @ slope + math.sqrt(NOISE) * generator.standard_normal(len(x))


def features_by_hand(generator, ridge, sampled):
    """Random features; the exact average of tanh is replaced by its linear and cubic part, at the same cost."""
    x, theta = sphere(generator, N), sphere(generator, P)
    slope, y = labels(generator, x)
    z = np.tanh(x @ theta.T / math.sqrt(D)) / math.sqrt(P)
    a = np.linalg.solve(z.T @ z + ridge * np.eye(P), z.T @ y)
    train = np.mean((y - z @ a) ** 2)
    if sampled:
        fresh = sphere(generator, TEST_INPUTS)
        predicted = np.tanh(fresh @ theta.T / math.sqrt(D)) @ a / math.sqrt(P)
        return np.mean((fresh @ slope - predicted) ** 2), train
    t = theta @ theta.T / D
    gram = (0.36 * t + 0.02 * t**3 + 0.01 * np.eye(P)) / P
    return 1 - 2 * 0.6 / math.sqrt(P * D) * (theta @ slope) @ a + a @ gram @ a, train


def kernel_by_hand(generator, ridge, sampled):
    """Kernel ridge regression."""
    x = sphere(generator, N)
    slope, y = labels(generator, x)
    t = x @ x.T / D
    gram = np.exp(t)
    a = np.linalg.solve(gram + ridge * np.eye(N), y)
    train = np.mean((y - gram @ a) ** 2)
    if sampled:
        fresh = sphere(generator, TEST_INPUTS)
        return np.mean((fresh @ slope - np.exp(fresh @ x.T / D) @ a) ** 2), train
    square = 1 + 0.1 * t + 0.01 * t**2
    return 1 - 2 * 0.1 * (x @ slope) @ a + a @ square @ a, train


def tangent_by_hand(generator, ridge, sampled):
    """Tangent features through their kernel."""
    x, theta = sphere(generator, N), sphere(generator, P)
    slope, y = labels(generator, x)
    signs = np.where(generator.standard_normal(P) > 0, 1.0, -1.0)

    def slopes(points):
        return (1 - np.tanh(points @ theta.T / math.sqrt(D)) ** 2) * signs

    known = slopes(x)
    gram = (x @ x.T) * (known @ known.T) / (D * P)
    a = np.linalg.solve(gram + ridge * np.eye(N), y)
    fresh = sphere(generator, TEST_INPUTS)
    predicted = ((fresh @ x.T) * (slopes(fresh) @ known.T)) @ a / (D * P)
    return np.mean((fresh @ slope - predicted) ** 2), np.mean((y - gram @ a) ** 2)


def spectrum_by_hand(generator, ridge, sampled):
    """A spectrum that is given."""
    roots = np.sqrt(np.repeat([1.0, 0.5], 5))
    x, c = generator.standard_normal((N, D)), roots * generator.standard_normal((P, D))
    slope, y = labels(generator, x)
    z = x @ c.T / math.sqrt(P)
    a = np.linalg.lstsq(np.vstack([z, math.sqrt(ridge) * np.eye(P)]), np.append(y, np.zeros(P)), rcond=1e-10)[
        0
    ]
    missing = slope - c.T @ a / math.sqrt(P)
    return missing @ missing, np.mean((y - z @ a) ** 2)


CASES = {
    "random features": (FEATURES, SIZE, features_by_hand, {}),
    "random features, averaged labels": (FEATURES, SIZE, features_by_hand, {"labels": "averaged"}),
    "random features, sampled test set": (FEATURES, SIZE, features_by_hand, {"test_error": "sampled"}),
    "kernel": (KERNEL, KERNEL_SIZE, kernel_by_hand, {}),
    "kernel, averaged labels": (KERNEL, KERNEL_SIZE, kernel_by_hand, {"labels": "averaged"}),
    "tangent features, sampled test set": (TANGENT, SIZE, tangent_by_hand, {"test_samples": TEST_INPUTS}),
    "spectrum": (SPECTRUM, asy.FiniteSize(n=N, p=P), spectrum_by_hand, {}),
}


def seconds(rounds, **functions):
    """The least CPU time of each function, taken in turn."""
    found = dict.fromkeys(functions, math.inf)
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.process_time()
            function()
            found[name] = min(found[name], time.process_time() - start)
    return found


def case(name, ridge, trials=TRIALS, rounds=ROUNDS):
    """Seconds a replicate takes in `simulate`, solved alone, and by hand."""
    model, sizes, hand, options = CASES[name]
    sampled, generator = "sampled" in name, np.random.default_rng(0)

    def run(count):
        return asy.simulate(model, sizes, ridge, trials=count, progress=False, **options)

    ((_, task), *_) = plan_campaign(model, sizes, ridge, trials=2, **options).tasks()
    run(2)
    found = seconds(
        rounds,
        fixed=lambda: run(2),
        whole=lambda: run(trials + 2),
        alone=lambda: [run_replicate(task, replicate) for replicate in range(trials // 16)],
        hand=lambda: [hand(generator, ridge, sampled) for _ in range(trials)],
    )
    alone = found["alone"] / (trials // 16)
    return (found["whole"] - found["fixed"]) / trials, alone, found["hand"] / trials, found["fixed"]


def main():
    """Print microseconds a replicate, and the gates."""
    print(
        f"(d, n, p) = ({D}, {N}, {P})        microseconds a replicate:   simulate   alone   by hand   ratio"
    )
    missed = 0
    for name in CASES:
        for ridge in (0.1, 0.0):
            ours, alone, hand = case(name, ridge)[:3]
            sampled = "sampled" in name
            most = MOST_SAMPLED_RATIO if sampled else MOST_RATIO
            passed = ours <= most * hand and (sampled or ours <= MOST_SECONDS)
            missed += not passed
            row = f"{ours * 1e6:8.0f} {alone * 1e6:8.0f} {hand * 1e6:8.0f} {ours / hand:8.2f}"
            print(f"{'ok    ' if passed else 'MISSED'} {name:36} ridge {ridge:3}   {row}", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
