r"""Adlam and Pennington (2020): equations for :math:`\tau_1, \tau_2`.

``phi`` = n_0/m, ``psi`` = n_0/n_1 (input dimension over samples, over width), ``zeta`` :math:`=
(E\,g\sigma(g))^2`, ``eta`` :math:`= \mathrm{Var}\,\sigma`, ridge ``gamma``.
"""

REFERENCE = "AdlamPennington2020"


def fixed_point(phi, psi, zeta, eta, gamma, tau1, tau2):
    """Residuals of the two equations."""
    product = zeta * tau1 * tau2
    return [
        phi * (product + phi * (tau2 - tau1)) + product * psi * (gamma * tau1 - 1),
        product * (gamma * tau1 - 1) + phi * (tau1 - tau2) * (zeta * (tau2 - tau1) + eta * tau1),
    ]


def squared_bias(tau1, tau2):
    """Squared bias for a linear target of unit norm."""
    return tau2**2 / tau1**2


def tangent_fixed_point(phi, psi, zeta, eta, slope, weight, gamma, tau1, tau2):
    r"""Residuals of the two equations for random and tangent features [AdlamPennington2020b].

    ``slope`` :math:`= E\,\sigma'^2`, ``weight`` the variance of the second layer. The two terms with ``weight`` outside
    of ``x`` are not in every printed form; without them the equations contradict simulation.
    """
    x = gamma * tau1 + weight * (zeta * (tau2 - tau1) + slope * tau1) - 1
    product = zeta * tau1 * tau2
    return [
        phi * (product * (1 + weight) + phi * (tau2 - tau1)) + product * psi * x,
        product * x + (phi * (tau1 - tau2) - weight * product) * (zeta * (tau2 - tau1) + eta * tau1),
    ]
