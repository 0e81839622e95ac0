r"""Another law of the test inputs, from the population pair and three more slopes.

**Statement.** Let test features have second moments $\tilde\Omega$. With the error $\tilde Q$ of the population
minimizer under the test law and the effective ridge $\kappa$ of training,
$$ \mathrm{shifted} = \tilde Q + \frac{\mathrm{Tr}\,\tilde\Omega\Omega(\Omega+\kappa)^{-2}}{n}\,(\mathrm{test} +
\sigma_\varepsilon^2) : $$
the error under the test law is affine in the error under the training law, as long as $\kappa$ is the same. For
layers of random features $\tilde Q$ and the two overlaps $\mathrm{Tr}\,\tilde\Omega\Omega(\Omega+\kappa)^{-2}$,
$\kappa^2\,\mathrm{Tr}\,\tilde\Omega(\Omega+\kappa)^{-2}$ follow from those of what lies below, level by level. The
test law is diagonal in the eigenbasis of the inputs, and the activation has the same linear constant under both.

For one level this is ridge regression under covariate shift.
"""

from dataclasses import replace

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.models import pair_layers, pair_learners, pair_shift
from asymptotics.models.pair import INNER, KAPPA, PAIR, below
from asymptotics.symbolic import SpectralDimension, SpectralMatrix, dyson_equation, norm2
from asymptotics.symbolic.matrices import LinearForm
from asymptotics.symbolic.programs import Energy
from asymptotics.verification import Derivation, check

from .population_pair import given

derivation = Derivation(
    id="pair-under-shift",
    title="Another law of the test inputs from the population pair",
    uses=["population-pair", "ridge-covariance"],
    references=["LatourelleVigeantPaquette2023", "Schroder2023"],
    concludes="system",
    assumptions=[
        "The mean of the inverse pencil solves its Dyson equation to leading order, and energies concentrate."
    ],
)

n, c, lam, noise, nu, s, g = (symbol(name) for name in ("n", "c", "lam", "noise", "nu", "s", "g"))
mu1sq, mu_starsq = symbol("mu1sq"), symbol("mu_starsq")
SAME = {
    below("shifted_error"): below("error"),
    below("shifted_df2"): below("df2"),
    below("shifted_spill"): INNER * below("partial"),
    pair_shift.TEST_REST: mu_starsq,
}


def weighted(expression):
    """Averages over the measures of the test law as averages of g times the function."""
    return expression.replace(
        lambda node: isinstance(node, SpectralAverage) and node.measure.name.endswith("_g"),
        lambda node: SpectralAverage(g * node.function, s, symbol(node.measure.name.removesuffix("_g"))),
    )


def in_dimension(program, dimension):
    """A program without random matrices, its vectors in another dimension of the same spectrum."""
    constraints = {
        replace(variable, dimension=dimension): LinearForm(
            tuple(replace(t, vector=replace(t.vector, dimension=dimension)) for t in form.terms)
        )
        for variable, form in program.constraints.items()
    }
    terms = tuple(
        replace(t, left=replace(t.left, dimension=dimension), right=replace(t.right, dimension=dimension))
        for t in program.energy.terms
    )
    return replace(program, energy=Energy(terms), constraints=constraints)


@derivation.step("A given spectrum")
def spectrum():
    r"""The quadratic form of the test law, $\tilde q\,u^\top G u$, is a source of the population ridge; $G$ commutes
    with $S$. At $\tilde q = 0$ the slopes of the parts of the minimum are $\tilde Q$ and the overlap
    $\kappa^2\,\mathrm{Tr}\,G(S+\kappa)^{-2}$; no matrix is random.
    """
    program = pair_layers.spectrum_program()
    dimension = SpectralDimension("D", companions=("g",))
    u = next(v for v in program.constraints if v.name == "u")
    lifted = in_dimension(program, dimension)
    q = symbol("q_test")
    source = q * norm2(replace(u, dimension=dimension), SpectralMatrix(dimension, "g"))
    equation = dyson_equation(replace(lifted, energy=lifted.energy + source).pencil())
    yield check.inverts(equation)
    slopes = {p.name: sp.diff(p.value(equation), q).subs(q, 0) for p in lifted.potentials()}
    wanted = pair_shift.averages(KAPPA)
    yield check.identity(slopes["beta"], weighted(wanted["shifted_error"]), "error under the test law")
    yield check.identity(slopes["w"], weighted(wanted["shifted_spill"]), "overlap with noise in the weights")
    return wanted


