"""Straight-line programs: one list of instructions, evaluated on any arithmetic.

Values live either at points or, below a spectral average, at (points, levels). The same instructions run on
float64 arrays, on mpmath numbers and on balls; constants stay exact until an arithmetic converts them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from asymptotics.lowering.arithmetic import Arithmetic


@dataclass(frozen=True)
class Instruction:
    """One operation on earlier registers.

    Attributes
    ----------
    operation : str
        ``constant``, ``input``, ``eigenvalue``, ``add``, ``subtract``, ``multiply``, ``divide``, ``root``,
        ``beyond`` (a mass times a quotient; zero where there is no mass), ``balance``, ``learned`` (see
        :mod:`asymptotics.lowering.plateaus`), ``lift`` (point value to level
        value) or ``average`` (level value to point value).
    arguments : tuple of int
        Registers it reads.
    data : Fraction or str or None
        The constant, the name of the input or measure.
    """

    operation: str
    arguments: tuple[int, ...] = ()
    data: Fraction | str | None = None


@dataclass(frozen=True)
class Spectrum:
    """Numbers behind the spectral measures of a system.

    Attributes
    ----------
    eigenvalues : array (..., levels), or mapping letter -> array
        A mapping for joint laws: one array for each letter, at the same levels where a measure has both.
    weights : mapping measure name -> array (..., levels)
        Weight of each eigenvalue: its multiplicity for a trace, the target's power for a vector.
    tails : mapping measure name -> array (...)
        What lies at eigenvalues too small to resolve: their sum for a trace, the power for a vector.
    """

    eigenvalues: Any
    weights: Mapping[str, Any] = field(default_factory=dict)
    tails: Mapping[str, Any] = field(default_factory=dict)

    def each_letter(self, apply: Callable[[Any], Any]) -> Any:
        """What stands for ``eigenvalues`` after a function was applied to them, letter by letter.

        Examples
        --------
        >>> Spectrum({"s": [1, 2], "g": [3, 4]}).each_letter(len)
        {'s': 2, 'g': 2}
        """
        if isinstance(self.eigenvalues, Mapping):
            return {letter: apply(row) for letter, row in self.eigenvalues.items()}
        return apply(self.eigenvalues)

    def take(self, chosen: Any) -> Spectrum:
        """The spectrum at some of the points, where it differs between points.

        Parameters
        ----------
        chosen : index array, mask or slice

        Examples
        --------
        >>> rows = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> Spectrum(rows, {"T": np.ones(2)}).take([1]).eigenvalues
        array([[3., 4.]])
        """

        def part(value: Any, axes: int) -> Any:
            return value[chosen] if np.ndim(value) > axes else value

        return Spectrum(
            self.each_letter(lambda row: part(row, 1)),
            {name: part(value, 1) for name, value in self.weights.items()},
            {name: part(value, 0) for name, value in self.tails.items()},
        )

    @property
    def trace(self) -> Any:
        """Sum of the eigenvalues, weighed by the measure ``T``, with its tail."""
        return sum((self.eigenvalues * self.weights["T"]).tolist(), self.tails["T"])

    def each_row(self) -> tuple[Any, ...]:
        """The eigenvalues of every letter."""
        return (
            tuple(self.eigenvalues.values()) if isinstance(self.eigenvalues, Mapping) else (self.eigenvalues,)
        )


@dataclass(frozen=True)
class Program:
    """A straight-line program.

    Attributes
    ----------
    inputs : tuple of str
    instructions : tuple of Instruction
    outputs : mapping name -> register
    """

    inputs: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: Mapping[str, int]

    def __call__(
        self, values: Mapping[str, Any], arithmetic: Arithmetic, spectrum: Spectrum | None = None
    ) -> dict[str, Any]:
        """Evaluate the program.

        Parameters
        ----------
        values : mapping input name -> number or array
        arithmetic : Arithmetic
        spectrum : Spectrum, optional
            Needed if the program averages over a spectrum.
        """
        registers: list[Any] = []
        keep = registers.append
        for operation, first, second, instruction, done in self._steps:
            if operation is None:
                keep(_execute(instruction, registers, values, arithmetic, spectrum))
            else:
                keep(operation(registers[first], registers[second]))
            for register in done:
                registers[register] = None
        return {name: registers[register] for name, register in self.outputs.items()}

    @cached_property
    def _steps(self) -> tuple[tuple[Any, int, int, Instruction, tuple[int, ...]], ...]:
        """Instructions with the operator of those that are one, and registers that nobody reads after each: of short
        arrays the way to the operator is most of the time, of long ones the memory.
        """
        last = {argument: place for place, i in enumerate(self.instructions) for argument in i.arguments}
        done: dict[int, tuple[int, ...]] = {}
        for register, place in last.items():
            if register not in self.outputs.values():
                done[place] = (*done.get(place, ()), register)
        return tuple(
            (_OPERATORS.get(i.operation), of[0], of[1], i, done.get(place, ()))
            for place, i in enumerate(self.instructions)
            for of in [(*i.arguments, 0, 0)]
        )

    def count(self) -> dict[str, int]:
        """Number of instructions of each kind."""
        table: dict[str, int] = {}
        for instruction in self.instructions:
            table[instruction.operation] = table.get(instruction.operation, 0) + 1
        return table

    def __str__(self) -> str:
        lines = []
        for number, i in enumerate(self.instructions):
            arguments = ", ".join(f"r{a}" for a in i.arguments)
            lines.append(f"r{number} = {i.operation}({arguments}{'' if i.data is None else i.data})")
        lines += [f"{name} = r{register}" for name, register in self.outputs.items()]
        return "\n".join(lines)


_OPERATORS = {
    "multiply": operator.mul, "add": operator.add, "divide": operator.truediv, "subtract": operator.sub,
}  # fmt: skip


def _execute(
    instruction: Instruction, registers: list[Any], values: Mapping[str, Any], arithmetic: Arithmetic,
    spectrum: Spectrum | None,
) -> Any:  # fmt: skip
    operation = instruction.operation
    arguments = [registers[a] for a in instruction.arguments]
    if operation == "constant":
        return arithmetic.convert(instruction.data)
    if operation == "input":
        return values[instruction.data]  # type: ignore[index]
    if operation == "root":
        return arithmetic.sqrt(arguments[0])
    if operation == "beyond":
        mass, above, below = arguments
        return mass if np.all(mass == 0) else mass * above / below
    if operation == "balance":
        return arithmetic.balance(*arguments)
    if operation == "learned":
        return arithmetic.learned(*arguments)
    assert spectrum is not None, "this program averages over a spectrum"
    if operation == "eigenvalue":
        letters = spectrum.eigenvalues
        return letters[instruction.data] if isinstance(letters, Mapping) else letters
    if operation == "lift":
        return arithmetic.lift(arguments[0])
    measure = str(instruction.data)
    total = arithmetic.sum_levels(spectrum.weights[measure] * arguments[0])
    return total + spectrum.tails[measure] * arguments[1]
