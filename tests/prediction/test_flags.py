"""Where doubles are flagged, and what a flag is taken back for: against numbers of many digits."""

import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError, PrecisionError, SolverError
from asymptotics.lowering.balls import Ball
from asymptotics.prediction import accuracy, evaluate, pieces
from asymptotics.prediction.limit_charts import LimitChart
from asymptotics.prediction.plans import plan
from asymptotics.prediction.points import in_chart
from asymptotics.prediction.precise import PointValue, evaluate_precisely
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


@pytest.mark.parametrize("psi2", [1 + 1e-7, 1 - 1e-6])
def test_the_measured_loss_near_the_rank(psi2):
    """Of a linear kernel, where the only size is what is rounded, and of linear features, where the gap is as well."""
    for model, regime in (
        (asy.KernelRidge("t", {1: 1}, "1/2"), asy.Proportional(psi2=psi2)),
        (asy.RandomFeaturesRidge("x", {1: 1}, "1/2"), asy.Proportional(5, psi2)),
    ):
        request = read_request(model, regime, 1e-14, None)
        (piece,) = plan(request)
        values = evaluate._solve_block(piece.chart, piece.points, piece.data)[0]
        found = evaluate._measured_loss(piece.chart, piece.points, values, np.array([0]), piece.data)
        (name,) = [
            s.name for s, e in piece.chart.coordinates.items() if e.free_symbols == {piece.chart.slack}
        ]
        expected = moved_precisely(request, piece, **{name: lambda value: value * (1 + Fraction(EPS))})
        if piece.points.gap_rounded[0]:
            expected += moved_precisely(request, piece, gap=lambda value: value + Fraction(EPS))
        assert expected > 1e-10 and found == pytest.approx([expected], rel=1e-2)


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
    digits = asy.predict(MODEL, asy.Proportional([2, 3, 2], 2), ridge=0, digits=20)
    assert (
        risk.effective_ridge == pytest.approx(digits.effective_ridge.astype(float))
        and min(risk.effective_ridge) > 0
    )
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


def test_numbers_of_a_proof_are_balls():
    third = accuracy.Proved(20).number(Fraction(1, 3))
    assert isinstance(third, Ball) and third.contains(Fraction(1, 3)) and third.rad < 1e-19
    assert accuracy.Proved(20).number(third) is third


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


def test_one_answer_in_three_accuracies():
    """Models of one equation and of several, labels of two classes, components that are zero in a limit."""
    groups = [asy.Group("relu", share="1/2"), asy.Group("tanh", share="1/2")]
    several = asy.RandomFeaturesRidge(groups=groups, target={1: 1}, noise="1/10")
    classes = asy.RandomFeaturesRidge("relu", asy.SignTarget(), noise=0)
    kernel = asy.KernelRidge("exp(t)", {1: 1}, "1/10")
    for model, regime in (
        (several, asy.Proportional(2, 3)), (classes, asy.Proportional([2, 3], 3)),
        (kernel, asy.Proportional(psi2=[2, 3])),
    ):  # fmt: skip
        double, digits = (asy.predict(model, regime, ridge="1/10", **how) for how in ({}, {"digits": 20}))
        assert np.all(double.status == Status.SOLVED) and np.all(digits.status == Status.SOLVED)
        for name in (*double.components, "effective_ridge", "degrees_of_freedom"):
            exact = np.asarray(getattr(digits, name)).astype(float)
            assert getattr(double, name) == pytest.approx(exact, rel=1e-10), name
        assert ("continued from infinite ridge" in digits.made_by.get("evidence", "")) == (model is several)
    assert digits.norm_per_feature.tolist() == [0, 0]


class Fixed(accuracy._Pointwise):
    """Answers that are given."""

    digits = 20

    def value(self, item):
        return PointValue(
            {"test": item.powers["answer"], "nu": 1}, item.point.status, 2.0, item.point.evidence
        )

    def number(self, value):
        return float(value)


