"""Inputs with a covariance, by routes that share nothing with the package: bisection and closed forms."""

import math
from itertools import product

import numpy as np
from scipy.special import gammaln, ive, roots_gegenbauer

SHIFT = {
    "kappa": 0.16629614256784,
    "kappa0": 0.74123066108079,
    "test": 0.56256745843926,
    "train": 0.17647934841624,
    "error": 0.53719465956091,
    "overlap": 0.46759161857399,
    "shifted": 0.89376481172438,
}
"""Variances .4 and 1.6 in halves, tested at 1.6 and .4; tanh(2x), p = 1.2 d, n = 1.5 d, ridge .1, noise .2."""

SPIKED = {1: 0.6079029640130807, 4: 0.3456969029331579}
"""exp(t), 10 + 90 directions, n = 400, ridge .001, noise .05, half of the target in degrees 1 and 2 of the spikes."""

NETWORK_KERNEL = {1: 0.60361, 4: 0.34882, 16: 0.08825, 64: 0.02680}
"""The same with the tangent kernel of a ReLU network, to five digits."""

FEATURES_AT_16 = 0.7311
"""The same with 300 ReLU features at signal strength 16, to four digits."""


TANGENT = {(10, 100, 400, 30): 0.27301, (20, 200, 600, 60): 0.32922, (20, 200, 600, 20): 0.53408}
"""Tangent features of ReLU neurons at signal strength 16: spikes, d, n, p; one block for each level, to five digits."""

ONE_BLOCK = {(10, 100, 400, 30): 0.12465, (20, 200, 600, 60): 0.25183, (20, 200, 600, 20): 0.29798}
"""The same with all parameters in one block, which simulation refutes."""


def bisected(function, low, high):
    """The root of a decreasing function on a logarithmic scale."""
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return math.sqrt(low * high)


def layered(s, share, beta2, constants, p, n, lam, noise):
    """Features on a spectrum, walking up from the effective ridge of the inputs: test and train.

    ``s``, ``share``, ``beta2`` are arrays over levels: variances, shares of the dimension, squared coefficients of the
    target. Sizes are in units of the dimension; features carry one over the root of p.
    """
    first, rest = constants

    def at(k0):
        df0 = np.sum(share * s / (s + k0))
        k = first * k0 * (p - df0) - rest
        return k, (k * df0 + rest * p) / (k + rest)

    def ridge(k0):
        k, df = at(k0)
        return k * (n - df) / p

    k0 = bisected(lambda x: (lam - ridge(x)) if at(x)[0] > 0 else 1.0, 1e-8, 1e8)
    k, df = at(k0)
    step = 1e-6
    (k_high, df_high), (k_low, df_low) = at(k0 * (1 + step)), at(k0 * (1 - step))
    slope = (df_high - df_low) / (k_high - k_low)
    df2 = df + k * slope
    shrunk = k0 * np.sum(beta2 * s / (s + k0))
    high, low = (x * np.sum(beta2 * s / (s + x)) for x in (k0 * (1 + step), k0 * (1 - step)))
    error = shrunk - k * (high - low) / (k_high - k_low)
    test = n / (n - df2) * (error + noise) - noise
    train = (1 - df / n) ** 2 * (test + noise)
    return {"test": test, "train": train, "kappa": k, "kappa0": k0}


def zonal_exponential(a, k, d):
    """E exp(a t) P_k(t) for t one coordinate of a unit vector in d dimensions: a Bessel function."""
    order = k + d / 2 - 1
    return math.exp(gammaln(d / 2) + (d / 2 - 1) * math.log(2 / a) + math.log(ive(order, a)) + a)


def harmonics(d, k):
    return math.comb(d + k - 1, k) - (math.comb(d + k - 3, k - 2) if k > 1 else 0)


