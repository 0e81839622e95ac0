"""LaTeX of names: words upright, Greek letters as such, what a letter belongs to below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy as sp

from asymptotics.equations.printing import latex_name


def name_of(text: str) -> str:
    """LaTeX of a plain name; multipliers with a hat."""
    if text.endswith("_dual"):
        return rf"\hat{{{name_of(text.removesuffix('_dual'))}}}"
    return symbol_of(sp.Symbol(text))


_WORD = re.compile(r"([A-Za-z][a-z]+?)([0-9]*)((?:_[a-z0-9]+)*)\Z")
_SQUARE = re.compile(r"(mu|F)_?(star|[0-9]+)sq((?:_[a-z0-9]+)+)\Z")
_GREEK = {"lam", "noise", "gap", "eta", "nu", "mu", "tau", "kappa", "gamma", "zeta", "phi", "psi", "chi", "omega",
          "Upsilon", "epsilon", "beta", "theta", "delta", "alpha", "sigma", "rho", "xi", "Delta", "Xi"}  # fmt: skip
_GROUPED = re.compile(r"([A-Za-z]+?)_((?:[a-z0-9]+_)*[a-z0-9]+)\Z")
_MARK = re.compile(r"([a-z]+)([0-9]*)\Z")
_PLAIN = {"lambda": r"\lambda", "lambdabar": r"\bar{\lambda}"}


def symbol_of(symbol: sp.Symbol) -> str:
    r"""LaTeX of a symbol: words upright, Greek letters as such, multipliers with a hat.

    Examples
    --------
    >>> symbol_of(sp.Symbol("df_in")), symbol_of(sp.Symbol("kappa_0"))
    ('\\operatorname{df}_{\\mathrm{in}}', '\\kappa_{0}')
    >>> symbol_of(sp.Symbol("mu_starsq_2")), symbol_of(sp.Symbol("tau_a1_r2_dual")), symbol_of(sp.Symbol("lam_b"))
    ('\\mu_{\\star,2}^{2}', '\\tau_{a_{1}\\hat{r}_{2}}', '\\lambda_{b}')
    """
    square = _SQUARE.match(symbol.name)
    if square:
        marks = [part if part.isdigit() else rf"\mathrm{{{part}}}" for part in square[3].split("_")[1:]]
        inside = ",".join([{"star": r"\star"}.get(square[2], square[2]), *marks])
        return rf"{latex_name(sp.Symbol(square[1]))}_{{{inside}}}^{{2}}"
    if symbol.name.endswith("sq") or symbol.name in ("inv_p", "inv_n", "lam_n"):
        return latex_name(symbol)
    word, grouped = _WORD.match(symbol.name), _GROUPED.match(symbol.name)
    if grouped and (grouped[1] in _GREEK or grouped[1] == "g"):
        return _indexed(latex_name(sp.Symbol(grouped[1])), grouped[2].split("_"))
    if word is None or word[1] in _GREEK:
        return latex_name(symbol)
    base = _PLAIN.get(word[1]) or rf"\operatorname{{{word[1]}}}"
    below = [word[2], *word[3].split("_")]
    inside = ",".join(
        part if part.isdigit() or len(part) == 1 else rf"\mathrm{{{part}}}" for part in below if part
    )
    return f"{base}_{{{inside}}}" if inside else base


def _indexed(base: str, marks: Sequence[str]) -> str:
    """A letter with what it belongs to; ``dual`` is a hat on the mark before it."""
    shown: list[str] = []
    for mark in marks:
        if mark == "dual" and shown:
            shown[-1] = re.sub(r"[^_]+", lambda letter: rf"\hat{{{letter[0]}}}", shown[-1], count=1)
            continue
        parts = _MARK.match(mark)
        letters = mark if parts is None else parts[1] if len(parts[1]) == 1 else rf"\mathrm{{{parts[1]}}}"
        shown.append(letters + (f"_{{{parts[2]}}}" if parts and parts[2] else ""))
    return f"{base}_{{{''.join(shown)}}}"


def latex_of(expression: sp.Expr) -> str:
    """LaTeX of an expression; traces named after a multiplier carry its hat."""
    names = {s: symbol_of(s) for s in sp.sympify(expression, strict=True).atoms(sp.Symbol)}
    return sp.latex(expression, symbol_names=names)


_SPELLED = re.compile(
    r"(?<![\w$\\^])(?:-?(?:nu|lambda|lambdabar|lam|kappa|psi|mu|tau|eta|theta)(?:(?:_|sq|star|\d)\w*)?|[a-z]\^\d)(?![\w^])"
)


def in_symbols(meaning: str) -> str:
    r"""A meaning with the letters in it as formulas.

    Examples
    --------
    >>> in_symbols("pole at s = -nu, w^2 averaged, psi2 - T")
    'pole at s = $-\\nu$, $w^2$ averaged, $\\psi_{2}$ - T'
    >>> in_symbols("number of tau_a1")
    'number of $\\tau_{a_{1}}$'
    """

    def shown(found: re.Match[str]) -> str:
        text = found[0]
        if "^" in text:
            return f"${text}$"
        return f"$-{symbol_of(sp.Symbol(text[1:]))}$" if text[0] == "-" else f"${symbol_of(sp.Symbol(text))}$"

    return _SPELLED.sub(shown, meaning)
