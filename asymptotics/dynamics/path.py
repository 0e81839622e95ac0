r"""Effective ridges at complex ridges, on the physical branch.

Two unknowns, the effective ridge :math:`\nu` and the slack :math:`u = 1 - T(\nu)/m` of the smaller size m, solve

.. math:: \nu\,u\,w = \lambda/n, \qquad T(\nu)/m + u = 1, \qquad w = 1 - m/M + (m/M)u,

in logarithms, so that a slack that vanishes with the ridge keeps its digits. A real start is certain, from there the
solution is continued from node to node. What is found is the physical solution if and only if both slacks over
:math:`\sqrt\lambda` have a positive real part (the two quantities are resolvents of the upper half plane; the equations
map it into itself and have one fixed point there, by the theorem of Earle and Hamilton).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.dynamics.levels import Levels
from asymptotics.solvers.scalar import solve_decreasing
from asymptotics.solvers.solution import Status

_STEP = 0.9
_NEAR = 1.6
_ROUNDS = 14
_DONE = 1e-9
_FAILED = 1e-7
_CERTAIN = -1e-9


@dataclass(frozen=True)
class Problem:
    """One spectrum at many sizes.

    Attributes
    ----------
    levels : Levels
        Arrays of doubles.
    small : ndarray, shape (rows,)
        The smaller of samples and features.
    ratio : ndarray
        The smaller over the larger; zero where that is infinite.
    gap : ndarray
        One minus the ratio.
    samples_first : ndarray of bool
        Whether the samples are the smaller size.
    truncation : tuple of float
        ``c, m``: degrees of freedom are known up to ``c/nu^m``, higher degrees not being resolved.
    """

    levels: Levels
    small: np.ndarray
    ratio: np.ndarray
    gap: np.ndarray
    samples_first: np.ndarray
    truncation: tuple[float, int] = (0.0, 0)

    def take(self, rows: Any) -> Problem:
        """Some of the rows."""
        small, ratio, gap, first = (
            part[rows] for part in (self.small, self.ratio, self.gap, self.samples_first)
        )
        return Problem(self.levels, small, ratio, gap, first, self.truncation)

    def freedom(self, nu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Degrees of freedom, and how fast they fall with the logarithm of the effective ridge."""
        levels = self.levels
        learned = levels.eigenvalues / (levels.eigenvalues + nu[..., None])
        weighted = levels.multiplicities * learned
        tail = levels.trace / nu
        return weighted.sum(axis=-1) + tail, (weighted * (1 - learned)).sum(axis=-1) + tail


@dataclass(frozen=True)
class Solution:
    """Solutions at nodes.

    Attributes
    ----------
    nu : ndarray, shape (rows, nodes), complex
    gamma, eta : ndarray
        Slacks of samples and features over their numbers.
    status : ndarray, shape (rows,)
    """

    nu: np.ndarray
    gamma: np.ndarray
    eta: np.ndarray
    status: np.ndarray


def solve_nodes(problem: Problem, ridge: np.ndarray) -> Solution:
    """The physical solution at ridges per sample, row by row and node after node.

    Parameters
    ----------
    problem : Problem
    ridge : ndarray, shape (rows, nodes), complex
        Ridge over samples; neighbours should be close to each other.
    """
    logs = np.log(ridge)
    at, x, y = logs[:, 0].real + 0j, *_real_start(problem, np.abs(ridge[:, 0]))
    first = (at, x, y)
    xs, ys = np.empty_like(ridge), np.empty_like(ridge)
    good = np.isfinite(x)
    for k in range(ridge.shape[1]):
        if k and np.max(np.abs(logs[:, k] - at), initial=0) > _NEAR:
            at, x, y = _from_real(problem, logs[:, k], first)
        x, y, fine = _continued(problem, at, logs[:, k], x, y)
        good &= fine
        at = logs[:, k]
        xs[:, k], ys[:, k] = x, y
    with np.errstate(all="ignore"):
        slack = np.exp(ys)
        other = slack * problem.ratio[:, None] + problem.gap[:, None]
        root = np.exp(logs / 2)
        certain = np.real(slack / root) > _CERTAIN * np.abs(slack / root)
        certain &= np.real(other / root) > _CERTAIN * np.abs(other / root)
        samples = problem.samples_first[:, None]
        gamma, eta = np.where(samples, slack, other), np.where(samples, other, slack)
    status = np.where(good & np.all(certain, axis=1), Status.SOLVED, Status.NOT_CONVERGED)
    return Solution(np.exp(xs), gamma, eta, status.astype(np.int8))


