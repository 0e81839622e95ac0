"""Derivations as a page for a browser: symbols first, numbered equations, certificates behind a fold.

One file without scripts or anything from elsewhere; formulas are MathML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from asymptotics.report.mathml import mathml
from asymptotics.verification.discovery import bibliography
from asymptotics.verification.display import display
from asymptotics.verification.evidence import StepReport
from asymptotics.verification.layout import (
    CITATION,
    MATH,
    certificate,
    entry,
    evidence,
    keys_of,
    lines,
    statement,
    symbols,
)
from asymptotics.verification.run import Outcome, run

__all__ = ["html", "page"]

_STYLE = """
body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:17px/1.5 Georgia,'Times New Roman',serif;color:#1b1b1b}
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.25rem;margin-top:2rem}
.formula{display:block;overflow-x:auto}
.equation{display:flex;align-items:center;gap:1rem;margin:.5rem 0}.equation>div{flex:1;min-width:0}
.equation>span{color:#555}table{border-collapse:collapse}td{padding:.15rem .8rem .15rem 0;vertical-align:baseline}
details{margin:.5rem 0;color:#333;font-size:.93em}summary{cursor:pointer;color:#0b5394}
.verdict{border-left:4px solid #2e7d32;padding:.2rem .8rem;background:#f3f8f3}
.failed{border-color:#b71c1c;background:#fdf3f3}
code{font-size:.9em}a{color:#0b5394;text-decoration:none}
"""
WIDE = 100
"""Letters of a line on the page."""

_ALIGNED = re.compile(r"\\begin\{aligned\}(.*?)\\end\{aligned\}", re.DOTALL)


class _Numbers:
    """Numbers of equations and of references, in the order of appearance."""

    def __init__(self) -> None:
        self.equations, self.references = 0, {}  # type: int, dict[str, int]

    def equation(self) -> int:
        self.equations += 1
        return self.equations

    def reference(self, key: str) -> str:
        """A link to an entry; of an unknown key, the key."""
        if key not in bibliography():
            return escape(key)
        number = self.references.setdefault(key, len(self.references) + 1)
        return f'<a href="#{key}">{number}</a>'


def html(names: Sequence[str]) -> str:
    """The named derivations as one page; they are run, so that every equation is of the object that was checked.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str
        HTML 5.
    """
    outcomes = run(*names)
    return page([outcomes[name] for name in (names or tuple(outcomes))])


def page(chosen: Sequence[Outcome]) -> str:
    """Derivations that were run as one page."""
    numbers = _Numbers()
    body = "\n".join(_one(outcome, numbers) for outcome in chosen)
    title = chosen[0].derivation.title if len(chosen) == 1 else "Derivations"
    entries = "\n".join(_entry(key, number) for key, number in numbers.references.items())
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n<h2>References</h2>\n{entries}\n</body>\n</html>\n"
    )


def _one(outcome: Any, numbers: _Numbers) -> str:
    derivation, report = outcome.derivation, outcome.report
    failed = any(not check.passed for step in report.steps for check in step.checks)
    assumed = "".join(f"<li>{_inline(certificate(check), numbers)}</li>" for check in report.assumptions())
    rows = "".join(
        f"<tr><td>{mathml(name)}</td><td>{_inline(meaning, numbers)}</td></tr>"
        for name, meaning in symbols(outcome).items()
    )
    parts = [
        f"<h1>{_inline(derivation.title, numbers)}</h1>",
        f"<h2>Symbols</h2><table>{rows}</table>" if rows else "",
        f"<h2>Statement</h2>{_prose(statement(outcome), numbers)}",
        f'<p class="verdict{" failed" if failed else ""}">{escape(evidence(report))}</p>',
        f"<p>Taken from the literature:</p><ul>{assumed}</ul>" if assumed else "",
        *(_step(step, outcome, shown, numbers) for step, shown in zip(derivation.steps, report.steps)),
    ]
    return "\n".join(filter(None, parts))


def _step(step: Any, outcome: Any, shown: StepReport, numbers: _Numbers) -> str:
    formulas = display(outcome.results.get(step.name))
    return "\n".join([
        f"<h2>{_inline(step.title, numbers)}</h2>",
        _prose(step.prose, numbers),
        *(_equation(formula, numbers) for formula in formulas),
        _checks(shown, numbers),
    ])  # fmt: skip


def _checks(shown: StepReport, numbers: _Numbers) -> str:
    """Certificates of a step, folded; what failed stands open."""
    if not shown.checks and not shown.error:
        return ""
    failed = bool(shown.error) or any(not check.passed for check in shown.checks)
    items = []
    for check in shown.checks:
        formulas = "".join(map(_displayed, check.formulas))
        said = f"<i>{check.grade.name.lower()}</i>: {_inline(certificate(check), numbers)}"
        items.append(f"<li>{'✓' if check.passed else '✗'} {said}{formulas}</li>")
    items += [f"<li>✗ {escape(shown.error)}</li>"] if shown.error else []
    count = f"{len(shown.checks)} certificate{'s' if len(shown.checks) != 1 else ''}"
    return (
        f"<details{' open' if failed else ''}><summary>{count}</summary><ul>{''.join(items)}</ul></details>"
    )


def _displayed(formula: str) -> str:
    """A formula on lines of its own, which scroll where the window is narrow."""
    shown = (line if "\\begin" in line else line.replace("&", "") for line in lines(formula, WIDE))
    return "".join(f'<span class="formula">{mathml(line, True)}</span>' for line in shown)


def _equation(formula: str, numbers: _Numbers) -> str:
    number = numbers.equation()
    return (
        f'<div class="equation" id="eq{number}"><div>{_displayed(formula)}</div><span>({number})</span></div>'
    )


def _prose(text: str, numbers: _Numbers) -> str:
    """Paragraphs and lists."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        items = re.split(r"^\s*[*-]\s+", block, flags=re.MULTILINE)
        if len(items) > 1 and not items[0].strip():
            blocks.append(
                "<ul>" + "".join(f"<li>{_inline(item, numbers)}</li>" for item in items[1:]) + "</ul>"
            )
        else:
            blocks.append(f"<p>{_inline(block, numbers)}</p>")
    return "\n".join(blocks)


def _inline(text: str, numbers: _Numbers) -> str:
    """Formulas, code, emphasis and citations of a piece of text."""
    parts: list[str] = []
    for piece in MATH.split(text):
        if piece.startswith("$$"):
            body = _ALIGNED.sub(lambda found: found.group(1), piece[2:-2])
            rows = re.split(r"\\\\", body) if _ALIGNED.search(piece) else [body]
            parts += map(_displayed, rows)
        elif piece.startswith("$"):
            parts.append(mathml(piece[1:-1]))
        elif piece.startswith("`"):
            parts.append(f"<code>{escape(piece[1:-1])}</code>")
        else:
            words = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(piece, quote=False), flags=re.DOTALL)
            words = re.sub(r"(?<!\*)\*(?!\s)(.+?)\*", r"<i>\1</i>", words, flags=re.DOTALL)
            parts.append(CITATION.sub(lambda found: _citations(found.group(1), numbers), words))
    return "".join(parts)


def _citations(text: str, numbers: _Numbers) -> str:
    return "[" + ", ".join(numbers.reference(key) for key in keys_of(f"[{text}]")) + "]"


def _entry(key: str, number: int) -> str:
    """One reference, with a link to its preprint."""
    fields = bibliography()[key]
    eprint = fields.get("eprint", "")
    link = f', <a href="https://arxiv.org/abs/{eprint}">arXiv:{eprint}</a>' if eprint else ""
    return f'<p id="{key}">[{number}] {escape(entry(fields))}{link}.</p>'
