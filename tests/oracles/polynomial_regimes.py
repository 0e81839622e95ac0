"""Published limits at polynomial sizes: the forms that derivations are compared with, digits, proportional ones.

The functions of arXiv:2403.08160, arXiv:2205.14846 and arXiv:2205.06798 are those of `derivations.published`: what is
published has one home. Digits were computed apart from the package. Excess risk.
"""

from derivations.published.polynomial_regimes import (
    between_integers,
    diagonal_quadratic,
    diagonal_risk,
    diagonal_upsilon,
    kernel_bias,
    kernel_radicand,
    kernel_risk,
    kernel_variance,
    population_risk,
)

__all__ = [
    "KERNEL_DIGITS", "between_integers", "diagonal_quadratic", "diagonal_risk", "diagonal_upsilon", "kernel_bias",
    "kernel_radicand", "kernel_risk", "kernel_variance", "population_risk", "proportional_bias",
    "proportional_fixed_point", "proportional_upsilon",
]  # fmt: skip

KERNEL_DIGITS = (
    ("1", "5", "0.21821789023599", "0.70019839629796"),
    ("0.3", "2", "0.74907982394798", "0.1301260378126"),
)


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
