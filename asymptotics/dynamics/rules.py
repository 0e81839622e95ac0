r"""Filters as sums over ridges, in balls, with a proved bound of what the sum loses.

**Flow.** The integral :math:`e^{-v} = \frac1{2\pi i}\int e^z\,dz/(z+v)` runs over the parabola
:math:`z = \mu(1+i\theta)^2` (Weideman, Trefethen 2007). Moved to :math:`\operatorname{Re}(1+i\theta) = \alpha > 0`,
with :math:`|z+v| \ge \mu\alpha|1+i\theta|` for every :math:`v \ge 0`, its integrand is at most
:math:`e^{\mu(\alpha^2-x^2)}/(\pi\alpha)`. So the trapezoidal rule with step h errs by at most

.. math:: B = \frac{M(\alpha)}{e^{2\pi(1-\alpha)/h}-1} + \frac{M(4)}{e^{6\pi/h}-1}
              + \frac{2h}{\pi}\frac{e^{\mu(1-\theta_n^2)}}{1-e^{-2\mu\theta_nh}},
          \qquad M(\alpha) = \frac{e^{\mu\alpha^2}}{\pi\alpha}\sqrt{\frac\pi\mu},

for every v at once, the last term being the nodes that are left out. Divided by v the integrand is smaller by
:math:`|z| \ge \mu\alpha^2`, which bounds the error at small v relative to v.

**Descent and iterated ridge.** Both filters are :math:`c^k` with :math:`|c| \le 1`. The mean of
:math:`U^{k+1}/(U-c)` over N > k points of a circle of radius :math:`\rho` is :math:`c^k` plus
:math:`\sum_{j\ge1}\pm c^{k+jN}\rho^{-jN}`, exactly.

Weights are scaled to the sum one, so that both errors vanish at eigenvalue zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.dynamics.training import Training
from asymptotics.errors import InputError
from asymptotics.lowering.complex_balls import ComplexBalls

_RATE = 2 * math.pi / 3 / math.log(10)
"""Digits of the parabola per node above the axis."""
_SPARE_NODES, MOST_NODES = 5, 300


@dataclass(frozen=True)
class Rule:
    """A sum over ridges, and how far it is from the filter that is meant.

    Attributes
    ----------
    ridges, weights : list of complex ball
        Above the real axis, with doubled weights; ridges are per sample.
    error : ball
        Bound of the difference of both filters at every eigenvalue of the spectrum.
    slope : ball
        Bound of the difference over the eigenvalue (per sample).
    """

    ridges: list[Any]
    weights: list[Any]
    error: Any
    slope: Any


def rule(
    training: Training, values: dict[str, Fraction], samples: Any, digits: int, arithmetic: ComplexBalls,
    edge: Callable[[], Any],
) -> Rule:  # fmt: skip
    """A sum that is right to about as many digits; the precision of the arithmetic must be in force.

    Parameters
    ----------
    training : Training
    values : dict
        Its parameters, exact.
    samples : Fraction or float
    digits : int
    arithmetic : ComplexBalls
    edge : callable
        To an upper bound of the eigenvalues per sample, for methods with steps.

    Raises
    ------
    InputError
        If the method has no proved bound, too many steps, or a step size with which it may diverge.

    Examples
    --------
    >>> from asymptotics.dynamics.filters import GradientFlow
    >>> arithmetic = ComplexBalls(40)
    >>> with arithmetic.precision():
    ...     found = rule(GradientFlow(1), {"time": Fraction(1), "ridge": Fraction(0)}, 3, 16, arithmetic, lambda: 1)
    >>> len(found.ridges), float(found.error) < 1e-16
    (23, True)
    """
    given = {name: arithmetic.convert(value) for name, value in values.items()}
    scale = arithmetic.convert(1 if training.per_sample else samples)
    names = set(values)
    if names & {"time", "time_per_sample"}:
        time = given["time_per_sample" if training.per_sample else "time"] * scale
        return _flow(time, given["ridge"] / scale, math.ceil(digits / _RATE) + _SPARE_NODES, arithmetic)
    if names == {"steps", "step_size"}:
        step_size = given["step_size"] * scale
        if not step_size * edge() < 2:
            allowed = "a step size that is certainly stable: step_size times the largest eigenvalue below 2"
            raise InputError("step_size", values["step_size"], allowed, "digits= measures instead")
        steps = int(values["steps"])
        circle, error, slope = _circle("steps", steps, digits, arithmetic)
        pairs = [((u - 1) / step_size, weight * u ** (steps + 1) / (u - 1)) for u, weight in circle]
        return _normalised(pairs, error, slope * step_size)
    if names == {"ridge", "times"}:
        ridge, times = given["ridge"] / scale, int(values["times"])
        if times == 1:
            exact = arithmetic.convert(0)
            return Rule([arithmetic.number(ridge)], [arithmetic.number(1)], exact, exact)
        circle, error, slope = _circle("times", times, digits, arithmetic)
        pairs = []
        for u, weight in circle:
            # Of a pair of nodes the one above the axis: s = ridge (1 - 1/u) lies where u does.
            node = ridge * (1 - 1 / u)
            pairs.append((node, weight * u ** (times - 1) * ridge / node))
        return _normalised(pairs, error, slope / ridge)
    allowed = "False for this method"
    raise InputError(
        "certified", True, allowed, "proofs are for gradient flow, gradient descent and iterated ridge"
    )


def _flow(time: Any, ridge: Any, count: int, arithmetic: ComplexBalls) -> Rule:
    """The parabola with that many nodes above the axis."""
    pi, one = arithmetic.pi(), arithmetic.convert(1)
    step, size = one * 3 / count, pi * count / 12
    pairs = []
    for k in range(count):
        root = arithmetic.number(1, step * (2 * k + 1) / 2)
        z = size * root * root
        pairs.append((z / time + ridge, 2 * step / pi * arithmetic.exp(z) / root))

    def least(power: int) -> Any:
        """Bound of the rule's error, for the integrand over z to that power."""
        closest = one * 3 * (1 + 2 * power) / (2 * count) / pi
        sides = ((closest, 1 - closest), (one * 4, one * 3))
        total = one * 0
        for alpha, moved in sides:
            whole = arithmetic.exp(size * alpha**2) / (pi * alpha) * (pi / size).sqrt()
            total += whole / (size * alpha**2) ** power / (arithmetic.exp(2 * pi * moved / step) - 1)
        last = step * (2 * count + 1) / 2
        left_out = (
            2
            * step
            / pi
            * arithmetic.exp(size * (1 - last**2))
            / (1 - arithmetic.exp(-2 * size * last * step))
        )
        return total + left_out / size**power

    whole, relative = least(0), least(1)
    return _normalised(pairs, 2 * whole / (1 - whole), (relative + whole) / (1 - whole) * time)


