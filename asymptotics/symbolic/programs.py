r"""Quadratic programs over random matrices, and the pencil of their stationarity conditions.

A learning problem is a minimum of a quadratic energy under linear constraints:

.. math:: \min \; x^\top Q\, x \quad \text{subject to} \quad C x + h = 0 .

Stationarity of the Lagrangian is a symmetric block matrix, affine in the random matrices, and the minimum is
:math:`-h^\top (L^{-1})_{ww} h` with :math:`w` the multipliers. By the envelope theorem the derivative of the
minimum in a coefficient of the energy is the quadratic form it multiplies.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from asymptotics.equations.provenance import Provenance
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import InputError, ShapeError
from asymptotics.symbolic.assembly import size_definitions
from asymptotics.symbolic.couplings import at_sources, coupling_sources, direction
from asymptotics.symbolic.dimensions import SpectralDimension
from asymptotics.symbolic.dyson import dyson_equation
from asymptotics.symbolic.expressions import is_zero
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianVector,
    LinearForm,
    SpectralMatrix,
    Variable,
    as_form,
)
from asymptotics.symbolic.observables import Slope
from asymptotics.symbolic.pencil import Block, Pencil, Placement
from asymptotics.symbolic.potentials import Potential, joint_potential, potential_of
from asymptotics.symbolic.progress import Progress, report, reporting
from asymptotics.symbolic.roots import Roots
from asymptotics.symbolic.scalarization import scalarize
from asymptotics.symbolic.scalars import exact_divisor, exact_scalar


@dataclass(frozen=True)
class EnergyTerm:
    """``coefficient * left' weight right``."""

    coefficient: sp.Expr
    left: Variable
    right: Variable
    weight: sp.Expr


@dataclass(frozen=True)
class Energy:
    """A quadratic energy: a sum of quadratic forms of variables."""

    terms: tuple[EnergyTerm, ...]

    def __add__(self, other: Any) -> Energy:
        return self if is_zero(other) else Energy(self.terms + _energy(other).terms)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Energy:
        return self if is_zero(other) else self + -_energy(other)

    def __rsub__(self, other: Any) -> Energy:
        return -self + other

    def __neg__(self) -> Energy:
        return -1 * self

    def __rmul__(self, scalar: Any) -> Energy:
        scalar = exact_scalar(scalar)
        return Energy(
            tuple(EnergyTerm(scalar * t.coefficient, t.left, t.right, t.weight) for t in self.terms)
        )

    __mul__ = __rmul__

    def __truediv__(self, scalar: Any) -> Energy:
        return exact_divisor(scalar) * self

    def __rtruediv__(self, other: Any) -> Energy:
        raise InputError("divisor", self, "a scalar", "an energy cannot be divided by")

    def __pow__(self, exponent: Any) -> Energy:
        raise InputError("power", self, "a quadratic energy", "powers of energies are not quadratic")


def _energy(value: Any) -> Energy:
    if not isinstance(value, Energy):
        raise InputError("energy", value, "a sum of squared norms and inner products")
    return value


def inner(left: Variable, right: Variable, weight: SpectralMatrix | None = None) -> Energy:
    """The inner product of two variables, optionally weighted by a function of the spectrum.

    Parameters
    ----------
    left : Variable
        A variable.
    right : Variable
        Of the same dimension.
    weight : SpectralMatrix, optional
        Function of the spectrum.

    Raises
    ------
    InputError
        If something else than variables is given, or the weight is no function of a spectrum.
    ShapeError
        If the dimensions differ, or the weight belongs to another dimension.
    """
    for name, variable in (("left", left), ("right", right)):
        if not isinstance(variable, Variable):
            raise InputError(name, variable, "a variable", "give what stands here a name by a constraint")
    if weight is not None and not isinstance(weight, SpectralMatrix):
        raise InputError("weight", weight, "a function of the spectrum", "write SpectralMatrix(dimension)")
    if left.dimension != right.dimension:
        raise ShapeError("inner", (left.name, right.name), "variables of one dimension")
    if weight is not None and weight.dimension != left.dimension:
        raise ShapeError(
            "weight", weight.dimension.name, f"a function of the spectrum of {left.dimension.name}"
        )
    function = sp.S.One if weight is None else weight.function
    return Energy((EnergyTerm(sp.S.One, left, right, function),))


def norm2(variable: Variable, weight: SpectralMatrix | None = None) -> Energy:
    """The squared norm of a variable, optionally weighted by a function of the spectrum.

    Parameters
    ----------
    variable : Variable
        Or a vector expression.
    weight : SpectralMatrix, optional
        Function of the spectrum.
    """
    return inner(variable, variable, weight)


