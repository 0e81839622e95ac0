"""The problems that answer for a linearized network: which equations, at which sizes, and how far they are trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.models.blocks import program_of
from asymptotics.models.components import COMPARED
from asymptotics.models.degree_two import TangentGivenWeights, positions
from asymptotics.models.few_neurons import FewNeurons
from asymptotics.models.fluctuations import refuse_next_order
from asymptotics.models.library import stored_chart
from asymptotics.models.model import DegreeModel, Model
from asymptotics.models.network_doubts import training_doubts
from asymptotics.models.network_levels import NetworkLevels
from asymptotics.models.neural_tangent_equations import TANGENT, program
from asymptotics.models.posed import Posed
from asymptotics.models.random_features_theory import RANDOM_FEATURES
from asymptotics.models.regimes import Proportional, RealSize, real_sizes
from asymptotics.models.theory import Size, Theory


def _charts(regime: str, chart: str) -> tuple[Any, ...]:
    return (stored_chart("neural-tangent", regime, chart),)


def _alone() -> Any:
    return program_of((TANGENT,), "tangent-features")


BOTH = Theory(
    "neural-tangent",
    program,
    sizes=(Size("n", "samples"), Size("p", "neurons"), Size("N", "tangent features")),
    features="p",
    finite=partial(_charts, "general", "inverse"),
    limit=partial(_charts, "proportional", "inverse"),
    observables=COMPARED,
)
ALONE = Theory(
    "tangent-features",
    _alone,
    sizes=(Size("n", "samples"), Size("N", "tangent features")),
    features="N",
    finite=partial(_charts, "general", "tangent"),
    limit=partial(_charts, "general", "tangent"),
    observables=COMPARED,
)
"""With the tangent features as a size of their own: what is solved."""


class PartOfNetwork:
    """What the two models below have of the network that they stand for."""

    network: Any

    @property
    def noise(self) -> Any:
        """Of the network."""
        return self.network.noise

    @property
    def digits_known(self) -> float:
        """Of the network."""
        return self.network.digits_known

    @property
    def feature_size(self) -> str:
        """Refused: neurons and tangent features are two sizes.

        Raises
        ------
        InputError
            Always.
        """
        advice = "p counts neurons here, each with d tangent features: vary p yourself"
        raise InputError("model", self.network, "a model with one size of features", advice)

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where single neurons change the training error, at finite dimension."""
        if "d" not in sizes:
            return {}
        columns = sizes["N"] if "N" in sizes else sizes["p"]
        return training_doubts(self.network, columns / sizes["d"].astype(float), values)


@dataclass(frozen=True)
class BlocksOfNetwork(PartOfNetwork, Model):
    """A linearized network as blocks of independent features.

    Attributes
    ----------
    network : NeuralTangentRidge
    """

    network: Any
    has_dimension: ClassVar[bool | None] = True

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """Both blocks, or tangent features alone."""
        return BOTH if self.network.trains_both else ALONE

    def fluctuations(self, d: int | None, size: float) -> None:
        """Refused: what points on the sphere have beyond Gaussian ones is not known for tangent features.

        Raises
        ------
        InputError
            Always.
        """
        refuse_next_order(self.network)

    def measure(self, d: int | float | None) -> NetworkLevels:
        """Levels of both kernels."""
        return NetworkLevels(self.network, math.inf if d is None else d)

    def __str__(self) -> str:
        return f"{self.network}, as blocks of independent features"


@dataclass(frozen=True)
class TangentFeatures(PartOfNetwork, DegreeModel):
    """Tangent features of neurons with second-layer signs: random features with the tangent kernel's spectrum.

    Attributes
    ----------
    network : object
        With ``tangent``, ``target``, ``noise``, ``digits_known``.
    """

    network: Any
    theory: ClassVar[Theory] = replace(RANDOM_FEATURES, observables=COMPARED)

    @property
    def target(self) -> Any:  # type: ignore[override]
        """Of the network."""
        return self.network.target

    @property
    def function_text(self) -> str:
        """The network's activation or kernel."""
        return self.network.function_text

    def expand(self, d: Any, degrees: int, digits: int | None = None) -> Expansion:
        """Power of the tangent features in each degree."""
        return self.network.tangent(d, degrees, digits)

    def expand_certified(self, d: Any, degrees: int, digits: int) -> Expansion:
        """The same as balls."""
        return self.network.tangent(d, degrees, digits, True)

    def expand_squares(self, d: int, degrees: int, digits: int) -> None:
        """Not known: the tail is left as it is."""
        return None

    def __str__(self) -> str:
        return f"tangent features of {self.network}"


BLOCKS = "blocks of independent features (prediction)"
GIVEN_WEIGHTS = "tangent features given the weights, degree two a classical convolution (prediction)"
FEW_NEURONS = "a few neurons, samples weighed by their slopes (prediction)"
"""What is solved, and how far it is known to hold."""

_WINDOW = (0.1, 3.0)
_SAMPLES = 0.125
"""Neurons per dimension, and samples over ``d^2``, where degree two is partly resolved by both."""

_SMALL_REST = 0.4
"""Power beyond degree two, in units of that of degree two, below which the law of degree two is seen in the risk."""

_FEWEST, _SHORT = 30, 4.0
"""Neurons, and samples per dimension, up to which samples of different slopes are told apart."""

_APART = 10.0
"""Ratio of the eigenvalues of degree one to those of degree two from which they do not mix."""

_HEAVY, _FEW = 6.0, 40
"""Kurtosis of slopes, and neurons, beyond which single neurons dominate the kernel."""


