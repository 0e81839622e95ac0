r"""A layer of random features whose constants have a law: groups of any number, random biases, random scales.

Every feature has constants of its own, :math:`\mu_1^2 = m` and :math:`\mu_\star^2 = w`, of a joint law ``A``.
In the effective ridge :math:`\kappa_0` below the layer, :math:`\tau = \kappa_0 df_0/d` and
:math:`h = \kappa + w + m\tau`, everything that a learner asks for is in the averages of products of the shares
:math:`\kappa/h`, :math:`m\tau/h`, :math:`w/h`, which add up to one. Constants of the law that are averaged first would
be another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Measure, Parameter, Unknown
from asymptotics.errors import DerivationError
from asymptotics.models.pair import (
    INNER,
    KAPPA,
    MEANINGS,
    PAIR,
    SIZE,
    WHOLE,
    Layer,
    below,
    meaning_of,
    pair_observables,
)
from asymptotics.models.pair_layers import GAIN, LOSS, TAU, in_pair
from asymptotics.symbolic.dimensions import SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation, TraceUnknown, dyson_equation
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.changes.rewriting import require_subtraction_free

LINEAR, REST, LAW, WIDTH = symbol("m"), symbol("w"), symbol("A"), symbol("p")
"""Squared linear constant of a feature, variance of the rest of it, their joint law, number of features."""

RISE, STAY = symbol("rise"), symbol("stay")
"""Logarithmic slope of ``tau`` in the ridge above, and one minus it."""

_SHARES = (KAPPA, TAU * LINEAR, REST)
_ASSUMED = (
    "Gaussian equivalence: a feature may be replaced by its linear part plus independent noise, with constants of its "
    "own [Schroder2023, MengYaoCao2022]",
    "concentration of the quadratic energy around its deterministic equivalent, given what lies below",
)
_UNIQUE = "the degrees of freedom below fall with the ridge there, the sum over the features grows with it"


def law_program() -> QuadraticProgram:
    r"""The population ridge of a layer of which every feature has its own constants.

    With ``u = W v - S^{-1/2} beta``, columns of ``W`` of variance ``m_j/d``, and ``v = b - omega`` the energy is
    ``u'Su + sum_j w_j v_j^2 + kappa |b|^2``; the white vector ``omega`` gives ``kappa df``. A feature whose ridge is
    ``r`` times larger has its constants divided by ``r``.

    Examples
    --------
    >>> law_program().pencil().size
    5
    """
    inputs = SpectralDimension("D")
    features = SpectralDimension("P", LINEAR.name, LAW.name, companions=(REST.name,))
    S = SpectralMatrix(inputs)
    u, b, v = Variable("u", inputs), Variable("b", features), Variable("v", features)
    W = GaussianMatrix("W", inputs, features, variance=1 / SIZE, column_covariance=LINEAR.name)
    form = W @ v - S ** sp.Rational(-1, 2) @ DeterministicVector("beta", inputs)
    energy = norm2(u, S) + norm2(v, SpectralMatrix(features, REST.name)) + KAPPA * norm2(b)
    constraints = {v: b - GaussianVector("omega", features, variance=1), u: form}
    return QuadraticProgram(energy, constraints, name="pair.law")


def _traces(equation: DysonEquation) -> tuple[TraceUnknown, TraceUnknown]:
    """The traces over the features and over what lies below."""
    inner = [u for u in equation.unknowns if u.weight.has(LINEAR)]
    outer = [u for u in equation.unknowns if not u.weight.has(LINEAR)]
    if len(inner) != 1 or len(outer) != 1:
        raise DerivationError(f"traces of a layer: {[u.symbol for u in equation.unknowns]}")
    return inner[0], outer[0]


def _close(program: QuadraticProgram) -> tuple[sp.Expr, sp.Expr]:
    """Degrees of freedom below, and of the features, as averages over their law; one number of features for all.

    Raises
    ------
    DerivationError
        If the equation is not closed on the pair below, or the minimum is not that of what lies below.
    """
    equation = dyson_equation(program.pencil())
    inner, outer = _traces(equation)
    names = {name: below(name) for name in PAIR}
    parts = {p.name: p.value(equation) for p in program.potentials()}
    at_pole = {inner.symbol: 1 / INNER}
    trace = outer.sign * outer.variance * equation.trace(*outer.inner, outer.weight)
    tau, minimum = in_pair([e.xreplace(at_pole) for e in (trace, parts["beta"])], INNER, names)
    tau, minimum = (sp.factor(e.xreplace(WHOLE).expand()) for e in (tau, minimum))
    if minimum != names["objective"] or tau != INNER * names["df"] / SIZE:
        raise DerivationError(f"{program.name}: not closed on the pair below: {minimum}, {tau}")
    share = INNER * inner.sign * inner.variance * equation.trace(*inner.inner, inner.weight)
    at = {outer.symbol: TAU}
    # The equation says that the share is one; times df below it counts the features' shares of tau.
    filled = _inside(share.xreplace(at)) * TAU * SIZE / INNER
    return sp.cancel(filled), sp.cancel(_inside(parts["omega"].xreplace(at)) / KAPPA)


def _inside(expression: sp.Expr) -> sp.Expr:
    """What is averaged over the law, per feature."""
    (average,) = averages_in(expression)
    factor = sp.cancel(expression / average)
    if average.measure != LAW or average in factor.atoms(SpectralAverage):
        raise DerivationError(f"{expression} is not one average over the law of the features")
    return factor * average.function


def named_share(powers: tuple[int, int, int]) -> Definition:
    """Sum over the features of a product of two shares: of the ridge, of ``tau`` and of the rest in ``h``."""
    top = sp.Mul(*(share**power for share, power in zip(_SHARES, powers, strict=True)))
    node = SpectralAverage(WIDTH * top / sum(_SHARES) ** 2, (LINEAR, REST), LAW)
    name = symbol(f"A{''.join(map(str, powers))}")
    return Definition(name, node, "sum over the features of a product of two shares")


_NAMED = {powers: named_share(powers) for powers in ((1, 1, 0), (1, 0, 1), (0, 2, 0), (0, 1, 1), (0, 0, 2))}


def in_shares(function: sp.Expr) -> sp.Expr:
    """A sum over the features, of a function of degree at most two in the shares, in the named ones.

    Raises
    ------
    DerivationError
        If it is none, or holds the square of the share of the ridge: infinite for infinitely many features.
    """
    shares = sp.symbols("x0:3")
    above = sp.cancel(sum(_SHARES) ** 2 * function)
    solved = {LINEAR: shares[1] / TAU, REST: shares[2], KAPPA: shares[0]}
    poly = sp.Poly(sp.expand(above.xreplace(solved)), *shares)
    total = sp.S.Zero
    for powers, coefficient in poly.terms():
        if powers not in _NAMED:
            raise DerivationError(f"{function} has a part {powers} that is not named")
        total += coefficient * _NAMED[powers].symbol
    return total


def _rate(function: sp.Expr) -> sp.Expr:
    """Derivative in ``log kappa``; that of ``log tau`` is :data:`RISE`."""
    return KAPPA * sp.diff(function, KAPPA) + RISE * TAU * sp.diff(function, TAU)


@cache
def features_of_law() -> Layer:
    r"""A layer of random features with Gaussian weights whose constants have a law.

    Returns
    -------
    Layer
        In the unknown ``kappa_in``; averages over the law, of total one, are those of the measure ``A``.

    Raises
    ------
    DerivationError
        If the equation of the program has another form.
    CertificateError
        If a quantity is not free of subtractions.

    Examples
    --------
    >>> system = features_of_law().system
    >>> print(system.equations[0])
    A011 + A020 + A110 = df_in
    >>> print(next(d for d in system.definitions if d.symbol.name == "A110"))
    A110 := A[kappa*m*p*tau/(kappa + m*tau + w)**2]
    """
    filled, freedom = _close(law_program())
    names = {name: below(name) for name in PAIR}
    df, df2, partial = (names[name] for name in ("df", "df2", "partial"))
    learned, whole = in_shares(filled), in_shares(freedom)
    held = in_shares(-_rate(filled).xreplace({RISE: sp.S.Zero}))
    moved = in_shares(sp.expand(sp.diff(_rate(filled), RISE)))
    # With gain the slope of log kappa_in: df (held - gain partial) = gain df2 moved, and df counts what is learned.
    both = df2 * moved + partial * learned
    freed = sp.expand(both - held * (df2 + partial))
    rest = in_shares(freedom - filled)
    lost, slowed = (
        in_shares(-part)
        for part in (_rate(freedom - filled).subs(RISE, 0), sp.diff(_rate(freedom - filled), RISE))
    )
    values = {
        "df": whole,
        "objective": names["objective"],
        "df2": df2 + LOSS * partial + sp.expand(rest - lost - slowed) + STAY * slowed,
        "partial": GAIN * partial + lost + RISE * slowed,
        "error": names["error"] + LOSS * names["penalty"],
        "penalty": GAIN * names["penalty"],
    }
    definitions = (
        Definition(TAU, INNER * df / SIZE, "effective ridge below times degrees of freedom, per dimension"),
        *_NAMED.values(),
        Definition(
            symbol("held"), held * (df2 + partial), "fall of the equation with log kappa, times df below"
        ),
        Definition(symbol("freed"), freed, "its growth with both ridges, times df below"),
        Definition(
            GAIN, symbol("held") / (symbol("held") + symbol("freed")), "logarithmic slope of the ridge below"
        ),
        Definition(LOSS, symbol("freed") / (symbol("held") + symbol("freed")), "one minus the gain"),
        Definition(RISE, GAIN * df2 / (df2 + partial), "logarithmic slope of tau"),
        Definition(STAY, (partial + LOSS * df2) / (df2 + partial), "one minus that"),
    )
    for expression in (*values.values(), *(d.expression for d in definitions)):
        if not isinstance(expression, SpectralAverage):
            require_subtraction_free(expression, "a quantity of the layer")
    return Layer(_system(values, definitions, Equation(learned, df, "degrees of freedom below")), (WIDTH,))


def _system(
    values: Mapping[str, sp.Expr], definitions: tuple[Definition, ...], equation: Equation
) -> FixedPointSystem:
    inside = [equation.residual, *values.values(), *(d.expression for d in definitions)]
    own = {INNER, *(d.symbol for d in definitions)}
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=lambda s: s.name)
    return FixedPointSystem(
        name="pair.law",
        parameters=tuple(Parameter(s, meaning_of(s)) for s in names),
        unknowns=(Unknown(INNER, MEANINGS[INNER]),),
        equations=(equation,),
        observables=pair_observables(values),
        definitions=definitions,
        measures=(
            Measure(LAW, sp.Tuple(LINEAR, REST), "mean over the law of the constants of a feature", "vector"),
        ),
        domain=Domain((Condition(INNER),), _UNIQUE),
        provenance=Provenance(
            steps=("Dyson equation of a layer of features with constants of their own",),
            assumptions=_ASSUMED,
            references=("Schroder2023", "MengYaoCao2022"),
        ),
    )
