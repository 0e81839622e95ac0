"""The random-features system and its numerical solution by bisection, for tests of limits."""

from functools import cache

import mpmath as mp
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.models.random_features_equations import equivalent, slack_form

N, P, LAM, NOISE, NU, C = map(symbol, ("n", "p", "lam", "noise", "nu", "c"))


@cache
def general():
    return equivalent()


@cache
def slack():
    return slack_form(equivalent())


def evaluate(system, values, context):
    """Observables of a system without averages at given parameters and unknowns."""
    table = dict(values)
    for definition in system.definitions:
        table[definition.symbol] = number(definition.expression, table, context)
    return {o.name: number(o.expression, table, context) for o in system.observables}, table


def number(expression, table, context):
    symbols = sorted(expression.free_symbols, key=lambda s: s.name)
    function = sp.lambdify(symbols, expression, modules=[{"sqrt": context.sqrt}, "math"])
    return context.mpf(1) * function(*(table[s] for s in symbols))


def bisect(function, context, low=-60, high=60):
    """Root of an increasing function of exp(t), with t between two bounds."""
    low, high = context.mpf(low), context.mpf(high)
    for _ in range(context.prec + 20):
        middle = (low + high) / 2
        low, high = (middle, high) if function(context.exp(middle)) < 0 else (low, middle)
    return context.exp((low + high) / 2)


def multiplicity(d, k):
    def binomial(top, bottom):
        return int(mp.binomial(top, bottom)) if bottom >= 0 else 0

    return sp.binomial(d + k - 1, k) - (sp.binomial(d + k - 3, k - 2) if k > 1 else 0)


class Finite:
    """The general system at finite d: exact multiplicities, every degree up to the last explicit."""

    def __init__(self, d, mu, power, context):
        self.context = context
        self.counts = [context.mpf(int(multiplicity(d, k))) for k in range(len(mu))]
        self.values = [m / c for m, c in zip(mu, self.counts)]
        self.power = power

    def averages(self, nu):
        pairs = list(zip(self.values, self.counts, self.power))
        return {
            "T02": sum(w * (s / (s + nu)) ** 2 for s, w, _ in pairs),
            "T11": sum(w * s * nu / (s + nu) ** 2 for s, w, _ in pairs),
            "B20": sum(f * (nu / (s + nu)) ** 2 for s, _, f in pairs),
            "B11": sum(f * s * nu / (s + nu) ** 2 for s, _, f in pairs),
        }

    def trace(self, nu):
        return sum(w * s / (s + nu) for s, w in zip(self.values, self.counts))

    def solve(self, n, p, lam, noise):
        """Observables and unknowns at the physical solution."""
        context = self.context

        def residual(nu):
            trace = self.trace(nu)
            if trace >= min(n, p):
                return -1
            return (n - trace) * nu * (1 - trace / p) - lam

        nu = bisect(residual, context, -200, 200)
        table = {symbol(k): v for k, v in self.averages(nu).items()}
        trace = self.trace(nu)
        table |= {NU: nu, C: n - trace, symbol("h"): p - trace, N: n, P: p, LAM: lam, NOISE: noise}
        system = slack()
        return {o.name: number(o.expression, table, context) for o in system.observables}, table
