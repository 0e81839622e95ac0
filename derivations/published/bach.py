r"""Bach (2024): least squares with random projections, minimum norm (no ridge).

``m`` projections, ``n`` samples. ``kappa`` solves :math:`\mathrm{df}_1(\kappa) = \min(m, n)`; arguments are
``shrunk`` :math:`= \langle\theta,\Sigma(\Sigma+\kappa)^{-1}\theta\rangle`, ``shrunk2``
:math:`= \langle\theta,\Sigma(\Sigma+\kappa)^{-2}\theta\rangle`, ``df2`` at :math:`\kappa`.
"""

REFERENCE = "Bach2024"


def bias_under(n, m, kappa, shrunk):
    """m < n."""
    return n / (n - m) * kappa * shrunk


def variance_under(n, m, noise):
    """m < n."""
    return noise * m / (n - m)


def bias_over(n, m, kappa, df2, shrunk, shrunk2):
    """m > n."""
    return n * kappa**2 * shrunk2 / (n - df2) + n / (m - n) * kappa * shrunk


def variance_over(n, m, df2, noise):
    """m > n."""
    return noise * (df2 / (n - df2) + n / (m - n))
