"""What every test shares: reproducible random inputs, no windows, and a header that says what is absent."""

import importlib.util
import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("ASYMPTOTICS_MEMORY_GB", "34")  # refusals name the same number on every machine

settings.register_profile("default", deadline=None, derandomize=True, database=None)
settings.load_profile("default")

EXTRAS = {"matplotlib": "plot", "xarray": "data", "gmpy2": "fast", "distributed": "cluster"}


def pytest_report_header():
    absent = [
        f"{module} (extra {extra})"
        for module, extra in EXTRAS.items()
        if not importlib.util.find_spec(module)
    ]
    return f"absent: {', '.join(absent)}" if absent else "all extras are present"
