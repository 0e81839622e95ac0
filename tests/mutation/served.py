"""Mutants of functions judged within one session of pytest: tests are collected once, and every mutant is a fork of it
in which functions have other code."""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import inspect
import itertools
import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.mutation.mutants import Mutant


def forked(work: Callable[[], bool], seconds: int) -> bool:
    """Whether a piece of work says yes, in a process of its own, in time and without an error."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(6 * seconds)  # one that waits for nothing uses no time of the processor
        status = 0 if work() else 1
    finally:
        os._exit(status)


class Session:
    """A plugin that watches which tests enter which function of a module, and judges mutants of functions.

    Parameters
    ----------
    module : Path
        From the root of the project.
    drawn : list of Mutant
    seconds : int
        Of the processor, for every mutant; less where the tests take much less.
    out : Path
        Of a JSON object: ``seen``, from tests to seconds and first lines of functions, and ``alive``, the places of
        mutants that survive; those outside functions are not judged.
    """

    def __init__(self, module: Path, drawn: list[Mutant], seconds: int, out: Path) -> None:
        self.name, self.source = ".".join(module.with_suffix("").parts), module.read_text(encoding="utf-8")
        self.drawn, self.seconds, self.out = drawn, seconds, out

    def pytest_sessionstart(self):
        """Examples that fail are not made smaller: one is enough."""
        from hypothesis import Phase, settings  # by now: pytest rewrites it as it is imported

        usual = settings.get_profile("default")
        settings.register_profile("mutants", usual, phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.file = importlib.import_module(self.name).__file__
        if session.testsfailed or not forked(functools.partial(self._watch, session), 1800):
            session.testsfailed += 1
            return True
        seen = json.loads(self.out.read_text(encoding="utf-8"))["seen"]
        seconds = min(self.seconds, 10 + math.ceil(3 * sum(spent for spent, _ in seen.values())))
        alive = []
        for place, mutant in enumerate(self.drawn):
            line = entrance(self.source, mutant.line)
            if line is not None:
                asked = [item for item in session.items if line in seen[item.nodeid][1]]
                asked.sort(key=lambda item: seen[item.nodeid][0])
                if forked(functools.partial(self._survives, session, asked, mutant), seconds):
                    alive.append(place)
        self.out.write_text(json.dumps({"seen": seen, "alive": alive}), encoding="utf-8")
        return True

    def _watch(self, session) -> bool:
        lines: set[int] = set()

        def enter(frame, event, argument):
            if frame.f_code.co_filename == self.file:
                lines.add(frame.f_code.co_firstlineno)

        seen = {}
        for item, following in itertools.pairwise([*session.items, None]):
            _forget()  # what an earlier test has left would be entered by no other
            lines.clear()
            begun = time.process_time()
            sys.settrace(enter)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.settrace(None)
            seen[item.nodeid] = (time.process_time() - begun, sorted(lines))
        self.out.write_text(json.dumps({"seen": seen}), encoding="utf-8")
        return not session.testsfailed

    def _survives(self, session, items, mutant: Mutant) -> bool:
        if not put(self.file, self.source, mutant.source):
            return True  # nothing was tried
        _forget()
        for item, following in itertools.pairwise([*items, None]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return False
        return True


def put(file: str, before: str, after: str) -> bool:
    """Give the functions of a file, wherever they are in memory, other code; whether that could be done.

    Parameters
    ----------
    file : str
        As the code in memory names it.
    before, after : str
        Source in memory, and the one that takes its place, with the same functions.
    """
    pairs = zip(*(_codes(compile(source, file, "exec")) for source in (before, after)), strict=True)
    others = {(old.co_qualname, old.co_firstlineno): new for old, new in pairs}
    done = False
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == file:
            new = others.get((thing.__code__.co_qualname, thing.__code__.co_firstlineno))
            if new is not None and new.co_freevars == thing.__code__.co_freevars:
                thing.__code__, done = new, True
    return done


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Functions of a module and of its classes; those within functions belong to them."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from [part] if part.co_flags & inspect.CO_OPTIMIZED else _codes(part)


def _forget() -> None:
    """Empty the caches of the package."""
    for thing in gc.get_objects():
        if type(thing) is functools._lru_cache_wrapper and str(thing.__module__).startswith("asymptotics."):
            thing.cache_clear()


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
