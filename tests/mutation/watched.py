"""What pytest is told while mutants are judged: first, which tests enter which function of a module; then, to run
some tests alone, the quick ones first."""

from __future__ import annotations

import ast
import functools
import gc
import json
import sys
import time
from pathlib import Path

import pytest


class Watch:
    """A plugin that writes down, for every test, its seconds and the first lines of the functions it enters.

    Parameters
    ----------
    module : Path
        As its code objects name it.
    out : Path
        Of a JSON object, from identifiers of tests to seconds and lines.
    """

    def __init__(self, module: Path, out: Path) -> None:
        self.file, self.out = str(module), out
        self.tests: dict[str, tuple[float, list[int]]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        for cache in gc.get_objects():  # what an earlier test has left there would be entered by no other
            if type(cache) is functools._lru_cache_wrapper and cache.__module__.startswith("asymptotics."):
                cache.cache_clear()
        lines: set[int] = set()

        def enter(frame, event, argument):
            if frame.f_code.co_filename == self.file:
                lines.add(frame.f_code.co_firstlineno)

        begun = time.process_time()
        sys.settrace(enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tests[item.nodeid] = (time.process_time() - begun, sorted(lines))

    def pytest_sessionfinish(self):
        self.out.write_text(json.dumps(self.tests), encoding="utf-8")


class Only:
    """A plugin that runs some tests alone, in a given order.

    Parameters
    ----------
    tests : list of str
        Their identifiers.
    """

    def __init__(self, tests: list[str]) -> None:
        self.places = {name: place for place, name in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        kept = [item for item in items if item.nodeid in self.places]
        items[:] = sorted(kept, key=lambda item: self.places[item.nodeid])


def entrance(source: str, line: int) -> int | None:
    """First line of the innermost function whose body has a line; none outside functions.

    Parameters
    ----------
    source : str
        Of a module.
    line : int
    """
    found = None
    for node in ast.walk(ast.parse(source)):  # outer functions come first
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= (node.end_lineno or 0):
            found = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return found
