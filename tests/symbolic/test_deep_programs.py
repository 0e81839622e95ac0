"""Programs with several random layers: up to two of them the system has two unknowns."""

from __future__ import annotations

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.rational_functions import RationalField
from asymptotics.equations.shortening import shorten
from tests.symbolic.support import deep_program

nu, tau, lam, n = map(symbol, ["nu", "tau_r_dual", "lam", "n"])
T = symbol("T02") + symbol("T11")


@pytest.fixture(scope="module", params=[1, 2])
def layers(request):
    return request.param, deep_program(request.param).deterministic_equivalent()


def test_the_effective_ridge_is_divided_by_every_layer(layers):
    """nu tau prod (1 - T/p_i) = lam and tau = n - T."""
    depth, system = layers
    assert system.unknown_symbols() == (nu, tau)
    widths = [symbol("p")] if depth == 1 else [symbol(f"p{i}") for i in range(1, depth + 1)]
    law = nu * tau * sp.Mul(*(width - T for width in widths)) - lam * sp.Mul(*widths)
    residuals = [e.residual for e in system.equations]
    assert sp.cancel(residuals[0] / law).is_number
    assert sp.expand(residuals[1] - (n - T - tau)) == 0


def test_the_energy_is_homogeneous(layers):
    """Euler: minimum = n train + lam n norm, modulo the equations."""
    _, system = layers
    difference = (
        system.observable("minimum") - n * system.observable("train") - lam * n * system.observable("norm")
    )
    residuals = [e.residual for e in system.equations]
    averages = [x.symbol for x in system.definitions]
    (short,) = shorten([difference], residuals, system.unknown_symbols(), averages)
    assert short == 0


def test_generalized_cross_validation(layers):
    """train = (tau/n)^2 (test + noise), modulo the equations."""
    _, system = layers
    test, train = system.observable("test"), system.observable("train")
    difference = train - (tau / n) ** 2 * (test + symbol("noise"))
    residuals = [e.residual for e in system.equations]
    averages = [x.symbol for x in system.definitions]
    assert shorten([difference], residuals, system.unknown_symbols(), averages) == (0,)


def test_parts_add_up(layers):
    _, system = layers
    for name in ("test", "train", "norm"):
        whole = system.observable(name)
        parts = [o.expression for o in system.observables if o.name.startswith(f"{name}.")]
        field = RationalField([whole, *parts])
        assert field(whole) == sum(map(field, parts), field(sp.S.Zero))
