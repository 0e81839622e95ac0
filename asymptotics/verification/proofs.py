"""Claims of a derivation as questions to the engine that proves consequences."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.membership import Membership, in_ideal
from asymptotics.verification.atoms import Atoms


def prove_zero(
    claim: sp.Expr,
    equations: Sequence[sp.Expr] = (),
    eliminate: Sequence[sp.Symbol] = (),
    nonzero: Sequence[sp.Expr] = (),
) -> Membership:
    """Whether a rational expression vanishes modulo equations, with a certificate that is multiplied out.

    Parameters
    ----------
    claim : sympy.Expr
        May hold spectral averages, which partial fractions make names, and radicals.
    equations : sequence of sympy.Expr
        Each is taken to be zero.
    eliminate : sequence of sympy.Symbol
        Which variable to solve each equation for (default: one it has lowest degree in).
    nonzero : sequence of sympy.Expr
        What the argument knows not to vanish, besides sums of positive terms.

    Returns
    -------
    Membership
        ``proved``, and how in :meth:`~asymptotics.transforms.algebra.membership.Membership.detail`.

    Raises
    ------
    DerivationError
        If the equations contradict each other, so that everything would follow.

    Examples
    --------
    >>> from sympy.abc import a, b, c
    >>> prove_zero(a / b - c, [a - b * c]).proved
    True
    >>> prove_zero(a / b + c, [a - b * c]).proved
    False
    """
    atoms = Atoms()
    target = atoms.resolve(claim)
    resolved = [atoms.resolve(equation) for equation in equations]
    known = [atoms.resolve(expression) for expression in nonzero]
    relations, roots = ([pair[k] for pair in atoms.relations] for k in (0, 1))
    found = in_ideal(target, [*relations, *resolved], known, first=[*roots, *eliminate])
    if found.contradictory:
        raise DerivationError("the equations contradict each other: everything would follow from them")
    return found
