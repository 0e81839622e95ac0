"""The plan of an experiment that is a quadratic program: sizes by the names that the program gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from asymptotics.errors import InputError
from asymptotics.simulation.design.design import OPTIONS, Design
from asymptotics.simulation.design.options import Grid, as_grid, as_sizes
from asymptotics.simulation.programs.drawing import stream_key
from asymptotics.simulation.programs.experiment import Lowered, ProgramTask
from asymptotics.simulation.programs.setting import ProgramSetting

NUMERICS = "program-1"
"""Changed whenever the same request would give other draws, so that a store never mixes them."""

Settings = Callable[[Mapping[str, int]], ProgramSetting]


@dataclass(frozen=True, eq=False)
class ProgramConfiguration:
    """One choice of sizes, with its path of ridges.

    Attributes
    ----------
    setting : ProgramSetting
        The program at these sizes.
    key : tuple of int
        What, besides the seed, the draws depend on.
    positions : mapping of float to list of int
        For every ridge the flat positions in the grid.
    """

    setting: ProgramSetting
    key: tuple[int, ...]
    positions: Mapping[float, list[int]]

    @property
    def ridges(self) -> tuple[float, ...]:
        """The path, in the order of the results."""
        return tuple(self.positions)

    @property
    def points(self) -> list[list[float]]:
        """``[ridge]`` of every point."""
        return [[ridge] for ridge in self.positions]

    @property
    def places(self) -> list[list[int]]:
        """Flat positions in the grid of every point."""
        return list(self.positions.values())

    def __str__(self) -> str:
        return describe_named_sizes(self.setting.sizes)


def describe_named_sizes(sizes: Mapping[str, int]) -> str:
    """Sizes in words.

    Examples
    --------
    >>> describe_named_sizes({"n": 5, "p1": 7})
    'n = 5, p1 = 7'
    """
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())


@dataclass(frozen=True, eq=False)
class ProgramPlan:
    """What is drawn for a program; see `asymptotics.simulation.design.planning.Plan`.

    Attributes
    ----------
    grid : Grid
    configurations : tuple of ProgramConfiguration
    observables : tuple of str
    """

    grid: Grid
    configurations: tuple[ProgramConfiguration, ...]
    observables: tuple[str, ...]

    controls: ClassVar[tuple[str, ...]] = ()

    @property
    def control_means(self) -> dict[str, float]:
        """Nothing: there are no controls."""
        return {}

    @property
    def parameters(self) -> dict[str, Any]:
        """Sizes and ridge of every point."""
        return {**self.grid.sizes, **self.grid.path}

    @property
    def provenance(self) -> dict[str, Any]:
        """The program and its constants; spectra and powers at the first sizes."""
        if not self.configurations:
            return {"numerics": NUMERICS, "label_power": 0.0}
        setting = self.configurations[0].setting
        power = sum(sum(setting.powers[vector.measure]) for vector in setting.deterministic_vectors)
        described = _described(setting)
        return {"numerics": NUMERICS, **described, "coupling": "independent", "label_power": power}

    @cached_property
    def _descriptions(self) -> dict[ProgramConfiguration, dict[str, Any]]:
        return {entry: _described(entry.setting) for entry in self.configurations}

    def cost(self, configuration: ProgramConfiguration) -> float:
        """Rough relative cost of a replicate."""
        total = float(sum(map(configuration.setting.size, configuration.setting.dimensions)))
        return total**3 * (1 + len(configuration.ridges) / 4)

    def describe(self, configuration: ProgramConfiguration, seed: int) -> dict[str, Any]:
        """Everything that the draws of a configuration depend on, as plain data."""
        return {
            "numerics": NUMERICS,
            "model": {**self._descriptions[configuration], "coupling": "independent"},
            "test_error": "exact",
            "sizes": dict(configuration.setting.sizes),
            "key": list(configuration.key),
            "points": configuration.points,
            "columns": list(self.observables),
            "parameter": "ridge",
            "control_means": {},
            "seed": seed,
        }

    def task(self, configuration: ProgramConfiguration, seed: int, first: int, count: int) -> ProgramTask:
        """A block of replicates of a configuration."""
        return ProgramTask(configuration.setting, configuration.ridges, configuration.key, seed, first, count)


def _described(setting: ProgramSetting) -> dict[str, Any]:
    program = setting.program
    spectra = {
        name: [list(s.eigenvalues), list(s.multiplicities), {k: list(v) for k, v in s.companions.items()}]
        for name, s in setting.spectra.items()
    }
    return {
        "program": program.name,
        "fingerprint": hashlib.sha256(repr(program).encode()).hexdigest()[:16],
        "constants": dict(sorted(setting.constants.items())),
        "spectra": spectra,
        "powers": {letter: list(power) for letter, power in sorted(setting.powers.items())},
        "ridge_parameter": setting.ridge,
    }


def plan_program(settings: Settings, sizes: Mapping[str, Any], design: Design) -> ProgramPlan:
    """Check a request about a program, and write down what is to be drawn.

    Parameters
    ----------
    settings : callable
        From sizes by name to the `ProgramSetting`.
    sizes : mapping of str to array_like
        Values of every size; they broadcast with the ridges.
    design : Design
        Only ``ridge`` or ``ridge_per_sample`` apply.

    Raises
    ------
    InputError
        If an option does not apply, or as `ProgramSetting`.
    """
    design.require_defaults(OPTIONS, "a program: it draws its own matrices")
    name, path = design.path
    if name in ("time", "time_per_sample", "training"):
        raise InputError(name, path, "nothing for a program", "its minimum is at a ridge")
    grid = as_grid({key: as_sizes(key, value) for key, value in sizes.items()}, {name: path})
    groups: dict[tuple[int, ...], dict[float, list[int]]] = {}
    for values, ridge, position in grid.points():
        groups.setdefault(values, {}).setdefault(ridge, []).append(position)
    configurations = []
    for values, positions in groups.items():
        named = dict(zip(sizes, values, strict=True))
        configurations.append(ProgramConfiguration(settings(named), stream_key(named), positions))
        Lowered.of(configurations[-1].setting, configurations[-1].ridges)
    first = configurations[0].setting if configurations else settings(dict.fromkeys(sizes, 2))
    return ProgramPlan(grid, tuple(configurations), first.names)
