"""What goes away says so in one place, with a release in which it is gone, and is not kept longer."""

import ast
import re
import warnings
from pathlib import Path

import pytest

import asymptotics as asy
from asymptotics.deprecation import deprecated

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "asymptotics").rglob("*.py"))


def release(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def announced():
    """Every announcement in the package: the file, and the release in which what it names is gone."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "deprecated":
                gone = [word.value.value for word in node.keywords if word.arg == "gone_in"]
                yield path.relative_to(ROOT).as_posix(), *gone


def test_nothing_is_kept_longer_than_it_was_said():
    found = list(announced())
    assert found and all(len(entry) == 2 for entry in found)
    assert [entry for entry in found if release(entry[1]) <= release(asy.__version__)] == []


def test_one_place_warns_of_what_goes_away():
    said = {p.relative_to(ROOT).as_posix() for p in FILES if "DeprecationWarning" in p.read_text("utf-8")}
    assert said == {"asymptotics/deprecation.py"}


def test_the_warning_points_to_the_line_of_the_user():
    def old():
        deprecated("old()", "new()", gone_in="9.9")

    with pytest.warns(
        DeprecationWarning, match=r"old\(\) is deprecated and gone in 9\.9: use new\(\)"
    ) as said:
        old()
    assert said[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asy.FiniteSize(d=10, n=20, p=30)  # a spelling that stays is silent
