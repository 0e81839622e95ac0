"""Contours in many digits: gradient flow, gradient descent and iterated ridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asymptotics.dynamics.nodes import least_error, talbot_exactly
from asymptotics.dynamics.training import FEW_SIGNED, Training
from asymptotics.errors import InputError

PER_DIGIT = 1.75
"""Nodes of Talbot's contour for every digit."""


@dataclass(frozen=True)
class Contour:
    """Nodes of one filter, in mpmath numbers; weights of nodes above the real axis are doubled.

    Attributes
    ----------
    ridges, weights : list
    """

    ridges: list[Any]
    weights: list[Any]


def contour(training: Training, values: dict[str, Any], count: int, context: Any) -> Contour:
    """Nodes of a filter.

    Parameters
    ----------
    training : Training
    values : dict
        Its parameters at one point, as numbers of the context.
    count : int
        Nodes of Talbot's contour; circles take as many as have the same error.
    context : mpmath context

    Raises
    ------
    InputError
        If the method has no contour in many digits.
    """
    names = set(values)
    if names & {"time", "time_per_sample"}:
        time = values.get("time", values.get("time_per_sample"))
        return _normalised(
            [
                _flow(z, w, time, values["ridge"])
                for z, w in talbot_exactly(count, least_error(count), context)
            ],
            context,
        )
    if names == {"steps", "step_size"}:
        return _descent(int(values["steps"]), values["step_size"], count, context)
    if names == {"ridge", "times"}:
        return _iterated(values["ridge"], int(values["times"]), count, context)
    raise InputError(
        "digits", training, "None for this method", "digits are for gradient flow, descent and iterated ridge"
    )


def _flow(z: Any, weight: Any, time: Any, ridge: Any) -> tuple[Any, Any]:
    return z / time + ridge, weight / z


def _normalised(pairs: list[tuple[Any, Any]], context: Any) -> Contour:
    total = context.fsum(weight.real for _, weight in pairs)
    return Contour([ridge for ridge, _ in pairs], [weight / total for _, weight in pairs])


def _circle(growth: int, count: int, context: Any) -> list[tuple[Any, Any]]:
    """Points on a circle around the unit disc, and weights: a third of the digits is spent on fewer nodes."""
    digits = count / PER_DIGIT
    radius = context.mpf(10) ** (context.mpf(max(digits / 3, 1.0)) / max(growth, 1))
    half = int((growth + (digits + 2) * float(context.log(10) / context.log(radius))) / 2) + 1
    angles = [context.pi * (2 * k + 1) / (2 * half) for k in range(half)]
    return [(radius * context.expj(angle), context.mpf(1) / half) for angle in angles]


def _descent(steps: int, step_size: Any, count: int, context: Any) -> Contour:
    if steps < max(FEW_SIGNED, count):
        circle = _circle(steps, count, context)
        return _normalised(
            [((u - 1) / step_size, weight * u ** (steps + 1) / (u - 1)) for u, weight in circle], context
        )
    points = talbot_exactly(count, least_error(count), context)
    first = []
    for z, weight in points:
        less = context.expm1(z / steps)
        first.append((less / step_size, weight * (1 + less) / (steps * less)))
    positive, sign = _normalised(first, context), (-1) ** steps
    for z, weight in points:
        back = context.exp(z / steps)
        positive.ridges.append(context.conj(-(1 + back) / step_size))
        positive.weights.append(context.conj(sign * weight * back / (steps * (1 + back))))
    return positive


def _iterated(ridge: Any, times: int, count: int, context: Any) -> Contour:
    if times == 1:
        return Contour([context.mpc(ridge)], [context.mpc(1)])
    if times < max(FEW_SIGNED, count):
        pairs = []
        for u, weight in _circle(times, count, context):
            mirrored = context.conj(u)
            node = ridge * (1 + 1 / mirrored)
            pairs.append((node, (-1) ** (times - 1) * mirrored ** (times - 1) * weight * ridge / node))
        return _normalised(pairs, context)
    found = []
    for z, weight in talbot_exactly(count, least_error(count), context):
        back = context.exp(-z / times)
        found.append((ridge * (1 - back), weight * back / (times * (1 - back))))
    return _normalised(found, context)
