"""Records are written by the derivation that concludes them."""

from dataclasses import replace

import pytest

from asymptotics.equations.records import read_chart, read_record, record_text
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import CertificateError
from asymptotics.models.derive import all_names
from asymptotics.models.library import RECORDS, record_name
from asymptotics.verification import derivations, write_records
from asymptotics.verification import run as room

NAMES = tuple(record_name(*name) for name in all_names())


def read(path, chart):
    return read_chart(path) if chart else read_record(path)


def with_derivation(recorded, name):
    """A record with the name of its derivation, which is not part of its digest."""
    system = recorded if isinstance(recorded, FixedPointSystem) else recorded.system
    system = replace(system, provenance=replace(system.provenance, derivation=name))
    return system if isinstance(recorded, FixedPointSystem) else replace(recorded, system=system)


@pytest.mark.parametrize("name", all_names(), ids=lambda name: record_name(*name))
def test_a_record_is_what_its_derivation_concludes(outcomes, name):
    concluded = outcomes["library"].conclusion[record_name(*name)]
    system = concluded.system if name[2] else concluded
    theorem = system.provenance.derivation
    assert theorem in derivations() and theorem in derivations()["library"].uses
    shipped = read(RECORDS / f"{record_name(*name)}.json", name[2])
    assert shipped.digest == concluded.digest
    assert record_text(with_derivation(shipped, theorem)) == record_text(concluded)


def test_every_shipped_record_is_concluded(outcomes):
    assert {path.stem for path in RECORDS.glob("*.json")} >= set(outcomes["library"].conclusion) == set(NAMES)


def test_writing_records(outcomes, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "run", lambda name: {name: outcomes[name]})
    paths = write_records(tmp_path)
    assert [path.stem for path in paths] == list(NAMES)
    assert '"derivation": "random-features"' in (tmp_path / "random-features.wide.json").read_text("utf-8")


def test_nothing_is_written_when_a_check_fails(outcomes, tmp_path, monkeypatch):
    good = outcomes["library"]
    failed = replace(good, report=replace(good.report, remaining=("The records",)))
    monkeypatch.setattr(room, "run", lambda name: {name: failed})
    with pytest.raises(CertificateError, match="library did not pass"):
        write_records(tmp_path)
    assert list(tmp_path.iterdir()) == []
