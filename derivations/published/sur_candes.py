r"""Sur and Candès (2019): logistic regression without a ridge, in high dimension.

For :math:`\rho(t) = \log(1+e^t)` and Gaussian :math:`(Q_1, Q_2)` with variances :math:`\gamma^2`,
:math:`\alpha^2\gamma^2+\kappa\sigma^2` and covariance :math:`-\alpha\gamma^2`. Averages are given by name:
``squared`` is :math:`E\,2\rho'(Q_1)(\lambda\rho'(\mathrm{prox}))^2`, ``crossed``
:math:`E\,\rho'(Q_1)Q_1\lambda\rho'(\mathrm{prox})`, ``damped``
:math:`E\,2\rho'(Q_1)/(1+\lambda\rho''(\mathrm{prox}))`.
"""

REFERENCE = "SurCandes2019"


def equations(kappa, sigma2, squared, crossed, damped):
    """Residuals of the three equations."""
    return sigma2 - squared / kappa**2, crossed, 1 - kappa - damped


def numbers():
    """alpha, sigma and lambda as printed for p/n = 0.2 and gamma^2 = 5."""
    return "1.4994", "4.7436", "3.0269"
