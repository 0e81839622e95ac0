"""The table of linearized networks, simulation beside theory: ``python docs/theory/tangent_agreement.py`` (minutes).

The network's own features are drawn. The last column is what one block of pd independent features would say.
"""

from pathlib import Path

import asymptotics as asy
from asymptotics.models.network_problems import TangentFeatures
from asymptotics.models.regimes import RealSize

PAGE = Path(__file__).with_suffix(".md")
TRIALS, SEED = 24, 11
ERRORS, ALLOWANCE = 3, 0.03
"""Standard errors, and the relative difference that finite size may make besides."""

TABLE = {
    "two neurons": ("relu", {}, (100, 150, 2), 0.05),
    "eight neurons": ("relu", {}, (100, 200, 8), 0.05),
    "tanh, twenty neurons": ("tanh(x)", {}, (100, 150, 20), 0.05),
    "exponential, twelve neurons": ("exp(x/2)", {}, (80, 160, 12), 0.05),
    "relu": ("relu", {}, (80, 120, 60), 0.05),
    "both layers": ("relu", {"layers": "both"}, (80, 120, 120), 0.05),
    "both, random start": ("relu", {"layers": "both", "output": "random"}, (80, 160, 80), 0.05),
    "Gaussian second layer": ("relu", {"second_layer": "gaussian"}, (60, 120, 60), 0.05),
    "random start, wide": ("relu", {"output": "random"}, (60, 100, 180), 0.05),
    "both, Gaussian, weights": (
        "tanh(x)", {"layers": "both", "second_layer": "gaussian", "kernel_weights": (1, 2)}, (60, 120, 40), 0.1,
    ),
    "quadratic": ("x**2/2", {}, (40, 1312, 20), 0.01),
    "n of order d^2": ("relu", {}, (30, 450, 15), 0.02),
    "absolute value": ("abs(x)", {}, (30, 900, 30), 0.02),
    "exponential, n of order d^2": ("exp(x/2)", {}, (30, 900, 60), 0.02),
    "both, n of order d^2": ("relu", {"layers": "both"}, (30, 450, 15), 0.02),
}  # fmt: skip


def asked(name):
    """Model, sizes and ridge of a row."""
    activation, options, (d, n, p), ridge = TABLE[name]
    model = asy.NeuralTangentRidge(activation, {1: 1, 2: "0.5"}, "0.2", **options)
    return model, asy.FiniteSize(d=d, n=n, p=p), ridge


def theory(name):
    """The prediction, and the test error of one block of independent features."""
    model, sizes, ridge = asked(name)
    _, _, (d, n, p), _ = TABLE[name]
    one = asy.predict(TangentFeatures(model), RealSize(d=d, n=n, p=p * d), ridge)
    return asy.predict(model, sizes, ridge), float(one.test)


def row(name, trials=TRIALS):
    """Simulated test error with its standard error, the prediction, and that of one block of independent features."""
    model, sizes, ridge = asked(name)
    found = asy.simulate(model, sizes, ridge, trials=trials, seed=SEED, progress=False).test
    return found.mean, found.standard_error, *theory(name)


def within(mean, error, value):
    """Whether a simulated mean agrees with a value."""
    return bool(abs(mean - value) < ERRORS * error + ALLOWANCE * value)


def line(name, trials=TRIALS):
    """A line of the table, and whether each of both theories agrees."""
    activation, options, (d, n, p), ridge = TABLE[name]
    mean, error, risk, one = row(name, trials)
    chosen, naive = (within(mean, error, value) for value in (float(risk.test), one))
    what = ", ".join([f"`{activation}`", *(f"{key}={value}" for key, value in options.items())])
    formula = risk.made_by["formula"].removesuffix(" (prediction)")
    numbers = f"{mean:.4f}({error:.1g}) | {risk.test:.4f} | {one:.4f}{'' if naive else ' off'}"
    return f"| {name}: {what} | {d}, {n}, {p} | {ridge} | {numbers} | {formula} |", chosen, naive


HEAD = f"""# Linearized networks: simulation beside theory

Test errors of ridge regression on the real features of two-layer networks; target powers 1 and 1/2 in degrees 1 and 2, noise 0.2, {TRIALS} replicates, seed
{SEED}, standard errors in brackets. Beside them is what `predict` says, with the formula it chose, and what one block of pd independent features would say: *off*
where that is wrong by more than {ERRORS} standard errors and {ALLOWANCE:.0%}. This page is written by `python docs/theory/tangent_agreement.py`; a test repeats it.

| network | d, n, p | ridge | simulated | predicted | one block | formula |
|---|---|---|---|---|---|---|
"""


def main():
    """Write the page."""
    lines, chosen, naive = zip(*(line(name) for name in TABLE), strict=True)
    said = f"{sum(chosen)} of {len(TABLE)} predictions agree, {sum(naive)} of one block."
    print(said)
    PAGE.write_text(HEAD + "\n".join(lines) + f"\n\n{said}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
