"""The numbers behind a model's spectral measures, at any precision.

In the proportional limit they are scalars of the system; at finite dimension they are levels. Infinitely many
degrees of a finite-dimensional spectrum are treated as a tail of eigenvalue zero, which shifts the trace of
S(S+nu)^{-1} by at most ``tail * largest/nu^2``, ``largest`` the largest eigenvalue in the tail. Where more than
``SIMPLE_DEGREES`` would be needed and the tail's second moment is known, one eigenvalue with the first two moments
takes its place (the one-point Gauss rule): the shift is then ``second * largest/nu^3``. Enough degrees are resolved
that this is below the digits asked for, or :class:`~asymptotics.errors.PrecisionError` says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity
from asymptotics.lowering.arithmetic import Multiprecision, ScalarFloat
from asymptotics.lowering.program import Spectrum
from asymptotics.models.spectral_ridge import SpectralRidge

MOST_DEGREES = 2000
SIMPLE_DEGREES = 160
_STEP = 32
SECOND_ORDER = 3
"""Half the largest second derivative of ``1/(x + nu)``, ``nu/(x + nu)^2`` and ``x/(x + nu)^2``, times ``nu^3``."""


@dataclass(frozen=True)
class Numbers:
    """A model's spectrum in the numbers of one arithmetic.

    Attributes
    ----------
    scalars : dict
        Inputs of the programs that describe the spectrum, noise included.
    spectrum : Spectrum or None
        Levels and tails (finite dimension).
    """

    scalars: dict[str, Any]
    spectrum: Spectrum | None


@dataclass(frozen=True)
class Shape:
    """What is known exactly about a spectrum.

    Attributes
    ----------
    rank : int or float
        Number of nonzero eigenvalues (in units of ``d`` in the proportional limit).
    degrees : int
        Degrees resolved one by one.
    """

    rank: int | float | Fraction
    degrees: int


def numbers(model: Any, d: int | None, degrees: int, arithmetic: Any) -> Numbers:
    """The spectrum of a model at a precision; remembered.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    d : int or None
        None for the proportional limit.
    degrees : int
        Degrees to resolve (1 in the proportional limit).
    arithmetic : ScalarFloat or Multiprecision
    """
    if isinstance(arithmetic, ScalarFloat):
        return _doubles(model, d, degrees)
    return _multiprecision(model, d, degrees, -(-arithmetic.digits // _STEP) * _STEP)


@lru_cache(maxsize=512)
def _multiprecision(model: Any, d: int | None, degrees: int, digits: int) -> Numbers:
    arithmetic = Multiprecision(digits)
    if isinstance(model, SpectralRidge):
        return given_levels(model, arithmetic)
    expansion = model.expand(math.inf if d is None else d, degrees, digits)
    data = assemble(model, d, expansion.powers, expansion.tail, arithmetic)
    squares = tail_squares(model, d, degrees, digits)
    if squares is None or data.spectrum is None or expansion.tail == 0:
        return data
    return Numbers(data.scalars, gathered(data.spectrum, arithmetic.convert(squares.tail)))


def tail_squares(model: Any, d: int | None, degrees: int, digits: int) -> Expansion | None:
    """Second moments of a spectrum of which that many degrees are resolved; None where the tail is left as it is."""
    if d is None or degrees < SIMPLE_DEGREES:
        return None
    try:
        found = model.expand_squares(d, degrees, _STEP)
    except PrecisionError:  # a smooth kernel, with next to nothing in its tail
        return None
    return found if found is None or digits <= _STEP else model.expand_squares(d, degrees, digits)


def gathered(spectrum: Spectrum, second: Any) -> Spectrum:
    """The spectrum with its tail in one eigenvalue: of the same sum, and the given sum of squares."""
    first = spectrum.tails["T"]

    def more(values: np.ndarray, value: Any) -> np.ndarray:
        return np.array([*values.tolist(), value], dtype=values.dtype)

    weights = {
        "T": more(spectrum.weights["T"], first * first / second),
        "B": more(spectrum.weights["B"], 0 * first),
    }
    return Spectrum(more(spectrum.eigenvalues, second / first), weights, {**spectrum.tails, "T": 0 * first})


@lru_cache(maxsize=256)
def _doubles(model: Any, d: int | None, degrees: int) -> Numbers:
    accurate = _multiprecision(model, d, degrees, _STEP)
    scalars = {name: float(value) for name, value in accurate.scalars.items()}
    if accurate.spectrum is None:
        return Numbers(scalars, None)
    levels = accurate.spectrum
    weights = {name: value.astype(float) for name, value in levels.weights.items()}
    tails = {name: float(value) for name, value in levels.tails.items()}
    return Numbers(scalars, Spectrum(levels.eigenvalues.astype(float), weights, tails))


def assemble(model: Any, d: int | None, powers: Any, tail: Any, arithmetic: Any) -> Numbers:
    """Numbers of a program's arithmetic from the power of each degree and the total of all higher ones."""
    convert = arithmetic.convert
    noise = convert(Fraction(model.noise))
    if hasattr(model, "limit_scalars"):
        return Numbers({**model.limit_scalars(powers, tail, arithmetic), "noise": noise}, None)
    if d is None:
        # A constant in the target is learned for nothing, unless the activation has no constant: then it is noise.
        constant = Fraction(model.target.power(0)) if powers[0] == 0 else Fraction(0)
        scalars = {
            "mu1sq": convert(powers[1]),
            "mu_starsq": convert(tail),
            "F1sq": convert(Fraction(model.target.power(1))),
            "F_starsq": convert(Fraction(model.target.above(1)) + constant),
            "noise": noise,
        }
        return Numbers(scalars, None)
    top = len(powers) - 1
    counts = [multiplicity(d, k) for k in range(top + 1)]
    target = [Fraction(model.target.power(k)) for k in range(top + 1)]
    keep = [k for k in range(top + 1) if not (powers[k] == 0 and target[k] == 0)]
    eigenvalues = [convert(powers[k]) / convert(counts[k]) for k in keep]
    spectrum = Spectrum(
        arithmetic.array(eigenvalues),
        {"T": arithmetic.array([counts[k] for k in keep]), "B": arithmetic.array([target[k] for k in keep])},
        {"T": convert(tail), "B": convert(Fraction(model.target.above(top)))},
    )
    return Numbers({"noise": noise}, spectrum)


