"""Exact elimination: how long it takes, and by how much FLINT beats SymPy's own algorithms.

Run ``python tests/benchmarks/bench_elimination.py`` from the root of the checkout; ``--slow`` adds the discriminant
by SymPy, which takes many seconds.
"""

import sys
import time

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.models.library import stored_system
from asymptotics.transforms.algebra.elimination import eliminate
from asymptotics.transforms.algebra.flint_adapter import Flint
from asymptotics.transforms.algebra.membership import in_ideal
from asymptotics.transforms.algebra.physical_solutions import physical_solution
from asymptotics.transforms.algebra.sympy_adapter import Sympy
from asymptotics.transforms.changes.derivatives import differentiate
from asymptotics.transforms.changes.spectra import power_law
from asymptotics.transforms.changes.spectrum_substitution import substitute_spectrum

ENGINES = (Flint(), Sympy())
NU = symbol("nu")
VALUES = {"psi1": 2, "psi2": 3, "lam": "0.1", "mu1sq": "1/4", "mu_starsq": "0.09"}
VALUES |= {"noise": "0.1", "F1sq": 1, "F_starsq": "1/4"}


def best(action, repeats=5):
    """Shortest time of a few runs, in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def compare(label, action, repeats=5, slow_repeats=1):
    """One line: both engines on the same call, and the ratio."""
    fast, slow = best(lambda: action(ENGINES[0]), repeats), best(lambda: action(ENGINES[1]), slow_repeats)
    print(f"{label:58s} {fast:9.2f} ms {slow:10.1f} ms {slow / fast:8.0f}x")


def alone(label, action, repeats=5):
    """One line: FLINT alone."""
    print(f"{label:58s} {best(action, repeats):9.2f} ms")


def quartic(engine):
    """The minimal polynomial of the proportional system in a ring of its own."""
    found = eliminate(stored_system("random-features", "proportional"), NU)
    ring = engine.ring(found.algebra.ring.symbols)
    return ring, ring.from_terms(dict(found.algebra.ring.terms(found.element)))


def katsura(engine, order="grevlex"):
    """The equations katsura-4."""
    u = sp.symbols("u0:5")
    value = dict(zip(range(5), u, strict=True))
    equations = [u[0] + 2 * sum(u[1:]) - 1]
    equations += [
        sum(value.get(abs(k), 0) * value.get(abs(m - k), 0) for k in range(-4, 5)) - u[m] for m in range(4)
    ]
    ring = engine.ring(u, order)
    return ring, [ring.read(sp.expand(e)) for e in equations]


def main():
    """Print the table."""
    system = stored_system("random-features", "proportional")
    equations = [e.residual for e in system.expanded().equations]
    claim = eliminate(system, NU).polynomial
    print(f"{'':58s} {'FLINT':>12s} {'SymPy':>13s} {'ratio':>9s}")
    compare(
        "minimal polynomial of nu, all parameters, certificate", lambda e: eliminate(system, NU, engine=e)
    )
    compare("minimal polynomial of c", lambda e: eliminate(system, "c", engine=e))
    compare(
        "minimal polynomial of the test error, at values",
        lambda e: eliminate(system, "test", VALUES, engine=e),
    )
    compare("the polynomial is in the ideal of the equations", lambda e: in_ideal(claim, equations, engine=e))
    rings = {engine: quartic(engine) for engine in ENGINES}
    compare("it does not factor", lambda e: rings[e][0].factor(rings[e][1]))
    if "--slow" in sys.argv:
        compare("its discriminant (283 terms)", lambda e: rings[e][0].discriminant(rings[e][1], 0))
    else:
        alone(
            "its discriminant (283 terms)", lambda: rings[ENGINES[0]][0].discriminant(rings[ENGINES[0]][1], 0)
        )
    bases = {engine: katsura(engine) for engine in ENGINES}
    compare("Groebner basis of katsura-4, grevlex", lambda e: bases[e][0].groebner(bases[e][1]))
    compare("physical root counted and isolated", lambda e: physical_solution(system, VALUES, e))
    root = physical_solution(system, VALUES)
    alone("test error there, 50 digits", lambda: root.decimal("test", 50))
    general = stored_system("random-features")
    alone("derivatives of all observables in lam, any spectrum", lambda: differentiate(general, "lam"))
    alone("power law of 8 levels put in", lambda: substitute_spectrum(general, power_law(2, 8, 2)), 2)
    law = substitute_spectrum(general, power_law(2, 8, 2)).system
    sizes = {"n": 5, "p": 7, "lam": "0.001"}
    alone("its physical root, counted", lambda: physical_solution(law, sizes), 2)
    slowest = {key: VALUES[key] for key in ("noise", "F1sq", "F_starsq", "mu_starsq")}
    alone(
        "minimal polynomial of the variance, 4 parameters", lambda: eliminate(system, "variance", slowest), 1
    )


if __name__ == "__main__":
    main()
