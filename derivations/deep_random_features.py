r"""Random features of any depth.

**Statement.** Let $\varphi_0 = x$ and $\varphi_l = \sigma_l(W_l\varphi_{l-1})$, weights of variance one over the size
of what they act on, and regress on $\varphi_L/\sqrt{p_L}$ with ridge $\lambda$. With the constants $\mu_{1l},
\mu_{\star l}$ of $\sigma_l$ at the radius of its inputs the effective ridges of inputs and layers solve one equation a
layer,
$$ \kappa_{l-1}\,\mu_{1l}^2\,(p_l - df_{l-1}) = p_{l-1}\,(\kappa_l + \mu_{\star l}^2), \qquad p_0 = d, \qquad n - df_L
= \lambda\,p_L/\kappa_L, $$
where $df_l = (\kappa_l\,df_{l-1} + \mu_{\star l}^2 p_l)/(\kappa_l + \mu_{\star l}^2)$, and $R_l = R_0$. For orthogonal
weights the first is $\kappa_{l-1}\mu_{1l}^2(p_l - df_{l-1}) = (p_{l-1} - df_{l-1})(\kappa_l + \mu_{\star l}^2)$ where
$p_l \le p_{l-1}$, and $\kappa_{l-1}\mu_{1l}^2\,p_l = p_{l-1}(\kappa_l + \mu_{\star l}^2)$ where $p_l \ge p_{l-1}$.

The errors are those that the recursion of covariances of [@Schroder2023] gives with the weights that were drawn, up to
fluctuations that vanish with the sizes.
"""

import math
import random

import numpy as np
import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.lowering.program import Spectrum
from asymptotics.lowering.systems import system_problem
from asymptotics.models import deep_equations as deep
from asymptotics.models import kernel_ridge_equations, pair_orthogonal
from asymptotics.models.pair import INNER, KAPPA, SIZE, below
from asymptotics.solvers.solve import solve
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

from .published import schroder

derivation = Derivation(
    id="deep-random-features",
    title="Random features of any depth",
    uses=["ridge-from-pair", "feature-law"],
    references=["Schroder2023", "HuLu2023", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "A layer may be replaced by its linear part plus independent noise, given what lies below.",
    ],
)

POINTS = 2
NAMES = {"test": "test", "variance": "test.epsilon", "train": "train", "norm": "norm"}


class Solution:
    """A random exact solution: levels, constants and effective ridges are drawn, sizes and ridge follow.

    Attributes
    ----------
    values : dict
        Of everything by its name.
    """

    def __init__(self, seed, kinds, isotropic=False):
        self.random = random.Random(seed)
        self.levels = [{name: self.draw() for name in ("s", "T", "B")} for _ in range(1 if isotropic else 2)]
        v = {name: self.draw() for name in ("c", "noise", "d")}
        if isotropic:
            self.levels[0] |= {"s": sp.S.One, "T": v["d"]}
        kappa, size, df = self.draw(), v["d"], None
        v["kappa_0"], df = kappa, sum(x["T"] * x["s"] / (x["s"] + kappa) for x in self.levels)
        for number, kind in enumerate(kinds, 1):
            end = deep.mark(kinds, number)
            linear, rest, following = self.draw(), self.draw(), self.draw()
            if kind == deep.NARROW:  # the ridge on the coefficients is smaller than the one below
                following = rest = kappa * linear / 3
                width = df + (following + rest) * (size - df) / (linear * kappa)
            elif kind == deep.WIDE:
                following = rest = kappa * linear
                width = size * (following + rest) / (linear * kappa)
            else:
                width = df + size * (following + rest) / (linear * kappa)
            df = (following * df + rest * width) / (following + rest)
            v |= {f"mu1sq{end}": linear, f"mu_starsq{end}": rest, f"p{end}": width}
            v |= {f"p{number}": width, f"inv_p{number}": 1 / width}
            v |= {f"kappa_{number}": following, f"nu_{number}": following / width}
            kappa, size = following, width
        v |= {
            "kappa": kappa,
            "nu": kappa / size,
            "n": v["c"] + df,
            "lam": v["c"] * kappa / size,
            "width": size,
        }
        self.values = v | {"inv_n": 1 / v["n"], "lam_n": v["lam"] / v["n"]}

    def draw(self):
        """A rational number between 1/9 and 9."""
        return sp.Rational(self.random.randint(1, 9), self.random.randint(1, 9))

    def at(self, expression, values):
        """An expression at the solution."""
        known = {symbol(name): value for name, value in values.items()}
        rule = {
            average: sum(
                x[average.measure.name] * average.function.xreplace({symbol("s"): x["s"]}).xreplace(known)
                for x in self.levels
            )
            for average in averages_in(expression)
        }
        return sp.cancel(expression.xreplace(rule).xreplace(known))

    def evaluated(self, system, more=None):
        """Residuals of a system and its observables, in exact numbers."""
        values = {**self.values, **(more or {})}
        for definition in system.definitions:
            values[definition.symbol.name] = self.at(definition.expression, values)
        residuals = [self.at(equation.residual, values) for equation in system.equations]
        return residuals, {o.name: self.at(o.expression, values) for o in system.observables}


