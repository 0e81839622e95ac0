r"""The population pair: what a model is to a learner.

**Statement.** For features $\varphi$ with covariance $\Omega$ and a noiseless target $f$ let $df(\kappa) =
\mathrm{Tr}\,\Omega(\Omega+\kappa)^{-1}$ and $R(\kappa) = \min_b E(f - \varphi\cdot b)^2 + \kappa\|b\|^2$. For
random features $\varphi = W^\top x + \mu_\star g$ with weights of variance $\mu_1^2/d$ on inputs $x$ of any
covariance, both are deterministic to leading order and given by the pair $(df_0, R_0)$ of the inputs at an
effective ridge $\kappa_0$ of its own, the solution of $\mu_1^2\,\kappa_0\,(p - df_0) = d\,(\kappa +
\mu_\star^2)$. The minimum does not change, $R = R_0$, and $df = (\kappa\,df_0 + \mu_\star^2 p)/(\kappa +
\mu_\star^2)$. Layers therefore compose, and features in groups keep one equation.

The features enter through a ridge without samples, so that no label noise, sample size or loss occurs. The limit
of infinitely many samples of [@Defilippis2024] and [@Simon2024] is the same system.
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import pair_layers
from asymptotics.models.pair import INNER, KAPPA, SIZE, below
from asymptotics.symbolic import dyson_equation
from asymptotics.transforms.changes.rewriting import is_subtraction_free
from asymptotics.verification import Derivation, check

from .published import defilippis, simon

derivation = Derivation(
    id="population-pair",
    title="The population pair of layers of random features",
    references=["Schroder2023", "HuLu2023", "Defilippis2024", "Simon2024", "LatourelleVigeantPaquette2023"],
    concludes="pair",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "A nonlinear layer may be replaced by its linear part plus independent noise.",
    ],
)

kappa0, s = symbol("kappa_0"), symbol("s")
d, p, mu1sq, mu_starsq = (symbol(name) for name in ("d", "p", "mu1sq", "mu_starsq"))
PARTS = ("df", "objective", "df2", "partial", "error", "penalty")


def trace(function):
    """Trace of a function of the spectrum of the inputs."""
    return SpectralAverage(function, s, symbol("T"))


def target(function):
    """Sum of the squared target coordinates times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


def given(kappa):
    """The pair of a spectrum and its parts, as averages."""
    return {
        "df": trace(s / (s + kappa)),
        "objective": kappa * target(1 / (s + kappa)),
        "df2": trace(s**2 / (s + kappa) ** 2),
        "partial": kappa * trace(s / (s + kappa) ** 2),
        "error": kappa**2 * target(1 / (s + kappa) ** 2),
        "penalty": kappa * target(s / (s + kappa) ** 2),
    }


@derivation.step("A ridge without samples")
def inputs():
    r"""In the eigenbasis of the covariance of the inputs the target has coordinates $\beta$. Write $b$ for the
    coefficients, $v = b - w$ and $u = v - S^{-1/2}\beta$; the energy is $u^\top S u + \kappa\|b\|^2$. The
    vector $w$ is white and serves to read off a trace: the part of the minimum due to a linear target $\varphi
    \cdot w$ is $\min_b\,(b-w)^\top\Omega(b-w) + \kappa\|b\|^2 = \kappa\,w^\top\Omega(\Omega+\kappa)^{-1}w$,
    in the mean $\kappa\,df(\kappa)$. The part due to $\beta$ is $R(\kappa)$.
    """
    written = pair_layers.spectrum_program()
    yield check.shapes(written)
    yield check.represents(written)
    return written


@derivation.step("The pair of a given spectrum")
def spectrum(inputs):
    r"""No matrix is random here: the inverse of the pencil is explicit, and nothing is assumed. With
    $\mathrm{partial} = -\kappa\,df'$ and $\mathrm{penalty} = \kappa R' = \kappa\|b\|^2$ both functions are
    carried in two parts, $df = df_2 + \mathrm{partial}$ and $R = \mathrm{error} + \mathrm{penalty}$, each a sum
    of positive terms.
    """
    yield check.inverts(dyson_equation(inputs.pencil()))
    found = pair_layers.spectrum().system
    for name, value in given(KAPPA).items():
        yield check.identity(found.expand(found.observable(name)), value, f"{name} of a given spectrum")
    for whole, part, sign in (("df", "partial", -1), ("objective", "penalty", 1)):
        slope = sign * KAPPA * sp.diff(given(KAPPA)[whole], KAPPA)
        yield check.identity(slope, given(KAPPA)[part], f"{part} is the slope of {whole} in log kappa")
    return found


