r"""The linearization of a two-layer network: random and tangent features.

**Statement.** Let $H = g_f S + g_t M$ with the spectra $S$ of the random and $M$ of the tangent features, $a_f =
\mathrm{Tr}\,S(H+\nu)^{-1}$, $a_t = \mathrm{Tr}\,M(H+\nu)^{-1}$ and gains
$$ g_f = \frac1{1 + a_f/p},\qquad g_t = E\,\frac{w}{1 + w\,a_t/N}, $$
$w$ the squares of the second layer. Then $n = \lambda/\nu + a_fg_f + a_tg_t$ determines the effective ridge of ridge
regression on both, and every error is explicit in the population pair and its slopes,
$$ df = a_fg_f + a_tg_t, \qquad R = \nu\sum\beta^2/(H+\nu) + \sigma_a^2\nu\,a_fg_f. $$

In the proportional limit these are the equations of [@AdlamPennington2020b]; infinitely many neurons give kernel ridge
regression; tangent features alone, with second-layer signs, are random features of which there are $pd$.
"""

import random

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.models import neural_tangent_equations as network
from asymptotics.models.blocks import Block, pair_program, program_of
from asymptotics.models.blocks_pair import blocks_pair
from asymptotics.models.derive import derive
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

from .published import adlam_pennington

derivation = Derivation(
    id="neural-tangent",
    title="Random and tangent features of a two-layer network",
    uses=["ridge-from-pair", "random-features", "proportional-random-features", "ridge-covariance"],
    references=[
        "AdlamPennington2020b",
        "MontanariZhong2022",
        "Ghorbani2021",
        "LatourelleVigeantPaquette2023",
    ],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "Random and tangent features may be replaced by independent Gaussian ones with the same kernels.",
    ],
)

POINTS = 4
SIGNS = (Block("f", "s", "p", start="start"), Block("t", "m", "N"))


class Solution:
    """A random exact solution: levels, gains and effective ridge are drawn, sizes and ridge follow."""

    def __init__(self, seed, endless=False):
        self.random = random.Random(seed)
        self.levels = [{name: self.draw() for name in ("s", "m", "T", "B")} for _ in range(3)]
        rests = {name: self.draw() for name in ("rest_f", "rest_t", "noise", "start")}
        self.values = {**rests, "nu": self.draw(), "g_f": self.draw() / 10, "g_t": self.draw() / 10}
        if endless:
            self.values["g_t"] = sp.S.One
        v, self.values["c"] = self.values, self.draw()
        v["lam"] = v["c"] * v["nu"]
        for mark, letter in (("f", "s"), ("t", "m")):
            load = sum(x["T"] * x[letter] / self.denominator(x) for x in self.levels)
            v[f"a_{mark}"] = load + v[f"rest_{mark}"] / v["nu"]
        for mark, size in (("f", "p"), ("t", "N")):
            gain = v[f"g_{mark}"]
            v[size] = sp.oo if gain == 1 else v[f"a_{mark}"] * gain / (1 - gain)
        v["n"] = v["c"] + v["a_f"] * v["g_f"] + v["a_t"] * v["g_t"]
        v |= {"psi1": v["p"], "psi2": v["n"]}

    def draw(self):
        """A rational number between 1/9 and 9."""
        return sp.Rational(self.random.randint(1, 9), self.random.randint(1, 9))

    def denominator(self, level):
        """``H + nu`` at a level."""
        v = self.values
        return v["nu"] + v["g_f"] * level["s"] + v["g_t"] * level["m"]

    def at(self, expression, values):
        """An expression at the solution; averages are sums, those over the second layer are at weight one."""
        known = {symbol(name): value for name, value in values.items()}
        rule = {}
        for average in averages_in(expression):
            if average.measure == symbol(network.LAW):
                rule[average] = average.function.xreplace({symbol("w"): sp.S.One}).xreplace(known)
                continue
            rule[average] = sum(
                x[average.measure.name]
                * average.function.xreplace({symbol(k): value for k, value in x.items()}).xreplace(known)
                for x in self.levels
            )
        return sp.cancel(expression.xreplace(rule).xreplace(known))

    def evaluated(self, system, more=None):
        """Residuals of a system and its observables, in exact numbers."""
        values = {**self.values, **(more or {})}
        for definition in system.definitions:
            values[definition.symbol.name] = self.at(definition.expression, values)
        residuals = [self.at(equation.residual, values) for equation in system.equations]
        return residuals, {o.name: self.at(o.expression, values) for o in system.observables}


def tangent_solution(seed):
    """A random exact solution for tangent features alone, of which none is beyond the levels."""
    one = Solution(seed)
    v, gain = one.values, one.values["g_t"]
    v["rest_t"] = v["rest_f"] = sp.S.Zero
    v["a_t"] = sum(x["T"] * x["m"] / (gain * x["m"] + v["nu"]) for x in one.levels)
    v["N"] = v["a_t"] * gain / (1 - gain)
    v["n"], v["lam"] = v["c"] + v["a_t"] * gain, v["c"] * v["nu"]
    return one


def linear_solution(seed):
    """A random exact solution of the proportional limit: one level, infinitely many tangent features."""
    one = Solution(seed, endless=True)
    (level,) = one.levels = [one.levels[0] | {"T": sp.S.One}]
    v, h = one.values, one.denominator(level)
    v["a_f"] = level["s"] / h + v["rest_f"] / v["nu"]
    v["a_t"] = level["m"] / h + v["rest_t"] / v["nu"]
    v["psi1"] = v["p"] = v["a_f"] * v["g_f"] / (1 - v["g_f"])
    v["psi2"] = v["n"] = v["c"] + v["a_f"] * v["g_f"] + v["a_t"]
    return one


