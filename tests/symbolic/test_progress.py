"""The line that long derivations write, and where it stays away."""

import io
import sys
import threading

import pytest

from asymptotics.errors import InputError
from asymptotics.symbolic import ntr, progress, trace_system
from tests.symbolic.support import FEATURE_RESOLVENT, group_program


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self):
        return True


def test_a_callable_sees_every_step():
    seen = []
    group_program(2).deterministic_equivalent(progress=seen.append)
    doing = [step.doing for step in seen]
    assert doing[:2] == ["Dyson equation", "poles"] and "solving the linear response" in doing
    assert seen[0].traces == 0 and {step.traces for step in seen[1:]} == {5}
    assert str(seen[1]).startswith("2 groups: 5 traces, poles ... ")
    assert [step.seconds for step in seen] == sorted(step.seconds for step in seen)


def test_a_line_appears_on_a_terminal_after_a_while_and_is_wiped(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    trace_system(ntr(FEATURE_RESOLVENT), name="features")
    text = sys.stderr.getvalue()
    assert "\rfeatures: 4 traces, eliminating ... " in text and "\n" not in text
    assert text.endswith("\r") and not text.split("\r")[-2].strip()


@pytest.mark.parametrize(("stream", "patience"), [(Terminal, 1000.0), (io.StringIO, 0.0)])
def test_no_line_where_it_is_fast_or_no_terminal(monkeypatch, stream, patience):
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setattr(sys, "stderr", stream())
    trace_system(ntr(FEATURE_RESOLVENT))
    assert sys.stderr.getvalue() == ""


def test_a_program_without_stderr_runs(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert trace_system(ntr(FEATURE_RESOLVENT)).unknowns


def test_an_error_of_the_callable_stops_the_derivation_and_nothing_is_left():
    def stop(step):
        raise InputError("progress", step.doing, "something else")

    with pytest.raises(InputError):
        trace_system(ntr(FEATURE_RESOLVENT), progress=stop)
    assert trace_system(ntr(FEATURE_RESOLVENT)).unknowns


def test_threads_report_their_own():
    seen = {1: [], 2: []}

    def derive(number):
        trace_system(ntr(FEATURE_RESOLVENT), f"thread {number}", seen[number].append)

    threads = [threading.Thread(target=derive, args=(number,)) for number in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, steps in seen.items():
        assert {step.name for step in steps} == {f"thread {number}"}
