r"""Simon, Karkada, Ghosh and Belkin (2024): eigenframework of random-features regression.

``z`` :math:`= \sum_i \lambda_i/(\lambda_i+\gamma)`, ``q`` :math:`= \sum_i (\lambda_i/(\lambda_i+\gamma))^2`,
``k`` features, ridge ``delta``; ``v_shrunk`` :math:`= \sum_i v_i^2\gamma/(\lambda_i+\gamma)` and ``v_cross``
:math:`= \sum_i v_i^2\lambda_i/(\lambda_i+\gamma)^2`. The test error includes the label noise.
"""

REFERENCE = "Simon2024"


def fixed_point(n, k, delta, kappa, gamma, z):
    """Residuals of the two equations for kappa and gamma."""
    return [z + delta / kappa - n, z + k * kappa / gamma - k]


def test_error(n, k, kappa, z, q, v_shrunk, v_cross, noise):
    front = 1 - (q * (k - 2 * z) + z**2) / (n * (k - q))
    return (v_shrunk - kappa * v_cross * k / (k - q) + noise) / front


def kernel_test_error(n, q, v_squared, noise):
    """Kernel ridge regression; ``v_squared`` = sum v_i^2 (kappa/(lambda_i + kappa))^2."""
    return n / (n - q) * (v_squared + noise)


def kernel_train_error(n, delta, kappa, test):
    return (delta / (n * kappa)) ** 2 * test
