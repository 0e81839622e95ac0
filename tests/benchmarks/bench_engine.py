"""How long derivations take, and how short what they give is.

Run with ``python -m tests.benchmarks.bench_engine``. CPU seconds, best of three runs, each with SymPy's cache emptied.
First models with several groups or layers, each with a gate on its time, on the unknowns and operations of its
equations and on the operations of its observables with all definitions; the exit code is 1 if a gate is missed. Then
the growth with depth: block rows of the pencil, traces of its Dyson equation, seconds, and the exponent of a power law.
A loop of a
million additions tells how fast the machine was.
"""

import math
import sys
import time
from collections.abc import Callable

import sympy as sp
from sympy.core.cache import clear_cache

from asymptotics.symbolic import QuadraticProgram, dyson_equation
from tests.symbolic.support import deep_features, deep_program, group_program

LAYERS = range(1, 9)
CASES: dict[str, tuple[QuadraticProgram, int, float]] = {
    "2 groups": (group_program(2), 2, 3.0),
    "2 groups, spectrum": (group_program(2, True), 2, 3.0),
    "3 groups": (group_program(3), 3, 5.0),
    "3 groups, spectrum": (group_program(3, True), 3, 5.0),
    "2 layers": (deep_features(2), 2, 2.0),
    "3 layers": (deep_features(3), 3, 5.0),
    "5 layers": (deep_features(5), 5, 5.0),
    "3 linear layers": (deep_program(3), 3, 5.0),
    "5 linear layers": (deep_program(5), 5, 5.0),
}
"""Program, groups or layers, and the gate in CPU seconds."""

UNKNOWNS, EQUATIONS, OBSERVABLES = 3, 20, 150
"""Gates a group or layer: unknowns (and one more), operations of equations, and of observables with definitions."""


def best_time(action: Callable[[], object], runs: int = 3) -> float:
    """CPU seconds of the fastest run."""
    found = []
    for _ in range(runs):
        clear_cache()
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return min(found)


def reference() -> float:
    """CPU seconds of a million additions."""
    return best_time(lambda: sum(i for i in range(10**6)), 5)


def check(name: str) -> bool:
    """One line of the table; whether all gates hold."""
    program, parts, gate = CASES[name]
    seconds = best_time(program.deterministic_equivalent)
    system = program.deterministic_equivalent()
    equations = sum(sp.count_ops(e.left) + sp.count_ops(e.right) for e in system.equations)
    named = sum(sp.count_ops(d.expression) for d in system.definitions if d.symbol.name.startswith("R"))
    read = named + sum(sp.count_ops(o.expression) for o in system.observables)
    count = len(system.unknowns)
    held = seconds <= gate and count <= UNKNOWNS * parts + 1
    held = held and equations <= EQUATIONS * parts and read <= OBSERVABLES * parts
    row = f"{name:>20}  {seconds:6.2f}  {gate:5.1f}  {count:8}  {equations:9}  {equations / parts:6.1f}  {read:11}"
    print(row if held else f"{row}   missed", flush=True)
    return held


def growth() -> None:
    """The table of linear layers."""
    print(f"\n{'layers':>6}  {'blocks':>6}  {'traces':>6}  {'CPU s':>8}  {'ratio':>6}")
    rows: list[tuple[int, float]] = []
    for layers in LAYERS:
        program = deep_program(layers)
        pencil = program.pencil()
        rows.append((pencil.size, best_time(program.deterministic_equivalent, 2)))
        traces, ratio = len(dyson_equation(pencil).unknowns), ""
        if len(rows) > 1:
            ratio = f"{rows[-1][1] / rows[-2][1]:6.2f}"
        print(f"{layers:>6}  {pencil.size:>6}  {traces:>6}  {rows[-1][1]:8.3f}  {ratio}", flush=True)
    (first, early), (last, late) = rows[0], rows[-1]
    exponent = math.log(late / early) / math.log(last / first)
    print(f"time grows like the number of blocks to the power {exponent:.1f}")


def main() -> int:
    """Print the tables; 1 if a gate is missed."""
    print(f"a million additions: {reference():.3f} CPU s")
    print(
        f"{'':>20}  {'CPU s':>6}  {'gate':>5}  {'unknowns':>8}  {'equations':>9}  {'a part':>6}  {'observables':>11}"
    )
    held = [check(name) for name in CASES]
    growth()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
