"""Questions about several noises, or several points, put one by one and joined to one answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.exact import double
from asymptotics.models.model import Model, noise_levels
from asymptotics.models.regime import Regime, as_regime
from asymptotics.prediction.risk import Risk

__all__ = ["each_noise", "joined", "points_of"]

P = ParamSpec("P")
R = TypeVar("R")

_NOISE = "noise"


def each_noise(ask: Callable[P, Risk]) -> Callable[P, Risk]:
    """Let a function of a model answer for an array of noises too: it broadcasts with sizes and ridges.

    Every noise is asked for once; the answer has its values as the parameter ``noise``.
    """

    @wraps(ask)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Risk:
        model: Any = args[0] if args else kwargs.get("model")
        levels = noise_levels(model)
        if levels is None:
            return ask(*args, **kwargs)
        known = dict.fromkeys(levels.ravel())
        risks = []
        for value in known:
            one = replace(model, noise=value)
            rest: Any = (one, *args[1:]) if args else ()
            risks.append(ask(*rest, **(kwargs if args else {**kwargs, "model": one})))  # type: ignore[arg-type]
        places = {value: number for number, value in enumerate(known)}
        index = np.vectorize(places.__getitem__, otypes=[np.intp])(levels)
        return joined(risks, index, model)

    return inner


def _double(value: Any) -> float:
    return double(_NOISE, value)


def joined(risks: Sequence[Risk], index: Any, model: Any) -> Risk:
    """One risk of several, of which each point takes the one that an array of numbers says.

    Parameters
    ----------
    risks : sequence of Risk
    index : ndarray of int
        Broadcasts with the shapes of the risks.
    model : Model
        What the answer says it is of; several noises of it are a parameter of the answer.
    """
    shape = np.broadcast_shapes(np.shape(index), *(risk.shape for risk in risks))
    where = np.broadcast_to(index, shape)

    def merge(parts: Sequence[Any]) -> Any:
        arrays = [np.asarray(part) for part in parts]
        found = np.empty(shape, dtype=np.result_type(*arrays))
        for number, array in enumerate(arrays):
            chosen = where == number
            found[chosen] = np.broadcast_to(array, shape)[chosen]
        return found

    def table(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {name: merge([one[name] for one in tables]) for name in tables[0]}

    def orders() -> Any:
        found = [risk.orders for risk in risks]
        terms = {term: table([order.terms[term] for order in found]) for term in found[0].terms}
        leading = table([order.leading for order in found])
        return replace(found[0], leading=leading, terms=terms, sixth=merge([order.sixth for order in found]))

    first, levels = risks[0], noise_levels(model)
    cautions = "; ".join(dict.fromkeys(filter(None, (risk.caution for risk in risks))))
    added = {} if levels is None else {_NOISE: np.broadcast_to(np.vectorize(_double)(levels), shape)}
    return replace(
        first,
        values=table([risk.values for risk in risks]),
        noise=merge([risk.noise for risk in risks]),
        parameters=table([risk.parameters for risk in risks]) | added,
        status=merge([np.asarray(risk.status) for risk in risks]),
        condition=merge([risk.condition for risk in risks]),
        effective_ridge=merge([risk.effective_ridge for risk in risks]),
        degrees_of_freedom=merge([risk.degrees_of_freedom for risk in risks]),
        made_by={**first.made_by, "model": str(model), **({"caution": cautions} if cautions else {})},
        exact=table([risk.exact for risk in risks]),
        origin=first.origin and (lambda: table([risk.parts for risk in risks])),
        next_order=first.next_order and orders,
    )


def points_of(
    model: Any, regime: Any, numbers: Mapping[str, Any]
) -> tuple[tuple[int, ...], list[tuple[Model, Regime, dict[str, Any]]]]:
    """Model, regime and further numbers at every point of a grid; of no arrays, the question itself.

    Parameters
    ----------
    model, regime
    numbers : mapping of str to number or array
        What else may be an array.

    Returns
    -------
    shape : tuple of int
    points : list of (Model, Regime, dict)

    Raises
    ------
    InputError
        If shapes do not fit.
    """
    levels = noise_levels(model)
    sizes = vars(as_regime(regime))
    given = {name: value for name, value in {**sizes, **numbers}.items() if np.ndim(value)}
    try:
        spans = [np.shape(value) for value in given.values()]
        shape = np.broadcast_shapes(*spans, () if levels is None else levels.shape)
    except ValueError:
        shapes = {name: np.shape(value) for name, value in given.items()}
        raise InputError("regime", shapes, "shapes that fit") from None
    if levels is None and not given:
        return (), [(model, regime, dict(numbers))]
    columns = {name: np.broadcast_to(np.asarray(v, dtype=object), shape) for name, v in given.items()}
    points = []
    for place in np.ndindex(shape):
        here = {name: column[place] for name, column in columns.items()}
        one = model if levels is None else replace(model, noise=np.broadcast_to(levels, shape)[place])
        where = type(regime)(**{name: here.get(name, value) for name, value in sizes.items()})
        points.append((one, where, {name: here.get(name, value) for name, value in numbers.items()}))
    return shape, points
