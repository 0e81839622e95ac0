"""What goes away: the one place that says so, with what to write instead and the release in which it is gone."""

from __future__ import annotations

import warnings

__all__ = ["deprecated"]


def deprecated(what: str, instead: str, *, gone_in: str, depth: int = 1) -> None:
    """Warn that something still works and will not for long.

    Parameters
    ----------
    what : str
        The spelling that goes away, as users write it.
    instead : str
        What to write from now on.
    gone_in : str
        The first release without it, such as ``"0.3"``. Tests of that release fail if it is still there.
    depth : int
        Frames between the caller and the user: 1 if the user called the function that calls this one.

    Raises
    ------
    DeprecationWarning
        Only where warnings are errors.

    References
    ----------
    docs/project/versioning.md.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     deprecated("predict(lam=)", "predict(ridge=)", gone_in="0.3")
    >>> print(said[0].message)
    predict(lam=) is deprecated and gone in 0.3: use predict(ridge=)
    """
    message = f"{what} is deprecated and gone in {gone_in}: use {instead}"
    warnings.warn(message, DeprecationWarning, stacklevel=depth + 2)
