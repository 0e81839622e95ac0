"""What a simulated replicate costs, and where its time goes: ``python -m tests.benchmarks.bench_simulation``.

On one BLAS thread: a path of ridges against scikit-learn as users write it, the share of a replicate that is spent in
BLAS and LAPACK, the accuracy that exact averages buy, single precision, and averaged labels along a path. Whatever is
compared runs in turns in one process; times are the least CPU time of the turns, with wall time beside it where they
could differ. Each gate is printed with what was measured; the exit code is 1 if one is missed.
"""

import math
import sys
import time
from types import SimpleNamespace

import numpy as np
import scipy.linalg
import threadpoolctl
from sympy import Rational

from asymptotics.equations.naming import symbol
from asymptotics.simulation import plan_campaign, simulate
from asymptotics.simulation.estimates.estimate import OBSERVABLES
from asymptotics.simulation.laws.laws import SPHERE
from asymptotics.simulation.laws.population import BLOCK_ROWS, expand, shorten
from asymptotics.simulation.learning.averaging import average_labels
from asymptotics.simulation.learning.experiment import BLOCK_ELEMENTS, default_test_samples, run_replicate
from asymptotics.simulation.learning.learners import RandomFeatures
from asymptotics.simulation.learning.spectral import RIDGE
from asymptotics.simulation.programs.experiment import ProgramTask
from asymptotics.simulation.programs.setting import ProgramSetting
from asymptotics.symbolic import (
    DeterministicVector,
    Dimension,
    GaussianMatrix,
    GaussianVector,
    QuadraticProgram,
    Variable,
    norm2,
    slope,
)

D, N, P = 100, 2000, 3000
RIDGES = np.geomspace(1e-2, 1e2, 30)
ONE_RIDGE = [0.1]
TEST_INPUTS = 2000
SHARES = {
    ("30 ridges", "exact"): 0.8,
    ("30 ridges", "sampled"): 0.8,
    ("one ridge", "exact"): 0.75,
    ("one ridge", "sampled"): 0.6,  # half of the rest is tanh at the test inputs
}
MODEL = SimpleNamespace(activation=np.tanh, target=SimpleNamespace(powers={1: 1.0, 2: 0.3}), noise=0.1)


def in_turns(turns, **functions):
    """Least CPU and wall seconds of each function, run in turns, and what each returned."""
    seconds = {name: [] for name in functions}
    results = {}
    for _ in range(turns):
        for name, function in functions.items():
            wall, cpu = time.perf_counter(), time.process_time()
            results[name] = function()
            seconds[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: np.min(found, axis=0) for name, found in seconds.items()}, results


def relative(found, expected):
    return float(np.max(np.abs(found - expected) / np.abs(expected)))


# A path of ridges, against scikit-learn.


