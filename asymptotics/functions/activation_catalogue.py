"""Activations by name: each name is a formula, so that names and formulas share one meaning."""

from __future__ import annotations

import difflib
import re

from asymptotics.errors import InputError

__all__ = ["ACTIVATION_NAMES", "formula_of_name"]

ACTIVATION_NAMES: dict[str, str] = {
    "abs": "abs(x)",
    "atan": "atan(x)",
    "cos": "cos(x)",
    "cubic": "x**3",
    "elu": "elu(x)",
    "erf": "erf(x)",
    "exponential": "exp(x)",
    "gelu": "gelu(x)",
    "hard_tanh": "max(min(x, 1), -1)",
    "heaviside": "heaviside(x)",
    "identity": "x",
    "leaky_relu": "leaky_relu(x)",
    "quadratic": "x**2",
    "relu": "relu(x)",
    "relu6": "min(relu(x), 6)",
    "sigmoid": "sigmoid(x)",
    "sign": "sign(x)",
    "silu": "silu(x)",
    "sin": "sin(x)",
    "softplus": "softplus(x)",
    "softsign": "x/(1 + abs(x))",
    "squared_relu": "relu(x)**2",
    "tanh": "tanh(x)",
}
"""Name of each activation, with its formula; besides these, ``he1`` ... ``he64`` (normalised Hermite polynomials)."""

_OTHER_NAMES = {
    "absolute": "abs", "arctan": "atan", "erf_function": "erf", "exp": "exponential", "hardtanh": "hard_tanh",
    "leakyrelu": "leaky_relu", "linear": "identity", "logistic": "sigmoid", "sgn": "sign", "square": "quadratic",
    "step": "heaviside", "swish": "silu", "threshold": "heaviside", "sine": "sin", "cosine": "cos", "cube": "cubic",
}  # fmt: skip
_HERMITE = re.compile(r"he_?([1-9]\d?)")


def formula_of_name(name: str) -> tuple[str, str]:
    """Standard spelling of an activation's name, and its formula.

    Parameters
    ----------
    name : str
        Case, blanks, hyphens and underscores do not matter.

    Returns
    -------
    name : str
        Standard spelling.
    formula : str
        In the variable x.

    Raises
    ------
    InputError
        If there is no such name; close matches are listed.

    Examples
    --------
    >>> formula_of_name("Leaky ReLU")
    ('leaky_relu', 'leaky_relu(x)')
    """
    key = re.sub(r"[\s\-_]+", "_", name.strip().lower())
    key = _OTHER_NAMES.get(key, key)
    match = _HERMITE.fullmatch(key)
    if match and int(match.group(1)) <= 64:
        return f"he{match.group(1)}", f"he{match.group(1)}(x)"
    if key in ACTIVATION_NAMES:
        return key, ACTIVATION_NAMES[key]
    known = [*ACTIVATION_NAMES, *_OTHER_NAMES]
    close = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
    hint = (
        "did you mean " + " or ".join(close) + "?"
        if close
        else "known: " + ", ".join([*ACTIVATION_NAMES, "he1 ... he64"])
    )
    raise InputError(
        "activation", name, "the name of an activation, or a formula in x such as 'max(x, 0) - x/3'", hint
    )