@dataclass(frozen=True)
class QuadraticProgram:
    r"""A minimum of a quadratic energy under linear constraints through random matrices.

    Parameters
    ----------
    energy : Energy
        Sum of coefficients times :func:`norm2` or :func:`inner` of variables.
    constraints : mapping Variable -> LinearForm
        Each variable on the left is defined by the form on the right.
    sources : mapping sympy.Symbol -> number, optional
        Coefficients that exist to be differentiated in, with the value at which everything is read.
    observables : mapping str -> Slope, optional
        What to read off, as slopes of the minimum in coefficients of the energy.
    name : str, optional

    Examples
    --------
    Ridge regression on isotropic Gaussian inputs, target :math:`\beta`, label noise :math:`\varepsilon`:

    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.symbolic import *
    >>> n, d = Dimension("n"), Dimension("d")
    >>> X = GaussianMatrix("X", n, d)
    >>> u, r = Variable("u", d), Variable("r", n)
    >>> a = Variable("a", d)
    >>> beta = DeterministicVector("beta", d)
    >>> noise = GaussianVector("epsilon", n, variance=symbol("noise"))
    >>> t, q, lam = symbol("t"), symbol("q"), symbol("lam")
    >>> program = QuadraticProgram(
    ...     energy=t * norm2(r) + lam * norm2(a) + q * norm2(u),
    ...     constraints={u: a - beta, r: X @ u - noise},
    ...     sources={t: 1, q: 0},
    ...     observables={"test": slope(q), "train": slope(t) / n.size},
    ... )
    >>> system = program.deterministic_equivalent()
    >>> [o.name for o in system.observables if "." not in o.name]
    ['minimum', 'test', 'train']
    """

    energy: Energy
    constraints: Mapping[Variable, Any]
    sources: Mapping[sp.Symbol, Any] = field(default_factory=dict)
    observables: Mapping[str, Slope] = field(default_factory=dict)
    name: str = "program"

    def __post_init__(self) -> None:
        _energy(self.energy)
        forms: dict[Variable, LinearForm] = {}
        for variable, value in self.constraints.items():
            if not isinstance(variable, Variable):
                raise InputError("constraints", variable, "variables as keys")
            form = as_form(value)
            if form.dimension != variable.dimension:
                raise ShapeError(
                    f"constraint of {variable.name}",
                    form.dimension.name,
                    f"dimension {variable.dimension.name}",
                )
            forms[variable] = form
        object.__setattr__(self, "constraints", forms)
        for source in self.sources:
            if not isinstance(source, sp.Symbol):
                raise InputError("sources", source, "a mapping from symbols to numbers")
        for value in self.sources.values():
            exact_scalar(value, "sources")
        for label, wanted in self.observables.items():
            if not isinstance(wanted, Slope):
                raise InputError(
                    f"observables[{label!r}]", wanted, "slopes of the minimum", "write slope(source)"
                )
            if not any(term.coefficient.has(wanted.source) for term in self.energy.terms):
                allowed = "a slope in a coefficient of the energy"
                raise InputError(f"observables[{label!r}]", str(wanted.source), allowed)

    def variables(self) -> tuple[Variable, ...]:
        """Every variable, in order of appearance in energy and constraints."""
        found: dict[Variable, None] = {}
        for term in self.energy.terms:
            found.update({term.left: None, term.right: None})
        for variable, form in self.constraints.items():
            found[variable] = None
            found.update({t.vector: None for t in form.terms if isinstance(t.vector, Variable)})
        return tuple(found)

    def pencil(self) -> Pencil:
        """The block matrix of the stationarity conditions, variables first, then multipliers."""
        variables = self.variables()
        index: dict[Any, int] = {variable: i for i, variable in enumerate(variables)}
        blocks = [Block(v.name, v.dimension, 1) for v in variables]
        for variable in self.constraints:
            index["multiplier", variable] = len(blocks)
            blocks.append(Block(f"{variable.name}_dual", variable.dimension, -1))
        entries: dict[tuple[int, int], sp.Expr] = {}
        for term in self.energy.terms:
            i, k = sorted((index[term.left], index[term.right]))
            half = sp.S.One if i == k else sp.Rational(1, 2)
            entries[i, k] = entries.get((i, k), sp.S.Zero) + half * term.coefficient * term.weight
        placements = []
        for variable, form in self.constraints.items():
            row = index["multiplier", variable]
            entries[index[variable], row] = entries.get((index[variable], row), sp.S.Zero) + 1
            for t in form.terms:
                if not isinstance(t.vector, Variable):
                    continue
                column = index[t.vector]
                if t.matrix is None:
                    key = (column, row)
                    entries[key] = entries.get(key, sp.S.Zero) - t.coefficient * t.left * t.right
                elif t.transposed:
                    placements.append(Placement(t.matrix, column, row, t.right, -t.coefficient * t.left))
                else:
                    placements.append(Placement(t.matrix, row, column, -t.coefficient * t.left, t.right))
        return Pencil(tuple(blocks), entries, tuple(placements))

    def potentials(self) -> tuple[Potential, ...]:
        """The minimum, split by the given vectors, and by pairs of deterministic ones of one dimension."""
        offset = len(self.variables())
        given: dict[Any, list[tuple[int, sp.Expr]]] = {}
        for position, form in enumerate(self.constraints.values()):
            for t in form.terms:
                if isinstance(t.vector, Variable):
                    continue
                if t.matrix is not None or not isinstance(t.vector, (DeterministicVector, GaussianVector)):
                    raise InputError(
                        "constraint", t.vector.name, "given vectors without a random matrix in front",
                        "introduce a variable for the product",
                    )  # fmt: skip
                given.setdefault(t.vector, []).append((offset + position, -t.coefficient * t.left * t.right))
        fixed = [vector for vector in given if isinstance(vector, DeterministicVector)]
        pairs = [(a, b) for a, b in itertools.combinations(fixed, 2) if a.dimension == b.dimension]
        alone = (potential_of(vector, places) for vector, places in given.items())
        joint = (joint_potential(a, given[a], b, given[b]) for a, b in pairs)
        return (*alone, *joint)

    def deterministic_equivalent(self, progress: Progress | None = None) -> FixedPointSystem:
        """The fixed-point system of the program in the limit of large dimensions.

        Parameters
        ----------
        progress : callable of a Step, optional
            Called at every step of the derivation with a :class:`~asymptotics.symbolic.progress.Step`; its text is a
            line such as ``two-groups: 14 traces, eliminating ... 3 s``. By default that line is written to stderr
            where it is a terminal, once the derivation takes more than two seconds.

        Returns
        -------
        FixedPointSystem
            With every observable, and its part due to each given vector (``test.beta``, ``test.epsilon``).

        Raises
        ------
        DerivationError
            If the equations cannot be reduced.
        """
        with reporting(progress, self.name):
            return self._derived()

    def _derived(self) -> FixedPointSystem:
        report("Dyson equation")
        rule, roots = self.stable_names()
        pencil = self.pencil().rewritten(rule)
        couplings = {source: direction(pencil, source) for source in coupling_sources(pencil, self.sources)}
        equation = dyson_equation(at_sources(pencil, dict.fromkeys(couplings, sp.S.Zero)))
        report("poles", traces=len(equation.unknowns))
        provenance = Provenance(
            steps=(
                f"program with variables {', '.join(v.name for v in self.variables())}",
                f"pencil of the stationarity conditions, {equation.pencil.size} blocks",
                f"Dyson equation with {len(equation.unknowns)} traces",
            ),
            assumptions=("concentration of the quadratic energy around its deterministic equivalent",),
        )
        system = scalarize(
            equation,
            [potential.rewritten(rule) for potential in self.potentials()],
            dict(self.sources),
            {label: Slope(o.source, o.factor.xreplace(rule)) for label, o in self.observables.items()},
            self.name,
            provenance,
            couplings,
        )
        return roots.restored(system, size_definitions(pencil))

    def stable_names(self) -> tuple[dict[sp.Expr, sp.Expr], Roots]:
        """Names for sizes that are averages, and for roots of sizes and parameters."""
        pencil, spectra = self.pencil(), self.spectral_dimensions()
        sizes = {d.size: d.size_name for d in spectra}
        parts = [*pencil.coefficients(), *(e for p in self.potentials() for e in p.coefficients())]
        parts += [o.factor for o in self.observables.values()]
        roots = Roots.of([e.xreplace(sizes) for e in parts], [s for d in spectra for s in d.eigenvalues])
        for root in roots.values.values():
            if root.free_symbols & set(self.sources):
                raise InputError("sources", str(root), "sources that do not stand under a root")
        named = {
            power.xreplace({name: size for size, name in sizes.items()}): r
            for power, r in roots.names.items()
        }
        return {**sizes, **named}, roots

    def spectral_dimensions(self) -> tuple[SpectralDimension, ...]:
        """The dimensions that carry a spectrum."""
        found = (v.dimension for v in self.variables())
        return tuple(dict.fromkeys(d for d in found if isinstance(d, SpectralDimension)))
