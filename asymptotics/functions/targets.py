"""Targets: how much of the function to be learned lies in each degree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.functions.activations import Activation, read_powers
from asymptotics.functions.exact import number
from asymptotics.functions.expansions.expand_function import expand_function

__all__ = ["Target", "as_target"]


@dataclass(frozen=True, init=False)
class Target:
    """Power ``F_k^2`` of the target function in each degree (squared L2 norm of its degree-k part).

    Parameters
    ----------
    powers : mapping of int to number
        Degree to power, nonnegative; int, Fraction and strings such as ``"1/4"`` are kept exactly, floats as floats.
        Degrees that are not mentioned have power zero; of ``{}`` all have: labels are noise. On inputs with a
        covariance a degree is a whole, in isotropic directions; ``{1: [F_1, F_2, ...]}`` gives the power of the
        linear part along each level of equal variance, ``{(k_1, k_2, ...): F}`` that of a product of harmonics of
        degree k_b in level b.

    Raises
    ------
    InputError
        For degrees that are no nonnegative integers, and powers that are negative or not finite.

    References
    ----------
    docs/howto/activations_and_targets.md.

    Examples
    --------
    >>> target = Target(powers={1: 1, 2: Fraction(1, 4)})
    >>> target.total, target.power(2), target.above(1)
    (Fraction(5, 4), Fraction(1, 4), Fraction(1, 4))
    >>> Target({(2, 0): "1/2", 1: ["1/8", "3/8"]}).powers
    ((1, Fraction(1, 2)), (2, Fraction(1, 2)))
    """

    powers: tuple[tuple[int, Fraction | float], ...]
    parts: tuple[tuple[tuple[int, ...], Fraction | float], ...] = ()

    def __init__(self, powers: Mapping[Any, Any]) -> None:
        nothing = isinstance(powers, Mapping) and not powers
        whole, parts = _divided(powers) if isinstance(powers, Mapping) else (powers, {})
        object.__setattr__(self, "powers", () if nothing else read_powers("target", whole))
        object.__setattr__(self, "parts", tuple(sorted(parts.items())))

    @classmethod
    def from_function(
        cls,
        function: Callable[[np.ndarray], np.ndarray] | str,
        *,
        degrees: int = 12,
        d: int | float = math.inf,
    ) -> Target:
        """The target ``f(<e, x>)`` of one coordinate, for a unit vector e: a single-index target.

        Parameters
        ----------
        function : callable or str
            From float64 arrays to float64 arrays of the same shape, or a formula in x such as ``"sin(x)"``; the
            coordinate has mean square one, and is standard Gaussian as d grows.
        degrees : int
            Largest degree that is told apart; all above is put into the next one, as what is out of reach.
        d : int or math.inf
            Dimension at which it is decomposed.

        Returns
        -------
        Target
            Powers as floats, with errors of about 1e-13 of the total.

        Raises
        ------
        InputError
            If it is no function of arrays, or its mean square is not finite.

        Examples
        --------
        >>> target = Target.from_function(lambda t: t + 0.5 * (t**2 - 1))
        >>> {k: round(power, 12) for k, power in target.powers}
        {1: 1.0, 2: 0.5}
        >>> round(Target.from_function("sign(x)").power(1), 12) == round(2 / math.pi, 12)
        True
        """
        rule = Activation.from_formula(function) if isinstance(function, str) else function
        found = expand_function(Activation.from_function(rule).rule, (), d, degrees)
        powers = {k: power for k, power in enumerate([*found.powers, found.tail]) if power}
        return cls(powers)

    @property
    def classes(self) -> Any:
        """The labels of two classes whose linear part this is; None for labels that are numbers."""
        return None

    @property
    def follows_prediction(self) -> bool:
        """Whether the mean square of the prediction, and its overlap with the target, are asked for."""
        return self.classes is not None

    @property
    def digits_known(self) -> float:
        """Decimal digits to which the powers are known: they are what they are, unless a subclass says so."""
        return math.inf

    def noise_of(self, given: Any) -> Any:
        """The noise of a model with this target: what is given."""
        return given

    @property
    def text(self) -> str:
        """What a model prints."""
        return "{" + ", ".join(f"{k}: {power}" for k, power in self.powers) + "}"

    @property
    def total(self) -> Fraction | float:
        """Squared norm of the whole target."""
        return self.above(-1)

    @property
    def largest_degree(self) -> int:
        """Largest degree with positive power (0 if there is none)."""
        return max((k for k, power in self.powers if power), default=0)

    @property
    def is_exact(self) -> bool:
        """Whether every power was given exactly."""
        return all(isinstance(power, Fraction) for _, power in self.powers)

    def power(self, k: int) -> Fraction | float:
        """Power in degree `k`.

        Parameters
        ----------
        k : int
            Degree.

        Returns
        -------
        Fraction or float
            Zero for degrees that were not mentioned.
        """
        return dict(self.powers).get(k, Fraction(0))

    def above(self, k: int) -> Fraction | float:
        """Power of all degrees above `k`.

        Parameters
        ----------
        k : int
            Degree; -1 for everything.

        Returns
        -------
        Fraction or float
            The sum, exactly; a float where some power is one and the sum is a double.
        """
        total = sum((Fraction(power) for degree, power in self.powers if degree > k), Fraction(0))
        return float(total) if not self.is_exact and float(total) == total else total

    def __str__(self) -> str:
        return (
            "target with " + ", ".join(f"F_{k}^2 = {power}" for k, power in self.powers)
            if self.powers
            else "no target"
        )

    def __repr__(self) -> str:
        told = {sum(multi) for multi, _ in self.parts}
        entries = [entry for entry in self.powers if entry[0] not in told]
        return f"Target({{{', '.join(f'{k}: {power}' for k, power in (*entries, *self.parts))}}})"


def _divided(powers: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[tuple[int, ...], Fraction | float]]:
    """Powers of whole degrees, and those of parts of degrees by level.

    Raises
    ------
    InputError
        If a part is no tuple of degrees, or a degree is given both as a whole and by parts.
    """
    whole: dict[Any, Any] = {}
    parts: dict[tuple[int, ...], Fraction | float] = {}
    for key, value in powers.items():
        if isinstance(key, tuple):
            if not key or not all(isinstance(k, (int, np.integer)) and k >= 0 for k in key):
                raise InputError("target", key, "a degree, or a tuple of degrees, one for each level")
            multi = tuple(int(k) for k in key)
            parts[multi] = number(f"target[{key}]", value, minimum=0)
        elif isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str):
            if key != 1:
                advice = "give other degrees as a whole, or by tuples of degrees"
                raise InputError("target", {key: value}, "powers by level for degree 1 only", advice)
            for level, power in enumerate(value):
                multi = tuple(int(level == other) for other in range(len(value)))
                parts[multi] = number(f"target[1][{level}]", power, minimum=0)
        else:
            whole[key] = value
    lengths = {len(multi) for multi in parts}
    if len(lengths) > 1:
        raise InputError("target", powers, "as many entries in every part as there are levels")
    for degree in sorted({sum(multi) for multi in parts}):
        if degree in whole:
            raise InputError("target", powers, f"degree {degree} either as a whole or by parts")
        given = [power for multi, power in parts.items() if sum(multi) == degree]
        exact = sum((Fraction(power) for power in given), Fraction(0))
        whole[degree] = exact if all(isinstance(power, Fraction) for power in given) else float(exact)
    return whole, parts


def as_target(value: Any, classes: bool = False) -> Target:
    """Read a target.

    Parameters
    ----------
    value : Target, mapping or sequence
        A mapping from degree to power, or the powers of degrees 0, 1, 2, ... in a list.
    classes : bool
        Whether labels of two classes will do.

    Returns
    -------
    Target
        The target.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> as_target({1: 1.0, 2: 0.25}).total
    1.25
    >>> as_target([0, 1, "1/4"]) == Target({0: 0, 1: 1, 2: "1/4"})
    True
    """
    if isinstance(value, Target):
        if value.classes is not None and not classes:
            allowed = "labels that are numbers: powers per degree"
            raise InputError("target", value, allowed, "signs are for RandomFeaturesRidge and KernelRidge")
        return value
    if isinstance(value, Mapping):
        return Target(value)
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.size:
        return Target(dict(enumerate(value.tolist())))
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and value:
        return Target(dict(enumerate(value)))
    allowed = "a mapping from degree to power such as {1: 1.0, 2: 0.25}, or a Target"
    raise InputError("target", value, f"{allowed}, or 'sign'" if classes else allowed)
