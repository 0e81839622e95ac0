r"""How to spend compute: the best powers of a budget for samples and features, or for features and training time.

The exponent of the test error is linear on every cell of exponents, and the budget a product of powers, so the best
rate stands at a corner where cells meet; there the constants of features and ridge are those that minimise the risk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from asymptotics.errors import DerivationError, InputError
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.models.components import TEST
from asymptotics.printing import Printed
from asymptotics.scaling.flow import best_flow
from asymptotics.scaling.law import FEATURE_EXPONENT, RIDGE_EXPONENT, Question, question
from asymptotics.scaling.minimise import least
from asymptotics.scaling.power import Power
from asymptotics.scaling.regimes import Stratum, strata
from asymptotics.transforms.limits.polygons import Point

__all__ = ["ComputeLaw", "compute_optimal"]

COSTS = ("n*p", "p*time")
_NOTHING = 1e-6


@dataclass(frozen=True, repr=False)
class ComputeLaw(Printed):
    """The best allocation of a budget as it grows.

    Attributes
    ----------
    cost : str
        What is spent: ``"n*p"`` or ``"p*time"``.
    test : Power
        Test error: ``constant * cost**exponent``.
    allocation : mapping str -> Power
        What the budget buys: samples ``n`` or ``time``, features ``p``, and the ``ridge`` where there is one.
    note : str
        What this rests on, and where it is not to be used.

    Raises
    ------
    KeyError
        If something is looked up in ``allocation`` that the budget does not buy.

    Examples
    --------
    >>> import asymptotics as asy
    >>> law = asy.compute_optimal(asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10"), cost="p*time")
    >>> law.exponent, law.allocation["p"].exponent
    (Fraction(-9, 25), Fraction(2, 5))

    See docs/howto/scaling_laws.md.
    """

    cost: str
    test: Power
    allocation: Mapping[str, Power]
    note: str = ""

    @property
    def exponent(self) -> Fraction:
        """Power of the budget in the test error."""
        found: Fraction = self.test.exponent
        return found

    @property
    def constant(self) -> Any:
        """What stands in front of it."""
        return self.test.constant

    def __str__(self) -> str:
        lines = [f"best use of {self.cost} = C", f"  test = {_shown(self.test)}"]
        lines += [f"  {name} = {_shown(power)}" for name, power in self.allocation.items()]
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])


def _shown(power: Power) -> str:
    return f"{float(power.constant):.6g} C^({power.exponent})"


def compute_optimal(
    model: Any, cost: str = "n*p", *, ridge: Any = "optimal", digits: int | None = None
) -> ComputeLaw:
    r"""Best powers of a budget, with constants.

    Parameters
    ----------
    model : PowerLawRidge
        ``SpectralRidge.power_law(decay=, target_decay=)``; for ``"p*time"`` without noise, which plays no part in the
        population.
    cost : {"n*p", "p*time"}
        Samples times features, trained to the end; or features times time of the gradient flow of the population
        (infinitely many samples, time per sample).
    ridge : {"optimal", 0}
        The best power, or none; for ``"n*p"``.
    digits : int, optional
        Constants as mpmath numbers of so many digits; floats by default.

    Returns
    -------
    ComputeLaw

    Raises
    ------
    InputError
        If the model is no infinite power law, or the cost or the ridge is none of these.
    DerivationError
        If no corner has an inner minimum of its constant, or a power has a logarithm.

    Notes
    -----
    Exponents for the flow with decay and source of [Bordelon2024] and of [Paquette2024], phases Ia and II; those for
    samples times features with the best ridge are not known to be in print.

    Examples
    --------
    >>> import asymptotics as asy
    >>> law = compute_optimal(asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10"))
    >>> law.exponent, round(float(law.allocation["p"].constant / law.allocation["n"].constant), 4)
    (Fraction(-9, 20), 2.0213)
    """
    if cost not in COSTS:
        raise InputError("cost", cost, " or ".join(COSTS))
    if not (ridge == 0 or ridge == "optimal"):
        raise InputError("ridge", ridge, '"optimal" or 0')
    asked = question(model, Power(1), Power(0), digits)
    convert = float if digits is None else Multiprecision(digits).convert
    if cost == COSTS[1]:
        if asked.model.noise:
            raise InputError("noise", asked.model.noise, "0 for p*time", "the population has no label noise")
        rate, share, constants, value, note = best_flow(asked)
        names = ("time", *(size.name for size in asked.model.theory.sizes[1:]))
        return _law(cost, names, rate, (share,), constants, value, convert, note)
    return _samples_and_features(asked, ridge != 0, convert)


def _samples_and_features(asked: Question, with_ridge: bool, convert: Callable[[Any], Any]) -> ComputeLaw:
    """The best corner for a budget of samples times features.

    Raises
    ------
    DerivationError
        If no corner has an inner minimum.
    """
    found = strata(asked)
    rates = _rates(found)
    context = Multiprecision(asked.digits).context
    for best in sorted(set(rates.values())):
        tied = [corner for corner, rate in rates.items() if rate == best]
        options = [o for corner in tied for o in _options(asked, corner, best, with_ridge, context)]
        if options:
            # A ridge that gains nothing is none.
            value, corner, constants = min(options, key=lambda o: o[0] * (1 + _NOTHING * (len(o[2]) - 1)))
            exponents = (corner[1], corner[0])[: len(constants)]
            names = (*(size.name for size in asked.model.theory.sizes), "ridge")[: 1 + len(constants)]
            return _law(COSTS[0], names, best, exponents, constants, value, convert, "")
    raise DerivationError("no corner of the cells of exponents has an inner minimum of its constant")


def _rates(found: Sequence[Stratum]) -> dict[Point, Fraction]:
    """Power of the budget in the test error at every corner of the cells."""
    rates: dict[Point, Fraction] = {}
    for stratum in found:
        form = stratum.exponents[TEST.name]
        for ridge, features in stratum.corners:
            point = {RIDGE_EXPONENT: ridge, FEATURE_EXPONENT: features}
            value = sum((point[s] * v for s, v in form.slopes), form.constant)
            rates.setdefault((ridge, features), value / (1 + features))
    return rates


def _options(
    asked: Question, corner: Point, rate: Fraction, with_ridge: bool, context: Any
) -> list[tuple[Any, Point, list[Any]]]:
    """Constants of features, and of the ridge, that minimise the risk at a corner; also without a ridge."""
    ridge, features = corner
    power = -context.mpf(rate.numerator) / rate.denominator

    def without(constants: Sequence[Any]) -> Any:
        return _weighed(
            replace(asked, ridge=None, features=Power(features, constants[0])), rate, power, constants[0]
        )

    def both(constants: Sequence[Any]) -> Any:
        chosen = Power(features, constants[0]), Power(ridge, constants[1])
        return _weighed(replace(asked, features=chosen[0], ridge=chosen[1]), rate, power, constants[0])

    found = []
    for function, count in ((without, 1), (both, 2))[: 1 + with_ridge]:
        with suppress(DerivationError):
            inner = least(function, count, context)
            if inner is not None:
                found.append((inner[1], corner, inner[0]))
    return found


def _weighed(asked: Question, rate: Fraction, power: Any, features: Any) -> Any:
    """Constant of the test error in the budget: ``n = (C/theta)^(1/(1 + q))``.

    Raises
    ------
    DerivationError
        If the rate here is another one.
    """
    assert asked.features is not None
    try:
        leading = asked.leading(TEST.name)
    except DerivationError:
        return features * 0 + 10**30  # as many features as samples and no ridge: infinite
    if leading.lead.value != rate * (1 + asked.features.exponent):
        raise DerivationError("the rate of this corner is not that of its neighbours")
    return leading.coefficient * features**power


def _law(
    cost: str, names: Sequence[str], rate: Fraction, exponents: Sequence[Fraction], constants: Sequence[Any],
    value: Any, convert: Callable[[Any], Any], note: str,
) -> ComputeLaw:  # fmt: skip
    """Powers of the budget from powers of its first factor: ``first = (C/theta)^(1/(1 + q))``."""
    theta, share = constants[0], 1 / (1 + exponents[0])

    def power(exponent: Fraction, constant: Any) -> Power:
        scale = theta ** (
            -(exponent * share).numerator / constant.context.mpf((exponent * share).denominator)
        )
        return Power(exponent * share, convert(constant * scale))

    first = power(Fraction(1), theta / theta)
    others = [power(e, c) for e, c in zip(exponents, constants, strict=True)]
    return ComputeLaw(
        cost, Power(rate, convert(value)), dict(zip(names, [first, *others], strict=True)), note
    )
