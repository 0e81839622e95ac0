"""One replicate of random-features ridge regression, exactly as the model is defined.

No derived equation enters: inputs, weights, labels and the least-squares problem are drawn and solved as
written in the definition, so agreement with theory is evidence for the theory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg  # noqa: F401  loaded before the limit on BLAS threads is set, so that the limit reaches its library
import threadpoolctl
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.simulation.least_squares import RidgeProblem
from asymptotics.simulation.population import PopulationSeries, shorten, zonal_sum
from asymptotics.simulation.sampling import (
    HarmonicTarget,
    harmonic_multiplicity,
    replicate_streams,
    sample_points,
    sample_target,
)

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
        Size of a sampled test set; None lets `default_test_samples` choose.
    average_labels : bool
        Average over target and noise exactly instead of drawing them.
    """

    activation: Callable[[Array], Array]
    powers: tuple[tuple[int, float], ...]
    noise: float
    inputs: str = "sphere"
    weights: str = "sphere"
    test_samples: int | None = None
    average_labels: bool = False

    @property
    def highest_degree(self) -> int:
        """Highest degree of the target."""
        return max((degree for degree, _ in self.powers), default=0)


@dataclass(frozen=True)
class Task:
    """A block of replicates of one configuration: the unit of work sent to an executor.

    Attributes
    ----------
    experiment : Experiment
        The model.
    d, n, p : int
        Dimension, number of samples, number of features.
    ridges : tuple of float
        Values of lambda in ``|y - Z a|^2 + lambda |a|^2``; 0 is minimum-norm least squares.
    seed, first, count : int
        Seed of the simulation, first replicate of the block, number of replicates in it.
    series : PopulationSeries or None
        Exact population averages; None for a sampled test set.
    """

    experiment: Experiment
    d: int
    n: int
    p: int
    ridges: tuple[float, ...]
    seed: int
    first: int = 0
    count: int = 1
    series: PopulationSeries | None = None


