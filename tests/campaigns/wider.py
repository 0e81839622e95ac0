"""Random configurations of the wider models and ways of asking: no silent errors, no raw exceptions.

    python tests/campaigns/wider.py --questions 300 --out report.json

A question is a model (tangent features, groups, biases, orthogonal and sparse weights, inputs with a covariance,
layers, signs), sizes, and a way of asking: ridges, training, ensembles, the next order. Doubles are asked at several
points, and some of them again in 20 digits where digits are known. Reported are, beside outcomes and statuses,

- silent errors: unflagged doubles that are no numbers, or negative where they are squares, or differ from the digits;
- raw exceptions: any that is none of the package's own.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import asymptotics as asy
from asymptotics.errors import AsymptoticsError

ACTIVATIONS = ["relu", "tanh(2*x)", "erf", "x + x**2/2", "elu", "x**3 - x", "max(x, 0) - x/3"]
SQUARES = ("test", "bias", "variance", "train", "norm")
ANSWERED = (asy.Status.SOLVED, asy.Status.LIMIT, asy.Status.UNTRUSTED)
QUICK = ("ridge", "order", "ensemble")
POINTS, DIGITS, CLOSE = 6, 20, 1e-9


def features(draw, **fields):
    """Random features with some fields."""
    return asy.RandomFeaturesRidge(draw.choice(ACTIVATIONS), target(draw), draw.choice([0, 0.1, 1]), **fields)


def target(draw):
    """Powers of a few degrees."""
    return {k: draw.choice([1, 0.5, "1/4", 1e-3]) for k in draw.sample(range(4), draw.randint(1, 3))}


def tangent(draw):
    """Tangent features, alone or with random features."""
    layers = draw.choice(["first", "both"])
    return asy.NeuralTangentRidge(
        draw.choice(ACTIVATIONS), target(draw), draw.choice([0, 0.1, 1]), layers=layers
    )


def spiked(draw):
    """Inputs with a spike."""
    law = draw.choice(["gaussian", "sphere"])
    return asy.Inputs.spiked(draw.choice([2, 8, 30]), draw.choice([1, 3]), law=law)


def groups(draw):
    """Two groups of features."""
    chosen = [asy.Group(draw.choice(ACTIVATIONS), share) for share in draw.choice([(0.5, 0.5), (0.25, 0.75)])]
    return asy.RandomFeaturesRidge(target=target(draw), noise=0.1, groups=chosen)


def deep(draw):
    """Two layers."""
    laws = draw.choice(["gaussian", "sphere", "orthogonal"])
    layers = [asy.Layer(draw.choice(ACTIVATIONS)), asy.Layer(draw.choice(ACTIVATIONS), weights=laws)]
    return asy.DeepRandomFeaturesRidge(layers, target(draw), draw.choice([0, 0.1, 1]))


def signs(draw):
    """Labels of two classes."""
    labels = draw.choice(["sign", asy.SignTarget(flips="0.1"), asy.SignTarget(probit=1)])
    return asy.RandomFeaturesRidge(draw.choice(ACTIVATIONS), target=labels)


MODELS = {
    "plain": features,
    "kernel": lambda draw: asy.KernelRidge(draw.choice(["exp(t)", "arccos1", "t + t**3/4"]), target(draw), 0.1),
    "tangent": tangent,
    "groups": groups,
    "biases": lambda draw: features(draw, biases="normal(0, 1)"),
    "orthogonal": lambda draw: features(draw, weights="orthogonal"),
    "sparse": lambda draw: features(draw, weights=draw.choice(["sparse(0.3)", "sparse(0.9)"])),
    "inputs": lambda draw: features(draw, inputs=spiked(draw)),
    "deep": deep,
    "signs": signs,
}  # fmt: skip


def number(draw, low=-6, high=3):
    """A number of any size."""
    return 10 ** draw.uniform(low, high)


def way(draw, kind):
    """How it is asked: options that are numbers may be arrays. Training in several unknowns takes minutes."""
    ridges = [0.0 if draw.random() < 0.2 else number(draw) for _ in range(POINTS)]
    times = [number(draw, -3, 4) for _ in range(POINTS)]
    quick = [
        ("ridge", {"ridge": ridges}),
        ("ridge", {"ridge": ridges}),
        ("order", {"ridge": ridges, "order": 1}),
        ("ensemble", {"ridge": ridges, "ensemble": draw.choice([2, 10, asy.Ensemble(3, share="none")])}),
    ]
    trained = [
        ("time", {"time": times}),
        ("steps", {"training": asy.GradientDescent(draw.randint(1, 40), number(draw, -4, -2))}),
        ("iterated", {"training": asy.IteratedRidge(number(draw, -3, 1), draw.randint(1, 4))}),
        ("ensemble in time", {"time": times, "ensemble": 3}),
    ]
    return draw.choice(quick if kind in ("tangent", "groups", "biases") else quick + trained)


def sizes(draw, kind):
    """Sizes at which everything is quick."""
    d = draw.choice([5, 12, 30, 100, 400])
    n, p, q = (max(2, int(d * 10 ** draw.uniform(-0.7, 1))) for _ in range(3))
    p = n if draw.random() < 0.1 else p
    if kind == "kernel":
        return asy.FiniteSize(d=d, n=n)
    if kind == "deep":
        return asy.FiniteSize(d=d, n=n, p1=q, p2=p)
    if draw.random() < 0.3:
        return asy.Proportional(p / d, n / d)
    return asy.FiniteSize(d=d, n=n, p=p)


def at(options, place):
    """One point of a question."""
    return {name: value[place] if isinstance(value, list) else value for name, value in options.items()}


def compare(model, regime, options, risk, place, report, label):
    """One point again in digits."""
    if not risk.shape and place:
        return
    one = at(options, place)
    here = risk[place] if risk.shape else risk
    try:
        exact = asy.predict(model, regime, **one, digits=DIGITS)
    except AsymptoticsError as error:
        report["outcomes"][f"no digits: {type(error).__name__}"] += 1
        return
    condition = here.condition if math.isfinite(here.condition) else 1.0
    off = 0.0
    for name in here.components:
        value, wanted = float(here[name]), float(exact[name]) if name in exact.components else math.nan
        if math.isfinite(wanted) and abs(wanted) > 1e-250:
            off = max(off, abs(value - wanted) / max(abs(wanted), 1e-12 * abs(float(exact.test))))
    wrong = off > CLOSE * max(1.0, condition)
    report["outcomes"]["silent" if wrong else "right"] += 1
    if wrong:
        report["silent"].append([label, repr(model), repr(regime), str(one), off, condition])


def ask(draw, report):
    """One question."""
    kind = draw.choice(list(MODELS))
    called, options = way(draw, kind)
    label = f"{kind}, {called}"
    try:
        model, regime = MODELS[kind](draw), sizes(draw, kind)
        risk = asy.predict(model, regime, **options)
    except AsymptoticsError as error:
        report["refusals"][f"{label}: {str(error)[:90]}"] += 1
        return
    except Exception as error:
        report["raw"].append([label, str(options), "".join(traceback.format_exception(error))[-900:]])
        return
    report["asked"][label] += 1
    statuses = np.atleast_1d(np.asarray(risk.status))
    report["statuses"].update(str(asy.Status(int(flag))) for flag in statuses)
    report["points"] += statuses.size
    for place in np.flatnonzero(np.isin(statuses, ANSWERED)).tolist():
        for name in set(SQUARES) & set(risk.components):
            value = float(np.atleast_1d(risk[name])[place])
            # A next order may be larger than what it corrects.
            if math.isnan(value) or (value < -1e-13 and called != "order"):
                report["silent"].append(
                    [label, repr(model), repr(regime), str(at(options, place)), name, value]
                )
    answered = np.flatnonzero(np.isin(statuses, ANSWERED)).tolist()
    if answered and (called in QUICK or draw.random() < 0.1):  # digits of training take seconds
        try:
            compare(model, regime, options, risk, draw.choice(answered), report, label)
        except Exception as error:
            report["raw"].append([label, repr(model), repr(regime), str(options), repr(error)[:300]])


def run(questions, seed=1, seconds=math.inf):
    """The report of a campaign."""
    report = {
        "seed": seed, "questions": 0, "points": 0, "asked": Counter(), "outcomes": Counter(), "statuses": Counter(),
        "refusals": Counter(), "silent": [], "raw": [],
    }  # fmt: skip
    draw, started = random.Random(seed), time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        while report["questions"] < questions and time.monotonic() - started < seconds:
            report["questions"] += 1
            ask(draw, report)
    report["seconds"] = round(time.monotonic() - started, 1)
    return report


if __name__ == "__main__":
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--questions", type=int, default=300)
    reader.add_argument("--seconds", type=float, default=math.inf, help="after which no question is begun")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--out", type=Path)
    given = reader.parse_args()
    found = run(given.questions, given.seed, given.seconds)
    text = json.dumps(found, indent=1, default=str)
    print(text if len(text) < 9000 else text[:9000] + "\n...")
    if given.out:
        given.out.write_text(text)
    sys.exit(bool(found["silent"] or found["raw"]))
