"""Numbers for checks of limits: the random-features system at finite sizes, solved with many digits."""

import mpmath as mp
import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol


def summed(expression, levels, values):
    """An expression with spectral averages written out as sums over levels.

    ``levels`` lists (eigenvalue, multiplicity, target power); ``values`` gives every symbol a number.
    """
    weight = {"T": 1, "B": 2}

    def average(node):
        column = weight[node.measure.name]
        return sp.Add(*(level[column] * node.function.subs(node.variable, level[0]) for level in levels))

    written = expression.replace(lambda node: isinstance(node, SpectralAverage), average)
    return mp.mpf(str(written.subs(values).evalf(60)))


def effective_ridge(degrees, n, p, ridge, digits=50):
    """The root nu of nu (n - T)(p - T) = ridge p with T < min(n, p), and c = n - T, by bisection in log nu.

    ``degrees`` is the function T of a big float nu.
    """
    with mp.workdps(digits):
        size, features, lam = (mp.mpf(str(value)) for value in (n, p, ridge))

        def gap(log_nu):
            nu = mp.exp(log_nu)
            total = degrees(nu)
            if total >= min(size, features):
                return mp.mpf(-1)
            return nu * (size - total) * (features - total) - lam * features

        low, high = mp.mpf(-200), mp.mpf(200)
        for _ in range(int(digits * 3.4) + 10):
            middle = (low + high) / 2
            low, high = (middle, high) if gap(middle) < 0 else (low, middle)
        nu = mp.exp((low + high) / 2)
        return nu, size - degrees(nu)


def degrees_of_levels(levels, digits=50):
    """Effective degrees of freedom of (eigenvalue, multiplicity, target power) rows, as a function of nu."""
    with mp.workdps(digits):
        rows = [(mp.mpf(str(sp.N(s, digits))), mp.mpf(str(m))) for s, m, _ in levels]
    return lambda nu: mp.fsum(m * s / (s + nu) for s, m in rows)


def observables(system, names, levels, n, p, ridge, noise):
    """Values of observables of the random-features system at finite sizes, as big floats."""
    nu, c = effective_ridge(degrees_of_levels(levels), n, p, ridge)
    values = {
        symbol("n"): n,
        symbol("p"): p,
        symbol("lam"): ridge,
        symbol("noise"): noise,
        symbol("nu"): sp.Float(str(nu), 45),
        symbol("c"): sp.Float(str(c), 45),
    }
    full = system.expanded()
    with mp.workdps(45):
        return {name: summed(full.observable(name), levels, values) for name in names}
