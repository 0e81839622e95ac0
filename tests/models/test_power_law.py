"""A power law without an end: exact sums by two routes, and predictions in doubles, digits and proofs."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import DerivationError, InputError, PrecisionError
from asymptotics.functions.power_sums import first_unknown, large_pole, power_sum, small_pole
from asymptotics.functions.summation import refined, rule
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.lowering.balls import Balls
from asymptotics.models.power_law_levels import PowerLawLevels
from asymptotics.models.random_features import RANDOM_FEATURES
from asymptotics.transforms.limits.contributions import shapes

LAWS = [("3/2", "19/10"), ("21/20", "11/10"), ("2", "31/10"), ("7/2", "6"), ("13/10", "33/10")]
SHAPES = [("T", 0, 1), ("T", 0, 2), ("B", 2, 2), ("B", 1, 2)]


def averaged(spectrum, measure, i, j, nu):
    x = nu / spectrum.eigenvalues
    return (spectrum.weights[measure] * x**i / (1 + x) ** j).sum()


def beyond(rest, measure, i, j, s, nu):
    """What the tail adds: its sum is that of eigenvalues for a trace, of powers for the target."""
    if measure == "T":
        return rest * s ** (j - i - 1) / (s + nu) ** j * nu**i
    return rest * nu**i * s ** (j - i) / (s + nu) ** j


@pytest.mark.parametrize(("decay", "target"), LAWS)
def test_the_levels_give_the_sums_of_the_infinite_series(decay, target):
    """Second route: the two families of the Mellin transform, which share nothing with Gauss rules."""
    alpha, b = Fraction(decay), Fraction(target)
    law, context = PowerLawLevels(alpha, b, 0), mpmath.mp.clone()
    context.dps = 30
    for size in (1e3, 1e9, 1e30):
        nu = context.mpf(size) ** -context.mpf(float(alpha))
        spectrum = law.doubles(size).spectrum
        for measure, i, j in SHAPES:
            exact = power_sum(alpha, b if measure == "B" else Fraction(0), i, j, nu, context)
            rest = beyond(spectrum.tails[measure], measure, i, j, 0.0, float(nu))
            found = averaged(spectrum, measure, i, j, float(nu)) + rest
            assert found == pytest.approx(float(exact), rel=3e-14 * (1 + math.log10(size)))


def test_a_rule_sums_polynomials_exactly():
    for count, order in ((40, 9), (10**7, 12)):
        nodes, shares = refined(count, order, Multiprecision(40).context)
        positions = [(count * u + count - 1) / 2 for u in nodes]
        whole = sum(w * y ** (2 * order - 1) for w, y in zip(shares, positions, strict=True)) * count
        bernoulli = mpmath.mp.clone()
        bernoulli.dps = 60
        exact = (bernoulli.bernpoly(2 * order, count) - bernoulli.bernpoly(2 * order, 0)) / (2 * order)
        assert abs(whole / exact - 1) < 1e-38
        assert np.allclose(rule(count, order)[0], [float(u) for u in nodes], rtol=0, atol=1e-14)


def test_balls_of_levels_hold_the_exact_sums():
    alpha, b = Fraction(3, 2), Fraction(19, 10)
    law, context = PowerLawLevels(alpha, b, 0), mpmath.mp.clone()
    context.dps = 40
    arithmetic, nu = Balls(20), context.mpf("1e-6")
    with arithmetic.precision():
        data = law.in_balls(60, arithmetic)
        pole = arithmetic.convert(nu)
        for measure, i, j in SHAPES:
            x = [pole / s for s in data.spectrum.eigenvalues]
            weights = data.spectrum.weights[measure]
            total = sum(w * y**i / (1 + y) ** j for w, y in zip(weights, x, strict=True))
            tail = data.scalars["tail_eigenvalue"]
            total += beyond(data.spectrum.tails[measure], measure, i, j, tail, pole)
            exact = power_sum(alpha, b if measure == "B" else Fraction(0), i, j, nu, context)
            assert total.contains(arithmetic.convert(exact))
            assert arithmetic.digits_of(total) > 12


def test_what_balls_assume_of_the_equations_holds():
    """Averages are sums of positive monomials over powers of s + nu, as the bound on a block's rule needs."""
    for chart in RANDOM_FEATURES.at_finite_size():
        unknowns = chart.system.unknown_symbols()
        for definition in chart.system.definitions:
            if hasattr(definition.expression, "measure"):
                for shape in shapes(definition.expression, unknowns):
                    assert shape.coefficient > 0
                    assert sum(shape.poles.values()) <= 4
    assert PowerLawLevels.complex_proofs is False


