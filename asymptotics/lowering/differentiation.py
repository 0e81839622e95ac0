"""Derivatives of straight-line programs: the same instructions with their slopes, on every arithmetic.

Slopes are taken in the logarithms of inputs, which are positive or, on a path into the complex plane, not zero. An
average is differentiated under the sum, so its slope is exact; what does not move has no instruction at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from asymptotics.lowering.program import Instruction, Program

Slopes = tuple[int | None, ...]
"""Registers that hold the slopes of one register, one for each direction; None for a slope that is zero."""

SlopeNames = tuple[str | None, ...]
"""The same as names of outputs."""

_PASSIVE = ("constant", "eigenvalue")


def differentiate(
    program: Program, directions: Sequence[Sequence[str]]
) -> tuple[Program, dict[str, SlopeNames]]:
    """A program with the slopes of its outputs.

    Parameters
    ----------
    program : Program
        Without the instructions made for fixed precision (``balance``, ``learned``).
    directions : sequence of sequence of str
        Each direction is a set of inputs whose logarithms move together, with speed one.

    Returns
    -------
    program : Program
        Its outputs are those of the given program, and every slope that is not zero.
    slopes : mapping output name -> tuple of str or None
        Names of its slopes among the outputs, one for each direction.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.lowering.arithmetic import Float64
    >>> from asymptotics.lowering.lower import lower
    >>> a, b = symbol("a"), symbol("b")
    >>> program, slopes = differentiate(lower({"f": a**2 * b + b}, ["a", "b"]), [["a"], ["b"]])
    >>> out = program({"a": 3.0, "b": 2.0}, Float64())
    >>> [out[name] for name in slopes["f"]]
    [36.0, 20.0]
    """
    tape = _Tape(program, directions)
    outputs = {name: tape.place[register] for name, register in program.outputs.items()}
    rows = {name: tape.slopes[register] for name, register in outputs.items()}
    names = {name: tuple(None if r is None else f"slope {r}" for r in row) for name, row in rows.items()}
    outputs |= {f"slope {r}": r for row in rows.values() for r in row if r is not None}
    return pruned(Program(program.inputs, tuple(tape.instructions), outputs)), names


def pruned(program: Program) -> Program:
    """The program without the instructions whose results are not used."""
    needed = set(program.outputs.values())
    for register in reversed(range(len(program.instructions))):
        if register in needed:
            needed.update(program.instructions[register].arguments)
    place = {old: new for new, old in enumerate(sorted(needed))}
    instructions = tuple(
        Instruction(i.operation, tuple(place[a] for a in i.arguments), i.data)
        for i in (program.instructions[old] for old in place)
    )
    return Program(program.inputs, instructions, {name: place[r] for name, r in program.outputs.items()})


class _Tape:
    """Instructions written once each, with the registers of their slopes."""

    def __init__(self, program: Program, directions: Sequence[Sequence[str]]) -> None:
        self.instructions: list[Instruction] = []
        self.known: dict[Instruction, int] = {}
        self.slopes: dict[int, Slopes] = {}
        self.level: set[int] = set()
        self.still: Slopes = (None,) * len(directions)
        self.place: list[int] = []
        for instruction in program.instructions:
            arguments = tuple(self.place[a] for a in instruction.arguments)
            register = self.emit(instruction.operation, *arguments, data=instruction.data)
            self.place.append(register)
            self.slopes[register] = self._row(instruction, register, arguments, directions)

    def emit(self, operation: str, *arguments: int, data: Fraction | str | None = None) -> int:
        """Register that holds the result of an operation."""
        if operation not in ("average", "lift") and any(a in self.level for a in arguments):
            arguments = tuple(a if a in self.level else self.emit("lift", a) for a in arguments)
        instruction = Instruction(operation, arguments, data)
        if instruction not in self.known:
            self.known[instruction] = len(self.instructions)
            self.instructions.append(instruction)
            if operation in ("lift", "eigenvalue") or (operation != "average" and self.level & {*arguments}):
                self.level.add(self.known[instruction])
        return self.known[instruction]

    def _row(
        self,
        instruction: Instruction,
        register: int,
        arguments: tuple[int, ...],
        directions: Sequence[Sequence[str]],
    ) -> Slopes:
        if instruction.operation == "input":
            return tuple(register if instruction.data in moving else None for moving in directions)
        if instruction.operation in _PASSIVE:
            return self.still
        rows = zip(*(self.slopes.get(a, self.still) for a in arguments), strict=True)
        return tuple(
            None if all(s is None for s in row) else self._slope(instruction, register, arguments, row)
            for row in rows
        )

    def _slope(
        self, instruction: Instruction, register: int, arguments: tuple[int, ...], row: Slopes
    ) -> int | None:
        operation = instruction.operation
        if operation in ("add", "subtract"):
            return self._sum(row[0], row[1], operation)
        if operation == "multiply":
            left = None if row[0] is None else self.emit("multiply", row[0], arguments[1])
            right = None if row[1] is None else self.emit("multiply", arguments[0], row[1])
            return self._sum(left, right, "add")
        if operation == "divide":
            moved = None if row[1] is None else self.emit("multiply", register, row[1])
            above = self._sum(row[0], moved, "subtract")
            return None if above is None else self.emit("divide", above, arguments[1])
        if operation == "beyond":
            mass, above, below = arguments
            first = None if row[1] is None else self.emit("multiply", row[1], below)
            second = None if row[2] is None else self.emit("multiply", above, row[2])
            change = self._sum(first, second, "subtract")
            square = self.emit("multiply", below, below)
            return None if change is None else self.emit("beyond", mass, change, square)
        if operation == "root":
            twice = self.emit("add", register, register)
            return None if row[0] is None else self.emit("divide", row[0], twice)
        if operation == "lift":
            return None if row[0] is None else self.emit("lift", row[0])
        if operation == "average":
            inside, tail = (self._zero() if slope is None else slope for slope in row)
            inside = inside if inside in self.level else self.emit("lift", inside)
            return self.emit("average", inside, tail, data=instruction.data)
        raise NotImplementedError(f"the slope of {operation}")

    def _sum(self, first: int | None, second: int | None, operation: str) -> int | None:
        if second is None:
            return first
        if first is None:
            return second if operation == "add" else self.emit("subtract", self._zero(), second)
        return self.emit(operation, first, second)

    def _zero(self) -> int:
        return self.emit("constant", data=Fraction(0))
