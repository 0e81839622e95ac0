"""Every exception of the package. Each carries what a program needs to react, not only a sentence."""

from __future__ import annotations

from typing import Any


class AsymptoticsError(Exception):
    """Base class of every error this package raises on purpose.

    Examples
    --------
    >>> import asymptotics as asy
    >>> try:
    ...     asy.FiniteSize(d=60, n=-1, p=300)
    ... except asy.AsymptoticsError as error:
    ...     print(error)
    n = -1: expected a positive integer or math.inf
    """


_LONG, _LONGEST = 80, 800
"""Letters of a name or value, and of what is said of it: names in damaged files may be of any length."""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


class InputError(AsymptoticsError, ValueError):
    """A value given by the user is outside what is allowed.

    Parameters
    ----------
    name : str
        The argument, as the user spells it.
    value : object
        What was given.
    allowed : str
        What is allowed, in words.
    advice : str, optional
        What to do instead.

    Examples
    --------
    >>> error = InputError("n", -1, "a positive integer", "leave it out for a kernel")
    >>> print(error)
    n = -1: expected a positive integer; leave it out for a kernel
    >>> error.name, error.value
    ('n', -1)
    """

    def __init__(self, name: str, value: Any, allowed: str, advice: str = "") -> None:
        self.name, self.value, self.allowed, self.advice = name, value, allowed, advice
        try:
            shown = repr(value)
        except ValueError:  # integers of more than 4300 digits are not printed
            shown = f"a very long {type(value).__name__}"
        message = f"{_cut(name, _LONG)} = {_cut(shown, _LONG)}: expected {_cut(allowed, _LONGEST)}"
        message += f"; {_cut(advice, _LONGEST)}" if advice else ""
        super().__init__(" ".join(message.split()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.name, self.value, self.allowed, self.advice))


class ShapeError(InputError):
    """Sizes of matrices, vectors or arrays do not fit together."""


class DerivationError(AsymptoticsError):
    """The symbolic engine cannot carry out, or cannot justify, a step."""


class CertificateError(DerivationError):
    """A check that has to hold exactly does not."""


class RecordError(AsymptoticsError):
    """A stored system is missing, malformed, or does not have the digest it claims."""


class SolverError(AsymptoticsError):
    """A numerical solve did not reach the physical solution.

    Parameters
    ----------
    message : str
        What happened.
    advice : str
        What to try.

    Examples
    --------
    >>> error = SolverError("no root in the bracket", "ask for more digits")
    >>> error.advice
    'ask for more digits'
    """

    def __init__(self, message: str, advice: str = "") -> None:
        self.advice = advice
        super().__init__(f"{message}; {advice}" if advice else message)


class PrecisionError(SolverError):
    """The digits asked for could not be guaranteed.

    Examples
    --------
    >>> import asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> isinstance(PrecisionError("known to 16 digits only"), asy.SolverError)
    True
    """


class SimulationError(AsymptoticsError):
    """A simulation cannot be run, or a store cannot be used."""


class MissingExtraError(AsymptoticsError, ImportError):
    """An optional dependency is absent.

    Parameters
    ----------
    package : str
        The module that could not be imported.
    extra : str
        The extra of this distribution that installs it.
    """

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(f"{package} is not installed: pip install 'asymptotics-rf[{extra}]'")

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.package, self.extra))
