"""When to stop, how risk changes with time, and the best of all filters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import brentq

from asymptotics.dynamics.evaluate import read_trained, trained_risk
from asymptotics.dynamics.filters import GradientFlow
from asymptotics.dynamics.nodes import Nodes
from asymptotics.dynamics.training import Training, Values, checked
from asymptotics.errors import InputError, SolverError
from asymptotics.models.components import RiskValues
from asymptotics.prediction.several import points_of
from asymptotics.printing import Printed
from asymptotics.solvers.solution import Status

__all__ = ["Best", "RidgeCombination", "best_filter", "optimal_time", "time_slope"]

_RANGE, _POINTS = (1e-3, 1e9), 145
_RIDGES, _SPAN, _LEAST = 20, (1e-3, 100.0), 1e-9
_REGULARISED = 1e-13
_WORSE = 1e-13


@dataclass(frozen=True, eq=False, repr=False)
class RidgeCombination(Printed, Training):
    r"""A combination of ridge predictors: the share left is :math:`\sum_k w_k\lambda_k/(\lambda_k+x)`.

    Parameters
    ----------
    ridges : array_like, shape (..., k)
        Positive; leading axes broadcast against sizes.
    weights : array_like, shape (..., k)
        Of sum one.

    Raises
    ------
    InputError
        If a ridge is not positive, or the weights do not fit.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> RidgeCombination([1.0, 3.0], [2.0, -1.0]).filter([1.0]).tolist()
    [0.25]
    """

    ridges: Any
    weights: Any
    method: ClassVar[str] = "combination of ridges"

    def __post_init__(self) -> None:
        ridges = checked("ridges", self.ridges, "positive numbers", lambda a: (a <= 0) | np.isinf(a))
        weights = checked("weights", self.weights, "finite numbers", np.isinf)
        if (
            ridges.ndim < 1
            or ridges.shape != weights.shape
            or np.any(np.abs(weights.sum(axis=-1) - 1) > 1e-9)
        ):
            raise InputError("weights", self.weights, "one weight for each ridge, of sum one")

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Nothing but which combination it is, where there are several."""
        shape = np.shape(self.ridges)[:-1]
        return {"place": np.arange(float(math.prod(shape))).reshape(shape)} if shape else {}

    @property
    def given(self) -> dict[str, Any]:
        """The parameters."""
        return dict(self.parameters)

    @property
    def shown(self) -> tuple[str, ...]:
        """None."""
        return ()

    def key(self) -> tuple[Any, ...]:
        """What two equal values share."""
        return type(self), np.shape(self.ridges), tuple(np.ravel(self.ridges)), tuple(np.ravel(self.weights))

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """The ridges themselves."""
        ridges, weights = (
            np.asarray(x, dtype=complex).reshape(-1, np.shape(x)[-1]) for x in (self.ridges, self.weights)
        )
        place = (
            values["place"].ravel().astype(int) if "place" in values else np.zeros(edge.shape[0], dtype=int)
        )
        return Nodes(ridges[place], weights[place])


@dataclass(frozen=True, eq=False)
class _Tilted(GradientFlow):
    """Gradient flow with weights changed by their growth with time: half the difference of both signs is a slope."""

    sign: float = 1.0

    @property
    def given(self) -> dict[str, Any]:
        """The parameters of the flow."""
        return {name: value for name, value in super().given.items() if name != "sign"}

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """Nodes of the flow."""
        nodes = super().nodes(values, edge)
        growth = (nodes.ridge - values["ridge"]) * self._time(values)
        return Nodes(nodes.ridge, nodes.weight * (1 + self.sign * growth))


@dataclass(frozen=True, eq=False)
class _Pairs(Training):
    """Means of two ridge predictors, one pair in each row."""

    first: Any
    second: Any

    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """Both ridges."""
        ridge = np.concatenate([values["first"], values["second"]], axis=1) + 0j
        return Nodes(ridge, np.full(ridge.shape, 0.5 + 0j))


