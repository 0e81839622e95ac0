"""Streams of random numbers.

Everything random in one replicate comes from five named streams of one seed sequence, keyed by the sizes of
the configuration (by the dimension alone where sizes are nested) and the number of the replicate. Results
therefore depend neither on the number of workers, nor on the order in which blocks finish, nor on what else is
on the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """Independent generators of one replicate, one for each random ingredient.

    Separate streams keep the training set of a replicate unchanged when, say, the size of the test set
    changes.
    """

    inputs: np.random.Generator
    weights: np.random.Generator
    target: np.random.Generator
    noise: np.random.Generator
    test_inputs: np.random.Generator


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
    root = np.random.SeedSequence(seed, spawn_key=(*key, replicate))
    return Streams(*(np.random.Generator(np.random.PCG64DXSM(child)) for child in root.spawn(5)))
