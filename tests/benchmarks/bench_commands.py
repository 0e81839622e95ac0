"""Processor time of commands, beside that of loading all of them: ``python -m tests.benchmarks.bench_commands``.

Exit code 1 unless ``--version`` takes less than a third of that.
"""

import os
import resource
import subprocess
import sys

EVERY = "from asymptotics.cli.group import main, _HOME; [main.get_command(None, name) for name in _HOME]"
POINT = "predict --activation relu --d 60 --n 120 --p 300 --ridge 1e-3".split()
CASES = {
    "nothing": ["-c", "pass"],
    "import asymptotics": ["-c", "import asymptotics"],
    "asymptotics --version": ["-m", "asymptotics", "--version"],
    "asymptotics --help": ["-m", "asymptotics", "--help"],
    "asymptotics predict": ["-m", "asymptotics", *POINT],
    "every command": ["-c", EVERY],
}
RUNS = 3


def seconds(arguments):
    """Least processor time of some runs of Python."""
    found = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def main():
    """Print every case."""
    taken = {name: seconds(arguments) for name, arguments in CASES.items()}
    for name, value in taken.items():
        print(f"{name:>24} {value:6.2f} s {value / taken['every command']:6.2f}")
    return int(taken["asymptotics --version"] > taken["every command"] / 3)


if __name__ == "__main__":
    sys.exit(main())