@dataclass(frozen=True, repr=False)
class Best(Printed):
    """A best training, and its risk.

    Attributes
    ----------
    training : Training
    values : dict
        Components of the risk; arrays at the points of a grid.
    interior : bool or array of bool
        Whether the slope of the test error vanishes there.
    """

    training: Training
    values: Mapping[str, Any]
    interior: Any = True

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        raise AttributeError(f"no {name!r}; there is {', '.join(values)}")

    @property
    def time(self) -> Any:
        """When training stops.

        Raises
        ------
        AttributeError
            If the training has no time.
        """
        values = self.training.parameters
        for name in ("time", "time_per_sample"):
            if name in values:
                return np.asarray(values[name], dtype=float)[()]
        raise AttributeError(f"{self.training} has no time")

    def __str__(self) -> str:
        if np.ndim(self.interior):
            test = RiskValues.of(self.values).test
            when = f", time = {np.array2string(self.time, threshold=12)}" if self.training.shown else ""
            return f"{self.training}{when}: test = {test}"
        where = "" if self.interior else " (at the end of the range)"
        given = self.training.parameters
        shown = [f"{name} = {float(given[name]):.6g}" for name in self.training.shown]
        return (
            f"{', '.join((str(self.training), *shown))}{where}: test = {RiskValues.of(self.values).test:.10g}"
        )


def _single(model: Any, regime: Any, training: Training) -> dict[str, float]:
    """Components at one point.

    Raises
    ------
    InputError
        If it is more than one.
    SolverError
        If it could not be solved.
    """
    asked = read_trained(model, regime, training)
    if asked.request.shape != ():
        raise InputError("regime", regime, "one point, no arrays")
    found = trained_risk(asked)
    if found.status[0] == Status.NOT_CONVERGED:
        raise SolverError(f"no value for {model} in {regime}", Status.NOT_CONVERGED.advice)
    return {name: float(value[0]) for name, value in found.values.items()}


def time_slope(model: Any, regime: Any, time: Any, ridge: Any = 0.0) -> dict[str, np.ndarray]:
    """Derivatives of the components of the risk of gradient flow in the logarithm of time.

    They are sums over the same pairs of ridges: nothing is differenced.

    Parameters
    ----------
    model : Model
    regime : Regime
    time, ridge : number or array
        Of :class:`~asymptotics.dynamics.filters.GradientFlow`; times are positive and finite.

    Returns
    -------
    dict
        ``test``, ``bias``, ``variance``, ``train`` and the norms.

    Raises
    ------
    InputError
        If a time is not positive and finite.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
    >>> slope = time_slope(model, asy.Proportional(2, 3), [1.0, 10.0])["test"]
    >>> bool(slope[0] < 0 < slope[1])
    True
    """
    checked("time", time, "positive and finite", lambda a: (a <= 0) | np.isinf(a))
    plus, minus = (
        trained_risk(read_trained(model, regime, _Tilted(time, ridge, sign=sign))).values for sign in (1, -1)
    )
    shape = read_trained(model, regime, GradientFlow(time, ridge)).request.shape
    names = [name for name in plus if name not in ("effective_ridge", "degrees_of_freedom")]
    return {name: ((plus[name] - minus[name]) / 2).reshape(shape) for name in names}


def optimal_time(model: Any, regime: Any, *, ridge: Any = 0.0) -> Best:
    """The time at which gradient flow has the least test error.

    Parameters
    ----------
    model : Model
        Any.
    regime : Proportional or FiniteSize
        Arrays of sizes, and of noises of the model, are answered point by point.
    ridge : number or array
        Of the flow.

    Returns
    -------
    Best
        With ``time`` and the components of the risk there. An infinite time says that training pays to the end.

    Raises
    ------
    InputError
        If shapes do not fit.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
    >>> print(optimal_time(model, asy.Proportional(2, 3)))
    gradient flow, time = 2.26581: test = 0.496380635
    """
    shape, points = points_of(model, regime, {"ridge": ridge})
    if shape == ():
        return _one_time(model, regime, ridge)
    found = [_one_time(one, where, here["ridge"]) for one, where, here in points]
    values, interior = _on_grid(found, shape)
    return Best(GradientFlow(np.reshape([best.time for best in found], shape), ridge), values, interior)


