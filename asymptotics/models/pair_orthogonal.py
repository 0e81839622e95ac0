r"""A layer with orthogonal weights, derived from Gaussian ones.

The weights of ``p`` neurons on ``d`` inputs are Haar distributed: orthonormal rows where ``p <= d`` (narrow), the first
``d`` columns of an orthogonal matrix, scaled by :math:`\sqrt{p/d}`, where ``p >= d`` (wide, a tight frame). On the
coefficients :math:`w = W b` the ridge is one on all of the inputs (wide), or on a random subspace (narrow). The latter
is the null space of a Gaussian matrix, hence the limit of an infinite penalty on what lies outside: a program with
Gaussian matrices only, whose Dyson equation closes on the pair of what lies below.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import Definition, Equation, FixedPointSystem, Parameter, Unknown
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
from asymptotics.models.pair_layers import FREED, GAIN, HELD, LOSS, in_pair
from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.dyson import dyson_equation
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.programs import QuadraticProgram, norm2
from asymptotics.transforms.changes.rewriting import require_subtraction_free

WIDTH, LINEAR, REST = symbol("p"), symbol("mu1sq"), symbol("mu_starsq")
STIFF, FREE, OUTSIDE, SPARE = (symbol(name) for name in ("stiff", "free", "outside", "spare"))
"""Ridge on the coefficients ``W b``, directions that are not learned, part of the effective ridge due to those outside
of the layer, features that are left over."""

_LEFT_OUT, _PENALTY = symbol("left_out"), symbol("penalty_outside")
_ASSUMED = (
    "Gaussian equivalence: a nonlinear layer may be replaced by its linear part plus independent noise "
    "[Schroder2023, HuLu2023]",
    "asymptotic freeness: orthogonal weights act on features of a layer as independent Haar matrices do",
)
_UNIQUE = (
    "the ridge on the features grows with the effective ridge below, where more features than its df are left"
)


def orthogonal_program(narrow: bool) -> QuadraticProgram:
    r"""The population ridge on inputs, on all of them or on a random subspace.

    With ``u = w - S^{-1/2} beta`` and ``z = w - omega`` the energy is ``u'Su + stiff |z|^2``; where the layer is narrow
    ``penalty_outside |G w|^2`` besides, ``G`` Gaussian with as many rows as directions are left out.

    Examples
    --------
    >>> orthogonal_program(True).pencil().size, orthogonal_program(False).pencil().size
    (7, 5)
    """
    inputs = SpectralDimension("D")
    S = SpectralMatrix(inputs)
    u, w, z = (Variable(name, inputs) for name in "uwz")
    energy = norm2(u, S) + STIFF * norm2(z)
    constraints = {
        u: 1 * w - S ** sp.Rational(-1, 2) @ DeterministicVector("beta", inputs),
        z: w - GaussianVector("omega", inputs, variance=1),
    }
    if narrow:
        rows = Dimension(_LEFT_OUT.name)
        y = Variable("y", rows)
        energy = energy + _PENALTY * norm2(y)
        constraints[y] = GaussianMatrix("G", rows, inputs, variance=1 / SIZE) @ w
    return QuadraticProgram(energy, constraints, name=f"pair.{'narrow' if narrow else 'wide'}")


def _counted(expression: sp.Expr) -> sp.Expr:
    """A sum over all directions below the layer, zero eigenvalues included, in their number and the pair."""
    (average,) = averages_in(expression)
    s = SpectralDimension("D").eigenvalue
    at_zero = sp.cancel(average.function.subs(s, 0))
    names = {name: below(name) for name in PAIR}
    rest = SpectralAverage(sp.cancel(average.function - at_zero), s, average.measure)
    (value,) = in_pair([rest], INNER, names) if rest.function != 0 else (sp.S.Zero,)
    return sp.cancel(expression / average) * (at_zero * SIZE + sp.expand(value.xreplace(WHOLE)))


@cache
def closed(narrow: bool) -> tuple[sp.Expr, sp.Expr]:
    """What vanishes at the effective ridge below, and the degrees of freedom of the coefficients ``w``.

    Raises
    ------
    DerivationError
        If the equation is not closed on the pair below, or the minimum is not that of what lies below.

    Examples
    --------
    >>> [str(part) for part in closed(False)]
    ['kappa_in - stiff', 'df_in']
    """
    program = orthogonal_program(narrow)
    equation = dyson_equation(program.pencil())
    outside = [u.symbol for u in equation.unknowns if u.dimension.name == _LEFT_OUT.name]
    at_pole = {symbol: INNER - STIFF for symbol in outside} if narrow else {STIFF: INNER}
    parts = {p.name: p.value(equation).xreplace(at_pole) for p in program.potentials()}
    (minimum,) = in_pair([parts["beta"]], INNER, {name: below(name) for name in PAIR})
    if sp.expand(minimum.xreplace(WHOLE)) != below("objective"):
        raise DerivationError(f"{program.name}: the minimum is not that of what lies below: {minimum}")
    learned = sp.cancel(_counted(parts["omega"]) / (STIFF if narrow else INNER))
    if not narrow:
        return INNER - STIFF, learned
    inside, beyond = equation.unknowns if equation.unknowns[1].symbol in outside else equation.unknowns[::-1]
    trace = equation.trace(*inside.inner, inside.weight) * inside.sign * inside.variance
    residual = beyond.symbol - beyond.sign * beyond.variance * equation.trace(*beyond.inner, beyond.weight)
    above, under = sp.fraction(sp.cancel(residual))
    # An infinite penalty keeps the coefficients in the subspace.
    kept = sp.Poly(above, _PENALTY).LC() / sp.Poly(under, _PENALTY).LC()
    rule = {inside.symbol: _counted(trace.xreplace(at_pole)), **at_pole, _LEFT_OUT: SIZE - WIDTH}
    condition = sp.expand(sp.fraction(sp.cancel(kept.xreplace(rule)))[0])
    known = sp.solve(condition, WIDTH)[0]
    return condition, sp.cancel((learned - SIZE + WIDTH).xreplace({WIDTH: known}))


def _rates(narrow: bool, stiffness: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Fall of the equation with the ridge above, its growth with both, degrees of freedom of the features.

    What the layer learns of one direction it learns with eigenvalue ``mu1sq x + mu_starsq``, of the others with
    ``mu_starsq``.
    """
    condition, learned = closed(narrow)
    df, partial = below("df"), below("partial")
    slope = STIFF * KAPPA * sp.diff(stiffness, KAPPA) / stiffness
    fixed = -sp.diff(condition, STIFF) * slope
    moved = INNER * sp.diff(condition, INNER) - partial * sp.diff(condition, df)
    spare = sp.solve(condition, WIDTH)[0] if narrow else WIDTH
    rule = {WIDTH: spare, SIZE: df + FREE}
    fixed, moved = (sp.cancel(e.xreplace(rule).xreplace({SIZE: df + FREE})) for e in (fixed, moved))
    moved = sp.expand(moved.xreplace({INNER: STIFF + OUTSIDE})) if narrow else moved.xreplace({INNER: STIFF})
    scale = (KAPPA + REST) / STIFF
    held = sp.cancel(scale * fixed)
    freed = sp.cancel(sp.cancel(scale * moved - held).xreplace({KAPPA + REST: STIFF / scale}))
    freed = sp.expand(freed.xreplace({STIFF: stiffness})) if narrow else freed
    return held, sp.cancel(freed), learned + REST / (KAPPA + REST) * (WIDTH - learned)


