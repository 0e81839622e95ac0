"""Logistic regression: the stationary point against a straightforward damped iteration of the Gaussian covariate model.

Both to ten digits, in one run: ``python -m tests.benchmarks.bench_losses``.
"""

import math
import time

import asymptotics as asy
from tests.oracles import loureiro

COUNTS, VALUES, SAMPLES, RIDGE = [30, 60], [1, 0.5], 100, 0.1


def main():
    spectrum = asy.SpectralRidge(VALUES, target=[1, 1], multiplicities=COUNTS)
    model, sizes = asy.WithLoss(spectrum, "logistic", labels="sign"), asy.FiniteSize(n=SAMPLES)
    asy.predict(model, sizes, RIDGE)
    start = time.process_time()
    risk = asy.predict(model, sizes, RIDGE)
    own = time.process_time() - start
    start = time.process_time()
    m, q, _ = loureiro.logistic(SAMPLES, RIDGE, VALUES, COUNTS, [0.5, 0.5], tolerance=1e-11)
    damped = time.process_time() - start
    digits = -math.log10(max(abs(risk.overlap / m - 1), abs(risk.square / q - 1)))
    print(
        f"own {own:.4f} s, damped iteration {damped:.2f} s: {damped / own:.0f} times, {digits:.1f} digits agree"
    )
    return damped / own, digits


if __name__ == "__main__":
    main()
