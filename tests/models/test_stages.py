"""Stages of learning in time, derived, against finite systems of large dimension."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError, InputError
from asymptotics.models.kernel_ridge_theory import KERNEL_RIDGE
from asymptotics.models.random_features import RANDOM_FEATURES
from asymptotics.models.stages import TAU, learning_stage

KERNEL = asy.KernelRidge("exp", target={1: 1, 2: "1/2", 3: "1/4"}, noise="1/10")
# exp(t) = 1 + t + t^2/2 + ..., degree by degree; what is above degree two is the rest.
NUMBERS = {
    "mu1sq": 1.0, "mu2sq": 0.5, "mu_starsq": np.e - 2.5, "F1sq": 1.0, "F2sq": 0.5, "F_starsq": 0.25, "noise": 0.1,
    "theta2": 1.0,
}  # fmt: skip


def value(expression, tau):
    rule = {symbol(name): number for name, number in NUMBERS.items()}
    return float(expression.xreplace({**rule, TAU: tau}))


@pytest.mark.parametrize(("degree", "tau"), [(1, 0.3), (1, 1.5), (2, 0.3), (2, 1.5)])
def test_stages_of_a_kernel(degree, tau):
    stage = learning_stage(KERNEL_RIDGE, {"n": ("theta2", "5/2")}, f"{2 * degree - 5}/2", 2)
    assert stage.limit.order["partly learned"] == (f"degree {degree}",)
    errors = []
    for d in (10**4, 10**8):
        time = tau * float(d) ** (degree - 2.5)
        risk = asy.predict(KERNEL, asy.FiniteSize(d=d, n=d**2 * round(d**0.5)), time=time)
        errors.append([risk.test - value(stage.test, tau), risk.train - value(stage.train, tau)])
    assert np.all(np.abs(errors[1]) < 2e-4) and np.all(np.abs(errors[0]) < 2e-2)


def test_afterwards_the_noise_is_learned_too():
    stage = learning_stage(KERNEL_RIDGE, {"n": ("theta2", "5/2")}, 0, 2)
    assert stage.limit.order["partly learned"] == () and stage.test == symbol("F_starsq")
    d, tau = 10**8, 0.7
    risk = asy.predict(KERNEL, asy.FiniteSize(d=d, n=10**20), time=tau)
    assert risk.train == pytest.approx(value(stage.train, tau), abs=1e-3)
    assert risk.test == pytest.approx(value(stage.test, tau), abs=1e-3)


def test_random_features_have_the_stages_of_their_kernel():
    sizes = {"n": ("theta2", "5/2"), "p": ("theta1", "7/2")}
    one, two = (
        learning_stage(theory, given, "-1/2", 2)
        for theory, given in ((RANDOM_FEATURES, sizes), (KERNEL_RIDGE, {"n": sizes["n"]}))
    )
    assert one.test == two.test and one.train == two.train and "degree 2" in str(one)


def test_between_stages_nothing_changes():
    stage = learning_stage(KERNEL_RIDGE, {"n": ("theta2", "5/2")}, "-1", 2)
    assert not stage.test.has(TAU) and "nothing" in str(stage)


def test_refused():
    with pytest.raises(DerivationError, match="not linear"):
        learning_stage(KERNEL_RIDGE, {"n": ("theta2", 2)}, 0, 2)
    with pytest.raises(InputError, match="sizes"):
        learning_stage(KERNEL_RIDGE, {"m": ("theta2", 2)}, 0, 2)


def test_staircase_in_time():
    kappa, d = np.array([0.5, 1.5, 2.5]), 10**4
    risk = asy.staircase(KERNEL, kappa, [d], along="time", other=float(d) ** 3.5)
    np.testing.assert_allclose(risk.test[0], [1.75, 0.75, 0.25], atol=0.03)
    assert risk.parameters["kappa"].shape == (1, 3)
    for options in ({}, {"other": 10**6, "ridge": 1}):
        with pytest.raises(InputError, match="samples along time"):
            asy.staircase(KERNEL, kappa, [d], along="time", **options)
