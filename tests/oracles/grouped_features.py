"""Random features in groups, in the proportional limit or at finite dimension, by a damped iteration.

Written from the description of the problem, apart from the package: no derived system, no solver of it. Features are
``sigma_g(<theta, x>/sqrt(d))/sqrt(p)``; a row of ``groups`` is (number of features, powers per degree, tail, ridge).
"""

import numpy as np


def risk(
    groups, sizes, target, samples, ridge, noise, beyond=0.0, damping=0.5, tolerance=1e-15, steps=200_000
):
    """Test and training error of ridge regression.

    Parameters
    ----------
    groups : sequence of (width, powers, tail, ratio)
        ``powers[k]`` and ``target[k]`` belong to a degree of ``sizes[k]`` directions.
    ridge : float
        Of features that carry one over the root of the number of all of them.
    """
    widths, tails, ratios = (np.array([g[k] for g in groups], dtype=float) for k in (0, 2, 3))
    powers = np.array([g[1] for g in groups], dtype=float)
    sizes, target, total = np.asarray(sizes, float), np.asarray(target, float), widths.sum()

    def learned(kappa):
        """Shares of the degrees that are not learned, and the degrees of freedom, at an effective ridge."""
        left = np.ones(len(sizes), dtype=type(kappa))
        for _ in range(steps):
            h = kappa * ratios + tails + powers @ left
            new = 1 / (1 + (widths / h) @ powers / sizes)
            step = np.max(np.abs(new - left) / new)
            left = damping * new + (1 - damping) * left
            if step < tolerance:
                break
        h = kappa * ratios + tails + powers @ left
        return left, widths @ (1 - kappa * ratios / h)

    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        kappa = np.exp(middle)
        if samples - ridge * total / kappa < learned(kappa)[1]:
            low = middle
        else:
            high = middle
        if high - low < 1e-15 * max(1, abs(middle)):
            break
    kappa, tiny = np.exp((low + high) / 2), 1e-30
    left, df = learned(kappa * np.exp(1j * tiny))  # an imaginary step: slopes without a difference
    df2 = df.real + df.imag / tiny
    error = (target @ left).real + beyond - (target @ left).imag / tiny
    test = samples * (error + noise) / (samples - df2) - noise
    return float(test), float((1 - df.real / samples) ** 2 * (test + noise))
