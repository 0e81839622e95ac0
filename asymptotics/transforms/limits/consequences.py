"""What follows from the equations of a system by elimination: it decides balances where leading terms cancel."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp

from asymptotics.equations.rational_functions import RationalField
from asymptotics.errors import DerivationError
from asymptotics.transforms.limits.leading_solution import without_monomials

LONGEST = 400
"""Terms of a consequence beyond which it is not used."""


def without_averages(equations: Sequence[sp.Expr], names: Sequence[sp.Symbol]) -> list[sp.Expr]:
    """For each average, the equations that are linear in it with it eliminated, two by two.

    Parameters
    ----------
    equations : sequence of sympy.Expr
        Polynomials that vanish.
    names : sequence of sympy.Symbol
        What stands for the averages.

    Raises
    ------
    DerivationError
        If two equations are the same.
    """
    found: list[sp.Expr] = []
    for name in names:
        slopes = [sp.expand(sp.diff(e, name)) for e in equations]
        linear = [i for i, slope in enumerate(slopes) if slope != 0 and not slope.has(name)]
        for i, k in itertools.pairwise(linear):
            rest = [equations[j].xreplace({name: sp.S.Zero}) for j in (i, k)]
            total = sp.expand(slopes[i] * rest[1] - slopes[k] * rest[0])
            if total == 0:
                raise DerivationError(f"two equations of the system are one: {equations[i]}")
            found += _short([without_monomials(total)])
    return found


def without_explicit(
    equations: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol], moving: Sequence[sp.Symbol]
) -> list[sp.Expr]:
    """The equations with every unknown put in that some equation gives as a polynomial in the others.

    Parameters
    ----------
    equations : sequence of sympy.Expr
        Polynomials.
    unknowns : sequence of sympy.Symbol
        Those that may be eliminated.
    moving : sequence of sympy.Symbol
        Everything that has an exponent; unknowns are divided by nothing that has one.
    """
    field = RationalField(equations)
    pending, left = [field(e) for e in equations], list(unknowns)
    changed = False
    while True:
        step = _explicit([field.expression(e) for e in pending], left, moving)
        if step is None:
            break
        number, name = step
        value = field.linear_value(pending.pop(number), name)
        pending = [field.substitute(e, name, value) for e in pending]  # type: ignore[arg-type]
        left.remove(name)
        changed = True
    if not changed:
        return []
    bare = [without_monomials(field.expression(e)) for e in pending]
    return _short([e for e in bare if e not in equations])


def _explicit(
    equations: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol], moving: Sequence[sp.Symbol]
) -> tuple[int, sp.Symbol] | None:
    """An equation and the unknown it gives, one that occurs in few others."""
    options = []
    for name in unknowns:
        for number, equation in enumerate(equations):
            slope = sp.expand(sp.diff(sp.numer(equation), name))
            if slope != 0 and not slope.is_Add and not slope.has(*moving):
                uses = sum(other.has(name) for other in equations)
                options.append((uses, number, str(name), name))
    if not options:
        return None
    _, number, _, name = min(options, key=lambda option: option[:3])
    return number, name


def _short(equations: Sequence[sp.Expr]) -> list[sp.Expr]:
    return [e for e in equations if e != 0 and len(sp.Add.make_args(e)) <= LONGEST]