def test_the_infinite_power_law_is_the_limit_of_finite_ones():
    sizes = asy.FiniteSize(n=30, p=[40, math.inf])
    whole = asy.predict(asy.SpectralRidge.power_law(decay="5/2", target_decay=3, noise="0.1"), sizes, ridge=0)
    gaps = []
    for levels in (10**3, 10**4):
        ends = asy.SpectralRidge.power_law(decay=2.5, target_decay=3, noise=0.1, levels=levels)
        gaps.append(np.abs(asy.predict(ends, sizes, ridge=0).test / whole.test - 1).max())
    assert gaps[1] < 1e-3 and gaps[1] < gaps[0] / 20  # what is cut off is of order levels^-1.5


@pytest.mark.slow
def test_every_accuracy_agrees():
    model = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10", noise="1/10")
    sizes = asy.FiniteSize(n=50, p=80)
    for ridge in (0, "1/5"):
        plain = asy.predict(model, sizes, ridge)
        digits = asy.predict(model, sizes, ridge, digits=17)
        proved = asy.predict(model, sizes, ridge, digits=12, certified=True)
        for name in ("test", "bias", "variance", "train", "norm"):
            known = getattr(digits, name)
            assert getattr(plain, name) == pytest.approx(float(known), rel=1e-12)
            ball = getattr(proved, name)
            assert abs(ball.mid - known) <= ball.rad + abs(known) * 1e-16
    best = asy.optimal_ridge(model, sizes)
    around = asy.predict(model, sizes, best.value * np.array([0.9, 1.0, 1.1])).test
    assert around[1] < min(around[0], around[2])


def test_arrays_answer_like_their_points():
    model = asy.SpectralRidge.power_law(decay=1.7, target_decay=2.2, noise=[0.0, 0.3])
    grid = asy.predict(model, asy.FiniteSize(n=[[10], [10**5]], p=[7, math.inf]), ridge=0.01).test
    alone = asy.predict(asy.SpectralRidge.power_law(decay=1.7, target_decay=2.2, noise=0.3),
                        asy.FiniteSize(n=10**5, p=math.inf), ridge=0.01)  # fmt: skip
    assert grid[1, 1] == alone.test


def test_what_is_refused():
    law = asy.SpectralRidge.power_law
    with pytest.raises(InputError, match="keywords"):
        law(60, 1.2, 2.0)
    with pytest.raises(InputError, match="decay"):
        law(decay=1, target_decay=2)
    law(decay=1, target_decay=2, levels=5)
    with pytest.raises(InputError, match="target_decay"):
        law(decay=2)
    model = law(decay=2, target_decay=2)
    with pytest.raises(InputError, match="FiniteSize"):
        asy.predict(model, asy.Proportional(2, 3), 0.1)
    with pytest.raises(InputError, match="ends"):
        asy.simulate(model, asy.FiniteSize(n=5, p=5), 0.1, trials=2)
    with pytest.raises(PrecisionError, match="time"):
        asy.predict(model, asy.FiniteSize(n=5, p=5), time=1.0, certified=True)


def test_a_resonance_is_a_logarithm():
    with pytest.raises(DerivationError, match="logarithm"):
        small_pole(Fraction(2), Fraction(3), 1, 2, 3)
    assert small_pole(Fraction(2), Fraction(3), 2, 2, 3)  # the pole lies below the strip: no term there
    assert len(small_pole(Fraction(2), Fraction(7), 1, 2, 5)) == 2  # a later logarithm ends the expansion
    assert first_unknown(Fraction(2), Fraction(7), 1, 5) == 3
    assert [term.power for term in large_pole(Fraction(2), Fraction(0), 1, 2, 2)] == [-1, -2]
