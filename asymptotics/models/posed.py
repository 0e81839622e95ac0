"""Which problem answers a question: a model may hand its points to models with equations of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.errors import InputError


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem that answers at some points of a question.

    Attributes
    ----------
    model : Model
    regime : Regime
        Sizes of that model: as they were given where all points are answered, and flat, point by point, elsewhere.
    where : ndarray of int or None
        Positions in the flattened question; all of them if None.
    formula : str
        What is solved, and how far it is known to hold, in words; empty where a model answers by itself.
    caution : str
        Why no formula is trusted at these points; empty where one is.
    """

    model: Any
    regime: Any
    where: np.ndarray | None = None
    formula: str = ""
    caution: str = ""


def no_joint_program(what: str) -> Callable[[], Any]:
    """For theories of which copies that share features or data are not known: a program that refuses to be written.

    Parameters
    ----------
    what : str
        Features that these are, in words.

    Returns
    -------
    callable
        Raises InputError when it is called.
    """

    def program() -> Any:
        advice = f"ensembles, parts of the variance and polynomial scaling are not known for {what}"
        raise InputError("model", what, "plain random features here", advice)

    return program
