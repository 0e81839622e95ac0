"""Records are files that are read back to the letter, and refused in words where they say something else."""

import json
from dataclasses import replace

import pytest
import sympy as sp

from asymptotics.equations.encoding import _LONGEST_NUMBER, _MOST_BITS, decode, encode
from asymptotics.equations.records import chart_from_text, record_text, system_from_text, write_record
from asymptotics.errors import RecordError
from asymptotics.models.library import RECORDS

SYSTEM, CHART = "kernel-ridge.proportional", "random-features.proportional.tall"
READERS = {SYSTEM: system_from_text, CHART: chart_from_text}


def text_of(name):
    return (RECORDS / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", READERS)
def test_records_are_written_as_they_stand_there(name, tmp_path):
    found = READERS[name](text_of(name))
    write_record(found, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text(encoding="utf-8") == text_of(name) == record_text(found)


def test_a_chart_without_a_ridge_comes_back():
    chart = replace(chart_from_text(text_of(CHART)), vanishing=None)
    again = chart_from_text(record_text(chart))
    assert again == chart and again.vanishing is None and record_text(again) == record_text(chart)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data.update(digest="0" * 64), r"^\S+: digest \w{12} is not the recorded 000000000000$"),
        (lambda data: data.update(format="x" * 99), r"^record format 'x{60}' is not 'asymptotics-\w+-1'$"),
        (lambda data: data.update(provenance=3), "^malformed record: "),
        (lambda data: data.get("chart", data.get("system")).clear(), "^malformed record: "),
    ],
)  # fmt: skip
def test_records_that_say_something_else(name, spoil, said):
    data = json.loads(text_of(name))
    spoil(data)
    with pytest.raises(RecordError, match=said):
        READERS[name](json.dumps(data))
    (other,) = READERS.keys() - {name}
    with pytest.raises(RecordError, match="record format"):
        READERS[other](text_of(name))


def nested(times):
    data = "a"
    for _ in range(times):
        data = ["*", data, "b"]
    return data


def power(bits):
    """A number of so many binary digits, its denominator among them, to the largest power."""
    return ["^", str(2 ** (bits - 2)), "1000"]


@pytest.mark.parametrize(
    ("read", "refused"),
    [
        ("9" * _LONGEST_NUMBER, "9" * (_LONGEST_NUMBER + 1)),
        (power(_MOST_BITS // 1000), power(_MOST_BITS // 1000 + 1)),
        (nested(200), nested(201)),
        (["letters", "a", "b"], ["letters", "a", "a"]),
        (["letters", "a", "b", "a"], ["letters", "a"]),
        (["letters", "a", "b"], ["letters", "a", "2"]),
        (["average", "s", "s", "T"], ["average", "s", "1/2", "T"]),
        (["average", "s", "s", "T"], ["average", "s", "s", "2"]),
    ],
    ids=[
        "digits",
        "power",
        "depth",
        "same letters",
        "one letter",
        "a number for a letter",
        "eigenvalue",
        "measure",
    ],
)
def test_bounds_of_what_is_read(read, refused):
    decode(read)
    with pytest.raises(RecordError):
        decode(refused)


def test_numbers_and_averages_are_read_as_they_are():
    assert (_LONGEST_NUMBER, _MOST_BITS % 1000) == (4000, 0)
    assert decode("3") == 3 and decode("-7/2") == -sp.Rational(7, 2)
    average = decode(["average", "s", "s", "T"])
    assert encode(average) == ["average", "s", "s", "T"]
