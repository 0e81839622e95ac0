"""Settings of Sphinx. Formulas are MathML, made by the package: no script, nothing from elsewhere."""

import os
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

from sphinx.util import logging

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import asymptotics as asy  # noqa: E402
from asymptotics.report.mathml import UNKNOWN, mathml  # noqa: E402
from asymptotics.verification.discovery import bibliography  # noqa: E402

project = "asymptotics"
author = "The asymptotics developers"
copyright = author
version = release = asy.__version__
extensions = [
    "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "myst_nb", "sphinxcontrib.bibtex",
]  # fmt: skip
html_theme = "furo"
html_title = f"asymptotics {release}"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_copy_source = False
bibtex_bibfiles = [os.path.relpath(ROOT / "derivations" / "references.bib", Path(__file__).parent)]
bibtex_reference_style = "author_year"
nb_execution_mode = "off" if os.environ.get("ASYMPTOTICS_SITE_QUICK") else "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
napoleon_google_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
python_maximum_signature_line_length = 80
maximum_signature_line_length = 80
html_math_renderer = "mathml"
suppress_warnings = [
    "config.cache",
    "ref.python",
]  # words of types, such as shape, are names of attributes too

KEY = re.compile(r"\b(" + "|".join(map(re.escape, bibliography())) + r")\b")
PAGE = re.compile(r"`{0,2}docs/([\w/]+)\.md`{0,2}")
NAME = re.compile(r"asymptotics\.(?:[\w.]+\.)?(\w+)")
logger = logging.getLogger(__name__)


def formula(self: Any, node: Any, display: bool) -> None:
    r"""A formula of a page, with the number that ``\tag`` gives it."""
    text = node.astext()
    number = re.search(r"\\tag\{(\w+)\}", text)
    shown = mathml(re.sub(r"\\tag\{\w+\}", "", text).strip(), display)
    if UNKNOWN in shown:
        logger.warning("a formula is not understood: %s", text, location=node)
    label = f'<span class="number">({escape(number[1])})</span>' if number else ""
    self.body.append(
        f'<div class="equation"><div class="formula">{shown}</div>{label}</div>' if display else shown
    )


def skip(self: Any, node: Any) -> None:
    """Children of a formula are shown."""
    from docutils import nodes

    formula(self, node, isinstance(node, nodes.math_block))
    raise nodes.SkipNode


def linked(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Pages and keys that a docstring names become links; its examples stay as they are."""
    for place, line in enumerate(lines):
        if line.strip() == "Examples":
            break
        line = PAGE.sub(lambda found: f":doc:`/{found[1]}`", line)
        lines[place] = line if "`" in line and ":doc:" not in line else KEY.sub(r":cite:t:`\1`", line)


def on_the_face(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """A name spelled with its module leads to its page."""
    found = NAME.fullmatch(node.get("reftarget", "").lstrip("~"))
    if node.get("refdomain") != "py" or not found or found[1] not in asy._HOME:
        return None
    domain = env.get_domain("py")
    target = f"asymptotics.{found[1]}"
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], target, node, contnode)


def backlinks(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """From listings of code to the page of a name, whose modules are not the one under which it is public."""
    if pagename.startswith("_modules/"):
        body = re.sub(
            r"(reference/\w+/(\w+)\.html#)asymptotics\.\w+\.(?=\2\b)", r"\1asymptotics.", context["body"]
        )
        context["body"] = re.sub(
            r'(reference/(\w+)/index\.html#)asymptotics\.(?=\w+")', r"\1asymptotics.\2.", body
        )


def setup(app: Any) -> None:
    """Connect."""
    app.add_html_math_renderer("mathml", (skip, None), (skip, None))
    app.connect("autodoc-process-docstring", linked, priority=400)
    app.connect("missing-reference", on_the_face)
    app.connect("html-page-context", backlinks)
