"""The Gaussian covariate model by its saddle point, iterated in plain floats: ridge regression and logistic regression.

Nothing of the package is used. Sum losses, ridge ``lam/2``; a spectrum ``s`` with ``counts`` and squared coordinates
of the target ``b`` (in units in which ``sum b`` is its power), label noise ``noise``.
"""

import math

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr


def ridge(n, lam, noise, s, counts, b, steps=4000):
    """Overlap and mean square of the prediction of ridge regression."""
    s, counts, b = (np.asarray(v, dtype=float) for v in (s, counts, b))
    rho, m, q, V = b.sum(), 0.0, 1.0, 1.0
    for _ in range(steps):
        V_hat = m_hat = n / (1 + V)
        q_hat = n * (rho + noise + q - 2 * m) / (1 + V) ** 2
        V, m, q = model(lam, V_hat, q_hat, m_hat, s, counts, b)
    return m, q


def model(lam, V_hat, q_hat, m_hat, s, counts, b):
    """The order parameters of given features."""
    left = lam + V_hat * s
    return (
        (counts * s / left).sum(),
        m_hat * (b * s / left).sum(),
        q_hat * (counts * s**2 / left**2).sum() + m_hat**2 * (b * s**2 / left**2).sum(),
    )


def logistic(n, lam, s, counts, b, damping=0.5, tolerance=1e-10):
    """Overlap, mean square and spread of logistic regression on signs of a target of unit power, by damped iteration.

    As it is done in published code: integrals by quadrature, the proximal map by a root finder at every node.
    """
    s, counts, b = (np.asarray(v, dtype=float) for v in (s, counts, b))
    m, q, V = 0.1, 0.5, 1.0
    while True:
        V_hat, q_hat, m_hat = data(n, m, q, V)
        new = model(lam, V_hat, q_hat, m_hat, s, counts, b)
        gap = max(abs(new[0] - V), abs(new[1] - m), abs(new[2] - q))
        V, m, q = (damping * old + (1 - damping) * one for old, one in zip((V, m, q), new, strict=True))
        if gap < tolerance:
            return m, q, V


def data(n, m, q, V):
    """Conjugates for the logistic loss and signs of a target of unit power."""

    def force(w):
        z = brentq(lambda z: z - w - V / (1 + math.exp(z)), w, w + V, xtol=1e-15)
        return (z - w) / V, z

    def weight(x):
        return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    left = 1 - m * m / q

    def stiffness(x):
        z = force(math.sqrt(q) * x)[1]
        curvature = 1 / (2 + 2 * math.cosh(z))
        return 2 * weight(x) * ndtr(m * x / math.sqrt(q * left)) * curvature / (1 + V * curvature)

    def squared(x):
        return 2 * weight(x) * ndtr(m * x / math.sqrt(q * left)) * force(math.sqrt(q) * x)[0] ** 2

    def pull(x):
        w = math.sqrt(q) * x
        return (
            2
            * weight(x)
            * math.exp(-((m * w / q) ** 2) / left / 2)
            / math.sqrt(2 * math.pi * left)
            * force(w)[0]
        )

    options = {"epsabs": 1e-11, "epsrel": 1e-10, "limit": 200}
    V_hat, q_hat, m_hat = (n * quad(f, -9, 9, points=[0], **options)[0] for f in (stiffness, squared, pull))
    return V_hat, q_hat, m_hat
