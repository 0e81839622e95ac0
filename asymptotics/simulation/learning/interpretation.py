"""Reading a model: which of the learners it is, and what identifies it in a store."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError
from asymptotics.models import inputs as laws_of_inputs
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.options import as_choice, as_count, as_number
from asymptotics.simulation.laws.blocks import BlockInputs
from asymptotics.simulation.laws.laws import LAWS, SPHERE
from asymptotics.simulation.laws.own_target import FunctionInputs
from asymptotics.simulation.laws.protocols import Inputs
from asymptotics.simulation.laws.symmetric import SymmetricSphere
from asymptotics.simulation.learning.covariates import SpectralFeatures, as_covariates
from asymptotics.simulation.learning.deep import DeepFeatures
from asymptotics.simulation.learning.experiment import Experiment
from asymptotics.simulation.learning.fits import Learner
from asymptotics.simulation.learning.learners import (
    KernelRegression,
    MappedFeatures,
    RandomFeatures,
    SurrogateFeatures,
)
from asymptotics.simulation.learning.networks import LinearizedNetwork
from asymptotics.simulation.learning.precision import PRECISIONS
from asymptotics.simulation.learning.spectral import Training
from asymptotics.simulation.learning.symmetric import AveragedFeatures, AveragedKernel
from asymptotics.simulation.learning.wide_features import WideFeatures

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
    """A vectorized function, tried on three numbers.

    Parameters
    ----------
    name : str
        What an error calls it.
    function : callable
        Vectorized.
    probe : ndarray
        Three numbers that it is tried on.

    Raises
    ------
    InputError
        If it cannot be evaluated, for instance because only its coefficients are known.
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


def as_learner(model: Any, design: Design) -> tuple[Learner, Any]:
    """The learner of a model, by the first of the attributes in `READERS` it has, and its inputs.

    Parameters
    ----------
    model : object
        What is simulated.
    design : Design
        Options of the experiment.

    Raises
    ------
    InputError
        If it has none of them, the function cannot be evaluated, or an option does not apply.
    """
    if getattr(model, "eigenvalues", None) is None:
        design = replace(design, inputs=_inputs_of(model, design))
    for name, read in READERS.items():
        if getattr(model, name, None) is not None:
            return read(model, design)
    return _read_activation(model, design)


def _inputs_of(model: Any, design: Design) -> Any:
    """Inputs of the model where it has some, or of the design; levels where the test law is another one.

    Raises
    ------
    InputError
        If both name inputs, or a test law does not go with other options.
    """
    own, tested, given = getattr(model, "inputs", None), design.test_inputs, design.inputs
    if own is None and tested is None:
        return given
    if given != SPHERE.name:
        advice = "inputs belong to the model"
        raise InputError("inputs", given, f"{SPHERE.name!r}, the default, for {own or tested}", advice)
    apart = design.labels == "averaged" or design.precision == "single" or design.target_function is not None
    if tested is not None and apart:
        allowed = "nothing with averaged labels, in single precision, or with a target_function"
        raise InputError("test_inputs", tested, allowed)
    if tested is not None:
        laws_of_inputs.require_inputs("test_inputs", tested)
    return BlockInputs(own or laws_of_inputs.Inputs.isotropic(), model.target, tested)


