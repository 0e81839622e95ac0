"""What a regime is: sizes that a question is about, and which of a model's equations answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.quantities import Quantity
from asymptotics.models.sizes import shape_of

if TYPE_CHECKING:
    from asymptotics.models.model import Equations, Model

__all__ = ["Regime", "as_regime"]


_SHOWN = 6
"""Entries of an array that are printed."""


def _brief(value: Any) -> str:
    """A size as it was given; of a long array its shape and ends."""
    array = np.asarray(value)
    if array.size <= _SHOWN:
        return repr(value)
    shape = " x ".join(map(str, array.shape))
    return f"<{shape} values from {array.min():g} to {array.max():g}>"


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

    is_finite: ClassVar[bool] = False
    """Whether sizes are those of an experiment, so that there is a next order in one over them."""

    implied: ClassVar[Mapping[str, int]] = {}
    """Sizes that are not given because the regime fixes them."""

    _spelled: ClassVar[Mapping[str, str]] = {}
    """What the regime calls the sizes that have a name of their own here."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_brief(value)}" for name, value in vars(self).items())
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
        >>> [r.needed(m) for r, m in ((asy.FiniteSize, kernel), (asy.FiniteSize, spectrum), (asy.Proportional, kernel))]
        [('d', 'n'), ('n',), ('psi2',)]
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
        >>> import asymptotics as asy
        >>> asy.Proportional(2, 3).spelling("n"), asy.FiniteSize(n=3).spelling("n")
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
        given = {**model.sizes_known(self), **vars(self)}
        found = {name: value for name, value in given.items() if name in wanted}
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
        """The model's equations that answer here, in one dimension.

        Parameters
        ----------
        model : Model
            Whose equations are asked for.
        d : int, optional
            Input dimension, where there is one.
        """

    def require_ridge(self, name: str, ridge: Any) -> None:
        """Check that a ridge, as read, is meaningful here; anything is, unless the regime says otherwise.

        Parameters
        ----------
        name : str
            Of the argument, for messages.
        ridge : number or array
            As read.
        """
        return

    def at_dimensions(self, dimensions: np.ndarray, shape: tuple[int, ...]) -> tuple[Regime, np.ndarray]:
        """The same sizes at finite dimensions, with one more, last, axis; and what a ridge per sample is divided by.

        Parameters
        ----------
        dimensions : ndarray
            At least 3, shape (k,).
        shape : tuple of int
            Of the grid.

        Raises
        ------
        InputError
            If the regime is no limit.
        """
        raise InputError("regime", self, "a limit: Proportional or Polynomial")

    def moved(self, size: str, value: Any) -> Regime:
        """The regime with another value of one size of a theory, which may be no whole number.

        Parameters
        ----------
        size : str
            Its name in the theory.
        value : number or array
            Another value of it.
        """
        return self._with({**vars(self), self.spelling(size): value})

    def multiplied(self, size: str, into: str) -> Regime:
        """The regime with a size of a theory that is another one times the input dimension.

        Parameters
        ----------
        size : str
            The size that is multiplied; it stays as it is where it is not replaced.
        into : str
            The size that the product is: the same one, or another.

        Examples
        --------
        >>> from asymptotics.models.regimes import FiniteSize, Polynomial, Proportional
        >>> FiniteSize(d=10, n=50, p=20).multiplied("p", "N")
        FiniteSize(d=10, n=50, p=20, N=200)
        >>> Proportional(2, 3).multiplied("p", "p"), Polynomial(1, 2, "1/2").multiplied("p", "p").kappa1
        (Proportional(psi1=inf, psi2=3), Fraction(2, 1))
        """
        raise InputError("regime", self, "Proportional, FiniteSize or Polynomial")

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
