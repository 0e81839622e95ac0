"""A seed is whatever `numpy.random.default_rng` takes, and what is recorded draws the same again."""

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.report.reproduction import Reproduction
from asymptotics.simulation import plan_campaign
from asymptotics.simulation.laws.streams import replicate_streams

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1})
SIZES = asy.FiniteSize(6, 8, 10)
FROM = (
    np.random.SeedSequence(5),
    np.random.SeedSequence(5).spawn(1)[0],
    [1, 2, 3],
    np.random.default_rng(5),
    np.random.PCG64(5),
    None,
)


def test_what_is_recorded_draws_the_same():
    for seed in FROM:
        first = asy.simulate(MODEL, SIZES, 0.1, trials=3, seed=seed, progress=False)
        used = first.provenance["seed"]
        assert type(used) is int and 0 <= used < 2**63
        again = asy.simulate(MODEL, SIZES, 0.1, trials=3, seed=used, progress=False)
        assert np.array_equal(first.test.draws, again.test.draws)


def test_sequences_repeat_and_generators_go_on():
    def seed_of(seed):
        return plan_campaign(MODEL, SIZES, 0.1, seed=seed).seed

    sequence, generator = np.random.SeedSequence(7), np.random.default_rng(7)
    assert seed_of(sequence) == seed_of(sequence) == seed_of(np.random.SeedSequence(7))
    assert len({seed_of(child) for child in sequence.spawn(4)}) == 4
    first, second = seed_of(generator), seed_of(generator)
    assert first != second and first == seed_of(np.random.default_rng(7))
    assert seed_of(None) != seed_of(None)
    assert seed_of(np.int64(3)) == seed_of(3) == 3


def test_everywhere_a_seed_is_taken():
    parts = asy.simulate_parts(MODEL, SIZES, 0.1, trials=2, seed=np.random.default_rng(1), progress=False)
    assert parts.provenance["seed"] > 2**32
    assert Reproduction(seed=np.random.SeedSequence(1)).seed == Reproduction(seed=[1]).seed > 2**32
    assert Reproduction().seed == 20261123


def test_a_store_takes_up_the_same_sequence(tmp_path):
    store = tmp_path / "runs.sqlite"
    given = {"ridge": 0.1, "seed": np.random.SeedSequence(3), "store": store, "progress": False}
    few, more = (asy.simulate(MODEL, SIZES, trials=trials, **given) for trials in (3, 6))
    assert np.array_equal(few.test.draws, more.test.draws[:3])


@pytest.mark.parametrize("seed", [-1, 1.5, "zero", True, [-1], object()])
def test_other_seeds_are_refused(seed):
    with pytest.raises(InputError, match="seed"):
        asy.simulate(MODEL, SIZES, 0.1, seed=seed)


def test_streams_are_the_children_of_their_seed():
    """Five of every replicate, each as NumPy's own spawning makes it: none is another's, and none ever changes."""
    for seed, key, replicate in ((0, (5, 7, 9), 3), (2**40, (5,), 0)):
        root = np.random.SeedSequence(seed, spawn_key=(*key, replicate))
        names = ("inputs", "weights", "target", "noise", "test_inputs")
        for name, child in zip(names, root.spawn(5), strict=True):
            expected = np.random.Generator(np.random.PCG64DXSM(child)).standard_normal(3)
            assert np.array_equal(
                getattr(replicate_streams(seed, key, replicate), name).standard_normal(3), expected
            )
