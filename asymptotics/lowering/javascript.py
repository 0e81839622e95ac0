"""Programs printed as JavaScript, for browsers: the same instructions, in double precision.

A real program becomes a function of an object of inputs, and of the spectrum if it averages over one. A program without
averages and roots can be printed for complex numbers too: a function of an array with the real and imaginary part of
every input in turn, into an array of outputs.
"""

from __future__ import annotations

import json
from fractions import Fraction

from asymptotics.errors import DerivationError
from asymptotics.lowering.program import Instruction, Program

__all__ = ["complex_javascript", "javascript"]

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_LEVELS = ("eigenvalue", "lift")


def _number(value: Fraction | str | None) -> str:
    assert isinstance(value, Fraction)
    number = repr(float(value))
    return f"({number})" if number.startswith("-") else number


def javascript(program: Program) -> str:
    """A program as the text of a JavaScript function ``(x, spectrum) => ({name: value, ...})``.

    Parameters
    ----------
    program : Program

    Returns
    -------
    str
        A function expression. ``x`` holds the inputs by name; ``spectrum`` has ``eigenvalues``, and by measure
        ``weights`` and ``tails``, as :class:`asymptotics.lowering.program.Spectrum` does, for one letter.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.lowering.lower import lower
    >>> print(javascript(lower({"y": 1 / symbol("a")}, ["a"])))
    (x, spectrum) => {
      const r0 = x["a"];
      const r1 = 1.0;
      const r2 = r1 / r0;
      return {"y": r2};
    }
    """
    below: set[int] = set()
    lines = []
    for place, instruction in enumerate(program.instructions):
        if instruction.operation in _LEVELS or (
            instruction.operation != "average" and below & set(instruction.arguments)
        ):
            below.add(place)
        lines.append(_line(place, instruction, below, program.instructions))
    outputs = ", ".join(f"{json.dumps(name)}: r{place}" for name, place in program.outputs.items())
    body = "".join(f"  {line}\n" for line in lines)
    return f"(x, spectrum) => {{\n{body}  return {{{outputs}}};\n}}"


def _line(place: int, i: Instruction, below: set[int], program: tuple[Instruction, ...]) -> str:
    if i.operation == "average":
        of, tail = i.arguments
        name = json.dumps(str(i.data))
        return (
            f"let r{place} = 0; for (let k = 0; k < spectrum.eigenvalues.length; k++) "
            f"r{place} += spectrum.weights[{name}][k] * r{of}[k]; r{place} += spectrum.tails[{name}] * r{tail};"
        )
    if i.operation == "eigenvalue":
        return f"const r{place} = spectrum.eigenvalues;"
    if i.operation == "lift":
        return f"const r{place} = r{i.arguments[0]};"
    if place not in below:
        return f"const r{place} = {_value(i, [f'r{a}' for a in i.arguments])};"
    given = [f"r{a}" if program[a].operation == "lift" else f"r{a}[k]" for a in i.arguments]
    return (
        f"const r{place} = new Float64Array(spectrum.eigenvalues.length); "
        f"for (let k = 0; k < r{place}.length; k++) r{place}[k] = {_value(i, given)};"
    )


def _value(i: Instruction, given: list[str]) -> str:
    if i.operation in _SIGNS:
        return f"{given[0]} {_SIGNS[i.operation]} {given[1]}"
    if i.operation == "constant":
        return _number(i.data)
    if i.operation == "input":
        return f"x[{json.dumps(str(i.data))}]"
    if i.operation == "root":
        return f"Math.sqrt({given[0]})"
    if i.operation == "balance":
        return f"{given[0]} <= {given[1]} ? {given[0]} : -{given[1]}"
    if i.operation == "learned":
        return f"{given[0]} > {given[1]} ? 1 : 0"
    raise DerivationError(f"{i.operation} cannot be printed as JavaScript")


def complex_javascript(program: Program) -> str:
    """A program without averages and roots as the text of a function ``(x, out) => {...}`` of complex numbers.

    Parameters
    ----------
    program : Program

    Returns
    -------
    str
        A function expression. ``x[2*i]`` and ``x[2*i + 1]`` are the parts of input ``i`` in the order of
        ``program.inputs``; ``out`` is filled in the order of ``program.outputs``.

    Raises
    ------
    DerivationError
        If the program has other operations.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.lowering.lower import lower
    >>> print(complex_javascript(lower({"y": 2 * symbol("a")}, ["a"])))
    (x, out) => {
      const r0 = 2.0;
      const r1 = x[0], i1 = x[1];
      const r2 = r0 * r1, i2 = r0 * i1;
      out[0] = r2; out[1] = i2;
    }
    """
    real: set[int] = set()
    lines = []
    for place, i in enumerate(program.instructions):
        if i.operation == "constant":
            real.add(place)
            lines.append(f"const r{place} = {_number(i.data)};")
        elif i.operation == "input":
            at = 2 * program.inputs.index(str(i.data))
            lines.append(f"const r{place} = x[{at}], i{place} = x[{at + 1}];")
        elif i.operation in _SIGNS:
            if set(i.arguments) <= real:
                real.add(place)
                lines.append(f"const r{place} = {_value(i, [f'r{a}' for a in i.arguments])};")
            else:
                lines.append(_complex_line(place, i, real))
        else:
            raise DerivationError(f"{i.operation} cannot be printed for complex numbers")
    for number, place in enumerate(program.outputs.values()):
        imaginary = "0" if place in real else f"i{place}"
        lines.append(f"out[{2 * number}] = r{place}; out[{2 * number + 1}] = {imaginary};")
    body = "".join(f"  {line}\n" for line in lines)
    return f"(x, out) => {{\n{body}}}"


def _complex_line(place: int, i: Instruction, real: set[int]) -> str:
    (a, b), (first, second) = i.arguments, (argument in real for argument in i.arguments)
    name = f"const r{place} = {{}}, i{place} = {{}};"
    if i.operation in ("add", "subtract"):
        sign = _SIGNS[i.operation]
        imaginary = (
            f"i{a}" if second else f"{sign if sign == '-' else ''}i{b}" if first else f"i{a} {sign} i{b}"
        )
        return name.format(f"r{a} {sign} r{b}", imaginary)
    if i.operation == "multiply":
        if first or second:
            one, two = (a, b) if first else (b, a)
            return name.format(f"r{one} * r{two}", f"r{one} * i{two}")
        return name.format(f"r{a} * r{b} - i{a} * i{b}", f"r{a} * i{b} + i{a} * r{b}")
    if second:
        return name.format(f"r{a} / r{b}", f"i{a} / r{b}")
    square = f"const q{place} = r{b} * r{b} + i{b} * i{b}; "
    above = (
        (f"r{a} * r{b}", f"-r{a} * i{b}")
        if first
        else (f"(r{a} * r{b} + i{a} * i{b})", f"(i{a} * r{b} - r{a} * i{b})")
    )
    return square + name.format(f"{above[0]} / q{place}", f"{above[1]} / q{place}")
