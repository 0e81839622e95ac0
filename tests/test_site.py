"""The site: every page, public name and derivation is in it; links are rewritten; what is broken is seen.

The whole site is built, with warnings as errors, by the slow test and by the continuous integration.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import asymptotics as asy
from asymptotics.papers.make import Made, entries
from docs.site import gallery
from docs.site.links import broken, outside
from docs.site.reference import reference_pages, rooms
from docs.site.staging import contents, in_no_section, origins, relinked
from tests.benchmarks.history import compared, history

ROOT = Path(__file__).parents[1]


def test_every_page_has_a_section_and_a_title():
    places = origins()
    assert in_no_section(places.values()) == []
    assert in_no_section(["howto/new.md", "index.md"]) == [] and in_no_section(["lost.md"]) == ["lost"]
    untitled = [
        path for path in places if path.suffix == ".md" and not path.read_text("utf-8").startswith("# ")
    ]
    assert untitled == []


def test_every_public_name_has_a_page():
    pages = reference_pages({"howto/a.md": "call `asy.predict(model)` here"})
    named = {Path(place).stem for place in pages} - {"index"}
    assert named == {name for name in asy.__all__ if name in asy._HOME}
    assert ".. autofunction:: predict" in pages["reference/prediction/predict.rst"]
    assert "- :doc:`/howto/a`" in pages["reference/prediction/predict.rst"]
    assert "- :doc:`/howto/a`" not in pages["reference/analysis/optimal_ridge.rst"]
    assert set(rooms()) >= {"models", "symbolic", "verification"}
    assert ".. autoclass:: QuadraticProgram" in pages["reference/symbolic/index.rst"]


def test_sections_without_pages_are_left_out():
    table = contents(["tutorial/first_curve.md", "index.md"])
    assert ":caption: Tutorials" in table and "tutorial/*" in table
    assert "notebooks" not in table and "Gallery" not in table
    assert "gallery/index" in contents(["gallery/index.md"])


def test_pages_of_figures_show_the_pictures_that_are_copied(monkeypatch):
    """Files of a figure come in any order; a page shows the PNG."""
    known = entries()
    made = tuple(
        Made(name, known[name], (), {}, tuple(Path(f"{name}{kind}") for kind in kinds), 0.0)
        for name, kinds in zip(known, [(".pdf", ".png", ".csv"), (".png", ".pdf")], strict=False)
    )
    monkeypatch.setattr(gallery, "_made", lambda cache: (made, dict.fromkeys(known, "pass")))
    pages, pictures = gallery.gallery_pages(Path("unused"))
    assert [path.suffix for path in pictures] == [".png", ".png"]
    for one in made:
        assert f"]({one.name}.png)" in pages[f"gallery/{one.name}.md"]
        assert f"{{image}} {one.name}.png" in pages["gallery/index.md"]


def test_links_lead_to_where_pages_stand():
    here, shown = ROOT / "docs" / "theory" / "dynamics.md", origins()
    for text, expected in (
        ("[a](solver.md#no-ridge)", "[a](solver.md#no-ridge)"),
        ("[a](../../CHANGELOG.md)", "[a](../changes.md)"),
        ("[a](../../derivations/next_order.py)", "[a](../derivations/next-order.md)"),
        ("[the entry](../../pyproject.toml)", "the entry (`pyproject.toml`)"),
        ("[a](https://x.org/b) [b](#c)", "[a](https://x.org/b) [b](#c)"),
        ("```python\nf[0](x.md)\n```", "```python\nf[0](x.md)\n```"),
    ):
        assert relinked(text, here, shown) == expected


def test_broken_links_are_seen(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">b</a><a href="#top">t</a><p id="top"><a href="https://x.org">x</a>'
    )
    (tmp_path / "b.html").write_text(
        '<h1 id="there"></h1><img src="p.png"><script src="https://x.org/s.js"></script>'
    )
    assert list(broken(tmp_path)) == ["b.html: p.png"]
    assert list(outside(tmp_path)) == ["b.html: fetches https://x.org/s.js"]
    (tmp_path / "p.png").touch()
    (tmp_path / "a.html").write_text('<a href="b.html#lost">b</a>')
    assert list(broken(tmp_path)) == ["a.html: b.html#lost (no such anchor)"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("sphinx", reason="extra docs")
    command = [sys.executable, "-m", "docs.site", "--quick", "--out", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site" / "reference" / "prediction" / "predict.html").read_text("utf-8")
    for said in (
        "Parameters",
        "Raises",
        "Examples",
        "[source]",
        "asy.Proportional(psi1=2, psi2=3)",
        "theory/random_features.html",
    ):
        assert said in page, said
    assert (tmp_path / "site" / "objects.inv").exists() and (tmp_path / "site" / "searchindex.js").exists()


def test_a_benchmark_with_history_compares():
    now, before = ({"units": {"a": units}, "seconds": {"a": 1.0}} for units in (3.0, 1.0))
    assert "SLOWER" in next(compared(now, before)) and "faster" in next(compared(before, now))
    assert "SLOWER" not in next(compared(now, None))
    assert all({"date", "version", "unit", "seconds", "units", "note"} <= set(line) for line in history())
