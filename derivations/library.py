r"""The systems that the solvers evaluate: every record of the library, as the theorem it states in other coordinates.

**Statement.** Every record of the library, in whatever coordinates it is solved (slacks $c = n - T$ and $h = p
- T$, inverse sizes that stay regular at $n = \infty$ or $p = \infty$, gaps between the sizes), has the same
solutions as the system that its derivation concludes, and each of its observables takes the same values there. The
records are what this derivation concludes; `asymptotics.verification.write_records` writes them.
"""

from dataclasses import replace

import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.naming import symbol
from asymptotics.equations.system import FixedPointSystem
from asymptotics.models.derive import all_names, derive, derive_chart
from asymptotics.models.feature_groups_equations import equivalent as of_groups
from asymptotics.models.library import record_name, stored_chart, stored_system
from asymptotics.models.neural_tangent_equations import TANGENT, equivalent_of
from asymptotics.models.neural_tangent_equations import proportional as limit_of_networks
from asymptotics.models.recipes import recipes
from asymptotics.verification import Derivation, check

from .deep_random_features import Solution as LayersSolution
from .feature_law import GroupSolution
from .feature_law import Solution as LawSolution
from .neural_tangent import Solution, linear_solution, tangent_solution

derivation = Derivation(
    id="library",
    title="The systems that the solvers evaluate",
    uses=[
        "random-features",
        "ridge-covariance",
        "proportional-random-features",
        "neural-tangent",
        "few-neurons",
        "feature-law",
        "held-out",
        "shifted-random-features",
        "deep-random-features",
        "sign-labels",
        "lazy-training",
    ],
    concludes="records",
)

THEOREMS = {
    ("random-features", "general"): "random-features",
    ("random-features", "proportional"): "proportional-random-features",
    ("kernel-ridge", "general"): "ridge-covariance",
    ("kernel-ridge", "proportional"): "proportional-random-features",
    ("random-features-shifted", "general"): "shifted-random-features",
    ("random-features-labels", "general"): "sign-labels",
    ("random-features-labels", "proportional"): "sign-labels",
    ("kernel-ridge-labels", "general"): "sign-labels",
    ("kernel-ridge-labels", "proportional"): "sign-labels",
    ("neural-tangent", "general"): "neural-tangent",
    ("neural-tangent", "proportional"): "neural-tangent",
    ("feature-law", "general"): "feature-law",
    ("feature-law", "proportional"): "feature-law",
    ("held-out", "general"): "held-out",
    ("deep-random-features", "general"): "deep-random-features",
    ("lazy-trace", "general"): "lazy-training",
}
"""The derivation whose conclusion a record states in its own coordinates, by model and regime."""

n, p, lam, c, h, eta, y = (symbol(name) for name in ("n", "p", "lam", "c", "h", "eta", "y"))
psi1, psi2, nu = symbol("psi1"), symbol("psi2"), symbol("nu")
inv_n, inv_p, lam_n, gap = (symbol(name) for name in ("inv_n", "inv_p", "lam_n", "gap"))


def recorded(model, regime, chart):
    """A system or chart of the library, derived afresh, with the derivation that it states."""
    fresh = derive_chart(model, regime, chart) if chart else derive(model, regime)
    system = fresh.system if chart else fresh
    history = replace(system.provenance, derivation=THEOREMS[model, regime])
    system = replace(system, provenance=history)
    return replace(fresh, system=system) if chart else system


def system_of(found):
    """The system of a record: its own, or that of a chart."""
    return found if isinstance(found, FixedPointSystem) else found.system


def coordinates(record, samples, features):
    """Symbols of the derived system in those of a record, and the relations between parameters of the record."""
    known = {*record.parameter_symbols(), *record.unknown_symbols()}
    many, wide = (1 / inv_n if inv_n in known else samples), (1 / inv_p if inv_p in known else features)
    rule = {samples: many, features: wide}
    if lam_n in known:
        rule[lam] = lam_n * many
    relations = []
    if gap in known:
        relations.append(gap - (1 - many / wide if inv_p in known else 1 - wide / many))
    if c in known and h in known:
        relations.append(c - h - many + wide)
    elif h in known:
        rule[c] = h + many - wide
    elif c not in known and eta in known:
        rule[c] = eta * many
    return rule, relations


def compare(record, derived, observables, samples, features):
    """Checks that a record and a derived system (equations, table of observables) agree.

    Averages that both define in the same way stay symbols: the claim is then proved for any value of them.
    """
    rule, relations = coordinates(record, samples, features)
    relations += [d.symbol - d.expression for d in record.definitions if d.symbol == eta]
    equations = [equation.residual for equation in record.equations]

    def translated(expression):
        return expression.subs(rule, simultaneous=True)

    yield check.equivalent(
        [*(translated(e) for e in derived), *relations],
        [*equations, *relations],
        statement=f"{record.name}: the record has the solutions of the derived system",
    )
    for name, expression in observables.items():
        if name in {observable.name for observable in record.observables}:
            yield check.identity(
                record.observable(name),
                translated(expression),
                modulo=[*equations, *relations],
                statement=f"{record.name}: {name} is the derived one",
            )


