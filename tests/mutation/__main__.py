"""Run tests on mutants of a module: ``python -m tests.mutation asymptotics/solvers/krawczyk.py tests/solvers``.

Without tests those of `tests.mutation.plan` are run, without a module all of its modules. Mutants are drawn at random
with a fixed seed, as many as asked for. One is killed if a test fails, an error is raised or the time runs out;
survivors are printed with their lines, and the share that was killed. The tests are run once without a fault, which
tells which of them enter a function and how long they take; a mutant is given to those that enter its function,
quick ones first, in a forked process, in which the libraries are loaded already and the package is not.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
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
from tests.mutation.watched import Only, Watch, entrance

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


def survives(source: str, module: Path, tests: list[str], seconds: int, plugin: Watch | Only) -> bool:
    """Whether all tests pass on the source of a mutant, in a process of its own."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(6 * seconds)  # one that waits for nothing uses no time of the processor
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        sys.meta_path.insert(0, _Finder(".".join(module.with_suffix("").parts), module, source))
        arguments = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
        status = int(pytest.main(arguments, plugins=[plugin]))
    finally:
        os._exit(status)


def watched(module: Path, tests: list[str]) -> dict[str, tuple[float, list[int]]]:
    """Seconds of every test, and the first lines of the functions of a module that it enters.

    Raises
    ------
    SystemExit
        If the tests fail without a fault.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "tests.json")
        if not survives(module.read_text(encoding="utf-8"), module, tests, 1800, Watch(module, out)):
            raise SystemExit(f"{module}: the tests fail without a fault")
        return {name: (spent, lines) for name, (spent, lines) in json.loads(out.read_text()).items()}


def judge(module: Path, tests: list[str], count: int, seed: int, seconds: int) -> tuple[int, int]:
    """Print the survivors among mutants of a module; how many were killed and drawn."""
    source = module.read_text(encoding="utf-8")
    every = mutants(source)
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    seen = watched(module, tests)
    quick = sorted(seen, key=lambda name: seen[name][0])

    def alive(mutant: Mutant) -> bool:
        place = entrance(source, mutant.line)
        asked = [name for name in quick if place is None or place in seen[name][1]]
        files = list(dict.fromkeys(name.split("::")[0] for name in asked))
        return not asked or survives(mutant.source, module, files, seconds, Only(asked))

    left = [mutant for mutant in drawn if alive(mutant)]
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
