"""Charts: a system in coordinates that stay regular on a region of sizes, with the way in.

The inputs of the system are functions of the sizes and the ridge, recorded as expressions: one declaration gives
arrays, exact fractions, series and derivatives. Where a size is infinite the limit of each expression is taken exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
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

DEGREES_OF_FREEDOM, SLOPE, SENSITIVITY = "degrees_of_freedom", "slope_of_trace", "sensitivity"
"""Readings of a chart: the trace T of S(S+nu)^{-1}, minus its slope in log nu, and the relative change of the
larger slack per relative change of a size."""

Orders = Mapping[sp.Symbol, tuple[sp.Expr, Fraction]]
"""``unknown ~ coefficient * ridge**exponent``."""


@dataclass(frozen=True)
class SingularLimit:
    """Leading orders of the unknowns as the ridge vanishes, in one case of the sizes and the rank.

    Attributes
    ----------
    signs : tuple of (expression, sign)
        The case: expressions in sizes and :data:`RANK`, with their signs -1, 0 or 1.
    orders : mapping unknown -> (coefficient, exponent)
        Coefficients are in the inputs of the chart, :data:`RANK`, :data:`INVERSE_TRACE`, and in unknowns of
        exponent zero that the system without ridge determines.
    """

    signs: tuple[tuple[sp.Expr, int], ...]
    orders: Orders

    def data(self) -> Any:
        """The limit as JSON data."""
        signs = [[encode(expression), sign] for expression, sign in self.signs]
        return [signs, orders_data(self.orders)]

    def __str__(self) -> str:
        relation = {-1: "<", 0: "=", 1: ">"}
        case = ", ".join(f"{expression} {relation[sign]} 0" for expression, sign in self.signs)
        orders = ", ".join(f"{u} ~ {c} * ridge^{e}" for u, (c, e) in self.orders.items())
        return f"{case}: {orders}"


def orders_data(orders: Orders) -> dict[str, list[Any]]:
    """Leading orders as JSON data."""
    return {u.name: [encode(coefficient), str(exponent)] for u, (coefficient, exponent) in orders.items()}


@dataclass(frozen=True, eq=False)
class Chart:
    """A system in coordinates that are regular on a region of sizes; equal charts have equal digests.

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
        Sizes the chart is made for, by conditions that are not strict where a neighbour's are.
    vanishing : sympy.Symbol or None
        The input whose zero is the limit of vanishing ridge; None where no ridge is left in the equations.
    start : mapping unknown -> (coefficient, exponent)
        Leading orders as the ridge grows: where the physical branch is explicit.
    singular : tuple of SingularLimit
        What happens as the ridge vanishes, case by case; where several hold, the last one counts. Empty where it has
        not been derived.
    readings : mapping name -> expression
        What is read off beside the observables; see :data:`DEGREES_OF_FREEDOM`.
    ladder : tuple of Symbol
        Unknowns in an order in which each equation gives the next one, all growing with the first; empty where there
        is none.
    unique : bool
        Whether there is one positive solution only, for every spectrum and all sizes: then any way leads to it.
    """

    system: FixedPointSystem
    coordinates: Mapping[sp.Symbol, sp.Expr]
    samples: sp.Symbol
    slack: sp.Symbol
    serves: tuple[Condition, ...] = ()
    vanishing: sp.Symbol | None = RIDGE
    start: Orders = field(default_factory=dict)
    singular: tuple[SingularLimit, ...] = ()
    readings: Mapping[str, sp.Expr] = field(default_factory=dict)
    ladder: tuple[sp.Symbol, ...] = ()
    unique: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything but the history of the system."""
        return hashlib.sha256(json.dumps(self.data(), sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chart) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def data(self) -> dict[str, Any]:
        """The chart as JSON data: what a record holds and the digest is taken of."""
        ladder = {"ladder": [s.name for s in self.ladder]} if self.ladder else {}
        unique = {"unique": True} if self.unique else {}
        return {
            "system": system_data(self.system),
            "coordinates": {s.name: encode(e) for s, e in self.coordinates.items()},
            "samples": self.samples.name,
            "slack": self.slack.name,
            "serves": [[encode(c.expression), c.meaning, c.strict] for c in self.serves],
            "vanishing": None if self.vanishing is None else self.vanishing.name,
            "start": orders_data(self.start),
            "singular": [limit.data() for limit in self.singular],
            "readings": {name: encode(e) for name, e in self.readings.items()},
            **ladder,
            **unique,
        }

    @cached_property
    def sizes(self) -> tuple[sp.Symbol, ...]:
        """The sizes that the coordinates are functions of, by name."""
        used = {s for e in self.coordinates.values() for s in e.free_symbols} | {self.slack, self.samples}
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
        infinite = tuple(infinite)
        return {s: at_infinity(self._given(e, per_sample), infinite) for s, e in self.coordinates.items()}

    def velocity(
        self, moving: sp.Symbol, per_sample: bool = False, infinite: Iterable[sp.Symbol] = ()
    ) -> dict[sp.Symbol, sp.Expr]:
        """Derivatives of the inputs in the logarithm of a size, or of the ridge, as far as they move.

        The ridge as given stays fixed where a size moves.

        Parameters
        ----------
        moving : Symbol
            The size, or the ridge, that moves.
        per_sample : bool
            Whether the ridge is given per sample.
        infinite : iterable of Symbol
            Sizes that are infinite: the limit is taken in them.
        """
        infinite = tuple(infinite)
        moving = RIDGE_PER_SAMPLE if per_sample and moving == RIDGE else moving
        given = {s: self._given(e, per_sample) for s, e in self.coordinates.items()}
        slopes = {s: sp.cancel(moving * sp.diff(e, moving)) for s, e in given.items()}
        return {s: at_infinity(e, infinite) for s, e in slopes.items() if e != 0}

    def _given(self, expression: sp.Expr, per_sample: bool) -> sp.Expr:
        """An expression in the ridge as it is given."""
        if not (per_sample and expression.has(RIDGE)):
            return expression
        return sp.cancel(expression.xreplace({RIDGE: RIDGE_PER_SAMPLE * self.samples}))


def at_infinity(expression: sp.Expr, infinite: Iterable[sp.Symbol]) -> sp.Expr:
    """The limit of a rational expression where sizes are infinite, one after the other.

    Parameters
    ----------
    expression : sympy.Expr
        Rational in the sizes.
    infinite : iterable of sympy.Symbol
        Symbols of sizes, in the order of the limits.

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
