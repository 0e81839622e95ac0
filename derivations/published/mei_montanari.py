r"""Mei and Montanari (2022): random features in the proportional regime.

``zeta2`` :math:`= \zeta^2 = \mu_1^2/\mu_\star^2`, ``psi1`` = N/d, ``psi2`` = n/d; the loss is a mean, with
ridge :math:`\frac{N}{d}\lambda_{\mathrm{MM}}`, and ``lam_bar`` :math:`= \lambda_{\mathrm{MM}}/\mu_\star^2`;
``chi`` :math:`= \nu_1\nu_2 < 0`.
"""

REFERENCE = "MeiMontanari2022"


def fixed_point(psi1, psi2, zeta2, xi, nu1, nu2):
    """Residuals of the equations for nu1 and nu2 at spectral parameter xi."""
    inner = 1 - zeta2 * nu1 * nu2
    return [
        nu1 * (-xi - nu2 - zeta2 * nu2 / inner) - psi1,
        nu2 * (-xi - nu1 - zeta2 * nu1 / inner) - psi2,
    ]


def e0(chi, zeta2, psi1, psi2):
    z = zeta2
    return (
        -(chi**5) * z**3
        + 3 * chi**4 * z**2
        + (psi1 * psi2 - psi2 - psi1 + 1) * chi**3 * z**3
        - 2 * chi**3 * z**2
        - 3 * chi**3 * z
        + (psi1 + psi2 - 3 * psi1 * psi2 + 1) * chi**2 * z**2
        + 2 * chi**2 * z
        + chi**2
        + 3 * psi1 * psi2 * chi * z
        - psi1 * psi2
    )


def e1(chi, zeta2, psi1, psi2):
    z = zeta2
    return psi2 * chi**3 * z**2 - psi2 * chi**2 * z + psi1 * psi2 * chi * z - psi1 * psi2


def e2(chi, zeta2, psi1, psi2):
    z = zeta2
    return (
        chi**5 * z**3
        - 3 * chi**4 * z**2
        + (psi1 - 1) * chi**3 * z**3
        + 2 * chi**3 * z**2
        + 3 * chi**3 * z
        + (-psi1 - 1) * chi**2 * z**2
        - 2 * chi**2 * z
        - chi**2
    )


def risk(chi, zeta2, psi1, psi2, power_linear, power_rest, noise):
    """Excess test error; ``power_linear`` = F_1^2, ``power_rest`` = F_*^2."""
    front = e0(chi, zeta2, psi1, psi2)
    bias, variance = e1(chi, zeta2, psi1, psi2) / front, e2(chi, zeta2, psi1, psi2) / front
    return power_linear * bias + (power_rest + noise) * variance + power_rest


def quartic(x, zeta2, psi1, psi2, lam_bar):
    """Polynomial that x = -chi solves: nu1 and nu2 eliminated from their equations (not printed in the paper)."""
    z, both = zeta2, psi1 + psi2
    return (
        z**2 * x**4
        - z * (lam_bar * psi1 * psi2 * z + both * z - 2 * z - 2) * x**3
        + (psi1 * psi2 * z**2 - 2 * lam_bar * psi1 * psi2 * z - both * (z**2 + 2 * z) + (z + 1) ** 2) * x**2
        + (2 * psi1 * psi2 * z - lam_bar * psi1 * psi2 - both * (z + 1)) * x
        + psi1 * psi2
    )


def ridgeless_chi(zeta2, psi, root):
    """chi in the ridgeless limit, psi = min(psi1, psi2); ``root`` of :func:`ridgeless_radicand`."""
    return -(root + (psi * zeta2 - zeta2 - 1)) / (2 * zeta2)


def ridgeless_radicand(zeta2, psi):
    return (psi * zeta2 - zeta2 - 1) ** 2 + 4 * zeta2 * psi


def omega(zeta2, psi, lam_bar, root):
    """omega of the wide and the large-sample limits; ``root`` of :func:`omega_radicand`."""
    return -(root + (psi * zeta2 - zeta2 - lam_bar * psi - 1)) / (2 * (lam_bar * psi + 1))


def omega_radicand(zeta2, psi, lam_bar):
    return (psi * zeta2 - zeta2 - lam_bar * psi - 1) ** 2 + 4 * psi * zeta2 * (lam_bar * psi + 1)


def _wide_denominator(psi, w):
    return (psi - 1) * w**3 + (1 - 3 * psi) * w**2 + 3 * psi * w - psi


def bias_wide(psi2, w):
    """Number of features to infinity."""
    return (psi2 * w - psi2) / _wide_denominator(psi2, w)


def variance_wide(psi2, w):
    return (w**3 - w**2) / _wide_denominator(psi2, w)


def bias_large_sample(psi1, zeta2, w):
    """Number of samples to infinity; the variance vanishes."""
    return ((w**3 - w**2) / zeta2 + psi1 * w - psi1) / _wide_denominator(psi1, w)


def threshold(psi2, omega0):
    """rho_*: above it the optimal ridge of the wide limit is zero; ``omega0`` is omega at lam_bar = 0."""
    return (omega0**2 - omega0) / ((1 - psi2) * omega0 + psi2)


def optimal_omega(psi2, rho, root):
    """omega at the optimal ridge; ``root`` of :func:`optimal_radicand`."""
    return -(root + (psi2 * rho - rho - 1)) / 2


def optimal_radicand(psi2, rho):
    return (psi2 * rho - rho - 1) ** 2 + 4 * psi2 * rho


def optimal_ridge(zeta2, psi2, w):
    """lam_bar at the optimum, from the omega there."""
    return (zeta2 * psi2 - zeta2 * w * psi2 + zeta2 * w + w - w**2) / ((w**2 - w) * psi2)


def objective(g, chi, zeta2, power_linear, power_rest, noise):
    """Minimum of the training objective; ``g`` = -i nu_2 sqrt(lam_bar psi_1 / psi_2)."""
    return g * (power_linear / (1 - chi * zeta2) + power_rest + noise)


def a1(chi, zeta2, psi2):
    z = zeta2
    return -(chi**2) * (chi * z**2 - chi * z + psi2 * z + z - chi * psi2 * z**2 + 1)


def a2(chi, zeta2):
    z = zeta2
    return chi**2 * (chi * z - 1) * (chi**2 * z**2 - 2 * chi * z + z + 1)


def norm(chi, zeta2, psi1, psi2, power_linear, power_rest, noise):
    """mu_*^2 times the squared norm of the coefficients."""
    front = e0(chi, zeta2, psi1, psi2)
    return (power_linear * a1(chi, zeta2, psi2) + (power_rest + noise) * a2(chi, zeta2)) / front
