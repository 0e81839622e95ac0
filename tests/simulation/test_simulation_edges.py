"""Requests at the edge: what is refused says so, what is legitimate runs, and empty grids stay whole."""

import math
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, SimulationError
from asymptotics.simulation import Estimate, plan_campaign

SIZES = Namespace(d=8, n=20, p=15)
KERNEL = Namespace(kernel=np.exp, target=Namespace(powers={1: 1.0}), noise=0.1)


def test_kernels_with_arrays_of_infinitely_many_features():
    several = asy.simulate(KERNEL, asy.FiniteSize(d=8, n=[10, 20], p=[math.inf, math.inf]), 0.1, trials=3)
    alone = asy.simulate(KERNEL, Namespace(d=8, n=20), 0.1, trials=3)
    assert np.array_equal(several.test.draws[1], alone.test.draws)
    assert asy.simulate(KERNEL, Namespace(d=8, n=20, p=[math.inf] * 2), 0.1, trials=3).shape == (2,)
    assert asy.simulate(KERNEL, Namespace(d=8, n=20, p=[]), 0.1, trials=3).shape == (0,)


@pytest.mark.parametrize("p", [0, 15, "ab", [math.inf, 3], math.nan, True])
def test_kernels_have_no_number_of_features(p):
    with pytest.raises(InputError, match="p ="):
        asy.simulate(KERNEL, Namespace(d=8, n=20, p=p), 0.1, trials=3)


def test_unknown_options_are_named(toy):
    with pytest.raises(TypeError, match=r"simulate\(\) got an unexpected keyword argument 'coupled'"):
        asy.simulate(toy(), SIZES, 0.1, trials=3, coupled="nested")
    with pytest.raises(InputError, match=r"foo = 3: .*coupling") as caught:
        plan_campaign(toy(), SIZES, 0.1, trials=3, foo=3)
    assert caught.value.name == "foo"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"ridge": 1e308}, "ridge"),
        ({"ridge_per_sample": 1e308}, "ridge_per_sample"),
        ({"time": 1e308}, "time"),
        ({"time": 1e100, "step_size": 1e-3}, "step_size"),
        ({"time": 1.0, "step_size": 1e-320}, "step_size"),
    ],
)
def test_numbers_that_would_overflow(toy, options, name):
    with pytest.raises(InputError) as caught:
        asy.simulate(toy(), SIZES, trials=2, **options)
    assert caught.value.name == name


@pytest.mark.parametrize("sizes", [SIZES, Namespace(d=8, n=10, p=15)])
@pytest.mark.parametrize("model", ["features", "kernel"])
def test_the_largest_ridges_and_times(toy, sizes, model):
    model, sizes = (toy(), sizes) if model == "features" else (KERNEL, Namespace(d=sizes.d, n=sizes.n))
    flat = asy.simulate(model, sizes, [1e99, 1e100], trials=2, test_error="exact")
    assert flat.test.draws == pytest.approx(1.0, rel=1e-9)
    for labels in ("drawn", "averaged"):
        fitted = asy.simulate(model, sizes, time=1e100, trials=2, labels=labels)
        limit = asy.simulate(model, sizes, ridge=0, trials=2, labels=labels)
        assert fitted.test.draws == pytest.approx(limit.test.draws, rel=1e-6)


@pytest.mark.parametrize(("inputs", "degree"), [("hypercube", 600), ("sphere", 600)])
def test_degrees_with_too_many_harmonics(toy, inputs, degree):
    sizes = Namespace(d=1200, n=5, p=5)
    with pytest.raises(InputError, match="harmonics"):
        asy.simulate(toy(target={degree: 1.0}), sizes, 0.1, trials=2, inputs=inputs)


@pytest.mark.parametrize("labels", ["drawn", "averaged"])
@pytest.mark.parametrize("test_error", ["auto", "exact"])
def test_empty_grids(toy, labels, test_error):
    options = {"trials": 3, "labels": labels, "test_error": test_error}
    for n, ridge, shape in (([], 0.1, (0,)), ([10, 20], np.empty((0, 1)), (0, 2))):
        estimate = asy.simulate(toy(), Namespace(d=8, n=n, p=15), ridge, **options)
        assert estimate.shape == shape and estimate.trials == 3
        back = Estimate.from_json(estimate.to_json())
        assert back.shape == shape and back.trials == 3 and back.parameters["n"].shape == shape
        assert all(control.draws.shape == (*shape, 3) for control in back.controls.values())


def test_empty_grids_are_refused_for_the_same_reasons(toy):
    empty = Namespace(d=8, n=[], p=15)
    with pytest.raises(InputError, match="labels"):
        plan_campaign(toy(), empty, 0.1, labels="averaged", inputs="gaussian")


def test_what_does_not_fit_into_memory_is_refused_before_work(toy):
    with pytest.raises(InputError, match="at most 34 GB, not 177 GB"):
        plan_campaign(KERNEL, Namespace(d=8, n=105_000), 0.1, trials=2)
    large = plan_campaign(toy(), Namespace(d=100, n=10_000, p=100_000), 1.0, trials=2, test_error="sampled")
    assert len(large.tasks()) == 1


@pytest.mark.parametrize(("ridge", "trusted"), [(1e-4, False), (1.0, True)])
def test_averages_of_huge_coefficients_are_sampled(ridge, trusted):
    """A kernel near interpolation in three dimensions: its series is too short for such coefficients, and says so."""
    model = asy.KernelRidge("arccos1", {1: 1, 2: 0.5}, 1)
    sizes = asy.FiniteSize(d=3, n=300)
    by_default = asy.simulate(model, sizes, ridge, trials=3, seed=1)
    sampled = asy.simulate(model, sizes, ridge, trials=3, seed=1, test_error="sampled")
    assert np.allclose(by_default.test.mean, sampled.test.mean, rtol=0.3)
    assert np.array_equal(by_default.test.draws, sampled.test.draws) != trusted
    if trusted:
        asy.simulate(model, sizes, ridge, trials=2, labels="averaged")
    else:
        with pytest.raises(SimulationError, match="too large for the exact average"):
            asy.simulate(model, sizes, ridge, trials=2, labels="averaged")
