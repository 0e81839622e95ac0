"""Degree two of tangent features where neurons are as many as dimensions: values, formulas chosen, cautions."""

import math

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.functions.expansions.harmonics import Expansion
from asymptotics.models.degree_two import TangentGivenWeights, neuron_law, nodes_needed, pair_law
from asymptotics.solvers.solution import Status
from tests.oracles.wick_moments import graded_moments

WEIGHTS, BLOCKS = "given the weights", "independent features"


@pytest.mark.parametrize(
    ("distance", "ratio", "value"),
    [(0.1, 0.5, 3.4006093508786443), (0.5, 1.0, 0.84237368742022476), (2.0, 1.5, 0.34537976356391682)],
)
def test_averages_over_the_law_of_degree_two(distance, ratio, value):
    """Two quadratures elsewhere, 29 digits; here as many points as the distance asks for."""
    (points, weights), atom = pair_law(ratio, nodes_needed(ratio, distance))
    assert weights @ (1 / (distance + points)) + atom / distance == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 2.5])
def test_the_law_of_neurons_solves_its_equation(ratio):
    """Of Marchenko and Pastur: g = E 1/(y + m) solves y g + g/(1 + g/ratio) = 1."""
    (points, weights), atom = neuron_law(ratio, 200)
    assert weights.sum() + atom == pytest.approx(1, abs=1e-12)
    for y in (0.3, 2.0):
        g = weights @ (1 / (y + points)) + atom / y
        assert y * g + g / (1 + g / ratio) == pytest.approx(1, rel=1e-12)


class Powers:
    """A network of which the powers in degree two and above are given."""

    noise, digits_known, gaussian = 0.1, 14, False

    def __init__(self, second, above):
        self.second, self.above, self.target = second, above, asy.Target({2: 1, 3: 0.2})

    def tangent(self, d, degrees, digits, certified=False):
        powers = (0.0, 0.0, self.second)[: degrees + 1]
        total = self.second + self.above
        return Expansion(powers, total - sum(powers), total, d)

    def begun(self, d, degrees, digits=None):
        return None


@pytest.mark.parametrize(
    ("delta", "above", "test", "train"),
    [
        (1.3, 0.25, 2.3349405972732306, 0.171991662963621396),
        (1, 0, 1.63083323672510156, 0.142295775146842677),
    ],
)
def test_limit_values(delta, above, test, train):
    """n = delta d^2/2, half as many neurons as dimensions, ridge 0.01; the engine's numbers, and two quadratures."""
    model = TangentGivenWeights(Powers(1.0, above), 0.5)
    risk = asy.predict(model, asy.Proportional(psi2=delta / 2), 0.01)
    assert risk.test == pytest.approx(test, rel=3e-14) and risk.train == pytest.approx(train, rel=3e-14)
    assert asy.predict(model, asy.Proportional(psi2=delta / 2), 0.01, digits=13).test == pytest.approx(
        test, rel=1e-12
    )


@pytest.mark.parametrize(("ratio", "value"), [(0.5, 0.425558591245673982), (1.5, 0.112302418680432484)])
def test_population_limit(ratio, value):
    """sigma' = h_1 + h_2/2: what no number of samples teaches."""
    model = asy.NeuralTangentRidge("he2(x)/sqrt(2) + he3(x)/sqrt(12)", {2: 1})
    risk = asy.predict(model, asy.Polynomial(1, math.inf, theta1=ratio), 0)
    assert risk.test == pytest.approx(value, rel=1e-12) and WEIGHTS in risk.made_by["formula"]


QUADRATIC = [
    ((40, 451, 20), (1.402, 0.0036, 2.48)), ((40, 607, 20), (1.550, 0.0243, 3.029)),
    ((40, 820, 20), (1.0026, 0.0909, 2.036)), ((40, 1312, 20), (0.5403, 0.1863, 0.9725)),
    ((40, 1640, 10), (0.7465, 0.5174, 0.1932)),
]  # fmt: skip


@pytest.mark.parametrize(("sizes", "values"), QUADRATIC)
def test_quadratic_activations(sizes, values):
    d, n, p = sizes
    model = asy.NeuralTangentRidge("x**2/2", {2: 1}, "0.1")
    risk = asy.predict(model, asy.FiniteSize(d=d, n=n, p=p), 0.01)
    for name, value in zip(("test", "train", "norm"), values, strict=True):
        assert getattr(risk, name) == pytest.approx(value, rel=2e-2 if name == "train" else 1e-3)


def test_interpolation_ends_where_the_rank_does():
    """With a quadratic activation at pd - p(p-1)/2 samples, and not at pd."""
    model = asy.NeuralTangentRidge("x**2/2", {2: 1}, "0.1")
    d, p = 200, 100
    n = np.linspace(0.6, 1.1, 26) * p * d
    risk = asy.predict(model, asy.FiniteSize(d=d, n=np.round(n), p=p), 1e-6)
    assert n[np.argmax(risk.test)] == pytest.approx(p * d - p * (p - 1) / 2, rel=0.03)
    assert np.all(np.diff(risk.train) > -1e-9) and risk.train[0] < 1e-6 < risk.train[-1]


