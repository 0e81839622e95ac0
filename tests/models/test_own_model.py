"""Models that the package does not know: every question that can be asked of a model is asked of two of them.

Numbers are met by two other routes: fixed-point iterations written by hand in ``groups_minimum`` and
``penalties_minimum``, differentiated by complex steps, and experiments. The experiments have fixed seeds; with another
seed each raises a false alarm with probability at most one in a hundred.
"""

import inspect
import math
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import asymptotics as asy
from asymptotics.cli import main
from asymptotics.errors import AsymptoticsError, InputError
from asymptotics.prediction.risk import Risk
from tests.models import own_models
from tests.models.own_models import TwoGroups, TwoPenalties, two_penalties

FILE = Path(own_models.__file__)
FIRST = asy.Activation.from_coefficients(powers={1: "1/4"}, tail="0.09")
SECOND = asy.Activation.from_coefficients(powers={1: "0.64"}, tail="0.36")
PLAIN = TwoGroups(FIRST, SECOND, noise="0.3")
LEVELS = (Fraction(1, 2), Fraction(3, 2))
GROUPS = TwoGroups(FIRST, SECOND, LEVELS, (Fraction(1, 4), Fraction(3, 4)), "0.3")
SHARES = {"s": (0.5, 1.5), "T": (0.5, 0.5), "B": (0.25, 0.75)}
PENALTIES = TwoPenalties(ratio=3, noise="0.3")
PROPORTION = asy.Proportional(psi2="1.5", p1="1.2", p2="0.7")
SIZES = asy.FiniteSize(n=40, p=25)
QUESTIONS = ((GROUPS, PROPORTION), (PENALTIES, SIZES))
BOTH = pytest.mark.parametrize(("model", "regime"), QUESTIONS, ids=("groups", "penalties"))
PARTS = {"test", "bias", "variance", "train"}
STEP, ROUNDS = 1e-30j, 4000


def groups_minimum(lam, q=0.0, t=1.0, n=1.5, p=(1.2, 0.7), s=(1.0,), T=(1.0,), B=(1.0,)):
    """Minimum of the two groups' energy, per dimension: the noise and the target left by iteration."""
    s, T, B, p, mu, star = map(np.array, (s, T, B, p, (0.5, 0.8), (0.3, 0.6)))
    samples, weights = n * t + 0j, 1 + 0j
    for _ in range(ROUNDS):
        alpha = lam + (samples + q) * star**2
        inner = 1 / (1 / ((samples + q) * s) + weights)
        parts = p * mu**2 / (alpha + mu**2 * (T @ inner))
        spread = (star**2 / alpha * (p - parts * (T @ inner))).sum() + weights * (T @ inner) / (samples + q)
        samples, weights = (samples + n * t / (1 + t * spread)) / 2, (weights + parts.sum()) / 2
    return samples * 0.3 + B @ (1 / (1 / ((samples + q) * s) + weights))


def penalties_minimum(lam, q=0.0, shift=0.0, t=1.0, n=40, p=25):
    """Minimum of the two penalties' energy."""
    s, g, w = (
        np.array(v, dtype=float) for v in (PENALTIES.variances, PENALTIES.test_law, PENALTIES.penalties)
    )
    s, g, lam = np.append(s, 1 / p), np.append(g, 1 / p), lam * np.append(w, 3)
    counts, power, tau = np.append(np.ones(len(g) - 1), p), np.ones(len(g)), n * t + 0j
    for _ in range(ROUNDS):
        form = tau * s + q * s + shift * g
        tau = (tau + n * t / (1 + t * (counts @ (s / (form + lam))))) / 2
    form = tau * s + q * s + shift * g
    return tau * 0.3 + power @ (form * lam / (form + lam))


def slope(minimum, name, **values):
    """Derivative of a minimum in one of its arguments, to rounding."""
    return minimum(**{**values, name: values.get(name, 0) + STEP}).imag / STEP.imag


def close(value, expected, relative=1e-12):
    return math.isclose(float(value), float(expected), rel_tol=relative)


def code_lines(*parts):
    return sum(len([line for line in inspect.getsource(part).splitlines() if line.strip()]) for part in parts)


@pytest.mark.parametrize(
    "parts",
    [(own_models.two_groups, TwoGroups), (own_models.two_penalties, TwoPenalties)],
    ids=("groups", "penalties"),
)
def test_a_model_is_forty_lines(parts):
    assert code_lines(*parts) <= 40


