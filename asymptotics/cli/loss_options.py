"""Labels of two classes and other losses than the square, on the command line."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

import asymptotics as asy
from asymptotics.errors import InputError

LOSSES = ("logistic", "hinge", "huber", "absolute", "square")
CLASSES = "sign"
"""Labels of two classes, with options: ``sign,flips=0.1``."""

_CONVENTIONS = ("sum", "mean")
_CONVEX = (
    "Convex loss instead of the square: logistic or hinge with --target sign, huber, huber=DELTA, absolute"
)


def loss_option(of_data: bool = False) -> Any:
    """The option of a loss, which with ``--data`` says how its square loss is counted."""
    text = f"{_CONVEX}; of --data: sum (default), or mean over the samples." if of_data else f"{_CONVEX}."
    choices: tuple[str, ...] = (*LOSSES, *(_CONVENTIONS if of_data else ()))
    return click.option(
        "--loss", help=text, shell_complete=lambda c, p, begun: [n for n in choices if n.startswith(begun)]
    )


def read_classes(text: str) -> Any:
    """Labels of two classes, from ``sign`` or ``sign,flips=...``, or ``probit``, ``logistic``.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> read_classes("sign"), read_classes("sign,flips=0.1")
    ('sign', SignTarget(flips=1/10))
    """
    allowed = "sign, or one of sign,flips=F, sign,probit=V, sign,logistic=S"
    found: dict[str, str] = {}
    for item in text.split(",")[1:]:
        name, separator, value = item.partition("=")
        if not separator or name.strip() not in {field.name for field in fields(asy.SignTarget)} - set(found):
            raise InputError("target", text, allowed)
        found[name.strip()] = value.strip()
    return asy.SignTarget(**found) if found else CLASSES


def with_loss(model: Any, given: dict[str, Any]) -> Any:
    """The model, fitted with the loss that is given; takes it out of ``given``.

    Raises
    ------
    InputError
        If there is no such loss, or it needs other labels.

    Examples
    --------
    >>> print(with_loss(asy.RandomFeaturesRidge("tanh", {1: 1}), {"loss": "huber=2"}))
    huber (delta 2) loss on random-features ridge, activation tanh, target {1: 1}, noise 0
    """
    text = given.pop("loss", None)
    if text is None:
        return model
    name, separator, delta = text.partition("=")
    huber = separator and name == "huber"
    return asy.WithLoss(model, asy.Huber(delta.strip()) if huber else text)
