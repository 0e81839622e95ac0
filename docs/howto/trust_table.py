"""Predictions that are and are not trusted, beside simulation: ``python docs/howto/trust_table.py`` (two minutes)."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import asymptotics as asy

PAGE = Path(__file__).with_suffix(".md")
SEED = 5


@dataclass(frozen=True)
class Row:
    """A question, and how many replicates are simulated."""

    group: str
    name: str
    model: Any
    sizes: asy.FiniteSize
    ridge: float
    trials: int


def kernel(group: str, function: str, d: int, n: int, ridge: float, trials: int, **model: Any) -> Row:
    """Kernel ridge regression; its options are told by the group."""
    return Row(
        group, f"`{function}`", asy.KernelRidge(function, **model), asy.FiniteSize(d=d, n=n), ridge, trials
    )


def few_dimensions() -> Iterator[Row]:
    """Noise alone, and a target without noise."""
    alone, clean = {"target": {1: 0}, "noise": 1}, {"target": {1: 1, 2: 0.5}, "noise": 0}
    group = "Few dimensions: noise alone"
    for function, d, n, ridge in (
        ("exp(2*t-2)", 3, 60, 0), ("exp(2*t-2)", 3, 60, 1e-4), ("exp(2*t-2)", 5, 60, 0), ("exp(2*t-2)", 5, 60, 0.01),
        ("exp(2*t-2)", 7, 60, 0), ("exp(2*t-2)", 5, 300, 0), ("exp(2*t-2)", 10, 300, 0), ("exp(t)", 5, 60, 0),
        ("exp(t)", 7, 60, 0), ("exp(8*t-8)", 3, 60, 0), ("exp(8*t-8)", 5, 60, 0), ("arccos1", 3, 60, 0),
        ("arccos1", 5, 60, 0),
    ):  # fmt: skip
        yield kernel(group, function, d, n, ridge, 300, **alone)
    for d, ridge in ((3, 0.01), (5, 0), (7, 0)):
        yield kernel("Few dimensions: no noise", "exp(2*t-2)", d, 60, ridge, 300, **clean)
    yield kernel("Few dimensions: no noise", "arccos1", 3, 60, 0.01, 300, **clean)


def unequal_lengths() -> Iterator[Row]:
    """Gaussian inputs with spikes of strength four in a tenth of the directions, and with one that holds the target."""
    group = "Gaussian inputs, spikes of strength 4 in a tenth of the directions"
    for function, d, n, ridge in (
        ("exp(t)", 50, 200, 0.1), ("exp(t)", 100, 400, 0.1), ("exp(t)", 200, 200, 0.1), ("exp(2*t)", 50, 200, 0.1),
        ("exp(2*t)", 50, 200, 1), ("exp(2*t)", 100, 400, 1), ("exp(2*t)", 200, 200, 1),
    ):  # fmt: skip
        inputs = asy.Inputs.spiked(4, multiplicities=d // 10, law="gaussian")
        yield kernel(group, function, d, n, ridge, 40, target={1: 0.5, 2: 0.5}, noise=0.1, inputs=inputs)
    for law in ("gaussian", "sphere"):
        group = f"One spike that holds the target, d = 100, law {law}"
        for function, share, ridge, sizes in (
            ("tanh(2*x)", 0.05, 0.01, {"n": 150, "p": 200}), ("tanh(2*x)", 0.2, 0.01, {"n": 150, "p": 200}),
            ("tanh(2*x)", 0.2, 1, {"n": 150, "p": 200}), ("erf", 0.15, 1, {"n": 150, "p": 200}),
            ("relu", 0.2, 0.01, {"n": 150, "p": 200}), ("exp(2*t)", 0.092, 1, {"n": 200}),
            ("exp(t)", 0.048, 1, {"n": 200}),
        ):  # fmt: skip
            inputs = asy.Inputs.spiked(share * 99 / (1 - share), multiplicities=1, law=law)
            kind = asy.RandomFeaturesRidge if "p" in sizes else asy.KernelRidge
            model = kind(function, {(1, 0): 1}, noise=0.1, inputs=inputs)
            name = f"`{function}`, share {share}"
            yield Row(group, name, model, asy.FiniteSize(d=100, **sizes), ridge, 40)


def labels_and_layers() -> Iterator[Row]:
    """Signs in few dimensions; layers on layers with a mean."""
    for d, ridge in ((5, 0.1), (5, 1), (10, 0.1), (10, 1), (20, 0.1), (20, 1)):
        model = asy.KernelRidge("exp(t)", "sign", noise=0)
        sizes = asy.FiniteSize(d=d, n=3 * d)
        yield Row("Labels of two classes, n = 3d", "`exp(t)`", model, sizes, ridge, 400)
    for d, ridge in ((50, 0.01), (50, 0.5), (100, 0.01), (100, 0.05), (200, 0.01)):
        model = asy.DeepRandomFeaturesRidge([asy.Layer("relu"), asy.Layer("relu")], {1: 1}, noise=0.2)
        sizes = asy.FiniteSize(d=d, n=3 * d // 2, p1=6 * d // 5, p2=2 * d)
        yield Row("ReLU on ReLU", "widths 6d/5 and 2d", model, sizes, ridge, 60)


def single_neurons() -> Iterator[Row]:
    """Tangent features of few neurons."""
    for activation, options, (d, n, p), ridge in (
        ("exp(x/2)", {}, (60, 300, 60), 0.01), ("exp(x/2)", {}, (60, 300, 60), 0.3), ("exp(x/2)", {}, (60, 300, 300), 0.01),
        ("exp(x/2)", {}, (60, 600, 40), 0.01), ("relu", {}, (60, 300, 60), 0.01),
        ("relu", {"layers": "both"}, (60, 300, 60), 0.01), ("relu", {"second_layer": "gaussian"}, (60, 120, 35), 0.01),
        ("relu", {"second_layer": "gaussian"}, (60, 300, 120), 0.01), ("x**2/2", {}, (60, 600, 40), 0.01),
    ):  # fmt: skip
        model = asy.NeuralTangentRidge(activation, {1: 1, 2: "0.3"}, "0.2", **options)
        name = ", ".join([f"`{activation}`", f"p = {p}", *map(str, options.values())])
        yield Row("Tangent features", name, model, asy.FiniteSize(d=d, n=n, p=p), ridge, 12)


def rows() -> list[Row]:
    """All of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [*few_dimensions(), *unequal_lengths(), *labels_and_layers(), *single_neurons()]


