"""A figure that keeps its looks: it is drawn and saved with the settings that it was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = ["StyledFigure", "applied"]


@contextmanager
def applied(settings: Mapping[str, Any]) -> Iterator[None]:
    """Apply some settings of Matplotlib; afterwards only these are put back.

    Whatever else happens meanwhile stays: in a fresh notebook the first figure loads the backend, which switches
    interactive mode on.
    """
    all_settings: Any = mpl.rcParams
    before = {name: all_settings[name] for name in settings}
    all_settings.update(settings)
    try:
        yield
    finally:
        all_settings.update(before)


class StyledFigure(Figure):
    """A Matplotlib figure with settings of its own; Matplotlib reads fonts, their embedding and dpi only on saving.

    Parameters
    ----------
    looks : mapping of str to object
        Settings of Matplotlib, as in a style sheet.
    """

    def __init__(self, *args: Any, looks: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        self.looks = dict(looks or {})
        super().__init__(*args, **kwargs)

    def draw(self, renderer: Any) -> None:
        """Draw with the figure's own settings, on the screen and in a notebook too."""
        with applied(self.looks):
            super().draw(renderer)

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """Save with the figure's own settings."""
        with applied(self.looks):
            super().savefig(fname, **kwargs)
