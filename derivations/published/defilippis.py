r"""Defilippis, Loureiro and Misiakiewicz (2024): random features in a general spectrum.

Sum loss :math:`\|y - Za\|^2 + \lambda\|a\|^2`, features carry :math:`1/\sqrt p`. Traces are arguments:

* ``df1``, ``df2``, ``tr12``: traces of :math:`\Sigma R`, :math:`\Sigma^2 R^2`, :math:`\Sigma R^2`;
* ``b01``, ``b02``, ``b12``: quadratic forms of :math:`R`, :math:`R^2`, :math:`\Sigma R^2` in the target;

with :math:`R = (\Sigma+\nu_2)^{-1}`.
"""

REFERENCE = "Defilippis2024"


def fixed_point(n, p, lam, nu1, nu2, df1):
    """Residuals of n - lam/nu1 = df1 = p - p nu1/nu2."""
    return [n - lam / nu1 - df1, p - p * nu1 / nu2 - df1]


def upsilon(n, p, nu1, nu2, df2):
    ratio = nu1 / nu2
    return p / n * ((1 - ratio) ** 2 + ratio**2 * df2 / (p - df2))


def chi(p, df2, tr12):
    return tr12 / (p - df2)


def bias(n, p, nu1, nu2, df2, tr12, b02, b12):
    return nu2**2 / (1 - upsilon(n, p, nu1, nu2, df2)) * (b02 + chi(p, df2, tr12) * b12)


def variance(n, p, nu1, nu2, df2, noise):
    part = upsilon(n, p, nu1, nu2, df2)
    return noise * part / (1 - part)


def train(n, lam, nu1, risk, noise):
    """Mean squared training error, by generalized cross-validation."""
    return (lam / (n * nu1)) ** 2 * (risk + noise)


def objective(n, lam, nu1, nu2, b01, noise):
    """Minimum of (|y - Za|^2 + lam |a|^2)/n."""
    return lam / (n * nu1) * (nu2 * b01 + noise)


def norm(n, p, lam, nu1, nu2, df2, tr12, b01, b02, b12, noise):
    """Squared norm of the coefficients (Wang et al. 2025)."""
    part = upsilon(n, p, nu1, nu2, df2)
    ratio = chi(p, df2, tr12)
    shrunk = nu2**2 / nu1**2 * (b02 + ratio * b12) / (1 - part)
    return nu2 / nu1 * b01 - lam / n * shrunk + noise * p / n * ratio / (1 - part)


def cross_risk(n, p, nu1, nu2, nu1_other, nu2_other, d12, tr12, b_rr, b_srr, noise):
    """Cross-risk of two ridges on the same data and features.

    ``d12`` = Tr S^2 R R', ``tr12`` = Tr S R R', ``b_rr`` = <beta, R R' beta>, ``b_srr`` = <beta, S R R' beta>
    with R = (S + nu2)^{-1}, R' = (S + nu2')^{-1}.
    """
    first, second = nu1 / nu2, nu1_other / nu2_other
    chi12 = tr12 / (p - d12)
    upsilon12 = p / n * ((1 - first) * (1 - second) + first * second * d12 / (p - d12))
    return (nu2 * nu2_other * (b_rr + chi12 * b_srr) + noise * upsilon12) / (1 - upsilon12)
