"""How distributions are made from this tree.

The folder ``derivations`` goes into the package, so that a wheel has one top-level name; in a checkout it stays where
it is. The description on a package index has no links that lead nowhere: they become absolute once ``CITATION.cff`` has
a ``repository-code``, which also becomes the project's address, and are plain paths in the source distribution until
then.
"""

import re
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://)([^)]+)\)")
FIGURE = re.compile(r"^!\[[^\n]*\n\n\*.*?\*\n\n", re.MULTILINE | re.DOTALL)
PATHS = "Paths in this text are files of the source distribution.\n\n"


class Derivations(BuildHookInterface):
    """Puts the derivations into the package."""

    def initialize(self, version, build_data):
        """An editable installation has them beside the package."""
        if version != "editable":
            build_data["force_include"]["derivations"] = "asymptotics/derivations"


class Description(MetadataHookInterface):
    """The description and the addresses."""

    def update(self, metadata):
        """From the README and the citation file."""
        root = Path(self.root)
        cited = (root / "CITATION.cff").read_text(encoding="utf-8")
        address = address_of(cited)
        text = description((root / "README.md").read_text(encoding="utf-8"), address)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = ({"Repository": address} if address else {}) | dict(papers(cited))


def address_of(cited):
    """The address of the repository in a citation file; empty if there is none."""
    found = re.search(r"^repository-code: [\"']?([^\s\"']+)", cited, re.MULTILINE)
    return found[1].rstrip("/") if found else ""


def papers(cited):
    """First author with year, and address, of the papers in a citation file."""
    for entry in cited.partition("\nreferences:")[2].split("\n  - type: ")[1:]:
        name, year, url = (
            re.search(rf"{field}: (.*)", entry)[1] for field in ("family-names", "year", "url")
        )
        yield f"{name} {year}", url


def description(text, address):
    """The README with links that work outside of the repository."""
    if address:
        return LINK.sub(lambda m: f"{m[1]}[{m[2]}]({address}/{'raw' if m[1] else 'blob'}/HEAD/{m[3]})", text)
    text = FIGURE.sub("", text)
    plain = LINK.sub(lambda m: f"`{m[3]}`" if m[2] == m[3] else f"{m[2]} `{m[3]}`", text)
    head, _, rest = plain.partition("\n\n")
    return f"{head}\n\n{PATHS}{rest}"
