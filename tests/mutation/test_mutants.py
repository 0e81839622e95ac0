"""The mutants that are made, and that tests which look kill them."""

from pathlib import Path

from tests.mutation.mutants import mutants

MODULE = '''
"""A module of 1 line."""
LEAST = 2


def f(x):
    if x < LEAST and not x == 0:
        raise ValueError(3)
    return x + 1
'''


def test_every_kind_of_fault_is_made_once():
    assert [mutant.fault for mutant in mutants(MODULE)] == [
        "2 -> 3",
        "x < LEAST and (not x == 0) -> x < LEAST or not x == 0",
        "x < LEAST -> x <= LEAST",
        "not x == 0 -> x == 0",
        "x == 0 -> x != 0",
        "0 -> 1",
        "raise ValueError(3) -> pass",
        "3 -> 4",
        "x + 1 -> x - 1",
        "1 -> 2",
    ]


def test_mutants_are_modules_that_differ():
    sources = [mutant.source for mutant in mutants(MODULE)]
    assert len(set(sources)) == len(sources)
    results = []
    for source in sources:
        space = {}
        exec(compile(source, "mutant", "exec"), space)
        results.append([_value(space["f"], x) for x in (-1, 0, 1, 2, 3)])
    assert (
        results.count(["ValueError", 1, "ValueError", 3, 4]) == 1
    )  # only the text of the message is another


def test_annotations_and_docstrings_make_none():
    assert mutants('"""1 < 2"""\nfrom a import b\n') == []
    assert mutants(Path(__file__).with_name("__init__.py").read_text(encoding="utf-8")) == []


def _value(function, x):
    try:
        return function(x)
    except ValueError as error:
        return type(error).__name__
