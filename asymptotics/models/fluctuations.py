"""What a model's random matrices have beyond the Gaussian ones of its program: declared by the model, asked for by
the next order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn

from asymptotics.errors import InputError

__all__ = ["SphereTerms", "refuse_next_order"]


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
    inputs : tuple of str
        Laws of the inputs that have a next order: the sphere, and those that are it but for a chi-squared radius.
    free_radius : bool
        Whether rows have such a radius.

    Notes
    -----
    Assumed, with numerical evidence: derived by counting powers, see ``docs/theory/next_order.md``.
    """

    d: int
    degrees: tuple[int, ...]
    rows: str
    columns: str = ""
    activation: Any = None
    inputs: tuple[str, ...] = ("sphere",)
    free_radius: bool = False

    def under(self, inputs: str | None) -> SphereTerms:
        """The terms for a law of the inputs; None for the sphere.

        Raises
        ------
        InputError
            If the next order is not known for the law.

        Examples
        --------
        >>> SphereTerms(20, (1,), "A", inputs=("sphere", "gaussian")).under("gaussian").free_radius
        True
        """
        if inputs is None or inputs == self.inputs[0]:
            return self
        if inputs not in self.inputs:
            allowed = " or ".join(map(repr, self.inputs))
            raise InputError(
                "inputs",
                inputs,
                allowed,
                "the next order is not known for others; at order 0 all are the same",
            )
        return replace(self, free_radius=True)


def refuse_next_order(model: Any) -> NoReturn:
    """Say that what a model's features have beyond Gaussian ones is not known.

    Raises
    ------
    InputError
        Always.
    """
    raise InputError("order", 1, f"0 for {model}", "its terms beyond Gaussian ones are not known")
