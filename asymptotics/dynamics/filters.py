"""Training without steps: gradient flow, ridge regression repeated, a cut of the spectrum, any filter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from asymptotics.dynamics.contours import PER_DIGIT, SHORT, Contour, along_circle, along_talbot
from asymptotics.dynamics.nodes import Nodes, circle, double_exponential, graded, normalised, talbot
from asymptotics.dynamics.rational import approximation_poles
from asymptotics.dynamics.training import FAR, FEW, Training, Values, checked, not_whole
from asymptotics.errors import InputError
from asymptotics.printing import Printed

__all__ = ["GradientFlow", "IteratedRidge", "PrincipalComponents", "SpectralFilter"]

_CUT_NODES = 72
_ENORMOUS = 1e100
_TOLERANCE = 1e-10
_AROUND = np.geomspace(0.01, 100.0, 40)


@dataclass(frozen=True, eq=False)
class GradientFlow(Training):
    r"""Gradient flow :math:`\dot a = -Z^T(Za - y) - \delta a` from zero.

    Parameters
    ----------
    time : number or array
        Nonnegative; ``math.inf`` is ridge regression.
    ridge : number or array
        :math:`\delta`.
    time_per_sample : number or array
        Time times the number of samples, in place of ``time``: the only meaningful one for infinitely many samples.
        The ridge is then one per sample as well.

    Raises
    ------
    InputError
        If one is negative, or not exactly one time is given.

    References
    ----------
    docs/theory/dynamics.md; AliKolterTibshirani2019.

    Examples
    --------
    >>> GradientFlow(time=2.0).filter([0.0, 1.0]).round(6).tolist()
    [1.0, 0.135335]
    """

    time: Any = None
    ridge: Any = 0.0
    time_per_sample: Any = None
    method: ClassVar[str] = "gradient flow"

    def __post_init__(self) -> None:
        if (self.time is None) == (self.time_per_sample is None):
            raise InputError("time", self.time, "exactly one of time and time_per_sample")
        for name in ("time", "ridge", "time_per_sample"):
            if getattr(self, name) is not None:
                checked(name, getattr(self, name), "a number >= 0", lambda a: a < 0)

    @property
    def per_sample(self) -> bool:  # type: ignore[override]
        """Whether time was given per sample."""
        return self.time is None

    @property
    def shown(self) -> tuple[str, ...]:
        """The time, and the ridge if there is one."""
        return tuple(name for name, value in self.parameters.items() if name != "ridge" or np.any(value != 0))

    def _time(self, values: Values) -> np.ndarray:
        return values["time_per_sample" if self.per_sample else "time"]

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """Talbot's contour, divided by the time and moved by the ridge."""
        time, ridge = np.maximum(self._time(values), 1 / (FAR * edge)), values["ridge"]
        return normalised(talbot(lambda z: (z / time + ridge, 1 / z), time))

    def contour(self, values: dict[str, Any], count: int, context: Any) -> Contour:
        """Talbot's contour."""
        time, ridge = values["time_per_sample" if self.per_sample else "time"], values["ridge"]
        return Contour.of(along_talbot(lambda z, w: (z / time + ridge, w / z), count, context), context)

    def converged(self, values: Values) -> np.ndarray | None:
        """The ridge, where time is infinite."""
        return np.where(np.isinf(self._time(values)), values["ridge"], np.nan).ravel()

    def like_ridge(self, values: Values) -> Any:
        """One over the time, and the ridge."""
        with np.errstate(divide="ignore"):
            return np.minimum(1 / self._time(values), _ENORMOUS) + values["ridge"]


