"""The table of trained predictors, theory beside simulation: ``python docs/theory/trained_agreement.py`` (two minutes).

Inputs, weights and features are drawn as the model defines them. Where labels are averaged, target and noise are
averaged over exactly, so that little of the difference is sampling.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import asymptotics as asy

PAGE = Path(__file__).with_suffix(".md")
TRIALS, SEED = 60, 5
COMPONENTS = ("test", "train", "norm")
ERRORS, ALLOWANCE = 3, 0.02
"""Standard errors, and the relative difference that finite size may make besides."""

TANH = asy.RandomFeaturesRidge("tanh", target={1: 1}, noise="3/10")
RELU = asy.RandomFeaturesRidge("relu", target={1: 1, 2: "1/2"}, noise="3/10")
KERNEL = asy.KernelRidge("exp(t)", target={1: 1, 2: "1/2"}, noise="3/10")
LEVELS = np.arange(1.0, 201.0)
SPECTRUM = asy.SpectralRidge(LEVELS**-1.0, LEVELS**-2.2, noise="3/10", tail="1/5")
TALL, WIDE, SQUARE = asy.FiniteSize(60, 120, 90), asy.FiniteSize(60, 120, 180), asy.FiniteSize(60, 120, 120)


@dataclass(frozen=True)
class Configuration:
    """One row: what is trained, how, and how it is drawn."""

    what: str
    model: Any
    sizes: Any
    training: Any
    method: str
    options: dict = field(default_factory=lambda: {"labels": "averaged"})

    def theory(self):
        """The risk at the sizes of the experiment."""
        return asy.predict(self.model, self.sizes, training=self.training)

    def simulation(self, trials=TRIALS):
        """The estimate."""
        return asy.simulate(
            self.model, self.sizes, training=self.training, trials=trials, seed=SEED, progress=False, **self.options
        )


def _half(x):
    return 0.5 * (0.5 / (0.5 + x) + np.exp(-x))


DRAWN = {"labels": "drawn"}
CONFIGURATIONS = (
    Configuration("tanh, p < n", TANH, TALL, asy.GradientFlow(1), "gradient flow, time 1"),
    Configuration("tanh, p < n", TANH, TALL, asy.GradientFlow(30), "gradient flow, time 30"),
    Configuration("ReLU, n = p", RELU, SQUARE, asy.GradientFlow(10), "gradient flow, time 10"),
    Configuration("ReLU, p > n", RELU, WIDE, asy.GradientFlow(40), "gradient flow, time 40"),
    Configuration("ReLU, p > n", RELU, WIDE, asy.GradientFlow(10, ridge=0.1), "flow with ridge 0.1, time 10"),
    Configuration("tanh, p < n", TANH, TALL, asy.GradientDescent(40, 0.1), "descent, 40 steps of 0.1"),
    Configuration("tanh, p < n", TANH, TALL, asy.GradientDescent(25, 0.5), "descent with sign changes, 25 steps of 0.5"),
    Configuration("tanh, p < n", TANH, TALL, asy.HeavyBall(8, 0.3, 0.8), "heavy ball, 8 steps of 0.3, momentum 0.8"),
    Configuration("ReLU, p > n", RELU, WIDE, asy.HeavyBall(60, 0.02, 0.5), "heavy ball, 60 steps of 0.02, momentum 0.5"),
    Configuration("tanh, p < n", TANH, TALL, asy.Nesterov(12, 0.2, 0.6), "Nesterov, 12 steps of 0.2, momentum 0.6"),
    Configuration("ReLU, p > n", RELU, WIDE, asy.Nesterov(60, 0.02, 0.8), "Nesterov, 60 steps of 0.02, momentum 0.8"),
    Configuration("ReLU, p > n", RELU, WIDE, asy.IteratedRidge(0.3, 2), "iterated ridge, twice 0.3"),
    Configuration("tanh, p < n", TANH, TALL, asy.IteratedRidge(1, 12), "iterated ridge, 12 times 1"),
    Configuration("tanh, p < n", TANH, TALL, asy.PrincipalComponents(0.3), "principal components above 0.3"),
    Configuration("ReLU, p > n", RELU, WIDE, asy.SpectralFilter(_half), "the mean of ridge 1/2 and flow for time 1"),
    Configuration("kernel", KERNEL, asy.FiniteSize(60, 120), asy.GradientFlow(3), "gradient flow, time 3"),
    Configuration("kernel", KERNEL, asy.FiniteSize(60, 120), asy.HeavyBall(40, 0.005, 0.6),
                  "heavy ball, 40 steps of 0.005, momentum 0.6"),
    Configuration("spectrum", SPECTRUM, asy.FiniteSize(n=100, p=150), asy.Nesterov(40, 0.002, 0.7),
                  "Nesterov, 40 steps of 0.002, momentum 0.7", DRAWN),
    Configuration("spectrum", SPECTRUM, asy.FiniteSize(n=100, p=150), asy.IteratedRidge(5, 3),
                  "iterated ridge, 3 times 5", DRAWN),
)  # fmt: skip


def agrees(theory, statistic):
    """Whether a mean is within three standard errors and two percent of theory."""
    return abs(statistic.mean - theory) <= ERRORS * statistic.standard_error + ALLOWANCE * abs(theory) + 1e-9


def table(trials=TRIALS):
    """Lines of the table, and how many of its numbers are outside."""
    lines, outside = [], 0
    for row in CONFIGURATIONS:
        risk, estimate = row.theory(), row.simulation(trials)
        cells = []
        for name in COMPONENTS:
            known, found = float(getattr(risk, name)), estimate.statistics[name]
            outside += not agrees(known, found)
            cells += [f"{known:.5f}", f"{found.mean:.4f}({found.standard_error:.1g})"]
        lines.append(f"| {row.what} | {row.method} | {' | '.join(cells)} |")
    return lines, outside


PARTS_SIZES, TIMES = asy.FiniteSize(d=120, n=240, p=360), (1.0, 10.0, 100.0)


def parts():
    """Theory of the parts of the test error along gradient flow, by name."""
    return asy.predict(RELU, PARTS_SIZES, time=np.array(TIMES)).parts


def parts_table():
    """Lines of the table of parts, and how many of its numbers are outside."""
    lines, outside = [], 0
    estimate = asy.simulate_parts(RELU, PARTS_SIZES, time=np.array(TIMES), trials=100, seed=15, progress=False)
    for name, values in parts().items():
        found, cells = estimate.statistics[name], []
        gap = np.abs(found.mean - values)
        outside += int(np.sum(gap > ERRORS * found.standard_error + ALLOWANCE * values))
        for known, mean, error in zip(values, found.mean, found.standard_error, strict=True):
            cells += [f"{known:.5f}", f"{mean:.4f}({error:.1g})"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines, outside


PARTS_HEAD = """
## Parts of the test error along training

