"""The power law of :mod:`tests.oracles.defilippis` in the eigenframework (arXiv:2311.14646)."""

from tests.oracles.defilippis import KERNEL_RISK, RISK_WITH_NOISE

TEST_ERROR = RISK_WITH_NOISE
KERNEL_EXCESS_ERROR = KERNEL_RISK
