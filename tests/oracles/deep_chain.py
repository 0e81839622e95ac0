"""Random features of several layers by walking up from the ridge of the inputs: floats, no part of the package.

The rules of the layers as published for Gaussian weights given what lies below, and by asymptotic freeness for
orthogonal ones; the risk from the pair by numerical slopes. Also the recursion of covariances with drawn weights.
"""

import math

import numpy as np
from scipy.special import erf


def constants(sigma, radius, edge=12.0, nodes=4001):
    """Mean, squared linear constant, variance of the rest and mean square at Gaussian inputs of a radius."""
    x = np.linspace(-edge, edge, nodes)
    w = np.exp(-(x**2) / 2)
    w /= w.sum()
    values = sigma(radius * x)
    mean, linear, square = w @ values, w @ (values * x) / radius, w @ values**2
    return mean, linear**2, square - mean**2 - radius**2 * linear**2, square


def relu_constants(radius, bias):
    """The same of a ReLU at ``N(bias, radius^2)``, in closed form."""
    z = bias / radius
    density, mass = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi), (1 + erf(z / math.sqrt(2))) / 2
    mean = radius * density + bias * mass
    square = (bias**2 + radius**2) * mass + bias * radius * density
    return mean, mass**2, square - mean**2 - radius**2 * mass**2, square


def _above_law(k, df, size, width, law):
    """Effective ridge and degrees of freedom of a layer of which every neuron has its own constants."""
    weights, linear, rest = law
    tau, low, high = k * df / size, 0.0, 1e3
    if width * weights @ (linear * tau / (rest + linear * tau)) < df:
        return None
    for _ in range(70):
        middle = (low + high) / 2
        filled = width * weights @ (linear * tau / (middle + rest + linear * tau))
        low, high = (middle, high) if filled > df else (low, middle)
    return low, width * weights @ ((linear * tau + rest) / (low + rest + linear * tau))


def climb(k0, layers):
    """Effective ridge, degrees of freedom and size of the last layer, from the ridge of isotropic inputs.

    ``layers`` are ``(kind, width, constants)`` with kind ``gaussian``, ``narrow``, ``wide`` or ``law``; constants
    ``(mu1sq, mu_starsq)``, of a law ``(weights, mu1sq, mu_starsq)``.
    """
    k, df, size = k0, 1 / (1 + k0), 1.0
    for kind, width, values in layers:
        if kind == "law":
            found = _above_law(k, df, size, width, values)
            if found is None:
                return None
            k, df = found
        else:
            linear, rest = values
            free = size - df if kind == "narrow" else size
            left = width if kind == "wide" else width - df
            k = linear * k * left / free - rest
            if k <= 0:
                return None
            df = (k * df + rest * width) / (k + rest)
        size = width
    return k, df, size


def risk(layers, n, lam, noise, power=1.0):
    """Test and training error in units of the dimension: the rules of the pair, with slopes by differences."""
    low, high = 1e-8, 1e3
    for _ in range(100):
        middle = math.sqrt(low * high)
        found = climb(middle, layers)
        small = found is None or n - lam * found[2] / found[0] < found[1]
        low, high = (middle, high) if small else (low, middle)
    k0, step = high, 1e-5 * high
    (k, df, _), (up, df_up, _), (down, df_down, _) = (climb(x, layers) for x in (k0, k0 + step, k0 - step))
    objective, slope = power * k0 / (1 + k0), power / (1 + k0) ** 2
    per = (up - down) / (2 * step)  # slope of the ridge above in the one below
    df2 = df + k * (df_up - df_down) / (2 * step) / per
    error = objective - k * slope / per
    test = n * (error + noise) / (n - df2) - noise
    return test, (1 - df / n) ** 2 * (test + noise)


def recursion(layers, d, n, lam, noise, generator):
    """Test error of one draw of Gaussian weights, by eigenvalues of the recursion of covariances."""
    omega, before, psi = np.eye(d), d, np.eye(d)[0]
    for linear, rest, width in layers:
        weights = generator.standard_normal((before, width)) / math.sqrt(before)
        omega = linear * weights.T @ omega @ weights + rest * np.eye(width)
        psi, before = math.sqrt(linear) * weights.T @ psi, width
    values, basis = np.linalg.eigh(omega)
    squares, scaled = (basis.T @ psi) ** 2, lam * before
    low, high = 0.0, 2 * (scaled + values.sum()) / n
    for _ in range(60):
        k = (low + high) / 2
        low, high = (k, high) if n - scaled / k < np.sum(values / (values + k)) else (low, k)
    # The minimum of the population ridge, and minus its slope times the ridge: the error of the minimizer.
    error = 1 - np.sum(squares / (values + k)) - k * np.sum(squares / (values + k) ** 2)
    return n * (error + noise) / (n - np.sum((values / (values + k)) ** 2)) - noise