@derivation.step("All layers in one program")
def joint():
    r"""With $u_{l-1} = W_lu_l$, $u_0 = W_1u_1 - \beta$ and $r = Xu_0 + \sum_l Z_lu_l - \varepsilon$ the energy is
    $t\|r\|^2 + \lambda\|u_L\|^2 + q\,(\|u_0\|^2 + \sum_l\mu_{\star l}^2\|u_l\|^2)$.
    """
    yield check.assumes(
        "ridge regression on a nonlinear layer has, to leading order, the errors of its linear part plus "
        "independent noise of the same variance, layer by layer",
        "Schroder2023",
    )
    programs = {depth: deep.program((deep.GAUSSIAN,) * depth) for depth in (1, 2)}
    for depth, written in programs.items():
        yield check.shapes(written, f"{depth} layers: every product conforms")
        yield check.represents(written)
    return programs


@derivation.step("Elimination, for one layer and for two")
def system(joint):
    r"""The engine eliminates everything that is random at once. At random exact solutions its equations hold, and its
    errors are those of the chain, in which each layer keeps its effective ridge.
    """
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    for depth, written in joint.items():
        derived, chain = written.deterministic_equivalent(), deep.equivalent((deep.GAUSSIAN,) * depth)
        for seed in range(POINTS):
            one = Solution(seed, (deep.GAUSSIAN,) * depth)
            own, found = one.evaluated(chain)
            v = one.values
            slack = {"tau_r_dual": v["c"], "nu": v["kappa_0"]}
            # The mean inverse of a feature of the last layer: 1/h there, and what is left of its width.
            df = v["n"] - v["c"]
            slack["b_u_2"] = (v["width"] - df) / v["kappa"]
            residuals, errors = one.evaluated(derived, slack)
            title = f"{depth} layers, point {seed}"
            yield check.same_object({*own, *residuals}, {sp.S.Zero}, f"{title}: a solution of both")
            same = {name: errors[source] for name, source in NAMES.items()}
            yield check.same_object({name: found[name] for name in NAMES}, same, f"{title}: the errors agree")
    return deep.equivalent()


@derivation.step("Orthogonal weights")
def orthogonal(system):
    r"""Orthonormal rows keep the coefficients $w = W^\top b$ in a random subspace: the null space of a Gaussian matrix,
    hence an infinite penalty on what lies outside. Where there are more neurons than inputs $w$ is free. The equation
    and its implicit derivatives.
    """
    df, p = below("df"), pair_orthogonal.WIDTH
    for narrow in (True, False):
        name = "narrow" if narrow else "wide"
        written = pair_orthogonal.orthogonal_program(narrow)
        yield check.shapes(written, f"{name}: every product conforms")
        yield check.represents(written)
        yield check.inverts(dyson_equation(written.pencil()), f"{name}: the Dyson equation inverts")
        layer = pair_orthogonal.orthogonal(narrow).system.expanded()
        ridge = (KAPPA + symbol("mu_starsq")) / symbol("mu1sq")
        sides = (SIZE - df) * ridge - INNER * (p - df) if narrow else SIZE * ridge - INNER * p
        yield check.equivalent([sides], layer, eliminate=[p], statement=f"{name}: the equation of the layer")
    return system


