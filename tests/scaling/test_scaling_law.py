"""Scaling laws: every published or checked row to its digits, and the exact fixed point at enormous sizes."""

import math
import random
from fractions import Fraction

import mpmath
import pytest

import asymptotics as asy
from asymptotics.errors import DerivationError, InputError
from asymptotics.functions.power_sums import power_sum
from asymptotics.scaling.power import Asymptote, crossing

KERNEL = math.inf
ROWS = [  # decay, target decay, 1 - l, q, ridge constant, feature constant, bias (constant, exponent), variance
    ("3/2", "19/10", "2/5", None, 1, 1, (0.880870933118, "9/25"), (0.806133050770, "3/5")),
    ("3/2", "19/10", "2/5", "7/10", 1, 1, (0.880870933118, "9/25"), (0.806133050770, "3/5")),
    ("2", "19/5", "1/2", "8/5", 1, 1, (0.660653199839, "7/10"), (0.785398163397, "3/4")),
    ("3/2", "17/5", None, "3/5", 1, 2, (2.32660199839, "9/10"), (2, "2/5")),
    ("3/2", "19/10", None, None, 1, 1, (2.92535598183, "9/10"), (0.5, "0")),
    ("3/2", "17/5", None, "19/10", 1, 1, (23.0835882732, "12/5"), (0.5, "0")),
    ("3/2", "19/10", None, "1", 1, 2, (7.80094928487, "9/10"), (1.5, "0")),
    ("3/2", "19/10", None, "1", 1, "1/2", (18.1963576202, "9/10"), (1, "0")),
    ("3/2", "19/10", "-1/2", "1", "3/10", 1, (12.8434862773, "9/10"), (1.5554726523, "0")),
    ("3/2", "17/5", "-1/2", "1", "3/10", 1, (17.1938182647, "3/2"), (1.5554726523, "0")),
    ("3/2", "19/10", "-1/2", None, "3/10", 1, (3.01922176977, "9/10"), (0.448308813918, "0")),
]


def law_of(alpha, b, e, q, ridge=1, theta=1, noise=1, **options):
    model = asy.SpectralRidge.power_law(decay=alpha, target_decay=b, noise=noise)
    features = KERNEL if q is None else asy.Power(q, theta)
    return asy.scaling_law(model, features=features, ridge=0 if e is None else asy.Power(e, ridge), **options)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(map(str, row[:4])))
def test_rows_to_their_digits(row):
    law = law_of(*row[:6])
    for found, (constant, exponent) in ((law.bias, row[6]), (law.variance, row[7])):
        assert found.exponent == -Fraction(exponent)
        assert found.constant == pytest.approx(constant, rel=2e-11)


def exact(alpha, b, n, p, ridge, context):
    """Bias and variance over the noise at the exact fixed point, from power sums and a bisection of its own."""

    def total(weight, i, j, nu):
        return power_sum(alpha, weight, i, j, nu, context)

    def residual(nu):
        trace = total(Fraction(0), 0, 1, nu)
        return (1 - trace / n) * (1 - (trace / p if p else 0)) * nu - ridge / n

    def positive(nu):
        trace = total(Fraction(0), 0, 1, nu)
        return trace < n and (not p or trace < p)

    low, high = context.mpf(10) ** -300, context.mpf("1e-2")
    for _ in range(context.prec * 2):
        middle = context.sqrt(low * high)
        if positive(middle) and residual(middle) > 0:
            high = middle
        else:
            low = middle
        if high / low - 1 < context.eps * 4:
            break
    nu = high
    trace, df = total(Fraction(0), 0, 1, nu), total(Fraction(0), 0, 2, nu)
    x = (trace - df) / (p - df) if p else context.mpf(0)
    u = (df + (trace - df) * x) / n
    return (total(b, 2, 2, nu) + x * total(b, 1, 2, nu)) / (1 - u), u / (1 - u)


