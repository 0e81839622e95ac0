"""Monte Carlo written from the model's definition alone."""

from asymptotics.simulation.estimate import Estimate, Statistic
from asymptotics.simulation.running import process_pool, simulate

__all__ = ["Estimate", "Statistic", "process_pool", "simulate"]
