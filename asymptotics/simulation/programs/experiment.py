"""One replicate of a program: draw its matrices, solve it, and read off its observables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.resources import require_memory
from asymptotics.simulation.programs.drawing import DrawingPlan, total_elements
from asymptotics.simulation.programs.elimination import Affine, Composition
from asymptotics.simulation.programs.minimum import Form, Layout, QuadraticPart, minimize
from asymptotics.simulation.programs.numbers import ProgramNumbers
from asymptotics.simulation.programs.setting import ProgramSetting
from asymptotics.simulation.threads import one_thread
from asymptotics.symbolic.matrices import Variable

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lowered:
    """A setting as numbers, shared by all replicates and by a path of ridges.

    Attributes
    ----------
    recipe : DrawingPlan
    composition : Composition
    forms : tuple of (tuple of Form, tuple of float)
        Parts of the energy, each with its coefficient at every ridge.
    vanishing : tuple of (Form, float)
        Derivative of the energy in the ridge.
    readings : tuple of (tuple of (Form, tuple of float), tuple of float)
        For every observable the forms it is the sum of, and its factor, each at every ridge.
    """

    recipe: DrawingPlan
    composition: Composition
    forms: tuple[tuple[tuple[Form, ...], tuple[float, ...]], ...]
    vanishing: tuple[Form, ...]
    readings: tuple[tuple[tuple[tuple[Form, tuple[float, ...]], ...], tuple[float, ...]], ...]

    @classmethod
    def of(cls, setting: ProgramSetting, ridges: Sequence[float]) -> Lowered:
        """A setting at a path of ridges, checked.

        Parameters
        ----------
        setting : ProgramSetting
            Program with its sizes and numbers.
        ridges : sequence of float
            Of the path.

        Raises
        ------
        InputError
            If a value is missing, an observable is no slope in a coefficient of the energy, or a replicate does
            not fit into memory.
        """
        along = [ProgramNumbers(setting, float(ridge)) for ridge in ridges]
        first = along[0]
        composition = Composition.of(first)
        _require_memory(setting, composition)
        grouped: dict[tuple[float, ...], list[Form]] = {}
        vanishing: list[Form] = []
        for term in setting.program.energy.terms:
            form = Form(term.left, term.right, first.profile(term.weight, term.left.dimension))
            values = tuple(numbers.number(term.coefficient) for numbers in along)
            grouped.setdefault(values, []).append(form)
            speed = first.number(_slope(term.coefficient, setting.ridge))
            if speed != 0:
                vanishing.append(Form(term.left, term.right, speed * np.asarray(form.weight)))
        parts = tuple((tuple(forms), values) for values, forms in grouped.items() if any(values))
        readings = tuple(
            (_forms(setting, along, wanted.source.name), tuple(n.number(wanted.factor) for n in along))
            for wanted in setting.program.observables.values()
        )
        return cls(DrawingPlan.of(first), composition, parts, tuple(vanishing), readings)

    def measure(self, seed: int, key: tuple[int, ...], replicate: int, ridges: Sequence[float]) -> Array:
        """One draw, solved at every ridge.

        Parameters
        ----------
        seed : int
            Of the simulation.
        key : tuple of int
            Of the configuration.
        replicate : int
            Its number.
        ridges : sequence of float
            Of the path.

        Returns
        -------
        ndarray, shape (len(ridges), observables)
        """
        functions = self.composition.run(*self.recipe.draw(seed, key, replicate))
        layout = Layout.of({v: self.composition.sizes[v] for v in self.composition.free})
        parts = [QuadraticPart(forms, functions, layout) for forms, _ in self.forms]
        limit = QuadraticPart(self.vanishing, functions, layout) if 0 in ridges and self.vanishing else None
        rows = []
        for position, ridge in enumerate(ridges):
            coefficients = [values[position] for _, values in self.forms]
            solution = minimize(parts, coefficients, limit if ridge == 0 else None)
            rows.append(self._read(functions, layout.split(solution), position))
        return np.array(rows)

    def _read(
        self, functions: Mapping[Variable, Affine], solution: Mapping[Variable, Array], position: int
    ) -> list[float]:
        """Every observable, followed by its parts due to each given vector and to two together."""
        setting, count = self.recipe.setting, len(self.recipe.setting.given)
        wanted = {v for forms, _ in self.readings for form, _ in forms for v in (form.left, form.right)}
        values = {variable: functions[variable].at(solution) for variable in wanted}
        row: list[float] = []
        for forms, factors in self.readings:
            total = np.zeros((count, count))
            for form, speeds in forms:
                total += speeds[position] * form.products(values)
            total *= factors[position]
            row += [total.sum(), *total.diagonal(), *(2 * total[i, k] for i, k in setting.pairs)]
        return [sum(row[column] for column in columns) for columns in setting.columns]


def _slope(coefficient: Any, name: str) -> Any:
    """Derivative of a coefficient in the parameter of a name."""
    for parameter in coefficient.free_symbols:
        if parameter.name == name:
            return coefficient.diff(parameter)
    return coefficient * 0


def _forms(
    setting: ProgramSetting, along: Sequence[ProgramNumbers], source: str
) -> tuple[tuple[Form, tuple[float, ...]], ...]:
    """The quadratic form that a source multiplies in the energy."""
    found = []
    for term in setting.program.energy.terms:
        slope = _slope(term.coefficient, source)
        if slope != 0:
            weight = along[0].profile(term.weight, term.left.dimension)
            found.append((Form(term.left, term.right, weight), tuple(n.number(slope) for n in along)))
    if not found:
        raise InputError("observables", source, "slopes in coefficients that occur in the energy")
    return tuple(found)


def _require_memory(setting: ProgramSetting, composition: Composition) -> None:
    size = sum(composition.sizes[variable] for variable in composition.free)
    functions = sum(composition.sizes[variable] for variable in composition.order) * size
    needed = total_elements(setting) + 2 * functions + 3 * size**2
    require_memory(needed, "sizes", dict(setting.sizes), "a replicate")


@dataclass(frozen=True)
class ProgramTask:
    """A block of replicates of a program at one choice of sizes: the unit of work sent to an executor.

    Attributes
    ----------
    setting : ProgramSetting
    ridges : tuple of float
        They share the draws.
    key : tuple of int
        What, besides the seed, the draws depend on.
    seed, first, count : int
        Seed of the simulation, first replicate of the block, number of replicates in it.

    Examples
    --------
    >>> from asymptotics.models.random_features_equations import program
    >>> from asymptotics.simulation.programs.setting import DrawnSpectrum
    >>> spectrum = DrawnSpectrum([1.0, 0.1], [5, 40])
    >>> setting = ProgramSetting(program(), {"n": 30, "p": 20}, {"noise": 0.1}, {"D": spectrum}, {"B": [1, 0]})
    >>> ProgramTask(setting, (0.1, 1.0), (30, 20), seed=0, count=4).run().shape
    (4, 2, 9)
    """

    setting: ProgramSetting
    ridges: tuple[float, ...]
    key: tuple[int, ...]
    seed: int
    first: int = 0
    count: int = 1

    def run(self) -> Array:
        """Draw and measure every replicate of the block, with BLAS limited to one thread.

        Returns
        -------
        ndarray, shape (count, len(ridges), observables)

        Raises
        ------
        SimulationError
            If the energy has no minimum, or a result is not finite.
        """
        lowered = Lowered.of(self.setting, self.ridges)
        with one_thread():
            draws = [
                lowered.measure(self.seed, self.key, replicate, self.ridges)
                for replicate in range(self.first, self.first + self.count)
            ]
        values = np.stack(draws)
        if not np.isfinite(values).all():
            raise SimulationError(f"an observable of {self.setting.program.name} is not finite")
        return values
