"""What the next order says of itself begins where it is said to begin."""

import math

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.prediction.next_order import NextOrder, Ordered, Trust


def orders(*terms, leading=1.0, sixth=0.0, freedom=math.inf):
    """A next order of one error, beside a part of it that has no correction."""
    tables = {str(place): {"test": term, "bias": 0.0 * np.abs(term)} for place, term in enumerate(terms)}
    return NextOrder({"test": leading, "bias": leading / 4}, tables, sixth, ("test", "bias"), freedom=freedom)


LARGE, CANCELS, SIXTH = "15 % and more", "cancel", "sixth cumulant"


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (orders(0.1499), ()), (orders(0.15), (LARGE,)), (orders(-0.15), (LARGE,)), (orders(0.1, 0.05), (LARGE,)),
        (orders(0.29, leading=2.0), ()), (orders(0.29, leading=-2.0), ()), (orders(math.nan), (LARGE,)),
        (orders(0.0, leading=0.0), ()), (orders(0.1, leading=0.0), (LARGE,)),
        (orders(0.0, freedom=3.0), ()), (orders(0.0, freedom=2.999), (LARGE,)),
        (orders(0.0, freedom=np.array([5.0, 1.0])), (LARGE,)), (orders(np.array([0.0, 0.2])), (LARGE,)),
        (orders(2**-5, -(2**-6)), ()), (orders(2**-5, -(2**-6) - 2**-20), (CANCELS,)),
        (orders(np.array([0.03, 0.03]), np.array([-0.02, 0.0])), (CANCELS,)),
        (orders(0.0049, -0.0049), ()), (orders(0.0051, -0.0051), (CANCELS,)),
        (orders(0.0, sixth=0.1), ()), (orders(0.0, sixth=0.1001), (SIXTH,)),
        (orders(0.15, -0.3, sixth=1.0), (LARGE, SIXTH)),
    ],
)  # fmt: skip
def test_advice_begins_where_it_says(found, advice):
    trust = found.trust
    assert len(trust.advice) == len(advice) and trust.good == (not advice)
    assert all(words in said for words, said in zip(advice, trust.advice, strict=True))


def test_numbers_of_trust():
    trust = orders(0.3, -0.1, leading=2.0).trust
    assert (trust.size, trust.cancellation) == pytest.approx((0.1, 2.0))
    assert (
        orders(0.75, -0.25, leading=100.0).trust.cancellation == 1
    )  # a hundredth of the error does not count
    assert orders(0.76, -0.25, leading=100.0).trust.cancellation == pytest.approx(1.01 / 0.51)
    hidden = NextOrder({"test": 1.0}, {"a": {"test": math.nan, "bias": 0.0}}, 0.0, ("test", "bias"))
    assert math.isnan(hidden.trust.size) and not hidden.trust.good
    assert str(Trust(0.5, 1, 0, ("mind",))) == "the next order changes errors by up to 50 %; mind"
    assert str(Trust(np.array([]), 1, 0)).endswith(" 0 %")
    assert str(Trust(np.array([math.nan, 0.0214]), 1, 0)).endswith(" 2.1 %")


def test_the_correction_is_every_term():
    found = orders(0.5, 0.25, 2.0)
    assert found.correction == {"test": 2.75, "bias": 0.0}
    doubled = found.each(lambda column: 2 * column)
    assert doubled.correction == {"test": 5.5, "bias": 0.0} and doubled.leading == {"test": 2.0, "bias": 0.5}
    assert doubled.freedom == math.inf and doubled.errors == found.errors


class Asked(Ordered):
    def __init__(self, next_order, test=1.0, train=1.0, **parameters):
        self.next_order, self.test, self.train, self.parameters = next_order, test, train, parameters


def test_values_have_the_next_order_where_it_is_not_too_large():
    asked = [Asked(orders(size, freedom=freedom)) for size, freedom in
             ((0.1, 3.0), (0.15, 3.0), (0.1, 2.9), (np.array([0.1, 0.2]), 5.0),
              (0.1, np.array([5.0, 2.0])))]  # fmt: skip
    assert [one.order for one in asked] == [1, 0, 0, 0, 0] and Asked(lambda: orders(0.1)).order == 0
    assert Asked(lambda: orders(0.1)).correction["test"] == 0.1
    assert set(Asked(orders(0.1, 0.2)).pieces) == {"leading", "0", "1"}
    for none in (None, lambda: None):
        with pytest.raises(InputError, match="order"):
            Asked(none).orders  # noqa: B018


@pytest.mark.parametrize(
    ("test", "train", "d", "told"),
    [(1.0, 1e-6, 8, True), (1.0, 1.01e-6, 8, False), (1.0, 0.0, 9, False), (0.0, 0.0, 3, False),
     (2.0, 0.0, None, False),
     (np.array([1.0, 1.0]), np.array([0.5, 0.0]), np.array([3, 9]), False), (1.0, 0.0, np.array([20, 3]), True)],
)  # fmt: skip
def test_interpolation_in_few_dimensions(test, train, d, told):
    asked = Asked(orders(0.1), test, train, **({} if d is None else {"d": d}))
    assert ("Gaussian ones" in str(asked.trust)) == told
