"""Follows every link of a built site: files and anchors exist, and no page asks for anything from elsewhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}
"""What a browser fetches by itself."""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.links.append((tag, name, value))


def read(page: Path) -> _Page:
    """Anchors and links of a page."""
    parsed = _Page()
    parsed.feed(page.read_text(encoding="utf-8"))
    return parsed


def broken(site: Path) -> Iterator[str]:
    """Links inside a site that lead nowhere, as ``page: link``."""
    pages = {page: read(page) for page in sorted(site.rglob("*.html"))}
    for page, parsed in pages.items():
        for _, _, link in parsed.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.exists():
                yield f"{page.relative_to(site)}: {link}"
            elif anchor and target in pages and anchor not in pages[target].anchors:
                yield f"{page.relative_to(site)}: {link} (no such anchor)"


def outside(site: Path) -> Iterator[str]:
    """What pages would fetch from the network, as ``page: address``."""
    for page in sorted(site.rglob("*.html")):
        for tag, name, link in read(page).links:
            if (tag, name) in LOADED and urlsplit(link).netloc:
                yield f"{page.relative_to(site)}: fetches {link}"
