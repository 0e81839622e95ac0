"""Every derivation passes, with the grade it should have, and notices deliberate errors."""

import time
from dataclasses import replace

import pytest
import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.equations.records import read_chart, read_record, record_text
from asymptotics.equations.system import FixedPointSystem
from asymptotics.errors import CertificateError
from asymptotics.models import pair_layers, pair_learners
from asymptotics.models.derive import all_names
from asymptotics.models.library import RECORDS, record_name
from asymptotics.symbolic import QuadraticProgram, covariance, dyson
from asymptotics.symbolic.matrices import LinearForm
from asymptotics.verification import Derivation, Evidence, bibliography, derivations, write_records
from asymptotics.verification import run as room
from asymptotics.verification.derivation import Step
from asymptotics.verification.run import run, run_derivation
from derivations import _finite
from tests.oracles import defilippis as digits

NAMES = tuple(derivations())
RECORDED = tuple(record_name(*name) for name in all_names())


@pytest.fixture(scope="module")
def timed_outcomes():
    """Outcomes of all derivations, run once for all tests of this file, and the processor seconds they took."""
    start = time.process_time()
    outcomes = run()
    return outcomes, time.process_time() - start


@pytest.fixture(scope="module")
def outcomes(timed_outcomes):
    return timed_outcomes[0]


@pytest.mark.parametrize("name", NAMES)
def test_derivation_passes(outcomes, name):
    report = outcomes[name].report
    assert report.passed, "\n".join(report.lines())


@pytest.mark.parametrize("name", NAMES)
def test_every_assumption_has_a_reference(outcomes, name):
    for check in outcomes[name].report.assumptions():
        assert check.reference in bibliography()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_assumed_is_at_least_statistical(outcomes, name):
    assert outcomes[name].report.proved_grade >= Evidence.STATISTICAL


def test_the_algebraic_derivations_are_exact(outcomes):
    exact = (
        "marchenko-pastur",
        "random-features",
        "ridge-covariance",
        "ridge",
        "random-projections",
        "cross-risk",
        "population-pair",
        "pair-under-shift",
        "shifted-random-features",
    )
    for name in exact:
        assert outcomes[name].report.proved_grade is Evidence.EXACT


def test_time_budget(timed_outcomes):
    outcomes, processor_seconds = timed_outcomes
    assert len(outcomes) == len(NAMES) and processor_seconds < 120


# -- deliberate errors: each is noticed by at least two checks ---------------------------------------------


def failed_checks(derivation):
    """How many checks of the derivation fail when every step is run (a step that stops counts as one)."""
    report = run_derivation(derivation, keep_going=True).report
    wrong = [check for step in report.steps for check in step.checks if not check.passed]
    stopped = [step for step in report.steps if step.error]
    return len(wrong) + len(stopped)


def with_program(change):
    """The random-features derivation with a changed program; later steps are untouched."""
    original = derivations()["random-features"]

    def program():
        yield from ()
        return change(original.steps[0].run({})[1])

    steps = [Step("program", "Changed", (), "Changed.", program), *original.steps[1:]]
    return Derivation("changed", "Changed", (), original.references, original.concludes, steps=steps)


def rescaled_term(program, name, factor):
    """The first constraint term with the named matrix or given vector, times a factor."""
    constraints = {}
    for variable, form in program.constraints.items():
        terms = tuple(
            replace(t, coefficient=factor * t.coefficient)
            if (t.matrix is not None and t.matrix.name == name) or t.vector.name == name
            else t
            for t in form.terms
        )
        constraints[variable] = LinearForm(terms)
    return replace(program, constraints=constraints)


def with_variance(program, name, variance):
    """The program with another entry variance of one matrix."""
    constraints = {}
    for variable, form in program.constraints.items():
        terms = tuple(
            replace(t, matrix=replace(t.matrix, variance=variance))
            if t.matrix is not None and t.matrix.name == name
            else t
            for t in form.terms
        )
        constraints[variable] = LinearForm(terms)
    return replace(program, constraints=constraints)


