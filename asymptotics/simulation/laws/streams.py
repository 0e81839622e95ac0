"""Streams of random numbers.

Everything random in one replicate comes from five named streams of one seed sequence, keyed by the sizes of
the configuration (by the dimension alone where sizes are nested) and the number of the replicate. Results
therefore depend neither on the number of workers, nor on the order in which blocks finish, nor on what else is
on the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Streams:
    """Independent generators of one replicate, one for each random ingredient, each made when it is asked for.

    Separate streams keep the training set of a replicate unchanged when, say, the size of the test set
    changes.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation.
    key : tuple of int
        Of the configuration and the replicate.
    """

    seed: int
    key: tuple[int, ...]

    @cached_property
    def inputs(self) -> np.random.Generator:
        """Of the training inputs."""
        return self._stream(0)

    @cached_property
    def weights(self) -> np.random.Generator:
        """Of the weights."""
        return self._stream(1)

    @cached_property
    def target(self) -> np.random.Generator:
        """Of the target."""
        return self._stream(2)

    @cached_property
    def noise(self) -> np.random.Generator:
        """Of the label noise."""
        return self._stream(3)

    @cached_property
    def test_inputs(self) -> np.random.Generator:
        """Of the test set."""
        return self._stream(4)

    def _stream(self, number: int) -> np.random.Generator:
        """A child of the root, as ``SeedSequence.spawn`` makes them."""
        child = np.random.SeedSequence(self.seed, spawn_key=(*self.key, number))
        return np.random.Generator(np.random.PCG64DXSM(child))


def replicate_streams(seed: int, key: tuple[int, ...], replicate: int) -> Streams:
    """The random streams of one replicate of one configuration.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation.
    key : tuple of int
        ``(d, n, p)``: configurations with different sizes get independent streams. Models that are compared
        at the same sizes and seed share inputs, weights and (up to scale) noise: common random numbers. With
        nested sizes ``(d,)``: all n and p of one dimension share them too, the smaller ones their beginning.
    replicate : int
        Number of the replicate, from 0.

    Returns
    -------
    Streams

    Examples
    --------
    >>> first = replicate_streams(0, (5, 7, 9), 3).inputs.standard_normal()
    >>> first == replicate_streams(0, (5, 7, 9), 3).inputs.standard_normal()
    True
    """
    return Streams(seed, (*key, replicate))
