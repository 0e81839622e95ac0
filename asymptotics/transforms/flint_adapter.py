"""Exact multivariate polynomials by FLINT: the one door to its polynomial types.

Resultants, discriminants, greatest common divisors, factors, Groebner bases and real roots of polynomials over
the rationals, behind the same operations as the slow engine of ``polynomials``.
"""
