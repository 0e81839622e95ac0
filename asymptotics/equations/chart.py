"""Charts: a system in coordinates that stay regular on a region of sizes, with the way in.

The inputs of the system are functions of the sizes and the ridge, recorded as expressions: one declaration gives
arrays, exact fractions, series and derivatives. Where a size is infinite the limit of each expression is taken exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.domain import Condition
from asymptotics.equations.encoding import encode, system_data
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError

RIDGE, RIDGE_PER_SAMPLE = symbol("lam"), symbol("lam_n")
"""The two ways a ridge is given; ``lam_n`` is ``lam`` over the number of samples."""

RANK, INVERSE_TRACE = symbol("rank"), symbol("inverse_trace")
"""Number of positive eigenvalues of the spectrum, and the sum of their inverses."""


@dataclass(frozen=True)
class SingularLimit:
    """Leading orders of the unknowns as the ridge vanishes, in one case of the sizes and the rank.

    Attributes
    ----------
    signs : tuple of (expression, sign)
        The case: expressions in sizes and :data:`RANK`, with their signs -1, 0 or 1.
    orders : mapping unknown -> (coefficient, exponent)
        ``unknown ~ coefficient * ridge**exponent``. Coefficients are in the inputs of the chart, :data:`RANK`,
        :data:`INVERSE_TRACE`, and in unknowns of exponent zero that the system without ridge determines.
    """

    signs: tuple[tuple[sp.Expr, int], ...]
    orders: Mapping[sp.Symbol, tuple[sp.Expr, Fraction]]

    def data(self) -> Any:
        """The limit as JSON data."""
        signs = [[encode(expression), sign] for expression, sign in self.signs]
        return [signs, {u.name: [encode(c), str(e)] for u, (c, e) in self.orders.items()}]

    def __str__(self) -> str:
        relation = {-1: "<", 0: "=", 1: ">"}
        case = ", ".join(f"{expression} {relation[sign]} 0" for expression, sign in self.signs)
        orders = ", ".join(f"{u} ~ {c} * ridge^{e}" for u, (c, e) in self.orders.items())
        return f"{case}: {orders}"


@dataclass(frozen=True)
class Chart:
    """A system in coordinates that are regular on a region of sizes.

    Attributes
    ----------
    system : FixedPointSystem
    coordinates : mapping symbol -> expression
        Inputs of the system, rational in the sizes and :data:`RIDGE`. Parameters that are not listed describe the
        spectrum and the noise.
    samples : sympy.Symbol
        The size that :data:`RIDGE_PER_SAMPLE` divides by.
    slack : sympy.Symbol
        The smaller size: it is compared with the rank of the spectrum.
    serves : tuple of Condition
        Sizes the chart is made for.
    vanishing : sympy.Symbol or None
        The input whose zero is the limit of vanishing ridge; None where no ridge is left in the equations.
    singular : tuple of SingularLimit
        Cases in which that zero is a singular point.
    """

    system: FixedPointSystem
    coordinates: Mapping[sp.Symbol, sp.Expr]
    samples: sp.Symbol
    slack: sp.Symbol
    serves: tuple[Condition, ...] = ()
    vanishing: sp.Symbol | None = RIDGE
    singular: tuple[SingularLimit, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of system, coordinates and singular limits."""
        return hashlib.sha256(json.dumps(self.data(), sort_keys=True).encode()).hexdigest()

    def data(self) -> dict[str, Any]:
        """The chart as JSON data: what a record holds and the digest is taken of."""
        return {
            "system": system_data(self.system),
            "coordinates": {s.name: encode(e) for s, e in self.coordinates.items()},
            "samples": self.samples.name,
            "serves": [[encode(c.expression), c.meaning, c.strict] for c in self.serves],
            "slack": self.slack.name,
            "vanishing": None if self.vanishing is None else self.vanishing.name,
            "singular": [limit.data() for limit in self.singular],
        }

    def sizes(self) -> tuple[sp.Symbol, ...]:
        """The sizes that the coordinates are functions of, by name."""
        used = {s for e in self.coordinates.values() for s in e.free_symbols} | {self.slack}
        return tuple(sorted(used - {RIDGE}, key=lambda s: s.name))

    def inputs(
        self, per_sample: bool = False, infinite: Iterable[sp.Symbol] = ()
    ) -> dict[sp.Symbol, sp.Expr]:
        """Inputs of the system in the sizes and the ridge as it is given.

        Parameters
        ----------
        per_sample : bool
            Whether the ridge is given per sample.
        infinite : iterable of Symbol
            Sizes that are infinite: the limit is taken in them.

        Raises
        ------
        DerivationError
            If an input grows without bound.
        """
        return {s: self._prepared(e, per_sample, infinite) for s, e in self.coordinates.items()}

    def velocity(
        self, moving: sp.Symbol, per_sample: bool = False, infinite: Iterable[sp.Symbol] = ()
    ) -> dict[sp.Symbol, sp.Expr]:
        """Derivatives of the inputs in the logarithm of one size or of the ridge, of those that move.

        Parameters are those of :meth:`inputs`.
        """
        moving = RIDGE_PER_SAMPLE if per_sample and moving == RIDGE else moving
        given = {s: self._prepared(e, per_sample, ()) for s, e in self.coordinates.items()}
        slopes = {s: sp.cancel(moving * sp.diff(e, moving)) for s, e in given.items()}
        return {s: at_infinity(e, infinite) for s, e in slopes.items() if e != 0}

    def _prepared(self, expression: sp.Expr, per_sample: bool, infinite: Iterable[sp.Symbol]) -> sp.Expr:
        if per_sample and expression.has(RIDGE):
            expression = sp.cancel(expression.xreplace({RIDGE: RIDGE_PER_SAMPLE * self.samples}))
        return at_infinity(expression, infinite)


def at_infinity(expression: sp.Expr, infinite: Iterable[sp.Symbol]) -> sp.Expr:
    """The limit of a rational expression where sizes are infinite, one after the other.

    Raises
    ------
    DerivationError
        If it grows without bound.

    Examples
    --------
    >>> n, p = symbol("n"), symbol("p")
    >>> at_infinity((p - n) / p, [p]), at_infinity(n / p, [p])
    (1, 0)
    """
    for size in infinite:
        if not expression.has(size):
            continue
        above, below = (sp.Poly(part, size) for part in sp.fraction(sp.together(expression)))
        if above.degree() > below.degree():
            raise DerivationError(f"{expression} grows without bound with {size}")
        expression = above.LC() / below.LC() if above.degree() == below.degree() else sp.S.Zero
    return expression
