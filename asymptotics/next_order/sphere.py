r"""What points on a sphere have beyond Gaussian vectors: fixed norms, and fourth cumulants.

Written with the mean inverse of the pencil, ``g`` and ``h`` its entries for a row and for a column, so that slopes in
all sources come with the values:

* fixed norms: an overlap's round trip over the columns of its matrix and back, for each matrix with such rows;
* the activation that is not learned, ``rho(s)`` its fraction: ``-(n p/2) (v g h)^2 kappa_4[rho sigma]``;
* the kernels that are learned, of rows and of columns: ``-(n^2/4) g^4 kappa_4[...]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from asymptotics.errors import InputError
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.expansions.one_coordinate import (
    coordinate_rule,
    orthonormal_polynomials,
    sampled,
)
from asymptotics.models.fluctuations import SphereTerms
from asymptotics.next_order.jets import Jet
from asymptotics.next_order.radius import logarithm, radial_profiles, seen_by_rows
from asymptotics.next_order.response import Response
from asymptotics.symbolic.pencil import Placement

NORMS, UNLEARNED, LEARNED = "fixed norms", "unlearned activation", "learned kernel"
RADIUS = "free radius"

_SIXTH = 2 / 3

_HIGHEST = 40
"""Degrees beyond this one are not learned."""

_LEARNING = 2
"""Samples or features per function of degree two, times this, from which the learned kernel counts."""


def sphere_potentials(response: Response, terms: SphereTerms, smaller: Any) -> tuple[dict[str, Jet], Any]:
    """The terms of the next order beyond the Gaussian ones, each with its slopes; and the size of the sixth cumulant.

    Parameters
    ----------
    response : Response
    terms : SphereTerms
    smaller : ndarray
        The smaller size at every point.
    """
    places, sixth = _Places(response, terms), np.zeros(smaller.shape)
    found = {NORMS: response.round_trip(terms.rows)}
    if terms.columns:
        found[NORMS] = found[NORMS] + response.round_trip(terms.columns)
        found[UNLEARNED], sixth = places.unlearned()
    if terms.free_radius:
        found[RADIUS] = places.radius()
    learning = _LEARNING * smaller >= multiplicity(terms.d, 2)
    if np.any(learning):
        found[LEARNED] = places.learned() * np.where(learning, 1.0, 0.0)
    return found, sixth


class _Places:
    """Where rows and columns on the sphere stand in the pencil."""

    def __init__(self, response: Response, terms: SphereTerms) -> None:
        self.response, self.terms = response, terms
        pencil = response.lowered.loop.equation.pencil
        named = {place.matrix.name: place for place in pencil.random}
        self.rows: Placement = named[terms.rows]
        self.columns: Placement | None = named.get(terms.columns)
        self.degrees = np.array([k for k in terms.degrees if k <= _HIGHEST])
        self.top = int(self.degrees.max(initial=0))

    def single(self, i: int) -> Jet:
        """A diagonal entry where there are no levels."""
        return self.response.block(i, i).at(0)

    def size(self, block: int) -> Any:
        """Number of rows or columns at every point."""
        return self.response.local(block).weights[..., 0]

    def unlearned(self) -> tuple[Jet, Any]:
        """The fourth cumulant of what is not learned of an entry, and how large the sixth is beside it."""
        assert self.columns is not None
        sample = sampled(self.terms.activation, self.terms.d, self.top)
        weights, values, polynomials, coefficients = sample
        parts = coefficients[self.degrees, None] * polynomials[self.degrees]
        share = self.response.block(self.rows.column, self.columns.row).each(
            lambda part: part[..., : len(parts)]
        )
        cumulant, sixth = cumulants(share, parts, values - parts.sum(axis=0), weights)
        sizes = self.size(self.rows.row) * self.size(self.columns.column)
        variance = self.level_values(self.columns.matrix.variance, self.rows.column)[..., 0]
        both = self.single(self.rows.row) * self.single(self.columns.column)
        with np.errstate(all="ignore"):
            ratio = _SIXTH * np.abs(both.value[0, 0] * variance * sixth / cumulant.value[0, 0])
        ratio = np.where(np.isfinite(ratio), ratio, 0.0)
        return (both * both) * cumulant * (-sizes * variance**2 / 2), ratio

    def learned(self) -> Jet:
        """The fourth cumulants of what is learned, between two rows and between two columns."""
        t, weights = coordinate_rule(self.terms.d)
        norms = np.array([multiplicity(self.terms.d, int(k)) ** 0.5 for k in self.degrees])
        zonal = norms[:, None] * orthonormal_polynomials(self.terms.d, t, self.top)[self.degrees]
        rows, columns = self.rows, self.columns
        sides = [
            (rows.row, rows.column, rows.matrix.variance * rows.right**2 * rows.matrix.column_covariance)
        ]
        if columns is not None:
            factor = columns.matrix.variance * columns.left**2 * columns.matrix.row_covariance
            sides.append((columns.column, columns.row, factor))
        parts = []
        for outer, inner, factor in sides:
            values = self.level_values(factor, inner)
            share = (self.response.block(inner, inner) * values).each(lambda part: part[..., : len(zonal)])
            square = self.single(outer) * self.single(outer)
            square = square * square * (-(self.size(outer) ** 2) / 4)
            parts.append(square * cumulants(share, zonal, 0 * weights, weights)[0])
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    def radius(self) -> Jet:
        """What rows of free radius add: every row and a fresh input, averaged over it."""
        assert self.columns is not None
        rows, weights = self.rows, self.response.local(self.rows.column).weights[..., : len(self.degrees)]
        covariance = self.level_values(rows.matrix.variance * rows.right**2 * rows.matrix.column_covariance,
                                       rows.column)  # fmt: skip
        count = len(self.degrees)
        error, cross, given = (
            part.each(lambda x: (x * covariance)[..., :count] * weights) for part in self._covariances()
        )
        profiles = radial_profiles(self.terms.activation, self.terms.d, self.degrees.tolist())
        unlearned = self._of_tail()
        entry, size = self.single(rows.row), self.size(rows.row)
        fresh, total = None, None
        for k, probability in enumerate(profiles.probability):
            seen = seen_by_rows(profiles, k, (error, cross, given)).each(lambda x: x.sum(axis=-1))
            seen = seen + unlearned * profiles.rest[k]
            term = logarithm(_one(-(entry * seen))) * (size * probability)
            total = term if total is None else total + term
            fresh = seen * probability if fresh is None else fresh + seen * probability
        assert total is not None and fresh is not None
        # Degree zero is one function: where the sphere has none of it, all rows together learn it.
        power = float(profiles.probability @ profiles.constant)
        even = (self.degrees > 0) & (self.degrees % 2 == 0)
        if power > 0 and np.any(given.direction[..., even]):
            allowed = "'sphere' for targets of even degrees where the activation has no part of degree zero"
            raise InputError(
                "inputs", "gaussian", allowed, "features and target share a function of the radius"
            )
        single = self._at_fresh_inputs(_unit(unlearned))
        together = logarithm(_one(unlearned * ((entry * (-size) + single) * power)))
        return total + self._at_fresh_inputs(fresh) + together

    def _of_tail(self) -> Jet:
        """What an error of no eigenvalue weighs: the coefficients, over the columns."""
        assert self.columns is not None
        matrix = self.columns.matrix
        variance = self.level_values(matrix.variance * self.columns.left**2, self.rows.column)[..., 0]
        return self.single(self.columns.column) * (self.size(self.columns.column) * variance)

    def _covariances(self) -> tuple[Jet, Jet, Jet]:
        """Of the predictor's error, of it with the given vectors, and of these, level by level."""
        inner, local = self.rows.column, self.response.local(self.rows.column)
        error = self.response.block(inner, inner)
        zero = 0 * error.value
        outer = self.columns.row if self.columns is not None else inner
        forms = range(len(self.response.lowered.loop.potentials))
        rows = [local.form.get(k, {}).get((outer, outer)) for k in forms]
        along = np.stack([zero[0] if row is None else 0 * zero[0] - row for row in rows])
        given = Jet(zero, along, 0 * error.source, 0 * error.both)
        return error, -(given * self.response.block(inner, outer)), given

    def _at_fresh_inputs(self, seen: Jet) -> Jet:
        """The slope in the sources that weigh errors at a fresh input."""
        inner, local = self.rows.column, self.response.local(self.rows.column)
        sources = range(len(self.response.lowered.loop.sources))
        fresh = np.array([(inner, inner) in local.source.get(k, {}) for k in sources], dtype=float)[
            None, :, None
        ]
        none = 0 * seen.both
        return Jet(0 * seen.value, 0 * seen.direction, fresh * seen.value, none + fresh * seen.direction)

    def level_values(self, expression: sp.Expr, block: int) -> Any:
        """An expression at points and levels of the dimension of a block."""
        return self.response.lowered.at_levels(expression, self.response.local(block).site, self.response.at)