@derivation.step("A layer of random features")
def layer():
    r"""Given what lies below it, a layer is a program in its own weights $W$, entries of variance $\mu_1^2/d$:
    $u = Wv - S^{-1/2}\beta$, $v = b - w$, with energy $u^\top S u + \mu_\star^2\|v\|^2 + \kappa\|b\|^2$. The
    independent noise of the features adds the term with $\mu_\star^2$.
    """
    yield check.assumes(
        "ridge regression on a nonlinear layer has, to leading order, the errors of its linear part plus "
        "independent noise of the same variance",
        "Schroder2023",
    )
    written = pair_layers.layer_program()
    yield check.shapes(written)
    yield check.represents(written)
    return written


@derivation.step("Its Dyson equation")
def dyson(layer):
    r"""Two traces close the equation: $\tau_{v}$ over the features and $\tau_{\hat u}$ over the inputs, and the
    mean inverse has one pole in the eigenvalue, at $s = -\kappa_0$ with $\kappa_0 = 1/\tau_v$ up to the
    constants.
    """
    equation = dyson_equation(layer.pencil())
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(equation)
    return equation


def written_out(system, expression, kappa=INNER, keep=()):
    """An expression of a layer with its definitions (but those to keep) and the pair below it written out."""
    for definition in reversed(system.definitions):
        if definition.symbol not in keep:
            expression = expression.xreplace({definition.symbol: definition.expression})
    return expression.xreplace({below(name): value for name, value in given(kappa).items()})


def explicit(system, kappa=INNER, keep=()):
    """Residuals and observables of a layer, written out."""
    equations = [written_out(system, e.residual, kappa, keep) for e in system.equations]
    return equations, {o.name: written_out(system, o.expression, kappa, keep) for o in system.observables}


@derivation.step("The rule of the layer")
def rule(layer, dyson):
    r"""At the pole the trace over the inputs is $\mu_1^2\tau$ with $\tau = \kappa_0\,df_0/d$: the layer sees
    what lies below through its pair only. With $m = \mu_\star^2 + \mu_1^2\tau$ and $h = \kappa + m$ one
    equation remains; the white part of the minimum gives the degrees of freedom, the part of the target gives
    $R = R_0$.
    """
    found = pair_layers.features().system
    equations, observables = explicit(found)
    small, large = (u.symbol for u in dyson.unknowns)
    at = {small: 1 / INNER, large: mu1sq * INNER * given(INNER)["df"] / SIZE}
    yield check.equivalent(
        [e.xreplace(at) for e in dyson.equations()],
        equations,
        eliminate=[p],
        statement="the equation of the layer is the Dyson equation at the pole",
    )
    parts = {potential.name: potential.value(dyson).xreplace(at) for potential in layer.potentials()}
    yield check.identity(parts["w"] / KAPPA, observables["df"], "the white part of the minimum is kappa df")
    yield check.identity(parts["beta"], observables["objective"], "the part of the target is R of the inputs")
    slack = mu1sq * INNER * (p - given(INNER)["df"]) - SIZE * (KAPPA + mu_starsq)
    yield check.equivalent(
        slack, equations, eliminate=[p], statement="p - df_0 is d (kappa + mu_star^2)/(mu_1^2 kappa_0)"
    )
    yield check.identity(
        observables["df"],
        (KAPPA * given(INNER)["df"] + mu_starsq * p) / (KAPPA + mu_starsq),
        modulo=equations,
        eliminate=[p],
        statement="df is (kappa df_0 + mu_star^2 p)/(kappa + mu_star^2)",
    )
    return found


gain, loss = symbol("gain"), symbol("loss")


@derivation.step("Slopes")
def slopes(rule):
    r"""Differentiating the equation in $\log\kappa$ gives $\mathrm{gain} = d\log\kappa_0/d\log\kappa$ between
    zero and one, and with it the two parts of $df$ and $R$. Everything is a sum of positive terms: nothing is
    subtracted when it is evaluated. The effective ridge grows with the ridge, and $df$ falls.
    """
    yield from of_one_layer(rule, "one group")
    two = pair_layers.features(2).system
    yield from of_one_layer(two, "two groups")
    return two


