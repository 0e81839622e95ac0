"""Memory of one large replicate: ``python -m tests.benchmarks.bench_memory`` (minutes; exit code 1 above 2.5 GB).

n = 10 000 samples and p = 100 000 features, of which the matrix alone would take 8 GB, beside theory at these sizes.
"""

import resource
import sys
import time

import asymptotics as asy
from asymptotics.simulation import plan_campaign
from asymptotics.simulation.learning.experiment import run_replicate

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
SIZES = asy.FiniteSize(d=100, n=10_000, p=100_000)
MOST = 2.5


def main():
    """Draw one replicate, and say what it took."""
    campaign = plan_campaign(MODEL, SIZES, ridge=1.0, trials=2, test_error="sampled", test_samples=1000)
    start = time.perf_counter()
    test = run_replicate(campaign.tasks()[0][1], 0)[0, 0]
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    theory = asy.predict(MODEL, SIZES, ridge=1.0).test
    print(f"{seconds:.0f} s, {peak:.2f} GB at most, test error {test:.4g} beside {theory:.4g} of theory")
    return 1 if peak > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
