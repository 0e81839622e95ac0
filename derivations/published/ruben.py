r"""Ensembles of random features (Ruben et al. 2024) and the symmetric variance decomposition.

``b`` :math:`= \nu_2^2\langle\beta,(\Sigma+\nu_2)^{-2}\beta\rangle`, ``g2`` :math:`= \mathrm{df}_2(\nu_2)/n`,
``chi`` and ``upsilon`` as in Defilippis et al. Terms follow the scheme of Adlam and Pennington (2020): features
W, data X, label noise; :math:`V_\varepsilon = V_{W\varepsilon} = 0`.
"""

REFERENCE = "Ruben2024"


def infinite_ensemble(b, g2, noise):
    """Excess risk of the average of infinitely many predictors with independent features on the same data."""
    return (b + noise * g2) / (1 - g2)


def ensemble(single, infinite, size):
    """Excess risk of an average of ``size`` predictors."""
    return infinite + (single - infinite) / size


def variance_features(chi, nu2, b12):
    """V_W; ``b12`` = <beta, S (S + nu2)^{-2} beta>."""
    return nu2**2 * chi * b12


def variance_data(b, g2):
    """V_X."""
    return b * g2 / (1 - g2)


def variance_data_noise(g2, noise):
    """V_{X epsilon}."""
    return noise * g2 / (1 - g2)


def variance_all(upsilon, g2, noise):
    """V_{W X epsilon}."""
    return noise * (upsilon / (1 - upsilon) - g2 / (1 - g2))
