"""What to cite: this software, and the theorems that an answer rests on, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from asymptotics.errors import InputError
from asymptotics.models.library import stored_system
from asymptotics.models.recipes import recipes
from asymptotics.printing import Printed
from asymptotics.version import __version__

__all__ = ["Citation", "cite"]

YEAR = 2026
"""Of the version."""

_DISTRIBUTION = "asymptotics-rf"
_FOLDERS = [Path(__file__).resolve().parents[level] / "derivations" for level in (2, 1)]
"""Where the bibliography of the derivations may be: beside the package, or in it."""

_GROUP = re.compile(r"\[((?:\w+\d{4})(?:,\s*\w+\d{4})*)\]")
_ENTRY = re.compile(r"@\w+\s*\{\s*([^,\s]+)\s*,.*?^\}", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, repr=False)
class Citation(Printed):
    """What an answer rests on; prints as BibTeX.

    Attributes
    ----------
    keys : tuple of str
        Of the theorems that are assumed, in the bibliography of the derivations.
    entries : tuple of str
        BibTeX: the software first, then every key.
    note : str
        A sentence for the text.
    """

    keys: tuple[str, ...]
    entries: tuple[str, ...]
    note: str

    def __str__(self) -> str:
        return "\n\n".join([f"% {self.note}", *self.entries])


def cite(*things: Any) -> Citation:
    """What to cite for an answer: the software, and the theorems that its equations rest on.

    Parameters
    ----------
    *things : Risk, FixedPointSystem, anything with a ``system`` or ``risk``, or str
        A text is the name of a derived system, or a key of the bibliography. Without any, only the software.

    Returns
    -------
    Citation

    Raises
    ------
    InputError
        If one does not say how it was made.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1})
    >>> risk = asy.predict(model, asy.Proportional(2, 3), ridge=0.1)
    >>> cite(risk).keys
    ('MeiMontanari2022', 'HuLuMisiakiewicz2024', 'Defilippis2024')
    >>> print(str(cite()).splitlines()[1:4])
    ['', '@software{asymptotics,', '  title = {asymptotics: exact asymptotic risk of linearized neural networks},']
    """
    known = _bibliography()
    keys = tuple(dict.fromkeys(key for thing in things for key in _cited(thing, known)))
    rest = f"; its equations rest on {', '.join(keys)}" if keys else ""
    note = f"computed with asymptotics {__version__}{rest}"
    return Citation(keys, (_software(), *(known[key] for key in keys if key in known)), note)


def _keys(text: str) -> list[str]:
    """Keys in brackets.

    Examples
    --------
    >>> _keys("assumed [Bach2024, Hastie2022]; more [Bach2024]")
    ['Bach2024', 'Hastie2022', 'Bach2024']
    """
    return [key.strip() for group in _GROUP.findall(text) for key in group.split(",")]


def _cited(thing: Any, known: Mapping[str, str]) -> list[str]:
    """Keys that one thing rests on."""
    if isinstance(thing, str) and thing in known:
        return [thing]
    return [key for text in _assumptions(thing) for key in _keys(text)]


def _assumptions(what: Any) -> Iterable[str]:
    """What the equations of an answer assume, in words."""
    if isinstance(what, str):
        if what not in recipes():
            allowed = f"a derived system ({', '.join(recipes())}) or a key of the bibliography"
            raise InputError("what", what, allowed)
        what = stored_system(what)
    what = getattr(what, "risk", what)
    if hasattr(what, "made_by"):
        equations = what.made_by.get("equations", "")
        named = [model for model in recipes() if model in equations]
        return [text for model in named for text in stored_system(model).provenance.assumptions]
    system = getattr(what, "system", what)
    if not hasattr(system, "provenance") or not hasattr(system.provenance, "assumptions"):
        raise InputError(
            "what", what, "a Risk or a system of equations", "without it, cite() is of the software"
        )
    return list(system.provenance.assumptions)


def _software() -> str:
    """BibTeX of this package; its address is the one that the distribution declares."""
    fields = {
        "title": "asymptotics: exact asymptotic risk of linearized neural networks",
        "author": "{The asymptotics developers}",
        "year": str(YEAR),
        "version": __version__,
        "url": _address(),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join(["@software{asymptotics,", *lines, "}"])


def _address() -> str:
    try:
        urls = metadata(_DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Repository", "")


@lru_cache(maxsize=1)
def _bibliography() -> dict[str, str]:
    """BibTeX entries by key, each with the address of its preprint."""
    path = next(
        (folder / "references.bib" for folder in _FOLDERS if (folder / "references.bib").is_file()), None
    )
    text = path.read_text(encoding="utf-8") if path else ""
    return {match.group(1): _with_url(match.group(0)) for match in _ENTRY.finditer(text)}


def _with_url(entry: str) -> str:
    r"""An entry with the address of its preprint, if it has one and no other address.

    Examples
    --------
    >>> print(_with_url("@misc{A2020,\n  eprint = {2001.00001},\n}"))
    @misc{A2020,
      eprint = {2001.00001},
      url = {https://arxiv.org/abs/2001.00001},
    }
    """
    found = re.search(r"^\s*eprint = \{([^}]*)\}", entry, re.MULTILINE)
    if not found or re.search(r"^\s*url = ", entry, re.MULTILINE):
        return entry
    return entry[:-1] + f"  url = {{https://arxiv.org/abs/{found.group(1)}}},\n}}"
