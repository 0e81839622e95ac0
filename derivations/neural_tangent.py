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
from asymptotics.models.blocks import pair_program, program_of
from asymptotics.models.blocks_pair import blocks_pair
from asymptotics.models.derive import derive
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

from ._pairings import mean_of
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
ONE = ((sp.S.One, sp.S.One),)
"""The law of the squares of signs, as weights and probabilities."""


class Solution:
    """A random exact solution: levels, gains and effective ridge are drawn, sizes and ridge follow.

    The squares of the second layer have a law of two points and mean one, unless another is given.
    """

    def __init__(self, seed, law=()):
        self.random = random.Random(seed)
        self.levels = [{name: self.draw() for name in ("s", "m", "T", "B")} for _ in range(3)]
        rests = {name: self.draw() for name in ("rest_f", "rest_t", "noise", "start")}
        small = self.draw() / 10
        self.law = law or ((small, sp.Rational(1, 3)), ((3 - small) / 2, sp.Rational(2, 3)))
        self.values = {**rests, "nu": self.draw(), "g_f": self.draw() / 10}
        v, inverse, self.values["c"] = self.values, self.draw(), self.draw()
        v["g_t"] = sum(q * w / (1 + w / inverse) for w, q in self.law)
        v["lam"] = v["c"] * v["nu"]
        for mark, letter in (("f", "s"), ("t", "m")):
            load = sum(x["T"] * x[letter] / self.denominator(x) for x in self.levels)
            v[f"a_{mark}"] = load + v[f"rest_{mark}"] / v["nu"]
        v["p"], v["N"] = v["a_f"] * v["g_f"] / (1 - v["g_f"]), v["a_t"] * inverse
        v["n"] = v["c"] + v["a_f"] * v["g_f"] + v["a_t"] * v["g_t"]
        v |= {"psi1": v["p"], "psi2": v["n"]}

    def draw(self):
        """A rational number between 1/9 and 9."""
        return sp.Rational(self.random.randint(1, 9), self.random.randint(1, 9))

    def denominator(self, level):
        """``H + nu`` at a level."""
        v = self.values
        return v["nu"] + v["g_f"] * level["s"] + v["g_t"] * level["m"]

    def at(self, expression, values, features=sp.S.One):
        """An expression at the solution; averages are sums, those over the second layer over so many features."""
        known = {symbol(name): value for name, value in values.items()}
        rule = {}
        for average in averages_in(expression):
            if average.measure == symbol(network.LAW):
                at = [(average.function.xreplace({symbol("w"): w}).xreplace(known), q) for w, q in self.law]
                rule[average] = features * sum(q * value for value, q in at)
                continue
            rule[average] = sum(
                x[average.measure.name]
                * average.function.xreplace({symbol(k): value for k, value in x.items()}).xreplace(known)
                for x in self.levels
            )
        return sp.cancel(expression.xreplace(rule).xreplace(known))

    def evaluated(self, system, more=None, features=sp.S.One):
        """Residuals of a system and its observables, in exact numbers."""
        values = {**self.values, **(more or {})}
        for definition in system.definitions:
            values[definition.symbol.name] = self.at(definition.expression, values, features)
        residuals = [self.at(equation.residual, values, features) for equation in system.equations]
        return residuals, {o.name: self.at(o.expression, values, features) for o in system.observables}


def tangent_solution(seed):
    """A random exact solution for tangent features alone, of which none is beyond the levels."""
    one = Solution(seed, ONE)
    v, gain = one.values, one.values["g_t"]
    v["rest_t"] = v["rest_f"] = sp.S.Zero
    v["a_t"] = sum(x["T"] * x["m"] / (gain * x["m"] + v["nu"]) for x in one.levels)
    v["N"] = v["a_t"] * gain / (1 - gain)
    v["n"], v["lam"] = v["c"] + v["a_t"] * gain, v["c"] * v["nu"]
    return one


