"""Exact expressions as JSON, and back, through a fixed table: never ``eval``, never pickle.

An expression is a string (symbol or exact rational) or a list whose head names the operation:
``["+", a, b]``, ``["*", a, b]``, ``["^", a, k]``, ``["average", f, s, measure]``. The letters of a joint law are
``["letters", s, g]`` in the place of ``s``. Arguments of sums and products are sorted by their own text, so that the
same mathematics has the same bytes everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import is_name, symbol
from asymptotics.errors import RecordError

_RATIONAL = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?\Z")
_LARGEST_EXPONENT = 1000
_MOST_BITS, _LONGEST_NUMBER = 100_000, 4000


def encode(expression: sp.Expr) -> Any:
    """The expression as nested JSON lists.

    Raises
    ------
    RecordError
        If the expression holds anything but rationals, symbols, sums, products, rational powers and
        spectral averages (a float, for instance).

    Examples
    --------
    >>> encode(symbol("x") ** 2 / 3 + 1)
    ['+', '1', ['*', '1/3', ['^', 'x', '2']]]
    """
    if isinstance(expression, (sp.Rational, int)):
        return str(expression)
    if isinstance(expression, sp.Symbol):
        return expression.name
    if isinstance(expression, SpectralAverage):
        letters = encode(expression.variable)
        return ["average", encode(expression.function), letters, expression.measure.name]
    if isinstance(expression, sp.Tuple) and all(isinstance(s, sp.Symbol) for s in expression):
        return ["letters", *(s.name for s in expression)]
    if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Rational):
        return ["^", encode(expression.base), str(expression.exp)]
    heads = {sp.Add: "+", sp.Mul: "*"}
    for kind, head in heads.items():
        if isinstance(expression, kind):
            return [head, *sorted((encode(a) for a in expression.args), key=lambda a: json.dumps(a))]
    raise RecordError(f"cannot record {expression!r}: only exact rational expressions and spectral averages")


def _power(arguments: list[sp.Expr]) -> sp.Expr:
    base, exponent = arguments
    if not isinstance(exponent, sp.Rational) or abs(exponent) > _LARGEST_EXPONENT:
        raise RecordError(f"a power in a record needs a rational exponent up to {_LARGEST_EXPONENT}")
    if isinstance(base, sp.Rational) and _bits(base) * abs(exponent) > _MOST_BITS:
        raise RecordError("a number in a record is too long")
    return sp.Pow(base, exponent)


def _bits(number: sp.Rational) -> int:
    return int(number.p).bit_length() + int(number.q).bit_length()


def _average(arguments: list[sp.Expr]) -> sp.Expr:
    function, variable, measure = arguments
    if not (isinstance(variable, (sp.Symbol, sp.Tuple)) and isinstance(measure, sp.Symbol)):
        raise RecordError("an average in a record needs an eigenvalue and a measure, both symbols")
    return SpectralAverage(function, variable, measure)


def _letters(arguments: list[sp.Expr]) -> sp.Tuple:
    if len(set(arguments)) < 2 or not all(isinstance(s, sp.Symbol) for s in arguments):
        raise RecordError("the letters of a joint law in a record are two symbols or more")
    return sp.Tuple(*arguments)


_BUILD: dict[str, Callable[[list[sp.Expr]], sp.Expr]] = {
    "+": lambda arguments: sp.Add(*arguments),
    "*": lambda arguments: sp.Mul(*arguments),
    "^": _power,
    "average": _average,
    "letters": _letters,
}


def decode(data: Any, depth: int = 0) -> sp.Expr:
    """The expression recorded as ``data``.

    Parameters
    ----------
    data : object
        Nested lists as JSON has them.
    depth : int
        Of the nesting so far.

    Raises
    ------
    RecordError
        If ``data`` is not of the form that :func:`encode` writes.
    """
    if depth > 200:
        raise RecordError("expression in a record is nested too deeply")
    if isinstance(data, str):
        if _RATIONAL.match(data):
            if len(data) > _LONGEST_NUMBER:
                raise RecordError("a number in a record is too long")
            numerator, _, denominator = data.partition("/")
            return sp.Rational(int(numerator), int(denominator or 1))
        if not is_name(data):
            raise RecordError(f"{data[:60]!r} in a record is neither a symbol nor a rational number")
        return symbol(data)
    if isinstance(data, list) and data and isinstance(data[0], str) and data[0] in _BUILD:
        try:
            return _BUILD[data[0]]([decode(item, depth + 1) for item in data[1:]])
        except ValueError as error:
            raise RecordError(f"malformed expression in a record: {str(data)[:60]}") from error
    raise RecordError(f"malformed expression in a record: {str(data)[:60]}")


def system_data(system: Any) -> dict[str, Any]:
    """The mathematics of a system as JSON data (provenance left out)."""
    return {
        "name": system.name,
        "parameters": [[q.symbol.name, q.meaning] for q in system.parameters],
        "unknowns": [[q.symbol.name, q.meaning] for q in system.unknowns],
        "measures": [[m.symbol.name, encode(m.variable), m.meaning, m.kind] for m in system.measures],
        "definitions": [[d.symbol.name, encode(d.expression), d.meaning] for d in system.definitions],
        "equations": [[encode(e.left), encode(e.right), e.meaning] for e in system.equations],
        "observables": [[o.name, encode(o.expression), o.meaning] for o in system.observables],
        "domain": {
            "conditions": [[encode(c.expression), c.meaning, c.strict] for c in system.domain.conditions],
            "uniqueness": system.domain.uniqueness,
        },
    }


def canonical_text(system: Any) -> str:
    """Canonical JSON text of the mathematics of a system: the text its digest is taken of."""
    return json.dumps(system_data(system), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
