"""Every exception of the package. Each carries what a program needs to react, not only a sentence."""

from __future__ import annotations

from typing import Any


class AsymptoticsError(Exception):
    """Base class of every error this package raises on purpose."""


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
    """

    def __init__(self, name: str, value: Any, allowed: str, advice: str = "") -> None:
        self.name, self.value, self.allowed, self.advice = name, value, allowed, advice
        try:
            shown = repr(value)
        except ValueError:  # integers of more than 4300 digits are not printed
            shown = f"a very long {type(value).__name__}"
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        message = f"{name} = {shown}: expected {allowed}"
        super().__init__(" ".join(f"{message}; {advice}".split()) if advice else " ".join(message.split()))

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
    """

    def __init__(self, message: str, advice: str = "") -> None:
        self.advice = advice
        super().__init__(f"{message}; {advice}" if advice else message)


class PrecisionError(SolverError):
    """The digits asked for could not be guaranteed."""


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
