"""Random features of any depth, as a user declares them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation, as_activation
from asymptotics.functions.exact import number, number_or_array, shown
from asymptotics.functions.targets import as_target
from asymptotics.models.components import RISK, TEST, TRAIN
from asymptotics.models.deep_equations import GAUSSIAN, NARROW, OF_LAW, WIDE, inverse_chart
from asymptotics.models.deep_levels import LAW_DIGITS, DeepLevels, constants_of, has_mean
from asymptotics.models.library import stored_chart
from asymptotics.models.model import Model
from asymptotics.models.posed import Posed
from asymptotics.models.quantities import D
from asymptotics.models.regimes import RealSize
from asymptotics.models.theory import Size, Theory

__all__ = ["DeepRandomFeaturesRidge", "Layer"]

LAWS_OF_WEIGHTS = ("gaussian", "sphere", "orthogonal")

CHAIN = "layer by layer, each through its linear part and independent noise; sizes in proportion (prediction)"

BEYOND = "degrees above one begin to be learned: samples are no longer a few times the dimension"

MEANS = (
    "few dimensions for layers that have a mean, whose random biases are averaged one by one: training errors are 10 % "
    "higher and more, test errors within 4 %"
)

_OF_MEANS = 2.4, 0.2, 0.1
"""ReLU on ReLU, simulated at 50, 80 and 100 dimensions and four ridges: training errors are higher by a share of
2.4 / d (1 - s) / (0.2 + s), where s is what they are of the error of the prediction; the share that is told."""

_QUADRATIC = 0.125  # samples over d^2 from which degree two is partly resolved, where the width allows it


@dataclass(frozen=True)
class Layer:
    r"""A layer of random features :math:`\sigma(W\varphi)` on those below, rows of W of mean square norm one.

    Parameters
    ----------
    activation : str or Activation
        The function sigma; a formula or a function, since it is needed at inputs of any variance.
    width : number, optional
        Neurons per input dimension, needed in ``Proportional``; ``math.inf`` allowed. At ``FiniteSize`` widths are
        given as ``p1``, ``p2``, ...
    weights : {"gaussian", "sphere", "orthogonal"}
        Law of W. Theory is the same for the first two. Orthogonal rows where there are fewer neurons than inputs of the
        layer; where there are more, the first columns of one orthogonal matrix (a tight frame; orthogonal blocks on top
        of each other are another law).

    Raises
    ------
    InputError
        If a value is not of this kind; the message names it.

    Notes
    -----
    See ``docs/howto/deep_features.md``.

    Examples
    --------
    >>> import asymptotics as asy
    >>> asy.Layer("relu", width=2, weights="orthogonal")
    Layer('relu', width=2, weights='orthogonal')
    """

    activation: Any
    width: Any = None
    weights: str = "gaussian"

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", as_activation(self.activation))
        if self.width is not None:
            width = self.width if self.width == math.inf else number("width of a layer", self.width)
            if not width > 0:
                raise InputError(
                    "width of a layer", self.width, "a positive number of neurons per input dimension"
                )
            object.__setattr__(self, "width", width)
        if self.weights not in LAWS_OF_WEIGHTS:
            raise InputError("weights of a layer", self.weights, " or ".join(map(repr, LAWS_OF_WEIGHTS)))

    @property
    def is_orthogonal(self) -> bool:
        """Whether its weights are orthogonal."""
        return self.weights == LAWS_OF_WEIGHTS[-1]

    def __repr__(self) -> str:
        width = "" if self.width is None else f", width={shown(self.width)}"
        return f"Layer({str(self.activation)!r}{width}, weights={self.weights!r})"

    def __str__(self) -> str:
        width = "" if self.width is None else f" {shown(self.width)} d"
        return f"{self.activation}{width}{' orthogonal' if self.is_orthogonal else ''}"


def _widths(count: int) -> tuple[str, ...]:
    return tuple(f"p{number}" for number in range(1, count + 1))


def _together() -> Any:
    """Refused: what needs everything in one program is not known for several layers.

    Raises
    ------
    InputError
        Always.
    """
    advice = "ensembles, parts of the risk and its next order are known for RandomFeaturesRidge"
    raise InputError(
        "model", "random features of several layers", "ridge regression, or training in time", advice
    )


def _theory(kinds: tuple[str, ...], name: str) -> Theory:
    def charts() -> tuple[Any, ...]:
        recorded = kinds == (GAUSSIAN, GAUSSIAN)
        return (
            stored_chart("deep-random-features", "general", "inverse") if recorded else inverse_chart(kinds),
        )

    sizes = (Size("n", "samples"), *(Size(p, f"neurons of layer {p[1:]}") for p in _widths(len(kinds))))
    return Theory(
        name,
        _together,
        sizes=sizes,
        features=sizes[-1].name,
        finite=charts,
        limit=charts,
        observables=RISK,
    )


@dataclass(frozen=True)
class DeepChain(Model):
    """The equations of a deep network whose layers are of given kinds.

    Attributes
    ----------
    network : DeepRandomFeaturesRidge
    kinds : tuple of str
    """

    network: Any
    kinds: tuple[str, ...]

    has_dimension: ClassVar[bool | None] = True
    without_next_order: ClassVar[str] = "random features of several layers"

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """The chart of these layers."""
        return _theory(self.kinds, f"deep-random-features.{'-'.join(self.kinds)}")

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the network."""
        return self.network.noise

    @property
    def digits_known(self) -> float:
        """Of the network."""
        return self.network.digits_known

    def measure(self, d: int | float | None) -> DeepLevels:
        """Constants of the layers."""
        return DeepLevels(self.network, self.kinds, math.inf if d is None else d)

    def __str__(self) -> str:
        return str(self.network)


