r"""LaTeX formulas as MathML, which browsers show by themselves: the part of LaTeX that derivations are written in."""

from __future__ import annotations

import re
from html import escape

__all__ = ["UNKNOWN", "mathml"]

UNKNOWN = "unknown-command"
"""Class of a command that is not understood; its name is shown."""

_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|\d+(?:\.\d+)?|[a-zA-Z]|\S", re.DOTALL)
_GREEK = dict(zip(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega varepsilon varphi varrho vartheta ell Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(),
    "αβγδϵζηθικλμνξπρστυϕχψωεφϱϑℓΓΔΘΛΞΠΣΥΦΨΩ",
))  # fmt: skip
_OPERATORS = {
    "top": "⊤", "star": "⋆", "ast": "∗", "times": "×", "cdot": "⋅", "in": "∈", "ni": "∋", "to": "→", "rightarrow": "→",
    "mapsto": "↦", "sim": "∼", "simeq": "≃", "approx": "≈", "propto": "∝", "equiv": "≡", "ge": "≥", "geq": "≥",
    "le": "≤", "leq": "≤", "ll": "≪", "gg": "≫", "ne": "≠", "neq": "≠", "pm": "±", "mp": "∓", "partial": "∂",
    "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "langle": "⟨", "rangle": "⟩", "lVert": "‖", "rVert": "‖",
    "|": "‖", "lvert": "|", "rvert": "|", "mid": "∣", "{": "{", "}": "}", "ldots": "…", "dots": "…", "cdots": "⋯",
    "otimes": "⊗", "oplus": "⊕", "odot": "⊙", "subset": "⊂", "forall": "∀", "exists": "∃", "perp": "⊥", "parallel": "∥",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "colon": ":", "dagger": "†", "circ": "∘",
    "backslash": "\\", "_": "_", "%": "%", "&": "&", "#": "#", "prime": "′", "Rightarrow": "⇒", "iff": "⇔",
    "Longrightarrow": "⟹", "leftarrow": "←", "oint": "∮",
}  # fmt: skip
_SYMBOLS = {"infty": "∞", "emptyset": "∅", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ"}
_FUNCTIONS = (
    "min max log exp sin cos tan tanh det sup inf lim arg argmin Tr tr deg dim Var sign arcsin arccos sinh cosh "
    "asin acos erf"
).split()
_SPACES = {
    ",": "0.17em", ":": "0.22em", ";": "0.28em", "!": "-0.17em", " ": "0.3em", "~": "0.3em",
    "quad": "1em", "qquad": "2em",
}  # fmt: skip
_SIZES = "left right big Big bigl bigr Bigl Bigr bigg Bigg biggl biggr Biggl Biggr".split()
_ACCENTS = {
    "hat": "^", "widehat": "^", "bar": "¯", "overline": "¯", "tilde": "~", "widetilde": "~", "dot": "˙", "vec": "→",
}  # fmt: skip
_UPRIGHT = ("mathrm", "text", "operatorname", "mathsf", "texttt", "textrm", "mathit", "textit", "mbox")
_ALPHABETS = {
    "mathbb": "double-struck", "mathcal": "script", "mathbf": "bold", "boldsymbol": "bold", "mathfrak": "fraktur",
}  # fmt: skip
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHABET_STARTS = {"double-struck": 0x1D538, "script": 0x1D49C, "bold": 0x1D400, "fraktur": 0x1D504}
_EXCEPTIONS = {
    **{("double-struck", letter): sign for letter, sign in zip("CHNPQRZ", "ℂℍℕℙℚℝℤ")},
    **{("script", letter): sign for letter, sign in zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ")},
    **{("fraktur", letter): sign for letter, sign in zip("CHIRZ", "ℭℌℑℜℨ")},
}
"""Letters that stood in Unicode before the alphabets did."""
_STYLES = ("displaystyle", "textstyle", "limits", "nolimits", "nonumber", "notag", "scriptstyle", "rm")
_MATRICES = {
    "pmatrix": "()",
    "bmatrix": "[]",
    "matrix": "",
    "vmatrix": "||",
    "cases": "{",
    "aligned": "",
    "array": "",
}
_SINGLE = re.compile(
    r"<(mi|mn|mo|mtext)\b[^<]*</\1>|<(mfrac|msqrt|mrow|msub|msup|msubsup)>(?:(?!</?\2>).)*</\2>", re.DOTALL
)


def mathml(formula: str, display: bool = False) -> str:
    r"""A formula as a ``math`` element.

    Parameters
    ----------
    formula : str
        Without dollars; alignment marks are left out.
    display : bool
        On a line of its own.

    Examples
    --------
    >>> mathml(r"\frac{1}{2} x^{2}")
    '<math><mfrac><mn>1</mn><mn>2</mn></mfrac><msup><mi>x</mi><mn>2</mn></msup></math>'
    >>> UNKNOWN in mathml(r"\unheardof{x}")
    True
    """
    reader = _Reader(_TOKEN.findall(_texts(formula)))
    body = reader.row(())
    return f'<math display="block">{body}</math>' if display else f"<math>{body}</math>"


def _texts(formula: str) -> str:
    """Blanks in text are kept as ties."""
    return re.sub(r"\\(?:text|mbox)\{([^{}]*)\}", lambda m: m.group(0).replace(" ", "~"), formula)


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def row(self, ends: tuple[str, ...]) -> str:
        """Elements up to one of the ends, which is not taken."""
        parts = []
        while self.peek() and self.peek() not in ends:
            parts.append(self.scripted())
        return "".join(parts)

    def scripted(self) -> str:
        """An element with what is below and above it."""
        base, below, above = self.element(), "", ""
        while self.peek() in ("^", "_", "'"):
            mark = self.take()
            if mark == "'":
                above += "<mo>′</mo>"
            elif mark == "^":
                above += self.argument()
            else:
                below += self.argument()
        if below and above:
            return f"<msubsup>{base}{_one(below)}{_one(above)}</msubsup>"
        return (
            f"<msub>{base}{_one(below)}</msub>"
            if below
            else f"<msup>{base}{_one(above)}</msup>"
            if above
            else base
        )

    def argument(self) -> str:
        """A group in braces, or one element."""
        if self.peek() != "{":
            if re.fullmatch(r"\d\d+", self.peek()):  # without braces, only the first digit belongs to it
                self.tokens[self.place : self.place + 1] = [self.peek()[0], self.peek()[1:]]
            return self.element()
        self.take()
        body = self.row(("}",))
        self.take()
        return _one(body)

    def element(self) -> str:
        """One element without scripts."""
        token = self.take()
        if token == "{":
            self.place -= 1
            return self.argument()
        if token.startswith("\\"):
            return self.command(token[1:].rstrip("*"))
        if token in "&" or not token:
            return ""
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        return f"<mi>{token}</mi>" if token.isalpha() else _operator({"-": "−"}.get(token, token))

    def command(self, name: str) -> str:
        """An element that begins with a command."""
        if name in _GREEK or name in _SYMBOLS:
            return f"<mi>{_GREEK.get(name) or _SYMBOLS[name]}</mi>"
        if name in _OPERATORS:
            return _operator(_OPERATORS[name])
        if name in _FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in _SPACES:
            return f'<mspace width="{_SPACES[name]}"/>'
        if name in _SIZES:
            return self.delimiter()
        if name in ("frac", "tfrac", "dfrac", "binom"):
            line = ' linethickness="0"' if name == "binom" else ""
            body = f"<mfrac{line}>{self.argument()}{self.argument()}</mfrac>"
            return f"<mrow><mo>(</mo>{body}<mo>)</mo></mrow>" if line else body
        if name == "sqrt":
            return self.root()
        if name in _ACCENTS:
            return f'<mover accent="true">{self.argument()}<mo>{_ACCENTS[name]}</mo></mover>'
        if name == "underbrace":
            return f'<munder>{self.argument()}<mo stretchy="true">⏟</mo></munder>'
        if name == "boxed":
            return f'<mrow style="border: 1px solid; padding: 0.3em">{self.argument()}</mrow>'
        if name == "operatorname":
            return f'<mo lspace="0.1em" rspace="0.1em">{re.sub("<[^>]*>", "", self.word("normal"))}</mo>'
        if name in _UPRIGHT or name in _ALPHABETS:
            return self.word(_ALPHABETS.get(name, "normal"))
        if name == "begin":
            return self.environment()
        if name in _STYLES or name == "\\":
            return ""
        return f'<mtext class="{UNKNOWN}">\\{escape(name)}</mtext>'

    def delimiter(self) -> str:
        """A parenthesis that grows with what is in it."""
        token = self.take()
        sign = _OPERATORS.get(token[1:], token) if token.startswith("\\") else token
        return "" if sign == "." else f'<mo stretchy="true">{escape(sign)}</mo>'

    def root(self) -> str:
        if self.peek() != "[":
            return f"<msqrt>{self.argument()}</msqrt>"
        self.take()
        index = self.row(("]",))
        self.take()
        return f"<mroot>{self.argument()}{_one(index)}</mroot>"

    def word(self, variant: str) -> str:
        """Letters that belong together; formulas inside are kept."""
        if self.peek() != "{":
            return f'<mi mathvariant="normal">{_letters(self.take(), variant)}</mi>'
        start, depth = self.place + 1, 0
        while self.peek():
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
            if depth == 0:
                break
        inside = self.tokens[start : self.place - 1]
        if any((token.startswith("\\") and token[1:] in _GREEK) or token in "^_" for token in inside):
            return _one(_Reader(inside).row(()))
        text = "".join(token.removeprefix("\\") for token in inside).replace("~", " ")
        return (
            f"<mtext>{escape(text)}</mtext>"
            if " " in text
            else f'<mi mathvariant="normal">{_letters(text, variant)}</mi>'
        )

    def environment(self) -> str:
        """Rows and columns between parentheses."""
        name = "".join(self._name())
        if name == "array":
            self.argument()
        rows, cells = [], []
        while self.peek():
            cells.append(f"<mtd>{self.row(('&', chr(92) * 2, chr(92) + 'end'))}</mtd>")
            mark = self.take()
            if mark != "&":
                rows.append(f"<mtr>{''.join(cells)}</mtr>")
                cells = []
            if mark == "\\end":
                self._name()
                break
        around = _MATRICES.get(name, "")
        left, right = (f"<mo>{sign}</mo>" for sign in (around[:1], around[1:2]))
        table = f"<mtable>{''.join(rows)}</mtable>"
        return f"<mrow>{left if around[:1] else ''}{table}{right if around[1:2] else ''}</mrow>"

    def _name(self) -> list[str]:
        self.take()
        letters = []
        while self.peek() and self.peek() != "}":
            letters.append(self.take())
        self.take()
        return letters


def _operator(sign: str) -> str:
    """An operator; fences keep their size unless they are told to grow."""
    fixed = ' stretchy="false"' if sign in "()[]|‖⟨⟩⌊⌋⌈⌉{}" else ""
    return f"<mo{fixed}>{escape(sign)}</mo>"


def _letters(text: str, variant: str) -> str:
    """Letters of another alphabet, which browsers show by their own characters."""
    first = _ALPHABET_STARTS.get(variant)
    if first is None:
        return escape(text)
    places = {**dict(zip(_UPPER, range(26))), **dict(zip(_UPPER.lower(), range(26, 52)))}
    return "".join(
        _EXCEPTIONS.get((variant, c)) or (chr(first + places[c]) if c in places else escape(c)) for c in text
    )


def _one(body: str) -> str:
    """A single element, so that it can be a fraction's part or a script."""
    return body if _SINGLE.fullmatch(body) else f"<mrow>{body}</mrow>"
