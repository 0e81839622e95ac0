"""Models on the command line: their options are their fields, those of a user's own model too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial
from typing import Any

import click

import asymptotics as asy
from asymptotics.cli.loss_options import CLASSES, read_classes, with_loss
from asymptotics.errors import InputError
from asymptotics.functions.activation_catalogue import ACTIVATION_NAMES
from asymptotics.functions.kernel_catalogue import KERNEL_NAMES


def beginning_with(names: Iterable[str]) -> Callable[..., list[str]]:
    """What the shell completes: the names that begin as what was typed."""
    return lambda ctx, param, incomplete: [name for name in names if name.startswith(incomplete)]


def models() -> list[Any]:
    """The models of the package."""
    values = [getattr(asy, name) for name in dir(asy)]
    return [one for one in values if inspect.isclass(one) and hasattr(one, "theory")]


MODEL_OPTIONS = (
    click.option(
        "--activation", help="Name or formula in x, e.g. 'max(x,0) - x/3' (default: relu).",
        shell_complete=beginning_with(ACTIVATION_NAMES),
    ),
    click.option(
        "--kernel", help="Kernel ridge regression instead: name or formula in t, e.g. 'exp(t)'.",
        shell_complete=beginning_with(KERNEL_NAMES),
    ),
    click.option(
        "--group", "groups", multiple=True, metavar="ACTIVATION,share=S[,scale=R][,ridge=L]",
        help="A group of features, in the place of --activation; once for each.",
    ),
    click.option("--biases", help="Law of random biases: 'normal(mean, deviation)' or 'uniform(low, high)'."),
    click.option(
        "--weights", metavar="LAW",
        help="Law of the weights: sphere, gaussian, orthogonal or 'sparse(density)'; experiments take hypercube too.",
        shell_complete=beginning_with(("sphere", "gaussian", "orthogonal", "hypercube")),
    ),
    click.option(
        "--target", metavar="POWERS",
        help="Power per degree, e.g. 1:1,2:0.25 (default: 1:1); or labels of two classes: sign, or sign,flips=0.1, "
        "sign,probit=0.5, sign,logistic=2.",
    ),
    click.option("--noise", help="Label-noise variance (default: 0)."),
    click.option(
        "--model", "own", metavar="FILE.py:CLASS",
        help="A model of your own: its fields and sizes are options as well. Runs the file.",
    ),
)  # fmt: skip

_GIVEN = f"{__name__}.given"


class ModelCommand(click.Command):
    """A command about a model; with ``--model`` it takes the options that the model's fields and sizes name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context_settings"] = {"ignore_unknown_options": True, "allow_extra_args": True}
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember what was given: help is printed before options are read."""
        ctx.meta[_GIVEN] = list(args)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of the command, and those of the model that is asked about."""
        super().format_options(ctx, formatter)
        words = [word for item in ctx.meta[_GIVEN] for word in item.split("=", 1)]
        if "--model" in words[:-1]:
            where = words[words.index("--model") + 1]
            with formatter.section(f"Options of {where.rpartition(':')[2]}"):
                formatter.write_dl(_own_options(where))

    def invoke(self, ctx: click.Context) -> Any:
        """Refuse what is no option, unless a model of one's own may have it."""
        if ctx.args and not ctx.params.get("own"):
            name = ctx.args[0]
            if name.startswith("-"):
                raise click.NoSuchOption(name.partition("=")[0], ctx=ctx)
            raise click.UsageError(f"Got unexpected extra argument ({name})", ctx=ctx)
        return super().invoke(ctx)


def extra_options() -> dict[str, str]:
    """What was given beyond the declared options, by name.

    Raises
    ------
    InputError
        If it is not of the form ``--name value``.
    """
    words, found = list(click.get_current_context().args), {}
    while words:
        name, _, value = words.pop(0).partition("=")
        if not name.startswith("--") or (not value and not words):
            raise InputError("option", name, "--name value, for a field or a size of the model")
        found[name[2:].replace("-", "_")] = value or words.pop(0)
    return found


def _own_options(where: str) -> list[tuple[str, str]]:
    """Options of a model of one's own, and what each is; runs its file."""
    from asymptotics.models.loading import load_model

    kind = load_model(where)
    own = {field.name: f"Field of type {_type_name(field)}." for field in fields(kind)}  # type: ignore[arg-type]
    sizes = {size.name: "Size." for size in kind.theory.sizes}
    return [(f"--{name} TEXT", said) for name, said in {**sizes, **own}.items()]


def _type_name(field: Any) -> str:
    return str(getattr(field.type, "__name__", field.type)).rpartition(".")[2]


def read_target(text: str) -> dict[int, str]:
    """Degree to power, from ``degree:power,...``.

    Examples
    --------
    >>> read_target("1:1,2:0.25")
    {1: '1', 2: '0.25'}
    """
    powers: dict[int, str] = {}
    for item in text.split(","):
        degree, separator, power = item.partition(":")
        if not separator or not degree.strip().isdecimal() or int(degree) in powers:
            raise InputError("target", text, "degree:power pairs such as 1:1,2:0.25, each degree once")
        powers[int(degree)] = power.strip()
    return powers


