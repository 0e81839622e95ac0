"""Activations as values: a name, an exact formula or exact coefficients, and a safe array function."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
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

__all__ = ["Activation", "as_activation", "read_powers", "values_of"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\- ]*")


@dataclass(frozen=True)
class Activation:
    """A nonlinearity ``sigma``, given by an exact formula, a function, or the power of each degree.

    Make one with `named`, `from_formula`, `from_function` or `from_coefficients`.

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
    rule : callable or None
        For functions: from float64 arrays to float64 arrays of the same shape.
    places : tuple of float
        For functions: where it is said not to be smooth.

    Raises
    ------
    InputError
        If neither a formula, a function nor powers are given; otherwise see the ways to make one.

    References
    ----------
    docs/howto/activations_and_targets.md, docs/notation.md.

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
    rule: Callable[[np.ndarray], np.ndarray] | None = None
    places: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.formula is None and self.rule is None and self.tail is None and not self.powers:
            advice = "make one with named, from_formula, from_function or from_coefficients"
            raise InputError("activation", self.name, "a formula, a function or powers", advice)

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

    @classmethod
    def from_function(
        cls, function: Callable[[np.ndarray], np.ndarray], *, kinks: Sequence[float] = (), name: str = ""
    ) -> Activation:
        """An activation that is a function of arrays: theory in double precision, and simulation.

        Its powers are integrals, with errors of about 1e-13 of the total. More than 12 digits, and proofs, need a
        formula.

        Parameters
        ----------
        function : callable
            From float64 arrays to float64 arrays of the same shape, the same values every time. To be sent to other
            processes it has to stand in a module.
        kinks : sequence of float, optional
            Where it is not smooth. They are found anyway; giving them saves work.
        name : str, optional
            How it prints, followed by a digest of its values; that of the function by default.

        Returns
        -------
        Activation

        Raises
        ------
        InputError
            If it is no function of arrays, or not finite.

        Examples
        --------
        >>> sigma = Activation.from_function(lambda x: np.where(x > 0, x, 0.1 * np.sin(x)), name="sine tail")
        >>> str(sigma).startswith("sine tail #"), sigma([-1.0, 2.0]).round(4).tolist()
        (True, [-0.0841, 2.0])
        """
        if not callable(function):
            raise InputError("function", function, "a function of arrays")
        places = np.linspace(-12.0, 12.0, 4801) + np.pi / 1000
        values = values_of(function, places)
        digest = hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()[:8]
        said = name or getattr(function, "__name__", "function")
        return cls(f"{said} #{digest}", rule=function, places=tuple(sorted(float(place) for place in kinks)))

    @property
    def expression(self) -> sympy.Expr | None:
        """Exact SymPy expression in a real symbol x, or None."""
        return None if self.formula is None else self.formula.expression

    @property
    def kinks(self) -> tuple[sympy.Expr, ...]:
        """Real algebraic numbers at which the function is not analytic, increasing."""
        if self.rule is not None:
            return tuple(sympy.Float(place) for place in self.places)
        return () if self.formula is None else _kinks(self.formula.node)[0]

    @property
    def digits_known(self) -> float:
        """Decimal digits to which its powers can be had."""
        return math.inf if self.rule is None else 12

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
        if self.rule is not None:
            return values_of(self.rule, np.asarray(values, dtype=float))
        if self.formula is None:
            raise InputError(
                "activation", self, "an activation with a formula",
                "a simulation needs the function itself, and this one was given by its coefficients",
            )  # fmt: skip
        return evaluate_array(self.formula.node, values)

    def __repr__(self) -> str:
        return f"<Activation {self}>"

    def __str__(self) -> str:
        if self.formula is not None or self.rule is not None:
            return self.name
        parts = ", ".join(f"mu_{k}^2 = {power}" for k, power in self.powers)
        return f"activation with {parts}; above: {self.tail}"


def values_of(function: Callable[[np.ndarray], np.ndarray], places: np.ndarray) -> np.ndarray:
    """Values of a user's function, of the right shape, real and finite.

    Parameters
    ----------
    function : Callable[[ndarray], ndarray]
        Of a user, from arrays to arrays.
    places : ndarray
        Float64 arguments of any shape.

    Raises
    ------
    InputError
        If they are not.
    """
    advice = "it is called with arrays; numpy.vectorize makes one that is called with numbers do"
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(function(places))
    except (TypeError, ValueError) as error:
        raise InputError("function", "a function", "one of float64 arrays", f"{advice} ({error})") from error
    if values.shape != places.shape or values.dtype.kind not in "biuf":
        raise InputError(
            "function", f"values of shape {values.shape}", f"real ones of shape {places.shape}", advice
        )
    finite = np.isfinite(values)
    if not finite.all():
        raise InputError(
            "function", "a function", "finite values", f"it is not at x = {places[~finite][0]:.4g}"
        )
    return values.astype(float)


def as_activation(value: Any) -> Activation:
    """Read an activation from a name, a formula string, or an `Activation`.

    Parameters
    ----------
    value : str, Activation or function of arrays
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
    if callable(value):
        return Activation.from_function(value)
    if isinstance(value, str) and value.strip():
        text = value.strip()
        return (
            Activation.named(text) if _NAME.fullmatch(text) and text != "x" else Activation.from_formula(text)
        )
    raise InputError(
        "activation",
        value,
        "a name such as 'relu', a formula in x such as 'max(x, 0) - x/3', a function of arrays, or an Activation",
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
