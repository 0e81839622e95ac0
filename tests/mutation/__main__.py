"""Run tests on mutants of a module: ``python -m tests.mutation asymptotics/solvers/krawczyk.py tests/solvers``.

Without tests those of `tests.mutation.plan` are run, without a module all of its modules. Mutants are drawn at random
with a fixed seed, as many as asked for. One is killed if a test fails, an error is raised or the time runs out;
survivors are printed with their lines, and the share that was killed. The tests are run once without a fault, which
tells which of them enter a function and how long they take; a mutant is given to those that enter its function,
quick ones first. One outside functions is given to all, in a process that has loaded the libraries and not the package.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import json
import os
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

import flint
import mpmath
import numpy
import pytest
import scipy.optimize
import scipy.stats
import sympy

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.plan import PLAN
from tests.mutation.served import Session, entrance, forked

LOADED = (flint, mpmath, numpy, scipy.optimize, scipy.stats, sympy)
"""Libraries that every mutant finds in memory."""


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module the source of a mutant."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, fullname, path=None, target=None):
        if fullname == self.name:
            return importlib.util.spec_from_loader(fullname, self, origin=str(self.path))
        return None

    def exec_module(self, module) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)


def passes(tests: list[str], plugins: list[object], finder: _Finder | None = None) -> bool:
    """Whether all tests pass, and nothing is printed; this process is of no other use then."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1), os.dup2(quiet, 2)
    sys.meta_path[:0] = [finder] if finder else []
    return not pytest.main(["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests], plugins=plugins)


def judge(module: Path, tests: list[str], count: int, seed: int, seconds: int) -> tuple[int, int]:
    """Print the survivors among mutants of a module; how many were killed and drawn.

    Raises
    ------
    SystemExit
        If the tests fail without a fault.
    """
    source = module.read_text(encoding="utf-8")
    every = mutants(source)
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "found.json")
        if not forked(partial(passes, tests, [Session(module, drawn, seconds, out)]), 10**6):
            raise SystemExit(f"{module}: the tests fail without a fault")
        found = json.loads(out.read_text(encoding="utf-8"))

    def imported(mutant: Mutant) -> bool:
        finder = _Finder(".".join(module.with_suffix("").parts), module, mutant.source)
        return forked(partial(passes, tests, [], finder), seconds)

    left = [drawn[place] for place in found["alive"]]
    left += [mutant for mutant in drawn if entrance(source, mutant.line) is None and imported(mutant)]
    for mutant in sorted(left, key=lambda mutant: mutant.line):
        print(f"{module}:{mutant.line}: survives: {mutant.fault}")
    killed = len(drawn) - len(left)
    share = 100 * killed / max(len(drawn), 1)
    print(f"{module}: {killed} of {len(drawn)} killed ({share:.0f} %), of {len(every)} mutants", flush=True)
    return killed, len(drawn)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("module", type=Path, nargs="?", help="file of the package (default: all of the plan)")
    parser.add_argument("tests", nargs="*", help="what should fail (default: what the plan says)")
    parser.add_argument("--count", type=int, default=40, help="mutants drawn of each module (default: 40)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--seconds", type=int, default=60, help="of the processor, after which a mutant counts as killed"
    )
    given = parser.parse_args()
    modules = [given.module] if given.module else [Path(f"asymptotics/{name}.py") for name in PLAN]
    results = []
    for module in modules:
        tests = given.tests or PLAN[module.relative_to("asymptotics").with_suffix("").as_posix()]
        results.append(judge(module, tests, given.count, given.seed, given.seconds))
    killed, drawn = (sum(column) for column in zip(*results, strict=True))
    print(f"{killed} of {drawn} killed ({100 * killed / max(drawn, 1):.0f} %)")


if __name__ == "__main__":
    main()
