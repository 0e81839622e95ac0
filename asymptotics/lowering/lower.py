"""From exact expressions to straight-line programs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, letters_of
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, Measure
from asymptotics.errors import DerivationError
from asymptotics.lowering.plateaus import Balance, Learned
from asymptotics.lowering.program import Instruction, Program


class _Builder:
    """Registers with structural sharing: the same operation on the same registers is done once."""

    def __init__(self, inputs: Sequence[str], measures: Sequence[Measure], tail: str) -> None:
        self.measures = {m.symbol: m for m in measures}
        self.masses = _tail_masses(measures, tail) if tail else {}
        self.inputs = (*inputs, tail, *(m.name for m in self.masses.values())) if tail else tuple(inputs)
        self.tail = symbol(tail) if tail else sp.S.Zero
        self.instructions: list[Instruction] = []
        self.known: dict[Instruction, int] = {}
        self.symbols: dict[sp.Symbol, int] = {}
        self.level: set[int] = set()
        self.cache: dict[sp.Expr, int] = {}

    def emit(self, operation: str, *arguments: int, data: Fraction | str | None = None) -> int:
        """Register holding the result of one operation."""
        if operation not in ("average", "lift") and any(a in self.level for a in arguments):
            arguments = tuple(a if a in self.level else self.emit("lift", a) for a in arguments)
        instruction = Instruction(operation, tuple(arguments), data)
        if instruction not in self.known:
            self.known[instruction] = len(self.instructions)
            self.instructions.append(instruction)
            if operation in ("lift", "eigenvalue") or (
                operation != "average" and self.level & set(arguments)
            ):
                self.level.add(self.known[instruction])
        return self.known[instruction]

    def lower(self, expression: sp.Expr) -> int:
        """Register holding the value of an expression."""
        if expression not in self.cache:
            self.cache[expression] = self._lower(expression)
        return self.cache[expression]

    def _lower(self, expression: sp.Expr) -> int:
        if isinstance(expression, sp.Rational):
            return self.emit("constant", data=Fraction(int(expression.p), int(expression.q)))
        if isinstance(expression, sp.Symbol):
            return self._symbol(expression)
        if isinstance(expression, SpectralAverage):
            return self._average(expression)
        if isinstance(expression, sp.Add):
            return self._sum(expression)
        if isinstance(expression, (sp.Mul, sp.Pow)):
            return self._product(expression)
        if isinstance(expression, Balance):
            first, second = (self.lower(argument) for argument in expression.args)
            total = self.emit("add", first, second)
            return self.emit("balance", self.emit("divide", first, total), self.emit("divide", second, total))
        if isinstance(expression, Learned):
            return self.emit("learned", *(self.lower(argument) for argument in expression.args))
        raise DerivationError(f"cannot lower {expression}")

    def _symbol(self, symbol: sp.Symbol) -> int:
        if symbol in self.symbols:
            return self.symbols[symbol]
        if symbol.name not in self.inputs:
            raise DerivationError(f"{symbol} is neither an input nor defined before its use")
        return self.emit("input", data=symbol.name)

    def _sum(self, expression: sp.Add) -> int:
        terms = sorted(expression.args, key=lambda t: (t.could_extract_minus_sign(), sp.default_sort_key(t)))
        register = self.lower(terms[0])
        for term in terms[1:]:
            if term.could_extract_minus_sign():
                register = self.emit("subtract", register, self.lower(-term))
            else:
                register = self.emit("add", register, self.lower(term))
        return register

    def _product(self, expression: sp.Expr) -> int:
        above: list[int] = []
        below: list[int] = []
        for factor in sp.Mul.make_args(expression):
            base, exponent = factor.as_base_exp()
            if not isinstance(exponent, sp.Rational) or exponent.q > 2:
                raise DerivationError(f"cannot lower the power {factor}")
            if isinstance(factor, sp.Rational):
                base, exponent = factor, sp.S.One
                if factor.p == 1 and factor.q != 1:
                    base, exponent = sp.Integer(factor.q), sp.S.NegativeOne
            target = above if exponent > 0 else below
            register = self.lower(base)
            if exponent.q == 2:
                register = self.emit("root", register)
            target.append(self._power(register, abs(int(exponent.p))))
        numerator = self._chain(above)
        if not below:
            assert numerator is not None
            return numerator
        if numerator is None:
            numerator = self.emit("constant", data=Fraction(1))
        denominator = self._chain(below)
        assert denominator is not None
        return self.emit("divide", numerator, denominator)

    def _chain(self, registers: list[int]) -> int | None:
        if not registers:
            return None
        product = registers[0]
        for register in registers[1:]:
            product = self.emit("multiply", product, register)
        return product

    def _power(self, register: int, exponent: int) -> int:
        """Power by repeated squaring: integer powers of arrays are slow."""
        result: int | None = None
        square = register
        while exponent:
            if exponent & 1:
                result = square if result is None else self.emit("multiply", result, square)
            exponent >>= 1
            if exponent:
                square = self.emit("multiply", square, square)
        assert result is not None
        return result

    def _average(self, average: SpectralAverage) -> int:
        previous = {s: self.symbols[s] for s in average.letters if s in self.symbols}
        self.symbols |= {s: self.emit("eigenvalue", data=s.name) for s in average.letters}
        inside = self._balanced(average)
        register = self.lower(average.function) if inside is None else inside
        self.symbols |= previous
        found = self.emit("average", register, self.lower(self._tail(average)), data=average.measure.name)
        beyond = self._joint_tail(average)
        return found if beyond is None else self.emit("add", found, beyond)

    def _joint_tail(self, average: SpectralAverage) -> int | None:
        """What the trace of a joint law is in the tail: a letter of its factors stands for that letter's mass."""
        if len(average.letters) == 1 or not self.masses or self.measures[average.measure].kind != "trace":
            return None
        powers = average.function.as_powers_dict()
        letter = next((s for s in average.letters if powers.get(s, 0) >= 1), None)
        if letter is None:  # a law that has no tail
            return None
        tail = dict.fromkeys(average.letters, self.tail)
        # Where nothing is beyond, the quotient may be zero by zero: eigenvalue and penalty vanish together.
        above, below = sp.fraction((average.function / letter).xreplace(tail))
        return self.emit("beyond", *(self.lower(e) for e in (self.masses[letter], above, below)))

    def _tail(self, average: SpectralAverage) -> sp.Expr:
        """What an average is in the tail, per unit of the tail's trace (or power); a joint law has no tail."""
        s, function = average.variable, average.function
        if isinstance(function, Learned) or len(average.letters) > 1:
            return sp.S.Zero
        if isinstance(function, Balance):
            function = function.args[0] / sp.Add(*function.args)
        order = 1 if self.measures[average.measure].kind == "trace" else 0
        per_unit = sp.cancel(function / s**order)
        # Of an inverse power, which is averaged over the positive eigenvalues, there is nothing in a tail at zero.
        return sp.S.Zero if per_unit.subs(s, 0).has(sp.zoo, sp.nan) else per_unit.subs(s, self.tail)

    def _balanced(self, average: SpectralAverage) -> int | None:
        """``s^j nu^i/(s+nu)^(i+j)`` as a product of ratios, which cannot overflow."""
        if len(average.letters) > 1:
            return self._joint(average.function)
        s = average.variable
        powers = average.function.as_powers_dict()
        poles = [base for base in powers if isinstance(base, sp.Add)]
        if len(poles) != 1:
            return None
        pole = poles[0]
        nu = pole - s
        i, j, m = powers.get(nu, sp.S.Zero), powers.get(s, sp.S.Zero), -powers[pole]
        exact = average.function == nu**i * s**j * pole ** (-m)
        if not (isinstance(nu, sp.Symbol) and exact and i + j == m and min(i, j) >= 0):
            return None
        total = self.lower(pole)
        ratios = [self.emit("divide", self.lower(base), total) for base in (nu, s)]
        parts = [self._power(r, int(e)) for r, e in zip(ratios, (i, j), strict=True) if e > 0]
        return self._chain(parts)

    def _joint(self, function: sp.Expr) -> int | None:
        """A product of terms of a sum over a power of the sum, as a product of ratios."""
        powers = function.as_powers_dict()
        sums = [base for base in powers if isinstance(base, sp.Add)]
        if len(sums) != 1 or not powers[sums[0]].is_Integer or not -4 <= powers[sums[0]] < 0:
            return None
        terms = sums[0].args
        for chosen in itertools.combinations_with_replacement(range(len(terms)), -int(powers[sums[0]])):
            if sp.Mul(*(terms[i] / sums[0] for i in chosen)) == function:
                total = self.lower(sums[0])
                return self._chain([self.emit("divide", self.lower(terms[i]), total) for i in chosen])
        return None


