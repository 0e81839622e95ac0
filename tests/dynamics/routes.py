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
    context = _context()
    log2 = Fraction(int(context.ln2 * 10 ** (DIGITS + 15)), 10 ** (DIGITS + 15))
    given = [log2 * k / Fraction(time) for k in range(1, NODES + 1)]
    weight = [context.mpf(v.numerator) / v.denominator / (k + 1) for k, v in enumerate(stehfest(NODES))]
    return by_real_ridges(model, regime, samples, given, weight)


def filter_by_real_ridges(model, regime, samples, left, top):
    """Test error of a smooth filter by the combination of forty ridges that equals it at forty points up to ``top``."""
    context, count = _context(), 40
    given = [Fraction(top) * Fraction(k, 3) for k in range(1, count + 1)]
    half = context.mpf(given[2].numerator) / given[2].denominator / 2
    points = [half * (1 - context.cos(context.pi * (2 * k + 1) / (2 * count))) for k in range(count)]
    ridge = [context.mpf(x.numerator) / x.denominator for x in given]
    matrix = context.matrix([[r / (r + x) for r in ridge] for x in points])
    weight = list(context.lu_solve(matrix, context.matrix([left(x) for x in points])))
    return by_real_ridges(model, regime, samples, given, weight)


def _context():
    context = mpmath.MPContext()
    context.dps = DIGITS + 20
    return context


def by_real_ridges(model, regime, samples, given, weight):
    """Test error of a combination of ridge predictors, by generalised cross-validation of pairs."""
    context = _context()
    risks = [asy.predict(model, regime, ridge=ridge, digits=DIGITS + 10) for ridge in given]
    ridge = [context.mpf(x.numerator) / x.denominator for x in given]
    n, noise = context.mpf(samples), context.mpf(model.noise.numerator) / model.noise.denominator
    minimum = [n * (r.train + x * r.norm) for r, x in zip(risks, ridge, strict=True)]
    slack = [n - r.degrees_of_freedom for r in risks]

    def pair(i, j):
        if i == j:
            return risks[i].test
        above = n * (ridge[i] * minimum[j] - ridge[j] * minimum[i])
        return above / ((ridge[i] - ridge[j]) * slack[i] * slack[j]) - noise

    count = range(len(given))
    return sum(weight[i] * weight[j] * pair(i, j) for i in count for j in count)
