"""Replicates with labels of two classes, or with another loss than the square, as they are defined.

Inputs, features and a target are drawn as ever; classes are drawn from the target, the loss is minimized, and
predictions are compared with the target on a fresh test set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.functions.labels import SignTarget
from asymptotics.functions.loss import Loss
from asymptotics.models.components import (
    BIAS,
    CLASSIFICATION_ERROR,
    NORM,
    OBJECTIVE,
    OVERLAP,
    SQUARE,
    TEST,
    TRAIN,
    TRAIN_LOSS,
    VARIANCE,
)
from asymptotics.simulation.laws.streams import replicate_streams
from asymptotics.simulation.learning.experiment import BLOCK_ELEMENTS, Experiment, default_test_samples
from asymptotics.simulation.learning.fits import Fit
from asymptotics.simulation.learning.loss_solver import minimize
from asymptotics.simulation.learning.spectral import RIDGE
from asymptotics.simulation.threads import one_thread

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LossTask:
    """A block of replicates of one configuration.

    Attributes
    ----------
    experiment : Experiment
        Learner, inputs and target.
    classes : SignTarget or None
        Labels of two classes.
    loss : Loss or None
        None for ridge regression, of which bias and variance are known.
    names : tuple of str
        What is measured.
    signal : float
        Power of the target that is drawn.
    d, n, p : int
    ridges : tuple of float
    key : tuple of int
        What, besides the seed, the draws depend on.
    seed, first, count : int
    """

    experiment: Experiment
    classes: SignTarget | None
    loss: Loss | None
    names: tuple[str, ...]
    signal: float
    d: int
    n: int
    p: int
    ridges: tuple[float, ...]
    key: tuple[int, ...]
    seed: int
    first: int = 0
    count: int = 1

    def run(self) -> Array:
        """The results ``(count, ridges, names)`` of every replicate of the block, on one BLAS thread."""
        with one_thread():
            return np.stack([self._replicate(self.first + k) for k in range(self.count)])

    def _replicate(self, replicate: int) -> Array:
        experiment = self.experiment
        streams = replicate_streams(self.seed, self.key, replicate)
        drawn = experiment.inputs.draw(self.n, self.d, streams.inputs)
        fit = experiment.learner.draw(drawn.points, experiment.weights, self.p, streams.weights, None)
        labelled = drawn.label(dict(experiment.powers), streams.target)
        target = labelled.values
        if self.classes is None:
            y = target + np.sqrt(experiment.noise) * streams.noise.standard_normal(self.n)
        else:
            y = self.classes.draw(target / np.sqrt(self.signal), streams.noise)
        solutions = self._solved(fit, target, y)
        found = self._trained(fit, y, solutions.sum(axis=2)) | self._fresh(
            fit, labelled, solutions, streams.test_inputs
        )
        return np.column_stack([found[name] for name in self.names])

    def _solved(self, fit: Fit, target: Array, y: Array) -> Array:
        """Coefficients ``(ridges, m, parts)``: from target and rest for ridge regression, of the whole otherwise."""
        if self.loss is None:
            return fit.problem().solve_path(np.column_stack([target, y - target]), self.ridges, RIDGE)
        design = np.asarray(fit.design)
        gram = design if fit.metric is not None else design @ design.T
        samples = np.stack([minimize(gram, y, ridge, self.loss) for ridge in self.ridges])
        return (samples if fit.metric is not None else samples @ design)[..., None]

    def _trained(self, fit: Fit, y: Array, whole: Array) -> dict[str, Array]:
        predictions, norm = np.asarray(fit.predict(whole.T)), fit.squared_norms(whole) / self.n
        found = {TRAIN.name: ((y[:, None] - predictions) ** 2).mean(axis=0), NORM.name: norm}
        if self.loss is not None:
            cost = self.loss.value(y[:, None], predictions).mean(axis=0)
            found |= {TRAIN_LOSS.name: cost, OBJECTIVE.name: cost + np.array(self.ridges) * norm / 2}
        return found

    def _fresh(
        self, fit: Fit, labelled: Any, solutions: Array, generator: np.random.Generator
    ) -> dict[str, Array]:
        """Averages over fresh inputs."""
        total: dict[str, Any] = {}
        count = 0
        for values, parts in self._predictions(fit, labelled, solutions, generator):
            count += len(values)
            whole, unit = parts.sum(axis=2), values[:, None] / np.sqrt(self.signal)
            products = {
                TEST.name: (values[:, None] - whole) ** 2,
                SQUARE.name: whole**2,
                OVERLAP.name: unit * whole,
                CLASSIFICATION_ERROR.name: (unit > 0) != (whole > 0),
                BIAS.name: (values[:, None] - parts[..., 0]) ** 2,
                VARIANCE.name: parts[..., -1] ** 2,
            }
            for name, product in products.items():
                total[name] = total.get(name, 0.0) + product.sum(axis=0)
        return {name: value / count for name, value in total.items()}

    def _predictions(
        self, fit: Fit, labelled: Any, solutions: Array, generator: np.random.Generator
    ) -> Iterator[tuple[Array, Array]]:
        """The target and the parts of the prediction ``(k, ridges, parts)`` on fresh inputs, block by block."""
        paths, m, parts = solutions.shape
        count = (
            self.experiment.test_samples or labelled.fresh_inputs or default_test_samples(self.d, self.n, m)
        )
        columns = solutions.transpose(1, 0, 2).reshape(m, paths * parts)
        for fresh, values in labelled.fresh(count, max(1, BLOCK_ELEMENTS // max(m, self.d)), generator):
            design = fit.fresh_design(fresh, generator)
            yield values, (design @ columns).reshape(len(values), paths, parts)
