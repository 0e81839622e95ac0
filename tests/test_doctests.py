"""Every example in every docstring runs."""

import doctest
import importlib
import pkgutil

import pytest

import asymptotics

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(asymptotics.__path__, "asymptotics.")
    if "__main__" not in module.name
)


@pytest.fixture(autouse=True)
def quiet_plots(monkeypatch, tmp_path):
    """No windows, and files land in a folder of their own."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    yield
    pyplot.close("all")


@pytest.mark.parametrize("name", ["asymptotics", *MODULES])
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
