from types import SimpleNamespace as Namespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asymptotics.errors import SimulationError
from asymptotics.simulation import simulate
from asymptotics.simulation.learning.streaming import StreamedFeatures


@given(n=st.integers(1, 40), p=st.integers(1, 40), block=st.integers(1, 300))
def test_streamed_products_are_matrix_products(n, p, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("asymptotics.simulation.learning.streaming.BLOCK_ELEMENTS", block)
        generator = np.random.default_rng(n + 100 * p)
        matrix = generator.standard_normal((n, p))
        streamed = StreamedFeatures((n, p), lambda rows, columns: matrix[rows, columns])
        right, left = generator.standard_normal((p, 3)), generator.standard_normal((n, 2))
        assert streamed @ right == pytest.approx(matrix @ right, abs=1e-12)
        assert streamed.transposed(left) == pytest.approx(matrix.T @ left, abs=1e-12)
        gram = matrix @ matrix.T if n < p else matrix.T @ matrix
        assert streamed.gram() == pytest.approx(gram, abs=1e-11)


@pytest.mark.parametrize(("n", "p"), [(20, 50), (50, 20)])
def test_streamed_features_give_the_same_risk(n, p, toy, monkeypatch):
    arguments = (toy(), Namespace(d=8, n=n, p=p), [0.01, 1.0])
    options = {"trials": 3, "test_error": "sampled"}
    whole = simulate(*arguments, **options)
    monkeypatch.setattr("asymptotics.simulation.learning.experiment.LARGEST_STACKED", 0)
    monkeypatch.setattr("asymptotics.simulation.learning.learners.STREAM_ELEMENTS", 100)
    monkeypatch.setattr("asymptotics.simulation.learning.streaming.BLOCK_ELEMENTS", 150)
    streamed = simulate(*arguments, **options)
    for name in ("test", "bias", "variance", "train", "norm"):
        assert getattr(streamed, name).draws == pytest.approx(getattr(whole, name).draws, rel=1e-8)


def test_ill_conditioned_features_cannot_be_streamed(toy, monkeypatch):
    monkeypatch.setattr("asymptotics.simulation.learning.experiment.LARGEST_STACKED", 0)
    monkeypatch.setattr("asymptotics.simulation.learning.learners.STREAM_ELEMENTS", 100)
    with pytest.raises(SimulationError, match="too large for memory and too ill-conditioned"):
        simulate(toy(lambda x: x), Namespace(d=5, n=20, p=30), 0.0, trials=2)
