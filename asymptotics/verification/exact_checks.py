"""Checks by exact arithmetic: nothing sampled, nothing rounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from asymptotics.equations.system import Equation, FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.membership import Membership
from asymptotics.verification.atoms import Atoms
from asymptotics.verification.evidence import Check, Evidence, timed
from asymptotics.verification.notation import latex_of
from asymptotics.verification.proofs import prove_zero

Statement = FixedPointSystem | Equation | sp.Expr
_LONGEST_FORMULA = 700


def _listed(statements: Any) -> list[Any]:
    return list(statements) if isinstance(statements, (list, tuple)) else [statements]


def _definitions(statements: Sequence[Any]) -> Callable[[sp.Expr], sp.Expr]:
    """Substitution of the definitions of every system among the statements."""
    systems = [s for s in statements if isinstance(s, FixedPointSystem)]

    def expand(expression: Any) -> sp.Expr:
        expression = sp.sympify(expression, strict=True)
        for system in systems:
            expression = system.expand(expression)
        return expression

    return expand


def _residuals(statements: Sequence[Any]) -> list[sp.Expr]:
    residuals: list[sp.Expr] = []
    for statement in statements:
        if isinstance(statement, FixedPointSystem):
            residuals += [equation.residual for equation in statement.expanded().equations]
        elif isinstance(statement, Equation):
            residuals.append(statement.residual)
        else:
            residuals.append(sp.sympify(statement, strict=True))
    return residuals


def _formula(left: sp.Expr, right: sp.Expr) -> tuple[str, ...]:
    text = f"{latex_of(left)} = {latex_of(right)}"
    return (text,) if len(text) <= _LONGEST_FORMULA else ()


def _prove(
    left: Any, right: Any, modulo: Any, eliminate: Sequence[sp.Symbol], nonzero: Sequence[sp.Expr] = ()
) -> Membership:
    statements = _listed(modulo)
    expand = _definitions(statements)
    residuals = [expand(residual) for residual in _residuals(statements)]
    return prove_zero(expand(left) - expand(right), residuals, eliminate, [expand(e) for e in nonzero])


@timed
def identity(
    left: Any,
    right: Any = 0,
    statement: str = "",
    modulo: Any = (),
    eliminate: Sequence[sp.Symbol] = (),
    nonzero: Sequence[sp.Expr] = (),
) -> Check:
    """Two expressions are equal after clearing denominators, modulo equations: exact ring arithmetic.

    Parameters
    ----------
    left, right : sympy.Expr
        Rational in their symbols; spectral averages and radicals allowed.
    statement : str
        The claim in words (default: the two sides).
    modulo : FixedPointSystem, Equation, sympy.Expr, or a list of them
        Equations that hold; definitions of a system are written out on both sides.
    eliminate : sequence of sympy.Symbol
        Which variables to solve the equations for first.
    nonzero : sequence of sympy.Expr
        What is known not to vanish. Symbols made by :func:`asymptotics.equations.naming.symbol` are positive
        and need no mention; where the proof divides by anything else it fails and names it.

    Returns
    -------
    Check
        Grade EXACT; passes if and only if a certificate with cofactors was found and multiplies out.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> identity((a**2 - b**2) / (a - b), a + b).passed
    True
    >>> identity(a, b, modulo=a - b).passed
    True
    >>> identity(a, 2 * b, modulo=a - b).passed
    False
    """
    found = _prove(left, right, modulo, eliminate, nonzero)
    left, right = sp.sympify(left, strict=True), sp.sympify(right, strict=True)
    words = statement or f"{left} = {right}"
    return Check("identity", words, Evidence.EXACT, found.proved, found.detail(), _formula(left, right))


@timed
def in_ideal(
    expression: Any,
    equations: Any,
    statement: str = "",
    eliminate: Sequence[sp.Symbol] = (),
    nonzero: Sequence[sp.Expr] = (),
) -> Check:
    """An expression vanishes whenever the equations hold, with cofactors.

    Parameters
    ----------
    expression : sympy.Expr
        What has to vanish.
    equations : sequence of sympy.Expr or FixedPointSystem
        What it follows from.
    statement : str
        In words.
    eliminate : sequence of sympy.Symbol
        Unknowns to be removed first.
    nonzero : sequence of sympy.Expr
        What may be divided by.

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> in_ideal(x**2 - y**2, [x - y]).passed
    True
    """
    residual = (
        expression.residual if isinstance(expression, Equation) else sp.sympify(expression, strict=True)
    )
    found = _prove(residual, 0, equations, eliminate, nonzero)
    words = statement or f"{residual} = 0"
    formulas = _formula(residual, sp.S.Zero)
    return Check("in_ideal", words, Evidence.EXACT, found.proved, found.detail(), formulas)


@timed
def equivalent(
    first: Any,
    second: Any,
    statement: str = "",
    eliminate: Sequence[sp.Symbol] = (),
    eliminate_second: Sequence[sp.Symbol] | None = None,
    nonzero: Sequence[sp.Expr] = (),
) -> Check:
    """Two sets of equations imply each other, each implication with cofactors.

    Parameters
    ----------
    first, second : FixedPointSystem, Equation, sympy.Expr, or lists of them
    statement : str
    eliminate, eliminate_second : sequence of sympy.Symbol
        Variables to solve the first (second) equations for.
    nonzero : sequence of sympy.Expr
        What is known not to vanish, besides sums of positive terms.

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> equivalent([x - y, x + y - 2], [x - 1, y - 1]).passed
    True
    >>> equivalent([x - y], [x - y, x - 1]).passed
    False
    """
    other = eliminate if eliminate_second is None else eliminate_second
    details, passed = [], True
    for name, given, wanted, order in (("=>", first, second, eliminate), ("<=", second, first, other)):
        expand = _definitions(_listed(wanted))
        for number, residual in enumerate(_residuals(_listed(wanted)), 1):
            found = _prove(expand(residual), 0, given, order, nonzero)
            passed = passed and found.proved
            if not found.proved:
                details.append(f"{name} fails for equation {number}: {found.detail()}")
    count = len(_residuals(_listed(first))) + len(_residuals(_listed(second)))
    detail = "; ".join(details) or f"{count} implications, each with cofactors"
    formulas = tuple(f"{latex_of(r)} = 0" for r in _residuals(_listed(second)))
    shown = tuple(f for f in formulas if len(f) <= _LONGEST_FORMULA)
    words = statement or "the two sets of equations imply each other"
    return Check("equivalent", words, Evidence.EXACT, passed, detail, shown)


@timed
def positive(expression: Any, statement: str = "") -> Check:
    """A rational expression in positive quantities has only positive coefficients, above and below.

    Every symbol counts as positive; spectral averages of positive functions are positive too.

    Parameters
    ----------
    expression : Expr
        Rational in its symbols and averages.
    statement : str
        What the check says; by default that the expression is positive.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> positive(a / (a + b)).passed, positive(a - b).passed
    (True, False)
    """
    atoms = Atoms()
    numerator, denominator = sp.fraction(sp.cancel(atoms.resolve(expression)))
    unsigned = [basis for basis, _ in atoms.averages if not basis.is_positive] + list(atoms.radicals)
    if unsigned:
        raise DerivationError(f"the sign of {unsigned[0]} is not known")
    signs = []
    for part in (numerator, denominator):
        symbols = sorted(part.free_symbols, key=str)
        signs.append({sp.sign(c) for c in (sp.Poly(part, *symbols).coeffs() if symbols else [part])})
    passed = signs[0] == signs[1] and len(signs[0]) == 1 and 0 not in signs[0]
    detail = "every coefficient has one sign" if passed else "coefficients of both signs occur"
    words = statement or f"{expression} > 0"
    formulas = (f"{latex_of(sp.sympify(expression, strict=True))} > 0",)
    shown = tuple(f for f in formulas if len(f) <= _LONGEST_FORMULA)
    return Check("positive", words, Evidence.EXACT, passed, detail, shown)


@timed
def irreducible(polynomial: sp.Expr, variable: sp.Symbol, statement: str = "") -> Check:
    """A polynomial has no factor of positive degree in a variable besides itself, over the rationals.

    Parameters
    ----------
    polynomial : Expr
        With rational coefficients.
    variable : Symbol
        In which degrees are counted; other symbols are part of the coefficients' field.
    statement : str
        What the check says; by default the polynomial's name for itself.

    Examples
    --------
    >>> from sympy.abc import a, x
    >>> irreducible(x**2 - a, x).passed, irreducible(x**2 - a**2, x).passed
    (True, False)
    """
    factors = [(f, m) for f, m in sp.factor_list(polynomial)[1] if f.has(variable)]
    passed = len(factors) == 1 and factors[0][1] == 1
    shape = " * ".join(f"degree {sp.degree(f, variable)}" + (f"^{m}" if m > 1 else "") for f, m in factors)
    words = statement or f"{polynomial} is irreducible in {variable}"
    return Check("irreducible", words, Evidence.EXACT, passed, f"factors in {variable}: {shape or 'none'}")


@timed
def series(
    residual: sp.Expr,
    expansion: Mapping[sp.Symbol, sp.Expr],
    small: sp.Symbol,
    order: int,
    statement: str = "",
) -> Check:
    """A power series solves an equation to an order: what remains after substitution starts with ``small**order``.

    Parameters
    ----------
    residual : sympy.Expr
        Rational, in the unknowns and ``small``.
    expansion : mapping unknown -> polynomial in ``small``
    small : sympy.Symbol
    order : int

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> series(y - 1 - x * y, {y: 1 + x + x**2}, x, 3).passed
    True
    """
    numerator, denominator = sp.fraction(sp.together(residual))
    left = sp.Poly(sp.expand(numerator.xreplace(dict(expansion))), small)
    below = sp.Poly(sp.expand(denominator.xreplace(dict(expansion))), small)
    valuation = min((m[0] for m in left.monoms()), default=0) if not left.is_zero else math.inf
    found = valuation - min(m[0] for m in below.monoms())
    detail = f"the remainder starts at order {found}"
    words = statement or f"the series solves the equation to order {order}"
    return Check("series", words, Evidence.EXACT, found >= order, detail)
