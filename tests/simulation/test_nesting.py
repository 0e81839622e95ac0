"""Sizes that share one draw: the same numbers as each size by itself, with less work."""

from types import SimpleNamespace as Namespace

import numpy as np
import pytest

import asymptotics.simulation.learning.nesting as nesting
from asymptotics.errors import InputError
from asymptotics.report.comparison import compare
from asymptotics.simulation import (
    collect_campaign,
    plan_campaign,
    read_store,
    run_campaign,
    simulate,
)
from asymptotics.simulation.estimates.estimate import OBSERVABLES
from asymptotics.simulation.laws.laws import LAWS
from asymptotics.simulation.laws.streams import replicate_streams
from asymptotics.simulation.learning.feature_maps import TangentFeatures
from asymptotics.simulation.learning.fits import Fit
from asymptotics.simulation.learning.nesting import LeadingFactors, Member, solve_members
from asymptotics.simulation.learning.spectral import Training
from asymptotics.simulation.learning.streaming import StreamedFeatures

SIZES = Namespace(d=7, n=[[9], [20], [33]], p=[8, 20, 21, 40])
RIDGES = [0.0, 1e-3, 0.7]


def draws(estimate):
    return np.stack([getattr(estimate, name).draws for name in OBSERVABLES])


def whole(estimate):
    """The draws with the powers of p of their conventions, and no infinities."""
    return np.nan_to_num(draws(estimate), posinf=0.0)


def fit_of(rng, n, p, members=1, kernel=False):
    design = rng.standard_normal((n, members * p)) / np.sqrt(p)
    if kernel:
        gram = design @ design.T
        return Fit(gram, 0, lambda x, _: x, metric=gram)
    return Fit(design, p, lambda x, _: x, members=members)


@pytest.mark.parametrize("members", [1, 3])
def test_every_part_solves_its_own_problem(members):
    rng = np.random.default_rng(0)
    fit, labels = fit_of(rng, 30, 40, members), rng.standard_normal((30, 2))
    sizes = [Member(n, p, tuple(RIDGES)) for n in (5, 12, 29, 30) for p in (6, 12, 13, 40)]
    seen = {}
    for member, part, found in solve_members(fit, sizes, labels, Training()):
        seen[member] = found
        n, p = member.n, member.p
        blocks = [fit.design[:n, k * 40 : k * 40 + p] * np.sqrt(40 / p) for k in range(members)]
        np.testing.assert_allclose(part.design, np.hstack(blocks), rtol=1e-14)
        for ridge, solution in zip(RIDGES[1:], found[1:], strict=True):
            expected = [np.linalg.solve(b.T @ b + ridge * np.eye(p), b.T @ labels[:n]) for b in blocks]
            np.testing.assert_allclose(solution, np.vstack(expected) / members, rtol=1e-7, atol=1e-9)
        if n != p:
            least = np.vstack([np.linalg.pinv(b) @ labels[:n] for b in blocks]) / members
            np.testing.assert_allclose(found[0], least, rtol=1e-6, atol=1e-8)
        embedded = fit.embed(n, p, found)
        np.testing.assert_allclose(
            fit.design[:n] @ embedded[1], part.design @ found[1], rtol=1e-12, atol=1e-12
        )
    assert set(seen) == set(sizes)


def test_kernels_share_one_factorization(monkeypatch):
    rng = np.random.default_rng(1)
    fit, labels = fit_of(rng, 25, 60, kernel=True), rng.standard_normal((25, 1))
    sizes = [Member(n, 0, (0.1, 0.5)) for n in (3, 25, 11, 24)]
    calls = []
    original = nesting.cholesky
    monkeypatch.setattr(nesting, "cholesky", lambda *a: calls.append(len(a[0])) or original(*a))
    for member, _, found in solve_members(fit, sizes, labels, Training()):
        for ridge, solution in zip(member.parameters, found, strict=True):
            block = fit.design[: member.n, : member.n]
            expected = np.linalg.solve(block + ridge * np.eye(member.n), labels[: member.n])
            np.testing.assert_allclose(solution, expected, rtol=1e-10)
    assert calls == [25, 25]  # once per ridge, for the largest


def test_a_smaller_block_may_have_a_factor_where_the_largest_has_none():
    gram = np.diag([1.0, 2.0, -1.0])
    factors = LeadingFactors(gram)
    assert factors.leading(3)(0.0) is None
    np.testing.assert_allclose(np.tril(factors.leading(2)(0.0)), np.diag([1.0, np.sqrt(2.0)]))
    np.testing.assert_allclose(np.tril(factors.leading(1)(0.0)), [[1.0]])


def test_streamed_features_have_leading_parts():
    matrix = np.arange(12.0).reshape(3, 4)
    streamed = StreamedFeatures((3, 4), lambda rows, columns: matrix[rows, columns])
    part = streamed.leading(2, 3, 0.5)
    np.testing.assert_allclose(part @ np.eye(3), matrix[:2, :3] / 2)
    np.testing.assert_allclose(part.gram(), matrix[:2, :3] @ matrix[:2, :3].T / 4)


def agrees_alone(toy, sizes, index, options, rows, rtol):
    """Compare one size of a nested grid with the same size drawn alone, both nested."""
    ridge = np.array(RIDGES)[:, None, None]
    grid = simulate(toy(), SIZES, ridge, trials=3, coupling="nested", **options)
    alone = simulate(toy(), Namespace(d=7, **sizes), RIDGES, trials=3, coupling="nested", **options)
    of_grid = draws(grid)[rows][:, :, *index]
    np.testing.assert_allclose(of_grid, draws(alone)[rows], rtol=rtol, atol=1e-9)