def test_the_staircase_in_neurons():
    """x^2 is learned as (1 - p/d)^2 says; independent features would say next to nothing is left."""
    kernel = asy.KernelRidge("t**2", target={2: 1})
    risk = asy.staircase(kernel, kappa=[1], d=[200], along="neurons", theta="1/2", ridge=1e-9)
    assert risk.test[0, 0] == pytest.approx(0.25, rel=1e-6) and WEIGHTS in risk.made_by["formula"]
    network = asy.NeuralTangentRidge("x**2/2", {2: 1})
    same = asy.staircase(network, kappa=[1], d=[200], along="neurons", theta="1/2", ridge=1e-9)
    # In finite dimension the network's kernel has a little power in degree zero besides.
    assert same.test[0, 0] == pytest.approx(0.25, rel=1e-2)
    with pytest.raises(asy.InputError, match="tangent kernel"):
        asy.staircase(asy.RandomFeaturesRidge("relu", {1: 1}), kappa=[1], d=[20], along="neurons")


def test_which_formula_answers_is_said():
    model = asy.NeuralTangentRidge("relu", {1: 1, 2: 1}, "0.1")
    few = asy.predict(model, asy.FiniteSize(d=40, n=190, p=20), 0.1)
    many = asy.predict(model, asy.FiniteSize(d=40, n=900, p=20), 0.1)
    assert BLOCKS in few.made_by["formula"] and WEIGHTS in many.made_by["formula"]
    both = asy.predict(model, asy.FiniteSize(d=40, n=[190, 900], p=20), 0.1)
    assert both.test == pytest.approx([few.test, many.test], rel=1e-14)
    assert BLOCKS in both.made_by["formula"] and WEIGHTS in both.made_by["formula"]
    many = asy.predict(model, asy.FiniteSize(d=40, n=900, p=[20, 30]), ["0.1", "0.2"], digits=12)
    plain = asy.predict(model, asy.FiniteSize(d=40, n=900, p=[20, 30]), [0.1, 0.2])
    assert [float(x) for x in many.test] == pytest.approx(plain.test.tolist(), rel=1e-11)


@pytest.mark.parametrize(
    ("options", "sizes", "flagged"),
    [
        ({"activation": "he3(x)"}, (40, 900, 20), True),
        ({"activation": "relu"}, (40, 900, 20), False),
        ({"activation": "x**2/2 + x/4"}, (40, 1312, 20), True),
        ({"activation": "x**2/2 + 4*x"}, (40, 1312, 20), False),
        ({"activation": "he3(x)"}, (40, 900, 60), True),
        ({"activation": "he3(x)"}, (40, 900, 600), False),
        ({"activation": "x**2/2", "second_layer": "gaussian"}, (40, 900, 20), True),
        ({"activation": "x**2/2", "second_layer": "gaussian"}, (40, 100, 400), False),
        ({"activation": "x**2/2", "layers": "both"}, (40, 900, 20), True),
        ({"activation": "relu", "layers": "both"}, (40, 900, 20), False),
    ],
)
def test_where_no_formula_is_trusted(options, sizes, flagged):
    d, n, p = sizes
    model = asy.NeuralTangentRidge(target={1: 1, 2: 1}, noise="0.1", **options)
    risk = asy.predict(model, asy.FiniteSize(d=d, n=n, p=p), 0.1)
    assert (risk.status == Status.UNTRUSTED) == flagged == ("caution" in risk.made_by)
    assert "simulate" in Status.UNTRUSTED.advice


def test_polynomial_scaling():
    model = asy.NeuralTangentRidge("he2(x)/sqrt(2)", {2: 1})
    below = asy.predict(model, asy.Polynomial("1/2", 3), 0)
    above = asy.predict(model, asy.Polynomial("3/2", 4), 0)
    assert below.test == pytest.approx(1) and above.test == pytest.approx(0, abs=1e-12)
    with pytest.raises(asy.InputError, match=r"2 or math\.inf"):
        asy.predict(model, asy.Polynomial(1, "5/2"), 0)
    with pytest.raises(asy.InputError, match="without a mean"):
        asy.predict(asy.NeuralTangentRidge("relu", {0: 1}), asy.Polynomial(1, 1), 0)
    # The target is in the span of d neurons, which d^2/2 samples determine.
    fewer, enough = asy.predict(model, asy.Polynomial(1, 2, theta2=["1/4", 1]), 0).test
    assert fewer > 0.1 and enough == pytest.approx(0, abs=1e-12)
    # As many neurons as dimensions: the norm grows without bound as the ridge vanishes, the error does vanish.
    square = asy.predict(model, asy.Polynomial(1, 2, theta1=[1, 1.1]), 0)
    assert square.status.tolist() == [Status.ILL_CONDITIONED, Status.LIMIT]
    assert square.test == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "allowed"), [((40, 820, 20), 0.04), ((40, 1312, 20), 0.03), ((40, 1640, 10), 0.03)]
)
def test_quadratic_activations_simulated(sizes, allowed):
    """Within three standard errors and a part that halves with twice the dimension; independent features are not."""
    d, n, p = sizes
    model = asy.NeuralTangentRidge("x**2/2", {2: 1}, "0.1")
    regime = asy.FiniteSize(d=d, n=n, p=p)
    found, risk = asy.simulate(model, regime, 0.01, trials=16, seed=2), asy.predict(model, regime, 0.01)
    assert abs(found.test.mean - risk.test) < 3 * found.test.standard_error + allowed * risk.test


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.5])
def test_moments_of_degree_two_are_those_of_pairings(ratio):
    """Of neurons by pairings with the most index loops, of degree two by two independent neurons: four of each."""
    (points, weights), _ = pair_law(ratio, 60)
    single = [1.0]
    for k in range(1, 5):
        planar = {key: count for key, count in graded_moments(k, False).items() if key[0] == k + 1}
        single.append(sum(count * ratio ** (1 - rows) for (_, rows, _, _), count in planar.items()))
        double = sum(math.comb(k, a) * single[a] * single[k - a] for a in range(k + 1)) / 2**k
        assert weights @ points**k == pytest.approx(double, rel=1e-12)
