"""A risk as the labelled tables of pandas and xarray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from asymptotics.errors import MissingExtraError
from asymptotics.models.components import RISK
from asymptotics.prediction.risk_grid import axes_of


def frame(risk: Any) -> Any:
    """One row per point: parameters, components, status in words."""
    try:
        import pandas
    except ImportError as error:
        raise MissingExtraError("pandas", "data") from error
    return pandas.DataFrame(risk.rows())


def dataset(risk: Any, diagnostics: Sequence[str]) -> Any:
    """Components and diagnostics over the parameters that run along the axes, all others as coordinates.

    Parameters
    ----------
    risk : Risk
        Of any shape.
    diagnostics : sequence of str
        Names of arrays beside the components.
    """
    try:
        import xarray
    except ImportError as error:
        raise MissingExtraError("xarray", "data") from error
    dims, shape = risk.dims, risk.shape
    meanings = {component.name: component.meaning for component in RISK}
    columns = {**risk.values, **{name: getattr(risk, name) for name in diagnostics}}
    variables: dict[str, Any] = {
        name: (dims, np.array(np.broadcast_to(np.asarray(value, dtype=float), shape)),
               {"long_name": meanings.get(name, name.replace("_", " ")), "units": "1"})
        for name, value in columns.items()
    }  # fmt: skip
    variables["status"] = (dims, np.asarray(risk.statuses), {"long_name": "how the point was solved"})
    coordinates: dict[str, Any] = {}
    for name, value in {**risk.parameters, "noise": risk.noise}.items():
        along = axes_of(value, shape)
        array = np.broadcast_to(np.asarray(value, dtype=float), shape)
        index = tuple(slice(None) if axis in along else 0 for axis in range(len(shape)))
        kept = array[index] if array.size else array
        label = {"long_name": name.replace("_", " "), "units": "1"}
        coordinates[name] = (tuple(dims[axis] for axis in along) if array.size else dims, kept, label)
    attributes = {key: str(value) for key, value in risk.made_by.items()}
    return xarray.Dataset(variables, coords=coordinates, attrs=attributes)
