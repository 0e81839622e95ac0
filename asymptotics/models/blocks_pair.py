r"""Sums of blocks of independent features: the population pair, derived.

In the effective ridge :math:`\kappa` the unknowns are :math:`a_b = \operatorname{Tr} S_b (H + \kappa)^{-1}` with
:math:`H = \sum_b g_b S_b`; a gain :math:`g_b` is one for infinitely many features. Everything that a learner asks for
comes out free of subtractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import sympy as sp

from asymptotics.equations.averages import SpectralAverage, averages_in
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.joint_form import joint_form
from asymptotics.equations.naming import symbol
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Parameter,
    Unknown,
)
from asymptotics.errors import CertificateError, DerivationError
from asymptotics.models.blocks import LAW, Block, inputs_of, pair_program
from asymptotics.models.elimination_of_slopes import eliminated
from asymptotics.models.pair import KAPPA, MEANINGS, pair_observables
from asymptotics.symbolic.dyson import DysonEquation, TraceUnknown, dyson_equation
from asymptotics.transforms.changes.rewriting import require_subtraction_free

_FEW = 2
"""Blocks up to which the slopes are written out as ratios of determinants."""

_UNIQUE = "followed from infinite ridge, where the solution is explicit"


@dataclass(frozen=True)
class _Closed:
    """The Dyson equation of blocks in ``a_b`` and ``g_b``: gains, right sides of the equations, potentials."""

    blocks: tuple[Block, ...]
    gains: tuple[sp.Expr, ...]
    loads: tuple[sp.Expr, ...]
    minima: Mapping[str, sp.Expr]


def _close(blocks: tuple[Block, ...]) -> _Closed:
    """The population pair of blocks in loads ``a_b`` and gains ``g_b``.

    Raises
    ------
    DerivationError
        If the equation has other traces than one for the features and one for the inputs of each block.
    """
    program = pair_program(blocks)
    equation = dyson_equation(program.pencil())
    rule: dict[sp.Expr, sp.Expr] = {}
    pairs = [_traces(equation, block) for block in blocks]
    for block, (inner, outer) in zip(blocks, pairs, strict=True):
        a, g = block.symbol("a"), block.symbol("g")
        rule[inner.symbol] = inner.variance * block.size * g / KAPPA
        rule[outer.symbol] = outer.variance * (KAPPA * a - block.rest)
    gains, loads = [], []
    for block, (inner, outer) in zip(blocks, pairs, strict=True):
        value = inner.sign * equation.trace(*inner.inner, inner.weight) / block.size * KAPPA
        gains.append(_normalized(value.xreplace(rule), block))
        value = outer.sign * equation.trace(*outer.inner, outer.weight)
        loads.append(_short((value.xreplace(rule) + block.rest) / KAPPA, blocks))
    minima = {p.name: p.value(equation).xreplace(rule) for p in program.potentials()}
    return _Closed(blocks, tuple(gains), tuple(loads), minima)


def _traces(equation: DysonEquation, block: Block) -> tuple[TraceUnknown, TraceUnknown]:
    """The unknowns over the features and over the inputs of a block."""
    features, letter = block.features, symbol(block.letter)
    inner = [u for u in equation.unknowns if u.dimension == features]
    outer = [u for u in equation.unknowns if u.dimension != features and u.weight.has(letter)]
    if len(inner) != 1 or len(outer) != 1:
        raise DerivationError(f"block {block.mark}: traces {[u.symbol for u in equation.unknowns]}")
    return inner[0], outer[0]


def _short(expression: sp.Expr, blocks: tuple[Block, ...]) -> sp.Expr:
    """Averages in lowest terms over the joint law of the inputs, with constant factors in front."""
    rule, letters = {}, inputs_of(blocks).eigenvalues
    for average in averages_in(expression):
        function = sp.cancel(average.function)
        constant, _ = function.as_independent(*letters, as_Add=False)
        over = letters if average.variable in letters else average.letters
        rule[average] = constant * SpectralAverage(sp.cancel(function / constant), over, average.measure)
    return sp.expand(expression.xreplace(rule))


def _normalized(expression: sp.Expr, block: Block) -> sp.Expr:
    """Averages over the weights of a block's features as one, for a law of total one."""
    averages = averages_in(expression)
    if not averages:
        return sp.cancel(expression)
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(expression)):
        (average,) = averages_in(term)
        total += term / average * average.function
    return SpectralAverage(sp.factor(sp.cancel(block.size * total)), symbol(block.law), symbol(LAW))


