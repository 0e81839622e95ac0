"""Draw the figures of the documentation: ``python docs/figures/draw.py``.

Theory is computed; the simulations in them are read from the tables beside this file, which ``--simulate`` makes again
(a few minutes). Every picture holds a digest of what is drawn, by which a test says when it is stale.
"""

import argparse
import csv
import hashlib
import os
from pathlib import Path

import numpy as np
from matplotlib.pyplot import subplots

import asymptotics as asy
from asymptotics.report.canvas import STYLE
from asymptotics.report.figures import calibration_figure
from asymptotics.report.judgement import calibrate
from asymptotics.report.measurement import Measurement
from asymptotics.report.reproduction import Reproduction, curve_figure, predictions

FOLDER = Path(__file__).resolve().parent
DIGITS = 5
ELU = asy.RandomFeaturesRidge("elu", target={1: 0.5, 2: 0.3, 3: 0.2}, noise=0.05)
RELU = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="1/10")
STAGES = asy.SpectralRidge([1, "1/1000"], [1, 4], multiplicities=[160, 10], noise="1/5")
STAGES_SIZES = asy.FiniteSize(n=200, p=800)
SEVERAL = {"d": 30, "p": 10**4, "n": (12, 20, 30, 45, 80, 150, 280, 465, 700, 1000, 1500)}

SMALL = asy.RandomFeaturesRidge("x + (x**2 - 1)/sqrt(2)", target={1: 1}, noise=1)
LABELS = {"train": "training error", "test": "test error"}
SMALL_RIDGE, SMALL_TRIALS = 0.05, {10: 9000, 20: 7000, 40: 4000, 80: 2000, 160: 700}


def small_sizes(d):
    """Samples and features in proportion, as in the tables of the theory page."""
    return asy.FiniteSize(d=d, n=round(1.2 * d), p=round(1.5 * d))


