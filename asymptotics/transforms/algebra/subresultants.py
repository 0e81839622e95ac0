r"""Elimination of one variable between two polynomials, with cofactors.

The subresultant sequence of ``f`` and ``g`` in ``y`` consists of combinations :math:`u f + v g` with polynomial
``u``, ``v`` of ever lower degree in ``y``. The last one is free of ``y``: up to a factor it is their resultant. The
one of degree one gives ``y`` as a rational function of the rest.

References
----------
Brown and Traub (1971), "On Euclid's algorithm and the theory of subresultants".
"""

from __future__ import annotations

from dataclasses import dataclass

from asymptotics.errors import DerivationError
from asymptotics.transforms.algebra.polynomials import Element, Ring


@dataclass(frozen=True, eq=False)
class BezoutRelation:
    """``polynomial = first * f + second * g``, where ``second`` is what division by ``g`` leaves."""

    polynomial: Element
    first: Element

    def second(self, ring: Ring, f: Element, g: Element) -> Element:
        """Cofactor of ``g``.

        Parameters
        ----------
        ring : Ring
        f, g : Element
            The two polynomials that are combined.

        Raises
        ------
        DerivationError
            If the combination is not one of ``f`` and ``g``.
        """
        return ring.exact(self.polynomial - self.first * f, g)


def subresultants(ring: Ring, f: Element, g: Element, i: int) -> tuple[BezoutRelation, ...]:
    """Subresultant sequence in generator ``i``, from ``f`` and ``g`` down to the last one that is not zero.

    Parameters
    ----------
    ring : Ring
    f, g : Element
        Of positive degree in generator ``i``, that of ``f`` not smaller.
    i : int

    Returns
    -------
    tuple of BezoutRelation

    Examples
    --------
    >>> from sympy.abc import a, x, y
    >>> from asymptotics.transforms.algebra.flint_adapter import Flint
    >>> ring = Flint().ring([y, x, a])
    >>> last = subresultants(ring, ring.read(y**2 - x), ring.read(x * y - a), 0)[-1]
    >>> ring.write(last.polynomial)
    a**2 - x**3
    """
    if not 0 < ring.degree(g, i) <= ring.degree(f, i):
        raise DerivationError("a subresultant sequence needs polynomials of falling positive degree")
    sequence = [BezoutRelation(f, ring.one), BezoutRelation(g, ring.zero)]
    drop = ring.degree(f, i) - ring.degree(g, i)
    divisor = ring.constant((-1) ** (drop + 1))
    scale = ring.constant(-1)
    while ring.degree(sequence[-1].polynomial, i) > 0:
        above, below = sequence[-2], sequence[-1]
        height = ring.degree(below.polynomial, i)
        drop = ring.degree(above.polynomial, i) - height
        lead = ring.coefficients(below.polynomial, i)[height]
        quotient, remainder = _pseudo_remainder(ring, above.polynomial, below.polynomial, i)
        if remainder == ring.zero:
            break
        first = lead ** (drop + 1) * above.first - quotient * below.first
        sequence.append(BezoutRelation(ring.exact(remainder, divisor), ring.exact(first, divisor)))
        if drop > 0:  # the next divisor, by the recursion of Brown and Traub
            power = ring.constant((-1) ** drop) * lead**drop
            scale = power if drop == 1 else ring.exact(power, scale ** (drop - 1))
        following = height - ring.degree(sequence[-1].polynomial, i)
        divisor = ring.constant(-1) * lead * scale**following
    return tuple(sequence)


def _pseudo_remainder(ring: Ring, f: Element, g: Element, i: int) -> tuple[Element, Element]:
    """Quotient and remainder with multiplier ``lead(g)**(deg f - deg g + 1)`` exactly."""
    degree = ring.degree(g, i)
    lead, shift = ring.coefficients(g, i)[degree], ring.gens[i]
    steps, quotient = ring.degree(f, i) - degree + 1, ring.zero
    while f != ring.zero and (height := ring.degree(f, i)) >= degree:
        term = ring.coefficients(f, i)[height] * shift ** (height - degree)
        f, quotient, steps = lead * f - term * g, lead * quotient + term, steps - 1
    factor = lead**steps
    return factor * quotient, factor * f
