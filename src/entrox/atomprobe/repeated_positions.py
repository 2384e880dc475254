"""How many ions sit at the position of an earlier one, counted in a stream of any length and in bounded memory.

Positions are compared by 64-bit keys. Beyond two million keys only a fixed share of them is kept, chosen by the key
itself, so that repeated positions are kept or left out together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RepeatedPositions"]

Keys = NDArray[np.uint64]

KEPT_KEYS = 1 << 21
"""Keys of positions held at most: 16 MiB."""
_BLOCK = 1 << 20


class RepeatedPositions:
    """Number of ions at the position of an earlier ion, from keys of a share 1/2^shift of all positions.

    Parameters
    ----------
    most_keys
        Keys held at most.
    """

    def __init__(self, most_keys: int = KEPT_KEYS) -> None:
        self.most_keys = most_keys
        self._keys: Keys = np.empty(min(1 << 16, most_keys), dtype=np.uint64)
        self._n = 0
        self.shift = 0

    def add(self, positions: NDArray[np.floating]) -> None:
        """Take in positions, shape ``(n, 3)``."""
        keys = self._sampled(_position_keys(positions))
        while self._n + len(keys) > self.most_keys:
            self.shift += 1
            kept = self._sampled(self._keys[: self._n])
            self._n = len(kept)
            self._keys[: self._n] = kept
            keys = self._sampled(keys)
        if self._n + len(keys) > len(self._keys):
            larger = np.empty(min(max(2 * len(self._keys), self._n + len(keys)), self.most_keys), dtype=np.uint64)
            larger[: self._n] = self._keys[: self._n]
            self._keys = larger
        self._keys[self._n : self._n + len(keys)] = keys
        self._n += len(keys)

    def _sampled(self, keys: Keys) -> Keys:
        return keys[keys >> np.uint64(64 - self.shift) == 0] if self.shift else keys

    def count(self) -> tuple[int, float]:
        """Estimate and its standard error."""
        keys = self._keys[: self._n]
        keys.sort()
        repeated = 0
        for start in range(0, self._n - 1, _BLOCK):
            # One key more than a block, so that pairs across blocks are seen.
            block = keys[start : start + _BLOCK + 1]
            repeated += int(np.count_nonzero(block[1:] == block[:-1]))
        scale = 1 << self.shift
        return repeated * scale, float(np.sqrt(max(repeated, 1)) * scale) if self.shift else 0.0


def _position_keys(positions: NDArray[np.floating]) -> Keys:
    """Well-mixed 64-bit keys of stored positions; equal positions have equal keys, others with chance 2^-64."""
    # Adding zero makes -0 and 0 one position.
    stored = np.ascontiguousarray(positions + positions.dtype.type(0.0))
    bits = stored.view(np.uint32 if stored.dtype == np.float32 else np.uint64).astype(np.uint64)
    keys = np.zeros(len(bits), dtype=np.uint64)
    for axis in range(3):
        keys = _mixed(keys ^ bits[:, axis])
    return keys


def _mixed(keys: Keys) -> Keys:
    """Finalizer of the splitmix64 generator: every bit depends on every other."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(keys ^ (keys >> np.uint64(31)))