def definitions(system):
    """Named averages of a system, those that are coordinates left out."""
    return {d.symbol: d.expression for d in system.definitions if d.symbol != eta}


def table(system, samples, features, target="beta"):
    """Observables of a derived system under the names of the records."""
    return {
        "test": system.observable("test"),
        "bias": system.observable(f"test.{target}"),
        "variance": system.observable("test.epsilon"),
        "train": system.observable("train"),
        "norm": system.observable("norm"),
        "norm_per_feature": system.observable("norm") * samples / features,
    }


def residuals(system):
    """Left sides minus right sides."""
    return [equation.residual for equation in system.equations]


def same_averages(record, system):
    """Check that a record and a derived system define the same averages."""
    shared = definitions(system)
    kept = {name: shared.get(name) for name in definitions(record)}
    return check.same_object(definitions(record), kept, f"{record.name}: the averages are the derived ones")


@derivation.step("Random features, any spectrum")
def general(random_features):
    r"""Slack coordinates, and the two charts that reach $p = \infty$ and $n = \infty$."""
    observables = table(random_features, n, p)
    for chart in ("", "wide", "tall"):
        record = system_of(recorded("random-features", "general", chart))
        yield same_averages(record, random_features)
        yield from compare(record, residuals(random_features), observables, n, p)


@derivation.step("Random features, proportional regime")
def proportional(proportional_random_features):
    r"""The same coordinates for the proportional limit, with $\psi_2$ and $\psi_1$ as sizes."""
    observables = table(proportional_random_features, psi2, psi1)
    for chart in ("", "wide", "tall"):
        record = system_of(recorded("random-features", "proportional", chart))
        yield same_averages(record, proportional_random_features)
        yield from compare(record, residuals(proportional_random_features), observables, psi2, psi1)


@derivation.step("Kernel ridge regression")
def kernels(ridge_covariance, proportional_random_features):
    r"""In the eigenbasis of the kernel operator kernel ridge regression is ridge regression with that
    covariance and target coordinates $\beta_k = s_k^{1/2}\theta_k$; in the proportional regime it is random
    features at $1/\psi_1 = 0$.
    """

    def in_beta(expression):
        return ridge_covariance.expand(expression).replace(
            lambda node: isinstance(node, SpectralAverage) and node.measure == symbol("B"),
            lambda node: SpectralAverage(node.function / node.variable, node.variable, node.measure),
        )

    observables = {k: in_beta(v) for k, v in table(ridge_covariance, n, p, "theta").items()}
    equations = [*(ridge_covariance.expand(e) for e in residuals(ridge_covariance)), c * nu - lam]
    for chart in ("", "samples"):
        record = system_of(recorded("kernel-ridge", "general", chart)).expanded()
        yield from compare(record, equations, observables, n, p)

    def wide(expression):
        return sp.cancel(sp.cancel(expression).subs(psi1, 1 / y)).subs(y, 0)

    limit = table(proportional_random_features, psi2, psi1)
    observables = {k: wide(v) for k, v in limit.items() if k != "norm_per_feature"}
    equations = [wide(e / psi1 if e.has(psi1) else e) for e in residuals(proportional_random_features)]
    for chart in ("", "samples"):
        record = system_of(recorded("kernel-ridge", "proportional", chart))
        yield same_averages(record, proportional_random_features)
        yield from compare(record, equations, observables, psi2, psi1)


@derivation.step("Random features under another law of the test inputs")
def tested(shifted_random_features):
    r"""The records of random features, with one more observable."""
    for chart in ("", "wide", "tall"):
        record = system_of(recorded("random-features-shifted", "general", chart))
        plain = system_of(recorded("random-features", "general", chart))
        kept = tuple(o for o in record.observables if o.name != "shifted")
        title = f"{record.name}: equations and errors of training are those of random features"
        yield check.same_object((record.equations, kept), (plain.equations, plain.observables), title)
        shifted = {"shifted": shifted_random_features.observable("shifted")}
        yield from compare(record.expanded(), residuals(shifted_random_features), shifted, n, p)


