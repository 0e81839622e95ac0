"""The gallery as pages of the site: figures of papers, made by the code that is shown beside them."""

import sys
from pathlib import Path

import asymptotics as asy
from asymptotics.papers import figures
from asymptotics.papers.make import Made, entries
from docs.site.derived import code_digest


def gallery_pages(cache: Path, quick: bool = False) -> tuple[dict[str, str], list[Path]]:
    """Pages by their place in the site, and the pictures on them.

    Parameters
    ----------
    cache : Path
        Folder where figures are kept under a digest of the whole code, since simulation takes minutes.
    quick : bool
        Titles only; nothing is made.
    """
    known = entries()
    names = "\n".join(known)
    toc = f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    head = "# Gallery\n\nFigures of papers, made with this package: [how](../howto/gallery.md).\n"
    if quick:
        pages = {name: f"# {one.title}\n\n{one.caption}\n" for name, one in known.items()}
        shown = "\n".join(f"- [{one.title}]({name}.md)" for name, one in known.items())
        pictures = []
    else:
        made, sources = _made(cache)
        pages = {one.name: _page(one, sources[one.name]) for one in made}
        shown = "\n".join(_thumbnail(one) for one in made)
        pictures = [one.picture for one in made]
    index = "\n".join([head, f"{shown}\n", toc])
    return {"gallery/index.md": index} | {
        f"gallery/{name}.md": text for name, text in pages.items()
    }, pictures


def _made(cache: Path) -> tuple[tuple[Made, ...], dict[str, str]]:
    """Every figure at small sizes, and the file that makes it."""
    made = asy.gallery(
        folder=cache / code_digest(), small=True, say=lambda line: print(line, file=sys.stderr)
    )
    home = Path(figures.__path__[0])
    return made, {
        name: (home / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8") for name in entries()
    }


def _page(one: Made, source: str) -> str:
    found = one.comparisons.items()
    simulated = [f"- simulation, {label}: {'agrees' if c.agrees else 'disagrees'}" for label, c in found]
    return "\n".join([
        f"# {one.entry.title}\n",
        f"![{one.entry.title}]({one.picture.name})\n",
        f"{one.entry.caption} {one.entry.figure} {{cite}}`{one.entry.paper}`\n",
        "Numbers of the paper, and the experiment, here at smaller sizes than `asymptotics gallery` takes by itself:\n",
        *(f"- {number}" for number in one.numbers),
        *simulated,
        f"\n## Code\n\n```python\n{source.strip()}\n```\n",
    ])  # fmt: skip


def _thumbnail(one: Made) -> str:
    return f":::{{image}} {one.picture.name}\n:target: {one.name}.html\n:alt: {one.entry.title}\n:width: 230px\n:::"
