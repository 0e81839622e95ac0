r"""Ridge regression from the population pair: derived once, for every model.

**Statement.** Let features $\varphi$ have the population pair $(df, R)$, carry $1/\sqrt P$ and be fitted with ridge
$\lambda$ to $n$ samples with label noise of variance $\sigma_\varepsilon^2$. With $\kappa > 0$ the unique solution
of $n - \lambda P/\kappa = df(\kappa)$, $df_2 = (\kappa\,df)'$ and $Q = R - \kappa R'$,
$$ \mathrm{test} = \frac{n\,(Q + \sigma_\varepsilon^2)}{n - df_2} - \sigma_\varepsilon^2, \quad \mathrm{train} =
\Bigl(1 - \frac{df}{n}\Bigr)^2(\mathrm{test} + \sigma_\varepsilon^2), \quad \mathrm{minimum} = (n - df)(R +
\sigma_\varepsilon^2). $$
The pair of random features together with the sample equation has the solutions of the joint program of random
features, in which samples and weights are random at once, and the same observables.

The rule for given features is that of [@Schroder2023]; for features in groups the risk is that of
[@MengYaoCao2022].
"""

import random

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError
from asymptotics.models import kernel_ridge_equations, pair_layers, pair_learners
from asymptotics.models.pair import KAPPA, PAIR, below
from asymptotics.symbolic import dyson_equation
from asymptotics.transforms.algebra.membership import in_ideal
from asymptotics.verification import Derivation, check

from .population_pair import given, kappa0, target, trace
from .published import meng_yao_cao, schroder

derivation = Derivation(
    id="ridge-from-pair",
    title="Ridge regression from the population pair",
    uses=["population-pair", "random-features", "proportional-random-features"],
    references=["Schroder2023", "MengYaoCao2022", "LatourelleVigeantPaquette2023", "HuLu2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "The features enter the errors through their covariance only.",
    ],
)

n, p, lam, noise, c, nu, s = (symbol(name) for name in ("n", "p", "lam", "noise", "c", "nu", "s"))
d, mu1sq, mu_starsq, width = (symbol(name) for name in ("d", "mu1sq", "mu_starsq", "width"))
KERNEL = {mu1sq: sp.S.One, mu_starsq: sp.S.Zero, d: sp.S.One}


@derivation.step("Features of any covariance")
def program():
    r"""The features enter as Gaussian rows of covariance $S$; with $u = b - S^{-1/2}\beta$ and $r = Au -
    \varepsilon$ the energy is $t\|r\|^2 + \lambda\|b\|^2 + q\,u^\top Su$.
    """
    yield check.assumes(
        "the errors of ridge regression on features are, to leading order, those of Gaussian features of the same "
        "covariance",
        "HuLu2023",
    )
    written = kernel_ridge_equations.program()
    yield check.shapes(written)
    yield check.represents(written)
    return written


@derivation.step("The learner in the pair")
def learner(program):
    r"""The averages of the derived system over the spectrum of $S$ are the pair of that spectrum at the effective
    ridge, and nothing else: the rule is written in the pair, and every pair completes it. With $c = n - df$ and
    $n - df_2 = c + \mathrm{partial}$ nothing is subtracted.
    """
    equation = dyson_equation(program.pencil())
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(equation)
    rule = pair_learners.ridge_rule()
    derived = program.deterministic_equivalent().expanded()
    at = {below(name): value for name, value in given(KAPPA).items()} | {width: sp.S.One}
    equations = [e.residual.xreplace(at) for e in rule.equations]
    yield check.equivalent(
        [*(e.residual.xreplace({nu: KAPPA}) for e in derived.equations), c * KAPPA - lam],
        equations,
        eliminate=[lam, c],
        statement="at the pair of a spectrum the equations are those of the program",
    )
    for name, source in {"test": "test", "train": "train", "norm": "norm", "minimum": "minimum"}.items():
        yield check.identity(
            derived.observable(source).xreplace({nu: KAPPA}),
            rule.observable(name).xreplace(at),
            modulo=equations,
            eliminate=[lam, c],
            statement=f"the {name} is that of the program",
        )
    return rule


