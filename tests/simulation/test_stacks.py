"""Small replicates are solved in stacks: digits are those of one solved alone, and those of earlier versions."""

import math
from dataclasses import replace

import numpy as np
import pytest

import asymptotics as asy
from asymptotics.errors import SimulationError
from asymptotics.simulation import campaign_status, plan_campaign
from asymptotics.simulation.laws.streams import StackedStreams, replicate_streams
from asymptotics.simulation.learning import experiment
from asymptotics.simulation.learning.learners import KernelRegression
from asymptotics.simulation.learning.spectral import RIDGE
from asymptotics.simulation.learning.stacks import StackedProblem

TARGET = {1: 1, 2: 0.5}
SIZE, KERNEL_SIZE = asy.FiniteSize(d=10, n=20, p=15), asy.FiniteSize(d=10, n=20)
FEATURES = asy.RandomFeaturesRidge("tanh", TARGET, noise=0.1)
KERNEL = asy.KernelRidge("exp(t)", TARGET, noise=0.1)
TANGENT = asy.NeuralTangentRidge("tanh", TARGET, noise=0.1)
LINEAR = asy.RandomFeaturesRidge("x", {1: 1}, noise=0.1)
SPECTRUM = asy.SpectralRidge([1, 0.5], target=[1, 1], multiplicities=[5, 5], noise=0.1)
TAILED = asy.SpectralRidge(
    [1, 0.5], target=[1, 1], multiplicities=[15, 15], noise=0.1, tail=0.3, target_tail=0.1
)
SHORT = asy.FiniteSize(n=20, p=15)
AVERAGED, HYPERCUBE = {"labels": "averaged"}, {"inputs": "hypercube"}
COLOURED = {"inputs": asy.GaussianInputs(np.arange(1.0, 11.0))}

EARLIER = {
    ("features", 0.1): (0.9415951247812163, 0.03249128072577938, 1.5910571201007648),
    ("features", 0): (3.6771237673036157, 0.5740674702205659, 29.87190302351422),
    ("averaged", 0.1): (0.9365121956629335, 0.039423116656970875, 1.712447043898931),
    ("averaged", 0): (3.066205252317592, 0.37098149308962375, 46.681176057318204),
    ("kernel", 0.1): (0.7475949966575955, 0.057539716722775615, 0.7186260516981309),
    ("kernel", 0): (0.7475674312115875, 0.06503173880637539, 0.8307889745410085),
    ("tangent", 0.1): (0.7454467320433354, 0.031189998228331583, 1.5721230452776016),
    ("tangent", 0): (0.9718915284953917, 0.082763656583549, 4.043927682070233),
    ("spectrum", 0.1): (0.0656402577844316, 0.04804080378553514, 0.2871897376452899),
    ("spectrum", 0): (0.05200825437035751, 0.052008254370356825, 0.32548434718334673),
}
"""Test error, its variance and norm of the third replicate with seed 7, by a version that solved each alone."""

MODELS = {
    "features": (FEATURES, SIZE, {}),
    "averaged": (FEATURES, SIZE, AVERAGED),
    "kernel": (KERNEL, KERNEL_SIZE, {}),
    "tangent": (TANGENT, SIZE, {}),
    "spectrum": (SPECTRUM, SHORT, {}),
}


def first_task(model, sizes, ridge, count, **options):
    campaign = plan_campaign(model, sizes, ridge, trials=2, **options)
    (configuration,) = campaign.configurations
    return campaign.plan.task(configuration, 5, 0, count)


@pytest.mark.parametrize("name", MODELS)
def test_the_digits_of_earlier_versions(name):
    model, sizes, options = MODELS[name]
    for ridge in (0.1, 0):
        found = asy.simulate(model, sizes, ridge, trials=3, seed=7, **options)
        draws = [float(found.statistics[key].draws[2]) for key in ("test", "variance", "norm")]
        assert draws == pytest.approx(EARLIER[name, ridge], rel=1e-9)


@pytest.mark.parametrize(
    ("model", "sizes", "options"),
    [
        *MODELS.values(),
        (FEATURES, asy.FiniteSize(d=10, n=20, p=35), {"test_error": "sampled", "test_samples": 30}),
        (LINEAR, SIZE, HYPERCUBE | AVERAGED),
        (FEATURES, SIZE, COLOURED),
        (FEATURES, SIZE, {"inputs": "gaussian", "weights": "sphere"}),
        (KERNEL, KERNEL_SIZE, AVERAGED),
        (TANGENT, asy.FiniteSize(d=10, n=20, p=35), {"inputs": "gaussian", "test_samples": 30}),
        (TAILED, SHORT, {}),
        (TAILED, asy.FiniteSize(n=20, p=math.inf), {}),
    ],
)
def test_stacks_agree_with_replicates_alone_bit_by_bit_whatever_their_length(
    model, sizes, options, monkeypatch
):
    for ridge in (0, np.geomspace(1e-2, 1, 13)):
        task = first_task(model, sizes, ridge, 12, **options)
        assert task.stacked > 1
        found = task.run()
        alone = np.stack([experiment.run_replicate(task, replicate) for replicate in range(12)])
        assert found == pytest.approx(alone, rel=1e-9, abs=1e-11)
        for length in (2, 5):
            monkeypatch.setattr(experiment, "LONGEST_STACK", length)
            assert np.array_equal(task.run(), found)
        monkeypatch.undo()
        later = replace(task, first=7, count=1)
        assert np.array_equal(later.run(), found[7:8])


