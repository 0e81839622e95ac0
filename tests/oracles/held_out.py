"""Rows of a pool drawn without replacement: the formulas as they are written on paper, by bisection."""

import numpy as np
from scipy.optimize import brentq


def held_out(eigenvalues, powers, n, ridge):
    """Held-out and training error: ``ridge (N - df) = k (n - df)``, slopes of ``k`` by implicit differentiation."""
    s, b = np.asarray(eigenvalues, float), np.asarray(powers, float)
    rows = s.size

    def balance(log):
        k = np.exp(log)
        df = np.sum(s / (s + k))
        return ridge * (rows - df) / k - (n - df)

    k = np.exp(
        brentq(balance, np.log(ridge) - 1, np.log(s.sum() + ridge * rows) + 20, xtol=1e-15, rtol=1e-15)
    )
    df, fall = np.sum(s / (s + k)), np.sum(s / (s + k) ** 2)
    slope = (n - df) / (rows - df) + k * (fall * (rows - df) - fall * (n - df)) / (rows - df) ** 2
    test = n * ridge**2 / slope * np.sum(b / (s + k) ** 2) / (n - df) ** 2
    return test, (1 - df / n) ** 2 * test
