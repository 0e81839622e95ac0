r"""Hastie, Montanari, Rosset and Tibshirani (2022): ridge regression on isotropic inputs.

Mean loss :math:`\frac1n\|y - X\beta\|^2 + \lambda\|\beta\|^2`, ``gamma`` = p/n, ``r2`` :math:`= \|\beta\|^2`.
"""

REFERENCE = "Hastie2022"


def stieltjes(gamma, lam, root):
    """m(-lam); ``root`` is the square root of :func:`radicand`."""
    return (root - (1 - gamma + lam)) / (2 * gamma * lam)


def radicand(gamma, lam):
    return (1 - gamma + lam) ** 2 + 4 * gamma * lam


def risk(gamma, lam, r2, noise, m, m_prime):
    """Limit of the excess risk; ``m_prime`` is the derivative of the Stieltjes transform m(z) at z = -lam."""
    return r2 * lam**2 * m_prime + noise * gamma * (m - lam * m_prime)


def ridgeless_under(gamma, noise):
    """gamma < 1."""
    return noise * gamma / (1 - gamma)


def ridgeless_over(gamma, r2, noise):
    """gamma > 1."""
    return r2 * (1 - 1 / gamma) + noise / (gamma - 1)


def optimal_ridge(gamma, r2, noise):
    return noise * gamma / r2


def optimal_risk(gamma, noise, m):
    """Risk at the optimal ridge; ``m`` = m(-lam) there."""
    return noise * gamma * m
