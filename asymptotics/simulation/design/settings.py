"""The one door from a model to its experiment: every model is asked in the same order, and none is recognised.

A model may offer, first to last,

``setting()``
    An object with the attributes below, or None: the experiment apart from the theory.
``at_sizes(regime)``
    The model with some of its sizes in it, the sizes that are left, what the number of features is called, and the
    sizes that are in it by name; then as below.
``learner``, ``eigenvalues``, ``feature_map``, ``activation`` or ``kernel``, with ``target`` and ``noise``
    Inputs, features and labels are drawn as they are defined; see
    `asymptotics.simulation.learning.interpretation.READERS`.
``program_setting(sizes)``
    From sizes by name to a `ProgramSetting`, or a mapping of its arguments: the program's own matrices are drawn.
``theory`` and ``measure``
    The same, with the program of the theory and the numbers of the measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from asymptotics.errors import InputError
from asymptotics.models.quantities import D
from asymptotics.simulation.design.deep_plan import plan_deep
from asymptotics.simulation.design.design import Design
from asymptotics.simulation.design.ensemble_plan import as_bags, plan_ensemble
from asymptotics.simulation.design.learning_plan import plan_learning
from asymptotics.simulation.design.loss_plan import is_asked, plan_loss
from asymptotics.simulation.design.program_plan import plan_program
from asymptotics.simulation.learning.bags import Bags
from asymptotics.simulation.learning.interpretation import READERS
from asymptotics.simulation.programs.setting import DrawnSpectrum, ProgramSetting
from asymptotics.symbolic.dimensions import SpectralDimension

ProgramSettings = Callable[[Mapping[str, int]], ProgramSetting]


def as_plan(model: Any, regime: Any, design: Design) -> Any:
    """The plan of a model's experiment at the sizes of a regime.

    Parameters
    ----------
    model : object
        See above.
    regime : object
        With the sizes that the model names, as attributes.
    design : Design

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the model offers nothing of this, a size is missing, or an option does not apply.
    """
    if design.labels == "auto":
        try:
            return as_plan(model, regime, replace(design, labels="averaged"))
        except InputError:
            return as_plan(model, regime, replace(design, labels="drawn"))
    asked = getattr(model, "setting", None)
    own = asked() if callable(asked) else None
    source = model if own is None else own
    if is_asked(source):
        return plan_loss(source, regime, design)
    if not isinstance(design.ensemble, Integral):
        return _ensemble_plan(source, regime, design)
    if getattr(source, "at_sizes", None) is not None:
        return plan_deep(source, regime, design)
    known = any(getattr(source, name, None) is not None for name in READERS)
    settings = program_settings(source) if own is None or not known else None
    if known and settings is None:
        return plan_learning(source, regime, design)
    if settings is None:
        return plan_learning(source, regime, design)  # which says what is missing
    names = size_names(source, regime)
    return plan_program(settings, {name: getattr(regime, name) for name in names}, design)


def _ensemble_plan(source: Any, regime: Any, design: Design) -> Any:
    """The plan of an ensemble; features of their own on all of the data are what a number of members asks for."""
    bags = as_bags(design.ensemble)
    if not any(getattr(source, name, None) is not None for name in READERS):
        raise InputError("ensemble", design.ensemble, "1 for a model that is drawn from its program")
    plain = replace(bags, description=()) == Bags(bags.count, True, False)
    if plain and getattr(source, "activation", None) is not None:
        return plan_learning(source, regime, replace(design, ensemble=bags.count))
    return plan_ensemble(source, regime, design, bags)


def size_names(model: Any, regime: Any) -> tuple[str, ...]:
    """Names of the sizes of a program model that a regime has to give.

    Parameters
    ----------
    model : object
        With a ``theory``, or ``sizes`` of its own.
    regime : object
        Sizes as attributes.

    Raises
    ------
    InputError
        If one is missing.
    """
    theory = getattr(model, "theory", None)
    if theory is None:
        names: tuple[str, ...] = tuple(model.sizes)
    else:
        names = tuple(size.name for size in theory.sizes)
        if getattr(model, "asks_dimension", False) and D.name not in names:
            names = (*names, D.name)
    for name in names:
        if getattr(regime, name, None) is None:
            raise InputError("regime", regime, f"finite sizes {', '.join(names)}, each by its name")
    return names


def program_settings(model: Any) -> ProgramSettings | None:
    """What gives the program of a model at sizes, or None where it has none."""
    own = getattr(model, "program_setting", None)
    if own is not None:
        return lambda sizes: _read(own(sizes))
    theory, measure = getattr(model, "theory", None), getattr(model, "measure", None)
    if theory is None or measure is None:
        return None
    return lambda sizes: from_theory(model, sizes)


def _read(given: Any) -> ProgramSetting:
    return given if isinstance(given, ProgramSetting) else ProgramSetting(**given)


def from_theory(model: Any, sizes: Mapping[str, int]) -> ProgramSetting:
    """The experiment of a model that declares a program and the numbers behind its averages.

    Parameters
    ----------
    model : object
        With ``theory`` (``program``, ``ridge``, ``components``) and ``measure(d)``, whose ``doubles`` have scalars
        and a spectrum.
    sizes : mapping of str to int

    Raises
    ------
    InputError
        If the spectrum is missing or has a tail.
    """
    theory = model.theory
    program, numbers = theory.program(), model.measure(sizes.get(D.name)).doubles(float(min(sizes.values())))
    scalars = {name: float(value) for name, value in numbers.scalars.items()}
    dimensions = {variable.dimension.name for variable in program.variables()}
    scalars |= {name: float(size) for name, size in sizes.items() if name not in dimensions}
    sizes = {name: size for name, size in sizes.items() if name in dimensions}
    spectra: dict[str, DrawnSpectrum] = {}
    powers: dict[str, Any] = dict(scalars)
    for dimension in program.spectral_dimensions():
        spectra[dimension.name], weights = _levels(model, dimension, numbers.spectrum)
        powers |= {letter: weight for letter, weight in weights.items() if letter not in powers}
    found = ProgramSetting(program, sizes, scalars, spectra, powers, theory.ridge)
    readings = {component.name: component.parts or (component.name,) for component in theory.components}
    known = {name: parts for name, parts in readings.items() if set(parts) <= set(found.readings)}
    return replace(found, observables=known)


def _levels(
    model: Any, dimension: SpectralDimension, levels: Any
) -> tuple[DrawnSpectrum, dict[str, list[float]]]:
    """The levels of one dimension, and the powers of vectors in them; the others belong to other dimensions."""
    if levels is None or any(float(tail) for tail in levels.tails.values()):
        allowed = "a model with a spectrum that has no tail"
        raise InputError("model", model, allowed, "define program_setting(sizes) to say what is drawn")
    letters = [letter.name for letter in dimension.eigenvalues]
    given = (
        levels.eigenvalues if isinstance(levels.eigenvalues, Mapping) else {letters[0]: levels.eigenvalues}
    )
    counts = np.asarray(levels.weights[dimension.measure], dtype=float)
    kept = counts > 0
    columns = [np.asarray(given[letter], dtype=float)[kept].tolist() for letter in letters]
    spectrum = DrawnSpectrum(
        columns[0], counts[kept].tolist(), dict(zip(letters[1:], columns[1:], strict=True))
    )
    vectors = {
        term.vector.measure
        for form in model.theory.program().constraints.values()
        for term in form.terms
        if getattr(term.vector, "measure", None) and term.vector.dimension == dimension
    }
    own = {
        letter: np.asarray(weight, dtype=float)[kept].tolist()
        for letter, weight in levels.weights.items()
        if vectors.issuperset(letter.split("_"))
    }
    return spectrum, own
