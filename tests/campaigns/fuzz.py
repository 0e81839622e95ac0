"""Random formulas, documents, records and stores: each is read or refused in one line, in bounded time and memory.

    python tests/campaigns/fuzz.py --inputs 100000 --out report.json

Inputs are drawn from a seed: formulas of a random grammar and valid ones with characters changed; JSON of estimates,
risks and records with values replaced, removed and nested; stores with bytes changed and pages swapped. Reported are

- raw exceptions: any that is none of the package's own, or has more than one line;
- slow inputs: any that takes longer than a second of the processor;
- memory: the largest that the process ever held, under a limit of two gigabytes more than it has at the start.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import asymptotics as asy
from asymptotics.equations.records import system_from_text
from asymptotics.errors import AsymptoticsError
from asymptotics.simulation import campaign_status, read_store, simulate

SLOW, LONGEST, ROOM = 1.0, 8.0, 2 * 2**30
SHARES = {"formula": 0.5, "json": 0.3, "record": 0.1, "store": 0.1}
ATOMS = [
    "x",
    "x",
    "x",
    "0",
    "1",
    "2",
    "0.5",
    "1e3",
    "1e-300",
    "pi",
    "10**9",
    "1/3",
    "y",
    "t",
    "he3",
    "_",
    "1e999",
    "²",
    "٣",
]
FUNCTIONS = [
    "relu",
    "tanh",
    "exp",
    "log",
    "sqrt",
    "max",
    "min",
    "abs",
    "he7",
    "erf",
    "sinh",
    "gelu",
    "acos",
    "f",
    "he64",
]
OPERATORS = ["+", "-", "*", "/", "**", "**", "//", "%", "<", "@", ",", " "]
JUNK = "()[]{}*/+-.,:;'\"\\x0 \t\n\0é∞²eE_#@lambda"


class _TooLong(BaseException):
    """An input that is given up."""


def _give_up(number: int, frame: object) -> None:
    raise _TooLong


def formula(generator: random.Random, depth: int = 0) -> str:
    """A formula, mostly of the grammar."""
    kind = generator.random()
    if depth > 6 or kind < 0.3:
        return generator.choice(ATOMS)
    if kind < 0.55:
        parts = [formula(generator, depth + 1) for _ in range(generator.choice([1, 1, 1, 2, 3]))]
        return f"{generator.choice(FUNCTIONS)}({', '.join(parts)})"
    if kind < 0.6:
        return f"-({formula(generator, depth + 1)})"
    left, right = formula(generator, depth + 1), formula(generator, depth + 1)
    return f"({left}) {generator.choice(OPERATORS)} ({right})"


def spoiled(text: str, generator: random.Random) -> str:
    """A text with a few characters changed, taken out or repeated."""
    characters = list(text)
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(characters) + 1)
        kind = generator.random()
        if kind < 0.4:
            characters[place:place] = generator.choice(JUNK)
        elif kind < 0.7:
            del characters[place : place + generator.randint(1, 5)]
        else:
            piece = characters[place : place + 20]
            characters[place:place] = piece * generator.choice([1, 2, 50])
    return "".join(characters)


def try_formula(generator: random.Random) -> None:
    """Read a formula as activation or kernel, and evaluate it."""
    text = formula(generator)
    if generator.random() < 0.3:
        text = spoiled(text, generator)
    kind = generator.choice([asy.Activation, asy.Kernel])
    read = kind.from_formula(text if kind is asy.Activation else text.replace("x", "t"))
    with np.errstate(all="ignore"):
        read(np.array([-1.0, 0.0, 0.5]))


VALUES = [
    None,
    True,
    -1,
    0,
    1e308,
    "inf",
    "nan",
    "",
    "x",
    [],
    {},
    [[]],
    [1, [2]],
    10**400,
    "9" * 5000,
    {"a": {}},
    2**63,
]


def changed(document: object, generator: random.Random) -> object:
    """A document with one of its parts replaced, taken out, or nested."""
    if isinstance(document, dict) and document and generator.random() < 0.85:
        key = generator.choice(list(document))
        found = {**document, key: changed(document[key], generator)}
        if generator.random() < 0.1:
            del found[key]
        return found
    if isinstance(document, list) and document and generator.random() < 0.85:
        place = generator.randrange(len(document))
        found = [*document]
        found[place] = changed(document[place], generator)
        return found[:place] if generator.random() < 0.1 else found
    if generator.random() < 0.05:
        for _ in range(generator.choice([10, 300, 3000])):
            document = [document]
        return document
    return generator.choice(VALUES)


def documents() -> list[tuple[Callable[[str], object], object, str]]:
    """Readers, and what they read."""
    model = asy.RandomFeaturesRidge("tanh", target={1: 1}, noise=0.1)
    risk = asy.predict(model, asy.FiniteSize(d=10, n=[10, 20], p=30), ridge=0.1)
    digits = asy.predict(model, asy.Proportional(2, 3), ridge="0.1", digits=20)
    estimate = asy.simulate(model, asy.FiniteSize(d=6, n=[8, 12], p=5), ridge=0.1, trials=3)
    texts = [(asy.Estimate.from_json, estimate.to_json()), (asy.Risk.from_json, risk.to_json()),
             (asy.Risk.from_json, digits.to_json())]  # fmt: skip
    return [(read, json.loads(text), text) for read, text in texts]


def try_json(generator: random.Random, known: list[tuple[Callable[[str], object], object, str]]) -> None:
    """Read a document that was changed, or its text."""
    read, document, text = generator.choice(known)
    read(_dumped(changed(document, generator)) if generator.random() < 0.8 else spoiled(text, generator))


def _dumped(document: object) -> str:
    try:
        return json.dumps(document)
    except RecursionError:
        return "[" * 5000


def try_record(generator: random.Random, texts: list[str]) -> None:
    """Read a record of equations that was changed."""
    text = generator.choice(texts)
    other = (
        _dumped(changed(json.loads(text), generator))
        if generator.random() < 0.8
        else spoiled(text, generator)
    )
    system_from_text(other)


def try_store(generator: random.Random, whole: bytes, path: Path) -> None:
    """Read a store with bytes changed, a piece moved, or its end missing."""
    data = bytearray(whole)
    kind = generator.random()
    if kind < 0.6:
        for _ in range(generator.choice([1, 1, 8, 200])):
            data[generator.randrange(len(data))] = generator.randrange(256)
    elif kind < 0.8:
        pages = len(data) // 4096
        first, second = (4096 * generator.randrange(pages) for _ in range(2))
        data[first : first + 4096], data[second : second + 4096] = (
            data[second : second + 4096], data[first : first + 4096],
        )  # fmt: skip
    else:
        del data[generator.randrange(len(data)) :]
    path.write_bytes(bytes(data))
    campaign_status(path)
    read_store(path)


def run(inputs: int = 2000, seed: int = 1) -> dict[str, object]:
    """The report of so many inputs."""
    generator, outcomes, raw, slow = random.Random(seed), Counter(), [], []
    known = documents()
    folder = Path(asy.__file__).parent / "models" / "records"
    records = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))]
    records = [text for text in records if len(text) < 20_000]
    started, worst = time.monotonic(), 0.0
    signal.signal(signal.SIGPROF, _give_up)
    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(temporary) / "runs.sqlite"
        toy = SimpleNamespace(activation=np.tanh, target=SimpleNamespace(powers={1: 1.0}), noise=0.1)
        simulate(toy, SimpleNamespace(d=4, n=[5, 6], p=3), 0.1, trials=4, store=path)
        whole = path.read_bytes()
        tries = {
            "formula": lambda: try_formula(generator), "json": lambda: try_json(generator, known),
            "record": lambda: try_record(generator, records), "store": lambda: try_store(generator, whole, path),
        }  # fmt: skip
        for number in range(inputs):
            kind = generator.choices(list(SHARES), list(SHARES.values()))[0]
            begun = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, LONGEST)
            try:
                tries[kind]()
                outcomes[f"{kind} read"] += 1
            except AsymptoticsError as error:
                outcomes[f"{kind} refused"] += 1
                if len(str(error)) > 2000:
                    raw.append([number, kind, f"a message of {len(str(error))} characters"])
            except _TooLong as error:
                slow.append([number, kind, traceback.format_exception(error)[-2:]])
            except Exception as error:
                raw.append([number, kind, repr(error)[:300]])
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            spent = time.process_time() - begun
            worst = max(worst, spent)
            if spent > SLOW:
                slow.append([number, kind, round(spent, 2)])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seed": seed, "inputs": inputs, "outcomes": outcomes, "raw": raw, "slow": slow,
        "longest_seconds": round(worst, 3), "megabytes": math.ceil(memory),
        "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip


def bound_memory() -> None:
    """Let the process have two gigabytes more than it has now."""
    with open("/proc/self/statm", encoding="ascii") as status:
        held = int(status.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + ROOM, held + ROOM))


if __name__ == "__main__":
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--inputs", type=int, default=2000)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--out", type=Path)
    given = reader.parse_args()
    bound_memory()
    found = run(given.inputs, given.seed)
    text = json.dumps(found, indent=1)
    print(text if len(text) < 6000 else text[:6000] + "\n...")
    if given.out:
        given.out.write_text(text)
    sys.exit(bool(found["raw"] or found["slow"]))
