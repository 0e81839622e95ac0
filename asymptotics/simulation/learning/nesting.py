"""Sizes that share one draw: the first n inputs and p weights of the largest size, and what they save.

Features are computed once; Gram matrices of growing sizes are sums of which each adds its own part; where only n
changes, one Cholesky factorization serves every n, since the factor of a leading block is the leading block of the
factor.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.simulation.learning.fits import Fit, PathProblem
from asymptotics.simulation.learning.normal_equations import Factorize, cholesky
from asymptotics.simulation.learning.spectral import Training

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Member:
    """One choice of n and p among sizes that share a draw, with its path.

    Attributes
    ----------
    n, p : int
        Number of samples and of features (0 for kernels).
    parameters : tuple
        Ridges, times, or what else training has.
    """

    n: int
    p: int
    parameters: tuple[Any, ...]


def solve_members(
    fit: Fit, members: Sequence[Member], labels: Array, training: Training
) -> Iterator[tuple[Member, Fit, Array]]:
    """Yield every size, in some order, with its part of the draw and its coefficients.

    Parameters
    ----------
    fit : Fit
        The draw at the largest n and p.
    members : sequence of Member
        The sizes.
    labels : ndarray, shape (n, r)
        Labels of all inputs.
    training : Training
        Ridge regression or gradient steps.

    Yields
    ------
    member : Member
    part : Fit
    coefficients : ndarray, shape (len(member.parameters), m, r)
    """
    for member, part, problem in _problems(fit, members):
        yield (
            member,
            part,
            training.solve(problem, part.design, labels[..., : member.n, :], member.parameters),
        )


def _problems(fit: Fit, members: Sequence[Member]) -> Iterator[tuple[Member, Fit, PathProblem]]:
    """Yield the least-squares problem of every size, sharing Gram matrices where features are kept in memory."""
    design = fit.design
    if len(members) == 1 or fit.members > 1 or not isinstance(design, np.ndarray):
        parts = [(member, fit.part(member.n, member.p)) for member in members]
        yield from ((member, part, part.problem()) for member, part in parts)
        return
    if fit.metric is not None:
        yield from _shared_factors(fit, members, fit.metric)
        return
    yield from _wide(fit, design, [member for member in members if member.n < _count(fit, member)])
    yield from _tall(fit, design, [member for member in members if member.n >= _count(fit, member)])


def _count(fit: Fit, member: Member) -> int:
    """The number of features, which a user's map may make more than p."""
    return fit.design.shape[1] * member.p // fit.width


def _wide(fit: Fit, design: Array, members: list[Member]) -> Iterator[tuple[Member, Fit, PathProblem]]:
    """More features than samples: Gram matrices of inputs, which grow with p, one for all n."""
    groups = _grouped(members, lambda member: _count(fit, member))
    sizes = [(count, max(member.n for member in group)) for count, group in groups]
    for (_, group), gram in zip(groups, _growing_grams(design, sizes), strict=True):
        yield from _shared_factors(fit, group, gram * fit.factor(group[0].p) ** 2)


def _tall(fit: Fit, design: Array, members: list[Member]) -> Iterator[tuple[Member, Fit, PathProblem]]:
    """More samples than features: Gram matrices of features, which grow with n, one for all p."""
    groups = _grouped(members, lambda member: member.n)
    sizes = [(n, max(_count(fit, member) for member in group)) for n, group in groups]
    for (_, group), gram in zip(groups, _growing_grams(design.T, sizes), strict=True):
        for member in group:
            part, size = fit.part(member.n, member.p), _count(fit, member)
            yield member, part, part.problem(gram[:size, :size] * fit.factor(member.p) ** 2)


def _grouped(members: list[Member], size: Callable[[Member], int]) -> list[tuple[int, list[Member]]]:
    return [(key, list(group)) for key, group in itertools.groupby(sorted(members, key=size), size)]


def _growing_grams(matrix: Array, sizes: Sequence[tuple[int, int]]) -> Iterator[Array]:
    """Yield ``A A^T`` for leading blocks A of a matrix, given by (columns, rows) with growing columns.

    What is yielded has at least the rows asked for: those that this or a later block needs.
    """
    needed = list(itertools.accumulate(reversed([rows for _, rows in sizes]), max))[::-1]
    done, total = 0, np.zeros((max(needed, default=0),) * 2, matrix.dtype)
    for (columns, _), rows in zip(sizes, needed, strict=True):
        block = matrix[:rows, done:columns]
        total = total[:rows, :rows] + block @ block.T
        done = columns
        yield total


def _shared_factors(
    fit: Fit, members: Sequence[Member], gram: Array
) -> Iterator[tuple[Member, Fit, PathProblem]]:
    """Yield the problems of sizes whose Gram matrices are leading blocks of one, from the largest down."""
    factors = LeadingFactors(gram)
    for member in sorted(members, key=lambda member: member.n, reverse=True):
        part, block = fit.part(member.n, member.p), gram[: member.n, : member.n]
        yield member, part, part.problem(block, factors.leading(member.n) if len(members) > 1 else None)


class LeadingFactors:
    """Cholesky factors of the leading blocks of ``gram + ridge``, each ridge factorized once.

    Parameters
    ----------
    gram : ndarray, shape (m, m)
        Symmetric, positive semidefinite.

    Examples
    --------
    >>> factors = LeadingFactors(np.diag([3.0, 8.0]))
    >>> [factors.leading(n)(1.0).shape for n in (2, 1)]
    [(2, 2), (1, 1)]
    """

    def __init__(self, gram: Array) -> None:
        self.gram = gram
        self._found: dict[float, Array] = {}

    def leading(self, n: int) -> Factorize:
        """The function from a ridge to the factor of the first n rows and columns, or None without one.

        Blocks are asked for from the largest down; where the largest has no factor, a smaller one may.
        """

        def factorize(ridge: float) -> Array | None:
            if ridge not in self._found:
                factor = cholesky(self.gram[:n, :n], ridge)
                if factor is None:
                    return None
                self._found[ridge] = factor
            return self._found[ridge][:n, :n]

        return factorize