def default_test_samples(d: int, n: int, p: int) -> int:
    """Return a test-set size whose cost matches that of the training problem.

    Notes
    -----
    Features of m test inputs cost ``m d p``, the Gram matrix of the training problem ``n p min(n, p)``;
    equal cost is ``m = n min(n, p)/d``, kept between 1000 and 20000. The sampling error of the test set
    (relative size about ``sqrt(2/m)`` per replicate, independent between replicates) is part of the reported
    standard error.

    Examples
    --------
    >>> default_test_samples(d=60, n=600, p=300)
    3000
    """
    return int(np.clip(n * min(n, p) // d, SMALLEST_TEST_SET, LARGEST_TEST_SET))


def choose_series(
    experiment: Experiment, d: int, n: int, p: int, series: PopulationSeries
) -> PopulationSeries | None:
    """Return the series for the exact test error where it is accurate and not too expensive.

    Notes
    -----
    The exact average costs about ``p^2 (d + 4 K)`` with K degrees; it is chosen up to ten times the
    cost of the fit and of a sampled test set, because it removes a part of the fluctuations that would take
    many replicates to average out.
    """
    short = shorten(series, p, experiment.highest_degree)
    if short is None:
        return None
    exact = p * p * (d + 4 * len(short.coefficients))
    fit = n * p * min(n, p) + default_test_samples(d, n, p) * p * (d + 20)
    return short if exact <= 10 * fit else None


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


def run_replicate(task: Task, replicate: int) -> Array:
    """Draw one data set and one set of weights, fit at every ridge, and measure.

    Parameters
    ----------
    task : Task
        The model, the sizes and the ridges, which share the draws.
    replicate : int
        See `asymptotics.simulation.sampling.replicate_streams`.

    Returns
    -------
    ndarray, shape (len(ridges), 5)
        Test, bias, variance, train, norm.

    Examples
    --------
    >>> toy = Experiment(np.tanh, powers=((1, 1.0),), noise=0.1, test_samples=50)
    >>> run_replicate(Task(toy, d=5, n=10, p=7, ridges=(0.1, 1.0), seed=0), replicate=0).shape
    (2, 5)
    """
    experiment, n, d = task.experiment, task.n, task.d
    streams = replicate_streams(task.seed, (d, n, task.p), replicate)
    points = sample_points(experiment.inputs, n, d, streams.inputs)
    weights = sample_points(experiment.weights, task.p, d, streams.weights)
    design = features(experiment.activation, points, weights)
    problem = RidgeProblem(design)
    if experiment.average_labels:
        return averaged_observables(task, problem, points, weights)

    target = sample_target(dict(experiment.powers), experiment.inputs, d, streams.target)
    noise = np.sqrt(experiment.noise) * streams.noise.standard_normal(n)
    labels = np.column_stack([target(points), noise])
    solutions = problem.solve_path(labels, task.ridges)  # (ridges, p, 2)
    if task.series is None:
        errors = sampled_errors(task, target, weights, solutions, streams.test_inputs)
    else:
        errors = exact_errors(task.series, target, weights, solutions)
    whole = solutions.sum(axis=2)
    residuals = labels.sum(axis=1) - whole @ design.T
    train = (residuals**2).sum(axis=1) / n
    norm = (whole**2).sum(axis=1) / n
    return np.column_stack([errors, train, norm])


def sampled_errors(
    task: Task, target: HarmonicTarget, weights: Array, solutions: Array, generator: np.random.Generator
) -> Array:
    """Return test, bias and variance ``(ridges, 3)`` on a fresh test set, in blocks of bounded memory."""
    experiment, d, p = task.experiment, task.d, task.p
    count = experiment.test_samples or default_test_samples(d, task.n, p)
    columns = np.concatenate([solutions[..., 0], solutions[..., 1]]).T  # (p, 2 ridges)
    errors = np.zeros((len(solutions), 3))
    step = max(1, BLOCK_ELEMENTS // max(p, d))
    for start in range(0, count, step):
        fresh = sample_points(experiment.inputs, min(step, count - start), d, generator)
        from_target, variance = np.split(features(experiment.activation, fresh, weights) @ columns, 2, axis=1)
        bias = target(fresh)[:, None] - from_target
        for column, error in enumerate((bias - variance, bias, variance)):
            errors[:, column] += (error**2).sum(axis=0) / count
    return errors


def exact_errors(series: PopulationSeries, target: HarmonicTarget, weights: Array, solutions: Array) -> Array:
    """Return test, bias and variance ``(ridges, 3)``, averaged over the fresh input without sampling."""
    columns = np.concatenate([solutions[..., 0], solutions[..., 1]]).T
    images = np.stack(np.split(series.apply_gram(weights, columns).T, 2), axis=2)  # (ridges, p, 2)
    forms = np.einsum("rpi,rpj->rij", solutions, images)
    bias = target.power - 2 * solutions[..., 0] @ series.correlation(target, weights) + forms[:, 0, 0]
    cross = solutions[..., 1] @ series.correlation(target, weights) - (forms[:, 0, 1] + forms[:, 1, 0]) / 2
    variance = forms[:, 1, 1]
    return np.column_stack([bias + variance - 2 * cross, bias, variance])


def averaged_observables(task: Task, problem: RidgeProblem, points: Array, weights: Array) -> Array:
    r"""Return all observables ``(ridges, 5)`` averaged over target and noise, given inputs and weights.

    Notes
    -----
    Every observable is a quadratic form in the labels. A Gaussian random function with covariance
    :math:`\sum_k F_k^2 Q_k(\langle x,x'\rangle/d)` has the prescribed mean power in every degree; since the
    mean over inputs and weights of such a form depends on the target through the powers only, averaging over
    this function leaves every expectation unchanged and removes the fluctuations of target and noise. With
    :math:`\hat a = A y`, the forms are traces of A against the covariance of the labels.
    """
    experiment, n, d, series = task.experiment, task.n, task.d, task.series
    assert series is not None
    powers = [dict(experiment.powers).get(k, 0.0) for k in range(experiment.highest_degree + 1)]
    shares = [
        power * series.coefficients[k] / np.sqrt(harmonic_multiplicity(series.law, d, k))
        for k, power in enumerate(powers)
    ]
    covariance = zonal_sum(series.law, d, powers, points @ points.T / d)
    correlation = zonal_sum(series.law, d, shares, weights @ points.T / d) / np.sqrt(len(weights))
    labels = covariance + experiment.noise * np.eye(n)
    rows = []
    for solution in (problem.solve(np.eye(n), ridge) for ridge in task.ridges):  # A, (p, n)
        image = series.apply_gram(weights, solution)
        residual = np.eye(n) - problem.features @ solution
        bias = sum(powers) - 2 * np.vdot(solution, correlation) + np.vdot(image, solution @ covariance)
        variance = experiment.noise * np.vdot(image, solution)
        train = np.vdot(residual, residual @ labels) / n
        norm = np.vdot(solution, solution @ labels) / n
        rows.append([bias + variance, bias, variance, train, norm])
    return np.array(rows)


def run_task(task: Task) -> Array:
    """Run a block of replicates with BLAS limited to one thread; the function that workers execute.

    Returns
    -------
    ndarray, shape (task.count, len(task.ridges), 5)
    """
    with threadpoolctl.threadpool_limits(limits=1):
        replicates = range(task.first, task.first + task.count)
        return np.stack([run_replicate(task, replicate) for replicate in replicates])
