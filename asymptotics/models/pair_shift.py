r"""Another law of the test inputs: what the pair does not hold, from the same program by a source.

Under a test law the features have second moments :math:`\tilde\Omega`. Three more quantities are carried from level to
level beside the pair,

.. math:: \tilde Q = E_{\rm test}(f - \varphi\cdot b)^2, \qquad
          \operatorname{Tr}\tilde\Omega\Omega(\Omega+\kappa)^{-2}, \qquad
          \kappa^2\operatorname{Tr}\tilde\Omega(\Omega+\kappa)^{-2},

the error of the population minimizer, and the overlaps that noise in samples and in weights feeds into. Each is the
slope of the population ridge in the coefficient of a quadratic form weighted by the test law; the law is diagonal in
the eigenbasis of the inputs, and the linear constants of the activation are the same under both laws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import Definition, FixedPointSystem, Measure, Observable, Parameter
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.coordinates import LAM, NOISE, NU, C
from asymptotics.models.pair import INNER, KAPPA, PAIR, SIZE, PopulationRidge, below, pruned, suffixed
from asymptotics.models.pair_layers import constants, features, in_pair
from asymptotics.models.pair_learners import SAMPLES, with_samples
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.changes.rewriting import require_subtraction_free

LETTER, TEST_REST = "g", symbol("mu_starsq_test")

SHIFTED = {
    "shifted_error": "error of the minimizer under the test law",
    "shifted_df2": "overlap of the test law with what noise in the samples excites",
    "shifted_spill": "overlap of the test law with what noise in the weights excites",
}
"""The three quantities carried beside the pair, and what they are."""

_ERROR, _OVERLAP = symbol("q"), symbol("r")


def layer_program() -> QuadraticProgram:
    r"""A layer of random features without samples, probed under a test law.

    To the program of a layer, with ``f = W v`` its prediction, it adds the quadratic forms of the test law: of the
    error ``u`` and of the prediction ``f``, both with ``mu_starsq_test |v|^2`` for the part that is not linear.
    White vectors in the features (``w``) and in the space of functions (``e``, ``e_rest``) read off traces.

    Examples
    --------
    >>> sorted(layer_program().observables)
    ['error', 'overlap']
    """
    dimension = SpectralDimension("D", companions=(LETTER,))
    width, first, rest = constants(1, 1)
    S, G = SpectralMatrix(dimension), SpectralMatrix(dimension, LETTER)
    columns = Dimension(width.name)
    W = GaussianMatrix("W", dimension, columns, variance=first / SIZE)
    b, v, z = (Variable(name, columns) for name in ("b", "v", "z"))
    f, u = Variable("f", dimension), Variable("u", dimension)
    inverse_root = S ** sp.Rational(-1, 2)
    targets = (
        inverse_root @ DeterministicVector("beta", dimension),
        inverse_root @ GaussianVector("e", dimension),
    )
    energy = norm2(u, S) + rest * norm2(z) + KAPPA * norm2(b)
    energy = energy + _ERROR * norm2(u, G) + _ERROR * TEST_REST * norm2(v)
    energy = energy + _OVERLAP * norm2(f, G) + _OVERLAP * TEST_REST * norm2(v)
    return QuadraticProgram(
        energy,
        {
            v: b - GaussianVector("w", columns),
            f: W @ v,
            u: f - targets[0] - targets[1],
            z: v - GaussianVector("e_rest", columns, variance=1 / rest),
        },
        {_ERROR: 0, _OVERLAP: 0},
        {"error": slope(_ERROR), "overlap": slope(_OVERLAP)},
        "pair.features.shift",
    )


@cache
def layer_shift() -> Mapping[str, sp.Expr]:
    """The three quantities above a layer in those below it and the pair there, free of subtractions.

    Raises
    ------
    DerivationError
        If another average enters.

    Examples
    --------
    >>> rule = layer_shift()
    >>> sp.fraction(rule["shifted_error"] - symbol("shifted_error_in"))[0].has(symbol("mu_starsq_test"))
    True
    """
    system = layer_program().deterministic_equivalent().expanded()
    width, first, rest = constants(1, 1)
    values = {
        "shifted_error": system.observable("error.beta"),
        "shifted_df2": system.observable("overlap.e") + system.observable("overlap.e_rest"),
        "shifted_spill": system.observable("error.w"),
    }
    solved = below("df2") + below("partial") + SIZE * (KAPPA + rest) / (first * INNER)
    found = {}
    for name, value in values.items():
        (written,) = _in_pair([_in_shift(value, NU)], NU)
        form = sp.factor(written.xreplace({NU: INNER}).xreplace({width: solved}))
        found[name] = require_subtraction_free(form, name)
    return found


def _in_pair(expressions: Sequence[sp.Expr], pole: sp.Symbol) -> list[sp.Expr]:
    return in_pair(expressions, pole, {name: below(name) for name in PAIR})


def _in_shift(expression: sp.Expr, pole: sp.Symbol) -> sp.Expr:
    """Averages weighted with the test law in the three quantities below.

    Traces ``(c + c' s)/(s + pole)^2`` and target sums ``c/(s (s + pole)^2)``; what else there is has to cancel.
    """
    error, overlap, spill = (below(name) for name in SHIFTED)
    rule: dict[sp.Expr, sp.Expr] = {}
    others: set[sp.Symbol] = set()
    for average in expression.atoms(SpectralAverage):
        kind, _, weight = average.measure.name.partition("_")
        if weight != LETTER:
            continue
        s = average.variable
        powers = sp.Poly(sp.cancel(average.function * s * (s + pole) ** 2), s).as_dict()
        known = {0: error / pole**2} if kind == "B" else {1: spill / pole**2, 2: overlap}
        value = sp.S.Zero
        for (power,), coefficient in powers.items():
            other = symbol(f"{kind}_other_{power}")
            others |= set() if power in known else {other}
            value += coefficient * known.get(power, other)
        rule[average] = value
    written = sp.cancel(expression.xreplace(rule))
    if written.free_symbols & others:
        raise DerivationError(f"averages under the test law remain: {written.free_symbols & others}")
    return written


def learner_program() -> QuadraticProgram:
    """Ridge regression on Gaussian features of any covariance, with the error under a test law as a slope."""
    samples, dimension = Dimension(SAMPLES.name), SpectralDimension("D", companions=(LETTER,))
    S, G = SpectralMatrix(dimension), SpectralMatrix(dimension, LETTER)
    A = GaussianMatrix("A", samples, dimension, column_covariance=dimension.eigenvalue)
    b, u, r = Variable("b", dimension), Variable("u", dimension), Variable("r", samples)
    q, shifted = symbol("q"), symbol("q_test")
    return QuadraticProgram(
        norm2(r) + LAM * norm2(b) + q * norm2(u, S) + shifted * norm2(u, G),
        {
            u: b - S ** sp.Rational(-1, 2) @ DeterministicVector("beta", dimension),
            r: A @ u - GaussianVector("epsilon", samples, variance=NOISE),
        },
        {q: 0, shifted: 0},
        {"test": slope(q), "shifted": slope(shifted)},
        "pair.ridge.shift",
    )


@cache
def learner_shift() -> sp.Expr:
    """Error under the test law of ridge regression, in the quantities of its features.

    Examples
    --------
    >>> print(learner_shift())
    (c*shifted_error_in + error_in*shifted_df2_in + noise*shifted_df2_in + partial_in*shifted_error_in)/(c + partial_in)
    """
    system = learner_program().deterministic_equivalent().expanded()
    (written,) = _in_pair([_in_shift(system.observable("shifted"), NU)], NU)
    samples = C + below("df2") + below("partial")
    form = written.xreplace({NU: KAPPA}).xreplace({LAM: C * KAPPA}).xreplace({SAMPLES: samples})
    return require_subtraction_free(sp.factor(form), "the error under the test law")


def averages(kappa: sp.Symbol) -> dict[str, sp.Expr]:
    """The three quantities of a given spectrum, as averages weighted with the test law."""
    s = SpectralDimension("D").eigenvalue
    trace, target = symbol(f"T_{LETTER}"), symbol(f"B_{LETTER}")
    return {
        "shifted_error": kappa**2 * SpectralAverage(1 / (s * (kappa + s) ** 2), s, target),
        "shifted_df2": SpectralAverage(s / (kappa + s) ** 2, s, trace),
        "shifted_spill": kappa**2 * SpectralAverage(1 / (kappa + s) ** 2, s, trace),
    }


def shifted_ridge(pair: PopulationRidge) -> FixedPointSystem:
    """Ridge regression with its error under another law of the test inputs, as one more observable ``shifted``.

    Parameters
    ----------
    pair : PopulationRidge
        A spectrum, or layers of one group each on it, with no values put in.

    Returns
    -------
    FixedPointSystem
        The measures ``T_g`` and ``B_g`` weigh with the second moment ``g`` of the test law in the eigenbasis of the
        inputs; ``mu_starsq_test`` is ``mu_starsq`` under the test law.

    Raises
    ------
    InputError
        If a layer is not of that kind.

    Examples
    --------
    >>> from asymptotics.models.pair_layers import spectrum
    >>> print(shifted_ridge(spectrum()).observable("shifted"))
    (B20*shifted_df2 + T11*shifted_error + c*shifted_error + noise*shifted_df2)/(T11 + c)
    """
    if any(layer.digest != features().digest for layer in pair.layers):
        raise InputError("pair", pair.system.name, "layers of one group, as features() gives them")
    system, top = with_samples(pair)
    levels = (*pair.levels, {"kappa": KAPPA, **top})
    definitions, values, size = (
        list(system.definitions),
        averages(levels[0]["kappa"]),
        sp.sympify(SIZE, strict=True),
    )
    for number, level in enumerate(levels):
        if number:
            names = suffixed(pair.layers, number)
            names |= {TEST_REST: symbol(f"{TEST_REST}_{number}")} if len(pair.layers) > 1 else {}
            known = {below(name): value for name, value in levels[number - 1].items()} | {SIZE: size, **names}
            known |= {below(name): value for name, value in values.items()} | {KAPPA: level["kappa"]}
            values = {name: rule.xreplace(known) for name, rule in layer_shift().items()}
            size = constants(1, 1)[0].xreplace(names)
        mark = f"_{number}" if number < len(pair.layers) else ""
        definitions += [Definition(symbol(f"{n}{mark}"), value, SHIFTED[n]) for n, value in values.items()]
        values = {name: symbol(f"{name}{mark}") for name in values}
    known = {below(name): value for name, value in (top | values).items()}
    shifted = Observable("shifted", learner_shift().xreplace(known), "test error under the test law")
    return _completed(system, tuple(definitions), shifted)


def _completed(
    system: FixedPointSystem, definitions: tuple[Definition, ...], observable: Observable
) -> FixedPointSystem:
    """The system with further definitions, an observable, and the parameters and measures that these bring in."""
    own = {s for s in system.unknown_symbols()} | {d.symbol for d in definitions}
    known = set(system.parameter_symbols())
    new = {s for d in definitions for s in d.expression.free_symbols} - own - known
    s = SpectralDimension("D").eigenvalue
    weighted = (
        Measure(
            symbol(f"B_{LETTER}"), s, "squared coordinates of the target times the test moment", "vector"
        ),
        Measure(symbol(f"T_{LETTER}"), s, "trace weighed with the test moment", "vector"),
    )
    return pruned(
        replace(
            system,
            name=f"{system.name}.shifted",
            parameters=(
                *system.parameters,
                *(Parameter(s, "mu_starsq under the test law") for s in sorted(new, key=str)),
            ),
            definitions=definitions,
            observables=(*system.observables, observable),
            measures=(*system.measures, *weighted),
        )
    )
