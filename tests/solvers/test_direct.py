"""Systems of one positive solution: signs that prove it, and Newton's method against continuation."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from asymptotics.lowering.program import Spectrum
from asymptotics.models.library import stored_chart
from asymptotics.prediction.general import general_problem
from asymptotics.solvers.points import Points
from asymptotics.solvers.solution import Status
from asymptotics.solvers.system import solve_points

CHARTS = [
    ("neural-tangent", "general", "inverse"), ("neural-tangent", "proportional", "inverse"),
    ("neural-tangent", "general", "tangent"), ("neural-tangent", "general", "few"),
    ("feature-law", "general", "groups2"),
]  # fmt: skip


def problem_at(name, count, seed=3):
    """A chart with random sizes over many orders, near interpolation for a third of them, and a random spectrum."""
    problem, r = general_problem(stored_chart(*name)), np.random.default_rng(seed)
    letters = {
        letter.name for m in problem.system.measures for letter in getattr(m.variable, "args", ()) or ()
    }
    letters |= {m.variable.name for m in problem.system.measures if not m.variable.args}
    letters |= {"g"} & letters
    levels = {name: 10 ** r.uniform(-3, 1, 6) for name in sorted(letters)}
    counts = 10 ** r.uniform(0, 3, 6)
    weights = {
        m.symbol.name: counts if m.kind == "trace" else counts / counts.sum() for m in problem.system.measures
    }
    inputs = {name: 10 ** r.uniform(-2, 0) for name in problem.parameters}
    size = 10 ** r.uniform(0, 5, count)
    near = np.where(
        r.random(count) < 1 / 3, size * (1 + 1e-3 * r.standard_normal(count)), 10 ** r.uniform(0, 5, count)
    )
    for key, value in {"n": size, "inv_n": 1 / size, "psi2": size}.items():
        inputs |= {key: value} if key in inputs else {}
    for key in {"inv_p", "inv_N", "inv_psi1", "M"} & inputs.keys():
        inputs[key] = near if key == "M" else 1 / near
    (ridge,) = problem.ridge
    inputs[ridge] = 10 ** r.uniform(-14, 4, count) / (size if ridge == "lam_n" else 1)
    spectrum = Spectrum(
        levels if len(levels) > 1 else next(iter(levels.values())), weights, dict.fromkeys(weights, 0.0)
    )
    return Points(problem, inputs, spectrum, count)


@pytest.mark.parametrize("name", CHARTS)
def test_slopes_have_the_signs_of_one_solution(name):
    """All principal minors of the slopes are positive, up to signs of the rows, everywhere: then no two points have the
    same residuals (Gale and Nikaido)."""
    points, r = problem_at(name, 300), np.random.default_rng(4)
    size = len(points.problem.unknowns)
    logs = points.start() + r.uniform(-20, 20, (size, 300))
    slopes = np.moveaxis(points.linearized(logs, np.zeros((1, 300)))[1], -1, 0)
    signs = np.sign(slopes[0].diagonal())
    for count in range(1, size + 1):
        for chosen in combinations(range(size), count):
            minors = np.linalg.det(slopes[np.ix_(range(300), chosen, chosen)])
            assert np.all(minors * np.prod(signs[list(chosen)]) > 0), chosen


@pytest.mark.parametrize("name", CHARTS)
def test_the_same_solution_as_on_the_path(name):
    """At 400 random points, sizes over five orders, ridges over eighteen."""
    points = problem_at(name, 400)
    assert points.problem.unique
    direct = solve_points(points.problem, points.inputs, points.spectrum)
    path = solve_points(replace(points.problem, unique=False), points.inputs, points.spectrum)
    assert np.array_equal(direct.status, path.status) and np.all(direct.status != Status.NOT_CONVERGED)
    good = direct.status == Status.SOLVED
    assert good.mean() > 0.9 and direct.value[:, good] == pytest.approx(path.value[:, good], rel=1e-11)
    assert 2 * direct.iterations < path.iterations
