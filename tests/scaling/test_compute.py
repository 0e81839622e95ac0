"""Best use of compute: exponents and constants against minima of the exact risk, and the flow against its contour."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize

import asymptotics as asy
from asymptotics.errors import InputError, SolverError
from asymptotics.functions.power_sums import power_sum
from asymptotics.lowering.arithmetic import Multiprecision
from asymptotics.scaling.minimise import least

CASES = [  # decay, target decay, exponent of n*p
    ("3/2", "19/10", "9/20"),
    ("3/2", "17/5", "24/29"),
    ("3/2", "39/10", "29/34"),
    ("3", "11/2", "3/2"),
    ("3", "11/5", "3/5"),
    ("3/2", "6", "6/7"),
]


def law(alpha, b):
    return asy.SpectralRidge.power_law(decay=alpha, target_decay=b)


def exact_minimum(alpha, b, cost, start):
    """Least exact risk without noise at n*p = cost, over features and effective ridge: sums of its own."""
    context = mpmath.MPContext()
    context.dps = 25

    def risk(variables):
        ratio, scaled = (context.exp(context.mpf(float(v))) for v in variables)
        n = context.sqrt(cost / ratio)
        p = ratio * n
        nu = scaled * min(n, p) ** -context.mpf(float(alpha))

        def total(weight, i, j):
            return power_sum(alpha, weight, i, j, nu, context)

        trace, df = total(Fraction(0), 0, 1), total(Fraction(0), 0, 2)
        if trace >= min(n, p):
            return 1e3
        x = (trace - df) / (p - df)
        u = (df + (trace - df) * x) / n
        return float(context.log((total(b, 2, 2) + x * total(b, 1, 2)) / (1 - u)))

    best = min(
        (
            minimize(risk, s, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 900})
            for s in start
        ),
        key=lambda found: found.fun,
    )
    return best.fun, math.exp(best.x[0])


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "b", "rate"), CASES)
def test_samples_times_features_against_the_exact_risk(alpha, b, rate):
    """The exponent derived is that of the exact minimum, and so is the constant at enormous cost."""
    found = asy.compute_optimal(law(alpha, b))
    assert found.exponent == -Fraction(rate)
    a, t = Fraction(alpha), Fraction(b)
    costs = [mpmath.mpf(10) ** 60, mpmath.mpf(10) ** 66]
    values = []
    for cost in costs:
        p, n = (
            float(found.allocation[k].constant) * float(cost) ** float(found.allocation[k].exponent)
            for k in "pn"
        )
        starts = [(math.log(p / n) + d, e) for d in (-1, 0.5) for e in (1.5, 3)]
        values.append(exact_minimum(a, t, cost, starts))
    slope = (values[1][0] - values[0][0]) / (6 * math.log(10))
    assert slope == pytest.approx(float(found.exponent), abs=1e-3)
    said = math.log(found.constant) + float(found.exponent) * 66 * math.log(10)
    assert values[1][0] == pytest.approx(said, abs=5e-3)
    p, n = found.allocation["p"], found.allocation["n"]
    ratio = float(p.constant) / float(n.constant) * 1e66 ** float(p.exponent - n.exponent)
    assert values[1][1] == pytest.approx(ratio, rel=0.05)


@pytest.mark.slow
def test_ratio_of_features_to_samples():
    found = asy.compute_optimal(law("3", "11/5"))
    assert found.exponent == Fraction(-3, 5)
    assert found.allocation["p"].constant / found.allocation["n"].constant == pytest.approx(0.6750, abs=5e-5)
    assert "test" in str(found) and "C^(-3/5)" in str(found)


@pytest.mark.slow
def test_published_ratios():
    for alpha, b, ratio in (("3/2", "19/10", 2.0213), ("3", "11/2", 2.1708)):
        found = asy.compute_optimal(law(alpha, b)).allocation
        assert found["p"].constant / found["n"].constant == pytest.approx(ratio, abs=5e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "b", "rate"), [("3/2", "17/5", "12/17"), ("2", "21/5", "16/21")])
def test_features_times_time_where_two_terms_meet(alpha, b, rate):
    """Decay above one in source [Paquette et al., phase II]: (b - 1)/b at p = t^(rho - 1 + 1/alpha)."""
    found = asy.compute_optimal(law(alpha, b), "p*time")
    a, t = Fraction(alpha), Fraction(b)
    share = (t - 1) / a - 1 + 1 / a
    assert found.exponent == -Fraction(rate) == -(t - 1) / t
    assert found.allocation["p"].exponent / found.allocation["time"].exponent == share


@pytest.mark.slow
def test_features_times_time_against_the_exact_contour():
    """Time and features limit alike: the constant is that of the exact flow, minimised at the same cost."""
    model = law("3/2", "19/10")
    found = asy.compute_optimal(model, "p*time")
    assert found.exponent == Fraction(-9, 25)  # (b - 1)/(alpha + 1) [Bordelon et al.]
    cost = 1e12
    best = found.allocation["p"].constant * cost ** float(found.allocation["p"].exponent)
    tried = np.unique(np.rint(best * np.geomspace(0.5, 2, 9)))
    values = [
        asy.predict(model, asy.FiniteSize(n=math.inf, p=p), time_per_sample=cost / p).test for p in tried
    ]
    least_value = found.constant * cost ** float(found.exponent)
    assert min(values) == pytest.approx(least_value, rel=0.01)
    assert abs(math.log(tried[int(np.argmin(values))] / best)) < math.log(1.3)


def test_minimise():
    context = Multiprecision(40).context
    place, value = least(lambda x: x[0] / x[1] + x[1] + 1 / x[0], 2, context)
    assert max(abs(y - 1) for y in place) < 1e-15 and abs(value - 3) < 1e-25
    assert least(lambda x: x[0], 1, context) is None
    assert least(lambda x: 1 + 0 * x[0], 1, context) is None
    with pytest.raises(SolverError):
        least(lambda x: 1 + abs(context.log(x[0]) - 0.1), 1, context)  # a kink


def test_what_is_refused():
    with pytest.raises(InputError, match="cost"):
        asy.compute_optimal(law(2, "5/2"), "n*time")
    with pytest.raises(InputError, match="ridge"):
        asy.compute_optimal(law(2, "5/2"), ridge=1)
    noisy = asy.SpectralRidge.power_law(decay=2, target_decay="5/2", noise=1)
    with pytest.raises(InputError, match="noise"):
        asy.compute_optimal(noisy, "p*time")


def test_local_exponent():
    model = asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10")
    n = np.rint(np.geomspace(1e4, 1e6, 5))
    risk = asy.predict(model, asy.FiniteSize(n=n, p=math.inf), ridge=0)
    assert np.allclose(asy.local_exponent(risk), -0.9, atol=1e-3)
    assert np.allclose(asy.local_exponent(risk.test, n), asy.local_exponent(risk))
    with pytest.raises(InputError, match="x"):
        asy.local_exponent(risk, x="d")
    with pytest.raises(asy.AsymptoticsError, match="line"):
        asy.local_exponent([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(InputError, match="positive"):
        asy.local_exponent([1.0, -1.0, 1.0], [1.0, 2.0, 3.0])
