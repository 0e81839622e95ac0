"""What the public verbs are given: names become symbols of the system, and everything else is refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.naming import is_name, symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError


def require_system(value: Any) -> FixedPointSystem:
    """The system itself.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(value, FixedPointSystem):
        advice = (
            "take its attribute `system`" if hasattr(value, "system") else "`asymptotics.derive` makes one"
        )
        raise InputError("system", value, "a FixedPointSystem", advice)
    return value


def require_mapping(value: Any, argument: str, what: str) -> Mapping[Any, Any]:
    """The mapping itself.

    Parameters
    ----------
    value : object
    argument : str
        Name of the argument, for the message.
    what : str
        What it maps to what, for the message.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(value, Mapping):
        raise InputError(argument, value, f"a mapping of {what}")
    return value


def named_symbol(key: Any, allowed: Iterable[sp.Symbol], argument: str, what: str) -> sp.Symbol:
    """The symbol that a name, or a symbol of that name, stands for.

    Parameters
    ----------
    key : sympy.Symbol or str
    allowed : iterable of sympy.Symbol
    argument : str
        Name of the argument, for the message.
    what : str
        What the symbols are, for the message.

    Raises
    ------
    InputError
        If none of the symbols has the name.

    Examples
    --------
    >>> named_symbol("nu", [symbol("nu"), symbol("c")], "keep", "an unknown")
    nu
    """
    symbols = tuple(allowed)
    name = key.name if isinstance(key, sp.Symbol) else key
    for found in symbols:
        if found.name == name:
            return found
    names = ", ".join(s.name for s in symbols)
    raise InputError(argument, name, f"{what}: {names}" if names else f"{what}; there is none")


def exact_expression(value: Any, argument: str, system: FixedPointSystem | None = None) -> sp.Expr:
    """An exact expression; text is a number or the name of a symbol, and symbols of the system are found by name.

    Parameters
    ----------
    value : sympy.Expr, number or str
    argument : str
        Name of the argument, for the message.
    system : FixedPointSystem, optional
        Symbols that are called like one of its own become that one.

    Raises
    ------
    InputError
        If it is no expression, or has a float in it.

    Examples
    --------
    >>> exact_expression("psi2", "growth")
    psi2
    """
    allowed = "an expression in symbols, a number, or the name of a symbol"
    try:
        if isinstance(value, str):
            expression = symbol(value) if is_name(value) else sp.Rational(Fraction(value))
        else:
            expression = sp.sympify(value, strict=True)
    except (ValueError, ZeroDivisionError):  # SympifyError is a ValueError
        raise InputError(argument, value, allowed) from None
    if not isinstance(expression, sp.Expr):
        raise InputError(argument, value, allowed)
    if expression.has(sp.Float):
        raise InputError(argument, value, "exact numbers", "write Rational(1, 10), not 0.1")
    if system is None:
        return expression
    own = (*system.parameter_symbols(), *system.unknown_symbols(), *(d.symbol for d in system.definitions))
    names = {s.name: s for s in own}
    return expression.xreplace({s: names[s.name] for s in expression.free_symbols if s.name in names})