def simulate_small():
    """Means and standard errors at growing dimension, with labels averaged over."""
    lines = ["d,trials,train,train_error,test,test_error"]
    for d, trials in SMALL_TRIALS.items():
        given = {"ridge": SMALL_RIDGE, "trials": trials, "seed": 0, "labels": "averaged", "progress": False}
        found = asy.simulate(SMALL, small_sizes(d), **given)
        columns = (found.train.mean, found.train.standard_error, found.test.mean, found.test.standard_error)
        lines.append(",".join([str(d), str(trials), *(f"{float(value):.8g}" for value in columns)]))
    (FOLDER / "next_order.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def simulate():
    """Make the tables of simulations."""
    simulate_small()
    one = Reproduction()
    sizes = asy.FiniteSize(one.d, one.n, np.array(one.features))
    given = {"ridge": one.ridge, "trials": one.trials, "seed": one.seed, "progress": False}
    asy.simulate(one.model(), sizes, **given).to_csv(FOLDER / "double_descent.csv")
    sizes = asy.FiniteSize(SEVERAL["d"], np.array(SEVERAL["n"]), SEVERAL["p"])
    several = asy.simulate(ELU, sizes, ridge=1e-6, trials=6, seed=0, progress=False)
    several.to_csv(FOLDER / "multiple_descent.csv")
    times = np.geomspace(3e-4, 3e3, 15)
    stages = asy.simulate(STAGES, STAGES_SIZES, time=times, trials=40, seed=0, progress=False)
    stages.to_csv(FOLDER / "epoch_descent.csv")
    report = asy.reference_campaign(120, seed=1, say=print)
    with open(FOLDER / "calibration.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["observable", "series", "score"])
        for name in report.observables:
            for series, one in report.calibrations(name).items():
                table.writerows([name, series, f"{score:.6g}"] for score in one.scores)


def double_descent():
    """The figure of the README."""
    limit, exact = predictions(Reproduction())
    measured = Measurement.from_csv(FOLDER / "double_descent.csv", title="simulation")
    return curve_figure(limit, exact, measured, Reproduction())


def multiple_descent():
    """Error against samples, with its peaks."""
    measured = Measurement.from_csv(FOLDER / "multiple_descent.csv")
    return asy.plot_multiple_descent(ELU, d=SEVERAL["d"], p=SEVERAL["p"], simulation=measured).figure


def training_time():
    """Risk against time, with the best ridge and no ridge as levels."""
    return asy.plot_training(RELU, asy.Proportional(psi1=2, psi2=3)).figure


def epoch_descent():
    """Epoch-wise double descent: two scales of eigenvalues."""
    measured = Measurement.from_csv(FOLDER / "epoch_descent.csv", title="simulation")
    return asy.plot_training(STAGES, STAGES_SIZES, simulation=measured).figure


def stopping_map():
    """Time and number of features, with the valley of the best stopping."""
    return asy.plot_stopping_map(RELU, asy.Proportional(np.geomspace(0.1, 30, 40), 3), largest=1.5).figure


def parts_in_time():
    """Where the test error comes from, along training."""
    times = np.geomspace(0.01, 1e3, 60)
    return asy.plot_parts(asy.predict(RELU, asy.Proportional(psi1=2, psi2=3), time=times), "time").figure


def best_training():
    """Ridge against stopping against the best filter."""
    sizes = asy.Proportional(np.geomspace(0.2, 30, 18), 3)
    return asy.plot_best_training(RELU, sizes, relative=True).figure


class Scores:
    """The scores of a reference campaign, from their table."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        self.observables = list(dict.fromkeys(row["observable"] for row in self.rows))

    def calibrations(self, observable):
        """Scores of each series beside normal quantiles."""
        found = {}
        for row in self.rows:
            if row["observable"] == observable:
                found.setdefault(row["series"], []).append(float(row["score"]))
        return {series: calibrate(np.array(scores)) for series, scores in found.items()}


def calibration():
    """Sorted scores of the reference campaign."""
    return calibration_figure(Scores(FOLDER / "calibration.csv"))


def next_order():
    """Differences of simulation from theory with and without the next order, against the dimension."""
    table = np.genfromtxt(FOLDER / "next_order.csv", delimiter=",", names=True)
    risks = [asy.predict(SMALL, small_sizes(int(d)), ridge=SMALL_RIDGE, order=1) for d in table["d"]]
    figure, panels = subplots(1, 2, figsize=(7.2, 3.0), layout="constrained")
    for axes, name in zip(panels, ("train", "test"), strict=True):
        leading = np.array([risk.pieces["leading"][name] for risk in risks])
        full = np.array([risk[name] for risk in risks])
        for theory, label, power in ((leading, "leading order", 1), (full, "with the next order", 2)):
            gaps, errors = np.abs(table[name] / theory - 1), 2 * table[f"{name}_error"] / theory
            below = np.minimum(errors, 0.9 * gaps)
            bars = axes.errorbar(table["d"], gaps, yerr=(below, errors), fmt="o", markersize=4, label=label)
            anchor = -1 if power == 1 else 2
            guide = gaps[anchor] * (table["d"][anchor] / table["d"]) ** power
            axes.plot(table["d"], guide, color=bars.lines[0].get_color(), linewidth=0.8, linestyle="--")
        axes.set(xscale="log", yscale="log", xlabel="input dimension d", title=LABELS[name])
    panels[0].set_ylabel("relative difference from simulation")
    panels[0].legend()
    return figure


FIGURES = {
    "calibration.png": calibration,
    "double_descent.png": double_descent,
    "multiple_descent.png": multiple_descent,
    "training_time.png": training_time,
    "epoch_descent.png": epoch_descent,
    "stopping_map.png": stopping_map,
    "parts_in_time.png": parts_in_time,
    "best_training.png": best_training,
    "next_order.png": next_order,
}


def digest(figure):
    """What a figure shows: its lines, error bars, labels, and the style sheet."""
    seen = hashlib.sha256(STYLE.read_bytes())
    for axes in figure.axes:
        arrays = [part for line in axes.get_lines() for part in line.get_data()]
        arrays += [segment for bars in axes.collections for segment in getattr(bars, "get_segments", list)()]
        for array in arrays:
            seen.update(" ".join(f"{value:.{DIGITS}g}" for value in np.ravel(array).astype(float)).encode())
        texts = [
            axes.get_xlabel(),
            axes.get_ylabel(),
            axes.get_title(),
            *(text.get_text() for text in axes.texts),
        ]
        legend = axes.get_legend()
        texts += [text.get_text() for text in legend.get_texts()] if legend else []
        seen.update("\n".join(texts).encode())
    return seen.hexdigest()


def main():
    """Draw all figures."""
    os.environ.setdefault("MPLBACKEND", "agg")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulate", action="store_true", help="Make the tables of simulations again.")
    if parser.parse_args().simulate:
        simulate()
    for name, draw in FIGURES.items():
        figure = draw()
        figure.savefig(FOLDER / name, dpi=300, metadata={"Description": digest(figure)})
        print(f"drew {FOLDER / name}")


if __name__ == "__main__":
    main()
