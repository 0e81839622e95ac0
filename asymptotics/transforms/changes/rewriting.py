"""Exact rewriting of a system: changes of coordinates, normal forms modulo its equations, sign certificates."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from asymptotics.errors import CertificateError


def restate(
    expression: sp.Expr, rule: Mapping[sp.Symbol, sp.Expr], restore: Mapping[sp.Expr, sp.Symbol] | None = None
) -> sp.Expr:
    """Substitute, bring to lowest terms, factor, and give known factors their names back.

    Parameters
    ----------
    expression : sympy.Expr
        Rational.
    rule : mapping symbol -> expression
        Applied simultaneously.
    restore : mapping polynomial -> symbol, optional
        Factors equal to a polynomial (up to a constant) are replaced by the symbol.

    Returns
    -------
    sympy.Expr
        A product of powers of irreducible factors.

    Examples
    --------
    >>> from sympy.abc import a, b, n
    >>> restate((n**2 - n * a) / b, {n: a + b}, {a + b: n})
    n
    """
    constant, factors = factored(sp.sympify(expression, strict=True).xreplace(dict(rule)))
    names = {_monic(polynomial): (polynomial, name) for polynomial, name in (restore or {}).items()}
    result = constant
    for factor, power in factors:
        if _monic(factor) in names:
            polynomial, name = names[_monic(factor)]
            result *= (sp.cancel(factor / polynomial) * name) ** power
        else:
            result *= factor**power
    return result


def factored(expression: sp.Expr) -> tuple[sp.Expr, list[tuple[sp.Expr, int]]]:
    """Constant and irreducible factors of a rational expression; negative powers are the denominator."""
    numerator, denominator = sp.fraction(sp.cancel(expression))
    top, above = sp.factor_list(numerator)
    bottom, below = sp.factor_list(denominator)
    return top / bottom, [*above, *((factor, -power) for factor, power in below)]


def _monic(polynomial: sp.Expr) -> sp.Expr:
    symbols = sorted(sp.sympify(polynomial, strict=True).free_symbols, key=lambda s: s.name)
    return sp.Poly(polynomial, *symbols).monic().as_expr() if symbols else sp.S.One


def is_subtraction_free(expression: sp.Expr) -> bool:
    """Whether every factor of the expression is a polynomial with coefficients of one sign.

    Such an expression, evaluated as it stands at nonnegative arguments, loses no digits to cancellation.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> is_subtraction_free((a + b) / (a * b)), is_subtraction_free(a - b)
    (True, False)
    """
    constant, factors = factored(expression)
    return bool(constant >= 0) and all(_one_sign(factor) for factor, _ in factors)


def _one_sign(polynomial: sp.Expr) -> bool:
    symbols = sorted(polynomial.free_symbols, key=lambda s: s.name)
    if not symbols:
        return bool(polynomial > 0)
    return all(coefficient > 0 for coefficient in sp.Poly(polynomial, *symbols).coeffs())


def require_subtraction_free(expression: sp.Expr, name: str) -> sp.Expr:
    """The expression itself, if it is subtraction-free.

    Parameters
    ----------
    expression : sympy.Expr
    name : str
        For the message.

    Raises
    ------
    CertificateError
        If some factor mixes signs.
    """
    if not is_subtraction_free(expression):
        raise CertificateError(f"{name} is not subtraction-free: {expression}")
    return expression


def vanishes(expression: sp.Expr, rule: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether a rational expression is identically zero after a substitution (exact, by lowest terms).

    Parameters
    ----------
    expression : sympy.Expr
    rule : mapping symbol -> expression
        Applied simultaneously.
    """
    return sp.cancel(sp.sympify(expression, strict=True).xreplace(dict(rule))) == 0