ReLU, gradient flow, d = 120, n = 240, p = 360; two copies of the data and of the features, 100 replicates, labels drawn.

| part | time 1 | simulated | time 10 | simulated | time 100 | simulated |
|---|---|---|---|---|---|---|
"""

HEAD = f"""# Trained predictors: theory beside simulation

Random features on the sphere (d = 60, n = 120), a kernel, and a spectrum that is given, drawn as they are defined, trained by
the method's own steps; {TRIALS} replicates, seed {SEED}, in brackets the standard error. Labels are averaged over exactly but for the
spectrum. This page is written by `python docs/theory/trained_agreement.py`; a test repeats it with fewer replicates.

| model | method | test | simulated | train | simulated | norm | simulated |
|---|---|---|---|---|---|---|---|
"""


def _told(count, outside):
    said = f"{count - outside} of {count} numbers are within {ERRORS} standard errors and {ALLOWANCE:.0%} of theory.\n"
    print(said.strip())
    return f"\n\n{said}"


def main():
    """Write the page."""
    lines, outside = table()
    count = len(CONFIGURATIONS) * len(COMPONENTS)
    pages = [HEAD, "\n".join(lines), _told(count, outside), PARTS_HEAD]
    lines, outside = parts_table()
    pages += ["\n".join(lines), _told(len(lines) * len(TIMES), outside)]
    PAGE.write_text("".join(pages), encoding="utf-8")


if __name__ == "__main__":
    main()
