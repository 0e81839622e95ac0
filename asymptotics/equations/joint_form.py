r"""Normal form of averages over a joint law, with a denominator linear in all letters.

With :math:`D = c_0 + \sum_j c_j l_j` put :math:`x = c_0/D` and :math:`w_j = c_j l_j/D`: then
:math:`x + \sum_j w_j = 1`, and a function with denominator :math:`D^m` and numerator of degree at most ``m`` is a
homogeneous polynomial of degree ``m`` in them, in one way. The basis averages are sums of nonnegative terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.errors import DerivationError

Powers = tuple[int, ...]


@dataclass(frozen=True)
class _Part:
    """``numerator / product of factors**multiplicity``, all in the letters."""

    numerator: sp.Poly
    scale: sp.Expr
    multiplicity: dict[sp.Expr, int]


def joint_form(averages: Sequence[SpectralAverage]) -> tuple[dict[sp.Expr, sp.Expr], tuple[Definition, ...]]:
    """Averages over one joint law in named basis averages.

    Parameters
    ----------
    averages : sequence of SpectralAverage
        With the same letters; denominators are products of forms linear in all letters.

    Returns
    -------
    rule : dict average -> expression in the names
    definitions : tuple of Definition

    Raises
    ------
    DerivationError
        If a denominator is not a product of linear forms.

    Examples
    --------
    >>> s, g, nu, T = map(symbol, ["s", "g", "nu", "T"])
    >>> node = SpectralAverage(s / (nu + s + g), (s, g), T)
    >>> rule, (definition,) = joint_form([node])
    >>> print(rule[node], "with", definition)
    T010 with T010 := T[s/(g + nu + s)]
    """
    parts = {average: _part(average) for average in averages}
    forms = sorted({f for part in parts.values() for f in part.multiplicity}, key=sp.default_sort_key)
    degrees = {f: max(part.multiplicity.get(f, 0) for part in parts.values()) for f in forms}
    barycentric = len(forms) == 1 and all(_fits(average, part, forms[0]) for average, part in parts.items())
    rule: dict[sp.Expr, sp.Expr] = {}
    definitions: dict[str, Definition] = {}
    for average, part in parts.items():
        terms = (
            _barycentric(part, average, forms[0], degrees[forms[0]])
            if barycentric
            else _plain(part, average, degrees)
        )
        total = sp.S.Zero
        for definition, coefficient in terms:
            definitions[definition.symbol.name] = definition
            total += coefficient * definition.symbol
        rule[average] = total
    return rule, tuple(definitions[name] for name in sorted(definitions))


def _part(average: SpectralAverage) -> _Part:
    letters = average.letters
    numerator, denominator = sp.fraction(sp.together(average.function))
    if not (numerator.is_polynomial(*letters) and denominator.is_polynomial(*letters)):
        raise DerivationError(f"{average} is not rational in the eigenvalues {', '.join(map(str, letters))}")
    scale, factors = sp.factor_list(sp.expand(denominator))
    multiplicity: dict[sp.Expr, int] = {}
    for factor, power in factors:
        if not factor.has(*letters):
            scale *= factor**power
        elif factor in letters or sp.Poly(factor, *letters).total_degree() == 1:
            multiplicity[factor] = multiplicity.get(factor, 0) + int(power)
        else:
            raise DerivationError(f"{average} has a denominator that is not linear in the eigenvalues")
    return _Part(sp.Poly(sp.expand(numerator), *letters), scale, multiplicity)


def _linear(form: sp.Expr, letters: Sequence[sp.Symbol]) -> tuple[sp.Expr, tuple[sp.Expr, ...]]:
    """Constant and coefficients of a linear form."""
    poly = sp.Poly(form, *letters)
    rest = {letter: poly.coeff_monomial(letter) for letter in letters}
    return poly.coeff_monomial(1), tuple(rest.values())


def _fits(average: SpectralAverage, part: _Part, form: sp.Expr) -> bool:
    """Whether the numerator is homogeneous of the right degree, with the constant of the form for what is missing."""
    constant, coefficients = _linear(form, average.letters)
    inside = [position for position, c in enumerate(coefficients) if c != 0]
    missing = [
        part.multiplicity.get(form, 0) - sum(powers[i] for i in inside) for powers in part.numerator.monoms()
    ]
    return min(missing) >= 0 and (constant != 0 or max(missing) == 0)


def _barycentric(
    part: _Part, average: SpectralAverage, form: sp.Expr, degree: int
) -> list[tuple[Definition, sp.Expr]]:
    letters = average.letters
    constant, coefficients = _linear(form, letters)
    inside = [position for position, c in enumerate(coefficients) if c != 0]
    own = part.multiplicity.get(form, 0)
    table: dict[tuple[Powers, Powers], sp.Expr] = {}
    for powers, value in part.numerator.terms():
        scale = sp.Mul(*(coefficients[i] ** powers[i] for i in inside))
        missing = own - sum(powers[i] for i in inside)
        weight = tuple(0 if i in inside else power for i, power in enumerate(powers))
        start = (missing, *(powers[i] for i in inside))
        front = sp.cancel(value / (scale * part.scale * constant**missing))
        for extra, count in _expansion(degree - own, len(inside) + 1):
            key = tuple(a + b for a, b in zip(start, extra, strict=True)), weight
            table[key] = table.get(key, sp.S.Zero) + count * front
    tops = [constant, *(coefficients[i] * letters[i] for i in inside)]
    found = []
    for (powers, weight), value in sorted(table.items()):
        label = f"{average.measure.name}{''.join(map(str, powers))}{_suffix(letters, weight)}"
        top = sp.Mul(*(t**k for t, k in zip(tops, powers, strict=True)))
        extra_weight = sp.Mul(*(letter**k for letter, k in zip(letters, weight, strict=True)))
        node = SpectralAverage(extra_weight * top / form**degree, letters, average.measure)
        names = ", ".join(map(str, tops))
        meaning = f"powers {', '.join(map(str, powers))} of {names} over their sum, averaged"
        value = sp.cancel(value)
        if value != 0:
            found.append((Definition(symbol(label), node, meaning), value))
    return found


def _expansion(degree: int, count: int) -> list[tuple[Powers, sp.Integer]]:
    """Powers and coefficients of ``(x_1 + ... + x_count)**degree``."""
    variables = sp.symbols(f"x:{count}")
    return [(powers, value) for powers, value in sp.Poly(sp.Add(*variables) ** degree, *variables).terms()]


def _plain(
    part: _Part, average: SpectralAverage, degrees: dict[sp.Expr, int]
) -> list[tuple[Definition, sp.Expr]]:
    """Monomials over the common denominator."""
    letters = average.letters
    lift = sp.Mul(*(form ** (degree - part.multiplicity.get(form, 0)) for form, degree in degrees.items()))
    below = sp.Mul(*(form**degree for form, degree in degrees.items()))
    digits = "".join(map(str, degrees.values()))
    found = []
    for powers, value in sp.Poly(part.numerator.as_expr() * sp.expand(lift), *letters).terms():
        top = sp.Mul(*(letter**k for letter, k in zip(letters, powers, strict=True)))
        label = f"{average.measure.name}_{digits}{_suffix(letters, powers)}"
        node = SpectralAverage(top / below, letters, average.measure)
        found.append((Definition(symbol(label), node, "basis average"), sp.cancel(value / part.scale)))
    return found


def _suffix(letters: Sequence[sp.Symbol], powers: Powers) -> str:
    return "".join(
        f"_{letter.name}{power if power > 1 else ''}"
        for letter, power in zip(letters, powers, strict=True)
        if power
    )
