"""A user's own model, loaded from a file on explicit request. Nothing else in the package runs code of others."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from asymptotics.errors import InputError
from asymptotics.models.model import Model

__all__ = ["load_model"]


def load_model(where: str, digest: str = "") -> type[Model]:
    """The model class that a Python file defines.

    Parameters
    ----------
    where : str
        ``file.py:Class``. The file is executed.
    digest : str
        SHA-256 that the file must have; empty for any. Workers are given it, so that they run what was asked for.

    Raises
    ------
    InputError
        If there is no such file or class, it is no model, the file fails, or has another digest.
    """
    path, _, name = where.rpartition(":")
    allowed = "file.py:Class, a Python file and a subclass of asymptotics.Model in it"
    if not path or not name.isidentifier():
        raise InputError("model", where, allowed)
    try:
        found = file_digest(path)
    except OSError as error:
        raise InputError("model", where, allowed, str(error.strerror or error)) from error
    if digest and found != digest:
        raise InputError("model", where, f"the file of digest {digest[:12]}", "it was changed meanwhile")
    kind = getattr(_module(Path(path), found, where), name, None)
    if not (isinstance(kind, type) and issubclass(kind, Model)):
        raise InputError("model", where, allowed)
    return kind


def file_digest(path: str) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _module(path: Path, digest: str, where: str) -> Any:
    """The file as a module, under a name of its contents: loaded once, and found again when unpickling."""
    name = f"asymptotics_model_{digest[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError("model", where, "a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InputError(
            "model", where, "a file that can be run", f"{type(error).__name__}: {error}"
        ) from error
    return module
