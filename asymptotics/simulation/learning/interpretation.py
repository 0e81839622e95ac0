"""Reading a model: which of the learners it is, and what identifies it in a store."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.simulation.design.options import as_choice, as_count, as_number, is_infinite
from asymptotics.simulation.laws.data import DataMatrix
from asymptotics.simulation.laws.inputs import GaussianInputs
from asymptotics.simulation.laws.laws import LAWS
from asymptotics.simulation.laws.sampling import Inputs
from asymptotics.simulation.learning.covariates import Covariates, SpectralFeatures, as_covariates
from asymptotics.simulation.learning.experiment import Experiment
from asymptotics.simulation.learning.fits import Learner
from asymptotics.simulation.learning.learners import (
    KernelRegression,
    MappedFeatures,
    RandomFeatures,
    SurrogateFeatures,
    clip_rounding,
)
from asymptotics.simulation.learning.precision import PRECISIONS
from asymptotics.simulation.learning.spectral import Training

Array = NDArray[np.float64]

TEST_ERRORS = ("auto", "exact", "sampled")
"""How the average over a fresh input is taken."""

LABELS = ("drawn", "averaged")
"""Whether target and noise are drawn in every replicate or averaged over exactly."""


class TargetLike(Protocol):
    """A target function, known by its power in every degree."""

    @property
    def powers(self) -> Any:
        """Power F_k^2 per degree k: a mapping or (degree, power) pairs."""


class ModelLike(Protocol):
    """What the simulator needs to know of a model, besides one of ``activation``, ``kernel``, ``feature_map``."""

    @property
    def target(self) -> TargetLike:
        """The target function."""

    @property
    def noise(self) -> Any:
        """Variance of the label noise."""


def as_function(name: str, function: Any, probe: Array) -> Any:
    """Return a vectorized function, tried on three numbers.

    Raises
    ------
    InputError
        When it cannot be evaluated, for instance because only its coefficients are known.
    """
    allowed = "a vectorized function of a float64 array"
    advice = "simulation needs the function itself; coefficients alone allow a prediction only"
    if not callable(function) or getattr(function, "function", function) is None:
        raise InputError(name, function, allowed, advice)
    try:
        values = np.asarray(function(probe), dtype=np.float64)
    except InputError:
        raise
    except Exception as error:
        raise InputError(name, function, allowed, f"calling it failed: {error}") from error
    if values.shape != probe.shape or not np.isfinite(values).all():
        raise InputError(name, function, allowed, "it must return one finite number per entry")
    return function


def as_learner(model: Any, surrogate_degree: int | None, ensemble: int) -> Learner:
    """Return the learner of a model, by its attribute ``feature_map``, ``activation`` or ``kernel``, in this order.

    Raises
    ------
    InputError
        When it has none of them, the function cannot be evaluated, or an option does not apply.
    """
    found = [
        name for name in ("feature_map", "activation", "kernel") if getattr(model, name, None) is not None
    ]
    kind = found[0] if found else "activation"
    if kind != "activation":
        _require_defaults(kind.replace("_", " "), surrogate_degree, ensemble)
    if kind == "feature_map":
        if not callable(model.feature_map):
            raise InputError("feature_map", model.feature_map, "a function of (generator, d, p)")
        return MappedFeatures(model.feature_map)
    if kind == "kernel":
        return KernelRegression(as_function("kernel", model.kernel, np.array([-1.0, 0.25, 1.0])))
    activation = as_function("activation", getattr(model, "activation", None), np.array([-1.0, 0.25, 1.5]))
    members = as_count("ensemble", ensemble, 1)
    if surrogate_degree is None:
        return RandomFeatures(activation, members)
    if members > 1:
        raise InputError("ensemble", ensemble, "1 together with surrogate_degree")
    return SurrogateFeatures(activation, as_count("surrogate_degree", surrogate_degree, 0))


def as_request(
    model: Any, regime: Any, inputs: Any, surrogate_degree: int | None, ensemble: int
) -> tuple[Learner, Any, Any]:
    """Return learner, sizes and inputs of a model, which has inputs of its own where its spectrum is given.

    Raises
    ------
    InputError
        As `as_learner`, or when inputs are asked for that the model cannot have.
    """
    if getattr(model, "eigenvalues", None) is None:
        return as_learner(model, surrogate_degree, ensemble), regime, inputs
    if not isinstance(inputs, str) or inputs != "sphere":
        raise InputError("inputs", inputs, "nothing for a model whose spectrum is given")
    _require_defaults("spectrum", surrogate_degree, ensemble)
    learner, sizes = as_covariates(model, regime)
    return learner, sizes, learner.inputs


def is_kernel(learner: Learner, regime: Any) -> bool:
    """Whether a learner has infinitely many features: kernels, and spectra where p is left out or infinite."""
    if isinstance(learner, SpectralFeatures):
        return is_infinite(regime.p)
    return isinstance(learner, KernelRegression)


def _require_defaults(kind: str, surrogate_degree: int | None, ensemble: int) -> None:
    for name, value, default in [("surrogate_degree", surrogate_degree, None), ("ensemble", ensemble, 1)]:
        if value != default:
            raise InputError(name, value, f"{default} for a model with a {kind}")


def as_powers(entries: Any) -> tuple[tuple[int, float], ...]:
    """Return degrees and powers of a target, by degree.

    Raises
    ------
    InputError
        When one is not allowed.
    """
    powers = {}
    for degree, power in entries.items() if isinstance(entries, Mapping) else entries:
        degree = as_count("target degree", degree, 0)
        value = float(as_number("target power", power, "a finite number, at least 0"))
        if not (math.isfinite(value) and value >= 0):
            raise InputError("target power", power, "a finite number, at least 0")
        powers[degree] = value
    return tuple(sorted(powers.items()))


def as_experiment(
    model: ModelLike,
    training: Training,
    inputs: Any,
    weights: str | None,
    test_samples: int | None,
    labels: str,
    learner: Learner,
    precision: str = "double",
) -> Experiment:
    """Return the experiment of a model, with every field checked.

    Raises
    ------
    InputError
        When a degree or power of the target or the noise is not allowed, or an option is unknown or does not
        apply.
    """
    noise = float(as_number("noise", model.noise, "a finite number, at least 0"))
    if not (math.isfinite(noise) and noise >= 0):
        raise InputError("noise", model.noise, "a finite number, at least 0")
    law = as_inputs(inputs)
    powers = () if law.labelled else as_powers(model.target.powers)
    if isinstance(learner, KernelRegression) and weights not in (None, law.weights[0]):
        raise InputError("weights", weights, "nothing: a kernel has no weights")
    weights = law.weights[0] if weights is None else as_choice("weights", weights, law.weights)
    if isinstance(learner, SurrogateFeatures) and not (law.irreducible and weights == law.exact_weights):
        allowed = f"'sphere' or 'hypercube' for {learner.kind}, and the same for weights"
        raise InputError("inputs", inputs, allowed)
    if as_choice("precision", precision, PRECISIONS) == "single" and (
        labels == "averaged" or training.method != "ridge"
    ):
        allowed = "'double' with averaged labels or gradient steps"
        raise InputError(
            "precision", precision, allowed, "single precision is for ridge regression on drawn labels"
        )
    return Experiment(
        learner=learner,
        powers=powers,
        noise=noise,
        training=training,
        inputs=law,
        weights=LAWS[weights],
        test_samples=None if test_samples is None else as_count("test_samples", test_samples, 2),
        average_labels=as_choice("labels", labels, LABELS) == "averaged",
        precision=precision,
    )


def as_inputs(inputs: Any) -> Inputs:
    """Return inputs from the name of a law, or as they are given.

    Raises
    ------
    InputError
        When they are neither.
    """
    if isinstance(inputs, GaussianInputs | DataMatrix | Covariates):
        return inputs
    if not isinstance(inputs, str) or inputs not in LAWS:
        names = ", ".join(map(repr, LAWS))
        raise InputError("inputs", inputs, f"one of {names}, or a GaussianInputs or a DataMatrix")
    return LAWS[inputs]


def check_sizes(experiment: Experiment, sizes: Iterable[tuple[int, int, int]]) -> None:
    """Check that the inputs of an experiment can be drawn at sizes (d, n, p), and that its kernel is finite there.

    Raises
    ------
    InputError
        When they cannot, or it is not.
    """
    inputs, learner = experiment.inputs, experiment.learner
    for d, n, _ in sizes:
        inputs.check(d, n, dict(experiment.powers), experiment.test_samples)
    for d in {d for d, _, _ in sizes} if isinstance(learner, KernelRegression) else ():
        norms = inputs.squared_norms(d)
        with np.errstate(all="ignore"):
            values = np.asarray(learner.function(clip_rounding(norms)), dtype=np.float64)
        if not np.isfinite(values).all():
            allowed = f"a function that is finite at |x|^2/d = {norms[~np.isfinite(values)][0]:.6g}"
            raise InputError("kernel", learner.function, allowed, "these inputs are not on the sphere")


def describe_experiment(experiment: Experiment, sizes: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    """Return a model as plain data: what identifies it in a store and in exported results.

    Parameters
    ----------
    experiment : Experiment
        The model.
    sizes : sequence of (int, int, int)
        All d, n and p; a feature map is tried at the smallest, whatever their order.
    """
    learner = experiment.learner
    d, _, p = min(sizes, default=(3, 3, 3))
    name, values = fingerprint(learner, d, p)
    return {
        learner.function_kind: name,
        "fingerprint": values,
        "kind": learner.kind,
        "options": learner.options(),
        "training": experiment.training.method,
        "step_size": experiment.training.step_size,
        "target_powers": {str(degree): power for degree, power in experiment.powers},
        "noise": experiment.noise,
        "inputs": experiment.inputs.describe(sorted({d for d, _, _ in sizes})),
        "weights": experiment.weights.name,
        "labels": "averaged" if experiment.average_labels else "drawn",
        "test_samples": experiment.test_samples,
        "precision": experiment.precision,
    }


def fingerprint(learner: Learner, d: int = 3, p: int = 3) -> tuple[str, str]:
    """Return the name of an activation, kernel or feature map and a digest of its values.

    Two functions of one name do not mix in a store. Seven digits at up to 257 points are compared: enough to
    tell functions apart, few enough that another implementation of the same function counts as the same.

    Examples
    --------
    >>> fingerprint(RandomFeatures(np.tanh))[0]
    'tanh'
    >>> fingerprint(RandomFeatures(lambda x: x)) == fingerprint(RandomFeatures(lambda x: 2 * x))
    False
    """
    if isinstance(learner, SpectralFeatures):
        return "given", learner.inputs.describe([])["sha256"][:16]
    function = learner.function
    name = getattr(function, "name", None) or getattr(function, "__name__", None) or type(function).__name__
    generator = np.random.Generator(np.random.PCG64DXSM(0))
    with np.errstate(all="ignore"):
        if isinstance(learner, MappedFeatures):
            values = np.asarray(function(generator, d, p)(generator.standard_normal((3, d)))).ravel()
        elif isinstance(learner, KernelRegression):
            values = np.asarray(function(np.linspace(-1.0, 1.0, 257)))
        else:
            values = np.asarray(function(np.linspace(-8.0, 8.0, 257)))
    values = np.asarray(values, dtype=np.float64)
    scale = np.abs(values[np.isfinite(values)]).max(initial=0.0) or 1.0
    rounded = f"{scale:.6e}:" + ",".join(f"{value + 0.0:.7f}" for value in np.round(values / scale, 7))
    return str(name), hashlib.sha256(rounded.encode()).hexdigest()[:16]
