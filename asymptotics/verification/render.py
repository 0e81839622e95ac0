"""Derivations as documents: Markdown, and LaTeX that compiles, with equations printed from the objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from asymptotics.errors import InputError
from asymptotics.verification.derivation import Derivation
from asymptotics.verification.discovery import bibliography, derivations
from asymptotics.verification.display import display, meanings
from asymptotics.verification.evidence import Check, DerivationReport, Evidence, StepReport
from asymptotics.verification.run import Outcome, run

FORMATS = ("markdown", "latex")
_WIDEST = 95
_MATH = re.compile(r"(\$\$.*?\$\$|\$[^$]+?\$|`[^`]+`)", re.DOTALL)
_CITATION = re.compile(r"\[@(\w+)\]")


def render(*names: str, format: str = "markdown") -> str:
    """The named derivations (default: all) as one document.

    They are run, so that every printed equation comes from the object that was checked.

    Parameters
    ----------
    *names : str
        Ids of derivations.
    format : {"markdown", "latex"}
        The LaTeX document holds its own bibliography and compiles by itself.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If a name or the format is unknown.
    """
    if format not in FORMATS:
        raise InputError("format", format, f"one of {', '.join(FORMATS)}")
    outcomes = run(*names)
    chosen = [outcomes[name] for name in (names or tuple(outcomes))]
    return markdown(chosen) if format == "markdown" else latex(chosen)


# -- Markdown -------------------------------------------------------------------------------------------


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Outcomes as one Markdown document."""
    parts = [_markdown_one(outcome) for outcome in outcomes]
    keys = _cited(outcomes)
    entries = [f"* **{key}**: {_entry(bibliography()[key])}" for key in keys]
    return "\n\n".join([*parts, "## References", "\n".join(entries)]) + "\n"


def _markdown_one(outcome: Outcome) -> str:
    derivation, report = outcome.derivation, outcome.report
    lines = [
        f"# {derivation.title}",
        _statement(derivation),
        _markdown_front(report),
        _markdown_symbols(outcome),
    ]
    for step, shown in zip(derivation.steps, report.steps, strict=False):
        lines.append(f"## {step.title}")
        lines.append(step.prose)
        formulas = display(outcome.results.get(step.name))
        if formulas:
            lines.append(_markdown_formulas(formulas))
        lines.append(_markdown_checks(shown))
    return "\n\n".join(line for line in lines if line)


def _markdown_front(report: DerivationReport) -> str:
    lines = [
        f"**Grade:** {report.grade.name}; everything that is not assumed: {report.proved_grade.name}.",
        f"**Evidence:** {evidence(report)}",
    ]
    assumed = report.assumptions()
    if assumed:
        lines.append("**Assumed:**")
        lines.append("\n".join(f"* {check.statement} [@{check.reference}]" for check in assumed))
    if report.digest:
        lines.append(f"**System:** `{report.digest[:16]}`")
    return "\n\n".join(lines)


def _markdown_symbols(outcome: Outcome) -> str:
    table = symbols(outcome)
    rows = [f"| ${name}$ | {meaning} |" for name, meaning in table.items()]
    return "\n".join(["## Symbols", "", "| symbol | what it is |", "|---|---|", *rows]) if rows else ""


def _markdown_formulas(formulas: Sequence[str]) -> str:
    body = " \\\\\n".join(formulas)
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"


def _markdown_checks(report: StepReport) -> str:
    lines = []
    for check in report.checks:
        mark = "✓" if check.passed else "✗"
        lines.append(
            f"* {mark} *{check.grade.name}*: {check.statement}"
            + (f" ({check.detail})" if check.detail else "")
        )
        lines += [f"  $${formula}$$" for formula in check.formulas]
    if report.error:
        lines.append(f"* ✗ `{report.error}`")
    return "\n".join(lines)


