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
    """Value of an expression, equal parts worked out once; printing it as code first would take longer."""
    known = dict(table)

    def walk(e):
        if e not in known:
            if e.is_Rational:
                known[e] = context.mpf(int(e.p)) / int(e.q)
            elif e.is_Pow:
                known[e] = walk(e.base) ** (int(e.exp) if e.exp.is_Integer else walk(e.exp))
            else:
                values = [walk(argument) for argument in e.args]
                known[e] = context.fsum(values) if e.is_Add else context.fprod(values)
                assert e.is_Add or e.is_Mul
        return known[e]

    return context.mpf(1) * walk(sp.sympify(expression))


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

        nu = self._effective_ridge(n, p, lam)
        table = {symbol(k): v for k, v in self.averages(nu).items()}
        trace = self.trace(nu)
        table |= {NU: nu, C: n - trace, symbol("h"): p - trace, N: n, P: p, LAM: lam, NOISE: noise}
        system = slack()
        return {o.name: number(o.expression, table, context) for o in system.observables}, table

    def _effective_ridge(self, n, p, lam):
        """Root of log((n - T)(p - T) nu / (p lam)), increasing in log(nu): Newton's method inside a bracket."""
        context = self.context
        low, high = context.mpf(-3000), context.mpf(3000)
        at = context.mpf(0)
        for step in range(4 * context.prec):
            nu = context.exp(at)
            trace = self.trace(nu)
            value = None
            if trace < min(n, p):
                value = context.log((n - trace) * (p - trace) * nu / (p * lam))
            if value is None or value < 0:
                low = at
            else:
                high = at
            following = (low + high) / 2
            if value is not None and step > 20:
                rate = sum(w * s * nu / (s + nu) ** 2 for s, w in zip(self.values, self.counts))
                newton = at - value / (1 + rate / (n - trace) + rate / (p - trace))
                if abs(newton - at) < context.mpf(10) ** (15 - context.dps):
                    return context.exp(newton)
                following = newton if low < newton < high else following
            if high - low < context.mpf(10) ** (15 - context.dps):
                return context.exp(high)
            at = following
        raise AssertionError("the finite system was not solved")
