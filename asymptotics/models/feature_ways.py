r"""Which equations answer for random features with something more than one activation: a table of ways.

A :class:`RandomFeaturesRidge` may be given ``inputs``, ``weights``, ``biases``, ``groups`` and ``invariance``. Each set
of them that somebody derived has a row in :data:`WAYS`: what answers in theory, and what is simulated. A set without a
row is refused by name. To add one, add a row (and the file of its model, which must not import
:mod:`asymptotics.models.random_features`):

``frozenset({"inputs"}): Way(pose, setting)``
    ``pose(features, regime, shape)`` returns the :class:`~asymptotics.models.posed.Posed` problems that answer, as
    :meth:`Model.posed` does; ``setting(features)`` returns what the simulator reads (see
    :mod:`asymptotics.simulation.design.settings`). Both get the declared features, with their fields read.

Fields are read, when features are declared, by :data:`READ`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.functions.symmetries import read_symmetry
from asymptotics.models.components import COMPARED, RISK, Component
from asymptotics.models.feature_groups import Group, read_biases, read_groups
from asymptotics.models.feature_law import LawFeatures
from asymptotics.models.group_blocks import MOST_GROUPS, GroupBlocks
from asymptotics.models.inputs import read_inputs
from asymptotics.models.invariance import AveragedDegrees, pose_averaged
from asymptotics.models.on_inputs import FeaturesOnInputs, pose
from asymptotics.models.orthogonal_features import pose_orthogonal
from asymptotics.models.posed import Posed
from asymptotics.models.regimes import RealSize

__all__ = ["LAWS_OF_WEIGHTS", "READ", "WAYS", "Way", "given_fields", "way_of"]

LAWS_OF_WEIGHTS = ("sphere", "gaussian", "orthogonal")
_SPARSE = re.compile(r"sparse\(([^()]+)\)")


@dataclass(frozen=True)
class Way:
    """What answers for features with some fields, and what is simulated.

    Attributes
    ----------
    pose : callable
        From features, regime and shape to the problems that answer.
    setting : callable
        From features to what the simulator reads.
    components : tuple of Component
        What the risk has.
    system : str
        Name of the recorded equations, as :func:`asymptotics.derive` takes it.
    """

    pose: Callable[[Any, Any, tuple[int, ...]], tuple[Posed, ...]]
    setting: Callable[[Any], Any]
    components: tuple[Component, ...] = RISK
    system: str = "random-features"


def _weights(value: Any) -> Any:
    if isinstance(value, str) and (value in LAWS_OF_WEIGHTS or _SPARSE.fullmatch(value.replace(" ", ""))):
        density_of(value)
        return value.replace(" ", "")
    allowed = f"{', '.join(map(repr, LAWS_OF_WEIGHTS))} or 'sparse(density)', such as 'sparse(0.5)'"
    raise InputError("weights", value, allowed)


def density_of(weights: str) -> float:
    """Share of the entries of a weight that are not zero.

    Raises
    ------
    InputError
        If it is not between zero and one.

    Examples
    --------
    >>> density_of("sparse(0.25)"), density_of("sphere")
    (0.25, 1.0)
    """
    match = _SPARSE.fullmatch(weights)
    if match is None:
        return 1.0
    density = float(number("density of weights", match[1]))
    if not 0 < density <= 1:
        raise InputError("weights", weights, "a density between zero and one")
    return density


READ: Mapping[str, Callable[[Any], Any]] = {
    "inputs": read_inputs,
    "weights": _weights,
    "biases": read_biases,
    "groups": read_groups,
    "invariance": read_symmetry,
}
"""How each field is read; a field that is None is not read."""

PLAIN = {
    "inputs": None,
    "weights": ("sphere", "gaussian"),
    "biases": None,
    "groups": None,
    "invariance": None,
}
"""Values with which features are plain ones."""


def given_fields(features: Any) -> frozenset[str]:
    """The fields with which features are not plain ones."""
    return frozenset(
        name
        for name, plain in PLAIN.items()
        if getattr(features, name) is not None and getattr(features, name) not in (plain or ())
    )


AS_DENSE = "dense weights in the place of sparse ones (prediction)"
LIMIT_OF_LAW = "features of one law, degrees above one as noise (prediction)"
EVERY_DEGREE = "groups of features, every degree (prediction)"
"""What is solved."""

FEWEST_ENTRIES, SAFE_ENTRIES = 4, 14
"""Entries of a weight that are not zero, below which theory is refused, and below which it is not trusted."""

_LEARNED = 0.05
"""The smaller size per harmonic of degree two, from which that degree is learned in part."""

_FEW = "weights have few entries that are not zero: theory is that of dense ones"
_SECOND = (
    "degree two is learned in part, which is taken for noise here: give at most three groups, without biases"
)


def _pose_law(features: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """Groups with every degree, and laws of constants where that is too much: many groups, and random biases."""
    if not regime.is_point:
        raise InputError("regime", regime, "Proportional or FiniteSize", "for groups and biases")
    groups = features.groups or (Group(features.activation, 1),)
    finite = regime.dimension is not None
    if finite and features.biases is None and len(groups) <= MOST_GROUPS:
        return (Posed(GroupBlocks(features, groups), regime, None, EVERY_DEGREE),)
    model = LawFeatures(features, groups)
    if not finite:
        return (Posed(model, regime, None, LIMIT_OF_LAW),)

    def learned(n: np.ndarray, p: np.ndarray, d: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.minimum(n, p) > _LEARNED * (d + 2) * (d - 1) / 2
        return found

    return cautioned_where(learned, features, Posed(model, regime, None, LIMIT_OF_LAW, _SECOND), shape)


def cautioned_where(
    unsure: Callable[..., np.ndarray], features: Any, problem: Posed, shape: tuple[int, ...]
) -> tuple[Posed, ...]:
    """A problem at finite sizes with its caution where it is due.

    Parameters
    ----------
    unsure : callable
        From samples, features and dimensions, flat, to where there is a caution.
    features : Model
    problem : Posed
        With the sizes of the question and the caution.
    shape : tuple of int
        Of the question.
    """
    given = problem.regime.parameters(features)
    columns = {k: np.broadcast_to(np.asarray(given[k], dtype=float), shape).ravel() for k in ("n", "p", "d")}
    marked = np.broadcast_to(unsure(**columns), columns["d"].shape)
    if not marked.any():
        return (replace(problem, caution=""),)
    if marked.all():
        return (problem,)
    parts = []
    for caution, chosen in {problem.caution: marked, "": ~marked}.items():
        where = np.flatnonzero(chosen)
        sizes = RealSize(**{name: column[where] for name, column in columns.items()})
        parts.append(Posed(problem.model, sizes, where, problem.formula, caution))
    return tuple(parts)


def _pose_weights(features: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """Orthogonal weights, and sparse ones: these are as good as dense ones where enough entries are not zero."""
    density = density_of(features.weights)
    if density == 1.0:
        return tuple(pose_orthogonal(features, regime, shape))
    plain, dimension = replace(features, weights="sphere"), regime.dimension
    if dimension is None:
        return (Posed(plain, regime, None, AS_DENSE),)
    if np.any(density * np.asarray(dimension, dtype=float) < FEWEST_ENTRIES):
        advice = "so few entries are another law, which is not known: take a larger density, or simulate"
        raise InputError(
            "weights", features.weights, f"at least {FEWEST_ENTRIES} entries that are not zero", advice
        )

    def few(n: np.ndarray, p: np.ndarray, d: np.ndarray) -> np.ndarray:
        found: np.ndarray = density * d < SAFE_ENTRIES
        return found

    return cautioned_where(few, features, Posed(plain, regime, None, AS_DENSE, _FEW), shape)


def _pose_inputs(features: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """Inputs with a covariance: their levels of equal variance."""
    return pose(FeaturesOnInputs(features, features.inputs), regime, shape)


def _as_declared(features: Any) -> Any:
    """Features are drawn as they are declared."""
    return features


def _plain(features: Any) -> Any:
    return replace(features, invariance=None)


def _pose_averaged(features: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """Features averaged over a group: levels of the invariant harmonics."""
    return tuple(pose_averaged(_plain(features), features.invariance, regime))


def _averaged(features: Any) -> Any:
    """Features are drawn and averaged."""
    return AveragedDegrees(_plain(features), features.invariance)


WAYS: dict[frozenset[str], Way] = {
    frozenset({"inputs"}): Way(_pose_inputs, _as_declared),
    frozenset({"groups"}): Way(_pose_law, _as_declared, system="feature-law"),
    frozenset({"biases"}): Way(_pose_law, _as_declared, system="feature-law"),
    frozenset({"groups", "biases"}): Way(_pose_law, _as_declared, system="feature-law"),
    frozenset({"weights"}): Way(_pose_weights, _as_declared, COMPARED),
    frozenset({"invariance"}): Way(_pose_averaged, _averaged),
}
"""Ways by the set of fields that are given."""


def way_of(features: Any) -> Way | None:
    """The way of features; None where they are plain.

    Raises
    ------
    InputError
        If nobody derived this combination.
    """
    given = given_fields(features)
    if not given:
        return None
    if given not in WAYS:
        known = "; ".join(sorted(" with ".join(sorted(fields)) for fields in WAYS))
        name = sorted(given)[0]
        advice = (
            "equations for this combination are not known: give one of these combinations, or write a Model"
        )
        raise InputError(" with ".join(sorted(given)), getattr(features, name), f"one of: {known}", advice)
    return WAYS[given]
