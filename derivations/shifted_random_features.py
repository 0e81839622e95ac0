r"""Another law of the test inputs, for random features in any spectrum.

**Statement.** Train random-features ridge regression in a spectrum $S$, and let the test law multiply coordinate $k$ of
the features by $g_k$ and of the target by $g_k + \delta_k$. With the effective ridge $\nu$ of training and $h = p - T$,
$$ \mathrm{shifted} = \tilde Q + \frac{\mathrm{Tr}\,\tilde\Omega\Omega(\Omega+\kappa)^{-2}}{n}\,
(\mathrm{test} + \sigma_\varepsilon^2), $$
where $\tilde Q$ and the trace depend on $\nu$ and $p$ only: at one effective ridge the error under the test law is
affine in the error under the training law, whatever the noise and the number of samples.

For infinitely many features it is the formula of [@Canatar2021].
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import pair_layers, pair_shift, shifted_equations
from asymptotics.models.pair import INNER, KAPPA, PAIR, SIZE, below
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

from .population_pair import given
from .published import canatar

derivation = Derivation(
    id="shifted-random-features",
    title="Random features under another law of the test inputs",
    uses=["random-features", "pair-under-shift"],
    references=["Canatar2021", "Defilippis2024", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, p, lam, noise, nu, c, s, g, x = (
    symbol(name) for name in ("n", "p", "lam", "noise", "nu", "c", "s", "g", "x")
)


def average(letter, weight, function):
    """Sum over the spectrum: ``letter`` T or B, weighed with what ``weight`` names."""
    return SpectralAverage(function, s, symbol(f"{letter}_{weight}" if weight else letter))


SQUARE, CROSS, MISSED = s**2 / (s + nu) ** 2, nu * s / (s + nu) ** 2, nu**2 / (s + nu) ** 2
DF2, PARTIAL = average("T", "", SQUARE), average("T", "", CROSS)
KEPT, NOISY = average("T", "gain2", SQUARE), average("T", "gain2", CROSS)
DRIFTED = (
    average("B", "gain2", MISSED)
    + 2 * average("B", "gain_drift", MISSED + CROSS)
    + average("B", "drift2", SQUARE + 2 * CROSS + MISSED)
)
"""Error of the population predictor: the average of ``(g nu + drift (s + nu))^2/(s + nu)^2``."""


@derivation.step("The program with one more source")
def program():
    r"""With $u$ the error in the eigenbasis and $h = S^{-1/2}\beta$ the target, the error under the test law has the
    coordinates $w = g\,u - \delta\,h$; the quadratic form $\tilde q\,w^\top S w$ joins the energy.
    """
    written = shifted_equations.program()
    yield check.shapes(written)
    yield check.represents(written, trials=2)
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(dyson_equation(written.pencil()))
    return written


@derivation.step("The scalar system")
def system(program, random_features):
    """Equations and errors of training are those without the source."""
    found = program.deterministic_equivalent().renamed({symbol("tau_r_dual"): c}).expanded()
    yield check.equivalent(found, random_features, statement="the equations are those of training")
    yield check.identity(
        found.observable("test"),
        random_features.observable("test"),
        modulo=random_features,
        statement="the test error under the training law is the known one",
    )
    return found


@derivation.step("The exact linear relation")
def relation(system):
    r"""With $h_2 = p - \mathrm{Tr}\,S^2(S+\nu)^{-2}$ the statement holds identically, before any equation is used.
    Where the test law is that of training it is the test error.
    """
    rest = p - DF2
    error = DRIFTED + average("B", "", CROSS) * NOISY / rest
    overlap = KEPT + PARTIAL * NOISY / rest
    shifted = system.observable("shifted")
    yield check.identity(
        shifted,
        error + overlap / n * (system.observable("test") + noise),
        statement="the error under the test law is affine in the test error",
    )
    same = {KEPT: DF2, NOISY: PARTIAL, average("B", "gain2", MISSED): average("B", "", MISSED)}
    own = shifted.xreplace(
        {node: 0 for node in shifted.atoms(SpectralAverage) if "drift" in str(node.measure)}
    )
    yield check.identity(
        own.xreplace(same),
        system.observable("test"),
        statement="without a shift it is the test error",
    )
    return {"error": error, "overlap": overlap}


@derivation.step("Comparison: layers on a spectrum")
def layers(relation):
    r"""A layer of random features with linear constant $\mu_1$ and rest $\mu_\star$ on inputs of covariance $S$ is
    random features in the spectrum $\mu_1^2 S/d$ with a tail of power $\mu_\star^2$. Its error of the population
    minimizer and its overlap are those that the probed layer gives, with $g^2$ the ratio of the second moments.
    """
    d, first, rest = SIZE, symbol("mu1sq"), symbol("mu_starsq")
    tested = pair_shift.TEST_REST
    at = {**given(INNER), **pair_shift.averages(INNER)}
    rule = {
        name: value.xreplace({below(key): at[key] for key in (*PAIR, *pair_shift.SHIFTED)})
        for name, value in pair_shift.layer_shift().items()
    }
    to_inputs = {nu: first * INNER / d}

    def layered(expression):
        """Averages in the spectrum with its tail as averages over the inputs."""
        tails = {"T": rest, "T_gain2": tested}

        def written(node):
            letter = str(node.measure)
            value = node.function.xreplace({s: first * s / d}).xreplace(to_inputs)
            slope = sp.diff(node.function, s).subs(s, 0).xreplace(to_inputs)
            whole = SpectralAverage(sp.cancel(value), s, symbol(letter.partition("_")[0]))
            if letter.endswith("gain2"):
                whole = SpectralAverage(sp.cancel(value / s), s, symbol(letter.replace("gain2", "g")))
            return whole + tails.get(letter, 0) * slope

        return expression.replace(lambda node: isinstance(node, SpectralAverage), written).xreplace(to_inputs)

    without = {node: 0 for node in relation["error"].atoms(SpectralAverage) if "drift" in str(node.measure)}
    layer = pair_layers.features().system
    equations = [layer.expand(e.residual).xreplace({below(k): at[k] for k in PAIR}) for e in layer.equations]
    pairs = {"error": "shifted_error", "overlap": "shifted_df2"}
    for name, its in pairs.items():
        yield check.identity(
            layered(relation[name].xreplace(without)),
            rule[its],
            modulo=equations,
            eliminate=[p],
            statement=f"the {name} is that of a layer probed under the test law",
        )
    return KAPPA


@derivation.step("Comparison: Canatar, Bordelon and Pehlevan")
def infinitely_many(system):
    r"""At $1/p = 0$, with $\kappa = n\nu$ and overlaps $O_k = g_k^2$ and no drift, the fixed point and the error are
    the published ones; their target coordinates are $\beta_k$.
    """

    def wide(expression):
        return sp.cancel(sp.cancel(expression).subs(p, 1 / x)).subs(x, 0)

    def published(letter):
        """A sum over the spectrum of a function of eigenvalue and overlap, linear in the overlap."""

        def total(function):
            inside = {node: sp.Dummy() for node in function.atoms(SpectralAverage)}
            outside = {name: node for node, name in inside.items()}
            function = function.xreplace(inside)
            found = 0
            for weight, part in (("", function.subs(g, 0)), ("gain2", sp.diff(function, g))):
                front, rest = sp.factor(part).as_independent(s, as_Add=False)
                found += front.xreplace(outside) * average(letter, weight, rest)
            return found

        return total

    trace, target = published("T"), published("B")
    equations = [sp.cancel(e.residual.subs(p, 1 / x) * x).subs(x, 0) if e.residual.has(p) else e.residual
                 for e in system.equations]  # fmt: skip
    yield check.equivalent(
        [*equations, c * nu - lam],
        [canatar.fixed_point(n, lam, n * nu, s, trace), c * nu - lam],
        statement="the fixed point is the published one",
    )
    shifted = wide(system.observable("shifted"))
    shifted = shifted.xreplace(
        {node: 0 for node in shifted.atoms(SpectralAverage) if "drift" in str(node.measure)}
    )
    yield check.identity(
        shifted,
        canatar.out_of_distribution(n, n * nu, s, g, noise, trace, target),
        statement="the error under the test law is the published one",
    )
