"""Arrays of noise, and optima at arrays of points: the same numbers as one by one."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError

LIMIT = asy.Proportional([1, 2, 4], 3)
NOISES = [[0.1], [0.5]]


def model(noise):
    return asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/4"}, noise=noise)


@pytest.mark.parametrize(
    "options",
    [
        {"ridge": 0.1},
        {"ridge": "1/10", "digits": 20},
        {"ridge": 0.1, "ensemble": 3},
        {"time": 1.5},
    ],
    ids=str,
)
def test_noises_broadcast_with_sizes(options):
    risk = asy.predict(model(NOISES), LIMIT, **options)
    assert risk.shape == (2, 3) and risk.dims == ("noise", "psi1")
    for row, (noise,) in enumerate(NOISES):
        one = asy.predict(model(noise), LIMIT, **options)
        for name in one.components:
            assert np.all(getattr(risk, name)[row] == getattr(one, name)), name
        assert np.all(risk.prediction[row] == one.prediction)
        assert np.all(risk.status[row] == one.status)


def test_noises_are_a_parameter_of_everything(tmp_path):
    risk = asy.predict(model(NOISES), LIMIT, ridge=0.1)
    one = asy.predict(model(0.5), LIMIT, ridge=0.1)
    assert np.array_equal(risk.sel(noise=0.5).test, one.test)
    assert risk.to_xarray().test.dims == ("noise", "psi1")
    assert set(risk.to_pandas()["noise"]) == {0.1, 0.5}
    assert asy.Risk.from_json(risk.to_json(tmp_path / "r.json") or (tmp_path / "r.json").read_text()) == risk
    assert np.array_equal(risk.parts["data:noise"][1], one.parts["data:noise"])
    axes = asy.plot(risk, "psi1")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["noise = 0.1", "noise = 0.5"]
    assert "noise 0.1, 0.5" in repr(risk)
    exact = asy.predict(model(["1/10", "1/3"]), asy.Proportional(1, 3), "1/10", digits=20)
    assert asy.Risk.from_json(exact.to_json()) == exact
    assert len(str(model(np.linspace(0, 1, 50)))) < 150 and hash(model(NOISES)) == hash(model(NOISES))


def test_the_next_order_of_several_noises():
    sizes = asy.FiniteSize(20, 40, [30, 60])
    several = asy.predict(model([[0.1], [0.5]]), sizes, ridge=0.5)
    one = asy.predict(model(0.5), sizes, ridge=0.5)
    assert np.array_equal(several.correction["test"][1], one.correction["test"])
    assert several.trust.size.shape == (2, 2)


@pytest.mark.parametrize(
    "one",
    [
        asy.KernelRidge("exp(t)", {1: 1}, noise=0.2),
        asy.SpectralRidge([1, 0.5], [1, 1], noise=0.2, multiplicities=[20, 20]),
    ],
    ids=["kernel", "spectrum"],
)
def test_noises_of_other_models(one):
    from dataclasses import replace

    sizes = asy.FiniteSize(d=20, n=30) if one.asks_dimension else asy.FiniteSize(n=30)
    risk = asy.predict(replace(one, noise=[0.1, 0.2]), sizes, ridge=0.1)
    assert risk.test[1] == asy.predict(one, sizes, ridge=0.1).test


def test_optima_at_arrays_are_those_of_the_points():
    best = asy.optimal_ridge(model(NOISES), LIMIT)
    assert best.value.shape == best.interior.shape == best.risk.shape == (2, 3)
    one = asy.optimal_ridge(model(0.5), asy.Proportional(2, 3))
    assert best.value[1, 1] == one.value and best.risk.test[1, 1] == one.risk.test
    assert np.array_equal(best.risk.parameters["noise"], np.broadcast_to(NOISES, (2, 3)))
    features = asy.optimal_features(model(0.5), asy.Proportional(math.inf, [2, 3]), [[1e-3], [1e-2]])
    assert features.value.shape == (2, 2) and "features" in repr(features)
    assert features.value[1, 0] == asy.optimal_features(model(0.5), asy.Proportional(math.inf, 2), 1e-2).value
    finite = asy.optimal_ridge(model(0.1), asy.FiniteSize(30, [40, 60], 50))
    assert finite.value[0] == asy.optimal_ridge(model(0.1), asy.FiniteSize(30, 40, 50)).value
    ball = asy.optimal_ridge(model(0.1), asy.Proportional([1, 2], 3), certified=True).value
    assert ball.dtype == object and ball[1].rad < 1e-12


def test_a_peak_that_is_not_there_is_nan():
    peaks = asy.interpolation_peak(model(0.1), asy.Proportional(2, 3), [1e-3, 10.0])
    assert peaks.value[0] == asy.interpolation_peak(model(0.1), asy.Proportional(2, 3), 1e-3).value
    assert np.isnan(peaks.value[1]) and np.isnan(peaks.risk.test[1])
    assert asy.interpolation_peak(model(0.1), asy.Proportional(2, 3), [10.0, 20.0]) is None


def test_best_times_at_arrays():
    best = asy.optimal_time(model([0.1, 0.5]), asy.Proportional(2, 3))
    one = asy.optimal_time(model(0.5), asy.Proportional(2, 3))
    assert best.time.shape == (2,) and best.time[1] == one.time and best.test[1] == one.test
    assert "time = [" in str(best)


def test_what_takes_one_noise_says_so():
    for ask in (
        lambda several: asy.simulate(several, asy.FiniteSize(5, 6, 7), 0.1, trials=2),
        lambda several: asy.expand_risk(several, asy.Proportional(2, 3), small="ridge"),
    ):
        with pytest.raises(InputError, match="noise"):
            ask(model([0.1, 0.2]))
    for bad in ([], ["x"], [-1.0], [[0.1], [math.inf]]):
        with pytest.raises(InputError, match="noise"):
            model(bad)
    with pytest.raises(InputError, match="shapes that fit"):
        asy.optimal_ridge(model([0.1, 0.2]), LIMIT)


def test_what_is_never_learned_is_said():
    blind = asy.predict(asy.RandomFeaturesRidge("cos", {1: 1, 2: 1}), asy.Proportional(2, 3), ridge=0.1)
    assert blind.made_by["note"] == "no part in degree 1 of the target, which is never learned"
    assert "never learned" in repr(blind) and "never learned" in blind._repr_html_()
    seen = asy.predict(asy.RandomFeaturesRidge("relu", {1: 1, 2: 1}), asy.Proportional(2, 3), ridge=0.1)
    assert "note" not in seen.made_by and "never" not in repr(seen)
    assert asy.SpectralRidge([1], [1]).never_learned() == ()
