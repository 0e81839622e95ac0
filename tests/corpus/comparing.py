"""Compare two answers to a question of the corpus.

Doubles may differ by a few units in the last place, decimals by one unit of their last digit; balls must be equal, or
overlap and be hardly wider; flags and texts are equal; of a refusal class and argument are. Messages may be reworded.
"""

from __future__ import annotations

import math
import struct
import warnings
from dataclasses import dataclass, field
from typing import Any

import mpmath
import numpy as np

import asymptotics as asy
from tests.corpus.asking import COLUMNS, SERIES_DIGITS, Json, decode

ULPS = 2
"""Doubles that differ by at most so many units in the last place count as the same."""

WIDER = 2
"""A ball may be so many times wider than before."""


@dataclass
class Comparison:
    """What is the same in two answers, and what is not.

    Attributes
    ----------
    equal, within : int
        Doubles that are the same, and that differ by at most ``ULPS`` units in the last place.
    worse : list of (column, index, old, new, ulps)
        Other doubles, as hexadecimal texts.
    same : dict
        Number of flags, texts, decimals, balls, errors and origins that agree.
    different : list of (section, name, old, new)
        Those that do not, and are failures.
    told : list of (section, name, old, new)
        Those that do not, and are none: messages, origins, and digits or balls that agree with the old ones.
    """

    equal: int = 0
    within: int = 0
    worse: list[tuple[str, int, str, str, float]] = field(default_factory=list)
    same: dict[str, int] = field(default_factory=dict)
    different: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    told: list[tuple[str, str, Any, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is worse."""
        return not self.worse and not self.different

    def agree(self, section: str, count: int = 1) -> None:
        """Count what agrees."""
        self.same[section] = self.same.get(section, 0) + count

    def add(self, other: Comparison) -> None:
        """Take over the counts and findings of another comparison."""
        self.equal, self.within = self.equal + other.equal, self.within + other.within
        self.worse += other.worse
        self.different += other.different
        self.told += other.told
        for section, count in other.same.items():
            self.agree(section, count)


def ulps(first: str, second: str) -> float:
    """Distance of two doubles, given as hexadecimal texts, in units in the last place."""
    one, two = float.fromhex(first), float.fromhex(second)
    if math.isnan(one) or math.isnan(two):
        return 0 if math.isnan(one) and math.isnan(two) else math.inf
    if one == two:
        return 0
    if math.isinf(one) or math.isinf(two):
        return math.inf
    return abs(_ordinal(one) - _ordinal(two))


def _ordinal(value: float) -> int:
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return bits if bits >= 0 else -(bits + (1 << 63))


def compare(old: Json, new: Json, *, open_refusal: bool = False) -> Comparison:
    """Compare two answers to the same question.

    Parameters
    ----------
    old, new : answer
    open_refusal : bool
        Whether an answer may have taken the place of a refusal.
    """
    found = Comparison()
    if "error" in old or "error" in new:
        _compare_errors(found, old, new, open_refusal)
        return found
    digits = old.get("flags", {}).get("digits", SERIES_DIGITS)
    for section in ("numbers", "decimals", "balls", "flags", "texts", "origin"):
        before, after = old.get(section, {}), new.get(section, {})
        for name in [*before, *(name for name in after if name not in before)]:
            if name not in before:
                found.told.append((section, name, None, after[name]))
            elif name not in after or _length(before[name]) != _length(after[name]):
                found.different.append((section, name, before[name], after.get(name)))
            else:
                _compare_column(found, section, name, before[name], after[name], digits)
    return found


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else -1


def _compare_errors(found: Comparison, old: Json, new: Json, open_refusal: bool) -> None:
    if "error" not in old or "error" not in new:
        item = ("error", "answer", old.get("error", "an answer"), new.get("error", "an answer"))
        (found.told if "error" in old and open_refusal else found.different).append(item)
        return
    before, after = old["error"], new["error"]
    if (before["class"], before["name"]) != (after["class"], after["name"]):
        (found.told if open_refusal else found.different).append(("error", "class", before, after))
    elif before["message"] != after["message"]:
        found.told.append(("error", "message", before["message"], after["message"]))
    else:
        found.agree("errors")


def _compare_numbers(found: Comparison, name: str, old: list[str], new: list[str], digits: int) -> None:
    for index, (before, after) in enumerate(zip(old, new, strict=True)):
        distance = 0 if before == after else ulps(before, after)
        if distance > ULPS:
            found.worse.append((name, index, before, after, distance))
        elif distance:
            found.within += 1
        else:
            found.equal += 1


def _compare_decimals(found: Comparison, name: str, old: list[str], new: list[str], digits: int) -> None:
    for index, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            found.agree("decimals")
            continue
        item = ("decimals", f"{name}[{index}]", before, after)
        (found.told if _last_digit(before, after, digits) else found.different).append(item)


def _last_digit(old: str, new: str, digits: int) -> bool:
    """Whether two printed numbers differ by at most one unit in the last digit."""
    context = mpmath.mp.clone()
    context.dps = digits + 20
    one, two = context.mpf(old), context.mpf(new)
    size = max(abs(one), abs(two))
    if not context.isfinite(size) or size == 0:
        return False
    unit = context.mpf(10) ** (context.floor(context.log10(size)) + 1 - digits)
    return bool(abs(one - two) <= unit * (1 + context.mpf(10) ** -10))


def _compare_balls(found: Comparison, name: str, old: Any, new: Any, digits: int) -> None:
    context = mpmath.mp.clone()
    context.dps = 120
    for index, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            found.agree("balls")
            continue
        (middle, radius), (centre, width) = (tuple(map(context.mpf, ball)) for ball in (before, after))
        overlap = abs(middle - centre) <= radius + width and width <= WIDER * radius
        item = ("balls", f"{name}[{index}]", before, after)
        (found.told if overlap else found.different).append(item)


def _compare_exactly(found: Comparison, section: str, name: str, old: Any, new: Any) -> None:
    if old == new:
        found.agree(section)
    else:
        (found.told if section == "origin" else found.different).append((section, name, old, new))


def _compare_column(found: Comparison, section: str, name: str, old: Any, new: Any, digits: int) -> None:
    """Compare one column in the way of its section."""
    by_value = {"numbers": _compare_numbers, "decimals": _compare_decimals, "balls": _compare_balls}
    if section in by_value:
        by_value[section](found, name, old, new, digits)
    else:
        _compare_exactly(found, section, name, old, new)


def reference(question: Json, name: str, index: int, digits: int = 50) -> Any:
    """A double of an answer to many digits, or None where these cannot be had.

    Parameters
    ----------
    question : question
        Of doubles: ``predict``, or the place of an optimum.
    name : str
        The column.
    index : int
        The place in the flattened answer.
    digits : int
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if question["call"] == "predict" and name in COLUMNS:
                return getattr(_point(question, index, digits), name)
            if name == "value":
                arguments = {k: decode(question[k]) for k in ("model", "regime", "ridge") if k in question}
                return getattr(asy, question["call"])(**arguments, digits=digits).value
    except Exception:
        return None
    return None


def _point(question: Json, index: int, digits: int) -> Any:
    """The risk at one point of a question, to many digits."""
    ridge = next(name for name in ("ridge", "ridge_per_sample") if name in question)
    values = {k: decode(v) for k, v in question["regime"].items() if k != "kind"}
    values["_"] = decode(question[ridge])
    arrays = {k: np.array(v, dtype=object) for k, v in values.items()}
    whole = dict(zip(arrays, np.broadcast_arrays(*arrays.values())))
    single = {k: column.flat[index] for k, column in whole.items()}
    if "d" in single:
        single["d"] = int(single["d"])
    given = {ridge: single.pop("_"), "digits": digits}
    regime = getattr(asy, question["regime"]["kind"])(**single)
    return asy.predict(decode(question["model"]), regime, **given)


def closer(question: Any, column: str, index: int, old: str, new: str) -> str:
    """Which of two doubles is closer to fifty digits: ``old``, ``new``, ``both`` or ``unknown``."""
    exact = reference(question, column, index)
    if exact is None:
        return "unknown"
    context = mpmath.mp.clone()
    context.dps = 60
    value = context.mpf(exact)
    before, after = (abs(context.mpf(float.fromhex(text)) - value) for text in (old, new))
    if not (context.isfinite(before) and context.isfinite(after)):
        return "unknown" if old != new else "both"
    return "new" if after < before else "old" if before < after else "both"
