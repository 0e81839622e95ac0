"""Reduction of a system to one decreasing function of one unknown, and its lowering.

One unknown, the master, enters the spectral averages. Every other unknown must satisfy an equation that is at
most quadratic in it with a single sign change, so that it is an explicit, increasing, cancellation-free
function of the rest. What remains is one equation ``left = right`` whose left side decreases in the master.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in, combine_averages
from asymptotics.equations.normal_form import normal_form
from asymptotics.equations.system import Definition, FixedPointSystem
from asymptotics.errors import DerivationError
from asymptotics.lowering.lower import lower
from asymptotics.lowering.plateaus import BalancedLeft, balance_left
from asymptotics.lowering.program import Program


@dataclass(frozen=True)
class ScalarProblem:
    """A fixed-point system as one monotone equation in one unknown.

    Attributes
    ----------
    system : FixedPointSystem
    master : str
        Name of the unknown.
    residual : Program
        Outputs ``left`` and ``right`` (both sides of the master equation, ``left`` a sum of positive terms)
        and ``slope``, minus the derivative of ``left`` in the logarithm of the master (positive).
    observables : Program
        Outputs every observable, the other unknowns, and the definitions.
    balanced : Program
        For fixed precision: outputs of ``residual``, and ``rest``, ``count``, ``weight`` with left equal to
        ``rest + weight*count`` (see :mod:`asymptotics.lowering.plateaus`).
    definitions : tuple of Definition
        Everything but the master unknown, explicit in the order given.
    traces : tuple of str
        Outputs of ``observables`` that are averages over a trace: they feel what a spectrum leaves unresolved.
    """

    system: FixedPointSystem
    master: str
    residual: Program
    observables: Program
    balanced: Program
    definitions: tuple[Definition, ...]
    traces: tuple[str, ...] = ()


def positive_root(quadratic: sp.Poly) -> sp.Expr:
    """The positive root of ``a x^2 + b x - e`` with ``a, b, e >= 0``, written without cancellation.

    Raises
    ------
    DerivationError
        If the polynomial does not have this pattern of signs.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> x, e = symbol("x"), symbol("e")
    >>> positive_root(sp.Poly(x**2 - e, x))
    sqrt(e)
    """
    if quadratic.degree() not in (1, 2):
        raise DerivationError(f"degree {quadratic.degree()} in {quadratic.gen}: expected 1 or 2")
    a, b, e = quadratic.nth(2), quadratic.nth(1), -quadratic.nth(0)
    content = sp.gcd_list([v for v in (a, b) if v != 0])
    a, b, e = sp.cancel(a / content), sp.cancel(b / content), sp.cancel(e / content)
    for value in (a, b, e):
        if not _nonnegative(value):
            raise DerivationError(
                f"coefficient {value} of the equation for {quadratic.gen} has no definite sign"
            )
    if a == 0:
        return e / b
    if b == 0:
        return sp.sqrt(e / a)
    return 2 * e / (b + sp.sqrt(b**2 + 4 * a * e))


def _nonnegative(expression: sp.Expr) -> bool:
    numerator, denominator = sp.fraction(sp.cancel(expression))
    parts = [
        sp.Poly(p, *sorted(p.free_symbols, key=str)) if p.free_symbols else p
        for p in (numerator, denominator)
    ]
    signs = [all(c >= 0 for c in p.coeffs()) if isinstance(p, sp.Poly) else bool(p >= 0) for p in parts]
    return all(signs)


def scalar_problem(
    system: FixedPointSystem,
    master: str = "nu",
    tail: str = "",
    readings: Mapping[str, sp.Expr] | None = None,
) -> ScalarProblem:
    """Reduce a system to one monotone equation and lower it.

    Parameters
    ----------
    system : FixedPointSystem
        With two unknowns: the master, and one that an equation determines explicitly.
    master : str
    tail : str
        Name of the input for the eigenvalue of the spectrum's tail (see :func:`lower`); empty for zero.
    readings : mapping name -> expression, optional
        Further outputs of the program of the observables.

    Raises
    ------
    DerivationError
        If the system does not have this form, or the left side is not seen to decrease in the master.
    """
    nu = next(u.symbol for u in system.unknowns if u.symbol.name == master)
    others = [u.symbol for u in system.unknowns if u.symbol != nu]
    if len(others) > 1 or len(system.equations) != len(system.unknowns):
        raise DerivationError(f"{system.name} is not one equation in {master}, or two with one more unknown")
    plain: tuple[Definition, ...] = ()
    first: tuple[Definition, ...] = ()
    if others:
        plain = tuple(
            d for d in system.definitions if not averages_in(d.expression) and d.expression.has(*others)
        )
        rule = {d.symbol: d.expression for d in plain}
        explicit, main = _sort_equations(system, others[0], rule)
        first = (Definition(others[0], positive_root(sp.Poly(sp.expand(explicit), others[0]))),)
        through = _slope_through(explicit, main.left, nu, others[0])
    else:
        rule, main, through = {}, system.equations[0], sp.S.Zero
    direct, extra = _slope(system, main.left, nu, rule)
    _require_decreasing(system, main.left, nu, (direct + through, *(d.expression for d in extra)))
    rest = tuple(d for d in system.definitions if d not in plain)
    given = (*first, *rest, *plain)
    inputs = [*(p.symbol.name for p in system.parameters), master]
    outputs = {"left": main.left, "right": main.right, "slope": direct + through}
    split = balance_left(main.left, rest, nu) or BalancedLeft(main.left, sp.S.Zero, sp.S.One)
    balanced = outputs | {"rest": split.rest, "count": split.count, "weight": split.weight}
    values: dict[str, sp.Expr] = {o.name: o.expression for o in system.observables}
    values |= {s.name: s for s in (nu, *others)} | {d.symbol.name: d.symbol for d in (*rest, *plain)}
    values |= readings or {}
    return ScalarProblem(
        system,
        master,
        lower(outputs, inputs, (*given, *extra), system.measures, tail),
        lower(values, inputs, given, system.measures, tail),
        lower(balanced, inputs, (*given, *extra), system.measures, tail),
        given,
        _traces(system),
    )


def _traces(system: FixedPointSystem) -> tuple[str, ...]:
    kinds = {measure.symbol: measure.kind for measure in system.measures}
    return tuple(
        d.symbol.name
        for d in system.definitions
        if any(kinds[average.measure] == "trace" for average in averages_in(d.expression))
    )


def _require_decreasing(
    system: FixedPointSystem, left: sp.Expr, nu: sp.Symbol, parts: tuple[sp.Expr, ...]
) -> None:
    if not all(visibly_positive(part) for part in parts):
        raise DerivationError(
            f"{system.name}: {left} is not seen to decrease in {nu}: minus its slope is {parts[0]}"
        )


def visibly_positive(expression: sp.Expr) -> bool:
    """Whether an expression is built from positive symbols and numbers without any subtraction.

    Every symbol of a system is positive on the physical branch, and spectral measures are positive, so such an
    expression is. That minus the slope of a master equation's left side has this form is the proof that it
    decreases, and with it that the root is unique.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> a, b = symbol("a"), symbol("b")
    >>> visibly_positive((a + 2 * b) / a**2), visibly_positive(a - b)
    (True, False)
    """
    if isinstance(expression, SpectralAverage):
        return visibly_positive(expression.function)
    if isinstance(expression, sp.Pow):
        return visibly_positive(expression.base) and isinstance(expression.exp, sp.Rational)
    if isinstance(expression, (sp.Add, sp.Mul)):
        return all(visibly_positive(part) for part in expression.args)
    return isinstance(expression, sp.Symbol) or (isinstance(expression, sp.Rational) and expression > 0)


def _sort_equations(system: FixedPointSystem, other: sp.Symbol, rule: Mapping[sp.Symbol, sp.Expr]):  # type: ignore[no-untyped-def]
    """The equation that determines the other unknown, and the master equation."""
    averaged = {d.symbol for d in system.definitions} - set(rule)
    for position, equation in enumerate(system.equations):
        residual = equation.residual.xreplace(dict(rule))
        if not residual.free_symbols & averaged and residual.has(other):
            return residual, system.equations[1 - position]
    raise DerivationError(f"{system.name}: no equation determines {other} without averages")


def _slope_through(explicit: sp.Expr, left: sp.Expr, nu: sp.Symbol, other: sp.Symbol) -> sp.Expr:
    """Minus the derivative of ``left`` in ``log nu`` through the explicit unknown."""
    indirect = -sp.diff(explicit, nu) / sp.diff(explicit, other)
    return sp.factor(-nu * sp.diff(left, other) * indirect)


def _slope(
    system: FixedPointSystem, left: sp.Expr, nu: sp.Symbol, rule: Mapping[sp.Symbol, sp.Expr]
) -> tuple[sp.Expr, tuple[Definition, ...]]:
    """Minus the derivative of ``left`` in ``log nu`` through its definitions."""
    inside = left
    for definition in reversed(system.definitions):  # each may use those before it
        if definition.symbol not in rule:
            inside = inside.xreplace({definition.symbol: definition.expression})
    direct = combine_averages(-nu * sp.diff(inside, nu))
    poles = {m.variable: (nu,) for m in system.measures}
    (direct,), extra = normal_form([direct], poles)
    known = {d.expression: d.symbol for d in system.definitions}
    same = {d.symbol: known[d.expression] for d in extra if d.expression in known}
    extra = tuple(d for d in extra if d.symbol not in same)
    direct = sp.factor(direct.xreplace(same))
    for definition in system.definitions:
        # Only what is positive with the slope itself may be divided by: a power of the target may be zero.
        known_positive = definition.expression.has(nu) and (
            definition.expression.free_symbols <= direct.free_symbols
        )
        ratio = sp.cancel(direct / definition.expression) if known_positive else nu
        if not extra and not averages_in(ratio) and not ratio.has(nu):
            return ratio * definition.symbol, extra
    return direct, extra
