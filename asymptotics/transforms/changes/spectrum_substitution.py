r"""Putting a spectrum into a system: spectral averages become explicit sums.

At a level of multiplicity :math:`m` a trace of :math:`f` gains :math:`m f(s)`, a vector of power :math:`b` there
:math:`b f(s)`. On a tail of infinitely many eigenvalues that tend to zero with sum :math:`m`, a trace of :math:`f` with
:math:`f(0) = 0` gains :math:`m f'(0)`, and a vector :math:`b f(0)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Observable,
    Parameter,
)
from asymptotics.errors import CertificateError, DerivationError, InputError
from asymptotics.printing import Printed
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.arguments import named_symbol, require_system
from asymptotics.transforms.changes.spectra import ExactSpectrum, atoms, power_in


@dataclass(frozen=True, repr=False)
class SpectrumSubstitution(Printed):
    """A system with a spectrum put in, and what each of its averages became.

    Attributes
    ----------
    system : FixedPointSystem
    original : FixedPointSystem
    values : tuple of (SpectralAverage, sympy.Expr)
        Each average with its explicit part, confirmed by a second evaluation when this was made.
    """

    system: FixedPointSystem
    original: FixedPointSystem
    values: tuple[tuple[SpectralAverage, sp.Expr], ...]

    def __str__(self) -> str:
        return "\n".join(f"{average} -> {value}" for average, value in self.values)


def substitute_spectrum(
    system: FixedPointSystem, spectrum: ExactSpectrum | Iterable[Any] | Mapping[Any, Any], name: str = ""
) -> SpectrumSubstitution:
    """Replace the spectral averages of a system by sums over a spectrum.

    Parameters
    ----------
    system : FixedPointSystem
    spectrum : ExactSpectrum, list of triples, or mapping of eigenvalue symbol to one of these
        Triples are eigenvalue, multiplicity, power of the vector there; names are new symbols. One spectrum is
        enough if the system has one eigenvalue variable.
    name : str, optional
        Of the new system.

    Returns
    -------
    SpectrumSubstitution
        Its ``system`` has no averages, unless the spectrum keeps a rest.

    Raises
    ------
    InputError
        If there is nothing to replace, a spectrum is for no variable or is none, or a vector measure has no power.
    DerivationError
        If a trace over a tail diverges, or an average is over a joint law of several letters.

    References
    ----------
    docs/howto/exact_algebra.md.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> from asymptotics.equations.system import Unknown
    >>> from asymptotics.transforms.changes.spectra import isotropic
    >>> s, nu, n, lam, Tr = (symbol(name) for name in ("s", "nu", "n", "lam", "Tr"))
    >>> ridge = FixedPointSystem(
    ...     "ridge", (Parameter(n), Parameter(lam)), (Unknown(nu),),
    ...     (Equation(n - SpectralAverage(s / (s + nu), s, Tr), lam / nu),), measures=(Measure(Tr, s),),
    ... )
    >>> found = substitute_spectrum(ridge, isotropic(eigenvalue=1))
    >>> print(found.system.equations[0])
    -d/(nu + 1) + n = lam/nu
    >>> print(found)
    Tr[s/(nu + s)] -> d/(nu + 1)

    A system of the library, with two eigenvalues:

    >>> import asymptotics as asy
    >>> found = substitute_spectrum(asy.derive("kernel-ridge"), [(1, "d1", "F1sq"), ("s2", "d2", 0)])
    >>> print(found.system.definitions[0])
    B11 := F1sq*nu/(nu + 1)**2
    """
    spectra = _assigned(system, spectrum)
    rule: dict[sp.Basic, sp.Expr] = {}
    values = []
    for average in _all_averages(system):
        if average.variable in spectra:
            chosen = spectra[average.variable]
            value = _value(average, chosen, _measure(system, average))
            values.append((average, value))
            rule[average] = value + average if chosen.rest else value
    kept = tuple(
        measure
        for measure in system.measures
        if measure.variable not in spectra or spectra[measure.variable].rest
    )
    shown = ", ".join(chosen.name for chosen in spectra.values())
    new = replace(
        _rewritten(system, rule, _parameters(system, spectra)),
        name=name or f"{system.name}.{shown}",
        measures=kept,
        provenance=system.provenance.then(f"spectrum put in: {shown}"),
    )
    return SpectrumSubstitution(new, system, tuple(values))


def _assigned(system: FixedPointSystem, spectrum: Any) -> dict[sp.Symbol, ExactSpectrum]:
    """The spectrum of each eigenvalue variable."""
    variables = list(dict.fromkeys(measure.variable for measure in require_system(system).measures))
    if not variables:
        raise InputError("system", system.name, "a system with spectral averages")
    joint = [v for v in variables if not isinstance(v, sp.Symbol)]
    if joint:
        raise DerivationError(f"{system.name} has a joint law of {joint[0]}: a spectrum is of one letter")
    if isinstance(spectrum, Mapping):
        pairs = {
            named_symbol(key, variables, "spectrum", "an eigenvalue of the system"): value
            for key, value in spectrum.items()
        }
        return {variable: _spectrum(value) for variable, value in pairs.items()}
    if len(variables) != 1:
        raise InputError("spectrum", spectrum, f"a spectrum for each of {', '.join(map(str, variables))}")
    return {variables[0]: _spectrum(spectrum)}


def _spectrum(value: Any) -> ExactSpectrum:
    if isinstance(value, ExactSpectrum):
        return value
    rows = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []
    if not rows or not all(isinstance(row, (tuple, list)) and len(row) == 3 for row in rows):
        raise InputError("spectrum", value, "a spectrum, or triples (eigenvalue, multiplicity, power)")
    return atoms(rows)


def _all_averages(system: FixedPointSystem) -> list[SpectralAverage]:
    found = set(system.averages())
    for condition in system.domain.conditions:
        found |= condition.expression.atoms(SpectralAverage)
    return sorted(found, key=sp.default_sort_key)


def _measure(system: FixedPointSystem, average: SpectralAverage) -> Measure:
    return next(measure for measure in system.measures if measure.symbol == average.measure)


def _parameters(system: FixedPointSystem, spectra: Mapping[sp.Symbol, ExactSpectrum]) -> list[Parameter]:
    """New parameters: the symbols of the spectra that the system does not have.

    Raises
    ------
    InputError
        If a symbol is already an unknown or a definition.
    """
    declared = set(system.parameter_symbols())
    taken = {*system.unknown_symbols(), *(d.symbol for d in system.definitions)}
    found: dict[sp.Symbol, str] = {}
    for spectrum in spectra.values():
        for expression in spectrum.expressions():
            for s in sorted(expression.free_symbols, key=lambda s: s.name):
                if s in taken:
                    raise InputError("spectrum", str(s), "symbols that are not unknowns of the system")
                if s not in declared:
                    found.setdefault(s, spectrum.meanings.get(s.name, "parameter of the spectrum"))
    return [Parameter(s, meaning) for s, meaning in found.items()]


def _rewritten(
    system: FixedPointSystem, rule: dict[sp.Basic, sp.Expr], extra: Sequence[Parameter]
) -> FixedPointSystem:
    """The system with averages replaced, and the parameters their values bring in."""
    return replace(
        system,
        parameters=(*system.parameters, *extra),
        definitions=tuple(
            Definition(d.symbol, d.expression.xreplace(rule), d.meaning) for d in system.definitions
        ),
        equations=tuple(
            Equation(e.left.xreplace(rule), e.right.xreplace(rule), e.meaning) for e in system.equations
        ),
        observables=tuple(
            Observable(o.name, o.expression.xreplace(rule), o.meaning) for o in system.observables
        ),
        domain=Domain(
            tuple(
                Condition(c.expression.xreplace(rule), c.meaning, c.strict) for c in system.domain.conditions
            ),
            system.domain.uniqueness,
        ),
    )


def _value(average: SpectralAverage, spectrum: ExactSpectrum, measure: Measure) -> sp.Expr:
    """The explicit part of one average, confirmed by a second evaluation."""
    f, s = average.function, average.variable
    vector = measure.kind == "vector"
    terms = []
    for level in spectrum.atoms:
        weight = power_in(level.power, measure) if vector else sp.sympify(level.multiplicity, strict=True)
        terms.append(weight * sp.factor(f.xreplace({s: sp.sympify(level.eigenvalue, strict=True)})))
    if spectrum.tail is not None:
        if vector:
            terms.append(power_in(spectrum.tail.power, measure) * _at_zero(f, s))
        else:
            terms.append(sp.sympify(spectrum.tail.mass, strict=True) * _at_zero(f / s, s))
    value = sp.Add(*terms)
    if not _confirmed(value, average, spectrum, measure):
        raise CertificateError(f"{average} does not become {value}")
    return value


def _at_zero(f: sp.Expr, s: sp.Symbol) -> sp.Expr:
    """Value of a rational function at zero eigenvalue."""
    numerator, denominator = sp.fraction(sp.cancel(f))
    bottom = denominator.subs(s, 0)
    if sp.cancel(bottom) == 0:
        raise DerivationError(f"the average of {f} over a tail of small eigenvalues diverges")
    return sp.factor(numerator.subs(s, 0) / bottom)


def _confirmed(value: sp.Expr, average: SpectralAverage, spectrum: ExactSpectrum, measure: Measure) -> bool:
    """The same sum by polynomial arithmetic; a tail as ``N`` equal eigenvalues, at ``1/N = 0``."""
    f, s = average.function, average.variable
    share = sp.Dummy("share", positive=True)  # 1/N
    roots = {
        part for e in (value, *spectrum.expressions()) for part in e.atoms(sp.Pow) if not part.exp.is_Integer
    }
    names = {root: sp.Dummy("root", positive=True) for root in sorted(roots, key=sp.default_sort_key)}
    expressions = [e.xreplace(names) for e in (value, f, *spectrum.expressions())]
    symbols = {q for e in expressions for q in e.free_symbols} - {s}
    ring = Flint().ring([share, *sorted(symbols, key=lambda q: q.name)])
    total = ring.rational(value.xreplace(names))
    vector = measure.kind == "vector"
    entries = [(level.eigenvalue, level.multiplicity, level.power) for level in spectrum.atoms]
    if spectrum.tail is not None:
        entries.append((spectrum.tail.mass * share, 1 / share, spectrum.tail.power))
    for eigenvalue, multiplicity, power in entries:
        weight = power_in(power, measure) if vector else sp.sympify(multiplicity, strict=True)
        place = ring.rational(sp.sympify(eigenvalue, strict=True).xreplace(names))
        top, bottom = ring.rational(f.xreplace(names), {s: place})
        more, less = ring.rational(weight.xreplace(names))
        top, bottom = ring.lowest(top * more, bottom * less)
        numerator, denominator = ring.lowest(total[0] * bottom - top * total[1], total[1] * bottom)
        total = (numerator, denominator)
    if total[0] == ring.zero:
        return True
    parts = ring.coefficients(total[0], 0), ring.coefficients(total[1], 0)
    return 0 not in parts[0] and 0 in parts[1]