def linear_solution(seed):
    """A random exact solution of the proportional limit: one level, infinitely many tangent features."""
    one = Solution(seed, ONE)
    (level,) = one.levels = [one.levels[0] | {"T": sp.S.One}]
    one.values |= {"g_t": sp.S.One, "N": sp.oo}
    v, h = one.values, one.denominator(level)
    v["a_f"] = level["s"] / h + v["rest_f"] / v["nu"]
    v["a_t"] = level["m"] / h + v["rest_t"] / v["nu"]
    v["psi1"] = v["p"] = v["a_f"] * v["g_f"] / (1 - v["g_f"])
    v["psi2"] = v["n"] = v["c"] + v["a_f"] * v["g_f"] + v["a_t"]
    return one


def every_linear_solution():
    """Every solution of the proportional limit, in symbols: one level, infinitely many tangent features."""
    s, m, rest_f, rest_t, nu, gain, c = map(symbol, ("s", "m", "rest_f", "rest_t", "nu", "g_f", "c"))
    h = nu + gain * s + m
    a_f, a_t = s / h + rest_f / nu, m / h + rest_t / nu
    found = {"a_f": a_f, "g_f": gain, "nu": nu, "lam": c * nu, "psi1": a_f * gain / (1 - gain)}
    return found | {"psi2": c + a_f * gain + a_t, "rest_f": rest_f, "rest_t": rest_t}, (s, m, h)


def on_one_level(expression, values, level):
    """An expression at a solution of one level, of multiplicity one."""
    known = {symbol(name): value for name, value in values.items()}
    rule = {
        average: average.function.xreplace(dict(zip(map(symbol, "sm"), level, strict=True)))
        for average in averages_in(expression)
    }
    return expression.xreplace(rule).xreplace(known)


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
    numbers at random solutions, with second layers of a law of two weights.
    """
    derived = program_of((network.RANDOM, network.TANGENT), "joint").deterministic_equivalent()
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
        # Of the law over the features the engine has an unknown of its own, the inverse of their load.
        own_law = {"nu": v["N"] / v["a_t"], "tau_r_dual": v["c"]}
        residuals, errors = one.evaluated(derived, traces | own_law, features=v["N"])
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
    r"""Their second layer is Gaussian. In the proportional limit its law drops out: with $x = a_t/N$ the gain is
    below its mean $E w = 1$ by $x\,E w^2/(1 + wx)$, at most $3x$, and $x$ vanishes like one over the dimension. For
    one level $\tau_1 = 1/(n\nu)$ and $\tau_2 = \tau_1\nu/(H+\nu)$ solve the published equations, with ridge, width
    and the variance of the second layer as there: identically, in symbols, at every solution.
    """
    w, x = symbol("w"), symbol("x")
    yield check.identity(w - w / (1 + w * x), x * w**2 / (1 + w * x), "the gain of a weight, below its mean")
    # Pairings of the factors: the mean of g^2 and of g^4 for a standard normal g.
    yield check.same_object([mean_of(((0, 0),) * k, 1, 1, 1, 1) for k in (2, 4)], [1, 3], "E w and E w^2")
    limit = network.proportional()
    values, (s, m, h) = every_linear_solution()
    known = dict(values)
    for definition in limit.definitions:
        known[definition.symbol.name] = on_one_level(definition.expression, known, (s, m))
    for number, equation in enumerate(limit.equations, 1):
        left, right = (on_one_level(side, known, (s, m)) for side in (equation.left, equation.right))
        yield check.identity(left, right, f"equation {number} of the limit holds at every solution")
    weight, tau1 = m / s, 1 / (values["psi2"] * values["nu"])
    given = adlam_pennington.tangent_fixed_point(
        phi=1 / values["psi2"], psi=1 / values["psi1"], zeta=s, eta=s + values["rest_f"],
        slope=s + values["rest_t"] / weight, weight=weight, gamma=values["lam"], tau1=tau1,
        tau2=tau1 * values["nu"] / h,
    )  # fmt: skip
    for number, residual in enumerate(given, 1):
        yield check.identity(residual, sp.S.Zero, f"published equation {number} holds at every solution")


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
