"""How the engine's time grows with the size of the pencil: chains of random layers, from the program to the system.

Run with ``python -m tests.benchmarks.bench_engine``. Prints, for L = 1..6 layers, the block rows of the pencil, the
traces of its Dyson equation, seconds to the scalar system with observables, and the ratio to one layer fewer; then the
exponent of a power law through them.
"""

import math
import time

from asymptotics.symbolic import dyson_equation
from tests.symbolic.support import deep_program

LAYERS = range(1, 7)


def measure(layers: int) -> tuple[int, int, float]:
    """Block rows, traces, and the better of two timings."""
    program = deep_program(layers)
    pencil = program.pencil()
    traces = len(dyson_equation(pencil).unknowns)
    seconds = []
    for _ in range(2):
        start = time.process_time()
        program.deterministic_equivalent()
        seconds.append(time.process_time() - start)
    return pencil.size, traces, min(seconds)


def main() -> None:
    """Print the table."""
    print(f"{'layers':>6}  {'blocks':>6}  {'traces':>6}  {'CPU s':>8}  {'ratio':>6}")
    rows: list[tuple[int, int, float]] = []
    for layers in LAYERS:
        rows.append(measure(layers))
        blocks, traces, seconds = rows[-1]
        ratio = f"{seconds / rows[-2][2]:6.2f}" if layers > 1 else f"{'':>6}"
        print(f"{layers:>6}  {blocks:>6}  {traces:>6}  {seconds:8.3f}  {ratio}", flush=True)
    first, last = rows[0], rows[-1]
    growth = math.log(last[2] / first[2]) / math.log(last[0] / first[0])
    print(f"time grows like the number of blocks to the power {growth:.1f}")


if __name__ == "__main__":
    main()
