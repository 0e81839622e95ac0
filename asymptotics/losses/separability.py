r"""How many samples features separate: the threshold below which a linear classifier makes no training error.

At vanishing ridge and with fewer features than samples the potential of a loss leaves one order parameter. For the
squared violation :math:`\frac12(-yz)_+^2`, which knows no scale, it is, with :math:`u` the correlation of the
prediction with the best predictor of the latent value,

.. math:: \frac{1 - u^2}{2V}\big[\,n\,c(u) - p\,\big], \qquad c(u) = \frac{E(-y w)_+^2}{1 - u^2},

for large spreads ``V`` and predictions ``w`` of unit variance: the minimum is zero, and the samples are separable, as
long as ``p/n`` is larger than the least ``c``. The model enters through the captured power at vanishing effective
ridge alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from asymptotics.errors import InputError
from asymptotics.functions.labels import SignTarget
from asymptotics.losses.samples import Array, rule
from asymptotics.models.components import TEST
from asymptotics.models.with_loss import WithLoss
from asymptotics.prediction.accuracy import Doubles
from asymptotics.prediction.requests import read_request

_PRECISION = 1e-12
_WIDTHS = np.array([-8.0, -5.0, -3.0, -1.5, -0.6, 0.6, 1.5, 3.0, 5.0, 8.0])


@dataclass(frozen=True)
class SeparabilityThreshold:
    """The number of samples that features separate, to leading order.

    Attributes
    ----------
    captured : float
        Share of the power of the latent value that infinitely many samples would let the features capture.
    features_per_sample : float
        More features per sample separate; less do not.
    samples : float
        The threshold in samples, in the unit of the features.
    """

    captured: float
    features_per_sample: float
    samples: float

    def __str__(self) -> str:
        return (
            f"separable up to {self.samples:.6g} samples, {self.features_per_sample:.6g} features per sample "
            f"(captured {self.captured:.6g} of the target)"
        )


def separability_threshold(model: Any, regime: Any) -> SeparabilityThreshold:
    """Up to how many samples a linear classifier on the features of a model makes no training error.

    Parameters
    ----------
    model : Model
        With labels of two classes: ``target="sign"``, or a :class:`~asymptotics.models.with_loss.WithLoss`.
    regime : Proportional or FiniteSize
        With a finite number of features and infinitely many samples, ``Proportional(psi1=2, psi2=math.inf)``; numbers.

    Returns
    -------
    SeparabilityThreshold
        Right to about twelve digits.

    Raises
    ------
    InputError
        If labels are no classes, samples are finite, sizes are arrays, or there are infinitely many features, which
        separate any number of samples.

    Notes
    -----
    From the potential of convex losses, which is assumed; it depends on the captured share alone.

    References
    ----------
    docs/theory/labels_and_losses.md; SurCandes2019, Montanari2019.

    Examples
    --------
    >>> import math, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target="sign")
    >>> print(asy.separability_threshold(model, asy.Proportional(psi1=1, psi2=math.inf)))
    separable up to 2.83327 samples, 0.352949 features per sample (captured 0.552094 of the target)
    """
    asked = model if getattr(model, "answered_by", "") else WithLoss(model, "square")
    labels, base = asked.classes, asked.with_noise(0)
    if labels is None:
        allowed = "one with labels of two classes: target='sign', or WithLoss(..., labels='sign')"
        raise InputError("model", model, allowed)
    request = read_request(base, regime, None, 0)
    theory = base.theory
    features = [v for name, v in request.sizes.items() if name != theory.samples]
    if request.shape or not np.isinf(request.sizes[theory.samples]).all():
        raise InputError("regime", regime, "one number of features, and infinitely many samples")
    width = float(np.min(features)) if features else math.inf
    if math.isinf(width):
        raise InputError("regime", regime, "finitely many features", "infinitely many separate any samples")
    far = read_request(base, regime, None, 1e30)
    missed, power = (float(Doubles().answer(one).values[TEST.name][0]) for one in (request, far))
    captured = 1 - missed / power
    ratio = features_per_sample(captured, labels)
    return SeparabilityThreshold(captured, ratio, width / ratio)


def features_per_sample(captured: float, labels: SignTarget) -> float:
    """The least ratio of features to samples that separates, where a share of the target's power is captured.

    Parameters
    ----------
    captured : float
        Between 0 and 1.
    labels : SignTarget

    Examples
    --------
    >>> round(features_per_sample(0.0, SignTarget()), 12)
    0.5
    """

    def violation(t: float) -> float:
        x, weight = _latent(captured, labels)
        return float(weight @ _half_square(t * x))

    found = minimize_scalar(violation, bounds=(-0.1, 60.0), method="bounded", options={"xatol": _PRECISION})
    return float(found.fun)


def _latent(captured: float, labels: SignTarget) -> tuple[Array, Array]:
    """Nodes and weights of the label times the best prediction, of unit variance."""
    left = 1 - captured
    width = math.sqrt(max((left + float(labels.probit)) / max(captured, 1e-300), 0.0))
    s, weight = rule(np.ones(1), [np.array([min(width, 1e3) * edge]) for edge in _WIDTHS])
    chance, _ = labels.smoothed(math.sqrt(captured) * s, np.full_like(s, left))
    return s[0], (2 * weight * chance)[0]


def _half_square(x: Array) -> Array:
    """Mean of ``(x - Z)_+^2`` over a standard Gaussian, mirrored: of ``(Z - x)_+^2``."""
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return (1 + x**2) * ndtr(-x) - x * density