def test_checkpoint_of_isotropic_inputs():
    risk = asy.predict(PLAIN, PROPORTION, ridge="0.1")
    assert close(risk.test, 0.88801388966496692, 1e-15) and close(risk.train, 0.0960364660305522, 1e-14)
    assert close(risk.bias + risk.variance, risk.test, 1e-15)


@pytest.mark.parametrize("ridge", [0.01, 0.1, 3.0])
def test_groups_against_an_iteration_by_hand(ridge):
    risk = asy.predict(GROUPS, PROPORTION, ridge=ridge)
    assert close(risk.test, slope(groups_minimum, "q", lam=ridge, q=0.0, **SHARES), 1e-11)
    assert close(risk.train, slope(groups_minimum, "t", lam=ridge, t=1.0, **SHARES) / 1.5, 1e-11)


@pytest.mark.parametrize("ridge", [0.01, 0.1, 3.0])
def test_penalties_against_an_iteration_by_hand(ridge):
    risk = asy.predict(PENALTIES, SIZES, ridge=ridge)
    assert close(risk.test, slope(penalties_minimum, "q", lam=ridge), 1e-11)
    assert close(risk.shifted, slope(penalties_minimum, "shift", lam=ridge), 1e-11)
    assert close(risk.train, slope(penalties_minimum, "t", lam=ridge, t=1.0) / 40, 1e-10)


def test_arrays_broadcast_and_hold_the_single_points():
    sizes = asy.Proportional(psi2=[[0.5], [1.5], [4.0]], p1=[1.2, 3.0], p2=0.7)
    risk = asy.predict(GROUPS, sizes, ridge=0.1)
    assert risk.test.shape == (3, 2) and (risk.status == asy.Status.SOLVED).all()
    alone = asy.predict(GROUPS, PROPORTION, ridge=0.1)
    assert close(risk.test[1, 0], alone.test, 1e-14)
    path = asy.predict(PENALTIES, asy.FiniteSize(n=[20, 40], p=25), ridge=[[0.1], [1.0], [0.0]])
    assert path.shifted.shape == (3, 2) and np.isfinite(path.shifted).all()
    assert close(path.shifted[0, 1], asy.predict(PENALTIES, SIZES, ridge=0.1).shifted, 1e-14)


@pytest.mark.parametrize(
    ("model", "regime", "ridge"),
    [
        (GROUPS, PROPORTION, "0.1"),
        (GROUPS, PROPORTION, 0),
        (PENALTIES, SIZES, "0.1"),
        (PENALTIES, SIZES, 0),
    ],
    ids=("groups", "groups without ridge", "penalties", "penalties without ridge"),
)  # fmt: skip
def test_three_accuracies_agree(model, regime, ridge):
    double = asy.predict(model, regime, ridge=ridge)
    digits = asy.predict(model, regime, ridge=ridge, digits=40)
    proved = asy.predict(model, regime, ridge=ridge, certified=True)
    assert double.status == digits.status == proved.status
    for name in ("test", "bias", "variance"):
        value, ball = getattr(digits, name), getattr(proved, name)
        assert close(getattr(double, name), value, 1e-13)
        assert abs(ball.mid - value) <= ball.rad + 1e-30 and float(ball.rad) < 1e-12 * float(value)


@BOTH
def test_ridge_zero_is_what_small_ridges_approach(model, regime):
    zero, small = (asy.predict(model, regime, ridge=ridge) for ridge in (0, 1e-10))
    assert zero.status == asy.Status.LIMIT and small.status == asy.Status.SOLVED
    assert close(zero.test, small.test, 1e-7) and zero.train < 1e-15  # more parameters than samples


def test_ridge_zero_with_more_samples_than_parameters():
    regime = asy.Proportional(psi2="2.5", p1="1.2", p2="0.7")
    zero, small = (asy.predict(GROUPS, regime, ridge=ridge) for ridge in (0, 1e-10))
    assert close(zero.test, small.test, 1e-7) and close(zero.train, small.train, 1e-7) and zero.train > 0.01


def test_without_ridge_a_fit_with_enough_samples_is_unbiased():
    double, exact = (
        asy.predict(PENALTIES, asy.FiniteSize(n=56, p=25), ridge=0, digits=k) for k in (None, 20)
    )
    assert exact.bias == 0 and close(exact.test, 0.3 * 55) and exact.status == asy.Status.LIMIT
    assert double.bias < 1e-12 and close(double.test, exact.test, 1e-12) and double.status == asy.Status.LIMIT


