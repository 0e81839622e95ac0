r"""Two-layer networks that are really trained, beside their linearization at the start.

The network is :math:`f(x) = \frac{\alpha}{\sqrt p}\sum_j a_j\sigma(\langle w_j,x\rangle/\sqrt d)`, trained by
full-batch gradient descent or gradient flow on :math:`\frac12\|y - f\|^2` with a step, or time, over
:math:`\alpha^2`, so that its linearization moves the same way for every output scale :math:`\alpha`. From output zero
parameters hardly move as it grows, and both agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.activations import as_activation
from asymptotics.functions.expansions.tangent import slope_of
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.laws.sampling import sample_target
from asymptotics.simulation.learning.gradient_flow import integrate, linear_flow

Array = np.ndarray
Target = Mapping[int, float] | Callable[[Array], Array]

_WORDS = {"layers": ("first", "both"), "start": ("zero", "random"), "scaling": ("ntk", "mean-field")}


@dataclass(frozen=True)
class NetworkPath:
    """A network along its training, and its linearization at the same steps.

    Attributes
    ----------
    steps : ndarray of int, shape (k,)
        Of gradient descent; of the integrator, in gradient flow.
    test, train : ndarray, shape (k,)
        Mean squared errors of the network: against the target at fresh inputs, against the labels.
    linear_test, linear_train : ndarray, shape (k,)
        Those of its linearization.
    distance : ndarray, shape (k,)
        Root mean square of the difference of both at fresh inputs, over that of what the linearization has learned.
    overlaps : mapping of int to ndarray, shape (k,)
        ``E fhat f_k / E f_k^2`` of the network with the part of the target in each degree, if it is given by degrees.
    step_size : float
        Zero in gradient flow.
    times : ndarray, shape (k,)
        Of the linearization: steps times their size.
    accuracy : ndarray, shape (k,)
        In gradient flow, the distance of the network from itself at ten times the tolerance, measured as
        ``distance`` is: above the error of the integrator. Zero in gradient descent, which is followed exactly.

    References
    ----------
    docs/tutorial/what_linearization_buys.md.

    Examples
    --------
    >>> import asymptotics as asy
    >>> path = asy.train_network("tanh(x)", {1: 1}, d=5, n=20, p=10, scale=10, steps=20, seed=1)
    >>> path.test.shape == path.steps.shape, sorted(path.overlaps)
    (True, [1])
    """

    steps: Array
    test: Array
    train: Array
    linear_test: Array
    linear_train: Array
    distance: Array
    overlaps: Mapping[int, Array]
    step_size: float
    times: Array
    accuracy: Array

    def __str__(self) -> str:
        head = f"{'step':>8} {'time':>10} {'error':>10} {'fit':>10} {'linearized':>10} {'distance':>10}"
        columns = (self.times, self.test, self.train, self.linear_test, self.distance)
        rows = zip(self.steps, *columns, strict=True)
        return "\n".join([head, *(f"{row[0]:8d} " + " ".join(f"{x:10.4g}" for x in row[1:]) for row in rows)])


def train_network(
    activation: Any, target: Target, *, d: int, n: int, p: int, noise: float = 0.0, layers: str = "both",
    scale: float = 1.0, start: str = "zero", scaling: str = "ntk", steps: int = 1000, step_size: float | None = None,
    checkpoints: int = 10, test_samples: int = 2000, seed: int = 0, time: float | None = None,
    tolerance: float = 1e-6,
) -> NetworkPath:  # fmt: skip
    r"""Train a two-layer network by full-batch gradient descent or flow, and its linearization beside it.

    Parameters
    ----------
    activation : str or Activation
        With a slope that is a function.
    target : mapping or callable
        Power per degree, drawn at random; or a function of inputs ``(k, d)``.
    d, n, p : int
        Dimension, samples, neurons.
    noise : float
        Variance of the label noise.
    layers : {"both", "first"}
        What is trained.
    scale : float
        The output scale alpha: from output zero the network becomes its linearization as it grows.
    start : {"zero", "random"}
        ``"zero"``: pairs of neurons with opposite second layers, so that ``p`` is even and the output zero.
    scaling : {"ntk", "mean-field"}
        ``"mean-field"``: the output carries ``1/p``, that is ``scale/sqrt(p)`` in the other scaling.
    steps : int
    step_size : float, optional
        Over ``alpha^2``; by default half of the largest one at which the linearization converges.
    checkpoints : int
        Steps that are recorded, spread geometrically.
    test_samples : int
        Fresh inputs.
    seed : int
    time : float, optional
        Gradient flow up to this time, over ``alpha^2``, instead of steps: that of ``predict(..., time=)`` in the lazy
        limit.
    tolerance : float
        Of a step of the integrator; what it made of the path says ``accuracy``.

    Returns
    -------
    NetworkPath

    Raises
    ------
    InputError
        If a word, a size or a time is not allowed, or training diverges.

    Notes
    -----
    Nothing derived enters. Inputs and first-layer weights are on the sphere of radius :math:`\sqrt d`, second layers
    are signs.

    References
    ----------
    docs/tutorial/what_linearization_buys.md.

    Examples
    --------
    >>> lazy = train_network("tanh", {1: 1.0}, d=10, n=30, p=20, scale=100.0, steps=50)
    >>> near = train_network("tanh", {1: 1.0}, d=10, n=30, p=20, scale=1.0, steps=50)
    >>> bool(lazy.distance[-1] < 0.1 * near.distance[-1])
    True
    """
    given = {"layers": layers, "start": start, "scaling": scaling}
    for name, allowed in _WORDS.items():
        if given[name] not in allowed:
            raise InputError(name, given[name], " or ".join(map(repr, allowed)))
    if start == "zero" and p % 2:
        raise InputError("p", p, "an even number of neurons where the output starts from zero")
    rng = np.random.default_rng(seed)
    points, values, parts = _data(target, d, n + test_samples, rng)
    labels = values[:n] + math.sqrt(noise) * rng.standard_normal(n)
    alpha = scale / math.sqrt(p) if scaling == "mean-field" else scale
    network = _Network.drawn(activation, d, p, alpha, layers == "both", start == "zero", rng)
    kernel = network.kernel(points, points[:n])
    fastest, begin = float(np.linalg.eigvalsh(kernel[:n])[-1]), network(points)
    if time is None:
        size = step_size or 1 / fastest
        wanted = np.unique(np.r_[0, np.geomspace(1, steps, max(checkpoints - 1, 2)).round()].astype(int))
        followed = _descent(network, kernel, points, labels, size, wanted)
    else:
        _require_flow(time, tolerance, step_size)
        size, first = 0.0, min(0.1 / fastest, time / 2)
        instants = np.r_[0.0, np.geomspace(first, time, max(checkpoints - 1, 2))]
        followed = _flow(network, kernel, points, labels, instants, tolerance)
    rows, overlaps = [], []
    for moment in followed:
        found = moment.found
        rows.append([moment.step, moment.time, *_errors(moment, begin, values, labels)])
        overlaps.append([found[n:] @ part[n:] / (part[n:] @ part[n:]) for part in parts.values()])
    taken, times, test, train, linear_test, linear_train, distance, accuracy = np.array(rows).T
    shared = dict(zip(parts, np.array(overlaps).T, strict=True))
    errors = test, train, linear_test, linear_train, distance
    return NetworkPath(taken.astype(int), *errors, shared, size, times, accuracy)


@dataclass(frozen=True)
class _Moment:
    """Outputs at all points: of the network, of its linearization, and of the network followed less accurately."""

    step: int
    time: float
    found: Array
    linear: Array
    coarse: Array


def _descent(
    network: _Network, kernel: Array, points: Array, labels: Array, size: float, wanted: Array
) -> Iterator[_Moment]:
    """Gradient descent, and that of the linearization."""
    n, linear = len(labels), network(points)
    for step in range(wanted[-1] + 1):
        if step in wanted:
            with np.errstate(all="ignore"):
                found = network(points)
            if not np.isfinite(found).all():
                raise InputError("step_size", size, "a smaller one: training diverges")
            yield _Moment(step, step * size, found, linear, found)
        linear = linear + size * kernel @ (labels - linear[:n])
        with np.errstate(all="ignore"):
            network.step(points[:n], labels, size)


def _flow(
    network: _Network, kernel: Array, points: Array, labels: Array, times: Array, tolerance: float
) -> Iterator[_Moment]:
    """Gradient flow by an integrator, and that of the linearization in closed form."""
    n, begin = len(labels), network(points)
    # How far parameters have moved, in units in which the function moves as much for every output scale.
    flow = integrate(
        partial(network.rate, points[:n], labels), np.zeros_like(network.parameters), times, tolerance
    )
    linear = begin + linear_flow(kernel, labels - begin[:n], times)
    for k, time in enumerate(times):
        found, coarse = (network.moved(states[k])(points) for states in (flow.states, flow.coarse))
        yield _Moment(int(flow.steps[k]), float(time), found, linear[k], coarse)


def _require_flow(time: float, tolerance: float, step_size: float | None) -> None:
    if step_size is not None:
        raise InputError("step_size", step_size, "None with a time", "gradient flow has none")
    if not (math.isfinite(time) and time > 0):
        raise InputError("time", time, "a positive number")
    if not 1e-13 <= tolerance <= 1e-2:
        raise InputError("tolerance", tolerance, "a number between 1e-13 and 1e-2")


def _data(
    target: Target, d: int, count: int, rng: np.random.Generator
) -> tuple[Array, Array, dict[int, Array]]:
    """Inputs, the target there, and its parts by degree."""
    points = SPHERE.sample(count, d, rng)
    if callable(target):
        return points, np.asarray(target(points), dtype=float), {}
    parts = {k: sample_target({k: float(power)}, SPHERE, d, rng)(points) for k, power in target.items()}
    return points, np.sum(list(parts.values()), axis=0), parts


def _errors(moment: _Moment, begin: Array, values: Array, labels: Array) -> list[float]:
    n, found, linear = len(labels), moment.found, moment.linear
    learned = np.sqrt(np.mean((linear - begin)[n:] ** 2))
    apart, off = (np.sqrt(np.mean((found - other)[n:] ** 2)) for other in (linear, moment.coarse))
    errors = [np.mean((f - values)[n:] ** 2) for f in (found, linear)]
    fits = [np.mean((f[:n] - labels) ** 2) for f in (found, linear)]
    ratios = [apart / learned, off / learned] if learned else [0.0, 0.0]
    return [errors[0], fits[0], errors[1], fits[1], *ratios]


@dataclass
class _Network:
    """Weights that change."""

    activation: Any
    slope: Any
    first: Array
    second: Array
    alpha: float
    both: bool

    @classmethod
    def drawn(
        cls, activation: Any, d: int, p: int, alpha: float, both: bool, zero: bool, rng: np.random.Generator
    ) -> _Network:
        function = as_activation(activation)
        first, second = SPHERE.sample(p, d, rng), rng.choice([-1.0, 1.0], p)
        if zero:
            first, second = np.tile(first[: p // 2], (2, 1)), np.repeat([1.0, -1.0], p // 2)
        return cls(function, slope_of(function), first, second, alpha, both)

    @property
    def scale(self) -> float:
        return self.alpha / math.sqrt(len(self.first))

    def projections(self, points: Array) -> Array:
        return points @ self.first.T / math.sqrt(points.shape[1])

    def __call__(self, points: Array) -> Array:
        found: Array = self.scale * (self.activation(self.projections(points)) @ self.second)
        return found

    def kernel(self, points: Array, others: Array) -> Array:
        """Of the slopes in the parameters that are trained, without the output scale."""
        left, right = self.projections(points), self.projections(others)
        slopes = (self.slope(left) * self.second**2) @ self.slope(right).T
        found = (points @ others.T / points.shape[1]) * slopes
        if self.both:
            found = found + self.activation(left) @ self.activation(right).T
        return np.asarray(found / len(self.first))

    def step(self, points: Array, labels: Array, size: float) -> None:
        """One step of gradient descent, over the square of the output scale."""
        first, second = self.descent(points, labels)
        self.first, self.second = self.first + size * first, self.second + size * second

    def descent(self, points: Array, labels: Array) -> tuple[Array, Array]:
        """Minus the slopes of half the squared loss in both layers, over the square of the output scale."""
        inside = self.projections(points)
        outputs = self.activation(inside)
        missing = labels - self.scale * (outputs @ self.second)
        rate = self.scale / self.alpha**2
        weighed = self.slope(inside) * missing[:, None]
        moved = rate * self.second[:, None] * (weighed.T @ points) / math.sqrt(points.shape[1])
        return moved, rate * (outputs.T @ missing) if self.both else np.zeros_like(self.second)

    @property
    def parameters(self) -> Array:
        """Both layers in one vector."""
        return np.concatenate([self.first.ravel(), self.second])

    def moved(self, way: Array) -> _Network:
        """The network with parameters moved by ``way/alpha``."""
        first, second = np.split(way / self.alpha, [self.first.size])
        return replace(self, first=self.first + first.reshape(self.first.shape), second=self.second + second)

    def rate(self, points: Array, labels: Array, way: Array) -> Array:
        """The slope of the way along the flow."""
        first, second = self.moved(way).descent(points, labels)
        return self.alpha * np.concatenate([first.ravel(), second])
