"""What every form of a rendered derivation shares: parts of the page, words for people, formulas in lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from asymptotics.verification.discovery import bibliography
from asymptotics.verification.display import meanings
from asymptotics.verification.evidence import Check, DerivationReport, Evidence
from asymptotics.verification.run import Outcome

MATH = re.compile(r"(\$\$.*?\$\$|\$[^$]+?\$|`[^`]+`)", re.DOTALL)
"""Formulas and code in a text; splitting by it gives text and formula by turns."""

CITATION = re.compile(r"\[(@\w+(?:[;,]\s*@\w+)*)\]")
"""References in brackets."""

WIDEST = 75
"""Letters of a line."""

_KINDS = {
    Evidence.EXACT: ("proved exactly", ("statement", "statements")),
    Evidence.ENCLOSED: ("enclosed in proved balls", ("number", "numbers")),
    Evidence.CONVERGED: ("measured to many digits or at a rate", ("number", "numbers")),
    Evidence.STATISTICAL: ("measured by simulation", ("number", "numbers")),
    Evidence.ASSUMED: ("taken from the literature", ("statement", "statements")),
}
_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def keys_of(text: str) -> list[str]:
    """Keys of the references in brackets.

    Examples
    --------
    >>> keys_of("[@Bach2024; @Hastie2022]")
    ['Bach2024', 'Hastie2022']
    """
    return [key for group in CITATION.findall(text) for key in re.findall(r"@(\w+)", group)]


def in_words(text: str) -> str:
    """A sentence without names of programs; formulas and code are kept.

    Examples
    --------
    >>> in_words("norm_per_feature is the derived one, at $a_b$")
    'norm per feature is the derived one, at $a_b$'
    """
    return "".join(
        piece if number % 2 else _NAME.sub(lambda name: name.group().replace("_", " "), piece)
        for number, piece in enumerate(MATH.split(text))
    )


def certificate(check: Check) -> str:
    """One check as a sentence, with the reference that it takes for granted."""
    said = in_words(check.statement)
    if check.reference:
        return f"{said} [@{check.reference}]"
    return f"{said} ({in_words(check.detail)})" if check.detail else said


def symbols(outcome: Outcome) -> dict[str, str]:
    """Every symbol the results of a derivation introduce, with its meaning, in order of appearance."""
    table: dict[str, str] = {}
    for step in outcome.derivation.steps:
        for name, meaning in meanings(outcome.results.get(step.name)).items():
            table.setdefault(name, meaning)
    return table


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


def statement(outcome: Outcome) -> str:
    """The statement without its first line, which is the title, and without its own heading."""
    said = outcome.derivation.statement.partition("\n")[2].strip() or outcome.derivation.statement
    return said.removeprefix("**Statement.**").lstrip()


def cited(outcomes: Iterable[Outcome]) -> list[str]:
    """Keys cited anywhere in the outcomes, in order."""
    keys: dict[str, None] = {}
    for outcome in outcomes:
        prose = [outcome.derivation.statement, *(step.prose for step in outcome.derivation.steps)]
        keys.update(dict.fromkeys(key for text in prose for key in keys_of(text)))
        keys.update(dict.fromkeys(outcome.derivation.references))
        keys.update(dict.fromkeys(check.reference for check in outcome.report.assumptions()))
    return [key for key in keys if key in bibliography()]


def entry(fields: Mapping[str, str]) -> str:
    """One line for a bibliography entry, without the address."""
    authors = fields.get("author", "").replace(" and ", "; ").replace("{\\'e}", "é")
    where = fields.get("journal") or fields.get("booktitle") or ""
    place = ", ".join(
        filter(None, (" ".join(filter(None, (where, fields.get("volume")))), fields.get("pages")))
    )
    return ". ".join(filter(None, (authors, fields.get("title"), place, fields.get("year"))))


def width(formula: str) -> int:
    r"""Rough number of letters in a line of a formula: of a fraction, the longer part.

    Examples
    --------
    >>> width(r"\frac{\alpha + \beta}{2} x_{1}^{2}"), width(r"\mathrm{test} &= 1")
    (8, 8)
    """
    text = re.sub(r"\\(?:left|right|displaystyle|[,;!])(?![a-z])", "", formula)
    text = re.sub(r"\\begin\{(\w+)\}(.*?)\\end\{\1\}", "M", text, flags=re.DOTALL)
    text = re.sub(r"\\(?:mathrm|operatorname|text|hat|mathbb)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\[dt]?frac\b", "÷", text)
    text = re.sub(r"\\(?:[a-zA-Z]+|.)", "x", text)
    text = re.sub(r"[+=-]", "+++", re.sub(r"[&\s]", "", text))
    while "{" in text:
        shorter = re.sub(r"÷\{([^{}]*)\}\{([^{}]*)\}|[_^]\{([^{}]*)\}|(?<![÷}])\{([^{}]*)\}", _flat, text)
        if shorter == text:
            break
        text = shorter
    return len(re.sub(r"[_^{}÷]", "", text))


def _flat(found: re.Match[str]) -> str:
    top, bottom, script, group = found.groups()
    if top is not None:
        return max(top, bottom, key=len)
    return script[: (3 * len(script) + 3) // 4] if script is not None else group


def lines(formula: str, widest: int = WIDEST) -> list[str]:
    r"""A formula broken before relations and signs that stand outside of all brackets.

    Parameters
    ----------
    formula : str
        LaTeX.
    widest : int
        Letters of a line.

    Examples
    --------
    >>> lines(r"a &= b + \left(c - d\right) - e", widest=7)
    ['a &= b', '+ \\left(c - d\\right)', '- e']
    """
    if width(formula) <= widest:
        return [formula]
    pieces, depth, start, position = [], 0, 0, 0
    for found in re.finditer(r"\\left\b|\\right\b|\\begin\b|\\end\b|\\[{}]|[{}]| (?:&?=|[+-]) ", formula):
        token, position = found.group(), found.start()
        if token in ("{", "\\left", "\\begin"):
            depth += 1
        elif token in ("}", "\\right", "\\end"):
            depth -= 1
        elif token[0] == " " and depth == 0 and position > start and formula[start:position].strip():
            pieces.append(formula[start:position].strip())
            start = position
    pieces.append(formula[start:].strip())
    return _filled(pieces, widest)


def aligned(formula: str, widest: int = WIDEST) -> list[str]:
    r"""A formula in lines with one alignment mark each, where there are several.

    Parameters
    ----------
    formula : str
        LaTeX.
    widest : int
        Letters of a line.

    Examples
    --------
    >>> aligned(r"a + b &= 0", widest=6)
    ['&a + b', '&\\quad = 0']
    """
    first, *rest = lines(formula, widest)
    if not rest:
        return [first]
    plain = (line if "\\begin" in line else line.replace("&", "") for line in rest)
    return [first if "&" in first else f"&{first}", *(rf"&\quad {line}" for line in plain)]


def _filled(pieces: Sequence[str], widest: int) -> list[str]:
    """Pieces joined to lines as long as they may be; a relation keeps what follows it."""
    found = [pieces[0]]
    for piece in pieces[1:]:
        joined = f"{found[-1]} {piece}"
        if width(joined) <= widest or (piece.startswith("&") and width(found[-1]) <= widest // 3):
            found[-1] = joined
        else:
            found.append(piece)
    return found
