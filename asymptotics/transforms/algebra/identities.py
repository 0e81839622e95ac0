"""Whether an equation between quantities of a system follows from its equations, with proof."""

from __future__ import annotations

from typing import Any

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError
from asymptotics.transforms.algebra.engines import Engine
from asymptotics.transforms.algebra.membership import Membership, in_ideal
from asymptotics.transforms.arguments import exact_expression, require_system


def follows(
    system: FixedPointSystem,
    left: sp.Expr | str,
    right: sp.Expr | str = sp.S.Zero,
    engine: Engine | None = None,
) -> Membership:
    """Decide whether ``left = right`` wherever the equations of a system hold, with cofactors as proof.

    Parameters
    ----------
    system : FixedPointSystem
        Averages and definitions may stay: identities that need no more than their names are found.
    left, right : sympy.Expr or str
        Expressions in the symbols of the system, or names of observables.
    engine : Engine, optional
        Polynomial arithmetic; FLINT by default.

    Returns
    -------
    Membership
        ``holds``, ``decided`` and the certificate. An answer in the negative says that the identity does not follow
        algebraically; where averages are related to each other it may hold all the same.

    Raises
    ------
    InputError
        If there is no such observable or symbol, or a number is not exact.
    DerivationError
        If an expression is not rational.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    Generalized cross-validation of kernel ridge regression, at any spectrum:

    >>> import asymptotics as asy
    >>> from sympy.abc import c, n
    >>> kernel = asy.derive("kernel-ridge")
    >>> noisy = kernel.observable("test") + exact_expression("noise", "right")
    >>> follows(kernel, "train", (c / n) ** 2 * noisy).holds
    True
    >>> follows(kernel, "train", "test").holds
    False
    """
    claim = _read(require_system(system), left, "left") - _read(system, right, "right")
    conditions = [c.expression for c in system.domain.conditions if c.strict]
    parts = [claim, *(e.residual for e in system.equations), *conditions]
    plain = _explicit(system, parts)
    size = 1 + len(system.equations)
    return in_ideal(plain[0], plain[1:size], plain[size:], engine)


def _read(system: FixedPointSystem, value: Any, argument: str) -> sp.Expr:
    """An observable by name, or an expression in declared symbols."""
    known = {o.name: o.expression for o in system.observables}
    if isinstance(value, str) and value in known:
        return known[value]
    expression = exact_expression(value, argument, system)
    own = {*system.parameter_symbols(), *system.unknown_symbols(), *(d.symbol for d in system.definitions)}
    for s in sorted(expression.free_symbols - own, key=str):
        what = f"symbols and observables of {system.name}: {', '.join([*map(str, sorted(own, key=str)), *known])}"
        raise InputError(argument, s.name, what)
    return expression


def _explicit(system: FixedPointSystem, parts: list[sp.Expr]) -> list[sp.Expr]:
    """Definitions written out where they are rational; averages become names."""
    rational = [d for d in system.definitions if not averages_in(d.expression)]
    for definition in reversed(rational):
        parts = [part.xreplace({definition.symbol: definition.expression}) for part in parts]
    names = {average: sp.Dummy("average") for average in averages_in(*parts)}
    return [part.xreplace(names) for part in parts]