def of_one_layer(system, name):
    """Checks of the slopes of a layer: averages are differentiated, with the slope of log kappa_0 given."""
    (equation,), values = explicit(system, keep=(gain, loss))
    held, freed = (written_out(system, symbol(word)) for word in ("held", "freed"))
    outer, inner = (x * sp.diff(equation, x) for x in (KAPPA, INNER))
    named = {d.symbol: d.expression for d in system.definitions}
    whole = {loss: 1 - gain}

    def moved(expression):
        return KAPPA * sp.diff(expression, KAPPA) + gain * INNER * sp.diff(expression, INNER)

    yield check.identity(-outer, held, f"{name}: slope of the equation in log kappa")
    yield check.identity(outer + inner, freed, f"{name}: sum of its slopes in log kappa and log kappa_0")
    yield check.identity(
        sp.cancel(named[gain] / symbol("held")) * (symbol("held") + symbol("freed")),
        1,
        f"{name}: the gain is minus the ratio of the slopes",
    )
    yield check.identity(named[gain] + named[loss], 1, f"{name}: gain and loss add up to one")
    checks = {
        "the partial part of df is its slope": (-moved(values["df"]), values["partial"]),
        "the penalty is the slope of R": (moved(values["objective"]), values["penalty"]),
        "the parts of df add up": (values["df2"] + values["partial"], values["df"]),
        "the parts of R add up": (values["error"] + values["penalty"], values["objective"]),
    }
    for statement, (left, right) in checks.items():
        yield check.identity(left.xreplace(whole), right.xreplace(whole), f"{name}: {statement}")
    parts = [o.expression for o in system.observables] + list(named.values())
    yield check.same_object(
        all(map(is_subtraction_free, parts)), True, f"{name}: every expression is free of subtractions"
    )


@derivation.step("Groups of features")
def groups(rule, slopes):
    r"""Features in groups $g$ with constants of their own share the input: $\tau$ is the same for all, each group
    has its own $h_g = \kappa + \mu_{\star g}^2 + \mu_{1g}^2\tau$, and their sizes add up in one equation. Groups
    with equal constants are one.
    """
    equal = {symbol(f"{name}_{g}"): symbol(name) for name in ("mu1sq", "mu_starsq") for g in (1, 2)}
    merged = {p: symbol("p_1") + symbol("p_2")}
    (two,), values = explicit(slopes, keep=(gain, loss))
    (one,), single = explicit(rule, keep=(gain, loss))
    yield check.identity(
        two.xreplace(equal), one.xreplace(merged), "two equal groups have the equation of one group"
    )
    for word in ("held", "freed"):
        yield check.identity(
            written_out(slopes, symbol(word)).xreplace(equal),
            written_out(rule, symbol(word)).xreplace(merged),
            f"two equal groups have its slope ({word})",
        )
    for name in PARTS:
        yield check.identity(
            values[name].xreplace(equal), single[name].xreplace(merged), f"two equal groups have its {name}"
        )
    return slopes


@derivation.step("Layers on a spectrum")
def pair(rule):
    r"""The rule holds for inputs of any covariance, so it may be applied to the pair of a given spectrum, and again
    to what comes out: conditionally on the weights below, a layer sees a feature vector with some covariance,
    whose pair is deterministic. One equation is added with each layer.
    """
    one = pair_layers.spectrum().through(pair_layers.features())
    three = one.through(pair_layers.features()).through(pair_layers.features())
    equations, values = explicit(rule, kappa0)
    at = {INNER: kappa0}
    stacked = one.system.expanded()
    yield check.equivalent(
        [e.xreplace(at) for e in equations], stacked, eliminate=[p], statement="one layer on a spectrum"
    )
    for name in PARTS:
        yield check.identity(
            stacked.observable(name), values[name].xreplace(at), f"one layer on a spectrum: {name}"
        )
    yield check.same_object(
        len(three.system.equations), 3, "three layers have three equations, one for each effective ridge"
    )
    return one.system


@derivation.step("Comparison: infinitely many samples")
def published(pair):
    r"""With $\mu_1^2/d = 1$ and $\mu_\star = 0$ the features are those of [@Defilippis2024] and [@Simon2024] in the
    eigenbasis of the kernel: their second equation is the rule, $\nu_1 = \kappa/p$ and $\nu_2 = \kappa_0$. At
    $1/n = 0$ their bias is the error of the population minimizer.
    """
    kernel = {mu1sq: sp.S.One, mu_starsq: sp.S.Zero, d: sp.S.One}
    n, lam, inverse = symbol("n"), symbol("lam"), symbol("x")
    found = pair.expanded()
    equations = [e.residual.xreplace(kernel) for e in found.equations]
    at = given(kappa0)
    rows = defilippis.fixed_point(n, p, lam, KAPPA / p, kappa0, at["df"])
    yield check.equivalent(equations, rows[1:], eliminate=[p], statement="the equation of the features")
    rows = simon.fixed_point(n, p, lam, KAPPA / p, kappa0, at["df"])
    yield check.equivalent(equations, rows[1:], eliminate=[p], statement="the same in the eigenframework")
    shrunk, cross = target(1 / (s + kappa0) ** 2), target(s / (s + kappa0) ** 2)
    crossed = trace(s / (s + kappa0) ** 2)
    bias = defilippis.bias(1 / inverse, p, KAPPA / p, kappa0, at["df2"], crossed, shrunk, cross)
    yield check.identity(
        found.observable("error").xreplace(kernel),
        sp.cancel(bias).subs(inverse, 0),
        modulo=equations,
        eliminate=[p],
        statement="the bias for infinitely many samples is the error of the population minimizer",
    )
