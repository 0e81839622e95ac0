"""Gaussian inputs with a spectrum of variances; weights and directions of the target stay isotropic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, ShapeError
from asymptotics.simulation.laws.laws import Gaussian

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GaussianInputs(Gaussian):
    r"""Gaussian inputs whose coordinates have different variances.

    .. math:: x = \Sigma^{1/2} g,\qquad \Sigma = \mathrm{diag}(s_1, \dots, s_d),\qquad
              \frac1d\sum_i s_i = 1

    with standard Gaussian g. A diagonal :math:`\Sigma` costs no generality: weights and directions of the
    target are isotropic, so that only its eigenvalues matter.

    Parameters
    ----------
    variances : array_like, shape (d,), or callable
        The *shape* of the spectrum: positive numbers, which are SCALED TO MEAN 1, so that E|x|^2 = d whatever
        their size. A function of d returns them for every dimension of a grid; worker processes need one that
        is defined at the top level of a module. Given numbers are kept scaled, to twelve digits, so that inputs
        of one law are equal.

    Raises
    ------
    InputError
        If a variance is not a positive finite number.
    ShapeError
        If they are not a list of numbers.

    Notes
    -----
    The target of degree k is a sum of :math:`He_k(\langle v, x\rangle)/\sqrt{k!}` along random directions v,
    drawn isotropically in the space of inputs and scaled to :math:`v^T\Sigma v = 1`, with the exact power
    :math:`F_k^2` by :math:`E\,He_k(\langle u,x\rangle)He_k(\langle v,x\rangle) = k!\,(u^T\Sigma v)^k`. A linear
    target thus has the share :math:`s_i/d` of its power, up to fluctuations, along coordinate i.

    References
    ----------
    docs/theory/simulation.md.

    Examples
    --------
    >>> inputs = GaussianInputs([1.0, 1.0, 10.0, 10.0])
    >>> inputs.spectrum(4).round(6).tolist()
    [0.181818, 0.181818, 1.818182, 1.818182]
    >>> power_law = GaussianInputs(lambda d: np.arange(1.0, d + 1) ** -1.5)
    >>> float(power_law.spectrum(100).sum())
    100.0
    """

    variances: Any

    weights: ClassVar[tuple[str, ...]] = ("gaussian", "sphere")
    exact_weights: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        if not callable(self.variances):
            spectrum = _normalised(_as_variances(self.variances))
            object.__setattr__(self, "variances", tuple(float(f"{s:.12g}") for s in spectrum))

    def __repr__(self) -> str:
        if callable(self.variances):
            return f"GaussianInputs({getattr(self.variances, '__name__', self.variances)!s})"
        least, most = min(self.variances), max(self.variances)
        return f"GaussianInputs({len(self.variances)} variances from {least:g} to {most:g})"

    def spectrum(self, d: int) -> Array:
        """The variances in dimension d, of mean 1.

        Raises
        ------
        InputError
            If there are none of this dimension.
        """
        if not callable(self.variances):
            spectrum = np.array(self.variances)
        else:
            spectrum = _normalised(_as_variances(_called(self.variances, d)))
        if len(spectrum) != d:
            raise InputError("d", d, f"{len(spectrum)}, the number of variances", "or give a function of d")
        return spectrum

    def sample(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw independent entries of the given variances.

        Parameters
        ----------
        count : int
            Number of points.
        d : int
            Dimension.
        generator : np.random.Generator
            Source of randomness.
        """
        return generator.standard_normal((count, d)) * np.sqrt(self.spectrum(d))

    def directions(self, count: int, d: int, generator: np.random.Generator) -> Array:
        """Draw isotropic vectors v, scaled to ``v^T Sigma v = 1``.

        Parameters
        ----------
        count : int
            Number of directions.
        d : int
            Dimension.
        generator : np.random.Generator
            Source of randomness.
        """
        directions = generator.standard_normal((count, d))
        directions /= np.sqrt(directions**2 @ self.spectrum(d))[..., None]
        return directions

    def cosines(self, directions: Array) -> Array:
        """``u^T Sigma v``."""
        return directions * self.spectrum(directions.shape[-1]) @ directions.swapaxes(-1, -2)

    def squared_norms(self, d: int) -> Array:
        """One, and one standard deviation more."""
        return 1.0 + np.array([0.0, math.sqrt(2.0 * np.mean(self.spectrum(d) ** 2) / d)])

    def check(self, d: int, n: int, powers: Mapping[int, float], test_samples: int | None) -> None:
        """Refuse dimensions without variances.

        Parameters
        ----------
        d : int
            Dimension.
        n : int
            Samples.
        powers : mapping of int to float
            Degree to power of the target.
        test_samples : int, optional
            Fresh inputs of a replicate, if they are sampled.
        """
        self.spectrum(d)

    def describe(self, dimensions: Iterable[int]) -> dict[str, Any]:
        """The variances of mean 1, to twelve digits, which all machines share."""
        spectra = {str(d): [float(f"{s:.12g}") for s in self.spectrum(d)] for d in dimensions}
        return {"law": self.name, "variances": spectra}


def _called(function: Any, d: int) -> Any:
    try:
        return function(d)
    except InputError:
        raise
    except Exception as error:
        allowed = "a function of d that returns d positive finite numbers"
        raise InputError(
            "variances", function, allowed, f"calling it with d = {d} failed: {error}"
        ) from error


def _normalised(variances: Array) -> Array:
    shape = variances / variances.max()  # whose sum does not overflow
    return shape / shape.mean()


def _as_variances(variances: Any) -> Array:
    try:
        if np.iscomplexobj(variances):
            raise TypeError
        array = np.array(variances, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("variances", variances, "positive finite numbers, or a function of d") from None
    if array.ndim != 1:
        raise ShapeError("variances", array.shape, "a list of d numbers, or a function of d that returns one")
    if len(array) == 0 or not (np.isfinite(array).all() and (array > 0).all()):
        raise InputError("variances", variances, "positive finite numbers")
    return array
