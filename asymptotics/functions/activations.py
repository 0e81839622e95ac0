"""Activations as values: a name, an exact formula or exact coefficients, and a safe array function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from asymptotics.errors import InputError
from asymptotics.functions.activation_catalogue import formula_of_name
from asymptotics.functions.exact import number
from asymptotics.functions.formulas.evaluation import evaluate_array
from asymptotics.functions.formulas.grammar import Formula, Node, parse_formula
from asymptotics.functions.formulas.parity import NEVER, parity_degrees
from asymptotics.functions.formulas.pieces import find_kinks

__all__ = ["Activation", "as_activation", "read_powers"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\- ]*")


@dataclass(frozen=True)
class Activation:
    """A nonlinearity ``sigma``, given by an exact formula or by the power of each degree.

    Make one with `named`, `from_formula` or `from_coefficients`.

    Parameters
    ----------
    name : str
        How it prints.
    formula : Formula or None
        The exact function; None if only coefficients are known.
    powers : tuple of (int, number)
        For coefficients: ``mu_k^2`` per degree, degrees increasing.
    tail : Fraction, float or None
        For coefficients: total power of all degrees above the largest given.

    Examples
    --------
    >>> sigma = Activation.from_formula("max(x, 0) - x/3")
    >>> sigma([-3.0, 3.0])
    array([1., 2.])
    >>> sigma.kinks
    (0,)
    """

    name: str
    formula: Formula | None = None
    powers: tuple[tuple[int, Fraction | float], ...] = ()
    tail: Fraction | float | None = None

    @classmethod
    def named(cls, name: str) -> Activation:
        """An activation of the catalogue.

        Parameters
        ----------
        name : str
            For instance ``"relu"``, ``"leaky relu"``, ``"gelu"``, ``"he2"``.

        Returns
        -------
        Activation
            With its exact formula.

        Raises
        ------
        InputError
            If the name is unknown; close matches are listed.

        Examples
        --------
        >>> Activation.named("erf").parity
        'odd'
        """
        if not isinstance(name, str):
            raise InputError("activation", name, "the name of an activation")
        standard, text = formula_of_name(name)
        return cls(standard, parse_formula(text))

    @classmethod
    def from_formula(cls, text: str) -> Activation:
        """An activation from a formula in x, read exactly and without evaluating text.

        Parameters
        ----------
        text : str
            See `asymptotics.functions.formulas.grammar.parse_formula`.

        Returns
        -------
        Activation
            Named by its text.

        Raises
        ------
        InputError
            If the formula is not admitted, or not real on the whole line.

        Examples
        --------
        >>> Activation.from_formula("tanh(2*x)**2").parity
        'even'
        """
        formula = parse_formula(text, "x", "activation")
        _require_real(formula, text)
        return cls(formula.text, formula)

    @classmethod
    def from_coefficients(cls, powers: Mapping[int, Any], tail: Any = 0) -> Activation:
        """An activation of which only the power of each degree is given.

        Parameters
        ----------
        powers : mapping of int to number
            Degree k to ``mu_k^2 >= 0``; int, float, Fraction, or a string such as ``"1/4"`` or ``"0.09"``. Degrees that
            are missing below the largest one have power zero.
        tail : number
            Total power of all degrees above the largest one given.

        Returns
        -------
        Activation
            It has no formula: theory can use it, simulation cannot.

        Raises
        ------
        InputError
            For degrees that are no nonnegative integers, and powers that are negative or not finite.

        Examples
        --------
        >>> Activation.from_coefficients(powers={1: "1/4"}, tail="0.09").tail
        Fraction(9, 100)
        """
        return cls("coefficients", None, read_powers("powers", powers), number("tail", tail, minimum=0))

    @property
    def expression(self) -> sympy.Expr | None:
        """Exact SymPy expression in a real symbol x, or None."""
        return None if self.formula is None else self.formula.expression

    @property
    def kinks(self) -> tuple[sympy.Expr, ...]:
        """Real algebraic numbers at which the function is not analytic, increasing."""
        return () if self.formula is None else _kinks(self.formula.node)[0]

    @property
    def parity(self) -> str | None:
        """``"even"``, ``"odd"``, or None if the function is neither or is not known to be."""
        if self.formula is None:
            return None
        even, odd = _parity(self.formula.node)
        return "even" if odd == NEVER else "odd" if even == NEVER else None

    def __call__(self, values: Any) -> np.ndarray:
        """Apply the activation to an array.

        Parameters
        ----------
        values : array_like
            Real numbers of any shape.

        Returns
        -------
        numpy.ndarray
            Float64, same shape.

        Raises
        ------
        InputError
            If the activation was given by coefficients.
        """
        if self.formula is None:
            raise InputError(
                "activation", self, "an activation with a formula",
                "a simulation needs the function itself, and this one was given by its coefficients",
            )  # fmt: skip
        return evaluate_array(self.formula.node, values)

    def __repr__(self) -> str:
        return f"<Activation {self}>"

    def __str__(self) -> str:
        if self.formula is not None:
            return self.name
        parts = ", ".join(f"mu_{k}^2 = {power}" for k, power in self.powers)
        return f"activation with {parts}; above: {self.tail}"


def as_activation(value: Any) -> Activation:
    """Read an activation from a name, a formula string, or an `Activation`.

    Parameters
    ----------
    value : str or Activation
        A string made of letters, digits, blanks, hyphens and underscores is a name; any other is a formula in x.

    Returns
    -------
    Activation
        The activation.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> as_activation("relu") == Activation.named("ReLU")
    True
    """
    if isinstance(value, Activation):
        return value
    if isinstance(value, str) and value.strip():
        text = value.strip()
        return (
            Activation.named(text) if _NAME.fullmatch(text) and text != "x" else Activation.from_formula(text)
        )
    raise InputError(
        "activation",
        value,
        "a name such as 'relu', a formula in x such as 'max(x, 0) - x/3', or an Activation",
    )


def read_powers(name: str, powers: Any) -> tuple[tuple[int, Fraction | float], ...]:
    """Read a mapping from degree to nonnegative power.

    Parameters
    ----------
    name : str
        The argument, as the user spells it.
    powers : mapping of int to number
        The powers.

    Returns
    -------
    tuple of (int, number)
        Degrees increasing, numbers as read by `asymptotics.functions.exact.number`.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> read_powers("target", {2: 0.5, 1: "1/4"})
    ((1, Fraction(1, 4)), (2, 0.5))
    """
    if not isinstance(powers, Mapping) or not powers:
        raise InputError(name, powers, "a mapping from degree to power, such as {1: 1.0, 2: 0.25}")
    result = {}
    for degree, power in powers.items():
        whole = isinstance(degree, (int, np.integer)) and not isinstance(degree, bool)
        if not whole or not 0 <= degree <= 2000:
            raise InputError(name, degree, "degrees that are integers between 0 and 2000")
        result[int(degree)] = number(f"{name}[{int(degree)}]", power, minimum=0)
    return tuple(sorted(result.items()))


@lru_cache(maxsize=256)
def _kinks(node: Node) -> tuple[tuple[sympy.Expr, ...], tuple[Node, ...]]:
    return find_kinks(node)


@lru_cache(maxsize=256)
def _parity(node: Node) -> tuple[float, float]:
    return parity_degrees(node)


def _require_real(formula: Formula, text: str) -> None:
    """Refuse formulas that are not real somewhere on the line (sampled off the special points)."""
    places = np.linspace(-30.0, 30.0, 2401) + np.pi / 1000
    bad = np.isnan(evaluate_array(formula.node, places))
    if bad.any():
        where = float(places[np.argmax(bad)])
        raise InputError(
            "activation", text, "a formula that is real on the whole line", f"it is not at x = {where:.3g}"
        )  # fmt: skip
