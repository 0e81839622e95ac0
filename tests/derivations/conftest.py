"""Every derivation is run once for all tests."""

import pytest

from asymptotics.verification.run import run


@pytest.fixture(scope="session")
def outcomes():
    return run()
