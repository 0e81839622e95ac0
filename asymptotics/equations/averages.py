r"""Spectral averages: sums over a spectrum, kept as nodes of exact expressions.

A measure puts weight :math:`w_k` on the eigenvalue :math:`s_k`; the node stands for
:math:`\sum_k w_k f(s_k)`. The trace of a spectral dimension has :math:`w_k` = multiplicity, a
deterministic vector :math:`\beta` has :math:`w_k = \beta_k^2`. A measure of several letters is a joint law:
eigenvalues of matrices with common eigenvectors.
"""

from __future__ import annotations

from typing import Any

import sympy as sp


class SpectralAverage(sp.Expr):
    r"""The sum :math:`\sum_k w_k f(s_k)` of a rational function over a spectral measure.

    Parameters
    ----------
    function : sympy.Expr
        :math:`f`, rational in ``variable`` and in any other symbols.
    variable : sympy.Symbol, or sequence of them
        The bound eigenvalue :math:`s`, or the letters of a joint law.
    measure : sympy.Symbol
        Name of the measure :math:`w`.

    Examples
    --------
    >>> from sympy.abc import s
    >>> from asymptotics.equations.naming import symbol
    >>> nu, Tr = symbol("nu"), symbol("Tr")
    >>> SpectralAverage(s / (s + nu), s, Tr)
    Tr[s/(nu + s)]
    >>> SpectralAverage(s / (s + nu), s, Tr).diff(nu)
    Tr[-s/(nu + s)**2]
    >>> g = symbol("g")
    >>> SpectralAverage(s / (s + nu * g), (s, g), Tr).free_symbols
    {nu}
    """

    is_commutative = True
    is_real = True

    def __new__(cls, function: Any, variable: Any, measure: sp.Symbol) -> Any:
        """Zero if the function is; a node otherwise."""
        function = sp.sympify(function, strict=True)
        if not isinstance(variable, sp.Symbol):
            letters = tuple(variable)
            variable = letters[0] if len(letters) == 1 else sp.Tuple(*letters)
        if function.is_zero:
            return sp.S.Zero
        return sp.Expr.__new__(cls, function, variable, measure)

    @property
    def function(self) -> sp.Expr:
        """The averaged function of the eigenvalue."""
        return self.args[0]

    @property
    def variable(self) -> sp.Symbol:
        """The bound eigenvalue; a tuple of letters for a joint law."""
        return self.args[1]

    @property
    def letters(self) -> tuple[sp.Symbol, ...]:
        """Every bound letter."""
        return letters_of(self.args[1])

    @property
    def measure(self) -> sp.Symbol:
        """Name of the spectral measure."""
        return self.args[2]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """Symbols the average depends on; its letters are bound, the measure is a name."""
        return self.function.free_symbols - set(self.letters)

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic:
        if old in (*self.letters, self.measure):
            return self
        return SpectralAverage(self.function._subs(old, new), self.variable, self.measure)

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return SpectralAverage(sp.diff(self.function, symbol), self.variable, self.measure)

    def _sympystr(self, printer: Any) -> str:
        return f"{printer._print(self.measure)}[{printer._print(self.function)}]"

    def _latex(self, printer: Any) -> str:
        body = printer._print(self.function)
        name = printer._print(self.measure)
        return rf"\left\langle {body} \right\rangle_{{{name}}}"


def letters_of(variable: sp.Basic) -> tuple[sp.Symbol, ...]:
    """The letters of what an average or a measure is over: one symbol, or a tuple of them."""
    return tuple(variable) if isinstance(variable, sp.Tuple) else (variable,)


def averages_in(*expressions: sp.Expr) -> tuple[SpectralAverage, ...]:
    """Every spectral average occurring in the expressions, in a reproducible order."""
    found: set[SpectralAverage] = set()
    for expression in expressions:
        found |= sp.sympify(expression, strict=True).atoms(SpectralAverage)
    return tuple(sorted(found, key=sp.default_sort_key))


def combine_averages(expression: sp.Expr) -> sp.Expr:
    """Merge the averages over one measure in a linear combination into one average.

    Cancellations between the terms then happen inside the average, where they are exact.

    Examples
    --------
    >>> from asymptotics.equations.naming import symbol
    >>> s, nu, Tr = symbol("s"), symbol("nu"), symbol("Tr")
    >>> combine_averages(SpectralAverage(s / (s + nu), s, Tr) + SpectralAverage(nu / (s + nu), s, Tr))
    Tr[1]
    """
    rest: list[sp.Expr] = []
    merged: dict[tuple[sp.Symbol, sp.Symbol], sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        nodes = term.atoms(SpectralAverage)
        node = next(iter(nodes), None)
        if len(nodes) != 1 or node is None or (term / node).has(SpectralAverage):
            rest.append(term)
            continue
        key = (node.variable, node.measure)
        merged[key] = merged.get(key, sp.S.Zero) + term / node * node.function
    averages = [SpectralAverage(sp.cancel(f), s, m) for (s, m), f in merged.items()]
    return sp.Add(*rest, *averages)
