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
    "gaussian": "exp(-x**2)",
    "gelu": "gelu(x)",
    "gelu_tanh": "x/2*(1 + tanh(0.7978845608028654*(x + 0.044715*x**3)))",
    "hard_sigmoid": "max(min(x/6 + 1/2, 1), 0)",
    "hard_swish": "x*max(min(x/6 + 1/2, 1), 0)",
    "hard_tanh": "max(min(x, 1), -1)",
    "heaviside": "heaviside(x)",
    "identity": "x",
    "leaky_relu": "leaky_relu(x)",
    "log_sigmoid": "-softplus(-x)",
    "mish": "x*tanh(softplus(x))",
    "quadratic": "x**2",
    "quick_gelu": "x*sigmoid(1.702*x)",
    "relu": "relu(x)",
    "relu6": "min(relu(x), 6)",
    "selu": "1.0507009873554805*(max(x, 0) + 1.6732632423543772*(exp(min(x, 0)) - 1))",
    "sigmoid": "sigmoid(x)",
    "sign": "sign(x)",
    "silu": "silu(x)",
    "sin": "sin(x)",
    "softplus": "softplus(x)",
    "softshrink": "max(x - 1/2, 0) + min(x + 1/2, 0)",
    "softsign": "x/(1 + abs(x))",
    "squared_relu": "relu(x)**2",
    "tanh": "tanh(x)",
    "tanhshrink": "x - tanh(x)",
}
"""Name of each activation, with its formula; besides these, ``he1`` ... ``he64`` (normalised Hermite polynomials)."""

_OTHER_NAMES = {
    "absolute": "abs", "arctan": "atan", "erf_function": "erf", "exp": "exponential", "hardtanh": "hard_tanh",
    "leakyrelu": "leaky_relu", "linear": "identity", "logistic": "sigmoid", "sgn": "sign", "square": "quadratic",
    "step": "heaviside", "swish": "silu", "threshold": "heaviside", "sine": "sin", "cosine": "cos", "cube": "cubic",
    "celu": "elu", "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish", "logsigmoid": "log_sigmoid",
    "relu2": "squared_relu", "rbf": "gaussian", "signum": "sign", "new_gelu": "gelu_tanh", "lrelu": "leaky_relu",
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
