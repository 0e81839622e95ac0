"""Long spectra and data, as ratios: ``python -m tests.benchmarks.bench_spectra``.

Each gate is a ratio of CPU times on this machine, so that it means the same on a slow one: to the plain NumPy way of
solving the same equation at 521 ridges, to reading the numbers, to one eigendecomposition. The exit code is 1 if one is
missed.
"""

import sys
import time

import numpy as np

import asymptotics as asy


def best_time(function, runs=3):
    """CPU seconds of the fastest run."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def by_bisection(s, b, n, noise, ridges):
    """Test error at many ridges: sixty halvings of the effective ridge, then the formula."""
    low, high = np.full(ridges.size, -60.0), np.full(ridges.size, 60.0)
    for _ in range(60):
        middle = (low + high) / 2
        excess = [ridge / x + np.sum(s / (s + x)) - n for ridge, x in zip(ridges, np.exp(middle))]
        up = np.array(excess) > 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    k = np.exp((low + high) / 2)
    return [n / (n - np.sum((s / (s + x)) ** 2)) * (np.sum(b * (x / (s + x)) ** 2) + noise) for x in k]


def spectra(levels):
    """Gates of building a spectrum and of its best ridge."""
    k = np.arange(1, levels + 1.0)
    s, b, size = k**-1.5, k**-2.0, asy.FiniteSize(n=100)
    build = best_time(lambda: asy.SpectralRidge(s, b, noise=0.1))
    model = asy.SpectralRidge(s, b, noise=0.1)
    found = best_time(lambda: asy.optimal_ridge(model, size), runs=1)
    plain = best_time(lambda: by_bisection(s, b, 100, 0.1, np.logspace(-14, 12, 521)), runs=1)
    read = best_time(lambda: [float(x) for x in k.tolist()])
    # The one is a grid, the other the optimum to rounding, in pairs of doubles.
    yield f"{levels} levels: best ridge over bisection at 521 ridges ({found:.2f} s)", found / plain, 5
    yield f"{levels} levels: building over reading each number ({build:.3f} s)", build / read, 60


def data(rows):
    """Gate of reading a kernel matrix."""
    points = np.random.default_rng(0).standard_normal((rows, 20))
    squares = (points**2).sum(axis=1)
    kernel = np.exp((points @ points.T - squares[:, None] / 2 - squares / 2) / 10)
    plain = best_time(lambda: np.linalg.eigh(kernel))
    own = best_time(lambda: asy.SpectralRidge.from_kernel_matrix(kernel, points[:, 0], heldout=True))
    yield f"{rows} rows: the model over its eigendecomposition ({own:.2f} s)", own / plain, 2.0


def main():
    """Print every gate."""
    missed = 0
    for gates in (spectra(10_000), spectra(100_000), data(1500)):
        for text, ratio, most in gates:
            print(f"{'ok  ' if ratio <= most else 'MISS'} {text}: {ratio:.3g} <= {most}")
            missed += ratio > most
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
