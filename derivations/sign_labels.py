r"""Ridge regression on labels of two classes.

**Statement.** Let $y = \pm1$ have a linear part $c^{1/2} f$ in a target $f$ of unit power. As long as only linear
functions are learned the rest of the labels, of power $1 - c$, acts like independent noise, and prediction $\hat f$ and
target are jointly Gaussian. With the risk of ridge regression on a target of power $c$ and noise $1 - c$, the mean
square $q$ of the prediction and its overlap $m = E f\hat f$,
$$ P(\mathrm{sign} f \ne \mathrm{sign}\hat f) = \frac1\pi\arccos\frac{m}{\sqrt q}, \qquad
q = \frac{df_2}{n}(\mathrm{test} + 1 - c) + S - \kappa R', \qquad c^{1/2} m = S, $$
in the population pair: $S$ is the captured power of the linear part. The equations are those of [@Loureiro2021].
"""

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import kernel_ridge_equations, labels_equations, pair_layers, pair_learners
from asymptotics.models import random_features_equations as features
from asymptotics.models.pair import KAPPA
from asymptotics.symbolic import dyson_equation
from asymptotics.verification import Derivation, check

from .published import loureiro

derivation = Derivation(
    id="sign-labels",
    title="Ridge regression on labels of two classes",
    uses=["random-features", "ridge-covariance", "ridge-from-pair"],
    references=["Loureiro2021", "Gerace2020", "LatourelleVigeantPaquette2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate.",
        "The part of the labels that is not linear in the target acts like independent noise.",
    ],
)

n, p, lam, noise, c, nu, s = (symbol(name) for name in ("n", "p", "lam", "noise", "c", "nu", "s"))
kappa0, d, mu1sq, mu_starsq = (symbol(name) for name in ("kappa_0", "d", "mu1sq", "mu_starsq"))
KERNEL = {mu1sq: sp.S.One, mu_starsq: sp.S.Zero, d: sp.S.One}


def trace(function):
    """Trace of a function of the spectrum."""
    return SpectralAverage(function, s, symbol("T"))


def target(function):
    """Sum of the squared target coordinates times a function of the eigenvalue."""
    return SpectralAverage(function, s, symbol("B"))


@derivation.step("The prediction as a variable")
def program():
    r"""To the program of random features comes the prediction $v = Ba$ with the quadratic form $w\,v^\top Sv$: its mean
    square is the slope in $w$ at $w = 0$.
    """
    yield check.assumes(
        "the part of labels that is not linear in the target acts like independent noise, and prediction and target "
        "are jointly Gaussian, as long as only the linear part is learned",
        "Gerace2020",
    )
    written = labels_equations.program(features.program())
    yield check.shapes(written)
    yield check.represents(written, trials=2)
    return written


@derivation.step("The mean square and the overlap")
def system(program, random_features):
    r"""The system is that of random features with one more slope. Of $2E f\hat f = q + E f^2 - \mathrm{test}$
    one average is left: what is captured of the target.
    """
    equation = dyson_equation(program.pencil())
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    yield check.inverts(equation)
    found = labels_equations.equivalent(features.program, features.equivalent)
    yield check.equivalent(found, random_features, statement="the equations are those of random features")
    for name in ("test", "train", "norm"):
        yield check.identity(
            found.observable(name), random_features.observable(name), modulo=random_features,
            statement=f"the {name} is that of random features",
        )  # fmt: skip
    overlap = found.expand(found.observable("overlap"))
    yield check.identity(overlap, target(s / (s + nu)), "the overlap is the captured power")
    return found


@derivation.step("From the population pair")
def pair(system):
    r"""The same mean square from the pair of one layer of random features: the second route."""
    found = pair_learners.ridge(pair_layers.spectrum().through(pair_layers.features()))
    whole = pair_layers.spectrum().through(pair_layers.features()).system
    written = found.expanded()
    values = {
        name: whole.expand(whole.observable(name)).xreplace(KERNEL)
        for name in ("df2", "penalty", "objective")
    }
    test = written.observable("test").xreplace(KERNEL)
    composed = [e.residual.xreplace(KERNEL) for e in written.equations]
    captured = target(sp.S.One) - values["objective"]
    yield check.identity(
        system.expand(system.observable("square")).xreplace({nu: kappa0}),
        values["df2"] / n * (test + noise) + captured - values["penalty"],
        modulo=composed,
        eliminate=[KAPPA, lam, n],
        statement="the mean square, from degrees of freedom, captured power and test error",
    )
    yield check.identity(
        system.expand(system.observable("overlap")).xreplace({nu: kappa0}), captured, "the overlap is S"
    )


@derivation.step("Comparison: Loureiro et al.")
def published():
    r"""On features of any covariance the order parameters are those of the published saddle point, with
    $\hat V = c = \lambda/\nu$.
    """
    found = labels_equations.equivalent(
        kernel_ridge_equations.program, kernel_ridge_equations.equivalent
    ).expanded()
    equations = [c - n + trace(s / (s + nu)), c * nu - lam]
    m, q = (found.observable(name) for name in ("overlap", "square"))
    V = trace(s / (s + nu)) / c

    def covariance(function):
        return target(s * function)

    order = [lam, n]
    V_hat, q_hat, m_hat = loureiro.conjugates(n, target(sp.S.One), noise, m, q, V)
    yield check.identity(
        V_hat, c, modulo=equations, eliminate=order, statement="the conjugate of V is the slack"
    )
    rows = {
        "V": (V, loureiro.spread(lam, c, s, trace)),
        "m": (m, loureiro.overlap(lam, c, m_hat, s, covariance)),
        "q": (q, loureiro.square(lam, c, q_hat, m_hat, s, trace, covariance)),
    }
    for name, (ours, theirs) in rows.items():
        at = in_ridge(theirs)
        yield check.identity(
            ours, at, modulo=equations, eliminate=order, statement=f"{name} is the published one"
        )


def in_ridge(expression):
    """Averages with denominators lam + c s as ones with s + nu."""
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: SpectralAverage(sp.cancel(node.function.subs(lam, c * nu)), s, node.measure),
    )