@pytest.mark.parametrize("accuracy", [{}, {"digits": 30}, {"certified": True}], ids=str)
def test_infinitely_many_features(accuracy):
    """Many random inputs act together as one more ridge and one more noise."""
    risk = asy.predict(PENALTIES, asy.FiniteSize(n=40), ridge="0.1", **accuracy)
    expected = slope(penalties_minimum, "shift", lam=0.1, p=10**11)
    assert close(getattr(risk.shifted, "mid", risk.shifted), expected, 1e-8)


def test_infinitely_many_samples():
    regime = asy.Proportional(psi2=math.inf, p1="1.2", p2="0.7")
    risk = asy.predict(GROUPS, regime, ridge_per_sample="0.1")
    expected = slope(groups_minimum, "q", lam=1e8, n=1e9, **SHARES)
    assert close(risk.test, expected, 1e-7) and risk.variance == 0


def test_a_limit_that_loses_the_ridge_is_refused():
    """Features of these groups are not divided by their number: beside infinitely many no ridge counts."""
    with pytest.raises(AsymptoticsError, match="infinite p1"):
        asy.predict(GROUPS, asy.Proportional(psi2=1, p1=math.inf, p2=1), ridge=0.1)


@pytest.mark.parametrize(
    ("model", "regime", "compared"),
    [
        (GROUPS, asy.FiniteSize(d=40, n=60, p1=[48, 80], p2=28), PARTS),
        (PENALTIES, asy.FiniteSize(n=40, p=[25, 80]), {*PARTS, "shifted"}),
    ],
    ids=("groups", "penalties"),
)
def test_agrees_with_its_experiment(model, regime, compared):
    """The experiment draws the matrices of the program; false alarms at a rate of at most 1 %."""
    estimate = asy.simulate(model, regime, ridge=0.5, trials=150, seed=2, progress=False)
    comparison = asy.compare(asy.predict(model, regime, ridge=0.5), estimate)
    assert comparison.agrees, str(comparison)
    assert {row["observable"] for row in comparison.rows()} == compared
    louder = asy.predict(replace(model, noise="0.4"), regime, ridge=0.5)
    assert not asy.compare(louder, estimate).agrees


@BOTH
def test_plot(model, regime):
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    risk = asy.predict(model, regime, ridge=np.geomspace(0.01, 10, 20))
    axes = asy.plot(risk, x="ridge")
    assert any(len(line.get_xdata()) == 20 for line in axes.get_lines())
    if model is PENALTIES:
        axes = asy.plot(risk, x="ridge", components=("shifted",))
        assert np.allclose(axes.get_lines()[0].get_ydata(), risk.shifted)


@BOTH
def test_optimal_ridge(model, regime):
    best = asy.optimal_ridge(model, regime)
    digits = asy.optimal_ridge(model, regime, digits=20)
    proved = asy.optimal_ridge(model, regime, digits=10, certified=True)
    assert close(best.value, digits.value, 1e-9) and close(best.risk.test, digits.risk.test, 1e-13)
    assert abs(proved.value.mid - digits.value) <= proved.value.rad + 1e-18 and proved.interior
    around = asy.predict(model, regime, ridge=[0.9 * best.value, 1.1 * best.value])
    assert (around.test > best.risk.test).all()


def test_gap_to_the_limit():
    """With given coefficients there is none; those of a function differ by 1/d from their limits."""
    exact = asy.finite_size_gap(GROUPS, PROPORTION, ridge=0.5, d=[30, 120])
    assert np.abs(exact.relative()).max() < 1e-12 and np.abs(exact.relative("train")).max() < 1e-12
    functions = TwoGroups("relu", "tanh", noise="0.3")
    gap = asy.finite_size_gap(functions, PROPORTION, ridge=0.5, d=[30, 120]).relative()
    assert 3 < gap[0] / gap[1] < 5


@BOTH
def test_series_are_refused_in_words(model, regime):
    with pytest.raises(InputError, match="one monotone equation"):
        asy.expand_risk(model, regime, small="ridge")


def test_features_of_one_kind_can_be_optimized():
    """The second model says which size counts features, the first has two."""
    assert asy.optimal_features(PENALTIES, SIZES, ridge=0.5).value >= 0
    with pytest.raises(InputError, match="features"):
        asy.optimal_features(GROUPS, PROPORTION, ridge=0.5)


@BOTH
@pytest.mark.parametrize("accuracy", [{}, {"digits": 30}, {"certified": True}], ids=str)
def test_written_and_read_back(model, regime, accuracy, tmp_path):
    risk = asy.predict(model, regime, ridge=["0.1", "1"], **accuracy)
    again = Risk.from_json(risk.to_json())
    assert again.made_by["model"] == risk.made_by["model"] and again.components == risk.components
    if accuracy.get("certified"):  # a ball is written with a radius that is rounded up
        assert all(abs(a.mid - b.mid) <= a.rad for a, b in zip(again.test, risk.test, strict=True))
    else:
        assert again == risk
    risk.to_csv(tmp_path / "risk.csv")
    text = (tmp_path / "risk.csv").read_text(encoding="utf-8")
    assert type(model).__name__ in text and model.theory.name in text and "variance" in text


