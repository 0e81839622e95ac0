"""Degree decomposition of a function that is only known by its values, in double precision with a stated accuracy.

Adaptive Gauss-Legendre quadrature in the coordinate ``s`` of `quadrature`: a panel is accepted when the Legendre
coefficients of the function on it have decayed, and bisected otherwise, so that kinks and jumps are found by
themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from asymptotics.errors import InputError, PrecisionError
from asymptotics.functions.activations import values_of
from asymptotics.functions.expansions.harmonics import Expansion, recurrence
from asymptotics.functions.formulas.enclosures import to_mpf

__all__ = ["expand_function"]

_NODES = 16
_REACH = 13.0
"""Standard deviations; the weight beyond is 1e-38."""

_DEPTH = 44
_MOST = 20000
_SMOOTH = 1e-13
_INSIDE = 1e-9
"""Distance of the outermost checks from the ends of a panel, in half lengths: a jump nearer to an end is not seen."""

_NOTHING = 1e-28
"""Powers below this share of the total are rounding: amplitudes of 1e-14."""


@dataclass(frozen=True)
class _Panels:
    """Accepted panels: ends, and the function at their nodes."""

    left: np.ndarray
    right: np.ndarray
    values: np.ndarray
    kinks: tuple[float, ...]


@lru_cache(maxsize=512)
def expand_function(
    function: Callable[[np.ndarray], np.ndarray], kinks: Sequence[float], d: int | float, degrees: int,
    digits: int | None = None,
) -> Expansion:  # fmt: skip
    """Powers of a function of one coordinate, and the total of the degrees above.

    Parameters
    ----------
    function : callable
        From float64 arrays to float64 arrays of the same shape.
    kinks : sequence of float
        Where it is not smooth, as far as known: saves work.
    d : int or math.inf
    degrees : int
    digits : int, optional
        Type of the numbers: the doubles as mpmath numbers of so many digits. They are not more accurate.

    Returns
    -------
    Expansion
        ``method`` says how large the error is, absolutely, as a share of the total.

    Raises
    ------
    InputError
        If the function is not finite somewhere, or its mean square is not.
    PrecisionError
        If the quadrature does not converge.

    Examples
    --------
    >>> e = expand_function(lambda x: np.maximum(x, 0), (), math.inf, 2)
    >>> [round(power, 12) for power in e.powers], round(e.total, 12)
    ([0.159154943092, 0.25, 0.079577471546], 0.5)
    """
    root = math.sqrt(d) if d != math.inf else math.inf
    end = min(_REACH, root * math.pi / 2)
    panels = _accepted(function, _cuts(kinks, root, end), root)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = (panels.right - panels.left)[:, None] / 2
    s = (panels.left + panels.right)[:, None] / 2 + half * nodes
    density = np.exp(-s * s / 2) if d == math.inf else np.cos(s / root) ** (d - 2)
    mass = (half * weights * density).ravel()
    mass /= mass.sum()
    t, f = _coordinate(s, root).ravel(), panels.values.ravel()
    total = float(np.sum(mass * f * f))
    outer = float(np.sum((mass * f * f)[np.abs(s.ravel()) > 0.95 * end])) if d == math.inf else 0.0
    if not math.isfinite(total) or outer > 1e-9 * total:
        inputs = "standard Gaussian x" if d == math.inf else f"x in [-{root:.4g}, {root:.4g}]"
        raise InputError("activation", "a function", f"a finite mean square for {inputs}", "damp it far out")
    powers = _powers(t, f, mass, d, degrees)
    zeros = {k: "zero to double precision" for k, power in enumerate(powers) if power <= _NOTHING * total}
    powers = [0.0 if k in zeros else power for k, power in enumerate(powers)]
    tail = total - math.fsum(powers)
    if tail <= 1e-14 * total:
        tail, zeros[-1] = 0.0, "zero to double precision"
    rough = f", not smooth near {len(panels.kinks)} places" if panels.kinks else ""
    said = f"quadrature of a function on {len(panels.left)} panels{rough}; errors about 1e-13 of the total"
    convert: Callable[[float], Any] = float if digits is None else lambda value: to_mpf(value, digits)
    known = tuple(sorted(zeros.items()))
    return Expansion(tuple(map(convert, powers)), convert(tail), convert(total), d, known, said, digits)


def _coordinate(s: np.ndarray, root: float) -> np.ndarray:
    return s if root == math.inf else root * np.sin(s / root)


def _cuts(kinks: Sequence[float], root: float, end: float) -> np.ndarray:
    """Ends of the first panels: unit steps, and the kinks."""
    inside = [k if root == math.inf else root * math.asin(k / root) for k in kinks if abs(k) < root]
    regular = np.linspace(-end, end, 2 * math.ceil(end) + 1)
    return np.unique([*regular, *(k for k in inside if -end < k < end)])


def _accepted(function: Callable[[np.ndarray], np.ndarray], cuts: np.ndarray, root: float) -> _Panels:
    """Bisect until the function is a polynomial on every panel, up to rounding."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    basis = np.polynomial.legendre.legvander(nodes, _NODES - 1)
    project = (basis * weights[:, None]).T * (np.arange(_NODES) + 0.5)[:, None]
    ends = np.array([-1.0, 1.0]) * (1 - _INSIDE)
    at_ends = np.polynomial.legendre.legvander(ends, _NODES - 1)
    left, right, done, kinks = cuts[:-1], cuts[1:], [], []
    for depth in range(_DEPTH + 1):
        middle, half = (left + right) / 2, (right - left) / 2
        sampled = middle[:, None] + half[:, None] * np.concatenate([nodes, ends])
        found = values_of(function, _coordinate(sampled, root))
        values = found[:, :_NODES]
        coefficients = values @ project.T
        size = np.maximum(np.abs(coefficients).max(axis=1), 1e-3 * np.abs(values).max(axis=1))
        # Far out, where there is no weight, less will do.
        weight = np.exp(-(np.minimum(np.abs(left), np.abs(right)) ** 2) / 2) * 2 * half
        allowed = size * np.maximum(1.0, 1e-3 / np.maximum(weight, 1e-30))
        missed = np.abs(found[:, _NODES:] - coefficients @ at_ends.T).max(axis=1)
        smooth = np.abs(coefficients[:, -3:]).max(axis=1) <= _SMOOTH * allowed
        smooth &= missed <= 1e3 * _SMOOTH * allowed  # a jump beyond the last node
        if depth == _DEPTH:
            kinks = sorted({round(float(x), 9) for x in middle[~smooth]})
            smooth[:] = True
        done.append((left[smooth], right[smooth], values[smooth]))
        rough_left, rough_middle, rough_right = left[~smooth], middle[~smooth], right[~smooth]
        if not rough_left.size:
            break
        if rough_left.size > _MOST:
            raise PrecisionError(
                "the quadrature of the function did not converge", "give its kinks, or a formula"
            )
        left = np.concatenate([rough_left, rough_middle])
        right = np.concatenate([rough_middle, rough_right])
    parts = [np.concatenate(part) for part in zip(*done)]
    return _Panels(parts[0], parts[1], parts[2], tuple(kinks))


def _powers(t: np.ndarray, f: np.ndarray, mass: np.ndarray, d: int | float, degrees: int) -> list[float]:
    """Squared coefficients on the orthonormal polynomials, by their three-term recurrence."""
    steps = [math.sqrt(step) for step in recurrence(d, degrees)]
    before, now, powers = np.zeros_like(t), np.ones_like(t), []
    for k in range(degrees + 1):
        powers.append(float(np.sum(mass * f * now)) ** 2)
        if k < degrees:
            before, now = now, (t * now - steps[k] * before) / steps[k + 1]
    return powers
