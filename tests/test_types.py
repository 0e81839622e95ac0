"""The face is typed: user code that is wrong fails `mypy --strict`, and correct code passes."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import asymptotics as asy

ROOT = Path(asy.__file__).parent
RIGHT = """
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

import asymptotics as asy

model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
sizes = asy.FiniteSize(d=20, n=[30, 40], p=60)
ridges: Sequence[float] = [0.1, 0.2]
risk: asy.Risk = asy.predict(model, asy.Proportional(2, math.inf), ridge_per_sample=Fraction(1, 10), digits=30)
risk = asy.predict(model, sizes, np.array(ridges), certified=True)
estimate: asy.Estimate = asy.simulate(model, sizes, "1/10", trials=5, labels="averaged")
agrees: bool = asy.compare(risk, estimate, allowance={"test": 0.1}).agrees
best: float = float(asy.optimal_ridge(model, asy.Proportional(2, 3)).value)
system: asy.FixedPointSystem = asy.derive("random-features", "proportional")
axes = asy.plot(risk, "n", components=["test"], simulation=estimate)
version: str = asy.__version__
"""
WRONG = {
    'asy.predict(model, "oops", rigde=3)': ("arg-type", "call-arg"),
    'asy.predict("relu", sizes, 0.1)': ("arg-type",),
    "asy.predict(model, sizes, {0.1})": ("arg-type",),
    "asy.predict(model, sizes, 0.1, digits='30')": ("arg-type",),
    "asy.simulate(model, sizes, 0.1, trails=5)": ("call-arg",),
    "asy.simulate(model, asy.Proportional(2, 3), 0.1)": ("arg-type",),
    "asy.compare(estimate=None, risk=None)": ("arg-type",),
    "asy.optimal_ridge(model)": ("call-arg",),
    "asy.plot('risk', 'n')": ("arg-type",),
    "asy.predikt(model, sizes, 0.1)": ("attr-defined",),
}
HEAD = """
import asymptotics as asy

model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
sizes = asy.FiniteSize(d=20, n=30, p=60)
"""


def stub():
    """Module and name of everything that the stub of the face declares."""
    tree = ast.parse((ROOT / "__init__.pyi").read_text(encoding="utf-8"))
    return {
        alias.name: node.module.removeprefix("asymptotics.")
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }


def test_the_stub_declares_what_is_loaded_lazily():
    assert stub() == {**asy._HOME, "__version__": "version"}
    assert (ROOT / "py.typed").exists()


@pytest.mark.slow
def test_mypy_sees_what_is_wrong_and_nothing_else(tmp_path):
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(HEAD + "\n".join(WRONG), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nfollow_imports = silent\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "right.py", "wrong.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT.parent)},
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line for line in lines if not line.startswith("wrong.py")] == [], done.stdout + done.stderr
    first = HEAD.count("\n") + 1
    found = {}
    for line in lines:
        place, kind = int(line.split(":")[1]), line.rsplit("[", 1)[1].rstrip("]")
        found.setdefault(list(WRONG)[place - first], set()).add(kind)
    assert found == {call: set(kinds) for call, kinds in WRONG.items()}
