"""What shared draws and control variates save: ``python -m tests.benchmarks.bench_coupling``.

The numbers of docs/howto/sharper_simulations.md: on one BLAS thread, ratios in one run, exit code 1 if a gate is
missed.
"""

import sys

import numpy as np
import threadpoolctl

import asymptotics as asy
from tests.benchmarks.bench_simulation import in_turns, show

FEATURES = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")
KERNEL = asy.KernelRidge("exp(t)", target={1: 1}, noise="0.1")
LINE = np.geomspace(30, 1500, 30).astype(int)
CURVES = {
    "30 sizes, p from 30 to 1500 at n = 300": (FEATURES, {"n": 300, "p": LINE}, 2.0),
    "30 sizes, n from 30 to 1500 at p = 300": (FEATURES, {"n": LINE, "p": 300}, 2.0),
    "30 sizes, n from 30 to 1500 at p = 1600": (FEATURES, {"n": LINE, "p": 1600}, 2.5),
    "30 sizes, kernel, n from 30 to 1500": (KERNEL, {"n": LINE}, 1.4),
}
CONTROLLED = [
    (60, 120, 180, 1e-2),
    (60, 120, 120, 0.1),
    (60, 240, 100, 0.1),
    (40, 80, 120, 1.0),
    (40, 80, 120, 3.0),
]


def nested_gates():
    """CPU time of a curve of sizes, drawn one by one and from one draw."""
    lines, gates = [], []
    for name, (model, sizes, least) in CURVES.items():

        def curve(coupling, model=model, sizes=sizes):
            regime = asy.FiniteSize(d=60, **sizes)
            return asy.simulate(model, regime, ridge=0.01, trials=3, coupling=coupling, progress=False)

        seconds, _ = in_turns(2, one_by_one=lambda: curve("independent"), nested=lambda: curve("nested"))
        lines += [(f"{name}: {kind}", *seconds[kind]) for kind in seconds]
        gates.append((f"{name}: CPU ratio", seconds["one_by_one"][0] / seconds["nested"][0], ">=", least))
    return lines, gates


def difference_gates():
    """Spread of the difference between neighbours of a curve."""
    spread = {}
    for coupling in ("independent", "nested"):
        regime = asy.FiniteSize(d=15, n=[60, 66], p=40)
        test = asy.simulate(FEATURES, regime, ridge=0.5, trials=400, coupling=coupling, progress=False).test
        spread[coupling] = np.diff(test.draws, axis=0).std(ddof=1)
    return [], [
        ("error of a difference of neighbours falls by", spread["independent"] / spread["nested"], ">=", 2.0)
    ]


def control_gates():
    """By what factor standard errors fall with control variates."""
    lines, factors = [], {"test": [], "train": [], "norm": []}
    for d, n, p, ridge in CONTROLLED:
        plain = asy.simulate(FEATURES, asy.FiniteSize(d, n, p), ridge=ridge, trials=400, progress=False)
        adjusted = plain.controlled()
        for name, found in factors.items():
            found.append(getattr(plain, name).standard_error / getattr(adjusted, name).standard_error)
    gates = [
        (f"controls, {name}: {kind.__name__} factor", kind(found), ">=", bound)
        for name, found in factors.items()
        for kind, bound in ((min, 0.98), (max, {"test": 1.1, "train": 1.2, "norm": 3.0}[name]))
    ]
    return lines, gates


def main():
    """Run every part."""
    with threadpoolctl.threadpool_limits(limits=1):
        missed = sum(show(*part()) for part in (nested_gates, difference_gates, control_gates))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
