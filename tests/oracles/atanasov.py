"""The power law of :mod:`tests.oracles.defilippis` in renormalized form (arXiv:2405.00592)."""

from tests.oracles.defilippis import RISK_WITH_NOISE

GENERALIZATION_ERROR = RISK_WITH_NOISE
