"""How results show themselves: by what they print, not by their fields."""

from __future__ import annotations

__all__ = ["Printed"]


class Printed:
    """Shows itself, also in a list or at a prompt, as what it prints.

    Examples
    --------
    >>> class Answer(Printed):
    ...     def __str__(self):
    ...         return "42, proved"
    >>> [Answer()]
    [<Answer: 42, proved>]
    """

    def __repr__(self) -> str:
        text = str(self)
        return f"<{type(self).__name__}: {text}>" if "\n" not in text else f"<{type(self).__name__}\n{text}>"
