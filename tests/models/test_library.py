"""The systems that the solvers evaluate are the ones derived: every record is derived again and compared."""

import inspect
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

import asymptotics
from asymptotics.equations.records import record_text
from asymptotics.errors import InputError, RecordError
from asymptotics.models import library
from asymptotics.models.derive import all_names, derive, derive_chart
from asymptotics.models.library import RECORDS, REGIMES, record_name, stored_chart, stored_system
from asymptotics.models.recipes import recipes
from asymptotics.verification.discovery import derivations

ROOT = Path(__file__).parents[2]


def by_name(*names):
    """Names of records, as parameters of a test."""
    return pytest.mark.parametrize("name", names, ids=lambda name: record_name(*name))


@by_name(*all_names())
def test_a_record_is_written_as_it_is_read(name):
    stored = stored_chart(*name) if name[2] else stored_system(*name)
    assert record_text(stored) == (RECORDS / f"{record_name(*name)}.json").read_text(encoding="utf-8")
    if name[2]:
        assert stored.system == stored_system(*name)
        assert {str(size).rstrip("0123456789") for size in stored.sizes} <= {"n", "p", "N"}
        # The chart of a pool derives its own limits.
        derived = recipes()[name[0]].singular or name[2] == "pool"
        assert len(stored.singular) >= 3 if derived else not stored.singular


@by_name(
    ("random-features", "general", "wide"), ("held-out", "general", "pool"), ("kernel-ridge", "general", "")
)
def test_a_record_is_what_a_user_derives(name):
    """That each is what its derivation concludes is asked where derivations are run."""
    assert derive(*name) == stored_system(*name) and derive(*name).digest == stored_system(*name).digest
    assert not name[2] or derive_chart(*name) == stored_chart(*name)


def test_every_record_has_a_derivation():
    derived = {record_name(*name) for name in all_names()}
    assert derived <= {path.stem for path in RECORDS.glob("*.json")}


def test_an_altered_record_is_refused(tmp_path, monkeypatch):
    shutil.copytree(RECORDS, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(library, "RECORDS", tmp_path)
    path = tmp_path / "random-features.wide.json"
    text = path.read_text(encoding="utf-8")
    assert '"ridge"' in text
    path.write_text(text.replace('"ridge"', '"rigde"', 1), encoding="utf-8")
    with pytest.raises(RecordError, match="digest"):
        stored_system.__wrapped__("random-features", "general", "wide")
    path.unlink()
    with pytest.raises(RecordError, match="no record"):
        stored_system.__wrapped__("random-features", "general", "wide")


@pytest.mark.parametrize("ask", [derive, stored_system])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("model", ("neural-network",)),
        ("regime", ("random-features", "thermodynamic")),
        ("chart", ("random-features", "general", "sideways")),
    ],
)
def test_names_that_do_not_exist(ask, name, call):
    with pytest.raises((InputError, RecordError)) as caught:
        ask(*call)
    assert call[-1] in str(caught.value)
    assert ask is stored_system or str(caught.value).startswith(f"{name} = ")


@dataclass(frozen=True)
class Parts:
    """What belongs to a model of the library."""

    declaration: str
    derivation: str
    published: str
    page: str
    theory: str = ""
    oracle: str = ""


COMPLETE = {
    "random-features": Parts("RandomFeaturesRidge", "random-features", "defilippis", "random_features.md"),
    "kernel-ridge": Parts("KernelRidge", "ridge-covariance", "simon", "kernel_ridge.md"),
    "random-features-labels": Parts(
        "RandomFeaturesRidge", "sign-labels", "loureiro", "labels_and_losses.md", "random-features"
    ),
    "kernel-ridge-labels": Parts(
        "KernelRidge", "sign-labels", "loureiro", "labels_and_losses.md", "kernel-ridge"
    ),
    "neural-tangent": Parts("NeuralTangentRidge", "neural-tangent", "adlam_pennington", "neural_tangent.md"),
    "feature-law": Parts(
        "RandomFeaturesRidge", "feature-law", "meng_yao_cao", "feature_law.md", "random-features"
    ),
    "random-features-shifted": Parts(
        "RandomFeaturesRidge", "shifted-random-features", "canatar", "test_law.md", "random-features"
    ),
    "deep-random-features": Parts(
        "DeepRandomFeaturesRidge", "deep-random-features", "schroder", "deep_features.md", oracle="deep_chain"
    ),
    "lazy-trace": Parts(
        "NeuralTangentRidge", "lazy-training", "ghorbani", "lazy_training.md", "neural-tangent"
    ),
    "held-out": Parts(
        "SpectralRidge", "held-out", "", "held_out.md", theory="random-features", oracle="held_out"
    ),
}


def test_no_model_is_without_an_entry():
    recorded = {path.name.partition(".")[0] for path in RECORDS.glob("*.json")}
    assert set(COMPLETE) == set(recipes()) == {model for model, _, _ in all_names()} == recorded


@pytest.mark.parametrize("model", recipes())
def test_every_model_is_complete(model):
    """Declaration, records, derivation, published equations that it is compared with, and a page that prints it."""
    parts = COMPLETE[model]
    declared = getattr(asymptotics, parts.declaration).theory  # of a stack of layers it depends on the layers
    assert isinstance(declared, property) or declared.name == (parts.theory or model)
    recorded = {regime for name, regime, _ in all_names() if name == model}
    assert recorded == set(recipes()[model].sizes) <= {*REGIMES}
    assert all((RECORDS / f"{record_name(*name)}.json").is_file() for name in all_names() if name[0] == model)
    known = derivations()
    argument, records = known[parts.derivation], known["library"]
    assert argument.references and argument.id in records.uses
    text = Path(inspect.getfile(argument.steps[0].function)).read_text(encoding="utf-8")
    # Where no form is published there are two routes beside the derivation.
    assert not parts.published or re.search(
        rf"^from \.published import .*\b{parts.published}\b", text, re.MULTILINE
    )
    assert f'"{model}"' in Path(inspect.getfile(records.steps[0].function)).read_text(encoding="utf-8")
    assert (ROOT / "tests" / "oracles" / f"{parts.oracle or parts.published}.py").is_file()
    page = (ROOT / "docs" / "theory" / parts.page).read_text(encoding="utf-8")
    assert f'asy.derive("{model}")' in page and parts.declaration in page
