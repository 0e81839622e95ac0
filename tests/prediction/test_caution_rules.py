"""Reasons not to trust an answer: where each of them is said, beside where it is not."""

from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from asymptotics.errors import SolverError
from asymptotics.models.quantities import D
from asymptotics.prediction import cautions
from asymptotics.prediction.accuracy import Columns
from asymptotics.prediction.cautions import answer_parts, cautioned, doubted
from asymptotics.solvers.solution import Status

WORDS = {status.value: str(status) for status in Status}


def columns(*statuses, values=None, said=(), noise=0.1, chart="c", evidence=("e",)):
    count = len(statuses)
    table = {"test": np.arange(count) + 1.0, "effective_ridge": np.full(count, 0.5), **(values or {})}
    return Columns(
        table, np.array(statuses, np.int8), np.arange(count) + 10.0, (chart,), noise, evidence, said
    )


def words(found):
    return [WORDS[int(status)] for status in found.status]


EVERY = [status for status in Status]


def test_marks_are_put_where_there_are_right_values_and_a_reason():
    given = columns(*EVERY)
    found = cautioned(given, "why")
    changed = [a.name for a, b in zip(EVERY, found.status, strict=True) if b != a]
    assert changed == ["SOLVED", "LIMIT"] and found.status.dtype == np.int8 and found.cautions == ("why",)
    assert cautioned(given, "") is given and cautioned(given, "why", np.zeros(9, bool)) is given
    two = cautioned(columns(0, 0, 1, said=("first",)), "why", np.array([False, True, True]))
    assert words(two) == ["solved", "untrusted", "untrusted"] and two.cautions == ("first", "why")
    assert cautioned(two, "first").cautions == ("first", "why")
    assert two.said == {"caution": "first; why"} and given.said == {}


class Model(Namespace):
    """Doubts what it is told to, and tells what it was asked."""

    def doubts(self, sizes, ridge, values):
        self.asked = sizes, ridge, values
        return self.reasons


def request(*, reasons=None, count=3, **changes):
    model = Model(
        theory=Namespace(samples="n"), reasons=reasons or {}, warns=True, only_ridge="", answered_by=()
    )
    given = {
        "model": model, "count": count, "per_sample": False, "ridge": np.full(count, 2.0), "dimension": None,
        "sizes": {"n": np.arange(count) + 3.0}, "caution": "", "itself": True,
    }  # fmt: skip
    made = Namespace(**{**given, **changes})
    made.at = lambda where, ridge: (where.tolist(), ridge.tolist())
    return made


class Answering:
    """An accuracy whose answers are given."""

    def __init__(self, given):
        self.given = given

    def answer(self, asked, executor=None):
        return self.given(asked)

    def answers(self, asked, executor=None):
        return [self.given(one) for one in asked]


def part(asked, where=None, caution=""):
    return Namespace(request=asked, where=where, caution=caution)


def test_parts_are_put_where_their_points_are():
    whole, one, two = request(), request(count=2), request(count=1)
    answers = {
        id(one): columns(0, 1, noise=0.5, said=("s",)),
        id(two): columns(0, chart="d", evidence=("f", "e")),
    }
    accuracy = Answering(lambda asked: answers[id(asked)])
    found = answer_parts(whole, [part(one, np.array([2, 0])), part(two, np.array([1]), "odd")], accuracy)
    assert found.values["test"].tolist() == [2, 1, 1] and found.condition.tolist() == [11, 10, 10]
    assert words(found) == ["limit", "untrusted", "solved"] and found.charts == ("c", "d")
    assert found.evidence == ("e", "f") and found.cautions == ("s", "odd") and found.noise == 0.1
    some = answer_parts(request(count=1), [part(two, np.array([0]))], accuracy)
    assert some.values["test"].tolist() == [1]
    answers[id(whole)] = columns(0, 0, 1)
    assert answer_parts(whole, [part(whole)], accuracy) is answers[id(whole)]
    assert words(answer_parts(whole, [part(whole, caution="odd")], accuracy)) == ["untrusted"] * 3
    twice = answer_parts(whole, [part(whole), part(two, np.array([1]))], accuracy)
    assert twice.values["test"].tolist() == [1, 1, 3]


