"""The public face: names that exist, load lazily, print, and are documented."""

import inspect
import re
import subprocess
import sys

import pytest

import asymptotics as asy
from asymptotics import errors
from asymptotics.verification.discovery import bibliography

LAZY = """
import sys
import asymptotics, asymptotics.cli
heavy = {"sympy", "scipy", "numpy", "matplotlib", "mpmath", "flint"} & set(sys.modules)
assert not heavy, heavy
"""
PREDICTS = """
import sys
import asymptotics as asy
asy.predict(asy.RandomFeaturesRidge("relu", {1: 1}), asy.Proportional(2, 3), ridge=0.1)
heavy = {"matplotlib", "xarray", "sqlite3", "concurrent.futures.process", "asymptotics.simulation"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize("name", asy.__all__)
def test_every_name_loads_and_is_documented(name):
    value = getattr(asy, name)
    assert name in dir(asy)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value), name
        assert value.__name__ == name


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'prediction_of_everything'"):
        asy.prediction_of_everything  # noqa: B018


@pytest.mark.parametrize("program", [LAZY, PREDICTS])
def test_what_is_not_needed_is_not_loaded(program):
    subprocess.run([sys.executable, "-c", program], check=True)


FACE = {name: getattr(asy, name) for name in asy.__all__ if callable(getattr(asy, name))}
SOURCE = re.compile(r"docs/[\w/]+\.md|arXiv:\S+")


def missing_from(value):
    """Sections that the docstring of a public name should have and has not.

    Exceptions say what they mean by an example; a class that raises nothing has no errors to name.
    """
    text = inspect.getdoc(value) or ""
    headings = set(re.findall(r"^(\w[\w ]*)\n-{3,}$", text, re.MULTILINE))
    if inspect.isclass(value) and issubclass(value, Exception):
        return {"Examples"} - headings
    wanted = {"Parameters", "Examples"}
    if inspect.isfunction(value) or "raise " in inspect.getsource(value):
        wanted |= {"Raises"}
    wanted |= {"Returns"} if inspect.isfunction(value) else set()
    headings |= {"Parameters"} & {"Parameters" if "Attributes" in headings else ""}
    cited = SOURCE.search(text) or any(key in text for key in bibliography())
    return (wanted - headings) | (set() if cited else {"a page under docs/ or a key of references.bib"})


def test_every_public_name_says_sizes_errors_source_and_an_example():
    found = {name: missing for name, value in FACE.items() if (missing := missing_from(value))}
    assert found == {}


def test_what_is_missing_is_seen():
    def bare(n):
        """Does it."""

    assert missing_from(bare) >= {"Parameters", "Returns", "Raises", "Examples"}
    assert missing_from(asy.predict) == set()


def test_functions_of_the_face_document_their_parameters():
    for name, value in FACE.items():
        if inspect.isfunction(value):
            section = inspect.getdoc(value).partition("Parameters\n---")[2].partition("\n\n")[0]
            missing = [p for p in inspect.signature(value).parameters if not re.search(rf"\b{p}\b", section)]
            assert not missing, f"{name}: {missing}"


def test_errors_are_one_family():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert all(issubclass(kind, asy.AsymptoticsError) for kind in kinds)
    assert issubclass(asy.InputError, ValueError)


def test_input_errors_survive_process_boundaries():
    import pickle

    error = pickle.loads(pickle.dumps(asy.InputError("n", -1, "a positive integer", "use n >= 1")))
    assert (error.name, error.value, error.allowed, error.advice) == (
        "n",
        -1,
        "a positive integer",
        "use n >= 1",
    )
    assert str(error) == "n = -1: expected a positive integer; use n >= 1"


def test_long_values_are_cut_and_lines_joined():
    message = str(asy.InputError("text", "a\n" * 500, "a word", "so\nshort"))
    assert "\n" not in message and len(message) < 200


@pytest.mark.parametrize(
    "error",
    [
        errors.SolverError("no root", "give a bracket"),
        errors.PrecisionError("lost digits", "ask for more"),
        errors.MissingExtraError("xarray", "data"),
        errors.ShapeError("a", (2,), "(3,)"),
    ],
)
def test_errors_with_fields_survive_process_boundaries(error):
    import pickle

    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again) == vars(error)
