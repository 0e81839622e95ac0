"""The deterministic equivalent at finite sizes, written here once more: no test trusts the package's own."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import comb, eval_gegenbauer, roots_gegenbauer

from asymptotics.simulation import process_pool


@pytest.fixture(scope="session")
def pool():
    """Two worker processes, started once for all tests that compute in others."""
    with process_pool(2) as workers:
        yield workers


def multiplicity(d, k):
    return comb(d + k - 1, k, exact=True) - (comb(d + k - 3, k - 2, exact=True) if k > 1 else 0)


def gegenbauer_powers(activation, d, degrees, nodes=400):
    """Squared norms of the harmonic parts of a smooth activation, and its total, by Gauss quadrature."""
    t, w = roots_gegenbauer(nodes, (d - 2) / 2)
    w = w / w.sum()
    values = activation(np.sqrt(d) * t)
    powers = []
    for k in range(degrees):
        q = eval_gegenbauer(k, (d - 2) / 2, t) / eval_gegenbauer(k, (d - 2) / 2, 1.0)
        powers.append(multiplicity(d, k) * (w @ (values * q)) ** 2)
    return np.array(powers), w @ values**2


def kernel_powers(kernel, d, degrees, nodes=400):
    """Coefficients of a kernel h(t) in normalized Gegenbauer polynomials, and h(1)."""
    t, w = roots_gegenbauer(nodes, (d - 2) / 2)
    w = w / w.sum()
    normalized = [
        eval_gegenbauer(k, (d - 2) / 2, t) / eval_gegenbauer(k, (d - 2) / 2, 1.0) for k in range(degrees)
    ]
    return np.array([multiplicity(d, k) * (w @ (kernel(t) * q)) for k, q in enumerate(normalized)]), kernel(
        1.0
    )


def deterministic_equivalent(activation, target, noise, d, n, p, ridge, degrees=13, kernel=None):
    """Test, bias, variance, train and norm of random features or a kernel on the sphere."""
    powers, total = (
        gegenbauer_powers(activation, d, degrees) if kernel is None else kernel_powers(kernel, d, degrees)
    )
    counts = np.array([multiplicity(d, k) for k in range(degrees)], dtype=float)
    energy = np.array([target.get(k, 0.0) for k in range(degrees)])
    return solve_fixed_point(counts, powers / counts, total - powers.sum(), energy, noise, n, p, ridge)


def solve_fixed_point(counts, spectrum, tail, energy, noise, n, p, ridge):
    """Test, bias, variance, train and norm from the two-scalar fixed point of random features.

    The kernel operator has the eigenvalues ``spectrum``, each ``counts`` times, and a bulk of total ``tail``;
    the target has the power ``energy`` in each of these eigenspaces.
    """
    tail = max(tail, 0.0)

    def dimension(v):
        return (counts * spectrum / (spectrum + v)).sum() + tail / v

    def solve(penalty):
        def gap(log_v):
            v = np.exp(log_v)
            t = dimension(v)
            return (n - t) * v * (1 - t / p) - penalty if t < min(n, p) else -1.0

        return np.exp(brentq(gap, -60, 40, xtol=1e-14, rtol=1e-14))

    v = solve(ridge)
    size = n - dimension(v)
    source = (energy / (spectrum + v)).sum()
    d11 = (counts * spectrum**2 / (spectrum + v) ** 2).sum()
    d10 = (counts * spectrum / (spectrum + v) ** 2).sum() + tail / v**2
    loss = (d11 + v**2 * d10**2 / (p - d11)) / n
    bias = v**2 * (energy * (1 + spectrum * d10 / (p - d11)) / (spectrum + v) ** 2).sum() / (1 - loss)
    variance = noise * loss / (1 - loss)

    def minimum(penalty):
        v = solve(penalty)
        size = n - dimension(v)
        return size * v * (energy / (spectrum + v)).sum() + noise * size

    step = 1e-4 * ridge
    norm = (minimum(ridge + step) - minimum(ridge - step)) / (2 * step)
    train = size * v * source + noise * size - ridge * norm
    return SimpleNamespace(test=bias + variance, bias=bias, variance=variance, train=train / n, norm=norm / n)


@pytest.fixture(scope="session")
def equivalent():
    return deterministic_equivalent


@pytest.fixture(scope="session")
def fixed_point():
    return solve_fixed_point


@pytest.fixture
def toy():
    """A model by attributes alone."""

    def make(activation=np.tanh, target=None, noise=0.1):
        return SimpleNamespace(
            activation=activation, target=SimpleNamespace(powers=target or {1: 1.0}), noise=noise
        )

    return make
