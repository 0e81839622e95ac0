"""What every test shares: reproducible random inputs, no windows, and a header that says what is absent."""

import importlib.util
import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("ASYMPTOTICS_MEMORY_GB", "34")  # refusals name the same number on every machine

settings.register_profile("default", deadline=None, derandomize=True, database=None)
settings.load_profile("default")

LONGEST = (
    "tests/derivations/",
    "tests/test_readme.py",
    "tests/test_doctests.py",
    "tests/test_cli.py",
    "tests/test_hash_seeds.py",
    "tests/symbolic/test_short_systems.py",
    "tests/models/test_own_model.py",
)
"""Files of tests that take longest: they come first, so that none is left to one process at the end."""

EXTRAS = {"matplotlib": "plot", "xarray": "data", "gmpy2": "fast", "distributed": "cluster"}


def pytest_report_header():
    absent = [
        f"{module} (extra {extra})"
        for module, extra in EXTRAS.items()
        if not importlib.util.find_spec(module)
    ]
    return f"absent: {', '.join(absent)}" if absent else "all extras are present"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
