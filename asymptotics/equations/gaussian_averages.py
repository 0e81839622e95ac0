r"""Averages over two jointly Gaussian letters, differentiated in their covariance by the heat equation.

For a function ``h`` of a latent value ``x`` and a prediction ``w``, Gaussian with mean zero and covariance
:math:`\begin{pmatrix}\rho & m\\ m & q\end{pmatrix}`, integration by parts gives

.. math:: 2\,\partial_\rho E h = E\,\partial_x^2 h, \qquad \partial_m E h = E\,\partial_x\partial_w h, \qquad
          2\,\partial_q E h = E\,\partial_w^2 h ,

whatever ``h`` is. One of them is a Moreau envelope: for a convex loss :math:`\ell`

.. math:: M(w; V, t) = \min_z\; \frac{(z - w)^2}{2V} + t\,\ell(z), \qquad
          \partial_w M = -\frac{z_\star - w}{V},\quad \partial_V M = -\frac12\Big(\frac{z_\star - w}{V}\Big)^2,\quad
          \partial_t M = \ell(z_\star)

by the envelope theorem, at the minimizer :math:`z_\star`, the proximal map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.errors import DerivationError

LATENT, PREDICTION = sp.Dummy("x"), sp.Dummy("w")
"""The two Gaussian letters, bound in every average."""


class Envelope(sp.Function):  # type: ignore[misc]
    """Moreau envelope of a loss of the argument, in ``(argument, V, t)``."""

    nargs = (3,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """By the envelope theorem."""
        force = Force(*self.args)
        return (-force, -(force**2) / 2, Cost(*self.args))[argindex - 1]


class Force(sp.Function):  # type: ignore[misc]
    """How far the proximal map moves its argument, over ``V``."""

    nargs = (3,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Minus the stiffness in the argument; nothing else is needed.

        Raises
        ------
        ArgumentIndexError
            In another parameter.
        """
        if argindex != 1:
            raise sp.ArgumentIndexError(self, argindex)
        return -Stiffness(*self.args)


class Stiffness(sp.Function):  # type: ignore[misc]
    """Fall of the force with its argument: between zero and ``1/V``."""

    nargs = (3,)


class Cost(sp.Function):  # type: ignore[misc]
    """The loss at the proximal map."""

    nargs = (3,)


class Channel(sp.Function):  # type: ignore[misc]
    """Probability of a label where the latent value is the argument."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Its slope."""
        return ChannelSlope(*self.args)


class ChannelSlope(sp.Function):  # type: ignore[misc]
    """Slope of the probability of a label in the latent value."""

    nargs = (1,)


class GaussianAverage(sp.Expr):  # type: ignore[misc]
    """Average of a function of :data:`LATENT` and :data:`PREDICTION` over a joint Gaussian law.

    Parameters
    ----------
    integrand, rho, m, q : sympy.Expr
        The function, and the covariance.

    Examples
    --------
    >>> rho, m, q = (symbol(name) for name in ("rho", "m", "q"))
    >>> average = GaussianAverage((LATENT - PREDICTION) ** 2, rho, m, q)
    >>> average.moments()
    -2*m + q + rho
    >>> sp.diff(average, m).doit().moments()
    -2
    """

    is_commutative = True

    def __new__(cls, integrand: Any, rho: Any, m: Any, q: Any) -> GaussianAverage:
        """The average; expressions or exact numbers."""
        arguments = (sp.sympify(value, strict=True) for value in (integrand, rho, m, q))
        made: GaussianAverage = super().__new__(cls, *arguments)
        return made

    @property
    def integrand(self) -> sp.Expr:
        """The function that is averaged."""
        return self.args[0]

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """All but the bound letters."""
        found: set[sp.Symbol] = set().union(*(argument.free_symbols for argument in self.args))
        return found - {LATENT, PREDICTION}

    def _eval_derivative(self, s: sp.Symbol) -> sp.Expr:
        integrand, *law = self.args
        x, w = LATENT, PREDICTION
        heats = (sp.diff(integrand, x, 2) / 2, sp.diff(integrand, x, w), sp.diff(integrand, w, 2) / 2)
        parts = [(sp.S.One, sp.diff(integrand, s))]
        parts += [(sp.diff(entry, s), heat) for entry, heat in zip(law, heats, strict=True)]
        return sp.Add(
            *(rate * GaussianAverage(part, *law) for rate, part in parts if rate != 0 and part != 0)
        )

    def moments(self) -> sp.Expr:
        """The average of a polynomial, by Isserlis' theorem.

        Raises
        ------
        DerivationError
            If the function is none.
        """
        integrand, rho, m, q = self.args
        x, w = LATENT, PREDICTION
        if not integrand.is_polynomial(x, w):
            raise DerivationError(f"{integrand} is no polynomial in the Gaussian letters")
        total = sp.S.Zero
        # w = (m/rho) x + rest: mixed moments by the binomial theorem.
        for (i, j), coefficient in sp.Poly(integrand, x, w).terms():
            for k in range(0, j + 1):
                if (i + k) % 2 or (j - k) % 2:
                    continue
                shared = (
                    sp.binomial(j, k)
                    * (m / rho) ** k
                    * rho ** ((i + k) // 2)
                    * (q - m**2 / rho) ** ((j - k) // 2)
                )
                total += coefficient * shared * _odd_factorial(i + k) * _odd_factorial(j - k)
        return sp.expand(sp.cancel(total))


def _odd_factorial(k: int) -> sp.Integer:
    """Moment of order ``k`` of a standard Gaussian, for even ``k``."""
    return sp.factorial2(k - 1) if k else sp.S.One


def named_averages(expression: sp.Expr, names: Mapping[sp.Expr, str]) -> sp.Expr:
    """An expression with averages of products as symbols.

    Parameters
    ----------
    expression : sympy.Expr
    names : mapping integrand -> str
        Numerical factors of an integrand are taken out.

    Raises
    ------
    DerivationError
        If it holds another average.
    """
    rule = {}
    for average in expression.atoms(GaussianAverage):
        factor, function = average.integrand.as_coeff_Mul()
        if function not in names:
            raise DerivationError(f"an average without a name: {function}")
        rule[average] = factor * symbol(names[function])
    return expression.xreplace(rule)
