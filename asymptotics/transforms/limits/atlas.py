r"""The atlas of scaling regimes: which limit holds at :math:`p \sim d^{\kappa_1}`, :math:`n \sim d^{\kappa_2}`.

Nothing is listed here. The limit at a point is found by dominant balance, and the comparisons of exponents it rests
on say how far it reaches; walking across the borders of each cell to the next one covers the whole quadrant.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, InputError
from asymptotics.transforms.limits.cells import Cell
from asymptotics.transforms.limits.growth import SeparatedLevels, fraction, polynomial_levels
from asymptotics.transforms.limits.polygons import Point, area, as_mapping, inner_point, polygon
from asymptotics.transforms.limits.take_limit import Limit, take_limit
from asymptotics.transforms.limits.uniqueness import UniqueBalance, unique_over

KAPPA1, KAPPA2 = symbol("kappa1"), symbol("kappa2")
THETA1, THETA2 = symbol("theta1"), symbol("theta2")
FEATURES, SAMPLES, RIDGE = symbol("p"), symbol("n"), symbol("lam")
_MOST_EXTRA = 3


@dataclass(frozen=True)
class ScalingRegime:
    """One cell of the atlas with its limit.

    Attributes
    ----------
    cell : Cell
        The exponents at which this limit holds.
    limit : Limit
        Taken with symbolic exponents ``kappa1``, ``kappa2`` at a point of the cell.
    point, inner : pair of Fraction or math.inf
        The point asked for, and the one at which the limit was taken: for an infinite exponent any large one.
    learned, partly_learned, noise : tuple of int
        Degrees resolved one by one, by their fate; every higher degree is noise.
    unique : UniqueBalance
        Proof that the balance is the only one everywhere in the cell.
    limited_by : str
        ``samples``, ``features``, ``both`` or ``ridge``: which sizes determine the effective ridge.
    """

    cell: Cell
    limit: Limit
    point: tuple[Fraction | float, Fraction | float]
    inner: tuple[Fraction, Fraction]
    learned: tuple[int, ...]
    partly_learned: tuple[int, ...]
    noise: tuple[int, ...]
    limited_by: str
    unique: UniqueBalance

    @property
    def dimension(self) -> int:
        """Two for an open cell, one for a critical line, zero for a corner."""
        return 2 - len(self.cell.equalities)

    @property
    def system(self) -> FixedPointSystem:
        """The limit system."""
        return self.limit.system

    def __repr__(self) -> str:
        return f"<ScalingRegime\n{self}>"

    def _repr_latex_(self) -> str:
        return self.system._repr_latex_()

    def __str__(self) -> str:
        def shown(degrees: Sequence[int]) -> str:
            return ", ".join(map(str, degrees)) if degrees else "none"

        rest = f"{max((*self.learned, *self.partly_learned, *self.noise)) + 1} and above"
        noise = ", ".join([*map(str, self.noise), rest])
        return "\n".join(
            [
                f"cell: {self.cell}",
                f"limited by: {self.limited_by}",
                f"degrees learned: {shown(self.learned)}; partly learned: {shown(self.partly_learned)}; "
                f"noise: {noise}",
                *(f"  {equation}" for equation in self.system.equations),
                *(f"  {d}" for d in self.system.definitions),
                *(f"  {o}" for o in self.system.observables if o.name in ("test", "bias", "variance")),
            ]
        )


def _exponent(name: str, value: Any) -> Fraction | float:
    if isinstance(value, float) and value == math.inf:
        return value
    exact = fraction(value)
    if exact <= 0:
        raise InputError(name, value, "a positive exact rational number, or math.inf")
    return exact


def atlas(
    system: FixedPointSystem,
    kappa1: Any,
    kappa2: Any,
    *,
    ridge: Any = 0,
    vanishing: Iterable[int] = (),
    highest: int | None = None,
    conditions: Sequence[sp.Expr] = (),
    observables: Sequence[str] = ("test",),
    degeneracy: int = 0,
) -> ScalingRegime:
    r"""The cell of scaling exponents around a point, and the limit that holds on it.

    Parameters
    ----------
    system : FixedPointSystem
        Deterministic equivalent in the sizes ``p`` and ``n`` (or ``n`` alone) and the ridge ``lam``.
    kappa1, kappa2 : rational or math.inf
        :math:`p = \theta_1 d^{\kappa_1}`, :math:`n = \theta_2 d^{\kappa_2}`; not both infinite.
    ridge : rational
        Exponent of the ridge, :math:`\lambda \sim d^\rho`.
    vanishing : iterable of int
        Degrees in which the activation has no component.
    highest : int, optional
        The last degree in which it has one, if there is a last one.
    conditions : sequence of sympy.Expr
        Combinations of ``theta1``, ``theta2`` known to be positive (needed where ``kappa1 = kappa2`` and the ridge
        vanishes: ``theta1 - theta2`` or its negative).
    observables : sequence of str
        Observables whose limit has to be the same throughout the cell.
    degeneracy : int
        Power of the dimension by which there are fewer eigenfunctions, see
        :func:`~asymptotics.transforms.limits.growth.polynomial_levels`.

    Returns
    -------
    ScalingRegime

    Raises
    ------
    InputError
        If an exponent is not positive, or not an exact rational.
    DerivationError
        If no balance, or more than one, is consistent.
    CertificateError
        If another balance is possible elsewhere in the cell.

    Examples
    --------
    >>> from asymptotics.models.random_features_equations import equivalent
    >>> regime = atlas(equivalent(), 3, 2)
    >>> print(regime.cell)
    kappa2 - 2 = 0, kappa1 - 2 > 0
    >>> regime.learned, regime.partly_learned, regime.limited_by
    ((0, 1), (2,), 'samples')
    """
    point = (_exponent("kappa1", kappa1), _exponent("kappa2", kappa2))
    sizes = [value for value in point if value != math.inf]
    if not sizes:
        raise InputError("kappa1, kappa2", point, "at most one infinite exponent")
    rho = fraction(ridge)
    # An infinite exponent is any one beyond everything else; the cell tells that it may grow without bound.
    beyond = 2 * max(sizes) + abs(rho) + 2 + _MOST_EXTRA
    finite = [beyond if value == math.inf else value for value in point]
    least = max(1, math.ceil(min(sizes))) + degeneracy
    for last in range(least, least + _MOST_EXTRA + 1):
        absent = [k for k in vanishing if k <= last]
        # Where a size meets the number of levels, what lies above them decides: a tail, of power zero at the end.
        for rest in (False, True) if highest is not None and highest <= last else (True,):
            try:
                levels = polynomial_levels(last, absent, rest=rest, degeneracy=degeneracy)
                limit = _limit(system, finite, rho, levels, conditions)
            except DerivationError as error:
                reason = error
            else:
                break
        else:
            # The leading order may lie in the tail: resolve one more degree.
            if last == least + _MOST_EXTRA:
                raise reason
            continue
        break
    found = limit.cell(*(name for name in observables if name in limit.observables))
    for value, name in zip(point, (KAPPA1, KAPPA2), strict=True):
        if value == math.inf and not _unbounded(found, name):
            raise DerivationError(f"the limit at {name} = {beyond} does not extend to infinity: {found}")
    return _regime(limit, found, point, (finite[0], finite[1]))


def _limit(
    system: FixedPointSystem, point: Sequence[Any], rho: Fraction, levels: SeparatedLevels,
    conditions: Sequence[sp.Expr],
) -> Limit:  # fmt: skip
    names = set(system.parameter_symbols())
    growth: dict[sp.Symbol, Any] = {SAMPLES: (THETA2, KAPPA2)}
    if FEATURES in names:
        growth[FEATURES] = (THETA1, KAPPA1)
    if rho:
        growth[RIDGE] = (RIDGE, sp.Rational(rho.numerator, rho.denominator))
    values = {KAPPA1: _rational(point[0]), KAPPA2: _rational(point[1])}
    return take_limit(system, growth, levels, point=values, conditions=conditions)


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _unbounded(cell: Cell, name: sp.Symbol) -> bool:
    """Whether a cell extends to infinity in one exponent."""
    flat = all(form.coefficient(name) == 0 for form in cell.equalities)
    return flat and all(form.coefficient(name) >= 0 for form in cell.inequalities)


def _regime(limit: Limit, cell: Cell, point: tuple[Any, Any], inner: tuple[Any, Any]) -> ScalingRegime:
    degrees = {
        fate: tuple(int(name.removeprefix("degree ")) for name in names if name.startswith("degree "))
        for fate, names in limit.order.items()
    }
    return ScalingRegime(
        cell=cell,
        limit=limit,
        point=point,
        inner=inner,
        learned=degrees["learned"],
        partly_learned=degrees["partly learned"],
        noise=degrees["noise"],
        limited_by=_limited_by(limit),
        unique=unique_over(limit.problem, limit.solution, cell),
    )


def _limited_by(limit: Limit) -> str:
    """Sizes in the equations that hold the effective ridge or its averages."""
    system = limit.system
    moving = {d.symbol for d in system.definitions} | {symbol("nu")}
    text: set[str] = set()
    coupled = [e.residual for e in system.equations if e.residual.free_symbols & moving]
    averaged = [r for r in coupled if r.free_symbols & {d.symbol for d in system.definitions}]
    for residual in averaged or coupled:
        names = residual.free_symbols
        text |= {"samples"} if THETA2 in names else set()
        text |= {"features"} if THETA1 in names else set()
    if not averaged:
        return "ridge"
    return "both" if len(text) == 2 else next(iter(text), "ridge")


def regimes(
    system: FixedPointSystem, largest: Any, **options: Any
) -> tuple[tuple[ScalingRegime, tuple[Point, ...]], ...]:
    r"""Every regime with :math:`0 < \kappa_1, \kappa_2 < K`: open cells, critical lines and corners.

    Parameters
    ----------
    system : FixedPointSystem
    largest : rational
        The bound K.
    **options
        As for :func:`atlas`.

    Returns
    -------
    tuple of (ScalingRegime, corners)
        Each with its polygon, segment or point inside the box, by decreasing dimension.

    Raises
    ------
    DerivationError
        If the open cells found do not fill the box exactly.

    Examples
    --------
    >>> from asymptotics.models.random_features_equations import equivalent
    >>> for regime, corners in regimes(equivalent(), 1):
    ...     print(regime.dimension, regime.cell)
    2 -kappa1 + kappa2 > 0, 1 - kappa1 > 0, kappa1 > 0
    2 1 - kappa2 > 0, kappa1 - kappa2 > 0, kappa2 > 0
    1 kappa1 - kappa2 = 0, 1 - kappa2 > 0, kappa2 > 0
    """
    top = fraction(largest)
    box = ((Fraction(0), Fraction(0)), (top, top))
    axes = (KAPPA1, KAPPA2)
    found: list[tuple[ScalingRegime, tuple[Point, ...]]] = []
    waiting: list[Point] = [(top * Fraction(2, 7), top * Fraction(3, 7))]
    while waiting:
        point = waiting.pop()
        inside = all(0 < value < top for value in point)
        if not inside or any(r.cell.contains(as_mapping(axes, point)) for r, _ in found):
            continue
        regime = atlas(system, *(_rational(value) for value in point), **options)
        corners = polygon(regime.cell, axes, box)
        found.append((regime, corners))
        waiting += _around(corners, top)
    covered = sum((area(corners) for _, corners in found), Fraction(0))
    if covered != top * top:
        raise DerivationError(f"the cells found cover {covered} of the area {top * top}")
    found.sort(key=lambda pair: (-pair[0].dimension, inner_point(pair[1])))
    return tuple(found)


def _around(corners: Sequence[Point], top: Fraction) -> Iterator[Point]:
    """Points to look at next: corners, middles of sides, and points just beyond each side."""
    yield inner_point(corners)
    yield from corners
    step = top / 1000
    for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
        middle = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
        yield middle
        for sign in (1, -1):
            along = (there[0] - here[0], there[1] - here[1])
            length = max(abs(along[0]), abs(along[1])) or Fraction(1)
            yield (middle[0] - sign * step * along[1] / length, middle[1] + sign * step * along[0] / length)