@derivation.step("In the form of the statement")
def formulas(learner):
    r"""The observables in $df$, $df_2$, $Q = \mathrm{error}$ and $R$; the norm is what Euler's identity leaves of the
    minimum. The test error is generalized cross-validation of the training error.
    """
    df, R, df2, partial, Q, penalty = (below(name) for name in PAIR)
    parts = [df - df2 - partial, R - Q - penalty]
    equations = [*(e.residual for e in learner.equations), *parts]
    test = n * (Q + noise) / (n - df2) - noise
    rows = {
        "test": test,
        "train": (1 - df / n) ** 2 * (test + noise),
        "minimum": (n - df) * (R + noise),
    }
    for name, value in rows.items():
        yield check.identity(
            learner.observable(name),
            value,
            modulo=equations,
            eliminate=[lam, n, df, R],
            statement=f"the {name}",
        )
    yield check.identity(
        learner.observable("minimum"),
        n * learner.observable("train") + lam * n * learner.observable("norm"),
        modulo=equations,
        eliminate=[lam, n, df, R],
        statement="Euler's identity: the minimum is the sum of its parts",
    )


@derivation.step("Comparison: Schröder, Cui, Dmitriev and Loureiro")
def published(learner):
    r"""For features of covariance $\Omega$ with $\psi = E\varphi y$ the published rule has $nm = 1/\kappa$; with
    $\psi_k^2 = s_k\beta_k^2$ fixed point and test error agree.
    """
    at = {below(name): value for name, value in given(KAPPA).items()} | {width: sp.S.One}
    equations = [e.residual.xreplace(at) for e in learner.equations]

    def learned(function):
        return target(s * function)

    m = 1 / (n * KAPPA)
    yield check.equivalent(
        [schroder.fixed_point(lam, n, m, s, trace), c * KAPPA - lam],
        equations,
        eliminate=[lam, c],
        statement="the fixed point is the published one",
    )
    power = target(sp.S.One) + noise
    yield check.identity(
        learner.observable("test").xreplace(at) + noise,
        schroder.test_error(lam, n, m, s, power, trace, learned),
        modulo=equations,
        eliminate=[lam, c],
        statement="the test error is the published one",
    )


@derivation.step("Random features: the joint program")
def system(learner, population_pair, random_features):
    r"""The pair of one layer and the sample equation, together, against the program in which samples and weights are
    random at once. In the eigenbasis of the kernel $\mu_1^2/d = 1$ and $\mu_\star = 0$; then $\nu = \kappa_0$, and
    $c$ is the same.
    """
    found = pair_learners.ridge(pair_layers.spectrum().through(pair_layers.features()))
    joint = random_features.expanded()
    written = found.expanded()
    composed = [e.residual.xreplace(KERNEL) for e in written.equations]
    together = [*(e.residual.xreplace({nu: kappa0}) for e in joint.equations), c * KAPPA - lam * p]
    order = [KAPPA, lam, n]
    yield check.equivalent(
        composed, together, eliminate=order, statement="pair and sample equation are the joint system"
    )
    for name in ("test", "train", "norm", "minimum"):
        yield check.identity(
            written.observable(name).xreplace(KERNEL),
            joint.observable(name).xreplace({nu: kappa0}),
            modulo=composed,
            eliminate=order,
            statement=f"the {name} is that of the joint program",
        )
    yield from by_groebner(composed, together)
    return found


def by_groebner(first, second):
    """The same equivalence by the other proof engine, on averages that are letters."""
    letters = {trace(s / (s + kappa0)): symbol("df_0")}
    systems = [[in_letters(e, letters) for e in equations] for equations in (first, second)]
    for generators, claims, statement in (
        (systems[0], systems[1], "the joint equations are in the ideal of pair and sample equation"),
        (systems[1], systems[0], "and these in the ideal of the joint equations"),
    ):
        found = [in_ideal(claim, generators) for claim in claims]
        yield check.same_object(all(f.holds for f in found), True, f"{statement}, with cofactors")


def in_letters(expression, letters):
    """An expression with the degrees of freedom below as a letter, however the average is split."""
    (letter,) = letters.values()
    parts = {
        trace(s**2 / (s + kappa0) ** 2): letter - symbol("partial_0"),
        trace(kappa0 * s / (s + kappa0) ** 2): symbol("partial_0"),
        **letters,
    }
    written = sp.expand(expression.xreplace(parts))
    if written.atoms(SpectralAverage):
        raise DerivationError(f"{written} holds another average")
    return written


