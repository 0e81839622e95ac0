"""Random projections (arXiv:2303.01372) with D equal eigenvalues 1: everything by hand.

df_1 = D/(1 + kappa) = min(m, n), so kappa = D/min(m, n) - 1.
"""

# D, n, m, |theta|^2, noise -> bias, variance
ISOTROPIC = (
    (10, 8, 4, "1", "1", "6/5", "1"),
    (10, 4, 8, "1", "1", "6/5", "5/3"),
)
