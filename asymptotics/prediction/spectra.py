"""From a model to the numbers behind its spectral measures, at finite dimension and in the limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.functions.exact import double
from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.lowering.program import Spectrum
from asymptotics.models.spectral_ridge import SpectralRidge
from asymptotics.prediction.measures import SECOND_ORDER, SIMPLE_DEGREES, gathered, tail_squares

_NEGLIGIBLE = 1e-17
_SMALLEST_TAIL = 1e-30


@dataclass(frozen=True)
class SpectralData:
    """A model's spectrum in the form a system takes it.

    Attributes
    ----------
    inputs : dict
        Scalar parameters of the system that describe the spectrum (proportional regime).
    spectrum : Spectrum or None
        Levels and tails (general systems).
    trace : float
        Sum of all eigenvalues that can be resolved by samples or features.
    rank : float
        Number of nonzero eigenvalues; infinite if there is a tail.
    smallest : float
        Smallest nonzero eigenvalue of the levels.
    power : float
        Total power of the target.
    truncation : tuple of float
        ``c, m``: the trace of S(S+nu)^{-1} is known up to ``c/nu^m``, degrees above the last not being resolved.
    """

    inputs: dict[str, float]
    spectrum: Spectrum | None
    trace: float
    rank: float
    smallest: float
    power: float
    truncation: tuple[float, int] = (0.0, 0)


def degrees_needed(d: int, size: float) -> int:
    """Degrees to keep one by one, so that all higher ones act as a tail to rounding at the given size."""
    degree = 1
    while degree < SIMPLE_DEGREES and multiplicity(d, degree + 1) * _NEGLIGIBLE < size:
        degree += 1
    return degree


def finite_spectrum(model: Any, d: int, size: float) -> SpectralData:
    """Levels of the kernel operator on the sphere in dimension ``d``.

    Parameters
    ----------
    model : RandomFeaturesRidge, KernelRidge or SpectralRidge
    d : int
    size : float
        The largest ``min(n, p)`` it will be used for.
    """
    if isinstance(model, SpectralRidge):
        return given_spectrum(model)
    top = degrees_needed(d, size)
    expansion = model.expand(d, top)
    counts = [multiplicity(d, k) for k in range(top + 1)]
    powers = [float(value) for value in expansion.powers]
    eigenvalues = np.array([power / count for power, count in zip(powers, counts, strict=True)])
    weights = np.array([float(count) for count in counts])
    target = np.array([float(model.target.power(k)) for k in range(top + 1)])
    tail = float(expansion.tail)
    # A degree without eigenvalue and without target has no effect: leave it out.
    keep = (eigenvalues > 0) | (target > 0)
    positive = eigenvalues[eigenvalues > 0]
    spectrum = Spectrum(
        eigenvalues[keep],
        {"T": weights[keep], "B": target[keep]},
        {"T": tail, "B": float(model.target.above(top))},
    )
    truncation: tuple[float, int] = (tail * (tail / multiplicity(d, top + 1)), 2)
    squares = tail_squares(model, d, top, 16) if tail > _SMALLEST_TAIL * expansion.total else None
    if squares is not None:
        second = float(squares.tail)
        spectrum = gathered(spectrum, second)
        truncation = (SECOND_ORDER * second * math.sqrt(second / multiplicity(d, top + 1)), 3)
    return SpectralData(
        inputs={},
        spectrum=spectrum,
        trace=float(sum(powers)) + tail,
        rank=math.inf if tail > 0 else float(weights[eigenvalues > 0].sum()),
        smallest=float(positive.min()) if positive.size else 1.0,
        power=float(model.target.total),
        truncation=truncation,
    )


def given_spectrum(model: SpectralRidge) -> SpectralData:
    """The levels of a model whose spectrum is given."""
    eigenvalues, counts, target = (
        np.array([double(name, value) for value in getattr(model, name)])
        for name in ("eigenvalues", "multiplicities", "target")
    )
    tails = {"T": double("tail", model.tail), "B": double("target_tail", model.target_tail)}
    positive = eigenvalues[eigenvalues > 0]
    spectrum = Spectrum(eigenvalues, {"T": counts, "B": target}, tails)
    return SpectralData(
        inputs={},
        spectrum=spectrum,
        trace=model.total,
        rank=model.rank,
        smallest=float(positive.min()) if positive.size else 1.0,
        power=float(target.sum()) + tails["B"],
    )


def limit_spectrum(model: Any) -> SpectralData:
    """Linear part and nonlinear tail of the activation and the target, in the proportional limit."""
    expansion = model.expand(math.inf, 1)
    linear, tail = float(expansion.powers[1]), float(expansion.tail)
    # A constant in the target is learned for nothing, unless the activation has no constant: then it acts as noise.
    constant = 0.0 if expansion.powers[0] > 0 else float(model.target.power(0))
    inputs = {
        "mu1sq": linear,
        "mu_starsq": tail,
        "F1sq": float(model.target.power(1)),
        "F_starsq": float(model.target.above(1)) + constant,
    }
    return SpectralData(
        inputs=inputs,
        spectrum=None,
        trace=linear + tail,
        rank=math.inf if tail > 0 else (1.0 if linear > 0 else 0.0),
        smallest=linear if linear > 0 else 1.0,
        power=inputs["F1sq"] + inputs["F_starsq"],
    )


def polynomial_spectrum(
    model: Any, expansion: Any, partly: tuple[int, ...], noise: tuple[int, ...]
) -> SpectralData:
    """Norms of activation and target by degree, in polynomial scaling.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    expansion : Expansion
        At infinite dimension, up to the last degree that is resolved.
    partly, noise : tuple of int
        Degrees that are partly learned, and that act as noise.
    """
    last = len(expansion.powers) - 1
    inputs = {f"mu{k}sq": float(power) for k, power in enumerate(expansion.powers)}
    inputs |= {f"F{k}sq": float(model.target.power(k)) for k in range(last + 1)}
    inputs |= {"mu_starsq": float(expansion.tail), "F_starsq": float(model.target.above(last))}
    unlearned = inputs["mu_starsq"] + sum(inputs[f"mu{k}sq"] for k in noise)
    trace = unlearned + sum(inputs[f"mu{k}sq"] for k in partly)
    rank = math.inf if unlearned > 0 else sum(1 / math.factorial(k) for k in partly)
    power = sum(float(model.target.power(k)) for k in range(last + 1)) + inputs["F_starsq"]
    return SpectralData(inputs, None, trace, rank, trace if trace > 0 else 1.0, power)
