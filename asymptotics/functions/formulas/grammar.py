"""User formulas as data: a whitelist parser that reads numbers exactly and never evaluates text.

The grammar is Python's own expression grammar, read with `ast` and admitted node by node. What is not on the
list (attributes, subscripts, keywords, lambdas, comprehensions, strings, comparisons ...) is refused with the
offending piece named. Sizes are bounded, so no formula can be expensive merely to read.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

import sympy

from asymptotics.errors import InputError
from asymptotics.functions.formulas.nodes import Node, constant, to_sympy

__all__ = ["FUNCTIONS", "Formula", "Node", "constant", "parse_formula"]

FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1), "acos": (1, 1), "asin": (1, 1), "atan": (1, 1), "cos": (1, 1), "cosh": (1, 1),
    "elu": (1, 1), "erf": (1, 1), "exp": (1, 1), "gelu": (1, 1), "heaviside": (1, 1),
    "leaky_relu": (1, 2), "log": (1, 1), "max": (2, 8), "min": (2, 8), "normal_cdf": (1, 1), "relu": (1, 1),
    "sigmoid": (1, 1), "sign": (1, 1), "silu": (1, 1), "sin": (1, 1), "sinh": (1, 1), "softplus": (1, 1),
    "sqrt": (1, 1), "tanh": (1, 1),
}  # fmt: skip
"""Functions a formula may call, with the least and the largest number of arguments."""

_ALIASES = {"arccos": "acos", "arcsin": "asin", "arctan": "atan", "sgn": "sign", "swish": "silu",
            "logistic": "sigmoid", "step": "heaviside", "ln": "log"}  # fmt: skip
_LONGEST_TEXT = 500
_DEEPEST_NESTING = 40
_LARGEST_SIZE = 2000  # nodes, counting how often an argument is repeated when a function is written out
_LARGEST_DEGREE = 128
_LARGEST_EXPONENT = 64
_LARGEST_DENOMINATOR = 1000
_LARGEST_BITS = 900  # of a folded constant: still inside the range of a double
_REPEATS = {"gelu": 2, "silu": 2, "elu": 2, "leaky_relu": 2, "max": 2, "min": 2}
_HERMITE = re.compile(r"he_?([1-9]\d?)")
_LARGEST_HERMITE = 64
_NUMBER = re.compile(r"(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d{1,3})?", re.IGNORECASE)
_REFUSED = {
    ast.Attribute: "attribute access", ast.Subscript: "a subscript", ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string", ast.ListComp: "a comprehension", ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Compare: "a comparison",
    ast.BoolOp: "a logical operation", ast.IfExp: "a conditional", ast.Starred: "unpacking",
    ast.List: "a list", ast.Tuple: "a tuple", ast.Set: "a set", ast.Dict: "a dictionary",
    ast.NamedExpr: "an assignment", ast.Await: "await", ast.Yield: "yield", ast.YieldFrom: "yield",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formula:
    """A real function of one variable, read exactly from text.

    Parameters
    ----------
    node : Node
        The tree.
    variable : str
        Name of the variable.
    text : str
        What the user wrote; plays no part in equality.

    Examples
    --------
    >>> parse_formula("max(x, 0) - 0.1*x").expression
    -x/10 + Max(0, x)
    """

    node: Node
    variable: str = "x"
    text: str = field(default="", compare=False)

    @property
    def expression(self) -> sympy.Expr:
        """The same function as an exact SymPy expression in a real symbol."""
        return to_sympy(self.node, sympy.Symbol(self.variable, real=True))


def parse_formula(text: str, variable: str = "x", name: str = "formula") -> Formula:
    """Read a formula string exactly and safely.

    Numbers are read as exact rationals from the source text (``0.1`` is 1/10). Allowed are the variable, ``pi``,
    ``+ - * /``, ``**`` with a rational constant exponent, and calls of `FUNCTIONS` and of ``he1`` ... ``he64``, the
    normalised probabilists' Hermite polynomials.

    Parameters
    ----------
    text : str
        For instance ``"max(x, 0) - x/3"``.
    variable : str
        Name of the variable: ``"x"`` for activations, ``"t"`` for kernels.
    name : str
        Name of the argument, for error messages.

    Returns
    -------
    Formula
        The function as data.

    Raises
    ------
    InputError
        If anything outside the grammar occurs, or the formula is too long, too deep or too large; the offending
        piece is named.

    Examples
    --------
    >>> parse_formula("x**2 - 1").expression
    x**2 - 1
    """
    if not isinstance(text, str):
        raise InputError(name, text, "a formula string")
    source = text.strip()
    reader = _Reader(source, variable, name)
    return Formula(reader.read(), variable, source)


class _Reader:
    """One pass over the syntax tree; refuses whatever it does not know."""

    def __init__(self, source: str, variable: str, name: str) -> None:
        self.source, self.variable, self.name = source, variable, name

    def refuse(self, piece: ast.AST | None, what: str) -> NoReturn:
        segment = ast.get_source_segment(self.source, piece) if isinstance(piece, ast.expr) else None
        advice = f"found {what}" + (f" in {segment[:60]!r}" if segment and segment != self.source else "")
        allowed = f"a formula in {self.variable} with numbers, pi, + - * / ** and known functions"
        raise InputError(self.name, self.source, allowed, advice)

    def read(self) -> Node:
        if len(self.source) > _LONGEST_TEXT:
            self.refuse(None, f"more than {_LONGEST_TEXT} characters")
        if not self.source.isascii() or any(ord(c) < 32 or c in "#\\" for c in self.source):
            self.refuse(None, "a character that has no place in a formula")
        depth = deepest = 0
        for character in self.source:
            depth += (character in "([{") - (character in ")]}")
            deepest = max(deepest, depth)
        if deepest > _DEEPEST_NESTING:
            self.refuse(None, "too many nested brackets")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                tree = ast.parse(self.source, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError, Warning):
            self.refuse(None, "a syntax error")
        node = self.visit(tree.body, 0)
        if _size(node) > _LARGEST_SIZE:
            self.refuse(None, "too many operations")
        return node

    def visit(self, piece: ast.expr, depth: int) -> Node:
        if depth > _DEEPEST_NESTING:
            self.refuse(None, "too deep a nesting")
        if isinstance(piece, ast.Constant):
            return self.number(piece)
        if isinstance(piece, ast.Name):
            return self.symbol(piece)
        if isinstance(piece, ast.UnaryOp):
            return self.unary(piece, depth)
        if isinstance(piece, ast.BinOp):
            return self.binary(piece, depth)
        if isinstance(piece, ast.Call):
            return self.call(piece, depth)
        self.refuse(piece, _REFUSED.get(type(piece), type(piece).__name__))

    def number(self, piece: ast.Constant) -> Node:
        if type(piece.value) not in (int, float):
            self.refuse(piece, f"a constant that is no real number, {str(piece.value)[:40]!r}")
        text = ast.get_source_segment(self.source, piece) or ""
        if len(text) > 60 or not _NUMBER.fullmatch(text):
            self.refuse(piece, "a number not written in plain decimal form")
        return self.folded(piece, Fraction(text))

    def folded(self, piece: ast.expr, value: Fraction) -> Node:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > _LARGEST_BITS:
            self.refuse(piece, "too large a number")
        return constant(value)

    def symbol(self, piece: ast.Name) -> Node:
        if piece.id == self.variable:
            return Node("variable")
        if piece.id == "pi":
            return Node("pi")
        if _ALIASES.get(piece.id, piece.id) in FUNCTIONS:
            self.refuse(piece, f"the function {piece.id} without its argument")
        self.refuse(piece, f"the unknown name {piece.id[:40]!r}")

    def unary(self, piece: ast.UnaryOp, depth: int) -> Node:
        operand = self.visit(piece.operand, depth + 1)
        if isinstance(piece.op, ast.UAdd):
            return operand
        if isinstance(piece.op, ast.USub):
            return self.multiply(piece, constant(-1), operand)
        self.refuse(piece, "the operator " + type(piece.op).__name__)

    def multiply(self, piece: ast.expr, left: Node, right: Node) -> Node:
        if left.value is not None and right.value is not None and left.head == right.head == "number":
            return self.folded(piece, left.value * right.value)
        return Node("multiply", (left, right))

    def binary(self, piece: ast.BinOp, depth: int) -> Node:
        if isinstance(piece.op, ast.Pow):
            return self.power(piece, depth)
        left, right = self.visit(piece.left, depth + 1), self.visit(piece.right, depth + 1)
        rational = left.head == right.head == "number"
        if isinstance(piece.op, (ast.Add, ast.Sub)):
            if isinstance(piece.op, ast.Sub):
                right = self.multiply(piece, constant(-1), right)
            if rational:
                assert left.value is not None and right.value is not None
                return self.folded(piece, left.value + right.value)
            return Node("add", (left, right))
        if isinstance(piece.op, ast.Mult):
            node = self.multiply(piece, left, right)
            if _degree(node) > _LARGEST_DEGREE:
                self.refuse(piece, f"a degree above {_LARGEST_DEGREE}")
            return node
        if isinstance(piece.op, ast.Div):
            if right.head == "number":
                if not right.value:
                    self.refuse(piece, "a division by zero")
                return self.multiply(piece, constant(1 / right.value), left)
            return Node("divide", (left, right))
        advice = " (write ** for powers)" if isinstance(piece.op, ast.BitXor) else ""
        self.refuse(piece, "the operator " + type(piece.op).__name__ + advice)

    def power(self, piece: ast.BinOp, depth: int) -> Node:
        base, exponent = self.visit(piece.left, depth + 1), self.visit(piece.right, depth + 1)
        value = exponent.value
        if exponent.head != "number" or value is None:
            self.refuse(piece, "an exponent that is no rational number (write exp(...) instead)")
        if abs(value) > _LARGEST_EXPONENT or value.denominator > _LARGEST_DENOMINATOR:
            self.refuse(piece, f"an exponent outside [-{_LARGEST_EXPONENT}, {_LARGEST_EXPONENT}] or too fine")
        if base.head == "number" and base.value is not None:
            if base.value == 0 and value < 0:
                self.refuse(piece, "a division by zero")
            if base.value < 0 and value.denominator != 1:
                self.refuse(piece, "a root of a negative number")
            if value.denominator == 1:
                if (
                    max(base.value.numerator.bit_length(), base.value.denominator.bit_length()) * abs(value)
                    > 2000
                ):
                    self.refuse(piece, "too large a number")
                return self.folded(piece, base.value ** int(value))
        node = Node("power", (base,), value)
        if _degree(node) > _LARGEST_DEGREE:
            self.refuse(piece, f"a degree above {_LARGEST_DEGREE}")
        return node

    def call(self, piece: ast.Call, depth: int) -> Node:
        if not isinstance(piece.func, ast.Name):
            self.refuse(piece.func, _REFUSED.get(type(piece.func), "a call of something that is no function"))
        if piece.keywords:
            self.refuse(piece, "a keyword argument")
        head = _ALIASES.get(piece.func.id, piece.func.id)
        hermite = _HERMITE.fullmatch(head)
        if hermite and len(piece.args) == 1 and int(hermite.group(1)) <= _LARGEST_HERMITE:
            return self.hermite(piece, int(hermite.group(1)), self.visit(piece.args[0], depth + 1))
        if head not in FUNCTIONS:
            self.refuse(piece, f"the unknown function {piece.func.id[:40]!r}")
        least, most = FUNCTIONS[head]
        if not least <= len(piece.args) <= most:
            self.refuse(piece, f"{len(piece.args)} arguments of {head}")
        arguments = tuple(self.visit(a, depth + 1) for a in piece.args)
        if head == "sqrt":
            if arguments[0].value is not None and arguments[0].head == "number" and arguments[0].value < 0:
                self.refuse(piece, "a root of a negative number")
            return Node("power", arguments, Fraction(1, 2))
        if head == "leaky_relu":
            slope = arguments[1] if len(arguments) == 2 else constant(Fraction(1, 100))
            if slope.head != "number":
                self.refuse(piece, "a slope that is no rational number")
            return Node(head, (arguments[0],), slope.value)
        if head in ("max", "min"):
            node = arguments[0]
            for other in arguments[1:]:
                node = Node(head, (node, other))
            return node
        return Node(head, arguments)

    def hermite(self, piece: ast.Call, degree: int, argument: Node) -> Node:
        root = Node("power", (constant(Fraction(1, math.factorial(degree))),), Fraction(1, 2))
        node = Node("multiply", (root, Node("hermite", (argument,), Fraction(degree))))
        if _degree(node) > _LARGEST_DEGREE:
            self.refuse(piece, f"a degree above {_LARGEST_DEGREE}")
        return node


def _size(node: Node) -> int:
    """Number of nodes when every function is written out in elementary ones."""
    return 1 + _REPEATS.get(node.head, 1) * sum(_size(a) for a in node.arguments)


def _degree(node: Node) -> Fraction:
    """A bound on how fast repeated powers make a formula grow."""
    if node.head == "variable":
        return Fraction(1)
    inner = [_degree(a) for a in node.arguments]
    if node.head in ("power", "hermite"):
        assert node.value is not None
        return inner[0] * max(abs(node.value), Fraction(1))
    if node.head in ("multiply", "divide"):
        return sum(inner, Fraction(0))
    return max(inner, default=Fraction(0))