@cache
def blocks_pair(blocks: tuple[Block, ...]) -> FixedPointSystem:
    """The pair of a sum of blocks, as a system in the parameter ``kappa`` with one unknown a block.

    Parameters
    ----------
    blocks : tuple of Block

    Returns
    -------
    FixedPointSystem
        Observables as :func:`~asymptotics.models.pair.pair_observables` gives them.

    Raises
    ------
    DerivationError
        If the equation of the program is none of blocks.
    CertificateError
        If a quantity is not free of subtractions.

    Examples
    --------
    >>> system = blocks_pair((Block("f", "s", "p"), Block("t", "m", "N")))
    >>> for equation in system.equations:
    ...     print(equation)
    a_f*g_f = T011 + T020 + T110 + g_f*rest_f/kappa
    a_t*g_t = T002 + T011 + T101 + g_t*rest_t/kappa
    """
    closed = _close(blocks)
    rates = _Rates(closed)
    rates.require_potentials()
    values, equations = rates.pair(), rates.equations()
    definitions = (*_gains(closed), *rates.averages, *rates.solved())
    inside = [*values.values(), *(e.residual for e in equations), *(d.expression for d in definitions)]
    unknowns = tuple(Unknown(b.symbol("a"), "trace of the block over H + kappa") for b in blocks)
    own = {u.symbol for u in unknowns} | {d.symbol for d in definitions}
    names = sorted({s for e in inside for s in e.free_symbols} - own, key=lambda s: s.name)
    return FixedPointSystem(
        name=f"pair.blocks{len(blocks)}",
        parameters=tuple(Parameter(s, _meaning(blocks, s)) for s in names),
        unknowns=unknowns,
        equations=equations,
        definitions=definitions,
        observables=pair_observables(values),
        measures=_measures(blocks),
        domain=Domain(tuple(Condition(u.symbol) for u in unknowns), _UNIQUE),
        provenance=Provenance(
            steps=("Dyson equation of a sum of blocks of features",),
            assumptions=("concentration of the quadratic energy around its deterministic equivalent",),
        ),
    )


def _measures(blocks: tuple[Block, ...]) -> tuple[Measure, ...]:
    letters = inputs_of(blocks).eigenvalues
    variable = letters[0] if len(letters) == 1 else sp.Tuple(*letters)
    found = [
        Measure(symbol("B"), variable, "sum of squared coordinates of the target", "vector"),
        Measure(symbol("T"), variable, "trace: sum over the spectrum"),
    ]
    laws = {block.law for block in blocks} - {""}
    found += [
        Measure(symbol(LAW), symbol(law), f"mean over the law of {law}", "vector") for law in sorted(laws)
    ]
    return tuple(sorted(found, key=lambda m: m.symbol.name))


def _meaning(blocks: tuple[Block, ...], parameter: sp.Symbol) -> str:
    for block in blocks:
        if parameter == block.size:
            return f"number of features of block {block.mark}"
        if parameter == block.rest:
            return f"sum of eigenvalues of block {block.mark} too small to be learned"
        if block.start and parameter == symbol(block.start):
            return f"variance of the coefficients of block {block.mark} that training starts from"
    return MEANINGS.get(parameter, "")


def _gains(closed: _Closed) -> tuple[Definition, ...]:
    """Gains, and the shares of one in which they fall and stay as their load grows."""
    named, shares = [], []
    for block, gain in zip(closed.blocks, closed.gains, strict=True):
        a, g = block.symbol("a"), block.symbol("g")
        named.append(Definition(g, gain, "gain of the block: one for infinitely many features"))
        whole, over = gain, sp.S.One
        if block.law:
            (average,) = averages_in(gain)
            whole, over = average.function, g
        fall = -a * sp.diff(whole, a)
        for name, change in (("falls", fall), ("stays", whole - fall)):
            value = require_subtraction_free(sp.factor(sp.cancel(change)), name)
            if block.law:
                value = SpectralAverage(value, symbol(block.law), symbol(LAW)) / over
            else:
                value = sp.cancel(value / whole)
            shares.append(Definition(block.symbol(name), value, "share of the gain's slope in its load"))
    return (*named, *shares)