@cache
def orthogonal(narrow: bool) -> Layer:
    """A layer with orthogonal weights, of fewer neurons than inputs (narrow) or of more (wide).

    Returns
    -------
    Layer
        In the unknown ``kappa_in``, with constants ``mu1sq`` and ``mu_starsq`` and width ``p`` as a Gaussian layer.

    Examples
    --------
    >>> print(*orthogonal(True).system.equations)
    df_in*stiff + kappa_in*p = d*stiff + df_in*kappa_in
    >>> print(*orthogonal(False).system.equations)
    kappa_in*mu1sq*p = d*kappa + d*mu_starsq
    """
    stiffness = (KAPPA + REST) / LINEAR * (1 if narrow else SIZE / WIDTH)
    held, freed, whole = _rates(narrow, stiffness)
    names = {name: below(name) for name in PAIR}
    df, df2, partial = (names[name] for name in ("df", "df2", "partial"))
    falls = sp.cancel(
        -KAPPA * sp.diff(whole, KAPPA) * (KAPPA + REST) ** 2
        + GAIN * partial * sp.diff(whole, df) * (KAPPA + REST) ** 2
    )
    lost = sp.expand(falls.xreplace({WIDTH: df + SPARE}))
    rest = sp.expand(sp.cancel(whole * (KAPPA + REST) ** 2) - falls)
    kept = sp.expand(rest.xreplace({df: df2 + partial}).xreplace({GAIN: 1 - LOSS}))
    values = {
        "df": sp.cancel(whole),
        "objective": names["objective"],
        "df2": sp.factor(kept) / (KAPPA + REST) ** 2,
        "partial": sp.factor(lost) / (KAPPA + REST) ** 2,
        "error": names["error"] + LOSS * names["penalty"],
        "penalty": GAIN * names["penalty"],
    }
    definitions = [Definition(HELD, held, "fall of the equation with the logarithm of the ridge above")]
    if narrow:
        definitions = [
            Definition(STIFF, stiffness, "ridge on the coefficients in the inputs"),
            Definition(FREE, SIZE - df, "directions below that are not learned"),
            Definition(OUTSIDE, INNER - STIFF, "effective ridge due to directions outside of the layer"),
            Definition(SPARE, STIFF * FREE / INNER, "features beyond the degrees of freedom below"),
            *definitions,
        ]
    else:
        definitions = [
            Definition(SPARE, WIDTH - df, "features beyond the degrees of freedom below"),
            *definitions,
        ]
    definitions += [
        Definition(FREED, freed, "its growth with the logarithm of both ridges"),
        Definition(GAIN, HELD / (HELD + FREED), "logarithmic slope of the ridge below in the ridge above"),
        Definition(LOSS, FREED / (HELD + FREED), "one minus the gain"),
    ]
    for expression in (held, freed, *values.values()):
        require_subtraction_free(expression, "a quantity of an orthogonal layer")
    condition = closed(narrow)[0]
    if not narrow:
        condition = sp.fraction(sp.cancel(condition.xreplace({STIFF: stiffness})))[0]
    positive, negative = signed(condition)
    return Layer(
        _system(narrow, values, tuple(definitions), Equation(positive, negative, "size of the layer")),
        (WIDTH,),
    )


