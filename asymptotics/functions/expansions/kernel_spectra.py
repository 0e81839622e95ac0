"""Spectra of dot-product kernels on the sphere: exact polynomials, Taylor coefficients, quadrature between kinks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from asymptotics.errors import InputError
from asymptotics.functions.expansions.closed_forms import projections
from asymptotics.functions.expansions.expand import Source, refine
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity, recurrence
from asymptotics.functions.expansions.power_series import SeriesArithmetic
from asymptotics.functions.expansions.quadrature import NotSquareIntegrable, decompose
from asymptotics.functions.formulas.enclosures import REAL, arb, ball, to_float, working_precision
from asymptotics.functions.formulas.evaluation import evaluate
from asymptotics.functions.formulas.grammar import Formula
from asymptotics.functions.formulas.parity import parity_degrees
from asymptotics.functions.formulas.pieces import find_kinks, piecewise_polynomial
from asymptotics.functions.kernel_catalogue import TangentKernel

__all__ = [
    "Law", "evaluate_law", "expand_law", "gegenbauer_coefficients", "law_parity_zeros", "polynomial_spectrum",
    "taylor_spectrum",
]  # fmt: skip

Law = Formula | TangentKernel


def evaluate_law(law: Law, t: Any, arithmetic: Any) -> Any:
    """Value of a kernel at `t` in any arithmetic.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel.
    t : object
        Array, ball or power series.
    arithmetic : FormulaArithmetic
        Its constants and functions.

    Returns
    -------
    object
        The value.

    Examples
    --------
    >>> evaluate_law(TangentKernel("relu", 2), arb(1), REAL)
    3.00000000000000
    """
    return evaluate(law.node, t, arithmetic) if isinstance(law, Formula) else law.evaluate(t, arithmetic)


@lru_cache(maxsize=512)
def expand_law(law: Law, name: str, d: int | float, degrees: int, digits: int | None) -> Expansion:
    """Part of ``h(1)`` in each degree.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel h.
    name : str
        For error messages.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree.
    digits : int or None
        Decimal digits, or None for float64.

    Returns
    -------
    Expansion
        Powers, tail and total.

    Raises
    ------
    InputError
        If the kernel is not positive definite in that dimension.

    Examples
    --------
    >>> expand_law(TangentKernel("relu", 1), "ntk-relu", 3, 1, None).powers
    (0.5, 1.0)
    """
    polynomial = piecewise_polynomial(law.node) if isinstance(law, Formula) else None
    if polynomial is not None and not polynomial.breaks:
        source, zeros = polynomial_spectrum(polynomial.pieces[0], d, degrees)
        method = "exact polynomial"
    elif d == math.inf:
        source, zeros, method = (
            taylor_spectrum(law, name, degrees),
            law_parity_zeros(law, degrees),
            "Taylor coefficients",
        )
    else:
        source, zeros, method = (
            _gegenbauer(law, int(d), degrees),
            law_parity_zeros(law, degrees),
            "quadrature",
        )
        if d >= max(64 * (degrees + 60), degrees**2):
            source, method = _large_dimension(law, int(d), degrees, source), "Taylor coefficients, regrouped"
    checked = _positive(name, source, zeros, d)
    try:
        return refine(checked, zeros, d, digits, method, "kernel")
    except NotSquareIntegrable as error:
        place = (error.place or 0) / math.sqrt(d)
        raise InputError(
            "kernel",
            name,
            "a kernel that is finite on all of [-1, 1]",
            f"it is not, near |t| = {round(place, 6):.3g}",
        ) from None


def _positive(name: str, source: Source, zeros: Mapping[int, str], d: int | float) -> Source:
    """The same numbers, unless one of them is negative beyond its error."""

    def powers(bits: int) -> tuple[list[arb], arb]:
        values, total = source(bits)
        with working_precision(2 * bits + 64):
            above = total - sum((v for k, v in enumerate(values) if k not in zeros), arb(0))
        for k, value in [*enumerate(values), (-1, above)]:
            if k not in zeros and value < 0:
                place = f"degree {k}" if k >= 0 else f"degrees above {len(values) - 1}"
                size = to_float(value)
                raise InputError(
                    "kernel",
                    name,
                    "a positive definite kernel",
                    f"its part in {place} is {size:.3g} for d = {d}",
                )
        return values, total

    return powers


def law_parity_zeros(law: Law, degrees: int) -> dict[int, str]:
    """Degrees that vanish because the even or the odd part of a kernel is a polynomial.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel.
    degrees : int
        Largest degree K.

    Returns
    -------
    dict of int to str
        Degree to reason.

    Examples
    --------
    >>> sorted(law_parity_zeros(TangentKernel("relu", 1), 6))
    [3, 5]
    """
    parts = parity_degrees(law.node) if isinstance(law, Formula) else law.parity_degrees()
    names = ("even", "odd")
    return {
        k: f"the kernel's {names[k % 2]} part is a polynomial of lower degree, or zero"
        for k in range(degrees + 1)
        if k > parts[k % 2]
    }


def polynomial_spectrum(
    coefficients: tuple[Fraction, ...], d: int | float, degrees: int
) -> tuple[Source, dict[int, str]]:
    """Exact powers of a polynomial.

    With ``h = sum_s c_s t^s`` and monic ``pi_k`` of squared norm ``h_k``,
    ``power_k = sum_s c_s d^((k-s)/2) rho_k E[x^s pi_k(x)]/h_k``, x a coordinate and ``rho_k = pi_k(sqrt d)/d^(k/2)``.

    Parameters
    ----------
    coefficients : tuple of Fraction
        Lowest degree first.
    d : int or math.inf
        Dimension.
    degrees : int
        Largest degree K.

    Returns
    -------
    source : callable
        From bits to powers and total.
    zeros : dict of int to str
        Degrees that vanish, with the reason; -1 for everything above K.

    Examples
    --------
    >>> polynomial_spectrum((Fraction(1), Fraction(2), Fraction(1)), 4, 2)[0](53)[0]
    [1.25000000000000, 2.00000000000000, 0.750000000000000]
    """
    top = max(len(coefficients) - 1, 0)
    if d == math.inf:
        exact = [coefficients[k] if k <= top and coefficients else Fraction(0) for k in range(degrees + 1)]
    else:
        size, steps = int(d), recurrence(d, degrees)
        heights = [Fraction(1), Fraction(1)]
        for k in range(1, degrees):
            heights.append(heights[k] - steps[k] / size * heights[k - 1])
        exact = [Fraction(0)] * (degrees + 1)
        for s, c in enumerate(coefficients):
            terms = projections({s: c}, s % 2 == 0, False, d, min(s, degrees))
            for k, u in enumerate(terms):
                if u:
                    exact[k] += u * heights[k] * Fraction(size) ** ((k - s) // 2)
    zeros = {k: "exact coefficient is zero" for k, value in enumerate(exact) if not value}
    if top <= degrees:
        zeros[-1] = f"a polynomial of degree {top}"
    total = sum(coefficients, Fraction(0))

    def source(bits: int) -> tuple[list[arb], arb]:
        with working_precision(bits):
            return [ball(value) for value in exact], ball(total)

    return source, zeros


def _taylor_coefficients(law: Law, last: int, bits: int) -> list[arb] | None:
    """Taylor coefficients of the kernel at zero, or None if it is not analytic there."""
    for guard in (
        1,
        4,
        16,
    ):  # in deep networks covariances come close to one, where the layers are nearly singular
        arithmetic = SeriesArithmetic(last + 1)
        with working_precision(bits + guard * (4 * last + 40)):
            try:
                series = arithmetic.variable().like(evaluate_law(law, arithmetic.variable(), arithmetic))
            except (KeyError, ValueError):
                if isinstance(law, Formula):
                    return None
                continue
            if all(v.is_finite() for v in series.coefficients):
                return series.coefficients
    return None


def _large_dimension(law: Law, d: int, degrees: int, otherwise: Source) -> Source:
    """Powers from Taylor coefficients ``a_s``, for dimensions so large that few of them matter.

    ``power_k = sum_s a_s c_s`` over ``s = k, k + 2, ...`` with ``c_k = rho_k`` (see `polynomial_spectrum`) and
    ``c_{s+2}/c_s = (s + 1)(s + 2)/((s - k + 2)(s + k + d))``, which is below one for ``d >= k^2``. No term is negative.
    """
    steps = recurrence(d, degrees)

    def source(bits: int) -> tuple[list[arb], arb]:
        terms, size = 0, 0.0  # the logarithm of c_s for the largest degree
        while size > -(bits + 20):
            s = degrees + 2 * terms
            size += math.log2((s + 1) * (s + 2)) - math.log2((s - degrees + 2) * (s + degrees + d))
            terms += 1
        taylor = _taylor_coefficients(law, degrees + 2 * terms, bits)
        if taylor is None:
            return otherwise(bits)
        with working_precision(bits + 40):
            height = [arb(1), arb(1)]
            for k in range(1, degrees):
                height.append(height[k] - ball(steps[k] / d) * height[k - 1])
            powers, total = [], evaluate_law(law, arb(1), REAL)
            for k in range(degrees + 1):
                factor, value = height[k], arb(0)
                for s in range(k, degrees + 2 * terms + 1, 2):
                    value += taylor[s] * factor
                    factor = factor * ((s + 1) * (s + 2)) / ((s - k + 2) * (s + k + d))
                powers.append(value + arb(0, abs(total * factor).upper()))
            return powers, total

    return source


def taylor_spectrum(law: Law, name: str, degrees: int) -> Source:
    """Taylor coefficients at zero, and the value at one, as balls that are proved to contain them.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel.
    name : str
        For error messages.
    degrees : int
        Largest degree K.

    Returns
    -------
    callable
        From bits to powers and total; it raises ``InputError`` if the kernel is not analytic at zero.

    Examples
    --------
    >>> powers, total = taylor_spectrum(TangentKernel("relu", 1), "ntk-relu", 1)(100)
    >>> powers[1].contains(1), total.contains(2)
    (True, True)
    """

    def source(bits: int) -> tuple[list[arb], arb]:
        values = _taylor_coefficients(law, degrees, bits)
        with working_precision(bits + 40):
            if values is None:
                raise InputError(
                    "kernel", name, "a function that is analytic at t = 0, when d = inf",
                    "only power series are positive definite in every dimension",
                )  # fmt: skip
            return values, evaluate_law(law, arb(1), REAL)

    return source


def gegenbauer_coefficients(law: Law, d: int, degrees: int) -> Source:
    """Coefficients of a kernel in the orthonormal polynomials of one coordinate, by quadrature.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel h.
    d : int
        Dimension.
    degrees : int
        Largest degree K.

    Returns
    -------
    callable
        From bits to ``sqrt(B(d, k)) xi_k`` for k = 0 .. K, and the mean square ``E h^2``.

    Examples
    --------
    >>> values, total = gegenbauer_coefficients(TangentKernel("relu", 1), 3, 1)(60)
    >>> round(float(values[0]), 9)
    0.5
    """
    places = find_kinks(law.node)[0] if isinstance(law, Formula) else ()

    def source(bits: int) -> tuple[list[arb], arb]:
        with working_precision(2 * bits + 60 + 2 * degrees + d.bit_length()):
            root = arb(d).sqrt()
        return decompose(
            (lambda t: law.evaluate((t / root).mid(), REAL, lambda value: value.mid()))
            if isinstance(law, TangentKernel)
            else (lambda t: evaluate_law(law, t / root, REAL)),
            d,
            degrees,
            bits,
            lambda: [ball(p) * root for p in places if -1 < p < 1],
        )

    return source


def _gegenbauer(law: Law, d: int, degrees: int) -> Source:
    counts = [multiplicity(d, k) for k in range(degrees + 1)]
    extra = max(counts).bit_length() // 2 + 10  # a power is sqrt(B) times the coefficient
    coefficients = gegenbauer_coefficients(law, d, degrees)

    def source(bits: int) -> tuple[list[arb], arb]:
        values, _ = coefficients(bits + extra)
        with working_precision(bits + extra + 40):
            powers = [v * arb(b).sqrt() for v, b in zip(values, counts, strict=True)]
            return powers, evaluate_law(law, arb(1), REAL)

    return source
