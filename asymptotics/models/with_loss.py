"""Other losses than the square on the features of any model, as a user declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NoReturn

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.labels import LatentTarget, SignTarget
from asymptotics.functions.losses import as_loss
from asymptotics.functions.targets import Target
from asymptotics.models.classes import SIGN
from asymptotics.models.components import (
    CLASSIFICATION_ERROR,
    NORM,
    OBJECTIVE,
    OVERLAP,
    SQUARE,
    TEST,
    TRAIN_LOSS,
    Component,
)
from asymptotics.models.measures import SpectralMeasure
from asymptotics.models.model import Equations, Model, as_model
from asymptotics.models.theory import Theory

__all__ = ["WithLoss"]

LOSS = (TRAIN_LOSS, NORM, OBJECTIVE, SQUARE, OVERLAP)
"""What is known of the minimizer of any convex loss."""


def _program() -> NoReturn:
    """There is no quadratic program, and no chart."""
    advice = "its equations are asymptotics.models.loss_potential.loss_rule(...)"
    raise InputError("loss", "not the square", "predict and simulate for a convex loss", advice)


@dataclass(frozen=True)
class WithLoss(Model):
    r"""The features and the target of a model, fitted with another convex loss.

    The estimator minimizes :math:`\sum_i \ell(y_i, z_i\cdot a) + \frac\lambda2\|a\|^2`; the square loss
    :math:`(y-z)^2/2` has the ridge of ridge regression.

    Parameters
    ----------
    model : Model
        Features or a kernel, target and noise; any model of which ridge regression is predicted.
    loss : str or Loss
        ``"logistic"`` or ``"hinge"``, for labels of two classes; ``"huber"``, ``"absolute"`` or ``"square"``, for any;
        or a loss with its parameter, ``Huber(delta=1.345)``.
    labels : "sign" or SignTarget, optional
        Classes of the target of a model that is declared with numbers, such as a ``SpectralRidge``; the target is
        scaled to unit power.

    Raises
    ------
    InputError
        If the loss is not one of these, or needs classes and labels are numbers, or a target has no sign: it is not
        linear, or zero.

    Notes
    -----
    ``predict`` answers in double precision from a potential that is assumed, see
    :mod:`asymptotics.models.loss_potential`; it and ``simulate`` give ``train_loss``, ``norm``, ``objective``,
    ``square`` and ``overlap``, and the ``classification_error`` of classes or the ``test`` error of numbers.

    References
    ----------
    docs/theory/labels_and_losses.md; Gerace2020, Loureiro2021.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.WithLoss(asy.RandomFeaturesRidge("relu", target="sign"), loss="logistic")
    >>> round(asy.predict(model, asy.Proportional(psi1=2, psi2=3), ridge=0.1).classification_error, 10)
    0.2523537116
    """

    model: Any
    loss: Any
    labels: Any = None

    answered_by: ClassVar[str] = "losses.ask"
    only_ridge: ClassVar[str] = "of other losses than the square no more is known"

    def __post_init__(self) -> None:
        if as_model(self.model).answered_by:
            raise InputError("model", self.model, "a model of ridge regression")
        object.__setattr__(self, "loss", as_loss(self.loss))
        given = SignTarget() if isinstance(self.labels, str) and self.labels == SIGN else self.labels
        if given is not None and not isinstance(given, SignTarget):
            raise InputError("labels", self.labels, "'sign' or a SignTarget, or None")
        target = self.model.target
        own = target.classes if isinstance(target, Target) else None
        if given is not None:
            if own is not None:
                raise InputError("labels", self.labels, "None for a model whose target has classes")
            if isinstance(target, Target) and (target.above(1) or target.power(0) or not target.power(1)):
                advice = "labels are signs of a linear target: the power per degree is {1: 1}"
                raise InputError("target", target, "a target with a sign", advice)
        object.__setattr__(self, "labels", given)
        if self.loss.of_classes and self.classes is None:
            advice = "give target='sign' or SignTarget(...) to the model, or labels="
            allowed = f"labels of two classes for the {self.loss.name} loss"
            raise InputError("target", str(self.model.target), allowed, advice)

    @property
    def classes(self) -> SignTarget | None:
        """The labels, where they are classes."""
        target = self.model.target
        own: SignTarget | None = target.classes if isinstance(target, Target) else None
        return own or self.labels

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """Sizes of the model, observables of the loss."""
        last = TEST if self.classes is None else CLASSIFICATION_ERROR
        return replace(
            self.model.theory, name="convex-loss", program=_program, finite=_program, limit=_program, equivalent=None,
            observables=(*LOSS, last), unknowns=(),
        )  # fmt: skip

    @property
    def components(self) -> tuple[Component, ...]:
        """What is known of the minimizer."""
        return self.theory.components

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """Of the model."""
        return self.model.noise

    @property
    def asks_dimension(self) -> bool:
        """As the model does."""
        return self.model.asks_dimension

    def with_noise(self, noise: Any) -> Model:
        """Ridge regression on the same features, with this label noise: what the population pair is read off.

        The target is that of the model, and of classes the latent linear function.
        """
        linear = {"target": LatentTarget()} if self.labels is None and self.classes is not None else {}
        found: Model = replace(self.model, noise=noise, **linear)
        return found

    def measure(self, d: int | float | None) -> SpectralMeasure:
        """That of the model."""
        return self.model.measured(d)

    def finite(self, d: int | None) -> Equations:
        """Refused: the equations are not those of ridge regression.

        Raises
        ------
        InputError
            Always.
        """
        _program()

    def limit(self) -> Equations:
        """Refused, as :meth:`finite`."""
        _program()

    def scaling(self, kappa1: Any, kappa2: Any) -> Equations:
        """Refused, as :meth:`finite`."""
        _program()

    def fluctuations(self, d: int | None, size: float) -> NoReturn:
        """Refused: no next order is known."""
        _program()

    def never_learned(self) -> tuple[int, ...]:
        """Degrees of the target that the model has no part in."""
        return self.model.never_learned()

    def doubts(
        self, sizes: Mapping[str, np.ndarray], ridge: np.ndarray, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Where the model doubts ridge regression of the same effective ridge."""
        return self.model.doubts(sizes, ridge, values)

    def setting(self) -> WithLoss:
        """What is simulated: the features of the model, its labels, and the loss."""
        return self

    def __str__(self) -> str:
        labels = "" if self.labels is None else f", {self.labels}"
        return f"{self.loss} loss on {self.model}{labels}"