def pose(network: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """The problems that answer for a network in a regime.

    Parameters
    ----------
    network : object
        As for `NetworkLevels`, with ``trains_both`` and ``heaviness``.
    regime : Regime
    shape : tuple of int
        Of the question.

    Raises
    ------
    InputError
        If no equations are known there.
    """
    if regime.dimension is not None:
        return tuple(_at_sizes(network, regime, shape))
    if regime.is_point:
        return (Posed(*_blocks(network, regime), None, BLOCKS),)
    return tuple(_in_scaling(network, regime, shape))


def _is_plain(network: Any) -> bool:
    """Whether tangent features are random features with their own spectrum."""
    return not (network.trains_both or network.gaussian or network.starts_randomly)


def _blocks(network: Any, regime: Any) -> tuple[Model, Any]:
    """The equations of blocks, with the number of tangent features that a regime gives."""
    if _is_plain(network) and (regime.dimension is not None or not network.target.power(0)):
        return TangentFeatures(network), regime.multiplied("p", "p")
    found = regime.multiplied("p", "N")
    return BlocksOfNetwork(network), found if network.trains_both else found.moved("p", math.inf)


def _at_sizes(network: Any, regime: Any, shape: tuple[int, ...]) -> Iterator[Posed]:
    """Where degree two is partly resolved its law given the weights answers, blocks elsewhere."""
    given = regime.parameters(network)
    d, n, p = (np.broadcast_to(np.asarray(given[k], dtype=float), shape).ravel() for k in ("d", "n", "p"))
    window = (p >= _WINDOW[0] * d) & (p <= _WINDOW[1] * d) & (n >= _SAMPLES * d**2)
    first, second, beyond = _powers(network)
    window &= second > 0
    # Eigenvalues of degree one over those of degree two: where neither is much larger their parameters are shared.
    mixed = window & (first > 0) & (first * d < _APART * 2 * second)
    exact = window & (not (network.trains_both or network.gaussian))
    few = (
        (p >= 2) & (p <= _FEWEST) & (n <= _SHORT * d) & (getattr(network.slope, "formula", None) is not None)
    )
    few &= _is_plain(network) & (n < np.maximum(_SAMPLES * d**2, 2 * d))
    window &= ~few
    exact &= ~few
    mixed &= ~few
    heavy = ((p <= _FEW) & (network.heaviness > _HEAVY) & ~few) | mixed
    unsure = window & ~exact & (beyond < _SMALL_REST * second)
    if not (exact.any() or heavy.any() or unsure.any() or few.any()):
        yield Posed(*_blocks(network, regime), None, BLOCKS)
        return
    sizes = {"n": n, "p": p, "d": d}

    def at(where: np.ndarray, *names: str) -> tuple[RealSize, np.ndarray | None]:
        """Sizes of some points; in the shape of the question where they are all."""
        return real_sizes({name: sizes[name] for name in names}, where, shape)

    for where, (_, neurons) in positions(few, d, p):
        yield Posed(FewNeurons(network, round(neurons)), *at(where, "d", "n"), FEW_NEURONS)
    for caution, chosen in {"": exact & ~heavy, _FEW_HEAVY: exact & heavy}.items():
        for where, (_, neurons) in positions(chosen, d, p):
            yield Posed(TangentGivenWeights(network, neurons), *at(where, "d", "n"), GIVEN_WEIGHTS, caution)
    cautions = {_FEW_HEAVY: heavy & ~exact, _NOT_FREE: unsure & ~heavy, "": ~(heavy | unsure | exact | few)}
    for caution, chosen in cautions.items():
        if (found := np.flatnonzero(chosen)).size:
            regime, places = at(found, "d", "n", "p")
            yield Posed(*_blocks(network, regime), places, BLOCKS, caution)


_FEW_HEAVY = (
    "slopes of a few neurons dominate the kernel (simulation differs by up to 17 %), or degree one is as hard as "
    "degree two and shares its parameters (up to 40 %)"
)
_NOT_FREE = "degree two given the weights is not known for a Gaussian second layer, or beside random features"


def _in_scaling(network: Any, regime: Any, shape: tuple[int, ...]) -> Iterator[Posed]:
    """One more in the exponent of neurons; on the line of degree two its law given the weights.

    Raises
    ------
    InputError
        If random features are trained too, the second layer is Gaussian, or the target has a mean.
    """
    if not _is_plain(network):
        advice = "polynomial scaling is for tangent features alone, signs, and output zero"
        raise InputError("regime", regime, "FiniteSize or Proportional", advice)
    if network.target.power(0):
        advice = "tangent features learn a mean as slowly as the linear part: subtract it"
        raise InputError("target", network.target, "a target without a mean in polynomial scaling", advice)
    if regime.kappa1 != 1 or regime.kappa2 < 2:
        yield Posed(*_blocks(network, regime), None, BLOCKS)
        return
    if regime.kappa2 not in (2, math.inf):
        advice = "there are more samples than degree two has parameters: their limit is kappa2 = inf"
        raise InputError("kappa2", regime.kappa2, "2 or math.inf where kappa1 is 1", advice)
    given = regime.parameters(network)
    neurons, samples = (
        np.broadcast_to(np.asarray(given[k], dtype=float), shape).ravel() for k in ("theta1", "theta2")
    )
    for where, (ratio,) in positions(np.ones(neurons.size, dtype=bool), neurons):
        sizes = Proportional(psi2=math.inf if regime.kappa2 == math.inf else samples[where])
        yield Posed(TangentGivenWeights(network, ratio), sizes, where, GIVEN_WEIGHTS)


@lru_cache(maxsize=256)
def _powers(network: Any) -> tuple[float, float, float]:
    """Power of the tangent features in degrees one and two, and above, in the limit."""
    found = network.tangent(math.inf, 2)
    return float(found.powers[1]), float(found.powers[2]), float(found.tail)