def ratios(alpha, b, e, q, theta, constant, sizes, digits):
    """Exact values over the leading terms, and what the law says this ratio is next."""
    law = law_of(alpha, b, e, q, constant, theta, digits=digits, terms=3)
    context = mpmath.MPContext()
    context.dps = digits
    for size in sizes:
        n = context.mpf(size)
        p = None if q is None else context.mpf(theta.numerator) / theta.denominator * power(n, q, context)
        ridge = (
            0 if e is None else context.mpf(constant.numerator) / constant.denominator * power(n, e, context)
        )
        for value, found in zip(exact(alpha, b, n, p, ridge, context), (law.bias, law.variance), strict=True):
            first = found.constant * power(n, found.exponent, context)
            more = sum(c * power(n, f, context) for f, c in found.terms[1:])
            yield size, value / first - 1, more / first, found


def power(n, exponent, context):
    return n ** (context.mpf(exponent.numerator) / exponent.denominator)


def test_the_exact_fixed_point_approaches_the_law():
    for _, gap, said, found in ratios(
        Fraction(3, 2),
        Fraction(19, 10),
        Fraction(2, 5),
        Fraction(7, 10),
        Fraction(1),
        Fraction(1),
        ["1e12"],
        30,
    ):
        assert abs(gap - said) < 1e-2 * abs(said) and len(found.terms) > 1


@pytest.mark.slow
def test_random_laws_are_approached_at_the_stated_rate():
    """Thirty-six random exponents and constants in all cells; at 1e40 the next terms explain the difference."""
    source = random.Random(14)
    done = 0
    while done < 36:
        alpha, b = Fraction(source.randint(11, 35), 10), Fraction(source.randint(11, 60), 10)
        rho = (b - 1) / alpha
        if rho.denominator == 1 or ((2 / rho).denominator == 1 and rho > 1):
            continue
        e = source.choice([None, Fraction(source.randint(-20, 9), 10)])
        q = source.choice([None, Fraction(source.randint(3, 25), 10)])
        theta, constant = Fraction(source.randint(2, 9), 3), Fraction(source.randint(1, 30), 10)
        if e is None and q == 1 and theta == 1:
            continue
        try:
            rows = list(ratios(alpha, b, e, q, theta, constant, ["1e12", "1e40"], 60))
        except DerivationError as error:
            assert "logarithm" in str(error) or "too large" in str(error)
            continue
        done += 1
        seen = {}
        for size, gap, said, found in rows:
            if len(found.terms) < 3:
                continue
            first, *_, last = (c * mpmath.mpf(size) ** float(f) for f, c in found.terms)
            assert abs(gap - said) < 1e3 * abs(last / first) + mpmath.mpf(10) ** -45
            if id(found) in seen and abs(gap) > 1e-40:
                before, expected = seen[id(found)]
                assert abs(math.log10(abs(gap / before)) - math.log10(abs(said / expected))) < 28 * 0.05
            seen[id(found)] = gap, said
    assert done == 36


def test_the_warning_case_prints_what_takes_over():
    law = law_of("3/2", "17/5", "1/2", "3/5", 2, 3, noise=0)
    assert (law.exponent, law.next.exponent) == (Fraction(-23, 30), Fraction(-4, 5))
    assert law.next.constant == pytest.approx(4.005451998855)
    n = law.crossover
    assert law.bias(n, 1) == pytest.approx(law.next(n, 1))
    assert "4.00545 n^(-4/5)" in str(law) and "7.42e+15" in str(law)
    # ratio - 1 is 1.3 at 1e12 and .16 at 1e40, as the next term says
    assert law.next(1e12) / law.bias(1e12, 1) == pytest.approx(1.3, abs=0.1)
    assert law.next(1e40) / law.bias(1e40, 1) == pytest.approx(0.16, abs=0.01)


@pytest.mark.parametrize(
    ("alpha", "b", "noise"), [("3/2", "19/10", "1/10"), ("2", "16/5", 1), ("6/5", "9/2", "1/2")]
)
def test_optimal_ridge_of_a_kernel(alpha, b, noise):
    """Against the minimum of ``K nu^e + noise C (1 - 1/alpha) nu^(-1/alpha)/n`` in closed form."""
    law = law_of(alpha, b, None, None, noise=noise)
    best = asy.scaling_law(law.model, ridge="optimal")
    a, t, s = (float(Fraction(x)) for x in (alpha, b, noise))
    rho = (t - 1) / a
    e = min(rho, 2)
    k = mpmath.beta(2 - rho, rho) / a if rho < 2 else mpmath.zeta(t - 2 * a)
    c = (mpmath.pi / a) / mpmath.sin(mpmath.pi / a)
    nu = (s * c * (1 - 1 / a) / (a * e * k)) ** (1 / (e + 1 / a))
    assert float(best.exponent) == pytest.approx(-e / (e + 1 / a))
    assert best.constant == pytest.approx(float(k * nu**e * (1 + a * e)), rel=1e-12)
    assert float(best.ridge.constant) == pytest.approx(float(nu), rel=1e-9)


