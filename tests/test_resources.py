"""How much memory may be asked for: that of the machine, or what its owner says."""

import os

import pytest

from asymptotics.errors import InputError
from asymptotics.resources import LIMIT, memory_limit, require_memory


def test_the_limit_is_the_memory_of_the_machine(monkeypatch):
    monkeypatch.delenv(LIMIT)
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert memory_limit() == pytest.approx(pages / 1e9)
    monkeypatch.delattr(os, "sysconf")
    assert memory_limit() == 32


def test_the_owner_may_say_another_one(monkeypatch):
    monkeypatch.setenv(LIMIT, "2.5")
    require_memory(3e8, "sizes", 3, "a replicate")
    with pytest.raises(
        InputError, match=r"at most 2\.5 GB, not 3\.2 GB; ASYMPTOTICS_MEMORY_GB sets another limit"
    ):
        require_memory(4e8, "sizes", 3, "a replicate")
    monkeypatch.setenv(LIMIT, "400")
    require_memory(4e10, "sizes", 3, "a replicate")


@pytest.mark.parametrize("wrong", ["", "much", "-1", "0", "nan"])
def test_a_limit_is_a_positive_number(monkeypatch, wrong):
    monkeypatch.setenv(LIMIT, wrong)
    with pytest.raises(InputError, match="a positive number of gigabytes"):
        memory_limit()
