r"""Quadratic targets and quadratic activations, infinitely many samples (Ghorbani et al. 2019).

:math:`f = \langle x, Bx\rangle + b_0` of standard Gaussian ``x``; errors are relative to :math:`2|B|_F^2`, ``rho``
neurons per dimension.
"""

REFERENCE = "Ghorbani2019"


def random_features(aligned, psi):
    r"""Weights of covariance Γ with trace one: ``aligned`` = <Γ,B>^2/(|Γ|^2|B|^2), ``psi`` = N |Γ|^2."""
    return 1 - aligned * psi / (1 + psi)


def tangent_features(rest, trace_share):
    r"""Isotropic weights: ``rest`` = (1 - rho)_+, ``trace_share`` = tr(B)^2/(d |B|^2)."""
    return rest**2 * (1 - trace_share) + rest * trace_share


def network(eigenvalues, neurons):
    """All layers trained: the best matrix of that rank."""
    squares = sorted((value**2 for value in eigenvalues), reverse=True)
    return sum(squares[neurons:]) / sum(squares)
