r"""Training methods as values: what each leaves of the target at every eigenvalue of the kernel matrix.

All are linear in the labels and start from zero: ``y - Z a = h(ZZ^T) y`` with a filter ``h`` of its own. Parameters are
numbers or arrays, which broadcast against each other, the sizes, and the ridges of a question.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from asymptotics.dynamics.contours import Contour
from asymptotics.dynamics.nodes import Nodes
from asymptotics.errors import InputError
from asymptotics.functions.exact import number, real_array
from asymptotics.models.sizes import is_array

__all__ = ["Training"]

FAR = 1e100
"""Ridge, in units of the largest eigenvalue, that stands for the zero predictor."""

FEW, FEW_SIGNED = 9, 20
"""Below these numbers of steps the contour of Talbot comes too close to other branches; circles are cheap there."""

Values = Mapping[str, np.ndarray]


def checked(name: str, value: Any, allowed: str, bad: Callable[[np.ndarray], Any]) -> np.ndarray:
    """A number, or an array of them, as doubles.

    Parameters
    ----------
    name : str
        For messages.
    value : object
        What the user gave.
    allowed : str
        What is allowed, in words.
    bad : Callable[[ndarray], Any]
        Says of an array where it is not.
    """
    array = _array(name, value)
    wrong = np.isnan(array) | bad(array)
    if np.any(wrong):
        raise InputError(name, array[wrong].flat[0].item(), allowed)
    return array


def _array(name: str, value: Any) -> np.ndarray:
    if isinstance(value, str) or not is_array(value):
        endless = isinstance(value, float) and np.isinf(value)
        return np.asarray(value if endless else float(number(name, value)))
    return real_array(name, value, "a number, or an array of them", number).astype(float)


def not_whole(array: np.ndarray) -> np.ndarray:
    """Where an entry is no nonnegative integer."""
    return (array < 0) | (array != np.round(array)) | np.isinf(array)


@dataclass(frozen=True, eq=False)
class Training(ABC):
    """A linear training method that starts from zero, as a value.

    Attributes
    ----------
    method : str
        What tables and exports call it.
    needs_edge : bool
        Whether nodes depend on the largest eigenvalue.
    """

    method: ClassVar[str] = ""
    needs_edge: ClassVar[bool] = False
    in_doubles: ClassVar[str] = "its nodes are known in double precision only"
    """Why there are no digits, if there are none."""
    per_sample: ClassVar[bool] = False
    """Whether parameters are in units of eigenvalues over the number of samples."""

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Parameters by name, as arrays of doubles."""
        return {name: _array(name, value) for name, value in self.given.items()}

    @property
    def given(self) -> dict[str, Any]:
        """Parameters by name, as they were given."""
        table = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in table.items() if value is not None and not callable(value)}

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the parameters that a risk shows."""
        return tuple(self.parameters)

    def key(self) -> tuple[Any, ...]:
        """What two equal values share."""
        arrays = [(name, a.shape, a.tobytes()) for name, a in self.parameters.items()]
        functions = [v for v in (getattr(self, f.name) for f in fields(self)) if callable(v)]
        return type(self), *arrays, *functions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Training) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __str__(self) -> str:
        return self.method

    @abstractmethod
    def nodes(self, values: Values, edge: np.ndarray) -> Nodes:
        """Nodes of the filter in rows of one group.

        Parameters
        ----------
        values : mapping name -> ndarray, shape (rows, 1)
            The parameters in every row.
        edge : ndarray, shape (rows, 1)
            The largest eigenvalue; where ``needs_edge`` is false, any number of its size.
        """

    def contour(self, values: dict[str, Any], count: int, context: Any) -> Contour:
        """Nodes in mpmath numbers.

        Parameters
        ----------
        values : dict
            Parameters at one point, as numbers of the context.
        count : int
            Nodes of Talbot's contour; others take as many as have the same error.
        context : mpmath context

        Raises
        ------
        InputError
            If the method has none in many digits.
        """
        raise InputError("digits", self, "None for this method", self.in_doubles)

    def groups(self, values: Values, edge: np.ndarray) -> np.ndarray:
        """A key for each row: rows of one key have equally many nodes.

        Parameters
        ----------
        values : Values
            Parameters by name, one row each.
        edge : ndarray
            Upper end of the spectrum, for each row.
        """
        return np.zeros(edge.shape[0])

    def speed_limit(self, values: Values) -> np.ndarray | None:
        """What step size times the largest eigenvalue must stay below; None where there are no steps."""
        return None

    def converged(self, values: Values) -> np.ndarray | None:
        """The ridge to which training has come where it has come to an end, NaN elsewhere; None for nowhere."""
        return None

    def like_ridge(self, values: Values) -> Any:
        """A ridge that shrinks about as much; zero, which shrinks least, where none is known.

        Parameters
        ----------
        values : Values
            Parameters by name, one row each.
        """
        return 0.0

    def filter(self, eigenvalues: Any, edge: float | None = None) -> np.ndarray:
        """The share of the labels that is left at eigenvalues of the kernel matrix, in the shape of the parameters.

        Parameters
        ----------
        eigenvalues : array_like, shape (m,)
        edge : float, optional
            A bound of the spectrum; the largest of the eigenvalues by default.
        """
        x = np.atleast_1d(np.asarray(eigenvalues, dtype=float))
        largest = float(x.max(initial=0.0)) if edge is None else edge
        arrays = np.broadcast_arrays(*self.parameters.values()) if self.parameters else [np.zeros(())]
        shape = arrays[0].shape
        values = {name: a.reshape(-1, 1) for name, a in zip(self.parameters, arrays, strict=False)}
        bound = np.full((arrays[0].size, 1), largest or 1.0)
        self.check_steps(values, bound)
        rows, keys = np.empty((bound.size, x.size)), self.groups(values, bound)
        for key in np.unique(keys):
            at = np.flatnonzero(keys == key)
            rows[at] = self.nodes({n: v[at] for n, v in values.items()}, bound[at]).filter(x)
        return rows.reshape(*shape, x.size)

    def check_steps(self, values: Values, edge: np.ndarray) -> None:
        """Refuse steps with which training diverges.

        Parameters
        ----------
        values : Values
            Parameters by name, one row each.
        edge : ndarray
            Upper end of the spectrum, for each row.

        Raises
        ------
        InputError
            With the edge of the spectrum and the largest step size that is allowed.
        """
        limit = self.speed_limit(values)
        if limit is None:
            return
        excess = np.ravel(values["step_size"] * edge / limit)
        worst = int(np.argmax(excess))
        if excess[worst] >= 1:
            top, most = float(np.ravel(edge)[worst]), float(np.ravel(limit / edge)[worst])
            raise InputError(
                "step_size", float(np.ravel(values["step_size"])[worst]), f"a step size below {most:.6g}",
                f"the spectrum of Z Z^T ends at {top:.6g}, and {self.method} diverges there",
            )  # fmt: skip