@derivation.step("Random features: the proportional regime")
def proportional(system, proportional_random_features):
    r"""For isotropic inputs of dimension $d$ the trace is $1/(1+\kappa_0)$ for each dimension. With $p = \psi_1 d$, $n
    = \psi_2 d$ and $\nu = \mu_1^2\kappa_0$ pair and sample equation are the proportional limit of the joint program,
    observable by observable.
    """
    power, above = symbol("F1sq"), symbol("F_starsq")
    weight = {"T": (sp.S.One, sp.S.Zero), "B": (power, above)}

    def isotropic(node):
        one, zero = weight[node.measure.name]
        return one * node.function.subs(s, 1) + (zero * node.function.subs(s, 0) if zero else 0)

    def limit(expression):
        written = expression.replace(lambda node: isinstance(node, SpectralAverage), isotropic)
        return written.xreplace({d: sp.S.One, p: symbol("psi1"), n: symbol("psi2")})

    written, joint = system.expanded(), proportional_random_features.expanded()
    composed = [limit(e.residual) for e in written.equations]
    at = {nu: mu1sq * kappa0}
    together = [
        *(e.residual.xreplace(at) for e in joint.equations),
        c * KAPPA - lam * symbol("psi1"),
    ]
    order = [KAPPA, lam, symbol("psi2")]
    yield check.equivalent(
        composed, together, eliminate=order, statement="pair and sample equation are the proportional limit"
    )
    for name in ("test", "train", "norm"):
        yield check.identity(
            limit(written.observable(name)),
            joint.observable(name).xreplace(at),
            modulo=composed,
            eliminate=order,
            statement=f"the {name} is that of the proportional limit",
        )


@derivation.step("Comparison: Meng, Yao and Cao")
def grouped(learner):
    r"""Two groups of features on isotropic inputs, a linear target of power $F_1^2$. With $\psi_g = p_g/d$ and any
    $r > 0$ the numbers $\nu_g = i\,r\,p_g/(c\,h_g)$ of the groups and $\nu_3 = i\,c/r$ of the samples give the
    published risk, a form of the inverse of a Hessian; $r = \sqrt\lambda$ in the paper. It is the one derived.
    The constants $\mu_{\star g}$, one width and the number of samples are expressed in $h_g$, $c$ and the effective
    ridges by the equations. Both sides are compared as rational numbers.
    """
    found = pair_learners.ridge(pair_layers.spectrum().through(pair_layers.features(2)))
    power, root = symbol("F1sq"), symbol("r")
    groups = [(*pair_layers.constants(2, g), symbol(f"h_{g}")) for g in (1, 2)]
    tau = kappa0 / (1 + kappa0)
    solved = {rest: h - KAPPA - linear * tau for _, linear, rest, h in groups}
    (first, linear, _, h), (second, other, _, k) = groups
    solved[first] = h / linear * (1 / kappa0 - second * other / k)
    freedom = sum((width * (1 - KAPPA / x) for width, _, _, x in groups), sp.S.Zero)
    solved[n] = c + freedom.xreplace(solved)
    weight = {"T": sp.S.One, "B": power}

    def isotropic(expression):
        written = expression.replace(
            lambda node: isinstance(node, SpectralAverage),
            lambda node: weight[node.measure.name] * node.function.subs(s, 1),
        )
        return written.xreplace({d: sp.S.One}).xreplace(solved)

    for equation in (found.equations[0], found.equations[2]):
        residual = isotropic(found.expand(equation.residual))
        yield check.identity(residual, 0, f"the {equation.meaning} equation is solved")
    rows = [[entry.xreplace(solved) for entry in row] for row in groups]
    widths, linears, rests, sums = zip(*rows, strict=True)
    by_groups = [sp.I * root * width / (c * x) for width, x in zip(widths, sums, strict=True)]
    theirs = [linears, rests, widths, solved[n], by_groups, sp.I * c / root, power, noise]
    ours = isotropic(found.expand(found.observable("test")))
    letters = sorted(ours.free_symbols | {root}, key=str)
    for seed in (1, 2, 3):
        numbers = random.Random(seed)
        point = {letter: sp.Rational(numbers.randint(1, 99), numbers.randint(1, 99)) for letter in letters}
        values = [at_point(part, point) for part in theirs]
        yield check.same_object(
            sp.cancel(ours.xreplace(point)), sp.cancel(meng_yao_cao.risk(*values)),
            f"the risk is the published one, exactly, at a random rational point (seed {seed})",
        )  # fmt: skip


def at_point(part, point):
    """An expression, or each of several, at a rational point."""
    if isinstance(part, (list, tuple)):
        return [at_point(entry, point) for entry in part]
    return sp.expand(part.xreplace(point))