def exponential_kernel(strength, spikes, bulk, n, lam, noise, target, degrees=12):
    """Test error of kernel ridge regression with exp(t) in products of harmonics of two levels."""
    whole = strength * spikes + bulk
    rows = []
    for k0, k1 in product(range(degrees), repeat=2):
        value = zonal_exponential(strength * spikes / whole, k0, spikes) * zonal_exponential(
            bulk / whole, k1, bulk
        )
        rows.append((value, harmonics(spikes, k0) * harmonics(bulk, k1), target.get((k0, k1), 0.0)))
    xi, count, power = np.array(rows, dtype=float).T
    nu = bisected(lambda x: lam / x + np.sum(count * xi / (xi + x)) - n, 1e-12, 1e3)
    df2 = np.sum(count * xi**2 / (xi + nu) ** 2)
    return (nu**2 * np.sum(power / (xi + nu) ** 2) + noise * df2 / n) / (1 - df2 / n)


def zonal(d, k, t):
    """Zonal polynomial of the sphere with value one at the pole."""
    previous, current = np.ones_like(t), t
    if k == 0:
        return previous
    for j in range(1, k):
        previous, current = current, ((2 * j + d - 2) * t * current - j * previous) / (j + d - 2)
    return current


def cosines(d, nodes):
    """Gauss rule for one coordinate of a unit vector in d dimensions."""
    t, w = roots_gegenbauer(nodes, (d - 2) / 2)
    return t, w / w.sum()


def tangent_blocks(strength, spikes, bulk, n, p, lam, noise, target, degrees=14, nodes=120, together=False):
    """Test error of tangent features of ReLU neurons by direct sums over blocks of independent features.

    Unknowns are found by plain iteration at each effective ridge, which is bisected; errors are slopes by differences.
    """
    whole = strength * spikes + bulk
    shares = strength * spikes / whole, bulk / whole
    (t0, w0), (t1, w1) = cosines(spikes, nodes), cosines(bulk, nodes)
    t = shares[0] * t0[:, None] + shares[1] * t1
    weight = w0[:, None] * w1 * (math.pi - np.arccos(t)) / (2 * math.pi)
    parts = weight * shares[0] * t0[:, None], weight * shares[1] * t1
    rows = []
    for k0, k1 in product(range(degrees), repeat=2):
        products = zonal(spikes, k0, t0)[:, None] * zonal(bulk, k1, t1)
        count = harmonics(spikes, k0) * harmonics(bulk, k1)
        rows.append((*(float(np.sum(part * products)) for part in parts), count, target.get((k0, k1), 0.0)))
    first, second, count, power = np.array(rows, dtype=float).T
    spectra, sizes = [first, second], [p * spikes, p * bulk]
    rest = [share / 2 - np.sum(count * values) for share, values in zip(shares, spectra, strict=True)]
    if together:
        spectra, sizes, rest = [first + second], [p * (spikes + bulk)], [sum(rest)]

    def blocks(nu):
        gains = np.ones(len(spectra))
        for _ in range(4000):
            total = sum(g * values for g, values in zip(gains, spectra, strict=True))
            loads = [np.sum(count * s / (total + nu)) + r / nu for s, r in zip(spectra, rest, strict=True)]
            new = np.array([1 / (1 + a / size) for a, size in zip(loads, sizes, strict=True)])
            moved, gains = np.max(np.abs(new - gains)), (gains + new) / 2
            if moved < 1e-15:
                break
        df = np.sum(count * total / (total + nu)) + sum(g * r for g, r in zip(gains, rest, strict=True)) / nu
        return df, nu * np.sum(power / (total + nu))

    nu = bisected(lambda x: lam / x + blocks(x)[0] - n, 1e-9, 1e2)
    step = 1e-5
    (df, minimum), high, low = blocks(nu), blocks(nu * (1 + step)), blocks(nu * (1 - step))
    df2 = df + (high[0] - low[0]) / (2 * step)
    error = minimum - (high[1] - low[1]) / (2 * step)
    return n / (n - df2) * (error + noise) - noise
