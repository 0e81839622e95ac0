"""What does not fit into memory is refused with its size, before any work."""

import numpy as np
import pytest

import asymptotics as asy

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1})
LONG = np.linspace(1, 2, 20_000)


@pytest.mark.parametrize(
    ("count", "options", "words"),
    [(20_000, {}, "of at most 34 GB, not 128 GB"), (2_000, {"digits": 20}, "in digits of at most 34 GB, not 80 GB"),
     (2_000, {"certified": True}, "not 80 GB")],
)  # fmt: skip
def test_answers_that_do_not_fit_are_refused_with_their_size(count, options, words):
    sizes = asy.Proportional(psi1=LONG[:, None], psi2=3)
    with pytest.raises(asy.InputError, match=words) as refused:
        asy.predict(MODEL, sizes, ridge=np.linspace(0.1, 1, count), **options)
    assert refused.value.name == "shape" and refused.value.value == (20_000, count)


def test_answers_that_fit_are_given():
    sizes = asy.Proportional(psi1=LONG[:100, None], psi2=3)
    assert asy.predict(MODEL, sizes, ridge=np.linspace(0.1, 1, 200)).shape == (100, 200)
