"""Streams of random numbers.

Everything random in one replicate comes from five named streams of one seed sequence, keyed by the sizes of
the configuration (by the dimension alone where sizes are nested) and the number of the replicate. Results
therefore depend neither on the number of workers, nor on the order in which blocks finish, nor on what else is
on the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

WORDS = 8
"""Words of 32 bits from which a bit generator starts."""


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


class StackedGenerator:
    """The streams of one ingredient of several replicates: what is drawn has the replicates on its first axis.

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One for each replicate.
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self.generators = generators

    def standard_normal(self, size: Any) -> NDArray[np.float64]:
        """Normal numbers of a shape, for every replicate those that it draws alone.

        Parameters
        ----------
        size : int or tuple of int
            Of one replicate.
        """
        shape = (size,) if isinstance(size, int) else tuple(size)
        found = np.empty((len(self.generators), *shape))
        for generator, out in zip(self.generators, found, strict=True):
            generator.standard_normal(out=out)
        return found

    def integers(self, low: int, high: int, size: Any, dtype: Any) -> NDArray[Any]:
        """Integers of a shape, for every replicate those that it draws alone.

        Parameters
        ----------
        low, high, size, dtype
            As of `numpy.random.Generator`.
        """
        return np.stack([generator.integers(low, high, size, dtype) for generator in self.generators])


class _Seeded(ISeedSequence):
    """A seed sequence of which the words are known already."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self.words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The words."""
        return self.words.view(dtype)[:n_words]


@dataclass(frozen=True)
class StackedStreams(Streams):
    """The streams of several replicates, as `replicate_streams` has them, at a tenth of the cost.

    Parameters
    ----------
    replicates : sequence of int
        Their numbers.

    Examples
    --------
    >>> stack = StackedStreams(0, (5, 7, 9), range(4)).inputs.standard_normal(2)
    >>> bool((stack[3] == replicate_streams(0, (5, 7, 9), 3).inputs.standard_normal(2)).all())
    True
    """

    replicates: Sequence[int]

    @cached_property
    def _seeds(self) -> NDArray[np.uint64]:
        """Words of all streams of all replicates, ``(5, replicates, 4)``.

        Notes
        -----
        The algorithm of ``numpy.random.SeedSequence``, whose stability numpy guarantees, from where it has taken in the
        seed and the key: two more words follow, the replicate and the stream. Constants change from use to use.
        """
        root = np.random.SeedSequence(self.seed, spawn_key=self.key)
        used = 4 * (max(4, _words(self.seed)) + sum(map(_words, self.key)))
        constants = _powers(0x43B0D7E5, 0x931E8875, used + 9)[used:, None, None]
        pool = root.pool[:, None, None]
        numbers = np.array(self.replicates, dtype=np.uint32)[None, None]
        streams = np.arange(5, dtype=np.uint32)[None, :, None]
        for word, (start, stop) in ((numbers, (0, 4)), (streams, (4, 8))):
            hashed = (word ^ constants[start:stop]) * constants[start + 1 : stop + 1]
            hashed ^= hashed >> 16
            pool = np.uint32(0xCA01F9DD) * pool - np.uint32(0x4973F715) * hashed
            pool ^= pool >> 16
        constants = _powers(0x8B51F9DD, 0x58F38DED, WORDS + 1)[:, None, None]
        state = (np.concatenate([pool, pool]) ^ constants[:-1]) * constants[1:]
        state ^= state >> 16
        words = np.ascontiguousarray(np.moveaxis(state, 0, -1), dtype="<u4")
        return words.view("<u8").astype(np.uint64)

    def _stream(self, number: int) -> Any:
        """The streams of one ingredient."""
        seeds: list[Any] = [_Seeded(words) for words in self._seeds[number]]
        return StackedGenerator([np.random.Generator(np.random.PCG64DXSM(seed)) for seed in seeds])


def _words(number: int) -> int:
    """Words of 32 bits of an integer."""
    return max(1, -(-number.bit_length() // 32))


def _powers(start: int, factor: int, count: int) -> NDArray[np.uint32]:
    """``start * factor**k`` modulo 2^32."""
    return np.array([start * pow(factor, k, 2**32) % 2**32 for k in range(count)], dtype=np.uint32)
