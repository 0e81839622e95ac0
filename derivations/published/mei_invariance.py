r"""Mei, Misiakiewicz and Montanari (2021), *Learning with invariances in random features and kernel models*.

For a group of degeneracy :math:`\alpha` and invariant targets, kernel ridge regression with the invariant kernel
learns the best polynomial of degree :math:`\ell` where :math:`d^{\ell-\alpha} \ll n \ll d^{\ell+1-\alpha}`; without
the average, where :math:`d^\ell \ll n \ll d^{\ell+1}`. Cyclic shifts have :math:`\alpha = 1`.
"""

import math

REFERENCE = "MeiMisiakiewiczMontanari2021"


def learned(kappa, alpha=0):
    """Degree that is learned at ``n = d**kappa``, between the thresholds."""
    return math.floor(kappa + alpha)