def _tail_masses(measures: Sequence[Measure], tail: str) -> dict[sp.Symbol, sp.Symbol]:
    """Inputs that hold the sum of a joint law's eigenvalues in the tail, letter by letter."""
    joint = [letters_of(m.variable) for m in measures if m.kind == "trace"]
    letters = dict.fromkeys(letter for found in joint if len(found) > 1 for letter in found)
    return {letter: symbol(f"{tail}_{letter}") for letter in letters}


def lower(
    outputs: Mapping[str, sp.Expr], inputs: Sequence[str], definitions: Sequence[Definition] = (),
    measures: Sequence[Measure] = (), tail: str = "",
) -> Program:  # fmt: skip
    """A straight-line program that computes named expressions.

    Parameters
    ----------
    outputs : mapping name -> expression
        Built from rationals, symbols, sums, products, rational powers with denominator at most 2, and
        spectral averages.
    inputs : sequence of str
        Names that will be given when the program runs.
    definitions : sequence of Definition
        Quantities explicit in inputs and earlier definitions.
    measures : sequence of Measure
    tail : str
        Name of an input that holds the eigenvalue at which the tail of a spectrum is evaluated; empty for zero.
        With a ball from zero to the largest eigenvalue in the tail, averages enclose those over the tail. Of a joint
        law the sum of the eigenvalues in the tail is an input for every letter, of this name with the letter behind.

    Raises
    ------
    DerivationError
        If an expression holds anything else, or a symbol is not given.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.lowering.arithmetic import Float64
    >>> a, b = symbol("a"), symbol("b")
    >>> lower({"ratio": (a + b) / a**2}, ["a", "b"])({"a": 2.0, "b": 6.0}, Float64())
    {'ratio': 2.0}
    """
    builder = _Builder(inputs, measures, tail)
    for definition in definitions:
        builder.symbols[definition.symbol] = builder.lower(definition.expression)
        builder.cache.pop(definition.symbol, None)
    registers = {name: builder.lower(expression) for name, expression in outputs.items()}
    return _prune(Program(builder.inputs, tuple(builder.instructions), registers))


def _prune(program: Program) -> Program:
    """Drop instructions whose result is not used."""
    needed: set[int] = set()
    stack = list(program.outputs.values())
    while stack:
        register = stack.pop()
        if register not in needed:
            needed.add(register)
            stack.extend(program.instructions[register].arguments)
    order = sorted(needed)
    place = {old: new for new, old in enumerate(order)}
    instructions = tuple(
        Instruction(i.operation, tuple(place[a] for a in i.arguments), i.data)
        for i in (program.instructions[old] for old in order)
    )
    return Program(program.inputs, instructions, {name: place[r] for name, r in program.outputs.items()})
