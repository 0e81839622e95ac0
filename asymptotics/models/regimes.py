"""Regimes: which sizes an answer is for. Values may be numbers or arrays; they broadcast like NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.models.quantities import KAPPA1, KAPPA2, PSI1, PSI2, THETA1, THETA2, D, N, P, Quantity
from asymptotics.models.regime import Regime
from asymptotics.models.sizes import checked_size

if TYPE_CHECKING:
    from asymptotics.models.model import Equations, Model


class Proportional(Regime):
    """Sizes in proportion: ``p = psi1 d``, ``n = psi2 d``, ``d`` tends to infinity.

    Parameters
    ----------
    psi1, psi2 : number or array
        Features and samples per input dimension; ``math.inf`` for a wide network or for population risk.
        Fractions and decimal strings stay exact where ``digits=`` is asked. A model without features of its own size
        leaves ``psi1`` out.
    **sizes : number or array
        Other sizes that a model names, in units of the dimension.

    Raises
    ------
    InputError
        If a value is not positive.

    References
    ----------
    docs/theory/random_features.md; MeiMontanari2022.

    Examples
    --------
    >>> Proportional(psi1=2, psi2=3)
    Proportional(psi1=2, psi2=3)
    """

    quantities: ClassVar[tuple[Quantity, ...]] = (PSI1, PSI2)
    implied: ClassVar[Mapping[str, int]] = {"d": 1}
    _spelled: ClassVar[Mapping[str, str]] = {"p": "psi1", "n": "psi2"}
    psi1: Any
    psi2: Any

    def __init__(self, psi1: Any = math.inf, psi2: Any = None, **sizes: Any) -> None:
        allowed = "a positive number or math.inf"
        given = {"psi1": psi1, "psi2": psi2, **sizes}
        self._read({name: checked_size(name, value, allowed, 0) for name, value in given.items()})

    def equations(self, model: Model, d: int | None = None) -> Equations:
        """Those of the proportional limit."""
        return model.limit()

    def multiplied(self, size: str, into: str) -> Regime:
        """The size ``into`` is infinite in units of the dimension, in the shape of what is multiplied."""
        shape = np.shape(vars(self)[self.spelling(size)])
        return self._with(
            {**vars(self), self.spelling(into): np.full(shape, math.inf) if shape else math.inf}
        )

    def at_dimensions(self, dimensions: np.ndarray, shape: tuple[int, ...]) -> tuple[RealSize, np.ndarray]:
        """Sizes times the dimension."""
        scale = dimensions.astype(float)
        back = {given: size for size, given in self._spelled.items()}
        sizes = {back.get(name, name): _column(value, shape) * scale for name, value in vars(self).items()}
        return RealSize(np.broadcast_to(dimensions, (*shape, dimensions.size)), **sizes), scale


class FiniteSize(Regime):
    """The sizes of an actual experiment.

    Parameters
    ----------
    d : int or array of int
        Input dimension, at least 3; left out where the model's spectrum is given (``SpectralRidge``).
    n : int, array of int or math.inf
        Samples; ``math.inf`` for population risk.
    p : int, array of int or math.inf, optional
        Features; ``math.inf`` (the default) for the kernel limit.
    **sizes : int, array of int or math.inf
        Other sizes that a model names.

    Raises
    ------
    InputError
        If a size is not a positive integer, or n is missing.

    References
    ----------
    docs/theory/random_features.md; Defilippis2024.

    Examples
    --------
    >>> sizes = FiniteSize(d=60, n=[120, 240], p=300)
    >>> sizes.p, sizes.n.shape
    (300, (2,))
    """

    is_limit: ClassVar[bool] = False
    quantities: ClassVar[tuple[Quantity, ...]] = (D, N, P)
    _own: ClassVar[tuple[str, ...]] = ("d",)
    is_finite: ClassVar[bool] = True
    whole: ClassVar[bool] = True
    d: Any
    n: Any
    p: Any

    def __init__(self, d: Any = None, n: Any = None, p: Any = math.inf, **sizes: Any) -> None:
        dimension = None if d is None else self._dimension(d)
        allowed = "a positive integer or math.inf" if self.whole else "a positive number or math.inf"
        smallest = 1 if self.whole else 0
        found = {
            name: checked_size(name, value, allowed, smallest, integer=self.whole)
            for name, value in {"n": n, "p": p, **sizes}.items()
        }
        self._read({"d": dimension, **found})

    @staticmethod
    def _dimension(given: Any) -> Any:
        d = checked_size("d", given, "a finite integer, at least 3", 3, integer=True)
        if not np.all(np.isfinite(np.asarray(d, dtype=float))):
            raise InputError("d", d, "a finite integer, at least 3", "use Proportional for infinite d")
        return d

    @classmethod
    def needed(cls, model: Model) -> tuple[str, ...]:
        """The dimension where the model has one, and samples: features are infinitely many by default."""
        return (*((D.name,) if model.asks_dimension else ()), model.theory.samples)

    @property
    def dimension(self) -> Any:
        """Input dimension."""
        return self.d

    def parameters(self, model: Model) -> dict[str, Any]:
        """Sizes by name, the dimension first where the model has one."""
        if not model.asks_dimension:
            if self.d is not None:
                allowed = "FiniteSize(n=..., p=...), without d"
                raise InputError("regime", self, allowed, "the spectrum is given")
            return super().parameters(model)
        if self.d is None:
            raise InputError("d", None, "the input dimension", "only a SpectralRidge has none")
        return {"d": self.d, **super().parameters(model)}

    def equations(self, model: Model, d: int | None = None) -> Equations:
        """Those at finite size."""
        return model.finite(d)

    def multiplied(self, size: str, into: str) -> Regime:
        """The product with the input dimension."""
        given, d = vars(self)[size], self.d
        if given is None or d is None:
            raise InputError("d", d, "the input dimension")
        whole = np.ndim(given) == 0 and np.ndim(d) == 0
        product = given * d if whole else np.asarray(given, dtype=float) * np.asarray(d, dtype=float)
        return self._with({**vars(self), into: product})

    def moved(self, size: str, value: Any) -> Regime:
        """Finite sizes of which one may be no whole number."""
        return RealSize(**{**vars(self), size: value})


class RealSize(FiniteSize):
    """Finite sizes in which samples and features may be any positive numbers: for curves and comparisons.

    The deterministic equivalent is analytic in ``n`` and ``p``; only an experiment needs whole numbers.

    Examples
    --------
    >>> RealSize(d=10, n=31.6, p=100)
    RealSize(d=10, n=31.6, p=100)
    """

    whole: ClassVar[bool] = False


def real_sizes(
    sizes: Mapping[str, np.ndarray], where: np.ndarray, shape: tuple[int, ...]
) -> tuple[RealSize, np.ndarray | None]:
    """Sizes at some points of a question, and which these are; in its shape, and None, where they are all.

    Parameters
    ----------
    sizes : mapping name -> ndarray, shape (points,)
    where : ndarray of int
    shape : tuple of int
        Of the question.
    """
    if all(where.size == column.size for column in sizes.values()):
        return RealSize(**{name: column.reshape(shape)[()] for name, column in sizes.items()}), None
    return RealSize(**{name: column[where] for name, column in sizes.items()}), where


def _column(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.asarray(value, dtype=float), shape)[..., None]


def _exponent(name: str, value: Any) -> Fraction | float:
    """A positive exponent as an exact fraction, or infinity."""
    allowed = "a positive rational such as 2, '3/2' or Fraction(3, 2), or math.inf"
    if isinstance(value, float) and value == math.inf:
        return value
    read = number(name, value)
    exact = Fraction(read).limit_denominator(1000)
    if float(exact) != float(read) or (isinstance(read, Fraction) and exact != read):
        raise InputError(name, value, allowed, "its denominator may be at most 1000; write it as a Fraction")
    if exact <= 0:
        raise InputError(name, value, allowed)
    return exact


class Polynomial(Regime):
    """Polynomial scaling: ``p = theta1 d^kappa1``, ``n = theta2 d^kappa2``, ``d`` tends to infinity.

    Parameters
    ----------
    kappa1, kappa2 : int, Fraction, str or float
        Exponents of features and samples, exact rationals; ``math.inf`` for infinitely many, as
        features are by default.
    theta1, theta2 : number or array
        Their coefficients.

    Raises
    ------
    InputError
        If an exponent is not a positive rational, a coefficient not positive and finite, or both exponents
        infinite.

    References
    ----------
    docs/howto/polynomial_scaling.md; HuLuMisiakiewicz2024.

    Examples
    --------
    >>> Polynomial(kappa1=2, kappa2="3/2", theta1=0.5)
    Polynomial(kappa1=Fraction(2, 1), kappa2=Fraction(3, 2), theta1=0.5, theta2=1)
    """

    is_point: ClassVar[bool] = False
    quantities: ClassVar[tuple[Quantity, ...]] = (KAPPA1, KAPPA2, THETA1, THETA2)
    _spelled: ClassVar[Mapping[str, str]] = {"p": "theta1", "n": "theta2"}
    _own: ClassVar[tuple[str, ...]] = ("kappa1", "kappa2")
    kappa1: Any
    kappa2: Any
    theta1: Any
    theta2: Any

    def __init__(self, kappa1: Any = math.inf, kappa2: Any = None, theta1: Any = 1, theta2: Any = 1) -> None:
        exponents = {"kappa1": _exponent("kappa1", kappa1), "kappa2": _exponent("kappa2", kappa2)}
        if exponents["kappa1"] == exponents["kappa2"] == math.inf:
            raise InputError("kappa1", exponents["kappa1"], "finite where kappa2 is infinite")
        sizes = {}
        for name, value in (("theta1", theta1), ("theta2", theta2)):
            sizes[name] = checked_size(name, value, "a positive finite number", 0)
            if not np.all(np.isfinite(np.asarray(sizes[name], dtype=float))):
                raise InputError(
                    name, sizes[name], "a positive finite number", "give an infinite exponent instead"
                )
        self._read({**exponents, **sizes})

    @classmethod
    def needed(cls, model: Model) -> tuple[str, ...]:
        """Exponents, of features only if they can be finite."""
        return tuple(name.replace("theta", "kappa") for name in super().needed(model))

    @property
    def label(self) -> str:
        """With its exponents and coefficients."""
        return str(self)

    def parameters(self, model: Model) -> dict[str, Any]:
        """Coefficients by name; of a model that has no degrees there are none."""
        if not {size.name for size in model.theory.sizes} <= set(self._spelled):
            model.scaling(self.kappa1, self.kappa2)
        return super().parameters(model)

    def _given(self, name: str) -> Any:
        return vars(self)[self._exponent_of(name)]

    def _exponent_of(self, name: str) -> str:
        return name.replace("theta", "kappa")

    def equations(self, model: Model, d: int | None = None) -> Equations:
        """Those of the limit at these exponents, which is derived."""
        return model.scaling(self.kappa1, self.kappa2)

    def multiplied(self, size: str, into: str) -> Regime:
        """One more in the exponent.

        Raises
        ------
        InputError
            If the product is a size besides: there are two exponents.
        """
        if into != size:
            raise InputError("regime", self, "FiniteSize", "polynomial scaling has one size of features")
        exponent = self.spelling(size).replace("theta", "kappa")
        return self._with({**vars(self), exponent: vars(self)[exponent] + 1})

    def require_ridge(self, name: str, ridge: Any) -> None:
        """In polynomial scaling the ridge is of order one; per sample it would have to vanish."""
        if not np.any(np.asarray(ridge) != 0):
            return
        if self.kappa2 == math.inf:
            raise InputError(name, ridge, "0 where kappa2 is infinite", "of so many samples no ridge is felt")
        if name == "ridge_per_sample":
            advice = "in polynomial scaling give ridge, of order one as d grows"
            raise InputError(name, ridge, "0 here", advice)

    def at_dimensions(self, dimensions: np.ndarray, shape: tuple[int, ...]) -> tuple[RealSize, np.ndarray]:
        """Coefficients times powers of the dimension."""
        scale = dimensions.astype(float)
        samples = _column(self.theta2, shape) * scale ** float(self.kappa2)
        features = _column(self.theta1, shape) * scale ** float(self.kappa1)
        return RealSize(np.broadcast_to(dimensions, samples.shape), samples, features), np.ones_like(scale)
