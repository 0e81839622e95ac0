"""Small faults put into a module, one at a time, by rule: none is chosen by hand."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

OPPOSITES = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
}
OTHERS = {"contains_interior": "overlaps", "overlaps": "contains_interior"} | {
    name: other
    for pair in (("all", "any"), ("min", "max"), ("lower", "upper"), ("floor", "ceil"), ("union", "intersection"))
    for name, other in (pair, pair[::-1])
}  # fmt: skip
"""Names that are called, and what may stand there by mistake."""


@dataclass(frozen=True)
class Mutant:
    """A module with one fault.

    Attributes
    ----------
    line : int
        Where it is in the module.
    fault : str
        What was changed into what.
    source : str
        The whole module.
    """

    line: int
    fault: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module: operators turned round, numbers moved, guards, calls and negations dropped.

    Parameters
    ----------
    source : str
        Of the module.

    Returns
    -------
    list of Mutant
        In the order of the lines; annotations, docstrings, imports, sizes of caches and what errors say are left
        alone.
    """
    tree = ast.parse(source)
    alone = {id(node) for kept in ast.walk(tree) for node in _left_alone(kept)}
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in alone:
            continue
        for number, (fault, _) in enumerate(faults(node)):
            whole = copy.deepcopy(tree)
            target = list(ast.walk(whole))[place]
            changed = list(faults(target))[number][1]
            mutated = ast.fix_missing_locations(_Replace(target, changed).visit(whole))
            found.append(Mutant(node.lineno, fault, ast.unparse(mutated)))
    return sorted(found, key=lambda mutant: mutant.line)


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """What stands below a place and changes no answer: annotations, sizes of caches, the words of errors."""
    parts: list[ast.AST | None] = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    parts += getattr(node, "decorator_list", [])
    if isinstance(node, ast.Raise):
        parts += [node.exc, node.cause]
    for part in parts:
        yield from ast.walk(part) if part is not None else ()


def faults(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may be wrong at a place, in words and as what then stands there."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            opposite = OPPOSITES.get(type(operator))
            if opposite is not None:
                changed = copy.copy(node)
                changed.ops = [*node.ops[:place], opposite(), *node.ops[place + 1 :]]
                yield _said(node, changed), changed
    elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in OPPOSITES:
        changed = copy.copy(node)
        changed.op = OPPOSITES[type(node.op)]()
        yield _said(node, changed), changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield _said(node, node.operand), node.operand
    elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield f"{ast.unparse(node)[:60]} -> pass", ast.copy_location(ast.Pass(), node)
    elif isinstance(node, ast.If | ast.IfExp) and isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
        changed = copy.copy(node)
        changed.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        yield _said(node.test, changed.test), changed
    elif isinstance(node, ast.Call) and _name(node.func) in OTHERS:
        changed = copy.copy(node)
        changed.func = copy.copy(node.func)
        field = "id" if isinstance(node.func, ast.Name) else "attr"
        setattr(changed.func, field, OTHERS[_name(node.func)])
        yield _said(node, changed), changed
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        moved = node.value + 1 if type(node.value) is int else node.value * 100.0 + (node.value == 0)
        changed = ast.copy_location(ast.Constant(moved), node)
        yield _said(node, changed), changed


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _said(before: ast.AST, after: ast.AST) -> str:
    return f"{ast.unparse(before)[:60]} -> {ast.unparse(after)[:60]}"


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, changed: ast.AST) -> None:
        self.target, self.changed = target, changed

    def visit(self, node: ast.AST) -> ast.AST:
        return self.changed if node is self.target else self.generic_visit(node)
