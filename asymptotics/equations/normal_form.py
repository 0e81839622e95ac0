r"""Normal form of spectral averages: every one is a combination of a few named ones.

With one pole :math:`-\nu` put :math:`w = s/(s+\nu)`, :math:`x = \nu/(s+\nu) = 1 - w`. A rational function of
:math:`s` bounded at infinity with denominator :math:`(s+\nu)^m` is a polynomial in ``w`` of degree ``m``, and
in the Bernstein basis :math:`x^i w^j`, :math:`i + j = m`, it is unique; the basis averages are sums of
nonnegative terms. With several poles the basis is :math:`s^j / \prod_k (s+\nu_k)^{m_k}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition
from asymptotics.errors import DerivationError


@dataclass(frozen=True)
class _Split:
    """Numerator coefficients by power of ``s``, and the multiplicity of each pole."""

    coefficients: Mapping[int, sp.Expr]
    multiplicity: tuple[int, ...]


def _split(average: SpectralAverage, poles: Sequence[sp.Symbol]) -> _Split:
    s = average.variable
    numerator, denominator = sp.fraction(sp.together(average.function))
    if not (numerator.is_polynomial(s) and denominator.is_polynomial(s)):
        raise DerivationError(f"{average} is not rational in the eigenvalue {s}")
    bottom = sp.Poly(denominator, s)
    multiplicity = []
    for pole in poles:
        count = 0
        while bottom.degree() > 0 and sp.cancel(bottom.eval(-pole)) == 0:
            bottom = bottom.quo(sp.Poly(s + pole, s, domain=bottom.domain))
            count += 1
        multiplicity.append(count)
    shift = min(monomial[0] for monomial in bottom.monoms())
    if len(bottom.monoms()) > 1:
        raise DerivationError(f"{average} has poles besides {', '.join(map(str, poles))}")
    scale = bottom.LC()
    terms = sp.Poly(numerator, s).as_dict()
    return _Split({m[0] - shift: c / scale for m, c in terms.items()}, tuple(multiplicity))


def _raise(split: _Split, degrees: Sequence[int], poles: Sequence[sp.Symbol]) -> Mapping[int, sp.Expr]:
    """Numerator coefficients over the common denominator with the given pole multiplicities."""
    coefficients = dict(split.coefficients)
    for pole, have, want in zip(poles, split.multiplicity, degrees, strict=True):
        for _ in range(want - have):
            grown: dict[int, sp.Expr] = {}
            for power, value in coefficients.items():
                grown[power + 1] = grown.get(power + 1, sp.S.Zero) + value
                grown[power] = grown.get(power, sp.S.Zero) + pole * value
            coefficients = grown
    return {power: sp.cancel(value) for power, value in coefficients.items() if sp.cancel(value) != 0}


def _element(
    power: int, degrees: Sequence[int], poles: Sequence[sp.Symbol], s: sp.Symbol, measure: sp.Symbol
) -> tuple[Definition, sp.Expr]:
    """The named basis average with numerator ``s**power``, and what it has been multiplied by."""
    denominator = sp.Mul(*((s + pole) ** m for pole, m in zip(poles, degrees, strict=True)))
    used = [(pole, m) for pole, m in zip(poles, degrees, strict=True) if m]
    if len(used) == 1 and 0 <= power <= used[0][1]:
        pole, m = used[0]
        label = symbol(
            f"{measure.name}{m - power}{power}"
            if len(poles) == 1
            else f"{measure.name}_{pole.name}_{m - power}{power}"
        )
        scale = pole ** (m - power)
        meaning = f"x^{m - power} w^{power} averaged, w = {s}/({s} + {pole}), x = 1 - w"
    else:
        suffix = "".join(str(m) for m in degrees)
        label = symbol(f"{measure.name}_{suffix}_{'m' if power < 0 else ''}{abs(power)}")
        scale, meaning = sp.S.One, "basis average"
    function = scale * s**power / denominator
    return Definition(label, SpectralAverage(function, s, measure), meaning), scale


def normal_form(
    expressions: Sequence[sp.Expr], poles: Mapping[sp.Symbol, Sequence[sp.Symbol]]
) -> tuple[tuple[sp.Expr, ...], tuple[Definition, ...]]:
    """Write every spectral average of the expressions in named basis averages.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
    poles : mapping eigenvalue -> unknowns
        For each spectrum ``s`` the unknowns ``nu`` such that denominators are powers of ``s + nu``.

    Returns
    -------
    expressions : tuple of sympy.Expr
        Free of spectral averages.
    definitions : tuple of Definition
        The named averages they use.

    Raises
    ------
    DerivationError
        If an average has another pole, or is not rational in the eigenvalue.
    """
    averages = averages_in(*expressions)
    splits = {average: _split(average, poles.get(average.variable, ())) for average in averages}
    degrees: dict[sp.Symbol, tuple[int, ...]] = {}
    for average, split in splits.items():
        have = degrees.get(average.variable, split.multiplicity)
        degrees[average.variable] = tuple(max(a, b) for a, b in zip(have, split.multiplicity, strict=True))
    definitions: dict[str, Definition] = {}
    rule: dict[sp.Basic, sp.Expr] = {}
    for average, split in splits.items():
        s = average.variable
        total = sp.S.Zero
        for power, value in sorted(_raise(split, degrees[s], poles.get(s, ())).items()):
            definition, scale = _element(power, degrees[s], poles.get(s, ()), s, average.measure)
            definitions[definition.symbol.name] = definition
            total += sp.cancel(value / scale) * definition.symbol
        rule[average] = total
    ordered = tuple(definitions[name] for name in sorted(definitions))
    return tuple(sp.sympify(e, strict=True).xreplace(rule) for e in expressions), ordered
