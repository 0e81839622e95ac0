"""A second route to gradient flow: real ridges in many digits, inversion of Gaver and Stehfest, GCV for pairs."""

from fractions import Fraction
from math import factorial

import mpmath

import asymptotics as asy

NODES, DIGITS = 60, 120


def stehfest(count):
    """Weights of the inversion of a Laplace transform from its values at multiples of ``log 2 / t``."""
    half = count // 2

    def term(k, j):
        below = (
            factorial(half - j) * factorial(j) * factorial(j - 1) * factorial(k - j) * factorial(2 * j - k)
        )
        return Fraction(j**half * factorial(2 * j), below)

    return [
        (-1) ** (k + half) * sum(term(k, j) for j in range((k + 1) // 2, min(k, half) + 1))
        for k in range(1, count + 1)
    ]


def flow_by_real_ridges(model, regime, samples, time):
    """Test error of gradient flow from ridge regression at sixty positive ridges, to about sixteen digits."""
    context = mpmath.MPContext()
    context.dps = DIGITS + 20
    log2 = Fraction(int(context.ln2 * 10 ** (DIGITS + 15)), 10 ** (DIGITS + 15))
    given = [log2 * k / Fraction(time) for k in range(1, NODES + 1)]
    risks = [asy.predict(model, regime, ridge=ridge, digits=DIGITS + 10) for ridge in given]
    ridge = [context.mpf(x.numerator) / x.denominator for x in given]
    n, noise = context.mpf(samples), context.mpf(model.noise.numerator) / model.noise.denominator
    minimum = [n * (r.train + x * r.norm) for r, x in zip(risks, ridge, strict=True)]
    slack = [n - r.degrees_of_freedom for r in risks]
    weight = [context.mpf(v.numerator) / v.denominator / (k + 1) for k, v in enumerate(stehfest(NODES))]

    def pair(i, j):
        if i == j:
            return risks[i].test
        above = n * (ridge[i] * minimum[j] - ridge[j] * minimum[i])
        return above / ((ridge[i] - ridge[j]) * slack[i] * slack[j]) - noise

    return sum(weight[i] * weight[j] * pair(i, j) for i in range(NODES) for j in range(NODES))
