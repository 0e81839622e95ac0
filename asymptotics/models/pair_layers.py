r"""Layers, derived: each from a program with infinitely many samples, on features of any covariance.

Whatever lies below a layer is, given its own weights, a feature vector with some covariance. In the eigenbasis of that
covariance (eigenvalues ``s``, target coordinates ``beta``) a layer

.. math:: \varphi = W^\top x + \mu_\star g, \qquad W_{ij} \sim N(0, \mu_1^2/d),

is a program in its weights alone, and its Dyson equation closes on the traces
:math:`\operatorname{Tr} s^i\kappa_0^j (s+\kappa_0)^{-2}`: on the pair of what lies below, at an effective ridge
:math:`\kappa_0` that becomes the unknown of the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.normal_form import normal_form
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Parameter,
    Unknown,
)
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.pair import (
    INNER,
    KAPPA,
    MEANINGS,
    PAIR,
    SIZE,
    WHOLE,
    Layer,
    PopulationRidge,
    below,
    meaning_of,
    pair_observables,
)
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation, TraceUnknown, dyson_equation
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.changes.rewriting import is_subtraction_free, require_subtraction_free, restate

TAU, GAIN, LOSS, HELD, FREED = (symbol(name) for name in ("tau", "gain", "loss", "held", "freed"))

_WHITE = "w"
_TARGET = "beta"

_EQUIVALENCE = (
    "Gaussian equivalence: a nonlinear layer may be replaced by its linear part plus independent noise "
    "[Schroder2023, HuLu2023]"
)
_CLOSURE = "concentration of the quadratic energy around its deterministic equivalent, given what lies below"

_UNIQUE = (
    "the sum in the equation of a layer grows with the effective ridge below it, from zero to more than one"
)


def spectrum_program() -> QuadraticProgram:
    r"""The population ridge of inputs with a given spectrum.

    With ``v = b - w`` and ``u = v - S^{-1/2} beta`` the energy is ``u'Su + kappa |b|^2``: its minimum is the part due
    to the target ``beta``, which is ``R``, plus the part due to the white vector ``w``, in the mean
    ``kappa w' Omega (Omega + kappa)^-1 w = kappa df``.
    """
    dimension = SpectralDimension("D")
    S = SpectralMatrix(dimension)
    b, v, u = (Variable(name, dimension) for name in ("b", "v", "u"))
    white = GaussianVector(_WHITE, dimension, variance=1)
    target = DeterministicVector(_TARGET, dimension)
    return QuadraticProgram(
        energy=norm2(u, S) + KAPPA * norm2(b),
        constraints={v: b - white, u: v - S ** sp.Rational(-1, 2) @ target},
        name="pair.spectrum",
    )


def layer_program(groups: int = 1) -> QuadraticProgram:
    r"""The population ridge of one layer of random features, in groups with constants of their own.

    With ``u = sum_g W_g v_g - S^{-1/2} beta`` and ``v_g = b_g - w_g`` the energy is
    ``u'Su + sum_g (mu_starsq_g |v_g|^2 + kappa |b_g|^2)``; the white vectors ``w_g`` give ``kappa df`` as in
    :func:`spectrum_program`. A group whose ridge is ``r`` times larger has its constants divided by ``r``.

    Parameters
    ----------
    groups : int

    Examples
    --------
    >>> layer_program().pencil().size
    5
    """
    dimension = SpectralDimension("D")
    S = SpectralMatrix(dimension)
    u = Variable("u", dimension)
    form = -(S ** sp.Rational(-1, 2) @ DeterministicVector(_TARGET, dimension))
    energy, constraints = norm2(u, S), {}
    for number in range(1, groups + 1):
        width, first, rest = constants(groups, number)
        features = Dimension(width.name)
        mark = "" if groups == 1 else str(number)
        W = GaussianMatrix(f"W{mark}", dimension, features, variance=first / SIZE)
        b, v = Variable(f"b{mark}", features), Variable(f"v{mark}", features)
        energy = energy + rest * norm2(v) + KAPPA * norm2(b)
        constraints[v] = b - GaussianVector(f"{_WHITE}{mark}", features, variance=1)
        form = form + W @ v
    return QuadraticProgram(energy, {**constraints, u: form}, name=f"pair.features{groups}")


def constants(groups: int, number: int) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol]:
    """Width and the two squared constants of a group; numbered where there are several.

    Parameters
    ----------
    groups : int
        How many there are.
    number : int
        Of the group, from 1.
    """
    suffix = f"_{number}" if groups > 1 else ""
    width, first, rest = (symbol(f"{name}{suffix}") for name in ("p", "mu1sq", "mu_starsq"))
    return width, first, rest


@cache
def spectrum() -> PopulationRidge:
    """The pair of a given spectrum: no matrix is random, so this is exact linear algebra.

    Examples
    --------
    >>> spectrum().system.observable("df")
    T02 + T11
    """
    program = spectrum_program()
    equation = dyson_equation(program.pencil())
    parts = {potential.name: potential.value(equation) for potential in program.potentials()}
    df, minimum = sp.cancel(parts[_WHITE] / KAPPA), parts[_TARGET]
    partial, penalty = -KAPPA * sp.diff(df, KAPPA), KAPPA * sp.diff(minimum, KAPPA)
    (df, minimum, partial, penalty), averages = _in_basis((df, minimum, partial, penalty), KAPPA)
    whole = {"df": df, "partial": partial, "objective": minimum, "penalty": penalty}
    rest = {"df2": df - partial, "error": minimum - penalty}
    values = {name: sp.expand(value) for name, value in (whole | rest).items()}
    s = SpectralDimension("D").eigenvalue
    system = FixedPointSystem(
        name=program.name,
        parameters=(Parameter(KAPPA, MEANINGS[KAPPA]),),
        unknowns=(),
        equations=(),
        observables=pair_observables(values),
        definitions=averages,
        measures=(
            Measure(symbol("B"), s, f"sum of squared coordinates of the target at {s}", "vector"),
            Measure(symbol("T"), s, f"trace: sum over the spectrum {s}"),
        ),
        provenance=Provenance(steps=("population ridge of a given spectrum: the inverse of its pencil",)),
    )
    return PopulationRidge(system)


def _in_basis(
    expressions: Sequence[sp.Expr], pole: sp.Symbol
) -> tuple[tuple[sp.Expr, ...], tuple[Definition, ...]]:
    """Averages over the spectrum in named ones with one pole, squared."""
    s = SpectralDimension("D").eigenvalue
    return normal_form([_combined(e) for e in expressions], {s: (pole,)})


def _combined(expression: sp.Expr) -> sp.Expr:
    """Every average with its function in lowest terms."""
    rule = {a: SpectralAverage(sp.cancel(a.function), a.variable, a.measure) for a in averages_in(expression)}
    return expression.xreplace(rule)


def in_pair(expressions: Sequence[sp.Expr], pole: sp.Symbol, names: Mapping[str, sp.Symbol]) -> list[sp.Expr]:
    """Averages over a spectrum in the pair of that spectrum.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
        With spectral averages whose denominators are powers of ``s + pole``.
    pole : sympy.Symbol
    names : mapping str -> sympy.Symbol
        Symbols for the quantities of :data:`~asymptotics.models.pair.PAIR` at that ridge.

    Raises
    ------
    DerivationError
        If they hold another average.
    """
    given = spectrum().system
    parts = ("df2", "partial", "error", "penalty")
    known = {given.expand(given.observable(name)).xreplace({KAPPA: pole}): names[name] for name in parts}
    written, averages = _in_basis([*expressions, *known], pole)
    rule = {}
    for average in averages:
        found = known.get(average.expression)
        if found is None:
            raise DerivationError(f"{average} is not in the pair of the spectrum")
        rule[average.symbol] = found
    return [sp.cancel(e.xreplace(rule)) for e in written[: len(expressions)]]


@dataclass(frozen=True)
class _Closed:
    """A Dyson equation of a layer, closed on the pair below.

    ``shares`` sum to one, ``freedom`` to the degrees of freedom; one of each for each group, in the names defined.
    ``names`` are those of ``tau``, of the ``m_g`` and of the ``h_g``, each explicit in what stands before it.
    """

    names: tuple[Definition, ...]
    shares: tuple[sp.Expr, ...]
    freedom: tuple[sp.Expr, ...]

    def rate(self, expression: sp.Expr, gain: sp.Expr) -> sp.Expr:
        """Derivative in ``log kappa`` of an expression in the names, with that of ``log kappa_in`` given."""
        rates = {KAPPA: KAPPA, INNER: gain * INNER}
        rates[below("df")] = -gain * below("partial")
        for definition in self.names:
            total = sum((sp.diff(definition.expression, s) * rate for s, rate in rates.items()), sp.S.Zero)
            whole = {below("df"): below("df2") + below("partial")} if definition.symbol == TAU else {}
            rates[definition.symbol] = sp.expand(total.xreplace(whole))
        return sum((sp.diff(expression, s) * rate for s, rate in rates.items()), sp.S.Zero)

    def short(self, expression: sp.Expr) -> sp.Expr:
        """The expression with as few names written out as leave it free of subtractions.

        Raises
        ------
        CertificateError
            If there is no such form.
        """
        above, under = sp.fraction(sp.cancel(expression))
        short = restate(above / under, {})
        whole = Definition(below("df"), below("df2") + below("partial"))
        for name in (*reversed(self.names), whole):
            if is_subtraction_free(short):
                return short
            if above.has(name.symbol):
                above, factor = sp.fraction(sp.cancel(above.xreplace({name.symbol: name.expression})))
                under = under * factor
                short = restate(above / under, {})
        return require_subtraction_free(short, "a rate of the layer")


def _close(program: QuadraticProgram, groups: int) -> _Closed:
    """The Dyson equation of a layer in the effective ridge below it and the pair there.

    Raises
    ------
    DerivationError
        If the minimum is not that of what lies below, at the effective ridge there.
    """
    equation = dyson_equation(program.pencil())
    (below_trace,) = (u for u in equation.unknowns if isinstance(u.dimension, SpectralDimension))
    weights = [u for u in equation.unknowns if u is not below_trace]
    pole = _pole(equation, below_trace)
    first = weights[0].symbol
    (at_pole,) = sp.roots(sp.fraction(sp.cancel(INNER - pole))[0], first)
    names = {name: below(name) for name in PAIR}
    scale = SIZE * below_trace.variance
    trace = below_trace.sign * equation.trace(*below_trace.inner, below_trace.weight) / SIZE
    target = next(p.value(equation) for p in program.potentials() if p.name == _TARGET)
    tau, minimum = in_pair([e.xreplace({first: at_pole}) for e in (trace, target)], INNER, names)
    tau, minimum = (sp.factor(e.xreplace(WHOLE).expand()) for e in (tau, minimum))
    if minimum != names["objective"] or tau.has(names["partial"]):
        raise DerivationError(f"{program.name}: not closed on the pair below: {minimum}, {tau}")
    named = [Definition(TAU, tau, "effective ridge below times degrees of freedom, per dimension")]
    for number in range(1, groups + 1):
        _, linear, rest = constants(groups, number)
        m, h = (symbol(f"{letter}{f'_{number}' if groups > 1 else ''}") for letter in "mh")
        named.insert(
            number, Definition(m, rest + linear * TAU, "part of a squared feature that is not learned")
        )
        named.append(Definition(h, KAPPA + m, "inverse of the mean inverse of a feature"))
    small = {d.symbol: d.expression for d in named[1 : groups + 1]}
    restore = {d.expression.xreplace(small): d.symbol for d in named[1:]}

    def written(expression: sp.Expr) -> sp.Expr:
        return restate(expression, {below_trace.symbol: scale * TAU}, restore)

    values = {u.symbol: written(u.sign * u.variance * equation.trace(*u.inner, u.weight)) for u in weights}
    inverse = sp.Add.make_args(sp.expand(sp.cancel(INNER / pole)))
    freedom = [written(p.value(equation) / KAPPA) for p in program.potentials() if p.name.startswith(_WHITE)]
    return _Closed(tuple(named), tuple(term.xreplace(values) for term in inverse), tuple(freedom))


def _pole(equation: DysonEquation, trace: TraceUnknown) -> sp.Expr:
    """The pole of the mean inverse in the eigenvalue, with its sign changed."""
    s = SpectralDimension("D").eigenvalue
    determinant = sp.Poly(sp.fraction(sp.cancel(equation.determinants[trace.dimension]))[0], s)
    if determinant.degree() != 1:
        raise DerivationError("the mean inverse of a layer has one pole in the eigenvalue below it")
    return sp.cancel(determinant.nth(0) / determinant.nth(1))


def _rates(closed: _Closed) -> tuple[dict[str, sp.Expr], tuple[Definition, ...]]:
    r"""The quantities of the pair, by implicit differentiation of a layer in ``log kappa``.

    ``gain`` is the logarithmic slope of the ridge below in the ridge above, ``loss`` is one minus that.
    """
    names = {name: below(name) for name in PAIR}

    def total(parts: Sequence[sp.Expr], change: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        """Sum of the short forms of a change of each part."""
        return sum((closed.short(change(part)) for part in parts), sp.S.Zero)

    held = total(closed.shares, lambda share: -closed.rate(share, sp.S.Zero))
    freed = total(closed.shares, lambda share: closed.rate(share, sp.S.One))
    partial = total(closed.freedom, lambda part: -closed.rate(part, 1 - LOSS))
    df2 = total(closed.freedom, lambda part: part + closed.rate(part, GAIN))
    values = {
        "df": sum(closed.freedom, sp.S.Zero),
        "objective": names["objective"],
        "df2": df2,
        "partial": partial,
        "error": names["error"] + LOSS * names["penalty"],
        "penalty": GAIN * names["penalty"],
    }
    definitions = (
        *closed.names,
        Definition(HELD, held, "fall of the equation of the layer with the logarithm of the ridge above"),
        Definition(FREED, freed, "its growth with the logarithm of both ridges"),
        Definition(GAIN, HELD / (HELD + FREED), "logarithmic slope of the ridge below in the ridge above"),
        Definition(LOSS, FREED / (HELD + FREED), "one minus the gain"),
    )
    return values, definitions


@cache
def features(groups: int = 1) -> Layer:
    r"""A layer of random features with Gaussian weights, in one group or several.

    Parameters
    ----------
    groups : int
        With constants ``mu1sq``, ``mu_starsq`` and width ``p`` (numbered if there are several).

    Returns
    -------
    Layer
        In the unknown ``kappa_in``, with ``h_g = kappa + mu_starsq_g + mu1sq_g tau``.

    Raises
    ------
    InputError
        If the number of groups is not positive.

    Examples
    --------
    >>> system = features(2).system
    >>> print(system.equations[0])
    kappa_in*mu1sq_2*p_2/(d*h_2) + kappa_in*mu1sq_1*p_1/(d*h_1) = 1
    >>> print(system.observable("objective"))
    objective_in
    """
    if groups < 1:
        raise InputError("groups", groups, "a positive integer")
    program = layer_program(groups)
    closed = _close(program, groups)
    values, definitions = _rates(closed)
    equation = Equation(sum(closed.shares, sp.S.Zero), sp.S.One, "size of the layer")
    inside = [equation.left, *values.values(), *(d.expression for d in definitions)]
    own = {INNER, *(d.symbol for d in definitions)}
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=lambda s: s.name)
    system = FixedPointSystem(
        name=program.name,
        parameters=tuple(Parameter(s, meaning_of(s)) for s in names),
        unknowns=(Unknown(INNER, MEANINGS[INNER]),),
        equations=(equation,),
        observables=pair_observables(values),
        definitions=definitions,
        domain=Domain((Condition(INNER),), _UNIQUE),
        provenance=Provenance(
            steps=("Dyson equation of a layer on features of any covariance",),
            assumptions=(_EQUIVALENCE, _CLOSURE),
            references=("Schroder2023", "HuLu2023"),
        ),
    )
    return Layer(system, tuple(constants(groups, g)[0] for g in range(1, groups + 1)))
