"""The published proportional risk, solved here by bisection and Newton's method: no code of the package is used."""

from types import SimpleNamespace

import mpmath

from derivations.published import mei_montanari as published

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 40


def relu_mu_star_squared():
    return float(CONTEXT.mpf(1) / 4 - 1 / (2 * CONTEXT.pi))


def chi(psi1, psi2, zeta2, lam_bar):
    """nu1 nu2 on the imaginary axis: nu_j = i b_j with b_j > 0.

    The difference of the two published equations is linear, s (b1 - b2) = psi1 - psi2; on that line the second one
    increases in b2.
    """
    psi1, psi2, zeta2, lam_bar = (CONTEXT.mpf(value) for value in (psi1, psi2, zeta2, lam_bar))
    s = CONTEXT.sqrt(psi1 * psi2 * lam_bar)
    gap = (psi1 - psi2) / s

    def excess(b2):
        x = (b2 + gap) * b2
        return s * b2 + x + zeta2 * x / (1 + zeta2 * x) - psi2

    low, high = max(CONTEXT.mpf(0), -gap), psi2 / s
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    b2 = (low + high) / 2
    for _ in range(4):
        x = (b2 + gap) * b2
        slope = s + (2 * b2 + gap) * (1 + zeta2 / (1 + zeta2 * x) ** 2)
        b2 -= excess(b2) / slope
    nu1, nu2 = CONTEXT.mpc(0, b2 + gap), CONTEXT.mpc(0, b2)
    residuals = published.fixed_point(psi1, psi2, zeta2, CONTEXT.mpc(0, s), nu1, nu2)
    assert all(abs(residual) < 1e-25 * (psi1 + psi2) for residual in residuals)
    return (nu1 * nu2).real


def risk(psi1, psi2, zeta2, lam_bar, power_linear, power_rest, noise):
    """Bias and variance of the test error."""
    x = chi(psi1, psi2, zeta2, lam_bar)
    values = [CONTEXT.mpf(value) for value in (zeta2, psi1, psi2)]
    front = published.e0(x, *values)
    slope = published.e2(x, *values) / front
    bias = power_linear * published.e1(x, *values) / front + power_rest * (1 + slope)
    return SimpleNamespace(bias=float(bias), variance=float(noise * slope))
