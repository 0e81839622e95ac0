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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asymptotics.errors import InputError
from asymptotics.models.feature_groups import Group, read_biases, read_groups
from asymptotics.models.feature_law import LawFeatures
from asymptotics.models.inputs import read_inputs
from asymptotics.models.on_inputs import FeaturesOnInputs, pose
from asymptotics.models.posed import Posed

__all__ = ["LAWS_OF_WEIGHTS", "READ", "WAYS", "Way", "given_fields", "way_of"]

LAWS_OF_WEIGHTS = ("sphere", "gaussian", "orthogonal")


@dataclass(frozen=True)
class Way:
    """What answers for features with some fields, and what is simulated.

    Attributes
    ----------
    pose : callable
        From features, regime and shape to the problems that answer.
    setting : callable
        From features to what the simulator reads.
    """

    pose: Callable[[Any, Any, tuple[int, ...]], tuple[Posed, ...]]
    setting: Callable[[Any], Any]


def _weights(value: Any) -> Any:
    if value not in LAWS_OF_WEIGHTS:
        raise InputError("weights", value, " or ".join(map(repr, LAWS_OF_WEIGHTS)))
    return value


def _underived(name: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        raise InputError(name, value, "None", "not known for random features yet")

    return read


READ: Mapping[str, Callable[[Any], Any]] = {
    "inputs": read_inputs,
    "weights": _weights,
    "biases": read_biases,
    "groups": read_groups,
    "invariance": _underived("invariance"),
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


LIMIT_OF_LAW = "features of one law, isotropic inputs (prediction)"


def _pose_law(features: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """Groups and random biases: a law of constants."""
    if not regime.is_point:
        raise InputError("regime", regime, "Proportional or FiniteSize", "for groups and biases")
    groups = features.groups or (Group(features.activation, 1),)
    return (Posed(LawFeatures(features, groups), regime, None, LIMIT_OF_LAW),)


def _not_drawn(features: Any) -> Any:
    raise InputError("model", str(features), "plain features", "these are predicted, but not simulated yet")


def _pose_inputs(features: Any, regime: Any, shape: tuple[int, ...]) -> tuple[Posed, ...]:
    """Inputs with a covariance: their levels of equal variance."""
    return pose(FeaturesOnInputs(features, features.inputs), regime, shape)


def _as_declared(features: Any) -> Any:
    """Features are drawn as they are declared."""
    return features


WAYS: dict[frozenset[str], Way] = {
    frozenset({"inputs"}): Way(_pose_inputs, _as_declared),
    frozenset({"groups"}): Way(_pose_law, _not_drawn),
    frozenset({"biases"}): Way(_pose_law, _not_drawn),
    frozenset({"groups", "biases"}): Way(_pose_law, _not_drawn),
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
