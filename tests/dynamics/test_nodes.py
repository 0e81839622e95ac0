import mpmath
import numpy as np
import pytest

from asymptotics.dynamics import filters, steps
from asymptotics.dynamics.filters import GradientFlow, IteratedRidge, PrincipalComponents, SpectralFilter
from asymptotics.dynamics.nodes import talbot_points
from asymptotics.dynamics.steps import GradientDescent, HeavyBall, Nesterov
from asymptotics.errors import InputError

TOP = 3.2
X = np.concatenate([[0.0], np.geomspace(1e-8, TOP, 300)])


@pytest.mark.parametrize("time", [1e-3, 1.0, 1e3, 1e8])
def test_flow(time):
    assert np.abs(GradientFlow(time).filter(X) - np.exp(-time * X)).max() < 5e-15


def test_what_the_contour_in_doubles_loses():
    context = mpmath.MPContext()
    context.dps = 40
    ridge, weight = (
        [context.mpc(x) for x in row] for row in (talbot_points()[0], talbot_points()[1] / talbot_points()[0])
    )

    def left(x):
        return sum((w * r / (r + x)).real for w, r in zip(weight, ridge, strict=True))

    scale = left(0)
    points = [10 ** (context.mpf(k) / 8) for k in range(-48, 32)]
    assert max(abs(left(x) / scale - context.exp(-x)) for x in points) < 1e-15
    assert max(abs((1 - left(x) / scale) / -context.expm1(-x) - 1) for x in points) < 1e-14
    assert 4.7 < sum(abs(w) for w in weight) < 5


def test_flow_with_ridge():
    exact = (0.1 + X * np.exp(-3 * (X + 0.1))) / (X + 0.1)
    assert np.abs(GradientFlow(3.0, ridge=0.1).filter(X) - exact).max() < 5e-14


@pytest.mark.parametrize("steps", [0, 1, 5, 8, 9, 19, 20, 50, 1001, 10**5])
@pytest.mark.parametrize("step_size", [0.3, 0.6])
def test_descent(steps, step_size):
    small = np.minimum(step_size * X, 0.5)
    exact = np.where(small < 0.5, np.exp(steps * np.log1p(-small)), (1 - step_size * X) ** steps)
    assert np.abs(GradientDescent(steps, step_size).filter(X) - exact).max() < 2e-13


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("steps", [1, 5, 20, 100, 400])
def test_momentum_is_its_recursion(momentum, steps):
    for step_size in (0.3, 0.42):
        for kind in (HeavyBall, Nesterov):
            now = before = np.ones_like(X)
            for _ in range(steps):
                if kind is HeavyBall:
                    now, before = (1 + momentum - step_size * X) * now - momentum * before, now
                else:
                    now, before = (1 - step_size * X) * ((1 + momentum) * now - momentum * before), now
            assert np.abs(kind(steps, step_size, momentum).filter(X) - now).max() < 5e-13


@pytest.mark.parametrize("times", [1, 2, 8, 9, 40, 1000])
def test_iterated_ridge(times):
    assert np.abs(IteratedRidge(0.3, times).filter(X) - (0.3 / (0.3 + X)) ** times).max() < 2e-13


def test_principal_components_away_from_the_threshold():
    x = X[np.abs(X / 0.5 - 1) > 0.1]
    assert np.abs(PrincipalComponents(0.5).filter(x) - (x < 0.5)).max() < 1e-12


@pytest.mark.parametrize(
    "left",
    [lambda x: np.exp(-5 * x), lambda x: (1 + x) ** -0.5, lambda x: np.cos(2 * x), lambda x: (1 + x) ** -3],
)
def test_any_filter(left):
    assert np.abs(SpectralFilter(left).filter(X) - left(X)).max() < 1e-11


@pytest.mark.parametrize("left", [lambda x: np.where(x < 1, 1.0, 0.0), lambda x: 1 / (1 + np.sqrt(x))])
def test_a_filter_that_is_not_smooth_is_refused(left):
    with pytest.raises(InputError, match="rational functions"):
        SpectralFilter(left).filter(X)


def test_parameters_broadcast():
    left = GradientDescent(steps=[[3], [40]], step_size=[0.1, 0.2, 0.5]).filter([1.0])
    assert left.shape == (2, 3, 1)
    assert left[1, 2, 0] == pytest.approx(0.5**40, abs=1e-13)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: GradientFlow(-1), "time"),
        (lambda: GradientFlow(), "time"),
        (lambda: GradientFlow(1, time_per_sample=1), "time"),
        (lambda: GradientFlow(1, ridge=-1), "ridge"),
        (lambda: GradientDescent(1.5, 0.1), "steps"),
        (lambda: GradientDescent(3, 0), "step_size"),
        (lambda: HeavyBall(3, 0.1, 1), "momentum"),
        (lambda: IteratedRidge(0, 1), "ridge"),
        (lambda: IteratedRidge(1, 0), "times"),
        (lambda: PrincipalComponents([0.1, 0]), "above"),
        (lambda: SpectralFilter(3), "left"),
    ],
)
def test_refused(make, name):
    with pytest.raises(InputError) as error:
        make()
    assert error.value.name == name


@pytest.mark.parametrize(
    ("training", "most"),
    [
        (GradientDescent(10, 0.7), 2 / TOP),
        (HeavyBall(10, 1.2, 0.8), 3.6 / TOP),
        (Nesterov(10, 0.5, 0.8), 3.6 / 2.6 / TOP),
    ],
)
def test_steps_beyond_the_edge_are_refused_with_the_edge(training, most):
    with pytest.raises(InputError, match=f"below {most:.6g}; the spectrum of Z Z.T ends at 3.2"):
        training.filter(X)


def test_values_are_equal_by_what_they_hold():
    assert GradientFlow([1, 2]) == GradientFlow((1.0, 2.0)) != GradientFlow([1, 3])
    assert len({GradientDescent(3, 0.5), GradientDescent(3, "1/2"), HeavyBall(3, 0.5, 0)}) == 2


def test_every_method_is_documented_by_its_filter():
    for room in (filters, steps):
        assert all("Examples" in getattr(room, name).__doc__ for name in room.__all__)
