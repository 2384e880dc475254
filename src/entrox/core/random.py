"""Random generators: same seed, same numbers, whatever the number of workers.

A stream belongs to a piece of work (a point of a study, one avalanche), never to a worker: its seed is derived from
the user's seed and the identity of the work.
"""

from __future__ import annotations

import numpy as np

from entrox.core.checks import check_integer

__all__ = ["generator", "spawn_generators"]


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of the work ``key`` under ``seed``.

    Parameters
    ----------
    seed
        The user's seed, >= 0.
    key
        Whole numbers >= 0 that name the work, for example (point index, repetition).

    Examples
    --------
    >>> bool(generator(1, 3).random() == generator(1, 3).random())
    True
    """
    check_integer(seed, "seed", low=0)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def spawn_generators(rng: np.random.Generator, count: int) -> list[np.random.Generator]:
    """Return ``count`` independent generators derived from ``rng``, which advances its spawn counter only."""
    check_integer(count, "count", low=1)
    return list(rng.spawn(count))
