r"""Random features whose constants have a law: groups, random biases, random scales.

**Statement.** Let feature $j$ have the squared linear constant $m_j$ and the variance $w_j$ of the rest, of a joint law
with averages $E$, on inputs with the pair $(df_0, R_0)$. With $\tau = \kappa_0\,df_0/d$ and $h = \kappa + w + m\tau$
the effective ridge $\kappa_0$ solves
$$ p\,E\frac{m\tau}{h} = df_0(\kappa_0), $$
and $df = p\,E\,(h-\kappa)/h$, $R = R_0(\kappa_0)$ are the population pair of the features. A law of $K$ points is $K$
groups of features, those of a group whose ridge is $r$ times larger with constants divided by $r$; a law without
points is that of random biases. Constants that are averaged first give another pair, unless the law is one point.

For isotropic inputs and any number of groups the risk is that of [@MengYaoCao2022].
"""

import random

import sympy as sp

from asymptotics.equations.averages import averages_in
from asymptotics.equations.naming import symbol
from asymptotics.models import feature_law_equations as features
from asymptotics.models import pair_law, pair_layers
from asymptotics.models.blocks import program_of
from asymptotics.models.feature_groups_equations import blocks_of
from asymptotics.models.feature_groups_equations import equivalent as of_groups
from asymptotics.symbolic import dyson_equation
from asymptotics.transforms.changes.rewriting import is_subtraction_free
from asymptotics.verification import Derivation, check

from .published import meng_yao_cao

derivation = Derivation(
    id="feature-law",
    title="Random features in groups, and with random biases",
    uses=["ridge-from-pair"],
    references=["MengYaoCao2022", "Schroder2023", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "A feature may be replaced by its linear part plus independent noise, with constants of its own.",
    ],
)

POINTS = 3
NAMES = {"test": "test", "variance": "test.epsilon", "train": "train", "norm": "norm"}


class Solution:
    """A random exact solution: levels, law and effective ridges are drawn, sizes and ridge follow.

    Attributes
    ----------
    values : dict
        Of everything by its name; of the law ``m``, ``w``, ``A``, of the levels ``s``, ``T``, ``B``.
    """

    def __init__(self, seed, kinds=3, levels=3, unit=False):
        self.random = random.Random(seed)
        self.levels = [{name: self.draw() for name in ("s", "T", "B")} for _ in range(levels)]
        self.kinds = [{name: self.draw() for name in ("m", "w", "A")} for _ in range(kinds)]
        total = sum(x["A"] for x in self.kinds)
        for x in self.kinds:
            x["A"] /= total
        v = {name: self.draw() for name in ("kappa", "kappa_0", "tau", "c", "noise")}
        below = self.over(lambda s: s / (s + v["kappa_0"]))
        if unit:
            v["tau"] = v["kappa_0"] * below
        v["d"] = v["kappa_0"] * below / v["tau"]
        v["p"] = below / sum(x["A"] * x["m"] * v["tau"] / self.sum(x, v) for x in self.kinds)
        df = v["p"] * sum(x["A"] * (1 - v["kappa"] / self.sum(x, v)) for x in self.kinds)
        v |= {"n": v["c"] + df, "nu": v["kappa"] / v["p"]}
        v["lam"] = v["c"] * v["nu"]
        v["count"] = sp.S.One
        v |= {"inv_n": 1 / v["n"], "inv_p": 1 / v["p"], "lam_n": v["lam"] / v["n"]}
        self.values = v

    def draw(self):
        """A rational number between 1/9 and 9."""
        return sp.Rational(self.random.randint(1, 9), self.random.randint(1, 9))

    def over(self, function):
        """A trace over the levels."""
        return sum(x["T"] * function(x["s"]) for x in self.levels)

    @staticmethod
    def sum(kind, values):
        """The sum ``h`` of a feature."""
        return values["kappa"] + kind["w"] + kind["m"] * values["tau"]

    def at(self, expression, values):
        """An expression at the solution; ``count`` is what the law of the features sums to."""
        known = {symbol(name): value for name, value in values.items()}
        rule = {}
        for average in averages_in(expression):
            name = average.measure.name
            of_law = name == pair_law.LAW.name
            rule[average] = (values["count"] if of_law else 1) * sum(
                x[name]
                * average.function.xreplace({symbol(k): value for k, value in x.items()}).xreplace(known)
                for x in (self.kinds if of_law else self.levels)
            )
        return sp.cancel(expression.xreplace(rule).xreplace(known))

    def evaluated(self, system, more=None):
        """Residuals of a system and its observables, in exact numbers."""
        values = {**self.values, **(more or {})}
        for definition in system.definitions:
            values[definition.symbol.name] = self.at(definition.expression, values)
        residuals = [self.at(equation.residual, values) for equation in system.equations]
        return residuals, {o.name: self.at(o.expression, values) for o in system.observables}


