"""Every derivation is run once for all tests."""

import time

import pytest

from asymptotics.verification.run import run


@pytest.fixture(scope="session")
def timed_outcomes():
    """Outcomes of all derivations, and the processor seconds they took."""
    start = time.process_time()
    outcomes = run()
    return outcomes, time.process_time() - start


@pytest.fixture(scope="session")
def outcomes(timed_outcomes):
    return timed_outcomes[0]
