"""A formula of one coordinate under rigorous quadrature: a source of powers, and a check on what is only sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.rigorous_quadrature import integrate
from asymptotics.functions.formulas.bounds import Growth, growth
from asymptotics.functions.formulas.branches import branch
from asymptotics.functions.formulas.enclosures import arb, ball, whole_power, working_precision
from asymptotics.functions.formulas.evaluation import FormulaArithmetic, evaluate
from asymptotics.functions.formulas.nodes import Node
from asymptotics.functions.formulas.pieces import find_kinks

__all__ = ["OfCoordinate", "by_rigorous_quadrature", "steps_over"]


@dataclass(frozen=True)
class OfCoordinate:
    """A formula in the coordinate t, as the rigorous quadrature takes it.

    Parameters
    ----------
    node : Node
        The formula.

    Examples
    --------
    >>> import math
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> OfCoordinate(parse_formula("relu(x - 1)").node).kinks()
    [1.00000000000000]
    """

    node: Node

    def __call__(self, s: Any, t: Any, arithmetic: FormulaArithmetic) -> Any:
        """Value at the coordinate."""
        return evaluate(self.node, t, arithmetic)

    def near(self, t: arb) -> OfCoordinate:
        """The branch that holds between the kinks around a coordinate."""
        return OfCoordinate(branch(self.node, t))

    def kinks(self) -> list[arb]:
        """Coordinates of the kinks that are known exactly."""
        return [ball(place) for place in find_kinks(self.node)[0]]

    def growth(self) -> Growth | None:
        """A bound, if one can be read off the formula."""
        return growth(self.node)


def by_rigorous_quadrature(
    node: Node, d: int | float, degrees: int
) -> Callable[[int], tuple[list[arb], arb]]:
    """Powers of a formula and their total, with a proof, at any precision.

    Parameters
    ----------
    node : Node
        The formula.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree.

    Examples
    --------
    >>> import math
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> powers, total = by_rigorous_quadrature(parse_formula("x").node, math.inf, 1)(60)
    >>> powers[1].contains(1), total.contains(1)
    (True, True)
    """

    def source(bits: int) -> tuple[list[arb], arb]:
        coefficients, total = integrate(OfCoordinate(node), d, degrees, bits)
        with working_precision(2 * bits):
            return [c * c for c in coefficients], total

    return source


def steps_over(node: Node, d: int | float, bits: int, total: arb) -> bool:
    """Whether a mean square found by sampling is proved to be wrong: the formula has structure between the samples.

    Parameters
    ----------
    node : Node
        The formula.
    d : int or math.inf
        Dimension.
    bits : int
        Accuracy of the check, relative to the mean square.
    total : arb
        The mean square found.

    Returns
    -------
    bool
        False also where nothing can be proved about the formula.

    Examples
    --------
    >>> import math
    >>> from asymptotics.functions.formulas.grammar import parse_formula
    >>> node = parse_formula("x + exp(-1e10*(x - 0.777)**2)").node
    >>> steps_over(node, math.inf, 60, arb(1)), steps_over(parse_formula("x").node, math.inf, 60, arb(1))
    (True, False)
    """
    proved = _mean_square(node, d, bits)
    if proved is None:
        return False
    with working_precision(2 * bits):
        slack = abs(proved) * whole_power(arb(2), -bits)
        return not arb(proved.mid(), (proved.rad() + slack).upper()).overlaps(total)


@lru_cache(maxsize=512)
def _mean_square(node: Node, d: int | float, bits: int) -> arb | None:
    """The mean square with a proof, or nothing where kinks are not known exactly or no bound is found."""
    if find_kinks(node)[1]:
        return None
    try:
        return integrate(OfCoordinate(node), d, 0, bits)[1]
    except PrecisionError:
        return None
