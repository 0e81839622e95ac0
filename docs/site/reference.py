"""The reference: one page for each public name, from its docstring, sorted by the rooms of the package."""

import importlib
import inspect
import re
from collections.abc import Mapping
from typing import Any

import click
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main

ORDER = (
    "models functions prediction dynamics ensembles next_order analysis simulation report papers symbolic transforms "
    "verification equations solvers errors"
).split()
"""Rooms as users meet them; others follow in the order of the alphabet."""
SHOWN_IN = 6
"""Most pages that are named as showing a name."""


def rooms() -> dict[str, list[str]]:
    """Public names by room."""
    found: dict[str, list[str]] = {}
    for name in asy.__all__:
        if name in asy._HOME:
            found.setdefault(asy._HOME[name].split(".")[0], []).append(name)
    for room in ORDER:
        if doors(room):
            found.setdefault(room, [])
    rank = {room: place for place, room in enumerate(ORDER)}
    return {
        room: sorted(found[room], key=str.lower) for room in sorted(found, key=lambda r: (rank.get(r, 99), r))
    }


def doors(room: str) -> list[str]:
    """Names that a room offers to those who build models and derivations, beside the public face."""
    module = importlib.import_module(f"asymptotics.{room}")
    named = getattr(module, "__all__", ()) if hasattr(module, "__path__") else ()
    return [n for n in named if n not in asy._HOME and not inspect.ismodule(getattr(module, n))]


def reference_pages(texts: Mapping[str, str]) -> dict[str, str]:
    """Pages by their place in the site.

    Parameters
    ----------
    texts : mapping of str to str
        Pages of the site in which names are looked for.
    """
    made = {}
    for room, names in rooms().items():
        for name in names:
            made[f"reference/{room}/{name}.rst"] = _name_page(name, texts)
        made[f"reference/{room}/index.rst"] = _room_page(room, names)
    listed = "\n".join(f"   {room}/index" for room in rooms())
    head = _titled("Reference", "=")
    told = (
        "Everything under ``import asymptotics as asy``, and the engine rooms that a model or a derivation of your own "
        "builds on. Ridges, sizes and errors follow :doc:`one convention </notation>`.\n"
    )
    table = "\n".join(_table(room, names) for room, names in rooms().items() if names)
    made["reference/index.rst"] = f"{head}\n{told}\n.. toctree::\n   :hidden:\n\n{listed}\n\n{table}"
    return made


def _titled(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n"


def _table(room: str, names: list[str]) -> str:
    rows = "".join(
        f"   * - :doc:`{name} </reference/{room}/{name}>`\n     - {first_line(getattr(asy, name))}\n"
        for name in names
    )
    return f"{_titled(_title(room), '-')}\n.. list-table::\n   :widths: 28 72\n\n{rows}"


def _title(room: str) -> str:
    """The first words of the docstring of a room."""
    said = inspect.getdoc(importlib.import_module(f"asymptotics.{room}")) or room
    return f"{room}: {re.split(r'[.;:]', said)[0][:60].strip().replace('``', '')}"


def first_line(value: Any) -> str:
    """What a name is, in one line."""
    return " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())


def _room_page(room: str, names: list[str]) -> str:
    module = importlib.import_module(f"asymptotics.{room}")
    parts = [_titled(_title(room), "="), inspect.getdoc(module) or "", ""]
    if names:
        parts += [_table(room, names).partition("\n\n")[2], ".. toctree::\n   :hidden:\n"]
        parts += [f"   {name}" for name in names]
    inner = doors(room)
    if inner:
        parts += ["", _titled("For models and derivations of your own", "-")]
        parts += [f"From ``asymptotics.{room}``.\n", f".. currentmodule:: asymptotics.{room}\n"]
        parts += [_directive(name, getattr(module, name), full=False) for name in inner]
    return "\n".join(parts) + "\n"


def _name_page(name: str, texts: Mapping[str, str]) -> str:
    value = getattr(asy, name)
    used = re.compile(rf"\basy\.{name}\b|(?<![\w.]){name}\(")
    pages = [
        place.removesuffix(".md")
        for place, text in texts.items()
        if used.search(text) and place != "changes.md"
    ]
    seen = "\n".join(f"   - :doc:`/{place}`" for place in pages[:SHOWN_IN])
    parts = [_titled(name, "="), ".. currentmodule:: asymptotics\n", _directive(name, value, full=True)]
    if seen:
        parts.append(f".. rubric:: Shown in\n\n{seen.replace('   - ', '- ')}\n")
    return "\n".join(parts)


def _directive(name: str, value: Any, full: bool) -> str:
    if inspect.isclass(value):
        members = "   :members:\n   :show-inheritance:\n" if full and not issubclass(value, Exception) else ""
        bases = ("object", "ABC", "IntEnum", "int", "ndarray")
        inherited = f"   :inherited-members: {', '.join(bases)}\n" if members else ""
        return f".. autoclass:: {name}\n{members}{inherited}"
    if callable(value):
        return f".. autofunction:: {name}\n"
    return f".. autodata:: {name}\n   :no-value:\n"


def command_line_page() -> str:
    """Every command with its help, as the program prints it."""
    with click.Context(main) as context:
        names = main.list_commands(context)
    runner = CliRunner()
    helped = {name: runner.invoke(main, [name, "--help"], prog_name="asymptotics").output for name in names}
    head = (
        "# Command line\n\nAnswers go to stdout, talk to stderr; `--json` gives machine-readable answers.\n"
        "Exit codes: 0 ok, 1 a check failed, 2 bad input.\n"
    )
    return "\n".join(
        [head, *(f"## {name}\n\n```text\n{text.rstrip()}\n```\n" for name, text in helped.items())]
    )
