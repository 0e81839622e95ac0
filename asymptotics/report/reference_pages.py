"""The folder of a reference campaign: a page, its tables and its figure."""

from __future__ import annotations

from pathlib import Path

from asymptotics.errors import InputError
from asymptotics.report.canvas import load_pyplot
from asymptotics.report.figures import calibration_figure
from asymptotics.report.reference_report import ReferenceReport


def prepare_folder(folder: str | Path) -> Path:
    """Create a folder for the report, before the time of a campaign is spent.

    Raises
    ------
    InputError
        If it cannot be written.
    MissingExtraError
        If matplotlib is not installed.
    """
    load_pyplot()
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / "report.md").touch()
    except OSError as error:
        raise InputError(
            "folder", str(folder), "a folder that can be written", str(error.strerror)
        ) from error
    return target


def write_report(report: ReferenceReport, folder: str | Path) -> tuple[Path, ...]:
    """Write ``report.md``, ``configurations.csv``, ``report.json`` and ``calibration.png`` into a folder.

    Parameters
    ----------
    report : ReferenceReport
    folder : path
        Created if absent; files of these names are overwritten.

    Returns
    -------
    tuple of Path

    Raises
    ------
    InputError
        If the folder cannot be written.
    MissingExtraError
        If matplotlib is not installed.
    """
    target = prepare_folder(folder)
    names = ("report.md", "configurations.csv", "report.json", "calibration.png")
    page, table, data, picture = paths = tuple(target / name for name in names)
    page.write_text(to_markdown(report), encoding="utf-8")
    report.to_csv(table)
    report.to_json(data)
    figure = calibration_figure(report)
    figure.savefig(picture, dpi=200)
    load_pyplot().close(figure)
    return paths


def to_markdown(report: ReferenceReport) -> str:
    """Return the page of a report: what it found, limits of every observable, calibration, how it was made."""
    made = report.made
    failures = [f"- {failure}" for failure in report.failures] or ["None."]
    lines = [
        "# Theory against simulation", "", "```text", str(report), "```", "",
        "## Configurations and limits that nothing explains", "", *failures, "",
        "## Calibration", "", "![sorted scores against normal quantiles](calibration.png)", "",
        "Differences in standard errors against the quantiles of the normal distribution, at finite size and",
        "extrapolated to 1/d = 0. Those of one observable are independent of each other; those of different",
        "observables are not, so each has a panel and a p-value of its own. At finite size they are wide because",
        "corrections of order 1/d and 1/d^2 are resolved; extrapolated, they should lie in the gray band.", "",
        "## Limits of the relative differences", "",
        "| family | observable | limit in % | standard error | in s.e. | c_1 | c_2 | fit p-value |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for entry in report.results:
        for name, fit in entry.limits.items():
            terms = " | ".join(f"{c:+.2g} ± {e:.1g}" for c, e in zip(fit.coefficients, fit.standard_errors))
            lines.append(
                f"| {entry.family} | {name} | {100 * fit.limit:+.3f} | {100 * fit.limit_standard_error:.3f} | "
                f"{fit.score:+.1f} | {terms} | {fit.p_value:.2g} |"
            )
    lines += ["", "## How it was made", ""]
    lines += [f"- {name}: {value}" for name, value in made.items() if name != "equations"]
    lines += ["- equations that theory solved, with their digests:"]
    lines += [f"  - `{system}`" for system in made["equations"]]
    lines += ["", "Every number: `configurations.csv` and `report.json`.", ""]
    return "\n".join(lines)
