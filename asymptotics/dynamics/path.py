r"""Effective ridges at complex ridges, on the physical branch.

Two unknowns, the effective ridge :math:`\nu` and the slack :math:`u = 1 - T(\nu)/m` of the smaller size m, solve

.. math:: \nu\,u\,w = \lambda/n, \qquad T(\nu)/m + u = 1, \qquad w = 1 - m/M + (m/M)u,

by Newton's method in their logarithms, so that a slack that vanishes with the ridge keeps its digits. A real start is
certain, from there the solution is continued from node to node. What is found is the physical solution if and only if
both slacks over :math:`\sqrt\lambda` have a positive real part (the two quantities are resolvents of the upper half
plane; the equations map it into itself and have one fixed point there, by the theorem of Earle and Hamilton).
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
_BEFORE = 2
_ROUNDS = 14
_DONE = 1e-8
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
        mass, tail = levels.multiplicities * levels.eigenvalues, levels.trace / nu
        # In real numbers: with x = s + Re(nu), y = Im(nu) every level is (x - iy)/(x^2 + y^2).
        x, y = levels.eigenvalues + np.real(nu)[..., None], np.imag(nu)
        inverse = 1 / (x * x + (y * y)[..., None])
        share = mass * inverse
        first, total = share * x, share.sum(axis=-1)
        second = first * inverse
        real = 2 * np.einsum("...l,...l->...", second, x) - total
        if not np.iscomplexobj(nu):
            return first.sum(axis=-1) + tail, nu * real + tail
        slope = nu * (real - 2j * y * second.sum(axis=-1))
        return first.sum(axis=-1) - 1j * y * total + tail, slope + tail


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

    def take(self, rows: Any) -> Solution:
        """Some of the rows."""
        return Solution(self.nu[rows], self.gamma[rows], self.eta[rows], self.status[rows])


def solve_nodes(problem: Problem, ridge: np.ndarray) -> Solution:
    """The physical solution at ridges per sample, row by row and node after node.

    Parameters
    ----------
    problem : Problem
    ridge : ndarray, shape (rows, nodes), complex
        Ridge over samples; neighbours should be close to each other.
    """
    found = _followed(problem, ridge, True)
    lost = np.flatnonzero(found.status != Status.SOLVED)
    if lost.size:
        again = _followed(problem.take(lost), ridge[lost], False)
        for name in ("nu", "gamma", "eta", "status"):
            getattr(found, name)[lost] = getattr(again, name)
    return found


def _followed(problem: Problem, ridge: np.ndarray, boldly: bool) -> Solution:
    """From node to node: with tangents in short steps, or boldly by parabolas through the last three nodes."""
    logs = np.log(ridge)
    at, nu, u = logs[:, 0].real + 0j, *_real_start(problem, np.abs(ridge[:, 0]))
    effective, slack = np.empty_like(ridge), np.empty_like(ridge)
    good, moves = np.isfinite(nu), list[tuple[np.ndarray, np.ndarray]]()
    for k in range(ridge.shape[1]):
        if k and np.max(np.abs(logs[:, k] - at), initial=0) > _NEAR:
            at, nu, u = logs[:, k].real + 0j, *_real_start(problem, np.abs(ridge[:, k]))
            moves.clear()
        guess = _parabola(moves, logs[:, k] - at) if boldly and len(moves) > _BEFORE else None
        before = nu, u
        nu, u, fine = _continued(problem, at, (ridge[:, k], logs[:, k]), nu, u, guess)
        good &= fine
        if boldly:
            with np.errstate(all="ignore"):
                moves.append((logs[:, k] - at, np.stack([np.log(nu / before[0]), np.log(u / before[1])])))
        at = logs[:, k]
        effective[:, k], slack[:, k] = nu, u
    with np.errstate(all="ignore"):
        other = slack * problem.ratio[:, None] + problem.gap[:, None]
        root = np.exp(logs / 2)
        certain = np.real(slack / root) > _CERTAIN * np.abs(slack / root)
        certain &= np.real(other / root) > _CERTAIN * np.abs(other / root)
        samples = problem.samples_first[:, None]
        gamma, eta = np.where(samples, slack, other), np.where(samples, other, slack)
    status = np.where(good & np.all(certain, axis=1), Status.SOLVED, Status.NOT_CONVERGED)
    return Solution(effective, gamma, eta, status.astype(np.int8))


def _parabola(moves: list[tuple[np.ndarray, np.ndarray]], way: np.ndarray) -> np.ndarray:
    """How far the unknowns move along the next way, by the last two."""
    (first, one), (second, two) = moves[-2:]
    with np.errstate(all="ignore"):
        slope = two / second
        bend = (slope - one / first) / (first + second)
        return way * (slope + (way + second) * bend)


def _real_start(problem: Problem, ridge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effective ridge and slack at positive ridges: the root of one monotone equation."""

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
        return nu + 0j, slack(nu, every) + 0j


def _slopes(problem: Problem, ridge: np.ndarray, nu: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, ...]:
    """What is missing in both equations, and their slopes ``(1, b)`` and ``(-c, u)`` in the logarithms."""
    freedom, slope = problem.freedom(nu)
    w = u * problem.ratio + problem.gap
    missing = np.log(ridge / (nu * u * w)), 1 - u - freedom / problem.small
    return *missing, 1 + u * problem.ratio / w, slope / problem.small


def _continued(
    problem: Problem, start: np.ndarray, target: tuple[np.ndarray, np.ndarray], nu: np.ndarray, u: np.ndarray,
    guess: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """From a logarithm of the ridge to a ridge, each step corrected by Newton's method: one guess, or steps with a
    tangent.

    Steps are in logarithms, values are not: a logarithm would lose the digits that its size takes.
    """
    way = target[1] - start
    pieces = max(1, int(np.ceil(float(np.max(np.abs(way), initial=0.0)) / _STEP))) if guess is None else 1
    good = np.ones(nu.shape, dtype=bool)
    with np.errstate(all="ignore"):
        for piece in range(1, pieces + 1):
            here = target[0] if piece == pieces else np.exp(start + way / pieces * piece)
            if guess is None:
                _, _, b, c = _slopes(problem, here, nu, u)
                dy = way / pieces * c / (u + b * c)
                dx = way / pieces - b * dy
            else:
                dx, dy = guess
            nu, u = nu * np.exp(dx), u * np.exp(dy)
            size = np.full(nu.shape, np.inf)
            for _ in range(_ROUNDS):
                first, second, b, c = _slopes(problem, here, nu, u)
                dy = (c * first + second) / (u + b * c)
                dx = first - b * dy
                size = np.maximum(np.abs(dx), np.abs(dy))
                scale = np.minimum(1.0, 1.0 / np.maximum(size, 1e-300))
                nu, u = nu * np.exp(scale * dx), u * np.exp(scale * dy)
                if not np.any(size > _DONE):
                    break
            good &= size < _FAILED
    return nu, u, good


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
