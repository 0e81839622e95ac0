"""The domain: ranges of parameters and the conditions that single out the physical branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True)
class Condition:
    """One inequality ``expression > 0`` (or ``>= 0``), with what it means.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> print(Condition(symbol("nu"), "effective ridge"))
    nu > 0   (effective ridge)
    """

    expression: sp.Expr
    meaning: str = ""
    strict: bool = True

    def __str__(self) -> str:
        relation = ">" if self.strict else ">="
        note = f"   ({self.meaning})" if self.meaning else ""
        return f"{self.expression} {relation} 0{note}"

    def latex(self) -> str:
        """The inequality in LaTeX."""
        return f"{sp.latex(self.expression)} {'>' if self.strict else chr(92) + 'ge'} 0"

    def replace(self, rule: Mapping[sp.Basic, sp.Basic]) -> Condition:
        """Substitute symbols in the inequality."""
        return Condition(self.expression.xreplace(dict(rule)), self.meaning, self.strict)


@dataclass(frozen=True)
class Domain:
    """Conditions under which a solution of the equations is the physical one.

    Attributes
    ----------
    conditions : tuple of Condition
    uniqueness : str
        Why there is exactly one solution satisfying the conditions (empty: not argued).
    """

    conditions: tuple[Condition, ...] = ()
    uniqueness: str = ""

    def __str__(self) -> str:
        lines = [str(condition) for condition in self.conditions]
        return "\n".join([*lines, f"unique: {self.uniqueness}"] if self.uniqueness else lines)

    def replace(self, rule: Mapping[sp.Basic, sp.Basic]) -> Domain:
        """Substitute symbols in every condition."""
        return Domain(tuple(c.replace(rule) for c in self.conditions), self.uniqueness)
