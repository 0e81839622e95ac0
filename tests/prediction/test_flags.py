"""Where doubles are flagged, and what a flag is taken back for: against numbers of many digits."""

import math
from fractions import Fraction
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.prediction import accuracy, evaluate
from asymptotics.prediction.plans import plan
from asymptotics.prediction.points import in_chart
from asymptotics.prediction.precise import evaluate_precisely
from asymptotics.prediction.requests import read_request
from asymptotics.solvers.solution import Status

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/2"}, noise="1/2")
EPS = float(np.finfo(float).eps)

# Equal sizes, a limit nearly at equal sizes, plain, a limit, a small ridge nearly at equal sizes.
PSI1, PSI2, RIDGE = [2.1, 2.1 + 1e-7, 3, 3.3, 2.1 + 1e-7], [2.1, 2.1, 2, 2.1, 2.1], [1e-14, 0, 0.1, 0, 1e-14]
WORDS = ["solved", "ill_conditioned", "solved", "limit", "ill_conditioned"]


def moved_precisely(request, piece, **moves):
    """Sum of relative changes of the observables when coordinates of the chart move, in 40 digits."""
    sizes, ridge, _ = next(request.exact_rows())
    point = in_chart(piece.chart, sizes, ridge, False)
    new = point.with_coordinates(
        **{name: move(Fraction(point.coordinates[name])) for name, move in moves.items()}
    )
    old, new = (evaluate_precisely(piece.equations.measure, p, 40).values for p in (point, new))
    names = [o.name for o in piece.chart.system.observables if old[o.name]]
    return sum(abs(float(new[name] / old[name] - 1)) for name in names)


@pytest.mark.parametrize(
    ("psi1", "psi2", "ridge"),
    [(2.1 + 1e-6, 2.1, 1e-9), (2.1, 2.1 + 1e-7, 0.0), (2.1, 2.1 + 1e-5, 1e-11), (2.1, 2, 1e-9)],
)
def test_the_measured_loss_is_what_a_rounding_of_the_sizes_does(psi1, psi2, ridge):
    request = read_request(MODEL, asy.Proportional(psi1, psi2), ridge, None)
    (piece,) = plan(request)
    where = np.array([0])
    values = evaluate._solve_block(piece.chart, piece.points, piece.data)[0]
    found = evaluate._measured_loss(piece.chart, piece.points, values, where, piece.data)
    expected = moved_precisely(request, piece, gap=lambda value: value + Fraction(EPS))
    if min(psi1, psi2) != 2:  # a whole number is meant exactly
        name = "psi2" if psi2 < psi1 else "psi1"
        expected += moved_precisely(request, piece, **{name: lambda value: value * (1 + Fraction(EPS))})
    assert found == pytest.approx([expected], rel=2e-3, abs=1e-14)


def test_flags_of_many_points(monkeypatch):
    """The same alone, in blocks of two, and with few levels at a time; right where they are not flagged."""
    regime = asy.Proportional(PSI1, PSI2)
    risk = asy.predict(MODEL, regime, ridge=RIDGE)
    assert risk.status.words.tolist() == WORDS
    digits = asy.predict(MODEL, regime, ridge=RIDGE, digits=25)
    right = risk.status != Status.ILL_CONDITIONED
    assert risk.test[right] == pytest.approx(digits.test[right].astype(float), rel=1e-11)
    assert risk.test == pytest.approx(digits.test.astype(float), rel=1e-7)
    for name, value in (("BLOCK", 2), ("_MOST", 2)):
        with monkeypatch.context() as patch:
            patch.setattr(evaluate, name, value)
            again = asy.predict(MODEL, regime, ridge=RIDGE)
        assert again.status.words.tolist() == WORDS and again.test.tolist() == risk.test.tolist()
    at_finite = asy.FiniteSize(d=20, n=[30, 40, 50], p=[70, 60, 50])
    whole = asy.predict(MODEL, at_finite, ridge=0.1)
    monkeypatch.setattr(evaluate, "_MOST", 1)
    assert asy.predict(MODEL, at_finite, ridge=0.1).test.tolist() == whole.test.tolist()


@pytest.mark.parametrize(("loss", "harmless"), [(1e-10, True), (1.01e-10, False), (math.inf, False)])
def test_a_flag_is_taken_back_for_a_measured_loss_up_to_its_bound(monkeypatch, loss, harmless):
    monkeypatch.setattr(
        evaluate, "_measured_loss", lambda chart, points, *_: np.full(points.size.shape, loss)
    )
    risk = asy.predict(MODEL, asy.Proportional(2.1 + 1e-7, 2.1), ridge=[0, 0.1, 1e-14])
    assert risk.status.words.tolist() == (
        ["limit", "solved", "solved"] if harmless else ["ill_conditioned", "solved", "ill_conditioned"]
    )
    monkeypatch.setattr(evaluate, "BLOCK", 2)
    risk = asy.predict(MODEL, asy.Proportional(PSI1, PSI2), ridge=RIDGE)
    assert risk.status.words.tolist() == (
        ["solved", "limit", "solved", "limit", "solved"] if harmless else WORDS
    )


