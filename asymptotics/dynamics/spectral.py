"""Trained risk on one spectrum: sums over pairs of ridges, whole arrays at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from asymptotics.dynamics.cross import (
    BOTH,
    ETA,
    GAMMA,
    HALF,
    INV_N,
    INV_P,
    LEFT,
    NU,
    ONE,
    OTHER,
    REST,
    crossed,
    risk_of,
)
from asymptotics.dynamics.levels import Levels
from asymptotics.dynamics.nodes import Nodes
from asymptotics.dynamics.path import Problem, Solution, solve_nodes
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.components import RiskValues
from asymptotics.models.coordinates import NOISE
from asymptotics.solvers.solution import Status

_ARITHMETIC = Float64()
CELLS = 20_000
"""Complex numbers in one array: what fits the cache."""
_FEW_LEVELS, _TRUNCATION = 3, 1e-12

Columns = dict[str, Any]


def problem_of(
    levels: Levels, samples: np.ndarray, features: np.ndarray, truncation: tuple[float, int] = (0.0, 0)
) -> Problem:
    """A spectrum at sizes, either of which may be infinite (not both).

    Parameters
    ----------
    levels : Levels
        Eigenvalues with multiplicities and powers.
    samples : ndarray
        For each point.
    features : ndarray
        For each point.
    truncation : tuple[float, int]
        Size of what is left out, and number of levels.
    """
    small, large = np.minimum(samples, features), np.maximum(samples, features)
    arrays = [
        np.asarray(part, dtype=float) for part in (levels.eigenvalues, levels.multiplicities, levels.powers)
    ]
    plain = Levels(
        arrays[0], arrays[1], arrays[2], float(levels.trace), float(levels.power), float(levels.noise)
    )
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isinf(large), 1.0, (large - small) / large)
    return Problem(plain, small, small / large, gap, samples <= features, truncation)


def trained_columns(
    problem: Problem, nodes: Nodes, samples: np.ndarray, features: np.ndarray
) -> tuple[Columns, np.ndarray]:
    """Components of the risk of a filter, row by row, with status.

    Parameters
    ----------
    problem : Problem
    nodes : Nodes
        Of the filter in every row, with ridges per sample.
    samples, features : ndarray, shape (rows,)
    """
    rows, count = nodes.ridge.shape
    levels = problem.levels.eigenvalues.size
    solved = max(1, CELLS // max(count, levels))
    summed = max(1, CELLS // (count * max(count, levels)))
    parts, status = [], np.empty(rows, dtype=np.int8)
    for begin in range(0, rows, solved):
        block = slice(begin, begin + solved)
        solution = solve_nodes(problem.take(block), nodes.ridge[block])
        status[block] = _flagged(problem, solution)
        for start in range(begin, min(begin + solved, rows), summed):
            at = slice(start, min(start + summed, begin + solved))
            part = Nodes(nodes.ridge[at], nodes.weight[at])
            own = solution.take(slice(start - begin, at.stop - begin))
            parts.append(_sums(problem.take(at), part, own, samples[at], features[at]))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, status


def _flagged(problem: Problem, solution: Solution) -> np.ndarray:
    """Status, with points marked that feel degrees which are not resolved."""
    size, order = problem.truncation
    if size == 0:
        return solution.status
    with np.errstate(all="ignore"):
        freedom, _ = problem.freedom(solution.nu)
        error = np.max((size / np.abs(solution.nu)) ** order / np.abs(freedom), axis=1)
    marked = (solution.status == Status.SOLVED) & (error > _TRUNCATION)
    return np.where(marked, Status.ILL_CONDITIONED, solution.status).astype(np.int8)


def _sums(
    problem: Problem, nodes: Nodes, solution: Solution, samples: np.ndarray, features: np.ndarray
) -> Columns:
    """Sums over pairs of nodes and their conjugates; each pair once."""
    weight, total = nodes.weight, []
    noise, gamma = problem.levels.noise, solution.gamma
    first, second = np.triu_indices(weight.shape[1])
    twice = np.where(first == second, 0.5, 1.0)
    with np.errstate(all="ignore"):
        for mate in (np.asarray, np.conj):
            forms, below = _pairs(problem.levels, solution, mate, (first, second), 1 / samples, 1 / features)
            # A node on a cut, to rounding, and its mirror image: their weights are far below rounding.
            share = twice * weight[:, first] * mate(weight)[:, second] / np.where(below == 0, 1.0, below)
            fitted = share * gamma[:, first] * mate(gamma)[:, second]
            labels = forms.bias + noise * (forms.variance + below)
            summed = forms.mapped(partial(_real_sum, share))
            total.append(replace(summed, train=_real_sum(fitted, labels)))
        freedom, _ = problem.freedom(solution.nu)
    found = risk_of(total[0] + total[1], noise, 1 / samples, 1 / features)
    return {**found, "degrees_of_freedom": np.real(np.sum(weight * freedom, axis=1))}


def _pairs(
    levels: Levels, solution: Solution, mate: Any, pairs: tuple[np.ndarray, np.ndarray], inv_n: np.ndarray,
    inv_p: np.ndarray,
) -> tuple[RiskValues, np.ndarray]:  # fmt: skip
    """The forms of pairs of nodes, shape (rows, pairs); of the second of each its ``mate``, itself or conjugate."""
    first, second = pairs
    nu, gamma, eta = solution.nu, solution.gamma, mate(solution.eta)
    nu_b = mate(nu)
    averages, rest = _averages(levels, nu, mate, pairs)
    inside = averages | {
        REST: rest[:, second],
        NU[0]: nu[:, first],
        NU[1]: nu_b[:, second],
        GAMMA[0]: gamma[:, first],
        ETA[1]: eta[:, second],
        INV_N: inv_n[:, None],
        INV_P: inv_p[:, None],
        NOISE: levels.noise,
    }
    if levels.trace != 0:
        inside[ONE] = inside[ONE] + (levels.trace / nu_b)[:, second]
        inside[OTHER] = inside[OTHER] + (levels.trace / nu)[:, first]
    inside[LEFT] = inside[LEFT] + levels.power
    return crossed(inside, _ARITHMETIC)


def _averages(
    levels: Levels, nu: np.ndarray, mate: Any, pairs: tuple[np.ndarray, np.ndarray]
) -> tuple[dict[sp.Symbol, Any], np.ndarray]:
    """Averages with two poles, without what lies above the levels, and the minimum at the second ridges."""
    first, second = pairs
    s, m, b = levels.eigenvalues, levels.multiplicities, levels.powers
    if s.size <= _FEW_LEVELS:
        table: dict[sp.Symbol, Any] = dict.fromkeys((BOTH, ONE, OTHER, LEFT, HALF), 0.0)
        rest = np.full(nu.shape, levels.power + 0j)
        for k in range(s.size):
            inverse = 1 / (s[k] + nu)
            out, into = nu * inverse, s[k] * inverse
            rest = rest + b[k] * mate(out)
            out_a, into_a, out_b, into_b = (
                out[:, first],
                into[:, first],
                mate(out)[:, second],
                mate(into)[:, second],
            )
            terms = {BOTH: (m[k], into_a, into_b), ONE: (m[k], out_a, into_b), OTHER: (m[k], into_a, out_b)}
            terms |= {LEFT: (b[k], out_a, out_b), HALF: (b[k], into_a, out_b)}
            for name, (weight, one, two) in terms.items():
                if weight != 0:
                    table[name] = table[name] + weight * (one * two)
        return table, rest
    inverse = 1 / (s + nu[..., None])
    out, into = nu[..., None] * inverse, s * inverse
    columns = np.swapaxes(mate(np.concatenate([out, into], axis=-1)), 1, 2)
    out_b, into_b = columns[:, : s.size], columns[:, s.size :]
    products = {
        BOTH: (m * into) @ into_b,
        ONE: (m * out) @ into_b,
        OTHER: (m * into) @ out_b,
        LEFT: (b * out) @ out_b,
        HALF: (b * into) @ out_b,
    }
    table = {name: value[:, first, second] for name, value in products.items()}
    return table, b @ out_b + levels.power


def _real_sum(share: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Real part of the sum over pairs of products."""
    rows = share.shape[0]
    one, two = share.reshape(rows, 1, -1), np.broadcast_to(value, share.shape).reshape(rows, -1, 1)
    return np.real(one @ two)[:, 0, 0]