def _read_learner(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(MEMBERS, f"a learner of its own ({model.learner.kind})")
    return model.learner, design.inputs


def _read_spectrum(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(("inputs", *MEMBERS), "a model with a spectrum")
    inputs = as_covariates(model, design.test_inputs)
    return SpectralFeatures(inputs), inputs


def _read_map(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(MEMBERS, "a model with a feature map")
    if not callable(model.feature_map):
        raise InputError("feature_map", model.feature_map, "a function of (generator, d, p)")
    return MappedFeatures(model.feature_map), design.inputs


def _read_network(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(MEMBERS, "a linearized network")
    probe = np.array([-1.0, 0.25, 1.5])
    activation, slope = (as_function(name, getattr(model, name), probe) for name in ("activation", "slope"))
    random, tangent = map(float, model.kernel_weights)
    weights = (random if model.trains_both else 0.0, tangent)
    options = (weights, model.gaussian, model.starts_randomly, getattr(model, "biases", None))
    return LinearizedNetwork(activation, slope, *options), design.inputs


def _read_layers(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(MEMBERS, "random features of several layers")
    probe = np.array([-1.0, 0.25, 1.5])
    functions = tuple(as_function("activation", layer.activation, probe) for layer in model.layers)
    return DeepFeatures(
        functions, tuple(layer.weights for layer in model.layers), model.hidden
    ), design.inputs


def _read_wide(model: Any, design: Design) -> tuple[Learner, Any]:
    structured = model.weights == "orthogonal" or model.density < 1
    refused = (*MEMBERS, "weights") if structured else MEMBERS
    design.require_defaults(refused, "features in groups, with biases or with structured weights")
    for group in model.wide_groups:
        as_function("activation", group.activation, np.array([-1.0, 0.25, 1.5]))
    options = {"structure": "orthogonal"} if model.weights == "orthogonal" else {"density": model.density}
    return WideFeatures(model.wide_groups, model.biases, **options), design.inputs


def _read_symmetric(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(("inputs", *MEMBERS), "a model averaged over a group")
    inputs = SymmetricSphere(model.symmetry)
    if model.kernel is not None:
        kernel = as_function("kernel", model.kernel, np.array([-1.0, 0.25, 1.0]))
        return AveragedKernel(kernel, model.symmetry), inputs
    activation = as_function("activation", model.activation, np.array([-1.0, 0.25, 1.5]))
    return AveragedFeatures(activation, model.symmetry), inputs


def _read_activation(model: Any, design: Design) -> tuple[Learner, Any]:
    activation = as_function("activation", getattr(model, "activation", None), np.array([-1.0, 0.25, 1.5]))
    members = as_count("ensemble", design.ensemble, 1)
    if design.surrogate_degree is None:
        return RandomFeatures(activation, members), design.inputs
    if members > 1:
        raise InputError("ensemble", design.ensemble, "1 together with surrogate_degree")
    return SurrogateFeatures(
        activation, as_count("surrogate_degree", design.surrogate_degree, 0)
    ), design.inputs


def _read_kernel(model: Any, design: Design) -> tuple[Learner, Any]:
    design.require_defaults(MEMBERS, "a model with a kernel")
    return KernelRegression(as_function("kernel", model.kernel, np.array([-1.0, 0.25, 1.0]))), design.inputs


MEMBERS = ("surrogate_degree", "ensemble")
"""Options of models with an activation only."""

READERS: Mapping[str, Callable[[Any, Design], tuple[Learner, Any]]] = {
    "learner": _read_learner,
    "eigenvalues": _read_spectrum,
    "feature_map": _read_map,
    "slope": _read_network,
    "hidden": _read_layers,
    "wide_groups": _read_wide,
    "symmetry": _read_symmetric,
    "activation": _read_activation,
    "kernel": _read_kernel,
}
"""What a model may be known by, in this order."""


def as_powers(entries: Any) -> tuple[tuple[int, float], ...]:
    """Degrees and powers of a target, by degree.

    Raises
    ------
    InputError
        If one is not allowed.
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
    model: ModelLike, learner: Learner, inputs: Any, training: Training, design: Design
) -> Experiment:
    """The experiment of a model, with every field checked.

    Parameters
    ----------
    model : object
        With ``target`` and ``noise``.
    learner : Learner
        What :func:`as_learner` read.
    inputs : object
        A law of the inputs, or its name.
    training : Training
        Ridge regression, or a training in time.
    design : Design
        Options of the experiment.

    Raises
    ------
    InputError
        If a degree or power of the target or the noise is not allowed, or an option is unknown or does not
        apply.
    """
    noise = float(as_number("noise", model.noise, "a finite number, at least 0"))
    if not (math.isfinite(noise) and noise >= 0):
        raise InputError("noise", model.noise, "a finite number, at least 0")
    law = as_inputs(inputs)
    if design.target_function is not None:
        law = FunctionInputs(law, design.target_function)
    powers = () if law.labelled else as_powers(model.target.powers)
    declared = getattr(model, "weights", None)  # a model that says nothing else has those of the inputs
    asked = (
        declared
        if design.weights is None and declared in LAWS and declared != SPHERE.name
        else design.weights
    )
    weights, labels, samples = learner.choose_weights(law, asked), design.labels, design.test_samples
    if as_choice("precision", design.precision, PRECISIONS) == "single" and (
        labels == "averaged" or training.method != "ridge" or design.target_function is not None
    ):
        allowed = "'double' with averaged labels, gradient steps or a function for the target"
        raise InputError(
            "precision", design.precision, allowed, "single precision is for ridge regression on drawn labels"
        )
    return Experiment(
        learner=learner,
        powers=powers,
        noise=noise,
        training=training,
        inputs=law,
        weights=LAWS[weights],
        test_samples=None if samples is None else as_count("test_samples", samples, 2),
        average_labels=as_choice("labels", labels, LABELS) == "averaged",
        precision=design.precision,
        shifts=design.test_inputs is not None,
    )


def as_inputs(inputs: Any) -> Inputs:
    """Inputs from the name of a law, or as they are given.

    Raises
    ------
    InputError
        If they are neither.
    """
    if isinstance(inputs, str) and inputs in LAWS:
        return LAWS[inputs]
    if isinstance(inputs, str) or not callable(getattr(inputs, "draw", None)):
        names = ", ".join(map(repr, LAWS))
        raise InputError("inputs", inputs, f"one of {names}, or a GaussianInputs or a DataMatrix")
    found: Inputs = inputs
    return found


FAR = 4.0
"""Inputs with a larger ``|x|^2/d`` ask functions where those of a standard Gaussian never do: there they count too."""


def check_sizes(experiment: Experiment, sizes: Iterable[tuple[int, int, int]]) -> None:
    """Check that inputs can be drawn at sizes (d, n, p), and that the function is defined on them.

    Parameters
    ----------
    experiment : Experiment
    sizes : iterable of (d, n, p)
        Of every configuration.

    Raises
    ------
    InputError
        If they cannot, or it is not.
    """
    for d, n, _ in sizes:
        experiment.inputs.check(d, n, dict(experiment.powers), experiment.test_samples)
    for d in {d for d, _, _ in sizes}:
        experiment.learner.check(experiment.inputs, d)


def describe_experiment(experiment: Experiment, sizes: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    """A model as plain data: what identifies it in a store and in exported results.

    Parameters
    ----------
    experiment : Experiment
        The model.
    sizes : sequence of (int, int, int)
        All d, n and p; a feature map is tried at the smallest, whatever their order.
    """
    learner = experiment.learner
    d, _, p = min(sizes, default=(3, 3, 3))
    name, values = learner.fingerprint(d, p)
    longest = max((experiment.inputs.squared_norms(d).max() for d in {d for d, _, _ in sizes}), default=1.0)
    far = {"far": learner.fingerprint(d, p, float(longest))[1]} if longest > FAR else {}
    return {
        learner.function_kind: name,
        "fingerprint": values,
        **far,
        "kind": learner.kind,
        "options": learner.options(),
        **experiment.training.describe(),
        "target_powers": {str(degree): power for degree, power in experiment.powers},
        "noise": experiment.noise,
        "inputs": experiment.inputs.describe(sorted({d for d, _, _ in sizes})),
        "weights": experiment.weights.name,
        "labels": "averaged" if experiment.average_labels else "drawn",
        "test_samples": experiment.test_samples,
        "precision": experiment.precision,
    }
