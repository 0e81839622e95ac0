"""One replicate of random-features ridge regression, exactly as the model is defined.

No derived equation enters: inputs, weights, labels and the least-squares problem are drawn and solved as
written in the definition, so agreement with theory is evidence for the theory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg  # noqa: F401  loaded before the limit on BLAS threads is set, so that the limit reaches its library
import threadpoolctl
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.least_squares import RidgeProblem
from asymptotics.simulation.sampling import replicate_streams, sample_points, sample_target

Array = NDArray[np.float64]

MEASURED = ("test", "bias", "variance", "train", "norm")
"""Observables of one replicate, in the order of the arrays below."""

BLOCK_ELEMENTS = 2**22
"""Features of test inputs are computed in blocks of about this many numbers (32 MB)."""

SMALLEST_TEST_SET, LARGEST_TEST_SET = 1000, 20_000


@dataclass(frozen=True)
class Experiment:
    """What all replicates of one model share.

    Attributes
    ----------
    activation : callable
        Vectorized function on float64 arrays.
    powers : tuple of (int, float)
        Degree and power F_k^2 of the target.
    noise : float
        Variance of the label noise.
    inputs, weights : str
        Laws of x and of theta: ``"sphere"`` or ``"gaussian"``.
    test_samples : int or None
        Size of the test set; None lets `default_test_samples` choose.
    """

    activation: Callable[[Array], Array]
    powers: tuple[tuple[int, float], ...]
    noise: float
    inputs: str = "sphere"
    weights: str = "sphere"
    test_samples: int | None = None


@dataclass(frozen=True)
class Task:
    """A block of replicates of one configuration: the unit of work sent to an executor."""

    experiment: Experiment
    d: int
    n: int
    p: int
    ridges: tuple[float, ...]
    seed: int
    first: int
    count: int


def default_test_samples(d: int, n: int, p: int) -> int:
    """Return a test-set size whose cost matches that of the training problem.

    Notes
    ----- Features of m test inputs cost ``m d p``, the Gram matrix of the training problem ``n p min(n, p)``;
    equal cost is ``m = n min(n, p)/d``, kept between 1000 and 20000. The sampling error of the test set
    (relative size about ``sqrt(2/m)`` per replicate, independent between replicates) is part of the reported
    standard error.

    Examples
    --------
    >>> default_test_samples(d=60, n=600, p=300)
    3000
    """
    return int(np.clip(n * min(n, p) // d, SMALLEST_TEST_SET, LARGEST_TEST_SET))


def features(activation: Callable[[Array], Array], points: Array, weights: Array) -> Array:
    """Return ``Z_ij = sigma(<theta_j, x_i>/sqrt(d))/sqrt(p)``.

    Parameters
    ----------
    activation : callable
        The function sigma.
    points : ndarray, shape (m, d)
        Inputs x_i as rows.
    weights : ndarray, shape (p, d)
        Weights theta_j as rows.

    Returns
    -------
    ndarray, shape (m, p)

    Raises
    ------
    SimulationError
        When the activation returns something that is not finite.

    Examples
    --------
    >>> features(np.sign, np.array([[3.0, 1.0]]), np.eye(2)).round(3).tolist()
    [[0.707, 0.707]]
    """
    projections = points @ weights.T
    projections /= np.sqrt(points.shape[1])
    values = np.asarray(activation(projections), dtype=np.float64)
    if values.shape != projections.shape:
        raise SimulationError(
            f"the activation turned shape {projections.shape} into {values.shape}; it must act entry by entry"
        )
    values = values / np.sqrt(len(weights))
    if not np.isfinite(values.sum()):
        raise SimulationError("the activation returned a value that is not finite on the sampled inputs")
    return values


def run_replicate(
    experiment: Experiment, d: int, n: int, p: int, ridges: tuple[float, ...], seed: int, replicate: int
) -> Array:
    """Draw one data set and one set of weights, fit at every ridge, and measure.

    Parameters
    ----------
    experiment : Experiment
        The model.
    d, n, p : int
        Dimension, number of samples, number of features.
    ridges : tuple of float
        Values of lambda in ``|y - Z a|^2 + lambda |a|^2``; 0 is minimum-norm least squares. They share the
        draws.
    seed, replicate : int
        See `asymptotics.simulation.sampling.replicate_streams`.

    Returns
    -------
    ndarray, shape (len(ridges), 5)
        Test, bias, variance, train, norm.

    Examples
    --------
    >>> toy = Experiment(np.tanh, powers=((1, 1.0),), noise=0.1, test_samples=50)
    >>> run_replicate(toy, d=5, n=10, p=7, ridges=(0.1, 1.0), seed=0, replicate=0).shape
    (2, 5)
    """
    streams = replicate_streams(seed, (d, n, p), replicate)
    points = sample_points(experiment.inputs, n, d, streams.inputs)
    weights = sample_points(experiment.weights, p, d, streams.weights)
    target = sample_target(dict(experiment.powers), experiment.inputs, d, streams.target)
    noise = np.sqrt(experiment.noise) * streams.noise.standard_normal(n)

    design = features(experiment.activation, points, weights)
    labels = np.column_stack([target(points), noise])
    problem = RidgeProblem(design)
    solutions = np.stack([problem.solve(labels, ridge) for ridge in ridges])  # (ridges, p, 2)
    residuals = labels.sum(axis=1) - np.einsum("np,rp->rn", design, solutions.sum(axis=2))

    test_samples = experiment.test_samples or default_test_samples(d, n, p)
    errors = np.zeros((len(ridges), 3))
    step = max(1, BLOCK_ELEMENTS // max(p, d))
    for start in range(0, test_samples, step):
        fresh = sample_points(experiment.inputs, min(step, test_samples - start), d, streams.test_inputs)
        predictions = features(experiment.activation, fresh, weights) @ solutions  # (ridges, block, 2)
        bias = target(fresh) - predictions[..., 0]
        variance = predictions[..., 1]
        for column, error in enumerate((bias - variance, bias, variance)):
            errors[:, column] += (error**2).sum(axis=1) / test_samples

    train = (residuals**2).sum(axis=1) / n
    norm = (solutions.sum(axis=2) ** 2).sum(axis=1) / n
    return np.column_stack([errors, train, norm])


def run_task(task: Task) -> Array:
    """Run a block of replicates with BLAS limited to one thread; the function that workers execute.

    Returns
    -------
    ndarray, shape (task.count, len(task.ridges), 5)
    """
    with threadpoolctl.threadpool_limits(limits=1):
        blocks: list[Any] = [
            run_replicate(task.experiment, task.d, task.n, task.p, task.ridges, task.seed, replicate)
            for replicate in range(task.first, task.first + task.count)
        ]
    return np.stack(blocks)