def test_points_on_threads():
    with ThreadPoolExecutor(2) as executor:
        risk = asy.predict(PENALTIES, SIZES, ridge=["0.1", "1"], digits=25, executor=executor)
    alone = asy.predict(PENALTIES, SIZES, ridge="1", digits=25)
    assert risk.test[1] == alone.test


def run(command, *options):
    return CliRunner().invoke(main, [command, "--model", f"{FILE}:{options[0]}", *options[1:]])


GROUP_OPTIONS = ("--first", "relu", "--second", "tanh", "--noise", "0.3")


def test_command_line_predicts():
    options = ("TwoGroups", *GROUP_OPTIONS, "--psi2", "1.5", "--p1", "1.2", "--p2", "0.7", "--ridge", "0.1")
    result = run("predict", *options, "--json")
    assert result.exit_code == 0, result.output
    expected = asy.predict(TwoGroups("relu", "tanh", noise="0.3"), PROPORTION, ridge="0.1")
    assert str(float(expected.test)) in result.stdout


def test_command_line_compares():
    options = ("TwoPenalties", "--ratio", "3", "--noise", "0.3", "--n", "40", "--p", "25", "--ridge", "0.5")
    result = run("compare", *options, "--trials", "150", "--seed", "2")
    assert result.exit_code == 0, result.output
    assert "shifted" in result.stdout and "agrees" in result.stdout


