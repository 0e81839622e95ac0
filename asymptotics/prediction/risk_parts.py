"""The parts of a test error, as they print."""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.prediction.risk_tables import brief, span

_PRINTED = 40
"""Points that are printed one by one; of more, only the span."""


class RiskParts(dict[Any, Any]):
    """A dictionary of parts by name that prints as a :class:`~asymptotics.prediction.risk.Risk` does.

    Examples
    --------
    >>> RiskParts({"bias2": 0.5, "features:data": 0.25})
    <RiskParts:
            bias2 = 0.5
    features:data = 0.25>
    >>> print(RiskParts(bias2=np.array([0.5, 0.25]), data=np.array([1.0, 2.0])))
    bias2  data
      0.5     1
     0.25     2
    """

    def __str__(self) -> str:
        wide = max((len(str(name)) for name in self), default=0)
        shape = np.broadcast_shapes(*map(np.shape, self.values()))
        if not shape:
            return "\n".join(f"{name!s:>{wide}} = {_whole(value)}" for name, value in self.items())
        if np.prod(shape) > _PRINTED:
            spans = (f"{name!s:>{wide}}: {span(value)}" for name, value in self.items())
            return "\n".join([f"Parts of shape {shape}", *spans])
        columns = [[str(name), *(brief(part) for part in np.ravel(value))] for name, value in self.items()]
        widths = [max(map(len, column)) for column in columns]
        lines = zip(*columns, strict=True)
        return "\n".join(
            "  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines
        )

    def __repr__(self) -> str:
        return f"<RiskParts:\n{self}>"


def _whole(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
