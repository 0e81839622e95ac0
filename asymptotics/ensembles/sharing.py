r"""Who draws what: the data, the features, or both of them; and the equations of predictors with features of their own.

In a program with samples n a matrix with a side of length n is drawn with the data. Features are random where a matrix
without that side has the dimension of the coefficients that the ridge weighs; whatever has this dimension is drawn with
them. A matrix of both kinds (what is not linear in the features of every sample) is shared only where both are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from asymptotics.equations.chart import Chart
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.measures import SpectralMeasure
from asymptotics.models.model import Equations, Model
from asymptotics.models.theory import Theory, derived_charts
from asymptotics.symbolic.matrices import DeterministicVector, Variable
from asymptotics.symbolic.programs import QuadraticProgram
from asymptotics.symbolic.replicas import matrices_of, replicate

DATA, FEATURES = "data", "features"


def owners(program: QuadraticProgram, samples: str = "n", ridge: str = "lam") -> dict[str, tuple[str, ...]]:
    """What every random matrix and given vector is drawn with; nothing for a target that is fixed.

    Parameters
    ----------
    program : QuadraticProgram
    samples, ridge : str
        Names of the size that counts samples and of the ridge.

    Examples
    --------
    >>> from asymptotics.models.random_features_equations import program
    >>> owners(program())
    {'B': ('features',), 'A': ('data',), 'beta': (), 'epsilon': ('data',)}
    """
    weighed = {
        t.left.dimension.name
        for t in program.energy.terms
        if t.coefficient.has(symbol(ridge)) and t.left == t.right
    }
    matrices = matrices_of(program)
    sides = {m: {m.rows.name, m.columns.name} for m in matrices}
    random = {name for names in sides.values() if samples not in names for name in names & weighed}
    found = {m.name: _owners(names, samples, random) for m, names in sides.items()}
    for form in program.constraints.values():
        for term in form.terms:
            if not isinstance(term.vector, Variable):
                fixed = isinstance(term.vector, DeterministicVector)
                own = () if fixed else _owners({term.vector.dimension.name}, samples, random)
                found[term.vector.name] = own
    return found


def _owners(sides: set[str], samples: str, random: set[str]) -> tuple[str, ...]:
    if samples in sides:
        return (DATA, FEATURES) if sides & random else (DATA,)
    return (FEATURES,) if len(sides) > 1 or sides & random else ()


def replicated(theory: Theory, shared: frozenset[str]) -> QuadraticProgram:
    """Two predictors with one ridge that share what is drawn with the owners named, as a program.

    Parameters
    ----------
    theory : Theory
    shared : frozenset of str
        Of ``"data"`` and ``"features"``.
    """
    program = theory.program()
    table = owners(program, theory.samples, theory.ridge)
    return replicate(program, shared=[name for name, of in table.items() if set(of) <= shared])


@cache
def has_random_features(theory: Theory) -> bool:
    """Whether predictors can have features of their own."""
    return any(FEATURES in of for of in owners(theory.program(), theory.samples, theory.ridge).values())


@cache
def independent_charts(theory: Theory) -> tuple[Chart, ...]:
    """Equations for the overlap of two predictors with features of their own on the same data.

    Derived from the program of the theory when they are first needed, unless the theory has ``independent``, a callable
    that returns them (see :func:`asymptotics.ensembles.from_pair.independent_features`).

    Raises
    ------
    InputError
        If the program cannot be replicated.
    """
    missing, own = (
        "a model whose program says what is drawn with the features",
        getattr(theory, "independent", None),
    )
    if callable(own):
        return tuple(own())
    try:
        program = replicated(theory, frozenset({DATA}))
        title = f"{theory.name}.independent-features"
        two = replace(theory, name=title, program=lambda: program, finite=None, limit=None, observables=())
        return derived_charts(two)
    except (DerivationError, NotImplementedError) as error:
        raise InputError("model", theory.name, missing, f"the overlap is not derived: {error}") from error


@dataclass(frozen=True)
class Independent(Model):
    """A model as seen by two predictors with features of their own on its data.

    Attributes
    ----------
    base : Model
    """

    base: Any

    @property
    def theory(self) -> Theory:  # type: ignore[override]
        """That of the model."""
        return self.base.theory

    @property
    def noise(self) -> Any:  # type: ignore[override]
        """That of the model."""
        return self.base.noise

    @property
    def has_dimension(self) -> bool | None:  # type: ignore[override]
        """That of the model."""
        return self.base.has_dimension

    def measure(self, d: int | float | None) -> SpectralMeasure:
        """That of the model."""
        return self.base.measure(d)

    def finite(self, d: int | None) -> Equations:
        """The overlap at finite size."""
        return replace(self.base.finite(d), charts=independent_charts(self.theory))

    def limit(self) -> Equations:
        """The overlap in proportion, where finite sizes and proportions have the same equations.

        Raises
        ------
        InputError
            Where they do not.
        """
        theory = self.theory
        if theory.limit is not None:
            allowed = "FiniteSize, or a model without equations of its own in proportion"
            raise InputError("regime", "the limit", allowed, f"{theory.name} has no overlap there")
        return replace(self.base.limit(), charts=independent_charts(theory))
