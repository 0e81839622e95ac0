"""The designed set: large, varied, well formed."""

import itertools
import math
from pathlib import Path

import pytest

import asymptotics as asy
from asymptotics.errors import InputError
from asymptotics.report.families import REFERENCE_FAMILIES, SMALL_FAMILIES, Family

RELU = asy.RandomFeaturesRidge("relu", {1: 1}, noise=0.1)
EXP = asy.KernelRidge("exp(t)", {1: 1}, noise=0.1)
SIZES = (8, 16, 32)


def test_the_set_covers_what_it_says():
    families = REFERENCE_FAMILIES
    configurations = sum(len(family.sizes) for family in families)
    assert configurations >= 60
    page = Path(__file__).parents[2] / "docs" / "howto" / "reference_campaign.md"
    assert f"{configurations} configurations" in page.read_text(encoding="utf-8")
    assert {"sphere", "hypercube"} == {family.inputs for family in families}
    assert len(set(map(str, families))) == len(families)
    kernels = [family for family in families if family.features is None]
    features = [family for family in families if family.features is not None]
    assert len({str(family.model.kernel) for family in kernels}) >= 2
    assert {family.samples[1] for family in kernels} >= {1, 2}
    assert len({str(family.model.activation) for family in features}) >= 10
    assert {family.samples[1] for family in features} >= {1, 1.5, 2, 2.5}
    assert {family.features[1] for family in features} >= {1, 1.5, 2}
    equal = [family for family in features if family.samples == family.features]
    assert equal and all(family.ridge >= 0.05 for family in equal)
    assert any(family.ridge == 0 for family in features) and any(family.ridge == 0 for family in kernels)
    assert any(0 < family.ridge < 1e-4 for family in features)
    assert any(family.features == (8, 1) for family in features)
    assert any(family.samples == (8, 1) for family in features)
    assert set(SMALL_FAMILIES) < set(families) and any(family.features is None for family in SMALL_FAMILIES)


@pytest.mark.parametrize("family", REFERENCE_FAMILIES, ids=str)
def test_sizes_grow_as_they_say(family):
    regimes = [family.regime(d) for d in family.sizes]
    assert all(regime.d == d for regime, d in zip(regimes, family.sizes))
    assert all(after.n > before.n for before, after in itertools.pairwise(regimes))
    for regime in regimes:
        theta, kappa = family.samples
        assert abs(regime.n - theta * regime.d**kappa) <= 0.5
        if family.features is None:
            assert regime.p == math.inf
        else:
            assert abs(regime.p - family.features[0] * regime.d ** family.features[1]) <= 0.5


def test_names_and_seeds():
    features = Family(RELU, (1, 1.5), (2, 1), 0.1, SIZES)
    kernel = Family(EXP, (0.5, 2), None, 0.0, SIZES, inputs="gaussian")
    assert str(features) == "relu, target {1: 1}, noise 0.1, n = d^1.5, p = 2 d, ridge 0.1"
    assert str(kernel) == "kernel exp(t), target {1: 1}, noise 0.1, n = 0.5 d^2, ridge 0, gaussian"
    assert features.seed(3) == features.seed(0) + 3 != kernel.seed(3)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((RELU, (1, 1), (1, 1), 0.1, (8, 16)), "sizes"),
        ((RELU, (1, 1), (1, 1), 0.1, (8, 16, 16)), "sizes"),
        ((RELU, (1, 1), None, 0.1, SIZES), "features"),
        ((EXP, (1, 1), (1, 1), 0.1, SIZES), "features"),
        ((RELU, (1, 1), (1, 1), 0.1, SIZES, "sphere", 0.0), "weight"),
    ],
)
def test_bad_families(arguments, name):
    with pytest.raises(InputError) as caught:
        Family(*arguments)
    assert caught.value.name == name