@derivation.step("A layer of features with constants of their own")
def layer():
    r"""With $u = Wv - S^{-1/2}\beta$, columns of $W$ of variance $m_j/d$, and $v = b - \omega$ the energy is $u^\top Su
    + \sum_j w_jv_j^2 + \kappa\|b\|^2$. A weight $r_j$ of $b_j^2$ moves into the constants by $b_j\to b_j/\sqrt{r_j}$.
    """
    yield check.assumes(
        "ridge regression on a nonlinear layer has, to leading order, the errors of its linear part plus "
        "independent noise of the same variance",
        "Schroder2023",
    )
    written = pair_law.law_program()
    yield check.shapes(written)
    yield check.represents(written)
    return written


@derivation.step("The population pair")
def pair(layer):
    r"""The Dyson equation closes on one trace over the features and the pair of the inputs. Its implicit derivatives
    in $\log\kappa$ are averages of products of two shares of $h$; every quantity is a sum of positive terms.
    """
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(dyson_equation(layer.pencil()))
    found = pair_law.features_of_law().system
    parts = [o.expression for o in found.observables]
    yield check.same_object(all(map(is_subtraction_free, parts)), True, "no observable has a subtraction")
    return found


@derivation.step("Groups")
def groups(pair):
    r"""A law of three points against the layer of three groups, derived from another program: at random exact solutions
    both pairs agree, slopes included.
    """
    known = pair_layers.spectrum().through(pair_layers.features(3)).system
    of_law = pair_layers.spectrum().through(pair_law.features_of_law()).system
    for seed in range(POINTS):
        one = Solution(seed)
        more = {f"mu1sq_{g}": x["m"] for g, x in enumerate(one.kinds, 1)}
        more |= {f"mu_starsq_{g}": x["w"] for g, x in enumerate(one.kinds, 1)}
        more |= {f"p_{g}": x["A"] * one.values["p"] for g, x in enumerate(one.kinds, 1)}
        residuals, expected = one.evaluated(known, more)
        own, found = one.evaluated(of_law)
        yield check.same_object({*residuals, *own}, {sp.S.Zero}, f"point {seed}: a solution of both")
        yield check.same_object(found, expected, f"point {seed}: the pairs agree")


@derivation.step("The joint program")
def joint(pair):
    r"""The engine's equations of the program with samples, in which everything is random at once, have the same
    solutions and the same errors: compared in exact rational numbers at random solutions.
    """
    written = features.program()
    yield check.shapes(written)
    yield check.represents(written)
    derived, system = written.deterministic_equivalent(), features.equivalent()
    for seed in range(POINTS):
        one = Solution(seed)
        v = one.values
        # Of the program every feature is one: its averages are sums over them.
        more = {
            "count": v["p"],
            "nu": v["kappa_0"],
            "tau_r_dual": v["c"],
            "tau_u_dual": v["c"] * v["tau"] * v["d"],
        }
        residuals, errors = one.evaluated(derived, more)
        own, found = one.evaluated(system)
        yield check.same_object({*own, *residuals}, {sp.S.Zero}, f"point {seed}: a solution of both")
        same = {name: errors[source] for name, source in NAMES.items()}
        yield check.same_object(
            {name: found[name] for name in NAMES}, same, f"point {seed}: the errors agree"
        )
    return system


@derivation.step("Comparison: Meng, Yao and Cao")
def published(joint):
    r"""Isotropic inputs, a linear target of power $F_1^2$, and one to four groups: with $\psi_g = pA_g/d$, $\nu_g =
    i\,r\,\psi_g/(c\,h_g)$ and $i\,c/r$ for the samples, any $r > 0$, the published risk is the derived one, exactly.
    """
    for kinds in (1, 2, 3, 4):
        one = Solution(10 + kinds, kinds, levels=1)
        (level,) = one.levels
        scale = one.random.randint(1, 9)
        v = one.values
        unit = level["T"]  # the dimension in which the inputs are isotropic
        # Inputs of variance s, weights of variance m/d: per dimension of unit variance the constants are m s T/d.
        linear = [x["m"] * level["s"] * unit / v["d"] for x in one.kinds]
        rest = [x["w"] for x in one.kinds]
        widths = [x["A"] * v["p"] / unit for x in one.kinds]
        slack = v["c"] / unit
        last = [
            sp.I * scale * width / (slack * one.sum(x, v)) for width, x in zip(widths, one.kinds, strict=True)
        ]
        theirs = meng_yao_cao.risk(
            linear, rest, widths, v["n"] / unit, last, sp.I * slack / scale, level["B"], v["noise"]
        )
        _, found = one.evaluated(joint)
        yield check.same_object(
            found["test"],
            sp.cancel(sp.expand(theirs)),
            f"{kinds} groups: the risk is the published one, exactly",
        )


