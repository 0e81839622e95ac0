"""The command group: errors become one line and an exit code."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.stopping import stoppable
from asymptotics.errors import AsymptoticsError, InputError, MissingExtraError

_HOME = {
    "atlas": "quadrant",
    "cite": "papers",
    "compare": "experiment",
    "curve": "theory",
    "derive": "theory",
    "explore": "papers",
    "gallery": "gallery",
    "heldout": "rows",
    "info": "papers",
    "list": "theory",
    "predict": "theory",
    "reference": "campaigns",
    "render": "papers",
    "reproduce": "experiment",
    "scaling": "scaling",
    "simulate": "experiment",
    "staircase": "quadrant",
    "store": "campaigns",
    "verify": "theory",
}
"""The module of each command, which is loaded when the command is asked for."""


class _Commands(click.Group):
    """Loads the command asked for, and turns errors into one line on stderr and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted(_HOME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, with the module it is written in."""
        if cmd_name in _HOME:
            import_module(f"asymptotics.cli.{_HOME[cmd_name]}")
        return super().get_command(ctx, cmd_name)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options before the command."""
        try:
            return super().make_context(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            click.echo(f"error: {_one_line(error.format_message())}", err=True)
            raise click.exceptions.Exit(2) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command chosen."""
        try:
            with stoppable(lambda: "run the same command again"), warnings.catch_warnings():
                warnings.showwarning = _warned
                return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            message, code = error.format_message(), 2
        except (InputError, MissingExtraError) as error:
            message, code = str(error), 2
        except AsymptoticsError as error:
            message, code = str(error), 1
        click.echo(f"error: {_one_line(message)}", err=True)
        ctx.exit(code)


def _warned(message: Warning | str, *where: Any, **more: Any) -> None:
    click.echo(f"warning: {_one_line(str(message))}", err=True)


def _one_line(message: str) -> str:
    return " ".join(message.split())


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(asy.__version__, prog_name="asymptotics")
def main() -> None:
    """Exact asymptotic risk of linearized neural networks."""
    require_own_name()


def require_own_name() -> None:
    """Refuse to run where another distribution has written into this package.

    Raises
    ------
    InputError
        If the distribution called ``asymptotics`` is installed: its import name is the same, so that its
        files and ours are mixed in one folder.
    """
    try:
        other = distribution("asymptotics").version
    except PackageNotFoundError:
        return
    raise InputError(
        "environment", f"asymptotics {other}", "an environment without the distribution called asymptotics",
        "it overwrites files of asymptotics-rf; install asymptotics-rf alone in a fresh virtual environment",
    )  # fmt: skip
