"""Every comparison of exponents on which a limit rests, as linear forms that are zero or positive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import sympy as sp

from asymptotics.transforms.limits.balance import ConsistentExponents
from asymptotics.transforms.limits.growth import ZERO, Exponent
from asymptotics.transforms.limits.leading_parts import LeadingPart, Weighed
from asymptotics.transforms.limits.next_order import Perturbations
from asymptotics.transforms.limits.resolution import Resolved


def comparisons(
    perturbations: Perturbations, solution: ConsistentExponents, names: Iterable[str]
) -> tuple[list[Exponent], list[Exponent]]:
    """Forms that vanish, and forms that are positive, wherever the same terms lead.

    Parameters
    ----------
    perturbations : Perturbations
    solution : ConsistentExponents
    names : iterable of str
        Observables whose limit should stay the same.

    Returns
    -------
    equal, larger : list of Exponent
    """
    equal: list[Exponent] = []
    larger: list[Exponent] = []
    for interval in solution.region:
        here = solution.exponents[interval.unknown]
        if interval.is_point and interval.low is not None:
            equal.append(here - interval.low)
        else:
            larger += [here - interval.low] if interval.low is not None else []
            larger += [interval.high - here] if interval.high is not None else []
    used: set[sp.Symbol] = set()
    table = {average.symbol: average for average in perturbations.averages}
    for leading in perturbations.equations:
        _weigh(leading, ZERO, table, equal, larger, used)
    for name in names:
        whole, scale = perturbations.observables[name]
        for piece in whole.pieces:
            if piece.exponent < scale:
                for item in piece.numerator.terms:
                    for exponent in _spread(item, table):
                        larger.append(scale - exponent + piece.denominator.exponent)
                continue
            equal.append(piece.exponent - scale)
            _weigh(piece.numerator, ZERO, table, equal, larger, used)
            _weigh(piece.denominator, ZERO, table, equal, larger, used)
    for symbol in used:
        average = table[symbol]
        equal += [e - average.exponent for _, e in average.kept]
        larger += [average.exponent - e for _, e in (*average.dropped, *average.bounds)]
    return equal, larger


def _weigh(
    leading: LeadingPart,
    offset: Exponent,
    table: Mapping[sp.Symbol, Resolved],
    equal: list[Exponent],
    larger: list[Exponent],
    used: set[sp.Symbol],
) -> None:
    """Comparisons inside one polynomial."""
    for item in leading.terms:
        if item.kept:
            equal.append(item.exponent - leading.exponent + offset)
            used |= item.term.free_symbols & set(table)
        else:
            larger += [leading.exponent - exponent + offset for exponent in _spread(item, table)]


def _spread(item: Weighed, table: Mapping[sp.Symbol, Resolved]) -> Iterator[Exponent]:
    """Exponents of a term with the averages in it written out over levels."""
    factors: list[Sequence[Exponent]] = []
    for name, power in item.term.as_powers_dict().items():
        if name in table:
            average = table[name]
            factors += [[e - average.exponent for e in average.possible()]] * int(power)
    for choice in product(*factors):
        total = item.exponent
        for shift in choice:
            total = total + shift
        yield total