def test_statuses_of_single_points(monkeypatch):
    """Slow limits are told where there are values to mark; evidence is said once; an executor changes nothing."""
    given = [
        (True, Status.SOLVED, "a"),
        (True, Status.LIMIT, ""),
        (True, Status.DIVERGES, "b"),
        (False, Status.LIMIT, "a"),
    ]

    def items(request):
        for place, (slow, status, evidence) in enumerate(given):
            point = Namespace(chart=place, status=status, evidence=evidence)
            yield Namespace(
                point=point, equations=Namespace(slow=slow, vanishing=(), charts=()), powers={"answer": place}
            )

    monkeypatch.setattr(accuracy, "_items", items)
    request = read_request(MODEL, asy.Proportional([2, 3, 4, 5], 3), 1, None)
    with ThreadPoolExecutor(2) as pool:
        for found in (Fixed().answer(request), Fixed().answer(request, pool)):
            assert [Status(s).name for s in found.status] == ["SLOW_LIMIT", "SLOW_LIMIT", "DIVERGES", "LIMIT"]
            assert found.evidence == ("a", "b") and found.condition.tolist() == [2] * 4
            assert (
                found.values["test"].tolist() == [0, 1, 2, 3]
                and found.values["effective_ridge"].tolist() == [1] * 4
            )
            assert found.values["norm"].tolist() == [0] * 4 and found.charts == (0, 1, 2, 3)


def test_charts_of_several_unknowns_are_taken_to_infinite_sizes(monkeypatch):
    asked = []
    monkeypatch.setattr(accuracy, "is_scalar", lambda chart: False)
    monkeypatch.setattr(
        accuracy, "at_infinite_sizes", lambda chart, sizes: asked.append(sizes) or LimitChart(chart, {})
    )
    request = read_request(MODEL, asy.Proportional([2, math.inf, 4], [3, 2, math.inf]), None, 1)
    list(accuracy._items(request))
    assert asked == [frozenset(), frozenset({"p"}), frozenset({"n"})]


def retried(monkeypatch, status, limit, fails=()):
    """Statuses and values after a second try in digits, and at which places it was made."""
    tried = []

    def solve(measure, point, how):
        tried.append(point)
        if point in fails:
            raise SolverError("no")
        return Namespace(status=Status.LIMIT, unknowns={"nu": 7}, observables={"test": 5, "other": 6})

    monkeypatch.setattr(pieces, "in_chart", lambda chart, sizes, ridge, per_sample: sizes)
    monkeypatch.setattr(pieces, "solve_general_point", solve)
    rows = [(place, 0, None) for place in range(len(status))]
    piece = Namespace(
        points=Namespace(limit=np.array(limit)),
        where=np.arange(len(status)),
        chart=None,
        equations=Namespace(measure=None),
    )
    values, status = {"test": np.zeros(len(status)), "nu": np.zeros(len(status))}, np.array(status)
    pieces._retry(Namespace(exact_rows=lambda: rows, per_sample=False), piece, values, status)
    return tried, status.tolist(), values


def test_limits_out_of_the_reach_of_doubles_are_tried_again(monkeypatch):
    bad, good = Status.NOT_CONVERGED, Status.SOLVED
    tried, status, values = retried(monkeypatch, [bad, good, bad, bad], [True, True, False, True], fails={3})
    assert tried == [0, 3] and status == [Status.LIMIT, good, bad, bad]
    assert values["test"].tolist() == [5, 0, 0, 0] and values["nu"].tolist() == [7, 0, 0, 0]
    for count, made in ((200, 200), (201, 0)):
        assert len(retried(monkeypatch, [bad] * count, [True] * count)[0]) == made
    seen = []
    monkeypatch.setattr(pieces, "is_scalar", lambda chart: False)
    monkeypatch.setattr(pieces, "solve_general", lambda *given: ({}, np.array([bad]), np.array([1.0])))
    monkeypatch.setattr(pieces, "_retry", lambda *given: seen.append(given))
    pieces.solve_piece(None, Namespace(chart=None, points=None, data=None))
    assert len(seen) == 1


def test_what_does_not_fit_is_refused_before_any_work(monkeypatch):
    monkeypatch.setenv("ASYMPTOTICS_MEMORY_GB", "1e-6")
    assert asy.predict(MODEL, asy.Proportional(2, 3), ridge=1).status == Status.SOLVED
    with pytest.raises(InputError, match="an answer in digits"):
        asy.predict(MODEL, asy.Proportional(2, 3), ridge=1, digits=20)
    monkeypatch.setenv("ASYMPTOTICS_MEMORY_GB", "1e-4")
    assert asy.predict(MODEL, asy.Proportional(2, 3), ridge=np.ones(100)).test.size == 100
    with pytest.raises(InputError, match="an answer in digits"):
        asy.predict(MODEL, asy.Proportional(2, 3), ridge=np.ones(100), digits=20)
    with pytest.raises(InputError, match="digits="):
        asy.predict(MODEL, asy.Proportional(2, 3), ridge="1e-400")
    with pytest.raises(InputError, match="digits="):
        accuracy.Doubles().answer_piecewise(read_request(MODEL, asy.Proportional(2, 3), "1e-400", None))
