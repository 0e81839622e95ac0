r"""Atanasov, Zavatone-Veth and Pehlevan (2024), random-features form.

``P`` samples, ``N`` features, ridge :math:`\lambda'` per sample; ``df1``, ``df2`` at :math:`\kappa_2`; ``t``
:math:`= \langle\bar w,\Sigma(\Sigma+\kappa)^{-1}\bar w\rangle` and ``t_prime`` its derivative in
:math:`\kappa`, both at :math:`\kappa_2`. The generalization error includes the label noise.
"""

REFERENCE = "Atanasov2024"


def fixed_point(samples, features, ridge_per_sample, kappa1, kappa2, df1):
    """Residuals of kappa2 = S_features kappa1, kappa1 = S_data lambda', with S = 1/(1 - df1/size)."""
    return [
        kappa1 - ridge_per_sample / (1 - df1 / samples),
        kappa2 - kappa1 / (1 - df1 / features),
    ]


def generalization_error(samples, features, kappa2, df1, df2, t, t_prime, noise):
    ratio = (features - df1) / (features - df2)
    gamma1 = (df1 - ratio * (df1 - df2)) / samples
    return (-(kappa2**2) * t_prime * ratio + kappa2 * t * (1 - ratio) + noise) / (1 - gamma1)
