"""The waist: systems as values, with digests of their mathematics, and records that cannot be altered unnoticed."""

import json
from dataclasses import replace

import pytest
import sympy as sp

from asymptotics.equations.averages import SpectralAverage
from asymptotics.equations.domain import Condition, Domain
from asymptotics.equations.naming import symbol
from asymptotics.equations.provenance import Provenance
from asymptotics.equations.records import read_record, record_text, system_from_text, write_record
from asymptotics.equations.response import adjoint, gradient, solve_linear
from asymptotics.equations.system import (
    Definition,
    Equation,
    FixedPointSystem,
    Measure,
    Observable,
    Parameter,
    Unknown,
)
from asymptotics.errors import DerivationError, RecordError

NU, LAM, N, S, T, T11 = (symbol(name) for name in ("nu", "lam", "n", "s", "T", "T11"))


def kernel_system(**changes):
    """Ridge regression in a general spectrum: nu (n - T) = lam."""
    trace = SpectralAverage(S / (S + NU), S, T)
    given = {
        "name": "kernel",
        "parameters": (Parameter(LAM, "ridge"), Parameter(N, "samples")),
        "unknowns": (Unknown(NU, "effective ridge"),),
        "equations": (Equation(NU * (N - T11), LAM, "ridge"),),
        "observables": (Observable("train", LAM / (N * NU), "a factor"),),
        "definitions": (Definition(T11, trace, "degrees of freedom"),),
        "measures": (Measure(T, S, "trace over the spectrum"),),
        "domain": Domain((Condition(NU, "positive"), Condition(N - T11, strict=False)), "monotone"),
        "provenance": Provenance("kernel", ("by hand",), ("nothing",), ("Nobody1900",)),
    }
    return FixedPointSystem(**{**given, **changes})


def test_record_round_trip(tmp_path):
    system = kernel_system()
    write_record(system, tmp_path / "kernel.json")
    again = read_record(tmp_path / "kernel.json")
    assert again == system and again.digest == system.digest
    assert again.provenance == system.provenance
    assert record_text(again) == record_text(system)


def test_digest_is_of_the_mathematics():
    system = kernel_system()
    assert kernel_system(provenance=Provenance("other")).digest == system.digest
    assert kernel_system(provenance=Provenance("other")) == system
    for change in (
        {"name": "other"},
        {"equations": (Equation(NU * (N - T11), 2 * LAM, "ridge"),)},
        {"observables": ()},
        {"domain": Domain((Condition(NU, "positive"),), "monotone")},
        {"parameters": (Parameter(LAM, "penalty"), Parameter(N, "samples"))},
    ):
        assert kernel_system(**change).digest != system.digest


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.update(format="asymptotics-system-0"),
        lambda data: data.pop("digest"),
        lambda data: data.pop("system"),
        lambda data: data["system"].pop("unknowns"),
        lambda data: data["system"].update(name="other"),
        lambda data: data["system"]["equations"][0].__setitem__(0, ["eval", "1"]),
        lambda data: data["system"]["equations"][0].__setitem__(0, "undeclared"),
        lambda data: data["provenance"].pop("steps"),
    ],
)
def test_spoiled_records_are_refused(spoil):
    data = json.loads(record_text(kernel_system()))
    spoil(data)
    with pytest.raises((RecordError, DerivationError)):
        system_from_text(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"format": 1}'])
def test_text_that_is_no_record(text):
    with pytest.raises(RecordError):
        system_from_text(text)


def test_missing_record(tmp_path):
    with pytest.raises(RecordError, match="no record at"):
        read_record(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"equations": (Equation(symbol("x")),)}, "undeclared .'x'"),
        ({"observables": (Observable("o", symbol("y")),)}, "observable o uses undeclared .'y'"),
        ({"measures": ()}, "averages over undeclared .'T'"),
        ({"definitions": ()}, "T11"),
    ],
)
def test_undeclared_symbols_are_refused_at_birth(change, message):
    with pytest.raises(DerivationError, match=message):
        kernel_system(**change)


def test_definitions_may_use_earlier_ones_only():
    first, second = Definition(symbol("u"), NU + 1), Definition(symbol("v"), symbol("u") ** 2)
    system = kernel_system(definitions=(Definition(T11, SpectralAverage(S, S, T)), first, second))
    assert system.expand(symbol("v")) == (NU + 1) ** 2
    with pytest.raises(DerivationError):
        kernel_system(definitions=(second, first))


def test_expanded_system_has_no_definitions():
    system = kernel_system().expanded()
    assert system.definitions == ()
    assert system.equations[0].left == NU * (N - SpectralAverage(S / (S + NU), S, T))


def test_renaming():
    kappa = symbol("kappa")
    system = kernel_system().renamed({NU: kappa}, "renamed")
    assert system.unknown_symbols() == (kappa,)
    assert system.renamed({kappa: NU}, "kernel") == kernel_system()
    with pytest.raises(DerivationError, match="two symbols equal"):
        kernel_system().renamed({NU: LAM})


def test_observables_by_name():
    assert kernel_system().observable("train") == LAM / (N * NU)
    with pytest.raises(DerivationError, match="no observable 'test'; it has train"):
        kernel_system().observable("test")


def test_pages():
    page = str(kernel_system())
    lines = ["kernel\n======", "  lam: ridge", "T11 := T[s/(nu + s)]", "  nu*(n - T11) = lam"]
    lines += ["nu > 0   (positive)", "  1. by hand", "  assumed: nothing"]
    assert [line for line in lines if line not in page] == []
    latex = kernel_system().latex()
    assert r"\nu" in latex and r"\lambda" in latex and latex.count(r"\begin{align*}") == 3


def test_short_form_names_the_system():
    text = repr(kernel_system())
    assert text.startswith("<FixedPointSystem kernel: unknowns nu; digest ") and len(text) < 100


def test_systems_are_frozen():
    with pytest.raises(AttributeError):
        kernel_system().name = "x"
    assert replace(kernel_system(), name="y").name == "y"


def test_response_is_the_implicit_derivative():
    """With r(u, t) = u^2 - t, the derivative of u^3 in t is 3 u / 2."""
    u, t = symbol("u"), symbol("t")
    jacobian = gradient([u**2 - t], [u])
    weight = adjoint(jacobian, [sp.diff(u**3, u)])
    assert sp.simplify(-weight[0] * sp.diff(u**2 - t, t) - 3 * u / 2) == 0
    matrix = [[u, 1], [t, u + 1]]
    right = [t, sp.S.One]
    solution = solve_linear(matrix, right)
    for row, value in zip(matrix, right):
        assert sp.simplify(sum(a * x for a, x in zip(row, solution)) - value) == 0
