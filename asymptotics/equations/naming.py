"""One constructor for every symbol, so that equal names are equal symbols everywhere."""

from __future__ import annotations

import re

import sympy as sp

from asymptotics.errors import InputError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\^2)?\Z")


def is_name(name: object) -> bool:
    """Whether a text may be the name of a symbol."""
    return isinstance(name, str) and _NAME.match(name) is not None


def symbol(name: str) -> sp.Symbol:
    """Symbol of a positive quantity: every size, unknown and parameter of a system is one.

    Parameters
    ----------
    name : str
        Letters, digits and underscores, starting with a letter; ``^2`` may end the name of a power.

    Raises
    ------
    InputError
        If the name has another form.

    Examples
    --------
    >>> symbol("nu")
    nu
    """
    if not is_name(name):
        raise InputError("name", name, "letters, digits and underscores, starting with a letter")
    return sp.Symbol(name, positive=True)
