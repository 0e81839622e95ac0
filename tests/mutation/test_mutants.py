"""The mutants that are made, and that tests which look kill them."""

from pathlib import Path

from tests.mutation.mutants import mutants
from tests.mutation.served import entrance, put

MODULE = '''
"""A module of 1 line."""
LEAST = 2


def f(x):
    if x < LEAST and not x == 0:
        raise ValueError(f"{x + 1} < 2")
    if LEAST:
        print(x)
    return -min(x, -1)
'''


def test_every_kind_of_fault_is_made_once():
    assert [mutant.fault for mutant in mutants(MODULE)] == [
        "2 -> 3",
        "x < LEAST and (not x == 0) -> x < LEAST or not x == 0",
        "x < LEAST -> x <= LEAST",
        "not x == 0 -> x == 0",
        "x == 0 -> x != 0",
        "0 -> 1",
        "raise ValueError(f'{x + 1} < 2') -> pass",
        "LEAST -> not LEAST",
        "print(x) -> pass",
        "-min(x, -1) -> min(x, -1)",
        "min(x, -1) -> max(x, -1)",
        "-1 -> 1",
        "1 -> 2",
    ]


def test_mutants_are_modules_that_do_something_else():
    results = []
    for source in [MODULE, *(mutant.source for mutant in mutants(MODULE))]:
        printed = []
        space = {"print": printed.append}
        exec(compile(source, "mutant", "exec"), space)
        results.append([[_value(space["f"], x) for x in (-2, -1, 0, 1, 2, 3, 4)], printed])
    assert results.count(results[0]) == 1


def test_annotations_docstrings_and_sizes_of_caches_make_none():
    quiet = [
        '"""1 < 2"""',
        "from a import b",
        "@lru_cache(maxsize=64)\ndef f(x: Literal[1]) -> Literal[2]: return x",
    ]
    assert all(mutants(source) == [] for source in quiet)
    assert mutants(Path(__file__).with_name("__init__.py").read_text(encoding="utf-8")) == []


def test_a_mutant_is_given_to_tests_that_enter_its_function():
    source = "A = 1\n@cache\ndef f(x=2):\n    def g():\n        return 3\n    return g() + 4\n"
    assert [entrance(source, line) for line in range(1, 7)] == [None, None, None, 2, 4, 2]


def test_functions_in_memory_are_given_the_code_of_a_mutant(tmp_path):
    """Under decorators and in classes; nothing is done if no function of the file is in memory."""
    before = (
        "import functools\n@functools.cache\ndef f(x):\n    return x + 1\n"
        "class A:\n    def g(self, x):\n        return f(x)\n"
    )
    file, space = str(tmp_path / "module.py"), {"__name__": "module"}
    assert not put(file, before, before)
    exec(compile(before, file, "exec"), space)
    assert put(file, before, before) and space["A"]().g(2) == 3
    assert put(file, before, before.replace("f(x)\n", "f(x) * 10\n")) and space["A"]().g(3) == 40
    assert put(file, before, before.replace("x + 1", "x - 1")) and space["A"]().g(4) == 3


def _value(function, x):
    try:
        return function(x)
    except ValueError as error:
        return type(error).__name__
