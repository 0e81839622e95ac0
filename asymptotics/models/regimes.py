"""Regimes: which sizes an answer is for. Values may be numbers or arrays; they broadcast like NumPy."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import number
from asymptotics.models.quantities import KAPPA1, KAPPA2, PSI1, PSI2, THETA1, THETA2, D, N, P, Quantity
from asymptotics.models.sizes import checked_size, shape_of

if TYPE_CHECKING:
    from asymptotics.models.model import Equations, Model


class Regime(ABC):
    """Sizes a question is about; equal if all of them are, arrays included.

    A regime knows what it calls each size of a model, and which of the model's equations answer.
    """

    is_point: ClassVar[bool] = True
    """Whether slopes, series and curves can be asked for: everywhere but in polynomial scaling."""

    is_limit: ClassVar[bool] = True
    """Whether sizes are infinite: an experiment has finite ones."""

    quantities: ClassVar[tuple[Quantity, ...]] = ()
    """What may be given, besides sizes that a model names itself."""

    implied: ClassVar[Mapping[str, int]] = {}
    """Sizes that are not given because the regime fixes them."""

    _spelled: ClassVar[Mapping[str, str]] = {}
    """What the regime calls the sizes that have a name of their own here."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({shown})"

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def _key(self) -> tuple[Any, ...]:
        return type(self), *(
            (name, np.shape(v), *np.ravel(np.asarray(v, dtype=object))) for name, v in vars(self).items()
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regime) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    @classmethod
    def needed(cls, model: Model) -> tuple[str, ...]:
        """Names of what has to be given for a model; of features only if they can be finite.

        Examples
        --------
        >>> import asymptotics as asy
        >>> kernel, spectrum = asy.KernelRidge("exp(t)", {1: 1}), asy.SpectralRidge([2, 1], [1, 1])
        >>> FiniteSize.needed(kernel), FiniteSize.needed(spectrum), Proportional.needed(kernel)
        (('d', 'n'), ('n',), ('psi2',))
        """
        theory, endless = model.theory, model.theory.only_infinite()
        counted = [theory.features] if theory.features and theory.features not in endless else []
        return tuple(cls._spelled.get(size, size) for size in (*counted, theory.samples))

    @property
    def label(self) -> str:
        """What exports call the regime."""
        return type(self).__name__

    @property
    def dimension(self) -> Any:
        """Input dimension, where it is finite."""
        return None

    def spelling(self, size: str) -> str:
        """What users call a size of a theory here.

        Examples
        --------
        >>> Proportional(2, 3).spelling("n"), FiniteSize(n=3).spelling("n")
        ('psi2', 'n')
        """
        return self._spelled.get(size, size)

    def parameters(self, model: Model) -> dict[str, Any]:
        """Sizes by the names that users gave them, as far as the model has them.

        Raises
        ------
        InputError
            If one is missing, superfluous, or must be infinite and is not.
        """
        wanted = {self.spelling(size.name): size for size in model.theory.sizes}
        for name, value in vars(self).items():
            if name in self._own or name in wanted or (name == "d" and model.asks_dimension):
                continue
            if not _everywhere_infinite(value):
                allowed = f"nothing: the sizes of {model.theory.name} are {', '.join(wanted)}"
                raise InputError(name, value, allowed)
        found = {name: vars(self)[name] for name in vars(self) if name in wanted}
        for name, size in wanted.items():
            if name not in found:
                if size.name in self.implied:
                    continue
                raise InputError(name, None, size.meaning or f"the size {size.name} of {model.theory.name}")
            if size.only_infinite and not _everywhere_infinite(self._given(name)):
                allowed = "math.inf for kernel ridge regression"
                raise InputError(self._exponent_of(name), self._given(name), allowed)
        return found

    _own: ClassVar[tuple[str, ...]] = ()

    def _given(self, name: str) -> Any:
        return vars(self)[name]

    def _exponent_of(self, name: str) -> str:
        return name

    @abstractmethod
    def equations(self, model: Model, d: int | None = None) -> Equations:
        """The model's equations that answer here, in one dimension."""

    def require_ridge(self, name: str, ridge: Any) -> None:
        """Check that a ridge, as read, is meaningful here; anything is, unless the regime says otherwise."""
        return

    def at_dimensions(self, dimensions: np.ndarray, shape: tuple[int, ...]) -> tuple[RealSize, np.ndarray]:
        """The same sizes at finite dimensions, with one more, last, axis; and what a ridge per sample is divided by.

        Raises
        ------
        InputError
            If the regime is no limit.
        """
        raise InputError("regime", self, "a limit: Proportional or Polynomial")

    def moved(self, size: str, value: Any) -> Regime:
        """The regime with another value of one size of a theory, which may be no whole number."""
        return self._with({**vars(self), self.spelling(size): value})

    def _with(self, sizes: Mapping[str, Any]) -> Regime:
        return type(self)(**sizes)

    def _read(self, sizes: Mapping[str, Any]) -> None:
        """Keep sizes that were checked; they must broadcast."""
        shape_of(**{name: value for name, value in sizes.items() if value is not None})
        for name, value in sizes.items():
            object.__setattr__(self, name, value)


def _everywhere_infinite(value: Any) -> bool:
    """Whether a size was left out, or is infinite in every entry."""
    return value is None or bool(np.all(np.isinf(np.asarray(value, dtype=float))))


def as_regime(regime: Any) -> Regime:
    """The regime, if it is one.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(regime, Regime):
        return regime
    allowed = "Proportional(psi1, psi2), FiniteSize(d, n, p) or Polynomial(kappa1, kappa2)"
    raise InputError("regime", regime, allowed)


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
    """

    is_limit: ClassVar[bool] = False
    quantities: ClassVar[tuple[Quantity, ...]] = (D, N, P)
    _own: ClassVar[tuple[str, ...]] = ("d",)
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
        Exponents of features and samples, exact rationals; ``math.inf`` for infinitely many.
    theta1, theta2 : number or array
        Their coefficients.

    Raises
    ------
    InputError
        If an exponent is not a positive rational, a coefficient not positive and finite, or both exponents
        infinite.

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

    def __init__(self, kappa1: Any, kappa2: Any, theta1: Any = 1, theta2: Any = 1) -> None:
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
