r"""Dot-product kernels and their exact spectra on the sphere.

A kernel ``h(<x, x'>/d)`` on the sphere of radius ``sqrt(d)`` is diagonal in the harmonics:

    h(t) = sum_k power_k Q_k(t),    power_k = B(d, k) xi_k,    sum_k power_k = h(1),

with ``Q_k(1) = 1`` the normalised Gegenbauer polynomials, ``B(d, k)`` the multiplicities and ``xi_k`` the eigenvalues
of the kernel operator. For ``d = inf``, ``power_k`` is the k-th Taylor coefficient of h. By Schoenberg (1942) h is
positive definite in dimension d exactly if no power is negative.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from asymptotics.errors import InputError
from asymptotics.functions.activations import read_powers
from asymptotics.functions.exact import number
from asymptotics.functions.expansions.expand import read_digits
from asymptotics.functions.expansions.harmonics import Expansion, read_degrees, read_dimension
from asymptotics.functions.expansions.kernel_spectra import evaluate_law, expand_law
from asymptotics.functions.formulas.enclosures import to_mpf
from asymptotics.functions.formulas.evaluation import ARRAYS
from asymptotics.functions.formulas.grammar import Formula, parse_formula
from asymptotics.functions.formulas.pieces import find_kinks, piecewise_polynomial
from asymptotics.functions.kernel_catalogue import KERNEL_NAMES, TangentKernel, kernel_of_name

__all__ = ["Kernel", "as_kernel", "expand_kernel"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\-. /]*")
_ROUNDING = 1e-9
_ADVICE = "no such kernel defines a positive definite matrix for every sample"


@dataclass(frozen=True)
class Kernel:
    """A dot-product kernel ``h(t)``, ``t = <x, x'>/d`` in [-1, 1].

    Make one with `named`, `from_formula` or `from_coefficients`.

    Parameters
    ----------
    name : str
        How it prints.
    law : Formula, TangentKernel or None
        The exact function; None if only coefficients are known.
    powers : tuple of (int, number)
        For coefficients: the part of ``h(1)`` in each degree.
    tail : Fraction, float or None
        For coefficients: the part of ``h(1)`` in all degrees above the largest given.

    Raises
    ------
    InputError
        If neither a formula nor powers are given; otherwise see the ways to make one.

    References
    ----------
    docs/theory/kernel_ridge.md.

    Examples
    --------
    >>> Kernel.named("exponential")([0.0, 1.0]).round(3).tolist()
    [1.0, 2.718]
    """

    name: str
    law: Formula | TangentKernel | None = None
    powers: tuple[tuple[int, Fraction | float], ...] = ()
    tail: Fraction | float | None = None

    def __post_init__(self) -> None:
        if self.law is None and self.tail is None and not self.powers:
            advice = "make one with named, from_formula or from_coefficients"
            raise InputError("kernel", self.name, "a formula or powers", advice)

    @classmethod
    def named(cls, name: str) -> Kernel:
        """A kernel of the catalogue.

        Parameters
        ----------
        name : str
            For instance ``"exponential"``, ``"ntk-relu-3"``; see `asymptotics.functions.kernel_catalogue`.

        Returns
        -------
        Kernel
            The kernel.

        Raises
        ------
        InputError
            If there is no such name; close matches are listed.

        Examples
        --------
        >>> Kernel.named("laplace").name
        'laplace'
        """
        found = kernel_of_name(name) if isinstance(name, str) else None
        if found is None:
            close = difflib.get_close_matches(str(name).lower(), KERNEL_NAMES, n=3, cutoff=0.5)
            hint = (
                "did you mean " + " or ".join(close) + "?" if close else "known: " + ", ".join(KERNEL_NAMES)
            )
            raise InputError("kernel", name, "the name of a kernel, or a formula in t such as 'exp(t)'", hint)
        spelled, law = found
        return cls(spelled, parse_formula(law, "t", "kernel") if isinstance(law, str) else law)

    @classmethod
    def from_formula(cls, text: str) -> Kernel:
        """A kernel from a formula in t.

        Parameters
        ----------
        text : str
            For instance ``"exp(t)"``.

        Returns
        -------
        Kernel
            Named by its text.

        Raises
        ------
        InputError
            If the formula is not admitted, not real on [-1, 1], not finite at 1, or not positive definite on the circle
            (and then in no dimension).

        Examples
        --------
        >>> Kernel.from_formula("(1 + t)**3/8").name
        '(1 + t)**3/8'
        """
        formula = parse_formula(text, "t", "kernel")
        kernel = cls(formula.text, formula)
        values = kernel(np.append(np.cos(np.linspace(0.001, math.pi - 0.001, 400)), 1.0))
        if not np.isfinite(values).all():
            raise InputError("kernel", text, "a formula that is real and finite for t in [-1, 1]")
        if not values[-1] > 0:
            raise InputError("kernel", text, "a kernel with h(1) > 0", _ADVICE)
        if piecewise_polynomial(formula.node) is None or find_kinks(formula.node)[0]:
            expand_kernel(
                kernel, 2, 12
            )  # positive definiteness on the circle is necessary in every dimension
        else:
            expand_kernel(kernel, 2, 64)
        return kernel

    @classmethod
    def from_coefficients(cls, powers: Mapping[int, Any], tail: Any = 0) -> Kernel:
        """A kernel of which only the part of ``h(1)`` in each degree is given, the same in every dimension.

        Parameters
        ----------
        powers : mapping of int to number
            Degree k to ``B(d, k) xi_k >= 0``.
        tail : number
            Total of all degrees above the largest one given.

        Returns
        -------
        Kernel
            Theory can use it, simulation cannot.

        Raises
        ------
        InputError
            For bad degrees, and powers that are negative or not finite.

        Examples
        --------
        >>> Kernel.from_coefficients({1: "1/2"}, tail="1/4").tail
        Fraction(1, 4)
        """
        return cls("coefficients", None, read_powers("powers", powers), number("tail", tail, minimum=0))

    @property
    def expression(self) -> sympy.Expr | None:
        """Exact SymPy expression in a real symbol t, or None (tangent kernels print by name)."""
        return self.law.expression if isinstance(self.law, Formula) else None

    def __call__(self, cosines: Any) -> np.ndarray:
        """Values of the kernel.

        Parameters
        ----------
        cosines : array_like
            Values of ``<x, x'>/d``, any shape; rounding beyond [-1, 1] is clipped. Inputs off the sphere have
            larger ones, where the formula itself is evaluated.

        Returns
        -------
        numpy.ndarray
            Float64, same shape; NaN where the formula has no real value.

        Raises
        ------
        InputError
            If the kernel was given by coefficients.
        """
        given = np.asarray(cosines, dtype=np.float64)
        argument = np.where(np.abs(given) <= 1 + _ROUNDING, np.clip(given, -1.0, 1.0), given)
        with np.errstate(all="ignore"):
            values = self.evaluate(argument, ARRAYS)
        return np.broadcast_to(np.asarray(values, dtype=np.float64), argument.shape) + 0.0

    def evaluate(self, t: Any, arithmetic: Any) -> Any:
        """Value at `t` in any arithmetic of `asymptotics.functions.formulas.evaluation`.

        Parameters
        ----------
        t : object
            Array, ball or power series.
        arithmetic : FormulaArithmetic
            Its constants and functions.

        Returns
        -------
        object
            The value.

        Raises
        ------
        InputError
            If the kernel was given by coefficients.
        """
        if self.law is None:
            raise InputError(
                "kernel", self, "a kernel with a formula", "this one was given by its coefficients"
            )
        return evaluate_law(self.law, t, arithmetic)

    def __repr__(self) -> str:
        return f"<Kernel {self}>"

    def __str__(self) -> str:
        if self.law is not None:
            return self.name
        parts = ", ".join(f"{k}: {power}" for k, power in self.powers)
        return f"kernel with powers {{{parts}}}; above: {self.tail}"


def as_kernel(value: Any) -> Kernel:
    """Read a kernel from a name, a formula in t, or a `Kernel`.

    Parameters
    ----------
    value : str or Kernel
        A string of letters, digits and hyphens in which ``t`` is no word of its own is a name; others are formulas.

    Returns
    -------
    Kernel
        The kernel.

    Raises
    ------
    InputError
        If it is none of these, or not positive definite.

    Examples
    --------
    >>> as_kernel("ntk-relu-3").name, as_kernel("exp(t)").name
    ('ntk-relu-3', 'exp(t)')
    """
    if isinstance(value, Kernel):
        return value
    if isinstance(value, str) and value.strip():
        text = value.strip()
        if _NAME.fullmatch(text) and not re.search(r"\bt\b", text):
            return Kernel.named(text)
        return Kernel.from_formula(text)
    raise InputError(
        "kernel", value, "a name such as 'ntk-relu', a formula in t such as 'exp(t)', or a Kernel"
    )


def expand_kernel(kernel: Any, d: Any = math.inf, degrees: int = 10, digits: int | None = None) -> Expansion:
    """Part of ``h(1)`` in each degree, ``B(d, k) xi_k``, and the exact total of all higher degrees.

    Parameters
    ----------
    kernel : str or Kernel
        Name, formula in t, or kernel.
    d : int or math.inf
        Dimension; for ``math.inf`` the powers are the Taylor coefficients of h.
    degrees : int
        Largest degree K resolved.
    digits : int, optional
        Decimal digits; the numbers are then mpmath numbers.

    Returns
    -------
    Expansion
        Eigenvalues are ``expansion.eigenvalue(k)``; ``total`` is ``h(1)``.

    Raises
    ------
    InputError
        If the kernel is not positive definite in that dimension (a power, or the tail, is negative).

    Examples
    --------
    >>> expand_kernel("(1 + t)**2", math.inf, 3).powers
    (1.0, 2.0, 1.0, 0.0)
    >>> expand_kernel("(1 + t)**2", 4, 1).tail
    0.75
    """
    given, dimension, largest = as_kernel(kernel), read_dimension(d), read_degrees(degrees)
    digits = read_digits(digits)
    if given.law is None:
        return _from_coefficients(given, dimension, largest, digits)
    return expand_law(given.law, given.name, dimension, largest, digits)


def _from_coefficients(kernel: Kernel, d: int | float, degrees: int, digits: int | None) -> Expansion:
    parts = dict(kernel.powers)
    powers = [parts.get(k, Fraction(0)) for k in range(degrees + 1)]
    tail = (kernel.tail or 0) + sum((p for k, p in parts.items() if k > degrees), Fraction(0))
    total = sum(powers, Fraction(0)) + tail

    def convert(value: Any) -> Any:
        return float(value) if digits is None else to_mpf(value, digits)

    zeros = tuple((k, "not given") for k, power in enumerate(powers) if not power)
    return Expansion(
        tuple(map(convert, powers)), convert(tail), convert(total), d, zeros, "coefficients as given", digits
    )
