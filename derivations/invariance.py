r"""Kernels averaged over a group.

**Statement.** Let a finite group $G$ permute the coordinates, and let $\bar h(x, x') = \frac1{|G|}\sum_g h(\langle x,
gx'\rangle/d)$. The eigenvalue of degree $k$ is that of $h$, on the invariant harmonics alone; their number is $a_k -
a_{k-2}$ where $a_k$ is the coefficient of $t^k$ in $\frac1{|G|}\sum_g\prod_c(1 - t^c)^{-1}$, one factor for each cycle
of length $c$ of $g$. For cyclic shifts it is a share $1/d$ of all harmonics, to leading order. With shares
$d^{-\alpha}$ the limit at $n = \theta d^\kappa$ samples is, equation by equation, the limit without the average at
$n = \theta d^{\kappa+\alpha}$: the gain is a factor $d^\alpha$ of samples, as in [@MeiMisiakiewiczMontanari2021].
"""

import itertools
import math
from fractions import Fraction

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from asymptotics.functions.expansions.harmonics import multiplicity
from asymptotics.functions.symmetries import Cyclic, PermutationGroup
from asymptotics.models.polynomial_equations import Degrees, polynomial_limit
from asymptotics.verification import Derivation, check

from .published import mei_invariance

derivation = Derivation(
    id="invariance",
    title="Kernels averaged over a group",
    uses=["polynomial-regimes", "ridge-covariance"],
    references=["MeiMisiakiewiczMontanari2021"],
    concludes="gain",
    assumptions=[
        "Invariant features may be replaced by Gaussian ones with the same covariance in the kernel eigenbasis."
    ],
)

GROUPS = {
    "shifts of 4": ((1, 2, 3, 0),),
    "two blocks": ((1, 0, 2, 3), (0, 1, 3, 2)),
    "all permutations of 3": ((1, 0, 2), (1, 2, 0)),
}


def _monomials(d, degree):
    """Exponents of the monomials of a degree."""
    found = itertools.combinations_with_replacement(range(d), degree)
    return [tuple(one.count(i) for i in range(d)) for one in found]


def invariant_harmonics(generators, degree):
    """Dimension of the polynomials of a degree that are harmonic and invariant, by exact linear algebra."""
    d = len(generators[0])
    basis = _monomials(d, degree)
    place, rows = {powers: i for i, powers in enumerate(basis)}, []
    for generator in generators:
        for powers in basis:
            row = [0] * len(basis)
            row[place[powers]] += 1
            row[place[tuple(powers[i] for i in generator)]] -= 1
            rows.append(row)
    lower = {powers: [0] * len(basis) for powers in _monomials(d, degree - 2)} if degree > 1 else {}
    for powers in basis:
        for i, power in enumerate(powers):
            if power > 1:
                reduced = tuple(p - 2 * (j == i) for j, p in enumerate(powers))
                lower[reduced][place[powers]] += power * (power - 1)
    matrix = DomainMatrix.from_Matrix(sp.Matrix(rows + list(lower.values()))).to_field()
    return len(basis) - matrix.rank()


@derivation.step("Averaging projects on the invariant harmonics")
def molien():
    r"""The average over $G$ commutes with $h$, whose operator is a number on each degree: it is a projection there, on
    the harmonics that are harmonic and invariant. Their number by Molien's theorem against exact linear algebra.
    """
    for name, generators in GROUPS.items():
        group = PermutationGroup(generators)
        counted = [invariant_harmonics(generators, k) for k in range(6)]
        wanted = [group.multiplicity(group.dimension, k) for k in range(6)]
        yield check.same_object(wanted, counted, f"{name}: invariant harmonics of degrees 0 to 5")
    return GROUPS


@derivation.step("Cyclic shifts")
def shifts(molien):
    r"""Where $d$ is a prime larger than $k \ge 3$ every monomial has $d$ images, so that exactly a share $1/d$ of the
    harmonics is left; of degree one a single one, of degree two $\lfloor d/2\rfloor$.
    """
    cyclic = Cyclic()
    for d in (7, 31, 101):
        shares = [Fraction(cyclic.multiplicity(d, k) * d, multiplicity(d, k)) for k in range(3, 7)]
        yield check.same_object(set(shares), {Fraction(1)}, f"d = {d}: a share 1/d of degrees 3 to 6")
        low = (cyclic.multiplicity(d, 1), cyclic.multiplicity(d, 2))
        yield check.same_object(low, (1, d // 2), f"d = {d}: degrees one and two")
    return cyclic


@derivation.step("The gain")
def gain(shifts):
    r"""With multiplicities $d^{k-\alpha}/k!$, eigenvalues and the ridge in units of $d^{-\alpha}$, dominant balance
    gives the limit that it gives at exponents larger by $\alpha$ without the average: the same system, by its digest.
    """
    yield check.assumes(
        "the test error of ridge regression on invariant features is, to leading order, that of Gaussian features "
        "with the same covariance in the eigenbasis of the kernel operator",
        mei_invariance.REFERENCE,
    )
    alpha, found = shifts.degeneracy, {}
    for kappa in (Fraction(1, 2), Fraction(1), Fraction(3, 2)):
        averaged = polynomial_limit("kernel-ridge", math.inf, kappa, Degrees(degeneracy=alpha))
        plain = polynomial_limit("kernel-ridge", math.inf, kappa + alpha)
        same = (averaged.regime.system.digest, averaged.regime.learned, averaged.regime.partly_learned)
        other = (plain.regime.system.digest, plain.regime.learned, plain.regime.partly_learned)
        yield check.same_object(same, other, f"kappa = {kappa}: the limit is the one at kappa + {alpha}")
        found[kappa] = averaged
    return found[Fraction(1)].regime.system


@derivation.step("Comparison: Mei, Misiakiewicz and Montanari")
def published(gain):
    r"""Between the thresholds the degrees that are learned are the published ones."""
    for kappa in (Fraction(1, 2), Fraction(3, 2)):
        regime = polynomial_limit("kernel-ridge", math.inf, kappa, Degrees(degeneracy=1)).regime
        yield check.same_object(
            (max(regime.learned), regime.partly_learned),
            (mei_invariance.learned(kappa, 1), ()),
            f"kappa = {kappa}: the highest degree that is learned",
        )
