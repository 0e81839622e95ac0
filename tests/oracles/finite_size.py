"""The published deterministic equivalent at finite sizes, by bisection in mpmath: no code of the package is used."""

from itertools import pairwise
from math import comb
from types import SimpleNamespace

import mpmath

from derivations.published import defilippis as published

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 30


def multiplicity(d, k):
    return comb(d + k - 1, k) - (comb(d + k - 3, k - 2) if k > 1 else 0)


def gegenbauer_powers(function, d, degrees, kinks=()):
    """Squared norms of the harmonic parts on the sphere, and the total of all degrees, by quadrature.

    With weight (1 - t^2)^((d-3)/2), t = cos(angle), and the Gegenbauer polynomial Q_k, Q_k(1) = 1, the power of
    degree k is B(d, k) (E sigma(sqrt(d) t) Q_k(t))^2.
    """
    root = CONTEXT.sqrt(d)
    points = sorted({-1, 1, *(kink / root for kink in kinks)})

    def polynomials(t):
        q = [CONTEXT.one, t]
        for k in range(1, degrees):
            q.append(((2 * k + d - 2) * t * q[k] - k * q[k - 1]) / (k + d - 2))
        return q

    nodes = []
    for left, right in pairwise(points):
        half = (right - left) / 2
        for x, w in CONTEXT.quad_nodes:
            t = left + half * (1 + x)
            nodes.append((t, w * half * (1 - t * t) ** CONTEXT.mpf((d - 3) / 2)))
    mass = sum(w for _, w in nodes)
    sums, total = [CONTEXT.zero] * (degrees + 1), CONTEXT.zero
    for t, w in nodes:
        value = function(root * t)
        total += w * value**2 / mass
        for k, q in enumerate(polynomials(t)[: degrees + 1]):
            sums[k] += w * value * q / mass
    return [multiplicity(d, k) * c * c for k, c in enumerate(sums)], total


def _gauss_legendre(order):
    """Nodes and weights on [-1, 1], by Newton's method on the Legendre polynomial."""
    nodes = []
    for i in range(order):
        x = CONTEXT.cos(CONTEXT.pi * (i + CONTEXT.mpf(3) / 4) / (order + CONTEXT.mpf(1) / 2))
        for _ in range(8):
            p, q = x, CONTEXT.one
            for k in range(1, order):
                p, q = ((2 * k + 1) * x * p - k * q) / (k + 1), p
            slope = order * (x * p - q) / (x * x - 1)
            x -= p / slope
        nodes.append((x, 2 / ((1 - x * x) * slope * slope)))
    return nodes


CONTEXT.quad_nodes = _gauss_legendre(80)


def equivalent(powers, total, target, noise, d, n, p, ridge):
    """Test, bias, variance, train and norm per sample from n - lam/nu1 = df1 = p - p nu1/nu2.

    ``powers`` are the harmonic powers of the activation, what is left of ``total`` is a tail of vanishing eigenvalues;
    ``target`` maps degree to power.
    """
    mpf = CONTEXT.mpf
    counts = [multiplicity(d, k) for k in range(len(powers))]
    levels = [
        (count, mpf(power) / count, mpf(target.get(k, 0)))
        for k, (count, power) in enumerate(zip(counts, powers))
    ]
    tail, beyond = (
        max(mpf(total) - sum(powers), mpf(0)),
        mpf(sum(v for k, v in target.items() if k >= len(powers))),
    )
    n, p, ridge, noise = mpf(n), mpf(p), mpf(ridge), mpf(noise)

    def df1(nu):
        return sum(c * s / (s + nu) for c, s, _ in levels) + tail / nu

    low, high = mpf(-200), mpf(200)
    for _ in range(120):
        middle = (low + high) / 2
        nu = CONTEXT.exp(middle)
        trace = df1(nu)
        above = trace < min(n, p) and (n - trace) * (p - trace) * nu > p * ridge
        low, high = (low, middle) if above else (middle, high)
    nu2 = CONTEXT.exp((low + high) / 2)
    nu1 = ridge / (n - df1(nu2))
    df2 = sum(c * s**2 / (s + nu2) ** 2 for c, s, _ in levels)
    tr12 = sum(c * s / (s + nu2) ** 2 for c, s, _ in levels) + tail / nu2**2
    # A degree with power F^2 over B(d, k) coordinates: b_km sums beta^2 s^k/(s+nu)^m over them, beta^2 in total F^2.
    b01 = sum(f / (s + nu2) for _, s, f in levels) + beyond / nu2
    b02 = sum(f / (s + nu2) ** 2 for _, s, f in levels) + beyond / nu2**2
    b12 = sum(f * s / (s + nu2) ** 2 for _, s, f in levels)
    bias = published.bias(n, p, nu1, nu2, df2, tr12, b02, b12)
    variance = published.variance(n, p, nu1, nu2, df2, noise)
    train = published.train(n, ridge, nu1, bias + variance, noise)
    norm = published.norm(n, p, ridge, nu1, nu2, df2, tr12, b01, b02, b12, noise)
    values = {"bias": bias, "variance": variance, "test": bias + variance, "train": train, "norm": norm / n}
    return SimpleNamespace(**{name: float(value) for name, value in values.items()})