@derivation.step("The learning problem")
def program():
    r"""Features are $S^{1/2}B$ and $M^{1/2}CW^{1/2}$ in the eigenbasis that both kernels share, with what has too
    small eigenvalues to be learned as noise of its own; the coefficients of the function are those that are trained
    plus those of the start.
    """
    yield check.assumes(
        "errors of ridge regression on random and tangent features are, to leading order, those of independent "
        "Gaussian features with the same kernels",
        "AdlamPennington2020b",
    )
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    written = network.program()
    yield check.shapes(written)
    yield check.represents(written)
    return written


@derivation.step("The population pair")
def pair(program):
    r"""Without samples, the Dyson equation closes on $a_f$ and $a_t$. Its implicit derivatives in $\log\nu$ solve a
    linear system; every quantity of the pair is a sum of positive terms.
    """
    blocks = (network.RANDOM, network.TANGENT)
    yield check.inverts(dyson_equation(pair_program(blocks).pencil()))
    found = blocks_pair(blocks)
    for name in ("df", "partial", "df2", "error", "penalty"):
        value = found.observable(name)
        yield check.positive(value, f"{name} is a sum of positive terms")
    return found


@derivation.step("The joint program")
def joint(pair):
    r"""The engine's equations of the program with samples, in which everything is random at once, have the same
    solutions, $\lambda\tau_f = p\,g_f$, $\lambda\tau_t = N g_t$, and the same errors: compared in exact rational
    numbers at random solutions.
    """
    derived = program_of(SIGNS, "joint").deterministic_equivalent()
    system = network.equivalent()
    names = {
        "test": "test",
        "bias": "test.beta",
        "variance": "test.epsilon",
        "train": "train",
        "norm": "norm",
    }
    for seed in range(POINTS):
        one = Solution(seed)
        v = one.values
        traces = {"tau_v_f": v["p"] * v["g_f"] / v["lam"], "tau_v_t": v["N"] * v["g_t"] / v["lam"]}
        more = {u.symbol.name: traces.get(u.symbol.name, v["c"]) for u in derived.unknowns}
        residuals, errors = one.evaluated(derived, more)
        own, found = one.evaluated(system)
        yield check.same_object(
            set(own), {sp.S.Zero}, f"point {seed}: a solution of the equations of the pair"
        )
        yield check.same_object(set(residuals), {sp.S.Zero}, f"point {seed}: of those of the joint program")
        errors["test.beta"] = errors["test"] - errors["test.epsilon"]
        same = {name: errors[source] for name, source in names.items()}
        yield check.same_object(
            {name: found[name] for name in names}, same, f"point {seed}: the errors agree"
        )
    return system


@derivation.step("The equations of Adlam and Pennington")
def published(joint):
    r"""For one level, as in the proportional limit, $\tau_1 = 1/(n\nu)$ and $\tau_2 = \tau_1\nu/(H+\nu)$ solve the
    published equations with ridge, width and kernel weights as there.
    """
    limit = network.proportional()
    for seed in range(POINTS):
        one = linear_solution(seed)
        v, level = one.values, one.levels[0]
        residuals, _ = one.evaluated(limit)
        yield check.same_object(set(residuals), {sp.S.Zero}, f"point {seed}: a solution of the limit")
        weight, linear = level["m"] / level["s"], level["s"]
        tau1 = 1 / (v["psi2"] * v["nu"])
        given = adlam_pennington.tangent_fixed_point(
            phi=1 / v["psi2"], psi=1 / v["psi1"], zeta=linear, eta=linear + v["rest_f"],
            slope=linear + v["rest_t"] / weight, weight=weight, gamma=v["lam"], tau1=tau1,
            tau2=tau1 * v["nu"] / one.denominator(level),
        )  # fmt: skip
        yield check.same_object(
            {sp.cancel(x) for x in given}, {sp.S.Zero}, f"point {seed}: of the published equations"
        )


@derivation.step("Infinitely many neurons; tangent features alone")
def special(joint):
    r"""With gains of one the equations are those of kernel ridge regression with the sum of both kernels. Without
    random features they are those of random features with the tangent kernel's spectrum, $N$ of them.
    """
    alone = network.equivalent_of((network.TANGENT,), "tangent-features")
    kernel, features = derive("kernel-ridge"), derive("random-features")
    names = ("bias", "variance", "train", "norm")
    for seed in range(POINTS):
        one = tangent_solution(seed)
        v, gain = one.values, one.values["g_t"]
        residuals, found = one.evaluated(alone)
        yield check.same_object(
            set(residuals), {sp.S.Zero}, f"point {seed}: a solution for tangent features alone"
        )
        for x in one.levels:
            x["s"] = x["m"]
        more = {"nu": v["nu"] / gain, "p": v["N"], "h": v["N"] - v["a_t"] * gain}
        residuals, errors = one.evaluated(features, more)
        yield check.same_object(set(residuals), {sp.S.Zero}, f"point {seed}: of random features, N of them")
        same = {name: errors[name] for name in names}
        yield check.same_object(
            {name: found[name] for name in names}, same, f"point {seed}: the errors agree"
        )
        for x in one.levels:
            x["s"] = x["m"] * gain
        v |= {"g_t": sp.S.One, "N": sp.Integer(10) ** 400}
        more = {"nu": v["nu"], "c": v["c"]}
        residuals, errors = one.evaluated(kernel, more)
        yield check.same_object(
            set(residuals), {sp.S.Zero}, f"point {seed}: with unit gains, of kernel ridge regression"
        )


@derivation.step("The result")
def system(joint, published, special):
    """The equations that are solved."""
    return joint
