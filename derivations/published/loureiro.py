r"""Loureiro, Gerbelot, Cui, Goldt, Krzakala, Mézard, Zdeborová (2021): ridge regression, Gaussian covariate model.

Sum loss :math:`\frac12\sum(y - f)^2 + \frac\lambda2\|w\|^2` on features of covariance with eigenvalues ``s``; a
target of power ``rho``, label noise ``noise``. ``trace(f)`` is :math:`\mathrm{Tr} f(\Omega)`, ``target(f)`` the sum
of ``f`` over the squared covariances of features and target, one for each eigenvalue. Sums are not divided by the
number of features here.
"""

REFERENCE = "Loureiro2021"


def conjugates(n, rho, noise, m, q, V):
    """The conjugates of V, q and m."""
    left = 1 + V
    return n / left, n * (rho + noise + q - 2 * m) / left**2, n / left


def spread(lam, V_hat, s, trace):
    """V."""
    return trace(s / (lam + V_hat * s))


def square(lam, V_hat, q_hat, m_hat, s, trace, target):
    """q, the mean square of the prediction."""
    return q_hat * trace(s**2 / (lam + V_hat * s) ** 2) + m_hat**2 * target(s / (lam + V_hat * s) ** 2)


def overlap(lam, V_hat, m_hat, s, target):
    """m, the mean product of prediction and target."""
    return m_hat * target(1 / (lam + V_hat * s))
