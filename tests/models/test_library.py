"""The systems that the solvers evaluate are the ones derived: every record is derived again and compared."""

import shutil

import pytest

from asymptotics.equations.records import record_text
from asymptotics.errors import InputError, RecordError
from asymptotics.models import library
from asymptotics.models.derive import all_names, derive
from asymptotics.models.library import RECORDS, record_name, stored_system


@pytest.mark.parametrize("name", all_names(), ids=lambda name: record_name(*name))
def test_record_is_what_the_derivation_gives(name):
    fresh, stored = derive(*name), stored_system(*name)
    assert fresh.digest == stored.digest
    assert fresh == stored
    assert record_text(fresh) == (RECORDS / f"{record_name(*name)}.json").read_text(encoding="utf-8")


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