def theory(row: Row) -> Any:
    """The prediction."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return asy.predict(row.model, row.sizes, row.ridge)


def simulated(row: Row) -> dict[str, tuple[float, float]]:
    """Simulated test and training errors over those of theory, with standard errors."""
    risk = theory(row)
    found = asy.simulate(row.model, row.sizes, row.ridge, trials=row.trials, seed=SEED, progress=False)
    return {
        name: tuple(float(getattr(statistic, part) / getattr(risk, name)) for part in ("mean", "standard_error"))
        if getattr(risk, name) > 1e-12 else (np.nan, np.nan)
        for name, statistic in (("test", found.test), ("train", found.train))
    }  # fmt: skip


def shown(ratio: tuple[float, float]) -> str:
    """A ratio with the error of its last digits."""
    return "" if np.isnan(ratio[0]) else f"{ratio[0]:.2f} ± {ratio[1]:.2f}"


def line(row: Row) -> str:
    """A line of the table."""
    found, caution = simulated(row), theory(row).caution
    cells = [row.name, f"d = {row.sizes.d}, n = {row.sizes.n}", f"{row.ridge:g}"]
    cells += [shown(found["test"]), shown(found["train"]), "untrusted" if caution else ""]
    return f"| {' | '.join(cells)} |"


HEAD = f"""# Cautions beside simulations

Simulated errors over those of theory, with standard errors (seed {SEED}), and what the [status](trust.md) of the prediction says. This page is written by
`python docs/howto/trust_table.py`; a test asks every prediction again, a slow one the simulations.
"""


def main() -> None:
    """Write the page."""
    lines, group = [HEAD], ""
    for row in rows():
        if row.group != group:
            group = row.group
            lines += [
                f"\n## {group}\n",
                "| features | sizes | ridge | test | train | |",
                "|---|---|---|---|---|---|",
            ]
        lines.append(line(row))
        print(lines[-1])
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
