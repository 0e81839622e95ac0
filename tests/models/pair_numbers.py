"""Numbers of derived systems with given spectra, by Newton's method in the logarithms of the unknowns."""

import mpmath
import sympy as sp

from asymptotics.equations.averages import SpectralAverage

CONTEXT = mpmath.MPContext()
COLUMNS = {
    "T": lambda row: row[1],
    "B": lambda row: row[2],
    "T_g": lambda row: row[1] * row[3],
    "B_g": lambda row: row[2] * row[3],
}
"""What each measure weighs a row (eigenvalue, multiplicity, target power, test moment) with."""


def values(system, parameters, levels, start=None, digits=30):
    """Observables at given parameters: rows of ``levels`` are those of ``COLUMNS``."""
    CONTEXT.dps = digits + 15
    given = {symbol: _number(value) for symbol, value in parameters.items()}
    rows = [tuple(CONTEXT.mpf(str(sp.N(x, digits + 15))) for x in row) for row in levels]
    reader = _Reader(system, given, rows)
    names = system.unknown_symbols()
    point = {u: CONTEXT.mpf((start or {}).get(u, 1 + k / 8)) for k, u in enumerate(names)}
    solution = _newton(reader, point, digits)
    return {o.name: reader.value(o.expression, solution) for o in system.observables} | solution


def _number(value):
    return CONTEXT.mpf(value if hasattr(value, "_mpf_") else str(value))


class _Reader:
    """Numbers of expressions with averages over levels."""

    def __init__(self, system, given, rows):
        self.system, self.given, self.rows = system, given, rows
        self.steps = [(d.symbol, self._compiled(d.expression)) for d in system.definitions]

    def _compiled(self, expression):
        averages = sorted(expression.atoms(SpectralAverage), key=str)
        letters = {average: sp.Dummy() for average in averages}
        parts = []
        for average in averages:
            names = sorted(average.free_symbols, key=str)
            function = sp.lambdify([average.variable, *names], average.function, CONTEXT)
            parts.append((names, function, COLUMNS[average.measure.name]))
        names = sorted(expression.free_symbols, key=str)
        outer = sp.lambdify([*letters.values(), *names], expression.xreplace(letters), CONTEXT)
        return parts, names, outer

    def _apply(self, compiled, table):
        parts, names, outer = compiled
        sums = []
        for inside, function, column in parts:
            given = [table[name] for name in inside]
            sums.append(CONTEXT.fsum(column(row) * function(row[0], *given) for row in self.rows))
        return outer(*sums, *(table[name] for name in names))

    def table(self, point):
        found = {**self.given, **point}
        for symbol, compiled in self.steps:
            found[symbol] = self._apply(compiled, found)
        return found

    def value(self, expression, point):
        return self._apply(self._compiled(expression), self.table(point))

    def residuals(self, point):
        table = self.table(point)
        sides = [
            (self._apply(self._compiled(e.left), table), self._apply(self._compiled(e.right), table))
            for e in self.system.equations
        ]
        return [CONTEXT.log(left / right) for left, right in sides]


def _newton(reader, point, digits):
    names, step = list(point), CONTEXT.mpf(10) ** (-digits // 2)
    logs = [CONTEXT.log(point[name]) for name in names]

    def residuals(logs):
        return reader.residuals({n: CONTEXT.exp(x) for n, x in zip(names, logs, strict=True)})

    for _ in range(200):
        here = residuals(logs)
        if not names or max(abs(r) for r in here) < CONTEXT.mpf(10) ** -(digits + 5):
            return {n: CONTEXT.exp(x) for n, x in zip(names, logs, strict=True)}
        columns = []
        for k in range(len(names)):
            moved = [x + (step if i == k else 0) for i, x in enumerate(logs)]
            columns.append([(b - a) / step for a, b in zip(here, residuals(moved), strict=True)])
        matrix = CONTEXT.matrix(len(names), len(names))
        for k, column in enumerate(columns):
            for i, entry in enumerate(column):
                matrix[i, k] = entry
        move = CONTEXT.lu_solve(matrix, CONTEXT.matrix([-r for r in here]))
        length = max(abs(x) for x in move)
        scale = min(CONTEXT.mpf(1), 2 / length)
        logs = [x + scale * m for x, m in zip(logs, move, strict=True)]
    raise AssertionError("Newton's method did not converge")