def test_statuses_at_ridge_zero_and_below():
    risk = asy.predict(MODEL, asy.Proportional([2, 3, 2], 2), ridge=0)
    assert risk.status.words.tolist() == ["diverges", "limit", "diverges"]
    assert np.isinf(risk.test[[0, 2]]).all() and risk.train.tolist() == [0, 0, 0]
    linear = asy.RandomFeaturesRidge("x", {1: 1}, noise="1/2")
    risk = asy.predict(
        linear, asy.Proportional(5, [3, 1, 0.5]), ridge=0
    )  # rank below, at and above the samples
    assert risk.status.words.tolist() == ["limit", "diverges", "limit"]
    assert risk.test[0] == pytest.approx(0.5 / 2)
    spectrum = asy.SpectralRidge([51, 1], target=[5, 0], multiplicities=[1, 499], noise=1)
    risk = asy.predict(spectrum, asy.FiniteSize(n=40), ridge=[-300, -100, -50, 0, 50])
    assert risk.status.words.tolist() == ["below_edge", "solved", "solved", "limit", "solved"]
    assert risk.test[1:] == pytest.approx([0.299230985, 0.289450086, 0.296047458, 0.311926800], rel=1e-8)
    assert np.isnan(risk.test[0])
    digits = asy.predict(spectrum, asy.FiniteSize(n=40), ridge=[-300, 0, 50], digits=12)
    assert digits.status.words.tolist() == ["below_edge", "limit", "solved"]
    proof = asy.predict(MODEL, asy.Proportional(3, 2), ridge=[0, 1], certified=True)
    assert proof.status.words.tolist() == ["limit", "solved"]


@pytest.mark.parametrize(
    ("size", "order", "nu", "least"), [(3.0, 2, 6.0, 0.5), (0.0, 2, 6.0, 0.5), (1.0, 3, 2.0, 4.0)]
)
def test_truncation_is_a_power_of_what_is_left_over_the_effective_ridge(size, order, nu, least):
    problem = Namespace(traces=("t1", "t2"), master="nu")
    values = {"t1": np.array([least]), "t2": np.array([least + 1]), "nu": np.array([nu])}
    found = evaluate.truncation_error(problem, values, Namespace(truncation=(size, order)))
    assert np.ravel(found).tolist() == [(size / nu) ** order / least]


EQUATIONS = Namespace(vanishing={"norm"})


@pytest.mark.parametrize(
    ("name", "power", "expected"),
    [("test", None, 5), ("test", Fraction(0), 5), ("test", Fraction(-1, 2), 0), ("test", Fraction(1, 2), math.inf),
     ("norm", None, 0), ("norm", Fraction(1), 0)],
)  # fmt: skip
def test_what_a_limit_has_lost_or_made_infinite(name, power, expected):
    powers = {} if power is None else {"test": power, "norm": power}
    assert accuracy._limited(name, 5, EQUATIONS, powers, 0, math.inf) == expected


@pytest.mark.parametrize(
    ("vanishing", "status"), [(-1, Status.BELOW_EDGE), (0, Status.NOT_CONVERGED), (1, Status.NOT_CONVERGED)]
)
def test_digits_that_are_not_found_are_no_numbers(monkeypatch, vanishing, status):
    request = read_request(MODEL, asy.Proportional(2, 3), "1/10", None)
    (item,) = accuracy._items(request)
    other = Namespace(chart=item.point.chart, vanishing=vanishing)
    item = accuracy._Item(other, item.equations, item.powers)

    def fail(error):
        def failing(*given):
            raise error("no")

        monkeypatch.setattr(accuracy, "evaluate_precisely", failing)
        return accuracy.Digits(20).value(item)

    found = fail(SolverError)
    assert (found.status, found.condition) == (status, math.inf)
    assert all(math.isnan(value) for value in found.values.values()) and "test" in found.values
    with pytest.raises(PrecisionError):
        fail(PrecisionError)


def test_digits_are_read():
    most = accuracy.MOST_DIGITS
    assert most == 10000 and accuracy.read_accuracy(np.int64(1), False) == accuracy.Digits(1)
    assert accuracy.read_accuracy(most, True) == accuracy.Proved(most)
    assert accuracy.read_accuracy(20, False, known=20) == accuracy.Digits(20)
    for digits in (0, -1, most + 1, True, 2.0, "20", math.nan):
        with pytest.raises(InputError, match="digits"):
            accuracy.read_accuracy(digits, False)
    with pytest.raises(InputError, match="at most 20 for this model"):
        accuracy.read_accuracy(21, False, known=20)