def test_command_line_draws_a_curve(tmp_path):
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    options = ("TwoPenalties", "--ratio", "3", "--n", "40", "--p", "10:90:5", "--ridge", "0.5")
    result = run("curve", *options, "--out", str(tmp_path / "c.pdf"), "--csv", str(tmp_path / "c.csv"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "c.pdf").stat().st_size > 1000
    assert len((tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()) >= 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("TwoGroups", *GROUP_OPTIONS, "--psi2", "1", "--p1", "1", "--p2", "1", "--oops", "3"), "oops"),
        (("TwoGroups", "--first", "relu", "--psi2", "1", "--p1", "1", "--p2", "1"), "second"),
        (("TwoGroups", *GROUP_OPTIONS, "--psi2", "1", "--p1", "1"), "p2"),
        (("Nothing", "--n", "3"), "Nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_command_line_refuses_in_one_line(options, words):
    result = run("predict", *options)
    assert result.exit_code == 2
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and re.search(words, lines[0])


def variant(measure=GROUPS.measure, **theory):
    """The two groups with something changed."""
    equations = asy.Theory("two-groups", own_models.two_groups, **{"sizes": ("n", "p1", "p2"), **theory})

    @dataclass(frozen=True)
    class Variant(asy.Model):
        noise: str = "0.3"
        theory = equations
        has_dimension = True

        def measure(self, d):
            return measure(d)

    return Variant()


def constants(**changed):
    """The numbers of the two groups with some changed, or left out where None."""
    levels = {"s": (1,), "T": (1,), "B": (1,)}
    values = {"levels": levels, "first": FIRST, "second": SECOND, "noise": "0.3", "dim": 1, **changed}
    return lambda d: asy.Constants(**{name: value for name, value in values.items() if value is not None})


FINITE = {"d": 10, "n": 15, "p1": 12, "p2": 7}
REFUSED = {
    "a size that the theory forgot": (lambda: (variant(sizes=("n", "p1")), asy.Proportional(psi2=1, p1=1)), "p2"),
    "samples under another name": (lambda: (variant(sizes=("m", "p1", "p2")), PROPORTION), "samples"),
    "no such ridge": (lambda: (variant(ridge="lambda"), PROPORTION), "lambda"),
    "no noise": (lambda: (variant(constants(noise=None)), PROPORTION), "noise"),
    "no activation": (lambda: (variant(constants(second=None)), PROPORTION), "second_mu1"),
    "no such activation": (lambda: (variant(constants(first="rleu")), PROPORTION), "relu"),
    "no number": (lambda: (variant(constants(noise=float("nan"))), PROPORTION), "noise"),
    "no levels of one length": (
        lambda: (variant(constants(levels={"s": (1, 2), "T": (1,), "B": (1,)})), PROPORTION), "levels"
    ),
    "no multiplicities": (lambda: (variant(constants(levels={"s": (1,), "B": (1,)})), PROPORTION), "levels"),
    "a size that the regime forgot": (lambda: (GROUPS, asy.Proportional(psi2=1, p1=1)), "p2"),
    "a size too many": (lambda: (GROUPS, asy.Proportional(psi1=2, psi2=1, p1=1, p2=1)), "psi1"),
    "a misspelt size": (lambda: (GROUPS, asy.Proportional(psi2=1, p1=1, P2=1)), "P2"),
    "no dimension": (lambda: (GROUPS, asy.FiniteSize(**{**FINITE, "d": None})), "d = None"),
    "a dimension that is not asked for": (lambda: (PENALTIES, asy.FiniteSize(d=10, n=20, p=10)), "without d"),
    "no degrees": (lambda: (GROUPS, asy.Polynomial(1, 2)), "no degrees"),
    "half a feature": (lambda: (GROUPS, asy.FiniteSize(**{**FINITE, "p1": 12.5})), "p1"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_said_in_one_line(case):
    ask, word = REFUSED[case]
    with pytest.raises(InputError) as caught:
        asy.predict(*ask(), ridge=0.1)
    assert word in str(caught.value) and "\n" not in str(caught.value)
    assert asy.predict(variant(constants()), PROPORTION, ridge=0.1).status == asy.Status.SOLVED


@pytest.mark.parametrize("ridge", [-0.1, float("nan"), math.inf, "much"], ids=str)
def test_ridges_that_are_none(ridge):
    with pytest.raises(InputError, match="ridge"):
        asy.predict(GROUPS, PROPORTION, ridge=ridge)


def test_ridges_of_any_size():
    ridges = [1e-30, 1e-8, 1e8, 1e30]
    risk = asy.predict(GROUPS, PROPORTION, ridge=ridges)
    assert (risk.status == asy.Status.SOLVED).all()
    exact = asy.predict(GROUPS, PROPORTION, ridge=ridges, digits=20)
    assert all(close(a, b, 1e-12) for a, b in zip(risk.test, exact.test, strict=True))
    assert close(risk.bias[-1], 1.25, 1e-12)  # nothing is learned: the power of the target under the inputs


@pytest.mark.parametrize("accuracy", [{}, {"digits": 15}], ids=str)
def test_without_ridge_the_risk_diverges_at_as_many_samples_as_features(accuracy):
    threshold = asy.Proportional(psi2="1.9", p1="1.2", p2="0.7")
    risk = asy.predict(GROUPS, threshold, ridge=0, **accuracy)
    assert risk.status == asy.Status.DIVERGES and math.isinf(risk.test) and risk.train == 0
    assert asy.predict(GROUPS, threshold, ridge="1e-6", **accuracy).test < 1e6


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ({"sizes": ()}, "sizes"),
        ({"sizes": ("n", "n")}, "sizes"),
        ({"program": "two_groups"}, "program"),
        ({"program": lambda: None}, "program"),
        ({"sizes": ("n", "p", "q")}, "q = None"),
    ],
)
def test_theories_that_are_none(declared, name):
    class Other(asy.Model):
        noise = 0

        def measure(self, d):
            return asy.Constants(noise=0)

    with pytest.raises(InputError, match=name):
        Other.theory = asy.Theory(
            **{"name": "other", "program": two_penalties, "sizes": ("n", "p"), **declared}
        )
        asy.predict(Other(), asy.FiniteSize(n=20, p=10), 0.1)


@pytest.mark.parametrize("found", [None, {"noise": 1}, 3])
def test_a_measure_that_is_none(found):
    class Other(TwoPenalties):
        def measure(self, d):
            return found

    with pytest.raises(InputError, match="measure"):
        asy.predict(Other(), asy.FiniteSize(n=20, p=10), 0.1)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"noise": -0.3}, "noise"),
        ({"target": {1: 1}, "other": {1: 2}}, "other"),
        ({"levels": {"T": [1]}}, "levels"),
        ({"levels": {"s": [], "T": []}}, "s = "),
        ({"levels": {"s": 1, "T": [1]}}, "s = "),
        ({"levels": {"s": [1, 2], "T": [1]}}, "levels"),
    ],
)
def test_constants_that_are_none(values, name):
    with pytest.raises(InputError, match=name):
        asy.Constants(**values)


def test_what_a_measure_lacks_is_named():
    class Bare(TwoPenalties):
        def measure(self, d):
            return asy.Constants(noise=0)

    with pytest.raises(InputError, match=r"measure = .*a number for it"):
        asy.predict(Bare(), asy.FiniteSize(n=20, p=10), 0.1)