def _circle(
    name: str, power: int, digits: int, arithmetic: ComplexBalls
) -> tuple[list[tuple[Any, Any]], Any, Any]:
    """Points above the axis with their shares, the bound of the error, and of its slope in c."""
    radius = arithmetic.convert(Fraction(10.0 ** (max(digits / 2, 1.0) / max(power, 1))))
    half = math.ceil((power + digits / math.log10(float(radius))) / 2) + 1
    if half > MOST_NODES:
        most = MOST_NODES * power // half
        raise InputError(
            name, power, f"at most about {most} where a proof is asked for", "digits= takes any number"
        )
    count, pi, one = 2 * half, arithmetic.pi(), arithmetic.convert(1)
    angles = (pi * (2 * k + 1) / count for k in range(half))
    points = [radius * arithmetic.exp(arithmetic.number(0, angle)) for angle in angles]
    small = one / radius**count
    whole = small / (1 - small)
    slope = (power * small / (1 - small) + count * small / (1 - small) ** 2 + power * whole) / (1 - whole)
    return [(u, one / half) for u in points], 2 * whole / (1 - whole), slope


def _normalised(pairs: list[tuple[Any, Any]], error: Any, slope: Any) -> Rule:
    total = sum(weight.real for _, weight in pairs)
    return Rule(
        [ridge for ridge, _ in pairs], [weight / total for _, weight in pairs], error.upper(), slope.upper()
    )