def test_what_is_large_or_shares_draws_is_solved_alone():
    assert first_task(FEATURES, SIZE, 0.1, 2).stacked > 1
    assert first_task(FEATURES, asy.FiniteSize(d=10, n=90, p=60), 0.1, 2).stacked == 0
    nested = asy.FiniteSize(d=10, n=[20, 30], p=15)
    assert first_task(FEATURES, nested, 0.1, 2, coupling="nested").stacked == 0
    assert first_task(FEATURES, SIZE, 0.1, 2, ensemble=2).stacked == 0
    assert first_task(FEATURES, SIZE, 0.1, 2, precision="single").stacked == 0
    assert first_task(KERNEL, KERNEL_SIZE, 0.1, 2, **HYPERCUBE).stacked == 0  # points may coincide
    flow, steps = ({"training": method} for method in (asy.GradientFlow(2.0), asy.GradientDescent(3, 0.1)))
    assert first_task(FEATURES, SIZE, None, 2, **steps).stacked == 0
    assert first_task(FEATURES, SIZE, None, 2, **flow).run() == pytest.approx(
        np.stack([experiment.run_replicate(first_task(FEATURES, SIZE, None, 2, **flow), r) for r in (0, 1)])
    )


def test_a_kernel_that_is_none_is_refused_in_a_stack_too():
    bad = np.stack([np.eye(2), np.diag([1.0, -1.0])])
    solved = StackedProblem(bad, bad).solve_path(np.ones((2, 2, 1)), [0.5])
    assert np.isfinite(solved[0]).all() and not np.isfinite(solved[1]).any()
    task = first_task(KERNEL, KERNEL_SIZE, 1.0, 3)
    other = replace(task.experiment, learner=KernelRegression(lambda t: t**3 - 0.9))
    with pytest.raises(SimulationError, match="not positive semidefinite"):
        replace(task, experiment=other, exact=False).run()


def test_an_exact_average_that_is_none_is_sampled_for_its_replicate_alone(monkeypatch):
    task = first_task(FEATURES, SIZE, 0.1, 4)
    whole, measure = task.run(), experiment._measure

    def spoiled(task, streams, dtype):
        found = measure(task, streams, dtype)
        if found.ndim == 3:
            found[2, 0, 0] = np.nan
        return found

    monkeypatch.setattr(experiment, "_measure", spoiled)
    found = task.run()
    assert np.array_equal(found[[0, 1, 3]], whole[[0, 1, 3]]) and not np.array_equal(found[2], whole[2])
    assert found[2] == pytest.approx(whole[2], rel=1e-9)


@pytest.mark.parametrize("seed", [0, 2**31, 2**32, 2**64 + 1, 2**200 + 9])
@pytest.mark.parametrize("key", [(5,), (10, 20, 15), (2**33, 3, 0)])
def test_streams_are_those_of_seed_sequences(seed, key):
    numbers = [0, 3, 2**31]
    stack = StackedStreams(seed, key, numbers)
    for place, number in enumerate(numbers):
        alone = replicate_streams(seed, key, number)
        for name in ("inputs", "weights", "target", "noise", "test_inputs"):
            ours = getattr(stack, name).generators[place].bit_generator.state
            assert ours == getattr(alone, name).bit_generator.state


def test_a_store_of_replicates_solved_alone_is_continued(tmp_path, monkeypatch):
    path, request = tmp_path / "runs.sqlite", (FEATURES, SIZE, 0.1)
    monkeypatch.setattr(experiment, "LARGEST_STACKED", 0)
    before = asy.simulate(*request, trials=5, store=path)
    monkeypatch.undo()
    after = asy.simulate(*request, trials=70, store=path)
    assert len(campaign_status(path).configurations) == 1
    assert np.array_equal(after.test.draws[:5], before.test.draws)
    assert after.test.draws == pytest.approx(asy.simulate(*request, trials=70).test.draws, rel=1e-9)


def test_ill_conditioned_draws_take_singular_values():
    generator = np.random.default_rng(0)
    good, labels = generator.standard_normal((6, 4)), generator.standard_normal((2, 6, 1))
    bad = good.copy()
    bad[:, 3] = bad[:, 2] * (1 + 1e-7)
    found = StackedProblem(np.stack([good, bad]), None).solve_path(labels, [0.0], RIDGE)
    for design, label, solution in zip((good, bad), labels, found, strict=True):
        expected = np.linalg.lstsq(design, label, rcond=None)[0]
        assert design @ solution[0] == pytest.approx(design @ expected, abs=1e-8)
