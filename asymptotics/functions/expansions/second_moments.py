r"""Second moment of a kernel's spectrum: ``sum_k B(d, k) xi_k^2``, degree by degree and above the last one.

It is the mean square of the kernel over the sphere, ``E h^2``, and so a single integral, while the first moment is
``h(1)``. The two together replace all degrees that are not resolved by one eigenvalue with the same two moments.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from asymptotics.functions.expansions.closed_forms import closed_form
from asymptotics.functions.expansions.expand import refine
from asymptotics.functions.expansions.harmonics import Expansion, multiplicity
from asymptotics.functions.expansions.kernel_spectra import Law, gegenbauer_coefficients, law_parity_zeros
from asymptotics.functions.formulas.enclosures import arb, working_precision
from asymptotics.functions.formulas.grammar import Formula, parse_formula
from asymptotics.functions.formulas.nodes import Node, constant
from asymptotics.functions.formulas.pieces import piecewise_polynomial, split_constant
from asymptotics.functions.kernel_catalogue import kernel_of_name

__all__ = ["expand_feature_squares", "expand_squares", "feature_kernel"]


@lru_cache(maxsize=64)
def expand_squares(law: Law, d: int, degrees: int, digits: int) -> Expansion:
    """Mean square of a kernel over the sphere, degree by degree.

    Parameters
    ----------
    law : Formula or TangentKernel
        The kernel h.
    d : int
        Dimension.
    degrees : int
        Largest degree K.
    digits : int
        Decimal digits.

    Returns
    -------
    Expansion
        ``powers[k] = B(d, k) xi_k^2``, with ``tail`` the sum over all degrees above K; mpmath numbers.

    Raises
    ------
    PrecisionError
        If the quadrature does not converge.

    Examples
    --------
    >>> e = expand_squares(parse_formula("t", "t"), 4, 2, 20)
    >>> float(e.powers[1]), float(e.total)
    (0.25, 0.25)
    """
    coefficients = gegenbauer_coefficients(law, d, degrees)

    def source(bits: int) -> tuple[list[arb], arb]:
        values, total = coefficients(bits)
        with working_precision(2 * bits):
            return [value * value for value in values], total

    return refine(source, law_parity_zeros(law, degrees), d, digits, "quadrature", "kernel")


@lru_cache(maxsize=64)
def expand_feature_squares(node: Node, d: int, degrees: int, digits: int) -> Expansion | None:
    """The same for the kernel of random features, from their powers.

    Parameters
    ----------
    node : Node
        The activation.
    d : int
        Dimension.
    degrees : int
        Largest degree K.
    digits : int
        Decimal digits.

    Returns
    -------
    Expansion or None
        ``powers[k] = mu_k^4/B(d, k)``; None unless `feature_kernel` knows the kernel.

    Examples
    --------
    >>> float(expand_feature_squares(parse_formula("x").node, 4, 1, 20).powers[1])
    0.25
    """
    kernel, closed = feature_kernel(node), closed_form(node, d, degrees)
    if kernel is None or closed is None:
        return None
    counts, mean = [multiplicity(d, k) for k in range(degrees + 1)], gegenbauer_coefficients(kernel, d, 0)

    def source(bits: int) -> tuple[list[arb], arb]:
        powers, total = closed.powers(bits)[0], mean(bits)[1]
        with working_precision(2 * bits):
            return [power * power / count for power, count in zip(powers, counts, strict=True)], total

    return refine(source, closed.zeros, d, digits, closed.method, "activation")


@lru_cache(maxsize=64)
def feature_kernel(node: Node) -> Formula | None:
    """The kernel ``E sigma(<theta, x>/sqrt d) sigma(<theta, x'>/sqrt d)`` of random features, if it is free of d.

    Parameters
    ----------
    node : Node
        The activation.

    Returns
    -------
    Formula or None
        In ``t = <x, x'>/d``; None unless the activation is homogeneous, ``a max(x, 0) + b x`` or ``a 1(x > 0) + b``, up
        to a constant factor. (Other activations have one kernel per dimension, and seldom a closed form.)

    Examples
    --------
    >>> feature_kernel(parse_formula("relu(x)").node) is None, feature_kernel(parse_formula("tanh(x)").node) is None
    (False, True)
    """
    factors, core = split_constant(node)
    pieces = piecewise_polynomial(core)
    if pieces is None or any(place != 0 for place in pieces.breaks):
        return None
    below, above = (
        [*map(Fraction, piece), Fraction(0), Fraction(0)][:2]
        for piece in (pieces.pieces[0], pieces.pieces[-1])
    )
    if max(len(piece) for piece in pieces.pieces) > 2 or (
        any((below[0], above[0])) and any((below[1], above[1]))
    ):
        return None
    degree = 1 if any((below[1], above[1])) else 0
    step, plain = above[degree] - below[degree], below[degree]
    found = kernel_of_name(f"arccos{degree}")
    assert found is not None and isinstance(found[1], str)
    power = Node("variable") if degree else constant(1)
    result = Node(
        "add",
        (
            Node("multiply", (constant(step**2 / 2), parse_formula(found[1], "t").node)),
            Node("multiply", (constant(step * plain + plain**2), power)),
        ),
    )
    for factor in factors:
        result = Node("multiply", (Node("multiply", (factor, factor)), result))
    return Formula(result, "t")
