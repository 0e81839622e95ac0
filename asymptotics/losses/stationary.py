"""The stationary point of the potential of a convex loss, at many points at once.

A convex loss amounts to ridge regression with another ridge and other labels. Unknowns are the ratio of that ridge to
the given one, and the mean square and the overlap of the prediction; everything else is explicit in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from asymptotics.equations.system import FixedPointSystem
from asymptotics.losses.pairs import Pairs
from asymptotics.losses.samples import Samples
from asymptotics.lowering.arithmetic import Float64
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.loss_potential import OVERLAP, SPREAD_HAT, SQUARE, loss_rule
from asymptotics.models.pair_learners import SAMPLES
from asymptotics.prediction.accuracy import Columns

Array = NDArray[np.float64]
Places = NDArray[np.intp]

_ARITHMETIC = Float64()
_STEPS = np.array([1e-5, 1e-7, 1e-7])
"""Differences that slopes are taken by: where all samples are fitted, nothing depends much on the ridge."""

_MOST = 120
_GUESSES, _MANY = 6, 80
_STEEPEST = 0.9999
_SHORTEST = 1e-6
_LARGEST = 4.0
_LEAST = 1e-60
"""A stiffness below this (over the inverse spread) changes nothing: no sample reacts."""

ACCURACY = 1e-10
"""Residuals of the equations, relative, from which a point counts as solved."""

_GOOD = 3e-15
_UNKNOWNS = 3


@cache
def _program(kind: str, observables: bool) -> Program:
    """The derived system in the pair and the averages: what unknowns should be, or what is observed.

    The conjugate of the mean square is an input of the first: the effective ridge is an unknown, which determines it.
    """
    system = loss_rule(kind)
    if observables:
        wanted = {o.name: system.expand(o.expression) for o in system.observables}
    else:
        solved = {e.left: e.right for e in system.equations}
        known = {d.symbol: d.expression for d in system.definitions}
        conjugate = known.pop(SPREAD_HAT)
        wanted = {s.name: solved[s].xreplace(known) for s in (OVERLAP, SQUARE)} | {SPREAD_HAT.name: conjugate}
    names = sorted({s.name for e in wanted.values() for s in sp.sympify(e, strict=True).free_symbols})
    return lower(wanted, names)


@dataclass(frozen=True)
class Stationary:
    """A loss on the features of a model, at the points of a question.

    Attributes
    ----------
    pairs : Pairs
    samples : Samples
    ridge : ndarray
        At every point.
    scale : float
        Ratio of the effective ridge to the given one where a search begins.
    """

    pairs: Pairs
    samples: Samples
    ridge: Array
    scale: float

    @property
    def system(self) -> FixedPointSystem:
        """What is solved."""
        return loss_rule(self.samples.kind)

    @cached_property
    def unit(self) -> Array:
        """What the power of the target is divided by: classes are those of a latent value of unit power."""
        return self.pairs.power if self.samples.kind == "classes" else np.ones_like(self.pairs.power)

    def given(self, x: Array, where: Places) -> dict[str, Array]:
        """Inputs of the derived system.

        Parameters
        ----------
        x : ndarray, shape (k, points, 3)
            Unknowns.
        where : ndarray of int, shape (points,)
            Positions of the points.
        """
        ratio, unit, n = np.exp(x[..., 0]), self.unit[where], self.pairs.samples[where]
        pair = self.pairs.at(self.ridge[where] * ratio, where)
        rho = np.broadcast_to(self.pairs.power[where] / unit, ratio.shape)
        q = np.exp(x[..., 1])
        m = np.tanh(x[..., 2]) * np.sqrt(q * rho)
        conjugate = pair["left"] / ratio
        spread = pair["df_in"] / conjugate
        flat = [np.ravel(value) for value in (rho, m, q, spread)]
        averages = {k: v.reshape(ratio.shape) for k, v in self.samples.averages(*flat).items()}
        averages["stiffness"] = np.maximum(averages["stiffness"], _LEAST / spread)
        scaled = {name: pair[name] / unit for name in ("captured_in", "learned_in")}
        names = {SAMPLES.name: n, "m": m, "q": q, "V": spread, "V_hat": conjugate, "rho": rho}
        return {**pair, **scaled, **averages, **names}

    def residuals(self, x: Array, where: Places) -> Array:
        """By how much unknowns are not stationary; not a number where they are out of range.

        Parameters
        ----------
        x : ndarray, shape (k, points, 3)
        where : ndarray of int, shape (points,)
            Positions of the points.
        """
        with np.errstate(all="ignore"):
            given = self.given(x, where)
            wanted = _program(self.samples.kind, False)(given, _ARITHMETIC)
            cosines = (part["m"] / np.sqrt(part["q"] * given["rho"]) for part in (wanted, given))
            gaps = (
                np.log(wanted["V_hat"] / given["V_hat"]),
                np.log(wanted["q"] / given["q"]),
                np.subtract(*cosines),
            )
        return np.stack(np.broadcast_arrays(*gaps), axis=-1)

    def start(self) -> Array:
        """Unknowns ``(points, 3)`` where a search begins: the prediction at an effective ridge that is guessed."""
        x = np.zeros((self.ridge.size, _UNKNOWNS))
        x[:, 0] = np.log(self.scale)
        with np.errstate(all="ignore"):
            pair = self.pairs.at((self.ridge * self.scale)[None], self.pairs.everywhere)
            share = np.clip(pair["captured_in"][0] / self.pairs.power, 1e-12, 0.8)
            x[:, 1] = np.log(share * self.pairs.power / self.unit)
            x[:, 2] = np.arctanh(np.sqrt(share))
        return self.relaxed(np.nan_to_num(x), self.pairs.everywhere, _GUESSES)

    def relaxed(self, x: Array, where: Places, times: int) -> Array:
        """Unknowns after steps half of the way to what they should be.

        Parameters
        ----------
        x : ndarray, shape (points, 3)
        where : ndarray of int
            Positions of the points.
        times : int
            Number of steps.
        """
        for _ in range(times):
            gap = np.nan_to_num(self.residuals(x[None], where)[0])
            half = np.clip(gap, -_LARGEST, _LARGEST) / 2
            cosine = np.clip(np.tanh(x[:, 2]) + half[:, 2], -_STEEPEST, _STEEPEST)
            x = np.stack([x[:, 0] - half[:, 0], x[:, 1] + half[:, 1], np.arctanh(cosine)], axis=-1)
        return x

    def solve(self) -> tuple[Array, Array]:
        """Unknowns ``(points, 3)`` and the largest residual at every point."""
        start = self.start()
        x, size = self.from_point(start.copy(), self.pairs.everywhere)
        lost = np.flatnonzero(size > ACCURACY)
        if lost.size:
            x[lost], size[lost] = self.from_point(self.relaxed(start[lost], lost, _MANY), lost)
        return x, size

    def from_point(self, x: Array, where: Places) -> tuple[Array, Array]:
        """The same by Newton's method.

        Parameters
        ----------
        x : ndarray, shape (points, 3)
            Unknowns to start from.
        where : ndarray of int
            Positions of the points.
        """
        gap, slopes = self._linearized(x, where)
        size, length = _size(gap), np.ones(len(x))
        for _ in range(_MOST):
            left = np.flatnonzero((size > _GOOD) & (length > _SHORTEST))
            if not left.size:
                break
            step = _newton(slopes[left], gap[left]) * length[left, None]
            found, rates = self._linearized(x[left] + step, where[left])
            better = np.asarray(_size(found) < size[left])
            taken = left[better]
            x[taken] += step[better]
            gap[taken], slopes[taken], size[taken] = found[better], rates[better], _size(found)[better]
            length[left] = np.where(better, np.minimum(2 * length[left], 1.0), length[left] / 4)
            # At the rounding of the residuals nothing gets better.
            length[left[~better & (size[left] <= ACCURACY)]] = 0.0
        return x, size

    def _linearized(self, x: Array, where: Places) -> tuple[Array, Array]:
        """Residuals ``(points, 3)`` and their slopes ``(points, 3, 3)``, by differences."""
        moves = np.concatenate([x[None], x + np.diag(_STEPS)[:, None]])
        found = self.residuals(moves, where)
        return found[0], np.moveaxis(found[1:] - found[0], 0, -1) / _STEPS

    def observed(self, x: Array) -> tuple[Mapping[str, Any], Columns]:
        """Observables by name, and the columns of ridge regression at the effective ridge."""
        given = {k: v[0] for k, v in self.given(x[None], self.pairs.everywhere).items() if k != SAMPLES.name}
        ratio = np.exp(x[:, 0])
        rates, columns = self.pairs.rates(self.ridge * ratio)
        # The norm has parts of the pair over the given ridge; the effective one is ratio/left times that.
        scale = ratio / given["left"]
        given |= {
            "partial_in": rates["partial_in"] * scale,
            "penalty_in": rates["penalty_in"] * scale / self.unit,
        }
        return _program(self.samples.kind, True)(
            {**given, "lam": 1.0, SAMPLES.name: self.pairs.samples}, _ARITHMETIC
        ), columns


def _newton(slopes: Array, gap: Array) -> Array:
    """Newton's steps ``(points, 3)``, of bounded length; none where slopes are not known."""
    known = np.asarray(np.isfinite(slopes).all(axis=(-1, -2)) & np.isfinite(gap).all(axis=-1))
    matrix = np.where(known[:, None, None], slopes, np.eye(_UNKNOWNS))
    right = np.where(known[:, None], gap, 0.0)[..., None]
    step = -(np.linalg.pinv(matrix) @ right)[..., 0]
    longest = np.abs(step).max(axis=-1, keepdims=True)
    return np.asarray(step * np.minimum(1.0, _LARGEST / np.maximum(longest, _LEAST)))


def _size(gap: Array) -> Array:
    """The largest residual; infinite where one is not a number."""
    return np.where(np.isfinite(gap).all(axis=-1), np.abs(gap).max(axis=-1), np.inf)
