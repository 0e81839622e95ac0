"""LaTeX documents of systems, printed from the objects."""

from __future__ import annotations

from asymptotics.equations.printing import latex_name
from asymptotics.equations.system import FixedPointSystem


def escape(text: str) -> str:
    """Plain text made safe for LaTeX."""
    table = {"\\": r"\textbackslash{}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$"}
    table |= {"^": r"\^{}", "{": r"\{", "}": r"\}", "~": r"\~{}"}
    return "".join(table.get(character, character) for character in text)


def document(system: FixedPointSystem) -> str:
    r"""A compilable document: symbols, equations, definitions, observables, and how they were made.

    Examples
    --------
    >>> from asymptotics.models.library import stored_system
    >>> document(stored_system("random-features")).splitlines()[0]
    '\\documentclass{article}'
    """
    symbols = [
        rf"\item ${latex_name(q.symbol)}$: {escape(q.meaning or 'parameter')}"
        for q in (*system.parameters, *system.unknowns)
    ]
    steps = [rf"\item {escape(step)}" for step in system.provenance.steps]
    assumed = [rf"\item assumed: {escape(line)}" for line in system.provenance.assumptions]
    lines = [
        r"\documentclass{article}",
        r"\usepackage{amsmath}",
        r"\allowdisplaybreaks",
        r"\begin{document}",
        rf"\section*{{{escape(system.name)}}}",
        rf"Digest \texttt{{{system.digest[:32]}}}.",
        r"\begin{itemize}",
        *symbols,
        r"\end{itemize}",
        system.latex().rstrip(),
        r"\begin{enumerate}",
        *steps,
        *assumed,
        r"\end{enumerate}",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"
