r"""The physical solution of a chart as sums of powers of n: exponents by dominant balance, then term after term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import DerivationError, SolverError
from asymptotics.scaling.problem import ScaledChart, averages_of, constant_of, pole_of
from asymptotics.scaling.scale_series import ScaleNumber
from asymptotics.transforms.limits.balance import BalanceTerm
from asymptotics.transforms.limits.exponents import ScaledProblem
from asymptotics.transforms.limits.growth import Exponent, PowerSum
from asymptotics.transforms.limits.power_laws import unique_balance

_STEPS, _LONGEST = 200, 3
_CORRECTIONS = 400


@dataclass(frozen=True)
class ScaledSolution:
    """Unknowns of a chart as sums of powers.

    Attributes
    ----------
    unknowns : mapping str -> ScaleNumber
    large : bool
        Whether the effective ridge exceeds every eigenvalue.
    scaled : ScaledChart
    comparisons : tuple of (Exponent, Exponent)
        Pairs in the balance: the exponent of a leading term, and that of another term of its equation.
    """

    unknowns: Mapping[str, ScaleNumber]
    large: bool
    scaled: ScaledChart
    comparisons: tuple[tuple[Exponent, Exponent], ...]

    def observables(self, *names: str) -> dict[str, ScaleNumber]:
        """Observables of the chart."""
        return self.scaled.evaluate(names, self.unknowns, self.large)


@dataclass(frozen=True)
class _Monomial:
    """A leading term of an equation: a signed number times powers of the leading coefficients."""

    number: Any
    powers: tuple[Fraction, ...]


@dataclass(frozen=True)
class _Balance:
    """What exponents alone decide: unknowns, their exponents, and the terms of every equation with theirs."""

    unknowns: tuple[sp.Symbol, ...]
    vanishing: tuple[sp.Symbol, ...]
    numbers: tuple[int, ...]
    exponents: tuple[Exponent, ...]
    large: bool
    weighed: tuple[tuple[tuple[BalanceTerm, Exponent], ...], ...]
    averages: tuple[SpectralAverage, ...]

    @property
    def tops(self) -> list[Exponent]:
        """Leading exponent of each equation."""
        return [max((e for _, e in terms), key=lambda e: e.value) for terms in self.weighed]


_KNOWN: dict[Any, _Balance] = {}
_REMEMBERED = 4096


def _balance(scaled: ScaledChart) -> _Balance:
    """The balance at these exponents, remembered."""
    key = (scaled.chart.digest, scaled.exponents, tuple(
        (name, value.lead.key(), value.lead.value) if value.terms else name
        for name, value in sorted(scaled.inputs.items())
    ))  # fmt: skip
    if key not in _KNOWN:
        if len(_KNOWN) > _REMEMBERED:
            _KNOWN.clear()
        problem, vanishing, numbers = _problem(scaled)
        used = {s: a for s, a in _named(scaled.system).items() if any(r.has(s) for r in problem.residuals)}
        found, large, equations = unique_balance(problem, used, scaled.exponents.law(), scaled.pole)
        weighed = tuple(tuple((t, t.at(found.exponents)) for t in terms) for terms in equations)
        _KNOWN[key] = _Balance(
            problem.unknowns, vanishing, tuple(numbers), found.exponents, large, weighed, tuple(used.values())
        )
    return _KNOWN[key]


def solve(scaled: ScaledChart) -> ScaledSolution:
    """The solution to the window of the arithmetic.

    Parameters
    ----------
    scaled : ScaledChart

    Raises
    ------
    DerivationError
        If no balance, or more than one, is consistent.
    SolverError
        If the leading coefficients are not found.
    """
    balance = _balance(scaled)
    tops = balance.tops
    values = _values(scaled, balance)
    leading = [
        [_monomial(term, balance.unknowns, values) for term, e in terms if e == top]
        for terms, top in zip(balance.weighed, tops, strict=True)
    ]
    context = scaled.arithmetic.base.context
    logs, slopes, scales = _leading_coefficients(leading, len(balance.unknowns), context)
    unknowns = {
        u.name: scaled.arithmetic.monomial(context.exp(y), e)
        for u, y, e in zip(balance.unknowns, logs, balance.exponents, strict=True)
    }
    nothing = ScaleNumber(scaled.arithmetic, ())
    unknowns |= {u.name: nothing for u in balance.vanishing}
    if scaled.arithmetic.most > 1:
        _correct(scaled, unknowns, balance, tops, slopes, scales)
    comparisons = tuple((top, e) for terms, top in zip(balance.weighed, tops, strict=True) for _, e in terms)
    return ScaledSolution(unknowns, balance.large, scaled, comparisons)


def _named(system: FixedPointSystem) -> dict[sp.Symbol, Any]:
    averages = averages_of(system)
    return {d.symbol: averages[d.symbol.name] for d in system.definitions if d.symbol.name in averages}


def _zeros(scaled: ScaledChart) -> dict[sp.Symbol, sp.Expr]:
    """Inputs that are exactly zero."""
    symbols = scaled.system.parameter_symbols()
    return {s: sp.S.Zero for s in symbols if s.name in scaled.inputs and scaled.inputs[s.name].is_zero}


def _problem(scaled: ScaledChart) -> tuple[ScaledProblem, tuple[sp.Symbol, ...], list[int]]:
    """Equations with exact zeros put in, the unknowns that vanish with the ridge, and which equations are left.

    Without a ridge, and with infinitely many eigenvalues, the slack vanishes: there are more of them than the smaller
    size, which is the case of the chart's recorded singular limits in which the system stays regular.
    """
    system, zeros = scaled.system, _zeros(scaled)
    vanishing: tuple[sp.Symbol, ...] = ()
    if scaled.chart.vanishing in zeros:
        vanishing = tuple(u for u in system.unknown_symbols() if u != pole_of(system))
        zeros |= dict.fromkeys(vanishing, sp.S.Zero)
    rule = {d.symbol: d.expression for d in system.definitions if d.symbol.name not in averages_of(system)}
    residuals = [sp.expand(e.residual.xreplace(rule).xreplace(zeros)) for e in system.equations]
    kept = tuple(r for r in residuals if r != 0)
    unknowns = tuple(u for u in system.unknown_symbols() if u not in vanishing)
    if len(kept) != len(unknowns):
        raise DerivationError("the equations do not determine the unknowns at these sizes")
    growth = {
        s: PowerSum(((s, scaled.inputs[s.name].lead),))
        for s in system.parameter_symbols()
        if s.name in scaled.inputs and not scaled.inputs[s.name].is_zero
    }
    problem = ScaledProblem(system, growth, None, unknowns, kept, (), ())  # type: ignore[arg-type]
    return problem, vanishing, [k for k, r in enumerate(residuals) if r != 0]


def _values(scaled: ScaledChart, balance: _Balance) -> dict[sp.Symbol, Any]:
    """Numbers behind the symbols in the coefficients of a balance, unknowns aside."""
    digits, law = scaled.arithmetic.base.digits, scaled.exponents.law()
    values: dict[sp.Symbol, Any] = {
        s: scaled.inputs[s.name].coefficient
        for s in scaled.system.parameter_symbols()
        if s.name in scaled.inputs and not scaled.inputs[s.name].is_zero
    }
    for average in balance.averages:
        for _, _, _, term in law.terms_of(average, scaled.system.unknown_symbols(), balance.large):
            values[sp.Symbol(f"[{term}]", positive=True)] = abs(constant_of(term, digits))
    return values


def _monomial(term: BalanceTerm, unknowns: Sequence[sp.Symbol], values: Mapping[sp.Symbol, Any]) -> _Monomial:
    number: Any = 1
    for base, power in sp.sympify(term.coefficient, strict=True).as_powers_dict().items():
        if base in unknowns:
            continue
        if base.is_Symbol:
            number = number * values[base] ** int(power)
        else:
            number = number * int((base**power).p) / int((base**power).q)
    return _Monomial(number, term.powers)


def _leading_coefficients(
    equations: Sequence[Sequence[_Monomial]], count: int, context: Any
) -> tuple[list[Any], Any, list[Any]]:
    """Logarithms of the leading coefficients: Newton's method on ``log positive - log negative``.

    Returns
    -------
    logarithms : list
    slopes : matrix
        Of the equations, each over the sum of its positive terms, in the logarithms.
    scales : list
        Those sums.

    Raises
    ------
    SolverError
        If it does not converge.
    """
    logs = [context.mpf(0)] * count
    for _ in range(_STEPS):
        residuals, slopes, scales = [], context.matrix(count, count), []
        for row, terms in enumerate(equations):
            weighed = [(m, m.number * context.exp(_power_of(m, logs, context))) for m in terms]
            above = sum((w for _, w in weighed if w > 0), context.mpf(0))
            below = -sum((w for _, w in weighed if w < 0), context.mpf(0))
            residuals.append(context.log(above / below))
            scales.append(above)
            for column in range(count):
                power = [
                    context.mpf(m.powers[column].numerator) / m.powers[column].denominator for m, _ in weighed
                ]
                slopes[row, column] = sum(
                    p * w / (above if w > 0 else below) for p, (_, w) in zip(power, weighed, strict=True)
                )
        step = context.lu_solve(slopes, context.matrix([-r for r in residuals]))
        longest = max(abs(x) for x in step)
        damping = min(1, _LONGEST / longest) if longest else 1
        logs = [y + damping * x for y, x in zip(logs, step, strict=True)]
        if longest < context.eps * 100:
            return logs, slopes, scales
    raise SolverError("the leading coefficients were not found")


def _power_of(monomial: _Monomial, logs: Sequence[Any], context: Any) -> Any:
    return sum(
        (y * p.numerator / p.denominator for y, p in zip(logs, monomial.powers, strict=True)), context.mpf(0)
    )


def _correct(
    scaled: ScaledChart,
    unknowns: dict[str, ScaleNumber],
    balance: _Balance,
    tops: Sequence[Exponent],
    slopes: Any,
    scales: Sequence[Any],
) -> None:
    """Add to the unknowns, term after term, what cancels the largest residual that is left."""
    arithmetic, context = scaled.arithmetic, scaled.arithmetic.base.context
    names = [u.name for u in balance.unknowns]
    leads = {name: unknowns[name].terms[0] for name in names}
    last: Fraction | None = None
    for _ in range(_CORRECTIONS):
        found = scaled.evaluate((), unknowns, balance.large)
        rows: list[dict[Fraction, tuple[Exponent, Any]]] = []
        for number, top, scale in zip(balance.numbers, tops, scales, strict=True):
            terms = ((e - top, a / scale) for e, a in found[str(number)].terms)
            rows.append({e.value: (e, a) for e, a in terms if e.value < (0 if last is None else last)})
        exponents = [e for row in rows for e, _ in row.values() if e.value > -arithmetic.window]
        if not exponents:
            break
        delta = max(exponents, key=lambda e: e.value)
        right = context.matrix(
            [-row[delta.value][1] if delta.value in row else context.mpf(0) for row in rows]
        )
        step = context.lu_solve(slopes, right)
        for name, change in zip(names, step, strict=True):
            exponent, coefficient = leads[name]
            more = arithmetic.monomial(coefficient * change, exponent + delta)
            unknowns[name] = unknowns[name] + more
        last = delta.value
    else:
        raise SolverError("too many terms within the window of exponents")
    for name in names:
        floor = leads[name][0].value - arithmetic.window
        unknowns[name] = ScaleNumber(arithmetic, unknowns[name].terms, floor)