@pytest.mark.slow
def test_the_unchanged_program_passes():
    assert failed_checks(with_program(lambda program: program)) == 0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: rescaled_term(p, "B", 2), id="factor two in a constraint"),
        pytest.param(lambda p: rescaled_term(p, "beta", 2), id="target doubled", marks=pytest.mark.slow),
        pytest.param(lambda p: with_variance(p, "B", sp.S.One), id="features without 1/p"),
        pytest.param(
            lambda p: with_variance(p, "A", sp.S.Half),
            id="inputs of variance one half",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_wrong_program_is_noticed_twice(change):
    assert failed_checks(with_program(change)) >= 2


def mutated_terms(kind):
    """The covariance map with one deliberate error."""
    original = covariance.covariance_terms

    def changed(pencil):
        terms = list(original(pencil))
        if kind == "sign":
            terms[0] = replace(terms[0], factor=-terms[0].factor)
        elif kind == "dropped":
            terms = terms[1:]
        elif kind == "normalization":
            terms[0] = replace(terms[0], variance=2 * terms[0].variance)
        return tuple(terms)

    return changed


@pytest.mark.parametrize("kind", ["sign", "dropped", "normalization"])
def test_a_wrong_covariance_map_is_noticed_twice(monkeypatch, kind):
    monkeypatch.setattr(dyson, "covariance_terms", mutated_terms(kind))
    assert failed_checks(derivations()["random-features"]) >= 2


def test_a_wrong_potential_is_noticed_twice(monkeypatch):
    original = QuadraticProgram.potentials
    monkeypatch.setattr(QuadraticProgram, "potentials", lambda self: original(self)[:1])
    assert failed_checks(derivations()["random-features"]) >= 2


def with_equation(layer, factor):
    """A layer whose equation has a wrong factor."""
    (equation,) = layer.system.equations
    wrong = replace(equation, left=factor * equation.left)
    return replace(layer, system=replace(layer.system, equations=(wrong,)))


@pytest.mark.slow
def test_a_wrong_rule_of_a_layer_is_noticed_twice(monkeypatch):
    original = pair_layers.features
    monkeypatch.setattr(pair_layers, "features", lambda groups=1: with_equation(original(groups), 2))
    assert failed_checks(derivations()["population-pair"]) >= 2


@pytest.mark.parametrize(("name", "factor"), [("test", 2), pytest.param("norm", 3, marks=pytest.mark.slow)])
def test_a_wrong_learner_is_noticed_twice(monkeypatch, outcomes, name, factor):
    rule = pair_learners.ridge_rule()
    observables = tuple(
        replace(o, expression=factor * o.expression) if o.name == name else o for o in rule.observables
    )
    wrong = replace(rule, observables=observables)
    monkeypatch.setattr(pair_learners, "ridge_rule", lambda: wrong)
    report = run_derivation(derivations()["ridge-from-pair"], outcomes, keep_going=True).report
    failed = [check for step in report.steps for check in step.checks if not check.passed]
    assert len(failed) >= 2


def test_the_derived_system_gives_the_known_digits_of_a_power_law(outcomes):
    size = digits.LEVELS
    levels = [
        (
            sp.Float(k, 40) ** sp.Rational(digits.EIGENVALUE_EXPONENT),
            1,
            sp.Float(k, 40) ** sp.Rational("-2.2"),
        )
        for k in range(1, size + 1)
    ]
    nu, c = _finite.effective_ridge(
        _finite.degrees_of_levels(levels), digits.SAMPLES, digits.FEATURES, digits.RIDGE
    )
    assert float(nu) == pytest.approx(float(digits.NU2), rel=1e-14)
    assert float(digits.RIDGE) / float(c) == pytest.approx(float(digits.NU1), rel=1e-14)
    rows = [(float(s), float(b)) for s, _, b in levels]
    system = outcomes["random-features"].results["system"]
    values = {
        symbol("n"): digits.SAMPLES,
        symbol("p"): digits.FEATURES,
        symbol("nu"): float(nu),
        symbol("c"): float(c),
    }
    values |= {symbol("lam"): float(digits.RIDGE), symbol("noise"): float(digits.NOISE)}
    for definition in system.definitions:
        function = definition.expression.function.subs(symbol("nu"), float(nu))
        number = sp.lambdify(symbol("s"), function)
        weights = (1.0, None) if definition.expression.measure.name == "T" else (None, 1.0)
        values[definition.symbol] = sum(number(s) * (weights[0] or b) for s, b in rows)
    test = system.observable("test").subs(values)
    assert float(test) + float(digits.NOISE) == pytest.approx(float(digits.RISK_WITH_NOISE), rel=1e-11)
    assert float(system.observable("train").subs(values)) == pytest.approx(float(digits.TRAIN), rel=1e-11)
    norm = system.observable("norm").subs(values) * digits.SAMPLES
    assert float(norm) == pytest.approx(float(digits.SQUARED_NORM), rel=1e-11)


# -- records are written by the derivation that concludes them ----------------------------------------------


def read(path, chart):
    return read_chart(path) if chart else read_record(path)


def with_derivation(recorded, name):
    """A record with the name of its derivation, which is not part of its digest."""
    system = recorded if isinstance(recorded, FixedPointSystem) else recorded.system
    system = replace(system, provenance=replace(system.provenance, derivation=name))
    return system if isinstance(recorded, FixedPointSystem) else replace(recorded, system=system)


@pytest.mark.parametrize("name", all_names(), ids=lambda name: record_name(*name))
def test_a_record_is_what_its_derivation_concludes(outcomes, name):
    concluded = outcomes["library"].conclusion[record_name(*name)]
    system = concluded.system if name[2] else concluded
    theorem = system.provenance.derivation
    assert theorem in derivations() and theorem in derivations()["library"].uses
    shipped = read(RECORDS / f"{record_name(*name)}.json", name[2])
    assert shipped.digest == concluded.digest
    assert record_text(with_derivation(shipped, theorem)) == record_text(concluded)


def test_every_shipped_record_is_concluded(outcomes):
    assert (
        {path.stem for path in RECORDS.glob("*.json")} >= set(outcomes["library"].conclusion) == set(RECORDED)
    )


def test_writing_records(outcomes, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "run", lambda name: {name: outcomes[name]})
    paths = write_records(tmp_path)
    assert [path.stem for path in paths] == list(RECORDED)
    assert '"derivation": "random-features"' in (tmp_path / "random-features.wide.json").read_text("utf-8")


def test_nothing_is_written_when_a_check_fails(outcomes, tmp_path, monkeypatch):
    good = outcomes["library"]
    failed = replace(good, report=replace(good.report, remaining=("The records",)))
    monkeypatch.setattr(room, "run", lambda name: {name: failed})
    with pytest.raises(CertificateError, match="library did not pass"):
        write_records(tmp_path)
    assert list(tmp_path.iterdir()) == []
