"""Other unknowns, other parameters: a rational change of variables with its inverse, both proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.printing import Printed
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.polynomials import Rational, Ring
from asymptotics.transforms.arguments import exact_expression, named_symbol, require_mapping, require_system


@dataclass(frozen=True, repr=False)
class ChangeOfUnknowns(Printed):
    """A system in other variables, with the way there and back.

    Attributes
    ----------
    system : FixedPointSystem
        In the new variables.
    rule : tuple of (sympy.Symbol, sympy.Expr)
        Old variables in terms of new ones.
    inverse : tuple of (sympy.Symbol, sympy.Expr)
        New variables in terms of old ones; the two compositions were confirmed to be identities.
    """

    system: FixedPointSystem
    rule: tuple[tuple[sp.Symbol, sp.Expr], ...]
    inverse: tuple[tuple[sp.Symbol, sp.Expr], ...]

    def back(self, expression: sp.Expr) -> sp.Expr:
        """An expression in new variables, in the old ones."""
        return expression.xreplace(dict(self.inverse))

    def forth(self, expression: sp.Expr) -> sp.Expr:
        """An expression in old variables, in the new ones."""
        return expression.xreplace(dict(self.rule))

    def __str__(self) -> str:
        return "\n".join(f"{s} = {value}" for s, value in (*self.rule, *self.inverse))


def change_unknowns(
    system: FixedPointSystem,
    rule: Mapping[Any, Any],
    inverse: Mapping[Any, Any] | None = None,
    meanings: Mapping[str, str] | None = None,
    name: str = "",
) -> ChangeOfUnknowns:
    """Write a system in other unknowns, and in other parameters if the rule says so.

    Parameters
    ----------
    system : FixedPointSystem
    rule : mapping symbol -> expression
        Old unknowns and parameters as rational functions of new symbols (and of old ones that stay); names will do
        for symbols. New symbols that
        occur in the value of a parameter are parameters, the others unknowns.
    inverse : mapping symbol -> expression, optional
        New symbols in terms of old ones; found here where equations linear in one of them lead to it.
    meanings : mapping of str to str, optional
        What the new symbols mean, by name.
    name : str, optional
        Of the new system.

    Returns
    -------
    ChangeOfUnknowns

    Raises
    ------
    InputError
        If the rule replaces what is no variable, or brings in too few or too many symbols.
    DerivationError
        If the inverse is not found.
    CertificateError
        If an inverse that was given is not one.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> nu, x, lam = symbol("nu"), symbol("x"), symbol("lam")
    >>> system = FixedPointSystem("one", (Parameter(lam),), (Unknown(nu),), (Equation(nu**2 + nu, lam),))
    >>> found = change_unknowns(system, {nu: 1 / x})
    >>> print(found.system.equations[0])
    (x + 1)/x**2 = lam
    >>> found.inverse
    ((x, 1/nu),)

    A system of the library:

    >>> import asymptotics as asy
    >>> print(*change_unknowns(asy.derive("kernel-ridge"), {"nu": 1 / x}).system.equations, sep="; ")
    c/x = lam; T02 + T11 + c = n
    """
    given = _rule(system, rule)
    unknowns, parameters = _new_symbols(system, given)
    new = (*unknowns, *parameters)
    backward = _inverse(given, new) if inverse is None else _given_inverse(system, inverse, new)
    _confirm(given, backward)
    written = _Writer(system, given, new)
    told = dict(meanings or {})
    shown = ", ".join(f"{old} = {value}" for old, value in given.items())
    changed = replace(
        system,
        name=name or f"{system.name}.{'.'.join(s.name for s in new)}",
        parameters=(
            *(q for q in system.parameters if q.symbol not in given),
            *(Parameter(s, told.get(s.name, "")) for s in parameters),
        ),
        unknowns=(
            *(Unknown(s, told.get(s.name, "")) for s in unknowns),
            *(q for q in system.unknowns if q.symbol not in given),
        ),
        definitions=tuple(Definition(d.symbol, written(d.expression), d.meaning) for d in system.definitions),
        equations=tuple(written.equation(e) for e in system.equations),
        observables=tuple(Observable(o.name, written(o.expression), o.meaning) for o in system.observables),
        domain=written.domain(unknowns),
        provenance=system.provenance.then(f"change of variables: {shown}"),
    )
    return ChangeOfUnknowns(changed, tuple(given.items()), tuple((s, backward[s]) for s in new))


def _rule(system: FixedPointSystem, rule: Any) -> dict[sp.Symbol, sp.Expr]:
    """Old variables, and what stands for them."""
    if not require_mapping(rule, "rule", "old unknowns and parameters to expressions"):
        raise InputError("rule", rule, "at least one unknown or parameter to be replaced")
    variables = (*require_system(system).unknown_symbols(), *system.parameter_symbols())
    return {
        named_symbol(old, variables, "rule", "an unknown or a parameter of the system"): exact_expression(
            value, "rule", system
        )
        for old, value in rule.items()
    }


def _given_inverse(
    system: FixedPointSystem, inverse: Any, new: Sequence[sp.Symbol]
) -> dict[sp.Symbol, sp.Expr]:
    """New symbols in terms of old ones, as they were given."""
    pairs = require_mapping(inverse, "inverse", "new symbols to expressions in old ones").items()
    found = {
        named_symbol(s, new, "inverse", "a new symbol"): exact_expression(value, "inverse", system)
        for s, value in pairs
    }
    if set(found) != set(new):
        raise InputError("inverse", sorted(map(str, found)), f"values for {', '.join(map(str, new))}")
    return found


def _new_symbols(
    system: FixedPointSystem, rule: Mapping[sp.Symbol, sp.Expr]
) -> tuple[tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]:
    """New unknowns and new parameters, sorted by name."""
    old_unknowns, old_parameters = system.unknown_symbols(), system.parameter_symbols()
    defined = {d.symbol for d in system.definitions}
    stay = {*old_unknowns, *old_parameters} - set(rule)
    free = {s for value in rule.values() for s in value.free_symbols}
    again = sorted(s.name for s in free & ({*rule} | defined))
    if again:
        raise InputError("rule", ", ".join(again), "new symbols for what is replaced, and no definitions")
    brought = free - stay
    parameters = {s for old in rule if old in old_parameters for s in rule[old].free_symbols} & brought
    unknowns = brought - parameters
    for found, group, what in (
        (unknowns, old_unknowns, "unknowns"),
        (parameters, old_parameters, "parameters"),
    ):
        count = sum(1 for old in rule if old in group)
        if len(found) != count:
            names = ", ".join(sorted(s.name for s in found)) or "none"
            raise InputError("rule", names, f"{count} new {what} for {count} replaced ones")
    return tuple(sorted(unknowns, key=lambda s: s.name)), tuple(sorted(parameters, key=lambda s: s.name))


def _inverse(rule: Mapping[sp.Symbol, sp.Expr], new: Sequence[sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
    """New symbols in terms of old ones, from equations linear in one of them at a time."""
    symbols = {*new, *rule, *(s for value in rule.values() for s in value.free_symbols)}
    ring = Flint().ring([*new, *sorted(symbols - set(new), key=lambda s: s.name)])
    left = [ring.rational(old - value)[0] for old, value in rule.items()]
    waiting, solved = list(range(len(new))), list[tuple[int, Rational]]()
    while waiting:
        choice = next(((i, f) for i in waiting for f in left if ring.degree(f, i) == 1), None)
        if choice is None:
            raise DerivationError(
                f"the inverse is not rational in reach; give it for {ring.symbols[waiting[0]]}"
            )
        i, f = choice
        value = ring.linear_root(f, i)
        left = [ring.substitute(g, i, value)[0] for g in left if g is not f]
        waiting.remove(i)
        solved.append((i, value))
    known: dict[int, Rational] = {}
    for i, value in reversed(solved):
        for k, other in known.items():
            top, bottom = ring.substitute(value[0], k, other), ring.substitute(value[1], k, other)
            value = ring.lowest(top[0] * bottom[1], top[1] * bottom[0])
        known[i] = value
    return {ring.symbols[i]: ring.write_rational(known[i]) for i in sorted(known)}


def _confirm(rule: Mapping[sp.Symbol, sp.Expr], inverse: Mapping[sp.Symbol, sp.Expr]) -> None:
    """Both compositions are identities.

    Raises
    ------
    CertificateError
        If one is not.
    """
    for first, second in ((rule, inverse), (inverse, rule)):
        names = {s for value in (*first.values(), *second.values()) for s in value.free_symbols} | {
            *first,
            *second,
        }
        ring = Flint().ring(sorted(names, key=lambda s: s.name))
        inner = {s: ring.rational(value) for s, value in second.items()}
        for s, value in first.items():
            if ring.rational(value, inner) != (ring.gens[ring.index(s)], ring.one):
                raise CertificateError(f"the way back does not lead back to {s}")


class _Writer:
    """Expressions of the old system in the new variables."""

    def __init__(
        self, system: FixedPointSystem, rule: Mapping[sp.Symbol, sp.Expr], new: Sequence[sp.Symbol]
    ) -> None:
        self.system, self.rule = system, dict(rule)
        stay = [s for s in (*system.parameter_symbols(), *system.unknown_symbols()) if s not in rule]
        self.ring: Ring = Flint().ring([*new, *stay, *(d.symbol for d in system.definitions)])

    def __call__(self, expression: sp.Expr) -> sp.Expr:
        """In lowest terms and factored; with averages, the averaged functions are."""
        if not expression.free_symbols & set(self.rule):
            return expression
        replaced = expression.xreplace(self.rule)
        averages = averages_in(replaced)
        if averages:
            return replaced.xreplace({a: a.func(sp.factor(a.function), *a.args[1:]) for a in averages})
        return self.ring.write_rational(self.ring.rational(replaced))

    def equation(self, equation: Equation) -> Equation:
        """Both sides, without positive factors and denominators they share."""
        left, right = (side.xreplace(self.rule) for side in (equation.left, equation.right))
        if averages_in(left, right) or right == 0 or not equation.residual.free_symbols & set(self.rule):
            return Equation(self(equation.left), self(equation.right), equation.meaning)
        ring = self.ring
        sides = [ring.rational(side) for side in (left, right)]
        divisor = ring.gcd(sides[0][0], sides[1][0])
        divisor = divisor if ring.one_signed(divisor) else ring.one
        factor = ring.gcd(sides[0][1], sides[1][1])
        shown = [ring.write_rational(ring.lowest(top * factor, bottom * divisor)) for top, bottom in sides]
        return Equation(shown[0], shown[1], equation.meaning)

    def domain(self, unknowns: Sequence[sp.Symbol]) -> Domain:
        """The conditions, without those that positive symbols make true; new unknowns are positive."""
        conditions = [Condition(s) for s in unknowns if s.is_positive]
        for condition in self.system.domain.conditions:
            expression = self(condition.expression)
            if not averages_in(expression):
                numerator, denominator = self.ring.rational(expression)
                product = numerator * denominator
                if expression not in self.ring.symbols and self.ring.one_signed(product):
                    if self.ring.leading(product)[1] > 0:
                        continue
            conditions.append(Condition(expression, condition.meaning, condition.strict))
        argument = self.system.domain.uniqueness
        if argument:
            argument += f" (in {', '.join(map(str, self.rule))}, before the change of variables)"
        return Domain(tuple(conditions), argument)
