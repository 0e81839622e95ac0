"""Spectra of data: of a covariance, of a kernel matrix, of features, of what labels are made of."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.expansions.expand import expand
from asymptotics.functions.targets import as_target
from asymptotics.models.hermite_products import fit_products, product_levels
from asymptotics.models.pool import Pool, doubles, pool_of, pool_of_features

_SPREAD = 0.25
"""Deviation of the squared length of Gaussian inputs, over its mean, from which training errors are 15 % higher."""

_UNEVEN = "lengths of these Gaussian inputs differ: training errors are higher by 15 % and more, test errors less so"


class SpectraOfData:
    """Ways to make a spectral model from data; see ``docs/howto/real_data.md``."""

    @classmethod
    def from_gaussian_inputs(cls, activation: Any, variances: Any, target: Any, noise: Any = 0) -> Any:
        r"""Random features of Gaussian inputs with a covariance, when n and p are of the order of the dimension.

        Parameters
        ----------
        activation : str or Activation
            Features are :math:`\sigma(\langle\theta, x\rangle/\sqrt d)/\sqrt p` with standard Gaussian weights.
        variances : array_like, shape (d,)
            Variances :math:`s_i` of the principal components of x; scaled to mean 1.
        target : mapping or Target
            Power per degree. The linear part points in a uniformly random direction of input space, so that its
            power along component i is proportional to :math:`s_i`.
        noise : number
            Variance of the label noise.

        Returns
        -------
        SpectralRidge
            Eigenvalues :math:`\mu_0^2` and :math:`\mu_1^2s_i/d`; higher degrees of activation and target are tails.

        Raises
        ------
        InputError
            If the variances are not a list of positive finite numbers.

        Notes
        -----
        Gaussian equivalence is assumed, with corrections of relative order 1/d.
        """
        s = doubles("variances", variances)
        if s.ndim != 1 or not s.size or not (np.isfinite(s).all() and (s > 0).all()):
            raise InputError("variances", variances, "a list of positive finite numbers")
        share = s / s.sum()
        expansion, powers = expand(activation, math.inf, 1), as_target(target)
        constant, linear = (float(power) for power in expansion.powers)
        return cls(  # type: ignore[call-arg]
            eigenvalues=[constant, *(linear * share).tolist()],
            target=[float(powers.power(0)), *(float(powers.power(1)) * share).tolist()],
            noise=noise,
            tail=float(expansion.tail),
            target_tail=float(powers.above(1)),
            caution=_UNEVEN if np.sqrt(2 * np.square(share).sum()) > _SPREAD else "",
        )

    @classmethod
    def from_kernel_matrix(cls, matrix: Any, labels: Any, noise: Any = 0, *, heldout: bool = False) -> Any:
        r"""The spectrum of a kernel on data, to predict what ridge regression on some of the rows does.

        Parameters
        ----------
        matrix : array_like, shape (N, N)
            Kernel matrix :math:`K` of N points.
        labels : array_like, shape (N,)
            Labels of these points.
        noise : number
            Variance of label noise on top of the labels; with ``heldout=True`` the rows left out have it too.
        heldout : bool
            Whether n rows are drawn without replacement and ``test`` is the mean squared error against the labels of
            the rows left out. If not, the rows are the whole population, of which n samples are drawn with replacement:
            ``test`` then counts the rows that were drawn too, and is too small unless n is small against N.

        Returns
        -------
        SpectralRidge
            Eigenvalues of :math:`K/N` and, along each eigenvector u, the power :math:`(u^Ty)^2/N` of the labels;
            those of the pool itself with ``heldout=True``.

        Raises
        ------
        InputError
            If the matrix is not symmetric and positive semidefinite, or what is given are not real numbers.
        ShapeError
            If the matrix is not square, or the labels are not one per row.

        Notes
        -----
        Predictions of n rows with ``heldout=True`` are derived in ``asymptotics verify held-out``. Both assume that a
        spectrum is all there is to know; :meth:`universality` says how true that is of these data.

        Examples
        --------
        >>> import asymptotics as asy
        >>> points = np.random.default_rng(0).standard_normal((200, 30))
        >>> points *= np.sqrt(30) / np.linalg.norm(points, axis=1, keepdims=True)
        >>> kernel, labels = np.exp(points @ points.T / 30), points[:, 0] + points[:, 1] * points[:, 2]
        >>> model = asy.SpectralRidge.from_kernel_matrix(kernel, labels, heldout=True)
        >>> round(asy.predict(model, asy.FiniteSize(n=100), ridge=1).test, 2)
        1.21
        """
        return _of_pool(cls, pool_of(matrix, labels), noise, heldout)

    @classmethod
    def from_features(cls, features: Any, labels: Any, noise: Any = 0, *, heldout: bool = False) -> Any:
        r"""The spectrum of a matrix of features on data: that of the kernel :math:`ZZ^\top`, in the time of its rank.

        Features may be the derivatives of a network of your own in its parameters: then predictions are of its
        linearization, trained on the labels less what the network says.

        Parameters
        ----------
        features : array_like, shape (N, p)
            Features of N points, one row each, as they enter :math:`\|y - Za\|^2 + \lambda\|a\|^2`.
        labels, noise, heldout
            As for :meth:`from_kernel_matrix`.

        Returns
        -------
        SpectralRidge

        Raises
        ------
        InputError
            If what is given are not finite real numbers.
        ShapeError
            If the features are no matrix, or the labels are not one per row.

        Examples
        --------
        >>> import asymptotics as asy
        >>> features = np.random.default_rng(0).standard_normal((200, 30))
        >>> model = asy.SpectralRidge.from_features(features, features[:, 0] + 1, heldout=True)
        >>> round(asy.predict(model, asy.FiniteSize(n=100), ridge=1).test, 1)
        1.5
        """
        return _of_pool(cls, pool_of_features(features, labels), noise, heldout)

    @classmethod
    def from_covariance(
        cls,
        kernel: Any,
        variances: Any,
        target: Any,
        noise: Any = 0,
        *,
        degrees: int = 3,
        levels: int = 10_000,
    ) -> Any:
        r"""A dot-product kernel on Gaussian inputs with a covariance: products of Hermite polynomials.

        Parameters
        ----------
        kernel : str or Kernel
            A formula in :math:`t = \langle x, x'\rangle / E|x|^2`.
        variances : array_like, shape (d,)
            Variances :math:`\gamma_i` of the principal components of the inputs; scaled to sum 1.
        target : mapping
            Powers: of a product of Hermite polynomials, given by its principal directions (``(0,)`` is linear in the
            first, ``(0, 0)`` its second Hermite polynomial, ``(1, 2)`` a product), or of a degree, spread as the kernel
            spreads it.
        noise : number
            Variance of the label noise.
        degrees, levels : int
            Largest degree that is resolved, and how many products of each degree; the rest is an additional ridge, and
            acts as noise.

        Returns
        -------
        SpectralRidge
            Eigenvalues :math:`c_{|\alpha|}\prod_i\gamma_i^{\alpha_i}`.

        Raises
        ------
        InputError
            If a number is not in its range, or the effective dimension :math:`1/\sum\gamma_i^2` is below three.

        Notes
        -----
        Corrections are of relative order one over the effective dimension, and grow with the curvature of the kernel.
        The idea is that of arXiv:2510.14878.

        Examples
        --------
        >>> import asymptotics as asy
        >>> model = asy.SpectralRidge.from_covariance("exp(t)", [4, 2, 1, 1, 1, 1], {(0,): 1, (0, 1): 0.5}, degrees=2)
        >>> len(model.eigenvalues), round(model.total, 6)
        (28, 2.718282)
        """
        return cls(noise=noise, **product_levels(kernel, variances, target, degrees, levels))  # type: ignore[call-arg]

    @classmethod
    def from_points(
        cls, kernel: Any, points: Any, labels: Any, *, degrees: int = 2, levels: int = 2_000
    ) -> Any:
        r"""A learning curve from raw statistics of data: no kernel matrix is formed.

        The covariance of the points, and the power of the labels along products of Hermite polynomials of their
        principal coordinates, go into :meth:`from_covariance`; what is left of the labels is its noise.

        Parameters
        ----------
        kernel : str or Kernel
            A formula in :math:`t = \langle x, x'\rangle / E|x|^2`, of inputs that are centered.
        points : array_like, shape (N, d)
        labels : array_like, shape (N,)
        degrees, levels : int
            Largest degree, and how many products of each degree, that labels are measured along.

        Returns
        -------
        SpectralRidge
            ``risk.prediction`` of it is the error on fresh labels.

        Raises
        ------
        InputError, ShapeError
            As for :meth:`from_covariance`, and if points and labels do not fit.

        Notes
        -----
        Gaussian inputs are assumed; compare with ``loo_curve`` before you believe it. The idea is that of
        arXiv:2510.14878.

        Examples
        --------
        >>> import asymptotics as asy
        >>> points = np.random.default_rng(0).standard_normal((2000, 8)) * np.linspace(2, 0.5, 8)
        >>> model = asy.SpectralRidge.from_points("exp(t)", points, points[:, 0] * points[:, 1])
        >>> round(asy.predict(model, asy.FiniteSize(n=200), ridge=0.1).prediction, 2)
        0.1
        """
        found = fit_products(points, labels, degrees, levels)
        return cls.from_covariance(kernel, found.variances, found.target, found.rest, degrees=degrees + 1)


def _of_pool(cls: Any, pool: Pool, noise: Any, heldout: bool) -> Any:
    """The model of a pool, or of a population that its rows stand for."""
    if heldout:
        return import_module("asymptotics.models.held_out").held_out(pool, noise)
    rows = pool.rows
    return cls(pool.eigenvalues / rows, pool.powers / rows, noise, points=rows, leverage=pool.leverage)
