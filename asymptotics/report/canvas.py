"""Where figures are drawn: the style, new axes, and saving them as they look."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from asymptotics.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["EMBEDDED", "STYLE", "load_pyplot", "new_axes", "new_figure", "own_style", "save_figure", "styled"]

P = ParamSpec("P")
R = TypeVar("R")

STYLE = Path(__file__).with_name("paper.mplstyle")
"""The style sheet; ``plt.style.use("asymptotics.report.paper")`` is its public name."""

EMBEDDED = {"pdf.fonttype": 42, "ps.fonttype": 42}
"""Fonts as TrueType: journals refuse Type 3."""

_NO_LOOKS = ("backend", "interactive", "toolbar", "timezone", "docstring.hardcopy")
_NO_LOOKS_AT_ALL = (
    "webagg.",
    "tk.",
    "keymap.",
    "animation.",
    "savefig.",
    "date.",
    "pdf.",
    "ps.",
    "svg.",
    "figure.",
)
"""Settings that are not the looks of a plot: who sets the dpi or a window has not chosen a style."""


def load_pyplot() -> Any:
    """Matplotlib's pyplot.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plot") from error
    return pyplot


def _tools() -> Any:
    """The module of the styled figure, which needs Matplotlib."""
    load_pyplot()
    from asymptotics.report import styled_figure

    return styled_figure


def _sheet() -> dict[str, Any]:
    """Settings of the style sheet."""
    return dict(load_pyplot().matplotlib.rc_params_from_file(STYLE, use_default_template=False))


def own_style() -> bool:
    """Whether the user has chosen a style: then figures are drawn in it, and this package's is left out.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> with plt.style.context("ggplot"):
    ...     own_style()
    True
    """
    settings, default = load_pyplot().rcParams, load_pyplot().rcParamsDefault
    names = [n for n in default if n not in _NO_LOOKS and not n.startswith((*_NO_LOOKS, *_NO_LOOKS_AT_ALL))]
    return any(settings[name] != default[name] for name in names)


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in the style of this package, unless there are axes to draw into or the user has chosen a style."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs.get("ax") is not None or own_style():
            return draw(*args, **kwargs)
        with _tools().applied(_sheet()):
            return draw(*args, **kwargs)

    return inner


def new_figure(width: float | None = None, height: float | None = None) -> Figure:
    """A figure that is saved as it looks now; its size in inches is that of the style if none is given.

    Parameters
    ----------
    width : float, optional
        In inches.
    height : float, optional
        In inches.
    """
    pyplot, sheet = load_pyplot(), _sheet()
    ours = all(pyplot.rcParams[name] == value for name, value in sheet.items() if name.startswith("font."))
    usual = pyplot.rcParams["figure.figsize"]
    size = (width or usual[0], height or usual[1]) if ours else usual
    looks = sheet if ours else EMBEDDED
    return pyplot.figure(figsize=size, FigureClass=_tools().StyledFigure, looks=looks)


def new_axes(width: float | None = None, height: float | None = None) -> Axes:
    """Axes of a new figure.

    Parameters
    ----------
    width : float, optional
        In inches.
    height : float, optional
        In inches.
    """
    return new_figure(width, height).add_subplot()


def save_figure(what: Any, path: str | Path, *, width: float | None = None, height: float | None = None,
                dpi: float = 300) -> Path:  # fmt: skip
    """Save a figure, also one of your own, with fonts that journals take: TrueType in PDF and PostScript, not Type 3.

    Parameters
    ----------
    what : matplotlib Axes or Figure
    path : path-like
        Ends in ``.pdf``, ``.svg``, ``.png``, ``.eps``, ...
    width, height : float, optional
        In inches; a column of most journals is 3.4 wide. By default the figure keeps its size.
    dpi : float, default 300
        Of pixel images.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If this is no figure, a size is not positive, or the file cannot be written.
    MissingExtraError
        If matplotlib is not installed.

    References
    ----------
    docs/howto/figures.md.

    Examples
    --------
    >>> import numpy as np, asymptotics as asy
    >>> model = asy.RandomFeaturesRidge("relu", target={1: 1}, noise=0.1)
    >>> axes = asy.plot(asy.predict(model, asy.Proportional(np.geomspace(0.1, 10, 20), 3.0), ridge=0.1))
    >>> save_figure(axes, "curve.pdf").read_bytes()[:5]
    b'%PDF-'
    """
    tools = _tools()
    figure = getattr(what, "figure", what)
    if not hasattr(figure, "savefig"):
        raise InputError("what", what, "axes or a figure of Matplotlib", "`asy.plot` returns axes")
    sizes = [
        given if given is not None else now for given, now in zip((width, height), figure.get_size_inches())
    ]
    if not all(size > 0 for size in sizes):
        raise InputError("width, height", (width, height), "positive lengths in inches")
    figure.set_size_inches(*sizes)
    try:
        with tools.applied(EMBEDDED):
            figure.savefig(path, dpi=dpi, bbox_inches=None if figure.get_layout_engine() else "tight")
    except (OSError, ValueError) as error:
        raise InputError(
            "path", str(path), "a file that can be written, of a known suffix", str(error)
        ) from error
    return Path(path)