@derivation.step("A layer, probed")
def program():
    r"""To the program of a layer come the quadratic forms of the test law: of the error $u$ and of the prediction $f =
    Wv$, each with $\tilde\mu_\star^2\|v\|^2$ for the part that is not linear. White vectors $w$ in the features and
    $e$, $e_{\mathrm{rest}}$ in the space of functions, linear and not, read off the traces.
    """
    written = pair_shift.layer_program()
    yield check.shapes(written)
    yield check.represents(written, trials=2)
    yield check.assumes(
        "the mean inverse of a self-adjoint pencil in independent Gaussian matrices solves its Dyson equation "
        "as all sizes grow, and quadratic forms of the inverse concentrate",
        "LatourelleVigeantPaquette2023",
    )
    return written


@derivation.step("The rule of a layer")
def rule(program):
    r"""The derived slopes contain the averages of the test law in three combinations only: the three quantities below
    the layer. If the test law is the training law they are $\mathrm{error}$, $df_2$ and $\kappa\,\mathrm{partial}$,
    and the rule is that of the pair.
    """
    found = pair_shift.layer_shift()
    layer = pair_layers.features().system
    parts = [
        below("df") - below("df2") - below("partial"),
        below("objective") - below("error") - below("penalty"),
    ]
    equations = [layer.expand(e.residual) for e in layer.equations] + parts
    order = [symbol("p"), below("df"), below("objective")]
    pairs = {"shifted_error": "error", "shifted_df2": "df2", "shifted_spill": "partial"}
    for name, same in pairs.items():
        scale = KAPPA if same == "partial" else 1
        yield check.identity(
            found[name].xreplace(SAME),
            scale * layer.expand(layer.observable(same)),
            modulo=equations,
            eliminate=order,
            statement=f"{name} under the training law is that of the pair",
        )
    for name, value in found.items():
        yield check.positive(value, f"{name} is a sum of positive terms")
    return found


@derivation.step("The learner")
def learner(ridge_covariance):
    r"""The slope of the joint program in the test form is the statement; it is the formula of ridge regression under
    covariate shift, here for $G = S^2$.
    """
    value, base = pair_shift.learner_shift(), pair_learners.ridge_rule()
    error, overlap = below("shifted_error"), below("shifted_df2")
    yield check.identity(
        value,
        error + overlap / n * (base.observable("test") + noise),
        modulo=[*(e.residual for e in base.equations), below("df") - below("df2") - below("partial")],
        eliminate=[lam, n, below("df")],
        statement="the error under the test law is affine in the test error",
    )
    at = {below(name): given(KAPPA)[name] for name in PAIR}
    at |= {below(name): weighted(value).replace(
        lambda node: isinstance(node, SpectralAverage),
        lambda node: SpectralAverage(node.function.subs(g, s**2), s, node.measure),
    ) for name, value in pair_shift.averages(KAPPA).items()}  # fmt: skip
    theirs = ridge_covariance.expanded()
    in_beta = {
        node: SpectralAverage(node.function / s, s, node.measure)
        for o in theirs.observables for node in o.expression.atoms(SpectralAverage) if node.measure == symbol("B")
    }  # fmt: skip
    trace = given(KAPPA)["df"]
    yield check.identity(
        value.xreplace(at),
        theirs.observable("shifted").xreplace(in_beta).xreplace({nu: KAPPA}),
        modulo=[c - n + trace, c * KAPPA - lam],
        eliminate=[n, lam],
        statement="for one level it is ridge regression under covariate shift",
    )
    return value


@derivation.step("Layers on a spectrum")
def system(rule, learner):
    r"""Stacked: the three quantities of each level in those of the level below, and the error under the test law."""
    found = pair_shift.shifted_ridge(pair_layers.spectrum().through(pair_layers.features()))
    yield check.positive(
        found.observable("shifted"), "the error under the test law is a sum of positive terms"
    )
    return found
