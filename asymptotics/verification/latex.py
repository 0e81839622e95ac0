"""Derivations as a LaTeX document that compiles by itself: numbered equations, certificates in an appendix."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asymptotics.verification.discovery import bibliography
from asymptotics.verification.display import display
from asymptotics.verification.evidence import StepReport
from asymptotics.verification.layout import (
    CITATION,
    MATH,
    WIDEST,
    aligned,
    certificate,
    cited,
    entry,
    evidence,
    keys_of,
    statement,
    symbols,
    width,
)
from asymptotics.verification.run import Outcome

__all__ = ["latex"]

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb,graphicx,longtable}
\usepackage[margin=25mm]{geometry}
\usepackage[hidelinks]{hyperref}
\allowdisplaybreaks
\setcounter{MaxMatrixCols}{40}
\emergencystretch=3em
\renewcommand{\labelitemi}{$\bullet$}
\newcommand{\evidence}[1]{\textit{#1}}
\newcommand{\fit}[1]{\sbox0{$\displaystyle {}#1$}\ifdim\wd0>0.8\linewidth
  \resizebox{0.8\linewidth}{!}{\usebox0}\else\usebox0\fi}
"""
_SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "^": r"\^{}", "~": r"\~{}",
            "<": "$<$", ">": "$>$", "–": "--", "±": r"$\pm$"}  # fmt: skip


def latex(outcomes: Sequence[Outcome]) -> str:
    """Outcomes as one LaTeX document with its bibliography."""
    titles = [outcome.derivation.title for outcome in outcomes]
    title = titles[0] if len(titles) == 1 else "Derivations"
    body = [_one(outcome, len(outcomes) > 1) for outcome in outcomes]
    proofs = [_certificates(outcome, len(outcomes) > 1) for outcome in outcomes]
    entries = [rf"\bibitem{{{key}}} {_entry(key)}" for key in cited(outcomes)]
    library = "\n".join([r"\begin{thebibliography}{99}", *entries, r"\end{thebibliography}"])
    head = rf"\title{{{text(title)}}}" + "\n\\date{}\n\\begin{document}\n\\maketitle"
    appendix = "\\appendix\n\\section{Certificates}\\label{certificates}"
    return "\n\n".join([_PREAMBLE + head, *body, appendix, *proofs, library, r"\end{document}"]) + "\n"


def _entry(key: str) -> str:
    fields = bibliography()[key]
    eprint = fields.get("eprint", "")
    link = rf", \href{{https://arxiv.org/abs/{eprint}}}{{arXiv:{eprint}}}" if eprint else ""
    return f"{text(entry(fields))}{link}."


def _one(outcome: Outcome, several: bool) -> str:
    derivation, report = outcome.derivation, outcome.report
    lower = "subsection" if several else "section"
    parts = [rf"\section{{{text(derivation.title)}}}"] if several else []
    parts += [_symbols(outcome), rf"\{lower}*{{Statement}}", prose(statement(outcome)), _front(outcome)]
    for step, _ in zip(derivation.steps, report.steps, strict=False):
        parts += [rf"\{lower}{{{text(step.title)}}}", prose(step.prose)]
        parts.append(_equations(display(outcome.results.get(step.name))))
    return "\n\n".join(part for part in parts if part)


def _front(outcome: Outcome) -> str:
    said = [
        rf"\noindent\textbf{{Evidence:}} {evidence(outcome.report)} "
        r"The certificates are in appendix~\ref{certificates}."
    ]
    assumed = [rf"\item {prose(certificate(check))}" for check in outcome.report.assumptions()]
    if assumed:
        said += [
            "Taken from the literature:",
            "\\begin{itemize}\n" + "\n".join(assumed) + "\n\\end{itemize}",
        ]
    return "\n".join(said)


def _symbols(outcome: Outcome) -> str:
    rows = [rf"${name}$ & {prose(meaning)} \\" for name, meaning in symbols(outcome).items()]
    if not rows:
        return ""
    head = r"\paragraph{Symbols}" + "\n\n\\noindent\\begin{longtable}{@{}lp{0.68\\linewidth}@{}}"
    return "\n".join([head, *rows, r"\end{longtable}"])


