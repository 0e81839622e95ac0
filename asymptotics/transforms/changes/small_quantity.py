"""The solution of a system as a power series in one small quantity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from asymptotics.equations.series_solution import SeriesSolution, series_solution
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.transforms.arguments import exact_expression, named_symbol, require_mapping, require_system


def series_of(
    system: FixedPointSystem,
    small: sp.Symbol | str,
    rule: Mapping[Any, Any],
    order: int,
    exponents: Mapping[Any, int] | None = None,
) -> SeriesSolution:
    """Unknowns and observables of a system as power series, in exact arithmetic.

    Parameters
    ----------
    system : FixedPointSystem
        Averages may stay; they become moments.
    small : sympy.Symbol or str
        A name for the small quantity.
    rule : mapping parameter -> expression
        Parameters in terms of the small quantity, by symbol or name: ``{"lam": 1 / small}`` for a large ridge.
    order : int
        Number of coefficients of every unknown.
    exponents : mapping unknown -> int, optional
        Powers of the leading terms; by default small integers are tried.

    Returns
    -------
    SeriesSolution

    Raises
    ------
    InputError
        If a name is not one of the system's, the small quantity is one, or ``order`` is not a positive integer.
    DerivationError
        If no leading terms, or more than one choice of them, satisfy equations and domain.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> small = exact_expression("small", "small")
    >>> found = series_of(asy.derive("kernel-ridge"), "small", {"lam": 1 / small}, 2)
    >>> found.coefficient("test", 0), found.coefficient("test", 1)
    (B[1], -2*n*B[s])
    """
    parameters, unknowns = require_system(system).parameter_symbols(), system.unknown_symbols()
    quantity = exact_expression(small, "small", system)
    taken = (*parameters, *unknowns, *(d.symbol for d in system.definitions))
    if not isinstance(quantity, sp.Symbol) or quantity in taken:
        raise InputError("small", small, "a symbol that the system does not have")
    pairs = require_mapping(rule, "rule", "parameters to expressions in the small quantity").items()
    put = {
        named_symbol(s, parameters, "rule", "a parameter"): exact_expression(v, "rule", system)
        for s, v in pairs
    }
    for s in sorted({s for v in put.values() for s in v.free_symbols} - {*parameters, quantity}, key=str):
        raise InputError("rule", s.name, f"expressions in {quantity} and parameters of the system")
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise InputError("order", order, "a positive integer")
    return series_solution(system, quantity, put, order, _exponents(unknowns, exponents))


def _exponents(unknowns: tuple[sp.Symbol, ...], given: Any) -> dict[sp.Symbol, int] | None:
    """A leading power for every unknown, or none at all."""
    if given is None:
        return None
    pairs = require_mapping(given, "exponents", "unknowns to integers").items()
    found = {named_symbol(u, unknowns, "exponents", "an unknown"): power for u, power in pairs}
    if set(found) != set(unknowns) or not all(isinstance(power, int) for power in found.values()):
        raise InputError("exponents", given, f"an integer for each of {', '.join(map(str, unknowns))}")
    return found
