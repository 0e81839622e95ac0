"""Risk of several groups of random features as published: X. Meng, J. Yao, Y. Cao, arXiv:2208.09897.

The Hessian form, on the imaginary axis, with the fixed point found by damped iteration. An oracle: nothing in
the package uses it.
"""

import numpy as np


def excess_risk(linear, nonlinear, features, samples, ridge, power, noise):
    """Groups with parts ``linear``, ``nonlinear`` and ``features`` per dimension; ridge psi1 psi2 lambda."""
    mu, star = np.square(linear), np.square(nonlinear)
    groups, psi = len(features), np.asarray(features, dtype=float)
    b, s = np.ones(groups + 1), np.sqrt(ridge)
    for _ in range(10**6):
        weighted = mu @ b[:groups]
        coupling = 1 + b[groups] * weighted
        new = np.append(
            psi / (s + star * b[groups] + mu * b[groups] / coupling),
            samples / (s + star @ b[:groups] + weighted / coupling),
        )
        if np.max(np.abs(new - b) / b) < 1e-15:
            break
        b = (b + new) / 2
    nu = 1j * b
    first, last = nu[:groups], nu[groups]
    numerator = mu @ first
    denominator = last * numerator - 1
    hessian = np.empty((groups + 1, groups + 1), dtype=complex)
    hessian[:groups, :groups] = -(last**2) * np.outer(mu, mu) / denominator**2 + np.diag(psi / first**2)
    hessian[:groups, groups] = hessian[groups, :groups] = -mu / denominator**2 - star
    hessian[groups, groups] = -(numerator**2) / denominator**2 + samples / last**2
    vectors = np.array(
        [
            np.append(star, 0),
            np.append(np.zeros(groups), 1),
            np.append(mu, numerator**2) / denominator**2,
            np.append(last**2 * mu, 1) / denominator**2,
        ]
    )
    form = vectors @ np.linalg.solve(hessian, vectors.T)
    risk = power * (1 / denominator**2 + form[2, 3] + form[0, 3]) + noise * (form[1, 2] + form[0, 1])
    return risk.real