def given_levels(model: SpectralRidge, arithmetic: Any) -> Numbers:
    """Numbers of a program's arithmetic for a spectrum that is given."""

    def exact(values: Any) -> Any:
        return arithmetic.array([arithmetic.convert(Fraction(value)) for value in values])

    weights = {"T": exact(model.multiplicities), "B": exact(model.target)}
    tails = {
        "T": arithmetic.convert(Fraction(model.tail)),
        "B": arithmetic.convert(Fraction(model.target_tail)),
    }
    scalars = {"noise": arithmetic.convert(Fraction(model.noise))}
    return Numbers(scalars, Spectrum(exact(model.eigenvalues), weights, tails))


@lru_cache(maxsize=256)
def shape(model: Any, d: int | None, degrees: int) -> Shape:
    """Rank of the spectrum, from what is exactly zero in it."""
    if isinstance(model, SpectralRidge):
        return Shape(model.rank, degrees)
    expansion = model.expand(math.inf if d is None else d, degrees, _STEP)
    if hasattr(model, "limit_rank"):
        return Shape(model.limit_rank(expansion.powers, expansion.tail), degrees)
    if expansion.tail != 0:
        return Shape(math.inf, degrees)
    if d is None:
        return Shape(1 if expansion.powers[1] != 0 else 0, degrees)
    present = [k for k, power in enumerate(expansion.powers) if power != 0]
    return Shape(sum(multiplicity(d, k) for k in present), degrees)


def first_degrees(model: Any, d: int | None, size: float) -> int:
    """Degrees that suffice for a first solution in double precision."""
    if isinstance(model, SpectralRidge):
        return 0
    if d is None:
        return getattr(model, "last", 1)
    degree = max(model.target.largest_degree, 1)
    while degree < 60 and multiplicity(d, degree + 1) < 1e14 * size:
        degree += 1
    return degree


@lru_cache(maxsize=512)
def degrees_for(model: Any, d: int, start: int, digits: int, scale: float, ridge: float) -> int:
    """Degrees after which the rest of the spectrum is known well enough for the given number of digits.

    Parameters
    ----------
    model : RandomFeaturesRidge or KernelRidge
    d : int
    start : int
        Least number of degrees.
    digits : int
    scale : float
        Common logarithm, rounded down, of ``nu^2`` times the trace against which a shift counts.
    ridge : float
        Common logarithm of ``nu``, rounded down.

    Raises
    ------
    PrecisionError
        If more than ``MOST_DEGREES`` degrees would be needed.
    """
    top = start
    while True:
        expansion = model.expand(d, top, _STEP)
        if expansion.tail == 0:
            return top
        most = {degree: math.log10(multiplicity(d, degree + 1)) for degree in range(start, top + 1)}
        rest = {degree: 2 * logarithm(expansion.above(degree)) - most[degree] for degree in most}
        if min(rest.values()) > scale - digits and (squares := tail_squares(model, d, top, _STEP)):
            # No eigenvalue in the tail exceeds the root of the second moment over its multiplicity.
            for degree in range(max(start, SIMPLE_DEGREES), top + 1):
                second = (3 * logarithm(squares.above(degree)) - most[degree]) / 2
                rest[degree] = second - ridge + math.log10(SECOND_ORDER)
        for degree, size in rest.items():
            if size <= scale - digits:
                return degree
        if top == MOST_DEGREES:
            reached = max(int(scale - rest[top]) - 8, 1)
            raise PrecisionError(
                f"the spectrum in dimension {d} decays too slowly for so many digits",
                f"ask for at most {reached} digits, or take a larger d",
            )
        start, top = top, min(2 * top, MOST_DEGREES)


def logarithm(value: Any) -> float:
    """Common logarithm of a positive float or mpmath number, whatever its size."""
    return (
        math.log10(value) if isinstance(value, float) else Multiprecision(15).logarithm(value) / math.log(10)
    )
