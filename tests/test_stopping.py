"""Commands that are stopped from outside, and processes that are killed: what they say, and what is kept."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.errors import SimulationError
from asymptotics.simulation import campaign_status, collect_campaign, plan_campaign, run_campaign

MODEL = ["--activation", "tanh", "--target", "1:1", "--noise", "0.1"]
TRIALS = 200_000
RUN = [*MODEL, "--d", "6", "--n", "8", "--p", "5", "--ridge", "0.1", "--trials", str(TRIALS), "--seed", "1"]
ENVIRONMENT = dict(os.environ, PYTHONPATH=os.pathsep.join([os.getcwd(), *filter(None, sys.path)]))


ASKED = asy.RandomFeaturesRidge("tanh", target={1: 1}, noise=0.1), asy.FiniteSize(d=6, n=8, p=5), 0.1


def campaign(trials):
    return plan_campaign(*ASKED, trials=trials, seed=1)


def undisturbed(trials):
    return asy.simulate(*ASKED, trials=trials, seed=1)


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "asymptotics", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT,
    )  # fmt: skip


def stored(path):
    try:
        return campaign_status(path).done if path.exists() else 0
    except SimulationError:
        return 0


def wait_for(path, least, process):
    limit = time.monotonic() + 60
    while stored(path) < least:
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code", "more"),
    [
        pytest.param(signal.SIGINT, 130, ["--workers", "2"], marks=pytest.mark.slow),
        (signal.SIGTERM, 143, ["--progress"]),
    ],
)
def test_a_signal_stops_with_one_line_that_says_what_is_kept(number, code, more, tmp_path):
    path = tmp_path / "runs.sqlite"
    process = started("simulate", *RUN, "--store", str(path), *more)
    wait_for(path, 40, process)
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    other = CliRunner().invoke(main, ["simulate", *RUN, "--store", str(link)])
    assert other.exit_code == 1 and other.stderr.startswith(f"error: another run is writing to {path}; wait")
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    *progress, line = errors.splitlines()
    done = stored(path)
    assert process.returncode == code and out == "" and 40 <= done < TRIALS
    assert (
        line
        == f"stopped: {path} keeps {done} of {TRIALS} replicates in 1 configurations; the same command goes on there"
    )
    assert all("replicates/s]" in state for state in progress) and bool(progress) == ("--progress" in more)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_thirty_two_kills_lose_nothing_and_repeat_nothing(tmp_path):
    """Half of the runs are killed while workers draw; the numbers are those of a run that nobody disturbed."""
    path, reached = tmp_path / "runs.sqlite", 0
    for kill in range(32):
        process = started("simulate", *RUN, "--store", str(path), "--workers", str(1 + kill % 2))
        wait_for(path, reached + 16, process)
        time.sleep(0.003 * (kill % 7))
        process.kill()
        process.communicate()
        before, reached = reached, stored(path)
        assert reached >= before + 16, "what was stored is lost"
    kept = campaign(reached - reached % 8)
    run_campaign(kept, path)
    assert np.array_equal(collect_campaign(kept, path).test.draws, undisturbed(kept.trials).test.draws)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path):
    """A limit on the size of files stands for the end of the disk."""
    path = tmp_path / "runs.sqlite"
    small = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)); "
        "from asymptotics.cli import main; main()"
    )
    few = [*RUN[:-4], "--trials", "2000", "--seed", "1", "--store", str(path)]
    failed = subprocess.run(
        [sys.executable, "-c", small, "simulate", *few], capture_output=True, text=True, env=ENVIRONMENT
    )
    (line,) = failed.stderr.splitlines()
    assert failed.returncode == 1 and failed.stdout == ""
    assert line.startswith(f"error: cannot write to {path}: ") and "everything stored before is safe" in line
    assert 8 <= stored(path) < 2000
    assert run_campaign(campaign(2000), path).complete
    assert np.array_equal(collect_campaign(campaign(2000), path).test.draws, undisturbed(2000).test.draws)