@dataclass(frozen=True, eq=False)
class IteratedRidge(Training):
    r"""Ridge regression on what is left, several times: the share left is :math:`(\lambda/(\lambda+x))^m`.

    Parameters
    ----------
    ridge : number or array
        Positive.
    times : int or array of int
        At least one.

    Raises
    ------
    InputError
        If the ridge is not positive, or times are no integers of at least one.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> IteratedRidge(ridge=0.5, times=3).filter([0.0, 0.5]).round(9).tolist()
    [1.0, 0.125]
    """

    ridge: Any
    times: Any
    method: ClassVar[str] = "iterated ridge"

    def like_ridge(self, values: Values) -> Any:
        """The ridge over the number of times."""
        return values["ridge"] / values["times"]

    def __post_init__(self) -> None:
        checked("ridge", self.ridge, "a positive number", lambda a: (a <= 0) | np.isinf(a))
        checked("times", self.times, "an integer >= 1", lambda a: not_whole(a) | (a < 1))

    def groups(self, values: Values, edge: np.ndarray) -> np.ndarray:
        """Circles by the number of times; contours of Talbot together."""
        return np.where(values["times"] < FEW, values["times"], 0).ravel()

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """One ridge, a circle around it, or Talbot's contour."""
        ridge, times = values["ridge"], values["times"]
        most = int(times.max())
        if most == 1:
            return Nodes(ridge + 0j, np.ones_like(ridge) + 0j)
        if most < FEW:
            u, share = circle(most)
            s = ridge * (1 + 1 / np.conj(u))
            weight = (-1) ** (most - 1) * np.conj(u) ** (most - 1) * share * ridge / s
            return normalised(Nodes(s, weight))

        def path(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            back = np.exp(-z / times)
            return ridge * (1 - back), back / (times * (1 - back))

        return normalised(talbot(path, times))

    def contour(self, values: dict[str, Any], count: int, context: Any) -> Contour:
        """One ridge, a circle around it, or Talbot's contour."""
        ridge, times = values["ridge"], int(values["times"])
        if times == 1:
            return Contour([context.mpc(ridge)], [context.mpc(1)])
        if times < max(SHORT, count):

            def around(u: Any, weight: Any) -> tuple[Any, Any]:
                node = ridge * (1 - 1 / u)
                return node, weight * u ** (times - 1) * ridge / node

            return Contour.of(along_circle(around, "times", times, count, context), context)

        def path(z: Any, weight: Any) -> tuple[Any, Any]:
            back = context.exp(-z / times)
            return ridge * (1 - back), weight * back / (times * (1 - back))

        return Contour.of(along_talbot(path, count, context), context)


@dataclass(frozen=True, eq=False)
class PrincipalComponents(Training):
    r"""Least squares on the principal components with eigenvalues above a threshold.

    Parameters
    ----------
    above : number or array
        Positive, in units of eigenvalues of :math:`ZZ^T`.

    Raises
    ------
    InputError
        If it is not positive.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> PrincipalComponents(above=0.5).filter([0.0, 0.2, 2.0]).round(6).tolist()[:2]
    [1.0, 1.0]
    """

    above: Any
    method: ClassVar[str] = "principal components"

    def __post_init__(self) -> None:
        checked("above", self.above, "a positive number", lambda a: (a <= 0) | np.isinf(a))

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """A circle around zero that crosses the spectrum at the threshold, graded there."""
        distance, _, weight = double_exponential(_CUT_NODES)
        above = values["above"]
        return normalised(
            Nodes(
                -above * np.exp(-1j * distance),
                np.broadcast_to(weight, (above.size, weight.size)) / np.pi + 0j,
            )
        )

    def contour(self, values: dict[str, Any], count: int, context: Any) -> Contour:
        """The same circle.

        Pairs of nodes near the threshold have a pole close by: the number of nodes grows like the square of
        the digits.
        """
        digits = count / PER_DIGIT
        return Contour.of(
            [
                (-values["above"] * context.expj(-distance), weight)
                for distance, weight in graded(math.ceil(0.3 * digits**2 + digits), context)
            ],
            context,
        )


@dataclass(frozen=True, eq=False, repr=False)
class SpectralFilter(Printed, Training):
    """Any filter, by a rational approximation on the spectrum.

    Parameters
    ----------
    left : callable
        What is left of the labels at eigenvalues of the kernel matrix: an array to an array; one at zero.

    Raises
    ------
    InputError
        If it is not callable; once asked, if it is not one at zero, or has a kink or a root.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> SpectralFilter(lambda x: np.exp(-x)).filter([0.0, 1.0], edge=4.0).round(9).tolist()
    [1.0, 0.367879441]
    """

    left: Callable[[np.ndarray], np.ndarray]
    method: ClassVar[str] = "spectral filter"
    in_doubles: ClassVar[str] = "a function of doubles has no more digits than they"
    needs_edge: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not callable(self.left):
            raise InputError("left", self.left, "a function of eigenvalues")

    def groups(self, values: Values, edge: np.ndarray) -> np.ndarray:
        """Rows with one spectrum."""
        return edge.ravel()

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """Poles of the rational approximation; a filter that is none to 13 digits, or has poles inside, is refused."""
        top = float(edge.flat[0])
        cosine = 0.5 - 0.5 * np.cos(np.pi * (np.arange(600) + 0.5) / 600)
        coarse = np.concatenate([[0.0], top * cosine, [top]])
        share = np.asarray(self.left(coarse), dtype=float)
        if share.shape != coarse.shape or not np.all(np.isfinite(share)):
            raise InputError("left", share, "one finite number for each eigenvalue")
        if abs(share[0] - 1) > _TOLERANCE:
            advice = "where there are no features nothing is learned, and labels are left as they are"
            raise InputError("left", float(share[0]), "a function that is one at zero", advice)
        fine = np.unique(np.concatenate([coarse, top * np.geomspace(1e-12, 1, 300)]))
        x, share = fine, np.asarray(self.left(fine), dtype=float)
        poles = self._poles((coarse, fine), share)
        own = -poles[poles.imag <= 0]
        found, error = _fitted(np.append(own, FAR * top), x, share)
        if error > _TOLERANCE:  # a multiple pole comes as a cluster, whose weights cancel: ridges around help
            found, error = _fitted(np.concatenate([own, top * _AROUND, [FAR * top]]), x, share)
        self._require(error, share)
        rows = (edge.size, found[0].size)
        return Nodes(np.broadcast_to(found[0], rows), np.broadcast_to(found[1], rows))

    def _poles(self, grids: Sequence[np.ndarray], share: np.ndarray) -> np.ndarray:
        """Poles of an approximation, none in the spectrum; ``share`` is on the last grid, which holds the others."""
        fine = grids[-1]
        top = fine[-1]
        for grid, tolerance in itertools.product(grids, (1e-13, 1e-12, 1e-11)):
            poles, error = approximation_poles(grid, share[np.searchsorted(fine, grid)], tolerance)
            real = np.abs(poles.imag) < 1e-9 * np.abs(poles)
            inside = real & (poles.real >= 0) & (poles.real <= 1.001 * top)
            if error <= _TOLERANCE * max(1.0, float(np.abs(share).max())) and not np.any(inside):
                return poles
        self._require(np.inf, share)
        return np.empty(0, dtype=complex)

    def _require(self, error: float, share: np.ndarray) -> None:
        """Refuse an approximation that is not close."""
        if not error <= _TOLERANCE * max(1.0, float(np.abs(share).max())):
            allowed = "a function that rational functions approximate on the spectrum"
            raise InputError(
                "left", self.left, allowed, "a filter with a kink or a root has no such approximation"
            )


def _fitted(
    ridge: np.ndarray, x: np.ndarray, share: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Ridges in order of their angles with the weights that fit a filter best, and the largest error."""
    ridge = ridge[np.lexsort((np.abs(ridge), np.abs(np.angle(ridge))))]
    basis = 1 / (1 + x[:, None] / ridge)
    columns = np.concatenate([basis.real, -basis.imag[:, ridge.imag > 0]], axis=1)
    found = np.linalg.lstsq(columns, share)[0]
    weight = found[: ridge.size] + 0j
    weight[ridge.imag > 0] += 1j * found[ridge.size :]
    return (ridge, weight), float(np.max(np.abs(columns @ found - share)))