# -- LaTeX ----------------------------------------------------------------------------------------------

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb,graphicx,longtable}
\usepackage[margin=25mm]{geometry}
\usepackage[hidelinks]{hyperref}
\allowdisplaybreaks
\newcommand{\evidence}[1]{\textsc{#1}}
"""


def latex(outcomes: Sequence[Outcome]) -> str:
    """Outcomes as one LaTeX document with its bibliography."""
    titles = [outcome.derivation.title for outcome in outcomes]
    title = titles[0] if len(titles) == 1 else "Derivations"
    body = [_latex_one(outcome, len(outcomes) > 1) for outcome in outcomes]
    entries = [rf"\bibitem{{{key}}} {_latex_text(_entry(bibliography()[key]))}" for key in _cited(outcomes)]
    library = "\n".join([r"\begin{thebibliography}{99}", *entries, r"\end{thebibliography}"])
    head = rf"\title{{{_latex_text(title)}}}" + "\n\\date{}\n\\begin{document}\n\\maketitle"
    return "\n\n".join([_PREAMBLE + head, *body, library, r"\end{document}"]) + "\n"


def _latex_one(outcome: Outcome, several: bool) -> str:
    derivation, report = outcome.derivation, outcome.report
    section, lower = ("section", "subsection") if several else ("section*", "section")
    lines = [rf"\{section}{{{_latex_text(derivation.title)}}}"] if several else []
    lines += [_latex_prose(_statement(derivation)), _latex_front(report), _latex_symbols(outcome)]
    for step, shown in zip(derivation.steps, report.steps, strict=False):
        lines += [rf"\{lower}{{{_latex_text(step.title)}}}", _latex_prose(step.prose)]
        lines.append(_latex_formulas(display(outcome.results.get(step.name))))
        lines.append(_latex_checks(shown.checks, shown.error))
    return "\n\n".join(line for line in lines if line)


def _latex_front(report: DerivationReport) -> str:
    lines = [
        rf"\noindent\textbf{{Grade:}} \evidence{{{report.grade.name.lower()}}}; everything that is not assumed: "
        rf"\evidence{{{report.proved_grade.name.lower()}}}.",
        rf"\par\noindent\textbf{{Evidence:}} {_latex_prose(evidence(report))}",
    ]
    assumed = report.assumptions()
    if assumed:
        items = [rf"\item {_latex_text(c.statement)} \cite{{{c.reference}}}" for c in assumed]
        lines.append("\\begin{itemize}\n" + "\n".join(items) + "\n\\end{itemize}")
    return "\n".join(lines)


def _latex_symbols(outcome: Outcome) -> str:
    rows = [rf"${name}$ & {_latex_prose(meaning)} \\" for name, meaning in symbols(outcome).items()]
    if not rows:
        return ""
    head = r"\paragraph{Symbols}" + "\n\n\\noindent\\begin{longtable}{@{}ll@{}}"
    return "\n".join([head, *rows, r"\end{longtable}"])


def _width(formula: str) -> int:
    """Rough number of letters in a formula."""
    return len(re.sub(r"\\[a-zA-Z]+|[{}^_&\\ ]", "", formula))


def _latex_formulas(formulas: Sequence[str]) -> str:
    """Displayed equations; one too wide for the page is scaled to it."""
    blocks: list[str] = []
    narrow: list[str] = []

    def flush() -> None:
        if narrow:
            blocks.append("\\begin{align*}\n" + " \\\\\n".join(narrow) + "\n\\end{align*}")
            narrow.clear()

    for formula in formulas:
        if _width(formula) <= _WIDEST or "pmatrix" in formula:
            narrow.append(formula)
            continue
        flush()
        flat = formula.replace("&", "", 1)
        blocks.append("\\[\n\\resizebox{\\linewidth}{!}{$\\displaystyle " + flat + "$}\n\\]")
    flush()
    return "\n".join(blocks)


def _latex_checks(checks: Iterable[Check], error: str) -> str:
    items = []
    for check in checks:
        mark = "" if check.passed else r"\textbf{failed:} "
        detail = f" ({check.detail})" if check.detail else ""
        items.append(
            rf"\item {mark}\evidence{{{check.grade.name.lower()}}}: {_latex_text(check.statement + detail)}"
        )
        items += [_latex_formulas([formula]) for formula in check.formulas]
    if error:
        items.append(rf"\item \textbf{{failed:}} {_latex_text(error)}")
    return "\\begin{itemize}\n" + "\n".join(items) + "\n\\end{itemize}" if items else ""


def _latex_prose(text: str) -> str:
    """Markdown with mathematics as LaTeX."""
    pieces = []
    for piece in _MATH.split(text):
        if piece.startswith("$$"):
            pieces.append("\\[" + piece[2:-2] + "\\]")
        elif piece.startswith("$"):
            pieces.append(piece)
        elif piece.startswith("`"):
            pieces.append(rf"\texttt{{{_escape(piece[1:-1])}}}")
        else:
            pieces.append(_latex_markup(piece))
    return "".join(pieces)


_SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "^": r"\^{}", "~": r"\~{}",
            "<": r"\textless{}", ">": r"\textgreater{}", "–": "--", "±": r"$\pm$"}  # fmt: skip


def _escape(text: str) -> str:
    text = text.replace("\\", r"\textbackslash ")
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def _latex_markup(text: str) -> str:
    """Emphasis and citations of a piece of Markdown without mathematics."""
    parts = []
    for position, piece in enumerate(_CITATION.split(text)):
        if position % 2:
            parts.append(rf"\cite{{{piece}}}")
            continue
        piece = _escape(piece)
        piece = re.sub(r"\*\*(.+?)\*\*", r"\\textbf{\1}", piece, flags=re.DOTALL)
        parts.append(re.sub(r"(?<!\*)\*(?!\s)(.+?)\*", r"\\emph{\1}", piece, flags=re.DOTALL))
    return "".join(parts)


def _latex_text(text: str) -> str:
    """Plain words, mathematics in dollars kept."""
    return "".join(piece if piece.startswith("$") else _escape(piece) for piece in _MATH.split(text))


# -- what both share -------------------------------------------------------------------------------------


def symbols(outcome: Outcome) -> dict[str, str]:
    """Every symbol the results of a derivation introduce, with its meaning, in order of appearance."""
    table: dict[str, str] = {}
    for step in outcome.derivation.steps:
        for name, meaning in meanings(outcome.results.get(step.name)).items():
            table.setdefault(name, meaning)
    return table


_KINDS = {
    Evidence.EXACT: ("proved exactly", ("statement", "statements")),
    Evidence.ENCLOSED: ("enclosed in proved balls", ("number", "numbers")),
    Evidence.CONVERGED: ("measured to many digits or at a rate", ("number", "numbers")),
    Evidence.STATISTICAL: ("measured by simulation", ("number", "numbers")),
    Evidence.ASSUMED: ("taken from the literature", ("statement", "statements")),
}


def evidence(report: DerivationReport) -> str:
    """One line: how much is assumed, proved and measured in the steps of a derivation.

    Failed checks are counted as failed.
    """
    checks = [check for step in report.steps for check in step.checks]
    parts = []
    for grade, (how, nouns) in _KINDS.items():
        count = sum(check.grade is grade and check.passed for check in checks)
        if count:
            parts.append(f"{count} {nouns[count > 1]} {how}")
    failed = sum(not check.passed for check in checks)
    parts += [f"{failed} failed"] if failed else []
    return ", ".join(parts) + "." if parts else "nothing is claimed."


def _statement(derivation: Derivation) -> str:
    """The statement without its first line, which is the title."""
    return derivation.statement.partition("\n")[2].strip() or derivation.statement


def _cited(outcomes: Sequence[Outcome]) -> list[str]:
    """Keys cited anywhere in the outcomes, in order."""
    keys: dict[str, None] = {}
    for outcome in outcomes:
        prose = [outcome.derivation.statement, *(step.prose for step in outcome.derivation.steps)]
        keys.update(dict.fromkeys(key for text in prose for key in _CITATION.findall(text)))
        keys.update(dict.fromkeys(outcome.derivation.references))
        keys.update(dict.fromkeys(check.reference for check in outcome.report.assumptions()))
    return [key for key in keys if key in bibliography()]


def _entry(fields: Mapping[str, str]) -> str:
    """One line for a bibliography entry."""
    authors = " and ".join(name.strip() for name in fields.get("author", "").split(" and "))
    where = fields.get("journal") or fields.get("booktitle") or ""
    volume = f" {fields['volume']}" if "volume" in fields else ""
    pages = f", {fields['pages']}" if "pages" in fields else ""
    place = f"{where}{volume}{pages}, " if where else ""
    eprint = f", arXiv:{fields['eprint']}" if "eprint" in fields else ""
    return f"{authors}, {fields.get('title', '')}, {place}{fields.get('year', '')}{eprint}.".replace(
        "{\\'e}", "é"
    )


def index() -> str:
    """The index of all derivations as Markdown: the page that stands beside them."""
    lines = [
        "# Derivations",
        "",
        "Each module is one theorem: an executable argument whose steps are functions and whose checks are graded.",
        "`asymptotics verify` runs all of them. This page is generated by `asymptotics.verification.render.index`.",
        "",
        "| derivation | what it shows | builds on | compared with |",
        "|---|---|---|---|",
    ]
    for name, derivation in derivations().items():
        module = name.replace("-", "_")
        uses = ", ".join(derivation.uses) or "–"
        cited = ", ".join(derivation.references)
        lines.append(f"| [`{name}`]({module}.py) | {derivation.title} | {uses} | {cited} |")
    lines += ["", "## Steps", ""]
    for name, derivation in derivations().items():
        lines.append(f"* **{name}**: " + "; ".join(step.title for step in derivation.steps))
    return "\n".join(lines) + "\n"


__all__ = ["FORMATS", "index", "latex", "markdown", "render"]