@derivation.step("Comparison: orthogonal weights as kernels")
def levels(orthogonal):
    r"""On isotropic inputs orthogonal features are a kernel of one level of `p` directions ($p\le d$), or of `d`
    directions and `p - d` others; what no direction captures of the target is noise. The risk of the chain is that of
    kernel ridge regression on these levels, exactly.
    """
    kernel = kernel_ridge_equations.equivalent()
    for kind in (deep.NARROW, deep.WIDE):
        for seed in range(POINTS):
            one = Solution(seed, (kind,), isotropic=True)
            v, (level,) = one.values, one.levels
            linear, rest, p, d = v["mu1sq"], v["mu_starsq"], v["p"], v["d"]
            seen = linear if kind == deep.NARROW else linear * p / d
            share = (p / d if kind == deep.NARROW else 1) * seen / (seen + rest)
            other = Solution(seed, (kind,), isotropic=True)
            other.levels = [{"s": (seen + rest) / p, "T": min(p, d), "B": share * level["B"]}]
            other.levels.append({"s": rest / p, "T": max(p - d, 0), "B": sp.S.Zero})
            missed = (1 - share) * level["B"]
            other.values = {"nu": v["nu"], "n": v["n"], "lam": v["lam"], "noise": v["noise"] + missed}
            own, found = one.evaluated(deep.equivalent((kind,)))
            residuals, errors = other.evaluated(kernel)
            title = f"{kind}, point {seed}"
            yield check.same_object({*own, *residuals}, {sp.S.Zero}, f"{title}: a solution of both")
            yield check.same_object(found["test"], errors["test"] + missed, f"{title}: the test error agrees")
            yield check.same_object(found["train"], errors["train"], f"{title}: the training error agrees")


@derivation.step("Comparison: Schröder, Cui, Dmitriev and Loureiro")
def published(system):
    r"""Their recursion $\Omega_l = \mu_{1l}^2W_l^\top\Omega_{l-1}W_l + \mu_{\star l}^2$, $\psi_l =
    \mu_{1l}W_l^\top\psi_{l-1}$ needs the weights. For drawn ones of three layers their test error is that of the chain
    within the fluctuations of the draws.
    """
    d, widths, n, lam, noise, seed, draws = 120, (150, 180, 135), 180, 0.05, 0.2, 5, 12
    constants = ((0.53, 0.10), (0.30, 0.08), (0.45, 0.05))
    generator, found = np.random.default_rng(seed), []
    for _ in range(draws):
        omega, before = np.eye(d), d
        psi = np.eye(d) / math.sqrt(d)  # every direction of the target, with the same share
        for (linear, rest), width in zip(constants, widths, strict=True):
            weights = generator.standard_normal((before, width)) / math.sqrt(before)
            omega = linear * weights.T @ omega @ weights + rest * np.eye(width)
            psi, before = math.sqrt(linear) * weights.T @ psi, width
        values, basis = np.linalg.eigh(omega / before)
        squares = np.sum((basis.T @ psi) ** 2, axis=1) / before
        found.append(_theirs(values, squares, lam, n, noise))
    chart = deep.inverse_chart((deep.GAUSSIAN,) * 3)
    problem = system_problem(chart.system, "lam_n", chart.start, order=chart.ladder)
    given = {"inv_n": 1 / n, "lam_n": lam / n, "noise": noise, "d": float(d)}
    for number, ((linear, rest), width) in enumerate(zip(constants, widths, strict=True), 1):
        given |= {f"mu1sq_{number}": linear, f"mu_starsq_{number}": rest, f"inv_p{number}": 1 / width}
    one = np.array([1.0])
    spectrum = Spectrum(one, {"T": d * one, "B": one}, {"T": 0.0, "B": 0.0})
    root = solve(problem, {k: np.array([v]) for k, v in given.items()}, spectrum=spectrum)
    theory = float(root.observables["test"][0]) + noise
    mean, error = float(np.mean(found)), float(np.std(found, ddof=1)) / math.sqrt(draws)
    yield check.simulated(theory, mean, error, "three layers with drawn weights", seed, allowance=0.005)


def _theirs(values, squares, lam, n, noise):
    """Their test error, with the noise of a fresh label, for one covariance."""
    low, high = 0.0, 1 / lam
    for _ in range(200):
        middle = (low + high) / 2
        residual = schroder.fixed_point(lam, n, middle, values, np.sum)
        low, high = (middle, high) if residual > 0 else (low, middle)
    power = 1.0 + noise
    return schroder.test_error(lam, n, low, values, power, np.sum, lambda f: np.sum(f * squares))
