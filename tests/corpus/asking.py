"""A corpus of answers: what the package said to a fixed list of questions, to show that numbers do not move.

A question is a JSON document: which function is called, on which model, regime and ridge. An answer is, too:

========  ===================================================================================
numbers   doubles, written by ``float.hex``
decimals  numbers with many digits, as they print
balls     enclosures, as texts of midpoint and radius
flags     integers, truth values, shapes, words
texts     formulas, systems, digests
origin    which equations were solved
error     class, name of the argument, and message of a refusal
========  ===================================================================================

``ask(question)`` answers one with whatever ``asymptotics`` is importable; `tests.corpus.comparing` compares two.
A refusal with ``"open": true`` is of something that may become allowed. The stored answers are those of the version
before models became values. Answers are not rewritten; new questions are added by ``python -m tests.corpus.asking
FILE``, a file of questions one per line.
"""

from __future__ import annotations

import json
import lzma
import sys
import warnings
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import asymptotics as asy

Json = Any
ANSWERS = Path(__file__).with_name("answers.jsonl.xz")
COLUMNS = (
    "test", "bias", "variance", "train", "norm", "norm_per_feature", "effective_ridge", "degrees_of_freedom",
)  # fmt: skip
SLOW = ("formula", "optimum", "derive", "polynomial", "extrema", "atlas")
"""Groups of which a sample takes fewer questions."""
SERIES_DIGITS = 30