def test_four_regimes_of_kernel_ridge_have_both_constants():
    """Ridge below or above the decay times bias or noise [Cui et al.]: the crossover is where both are equal."""
    for e in ("2/5", "-1"):
        law = law_of("3/2", "19/10", e, None, noise="1/100")
        n = law.crossovers["bias = variance"]
        assert law.bias(n, 1) == pytest.approx(law.variance(n, 1))
        assert crossing(law.variance, law.bias) == pytest.approx(n)


def test_the_atlas_is_three_cells_three_edges_and_a_corner():
    regimes = asy.scaling_atlas(asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10"))
    assert [r.dimension for r in regimes] == [2, 2, 2, 1, 1, 1, 0]
    assert {r.limited_by for r in regimes[:3]} == {"ridge", "samples", "features"}


@pytest.mark.slow
def test_the_atlas_with_noise():
    with_noise = asy.scaling_atlas(asy.SpectralRidge.power_law(decay="3/2", target_decay="19/10", noise=1))
    assert {r.led_by for r in with_noise} == {"bias", "variance", "bias and variance"}


@pytest.mark.slow
def test_cells_hold_where_they_say():
    """Inside a cell the exponent is the linear form of the cell; points are drawn from its corners."""
    source = random.Random(3)
    model = asy.SpectralRidge.power_law(decay="3/2", target_decay="17/5", noise="1/5")
    for regime in asy.scaling_atlas(model):
        weights = [Fraction(source.randint(1, 9)) for _ in regime.corners[0]]
        ridge, features = (
            sum(w * c[k] for w, c in zip(weights, regime.corners[0], strict=True)) / sum(weights)
            for k in (0, 1)
        )
        law = asy.scaling_law(model, ridge=asy.Power(ridge, "7/5"), features=asy.Power(features, "5/3"))
        form = regime.exponents["test"]
        values = {"ridge": ridge, "features": features}
        assert law.exponent == form.constant + sum(values[s.name] * v for s, v in form.slopes)


def test_what_is_refused():
    with pytest.raises(DerivationError, match="logarithm"):
        asy.scaling_law(asy.SpectralRidge.power_law(decay=2, target_decay=5))
    whole = asy.SpectralRidge.power_law(decay=2, target_decay="31/10")
    asy.scaling_law(whole)
    with pytest.raises(DerivationError, match="order one"):
        asy.scaling_law(whole, ridge=asy.Power(1))
    assert asy.scaling_law(whole, ridge=asy.Power("3/2")).exponent == 0  # nothing is learned
    with pytest.raises(DerivationError, match="infinite"):
        asy.scaling_law(whole, features=asy.Power(1))
    asy.scaling_law(whole, features=asy.Power(1), ridge=1)
    with pytest.raises(InputError, match="power law"):
        asy.scaling_law(asy.SpectralRidge.power_law(decay=2, target_decay=3, levels=9))
    with pytest.raises(InputError, match="features"):
        asy.scaling_law(whole, features=100)
    with pytest.raises(InputError, match="optimal"):
        asy.scaling_law(whole, ridge="best")
    with pytest.raises(InputError, match="constant"):
        asy.Power(1, 0)
    with pytest.raises(InputError, match="noise"):
        asy.scaling_law(asy.SpectralRidge.power_law(decay=2, target_decay="31/10", noise=[0, 1]))


def test_a_later_resonance_only_ends_the_series():
    law = law_of("2", "7", "1/2", None)  # (b - 1)/alpha = 3: the logarithm comes after the leading terms
    assert law.bias.exponent == -1 and isinstance(law.bias, Asymptote)
