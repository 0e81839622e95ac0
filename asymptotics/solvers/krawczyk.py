r"""Proof that a system of several unknowns has exactly one solution in a box: Krawczyk's test in ball arithmetic.

With m the midpoint of a box X, J the Jacobian and Y an approximate inverse of J(m), the box
``K = m - Y F(m) + (I - Y J(X)) (X - m)`` contains every zero of F in X; if K lies in the interior of X there is exactly
one. Nothing is assumed about the system, and nothing is said about zeros outside the box: that the solution is the only
physical one is the argument written in the system's domain, whose conditions are checked on K.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from asymptotics.equations.averages import averages_in
from asymptotics.equations.response import gradient
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.balls import Ball, Balls, solve_linear
from asymptotics.lowering.lower import lower
from asymptotics.lowering.program import Program

_NEWTON_STEPS = 60
_INFLATIONS = 12
_SPARE = 12


@dataclass(frozen=True)
class CertifiedSolution:
    """A solution of a system, proved.

    Attributes
    ----------
    unknowns, observables : mapping name -> Ball
    box : mapping name -> Ball
        Where the solution is the only one.
    """

    unknowns: Mapping[str, Ball]
    observables: Mapping[str, Ball]
    box: Mapping[str, Ball]

    def __str__(self) -> str:
        rows = {**self.unknowns, **self.observables}.items()
        return "\n".join(f"{name:>16} = {value}" for name, value in rows)


def certify_system(
    system: FixedPointSystem, parameters: Mapping[str, Any], guess: Mapping[str, Any], *, digits: int = 16
) -> CertifiedSolution:
    """Prove that a system has exactly one solution close to a guess, and enclose it and its observables.

    Parameters
    ----------
    system : FixedPointSystem
        Without spectral averages.
    parameters : mapping name -> int, float, Fraction, decimal string, mpmath number or Ball
        Exact values, or balls that contain them.
    guess : mapping name -> number
        Every unknown, to a few digits: for instance from :func:`asymptotics.solvers.newton.solve_system`.
    digits : int
        Relative accuracy of the unknowns.

    Returns
    -------
    CertifiedSolution

    Raises
    ------
    InputError
        If a name is missing, or the system averages over a spectrum.
    PrecisionError
        If the test fails: the guess is too far away, the Jacobian singular, a parameter too uncertain, or a condition
        of the domain not certain.

    Examples
    --------
    >>> from asymptotics.models.derive import derive
    >>> given = {"psi1": 2, "psi2": 3, "lam": "0.1", "noise": "0.5", "F1sq": 1, "F_starsq": 0}
    >>> given |= {"mu1sq": "0.25", "mu_starsq": "0.09"}
    >>> guess = {"nu": 0.148, "c": 1.765, "h": 0.765}
    >>> proved = certify_system(derive("random-features", "proportional"), given, guess)
    >>> print(proved.observables["train"])
    [0.3647934409649526 +/- 2.08e-17]
    """
    names = [unknown.symbol.name for unknown in system.unknowns]
    _require(system, parameters, guess, names)
    programs = _Programs(system, names)
    arithmetic = Balls(digits + _SPARE)
    with arithmetic.precision():
        given = {name: arithmetic.convert(value) for name, value in parameters.items()}
        start = [arithmetic.convert(guess[name]) for name in names]
        middle = programs.newton(given, start, arithmetic)
        box, inner = _krawczyk(programs, given, middle, arithmetic)
        at = given | dict(zip(names, inner, strict=True))
        for name, value in programs.conditions(at, arithmetic).items():
            if not value > 0:
                raise PrecisionError(
                    f"{system.name}: {name} is not certainly positive", "ask for more digits"
                )
        observables = programs.observables(at, arithmetic)
        if min(arithmetic.digits_of(value) for value in inner) < digits:
            raise PrecisionError(f"{system.name}: {digits} digits were not reached", "narrow the parameters")
    return CertifiedSolution(
        {name: Ball(value, digits) for name, value in zip(names, inner, strict=True)},
        {name: Ball(value, digits) for name, value in observables.items()},
        {name: Ball(value, digits) for name, value in zip(names, box, strict=True)},
    )


def _require(
    system: FixedPointSystem, parameters: Mapping[str, Any], guess: Mapping[str, Any], names: Sequence[str]
) -> None:
    if system.averages():
        raise InputError("system", system.name, "a system without spectral averages", "substitute a spectrum")
    wanted = {parameter.symbol.name for parameter in system.parameters}
    if wanted != set(parameters):
        raise InputError("parameters", sorted(parameters), f"a value for each of {', '.join(sorted(wanted))}")
    if set(names) != set(guess):
        raise InputError("guess", sorted(guess), f"a value for each of {', '.join(names)}")


class _Programs:
    """Residuals, Jacobian, conditions and observables of a system, lowered."""

    def __init__(self, system: FixedPointSystem, names: Sequence[str]) -> None:
        inputs = [*(p.symbol.name for p in system.parameters), *names]
        self.names = list(names)
        plain = system.expanded()
        residuals = [equation.residual for equation in plain.equations]
        rows = gradient(residuals, system.unknown_symbols())
        table = {f"f{i}": residual for i, residual in enumerate(residuals)}
        table |= {f"j{i}_{k}": slope for i, row in enumerate(rows) for k, slope in enumerate(row)}
        self.equations: Program = lower(table, inputs)
        conditions = {
            str(c.expression): plain.expand(c.expression)
            for c in system.domain.conditions
            if not averages_in(c.expression)
        }
        self.conditions = lower(conditions, inputs, system.definitions)
        self.observables = lower(
            {o.name: o.expression for o in system.observables}, inputs, system.definitions
        )

    def at(
        self, given: Mapping[str, Any], values: Sequence[Any], arithmetic: Balls
    ) -> tuple[list[Any], list[list[Any]]]:
        """Residuals and Jacobian at a point or on a box."""
        size = len(self.names)
        out = self.equations({**given, **dict(zip(self.names, values, strict=True))}, arithmetic)
        return [out[f"f{i}"] for i in range(size)], [
            [out[f"j{i}_{k}"] for k in range(size)] for i in range(size)
        ]

    def newton(self, given: Mapping[str, Any], start: list[Any], arithmetic: Balls) -> list[Any]:
        """Midpoints close to the solution."""
        values, last = start, None
        for _ in range(_NEWTON_STEPS):
            residuals, jacobian = self.at(given, values, arithmetic)
            try:
                steps = solve_linear(jacobian, [[value] for value in residuals])
            except ZeroDivisionError as error:
                raise PrecisionError(
                    "the Jacobian is singular at the guess", "give a better guess"
                ) from error
            values = [arithmetic.middle(v - step[0]) for v, step in zip(values, steps, strict=True)]
            size = max(
                abs(float(arithmetic.middle(step[0] / v))) for v, step in zip(values, steps, strict=True)
            )
            if last is not None and size >= last and size < 1e-6:
                break
            last = size
        return values


def _krawczyk(
    programs: _Programs, given: Mapping[str, Any], middle: list[Any], arithmetic: Balls
) -> tuple[list[Any], list[Any]]:
    """A box with exactly one solution, and the smaller box in which it lies."""
    size = len(middle)
    residuals, jacobian = programs.at(given, middle, arithmetic)
    unit = [[arithmetic.convert(int(i == k)) for k in range(size)] for i in range(size)]
    try:
        inverse = [[arithmetic.middle(v) for v in row] for row in solve_linear(jacobian, unit)]
    except ZeroDivisionError as error:
        raise PrecisionError("the Jacobian is not certainly invertible", "give a better guess") from error
    shift = [_dot(row, residuals) for row in inverse]
    least = arithmetic.convert(Fraction(1, 2**arithmetic.bits))
    radii = [abs(s) * 2 + abs(m) * least * 64 for s, m in zip(shift, middle, strict=True)]
    for _ in range(_INFLATIONS):
        box = [arithmetic.widened(m, r) for m, r in zip(middle, radii, strict=True)]
        _, slopes = programs.at(given, box, arithmetic)
        rest = [
            [unit[i][k] - _dot(inverse[i], [row[k] for row in slopes]) for k in range(size)]
            for i in range(size)
        ]
        offsets = [b - m for b, m in zip(box, middle, strict=True)]
        image = [m - s + _dot(row, offsets) for m, s, row in zip(middle, shift, rest, strict=True)]
        if all(arithmetic.strictly_inside(k, b) for k, b in zip(image, box, strict=True)):
            return box, image
        radii = [r * 4 for r in radii]
    raise PrecisionError(
        "Krawczyk's test fails around the guess", "give a better guess, or narrow the parameters"
    )


def _dot(first: Sequence[Any], second: Sequence[Any]) -> Any:
    total = first[0] * second[0]
    for a, b in zip(first[1:], second[1:], strict=True):
        total = total + a * b
    return total
