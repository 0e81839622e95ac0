"""Short equations rather than few unknowns: what systems with many layers or groups are reduced to.

An unknown is eliminated by its own equation, where that makes the system no longer and the value is a sum of positive
terms over another. So every equation stays a fixed-point equation in positive quantities: no condition of sign is lost,
and the linear systems of the response keep positive pivots (see :mod:`asymptotics.symbolic.named_response`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.system import Definition
from asymptotics.symbolic.poles import AverageRules, Reduced, introduce_poles
from asymptotics.symbolic.progress import report
from asymptotics.symbolic.short_form import ShortForm

_WORTH = 3
"""Operations by which equations may grow for one unknown less."""


def economize(form: ShortForm, values: Sequence[sp.Expr], base: Mapping[sp.Symbol, sp.Expr]) -> Reduced:
    """Reduce the equations of a short form as long as they do not grow.

    Parameters
    ----------
    form : ShortForm
    values : sequence of sympy.Expr
        Expressions in the unknowns of the form, to carry along.
    base : mapping source -> value
        Where lengths and signs are judged.

    Raises
    ------
    DerivationError
        If a pole cannot serve as an unknown.
    """
    sizes = size_names([*form.residuals, *values])
    named = {average: d.symbol * average.function for average, d in sizes.items()}
    pairs = sorted(zip(form.unknowns, form.residuals, strict=True), key=lambda pair: _rank(pair[0], form))
    symbols = tuple(u for u, _ in pairs)
    residuals = tuple(r.xreplace(named) for _, r in pairs)
    state = Reduced(residuals, symbols, tuple(v.xreplace(named) for v in values), symbols, {})
    poles = _Poles.of(state, form, base)
    rules = AverageRules.of(form.equation.pencil, base)
    unknowns = (*poles.equations, *symbols)
    free = [u for u in unknowns if u not in poles.kept]
    carried = [*poles.equations.values(), *map(poles.put, (*residuals, *state.values))]
    expressions = rules.spread_all(carried, free)
    field = RationalField([*expressions, *unknowns])
    inside = {s for average in averages_in(*expressions) for s in average.free_symbols}
    elements = [field(expression) for expression in expressions]
    own = dict(zip(unknowns, elements[: len(unknowns)], strict=True))
    steps = _Elimination(field, _Judge(field, base), poles.kept | inside).run(own)
    left = [u for u in _display(form, unknowns) if u in own]
    read = (_replaced(field, element, steps) for element in elements[len(unknowns) :])
    return Reduced(
        tuple(field.expression(own[u].numer) for u in left),
        tuple(left),
        tuple(field.expression(element) for element in read),
        (),
        poles.places,
        form.meanings,
        tuple((a, b) for a, b in (*poles.before, *form.before) if a in own and b in own),
        tuple(dict.fromkeys(sizes.values())),
        short=True,
    )


@dataclass(frozen=True)
class _Poles:
    """Poles as further unknowns: averages are written in them, what they are made of stays everywhere else.

    Attributes
    ----------
    places : mapping eigenvalue -> symbols
    equations : mapping pole -> residual
    rule : mapping symbol -> sympy.Expr
        What stands in averages for the unknown that a pole takes the place of.
    kept : frozenset
        Poles, and what else stands in averages.
    before : tuple of (symbol, symbol)
        A pole goes before what it is made of.
    """

    places: Mapping[sp.Symbol, tuple[sp.Symbol, ...]]
    equations: Mapping[sp.Symbol, sp.Expr]
    rule: Mapping[sp.Symbol, sp.Expr]
    kept: frozenset[sp.Symbol]
    before: tuple[tuple[sp.Symbol, sp.Symbol], ...]

    @staticmethod
    def of(state: Reduced, form: ShortForm, base: Mapping[sp.Symbol, sp.Expr]) -> _Poles:
        """The poles of a short form."""
        renamed, kept = introduce_poles(state, form.equation.determinants, base)
        old = dict(zip(state.unknowns, renamed.traces, strict=True))
        rule = {u: value for u, value in old.items() if u != value}
        pairs = zip(state.unknowns, renamed.unknowns, strict=True)
        equations = {nu: u - rule[u] for u, nu in pairs if u != nu}
        parts = [(nu, u) for nu, residual in equations.items() for u in state.unknowns if residual.has(u)]
        return _Poles(renamed.poles, equations, rule, kept, tuple(parts))

    def put(self, expression: sp.Expr) -> sp.Expr:
        """The expression with its averages in the poles."""
        return expression.xreplace({a: a.subs(self.rule) for a in averages_in(expression)})


def size_names(expressions: Sequence[sp.Expr]) -> dict[SpectralAverage, Definition]:
    """A name for every average of a constant: the size of a dimension, or the power of a vector."""
    return {
        average: Definition(
            symbol(f"{average.measure.name}00"),
            SpectralAverage(sp.S.One, average.variable, average.measure),
            "average of one",
        )
        for average in averages_in(*expressions)
        if average.function.is_Rational
    }


def _rank(unknown: sp.Symbol, form: ShortForm) -> tuple[bool, int]:
    """Which unknown a pole replaces: no trace of a multiplier if it can be helped, then one that is used little."""
    blocks = form.equation.pencil.blocks
    multiplier = any(u.symbol == unknown and blocks[u.inner[0]].sign < 0 for u in form.equation.unknowns)
    return multiplier, sum(residual.has(unknown) for residual in form.residuals)


def _display(form: ShortForm, unknowns: Sequence[sp.Symbol]) -> list[sp.Symbol]:
    """The unknowns in the order of presentation: poles, traces, names."""
    poles = [u for u in unknowns if u not in form.unknowns]
    traces = [u.symbol for u in form.equation.unknowns]
    return list(dict.fromkeys([*poles, *traces, *unknowns]))


def _replaced(field: RationalField, element: Any, steps: Sequence[tuple[sp.Symbol, Any]]) -> Any:
    for unknown, value in steps:
        element = field.substitute(element, unknown, value)
    return element


@dataclass(frozen=True)
class _Judge:
    """Lengths and signs of field elements where the sources have their values."""

    field: RationalField
    base: Mapping[sp.Symbol, sp.Expr]

    def __post_init__(self) -> None:
        generators = self.field.generators
        gone = [i for i, g in enumerate(generators) if g in self.base and self.base[g] == 0]
        one = {i for i, g in enumerate(generators) if g in self.base and self.base[g] == 1}
        object.__setattr__(self, "_gone", gone)
        object.__setattr__(self, "_seen", [i for i in range(len(generators)) if i not in {*gone, *one}])
        seen = [g for i, g in enumerate(generators) if i not in {*gone, *one}]
        object.__setattr__(self, "_nodes", [i for i, g in enumerate(seen) if not g.is_Symbol])
        mixed = [i for i, g in enumerate(generators) if not g.is_Symbol and not self._of_one_sign(g)]
        object.__setattr__(self, "_mixed", mixed)

    def _of_one_sign(self, node: sp.Expr) -> bool:
        """Whether an average is one of a function with positive coefficients."""
        if not isinstance(node, SpectralAverage):
            return bool(node.is_positive)
        for part in sp.fraction(sp.together(node.function.subs(dict(self.base)))):
            if any(term.could_extract_minus_sign() for term in sp.Add.make_args(sp.expand(part))):
                return False
        return True

    def terms(self, polynomial: Any) -> dict[tuple[int, ...], int]:
        """Monomials left, with a coefficient."""
        kept = ((m, c) for m, c in polynomial.terms() if not any(m[i] for i in self._gone))  # type: ignore[attr-defined]
        return {tuple(m[i] for i in self._seen): int(c) for m, c in kept}  # type: ignore[attr-defined]

    def length(self, element: Any) -> int:
        """Operations in the numerator, multiplied out."""
        total = 0
        for monomial, coefficient in self.terms(element.numer).items():
            total += max(1, sum((e > 0) + (e > 1) for e in monomial) + (abs(coefficient) != 1))
            total += sum(monomial[i] > 0 for i in self._nodes)  # type: ignore[attr-defined]
        return total

    def positive(self, value: Any) -> bool:
        """Whether the value is a quotient of sums of terms of one sign."""
        for part in (value.numer, value.denom):
            terms = self.terms(part)
            if not terms or len({c > 0 for c in terms.values()}) > 1:
                return False
            if any(m[i] for m in part.monoms() for i in self._mixed):  # type: ignore[attr-defined]
                return False
        return True


@dataclass(frozen=True)
class _Elimination:
    """Elimination of unknowns by their own equations."""

    field: RationalField
    judge: _Judge
    kept: frozenset[sp.Symbol]

    def run(self, own: dict[sp.Symbol, Any]) -> list[tuple[sp.Symbol, Any]]:
        """Eliminate in place; the unknowns gone and their values, in order."""
        steps: list[tuple[sp.Symbol, Any]] = []
        refused: set[tuple[Any, ...]] = set()
        while True:
            report("eliminating what keeps equations short")
            for unknown in [u for u in own if u not in self.kept]:
                mark = self.field(unknown).numer
                users = {k: r for k, r in own.items() if k != unknown and r.numer.degree(mark) > 0}
                key = (unknown, own[unknown], *users.values())
                if key in refused:
                    continue
                refused.add(key)
                found = self._replacements(unknown, own[unknown], users)
                if found is not None:
                    value, changed = found
                    del own[unknown]
                    own |= changed
                    steps.append((unknown, value))
                    break
            else:
                return steps

    def _primitive(self, residual: Any) -> Any:
        """The numerator without monomial factors: every symbol is positive."""
        polynomial = residual.numer
        low = [min(powers) for powers in zip(*polynomial.monoms(), strict=True)]
        rows = ((tuple(a - b for a, b in zip(m, low, strict=True)), c) for m, c in polynomial.terms())
        return self.field.field.new(polynomial.ring.from_dict(dict(rows)))  # type: ignore[union-attr]

    def _replacements(
        self, unknown: sp.Symbol, residual: Any, users: Mapping[sp.Symbol, Any]
    ) -> tuple[Any, dict[sp.Symbol, Any]] | None:
        """Value of the unknown and the equations that used it, if they do not grow."""
        value = self.field.linear_value(residual, unknown)
        if value is None or not self.judge.positive(value):
            return None
        before = self.judge.length(residual) + sum(map(self.judge.length, users.values()))
        if len(value.numer) * len(users) > 2 * before:
            return None
        changed = {k: self._primitive(self.field.substitute(r, unknown, value)) for k, r in users.items()}
        return (value, changed) if sum(map(self.judge.length, changed.values())) <= before + _WORTH else None
