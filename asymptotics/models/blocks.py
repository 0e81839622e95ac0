r"""Blocks of independent features: programs of a ridge on a sum of them, with samples and without.

A block has features :math:`S_b^{1/2}B_b W_b^{1/2}` with commuting spectra :math:`S_b`, Gaussian :math:`B_b`, and
weights :math:`W_b` of the features of a given law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from asymptotics.equations.naming import symbol
from asymptotics.models.coordinates import LAM, NOISE
from asymptotics.models.pair import KAPPA
from asymptotics.symbolic.dimensions import AnyDimension, Dimension, SpectralDimension
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    LinearForm,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.programs import Energy, QuadraticProgram, norm2

LAW = "A"
"""Letter of the averages over the law of the weights of features."""


@dataclass(frozen=True)
class Block:
    """A block of independent features.

    Attributes
    ----------
    mark : str
        What the names of its quantities end with.
    letter : str
        Of its spectrum.
    width : str
        Its number of features.
    law : str
        Letter of the weights of its features; empty where all are one.
    start : str
        Variance of the coefficients of the function that training starts from; empty where it starts from zero.
    """

    mark: str
    letter: str
    width: str
    law: str = ""
    start: str = ""

    def symbol(self, name: str) -> sp.Symbol:
        """Symbol of one of its quantities."""
        return symbol(f"{name}_{self.mark}")

    @property
    def size(self) -> sp.Symbol:
        """Symbol of its number of features."""
        return symbol(self.width)

    @property
    def features(self) -> AnyDimension:
        """Dimension of its features."""
        return SpectralDimension(f"P_{self.mark}", self.law, LAW) if self.law else Dimension(self.width)

    @property
    def rest(self) -> sp.Symbol:
        """Sum of eigenvalues too small to be learned."""
        return self.symbol("rest")

    def matrix(self, inputs: SpectralDimension) -> GaussianMatrix:
        """Its features in the eigenbasis of the inputs."""
        features = self.features
        weights = self.law or 1
        return GaussianMatrix(
            f"B_{self.mark}", inputs, features, 1 / self.size, row_covariance=self.letter, column_covariance=weights
        )  # fmt: skip

    def beyond(self, v: Variable) -> Energy:
        """Mean square of what its features have beyond the spectrum, with coefficients ``v``."""
        weights = (SpectralMatrix(self.features),) if self.law else ()  # type: ignore[arg-type]
        return self.rest / self.size * norm2(v, *weights)

    def moved(self, b: Variable) -> LinearForm:
        """Coefficients of the function, from those that are trained."""
        return (
            b + GaussianVector(f"start_{self.mark}", self.features, symbol(self.start))
            if self.start
            else 1 * b
        )


def inputs_of(blocks: Sequence[Block]) -> SpectralDimension:
    """The eigenbasis that the blocks share."""
    first, *others = (block.letter for block in blocks)
    return SpectralDimension("D", first, companions=tuple(others))


def pair_program(blocks: Sequence[Block]) -> QuadraticProgram:
    r"""The population ridge of a sum of blocks.

    With ``u = sum_b B_b v_b - beta`` and ``v_b = b_b + start_b - w_b`` the energy is ``|u|^2`` with what features have
    beyond the spectrum, and ``kappa |b|^2``; the white vectors ``w_b`` give ``kappa df``.

    Examples
    --------
    >>> pair_program([Block("f", "s", "p")]).pencil().size
    5
    """
    inputs = inputs_of(blocks)
    u = Variable("u", inputs)
    form, energy, constraints = -DeterministicVector("beta", inputs), norm2(u), {}
    for block in blocks:
        b, v = (Variable(f"{name}_{block.mark}", block.features) for name in "bv")
        constraints[v] = block.moved(b) - GaussianVector(f"w_{block.mark}", block.features, variance=1)
        form = form + block.matrix(inputs) @ v
        energy = energy + block.beyond(v) + KAPPA * norm2(b)
    return QuadraticProgram(energy, {**constraints, u: form}, name=f"pair.blocks{len(blocks)}")


def program_of(blocks: Sequence[Block], name: str) -> QuadraticProgram:
    r"""Ridge regression on a sum of blocks of independent features.

    With ``u = sum_b B_b v_b - beta`` the error in the eigenbasis, ``v_b`` the coefficients of the function, and
    ``r = X u + ... - epsilon`` the residual on the samples, where what features have beyond the spectrum is noise of
    their own, the energy is ``t |r|^2 + lam |b|^2`` with ``q`` times the mean square at a fresh input.

    Parameters
    ----------
    blocks : sequence of Block
        Of independent features.
    name : str
        Of the program.

    Examples
    --------
    >>> sorted(program_of([Block("f", "s", "p")], "features").observables)
    ['norm', 'test', 'train']
    """
    samples, inputs = Dimension("n"), inputs_of(blocks)
    u, r, t, q = Variable("u", inputs), Variable("r", samples), symbol("t"), symbol("q")
    form = -DeterministicVector("beta", inputs)
    output = GaussianMatrix("X", samples, inputs) @ u - GaussianVector("epsilon", samples, variance=NOISE)
    energy, constraints = t * norm2(r) + q * norm2(u), {}
    for block in blocks:
        b, v = (Variable(f"{letter}_{block.mark}", block.features) for letter in "bv")
        constraints[v] = block.moved(b)
        form = form + block.matrix(inputs) @ v
        beyond = GaussianMatrix(
            f"E_{block.mark}", samples, block.features, block.rest / block.size, column_covariance=block.law or 1
        )  # fmt: skip
        output = output + beyond @ v
        energy = energy + LAM * norm2(b) + q * block.beyond(v)
    return QuadraticProgram(
        energy, {**constraints, u: form, r: output}, {t: 1, q: 0},
        {"test": slope(q), "train": slope(t) / samples.size, "norm": slope(LAM) / samples.size}, name,
    )  # fmt: skip
