"""Own programs: corrections of several unknowns, companions, matrices that occur twice, and simulation."""

from dataclasses import replace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.lowering.arithmetic import Float64
from asymptotics.models.random_features import RANDOM_FEATURES
from asymptotics.models.random_features_equations import program
from asymptotics.next_order.loop import LoweredLoop
from asymptotics.next_order.prepared import prepared
from asymptotics.next_order.response import respond
from asymptotics.symbolic import replicate
from asymptotics.symbolic.one_loop import one_loop
from tests.models.own_models import TwoGroups, TwoPenalties


def test_two_groups_against_their_simulation():
    """6000 draws of the program, seed 1: within 4 standard errors, which leading order misses by 5."""
    model = TwoGroups(asy.Activation.named("relu"), asy.Activation.named("tanh"), noise=0.3)
    risk = asy.predict(model, asy.FiniteSize(d=20, n=24, p1=20, p2=15), 0.05, order=1)
    for name, mean, error in (
        ("bias", 0.488955, 0.0021),
        ("variance", 0.280826, 0.0014),
        ("train", 0.0682401, 0.00045),
    ):
        assert abs(risk[name] - mean) < 4 * error
    assert abs(risk.pieces["leading"]["bias"] - 0.488955) > 5 * 0.0021


def test_companions_of_a_spectrum():
    model = TwoPenalties(ratio=3, noise=0.3)
    risk = asy.predict(model, asy.FiniteSize(n=20, p=12), 0.5, order=1)
    assert abs(risk.shifted - 15.1095) < 4 * 0.049
    assert set(risk.correction) == set(risk.components)


def test_a_coupled_pair_of_equal_copies_is_the_predictor_itself():
    """Cross-errors between two copies on the same randomness: overlaps between copies, even and odd, all count."""
    single = prepared(RANDOM_FEATURES)
    values = {"n": 11.0, "p": 17.0, "lam": 0.2, "noise": 0.7}
    spectral = asy.SpectralRidge([1.0, 0.2], target=[1.0, 0.5], multiplicities=[5, 9], noise=0.7)
    risk = asy.predict(spectral, asy.FiniteSize(n=11, p=17), 0.2, order=1)
    nu = risk.effective_ridge
    weight = 11 - 5 / (1 + nu) - 9 * 0.2 / (0.2 + nu)
    data = spectral.measure(None).doubles(1.0)
    known = {**values, "nu": nu, "tau_r_dual": weight}
    at, _ = single.solved({k: np.array([float(v)]) for k, v in known.items()}, data, Float64(), 1e-60)
    double = LoweredLoop(one_loop(replicate(program(), ["A", "B", "beta", "epsilon"])))
    named = {
        u.symbol.name: at.values[u.symbol.name.replace("1", "").replace("2", "")]
        for u in double.loop.equation.unknowns
    }
    pair = respond(double, replace(at, values={**at.values, **named})).potential()
    for number, (form, factor) in enumerate((("beta", 1.0), ("epsilon", 0.7))):
        assert double.loop.potentials[number].name == form
        source = list(map(str, double.loop.sources)).index("q_cross")
        found = -factor * pair.both[number, source, 0] / 2
        assert found == pytest.approx(risk.correction["bias" if form == "beta" else "variance"], rel=1e-9)