def decode(value: Json) -> Any:
    """What a description stands for: ``"inf"`` is a float, a dictionary with ``kind`` an object."""
    if value in ("inf", "-inf", "nan") and isinstance(value, str):
        return float(value)
    if isinstance(value, list):
        return [decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "kind" not in value:
        return {int(k) if k.lstrip("-").isdigit() else k: decode(entry) for k, entry in value.items()}
    given = {name: decode(entry) for name, entry in value.items() if name != "kind"}
    return _MAKERS[value["kind"]](**given)


_MAKERS: dict[str, Any] = {
    "array": lambda entries, dtype="float64": np.array(entries, dtype=dtype),
    "bytes": lambda text: text.encode(),
    "complex": lambda real, imaginary: complex(real, imaginary),
    "fraction": lambda text: Fraction(text),
    "mapping": lambda pairs: dict(map(tuple, pairs)),
    "none": lambda: None,
    "object": lambda: object,
    "tuple": lambda entries: tuple(entries),
    "Activation": lambda **k: asy.Activation.from_coefficients(**k),
    "Activation.formula": lambda text: asy.Activation.from_formula(text),
    "Activation.named": lambda name: asy.Activation.named(name),
    "Curve": lambda **k: asy.Curve(**k),
    "FiniteSize": lambda **k: asy.FiniteSize(**k),
    "Kernel": lambda **k: asy.Kernel.from_coefficients(**k),
    "Kernel.formula": lambda text: asy.Kernel.from_formula(text),
    "Kernel.named": lambda name: asy.Kernel.named(name),
    "KernelRidge": lambda **k: asy.KernelRidge(**k),
    "Polynomial": lambda **k: asy.Polynomial(**k),
    "Proportional": lambda **k: asy.Proportional(**k),
    "RandomFeaturesRidge": lambda **k: asy.RandomFeaturesRidge(**k),
    "SpectralRidge": lambda **k: asy.SpectralRidge(**k),
    "SpectralRidge.gaussian": lambda **k: asy.SpectralRidge.from_gaussian_inputs(**k),
    "SpectralRidge.matrix": lambda **k: asy.SpectralRidge.from_kernel_matrix(**k),
    "SpectralRidge.power": lambda **k: asy.SpectralRidge.power_law(**k),
    "Target": lambda powers: asy.Target(powers),
}


def ask(question: Json) -> Json:
    """The answer of the ``asymptotics`` that is importable; errors are answers too."""
    given = {name: value for name, value in question.items() if name not in ("id", "group", "call", "open")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            arguments = {name: decode(value) for name, value in given.items()}
            answer = _CALLS[question["call"]](**arguments)
            if "decimals" in answer:
                answer.setdefault("flags", {})["digits"] = arguments.get("digits", SERIES_DIGITS)
            return answer
        except Exception as error:
            return {"error": {"class": type(error).__name__, "name": _argument(error), "message": str(error)}}


def _argument(error: Exception) -> str:
    """The argument an error blames, if it says so."""
    return str(error.name) if isinstance(error, asy.InputError) else ""


def _flat(value: Any) -> list[Any]:
    return list(np.asarray(value, dtype=object).ravel())


def _hex(value: Any) -> list[str]:
    return [float(entry).hex() for entry in _flat(value)]


def _risk(risk: Any, prefix: str = "") -> Json:
    """A risk as an answer."""
    first = _flat(risk.test)[0] if np.size(risk.test) else 0.0
    answer: Json = {"numbers": {f"{prefix}condition": _hex(risk.condition)}}
    answer["flags"] = {
        f"{prefix}shape": list(risk.shape),
        f"{prefix}status": [int(state) for state in _flat(risk.status)],
    }
    answer["origin"] = {f"{prefix}equations": str(risk.made_by.get("equations", ""))}
    section, encode = _section(first)
    answer.setdefault(section, {}).update({prefix + name: encode(getattr(risk, name)) for name in COLUMNS})
    return answer


def _section(value: Any) -> tuple[str, Any]:
    """Where numbers like this one go, and how they are written."""
    if hasattr(value, "rad"):
        return "balls", lambda column: _balls(_flat(column))
    if isinstance(value, (float, int, np.floating, np.integer)):
        return "numbers", _hex
    return "decimals", lambda column: [str(entry) for entry in _flat(column)]


def _balls(column: Iterable[Any]) -> list[list[str]]:
    return [[str(ball.mid), str(ball.rad)] for ball in column]


def _merged(*answers: Json) -> Json:
    whole: Json = {}
    for answer in answers:
        for section, columns in answer.items():
            whole.setdefault(section, {}).update(columns)
    return whole


def _optimum(function: str) -> Any:
    def call(**given: Any) -> Json:
        best = getattr(asy, function)(**given)
        if best is None:
            return {"flags": {"found": False}}
        section, encode = _section(best.value)
        flags = {"interior": bool(best.interior), "parameter": best.parameter}
        return _merged(_risk(best.risk), {section: {"value": encode(best.value)}, "flags": flags})

    return call


def _expand_risk(**given: Any) -> Json:
    answer: Json = {"flags": {}, "decimals": {}, "texts": {}}
    series = asy.expand_risk(**given)
    for name in series.series:
        terms = series.terms(name)
        answer["flags"][name] = [str(exponent) for exponent, _ in terms]
        exact = given.get("digits", 30) is None
        answer["texts" if exact else "decimals"][name] = [str(value) for _, value in terms]
    return answer


def _formulas(**given: Any) -> Json:
    found = asy.large_ridge_formulas(**given)
    texts = {name: [f"{exponent}: {value}" for exponent, value in terms] for name, terms in found.items()}
    return {"texts": texts}


def _gap(**given: Any) -> Json:
    gap = asy.finite_size_gap(**given)
    return _merged(
        _risk(gap.limit, "limit."), _risk(gap.finite, "finite."), {"numbers": {"gap": _hex(gap.relative())}}
    )


def _staircase(**given: Any) -> Json:
    risk = asy.staircase(**given)
    return _merged(_risk(risk), {"numbers": {"kappa": _hex(risk.parameters["kappa"])}})


def _extrema(**given: Any) -> Json:
    found = asy.local_extrema(**given)
    extrema = {"minima": found.minima, "maxima": found.maxima}
    return {
        "flags": {name: len(balls) for name, balls in extrema.items()},
        "balls": {name: _balls(balls) for name, balls in extrema.items()},
    }


def _certify(curve: Any, between: Any, at: Any, **given: Any) -> Json:
    whole = asy.certify_curve(curve, between, **given)
    pieces, points = [whole(value) for value in at], [curve.at(value) for value in at]
    return {"balls": {"piece": _balls(pieces), "point": _balls(points)}}


def _derive(**given: Any) -> Json:
    system = asy.derive(**given)
    return {"texts": {"digest": system.digest, "equations": [str(equation) for equation in system.equations]}}


def _expand(**given: Any) -> Json:
    found = asy.expand(**given)
    section, encode = _section(found.tail)
    return {section: {name: encode(getattr(found, name)) for name in ("powers", "tail", "total")}}


def _nothing(**given: Any) -> Json:
    """Of what is only made, that it can be."""
    return {"flags": {"made": sorted(given)}}


_CALLS: dict[str, Any] = {
    "predict": lambda **k: _risk(asy.predict(**k)),
    "optimal_ridge": _optimum("optimal_ridge"),
    "optimal_features": _optimum("optimal_features"),
    "interpolation_peak": _optimum("interpolation_peak"),
    "expand_risk": _expand_risk,
    "large_ridge_formulas": _formulas,
    "finite_size_gap": _gap,
    "staircase": _staircase,
    "atlas": lambda **k: {"texts": {"atlas": str(asy.atlas(**k))}},
    "local_extrema": _extrema,
    "is_below": lambda **k: {"flags": {"below": bool(asy.is_below(**k))}},
    "count_local_minima": lambda **k: {"flags": {"count": int(asy.count_local_minima(**k))}},
    "certify_curve": _certify,
    "derive": _derive,
    "expand": _expand,
    "make": _nothing,
    "simulate": lambda **k: {"numbers": {"test": _hex(asy.simulate(**k).test.draws)}},
    "verify": lambda name: {"flags": {"verified": bool(asy.verify(name))}},
}


def write(path: Path, entries: Iterable[Json]) -> None:
    """Write questions and answers, one per line, compressed; the same entries give the same bytes."""
    text = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def read(path: Path = ANSWERS) -> list[Json]:
    """Entries ``{"question": ..., "answer": ...}`` of a corpus."""
    return [json.loads(line) for line in lzma.decompress(path.read_bytes()).decode().splitlines()]


def sample(entries: list[Json], every: int) -> list[Json]:
    """One in so many entries of each group, the same ones always; of slow groups a tenth of that."""
    counts: dict[str, int] = {}
    kept = []
    for entry in entries:
        group = entry["question"]["group"]
        step = every * 10 if group.startswith(SLOW) else every
        if counts.setdefault(group, 0) % step == 0:
            kept.append(entry)
        counts[group] += 1
    return kept


def main(path: str) -> None:
    """Add the answers to the questions of a file."""
    entries = read()
    asked = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    known = {entry["question"]["id"] for entry in entries}
    assert known.isdisjoint(question["id"] for question in asked)
    write(ANSWERS, [*entries, *({"question": question, "answer": ask(question)} for question in asked)])


if __name__ == "__main__":
    main(*sys.argv[1:])
