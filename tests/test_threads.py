"""Threads: eight of them asking at mixed precision get the answers that one would, whatever is remembered."""

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import flint
import pytest

import asymptotics as asy
from asymptotics.lowering.balls import Balls
from asymptotics.resources import Exclusively

THREADS = 8
RELU = asy.RandomFeaturesRidge("relu", {1: 1, 2: "1/4"}, noise="0.1")
TANH = asy.RandomFeaturesRidge("tanh", {1: 1, 3: "1/5"}, noise="0.1")
KERNEL = asy.KernelRidge("exp(t)", {1: 1}, noise="0.1")
LIMIT, SIZES = asy.Proportional(2, 3), asy.FiniteSize(d=12, n=20, p=30)
QUESTIONS = [
    (RELU, LIMIT, {"ridge": [0, "1/10"]}),
    (RELU, LIMIT, {"ridge": "1/10", "digits": 30}),
    (RELU, LIMIT, {"ridge": [0, "1/100"], "digits": 18}),
    (RELU, LIMIT, {"ridge": "1/10", "digits": 40, "certified": True}),
    (RELU, SIZES, {"ridge": "1/7", "digits": 25}),
    (RELU, SIZES, {"ridge": "1/7", "certified": True}),
    (TANH, LIMIT, {"ridge": "1/3", "digits": 20}),
    (TANH, LIMIT, {"ridge": "1/3", "certified": True}),
    (KERNEL, asy.FiniteSize(d=20, n=40), {"ridge": "1/3", "digits": 35}),
    (KERNEL, asy.FiniteSize(d=20, n=40), {"ridge": "1/3", "certified": True}),
    (KERNEL, asy.FiniteSize(d=20, n=40), {"ridge": "1/3"}),
]


NUMBERS = ("functions.", "models.measures", "models.sphere_levels", "models.limit_measures")
"""Modules that remember numbers of models, rather than equations."""


def forget():
    """Forget expansions, spectra and constants."""
    for name, module in list(sys.modules.items()):
        if name.removeprefix("asymptotics.").startswith(NUMBERS):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def answer(question):
    model, regime, options = question
    risk = asy.predict(model, regime, **options)
    return risk.to_json() + repr((risk.condition, risk.effective_ridge, risk.degrees_of_freedom))


def together(work, count=THREADS):
    """What every thread returns, all of them starting at once."""
    barrier = threading.Barrier(count)

    def started(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(started, range(count)))


@pytest.fixture
def often():
    """Threads change places far more often than they usually do."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(usual)


def rounds(questions, count):
    forget()
    expected = [answer(question) for question in questions]
    for number in range(count):
        forget()

        def work(thread, number=number):
            order = list(range(len(questions)))
            random.Random(100 * number + thread).shuffle(order)
            return {place: answer(questions[place]) for place in order}

        for answers in together(work):
            assert [place for place, found in answers.items() if found != expected[place]] == []


def test_threads_get_the_answers_of_one(often):
    rounds(QUESTIONS[::3] + QUESTIONS[-2:], count=1)


@pytest.mark.slow
def test_threads_get_the_answers_of_one_in_every_order(often):
    rounds(QUESTIONS, count=5)


def test_a_pool_of_threads_answers_a_grid():
    options = {"ridge": ["1/10", "1/3", 1, 0], "digits": 20}
    with ThreadPoolExecutor(3) as pool:
        risk = asy.predict(RELU, LIMIT, **options, executor=pool)
    assert risk.to_json() == asy.predict(RELU, LIMIT, **options).to_json()


def test_one_thread_at_a_time_sets_the_precision(often):
    def work(number):
        digits, seen = 20 + 10 * number, set()
        for _ in range(200):
            with Balls(digits).precision():
                with Balls(2 * digits).precision():
                    pass
                seen.add(flint.ctx.prec)
        return seen == {Balls(digits).bits}

    assert all(together(work))
    assert flint.ctx.prec == 53


def test_a_context_that_fails_lets_others_in():
    def fail():
        raise ValueError("no such precision")

    with pytest.raises(ValueError, match="no such precision"), Exclusively(fail):
        pass
    with pytest.raises(ZeroDivisionError), Balls(20).precision():
        1 / 0  # noqa: B018
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: Balls(20).sqrt(Balls(20).convert(4)).contains(2)).result(timeout=10)
