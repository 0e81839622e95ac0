r"""d'Ascoli, Refinetti, Biroli and Krzakala (2020): decomposition in the proportional regime, closed forms.

``u`` is the learned fraction of the linear part, :math:`u = \zeta^2x/(1+\zeta^2x)` with :math:`x = -\chi`.
Superscripts: v (one predictor), e (independent features on the same data), d (independent features and data).
"""

REFERENCE = "dAscoli2020"


def psi1(u):
    return u


def psi2_independent(u):
    """Independent features and data."""
    return u**2


def bias_ensemble(u, samples):
    """1 - 2 Psi_1 + Psi_2^e; ``samples`` = n/d."""
    return (1 - u) ** 2 / (1 - u**2 / samples)


def noise_ensemble(u, samples):
    """Psi_3^e."""
    return (u**2 / samples) / (1 - u**2 / samples)