def _fitted(line: str) -> str:
    """A line that may be too wide and cannot be broken is scaled where TeX finds that it is."""
    before = line.partition("\\begin")[0]
    left, _, right = before.partition("&")
    # A wide left side would push to the right what other equations have there.
    if "&" in before and before == line and width(left) > WIDEST // 4:
        line = before = f"&{left}{right}"
    if width(line) <= WIDEST // 2 and "\\begin" not in line:
        return line
    mark = r"&\quad " if line.startswith(r"&\quad ") else "&" * ("&" in before)
    head, body = line.split(mark, 1) if mark else ("", line)
    return rf"{head}{mark}\fit{{{body}}}"


def _broken(formula: str) -> str:
    body = [_fitted(line) for line in aligned(formula)]
    return body[0] if len(body) == 1 else "\\begin{split}\n" + " \\\\\n".join(body) + "\n\\end{split}"


def _equations(formulas: Sequence[str]) -> str:
    """Numbered equations."""
    if not formulas:
        return ""
    return "\\begin{align}\n" + " \\\\\n".join(map(_marked, formulas)) + "\n\\end{align}"


def _marked(formula: str) -> str:
    """With an alignment mark: what has no relation begins where relations stand."""
    return _broken(formula if "&" in formula.partition("pmatrix")[0] else f"&{formula}")


def _certificates(outcome: Outcome, several: bool) -> str:
    parts = [rf"\subsection*{{{text(outcome.derivation.title)}}}"] if several else []
    for step, shown in zip(outcome.derivation.steps, outcome.report.steps, strict=False):
        items = _items(shown)
        if items:
            parts.append(rf"\paragraph{{{text(step.title)}}}")
            parts.append("\\begin{itemize}\n" + "\n".join(items) + "\n\\end{itemize}")
    return "\n".join(parts)


def _items(report: StepReport) -> list[str]:
    items = []
    for check in report.checks:
        mark = "" if check.passed else r"\textbf{failed:} "
        items.append(rf"\item {mark}\evidence{{{check.grade.name.lower()}}}: {prose(certificate(check))}")
        items += [
            "\\[\n" + _broken(formula).replace("split}", "aligned}") + "\n\\]" for formula in check.formulas
        ]
    if report.error:
        items.append(rf"\item \textbf{{failed:}} {text(report.error)}")
    return items


def prose(source: str) -> str:
    """Markdown with mathematics as LaTeX."""
    pieces = []
    for piece in MATH.split(source):
        if piece.startswith("$$"):
            pieces.append("\\[" + piece[2:-2] + "\\]")
        elif piece.startswith("$"):
            pieces.append(piece)
        elif piece.startswith("`"):
            pieces.append(rf"\texttt{{{_escape(piece[1:-1])}}}")
        else:
            pieces.append(_markup(piece))
    return "".join(pieces)


def text(source: str) -> str:
    """Plain words, mathematics in dollars kept."""
    return "".join(piece if piece.startswith("$") else _escape(piece) for piece in MATH.split(source))


def _escape(source: str) -> str:
    source = source.replace("\\", r"\textbackslash ")
    return "".join(_SPECIAL.get(letter, letter) for letter in source)


def _markup(source: str) -> str:
    """Paragraphs, lists, emphasis and citations of a piece of Markdown without mathematics."""
    parts, last = [], 0
    for found in CITATION.finditer(source):
        parts.append(_emphasis(source[last : found.start()]))
        parts.append(rf"\cite{{{','.join(keys_of(found.group()))}}}")
        last = found.end()
    return "".join([*parts, _emphasis(source[last:])])


def _emphasis(source: str) -> str:
    source = re.sub(r"\*\*(.+?)\*\*", r"\\textbf{\1}", _escape(source), flags=re.DOTALL)
    return re.sub(r"(?<!\*)\*(?!\s)(.+?)\*", r"\\emph{\1}", source, flags=re.DOTALL)
