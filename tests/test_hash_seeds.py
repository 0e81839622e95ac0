"""The same output, byte for byte, under every hash seed: what commands print, derived systems, digests."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from click.testing import CliRunner
from asymptotics.cli import main
from asymptotics.equations.records import record_text
from asymptotics.symbolic import ntr, trace_system
from asymptotics.verification import verify
from tests.symbolic.support import FEATURE_RESOLVENT, X, deep_program

for command in sys.argv[1:]:
    result = CliRunner().invoke(main, command.split())
    assert result.exit_code == 0 and result.stdout and not result.stderr, result.output
    print(result.stdout)
print(record_text(deep_program(2).deterministic_equivalent()))
print(record_text(trace_system({"r": ntr(FEATURE_RESOLVENT), "x": ntr(X @ X.T)})))
print(verify("random-features")["random-features"].digest)
"""
MODEL = "--activation relu --target 1:1,2:0.25 --noise 0.1"
COMMANDS = (
    "derive --regime proportional --json",
    "derive --chart wide --latex",
    f"predict {MODEL} --d 20 --n 40 --p 60 --ridge 0.1 --json",
)
ROOT = Path(__file__).parents[1]


def test_nothing_depends_on_the_hash_seed():
    outputs = []
    for seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", SCRIPT, *COMMANDS]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        assert not done.stderr
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(outputs[0]) > 10_000 and len(outputs[0].split()[-1]) == 64
