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
    """Every mutant of a module: operators turned round, numbers moved, guards and negations dropped.

    Parameters
    ----------
    source : str
        Of the module.

    Returns
    -------
    list of Mutant
        In the order of the lines; annotations, docstrings and imports are left alone.
    """
    tree = ast.parse(source)
    found = []
    for place, node in enumerate(ast.walk(tree)):
        for number, (fault, _) in enumerate(faults(node)):
            whole = copy.deepcopy(tree)
            target = list(ast.walk(whole))[place]
            changed = list(faults(target))[number][1]
            mutated = ast.fix_missing_locations(_Replace(target, changed).visit(whole))
            found.append(Mutant(node.lineno, fault, ast.unparse(mutated)))
    return sorted(found, key=lambda mutant: mutant.line)


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
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _said(node, node.operand), node.operand
    elif isinstance(node, ast.Raise):
        yield f"{ast.unparse(node)[:60]} -> pass", ast.copy_location(ast.Pass(), node)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        moved = node.value + 1 if type(node.value) is int else node.value * 100.0 + (node.value == 0)
        changed = ast.copy_location(ast.Constant(moved), node)
        yield _said(node, changed), changed


def _said(before: ast.AST, after: ast.AST) -> str:
    return f"{ast.unparse(before)[:60]} -> {ast.unparse(after)[:60]}"


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, changed: ast.AST) -> None:
        self.target, self.changed = target, changed

    def visit(self, node: ast.AST) -> ast.AST:
        return self.changed if node is self.target else self.generic_visit(node)
