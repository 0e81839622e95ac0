"""A few hundred of the inputs that the campaign draws."""

import pytest

from tests.campaigns.fuzz import run


@pytest.mark.slow
def test_fuzzed_inputs_are_read_or_refused():
    report = run(inputs=1500, seed=3)
    assert not report["raw"] and not report["slow"]
    assert len(report["outcomes"]) == 8, "every kind is read and refused"
