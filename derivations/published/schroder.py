r"""Schröder, Cui, Dmitriev and Loureiro (2023): ridge regression on features of a given covariance.

Sum loss with ridge :math:`\lambda`; features have covariance ``omega``, :math:`\psi = E\varphi y`, and ``power`` is
:math:`E y^2`, label noise included. ``trace(f)`` and ``target(f)`` are :math:`\mathrm{Tr} f(\Omega)` and
:math:`\psi^\top f(\Omega)\psi` for functions ``f`` of the eigenvalue.
"""

REFERENCE = "Schroder2023"


def fixed_point(lam, n, m, omega, trace):
    """Residual of 1/m = lam + Tr Omega (1 + n m Omega)^-1."""
    return 1 / m - lam - trace(omega / (1 + n * m * omega))


def test_error(lam, n, m, omega, power, trace, target):
    """Test error, with the noise of a fresh label."""
    M = 1 / (lam + n * lam * m * omega)
    learned = n * lam * m * target(M + lam * M**2)
    return (power - learned) / (1 - n * (lam * m) ** 2 * trace(omega**2 * M**2))
