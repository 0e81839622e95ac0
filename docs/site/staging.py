"""The source of the site: pages of ``docs`` as they are, and what is made from the package itself.

Nothing is listed by hand but the order of sections. A new page, public name or derivation is in the site because it
exists.
"""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path

from docs.site.derived import derivation_pages
from docs.site.gallery import gallery_pages
from docs.site.reference import command_line_page, reference_pages

ROOT = Path(__file__).parents[2]
SECTIONS = {
    "Tutorials": ("tutorial/*", "notebooks/*"),
    "How to": ("choosing", "howto/*"),
    "Gallery": ("gallery/index",),
    "Theory": ("theory/*", "notation", "glossary", "bibliography"),
    "Derivations": ("derivations/index",),
    "Reference": ("reference/index", "command_line"),
    "Project": ("other_software", "changes", "project/*", "contributing"),
}
"""Captions of the table of contents, with the pages below them; what is in no section is an error."""
PROJECT = {
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "GOVERNANCE.md": "project/governance.md",
    "CODE_OF_CONDUCT.md": "project/code_of_conduct.md",
    "SECURITY.md": "project/security.md",
}
"""Pages at the top of the repository, and where they stand in the site."""
BIBLIOGRAPHY = """# Bibliography

What the equations rest on and what they are compared with. `asy.cite(risk)` prints the BibTeX of an answer.

```{bibliography}
:all:
```
"""
LEFT_OUT = ("site",)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)#\s]*)(#[^)]*)?\)")


def origins() -> dict[Path, str]:
    """Every file that is shown, with its place in the site."""
    docs = ROOT / "docs"
    found = {
        path: path.relative_to(docs).as_posix()
        for path in sorted(docs.rglob("*"))
        if path.is_file()
        and path.relative_to(docs).parts[0] not in LEFT_OUT
        and "__pycache__" not in path.parts
    }
    return found | {ROOT / name: place for name, place in PROJECT.items() if (ROOT / name).exists()}


def named(page: str) -> str:
    """A page as tables of contents name it; empty if it is none."""
    name, _, kind = page.rpartition(".")
    return name if kind in ("md", "rst", "ipynb") else ""


def holds(pattern: str, name: str) -> bool:
    """Whether an entry of a table of contents stands for a page."""
    return fnmatch(name, pattern) and name.count("/") == pattern.count("/")


def in_no_section(pages: Iterable[str]) -> list[str]:
    """Pages that no section of the table of contents holds."""
    patterns = [pattern for group in SECTIONS.values() for pattern in group]
    names = [name for page in pages if (name := named(page)) and name != "index"]
    return [name for name in names if not any(holds(pattern, name) for pattern in patterns)]


def relinked(text: str, origin: Path, shown: Mapping[Path, str]) -> str:
    """Markdown of a page whose links lead to where files stand in the site; files that are not shown are named."""
    here = Path(shown[origin]).parent

    def link(found: re.Match[str]) -> str:
        mark, words, target, anchor = found[1], found[2], found[3], found[4] or ""
        if not target or ":" in target:
            return found[0]
        meant = (origin.parent / target).resolve()
        place = shown.get(meant)
        if meant.suffix == ".py" and meant.parent == ROOT / "derivations":
            place = f"derivations/{meant.stem.replace('_', '-')}.md"
        if meant == ROOT / "derivations" / "README.md":
            place = "derivations/index.md"
        if place is None:
            return f"{words} (`{meant.relative_to(ROOT)}`)" if words.strip("`") != target else f"`{target}`"
        return f"{mark}[{words}]({Path(os.path.relpath(place, here)).as_posix()}{anchor})"

    fence = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in fence.split(text))


def contents(pages: Iterable[str]) -> str:
    """The table of contents: sections that have pages."""
    names = [named(page) for page in pages]
    parts = []
    for caption, patterns in SECTIONS.items():
        held = [pattern for pattern in patterns if any(holds(pattern, name) for name in names)]
        if held:
            parts.append(
                "\n".join(["```{toctree}", ":hidden:", ":glob:", f":caption: {caption}", "", *held, "```"])
            )
    return "\n\n".join(parts) + "\n"


def stage(folder: Path, quick: bool = False) -> None:
    """Write all sources of the site into a folder.

    Parameters
    ----------
    folder : Path
        Emptied first.
    quick : bool
        Whether derivations are named only, without being run.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shown = origins()
    lost = in_no_section(shown.values())
    if lost:
        raise SystemExit(f"pages in no section of docs/site/staging.py: {', '.join(lost)}")
    for origin, place in shown.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if origin.suffix == ".md":
            target.write_text(relinked(origin.read_text(encoding="utf-8"), origin, shown), encoding="utf-8")
        else:
            shutil.copy(origin, target)
    texts = {
        place: (folder / place).read_text(encoding="utf-8")
        for place in shown.values()
        if place.endswith(".md")
    }
    made = {"bibliography.md": BIBLIOGRAPHY, "command_line.md": command_line_page()}
    made |= {**reference_pages(texts), **derivation_pages(ROOT / "build" / "derivations", quick)}
    figures, pictures = gallery_pages(ROOT / "build" / "gallery", quick)
    made |= figures
    for place, text in made.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")
    for picture in pictures:
        shutil.copy(picture, folder / "gallery" / picture.name)
    index = folder / "index.md"
    index.write_text(
        index.read_text(encoding="utf-8") + "\n" + contents([*shown.values(), *made]), encoding="utf-8"
    )
