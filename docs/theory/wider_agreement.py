"""The table of wider models, theory beside simulation: ``python docs/theory/wider_agreement.py`` (minutes).

Weights, biases, layers and inputs are drawn as the models declare them. Rows that theory does not serve are there to show it.
"""

from pathlib import Path

import asymptotics as asy

PAGE = Path(__file__).with_suffix(".md")
TRIALS, SEED = 200, 5
ERRORS, ALLOWANCE = 3, 0.02
"""Standard errors, and the relative difference that finite size may make besides."""

D, N, RIDGE, NOISE = 200, 300, 0.1, "3/10"
LINEAR = {"target": {1: 1}, "noise": NOISE}


def _groups(ridge):
    groups = [asy.Group("relu", share="3/5"), asy.Group("tanh", scale=2, share="2/5", ridge=ridge)]
    return asy.RandomFeaturesRidge(groups=groups, **LINEAR)


def _features(activation, p, **options):
    return asy.RandomFeaturesRidge(activation, **LINEAR, **options), asy.FiniteSize(D, N, p), RIDGE


DEEP = asy.DeepRandomFeaturesRidge(
    [asy.Layer("relu", width="6/5"), asy.Layer("relu", width=2)], target={1: 1}, noise="1/5"
)
SPIKES = asy.Inputs.spiked(16, multiplicities=10)
TANGENT = asy.NeuralTangentRidge("relu", {(1, 0): "1/2", (2, 0): "1/2"}, noise="1/20", inputs=SPIKES)

ROWS = {
    "ReLU (240) and tanh(2x) (160)": (_groups(1), asy.FiniteSize(D, N, 400), RIDGE),
    "the same, ridge of the second four times larger": (_groups(4), asy.FiniteSize(D, N, 400), RIDGE),
    "ReLU with biases N(0, 1), p = 400": _features("relu", 400, biases="normal(0, 1)"),
    "tanh(2x), orthogonal, p = 160": _features("tanh(2*x)", 160, weights="orthogonal"),
    "tanh(2x), tight frame, p = 300": _features("tanh(2*x)", 300, weights="orthogonal"),
    "tanh(2x), 14 entries of a weight not zero, p = 400": _features("tanh(2*x)", 400, weights="sparse(7/100)"),
    "ReLU (240) on ReLU (400)": (DEEP, asy.FiniteSize(D, N, p1=240, p2=400), 0.05),
    "tangent features on spikes of strength 16, d = 100, n = 400, p = 30": (
        TANGENT, asy.FiniteSize(100, 400, 30), 1e-3,
    ),
}  # fmt: skip

FEW = (2, 3, 4, 6, 8)
"""Entries of a weight that are not zero, where dense theory does not serve."""


def cells(model, sizes, ridge, trials, known=None):
    """Theory and simulation of test and training error, and how many of them are outside."""
    risk = asy.predict(model if known is None else known, sizes, ridge)
    found, texts, outside = asy.simulate(model, sizes, ridge, trials=trials, seed=SEED, progress=False), [], 0
    for name in ("test", "train"):
        theory, value = float(getattr(risk, name)), getattr(found, name)
        outside += abs(value.mean - theory) > ERRORS * value.standard_error + ALLOWANCE * theory
        texts += [f"{theory:.4f}", f"{value.mean:.4f}({value.standard_error:.1g})"]
    return texts, int(outside)


def table(trials=TRIALS):
    """Lines of the table, and how many of its numbers are outside."""
    lines, outside = [], 0
    for what, row in ROWS.items():
        texts, wrong = cells(*row, trials)
        outside += wrong
        lines.append(f"| {what} | {' | '.join(texts)} |")
    return lines, outside


def sparse_table(trials=TRIALS):
    """Lines for weights with few entries beside dense theory."""
    dense, sizes, ridge = _features("tanh(2*x)", 400)
    lines = []
    for count in FEW:
        drawn, _, _ = _features("tanh(2*x)", 400, weights=f"sparse({count}/{D})")
        texts, _ = cells(drawn, sizes, ridge, trials, dense)
        lines.append(f"| {count} | {' | '.join(texts)} |")
    return lines


HEAD = f"""# Wider models: theory beside simulation

Features drawn as declared: d = {D}, n = {N}, ridge {RIDGE}, noise 0.3 and a linear target unless said otherwise (two layers: ridge 0.05, noise 0.2;
spikes: ridge 0.001, noise 0.05, half of the target in degree 1 and half in degree 2 of the spikes); {TRIALS} replicates, seed {SEED}, standard
errors in brackets. This page is written by `python docs/theory/wider_agreement.py`; a test repeats it with fewer replicates.

| features | test | simulated | train | simulated |
|---|---|---|---|---|
"""

SPARSE = """
## Few entries of a weight

tanh(2x), p = 400, beside the theory of dense weights, which is refused below 4 entries and not trusted below 14.

| entries | dense test | simulated | dense train | simulated |
|---|---|---|---|---|
"""


def main():
    """Write the page."""
    lines, outside = table()
    count = 2 * len(ROWS)
    said = f"{count - outside} of {count} numbers are within {ERRORS} standard errors and {ALLOWANCE:.0%} of theory."
    print(said)
    pages = [HEAD, "\n".join(lines), f"\n\n{said}\n", SPARSE, "\n".join(sparse_table()), "\n"]
    PAGE.write_text("".join(pages), encoding="utf-8")


if __name__ == "__main__":
    main()
