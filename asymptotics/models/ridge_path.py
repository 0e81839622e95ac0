"""What training asks of a model that declares less: the norm, which is the slope of the energy in the ridge."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from asymptotics.equations.naming import symbol
from asymptotics.models.components import NORM
from asymptotics.models.model import Model
from asymptotics.models.theory import Theory
from asymptotics.symbolic.observables import slope

__all__ = ["on_ridge_path", "with_norm"]


@cache
def with_norm(theory: Theory) -> Theory:
    """A theory that is derived from its program, with the norm among its components; any other as it is.

    What the ridge weighs is the slope of the least energy in the ridge: every program has it.

    Parameters
    ----------
    theory : Theory
    """
    recorded = theory.finite is not None or theory.limit is not None
    if recorded or theory.observables or NORM.name in theory.written().observables:
        return theory
    program = theory.written()
    norm = slope(symbol(theory.ridge)) / symbol(theory.samples)
    whole = replace(program, observables={**program.observables, NORM.name: norm})
    return replace(theory, program=lambda: whole)


@cache
def _completed(kind: Any) -> Any:
    """The class of a model with such a theory."""
    theory = vars(kind).get("theory", getattr(kind, "theory", None))
    if not isinstance(theory, Theory) or with_norm(theory) is theory:
        return kind
    named = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(kind.__name__, (kind,), {**named, "theory": with_norm(theory), "__reduce__": _rebuilt})


def _rebuilt(model: Any) -> tuple[Any, tuple[Any, ...]]:
    base = object.__new__(model.__class__.__mro__[1])
    base.__dict__.update(vars(model))
    return on_ridge_path, (base,)


def on_ridge_path(model: Model) -> Model:
    """The same model with the norm among the components of its risk.

    Parameters
    ----------
    model : Model

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.SpectralRidge([1], [1])
    >>> on_ridge_path(model) is model
    True
    """
    kind = _completed(model.__class__)
    if kind is model.__class__:
        return model
    found: Model = object.__new__(kind)
    found.__dict__.update(vars(model))
    return found