def test_the_model_that_answers_says_what_it_doubts():
    """One that others hand points to is asked; the one that was asked itself is asked once, by who asked."""
    quiet = request(reasons={"why": np.array([True, False])}, count=2)
    quiet.model.warns = False
    accuracy = Answering(lambda asked: columns(0, 0))
    found = answer_parts(request(count=2), [part(quiet)], accuracy)
    assert words(found) == ["untrusted", "solved"] and found.cautions == ("why",)
    assert words(answer_parts(quiet, [part(quiet)], accuracy)) == ["solved", "solved"]


def test_doubts_are_warned_of_where_they_hold():
    where = np.array([False, True, False])
    with pytest.warns(UserWarning, match="why") as told:
        found = doubted(request(reasons={"why": where, "other": where & False}), columns(0, 0, 0))
    assert len(told) == 1 and words(found) == ["solved", "untrusted", "solved"] and found.cautions == ("why",)
    assert words(doubted(request(caution="asked"), columns(0, 1, 2))) == [
        "untrusted",
        "untrusted",
        "diverges",
    ]


def test_what_a_model_is_asked():
    """Ridges of the sum over the samples, dimensions by their name, and doubles whatever the answer is in."""
    balls = np.array([Namespace(mid=3.5), 2, Namespace(mid="1.5")], dtype=object)
    asked = request(per_sample=True, dimension=np.array([20, 30, 40]), ridge=np.array([2.0, 0.0, 1.0]))
    asked.sizes["n"][1] = np.inf
    doubted(asked, columns(0, 0, 0, values={"train": balls}))
    sizes, ridge, values = asked.model.asked
    assert ridge.tolist() == [6, 0, 5] and sizes[D.name].tolist() == [20, 30, 40]
    assert values["train"].tolist() == [3.5, 2, 1.5] and values["test"].tolist() == [1, 2, 3]
    plain = request()
    doubted(plain, columns(0, 0, 0))
    assert plain.model.asked[1].tolist() == [2, 2, 2] and D.name not in plain.model.asked[0]


@pytest.mark.parametrize(
    ("changes", "sizes", "marked"),
    [
        ({}, 0.1, [0, 1]), ({}, 0.0999, []), ({}, [0.0, 0.2], [1]), ({}, np.nan, []),
        ({"dimension": np.array([9, 9, 9])}, 0.5, []), ({"dimension": None}, 0.5, []), ({"itself": False}, 0.5, []),
        ({"ridge": np.array([-1.0, 0.0, 1.0])}, [0.5], [1]),
    ],
)  # fmt: skip
def test_few_dimensions_and_a_large_next_order(monkeypatch, changes, sizes, marked):
    """In eight and fewer, from a tenth of the error on, at ridges from zero on."""
    asked, seen = request(**{"dimension": np.array([3, 8, 9]), **changes}), []

    def orders(given):
        seen.append(given)
        return None, Namespace(trust=Namespace(size=np.array(sizes)))

    monkeypatch.setattr(cautions, "ask_next_order", orders)
    found = doubted(asked, columns(0, 0, 0))
    assert [place for place in range(3) if found.status[place] == Status.UNTRUSTED] == marked
    assert (
        ("few dimensions" in "".join(found.cautions)) and "of 10 % and more" in found.cautions[0]
    ) == bool(marked)
    few = asked.dimension is not None and asked.itself and min(asked.dimension) <= 8
    assert seen == (
        [([0, 1], [2, 2])] if few and not np.any(asked.ridge < 0) else [([1], [0])] if few else []
    )


def test_no_next_order_is_no_reason(monkeypatch):
    def fail(given):
        raise SolverError("none")

    monkeypatch.setattr(cautions, "ask_next_order", fail)
    for change in ({}, {"only_ridge": "none"}, {"answered_by": ("others",)}):
        asked = request(dimension=np.array([3, 8, 9]))
        for name, value in change.items():
            setattr(asked.model, name, value)
        assert words(doubted(asked, columns(0, 0, 0))) == ["solved"] * 3
        monkeypatch.setattr(
            cautions, "ask_next_order", lambda given: (None, Namespace(trust=Namespace(size=1.0)))
        )
    assert words(doubted(request(dimension=np.array([3, 8, 9])), columns(0, 0, 0))) == [
        "untrusted",
        "untrusted",
        "solved",
    ]