class _Rates:
    """Rates in ``log kappa``, by implicit differentiation, in named averages.

    The loads fall with slopes to be found; a gain grows by its share that falls times the slope of its load.
    """

    def __init__(self, closed: _Closed) -> None:
        self.blocks, self.closed = closed.blocks, closed
        self.slopes = tuple(b.symbol("slope") for b in self.blocks)
        self.freedom = tuple(b.symbol("g") * b.symbol("a") for b in self.blocks)
        self.moves = {KAPPA: KAPPA}
        for b, slope in zip(self.blocks, self.slopes, strict=True):
            self.moves[b.symbol("a")] = -b.symbol("a") * slope
            self.moves[b.symbol("g")] = b.symbol("g") * b.symbol("falls") * slope
        gains = [b.symbol("g") for b in self.blocks]
        loads = [g * load for g, load in zip(gains, closed.loads, strict=True)]
        falls = [-g * self.rate(load) for g, load in zip(gains, closed.loads, strict=True)]
        target = closed.minima["beta"]
        written, self.averages = _named([*loads, *falls, target, self.rate(target)], self.blocks)
        count = len(self.blocks)
        self.loads, self.falls = written[:count], written[count : 2 * count]
        self.target, self.growth = written[2 * count :]

    def rate(self, expression: sp.Expr) -> sp.Expr:
        """Derivative in ``log kappa``, in the slopes of the loads."""
        return sp.Add(*(sp.diff(expression, s) * move for s, move in self.moves.items()))

    def equations(self) -> tuple[Equation, ...]:
        """Every block's degrees of freedom, as load times gain and as an average."""
        pairs = zip(self.freedom, self.loads, strict=True)
        return tuple(Equation(left, right, "degrees of freedom of the block") for left, right in pairs)

    def pair(self) -> dict[str, sp.Expr]:
        """The quantities of the pair, each a sum of positive terms."""
        partial, kept, starts = [], [], []
        for block, t, slope in zip(self.blocks, self.freedom, self.slopes, strict=True):
            partial.append(t * block.symbol("stays") * slope)
            kept.append(t * (block.symbol("unmoved") + block.symbol("falls") * slope))
            starts.append(KAPPA * symbol(block.start) if block.start else sp.S.Zero)
        error, penalty = self._split()

        def begun(parts: Sequence[sp.Expr]) -> sp.Expr:
            """The part due to the function that training starts from."""
            return sp.Add(*(start * part for start, part in zip(starts, parts, strict=True)))

        return {
            "df": sp.Add(*self.freedom),
            "partial": sp.Add(*partial),
            "df2": sp.Add(*kept),
            "objective": self.target + begun(self.freedom),
            "penalty": penalty + begun(kept),
            "error": error + begun(partial),
        }

    def require_potentials(self) -> None:
        """Check that minima of white vectors, and of the start, are ``kappa`` times degrees of freedom.

        Raises
        ------
        DerivationError
            If they are not.
        """
        for block, gain in zip(self.blocks, self.closed.gains, strict=True):
            parts = {f"w_{block.mark}": KAPPA}
            parts |= {f"start_{block.mark}": KAPPA * symbol(block.start)} if block.start else {}
            for name, scale in parts.items():
                found = _normalized(self.closed.minima[name] / (scale * block.symbol("a")), block)
                if sp.cancel(_inside(found) - _inside(gain)) != 0:
                    raise DerivationError(f"{name}: {found} is not the gain {gain}")

    def solved(self) -> tuple[Definition, ...]:
        """Slopes of the loads and one minus each: a linear system, solved without subtractions."""
        reacting, named = [], []
        for block, fall in zip(self.blocks, self.falls, strict=True):
            own = sp.expand(fall).xreplace(dict.fromkeys(self.slopes, sp.S.Zero))
            reacting.append(
                Definition(block.symbol("reacts"), own, "degrees of freedom that fall with kappa")
            )
        if len(self.blocks) > _FEW:
            return (*reacting, *self._eliminated(reacting))
        rows = []
        for slope, load, fall, own in zip(self.slopes, self.loads, self.falls, reacting, strict=True):
            held = sp.expand(load - own.expression) + own.symbol
            rows.append(held * slope - (sp.expand(fall - own.expression) + own.symbol))
        matrix, right = sp.linear_eq_to_matrix([sp.expand(row) for row in rows], list(self.slopes))
        determinant, adjugate = matrix.det(), matrix.adjugate() * right
        scale = symbol("scale")
        named = [*reacting, Definition(scale, self._positive(determinant), "determinant of the slopes")]
        for block, slope, value in zip(self.blocks, self.slopes, adjugate, strict=True):
            text = "fall of the logarithm of the load with that of kappa"
            named.append(Definition(slope, self._positive(value) / scale, text))
            rest = self._positive(determinant - value) / scale
            named.append(Definition(block.symbol("unmoved"), rest, "one minus the slope"))
        return tuple(named)

    def _eliminated(self, reacting: Sequence[Definition]) -> Iterator[Definition]:
        """Slopes and one minus each, block after block.

        Raises
        ------
        DerivationError
            If a row is not its own part and one of each other block, which falls as that block's gain does.
        """
        falls, stays = ([b.symbol(name) for b in self.blocks] for name in ("falls", "stays"))
        rows = []
        for load, fall, own in zip(self.loads, self.falls, reacting, strict=True):
            changes = (sp.expand(fall).coeff(slope, 1) for slope in self.slopes)
            shared = [sp.cancel(change / fall_of) for change, fall_of in zip(changes, falls, strict=True)]
            if sp.expand(load - own.expression - sp.Add(*shared)) != 0 or sp.Add(*shared).has(*falls):
                raise DerivationError(f"the row of {own.symbol} has another part")
            rows.append(shared)
        unmoved = [b.symbol("unmoved") for b in self.blocks]
        return eliminated(rows, [d.symbol for d in reacting], falls, stays, (self.slopes, unmoved))

    def _positive(self, expression: sp.Expr, places: int | None = None) -> sp.Expr:
        """A polynomial, of degree one in each share that falls, as a sum of positive terms in the shares.

        Raises
        ------
        CertificateError
            If there is no such form.
        """
        expression = sp.expand(expression)
        place = len(self.blocks) if places is None else places
        if place == 0:
            return require_subtraction_free(sp.factor(expression), "a slope of the blocks")
        falls, stays = (self.blocks[place - 1].symbol(name) for name in ("falls", "stays"))
        slope, low = expression.coeff(falls, 1), expression.coeff(falls, 0)
        if sp.expand(expression - slope * falls - low) != 0:
            raise DerivationError(f"{expression} is not linear in {falls}")
        for first, share, rest in ((low + slope, stays, -slope), (low, falls, slope)):
            try:
                return self._positive(first, place - 1) + share * self._positive(rest, place - 1)
            except CertificateError:
                continue
        return falls * self._positive(low + slope, place - 1) + stays * self._positive(low, place - 1)

    def _split(self) -> tuple[sp.Expr, sp.Expr]:
        """Error and penalty of the part due to the target.

        Raises
        ------
        DerivationError
            If the minimum does not grow by parts of its own averages.
        """
        error, penalty, left = self.target, sp.S.Zero, sp.expand(self.growth)
        for block, slope in zip(self.blocks, self.slopes, strict=True):
            falls, unmoved, stays = (block.symbol(name) for name in ("falls", "unmoved", "stays"))
            part = sp.cancel(-left.coeff(slope) / falls)
            penalty += part * (unmoved + stays * slope)
            error = sp.expand(error - part) + part * falls * slope
            left = sp.expand(left + part * falls * slope - part)
        if left != 0:
            raise DerivationError(f"the growth of the minimum is not in its averages: {left}")
        return error, penalty


def _inside(expression: sp.Expr) -> sp.Expr:
    """An average's function; what is no average itself."""
    averages = averages_in(expression)
    return averages[0].function if averages else expression


def _named(
    expressions: Sequence[sp.Expr], blocks: tuple[Block, ...]
) -> tuple[list[sp.Expr], tuple[Definition, ...]]:
    """Averages over the inputs in the names of their normal form."""
    short = [_short(e, blocks) for e in expressions]
    rule, definitions = joint_form(averages_in(*short))
    return [sp.expand(e.xreplace(rule)) for e in short], definitions
