r"""The Dyson equation in short equations: names for what its traces share.

Written out, a trace is a cofactor over a determinant, and both repeat the same sums. With a name for every entry of
the self-energy that is a sum of traces, and for the inverse determinant of every part of the mean inverse that several
traces share, each equation is short: :math:`(L_0 - \eta)G = 1` read row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.equations.naming import symbol
from asymptotics.symbolic.dimensions import AnyDimension, SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation, TraceUnknown
from asymptotics.symbolic.symmetry import Pair, components


@dataclass(frozen=True)
class ShortForm:
    """A Dyson equation whose mean inverse is written in names.

    Attributes
    ----------
    equation : DysonEquation
        Its blocks are explicit in traces, entries of the self-energy, inverse determinants and spectra.
    unknowns, residuals : tuple
        Each residual belongs to the unknown at its place, and is linear in it.
    meanings : mapping symbol -> str
        What the names stand for.
    before : tuple of (symbol, symbol)
        Pairs of unknowns: the equation of the second was shortened by that of the first.
    """

    equation: DysonEquation
    unknowns: tuple[sp.Symbol, ...]
    residuals: tuple[sp.Expr, ...]
    meanings: Mapping[sp.Symbol, str]
    before: tuple[tuple[sp.Symbol, sp.Symbol], ...]


@dataclass
class _Names:
    """Unknowns with their residuals, in the order they were named."""

    taken: set[str]
    residuals: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)
    meanings: dict[sp.Symbol, str] = field(default_factory=dict)
    before: list[tuple[sp.Symbol, sp.Symbol]] = field(default_factory=list)

    def add(self, label: str, meaning: str) -> sp.Symbol:
        """A new name; its residual is set later."""
        while label in self.taken:
            label += "_"
        self.taken.add(label)
        self.meanings[symbol(label)] = meaning
        return symbol(label)


def short_form(equation: DysonEquation, base: Mapping[sp.Symbol, sp.Expr]) -> ShortForm:
    """The Dyson equation in names.

    Parameters
    ----------
    equation : DysonEquation
    base : mapping source -> value
        Where lengths are compared.
    """
    pencil = equation.pencil
    parts = [*pencil.deterministic.values(), *(p.left * p.right * p.matrix.variance for p in pencil.random)]
    taken = {s.name for part in parts for s in part.free_symbols} | {u.symbol.name for u in equation.unknowns}
    taken |= {s.name for d in pencil.dimensions() for s in d.size.free_symbols}
    names = _Names(taken)
    equation = _bare(equation)
    energy = _named_self_energy(equation, names)
    inverse: dict[Pair, sp.Expr] = {}
    determinants: dict[AnyDimension, sp.Expr] = {}
    links = {
        *equation.inverse,
        *equation.self_energy,
        *(p for p, v in pencil.deterministic.items() if v != 0),
    }
    for dimension in pencil.dimensions():
        for indices in components(pencil.indices(dimension), links):
            part = _part(equation, indices, energy)
            determinants[dimension] = determinants.get(dimension, sp.S.One) * part.determinant
            inverse |= (
                _spectral(part, names)
                if isinstance(dimension, SpectralDimension)
                else _plain(part, names, base)
            )
    named = DysonEquation(pencil, equation.unknowns, energy, inverse, determinants)
    return ShortForm(
        named, tuple(names.residuals), tuple(names.residuals.values()), names.meanings, tuple(names.before)
    )


def _bare(equation: DysonEquation) -> DysonEquation:
    """The equation with traces of variables as they are; those of multipliers stay over the sizes in their variance."""
    pencil = equation.pencil
    sizes = {s for d in pencil.dimensions() for s in (d.size, getattr(d, "size_name", d.size))}
    unknowns, rule = [], {}
    for u in equation.unknowns:
        scale = sp.S.One
        if any(pencil.blocks[i].sign < 0 for i in u.inner):
            scale = sp.Mul(
                *(f for f in sp.Mul.make_args(u.variance) if f.free_symbols and f.free_symbols <= sizes)
            )
        unknowns.append(replace(u, variance=scale))
        rule[u.symbol] = u.symbol * u.variance / scale
    energy = {pair: value.xreplace(rule) for pair, value in equation.self_energy.items()}
    return replace(equation, unknowns=tuple(unknowns), self_energy=energy)


def _named_self_energy(equation: DysonEquation, names: _Names) -> dict[Pair, sp.Expr]:
    """The self-energy with a name for every sum of traces of one sign."""
    traces = {u.symbol for u in equation.unknowns}
    known: dict[sp.Expr, sp.Symbol] = {}
    result: dict[Pair, sp.Expr] = {}
    for pair, value in equation.self_energy.items():
        letters = getattr(equation.pencil.blocks[pair[0]].dimension, "eigenvalues", ())
        grouped: dict[sp.Expr, sp.Expr] = {}
        for term in sp.Add.make_args(sp.expand(value)):
            scalar, profile = term.as_independent(*letters, as_Add=False)
            grouped[profile] = grouped.get(profile, sp.S.Zero) + scalar
        total = sp.S.Zero
        for profile, scalar in grouped.items():
            minus = {term.could_extract_minus_sign() for term in sp.Add.make_args(scalar)}
            if len(scalar.free_symbols & traces) > 1 and len(minus) == 1:
                sign = -1 if minus == {True} else 1
                if sign * scalar not in known:
                    blocks = "_".join(dict.fromkeys(equation.pencil.blocks[i].name for i in pair))
                    name = names.add(
                        f"eta_{blocks}", f"self-energy of {blocks.replace('_dual', ', multiplier')}"
                    )
                    known[sign * scalar] = name
                    names.residuals[name] = name - sign * scalar
                scalar = sign * known[sign * scalar]
            total += scalar * profile
        result[pair] = total
    return result


@dataclass(frozen=True)
class _Part:
    """One diagonal part of ``L0 - eta`` with its determinant, cofactors, and the traces that are read in it."""

    equation: DysonEquation
    indices: tuple[int, ...]
    matrix: sp.Matrix
    determinant: sp.Expr
    adjugate: sp.Matrix
    traces: tuple[TraceUnknown, ...]

    @property
    def sign(self) -> int:
        """Sign of the determinant on the physical branch: the signs of the blocks multiplied."""
        return -1 if sum(self.equation.pencil.blocks[i].sign < 0 for i in self.indices) % 2 else 1

    def cofactor(self, i: int, k: int) -> sp.Expr:
        """Cofactor that stands over the determinant in block (i, k) of the inverse."""
        return self.adjugate[self.indices.index(i), self.indices.index(k)]

    def pairs(self) -> list[Pair]:
        """Pairs of blocks ``i <= k`` between which the inverse does not vanish."""
        return [(i, k) for i in self.indices for k in self.indices if i <= k and self.cofactor(i, k) != 0]

    def label(self) -> str:
        """Names of the blocks."""
        blocks = (self.equation.pencil.blocks[i] for i in self.indices)
        return "_".join(block.name for block in blocks if block.sign > 0)


def _part(equation: DysonEquation, indices: tuple[int, ...], energy: Mapping[Pair, sp.Expr]) -> _Part:
    pencil = equation.pencil
    rows = [
        [pencil.entry(i, k) - energy.get((min(i, k), max(i, k)), sp.S.Zero) for k in indices] for i in indices
    ]
    domain = DomainMatrix.from_Matrix(sp.Matrix(rows)).to_field()
    determinant = domain.domain.to_sympy(domain.det())
    adjugate = (domain.inv() * domain.det()).to_Matrix()
    traces = tuple(u for u in equation.unknowns if set(u.inner) <= set(indices))
    return _Part(equation, indices, sp.Matrix(rows), determinant, adjugate, traces)


def _spectral(part: _Part, names: _Names) -> dict[Pair, sp.Expr]:
    """Blocks and traces over a spectrum: explicit in the eigenvalue."""
    blocks = {(i, k): part.cofactor(i, k) / part.determinant for i, k in part.pairs()}
    for u in part.traces:
        names.residuals[u.symbol] = u.symbol - u.sign * u.variance * u.dimension.trace(
            u.weight * blocks[u.inner]
        )
    return blocks


def _plain(part: _Part, names: _Names, base: Mapping[sp.Symbol, sp.Expr]) -> dict[Pair, sp.Expr]:
    """Blocks and traces over a plain dimension: traces are the blocks themselves, up to their scale."""
    scales = {u.inner: u.sign * u.variance * u.dimension.trace(u.weight) for u in part.traces}
    front = 1 / part.determinant
    if len(part.traces) > 1:
        name = names.add(f"g_{part.label()}", f"inverse determinant of the mean inverse on {part.label()}")
        front = part.sign * name
    for u in part.traces:
        names.residuals[u.symbol] = u.symbol - scales[u.inner] * part.cofactor(*u.inner) * front
    blocks = {(i, k): part.cofactor(i, k) * front for i, k in part.pairs()}
    blocks |= {u.inner: u.symbol / scales[u.inner] for u in part.traces}
    if len(part.traces) > 1:
        row = _shortest_row(part, blocks, front, base)
        names.residuals[name] = 1 - row
        names.before += [(u.symbol, name) for u in part.traces if row.has(u.symbol)]
    return blocks


def _shortest_row(
    part: _Part, blocks: Mapping[Pair, sp.Expr], front: sp.Expr, base: Mapping[sp.Symbol, sp.Expr]
) -> sp.Expr:
    """What is one: a row of ``(L0 - eta) G``, or the determinant times its inverse, whichever is shortest."""
    rows = [sp.expand(part.determinant * front)]
    for place, i in enumerate(part.indices):
        products = (
            part.matrix[place, other] * blocks.get((min(i, k), max(i, k)), sp.S.Zero)
            for other, k in enumerate(part.indices)
        )
        rows.append(sp.expand(sum(products, sp.S.Zero)))
    own = [row for row in rows if sp.diff(row, front.free_symbols.pop()) != 0]
    return min(own, key=lambda row: sp.count_ops(row.subs(base)))