@derivation.step("Random and tangent features")
def networks(neural_tangent, few_neurons):
    r"""Inverse sizes, in which infinitely many samples and neurons are regular: at random exact solutions of the
    derived systems the records hold, and their errors are the derived ones.
    """
    cases = {
        ("general", "inverse"): (Solution, neural_tangent),
        ("general", "tangent"): (tangent_solution, equivalent_of((TANGENT,), "tangent-features")),
        ("proportional", "inverse"): (linear_solution, limit_of_networks()),
    }
    few = system_of(recorded("neural-tangent", "general", "few"))
    yield check.same_object(few.digest, few_neurons.digest, "few neurons: the record is the derived system")
    for (regime, chart), (draw, derived) in cases.items():
        record = system_of(recorded("neural-tangent", regime, chart))
        for seed in range(2):
            one = draw(seed)
            v = one.values
            more = {"inv_n": 1 / v["n"], "inv_p": 1 / v["p"], "inv_N": 1 / v["N"], "lam_n": v["lam"] / v["n"]}
            _, expected = one.evaluated(derived)
            residuals, found = one.evaluated(record, more)
            title = f"{record.name}, point {seed}"
            yield check.same_object(set(residuals), {sp.S.Zero}, f"{title}: a solution of the record")
            yield check.same_object(
                found, {name: expected[name] for name in found}, f"{title}: the errors agree"
            )


@derivation.step("Features whose constants have a law")
def laws(feature_law):
    r"""Inverse sizes: at random exact solutions the charts hold, and their errors are the derived ones. In proportion
    sizes are per dimension.
    """
    for seed, regime in enumerate(("general", "general", "proportional", "proportional")):
        record = system_of(recorded("feature-law", regime, "inverse"))
        one = LawSolution(seed, unit=regime == "proportional")
        _, expected = one.evaluated(feature_law)
        residuals, found = one.evaluated(record)
        title = f"{record.name}, point {seed}"
        yield check.same_object(set(residuals), {sp.S.Zero}, f"{title}: a solution of the record")
        yield check.same_object(found, expected, f"{title}: the errors agree")


@derivation.step("A pool")
def pools(held_out):
    r"""Rows of a pool: the chart is the derived system, in the number of rows drawn."""
    for chart in ("", "pool"):
        record = system_of(recorded("held-out", "general", chart))
        yield check.same_object(record.digest, held_out.digest, "the record is the derived system")


@derivation.step("Lazy training")
def lazy(lazy_training):
    r"""The trace of a quadratic target: the record is the derived system."""
    record = recorded("lazy-trace", "general", "")
    yield check.same_object(record.digest, lazy_training.digest, "the record is the derived system")


@derivation.step("Random features of two layers")
def layers(deep_random_features):
    r"""Inverse sizes, effective ridges per neuron: at random exact solutions the chart holds, and its errors are the
    derived ones.
    """
    record = system_of(recorded("deep-random-features", "general", "inverse"))
    for seed in range(2):
        one = LayersSolution(seed, ("gaussian", "gaussian"))
        _, expected = one.evaluated(deep_random_features)
        residuals, found = one.evaluated(record)
        title = f"{record.name}, point {seed}"
        yield check.same_object(set(residuals), {sp.S.Zero}, f"{title}: a solution of the record")
        yield check.same_object(found, expected, f"{title}: the errors agree")


@derivation.step("Labels of two classes")
def labels(sign_labels):
    r"""The same coordinates with the mean square and the overlap of the prediction; kernels and the proportional regime
    from their own programs and limits.
    """
    sizes = {"general": (n, p), "proportional": (psi2, psi1)}
    for model, regime in [key for key in THEOREMS if THEOREMS[key] == "sign-labels"]:
        recipe = recipes()[model]
        first = (model, regime) == ("random-features-labels", "general")
        derived = sign_labels if first else recipe.start[regime]()
        observables = {name: derived.observable(name) for name in ("test", "square", "overlap")}
        extra = [] if c in derived.unknown_symbols() else [c * nu - lam]
        for chart in ("", *recipe.charts):
            record = system_of(recorded(model, regime, chart))
            yield same_averages(record, derived)
            equations = [*residuals(derived), *extra]
            yield from compare(record, equations, observables, *sizes[regime])


@derivation.step("Groups of features with every degree")
def groups(feature_law):
    r"""The same for groups with spectra of their own, of one to three."""
    for count in (1, 2, 3):
        record = system_of(recorded("feature-law", "general", f"groups{count}"))
        one = GroupSolution(count, count)
        _, expected = one.evaluated(of_groups(count))
        residuals, found = one.evaluated(record)
        v = one.values
        expected["norm_per_feature"] = expected["norm"] * v["n"] / v["p"]
        yield check.same_object(set(residuals), {sp.S.Zero}, f"{record.name}: a solution of the record")
        yield check.same_object(found, expected, f"{record.name}: the errors agree")


@derivation.step("The records")
def records(general, proportional, kernels, tested, networks, laws, groups, pools, lazy, layers, labels):
    r"""All of them, each with the derivation whose conclusion it states. What ships with the package is what is derived
    here, by its digest.
    """
    found = {record_name(*name): recorded(*name) for name in all_names()}
    for name in all_names():
        shipped = stored_chart(*name) if name[2] else stored_system(*name)
        title = record_name(*name)
        yield check.same_object(
            found[title].digest, shipped.digest, f"{title}: the shipped record is this one"
        )
    return found
