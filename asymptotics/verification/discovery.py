"""Where the derivations and their bibliography are found."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, ModuleType

from asymptotics.errors import DerivationError
from asymptotics.verification.derivation import Derivation

PACKAGE = "derivations"


def _package() -> ModuleType:
    """The package of derivations: part of this one where it is installed, beside it in a checkout.

    Raises
    ------
    DerivationError
        If there is none.
    """
    if (Path(__file__).resolve().parents[1] / PACKAGE / "__init__.py").is_file():
        return importlib.import_module(f"{__name__.partition('.')[0]}.{PACKAGE}")
    home = Path(__file__).resolve().parents[2] / PACKAGE
    loaded = sys.modules.get(PACKAGE)
    if loaded is not None and home in [Path(place).resolve() for place in getattr(loaded, "__path__", [])]:
        return loaded
    if not (home / "__init__.py").is_file():
        raise DerivationError(f"no derivations beside the package (looked in {home.parent})")
    name = PACKAGE if loaded is None else f"_asymptotics_{PACKAGE}"
    spec = importlib.util.spec_from_file_location(
        name, home / "__init__.py", submodule_search_locations=[str(home)]
    )
    if spec is None or spec.loader is None:
        raise DerivationError(f"the derivations in {home} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@lru_cache(maxsize=1)
def derivations() -> Mapping[str, Derivation]:
    """Every derivation that ships with the package, by id, in the order of the argument.

    Returns
    -------
    mapping str -> Derivation
        A derivation stands after all those it uses.

    Raises
    ------
    DerivationError
        If two share an id, one uses an unknown one, or they use each other in a circle.
    """
    package = _package()
    found: dict[str, Derivation] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.ispkg or info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        derivation = getattr(module, "derivation", None)
        if not isinstance(derivation, Derivation):
            raise DerivationError(f"{info.name} defines no derivation")
        if derivation.id in found:
            raise DerivationError(f"two derivations have the id {derivation.id}")
        if not derivation.statement:
            derivation = replace(derivation, statement=(module.__doc__ or "").strip())
        found[derivation.id] = derivation
    return MappingProxyType(ordered(found))


def ordered(found: Mapping[str, Derivation]) -> dict[str, Derivation]:
    """Topological order, alphabetical where the argument leaves a choice."""
    ordered: dict[str, Derivation] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise DerivationError(f"derivations use each other in a circle: {' -> '.join([*path, name])}")
        if name not in found:
            raise DerivationError(f"{path[-1]} uses {name}, which is not there")
        if name in ordered:
            return
        for used in found[name].uses:
            visit(used, (*path, name))
        ordered[name] = found[name]

    for name in sorted(found):
        visit(name, ())
    return ordered


_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s]+)\s*,")


def published(name: str) -> ModuleType:
    """Equations of a paper as functions: to compare with.

    Parameters
    ----------
    name : str
        A module of ``derivations/published``.

    Examples
    --------
    >>> published("hastie").ridgeless_under(0.5, 2.0)
    2.0
    """
    return importlib.import_module(f"{_package().__name__}.published.{name}")


@lru_cache(maxsize=1)
def bibliography() -> Mapping[str, Mapping[str, str]]:
    """The bibliography of the derivations: key to fields (``type`` among them).

    Raises
    ------
    DerivationError
        If the file is missing.
    """
    path = Path(str(_package().__path__[0])) / "references.bib"
    if not path.is_file():
        raise DerivationError(f"no bibliography at {path}")
    return MappingProxyType(parse_bibliography(path.read_text(encoding="utf-8")))


def parse_bibliography(text: str) -> dict[str, Mapping[str, str]]:
    r"""Entries of a BibTeX text whose fields stand one a line, ``name = {value},``.

    Examples
    --------
    >>> parse_bibliography("@article{Key2020,\n  author = {A. Author},\n}")["Key2020"]["author"]
    'A. Author'
    """
    entries: dict[str, Mapping[str, str]] = {}
    starts = [*_ENTRY.finditer(text)]
    for position, match in enumerate(starts):
        end = starts[position + 1].start() if position + 1 < len(starts) else len(text)
        body = text[match.end() : end]
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", body, flags=re.MULTILINE))
        entries[match.group(2)] = MappingProxyType({"type": match.group(1).lower(), **fields})
    return entries
