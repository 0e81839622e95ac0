"""One replicate of an experiment, exactly as the model is defined.

No derived equation enters: inputs, weights, labels and the least-squares problem are drawn and solved as
written in the definition, so agreement with theory is evidence for the theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg  # noqa: F401  loaded before BLAS threads are limited, so that the limit reaches its library
from numpy.typing import NDArray

from asymptotics.errors import SimulationError
from asymptotics.models.components import COMPARED, SHIFTED
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.laws.population import PopulationSeries
from asymptotics.simulation.laws.protocols import Inputs, Labelled
from asymptotics.simulation.laws.sampling import Law
from asymptotics.simulation.laws.streams import StackedStreams, Streams, replicate_streams
from asymptotics.simulation.learning.averaging import average_labels
from asymptotics.simulation.learning.fits import Fit, Learner
from asymptotics.simulation.learning.nesting import Member, solve_members
from asymptotics.simulation.learning.networks import FromStart
from asymptotics.simulation.learning.precision import measure_in_single
from asymptotics.simulation.learning.spectral import RIDGE, Training
from asymptotics.simulation.threads import one_thread

Array = NDArray[np.float64]

MEASURED = tuple(component.name for component in COMPARED)
"""Observables of one replicate, in the order of the arrays below."""

CONTROLS = ("signal", "noise", "overlap")
"""Mean squares of the target and of the noise on the training inputs, and their mean product, which follow."""

COLUMNS = MEASURED + CONTROLS

BLOCK_ELEMENTS = 2**22
"""Features of test inputs are computed in blocks of about this many numbers (32 MB)."""

SMALLEST_TEST_SET, LARGEST_TEST_SET = 1000, 20_000

LARGEST_STACKED = 2**12
"""Features of all inputs up to which replicates are solved in stacks: larger ones leave nothing to save."""

STACK_ELEMENTS, LONGEST_STACK = 2**18, 64
"""Numbers of the largest arrays of a stack (2 MB), and replicates in one."""


@dataclass(frozen=True)
class Experiment:
    """What all replicates of one model share.

    Attributes
    ----------
    learner : Learner
        Features or kernel.
    powers : tuple of (int, float)
        Degree and power F_k^2 of the target.
    noise : float
        Variance of the label noise.
    training : Training
        Ridge regression, gradient flow or gradient descent.
    inputs : Inputs
        Law of x, or data.
    weights : Law
        Law of theta.
    test_samples : int or None
        Size of a sampled test set; None lets `default_test_samples` choose.
    average_labels : bool
        Average over target and noise exactly instead of drawing them.
    precision : str
        ``"double"`` or ``"single"``: of features, Gram matrices and factorizations.
    shifts : bool
        Whether the error is measured under another law of the test inputs too.
    """

    learner: Learner
    powers: tuple[tuple[int, float], ...]
    noise: float
    training: Training = RIDGE
    inputs: Inputs = SPHERE
    weights: Law = SPHERE
    test_samples: int | None = None
    average_labels: bool = False
    precision: str = "double"
    shifts: bool = False

    @property
    def measured(self) -> tuple[str, ...]:
        """Observables of one replicate, in the order of the results."""
        return (*MEASURED, SHIFTED.name) if self.shifts else MEASURED

    @property
    def control_means(self) -> dict[str, float | None]:
        """Exact expectations of the controls; None where one is not known."""
        return {"signal": self.inputs.signal(dict(self.powers)), "noise": self.noise, "overlap": 0.0}

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
    d : int
        Dimension.
    members : tuple of Member
        The sizes that share the draws, each with its ridges or times.
    key : tuple of int
        What, besides the seed, the draws depend on; see `replicate_streams`.
    seed, first, count : int
        Seed of the simulation, first replicate of the block, number of replicates in it.
    series : PopulationSeries or None
        Expansion of the activation, where it is needed.
    exact : bool
        Whether the test error is averaged exactly, or over a sampled test set.
    """

    experiment: Experiment
    d: int
    members: tuple[Member, ...]
    key: tuple[int, ...]
    seed: int
    first: int = 0
    count: int = 1
    series: PopulationSeries | None = None
    exact: bool = False

    @property
    def n(self) -> int:
        """Number of inputs that are drawn."""
        return max(member.n for member in self.members)

    @property
    def p(self) -> int:
        """Number of features that are drawn; 0 for kernels."""
        return max(member.p for member in self.members)

    @property
    def stacked(self) -> int:
        """Number of replicates that are solved at once; 0 where each is solved alone.

        It does not depend on the number of replicates, nor do the digits of one.
        """
        experiment, learner, inputs = self.experiment, self.experiment.learner, self.experiment.inputs
        d, n, p, m = self.d, self.n, self.p, learner.centers(self.n, self.p)
        known = learner.stacks and getattr(inputs, "stacks", False) and experiment.training.stacks
        alone = len(self.members) > 1 or experiment.shifts or experiment.precision != "double"
        singular = not learner.has_features and getattr(inputs, "atoms", False)  # kernel matrices may be
        if not known or alone or singular or n * max(m, p) > LARGEST_STACKED:
            return 0
        rows = n if self.exact else max(n, experiment.test_samples or default_test_samples(d, n, m))
        elements = rows * max(d, m, p) + len(self.members[0].parameters) * m
        size = min(STACK_ELEMENTS // elements, LONGEST_STACK)
        return size if size > 1 else 0

    def run(self) -> Array:
        """The results of every replicate of the block, with BLAS limited to one thread.

        Returns
        -------
        ndarray, shape (count, points, 8)
        """
        replicates, size = range(self.first, self.first + self.count), self.stacked
        with one_thread():
            if size == 0:
                return np.stack([run_replicate(self, replicate) for replicate in replicates])
            stacks = [replicates[start : start + size] for start in range(0, self.count, size)]
            return np.concatenate([run_stack(self, stack) for stack in stacks])


def default_test_samples(d: int, n: int, p: int) -> int:
    """A test-set size whose cost matches that of the training problem.

    Parameters
    ----------
    d, n, p : int
        Dimension, samples, features.

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


def run_replicate(task: Task, replicate: int) -> Array:
    """Draw one data set and one learner, train at every size and ridge or time, and measure.

    Parameters
    ----------
    task : Task
        The model, and the sizes and paths that share the draws.
    replicate : int
        See `asymptotics.simulation.laws.streams.replicate_streams`.

    Returns
    -------
    ndarray, shape (points, 8)
        Test, bias, variance, train, norm, and the controls, for every parameter of every member.

    Examples
    --------
    >>> from asymptotics.simulation.learning.learners import RandomFeatures
    >>> toy = Experiment(RandomFeatures(np.tanh), powers=((1, 1.0),), noise=0.1, test_samples=50)
    >>> run_replicate(Task(toy, d=5, members=(Member(10, 7, (0.1, 1.0)),), key=(5,), seed=0), 0).shape
    (2, 8)
    """

    def measure(dtype: Any) -> Array:
        return _measure(task, replicate_streams(task.seed, task.key, replicate), dtype)

    if task.experiment.precision == "double":
        return measure(np.float64)
    power = sum(mean or 0.0 for mean in task.experiment.control_means.values())
    return measure_in_single(measure, COLUMNS, power, verify=replicate == 0)


def run_stack(task: Task, replicates: range) -> Array:
    """The same as `run_replicate` for several replicates, drawn one by one and solved at once.

    Parameters
    ----------
    task : Task
        One that is `stacked`.
    replicates : range
        Their numbers.

    Returns
    -------
    ndarray, shape (replicates, points, 8)

    Notes
    -----
    What needs more care than a stack takes, such as an exact average that has to be sampled, is computed alone.
    """
    try:
        found = _measure(task, StackedStreams(task.seed, task.key, replicates), np.float64)
    except np.linalg.LinAlgError:
        return np.stack([run_replicate(task, replicate) for replicate in replicates])
    for place in np.flatnonzero(~np.isfinite(found).all(axis=(1, 2))):
        found[place] = run_replicate(task, replicates[int(place)])
    return found


def _measure(task: Task, streams: Streams, dtype: Any) -> Array:
    """What `run_replicate` does, in one precision, or what `run_stack` does, with the replicates on the first axis."""
    experiment, d, n = task.experiment, task.d, task.n
    drawn = experiment.inputs.draw(n, d, streams.inputs)
    points = drawn.points.astype(dtype, copy=False)
    fit = experiment.learner.draw(points, experiment.weights, task.p, streams.weights, task.series)
    if experiment.average_labels:
        averages = [averaged_observables(task, member, fit, drawn.points) for member in task.members]
        means = np.array(list(experiment.control_means.values()))
        return _with_controls(np.concatenate(averages, axis=-2), means)

    labelled = drawn.label(dict(experiment.powers), streams.target)
    noise = np.sqrt(experiment.noise) * streams.noise.standard_normal(n)
    controls = np.stack([labelled.values, noise], axis=-1)
    if fit.start is not None:
        labelled = FromStart(labelled, fit.start, labelled.values - fit.start(drawn.points))
    labels = np.stack([labelled.values, noise], axis=-1)
    found: dict[Member, tuple[Array, Array]] = {}
    for member, part, solution in solve_members(fit, task.members, labels, experiment.training):
        embedded = fit.embed(member.n, member.p, solution)
        observed = training_observables(part, labels[..., : member.n, :], solution)
        found[member] = embedded, _with_controls(observed, control_values(controls[..., : member.n, :]))
    solutions = np.concatenate([found[member][0] for member in task.members], axis=-3)  # (points, m, 2)
    errors = fresh_errors(task, fit, labelled, solutions, streams.test_inputs)
    trained = np.concatenate([found[member][1] for member in task.members], axis=-2)
    if experiment.shifts:
        elsewhere = sampled_errors(task, fit, _elsewhere(labelled), solutions, streams.test_inputs)
        trained = np.insert(trained, len(MEASURED) - errors.shape[1], elsewhere[:, 0], axis=1)
    return np.concatenate([errors, trained], axis=-1)


def _elsewhere(labelled: Any) -> Labelled:
    """The same target with fresh inputs of the test law."""
    found: Labelled = labelled.elsewhere
    return found


def control_values(labels: Array) -> Array:
    """The controls from target and noise ``(n, 2)``: quantities that cost nothing, with known means."""
    products = labels.swapaxes(-1, -2) @ labels / labels.shape[-2]
    return np.stack([products[..., 0, 0], products[..., 1, 1], products[..., 0, 1]], axis=-1)


def _with_controls(observables: Array, controls: Array) -> Array:
    shape = (*observables.shape[:-1], controls.shape[-1])
    return np.concatenate([observables, np.broadcast_to(controls[..., None, :], shape)], axis=-1)


def training_observables(fit: Fit, labels: Array, solutions: Array) -> Array:
    """Training error and norm ``(path, 2)`` from coefficients ``(path, m, 2)``.

    Parameters
    ----------
    fit : Fit
        Of a draw.
    labels : ndarray
        Shape (n, 2): of the target, and of the noise.
    solutions : ndarray
        Shape (path, m, 2).
    """
    whole, n = solutions.sum(axis=-1), labels.shape[-2]
    residuals = labels.sum(axis=-1)[..., None] - fit.predict(whole.swapaxes(-1, -2))
    return np.stack([(residuals**2).sum(axis=-2) / n, fit.squared_norms(whole) / n], axis=-1)


def fresh_errors(
    task: Task, fit: Fit, labelled: Labelled, solutions: Array, generator: np.random.Generator
) -> Array:
    """Test, bias and variance: exact where that is wanted and known (of a stack NaN elsewhere), else by a test set.

    Parameters
    ----------
    task, fit, labelled, solutions, generator
        As of `sampled_errors`.
    """
    found = labelled.exact_errors(fit, solutions, task.series) if task.exact else None
    if found is None or (found.ndim == 2 and np.isnan(found).any()):
        return sampled_errors(task, fit, labelled, solutions, generator)
    return found


def sampled_errors(
    task: Task, fit: Fit, labelled: Labelled, solutions: Array, generator: np.random.Generator
) -> Array:
    """Test, bias and variance ``(points, 3)`` on a fresh test set, in blocks of bounded memory.

    Parameters
    ----------
    task : Task
        Sizes and the experiment.
    fit : Fit
        Makes features, or rows of the kernel, of fresh inputs.
    labelled : Labelled
        Draws fresh inputs with their targets.
    solutions : ndarray, shape (points, m, 2)
        Coefficients from the target and from the noise.
    generator : numpy.random.Generator
    """
    d, m = task.d, solutions.shape[-2]
    count = task.experiment.test_samples or labelled.fresh_inputs or default_test_samples(d, task.n, m)
    columns = np.concatenate([solutions[..., 0], solutions[..., 1]], axis=-2).swapaxes(-1, -2)  # (m, 2 path)
    errors = np.zeros((*solutions.shape[:-2], 3))
    step = max(1, BLOCK_ELEMENTS // max(m, d))
    for fresh, values in labelled.fresh(count, step, generator):
        design = fit.fresh_design(fresh, generator)
        predictions = (design @ columns.astype(design.dtype, copy=False)).astype(np.float64, copy=False)
        from_target, variance = np.split(predictions, 2, axis=-1)
        bias = values[..., None] - from_target
        for column, error in enumerate((bias - variance, bias, variance)):
            errors[..., column] += (error**2).sum(axis=-2) / count
    return errors


def averaged_observables(task: Task, member: Member, fit: Fit, points: Array) -> Array:
    """All observables ``(path, 5)`` of one size, averaged over target and noise.

    Parameters
    ----------
    task : Task
    member : Member
        Sizes within the draw.
    fit : Fit
    points : ndarray
        Training inputs.
    """
    experiment, series = task.experiment, task.series
    assert series is not None
    part, inputs = fit.part(member.n, member.p), points[..., : member.n, :]
    averages = average_labels(part, inputs, series, dict(experiment.powers), experiment.noise)
    found = averages.along(member.parameters, experiment.training)
    if found.ndim == 2 and np.isnan(found).any():
        raise SimulationError(
            "coefficients are too large for the exact average over fresh inputs: use labels='drawn', which then "
            "samples them, or a larger ridge"
        )
    return found