def _from_real(problem: Problem, target: np.ndarray, first: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A new start on the real axis, at the modulus of the next node."""
    x, y = _real_start(problem, np.exp(target.real))
    return target.real + 0j, x, y


def _real_start(problem: Problem, ridge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of effective ridge and slack at positive ridges: the root of one monotone equation."""

    def slack(nu: np.ndarray, rows: Any) -> np.ndarray:
        share = ridge[rows] / nu
        gap, ratio = problem.gap[rows], problem.ratio[rows]
        return 2 * share / (gap + np.sqrt(gap**2 + 4 * ratio * share))

    def sides(nu: np.ndarray, rows: Any) -> tuple[np.ndarray, ...]:
        part = problem.take(rows)
        freedom, slope = part.freedom(nu)
        u = slack(nu, rows)
        falls = u * (u * part.ratio + part.gap) / (2 * u * part.ratio + part.gap)
        left = freedom / part.small + u
        return left, np.ones_like(left), slope / part.small + falls, left - 1

    every = np.arange(ridge.size)
    total = problem.levels.trace + np.sum(problem.levels.multiplicities * problem.levels.eigenvalues)
    start = ridge + total / problem.small
    with np.errstate(all="ignore"):
        root = solve_decreasing(sides, np.where(start > 0, start, 1.0))
        nu = np.where(root.status == Status.SOLVED, root.value, np.nan)
        return np.log(nu) + 0j, np.log(slack(nu, every)) + 0j


def _slopes(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    nu, u = np.exp(x), np.exp(y)
    freedom, slope = problem.freedom(nu)
    w = u * problem.ratio + problem.gap
    return np.log(w), freedom / problem.small + u - 1, 1 + u * problem.ratio / w, slope / problem.small, u


def _continued(
    problem: Problem, start: np.ndarray, target: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From one logarithm of the ridge to another, in steps with a predictor, each corrected by Newton's method."""
    length = float(np.max(np.abs(target - start), initial=0.0))
    pieces = max(1, int(np.ceil(length / _STEP)))
    good = np.ones(x.shape, dtype=bool)
    with np.errstate(all="ignore"):
        for piece in range(1, pieces + 1):
            step = (target - start) / pieces
            here = start + step * piece
            _, _, b, c, u = _slopes(problem, x, y)
            # The equations are x + y + log w = log ridge, with slopes (1, b), and T/m + u = 1, with slopes (-c, u).
            dy = step * c / (u + b * c)
            x, y = x + step - b * dy, y + dy
            size = np.full(x.shape, np.inf)
            for _ in range(_ROUNDS):
                log_w, second, b, c, u = _slopes(problem, x, y)
                first = here - x - y - log_w
                dy = (c * first - second) / (u + b * c)
                dx = first - b * dy
                size = np.maximum(np.abs(dx), np.abs(dy))
                scale = np.minimum(1.0, 1.0 / np.maximum(size, 1e-300))
                x, y = x + scale * dx, y + scale * dy
                if not np.any(size > _DONE):
                    break
            good &= size < _FAILED
    return x, y, good


def edge(problem: Problem) -> np.ndarray:
    """Largest eigenvalue of the kernel matrix, per sample, in every row.

    Where the ridge, as a function of a negative effective ridge, stops growing: beyond that no real effective ridge
    belongs to a negative ridge.
    """
    levels = problem.levels
    used = levels.eigenvalues[(levels.multiplicities > 0) & (levels.eigenvalues > 0)]
    top, rows = float(used.max(initial=0.0)), problem.small.shape
    scale = top + float(levels.trace) / problem.small
    low, high = np.log(1e-15 * scale), np.log(1e8 * (scale + np.sum(used) / problem.small))

    def at(logarithm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nu = -top - np.exp(logarithm)
        freedom, slope = problem.freedom(nu)
        u = 1 - freedom / problem.small
        w = u * problem.ratio + problem.gap
        falls = slope / problem.small
        return u * w + falls * (u * problem.ratio + w), -nu * u * w

    with np.errstate(all="ignore"):
        for _ in range(70):
            middle = (low + high) / 2
            outside = at(middle)[0] > 0
            high, low = np.where(outside, middle, high), np.where(outside, low, middle)
        return np.broadcast_to(at(high)[1], rows)