def signed(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Terms with a positive sign, and those with a negative one, without it.

    Examples
    --------
    >>> signed(STIFF - FREE)
    (stiff, free)
    """
    terms = sp.Add.make_args(sp.expand(expression))
    above = [term for term in terms if term.as_coeff_Mul()[0] > 0]
    return sp.Add(*above), -sp.Add(*(term for term in terms if term not in above))


def _system(
    narrow: bool, values: dict[str, sp.Expr], definitions: tuple[Definition, ...], equation: Equation
) -> FixedPointSystem:
    inside = [equation.residual, *values.values(), *(d.expression for d in definitions)]
    own = {INNER, *(d.symbol for d in definitions)}
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=lambda s: s.name)
    step = "null space of a Gaussian matrix" if narrow else "tight frame"
    return FixedPointSystem(
        name=f"pair.{'narrow' if narrow else 'wide'}",
        parameters=tuple(Parameter(s, meaning_of(s)) for s in names),
        unknowns=(Unknown(INNER, MEANINGS[INNER]),),
        equations=(equation,),
        observables=pair_observables(values),
        definitions=definitions,
        domain=Domain((Condition(INNER), *((Condition(INNER - STIFF),) if narrow else ())), _UNIQUE),
        provenance=Provenance(
            steps=(f"orthogonal weights: {step}",),
            assumptions=_ASSUMED,
            references=("Schroder2023", "HuLu2023"),
        ),
    )
