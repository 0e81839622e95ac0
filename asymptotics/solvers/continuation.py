r"""The physical branch by continuation in the ridge: predictor and corrector, at many points at once.

Ridges are ``given * exp(z r)``: the path runs from ``r = 1``, where the solution is known, to ``r = 0``, where it is
wanted. Logarithms of the unknowns follow the tangent for a step and are corrected by Newton's method on
``log(positive/negative)``. A step is taken only where Newton's method starts close, contracts, keeps the sign of the
determinant, ends inside the domain, and the tangents at both ends agree with the way; else it is shortened. Every point
has a step of its own; one round of the loop evaluates all points that are under way once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from asymptotics.solvers.linear import newton_steps

Linearize = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From logarithms (unknowns, points), r (points) and point numbers to residuals (unknowns, points), Jacobian (unknowns,
unknowns, points) and derivative of the residuals in r (unknowns, points)."""

Admissible = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Whether the conditions of the domain hold, from the same arguments."""

_REACH = 0.7
_AIM = 0.3
_CONSISTENT = 0.15
_CLOSE, _FINAL = 2e-3, 1e-8
_STALLED = 1e-4
_CONTRACTION = 0.5
_SHORTEST = 1e-5
_MOST_ROUNDS = 2000


@dataclass
class _State:
    """Where every point is: the last accepted place, the place being corrected, and the step."""

    accepted: np.ndarray
    tangent: np.ndarray
    at: np.ndarray
    trial: np.ndarray
    target: np.ndarray
    step: np.ndarray
    last: np.ndarray
    first: np.ndarray
    sign: np.ndarray


@dataclass(frozen=True)
class Followed:
    """The end of a path.

    Attributes
    ----------
    logs : ndarray, shape (unknowns, points)
        Logarithms of the unknowns at ``r = 0``.
    arrived : ndarray of bool
    reached : ndarray
        The smallest ``r`` that was accepted.
    sign : ndarray
        Sign of the determinant along the path, zero where it was not followed.
    rounds : int
        Evaluations of the equations.
    """

    logs: np.ndarray
    arrived: np.ndarray
    reached: np.ndarray
    sign: np.ndarray
    rounds: int


def follow(
    linearize: Linearize,
    admissible: Admissible,
    start: np.ndarray,
    length: np.ndarray,
    first_step: float = 2.0,
) -> Followed:
    """Continue solutions from ``r = 1`` to ``r = 0``.

    Parameters
    ----------
    linearize, admissible : callable
    start : ndarray, shape (unknowns, points)
        Logarithms of the unknowns at ``r = 1``, close to the solution; complex on a path into the complex plane.
    length : ndarray, shape (points,)
        Length of the path in the logarithm of the ridge.
    first_step : float
        The first step in it.

    Returns
    -------
    Followed
    """
    count = start.shape[1]
    state = _State(
        accepted=start.copy(), tangent=np.zeros_like(start), at=np.ones(count), trial=start.copy(),
        target=np.where(length > 0, 1.0, 0.0), step=np.full(count, first_step), last=np.full(count, np.inf),
        first=np.zeros(count), sign=np.zeros(count),
    )  # fmt: skip
    arrived, failed, rounds = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool), 0
    active: np.ndarray = np.arange(count)
    with np.errstate(all="ignore"):
        while active.size and rounds < _MOST_ROUNDS:
            rounds += 1
            _round(state, active, linearize, admissible, length, arrived, failed)
            active = active[~(arrived[active] | failed[active])]
    return Followed(state.accepted, arrived, state.at, state.sign, rounds)


def _round(
    state: _State, active: np.ndarray, linearize: Linearize, admissible: Admissible, length: np.ndarray,
    arrived: np.ndarray, failed: np.ndarray,
) -> None:  # fmt: skip
    """One Newton correction at every active point; then accept, go on correcting, or shorten the step."""
    residuals, jacobian, moving = linearize(state.trial[:, active], state.target[active], active)
    found, sign = newton_steps(jacobian, np.stack([-residuals, -moving], axis=1))
    size = np.max(np.abs(found[:, 0]), axis=0)
    fresh, last = np.isinf(state.last[active]), state.last[active]
    state.first[active] = np.where(fresh, size, state.first[active])
    shrinks = size <= np.where(fresh, _REACH, _CONTRACTION * last)
    ends = state.target[active] == 0
    done = shrinks & (size <= np.where(ends, _FINAL, _CLOSE))
    # At the end of the path Newton's steps may stop shrinking because rounding is reached.
    done |= ends & ~shrinks & (size <= _STALLED) & ~fresh
    same = (sign != 0) & ((state.sign[active] == 0) | (sign == state.sign[active]))
    moved = state.trial[:, active] + found[:, 0]
    good = done & same & _consistent(state, active, moved, found[:, 1])
    where = np.flatnonzero(good)
    if where.size:
        good[where] = admissible(moved[:, where], state.target[active[where]], active[where])
    bad = ~good & (done | ~shrinks)
    state.trial[:, active], state.last[active] = moved, size
    _accept(state, active[good], found[:, 1][:, good], sign[good], length, arrived)
    _shorten(state, active[bad], length, failed)


def _consistent(state: _State, at: np.ndarray, moved: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    """Whether both ends of a step tell the same way: the mean of their tangents leads from one to the other.

    A step over a fold, onto another branch, has tangents at its ends that do not know of each other.
    """
    way = moved - state.accepted[:, at]
    mean = (tangent + state.tangent[:, at]) / 2 * (state.target[at] - state.at[at])
    apart = np.max(np.abs((way - mean).astype(complex)), axis=0)
    return (state.sign[at] == 0) | (apart <= _CONSISTENT)


def _accept(
    state: _State,
    at: np.ndarray,
    tangent: np.ndarray,
    sign: np.ndarray,
    length: np.ndarray,
    arrived: np.ndarray,
) -> None:
    state.accepted[:, at], state.tangent[:, at] = state.trial[:, at], tangent
    state.at[at], state.sign[at] = state.target[at], sign
    arrived[at] = state.at[at] == 0
    growth = np.sqrt(_AIM / np.maximum(state.first[at], 1e-12))
    state.step[at] = state.step[at] * np.clip(growth, 0.3, 4.0)
    _predict(state, at[~arrived[at]], length)


def _shorten(state: _State, at: np.ndarray, length: np.ndarray, failed: np.ndarray) -> None:
    state.step[at] = np.minimum(state.step[at], length[at] * state.at[at]) / 4
    # Without an accepted place there is nothing to go back to.
    failed[at] = (state.step[at] < _SHORTEST) | (state.sign[at] == 0)
    _predict(state, at[~failed[at]], length)


def _predict(state: _State, at: np.ndarray, length: np.ndarray) -> None:
    """Along the tangent to the next place."""
    nearer = state.at[at] - state.step[at] / length[at]
    state.target[at] = np.where(nearer <= 1e-3 * state.at[at], 0.0, nearer)
    state.trial[:, at] = state.accepted[:, at] + state.tangent[:, at] * (state.target[at] - state.at[at])
    state.last[at] = np.inf
