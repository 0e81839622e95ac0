"""Limits of lazy training: a quadratic target, infinitely many samples, as many neurons as dimensions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError, ShapeError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.expansions.tangent import radial_of, slope_of
from asymptotics.models.lazy_trace import trace_left
from asymptotics.models.neural_tangent import NeuralTangentRidge
from asymptotics.models.regimes import Polynomial, Proportional
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.predict import predict
from asymptotics.printing import Printed

__all__ = ["LazyLimits", "LazyLine", "lazy_limits"]

Array = np.ndarray

_ONE_DIRECTION = Fraction(1, 2**400)
"""The share of one direction among infinitely many."""

_LEAST = {"random": 20, "tangent": 50}
"""Dimensions, effective ones of the weights for random features, from which limits are within about ten per cent."""

_CROWDED = 0.03
"""Neurons, over the square of that dimension, up to which they are."""

_LITTLE = 0.1
"""Squared mean of the slope, over its degree two, below which degree one is not free."""

_PREDICTION, _THEOREM = "prediction", "theorem (infimum)"


@dataclass(frozen=True)
class LazyLine:
    """One method: see `lazy_limits`.

    Attributes
    ----------
    method : str
    risk : ndarray
        Relative to the power of the target.
    formula : str
        What was solved.
    grade : str
        How far it is known to hold.
    trusted : ndarray of bool
    caution : str
        Why a point is not trusted; empty where all are.
    """

    method: str
    risk: Array
    formula: str
    grade: str
    trusted: Array
    caution: str = ""

    def entry(self, point: int) -> str:
        """The risk at a point, with a mark where it is not trusted."""
        return f"{self.risk[point]:16.5g}{' ' if self.trusted[point] else '?'}"


@dataclass(frozen=True, repr=False)
class LazyLimits(Printed):
    """Risks against neurons per dimension: see `lazy_limits`.

    Attributes
    ----------
    rho : ndarray
        Neurons per dimension.
    dimension : int
    trace_share : float
        Power of the target along the identity.
    aligned_share : float
        Power of the target along the covariance of the weights of the random features.
    lines : mapping of str to LazyLine

    Raises
    ------
    KeyError
        By indexing, if there is no line of that name.

    References
    ----------
    docs/theory/lazy_training.md; Ghorbani2019.

    Examples
    --------
    >>> import asymptotics as asy
    >>> page = asy.lazy_limits("x**2", [1.0] * 50, rho=[0.5, 2])
    >>> page["trace part"].risk.round(9).tolist(), page.trace_share
    ([0.5, 0.0], 1.0)
    """

    rho: Array
    dimension: int
    trace_share: float
    aligned_share: float
    lines: Mapping[str, LazyLine]

    def __getitem__(self, method: str) -> LazyLine:
        return self.lines[method]

    def __str__(self) -> str:
        head = f"{'rho':>8} " + " ".join(f"{name:>17}" for name in self.lines)
        rows = [
            f"{rho:8.4g} " + " ".join(line.entry(k) for line in self.lines.values())
            for k, rho in enumerate(self.rho)
        ]
        notes = [f"{name}: {line.formula}, {line.grade}" for name, line in self.lines.items()]
        doubts = [f"? {name}: {line.caution}" for name, line in self.lines.items() if line.caution]
        return "\n".join([head, *rows, *notes, *doubts])


def lazy_limits(activation: Any, target: Any, rho: Any, *, weights: Any = None) -> LazyLimits:
    r"""What random features, tangent features and a network leave of a quadratic target with infinitely many samples.

    Inputs are standard Gaussian, :math:`f(x) = \langle x, Bx\rangle - \operatorname{tr} B`, and risks are relative to
    its power :math:`2|B|^2`. Every method has an intercept.

    Parameters
    ----------
    activation : str or Activation
        Of random and tangent features: a name or a formula.
    target : array_like, shape (d, d) or (d,)
        The symmetric matrix B, or its diagonal.
    rho : number or array of number
        Neurons per dimension, positive.
    weights : array_like, shape (d, d) or (d,), optional
        Covariance of the Gaussian weights of the random features, in the coordinates of the target and up to a factor;
        isotropic by default. Weights of tangent features are isotropic always.

    Returns
    -------
    LazyLimits
        Lines ``random features``, ``tangent features``, ``traceless part`` and ``trace part`` (what tangent features
        leave of either, relative to it), and ``network``: what the best quadratic network with as many neurons leaves.

    Raises
    ------
    InputError
        If the activation has no known slope, a matrix is not symmetric or finite, the target is zero, the covariance
        is not positive, or ``rho`` is not positive.
    ShapeError
        If the shapes differ.

    Notes
    -----
    Values are limits of large dimension at fixed ``rho``. Where they are not to be trusted is marked, with the reason.
    For tangent features degree one has to cost nothing: the slope of the activation has a mean, or no degree two.

    References
    ----------
    docs/theory/lazy_training.md (``asymptotics verify lazy-training``); Ghorbani2019, EckartYoung1936.

    Examples
    --------
    >>> B = np.diag(np.r_[np.ones(60), -np.ones(20)])
    >>> page = lazy_limits("x**2", B, rho=[0.25, 0.5, 1])
    >>> {name: line.risk.round(4).tolist() for name, line in page.lines.items() if name != "random features"}
    {'tangent features': [0.6094, 0.3125, 0.0], 'traceless part': [0.5625, 0.25, 0.0], 'trace part': [0.75, 0.5, 0.0], 'network': [0.75, 0.5, 0.0]}
    """  # noqa: E501
    given = as_activation(activation)
    slope_of(given)
    B = _symmetric("target", target)
    d, ratios = len(B), np.atleast_1d(np.asarray(rho, dtype=float))
    if ratios.ndim != 1 or not ratios.size or not np.all((ratios > 0) & np.isfinite(ratios)):
        raise InputError("rho", rho, "positive numbers, as one or in a list")
    power = float(np.sum(B**2))
    if not power:
        raise InputError("target", target, "a matrix that is not zero")
    gamma = np.eye(d) / d if weights is None else _covariance(weights, d)
    effective = 1 / float(np.sum(gamma**2))
    aligned = float(np.sum(gamma * B)) ** 2 * effective / power
    share = float(np.trace(B)) ** 2 / (d * power)
    lines = [
        _random(given, gamma, aligned, ratios, effective),
        *_tangent(given, share, ratios, d),
        _network(np.linalg.eigvalsh(B), ratios),
    ]
    return LazyLimits(ratios, d, share, aligned, {line.method: line for line in lines})


def _symmetric(name: str, value: Any) -> Array:
    """A symmetric matrix, from itself or its diagonal."""
    try:
        given = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(name, value, "a symmetric matrix of numbers, or its diagonal") from error
    if given.ndim == 1 and given.size:
        given = np.diag(given)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.shape[0] < 3:
        raise ShapeError(name, given.shape, "(d, d), or (d,) for a diagonal; d at least 3")
    if not np.isfinite(given).all() or np.abs(given - given.T).max() > 1e-10 * np.abs(given).max():
        raise InputError(name, "a matrix", "finite and symmetric")
    return given


def _covariance(weights: Any, d: int) -> Array:
    """A covariance of trace one."""
    found = _symmetric("weights", weights)
    if len(found) != d:
        raise ShapeError("weights", found.shape, f"({d}, {d}), as the target has")
    low, total = float(np.linalg.eigvalsh(found)[0]), float(np.trace(found))
    if total <= 0 or low < -1e-12 * total:
        raise InputError("weights", "a matrix", "a covariance: no negative eigenvalue, and a positive one")
    return found / total


def _random(activation: Activation, gamma: Array, aligned: float, rho: Array, effective: float) -> LazyLine:
    """Random features: of degree two they see one direction, of which the traces see nothing."""
    known = expand(activation, math.inf, 2)
    if not known.above(0) > 0:
        raise InputError("activation", activation, "one that is not constant")
    _, linear, second = (float(power) for power in known.powers)
    d = len(gamma)
    values, counts = np.unique(np.round(np.linalg.eigvalsh(gamma) * d, 14).clip(min=0), return_counts=True)
    levels = [linear * value for value in values if linear * value > 0]
    shares = [
        Fraction(int(count), d) for value, count in zip(values, counts, strict=True) if linear * value > 0
    ]
    model = SpectralRidge(
        [*levels, second * d / effective], [*(0.0 for _ in levels), min(aligned, 1.0)], 0,
        [*shares, _ONE_DIRECTION], tail=second + float(known.tail), target_tail=max(1 - aligned, 0.0),
    )  # fmt: skip
    risk = predict(model, Proportional(rho, math.inf), ridge_per_sample=0)
    cautions = _sizes("random", effective, rho * d / effective**2)
    formula = "one direction of degree two, the covariance of the weights"
    return _line("random features", risk.test, formula, cautions)


def _sizes(kind: str, dimension: float, crowd: Array) -> dict[str, Array]:
    """Where a dimension is too small for a limit, or neurons are too many for it."""
    few = f"limits of a large dimension: {dimension:.3g} is less than {_LEAST[kind]}"
    many = f"more neurons than {_CROWDED:g} of the square of the dimension, {dimension:.3g}"
    return {few: np.full(crowd.size, dimension < _LEAST[kind]), many: crowd > _CROWDED}


def _tangent(activation: Activation, share: float, rho: Array, d: int) -> tuple[LazyLine, ...]:
    """Tangent features: what they leave of traceless targets and of the trace, and of both."""
    slope, radial = expand(slope_of(activation), math.inf, 2), expand(radial_of(activation), math.inf, 2)
    across, cost = 2 * float(slope.powers[1]), float(slope.powers[2]) + float(slope.tail)
    traceless, left = np.ones(rho.size), np.ones(rho.size)
    if across > 0:
        network = NeuralTangentRidge(activation, {2: 1})
        traceless = np.asarray(predict(network, Polynomial(1, math.inf, theta1=rho), 0).test)
        linear = SpectralRidge([across], [1], 0, [1], tail=cost)
        left = np.asarray(predict(linear, Proportional(rho, math.inf), ridge_per_sample=0).test)
    along = float(radial.powers[2])
    trace = trace_left(left, rho, along, float(radial.tail))
    cautions = _sizes("tangent", d, rho / d * (cost > 0))
    hidden = along > 0 and float(slope.powers[0]) < _LITTLE * float(slope.powers[2])
    unseen = "degree one is not free: the slope of the activation has little mean beside its degree two"
    own = cautions | {unseen: np.full(rho.size, hidden)}
    both = cautions | {unseen: np.full(rho.size, hidden and share > 0)}
    of_degree = "classical convolution of degree two"
    of_trace = "two shares of the trace, along and across the neurons"
    return (
        _line("tangent features", (1 - share) * traceless + share * trace, f"{of_degree}; {of_trace}", both),
        _line("traceless part", traceless, of_degree, cautions),
        _line("trace part", trace, of_trace, own),
    )


def _line(method: str, risk: Any, formula: str, cautions: Mapping[str, Array]) -> LazyLine:
    """A prediction, with the reasons not to trust it."""
    doubted = np.any(list(cautions.values()), axis=0)
    why = "; ".join(reason for reason, where in cautions.items() if where.any())
    return LazyLine(method, np.asarray(risk), formula, _PREDICTION, ~doubted, why)


def _network(eigenvalues: Array, rho: Array) -> LazyLine:
    """A quadratic network with a free second layer: the best matrix of its rank."""
    squares = np.sort(eigenvalues**2)[::-1]
    left = np.append(np.cumsum(squares[::-1])[::-1], 0.0) / squares.sum()
    neurons = np.minimum(np.floor(rho * len(squares) * (1 + 1e-12)), len(squares)).astype(int)
    formula = "best matrix of rank p: quadratic activation, every layer free"
    return LazyLine("network", left[neurons], formula, _THEOREM, np.ones(rho.size, dtype=bool))
