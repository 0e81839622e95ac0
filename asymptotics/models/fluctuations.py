"""What a model's random matrices have beyond the Gaussian ones of its program: declared by the model, asked for by
the next order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["SphereTerms"]


@dataclass(frozen=True)
class SphereTerms:
    r"""Rows, and columns, that are functions of points on a sphere.

    Their norms are fixed; an entry is a function of one coordinate, whose part that is not learned has a fourth
    cumulant; so has the kernel that is learned.

    Parameters
    ----------
    d : int
        Dimension of the sphere.
    degrees : tuple of int
        Degree of every level that a measure in double precision resolves.
    rows : str
        The matrix of the program whose rows are points on the sphere.
    columns : str
        The one whose columns are; empty for a kernel, which has infinitely many features.
    activation : Activation or None
        The function of one coordinate; None for a kernel.

    Notes
    -----
    Assumed, with numerical evidence: derived by counting powers, see ``docs/theory/next_order.md``.
    """

    d: int
    degrees: tuple[int, ...]
    rows: str
    columns: str = ""
    activation: Any = None
