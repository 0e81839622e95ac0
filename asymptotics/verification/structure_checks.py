"""Checks that programs, pencils and equations are what they should be: exact, only the points of one are sampled."""

from __future__ import annotations

from typing import Any

import sympy as sp

from asymptotics.errors import InputError
from asymptotics.symbolic.dyson import DysonEquation
from asymptotics.symbolic.linearization import Linearization
from asymptotics.symbolic.pencil import Pencil
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.verification.evidence import Check, Evidence, timed
from asymptotics.verification.proofs import prove_zero
from asymptotics.verification.random_substitution import (
    ProgramSample,
    disagreements,
    minimum_by_elimination,
    minimum_by_pencil,
)


@timed
def shapes(value: QuadraticProgram | Pencil, statement: str = "") -> Check:
    """Every product and sum in a program or pencil conforms.

    Parameters
    ----------
    value : QuadraticProgram or Pencil
    statement : str
        What the check says; by default that all conforms.
    """
    if isinstance(value, Pencil):
        wrong = [p.matrix.name for p in value.random
                 if (value.blocks[p.row].dimension, value.blocks[p.column].dimension)
                 != (p.matrix.rows, p.matrix.columns)]  # fmt: skip
        wrong += [f"block {i},{k}" for i, k in value.deterministic
                  if value.blocks[i].dimension != value.blocks[k].dimension]  # fmt: skip
        count, words = len(value.random) + len(value.deterministic), "every block of the pencil conforms"
    elif isinstance(value, QuadraticProgram):
        wrong, count = [], 0
        for variable, form in value.constraints.items():
            for term in form.terms:
                count += 1
                inner = term.vector.dimension
                if term.matrix is not None:
                    inside = term.matrix.rows if term.transposed else term.matrix.columns
                    wrong += [term.matrix.name] if inside != inner else []
                wrong += [variable.name] if term.dimension != variable.dimension else []
        for energy in value.energy.terms:
            count += 1
            wrong += [energy.left.name] if energy.left.dimension != energy.right.dimension else []
        words = "every product in the program conforms"
    else:
        raise InputError("value", value, "a QuadraticProgram or a Pencil")
    detail = f"{count} products" if not wrong else f"do not conform: {', '.join(wrong)}"
    return Check("shapes", statement or words, Evidence.EXACT, not wrong, detail)


@timed
def represents(
    value: QuadraticProgram | Linearization, trials: int = 3, seed: int = 1, statement: str = ""
) -> Check:
    """A pencil stands for what it should, exactly, at random rational matrices of small sizes.

    A failure is a disproof; a pass holds at the points tried, and the number of trials is printed.

    Parameters
    ----------
    value : QuadraticProgram or Linearization
        For a program: minus the quadratic form of the inverse of its pencil is compared with the minimum
        found by substituting the constraints. For a linearization: the corner of the inverse with the
        expression.
    trials, seed : int
    statement : str
    """
    if isinstance(value, QuadraticProgram):
        words = "the quadratic form of the inverse of the pencil is the minimum of the program"

        def compare(sample: ProgramSample) -> bool:
            return bool(minimum_by_pencil(value, sample) == minimum_by_elimination(value, sample))
    elif isinstance(value, Linearization):
        words = "the corner of the inverse of the pencil is the expression"

        def compare(sample: ProgramSample) -> bool:
            return bool(sample.corner(value) == sample.expression(value.expression))
    else:
        raise InputError("value", value, "a QuadraticProgram or a Linearization")
    failed = disagreements(compare, trials, seed)
    detail = f"{trials} random rational points" if not failed else f"differs at seeds {failed}"
    return Check("represents", statement or words, Evidence.EXACT, not failed, detail)


@timed
def same_object(left: Any, right: Any, statement: str) -> Check:
    """Two exact objects are structurally equal.

    Parameters
    ----------
    left, right : object
        Compared by ``==``.
    statement : str
        What the check says.
    """
    passed = bool(left == right)
    return Check("same_object", statement, Evidence.EXACT, passed, "" if passed else f"{left} is not {right}")


@timed
def inverts(equation: DysonEquation, statement: str = "") -> Check:
    """The blocks of a Dyson equation invert the mean of the pencil minus its self-energy, dimension by dimension.

    Parameters
    ----------
    equation : DysonEquation
    statement : str
        What the check says; by default what it says of every equation.
    """
    pencil = equation.pencil
    failed, count = [], 0
    for dimension in pencil.dimensions():
        rows = pencil.indices(dimension)
        for i in rows:
            for k in rows:
                total = sp.S.Zero
                for j in rows:
                    energy = equation.self_energy.get((min(i, j), max(i, j)), sp.S.Zero)
                    total += (pencil.entry(i, j) - energy) * equation.entry(j, k)
                count += 1
                if not prove_zero(total - int(i == k)).proved:
                    failed.append(f"({pencil.blocks[i].name}, {pencil.blocks[k].name})")
    detail = f"{count} blocks" if not failed else f"wrong at {', '.join(failed)}"
    words = statement or "the mean inverse times the mean pencil minus the self-energy is the identity"
    return Check("inverts", words, Evidence.EXACT, not failed, detail)
