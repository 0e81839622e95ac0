r"""Polynomial scaling as published: random features and dot-product kernels beyond the linear regime.

Hu, Lu, Misiakiewicz (2024) for random features; Xiao, Hu, Misiakiewicz, Lu, Pennington (2022) and Hu, Lu (2022)
for kernels. ``low``, ``high`` are target powers at and above the critical degree, ``mu``, ``tail`` the squared
norms of the activation there, ``noise`` the label variance; excess risk. The forms for random features are
stated for a ridge of order one on the sum of squares.
"""

REFERENCES = ("HuLuMisiakiewicz2024", "Xiao2022")


def between_integers(high):
    """Different exponents, the smaller one not an integer: every degree above it is lost."""
    return high


def diagonal_upsilon(t, ratio):
    """Equal exponents, not an integer: Upsilon from t = nu1/nu2 and ratio = n/p."""
    return (1 - t) ** 2 / ratio


def diagonal_quadratic(t, ratio, ridge):
    """Vanishes at the published t; ridge = lambda over the squared norm of the unlearned part."""
    return t**2 - (1 - ratio - ridge) * t - ridge


def diagonal_risk(upsilon, high, noise):
    """Equal exponents, not an integer."""
    return (high + noise) / (1 - upsilon) - noise


def kernel_radicand(delta, rho):
    """Square of the root r in the kernel closed forms; delta = l! n/d^l, rho = mu/(lambda + tail)."""
    return (1 + rho - rho * delta) ** 2 + 4 * rho * delta


def kernel_bias(delta, rho, r):
    """B at the critical degree."""
    return (1 - delta) / 2 + (1 + delta + rho * (1 - delta) ** 2) / (2 * r)


def kernel_variance(delta, rho, r):
    """V at the critical degree."""
    return (1 + rho + delta * rho - r) / (2 * r)


def kernel_risk(bias, variance, low, high, noise):
    """Kernel ridge regression, and random features with more features than samples."""
    return low * bias + high * (1 + variance) + noise * variance


def population_risk(u, low, high):
    """More samples than features, integer exponent: u + c = psi1 with u = zeta^2 c/(1 + zeta^2 c)."""
    return low * (1 - u) + high
