"""How quantities grow with the dimension: exponents, leading coefficients, and the levels of a spectrum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import total_ordering
from math import factorial
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import InputError


def fraction(value: Any) -> Fraction:
    """An exact rational number, or its text, as a ``Fraction``.

    Raises
    ------
    InputError
        If the value is not an exact rational (a float, for instance).
    """
    try:
        number = sp.Rational(Fraction(value)) if isinstance(value, str) else sp.sympify(value, strict=True)
    except (ValueError, ZeroDivisionError):
        number = value
    if isinstance(value, bool) or not isinstance(number, sp.Rational):
        raise InputError("exponent", value, "an exact rational number", "write Rational(3, 2), not 1.5")
    return Fraction(int(number.p), int(number.q))


@total_ordering
@dataclass(frozen=True, eq=False)
class Exponent:
    """An exponent of the dimension: a linear form in scaling exponents, with its value at one point.

    Order and equality are those of the *values*; the form says how far the comparison carries.

    Examples
    --------
    >>> kappa = symbol("kappa1")
    >>> a = Exponent.of(2 * kappa - 1, {kappa: Fraction(3, 2)})
    >>> a.value, a.form()
    (Fraction(2, 1), 2*kappa1 - 1)
    >>> a > Exponent.of(1)
    True
    """

    constant: Fraction
    slopes: tuple[tuple[sp.Symbol, Fraction], ...] = ()
    value: Fraction = Fraction(0)

    @staticmethod
    def of(form: Any, point: Mapping[sp.Symbol, Any] | None = None) -> Exponent:
        """The exponent given by a rational number, or by a linear form evaluated at ``point``.

        Parameters
        ----------
        form : int, Fraction or sympy.Expr
            A number, or linear in symbols.
        point : mapping symbol -> rational, optional
            Values of the symbols.

        Raises
        ------
        InputError
            If the form is not linear with rational coefficients, or has a symbol without a value.
        """
        if isinstance(form, Exponent):
            return form
        expression = sp.sympify(form, strict=True)
        names = sorted(expression.free_symbols, key=lambda s: s.name)
        if not names:
            number = fraction(expression)
            return Exponent(number, (), number)
        point = point or {}
        polynomial = sp.Poly(expression, *names)
        if polynomial.total_degree() > 1:
            raise InputError("exponent", form, "a linear form with rational coefficients")
        constant = fraction(polynomial.nth(*([0] * len(names))))
        slopes, value = [], constant
        for name in names:
            if name not in point:
                raise InputError("exponent", form, f"a form whose symbols have values; {name} has none")
            slope = fraction(polynomial.coeff_monomial(name))
            slopes.append((name, slope))
            value += slope * fraction(point[name])
        return Exponent(constant, tuple(slopes), value)

    def form(self) -> sp.Expr:
        """The linear form as an expression."""
        total: sp.Expr = sp.Rational(self.constant.numerator, self.constant.denominator)
        for name, slope in self.slopes:
            total += sp.Rational(slope.numerator, slope.denominator) * name
        return total

    def key(self) -> tuple[Any, ...]:
        """Hashable identity of the linear form."""
        return (self.constant, self.slopes)

    def __add__(self, other: Exponent) -> Exponent:
        table = dict(self.slopes)
        for name, slope in other.slopes:
            table[name] = table.get(name, Fraction(0)) + slope
        slopes = tuple(sorted(((s, v) for s, v in table.items() if v), key=lambda pair: pair[0].name))
        return Exponent(self.constant + other.constant, slopes, self.value + other.value)

    def __mul__(self, factor: Fraction | int) -> Exponent:
        slopes = tuple((s, v * factor) for s, v in self.slopes) if factor else ()
        return Exponent(self.constant * factor, slopes, self.value * factor)

    __rmul__ = __mul__

    def __neg__(self) -> Exponent:
        return self * -1

    def __sub__(self, other: Exponent) -> Exponent:
        return self + other * -1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exponent) and self.value == other.value

    def __lt__(self, other: Exponent) -> bool:
        return self.value < other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return str(self.form())


ZERO = Exponent(Fraction(0))


@dataclass(frozen=True)
class PowerSum:
    """A positive quantity as a finite sum of powers of the dimension, leading power first.

    Attributes
    ----------
    terms : tuple of (coefficient, Exponent)

    Examples
    --------
    >>> print(PowerSum.of((symbol("psi2"), 1)))
    psi2 d^1
    """

    terms: tuple[tuple[sp.Expr, Exponent], ...]

    @staticmethod
    def of(value: Any, point: Mapping[sp.Symbol, Any] | None = None) -> PowerSum:
        """From a pair ``(coefficient, exponent)``, a list of such pairs, or a coefficient alone.

        Parameters
        ----------
        value : (coefficient, exponent), list of such pairs, or coefficient
        point : mapping symbol -> rational, optional
            Values of symbols in exponents.
        """
        if isinstance(value, PowerSum):
            return value
        if isinstance(value, tuple) and len(value) == 2:
            value = [value]
        if not isinstance(value, list):
            value = [(value, 0)]
        terms = [(sp.sympify(c, strict=True), Exponent.of(e, point)) for c, e in value]
        return PowerSum(tuple(sorted(terms, key=lambda term: -term[1].value)))

    @property
    def coefficient(self) -> sp.Expr:
        """Leading coefficient."""
        return self.terms[0][0]

    @property
    def exponent(self) -> Exponent:
        """Leading exponent."""
        return self.terms[0][1]

    def __str__(self) -> str:
        return " + ".join(f"{c} d^{e}" for c, e in self.terms)


@dataclass(frozen=True)
class Level:
    """One eigenvalue of a spectrum with its weight in each spectral measure.

    Attributes
    ----------
    name : str
    inverse : PowerSum or None
        One over the eigenvalue, a finite sum of powers; ``None`` if the eigenvalue is zero.
    weights : mapping measure -> PowerSum
        Weight of this eigenvalue: its multiplicity, the target power on it.
    """

    name: str
    inverse: PowerSum | None
    weights: Mapping[sp.Symbol, PowerSum]

    @property
    def exponent(self) -> Exponent | None:
        """Exponent of the eigenvalue."""
        return None if self.inverse is None else -self.inverse.exponent

    @property
    def coefficient(self) -> sp.Expr:
        """Leading coefficient of the eigenvalue."""
        return sp.S.Zero if self.inverse is None else 1 / self.inverse.coefficient


@dataclass(frozen=True)
class Tail:
    r"""All eigenvalues below the explicit levels, known through moments :math:`\sum_k w_k s_k^j`.

    Attributes
    ----------
    bound : Exponent
        No eigenvalue of the tail exceeds a constant times this power.
    moments : mapping measure -> mapping order -> PowerSum
        The moments that are finite and given.
    """

    bound: Exponent
    moments: Mapping[sp.Symbol, Mapping[int, PowerSum]]


@dataclass(frozen=True)
class SeparatedLevels:
    """A spectrum whose eigenvalues are separated by powers of the dimension.

    Attributes
    ----------
    explicit : tuple of Level
    tail : Tail or None
    names : mapping symbol -> str
        Meaning of the symbols used.
    """

    explicit: tuple[Level, ...]
    tail: Tail | None = None
    names: Mapping[sp.Symbol, str] = field(default_factory=dict)

    def exponents(self) -> list[Exponent]:
        """Exponents of the explicit nonzero eigenvalues, decreasing, each once."""
        found = {
            level.exponent.value: level.exponent for level in self.explicit if level.exponent is not None
        }
        return [found[value] for value in sorted(found, reverse=True)]


def harmonic_multiplicity(degree: int) -> PowerSum:
    r"""Dimension of the degree-k harmonics on the sphere in d dimensions, as a polynomial in d.

    :math:`\binom{d+k-1}{k} - \binom{d+k-3}{k-2} = d^k/k! + \dots`

    Examples
    --------
    >>> print(harmonic_multiplicity(2))
    1/2 d^2 + 1/2 d^1 + -1 d^0
    """
    if not isinstance(degree, int) or degree < 0:
        raise InputError("degree", degree, "a nonnegative integer")
    d = sp.Symbol("d")

    def binomial(top: sp.Expr, bottom: int) -> sp.Expr:
        if bottom < 0:
            return sp.S.Zero
        return sp.Mul(*((top - i) for i in range(bottom))) / factorial(bottom)

    polynomial = sp.Poly(
        sp.expand(binomial(d + degree - 1, degree) - binomial(d + degree - 3, degree - 2)), d
    )
    return PowerSum.of([(c, power) for (power,), c in polynomial.terms()])


def polynomial_levels(
    last: int,
    vanishing: Iterable[int] = (),
    trace: sp.Symbol | None = None,
    target: sp.Symbol | None = None,
    *,
    rest: bool = True,
    degeneracy: int = 0,
) -> SeparatedLevels:
    r"""Spectrum of a dot-product feature map or kernel on the sphere, degree by degree.

    Degree k has eigenvalue :math:`\mu_k^2/N_k` with multiplicity :math:`N_k \sim d^k/k!` and target power
    :math:`F_k^2`; degrees above ``last`` form a tail with :math:`\sum \mu_k^2 = \mu_\star^2`,
    :math:`\sum F_k^2 = F_\star^2`, whose eigenvalues are at most of order :math:`d^{-(last+1)}`.

    Parameters
    ----------
    last : int
        Last explicit degree.
    vanishing : iterable of int
        Degrees with :math:`\mu_k = 0`: their target power is never learned.
    trace, target : sympy.Symbol, optional
        Measures of multiplicities and of target powers (default ``T`` and ``B``).
    rest : bool
        Whether any degree above ``last`` has a positive eigenvalue; without one, what the target has there is
        never learned, and there is no tail.
    degeneracy : int
        Of all harmonics of a degree above it a share :math:`d^{-\alpha}` is left, of lower degrees a bounded number.
        Eigenvalues and the ridge are then in units of :math:`d^{-\alpha}`, so that the trace stays of order one.

    Returns
    -------
    SeparatedLevels
        In the symbols ``mu1sq``, ``F1sq``, ..., ``mu_starsq``, ``F_starsq``.

    Examples
    --------
    >>> [level.name for level in polynomial_levels(1).explicit]
    ['degree 0', 'degree 1']
    """
    trace, target = trace or symbol("T"), target or symbol("B")
    absent = set(vanishing)
    names: dict[sp.Symbol, str] = {}
    explicit, less = [], Exponent.of(-degeneracy)
    for degree in range(last + 1):
        mu, power = symbol(f"mu{degree}sq"), symbol(f"F{degree}sq")
        names[power] = f"power of the target in degree {degree}"
        full, count = harmonic_multiplicity(degree), _left(degree, degeneracy)
        if degree in absent:
            explicit.append(Level(f"degree {degree}", None, {trace: count, target: PowerSum.of(power)}))
            continue
        names[mu] = f"squared norm of the degree-{degree} part of the activation"
        inverse = PowerSum(tuple((c / mu, e + less) for c, e in full.terms))
        explicit.append(Level(f"degree {degree}", inverse, {trace: count, target: PowerSum.of(power)}))
    mu, power = symbol("mu_starsq"), symbol("F_starsq")
    names[power] = f"power of the target above degree {last}"
    if not rest:
        unseen = Level("higher degrees", None, {trace: PowerSum.of(1), target: PowerSum.of(power)})
        return SeparatedLevels((*explicit, unseen), None, names)
    names[mu] = f"squared norm of the activation above degree {last}"
    moments = {trace: {1: PowerSum.of(mu)}, target: {0: PowerSum.of(power)}}
    return SeparatedLevels(tuple(explicit), Tail(Exponent.of(degeneracy - (last + 1)), moments), names)


def _left(degree: int, degeneracy: int) -> PowerSum:
    """Number of harmonics of a degree that are left, to leading order; a bounded one is taken to be one."""
    if degree <= degeneracy:
        return PowerSum.of(1)
    return PowerSum(tuple((c, e + Exponent.of(-degeneracy)) for c, e in harmonic_multiplicity(degree).terms))
