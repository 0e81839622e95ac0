"""What the derivation of early stopping notices."""

import sympy as sp

from asymptotics.verification import derivations
from derivations import early_stopping
from derivations.early_stopping import alpha0, form, lams, lefts, s, t


def run(label, **inputs):
    """Failed checks of one step, and what it returns."""
    (step,) = (step for step in derivations()["early-stopping"].steps if step.name == label)
    report, value = step.run(inputs)[:2]
    return [check.statement for check in report.checks if not check.passed], value


def right():
    failed, transform = run("transform")
    assert failed == []
    failed, flow = run("flow", pair=None, transform=transform)
    assert failed == []
    return transform, flow


def test_every_step_passes_on_what_it_should_get():
    _, flow = right()
    assert run("best", flow=flow)[0] == [] and run("bound", flow=flow)[0] == []


def test_a_wrong_transform_is_noticed():
    transform, _ = right()
    assert len(run("flow", pair=None, transform=2 * transform)[0]) == 1


def test_a_wrong_form_is_noticed(monkeypatch):
    transform, flow = right()
    monkeypatch.setattr(early_stopping, "form", lambda a, b, alpha=alpha0: form(a, b, 2 * alpha))
    assert len(run("flow", pair=None, transform=transform)[0]) == 2  # both published integrands
    wrong = flow.xreplace({alpha0: 2 * alpha0})
    assert run("best", flow=wrong)[0] and run("bound", flow=wrong)[0]


def test_the_best_share_at_numbers():
    """At rational numbers, by no identity: any other share is worse."""
    _, flow = right()
    at = {alpha0: sp.Rational(3, 2), s: sp.Rational(2, 5)}
    best = 1 / (1 + at[alpha0] * at[s])
    values = [
        flow.xreplace(at | {lefts[0]: best + shift}) for shift in (0, sp.Rational(1, 9), -sp.Rational(1, 7))
    ]
    assert values[0] < min(values[1:])


def test_the_bound_is_proved_on_the_whole_axis():
    low, high = early_stopping._largest()
    assert 1.6859 < low < high < 1.6861
    assert {lams[0].name, t.name} == {"lam_a", "t"}