def _one_time(model: Any, regime: Any, ridge: Any) -> Best:
    """The best time at one point."""
    scale = 1 / _scale(model, regime)
    times = scale * np.geomspace(*_RANGE, _POINTS)
    test = trained_risk(read_trained(model, regime, GradientFlow(times, ridge))).risk.test
    end = _single(model, regime, GradientFlow(np.inf, ridge))
    last = RiskValues.of(end).test
    best = int(np.nanargmin(test))
    close = np.isfinite(last) and test[best] >= last - _WORSE * np.nanmax(test)
    if close or best == test.size - 1:
        return Best(GradientFlow(np.inf, ridge), end, interior=False)
    low, high = np.log(times[max(best - 1, 0)]), np.log(times[best + 1])

    def slope(logarithm: float) -> float:
        return float(RiskValues.of(time_slope(model, regime, np.exp(logarithm), ridge)).test)

    time = float(np.exp(brentq(slope, low, high, xtol=1e-13, rtol=1e-13)))
    training = GradientFlow(time, ridge)
    return Best(training, _single(model, regime, training))


def _scale(model: Any, regime: Any) -> float:
    """The size of the eigenvalues: what a short time learns of all of them together, per sample."""
    asked = read_trained(model, regime, GradientFlow(1e-9))
    if asked.request.shape != ():
        raise InputError("regime", regime, "one point, no arrays")
    samples = float(asked.request.sizes[asked.request.model.theory.samples][0])
    freedom = float(trained_risk(asked).values["degrees_of_freedom"][0]) / 1e-9
    return freedom / min(samples, 1.0) if samples < 1 else freedom / samples


def best_filter(model: Any, regime: Any) -> Best:
    r"""The best combination of ridge predictors, negative weights included.

    Every spectral method is a combination of ridges, real or complex; with a few ridges of all scales the best
    weights come close to the best method of all. The answer is an upper bound of what filters can reach. Its weights
    are in the thousands and cancel, which leaves about eight digits of the risk.

    Parameters
    ----------
    model : Model
        Any.
    regime : Proportional or FiniteSize
        Arrays of sizes, and of noises of the model, are answered point by point.

    Returns
    -------
    Best
        Its ``training`` is a :class:`RidgeCombination`, and can be predicted like any.

    Raises
    ------
    InputError
        If shapes do not fit.

    References
    ----------
    docs/theory/dynamics.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/2")
    >>> sizes = asy.Proportional(2, 3)
    >>> best_filter(model, sizes).test < asy.optimal_ridge(model, sizes).risk.test
    True
    """
    shape, points = points_of(model, regime, {})
    if shape == ():
        return _one_filter(model, regime)
    found = [_one_filter(one, where) for one, where, _ in points]
    values, interior = _on_grid(found, shape)
    ridges, weights = (
        np.reshape([getattr(best.training, name) for best in found], (*shape, -1))
        for name in ("ridges", "weights")
    )
    return Best(RidgeCombination(ridges, weights), values, interior)


def _on_grid(found: list[Best], shape: tuple[int, ...]) -> tuple[dict[str, Any], np.ndarray]:
    values = {name: np.reshape([best.values[name] for best in found], shape) for name in found[0].values}
    return values, np.reshape([best.interior for best in found], shape)


def _one_filter(model: Any, regime: Any) -> Best:
    """The best filter at one point."""
    scale = _scale(model, regime)
    ridges = scale * np.append(_LEAST, np.geomspace(*_SPAN, _RIDGES))
    first, second = np.triu_indices(ridges.size)
    means = trained_risk(read_trained(model, regime, _Pairs(ridges[first], ridges[second]))).risk.test
    matrix = np.zeros((ridges.size, ridges.size))
    matrix[first, second] = matrix[second, first] = means
    own = np.diag(matrix).copy()
    cross = 2 * matrix - (own[:, None] + own[None, :]) / 2
    cross += _REGULARISED * np.trace(cross) * np.eye(ridges.size)
    weights = np.linalg.solve(cross, np.ones(ridges.size))
    training = RidgeCombination(ridges, weights / weights.sum())
    return Best(training, _single(model, regime, training))
