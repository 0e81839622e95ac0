"""Random configurations out to every edge: no silent errors, no raw exceptions, little over-caution.

    python tests/campaigns/edges.py --points 1000000 --digits 5000 --polynomial 2000 --out report.json

draws models, regimes, sizes and ridges from a seed and asks ``predict`` for all of them in double precision. A share of
the points is asked again in many digits. Reported are

- silent errors: an unflagged double that differs from the digits by more than 1e-12 times its condition;
- raw exceptions: any that is none of the package's own;
- over-caution: points flagged as ill conditioned whose measured error is below what the flag states (1e-10 of rounding,
  1e-12 of degrees that are not resolved);
- limits in polynomial scaling that differ from the finite system at an astronomical dimension.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import asymptotics as asy
from asymptotics.errors import AsymptoticsError, PrecisionError

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.prediction.finite_oracle import disagreement
from tests.prediction.test_polynomial_everywhere import random_point

COMPONENTS = ("test", "bias", "variance", "train", "norm")
ACTIVATIONS = [
    "relu", "abs", "sign", "erf", "tanh", "elu", "x", "x**2 - 1 + x", "he3", "he4", "he6", "exp(x/2)", "cos(3*x)",
    "max(x, 0) - x/3", "x + x**3/10", "gelu",
]  # fmt: skip
KERNELS = ["exp(t)", "exp(2*t - 2)", "arccos1", "ntk-relu", "t + t**3/4", "t"]
ANSWERED = (asy.Status.SOLVED, asy.Status.LIMIT, asy.Status.UNTRUSTED, asy.Status.ILL_CONDITIONED)
TOLERANCE, LOSS = 1e-12, 1e-12
BATCH = 2000


def random_model(generator: random.Random):
    """A model, and which regimes it has."""
    degrees = generator.sample(range(5), generator.randint(1, 3))
    target = {k: generator.choice([1, 0.5, "1/4", 1e-6, 1e6]) for k in degrees}
    noise = generator.choice([0, 0.1, 1, 1e-12, 1e8])
    kind = generator.random()
    if kind < 0.2:
        return asy.KernelRidge(generator.choice(KERNELS), target, noise), "kernel"
    if kind < 0.35:
        levels = generator.randint(1, 30)
        values = [10 ** generator.uniform(-8, 4) for _ in range(levels)]
        counts = [generator.randint(1, 200) for _ in range(levels)]
        powers = [generator.choice([0, 1, 10 ** generator.uniform(-6, 6)]) for _ in range(levels)]
        tail = generator.choice([0, 0, 10 ** generator.uniform(-8, 2)])
        return asy.SpectralRidge(values, powers, noise, multiplicities=counts, tail=tail), "spectrum"
    if kind < 0.45:
        powers = {k: 10 ** generator.uniform(-8, 2) for k in generator.sample(range(6), 3)}
        activation = asy.Activation.from_coefficients(
            powers, generator.choice([0, 10 ** generator.uniform(-8, 2)])
        )
        return asy.RandomFeaturesRidge(activation, target, noise), "features"
    return asy.RandomFeaturesRidge(generator.choice(ACTIVATIONS), target, noise), "features"


def random_question(generator: random.Random):
    """A model, a regime with arrays of sizes, and ridges."""
    model, kind = random_model(generator)
    numbers = np.random.default_rng(generator.randrange(2**32))
    wide = generator.choice([1, 3, 8])
    first = 10 ** numbers.uniform(-wide, wide, BATCH)
    second = 10 ** numbers.uniform(-wide, wide, BATCH)
    same = numbers.random(BATCH)
    second = np.where(
        same < 0.1, first, np.where(same < 0.2, first * (1 + 10 ** numbers.uniform(-12, -1, BATCH)), second)
    )
    first = np.where(same > 0.95, math.inf, first)
    if kind != "features":
        first = np.full(BATCH, math.inf)
    ridge = np.where(numbers.random(BATCH) < 0.2, 0.0, 10 ** numbers.uniform(-30, 30, BATCH))
    if generator.random() < 0.5:
        ridge = np.where(ridge > 0, 10 ** numbers.uniform(-8, 3, BATCH), 0.0)
    if kind == "spectrum":
        sizes = {"n": np.ceil(np.minimum(second * 100, 1e9))}
        return model, asy.FiniteSize(p=np.ceil(np.minimum(first * 100, 1e9)) if generator.random() < 0.5 else math.inf,
                                     **sizes), ridge  # fmt: skip
    if generator.random() < 0.5:
        return model, asy.Proportional(first, second), ridge
    d = generator.choice([3, 5, 10, 30, 100, 1000, 10**6])
    finite = np.maximum(np.ceil(np.minimum(first * d, 1e12)), 1) if kind == "features" else math.inf
    return model, asy.FiniteSize(d, np.maximum(np.ceil(np.minimum(second * d, 1e12)), 1), finite), ridge


def point_of(model, regime, ridge, place):
    """One point of a question, alone."""
    values = {
        name: float(np.broadcast_to(value, ridge.shape)[place]) if value is not None else None
        for name, value in vars(regime).items()
    }
    whole = {"d", "n", "p"} & values.keys() and "psi1" not in values
    exact = {
        name: value if value is None or math.isinf(value) else int(value) if whole else value
        for name, value in values.items()
    }
    return type(regime)(**exact), float(ridge[place])


def rounded(model, regime, ridge, digits):
    """The same with sizes of many digits moved by a rounding."""

    def move(value):
        long = isinstance(value, float) and math.isfinite(value) and float(np.float32(value)) != value
        return math.nextafter(value, math.inf) if long else value

    first, *_ = vars(regime)
    moved = {**vars(regime), first: move(vars(regime)[first])}
    if moved == vars(regime):
        moved = {name: move(value) for name, value in moved.items()}
    return asy.predict(model, type(regime)(**moved), ridge=ridge, digits=digits)


def compare(model, regime, ridge, risk, place, report, digits=50):
    """One point in many digits beside its double."""
    if regime.dimension is not None and regime.dimension < 100 and place % 20:
        return "skipped"  # thousands of degrees in many digits take seconds: a few of these points suffice
    alone, one = point_of(model, regime, ridge, place)
    try:
        exact = asy.predict(model, alone, ridge=one, digits=digits)
    except PrecisionError:
        return "unresolved"
    except asy.SolverError:
        return "no digits"
    flag = int(risk.status[place])
    moved = rounded(model, alone, one, digits) if flag == asy.Status.ILL_CONDITIONED else exact
    if flag not in ANSWERED:
        return asy.Status(flag).name
    errors = []
    for name in COMPONENTS:
        value, want = float(getattr(risk, name)[place]), getattr(exact, name)
        size = max(abs(float(want)), 1e-300)
        # What a rounding of the sizes does counts as lost: doubles with many digits are rounded themselves.
        lost = max(abs(value - float(want)), abs(float(getattr(moved, name) - want)))
        errors.append(lost / size if abs(float(want)) > 1e-290 else 0.0)
    worst = max(errors)
    if flag == asy.Status.ILL_CONDITIONED:
        report["worst"].append(worst)
        return "over-cautious" if worst < LOSS else "flagged"
    if worst > TOLERANCE * max(1.0, float(risk.condition[place])):
        report["silent"].append([repr(model), repr(alone), one, worst, float(risk.condition[place])])
        return "silent"
    return "right"


def campaign(points, digits, seed, report, until=math.inf):
    """Random questions until there are enough points, or it is time."""
    generator, done, compared = random.Random(seed), 0, 0
    outcomes, statuses = report["outcomes"], report["statuses"]
    every = max(1, points // max(digits, 1))
    while done < points and time.monotonic() < until:
        model, regime, ridge = random_question(generator)
        try:
            risk = asy.predict(model, regime, ridge=ridge)
        except AsymptoticsError as error:
            outcomes["refused"] += 1
            report["refusals"][str(error)[:80]] += 1
            continue
        except Exception as error:
            report["raw"].append([repr(model), repr(regime)[:200], repr(error)])
            continue
        statuses.update(asy.Status(int(flag)).name for flag in risk.status)
        right = np.isin(risk.status, ANSWERED)
        for name in COMPONENTS:
            column = getattr(risk, name)[right]
            if np.isnan(column).any() or (column < 0).any():
                report["silent"].append(
                    [repr(model), repr(regime)[:200], name, "no number, or a negative one"]
                )
        done += risk.status.size
        flagged = np.flatnonzero(risk.status == asy.Status.ILL_CONDITIONED)
        chosen = generator.sample(
            range(BATCH), min(BATCH, BATCH // every + (generator.random() < (BATCH % every) / every))
        )
        chosen += flagged[:2].tolist() if compared < digits else []
        for place in chosen:
            try:
                outcome = compare(model, regime, ridge, risk, place, report)
                outcomes[outcome] += 1
                compared += outcome != "skipped"
            except Exception as error:
                report["raw"].append([repr(model), repr(point_of(model, regime, ridge, place)), repr(error)])
    report["points"], report["compared"] = done, compared


def polynomial(count, seed, report):
    """Random rational exponents against the finite system."""
    generator = random.Random(seed)
    for _ in range(count):
        model, regime, ridge = random_point(generator)
        try:
            wrong = disagreement(model, regime, ridge, decades=4000)
        except Exception as error:
            report["raw"].append([repr(model), repr(regime), str(ridge), repr(error)])
            continue
        report["polynomial"]["wrong" if wrong else "right"] += 1
        if wrong:
            report["silent"].append([repr(model), repr(regime), str(ridge), str(wrong)])


def run(points=20_000, digits=60, limits=0, seed=1, seconds=math.inf):
    """The report of a campaign."""
    report = {
        "seed": seed, "outcomes": Counter(), "statuses": Counter(), "refusals": Counter(), "polynomial": Counter(),
        "silent": [], "raw": [], "worst": [],
    }  # fmt: skip
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        campaign(points, digits, seed, report, started + seconds)
        polynomial(limits, seed, report)
    over, flagged = report["outcomes"]["over-cautious"], report["outcomes"]["flagged"]
    share = report["statuses"]["ILL_CONDITIONED"] / max(report["points"], 1)
    report["over_caution"] = {
        "of_flagged": over / max(over + flagged, 1),
        "of_all": share * over / max(over + flagged, 1),
    }
    worst = sorted(report.pop("worst"))
    report["measured_loss_of_flagged"] = (
        [worst[int(q * (len(worst) - 1))] for q in (0, 0.05, 0.25, 0.5)] if worst else []
    )
    report["seconds"] = round(time.monotonic() - started, 1)
    return report


if __name__ == "__main__":
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--points", type=int, default=20_000)
    reader.add_argument("--digits", type=int, default=60, help="points that are asked again in 50 digits")
    reader.add_argument("--polynomial", type=int, default=0, help="limits compared with finite systems")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--seconds", type=float, default=math.inf, help="after which no new points are drawn")
    reader.add_argument("--out", type=Path)
    given = reader.parse_args()
    found = run(given.points, given.digits, given.polynomial, given.seed, given.seconds)
    text = json.dumps(found, indent=1, default=str)
    print(text if len(text) < 6000 else text[:6000] + "\n...")
    if given.out:
        given.out.write_text(text)
    sys.exit(bool(found["silent"] or found["raw"]))