@pytest.mark.parametrize(
    "options",
    [{"test_error": "sampled"}, {"ensemble": 2}, {"inputs": "gaussian"}, {"surrogate_degree": 1}],
    ids=str,
)
def test_the_largest_size_does_not_notice_the_others(toy, options):
    agrees_alone(toy, {"n": 33, "p": 40}, (-1, -1), options, slice(None), 1e-6)


@pytest.mark.parametrize("options", [{"test_error": "exact"}, {"labels": "averaged"}], ids=str)
def test_no_size_notices_the_others(toy, options):
    """Up to the degrees that the exact average leaves out, which depend on the largest p."""
    agrees_alone(toy, {"n": 20, "p": 21}, (1, 2), options, slice(None), 1e-4)


@pytest.mark.parametrize("inputs", ["sphere", "gaussian", "hypercube"])
def test_training_does_not_notice_the_test_set(toy, inputs):
    rows = [OBSERVABLES.index("train"), OBSERVABLES.index("norm")]
    agrees_alone(toy, {"n": 20, "p": 21}, (1, 2), {"inputs": inputs, "test_error": "sampled"}, rows, 1e-6)


def test_user_maps_and_kernels_nest(toy):
    model = toy()
    model.feature_map = TangentFeatures(np.cos)
    grid = simulate(model, Namespace(d=4, n=[[10], [15]], p=[3, 5]), 0.1, trials=2, coupling="nested")
    alone = simulate(model, Namespace(d=4, n=15, p=3), 0.1, trials=2, coupling="nested")
    np.testing.assert_allclose(draws(grid)[:, 1, 0], draws(alone), rtol=1e-9)
    kernel = toy()
    kernel.activation, kernel.kernel = None, np.exp
    sizes = Namespace(d=5, n=[6, 20, 14])
    curve = simulate(kernel, sizes, 0.1, trials=3, coupling="nested", labels="averaged")
    last = simulate(kernel, Namespace(d=5, n=14), 0.1, trials=3, coupling="nested", labels="averaged")
    np.testing.assert_allclose(whole(curve)[:, 2], whole(last), rtol=1e-9)


@pytest.mark.statistical
def test_nested_and_independent_sizes_have_the_same_means(toy):
    """Two seeds, 12 sizes, five observables, each within 5 standard errors: false-alarm rate below 1e-4."""
    options = {"ridge": 0.05, "trials": 300}
    first = simulate(toy(), SIZES, seed=1, coupling="nested", **options)
    second = simulate(toy(), SIZES, seed=2, **options)
    for name in ("test", "bias", "variance", "train", "norm"):
        a, b = getattr(first, name), getattr(second, name)
        assert (np.abs(a.mean - b.mean) < 5 * np.hypot(a.standard_error, b.standard_error)).all(), name


@pytest.mark.statistical
def test_differences_along_a_curve_have_smaller_errors(toy):
    """Common random numbers: the standard error of a difference of neighbours falls by more than 2."""
    sizes = Namespace(d=15, n=[60, 66], p=40)
    errors = []
    for coupling in ("nested", "independent"):
        test = simulate(toy(), sizes, 0.5, trials=200, coupling=coupling).test.draws
        errors.append((test[1] - test[0]).std(ddof=1))
    assert errors[0] < errors[1] / 2


def test_nested_campaigns_stop_and_resume_anywhere(toy, tmp_path, pool):
    campaign = plan_campaign(toy(), SIZES, 0.1, trials=20, coupling="nested")
    assert (
        len(campaign.configurations) == 1
        and str(campaign.configurations[0]) == "d = 7, n = 9 to 33, p = 8 to 40"
    )
    direct = simulate(toy(), SIZES, 0.1, trials=20, coupling="nested")
    for shard in ((1, 2), (2, 2)):
        run_campaign(campaign, tmp_path / "s.sqlite", shard=shard)
    stored = collect_campaign(campaign, tmp_path / "s.sqlite")
    assert np.array_equal(draws(stored), draws(direct))
    (exported,) = read_store(tmp_path / "s.sqlite")
    assert exported.shape == (12,) and exported.provenance["coupling"] == "nested"
    assert np.array_equal(exported.test.draws, direct.test.draws.reshape(12, -1))
    spread = simulate(toy(), SIZES, 0.1, trials=20, coupling="nested", executor=pool)
    assert np.array_equal(draws(spread), draws(direct))


def test_nested_sizes_count_as_one_score(toy):
    estimate = simulate(toy(), SIZES, 0.1, trials=5, coupling="nested")
    comparison = compare(Namespace(test=1.0), estimate)
    assert comparison.scores("test").shape == (1,)


def test_streams_of_nested_sizes_begin_alike():
    long, short = (replicate_streams(3, (5,), 1) for _ in range(2))
    for law in LAWS.values():
        assert np.array_equal(law.sample(9, 5, long.inputs)[:4], law.sample(4, 5, short.inputs))
        long, short = (replicate_streams(3, (5,), 1) for _ in range(2))


def test_unknown_coupling(toy):
    with pytest.raises(InputError, match="coupling"):
        simulate(toy(), SIZES, 0.1, trials=2, coupling="shared")