def _one(x: Jet) -> Jet:
    """One more."""
    return Jet(1 + x.value, x.direction, x.source, x.both)


def _unit(x: Jet) -> Jet:
    """The number one, in the shape of another."""
    return _one(x * 0.0)


def cumulants(share: Jet, parts: Any, rest: Any, weights: Any) -> tuple[Jet, Any]:
    """``E f^4 - 3 (E f^2)^2`` with its slopes, and ``E f^6 - 15 E f^4 E f^2 + 30 (E f^2)^3``.

    Parameters
    ----------
    share : Jet
        Coefficients of the parts, shape (directions, sources, points, parts).
    parts : ndarray, shape (parts, nodes)
    rest : ndarray, shape (nodes,)
        ``f`` is the sum of the parts with their coefficients, and this.
    weights : ndarray, shape (nodes,)
    """
    function = share.value[0, 0] @ parts + rest
    square = function * function
    powers = [(square**k) @ weights for k in (1, 2, 3)]
    pairs = (parts[:, None] * parts[None] * weights).reshape(len(parts) ** 2, -1)
    shape = (len(square), len(parts), len(parts))
    weighted, plain = (square @ pairs.T).reshape(shape), pairs.sum(axis=-1).reshape(shape[1:])
    first, third = (f @ (parts * weights).T for f in (function, square * function))

    def slopes(linear: Any, bilinear: Any, constant: Any) -> Jet:
        """Slopes of a mean from its gradient and second derivatives in the coefficients."""
        along, across = share.direction[:, 0], share.source[0]
        crossed = ((along[..., None, :] @ bilinear)[..., 0, :][:, None] * across[None]).sum(axis=-1)
        mixed = (share.both * linear).sum(axis=-1) + crossed
        single = ((along * linear).sum(axis=-1)[:, None], (across * linear).sum(axis=-1)[None])
        return Jet(constant[None, None], *single, mixed)

    second, fourth = slopes(2 * first, 2 * plain, powers[0]), slopes(4 * third, 12 * weighted, powers[1])
    return fourth - (second * second) * 3.0, powers[2] - 15 * powers[1] * powers[0] + 30 * powers[0] ** 3
