r"""The parts of the test error along training: sums over pairs of ridges.

A trained predictor is a sum of ridge predictors over nodes, so that every part is the same sum of that part of pairs of
ridges. The forms of :mod:`asymptotics.ensembles.forms` hold for two different ridges, real or complex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from asymptotics.dynamics.cross import BOTH, ETA, GAMMA, HALF, INV_N, INV_P, LEFT, ONE, OTHER
from asymptotics.dynamics.evaluate import Trained, pieces, read_trained, rows_of_nodes
from asymptotics.dynamics.general import general_edge
from asymptotics.dynamics.levels import Levels
from asymptotics.dynamics.nodes import Nodes
from asymptotics.dynamics.path import Problem, Solution, edge, solve_nodes
from asymptotics.dynamics.spectral import problem_of
from asymptotics.ensembles.forms import PARTS, part_program
from asymptotics.ensembles.in_time_general import general_sums
from asymptotics.ensembles.pairs import Pair, features_of, require_width, spectrum_of
from asymptotics.ensembles.parts import NAMES, parts_of, request_parts
from asymptotics.lowering.arithmetic import Float64
from asymptotics.prediction.plans import Piece
from asymptotics.solvers.solution import Status

__all__ = ["pair_sums", "trained_parts"]

_ARITHMETIC = Float64()
_CELLS = 400_000

Table = dict[str, np.ndarray]
Read = Callable[[Pair, Any, Any], Table]


def trained_parts(model: Any, regime: Any, training: Any) -> Mapping[str, Any]:
    """Where the test error of a trained predictor comes from.

    Parameters
    ----------
    model, regime
        As in :func:`asymptotics.predict`.
    training : Training
        Gradient flow, descent, or any other method; its parameters may be arrays.

    Returns
    -------
    mapping str -> float or ndarray
        As :func:`asymptotics.ensembles.parts.parts`; NaN where a point could not be solved.

    Raises
    ------
    InputError
        If the model has no program that says what is drawn with the features.

    Examples
    --------
    >>> import asymptotics as asy
    >>> from asymptotics.dynamics.filters import GradientFlow
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> found = trained_parts(model, asy.Proportional(psi1=2, psi2=3), GradientFlow(time=[1.0, 100.0]))
    >>> bool(found["features"][1] > found["features"][0] > 0)
    True
    """
    asked = read_trained(model, regime, training)
    request = asked.request

    def read(pair: Pair, noise: Any, slacks: Any) -> Table:
        return parts_of(pair, noise)

    columns, left = pair_sums(asked, NAMES, read)
    _ended(asked, np.flatnonzero(left), columns)
    shape = request.shape
    return {name: value.reshape(shape) if shape else value.item() for name, value in columns.items()}


def pair_sums(
    asked: Trained, names: Iterable[str], read: Read, width: float = 1.0
) -> tuple[Table, np.ndarray]:
    """Sums over pairs of ridges of quantities of two predictors.

    Parameters
    ----------
    asked : Trained
    names : iterable of str
        What is summed; NaN where a point could not be solved, or its equations do not say.
    read : callable
        From a pair, the noise, and the slacks of the samples of both (None if not known) to what is summed.
    width : float
        As for :func:`asymptotics.ensembles.pairs.members`.

    Returns
    -------
    columns : dict
    ended : ndarray of bool
        Points where training has come to an end, which are left out.

    Raises
    ------
    InputError
        If a step size is beyond the edge of stability.
    """
    request = asked.request
    columns = {name: np.full(request.count, np.nan) for name in names}
    left = np.ones(request.count, dtype=bool)
    for piece, where, values in pieces(asked):
        left[where] = False
        level = spectrum_of(piece.chart)
        if level is None:
            require_width(request.model, width)
            _by_copies(asked, piece, where, values, columns, read)
            continue
        samples, features = features_of(piece.chart, level, request, where)
        problem = problem_of(level.levels(piece.data, _ARITHMETIC), samples, features)
        given = np.ones_like(samples) if asked.training.per_sample else samples
        bound = given * edge(problem) if asked.training.needs_edge else given
        for nodes, at in zip(*rows_of_nodes(asked.training, values, bound[:, None]), strict=True):
            scaled = Nodes(nodes.ridge / given[at][:, None], nodes.weight)
            found = _rows(problem.take(at), scaled, 1 / samples[at], width / features[at], read, width)
            for name, value in found.items():
                columns[name][where[at]] = value
    return columns, left


def _by_copies(
    asked: Trained, piece: Piece, where: np.ndarray, values: Table, columns: Table, read: Read
) -> None:
    """Points of a model that is not on one spectrum."""
    request, training = asked.request, asked.training
    theory, sizes = request.model.theory, {s.name: request.sizes[s.name][where] for s in piece.chart.sizes}
    samples = request.sizes[theory.samples][where]
    bound = np.ones_like(samples) if training.per_sample else samples
    if training.needs_edge:
        bound = general_edge(piece.chart, sizes, piece.data, samples)
    for nodes, at in zip(*rows_of_nodes(training, values, bound[:, None]), strict=True):
        scale = samples[at] if training.per_sample else np.ones(at.size)
        found = general_sums(
            theory, {k: v[where[at]] for k, v in request.sizes.items()}, piece.data, nodes, scale, read
        )
        for name, value in found.items():
            columns[name][where[at]] = value


def _ended(asked: Trained, where: np.ndarray, columns: Table) -> None:
    """Points where training has come to an end: parts of the ridge predictor it has come to."""
    if not where.size:
        return
    values = {name: value[where][:, None] for name, value in asked.values.items()}
    ridge = asked.training.converged(values) if values else None
    reached = np.zeros(where.size) if ridge is None else np.nan_to_num(np.ravel(ridge))
    for name, value in request_parts(asked.request.at(where, reached)).items():
        columns[name][where] = value


def _rows(
    problem: Problem, nodes: Nodes, inv_n: np.ndarray, inv_p: np.ndarray, read: Read, width: float
) -> Table:
    """Sums for a filter, row by row, in blocks that fit the cache."""
    rows, count = nodes.ridge.shape
    block = max(1, _CELLS // (count * max(count, problem.levels.eigenvalues.size)))
    found: dict[str, list[np.ndarray]] = {}
    for begin in range(0, rows, block):
        at = slice(begin, begin + block)
        part = problem.take(at)
        solution = solve_nodes(part, nodes.ridge[at])
        total: Table = {}
        for mate in (np.asarray, np.conj):
            pair = _pairs(part.levels, solution, mate, inv_n[at], inv_p[at], width)
            slacks = solution.gamma[:, :, None], mate(solution.gamma)[:, None, :]
            second = mate(nodes.weight[at])
            for name, value in read(pair, part.levels.noise, slacks).items():
                total[name] = total.get(name, 0.0) + np.real(_sum(nodes.weight[at], value, second)) / 2
        lost = solution.status != Status.SOLVED
        for name, value in total.items():
            found.setdefault(name, []).append(np.where(lost, np.nan, value))
    return {name: np.concatenate(values) for name, values in found.items()}


def _sum(first: np.ndarray, value: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.einsum("ri,rij,rj->r", first, np.broadcast_to(value, (*first.shape, second.shape[1])), second)


def _pairs(
    levels: Levels, solution: Solution, mate: Any, inv_n: np.ndarray, inv_p: np.ndarray, width: float
) -> Pair:
    """Pairs of nodes, the second of each as it is or conjugate; shape (rows, nodes, nodes)."""
    s, m, b = levels.eigenvalues, levels.multiplicities, levels.powers
    nu = solution.nu
    with np.errstate(all="ignore"):
        out = nu[..., None] / (s + nu[..., None])
        into = s / (s + nu[..., None])
        other_out, other_into = (np.swapaxes(mate(part), 1, 2) for part in (out, into))
        inside = {
            BOTH: (m * into) @ other_into,
            ONE: (m * out) @ other_into + (levels.trace / mate(nu))[:, None, :],
            OTHER: (m * into) @ other_out + (levels.trace / nu)[:, :, None],
            LEFT: (b * out) @ other_out + levels.power,
            HALF: (b * into) @ other_out,
            GAMMA[0]: solution.gamma[:, :, None],
            ETA[1]: (1 - width) + width * mate(solution.eta)[:, None, :],
            INV_N: inv_n[:, None, None],
            INV_P: inv_p[:, None, None],
        }
        found = part_program()({key.name: value for key, value in inside.items()}, _ARITHMETIC)
    return Pair(**{name: found[name] for name in PARTS})