def scikit_learn_risks(activation, theta, ridges, training, test):
    """Train error, test error and squared norm at every ridge, by a pipeline that is fitted anew for each."""
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    class RandomFeaturesTransformer(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return activation(X @ theta.T / np.sqrt(X.shape[1])) / np.sqrt(len(theta))

    rows = []
    for ridge in ridges:
        model = make_pipeline(RandomFeaturesTransformer(), Ridge(alpha=ridge, fit_intercept=False))
        model.fit(*training)
        errors = [np.mean((y - model.predict(x)) ** 2) for x, y in (training, test)]
        rows.append([*errors, np.sum(model[-1].coef_ ** 2)])
    return np.array(rows)


def our_risks(activation, theta, ridges, training, test):
    """The same by the code of a replicate, from the same inputs, weights and labels."""

    class GivenWeights:
        def sample(self, count, d, generator):
            return theta

    x, y = training
    fit = RandomFeatures(activation).draw(x, GivenWeights(), len(theta), None, None)
    solutions = fit.problem().solve_path(y[:, None], ridges)[:, :, 0]
    predictions = fit.predict(solutions.T), fit.fresh_design(test[0], None) @ solutions.T
    errors = [((y[:, None] - found) ** 2).mean(axis=0) for y, found in zip((y, test[1]), predictions)]
    return np.column_stack([*errors, fit.squared_norms(solutions)])


def path_gates():
    """Thirty ridges, the same data and weights."""
    generator = np.random.default_rng(0)
    theta, slope = SPHERE.sample(P, D, generator), generator.standard_normal(D) / math.sqrt(D)
    sets = []
    for count in (N, TEST_INPUTS):
        x = SPHERE.sample(count, D, generator)
        sets.append((x, x @ slope + 0.3 * generator.standard_normal(count)))
    arguments = (np.tanh, theta, RIDGES, *sets)
    seconds, found = in_turns(
        3, ours=lambda: our_risks(*arguments), scikit_learn=lambda: scikit_learn_risks(*arguments)
    )
    ratio = seconds["scikit_learn"] / seconds["ours"]
    lines = [(f"30 ridges, n = {N}, p = {P}: {name}", *seconds[name]) for name in seconds]
    gates = [
        ("30 ridges against scikit-learn: CPU ratio", ratio[0], ">=", 5),
        ("30 ridges against scikit-learn: wall ratio", ratio[1], ">=", 5),
        ("30 ridges: relative difference", relative(found["ours"], found["scikit_learn"]), "<=", 1e-8),
    ]
    return lines, gates


# The share of BLAS and LAPACK.


def only_linear_algebra(ridges, degrees):
    """A function that makes the calls of a replicate to BLAS and LAPACK, at their shapes, and nothing else."""
    generator = np.random.default_rng(0)
    x, theta = (generator.standard_normal((count, D)) for count in (N, P))
    z, vectors = generator.standard_normal((N, P)) / math.sqrt(P), generator.standard_normal((N, 2))
    gram = z @ z.T + np.eye(N)
    count = len(ridges)
    dual, coefficients = generator.standard_normal((N, 2 * count)), generator.standard_normal((P, 2 * count))
    block_of_gram = generator.standard_normal((BLOCK_ROWS, P))
    step = BLOCK_ELEMENTS // P
    block_of_tests = generator.standard_normal((step, P))
    fresh = generator.standard_normal((step, D))

    def solve():
        if count == 1:
            factor, _ = scipy.linalg.lapack.dpotrf(gram.T, lower=True, clean=False)
            scipy.linalg.lapack.dpocon(factor, 1.0, uplo="L")
            scipy.linalg.lapack.dpotrs(factor, vectors, lower=True)
        else:
            _, basis = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
            basis.T @ vectors, basis @ dual

    def average():
        if degrees:
            for start in range(0, P, BLOCK_ROWS):
                rows = theta[start : start + BLOCK_ROWS]
                rows @ theta[start:].T
                part = block_of_gram[: len(rows), start:]
                part @ coefficients[start:], part[:, len(rows) :].T @ coefficients[start : start + BLOCK_ROWS]
        else:
            samples = default_test_samples(D, N, P)
            for start in range(0, samples, step):
                size = min(step, samples - start)
                fresh[:size] @ theta.T, block_of_tests[:size] @ coefficients

    def calls():
        x @ theta.T, z @ z.T
        solve()
        z.T @ dual, z @ coefficients[:, :count]
        average()

    return calls


def share_gates():
    """Replicates at one ridge and along a path, with both kinds of test error."""
    lines, gates = [], []
    for name, ridges in (("30 ridges", RIDGES), ("one ridge", ONE_RIDGE)):
        for kind in ("exact", "sampled"):
            task = replicate(ridges, test_error=kind)
            seconds, _ = in_turns(
                5,
                whole=lambda task=task: run_replicate(task, 1),
                algebra=only_linear_algebra(ridges, kind == "exact"),
            )
            share = seconds["algebra"][0] / seconds["whole"][0]
            lines.append((f"replicate, {name}, {kind} test error", *seconds["whole"]))
            lines.append(("  its calls to BLAS and LAPACK alone", *seconds["algebra"]))
            gates.append((f"share of BLAS and LAPACK, {name}, {kind}", share, ">=", SHARES[name, kind]))
    return lines, gates


def replicate(ridges, **options):
    """The first block of replicates of a campaign at the sizes of this benchmark."""
    sizes = SimpleNamespace(d=D, n=N, p=P)
    return plan_campaign(MODEL, sizes, list(ridges), trials=2, **options).tasks()[0][1]


# Exact averages.


def averaging_gates(trials=300):
    """Standard errors at equal replicates and at equal CPU time, and agreement between three estimators."""
    sizes = SimpleNamespace(d=40, n=300, p=450)
    ways = {
        "sampled": {"test_error": "sampled"},
        "exact": {"test_error": "exact"},
        "averaged": {"labels": "averaged"},
    }
    estimates, cost = {}, {}
    for seed, (name, options) in enumerate(ways.items()):
        start = time.process_time()
        estimates[name] = simulate(MODEL, sizes, 0.05, trials=trials, seed=seed, progress=False, **options)
        cost[name] = time.process_time() - start
    lines = [(f"{trials} replicates, {name}", cost[name], math.nan) for name in ways]
    gates, reference = [], estimates["sampled"]
    least = {"exact": {"test": 1.1}, "averaged": dict.fromkeys(OBSERVABLES[:5], 5.0)}
    for name, bounds in least.items():
        pairs = {key: (getattr(estimates[name], key), getattr(reference, key)) for key in OBSERVABLES[:5]}
        for key, bound in bounds.items():
            ours, theirs = (entry.standard_error for entry in pairs[key])
            gates.append((f"{name}: standard error of {key} falls by", theirs / ours, ">=", bound))
        ours, theirs = (entry.standard_error for entry in pairs["test"])
        per_time = theirs / ours * math.sqrt(cost["sampled"] / cost[name])
        gates.append((f"{name}: that of test per CPU second by", per_time, ">=", bounds["test"]))
        scores = [
            (a.mean - b.mean) / math.hypot(a.standard_error, b.standard_error) for a, b in pairs.values()
        ]
        gates.append((f"{name} and sampled: largest score of five", float(np.max(np.abs(scores))), "<=", 4))
    return lines, gates


# Single precision.


def precision_gates():
    """Replicates in single and double precision."""
    lines, gates = [], []
    for name, ridges, kind, least in (
        ("one ridge", ONE_RIDGE, "sampled", 1.5),
        ("30 ridges", RIDGES, "sampled", 1.5),
        ("one ridge", ONE_RIDGE, "exact", 1.0),
        ("30 ridges", RIDGES, "exact", 1.4),
    ):
        tasks = {p: replicate(ridges, test_error=kind, precision=p) for p in ("double", "single")}
        seconds, found = in_turns(
            5, **{p: lambda task=task: run_replicate(task, 1) for p, task in tasks.items()}
        )
        label = f"{name}, {kind}"
        lines += [(f"{p} precision, {label}", *seconds[p]) for p in tasks]
        gates.append(
            (
                f"single precision, {label}: CPU ratio",
                seconds["double"][0] / seconds["single"][0],
                ">=",
                least,
            )
        )
        difference = relative(found["single"][:, :5], found["double"][:, :5])
        gates.append((f"single precision, {label}: relative error", difference, "<=", 1e-5))
    return lines, gates


# Averaged labels.


def averaged_anew(fit, points, series, powers, noise, ridges):
    """Averages over labels by traces of the matrix of coefficients, computed for each ridge by itself."""
    n, d = points.shape
    covariance = SPHERE.zonal_sum(
        d, [powers.get(k, 0.0) for k in range(max(powers) + 1)], points @ points.T / d
    )
    correlation = fit.scale * series.averaged_correlation(powers, fit.centers, points)
    labels = covariance + noise * np.eye(n)
    problem, rows = fit.problem(), []
    for ridge in ridges:
        (solution,) = problem.solve_path(np.eye(n), [ridge])
        image = fit.scale**2 * series.apply_gram(fit.centers, solution)
        residual = np.eye(n) - fit.design @ solution
        bias = (
            sum(powers.values()) - 2 * np.vdot(solution, correlation) + np.vdot(image, solution @ covariance)
        )
        variance = noise * np.vdot(image, solution)
        train, norm = np.vdot(residual, residual @ labels) / n, np.vdot(solution, solution @ labels) / n
        rows.append([bias + variance, bias, variance, train, norm])
    return np.array(rows)


def averaged_path_gates():
    """Thirty ridges with averaged labels, from one decomposition and one by one."""
    d, n, p, powers, noise = 60, 600, 900, MODEL.target.powers, MODEL.noise
    generator = np.random.default_rng(0)
    points = SPHERE.sample(n, d, generator)
    fit = RandomFeatures(np.tanh).draw(points, SPHERE, p, generator, None)
    series = shorten(expand(np.tanh, SPHERE, d, 2), p, 2)
    seconds, found = in_turns(
        3,
        ours=lambda: average_labels(fit, points, series, powers, noise).along(RIDGES, RIDGE),
        anew=lambda: averaged_anew(fit, points, series, powers, noise, RIDGES),
    )
    lines = [(f"averaged labels, 30 ridges, n = {n}, p = {p}: {name}", *seconds[name]) for name in seconds]
    return lines, [
        ("averaged labels along a path: CPU ratio", seconds["anew"][0] / seconds["ours"][0], ">=", 10),
        (
            "averaged labels along a path: relative difference",
            relative(found["ours"], found["anew"]),
            "<=",
            1e-9,
        ),
    ]


# Programs.


def two_groups():
    """The program of docs/tutorial/derive_your_own_model.md, with its numbers put in."""
    n, d, p1, p2 = (Dimension(name) for name in ("n", "d", "p1", "p2"))
    X, beta = GaussianMatrix("X", n, d), DeterministicVector("beta", d)
    W1, W2 = (GaussianMatrix(f"W{p.name}", d, p, variance=1 / d.size) for p in (p1, p2))
    O1, O2 = (GaussianMatrix(f"O{p.name}", n, p) for p in (p1, p2))
    a1, a2, u, r = Variable("a1", p1), Variable("a2", p2), Variable("u", d), Variable("r", n)
    epsilon = GaussianVector("epsilon", n, variance=Rational(3, 10))
    t, q, lam = (symbol(name) for name in ("t", "q", "lam"))
    mu1, mu2, star1, star2 = (Rational(k, 10) for k in (5, 8, 3, 6))
    return QuadraticProgram(
        t * norm2(r) + lam * norm2(a1) + lam * norm2(a2)
        + q * (norm2(u) + star1**2 * norm2(a1) + star2**2 * norm2(a2)),
        {
            u: mu1 * (W1 @ a1) + mu2 * (W2 @ a2) - beta,
            r: X @ u + star1 * (O1 @ a1) + star2 * (O2 @ a2) - epsilon,
        },
        {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / n.size},
    )  # fmt: skip


def by_hand(d, generator):
    """One replicate of the same, as the tutorial writes it."""
    n, p1, p2 = 3 * d // 2, 6 * d // 5, 7 * d // 10
    X = generator.standard_normal((n, d))
    W1, W2 = (generator.standard_normal((d, p)) / np.sqrt(d) for p in (p1, p2))
    Z1 = 0.5 * X @ W1 + 0.3 * generator.standard_normal((n, p1))
    Z2 = 0.8 * X @ W2 + 0.6 * generator.standard_normal((n, p2))
    Z, beta = np.hstack([Z1, Z2]), generator.standard_normal(d)
    beta /= np.linalg.norm(beta)
    y = X @ beta + np.sqrt(0.3) * generator.standard_normal(n)
    a = np.linalg.solve(Z.T @ Z + 0.1 * d * np.eye(p1 + p2), Z.T @ y)
    u = 0.5 * W1 @ a[:p1] + 0.8 * W2 @ a[p1:] - beta
    return u @ u + 0.3**2 * a[:p1] @ a[:p1] + 0.6**2 * a[p1:] @ a[p1:], np.mean((y - Z @ a) ** 2)


def program_gates(trials=50):
    """A program drawn and solved as it is declared, beside the loop that a user writes for it alone."""
    lines, gates, program = [], [], two_groups()
    for d, most in ((100, 4.0), (300, 2.0)):
        sizes = {"n": 3 * d // 2, "d": d, "p1": 6 * d // 5, "p2": 7 * d // 10}
        task = ProgramTask(
            ProgramSetting(program, sizes, powers={"B": 1.0}), (0.1 * d,), (d,), seed=0, count=trials
        )
        generator = np.random.default_rng(0)
        seconds, found = in_turns(
            5,
            ours=task.run,
            hand=lambda d=d, generator=generator: np.array([by_hand(d, generator) for _ in range(trials)]),
        )
        lines += [(f"{trials} replicates of a program, d = {d}: {name}", *seconds[name]) for name in seconds]
        gates.append(
            (
                f"program at d = {d}: CPU ratio to a loop by hand",
                seconds["ours"][0] / seconds["hand"][0],
                "<=",
                most,
            )
        )
        ours, hand = found["ours"][:, 0, [0, 3]], found["hand"]
        spread = np.hypot(ours.std(axis=0), hand.std(axis=0)) / math.sqrt(trials)
        scores = np.abs(ours.mean(axis=0) - hand.mean(axis=0)) / spread
        gates.append((f"program at d = {d}: largest score of two", float(scores.max()), "<=", 4))
    return lines, gates


def show(lines, gates):
    """Print times and gates of one part, and return the number of gates missed."""
    for name, cpu, wall in lines:
        print(f"       {name:58} {cpu:8.3f} s CPU {'' if math.isnan(wall) else f'{wall:8.3f} s wall'}")
    missed = 0
    for name, value, relation, bound in gates:
        passed = value <= bound if relation == "<=" else value >= bound
        missed += not passed
        print(f"{'ok    ' if passed else 'MISSED'} {name:58} {value:10.3g} {relation} {bound}")
    print(flush=True)
    return missed


def main():
    """Run every part."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        print(
            'this benchmark compares with scikit-learn: pip install "asymptotics-rf[bench]"', file=sys.stderr
        )
        return 1
    missed = 0
    with threadpoolctl.threadpool_limits(limits=1):
        parts = path_gates, share_gates, averaging_gates, precision_gates, averaged_path_gates, program_gates
        for part in parts:
            missed += show(*part())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
