"""The next order beside a risk: its terms, its size, and how far it is to be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.components import TEST, TRAIN
from asymptotics.models.quantities import D

__all__ = ["NextOrder", "Trust"]

_FEW = 3.0
"""An expansion in one over this and less is none."""

_LARGE, _CANCELS, _COUNTS, _SIXTH = 0.15, 3.0, 0.01, 0.1

_LOW, _INTERPOLATES = 8, 1e-6
_LOW_ADVICE = (
    f"interpolation in {_LOW} dimensions or fewer: Gaussian ones do not replace features there, errors may be off "
    "by factors; risk.check() simulates beside it"
)

LEADING, EXACT = "leading", "all further orders"


@dataclass(frozen=True)
class Trust:
    """What the next order says of itself at every point.

    Attributes
    ----------
    size : float or ndarray
        Largest correction of the errors (the first component of the risk and its parts), relative to the first at
        leading order.
    cancellation : float or ndarray
        The terms of a correction added without their signs, relative to their sum: the largest among the errors.
    sixth : float or ndarray
        The sixth cumulant of the unlearned activation relative to the fourth: what follows beside what is counted.
    advice : tuple of str
        What is to be minded somewhere; empty where there is nothing.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge([1], target=[0], multiplicities=[20], noise=1)
    >>> print(asy.predict(model, asy.FiniteSize(n=40), ridge=0, order=1).trust)
    the next order changes errors by up to 5.3 %
    """

    size: Any
    cancellation: Any
    sixth: Any
    advice: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether there is no advice."""
        return not self.advice

    def __str__(self) -> str:
        largest = np.fmax.reduce(np.ravel(self.size), initial=0.0)
        return "; ".join([f"the next order changes errors by up to {100 * largest:.2g} %", *self.advice])


@dataclass(frozen=True, eq=False)
class NextOrder:
    """The leading order and every term of the next, by component.

    Attributes
    ----------
    leading : mapping component -> number or ndarray
    terms : mapping term -> component -> number or ndarray
    sixth : number or ndarray
    errors : tuple of str
        Components that :attr:`trust` is about.
    evidence : str
        What is derived, and what is assumed.
    freedom : number or ndarray
        What the expansion is in one over: the smaller size times the determinant of the Jacobian.
    """

    leading: Mapping[str, Any]
    terms: Mapping[str, Mapping[str, Any]]
    sixth: Any
    errors: tuple[str, ...] = ()
    evidence: str = ""
    freedom: Any = np.inf

    def each(self, apply: Callable[[Any], Any]) -> NextOrder:
        """The same with a function applied to every column."""

        def columns(table: Mapping[str, Any]) -> dict[str, Any]:
            return {name: apply(column) for name, column in table.items()}

        terms = {term: columns(table) for term, table in self.terms.items()}
        rest = (self.errors, self.evidence, apply(self.freedom))
        return NextOrder(columns(self.leading), terms, apply(self.sixth), *rest)

    @cached_property
    def correction(self) -> dict[str, Any]:
        """What the next order adds to each component."""
        tables = list(self.terms.values())
        return {name: sum((t[name] for t in tables[1:]), tables[0][name]) for name in self.leading}

    @cached_property
    def pieces(self) -> dict[str, dict[str, Any]]:
        """The leading order and the terms, by name."""
        return {LEADING: dict(self.leading), **{term: dict(table) for term, table in self.terms.items()}}

    @cached_property
    def trust(self) -> Trust:
        """How far the corrected values are to be trusted."""
        with np.errstate(all="ignore"):
            rows = [self._judged(name) for name in self.errors]
        size, cancellation = (np.maximum.reduce([row[k] for row in rows]) for k in (0, 1))  # none hides a NaN
        sixth = np.asarray(self.sixth, dtype=float)
        advice = []
        if np.any(~(size < _LARGE)) or np.any(np.asarray(self.freedom) < _FEW):
            advice.append(
                f"corrections of {100 * _LARGE:.0f} % and more, or hardly any freedom left: the order after it counts "
                "too; take larger sizes, or a ridge where samples and features are as many"
            )
        if np.any(cancellation > _CANCELS):
            advice.append("terms of the correction cancel: take their size, not the sign of their sum")
        if np.any(sixth > _SIXTH):
            advice.append(
                "the activation has a large sixth cumulant: the fourth alone settles slowly with the size"
            )
        return Trust(_plain(size), _plain(cancellation), _plain(sixth), tuple(advice))

    def _judged(self, name: str) -> tuple[Any, Any]:
        """Size of a correction relative to the whole error, and by how much its terms cancel where they count."""
        terms = np.array([np.asarray(table[name], dtype=float) for table in self.terms.values()])
        leading = np.abs(np.asarray(self.leading[self.errors[0]], dtype=float))
        total, apart = np.abs(terms.sum(axis=0)), np.abs(terms).sum(axis=0)
        size = np.where(apart == 0, 0.0, total / leading)
        counts = apart > _COUNTS * leading
        return size, np.where(counts, apart / total, 1.0)


def _plain(value: Any) -> Any:
    return value.item() if np.ndim(value) == 0 else value


class Ordered:
    """What a risk says of the next order, which is computed when it is asked for."""

    next_order: Any
    parameters: Mapping[str, Any]

    @cached_property
    def orders(self) -> NextOrder:
        """The leading order and the terms of the next.

        Raises
        ------
        InputError
            If the risk was read back, is one of an ensemble or of training, or has no finite sizes.
        """
        found = self.next_order() if callable(self.next_order) else self.next_order
        if found is None:
            raise InputError(
                "order", None, "a risk of ridge regression at given sizes", "ask predict for it once more"
            )
        result: NextOrder = found
        return result

    @property
    def order(self) -> int:
        """The order of the values: 1 where they have the next one and it is not too large to count on, else 0."""
        found = self.next_order
        if not isinstance(found, NextOrder):
            return 0
        return int(
            np.all(np.asarray(found.trust.size) < _LARGE) and np.all(np.asarray(found.freedom) >= _FEW)
        )

    @property
    def correction(self) -> dict[str, Any]:
        """What the next order in one over the sizes adds to each component, whether or not values have it.

        Raises
        ------
        InputError
            If sizes are infinite or the risk is not one of ridge regression at given sizes.

        Examples
        --------
        >>> import asymptotics as asy
        >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=1)
        >>> risk = asy.predict(model, asy.FiniteSize(d=40, n=48, p=60), ridge=0.05)
        >>> round(risk.variance, 5), round(risk.correction["variance"], 5)
        (0.71749, 0.00182)
        """
        return self.orders.correction

    @property
    def pieces(self) -> dict[str, dict[str, Any]]:
        """The leading order and every term of the next, by name and component; errors as for :attr:`correction`."""
        return self.orders.pieces

    @property
    def trust(self) -> Trust:
        """How far values of the next order are to be trusted; errors are those of :attr:`correction`."""
        found = self.orders.trust
        return (
            replace(found, advice=(*found.advice, _LOW_ADVICE))
            if self._interpolates_in_low_dimension()
            else found
        )

    def _interpolates_in_low_dimension(self) -> bool:
        """Whether somewhere few dimensions meet an interpolator: there features are least like Gaussian ones."""
        d = self.parameters.get(D.name)
        if d is None:
            return False
        with np.errstate(invalid="ignore"):
            errors, fits = (np.asarray(getattr(self, part.name), dtype=float) for part in (TEST, TRAIN))
            return bool(
                np.any((np.asarray(d, dtype=float) <= _LOW) & (fits <= _INTERPOLATES * errors) & (errors > 0))
            )
