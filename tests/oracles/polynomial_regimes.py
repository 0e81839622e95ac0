"""Published limits at polynomial sizes, as functions: arXiv:2403.08160 and arXiv:2205.14846, arXiv:2205.06798.

Arguments are numbers of any exact or inexact kind. ``low``, ``high`` are target powers at and above the critical
degree, ``mu``, ``tail`` the squared coefficients of the activation there, ``noise`` the label variance. Excess risk.
"""


def between_integers(high):
    """Different exponents, the smaller one not an integer: every degree above it is lost."""
    return high


def diagonal_upsilon(t, ratio):
    """Equal exponents, not an integer: Upsilon from t = nu1/nu2 and ratio = n/p."""
    return (1 - t) ** 2 / ratio


def diagonal_quadratic(t, ratio, ridge):
    """Zero at t = (1 - r - L + sqrt((1 - r - L)^2 + 4 L))/2 with L = lambda/mu^2; the other root is negative."""
    return t**2 - (1 - ratio - ridge) * t - ridge


def diagonal_risk(upsilon, high, noise):
    """Equal exponents, not an integer."""
    return (high + noise) / (1 - upsilon) - noise


def kernel_radicand(delta, rho):
    """Square of the root r in the kernel closed forms; delta = n/N_l, rho = mu_l^2/(lambda + tail)."""
    return (1 + rho - rho * delta) ** 2 + 4 * rho * delta


def kernel_bias(delta, rho, r):
    """B at the critical degree."""
    return (1 - delta) / 2 + (1 + delta + rho * (1 - delta) ** 2) / (2 * r)


def kernel_variance(delta, rho, r):
    """V at the critical degree."""
    return (1 + rho + delta * rho - r) / (2 * r)


def kernel_risk(bias, variance, low, high, noise):
    """Risk of kernel ridge regression, and of random features with more features than samples."""
    return low * bias + high * (1 + variance) + noise * variance


KERNEL_DIGITS = (
    ("1", "5", "0.21821789023599", "0.70019839629796"),
    ("0.3", "2", "0.74907982394798", "0.1301260378126"),
)


def population_risk(u, low, high):
    """More samples than features, integer exponent: u + c = psi1 with u = zeta^2 c/(1 + zeta^2 c)."""
    return low * (1 - u) + high


def proportional_fixed_point(u, c, psi1, psi2, lambda_bar):
    """Zero at the physical c; same equation in the proportional and in every critical regime."""
    return (psi1 - u - c) * (psi2 - u - c) - psi1 * psi2 * lambda_bar * c


def proportional_upsilon(u, c, psi1, psi2):
    """Upsilon of the proportional regime."""
    share = (u + c) / psi1
    return psi1 / psi2 * (share**2 + (1 - share) ** 2 * u**2 / (psi1 - u**2))


def proportional_bias(u, c, psi1, upsilon):
    """B of the proportional regime."""
    return ((1 - u) ** 2 + u * (1 - u) * (u * (1 - u) + c) / (psi1 - u**2)) / (1 - upsilon)
