"""Random points of the whole domain, for tests that must hold everywhere."""

import math
from dataclasses import dataclass
from typing import Any

import mpmath
from hypothesis import strategies as st

import asymptotics as asy

COMPONENTS = ("test", "bias", "variance", "train", "norm", "norm_per_feature")


@dataclass(frozen=True)
class Case:
    model: Any
    regime: Any
    ridge: dict

    def predict(self, **keywords):
        return asy.predict(self.model, self.regime, **self.ridge, **keywords)


def powers_of_ten(low, high):
    return st.floats(low, high).map(lambda x: 10.0**x)


@st.composite
def sizes(draw, low=-4, high=4):
    """Two sizes: unrelated, equal, nearly equal, one of them the rank of the linear part, or one infinite."""
    first = draw(powers_of_ten(low, high))
    kind = draw(st.sampled_from(("free", "free", "equal", "close", "rank", "infinite")))
    if kind == "free":
        return first, draw(powers_of_ten(low, high))
    if kind == "rank":
        second = 1.0 + draw(st.sampled_from((0.0, 1e-15, 1e-9, -1e-12, 1e-3)))
    elif kind == "infinite":
        second = math.inf
    else:
        second = first * (1 + (draw(powers_of_ten(-15, -1)) if kind == "close" else 0))
    return draw(st.sampled_from(((first, second), (second, first))))


@st.composite
def proportional_cases(draw):
    psi1, psi2 = draw(sizes())
    zeta2 = draw(powers_of_ten(-6, 6))
    tail = 0 if draw(st.integers(0, 9)) == 0 else 1 / (1 + zeta2)
    activation = asy.Activation.from_coefficients({1: zeta2 / (1 + zeta2)}, tail=tail)
    target = {1: draw(powers_of_ten(-3, 3)), 2: draw(st.sampled_from((0, 0, 1e-2, 3)))}
    noise = draw(st.sampled_from((0, 0.1, 1e-4, 25)))
    ridge = draw(st.one_of(st.just(0.0), powers_of_ten(-16, 6)))
    name = "ridge_per_sample" if psi2 == math.inf else "ridge"
    model = asy.RandomFeaturesRidge(activation, target, noise)
    return Case(model, asy.Proportional(psi1, psi2), {name: ridge})


@st.composite
def finite_cases(draw):
    d = draw(st.sampled_from((20, 60, 200)))
    special = [d, d + 1, d * (d + 1) // 2, math.inf]
    n = draw(st.one_of(st.integers(1, 3000), st.sampled_from(special)))
    p = n if n != math.inf and draw(st.integers(0, 4)) == 0 else draw(st.integers(1, 3000))
    activation = draw(st.sampled_from(("relu", "x", "x**3/2 - x", "abs", "erf")))
    target = draw(st.sampled_from(({1: 1}, {0: 0.3, 1: 1, 2: 0.5, 3: 0.25})))
    ridge = draw(st.one_of(st.just(0.0), powers_of_ten(-16, 4)))
    name = "ridge_per_sample" if n == math.inf else "ridge"
    model = asy.RandomFeaturesRidge(activation, target, draw(st.sampled_from((0, 0.3))))
    return Case(model, asy.FiniteSize(d, n, p), {name: ridge})


def relative_error(value, exact):
    """Zero for equal infinities and zeros; infinite for a wrong one or a number that is none."""
    if exact in (0, math.inf):
        return 0.0 if value == exact else math.inf
    return abs(float((value - exact) / exact)) if mpmath.isfinite(value) else math.inf
