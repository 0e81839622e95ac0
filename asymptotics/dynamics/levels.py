"""Charts whose averages run over one spectrum, as that spectrum: levels, multiplicities, powers, and what is above.

A chart of several unknowns, or with averages of another kind, is none; :mod:`asymptotics.dynamics.general` serves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.chart import DEGREES_OF_FREEDOM, Chart
from asymptotics.equations.naming import symbol
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program
from asymptotics.models.measures import Numbers
from asymptotics.prediction.problems import is_scalar

NU = symbol("nu")
_GAP = symbol("gap")


@dataclass(frozen=True)
class Levels:
    """A spectrum in numbers of one arithmetic.

    Attributes
    ----------
    eigenvalues, multiplicities, powers : sequence of number
        Level by level.
    trace, power : number
        Trace of what lies at eigenvalues too small to resolve, and the target's power there.
    noise : number
    """

    eigenvalues: Any
    multiplicities: Any
    powers: Any
    trace: Any
    power: Any
    noise: Any


def _partial_fractions(expression: sp.Expr) -> tuple[dict[sp.Expr, sp.Expr], sp.Expr, sp.Expr]:
    """Residues at ``-s``, the residue at zero, and the constant of a rational function with simple poles."""
    residues: dict[sp.Expr, sp.Expr] = {}
    tail, constant = sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(sp.apart(sp.cancel(expression), NU)):
        above, below = sp.fraction(sp.cancel(term))
        poly = sp.Poly(below, NU)
        if poly.degree() == 0:
            if above.has(NU):
                raise ValueError(term)
            constant += term
            continue
        if poly.degree() > 1 or above.has(NU):
            raise ValueError(term)
        slope, rest = poly.nth(1), sp.cancel(poly.nth(0) / poly.nth(1))
        if rest == 0:
            tail += above / slope
        else:
            residues[rest] = residues.get(rest, sp.S.Zero) + above / slope
    return residues, tail, constant


@dataclass(frozen=True)
class LevelChart:
    """How a chart reads as a spectrum.

    Attributes
    ----------
    program : Program or None
        Levels in the scalars of the chart; None where the measure holds them.
    count : int
        How many levels the program yields.
    wide : bool
        Whether the features are infinite in number for this chart.
    """

    program: Program | None
    count: int
    wide: bool

    def levels(self, data: Numbers, arithmetic: Any) -> Levels:
        """The spectrum in the numbers of an arithmetic.

        Parameters
        ----------
        data : Numbers
            Numbers of the measure.
        arithmetic : arithmetic
            In which they are numbers.
        """
        if self.program is None:
            spectrum = data.spectrum
            assert spectrum is not None
            weights, tails = spectrum.weights, spectrum.tails
            columns = (spectrum.eigenvalues, weights["T"], weights["B"])
            return Levels(columns[0], columns[1], columns[2], tails["T"], tails["B"], data.scalars["noise"])
        out = self.program(data.scalars, arithmetic)
        parts = [[out[f"{part}{i}"] for i in range(self.count)] for part in ("s", "m", "b")]
        return Levels(parts[0], parts[1], parts[2], out["trace"], out["power"], data.scalars["noise"])


@cache
def as_levels(chart: Chart) -> LevelChart | None:
    """A chart read as a spectrum, if it has the form of one; whether it is one, its observables have to tell."""
    if not is_scalar(chart) or chart.vanishing is None or DEGREES_OF_FREEDOM not in chart.readings:
        return None
    return _read(chart)


def _read(chart: Chart) -> LevelChart | None:
    system = chart.system
    wide = _GAP not in chart.coordinates
    if any(averages_in(d.expression) for d in system.definitions):
        known = {m.symbol.name for m in system.measures} == {"T", "B"}
        return LevelChart(None, 0, wide) if known else None
    rule = {d.symbol: d.expression for d in system.definitions}
    trace = chart.readings[DEGREES_OF_FREEDOM].xreplace(rule)
    minimum = sum((rule.get(symbol(name), sp.S.Zero) for name in ("B11", "B20")), sp.S.Zero)
    try:
        at, tail, constant = _partial_fractions(trace)
        powers, pole, power = _partial_fractions(minimum)
    except (ValueError, sp.PolynomialError):
        return None
    if constant != 0 or pole != 0 or not set(powers) <= set(at):
        return None
    outputs: dict[str, sp.Expr] = {"trace": tail}
    for i, (s, residue) in enumerate(at.items()):
        share = -powers.get(s, sp.S.Zero) / s
        power -= share
        outputs |= {f"s{i}": s, f"m{i}": sp.cancel(residue / s), f"b{i}": sp.cancel(share)}
    outputs["power"] = sp.cancel(power)
    names = sorted({s.name for e in outputs.values() for s in e.free_symbols})
    return LevelChart(lower(outputs, names), len(at), wide)
