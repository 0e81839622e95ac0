"""Derivations as pages of the site: run, and printed from the objects that were checked."""

import hashlib
import re
from pathlib import Path

from asymptotics.verification.discovery import derivations
from asymptotics.verification.evidence import Evidence
from asymptotics.verification.render import markdown
from asymptotics.verification.run import run

CITED = re.compile(r"\[(@[\w;@, ]+)\]")


def derivation_pages(cache: Path, quick: bool = False) -> dict[str, str]:
    """Pages by their place in the site.

    Parameters
    ----------
    cache : Path
        Folder where pages are kept under a digest of the whole code, since running everything takes a minute.
    quick : bool
        Statements only; nothing is run.
    """
    found = derivations()
    pages = {}
    if quick:
        pages = {name: f"# {one.title}\n\n{one.statement}\n" for name, one in found.items()}
    else:
        kept = cache / code_digest()
        if not kept.is_dir():
            outcomes = run()
            kept.mkdir(parents=True)
            for name in found:
                (kept / f"{name}.md").write_text(markdown([outcomes[name]]), encoding="utf-8")
        pages = {name: (kept / f"{name}.md").read_text(encoding="utf-8") for name in found}
    made = {f"derivations/{name}.md": _page(name, text) for name, text in pages.items()}
    return made | {"derivations/index.md": _index(pages)}


def code_digest() -> str:
    """Of everything that a result may depend on."""
    root = Path(__file__).parents[2]
    files = sorted(
        p for top in ("asymptotics", "derivations") for p in (root / top).rglob("*") if p.is_file()
    )
    total = hashlib.sha256()
    for path in files:
        if path.suffix in (".py", ".json", ".bib"):
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _page(name: str, text: str) -> str:
    """Keys become citations of the one bibliography."""
    body = text.partition("\n## References\n")[0]
    cited = CITED.sub(lambda m: "{cite}`" + ",".join(re.findall(r"@(\w+)", m[1])) + "`", body)
    note = (
        f"*Run `asymptotics verify {name}` to check it, `asymptotics render {name} --latex` for a document.*"
    )
    title, _, rest = cited.partition("\n")
    return f"{title}\n\n{note}\n{rest}"


def _index(pages: dict[str, str]) -> str:
    grades = ", ".join(grade.name.lower() for grade in Evidence)
    rows = ["| derivation | builds on |", "| --- | --- |"]
    for name, one in derivations().items():
        uses = ", ".join(f"[{other}]({other}.md)" for other in one.uses) or "–"
        rows.append(f"| [{one.title}]({name}.md) | {uses} |")
    head = (
        "# Derivations\n\nEach page is one executable argument, printed from the objects that were checked when this "
        f"site was built. Every check has a grade: {grades}.\n"
    )
    toc = ["```{toctree}", ":hidden:", "", *pages, "```"]
    return "\n".join([head, *rows, "", *toc, ""])
