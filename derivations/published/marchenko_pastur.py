r"""Marchenko and Pastur (1967): the sample covariance :math:`X^\top X/n`, ``gamma`` = d/n, unit variance."""

from fractions import Fraction
from math import comb

REFERENCE = "MarchenkoPastur1967"


def stieltjes_equation(gamma, z, m):
    """Residual of gamma z m^2 - (1 - gamma - z) m + 1 = 0 for m(z) = tr(S - z)^{-1}/d."""
    return gamma * z * m**2 - (1 - gamma - z) * m + 1


def edges(root_gamma):
    """The two edges of the bulk, from the square root of gamma."""
    return (1 - root_gamma) ** 2, (1 + root_gamma) ** 2


def moment(gamma, k):
    """Moment of order k of the eigenvalue distribution: a Narayana polynomial in gamma."""
    if k == 0:
        return 1
    terms = [Fraction(comb(k, r) * comb(k - 1, r), r + 1) for r in range(k)]
    assert all(term.denominator == 1 for term in terms)
    return sum(int(term) * gamma**r for r, term in enumerate(terms))
