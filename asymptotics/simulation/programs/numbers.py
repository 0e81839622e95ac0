"""Exact expressions of a program as numbers: sizes, constants and spectra put in, nothing else evaluated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation.programs.setting import ProgramSetting
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension

Array = NDArray[np.float64]


class ProgramNumbers:
    """The numbers behind the expressions of a program, at one ridge.

    Parameters
    ----------
    setting : ProgramSetting
        Sizes, constants and spectra.
    ridge : float
        Value of the parameter of the path.

    Examples
    --------
    >>> from asymptotics.models.random_features_equations import program
    >>> from asymptotics.simulation.programs.setting import DrawnSpectrum
    >>> spectrum = DrawnSpectrum([1.0, 0.25], [1, 2])
    >>> setting = ProgramSetting(program(), {"n": 3, "p": 2}, {"noise": 0.1}, {"D": spectrum}, {"B": [1, 0]})
    >>> numbers = ProgramNumbers(setting)
    >>> (weight,) = {term.weight for term in program().energy.terms if term.weight.free_symbols}
    >>> numbers.profile(weight**-1, program().spectral_dimensions()[0]).tolist()
    [1.0, 4.0, 4.0]
    """

    def __init__(self, setting: ProgramSetting, ridge: float = 0.0) -> None:
        self.setting, self.ridge = setting, ridge
        base = {source.name: float(value) for source, value in setting.program.sources.items()}
        plain = [d for d in setting.dimensions if not isinstance(d, SpectralDimension)]
        sizes = {dimension.name: setting.size(dimension) for dimension in plain}
        self.values: dict[str, float] = {**setting.constants, setting.ridge: ridge, **base, **sizes}
        self._spectral = {d.measure: d for d in setting.dimensions if isinstance(d, SpectralDimension)}

    def number(self, expression: Any, extra: Mapping[str, float] | None = None) -> float:
        """The value of an expression without an eigenvalue.

        Parameters
        ----------
        expression : sympy.Expr
            Without an eigenvalue.
        extra : mapping of str to float, optional
            Symbols beside those of the setting.

        Raises
        ------
        InputError
            If a parameter has no value.
        SimulationError
            If the value is not a finite real number.
        """
        known = self.values if extra is None else {**self.values, **extra}
        kinds = {type(dimension.size) for dimension in self._spectral.values()}
        averages = expression.atoms(*kinds) if kinds else ()
        expression = expression.xreplace({average: self._trace(average) for average in averages})
        rule = {}
        for parameter in sorted(expression.free_symbols, key=str):
            if parameter.name not in known:
                raise InputError(parameter.name, None, "a number among the constants of the program")
            rule[parameter] = known[parameter.name]
        try:
            value = float(expression.xreplace(rule))
        except (TypeError, OverflowError, ZeroDivisionError):
            value = math.nan
        if not math.isfinite(value):
            raise SimulationError(f"{expression} is not a finite real number at {known}")
        return value

    def profile(self, function: Any, dimension: AnyDimension) -> Any:
        """A function of the spectrum at every coordinate ``(size,)``; a number where it is constant.

        Parameters
        ----------
        function : sympy.Expr
            Of an eigenvalue.
        dimension : AnyDimension
            Whose spectrum is meant.
        """
        names = {parameter.name for parameter in function.free_symbols}
        if not isinstance(dimension, SpectralDimension) or names.isdisjoint(
            letter.name for letter in dimension.eigenvalues
        ):
            return self.number(function)
        spectrum = self.setting.spectra[dimension.name]
        values = [self.number(function, level) for level in spectrum.levels(dimension)]
        return np.repeat(values, spectrum.multiplicities)

    def _trace(self, average: Any) -> float:
        """The sum over a spectrum that an average of a trace stands for."""
        dimension = self._spectral.get(average.measure.name)
        if dimension is None:
            raise InputError(average.measure.name, str(average), "a trace over a dimension of the program")
        spectrum = self.setting.spectra[dimension.name]
        rows = zip(spectrum.multiplicities, spectrum.levels(dimension), strict=True)
        return math.fsum(count * self.number(average.function, level) for count, level in rows)
