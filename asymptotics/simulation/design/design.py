"""What a user asks of an experiment besides the model and its sizes: one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from asymptotics.errors import InputError


@dataclass(frozen=True)
class Design:
    r"""How a model is trained, drawn and measured.

    Parameters
    ----------
    ridge, ridge_per_sample, time : array_like, optional
        :math:`\lambda`, :math:`\lambda/n`, or times of gradient flow; exactly one of them, ``time_per_sample`` and
        ``training``.
    time_per_sample : array_like, optional
        Times of gradient flow, times the number of samples.
    training : GradientFlow, GradientDescent, HeavyBall, Nesterov, IteratedRidge, ..., optional
        Any training method, with its parameters.
    step_size : float, optional
        With ``time``: gradient descent with this step.
    inputs : str, GaussianInputs or DataMatrix
        Law of the inputs.
    weights : str, optional
        Law of the weights.
    test_error : {"auto", "exact", "sampled"}
        How the average over a fresh input is taken.
    labels : {"drawn", "averaged", "auto"}
        Whether target and noise are drawn or averaged over exactly.
    test_samples : int, optional
        Size of a sampled test set.
    surrogate_degree : int, optional
        Gaussian noise for features above this degree.
    target_function : callable, optional
        Of the inputs, instead of the powers of the model's target.
    ensemble : int or Ensemble
        Number of predictors that are averaged, or what they share.
    coupling : {"independent", "nested"}
        Whether sizes of one dimension share their draws.
    precision : {"double", "single"}
        Of features, Gram matrices and factorizations.
    test_inputs : Inputs, optional
        Another law of the test inputs, under which the error is measured too.

    Examples
    --------
    >>> Design(ridge=0.1, labels="averaged").changed()
    {'labels': 'averaged'}
    """

    ridge: Any = None
    ridge_per_sample: Any = None
    time: Any = None
    time_per_sample: Any = None
    training: Any = None
    step_size: Any = None
    inputs: Any = "sphere"
    weights: str | None = None
    test_error: str = "auto"
    labels: str = "drawn"
    test_samples: int | None = None
    surrogate_degree: int | None = None
    ensemble: Any = 1
    coupling: str = "independent"
    precision: str = "double"
    target_function: Any = None
    test_inputs: Any = None

    @classmethod
    def of(cls, ridge: Any, options: Mapping[str, Any]) -> Design:
        """A design from options by name.

        Raises
        ------
        InputError
            If there is no such option.
        """
        for name, value in options.items():
            if name not in OPTIONS:
                raise InputError(name, value, f"nothing: the options are {', '.join(OPTIONS)}")
        return cls(ridge, **options)

    @property
    def path(self) -> tuple[str, Any]:
        """Name and values of the parameter of a path.

        Raises
        ------
        InputError
            If not exactly one is given.
        """
        given = [(name, getattr(self, name)) for name in PATHS if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError("ridge", self.ridge, f"exactly one of {', '.join(PATHS)}")
        return given[0]

    def changed(self) -> dict[str, Any]:
        """Options besides the path that differ from their default."""
        found = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            same_kind = type(value) is type(entry.default)
            if entry.name not in PATHS and not (same_kind and value == entry.default):
                found[entry.name] = value
        return found

    def require_defaults(self, names: tuple[str, ...], what: str) -> None:
        """Check that options are left alone where they mean nothing.

        Parameters
        ----------
        names : tuple of str
            Options that have to keep their defaults.
        what : str
            Where they mean nothing, in the words of an error.

        Raises
        ------
        InputError
            If one is not.
        """
        defaults = {entry.name: entry.default for entry in fields(self)}
        for name, value in self.changed().items():
            if name in names:
                shown = "nothing" if defaults[name] is None else repr(defaults[name])
                raise InputError(name, value, f"{shown} for {what}")


PATHS = ("ridge", "ridge_per_sample", "time", "time_per_sample", "training")
"""What gives a path, of which one is given."""

OPTIONS = tuple(entry.name for entry in fields(Design) if entry.name != "ridge")
"""Names of all options."""