def _target(text: str, kind: Callable[[Any], Any]) -> Any:
    """Labels of two classes, or powers as a value of the kind that a field has."""
    return read_classes(text) if text.split(",")[0].strip() == CLASSES else kind(read_target(text))


def _activation(text: str) -> Any:
    from asymptotics.functions.activations import as_activation

    return as_activation(text)


def _kernel(text: str) -> Any:
    from asymptotics.functions.kernels import as_kernel

    return as_kernel(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "Activation": _activation,
    "Kernel": _kernel,
    "Target": lambda text: _target(text, asy.Target),
    "target": lambda text: _target(text, dict),
    "tuple": lambda text: tuple(text.split(",")),
    "int": int,
    "float": float,
}
"""How the text of an option becomes the value of a field, by the field's name or the name of its type."""


def _field(kind: Any, name: str, text: str) -> Any:
    """The value of a field; of a type that is not listed, its text."""
    declared = {field.name: _type_name(field) for field in fields(kind)}
    reader = _READERS.get(declared[name]) or _READERS.get(name)
    try:
        return text if reader is None else reader(text)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(name, text, f"a value of type {declared[name]}") from error


def read_model(given: dict[str, Any]) -> Any:
    """The model that the options describe; takes its options out of ``given``, and adds its own sizes to it."""
    return with_loss(_features(given), given)


def _features(given: dict[str, Any]) -> Any:
    """The model apart from its loss, which may be a field of a model of one's own."""
    own = given.pop("own")
    names = ("activation", "kernel", "target", "noise", "groups", "biases", "weights")
    values = {name: given.pop(name) for name in names}
    if "labels" in given:  # an experiment: a law of independent weights is an option of it
        independent = values["weights"] in _EXPERIMENTAL
        given["weights"] = values.pop("weights") if independent else None
    values = {name: text for name, text in values.items() if text not in (None, ())}
    if own is not None:
        return _own_model(own, values, given)
    for name in _WIDE & set(values) if "kernel" in values else ():
        raise InputError(name, values[name], "nothing for a kernel", "a kernel has no weights")
    if "kernel" in values and "activation" in values:
        raise InputError("kernel", values["kernel"], "either --activation or --kernel")
    kind = asy.KernelRidge if "kernel" in values else asy.RandomFeaturesRidge
    first = "kernel" in values or "groups" in values
    defaults = {"target": "1:1", "noise": "0"} | ({} if first else {"activation": "relu"})
    read = {
        name: _field(kind, name, text) for name, text in {**defaults, **values}.items() if name not in _WIDE
    }
    wide = {name: text for name, text in values.items() if name in _WIDE}
    if "groups" in wide:
        wide["groups"] = [read_group(text) for text in wide["groups"]]
    return kind(**read, **wide)


def read_group(text: str) -> Any:
    """A group of features, from ``activation,share=...,scale=...,ridge=...``.

    Examples
    --------
    >>> read_group("tanh,share=0.4,scale=2")
    Group('tanh', share=2/5, scale=2, ridge=1)
    """
    activation, *options = _OPTION.split(text)
    found: dict[str, str] = {}
    for option in options:
        name, _, value = option.partition("=")
        found[name.strip()] = value.strip()
    if set(found) - {"share", "scale", "ridge"} or "share" not in found:
        raise InputError("group", text, "activation,share=S with scale=R and ridge=L where they are not one")
    return asy.Group(activation.strip(), **found)


_OPTION = re.compile(r",(?=\s*[a-z]+\s*=)")
"""What separates a group's options; other commas are those of its formula."""

_EXPERIMENTAL = ("sphere", "gaussian", "hypercube")

_WIDE = {"groups", "biases", "weights"}
"""Fields of random features that a kernel has not."""


def _own_model(where: str, values: dict[str, str], given: dict[str, Any]) -> Any:
    from asymptotics.models.loading import load_model

    kind = load_model(where)
    names, sizes = {field.name for field in fields(kind)}, {size.name for size in kind.theory.sizes}  # type: ignore[arg-type]
    if "loss" in names and given.get("loss") is not None:
        values["loss"] = given.pop("loss")
    extra = extra_options()
    for name in (*values, *extra):
        if name not in names | sizes:
            allowed = f"a field or size of the model: {', '.join(sorted(names | sizes))}"
            raise InputError("option", f"--{name}", allowed)
    given["sizes"] = {name: text for name, text in extra.items() if name in sizes - names}
    values |= {name: text for name, text in extra.items() if name in names}
    try:
        return kind(**{name: _field(kind, name, text) for name, text in values.items()})
    except TypeError as error:
        raise InputError(
            "model", where, f"options for its fields {', '.join(sorted(names))}", str(error)
        ) from error


def prepare_workers() -> Callable[[], Any] | None:
    """What a worker process has to run before it gets work: the file of a model of one's own, of the same digest."""
    where = click.get_current_context().params.get("own")
    if where is None:
        return None
    from asymptotics.models.loading import file_digest, load_model

    return partial(load_model, where, file_digest(where.rpartition(":")[0]))
