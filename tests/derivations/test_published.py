"""The transcriptions of published equations against digits known from other routes: no code of the engine is used."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from derivations.published import (
    adlam_pennington,
    atanasov,
    bach,
    canatar,
    defilippis,
    hastie,
    marchenko_pastur,
    mei_montanari,
    simon,
)
from tests.oracles import adlam_pennington as ap_digits
from tests.oracles import atanasov as atanasov_digits
from tests.oracles import bach as bach_digits
from tests.oracles import canatar as canatar_digits
from tests.oracles import checkpoints
from tests.oracles import defilippis as digits
from tests.oracles import hastie as hastie_digits
from tests.oracles import marchenko_pastur as moments
from tests.oracles import simon as simon_digits

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 30
mpf = CONTEXT.mpf
RELU_MU1 = mpf("0.25")
RELU_MU_STAR = mpf("0.25") - 1 / (2 * CONTEXT.pi)
ZETA2 = RELU_MU1 / RELU_MU_STAR


def close(value, expected, digits_=14):
    return abs(mpf(value) - mpf(expected)) <= mpf(10) ** -digits_ * abs(mpf(expected))


class PowerLaw:
    """The spectrum of the checkpoint, and its traces at one effective ridge."""

    def __init__(self):
        ks = range(1, digits.LEVELS + 1)
        self.s = [mpf(k) ** mpf(digits.EIGENVALUE_EXPONENT) for k in ks]
        self.b2 = [mpf(k) ** (2 * mpf(digits.TARGET_EXPONENT)) for k in ks]
        self.n, self.p = mpf(digits.SAMPLES), mpf(digits.FEATURES)
        self.noise = mpf(digits.NOISE)

    def trace(self, function):
        return CONTEXT.fsum(function(s) for s in self.s)

    def target(self, function):
        return CONTEXT.fsum(b * function(s) for s, b in zip(self.s, self.b2, strict=True))

    def traces(self, nu):
        return {
            "df1": self.trace(lambda s: s / (s + nu)),
            "df2": self.trace(lambda s: (s / (s + nu)) ** 2),
            "tr12": self.trace(lambda s: s / (s + nu) ** 2),
            "b01": self.target(lambda s: 1 / (s + nu)),
            "b02": self.target(lambda s: 1 / (s + nu) ** 2),
            "b12": self.target(lambda s: s / (s + nu) ** 2),
        }

    def solve(self, ridge):
        low, high = mpf(-30), mpf(10)
        for _ in range(110):
            middle = (low + high) / 2
            nu = CONTEXT.exp(middle)
            df1 = self.trace(lambda s, nu=nu: s / (s + nu))
            below = df1 >= self.n or nu * (self.n - df1) * (self.p - df1) < ridge * self.p
            low, high = (middle, high) if below else (low, middle)
        nu = CONTEXT.exp((low + high) / 2)
        return ridge / (self.n - self.trace(lambda s: s / (s + nu))), nu


@pytest.fixture(scope="module")
def law():
    return PowerLaw()


@pytest.fixture(scope="module")
def point(law):
    nu1, nu2 = law.solve(mpf(digits.RIDGE))
    return nu1, nu2, law.traces(nu2)


def test_power_law_fixed_point(law, point):
    nu1, nu2, t = point
    lam = mpf(digits.RIDGE)
    assert close(nu1, digits.NU1) and close(nu2, digits.NU2)
    residuals = [
        *defilippis.fixed_point(law.n, law.p, lam, nu1, nu2, t["df1"]),
        *simon.fixed_point(law.n, law.p, lam, nu1, nu2, t["df1"]),
        *atanasov.fixed_point(law.n, law.p, lam / law.n, nu1, nu2, t["df1"]),
    ]
    assert all(abs(residual) < 1e-24 for residual in residuals)


def test_power_law_risks(law, point):
    nu1, nu2, t = point
    n, p, lam, noise = law.n, law.p, mpf(digits.RIDGE), law.noise
    assert close(defilippis.upsilon(n, p, nu1, nu2, t["df2"]), digits.UPSILON)
    assert close(defilippis.chi(p, t["df2"], t["tr12"]), digits.CHI)
    bias = defilippis.bias(n, p, nu1, nu2, t["df2"], t["tr12"], t["b02"], t["b12"])
    variance = defilippis.variance(n, p, nu1, nu2, t["df2"], noise)
    assert close(bias, digits.BIAS) and close(variance / noise, digits.VARIANCE_OVER_NOISE)
    assert close(bias + variance + noise, digits.RISK_WITH_NOISE)
    assert close(defilippis.train(n, lam, nu1, bias + variance, noise), digits.TRAIN)
    norm = defilippis.norm(n, p, lam, nu1, nu2, t["df2"], t["tr12"], t["b01"], t["b02"], t["b12"], noise)
    assert close(norm, digits.SQUARED_NORM)
    eigen = simon.test_error(n, p, nu1, t["df1"], t["df2"], nu2 * t["b01"], t["b12"], noise)
    assert close(eigen, simon_digits.TEST_ERROR)
    renormalized = atanasov.generalization_error(n, p, nu2, t["df1"], t["df2"], t["b01"], -t["b02"], noise)
    assert close(renormalized, atanasov_digits.GENERALIZATION_ERROR)


def test_power_law_cross_risk(law, point):
    nu1, nu2, _ = point
    other1, other2 = law.solve(mpf(digits.CROSS_RISK_RIDGE))
    cross = defilippis.cross_risk(
        law.n, law.p, nu1, nu2, other1, other2,
        law.trace(lambda s: s**2 / ((s + nu2) * (s + other2))),
        law.trace(lambda s: s / ((s + nu2) * (s + other2))),
        law.target(lambda s: 1 / ((s + nu2) * (s + other2))),
        law.target(lambda s: s / ((s + nu2) * (s + other2))),
        law.noise,
    )  # fmt: skip
    assert close(cross, digits.CROSS_RISK)


def test_power_law_kernel(law):
    nu = mpf(digits.KERNEL_NU)
    df2 = law.trace(lambda s: (s / (s + nu)) ** 2)
    squared = law.target(lambda s: (nu / (s + nu)) ** 2)
    risk = simon.kernel_test_error(law.n, df2, squared, law.noise) - law.noise
    assert close(risk, simon_digits.KERNEL_EXCESS_ERROR, 13)


@pytest.mark.parametrize("row", checkpoints.MEI_MONTANARI, ids=str)
def test_mei_montanari_rows(row):
    psi1, psi2, _, chi, bias, variance = (mpf(value) for value in row[:6])
    front = mei_montanari.e0(chi, ZETA2, psi1, psi2)
    assert close(mei_montanari.e1(chi, ZETA2, psi1, psi2) / front, bias, 12)
    assert close(mei_montanari.e2(chi, ZETA2, psi1, psi2) / front, variance, 12)


@pytest.mark.parametrize("row", checkpoints.RIDGELESS, ids=str)
def test_ridgeless_rows(row):
    psi1, psi2, bias, variance = (mpf(value) for value in row)
    psi = min(psi1, psi2)
    root = CONTEXT.sqrt(mei_montanari.ridgeless_radicand(ZETA2, psi))
    chi = mei_montanari.ridgeless_chi(ZETA2, psi, root)
    risk = mei_montanari.risk(chi, ZETA2, psi1, psi2, 1, 0, 0)
    noisy = mei_montanari.risk(chi, ZETA2, psi1, psi2, 1, 0, 1)
    assert close(risk, bias, 13) and close(noisy - risk, variance, 13)


@pytest.mark.parametrize("row", checkpoints.WIDE_AND_LARGE_SAMPLE, ids=str)
def test_wide_and_large_sample_rows(row):
    psi, lam_bar, bias, variance, large_sample = (mpf(str(value)) for value in row)
    root = CONTEXT.sqrt(mei_montanari.omega_radicand(ZETA2, psi, lam_bar))
    omega = mei_montanari.omega(ZETA2, psi, lam_bar, root)
    assert close(mei_montanari.bias_wide(psi, omega), bias, 13)
    assert close(mei_montanari.variance_wide(psi, omega), variance, 13)
    assert close(mei_montanari.bias_large_sample(psi, ZETA2, omega), large_sample, 13)


def test_the_threshold_of_relu():
    root = CONTEXT.sqrt(mei_montanari.omega_radicand(ZETA2, mpf(3), mpf(0)))
    omega0 = mei_montanari.omega(ZETA2, mpf(3), mpf(0), root)
    assert close(mei_montanari.threshold(mpf(3), omega0), CONTEXT.pi / (CONTEXT.pi - 2), 25)


def test_adlam_pennington_at_a_known_point():
    psi1, psi2 = ap_digits.PSI1, ap_digits.PSI2
    tau1 = 1 / (psi2 * mpf(ap_digits.D_NU1))
    tau2 = tau1 * mpf(ap_digits.D_NU2) / (RELU_MU1 + mpf(ap_digits.D_NU2))
    gamma = psi2 * RELU_MU_STAR * mpf(ap_digits.LAMBDA_BAR)
    residuals = adlam_pennington.fixed_point(
        1 / mpf(psi2), 1 / mpf(psi1), RELU_MU1, RELU_MU1 + RELU_MU_STAR, gamma, tau1, tau2
    )
    assert all(abs(residual) < 1e-11 * tau1**3 for residual in residuals)


@pytest.mark.parametrize("row", hastie_digits.RIDGELESS, ids=str)
def test_hastie_ridgeless(row):
    gamma, r2, noise, risk = (Fraction(value) for value in row)
    under = gamma < 1
    found = hastie.ridgeless_under(gamma, noise) if under else hastie.ridgeless_over(gamma, r2, noise)
    assert found == risk


def test_hastie_ridge_tends_to_ridgeless():
    gamma, lam = mpf("0.5"), mpf("1e-12")
    root = CONTEXT.sqrt(hastie.radicand(gamma, lam))
    m = hastie.stieltjes(gamma, lam, root)
    slope = -CONTEXT.diff(lambda x: hastie.stieltjes(gamma, x, CONTEXT.sqrt(hastie.radicand(gamma, x))), lam)
    assert close(m, 1 / (1 - gamma), 10)
    assert close(
        hastie.risk(gamma, lam, 1, mpf("0.2"), m, slope), hastie.ridgeless_under(gamma, mpf("0.2")), 8
    )


@pytest.mark.parametrize("row", bach_digits.ISOTROPIC, ids=str)
def test_bach_isotropic(row):
    size, n, m = (Fraction(value) for value in row[:3])
    theta2, noise, bias, variance = (Fraction(value) for value in row[3:])
    kappa = size / min(m, n) - 1
    shrunk, shrunk2, df2 = theta2 / (1 + kappa), theta2 / (1 + kappa) ** 2, size / (1 + kappa) ** 2
    if m < n:
        assert (bach.bias_under(n, m, kappa, shrunk), bach.variance_under(n, m, noise)) == (bias, variance)
    else:
        found = bach.bias_over(n, m, kappa, df2, shrunk, shrunk2), bach.variance_over(n, m, df2, noise)
        assert found == (bias, variance)


@pytest.mark.parametrize("k", range(1, 6))
def test_marchenko_pastur_moments(k):
    row = moments.NARAYANA[k - 1]
    assert marchenko_pastur.moment(1, k) == sum(row) == math.comb(2 * k, k) // (k + 1)
    assert marchenko_pastur.moment(10, k) == sum(c * 10**r for r, c in enumerate(row))


def test_another_law_of_the_test_inputs():
    def numbers(texts):
        return np.array([Fraction(text) for text in texts], dtype=object)

    eigenvalues, overlaps, powers = map(
        numbers, (canatar_digits.EIGENVALUES, canatar_digits.OVERLAPS, canatar_digits.TARGET)
    )
    samples, kappa, noise = map(
        Fraction, (canatar_digits.SAMPLES, canatar_digits.KAPPA, canatar_digits.NOISE)
    )

    def trace(values):
        return sum(values.tolist())

    def target(values):
        return sum((values * powers).tolist())

    given = samples, kappa, eigenvalues
    assert canatar.gamma(*given, trace) == Fraction(canatar_digits.GAMMA)
    assert canatar.gamma_test(*given, overlaps, trace) == Fraction(canatar_digits.GAMMA_TEST)
    inside = canatar.in_distribution(*given, noise, trace, target)
    outside = canatar.out_of_distribution(*given, overlaps, noise, trace, target)
    assert (inside, outside) == (
        Fraction(canatar_digits.IN_DISTRIBUTION),
        Fraction(canatar_digits.OUT_OF_DISTRIBUTION),
    )
    ridge = kappa * (1 - trace(eigenvalues / (samples * eigenvalues + kappa)))
    assert canatar.fixed_point(samples, ridge, kappa, eigenvalues, trace) == 0