@dataclass(frozen=True)
class DeepRandomFeaturesRidge(Model):
    r"""Ridge regression on the last of several layers of random features.

    .. math:: \varphi_0 = x,\qquad \varphi_l = \sigma_l(W_l\varphi_{l-1}),\qquad z(x) = \varphi_L/\sqrt{p_L}

    with weights of variance one over the size of what they act on. The estimator minimizes
    :math:`\|y - Za\|^2 + \lambda\|a\|^2`; inputs are uniform on the sphere of radius :math:`\sqrt d`, or Gaussian.

    Parameters
    ----------
    layers : list of Layer
        From the inputs outwards.
    target : mapping or Target
        Degree k to the power :math:`F_k^2`. Only the linear part is learned where sizes are in proportion.
    noise : number or array
        Variance of the label noise. An array broadcasts with sizes and ridges in ``predict``.

    Raises
    ------
    InputError
        If a value is not of this kind, or orthogonal weights act on a layer that has a mean, for which no law is known;
        the message names it.

    Notes
    -----
    A layer that has a mean gives the neurons above it random biases; they are averaged over, not their constants. In
    ``Proportional`` widths are those of the layers, unless ``p1=``, ``p2=``, ... give others; ``psi1`` is left out.
    Equations: ``docs/howto/deep_features.md``, derivation ``deep-random-features``.

    Examples
    --------
    >>> import asymptotics as asy
    >>> layers = [asy.Layer("tanh(2*x)", width="6/5"), asy.Layer("tanh", width=2)]
    >>> model = asy.DeepRandomFeaturesRidge(layers, target={1: 1}, noise="1/5")
    >>> risk = asy.predict(model, asy.Proportional(psi2="3/2"), ridge="1/20")
    >>> round(risk.test, 12), round(risk.train, 12)
    (0.725610314903, 0.20559384842)
    """

    layers: Any
    target: Any
    noise: Any = 0

    has_dimension: ClassVar[bool | None] = True

    def __post_init__(self) -> None:
        layers = self.layers
        if isinstance(layers, (str, Layer)) or not isinstance(layers, Iterable):
            raise InputError("layers", layers, "a list of asymptotics.Layer")
        read = tuple(layers)
        if not read or not all(isinstance(layer, Layer) for layer in read):
            raise InputError("layers", layers, "a list of asymptotics.Layer, at least one")
        object.__setattr__(self, "layers", read)
        object.__setattr__(self, "target", as_target(self.target))
        object.__setattr__(self, "noise", number_or_array("noise", self.noise, minimum=0))
        for place, (layer, below) in enumerate(zip(self.layers, self.means, strict=True), 1):
            if layer.is_orthogonal and below:
                advice = f"subtract the mean of the activation of layer {place - 1}, or take Gaussian weights"
                allowed = "'gaussian' on a layer that has a mean"
                raise InputError(f"weights of layer {place}", layer.weights, allowed, advice)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activations, from the inputs outwards."""
        return tuple(layer.activation for layer in self.layers)

    @property
    def means(self) -> tuple[bool, ...]:
        """Whether what each layer acts on has a mean."""
        return (False, *(has_mean(found) for found in constants_of(self.activations)[:-1]))

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """Sizes by the number of layers; equations at the widths that are declared."""
        return _theory(self._declared(), "deep-random-features")

    @property
    def digits_known(self) -> float:
        """Those of the activations; of averages over biases fewer."""
        known = min(activation.digits_known for activation in self.activations)
        return min(known, LAW_DIGITS) if any(self.means) else known

    def kinds(self, wide: Iterable[bool]) -> tuple[str, ...]:
        """What each layer is, by whether it is at least as wide as what it acts on."""
        known = zip(self.layers, self.means, wide, strict=True)
        return tuple(
            (WIDE if broad else NARROW) if layer.is_orthogonal else OF_LAW if below else GAUSSIAN
            for layer, below, broad in known
        )

    def _declared(self) -> tuple[str, ...]:
        """What the layers are at the widths that are declared."""
        widths = [1.0, *(1.0 if layer.width is None else float(layer.width) for layer in self.layers)]
        return self.kinds([width >= before for before, width in itertools.pairwise(widths)])

    def sizes_known(self, regime: Any) -> Mapping[str, Any]:
        """Widths, in a limit: those of the layers that have one."""
        if not (regime.is_limit and regime.is_point):
            return {}
        pairs = zip(_widths(len(self.layers)), self.layers, strict=True)
        return {name: layer.width for name, layer in pairs if layer.width is not None}

    def measure(self, d: int | float | None) -> DeepLevels:
        """Constants of the layers."""
        return DeepLevels(self, self._declared(), math.inf if d is None else d)

    def posed(self, regime: Any, shape: tuple[int, ...] = ()) -> tuple[Posed, ...]:
        """The chain of layers; orthogonal ones by whether they are wider than what they act on.

        Raises
        ------
        InputError
            In polynomial scaling, which is not known for several layers.
        """
        if not regime.is_point:
            raise InputError(
                "regime", regime, "Proportional or FiniteSize", "for random features of several layers"
            )
        names = _widths(len(self.layers))
        for name, width in self.sizes_known(regime).items():
            regime = regime if getattr(regime, name, None) is not None else regime.moved(name, width)
        inputs = 1.0 if regime.dimension is None else regime.dimension
        sizes = [inputs, *(getattr(regime, name) for name in names)]
        rows = np.stack([np.broadcast_to(np.asarray(size, dtype=float), shape).ravel() for size in sizes])
        facts = np.ones_like(rows, dtype=bool)
        orthogonal = [layer.is_orthogonal for layer in self.layers]
        facts[:-1][orthogonal] = (rows[1:] >= rows[:-1])[orthogonal]
        if regime.dimension is not None:
            samples = np.broadcast_to(np.asarray(regime.n, dtype=float), shape).ravel()
            facts[-1] = samples <= _QUADRATIC * rows[0] ** 2
        unlike, which = np.unique(facts, axis=1, return_inverse=True)
        found = []
        for group, (*wide, trusted) in enumerate(unlike.T.tolist() or [[True] * len(sizes)]):
            at = None if unlike.shape[1] <= 1 else np.flatnonzero(which.ravel() == group)
            some = regime if at is None else _some(regime, shape, at)
            found.append(Posed(DeepChain(self, self.kinds(wide)), some, at, CHAIN, "" if trusted else BEYOND))
        return tuple(found)

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where dimensions are too few for the training error of layers on layers with a mean."""
        (factor, offset, least), dimension = _OF_MEANS, sizes.get(D.name, math.inf)
        share = values[TRAIN.name] / (values[TEST.name] + float(self.noise))
        found = factor * (1 - share) / (offset + share) > least * dimension
        return {MEANS: found} if any(self.means) else {}

    def at_sizes(self, regime: Any) -> tuple[DeepAtSizes, Any, str, dict[str, int]]:
        """What is drawn at sizes, hidden widths in it; the other sizes; the name of the last width; the hidden ones.

        Raises
        ------
        InputError
            If a width is missing, or a hidden one is no single whole number.
        """
        *inner, last = _widths(len(self.layers))
        given = {name: getattr(regime, name, None) for name in (*inner, last)}
        for name, value in given.items():
            if value is None or (name in inner and (np.ndim(value) or value == math.inf)):
                allowed = f"the number of neurons of layer {name[1:]}"
                raise InputError(name, value, allowed, "one network at a time is simulated")
        hidden = {name: int(value) for name, value in given.items() if name in inner and value is not None}
        sizes = SimpleNamespace(d=getattr(regime, "d", None), n=getattr(regime, "n", None), p=given[last])
        return DeepAtSizes(self, tuple(hidden.values())), sizes, last, hidden

    def __repr__(self) -> str:
        powers = ", ".join(f"{k}: {power}" for k, power in self.target.powers)
        return f"DeepRandomFeaturesRidge({list(self.layers)}, {{{powers}}}, noise={shown(self.noise)})"

    def __str__(self) -> str:
        powers = ", ".join(f"{k}: {power}" for k, power in self.target.powers)
        layers = ", ".join(map(str, self.layers))
        return f"random features of layers {layers}; target {{{powers}}}, noise {shown(self.noise)}"


@dataclass(frozen=True)
class DeepAtSizes:
    """What is drawn: the layers, with the widths of all but the last.

    Attributes
    ----------
    network : DeepRandomFeaturesRidge
    hidden : tuple of int
    """

    network: Any
    hidden: tuple[int, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Of the network."""
        found: tuple[Layer, ...] = self.network.layers
        return found

    @property
    def target(self) -> Any:
        """Of the network."""
        return self.network.target

    @property
    def noise(self) -> Any:
        """Of the network."""
        return self.network.noise


def _some(regime: Any, shape: tuple[int, ...], where: np.ndarray) -> Any:
    """A regime at some of the points of a shape, flat."""
    sizes = {name: value for name, value in vars(regime).items() if value is not None}
    flat = {
        name: np.broadcast_to(np.asarray(value, dtype=object), shape).ravel()[where]
        for name, value in sizes.items()
    }
    kind = RealSize if regime.is_finite else type(regime)
    return kind(**flat)
