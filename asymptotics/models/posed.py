"""Which problem answers a question: a model may hand its points to models with equations of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


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
