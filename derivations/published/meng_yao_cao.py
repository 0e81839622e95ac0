r"""Meng, Yao and Cao (2022): random features in groups, each with an activation of its own.

Group ``j`` has constants ``mu1sq[j]``, ``mu_starsq[j]`` and ``psi[j]`` features per input dimension; ``samples`` is the
number of samples per input dimension. Of the fixed point, ``nu[j]`` belong to the groups and ``last`` to the samples.
"""

import sympy as sp

REFERENCE = "MengYaoCao2022"


def risk(mu1sq, mu_starsq, psi, samples, nu, last, power, noise):
    """Excess risk for a linear target: power (1/M_D^2 + L34 + L14) + noise (L23 + L12)."""
    size = len(psi)
    top = sum(m * x for m, x in zip(mu1sq, nu, strict=True))
    bottom = last * top - 1
    hessian = sp.zeros(size + 1, size + 1)
    for j in range(size):
        for k in range(size):
            hessian[j, k] = -(last**2) * mu1sq[j] * mu1sq[k] / bottom**2
        hessian[j, j] += psi[j] / nu[j] ** 2
        hessian[j, size] = hessian[size, j] = -mu1sq[j] / bottom**2 - mu_starsq[j]
    hessian[size, size] = -(top**2) / bottom**2 + samples / last**2
    columns = sp.Matrix(
        [
            [*mu_starsq, 0],
            [*(0 for _ in psi), 1],
            [*(m / bottom**2 for m in mu1sq), top**2 / bottom**2],
            [*(last**2 * m / bottom**2 for m in mu1sq), 1 / bottom**2],
        ]
    ).T
    L = columns.T * (hessian.adjugate() / hessian.det()) * columns
    return power * (1 / bottom**2 + L[2, 3] + L[0, 3]) + noise * (L[1, 2] + L[0, 1])