@derivation.step("Averaged constants are another model")
def averaged(joint):
    r"""Two kinds of features, and features with the mean of their constants, at the same effective ridge and pair
    below: the degrees of freedom differ, those of the mean being larger, by Jensen's inequality for $x \mapsto
    x/(\kappa + x)$.
    """
    for seed in range(POINTS):
        one = Solution(seed, 2)
        v = one.values
        parts = [x["w"] + x["m"] * v["tau"] for x in one.kinds]
        mean = sum(x["A"] * part for x, part in zip(one.kinds, parts, strict=True))
        df = sum(x["A"] * part / (v["kappa"] + part) for x, part in zip(one.kinds, parts, strict=True))
        yield check.same_object(bool(mean / (v["kappa"] + mean) > df), True, f"point {seed}: they differ")


class GroupSolution(Solution):
    """A random exact solution for groups with a spectrum each: levels, gains and the effective ridge are drawn."""

    def __init__(self, seed, count):
        self.random, self.kinds = random.Random(seed), ()
        marks = [str(g) for g in range(1, count + 1)]
        self.levels = [
            {name: self.draw() for name in ("T", "B", *(f"s_{g}" for g in marks))} for _ in range(3)
        ]
        v = {name: self.draw() for name in ("nu", "c", "noise", *(f"rest_{g}" for g in marks))}
        v |= {f"g_{g}": self.draw() / 10 for g in marks} | {"count": sp.S.One}
        for g in marks:
            load = sum(x["T"] * x[f"s_{g}"] / self.below(x, v, marks) for x in self.levels)
            v[f"a_{g}"] = load + v[f"rest_{g}"] / v["nu"]
            v[f"p_{g}"] = v[f"a_{g}"] * v[f"g_{g}"] / (1 - v[f"g_{g}"])
        v["p"] = sum(v[f"p_{g}"] for g in marks)
        v |= {f"share_{g}": v[f"p_{g}"] / v["p"] for g in marks}
        v["n"], v["lam"] = v["c"] + sum(v[f"a_{g}"] * v[f"g_{g}"] for g in marks), v["c"] * v["nu"]
        v |= {"inv_n": 1 / v["n"], "inv_p": 1 / v["p"], "lam_n": v["lam"] / v["n"]}
        self.values, self.marks = v, marks

    @staticmethod
    def below(level, values, marks):
        """``H + nu`` at a level."""
        return values["nu"] + sum(values[f"g_{g}"] * level[f"s_{g}"] for g in marks)


@derivation.step("Groups with every degree")
def degrees(joint):
    r"""At finite dimension group $g$ has a spectrum $S_g$ of its own in the harmonics that all share: blocks of
    independent features with gains $g_g = 1/(1 + a_g/p_g)$, $a_g = \mathrm{Tr}\,S_g(H+\nu)^{-1}$, $H = \sum_g g_gS_g$.
    For two groups the engine's equations of the joint program have the same solutions and errors; of three groups two
    that are equal are one.
    """
    derived = program_of(blocks_of(2), "joint").deterministic_equivalent()
    for seed in range(POINTS):
        one = GroupSolution(seed, 2)
        v = one.values
        traces = {f"tau_v_{g}": v[f"p_{g}"] * v[f"g_{g}"] / v["lam"] for g in one.marks}
        more = {u.symbol.name: traces.get(u.symbol.name, v["c"]) for u in derived.unknowns}
        residuals, errors = one.evaluated(derived, more)
        own, found = one.evaluated(of_groups(2))
        yield check.same_object({*own, *residuals}, {sp.S.Zero}, f"point {seed}: a solution of both")
        same = {name: errors[source] for name, source in NAMES.items()}
        yield check.same_object(
            {name: found[name] for name in NAMES}, same, f"point {seed}: the errors agree"
        )
    for seed in range(2):
        two = GroupSolution(20 + seed, 2)
        three = GroupSolution(20 + seed, 3)
        three.levels = [x | {"s_2": x["s_2"] / 3, "s_3": 2 * x["s_2"] / 3} for x in two.levels]
        v = dict(two.values)
        for g, part in (("2", sp.Rational(1, 3)), ("3", sp.Rational(2, 3))):
            v |= {
                f"g_{g}": two.values["g_2"],
                f"a_{g}": part * two.values["a_2"],
                f"p_{g}": part * two.values["p_2"],
            }
            v |= {f"rest_{g}": part * two.values["rest_2"]}
        three.values = v
        residuals, found = three.evaluated(of_groups(3))
        _, expected = two.evaluated(of_groups(2))
        yield check.same_object(set(residuals), {sp.S.Zero}, f"point {seed}: a solution for three groups")
        yield check.same_object(found, expected, f"point {seed}: the errors of two")


@derivation.step("The result")
def system(joint, published, groups, averaged, degrees):
    """The equations that are solved."""
    return joint
