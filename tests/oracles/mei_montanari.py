"""Published equations and digits of the proportional regime (arXiv:1908.05355), as data."""

import mpmath as mp

RELU_MU1SQ = "0.25"


def relu_mu_star_squared(context=mp.mp):
    return context.mpf(1) / 4 - 1 / (2 * context.pi)


def fixed_point(psi1, psi2, lambda_bar, zeta2, context=mp.mp):
    """chi = -b1*b2 on the imaginary axis, by bisection on the published pair of equations."""
    s = context.sqrt(psi1 * psi2 * lambda_bar)

    def b1_of(b2):
        """Root in b1 of the first equation, by bisection."""
        low, high = context.mpf(0), psi1 / s
        for _ in range(context.prec + 20):
            b1 = (low + high) / 2
            gap = b1 * (s + b2 + zeta2 * b2 / (1 + zeta2 * b1 * b2)) - psi1
            low, high = (b1, high) if gap < 0 else (low, b1)
        return (low + high) / 2

    low, high = context.mpf(0), psi2 / s
    for _ in range(context.prec + 20):
        b2 = (low + high) / 2
        b1 = b1_of(b2)
        gap = b2 * (s + b1 + zeta2 * b1 / (1 + zeta2 * b1 * b2)) - psi2
        low, high = (b2, high) if gap < 0 else (low, b2)
    return -b1 * b2


def bias_and_variance(chi, psi1, psi2, zeta2):
    """B = E1/E0 and V = E2/E0 (Definition 1)."""
    x, z = chi, zeta2
    e0 = (
        -(x**5) * z**3 + 3 * x**4 * z**2 + (psi1 * psi2 - psi2 - psi1 + 1) * x**3 * z**3 - 2 * x**3 * z**2
        - 3 * x**3 * z + (psi1 + psi2 - 3 * psi1 * psi2 + 1) * x**2 * z**2 + 2 * x**2 * z + x**2
        + 3 * psi1 * psi2 * x * z - psi1 * psi2
    )  # fmt: skip
    e1 = psi2 * x**3 * z**2 - psi2 * x**2 * z + psi1 * psi2 * x * z - psi1 * psi2
    e2 = (
        x**5 * z**3 - 3 * x**4 * z**2 + (psi1 - 1) * x**3 * z**3 + 2 * x**3 * z**2 + 3 * x**3 * z
        + (-psi1 - 1) * x**2 * z**2 - 2 * x**2 * z - x**2
    )  # fmt: skip
    return e1 / e0, e2 / e0


# psi1, psi2, lambda_bar, chi, B, V for ReLU, F1^2 = 1
CHECKPOINTS = (
    ("2", "3", "0.01", "-1.170925641998436", "0.6071267556088968", "1.657788676309785"),
    ("5", "3", "0.1", "-1.429484552820952", "0.1681318879068255", "0.6814062144389382"),
    ("3", "3", "0.001", "-2.017841281576004", "1.66267934768552", "10.469474442376"),
    ("0.5", "2", "1", "-0.1379346094723061", "0.8260673860175092", "0.20770516160349"),
    ("10", "2", "1", "-0.449085472900223", "0.264882192510249", "0.216203004419868"),
)
