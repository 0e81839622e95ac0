"""The same output, byte for byte, under every hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from asymptotics.equations.records import record_text
from asymptotics.symbolic import ntr, trace_system
from tests.symbolic.support import FEATURE_RESOLVENT, X, deep_program
print(record_text(deep_program(2).deterministic_equivalent()))
print(record_text(trace_system({"r": ntr(FEATURE_RESOLVENT), "x": ntr(X @ X.T)})))
"""


def test_systems_do_not_depend_on_the_hash_seed():
    root = Path(__file__).parents[2]
    outputs = set()
    for seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, cwd=root, capture_output=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000
