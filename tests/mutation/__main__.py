"""Run tests on mutants of a module: ``python -m tests.mutation asymptotics/solvers/krawczyk.py tests/solvers``.

Without tests those of `tests.mutation.plan` are run, without a module all of its modules. Mutants are drawn at random
with a fixed seed, as many as asked for. One is killed if a test fails, an error is raised or the time runs out;
survivors are printed with their lines, and the share that was killed. Every mutant runs in a forked process, in which
the libraries are loaded already and the package is not.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import os
import random
import resource
import signal
import sys
from pathlib import Path

import mpmath
import numpy
import pytest
import scipy.optimize
import scipy.stats
import sympy

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.plan import PLAN

LOADED = (mpmath, numpy, scipy.optimize, scipy.stats, sympy)
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


def survives(mutant: Mutant, module: Path, tests: list[str], seconds: int) -> bool:
    """Whether all tests pass on a mutant, in a process of its own."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(6 * seconds)  # one that waits for nothing uses no time of the processor
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        name = ".".join(module.with_suffix("").parts)
        sys.meta_path.insert(0, _Finder(name, module, mutant.source))
        status = int(pytest.main(["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(status)


def judge(module: Path, tests: list[str], count: int, seed: int, seconds: int) -> tuple[int, int]:
    """Print the survivors among mutants of a module; how many were killed and drawn.

    Raises
    ------
    SystemExit
        If the tests fail without a fault.
    """
    every = mutants(module.read_text(encoding="utf-8"))
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    same = Mutant(0, "no fault", module.read_text(encoding="utf-8"))
    if not survives(same, module, tests, seconds):
        raise SystemExit(f"{module}: the tests fail without a fault")
    alive = [mutant for mutant in drawn if survives(mutant, module, tests, seconds)]
    for mutant in sorted(alive, key=lambda mutant: mutant.line):
        print(f"{module}:{mutant.line}: survives: {mutant.fault}")
    killed = len(drawn) - len(alive)
    share = 100 * killed / max(len(drawn), 1)
    print(f"{module}: {killed} of {len(drawn)} killed ({share:.0f} %), of {len(every)} mutants", flush=True)
    return killed, len(drawn)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("module", type=Path, nargs="?", help="file of the package (default: all of the plan)")
    parser.add_argument("tests", nargs="*", help="what should fail (default: what the plan says)")
    parser.add_argument("--count", type=int, default=20, help="mutants drawn of each module (default: 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--seconds", type=int, default=120, help="of the processor, after which a mutant counts as killed"
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
